//! `Tasks`: who runs the tasks of a TaskManager: `runtime::TaskExecutor`, on threads; a simulation has another one.

use std::sync::Arc;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerReport};
use dataflow::{ExecutionAttemptId, Failure, JobId, OperatorId, Split};
use proto::v1::CollectResultsResponse;
use runtime::{ResultsRequest, TaskEvents, TaskExecutor};

/// Runs tasks. Nothing but `collect` waits.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// Starts one; what happens to it is told to `events`. An error means that it was not taken.
    fn deploy(&self, descriptor: TaskDeploymentDescriptor, events: Arc<dyn TaskEvents>) -> Result<(), Failure>;

    /// Cancels one; false when it does not run.
    fn cancel(&self, attempt: ExecutionAttemptId) -> bool;

    /// Gives splits to a source of one, perhaps the last; false when it does not run.
    fn add_splits(&self, attempt: ExecutionAttemptId, operator: OperatorId, splits: Vec<Split>, last: bool) -> bool;

    /// Tells the sources of one which watermark they should not pass, ms since the epoch; false when it does not run.
    fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> bool;

    /// Tells one of a checkpoint; false when it does not run.
    fn notify_checkpoint(&self, attempt: ExecutionAttemptId, notice: CheckpointNotice) -> bool;

    /// Results of a Collect operator.
    async fn collect(&self, request: ResultsRequest) -> Result<CollectResultsResponse, Failure>;

    /// Lets go of all that is kept for a job.
    fn release_job(&self, job: JobId);

    /// Those that run.
    fn running(&self) -> Vec<ExecutionAttemptId>;

    /// Their counters.
    fn report(&self) -> TaskManagerReport;
}

#[async_trait]
impl Tasks for TaskExecutor {
    fn deploy(&self, descriptor: TaskDeploymentDescriptor, events: Arc<dyn TaskEvents>) -> Result<(), Failure> {
        TaskExecutor::deploy(self, descriptor, events)
    }

    fn cancel(&self, attempt: ExecutionAttemptId) -> bool {
        TaskExecutor::cancel(self, attempt)
    }

    fn add_splits(&self, attempt: ExecutionAttemptId, operator: OperatorId, splits: Vec<Split>, last: bool) -> bool {
        TaskExecutor::add_splits(self, attempt, operator, splits, last)
    }

    fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> bool {
        TaskExecutor::align_watermarks(self, attempt, limit)
    }

    fn notify_checkpoint(&self, attempt: ExecutionAttemptId, notice: CheckpointNotice) -> bool {
        TaskExecutor::notify_checkpoint(self, attempt, notice)
    }

    async fn collect(&self, request: ResultsRequest) -> Result<CollectResultsResponse, Failure> {
        TaskExecutor::collect(self, request).await
    }

    fn release_job(&self, job: JobId) {
        TaskExecutor::release_job(self, job);
    }

    fn running(&self) -> Vec<ExecutionAttemptId> {
        TaskExecutor::running(self)
    }

    fn report(&self) -> TaskManagerReport {
        TaskExecutor::report(self)
    }
}
