//! `Commits`: what a sink has prepared, by checkpoint, until it is committed.

use std::collections::BTreeMap;
use std::task::Waker;

use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use dataflow::{Committer, Failure, Progress};
use serde_json::Value;

/// The state item of something to be committed, with its checkpoint.
const COMMITTABLE: &str = "committable";

/// What is prepared, and who commits it.
pub(super) struct Commits {
    committer: Box<dyn Committer>,
    /// By checkpoint, in their order.
    prepared: BTreeMap<u64, Vec<Value>>,
    /// What the committer is at work on: everything up to this checkpoint. It is asked again with the same until it is done.
    committing: Option<(u64, Vec<Value>)>,
    /// What was restored up to this checkpoint is committed before anything else happens.
    restored_until: Option<u64>,
}

impl Commits {
    /// None when what is written needs no commit.
    pub(super) fn new(
        committer: Option<Box<dyn Committer>>,
        restored: &OperatorSubtaskState,
    ) -> Result<Option<Self>, Failure> {
        let mut prepared: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for payload in restored.items_named(COMMITTABLE) {
            let checkpoint_id = payload["checkpoint"].as_u64();
            let (Some(checkpoint_id), Some(committable)) = (checkpoint_id, payload.get("committable")) else {
                return Err(Failure::internal("a committable in the restored state cannot be read").fatal());
            };
            prepared.entry(checkpoint_id).or_default().push(committable.clone());
        }
        let restored_until = prepared.last_key_value().map(|(checkpoint_id, _)| *checkpoint_id);
        match (committer, restored_until) {
            (Some(committer), _) => Ok(Some(Self { committer, prepared, committing: None, restored_until })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Failure::user(
                "the restored state has writes to commit, but the table's options ask for a sink without commits;                  restore with the options that it was taken with",
            )
            .fatal()),
        }
    }

    /// Takes what is to be committed when this checkpoint, or a later one, is complete.
    pub(super) fn prepare(&mut self, checkpoint_id: u64, committables: Vec<Value>) {
        self.prepared.insert(checkpoint_id, committables);
    }

    /// Commits what belongs to the checkpoint that was restored, if that is still to be done.
    pub(super) fn commit_restored(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        let Some(until) = self.restored_until else { return Ok(Progress::Done) };
        let progress = self.commit(until, waker)?;
        if progress == Progress::Done {
            self.restored_until = None;
        }
        Ok(progress)
    }

    /// Commits everything up to a checkpoint, oldest first. `Pending`: to be called again after a wake.
    pub(super) fn commit(&mut self, until: u64, waker: &Waker) -> Result<Progress, Failure> {
        loop {
            if self.committing.is_none() {
                let committables: Vec<Value> =
                    self.prepared.range(..=until).flat_map(|(_, committables)| committables.iter().cloned()).collect();
                if committables.is_empty() {
                    self.prepared.retain(|checkpoint_id, _| *checkpoint_id > until);
                    return Ok(Progress::Done);
                }
                self.committing = Some((until, committables));
            }
            let Some((committing, committables)) = &self.committing else { return Ok(Progress::Done) };
            if self.committer.commit(committables, waker)? == Progress::Pending {
                return Ok(Progress::Pending);
            }
            let committed = *committing;
            self.committing = None;
            self.prepared.retain(|checkpoint_id, _| *checkpoint_id > committed);
            if committed >= until {
                return Ok(Progress::Done);
            }
        }
    }

    /// Everything that is not known to be committed, as state.
    pub(super) fn items(&self) -> impl Iterator<Item = OperatorStateItem> {
        self.prepared.iter().flat_map(|(checkpoint_id, committables)| {
            committables.iter().map(move |committable| {
                item(COMMITTABLE, serde_json::json!({ "checkpoint": checkpoint_id, "committable": committable }))
            })
        })
    }
}

/// A state item that goes to one subtask.
pub(super) fn item(name: &str, payload: Value) -> OperatorStateItem {
    OperatorStateItem { name: name.to_owned(), redistribution: Redistribution::Split, payload }
}
