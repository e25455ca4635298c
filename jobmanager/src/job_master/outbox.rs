//! `Outbox`: what a job sends to one TaskManager, one call after the other, so that splits come after the task they are for, and a
//! barrier after the splits that belong to its checkpoint.

use std::sync::Arc;

use common::environment::{Environment, Task};
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::{TaskDeploymentDescriptor, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, ExecutionState, Failure};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::{JobMasterHandle, Message};
use crate::checkpointing::CheckpointEvent;
use crate::gateway::{GatewayError, SplitDelivery, TaskManagerGateway};
use crate::resource_manager::ResourceManagerHandle;
use crate::scheduling::GraphEvent;

/// A call.
pub(super) enum Call {
    Submit(Box<TaskDeploymentDescriptor>),
    Cancel(ExecutionAttemptId),
    AddSplits(SplitDelivery),
    AlignWatermarks { attempt: ExecutionAttemptId, limit: i64 },
    Checkpoint { attempts: Vec<ExecutionAttemptId>, notice: CheckpointNotice },
}

/// The calls to one TaskManager. When it is dropped, those that were sent are still made.
pub(super) struct Outbox {
    calls: mpsc::UnboundedSender<Call>,
    worker: Task<()>,
}

/// Who makes the calls, and whom to tell of those that fail.
pub(super) struct Courier {
    pub(super) resource_id: String,
    pub(super) gateway: Arc<dyn TaskManagerGateway>,
    pub(super) resource_manager: ResourceManagerHandle,
    pub(super) master: JobMasterHandle,
}

impl Outbox {
    pub(super) fn new(courier: Courier, environment: &Environment) -> Self {
        let (calls, receiver) = mpsc::unbounded_channel();
        Outbox { calls, worker: environment.spawn(courier.deliver(receiver)) }
    }

    /// Makes a call after those before.
    pub(super) fn send(&self, call: Call) {
        // The worker ends before this sender only when the TaskManager is lost, of which the master is being told.
        let _ = self.calls.send(call);
    }

    /// The TaskManager is gone: calls that were not made are not made.
    pub(super) fn abandon(self) {
        self.worker.abort();
    }

    /// Waits until every call was made.
    pub(super) async fn drain(self) {
        drop(self.calls);
        // It does not panic, and if it did there would be nothing to wait for.
        let _ = self.worker.output().await;
    }
}

impl Courier {
    async fn deliver(self, mut calls: mpsc::UnboundedReceiver<Call>) {
        while let Some(call) = calls.recv().await {
            while let Err(error) = self.make(&call).await {
                // The master hears of a lost TaskManager by itself, once for all that ran there. What only failed would be sent there again.
                let unreachable = matches!(error, GatewayError::Unreachable { .. });
                if unreachable && self.resource_manager.is_lost(self.resource_id.clone(), error.to_string()).await {
                    return;
                }
                // The master waits for the end of what it cancels.
                let again = unreachable && matches!(call, Call::Cancel(_)) && !calls.is_closed();
                if !again {
                    self.failed(call, &error);
                    break;
                }
            }
        }
    }

    async fn make(&self, call: &Call) -> Result<(), GatewayError> {
        match call {
            Call::Submit(descriptor) => self.gateway.submit_task(descriptor).await,
            Call::AddSplits(delivery) => self.gateway.add_splits(delivery).await,
            Call::AlignWatermarks { attempt, limit } => self.gateway.align_watermarks(*attempt, *limit).await,
            Call::Checkpoint { attempts, notice } => self.gateway.notify_checkpoint(attempts, notice).await,
            Call::Cancel(attempt) => self.cancel(*attempt).await,
        }
    }

    /// An attempt of which its TaskManager knows nothing will not tell that it has ended.
    async fn cancel(&self, attempt: ExecutionAttemptId) -> Result<(), GatewayError> {
        if !self.gateway.cancel_task(attempt).await? {
            let state = ExecutionState::Canceled;
            let update = TaskStateUpdate { attempt, state, failure: None, metrics: None };
            self.master.graph(GraphEvent::StateChanged(update));
        }
        Ok(())
    }

    fn failed(&self, call: Call, error: &GatewayError) {
        match call {
            Call::Submit(descriptor) => self.not_deployed(descriptor.attempt, error),
            Call::AddSplits(delivery) => self.fail(delivery.attempt, "the task could not be given its splits", error),
            Call::Checkpoint { attempts, notice } => self.not_notified(attempts, &notice, error),
            // It is told again soon.
            Call::AlignWatermarks { attempt, .. } => debug!("cannot tell {attempt} a watermark: {error}"),
            // Whoever takes no orders from here comes anew, and says what it runs, or is found out by its heartbeats.
            Call::Cancel(attempt) => debug!("cannot cancel {attempt}: {error}"),
        }
    }

    /// What was refused does not run; what was not answered may.
    fn not_deployed(&self, attempt: ExecutionAttemptId, error: &GatewayError) {
        let what = "the task could not be deployed";
        match error {
            GatewayError::Refused { .. } => {
                let failure = Failure::external(what).caused_by(error);
                warn!("{attempt}: {what}: {error}");
                self.master.graph(GraphEvent::AttemptFailed { attempt, failure });
            }
            GatewayError::Unreachable { .. } => self.fail(attempt, what, error),
        }
    }

    /// A trigger that was not heard fails the checkpoint. Tasks that do not hear that one is complete do not commit it, and those that do not hear
    /// that one is aborted may wait behind it: they start anew.
    fn not_notified(&self, attempts: Vec<ExecutionAttemptId>, notice: &CheckpointNotice, error: &GatewayError) {
        let what = match notice {
            CheckpointNotice::Trigger(barrier) => {
                let failure = Failure::external("a task could not be told to take part").caused_by(error);
                let checkpoint_id = barrier.checkpoint_id;
                let event = CheckpointEvent::Failed { checkpoint_id, failure };
                return self.master.send(Message::CheckpointEvent(event));
            }
            CheckpointNotice::Completed { .. } => "the task could not be told that a checkpoint is complete",
            CheckpointNotice::Aborted { .. } => "the task could not be told that a checkpoint is aborted",
        };
        for attempt in attempts {
            self.fail(attempt, what, error);
        }
    }

    fn fail(&self, attempt: ExecutionAttemptId, what: &str, error: &GatewayError) {
        warn!("{attempt}: {what}: {error}");
        let failure = Failure::external(what).caused_by(error);
        self.master.graph(GraphEvent::CallFailed { attempt, failure });
    }
}
