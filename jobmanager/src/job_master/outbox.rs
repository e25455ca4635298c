//! `Outbox`: what a job sends to one TaskManager, one call after the other, so that splits come after the task they are for, and a
//! barrier after the splits that belong to its checkpoint.

use std::sync::Arc;

use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, Failure};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use super::{JobMasterHandle, Message};
use crate::checkpointing::CheckpointEvent;
use crate::gateway::{GatewayError, SplitDelivery, TaskManagerGateway};
use crate::scheduling::GraphEvent;

/// A call.
pub(super) enum Call {
    Submit(Box<TaskDeploymentDescriptor>),
    Cancel(ExecutionAttemptId),
    AddSplits(SplitDelivery),
    Checkpoint { attempts: Vec<ExecutionAttemptId>, notice: CheckpointNotice },
}

/// The calls to one TaskManager. When it is dropped, those that were sent are still made.
pub(super) struct Outbox {
    calls: mpsc::UnboundedSender<Call>,
    worker: JoinHandle<()>,
}

impl Outbox {
    pub(super) fn new(gateway: Arc<dyn TaskManagerGateway>, master: JobMasterHandle) -> Self {
        let (calls, receiver) = mpsc::unbounded_channel();
        Outbox { calls, worker: tokio::spawn(deliver(gateway, master, receiver)) }
    }

    /// Makes a call after those before.
    pub(super) fn send(&self, call: Call) {
        // The worker ends only after this sender does.
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
        let _ = self.worker.await;
    }
}

async fn deliver(
    gateway: Arc<dyn TaskManagerGateway>,
    master: JobMasterHandle,
    mut calls: mpsc::UnboundedReceiver<Call>,
) {
    while let Some(call) = calls.recv().await {
        match call {
            Call::Submit(descriptor) => {
                if let Err(error) = gateway.submit_task(&descriptor).await {
                    fail(&master, descriptor.attempt, "the task could not be deployed", &error);
                }
            }
            Call::AddSplits(delivery) => {
                if let Err(error) = gateway.add_splits(&delivery).await {
                    fail(&master, delivery.attempt, "the task could not be given its splits", &error);
                }
            }
            Call::Checkpoint { attempts, notice } => {
                if let Err(error) = gateway.notify_checkpoint(&attempts, &notice).await {
                    not_notified(&master, attempts, &notice, &error);
                }
            }
            Call::Cancel(attempt) => {
                if let Err(error) = gateway.cancel_task(attempt).await {
                    // A TaskManager that does not answer is found out by its heartbeats.
                    debug!("cannot cancel {attempt}: {error}");
                }
            }
        }
    }
}

/// A trigger that was not heard fails the checkpoint. Tasks that do not hear that one is complete do not commit it: they start anew and do it then.
fn not_notified(
    master: &JobMasterHandle,
    attempts: Vec<ExecutionAttemptId>,
    notice: &CheckpointNotice,
    error: &GatewayError,
) {
    match notice {
        CheckpointNotice::Trigger(barrier) => {
            let failure = Failure::external("a task could not be told to take part").caused_by(error);
            let checkpoint_id = barrier.checkpoint_id;
            master.send(Message::CheckpointEvent(CheckpointEvent::Failed { checkpoint_id, failure }));
        }
        CheckpointNotice::Completed { .. } => {
            for attempt in attempts {
                fail(master, attempt, "the task could not be told that a checkpoint is complete", error);
            }
        }
        CheckpointNotice::Aborted { checkpoint_id } => debug!("checkpoint {checkpoint_id} is aborted: {error}"),
    }
}

fn fail(master: &JobMasterHandle, attempt: ExecutionAttemptId, what: &str, error: &GatewayError) {
    warn!("{attempt}: {what}: {error}");
    let failure = Failure::external(what).caused_by(error);
    master.graph(GraphEvent::AttemptFailed { attempt, failure });
}
