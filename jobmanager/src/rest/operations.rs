//! `Operations`: what clients have asked for and will ask about again: savepoints, checkpoints, disposals.
//!
//! An operation runs beside the request; its outcome is kept for a while under the id that the client got or gave. Asking twice under one id
//! starts one operation. The job store knows of each, so that whoever leads next can say what has become of it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::{JobId, TriggerId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use super::java_throwable;
use super::messages::{AsynchronousOperation, FailureCause, OperationOutcome, QueueStatus, QueueStatusId};
use crate::job_store::{JobStore, JobStoreError, StoredOperation};

/// How long an outcome is kept, ms: the default of Flink's `rest.async.store-duration`.
const RETENTION_MS: i64 = 300_000;

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    environment: Environment,
    store: Arc<dyn JobStore>,
    /// Triggered when another JobManager is to say what has become of them.
    over: Shutdown,
    states: Arc<Mutex<IndexMap<OperationKey, State>>>,
}

impl Operations {
    /// Those that the job store knows. What was under way under another JobManager has failed with it.
    pub async fn recover(
        environment: Environment,
        store: Arc<dyn JobStore>,
        over: Shutdown,
    ) -> Result<Self, JobStoreError> {
        let mut states = IndexMap::new();
        let now = environment.clock().now_millis();
        for StoredOperation { key, at, outcome } in store.operations().await? {
            let Ok(key) = serde_json::from_str(&key) else { continue };
            let ended = outcome.and_then(|outcome| serde_json::from_value(outcome).ok()).map(|outcome| (at, outcome));
            let (at, outcome) = ended.unwrap_or_else(|| (now, OperationOutcome::Failed { failure_cause: lost(key) }));
            states.insert(key, State::Ended { at, outcome });
        }
        Ok(Operations { environment, store, over, states: Arc::new(Mutex::new(states)) })
    }

    /// Starts an operation, unless there is one under this key. When this returns it is known to whoever leads next.
    pub(super) async fn start<T: Serialize + Send>(
        &self,
        key: OperationKey,
        operation: impl Future<Output = Result<T, FailureCause>> + Send + 'static,
    ) -> Result<(), JobStoreError> {
        let now = self.environment.clock().now_millis();
        {
            let mut states = self.states();
            states.retain(|_, state| !matches!(state, State::Ended { at, .. } if now - *at > RETENTION_MS));
            if states.contains_key(&key) {
                return Ok(());
            }
            states.insert(key, State::Running);
        }
        if let Err(problem) = self.keep(key, now, None).await {
            self.states().shift_remove(&key);
            return Err(problem);
        }
        let this = self.clone();
        self.environment.spawn(async move {
            let Some(ended) = this.over.unless_triggered(operation).await else { return };
            let outcome = match ended {
                Ok(result) => OperationOutcome::Done(serde_json::to_value(result).expect("bodies are plain data")),
                Err(failure_cause) => OperationOutcome::Failed { failure_cause },
            };
            let at = this.environment.clock().now_millis();
            let kept = serde_json::to_value(&outcome).expect("bodies are plain data");
            if let Err(problem) = this.keep(key, at, Some(kept)).await {
                warn!("the next JobManager will not know what has come of {key:?}: {problem}");
            }
            this.states().insert(key, State::Ended { at, outcome });
        });
        Ok(())
    }

    async fn keep(&self, key: OperationKey, at: i64, outcome: Option<Value>) -> Result<(), JobStoreError> {
        let key = serde_json::to_string(&key).expect("a key is made of ids");
        self.store.put_operation(&StoredOperation { key, at, outcome }).await
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

const CHECKPOINT_EXCEPTION: &str = "org.apache.flink.runtime.checkpoint.CheckpointException";
const COMPLETION_EXCEPTION: &str = "java.util.concurrent.CompletionException";

/// What became of an operation whose JobManager is gone.
fn lost(key: OperationKey) -> FailureCause {
    const SUSPENDED: &str = "Checkpoint Coordinator is suspending: ";
    let (reason, what) = match key {
        OperationKey::Savepoint(..) => (SUSPENDED, "savepoint"),
        OperationKey::Checkpoint(..) => (SUSPENDED, "checkpoint"),
        OperationKey::Disposal(_) => ("", "disposal of the savepoint"),
    };
    let text = format!(
        "{COMPLETION_EXCEPTION}: {CHECKPOINT_EXCEPTION}: {reason}the JobManager that led was lost while the {what} was under way, and another \
         one leads: nobody knows whether it was complete; ask for it again"
    );
    java_throwable::failure_cause(COMPLETION_EXCEPTION, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::job_store::MemoryJobStore;

    async fn none_yet() -> Operations {
        let store = Arc::new(MemoryJobStore::default());
        Operations::recover(Environment::system(), store, Shutdown::new()).await.unwrap()
    }

    #[tokio::test]
    async fn an_operation_is_started_once_and_its_outcome_kept() {
        let operations = none_yet().await;
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
        let operations = none_yet().await;
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
