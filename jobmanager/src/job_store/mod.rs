//! `JobStore`: the jobs that must survive the process.

mod group_node;
mod memory;
mod raft;

use async_trait::async_trait;
use dataflow::{ExecutionAttemptId, JobGraph, JobId};
use serde::{Deserialize, Serialize};

pub use group_node::{GroupNode, Standing};
pub use memory::MemoryJobStore;
pub use raft::{
    Backup, BackupError, Group, GroupMember, MembershipError, NodeSettings, PeerService, RaftJobStore, RaftNode,
    RestBackend, StoreCommand, StoreState,
};

use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{CheckpointPointers, Reservation, StoredProgress};
use crate::scheduling::{DeploymentRecord, EndedJob};

/// A job that could not be stored or read.
#[derive(Debug, thiserror::Error)]
#[error("the job store {place} {problem}")]
pub struct JobStoreError {
    /// Where it is.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// A job that has not ended, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredJob {
    /// Its graph.
    pub graph: JobGraph,
    /// How far it has come.
    #[serde(alias = "checkpoints")]
    pub progress: StoredProgress,
}

/// The content of a catalog, which only the planner understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCatalog {
    /// Its name.
    pub name: String,
    /// Counts its changes, from 1.
    pub version: u64,
    /// What is in it.
    pub document: String,
}

/// Something that a client has asked for and will ask about again: a savepoint, a disposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredOperation {
    /// Which.
    pub key: String,
    /// When it began or ended, ms since the epoch.
    pub at: i64,
    /// What has come of it; none while it is under way.
    pub outcome: Option<serde_json::Value>,
}

/// Keeps the jobs that have not ended, and where their checkpoints are.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Keeps a job. When this returns it is safe.
    async fn put(&self, graph: &JobGraph) -> Result<(), JobStoreError>;

    /// Keeps which checkpoints of a job are complete, and what people are shown that is new. When this returns it is safe; an error leaves open whether it is kept.
    async fn put_checkpoints(
        &self,
        job: JobId,
        checkpoints: &CheckpointPointers,
        statistics: &StoredStatistics,
    ) -> Result<(), JobStoreError>;

    /// Keeps that numbers are in use. When this returns it is safe.
    async fn reserve(&self, job: JobId, numbers: Reservation) -> Result<(), JobStoreError>;

    /// Keeps a graph of other parallelism in place of a job's. When this returns it is safe.
    async fn replace(&self, graph: &JobGraph) -> Result<(), JobStoreError>;

    /// Keeps where a job runs. When this returns it is safe.
    async fn put_deployment(&self, job: JobId, deployment: &DeploymentRecord) -> Result<(), JobStoreError>;

    /// Keeps that an attempt has finished. When this returns it is safe.
    async fn finish(&self, attempt: ExecutionAttemptId) -> Result<(), JobStoreError>;

    /// Keeps that a job is cancelled. When this returns it is safe.
    async fn cancel(&self, job: JobId) -> Result<(), JobStoreError>;

    /// Keeps how a job has ended, and lets go of all else of it. What is put for it afterwards is passed over.
    async fn end(&self, job: &EndedJob) -> Result<(), JobStoreError>;

    /// The last jobs that have ended, the oldest first.
    async fn ended(&self) -> Result<Vec<EndedJob>, JobStoreError>;

    /// The jobs that had not ended when the last JobManager did.
    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError>;

    /// Keeps how far an operation is. When this returns it is safe.
    async fn put_operation(&self, operation: &StoredOperation) -> Result<(), JobStoreError>;

    /// The latest operations.
    async fn operations(&self) -> Result<Vec<StoredOperation>, JobStoreError>;

    /// A catalog.
    async fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, JobStoreError>;

    /// Keeps the content of a catalog instead of that of this version (0: there is none); then it is safe. False when that is not the version there.
    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, JobStoreError>;
}
