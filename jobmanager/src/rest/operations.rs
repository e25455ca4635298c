//! `Operations`: what clients have asked for and will ask about again: savepoints, checkpoints, disposals.
//!
//! An operation runs beside the request; its outcome is kept for a while under the id that the client got or gave. Asking twice under one id
//! starts one operation. Those of jobs are in the job store too, so that another JobManager knows what was under way, and answers.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::clock::Clock;
use dataflow::{JobId, TriggerId};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::error::RestError;
use super::java_throwable;
use super::messages::{AsynchronousOperation, FailureCause, OperationOutcome, QueueStatus, QueueStatusId};
use crate::checkpointing::{OperationKind, StoredOperation};
use crate::job_store::{JobStore, JobStoreError, StoredJob};

/// How long an outcome is kept, ms: the default of Flink's `rest.async.store-duration`.
const RETENTION_MS: i64 = 300_000;

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum OperationKey {
    /// A savepoint, also one that a job is stopped with.
    Savepoint(JobId, TriggerId),
    /// A checkpoint.
    Checkpoint(JobId, TriggerId),
    /// The deletion of a savepoint.
    Disposal(TriggerId),
}

#[derive(Debug, Clone)]
enum State {
    Running,
    Ended { at: i64, outcome: OperationOutcome<Value> },
}

/// The operations that clients have asked for; clones share them.
#[derive(Clone)]
pub struct Operations {
    clock: Clock,
    store: Arc<dyn JobStore>,
    states: Arc<Mutex<IndexMap<OperationKey, State>>>,
}

impl Operations {
    /// Those of the jobs that were there before: what was under way has been aborted.
    pub fn new(clock: Clock, store: Arc<dyn JobStore>, jobs: &[StoredJob]) -> Self {
        let this = Operations { clock, store, states: Arc::default() };
        let at = this.clock.now_millis();
        for (job, operation) in jobs.iter().flat_map(|job| job.progress.operations.iter().map(move |o| (&job.graph, o)))
        {
            let stored = operation.outcome.clone().and_then(|outcome| serde_json::from_value(outcome).ok());
            let outcome = stored.unwrap_or_else(|| OperationOutcome::Failed { failure_cause: lost() });
            let key = match operation.kind {
                OperationKind::Savepoint => OperationKey::Savepoint(job.job_id, operation.trigger),
                OperationKind::Checkpoint => OperationKey::Checkpoint(job.job_id, operation.trigger),
            };
            this.states().insert(key, State::Ended { at, outcome });
        }
        this
    }

    /// Starts an operation, unless there is one under this key. Needs a tokio runtime. An error: it could not be kept, and was not started.
    pub(super) async fn start<T: Serialize>(
        &self,
        key: OperationKey,
        operation: impl Future<Output = Result<T, FailureCause>> + Send + 'static,
    ) -> Result<(), RestError> {
        let now = self.clock.now_millis();
        {
            let mut states = self.states();
            states.retain(|_, state| !matches!(state, State::Ended { at, .. } if now - *at > RETENTION_MS));
            if states.contains_key(&key) {
                return Ok(());
            }
            states.insert(key, State::Running);
        }
        if let Err(error) = self.keep(key, None).await {
            self.states().shift_remove(&key);
            return Err(RestError::internal(error));
        }
        let this = self.clone();
        tokio::spawn(async move {
            let outcome = match operation.await {
                Ok(result) => OperationOutcome::Done(serde_json::to_value(result).expect("bodies are plain data")),
                Err(failure_cause) => OperationOutcome::Failed { failure_cause },
            };
            if let Err(error) = this.keep(key, Some(&outcome)).await {
                tracing::warn!("what has become of {key:?} is known to this JobManager only: {error}");
            }
            let at = this.clock.now_millis();
            this.states().insert(key, State::Ended { at, outcome });
        });
        Ok(())
    }

    async fn keep(&self, key: OperationKey, outcome: Option<&OperationOutcome<Value>>) -> Result<(), JobStoreError> {
        let (job, kind, trigger) = match key {
            OperationKey::Savepoint(job, trigger) => (job, OperationKind::Savepoint, trigger),
            OperationKey::Checkpoint(job, trigger) => (job, OperationKind::Checkpoint, trigger),
            OperationKey::Disposal(_) => return Ok(()),
        };
        let outcome = outcome.map(|outcome| serde_json::to_value(outcome).expect("bodies are plain data"));
        self.store.put_operation(job, &StoredOperation { kind, trigger, outcome }).await
    }

    /// What an operation has come to; none when there is no such one, or its end is too long ago.
    pub(super) fn status(&self, key: OperationKey) -> Option<AsynchronousOperation<Value>> {
        let states = self.states();
        let (id, operation) = match states.get(&key)? {
            State::Running => (QueueStatusId::InProgress, None),
            State::Ended { outcome, .. } => (QueueStatusId::Completed, Some(outcome.clone())),
        };
        Some(AsynchronousOperation { status: QueueStatus { id }, operation })
    }

    fn states(&self) -> MutexGuard<'_, IndexMap<OperationKey, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of an operation whose JobManager is not there any more.
fn lost() -> FailureCause {
    let class = "java.util.concurrent.CompletionException";
    let message = "Checkpoint Coordinator is suspending: the JobManager that had begun it leads no more, and what was under way was aborted. \
                   Trigger it again.";
    java_throwable::failure_cause(
        class,
        format!("{class}: org.apache.flink.runtime.checkpoint.CheckpointException: {message}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_store::MemoryJobStore;
    use serde_json::json;

    fn operations() -> Operations {
        Operations::new(Clock::System, Arc::new(MemoryJobStore::default()), &[])
    }

    #[tokio::test]
    async fn an_operation_is_started_once_and_its_outcome_kept() {
        let operations = operations();
        let key = OperationKey::Savepoint(JobId(1), TriggerId(2));
        assert_eq!(operations.status(key), None);
        let (end, ended) = tokio::sync::oneshot::channel::<u64>();
        operations.start(key, async move { Ok(ended.await.unwrap()) }).await.unwrap();
        operations.start(key, async { Ok("a second one") }).await.unwrap();
        let status = |key| serde_json::to_value(operations.status(key)).unwrap();
        assert_eq!(status(key), json!({"status": {"id": "IN_PROGRESS"}, "operation": null}));
        end.send(7).unwrap();
        while status(key)["status"]["id"] == "IN_PROGRESS" {
            tokio::task::yield_now().await;
        }
        assert_eq!(status(key), json!({"status": {"id": "COMPLETED"}, "operation": 7}));
        assert_eq!(operations.status(OperationKey::Checkpoint(JobId(1), TriggerId(2))), None);
    }

    #[tokio::test]
    async fn a_failure_is_an_outcome() {
        let operations = operations();
        let key = OperationKey::Disposal(TriggerId(2));
        let cause = FailureCause { class: "E".into(), stack_trace: "E: no".into(), serialized_throwable: "rO0".into() };
        operations.start::<()>(key, async move { Err(cause) }).await.unwrap();
        while operations.status(key).unwrap().operation.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            serde_json::to_value(operations.status(key)).unwrap()["operation"],
            json!({"failure-cause": {"class": "E", "stack-trace": "E: no", "serialized-throwable": "rO0"}})
        );
    }
}
