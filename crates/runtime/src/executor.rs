//! The TaskExecutor: runs tasks, each on a thread of its own, and moves data between them.

use std::sync::Arc;
use std::time::Duration;

use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerReport};
use dataflow::{ExecutionAttemptId, Failure, JobId, OperatorId, Split};
use proto::v1::CollectResultsResponse;
use tokio::net::TcpListener;

use crate::events::TaskEvents;
use crate::settings::TaskExecutorSettings;

/// Runs the tasks of one TaskManager. Clones share it.
#[derive(Clone)]
pub struct TaskExecutor {
    inner: Arc<Inner>,
}

struct Inner {
    settings: TaskExecutorSettings,
}

impl TaskExecutor {
    /// An executor whose exchange listens on `listener`, the address that other TaskManagers are told as this one's data address.
    /// Must be called inside a tokio runtime; connections are served there.
    pub fn start(settings: TaskExecutorSettings, listener: TcpListener) -> Result<Self, Failure> {
        drop(listener);
        Ok(Self { inner: Arc::new(Inner { settings }) })
    }

    /// Starts a task. Returns at once; everything that happens to it from now on, failures to build it included, is told to `events`.
    /// An error means that it was not taken: the attempt runs already, or the descriptor contradicts itself.
    pub fn deploy(&self, descriptor: TaskDeploymentDescriptor, events: Arc<dyn TaskEvents>) -> Result<(), Failure> {
        let _ = (descriptor, events);
        Ok(())
    }

    /// Cancels a task; its end is told by [`TaskEvents::state_changed`]. False when no such attempt runs, which is no error.
    pub fn cancel(&self, attempt: ExecutionAttemptId) -> bool {
        let _ = attempt;
        false
    }

    /// Gives splits to a source of a running attempt; `no_more_splits` tells its reader that these are the last. False when no such attempt runs.
    pub fn add_splits(
        &self,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        splits: Vec<Split>,
        no_more_splits: bool,
    ) -> bool {
        let _ = (attempt, operator, splits, no_more_splits);
        false
    }

    /// Result batches of a Collect operator from `offset` on, as they go over the wire; those before `offset` are dropped. Waits at most
    /// `max_wait` while there is nothing, also for a task that is not deployed yet. An error when `offset` was dropped before.
    pub async fn collect(
        &self,
        job: JobId,
        operator: OperatorId,
        subtask: u32,
        offset: u64,
        max_wait: Duration,
    ) -> Result<CollectResultsResponse, Failure> {
        let _ = (job, operator, subtask, offset, max_wait);
        Ok(CollectResultsResponse::default())
    }

    /// The job has ended: its partitions and results go. Tasks of it that still run are cancelled.
    pub fn release_job(&self, job: JobId) {
        let _ = job;
    }

    /// The attempts that run, for a registration.
    pub fn running(&self) -> Vec<ExecutionAttemptId> {
        Vec::new()
    }

    /// Counters of all running tasks, and jobs with uncollected results; `resident_memory` is left 0 for the caller to fill.
    pub fn report(&self) -> TaskManagerReport {
        TaskManagerReport::default()
    }

    /// Cancels all tasks, waits until their threads have ended or `grace` has passed, and closes the exchange.
    pub async fn shutdown(&self, grace: Duration) {
        let _ = (grace, &self.inner.settings);
    }
}
