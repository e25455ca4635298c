//! Transactions that earlier attempts left open: they keep consumers of committed records waiting, and are aborted before a writer begins.
//!
//! A writer looks after two kinds: those of the pools whose state it was given, save what was prepared by the checkpoint; and those of attempts
//! for its subtask (modulo the parallelism) that began at the same checkpoint or later, nothing of which the checkpoint can know.

use dataflow::Failure;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::committable::Committable;
use super::connection::RequestError;
use super::coordinator::{Ending, ProducerIdentity};
use super::transactional_id::Pool;

/// The version of the format in checkpoints.
const VERSION: u32 = 1;

/// What a writer leaves to its successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WriterState {
    version: u32,
    pool: Pool,
    /// Transactions of the pool that were prepared and that are not known to be committed.
    prepared: Vec<Committable>,
}

impl WriterState {
    pub(super) fn new(pool: Pool, prepared: Vec<Committable>) -> Self {
        Self { version: VERSION, pool, prepared }
    }

    pub(super) fn to_json(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(self)
            .map_err(|error| Failure::internal("the state of a writer cannot be written as JSON").caused_by(error))
    }

    pub(super) fn from_json(json: &serde_json::Value) -> Result<Self, Failure> {
        let unreadable =
            || Failure::internal("the writer's state in the checkpoint is not one of the kafka sink").fatal();
        let read = Self::deserialize(json).map_err(|error| unreadable().caused_by(error))?;
        if read.version != VERSION {
            return Err(unreadable().caused_by(format!("its version is {}", read.version)));
        }
        Ok(read)
    }
}

/// What a writer looks after.
#[derive(Debug)]
pub(super) struct Charge {
    pub(super) own: Pool,
    pub(super) parallelism: u32,
    pub(super) restored_checkpoint: Option<u64>,
    pub(super) states: Vec<WriterState>,
}

/// What to do with an open transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Leave,
    Abort,
    /// The committer's, if it is of this identity; else its id was used again afterwards.
    AbortUnless(ProducerIdentity),
}

impl Charge {
    fn verdict(&self, id: &str) -> Verdict {
        let Some(pool) = Pool::of(&self.own.prefix, id).filter(|pool| *pool != self.own) else { return Verdict::Leave };
        if let Some(state) = self.states.iter().find(|state| state.pool == pool) {
            let prepared = state.prepared.iter().find(|prepared| prepared.transactional_id == id);
            return prepared.map_or(Verdict::Abort, |prepared| Verdict::AbortUnless(prepared.identity));
        }
        let is_of_subtask = pool.subtask % self.parallelism.max(1) == self.own.subtask;
        let is_later = self.restored_checkpoint.is_none_or(|restored| pool.base >= restored);
        if is_of_subtask && is_later { Verdict::Abort } else { Verdict::Leave }
    }

    /// Aborts what earlier attempts have left.
    pub(super) fn abort_lingering(&self, cluster: &mut Cluster) -> Result<(), RequestError> {
        for id in cluster.ongoing_transactions()? {
            let kept = match self.verdict(&id) {
                Verdict::Leave => continue,
                Verdict::Abort => None,
                Verdict::AbortUnless(identity) => Some(identity),
            };
            let Some(found) = cluster.describe(&id)?.filter(|found| found.state == "Ongoing") else { continue };
            if kept == Some(found.identity) {
                continue;
            }
            tracing::info!(table = cluster.table.table, %id, "aborting a transaction that an earlier attempt left open");
            match cluster.end_transaction(&id, found.identity, Ending::Abort) {
                // Ended since it was described.
                Err(error) if error.is_ended_or_fenced() => {}
                ended => ended?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(subtask: u32, base: u64, nonce: u64) -> Pool {
        Pool { prefix: "p".into(), subtask, base, nonce: format!("{nonce:016x}") }
    }

    fn charge(subtask: u32, parallelism: u32, restored_checkpoint: Option<u64>, states: Vec<WriterState>) -> Charge {
        Charge { own: pool(subtask, restored_checkpoint.unwrap_or(0), 99), parallelism, restored_checkpoint, states }
    }

    #[test]
    fn a_fresh_start_aborts_whatever_is_of_its_subtask() {
        let charge = charge(1, 2, None, Vec::new());
        for (of, expected) in [
            (pool(1, 0, 1), Verdict::Abort),
            (pool(3, 7, 1), Verdict::Abort),
            (pool(0, 0, 1), Verdict::Leave),
            (pool(1, 0, 99), Verdict::Leave),
        ] {
            assert_eq!(charge.verdict(&of.id(0)), expected, "{of}");
        }
        assert_eq!(charge.verdict("q-1-0-0000000000000001-0"), Verdict::Leave);
    }

    #[test]
    fn a_restore_leaves_what_the_checkpoint_may_have_prepared() {
        let identity = ProducerIdentity { producer_id: 1, epoch: 0 };
        let writer = pool(0, 3, 1);
        let state = WriterState::new(writer.clone(), vec![Committable::new(writer.id(1), identity)]);
        let charge = charge(0, 2, Some(5), vec![state]);
        for (of, number, expected) in [
            (writer.clone(), 0, Verdict::Abort),
            (writer.clone(), 1, Verdict::AbortUnless(identity)),
            // The checkpoint was taken by pools with a lower base; those of other writers are theirs to look after.
            (pool(0, 4, 2), 0, Verdict::Leave),
            (pool(2, 3, 3), 0, Verdict::Leave),
            // Attempts from the same checkpoint, and of a later one that was given up.
            (pool(2, 5, 4), 0, Verdict::Abort),
            (pool(0, 6, 5), 0, Verdict::Abort),
            (pool(1, 5, 6), 0, Verdict::Leave),
        ] {
            assert_eq!(charge.verdict(&of.id(number)), expected, "{of}-{number}");
        }
    }

    #[test]
    fn state_is_read_back() {
        let state = WriterState::new(pool(2, 5, 4), Vec::new());
        assert_eq!(WriterState::from_json(&state.to_json().unwrap()).unwrap(), state);
        assert!(!WriterState::from_json(&serde_json::json!("x")).unwrap_err().retry);
    }
}
