//! `TaskManagerGateway`: what the JobManager asks of a TaskManager. The trait is the JobManager's; the TaskManager answers over gRPC.

mod grpc;
mod network;

use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch, OperatorId, Split};
use proto::v1::{CollectResultsResponse, Thread};

pub use grpc::{ADDRESSEE, shut_down};
pub use network::{GrpcNetwork, TaskManagerNetwork};

/// A call to a TaskManager that did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GatewayError {
    /// It did not answer.
    #[error("TaskManager {resource_id} at {address} does not answer: {why}")]
    Unreachable {
        /// Its name.
        resource_id: String,
        /// `host:port` of its gRPC service.
        address: String,
        /// What the connection says.
        why: String,
    },
    /// It refused.
    #[error("TaskManager {resource_id} at {address} refused: {why}")]
    Refused {
        /// Its name.
        resource_id: String,
        /// `host:port` of its gRPC service.
        address: String,
        /// Its reason.
        why: String,
    },
}

/// Who commands.
#[derive(Debug, Clone)]
pub struct Commander {
    /// Under which epoch.
    pub epoch: LeaderEpoch,
    /// Where TaskManagers register, `host:port`.
    pub address: String,
}

/// Splits for a reader.
#[derive(Debug, Clone)]
pub struct SplitDelivery {
    /// The reader's attempt.
    pub attempt: ExecutionAttemptId,
    /// The source operator.
    pub operator: OperatorId,
    /// The splits.
    pub splits: Vec<Split>,
    /// Whether these are the last.
    pub no_more_splits: bool,
}

/// Which results a client wants.
#[derive(Debug, Clone, Copy)]
pub struct CollectRequest {
    /// The job.
    pub job: JobId,
    /// The Collect operator.
    pub operator: OperatorId,
    /// Its subtask.
    pub subtask: u32,
    /// The version in which the client counts its batches; 0: it has none yet.
    pub version: u64,
    /// How many batches of this subtask the client has.
    pub offset: u64,
    /// How long to wait when there is nothing.
    pub max_wait: Duration,
}

/// What the JobManager asks of one TaskManager. Calls carry the epoch under which the TaskManager registered.
#[async_trait]
pub trait TaskManagerGateway: Send + Sync {
    /// Runs an attempt.
    async fn submit_task(&self, descriptor: &TaskDeploymentDescriptor) -> Result<(), GatewayError>;

    /// Cancels an attempt. False when it is unknown: it does not run, and no end of it will be told.
    async fn cancel_task(&self, attempt: ExecutionAttemptId) -> Result<bool, GatewayError>;

    /// Gives splits to a reader.
    async fn add_splits(&self, delivery: &SplitDelivery) -> Result<(), GatewayError>;

    /// Tells the source of an attempt which watermark it should not pass, ms since the epoch; an unknown attempt is no error.
    async fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> Result<(), GatewayError>;

    /// Tells attempts of a checkpoint; those that do not run are passed over.
    async fn notify_checkpoint(
        &self,
        attempts: &[ExecutionAttemptId],
        notice: &CheckpointNotice,
    ) -> Result<(), GatewayError>;

    /// Fetches results of an attempt of a Collect operator.
    async fn collect_results(
        &self,
        request: CollectRequest,
        attempt: u32,
    ) -> Result<CollectResultsResponse, GatewayError>;

    /// Lets go of what is kept for a job that has ended.
    async fn release_job(&self, job: JobId) -> Result<(), GatewayError>;

    /// The threads of its process.
    async fn dump_threads(&self) -> Result<Vec<Thread>, GatewayError>;
}
