//! `Operations`: what clients have asked for and will ask about again: savepoints, checkpoints, disposals.
//!
//! An operation runs beside the request; its outcome is kept for a while under the id that the client got or gave. Asking twice under one id
//! starts one operation.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::clock::Clock;
use dataflow::{JobId, TriggerId};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::messages::{AsynchronousOperation, FailureCause, OperationOutcome, QueueStatus, QueueStatusId};

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
#[derive(Debug, Clone)]
pub struct Operations {
    clock: Clock,
    states: Arc<Mutex<IndexMap<OperationKey, State>>>,
}

impl Operations {
    /// None yet.
    pub fn new(clock: Clock) -> Self {
        Operations { clock, states: Arc::default() }
    }

    /// Starts an operation, unless there is one under this key. Needs a tokio runtime.
    pub(super) fn start<T: Serialize>(
        &self,
        key: OperationKey,
        operation: impl Future<Output = Result<T, FailureCause>> + Send + 'static,
    ) {
        let now = self.clock.now_millis();
        {
            let mut states = self.states();
            states.retain(|_, state| !matches!(state, State::Ended { at, .. } if now - *at > RETENTION_MS));
            if states.contains_key(&key) {
                return;
            }
            states.insert(key, State::Running);
        }
        let this = self.clone();
        tokio::spawn(async move {
            let outcome = match operation.await {
                Ok(result) => OperationOutcome::Done(serde_json::to_value(result).expect("bodies are plain data")),
                Err(failure_cause) => OperationOutcome::Failed { failure_cause },
            };
            let at = this.clock.now_millis();
            this.states().insert(key, State::Ended { at, outcome });
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn an_operation_is_started_once_and_its_outcome_kept() {
        let operations = Operations::new(Clock::System);
        let key = OperationKey::Savepoint(JobId(1), TriggerId(2));
        assert_eq!(operations.status(key), None);
        let (end, ended) = tokio::sync::oneshot::channel::<u64>();
        operations.start(key, async move { Ok(ended.await.unwrap()) });
        operations.start(key, async { Ok("a second one") });
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
        let operations = Operations::new(Clock::System);
        let key = OperationKey::Disposal(TriggerId(2));
        let cause = FailureCause { class: "E".into(), stack_trace: "E: no".into(), serialized_throwable: "rO0".into() };
        operations.start::<()>(key, async move { Err(cause) });
        while operations.status(key).unwrap().operation.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            serde_json::to_value(operations.status(key)).unwrap()["operation"],
            json!({"failure-cause": {"class": "E", "stack-trace": "E: no", "serialized-throwable": "rO0"}})
        );
    }
}
