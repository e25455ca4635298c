//! The traits of taking and restoring snapshots. Operators and connectors are called by the one thread of their task.

use std::io::{Read, Write};
use std::path::Path;
use std::task::Waker;

use crate::authoring::{Output, Progress};
use crate::checkpoint::{CheckpointBarrier, KeyedStateHandle, OperatorStateItem, StateFile};
use crate::failure::Failure;

/// What an operator has that outlives it. Called between two elements, never while one is processed.
pub trait Stateful {
    /// A barrier has come and is about to be passed on: what is held back is emitted, what is under way to the outside is waited for. Called
    /// again after each wake until `Done`; no input comes meanwhile.
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        _out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    /// The state as it is now. Short: what takes long is left to [`KeyedSnapshot::store`]. The barrier has been passed on before.
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure>;

    /// Does a bit of what the last [`snapshot`](Self::snapshot) still needs of the thread of the task, beside the elements that follow. Called again and
    /// again until `Done`; only then is the snapshot stored.
    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    /// The checkpoint is complete, and so is every earlier one that was snapshotted: commit. Called again after each wake until `Done`,
    /// between elements; a task does not end before. A later checkpoint takes the place of an earlier one that is still `Pending`.
    fn checkpoint_completed(&mut self, _checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    /// The checkpoint will never be complete.
    fn checkpoint_aborted(&mut self, _checkpoint_id: u64) {}
}

/// The state of one operator at a barrier.
#[derive(Default)]
pub struct OperatorSnapshot {
    /// State that belongs to no key.
    pub items: Vec<OperatorStateItem>,
    /// State by key, still to be stored.
    pub keyed: Option<Box<dyn KeyedSnapshot>>,
}

/// Keyed state as it was at a barrier, to be stored beside the task that goes on.
pub trait KeyedSnapshot: Send {
    /// Stores it. Runs on a thread that may block; dropping the snapshot instead frees what it holds.
    fn store(self: Box<Self>, storage: &dyn StateStorage) -> Result<KeyedStateHandle, Failure>;
}

/// Which folder of a checkpoint a file goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateScope {
    /// Of this checkpoint only.
    Exclusive,
    /// Later checkpoints may refer to it. In a savepoint the same as exclusive.
    Shared,
}

/// The durable storage of one checkpoint, as a state backend sees it. Blocks; never called on a task thread or inside tokio's workers.
pub trait StateStorage: Send + Sync {
    /// Stores a copy of a local file under a new name.
    fn store_file(&self, scope: StateScope, file: &Path) -> Result<StateFile, Failure>;

    /// Opens a new file for writing.
    fn create(&self, scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure>;

    /// Deletes a file to which nobody refers. What cannot be deleted is logged and stays.
    fn discard(&self, file: &StateFile);
}

/// A file that is being written; it exists once it is finished. Dropping it unfinished leaves nothing behind.
pub trait StateFileWriter: Write + Send {
    /// Makes it durable.
    fn finish(self: Box<Self>) -> Result<StateFile, Failure>;
}

/// Reads durable files. Blocks. What was damaged or is missing is an error that names the file.
pub trait StateReader: Send + Sync {
    /// Copies a file to a local path and checks it.
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure>;

    /// Reads `length` bytes of a file from `offset` on.
    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure>;
}

/// What a sink has written since its last checkpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PreparedCommit {
    /// To be given to the committer when the checkpoint is complete; the connector's own format.
    pub committables: Vec<serde_json::Value>,
    /// What the writer needs to go on after a restore: each item goes to one of the new writers.
    pub writer_state: Vec<serde_json::Value>,
}

/// Makes visible what writers have prepared.
pub trait Committer: Send {
    /// Commits what belongs to completed checkpoints; what was committed before is no error. Called again with the same committables after
    /// each wake until `Done`. Never waits.
    fn commit(&mut self, committables: &[serde_json::Value], waker: &Waker) -> Result<Progress, Failure>;
}
