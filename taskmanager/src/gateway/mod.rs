//! `JobManagerGateway`: what the TaskManager asks of the JobManager. The trait is the TaskManager's; the JobManager answers over gRPC.

mod grpc;

use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{Adoption, TaskManagerRegistration, TaskManagerReport, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, LeaderEpoch, OperatorId};
use tokio::sync::mpsc;

pub(crate) use grpc::GrpcJobManagers;

/// The JobManager did not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// What a JobManager says to a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationAnswer {
    /// The TaskManager belongs to its cluster.
    Accepted(Membership),
    /// It does not.
    Refused(String),
    /// Another JobManager leads the cluster: the next registration goes to it.
    NotLeading {
        /// Whether this one knows which.
        knows_leader: bool,
    },
}

/// What it means to belong to a JobManager's cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Under which epoch the JobManager commands.
    pub epoch: LeaderEpoch,
    /// What it wants to go on.
    pub adoption: Adoption,
    /// How often it wants to hear of the TaskManager.
    pub heartbeat_interval: Duration,
    /// After which silence either side gives the other up.
    pub heartbeat_timeout: Duration,
}

/// The answers to heartbeats, in order: whether the TaskManager is known. The end of the channel is the end of the stream.
pub type HeartbeatAnswers = mpsc::UnboundedReceiver<Result<bool, Unreachable>>;

/// What the TaskManager asks of the JobManager.
#[async_trait]
pub trait JobManagerGateway: Send + Sync {
    /// Asks to belong to the cluster.
    async fn register(&self, registration: &TaskManagerRegistration) -> Result<RegistrationAnswer, Unreachable>;

    /// Turns to the JobManager at this `host:port`, or to the next one that is known.
    fn turn_to(&self, leader: Option<&str>);

    /// Opens a stream of heartbeats.
    async fn heartbeats(
        &self,
        epoch: LeaderEpoch,
        resource_id: &str,
        reports: mpsc::UnboundedReceiver<TaskManagerReport>,
    ) -> Result<HeartbeatAnswers, Unreachable>;

    /// Tells of an attempt; false when the JobManager does not want it to run (any more).
    async fn update_task_state(&self, epoch: LeaderEpoch, update: &TaskStateUpdate) -> Result<bool, Unreachable>;

    /// Asks for a split; it comes by itself.
    async fn request_split(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
    ) -> Result<(), Unreachable>;

    /// Tells how far a source is that aligns with others, ms since the epoch.
    async fn report_watermark(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        watermark: i64,
    ) -> Result<(), Unreachable>;

    /// Tells of a checkpoint.
    async fn report_checkpoint(&self, epoch: LeaderEpoch, report: &CheckpointReport) -> Result<(), Unreachable>;

    /// Takes leave.
    async fn disconnect(&self, epoch: LeaderEpoch, resource_id: &str, reason: &str) -> Result<(), Unreachable>;
}
