//! Checkpoints and savepoints that somebody asks for, and what becomes of the wish.

use dataflow::JobId;
use dataflow::checkpoint::{AfterSavepoint, SavepointFormat};

/// What somebody asks of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotRequest {
    /// A checkpoint out of turn.
    Checkpoint {
        /// Whether every file is stored anew.
        full: bool,
    },
    /// A savepoint.
    Savepoint {
        /// The folder in which the savepoint's own is made; without it `execution.checkpointing.savepoint-dir`.
        directory: Option<String>,
        /// What happens to the job then.
        after: AfterSavepoint,
        /// How keyed state is stored.
        format: SavepointFormat,
    },
}

/// A checkpoint or savepoint that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedSnapshot {
    /// Its number.
    pub checkpoint_id: u64,
    /// Where it is.
    pub external_path: String,
}

/// Why there is no checkpoint or savepoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// There is no such job.
    #[error("Job {0} not found")]
    UnknownJob(JobId),
    /// There is no place for it.
    #[error(
        "No savepoint directory configured. You can either specify a directory while cancelling via -s :targetDirectory or configure a cluster-wide default via key 'execution.checkpointing.savepoint-dir'."
    )]
    NoSavepointDirectory,
    /// There is no place for it.
    #[error(
        "'execution.checkpointing.dir' is not set: name a folder that all processes reach, to which checkpoints go"
    )]
    NoCheckpointDirectory,
    /// It could not be completed.
    #[error("{0}")]
    Failed(String),
}
