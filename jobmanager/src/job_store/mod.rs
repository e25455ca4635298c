//! `JobStore`: the jobs that must survive the process.

mod memory;
mod raft;

use async_trait::async_trait;
use dataflow::{JobGraph, JobId, LeaderEpoch};

pub use memory::MemoryJobStore;
pub use raft::RaftJobStore;

/// A job that could not be stored or read.
#[derive(Debug, thiserror::Error)]
#[error("the job store {place} {problem}")]
pub struct JobStoreError {
    /// Where it is.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// Keeps the graphs of jobs that have not ended.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// The epoch under which this JobManager commands: another one than any JobManager before it.
    fn epoch(&self) -> LeaderEpoch;

    /// Keeps a job. When this returns it is safe.
    async fn put(&self, graph: &JobGraph) -> Result<(), JobStoreError>;

    /// Lets go of a job that has ended.
    async fn remove(&self, job: JobId) -> Result<(), JobStoreError>;

    /// The jobs that had not ended when the last JobManager did.
    async fn recover(&self) -> Result<Vec<JobGraph>, JobStoreError>;

    /// Ends what the store runs by itself.
    async fn close(&self) {}
}
