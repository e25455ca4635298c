//! `CompletedCheckpoints`: the checkpoints that a job can go on from, and what is deleted when one is not needed any more. A pure machine.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use checkpoint::{CheckpointMetadata, SharedFiles};
use dataflow::checkpoint::{CheckpointLocation, StateFile, TaskSnapshot};
use serde::{Deserialize, Serialize};

use super::progress::{CheckpointPointers, StoredCheckpoint};

/// Whose a checkpoint's files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The job's: deleted when they are not needed any more.
    Job,
    /// The user's: never deleted, and checkpoints of the job do not refer to them.
    User,
    /// Nobody's, as in Flink's claim mode LEGACY: never deleted, although checkpoints of the job may refer to them.
    Nobody,
}

/// A checkpoint that is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedCheckpoint {
    /// What it is made of.
    pub metadata: Arc<CheckpointMetadata>,
    /// The folder that its `_metadata` is in.
    pub folder: String,
    /// Whose it is.
    pub owner: Owner,
    /// Of one of the job's: files that it refers to and that are not the job's, by location.
    pub foreign: BTreeSet<String>,
}

impl CompletedCheckpoint {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.metadata.checkpoint_id
    }

    /// Where it is, as people are told.
    pub fn external_path(&self) -> String {
        let location = CheckpointLocation { exclusive: self.folder.clone(), shared: None };
        checkpoint::external_path(&location)
    }

    /// What is kept of it outside of its files.
    pub fn stored(&self) -> StoredCheckpoint {
        StoredCheckpoint { folder: self.folder.clone(), owner: self.owner, foreign: self.foreign.clone() }
    }
}

/// What is to be deleted with a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Discard {
    /// The checkpoint.
    pub checkpoint_id: u64,
    /// Its own folder; none when it is not the job's.
    pub folder: Option<String>,
    /// Shared files that no other one needs.
    pub files: Vec<StateFile>,
}

/// The complete checkpoints of one job, oldest first.
#[derive(Debug)]
pub struct CompletedCheckpoints {
    num_retained: usize,
    kept: VecDeque<CompletedCheckpoint>,
    shared: SharedFiles,
}

impl CompletedCheckpoints {
    /// Those that the job starts with, oldest first, and what is to be deleted of `leftovers`, complete ones that it does not need.
    pub fn new(
        num_retained: usize,
        kept: Vec<CompletedCheckpoint>,
        leftovers: &[CompletedCheckpoint],
    ) -> (Self, Vec<Discard>) {
        let mut shared = SharedFiles::default();
        for CompletedCheckpoint { metadata, owner, foreign, .. } in kept.iter().chain(leftovers) {
            shared.restored(metadata, |file| *owner != Owner::Job || foreign.contains(&file.location));
        }
        let mut this = CompletedCheckpoints { num_retained, kept: kept.into(), shared };
        let discards = leftovers.iter().map(|leftover| this.discard(leftover)).collect();
        (this, discards)
    }

    /// The one to go on from.
    pub fn latest(&self) -> Option<&CompletedCheckpoint> {
        self.kept.back()
    }

    /// Metadata is about to be written: it is made to refer to files that are there. Answers copies to be deleted once it is written.
    /// `full`: it has stored all its files anew, and keeps them.
    pub fn register(&mut self, metadata: &mut CheckpointMetadata, full: bool) -> Vec<StateFile> {
        if full {
            self.shared.register_full(metadata);
            return Vec::new();
        }
        self.shared.register(metadata)
    }

    /// The files of one that was registered that are not the job's.
    pub fn foreign_of(&self, metadata: &CheckpointMetadata) -> BTreeSet<String> {
        self.shared.foreign_of(metadata)
    }

    /// What the job store is to know of the checkpoints when this one is complete.
    pub fn with(&self, newest: &CompletedCheckpoint) -> CheckpointPointers {
        let mut subsumed: Vec<StoredCheckpoint> =
            self.kept.iter().chain(std::iter::once(newest)).map(CompletedCheckpoint::stored).collect();
        let kept = subsumed.split_off(subsumed.len().saturating_sub(self.num_retained));
        subsumed.retain(|checkpoint| checkpoint.owner == Owner::Job);
        CheckpointPointers { kept, subsumed }
    }

    /// One is complete: answers those that are subsumed.
    pub fn add(&mut self, newest: CompletedCheckpoint) -> Vec<Discard> {
        self.kept.push_back(newest);
        let surplus = self.kept.len().saturating_sub(self.num_retained);
        let subsumed: Vec<CompletedCheckpoint> = self.kept.drain(..surplus).collect();
        subsumed.into_iter().map(|checkpoint| self.discard(&checkpoint)).collect()
    }

    /// One that was registered could not be written: answers the shared files that only it needed.
    pub fn withdraw(&mut self, checkpoint_id: u64) -> Vec<StateFile> {
        self.shared.release(checkpoint_id)
    }

    /// What tasks stored in the shared folder for a checkpoint that will never be complete.
    pub fn unused<'a>(&self, snapshots: impl IntoIterator<Item = &'a TaskSnapshot>) -> Vec<StateFile> {
        self.shared.discard(snapshots)
    }

    /// The job has ended and none is kept.
    pub fn clear(&mut self) -> Vec<Discard> {
        let all: Vec<CompletedCheckpoint> = self.kept.drain(..).collect();
        all.iter().map(|checkpoint| self.discard(checkpoint)).collect()
    }

    fn discard(&mut self, checkpoint: &CompletedCheckpoint) -> Discard {
        let files = self.shared.release(checkpoint.id());
        let folder = (checkpoint.owner == Owner::Job).then(|| checkpoint.folder.clone());
        Discard { checkpoint_id: checkpoint.id(), folder, files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkpoint::SnapshotType;
    use dataflow::JobId;

    fn completed(id: u64, owner: Owner) -> CompletedCheckpoint {
        let metadata = CheckpointMetadata {
            checkpoint_id: id,
            job_id: JobId(1),
            job_name: "job".into(),
            timestamp: 0,
            kind: SnapshotType::Checkpoint,
            operators: Vec::new(),
            channels: Vec::new(),
        };
        let folder = format!("/c/chk-{id}");
        CompletedCheckpoint { metadata: Arc::new(metadata), folder, owner, foreign: BTreeSet::new() }
    }

    #[test]
    fn so_many_are_kept_and_what_is_not_the_jobs_is_never_deleted() {
        for (owner, deleted) in [(Owner::Job, Some("/c/chk-3")), (Owner::User, None), (Owner::Nobody, None)] {
            let (mut kept, _) = CompletedCheckpoints::new(2, vec![completed(3, owner)], &[]);
            assert_eq!(kept.with(&completed(4, Owner::Job)).kept.len(), 2);
            assert_eq!(kept.add(completed(4, Owner::Job)), []);
            let stored = kept.with(&completed(5, Owner::Job));
            let folders = |of: &[StoredCheckpoint]| of.iter().map(|it| it.folder.clone()).collect::<Vec<_>>();
            assert_eq!(folders(&stored.kept), ["/c/chk-4", "/c/chk-5"]);
            assert_eq!(folders(&stored.subsumed), deleted.into_iter().collect::<Vec<_>>(), "others are not deleted");
            let [subsumed] = &kept.add(completed(5, Owner::Job))[..] else { panic!("one is subsumed") };
            assert_eq!((subsumed.checkpoint_id, subsumed.folder.as_deref()), (3, deleted));
            assert_eq!(kept.latest().map(CompletedCheckpoint::id), Some(5));
            assert_eq!(kept.clear().iter().map(|discard| discard.checkpoint_id).collect::<Vec<_>>(), [4, 5]);
            assert_eq!(kept.latest(), None);
        }
    }

    #[test]
    fn what_was_not_deleted_before_a_crash_is_deleted_after_it() {
        let kept = vec![completed(5, Owner::Job)];
        let (kept, discards) = CompletedCheckpoints::new(1, kept, &[completed(4, Owner::Job)]);
        let [discard] = &discards[..] else { panic!("{discards:?}") };
        assert_eq!((discard.checkpoint_id, discard.folder.as_deref()), (4, Some("/c/chk-4")));
        assert_eq!(kept.latest().map(CompletedCheckpoint::id), Some(5));
    }
}
