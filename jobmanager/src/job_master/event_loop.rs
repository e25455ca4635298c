//! The JobMaster's event loop: carries messages to the execution graph and its commands out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use checkpoint::Assignment as RestoreAssignment;
use dataflow::{ExecutionAttemptId, ExecutionState, Failure, JobStatus};
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

use super::checkpoint_events::consequence;
use super::checkpoints::Checkpoints;
use super::outbox::{Call, Courier, Outbox};
use super::sources::{Assignment, Sources};
use super::{GrantedSlot, JobMasterContext, JobMasterHandle, Message};
use crate::checkpointing::{CheckpointError, JobCheckpointing, Reservation};
use crate::gateway::SplitDelivery;
use crate::resource_manager::Reconciliation;
use crate::scheduling::{ExecutionGraph, GraphCommand, GraphEvent};

/// How long a job that has ended waits for its last calls to be made.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

pub(super) struct JobMaster {
    pub(super) graph: ExecutionGraph,
    pub(super) context: JobMasterContext,
    pub(super) handle: JobMasterHandle,
    pub(super) sources: Sources,
    /// None until it is known what the job starts from.
    pub(super) checkpoints: Option<Checkpoints>,
    /// What the current attempts start from.
    pub(super) restore: RestoreAssignment,
    /// A restart is due, and waits until it is known which checkpoint is the last.
    pub(super) restart_waits: bool,
    /// The way to each TaskManager where the job has slots.
    pub(super) outboxes: HashMap<String, Outbox>,
    /// The last request for slots; what was granted for one before has been given back.
    slot_request: u64,
    /// Splits that were assigned before their reader was deployed.
    undelivered: Vec<Assignment>,
    /// For the log: what people last heard.
    status: JobStatus,
}

/// Runs until the job has ended.
pub(super) async fn run(
    graph: ExecutionGraph,
    checkpointing: Option<JobCheckpointing>,
    context: JobMasterContext,
    handle: JobMasterHandle,
    mut messages: mpsc::UnboundedReceiver<Message>,
    ended: impl FnOnce(ExecutionGraph),
) {
    let status = graph.status();
    let checkpoints = checkpointing.map(|it| Checkpoints::new(it, context.clone(), handle.clone()));
    let mut this = JobMaster {
        graph,
        context,
        handle,
        sources: Sources::default(),
        checkpoints,
        restore: RestoreAssignment::default(),
        restart_waits: false,
        outboxes: HashMap::new(),
        slot_request: 0,
        undelivered: Vec::new(),
        status,
    };
    while let Some(message) = messages.recv().await {
        if this.handle(message) {
            break;
        }
    }
    let status = this.graph.status();
    let (job, store) = (this.handle.job(), this.context.store.clone());
    // Before people hear of the end: what has ended must not run again. And before its checkpoints are deleted: what runs again needs them.
    let forgotten = if status.is_terminal() { store.remove(job).await } else { Ok(()) };
    // Filed before the mailbox closes: who then finds it closed finds the job in the archive.
    ended(this.graph);
    drop(messages);
    let drain = async {
        for outbox in this.outboxes.into_values() {
            outbox.drain().await;
        }
    };
    if tokio::time::timeout(DRAIN_LIMIT, drain).await.is_err() {
        debug!("job {}: some TaskManagers did not answer at its end", this.handle.job());
    }
    match (forgotten, this.checkpoints) {
        (Ok(()), Some(checkpoints)) => checkpoints.end(status).await,
        (Err(problem), _) => error!("job {job} has ended, but would run again after a restart: {problem}"),
        (Ok(()), None) => {}
    }
}

impl JobMaster {
    /// Takes a message; true when the job has ended.
    fn handle(&mut self, message: Message) -> bool {
        match message {
            Message::Graph(GraphEvent::RestartDue) if self.is_publishing() => self.restart_waits = true,
            Message::Graph(event) => return self.on_event(event),
            Message::Recovered(checkpointing) => {
                let checkpoints = Checkpoints::new(*checkpointing, self.context.clone(), self.handle.clone());
                self.checkpoints = Some(checkpoints);
                return self.on_event(GraphEvent::Start);
            }
            Message::UpdateState { update, known } => {
                let live = self.graph.is_live(update.attempt);
                debug!("{} is {}", update.attempt, update.state);
                let ended = self.on_event(GraphEvent::StateChanged(*update));
                let _ = known.send(live);
                return ended;
            }
            Message::RequestSplit { attempt, operator } => {
                if self.graph.is_live(attempt) {
                    let assignments = self.sources.requested(attempt, operator);
                    self.deliver(assignments);
                }
            }
            Message::Checkpoint(report) => return self.on_report(*report),
            Message::CheckpointEvent(event) => return self.on_checkpoint(event),
            Message::Published { checkpoint_id, result } => return self.on_published(checkpoint_id, result),
            Message::RequestSnapshot { request, answer } => {
                let Some(checkpoints) = &mut self.checkpoints else {
                    let _ = answer.send(Err(CheckpointError::Failed("the job has not started yet".to_owned())));
                    return false;
                };
                let event = checkpoints.requested(request, answer);
                return event.is_some_and(|event| self.on_checkpoint(event));
            }
            Message::SplitsDiscovered { operator, round, found } => match found {
                Ok(found) => {
                    let assignments = self.sources.discovered(operator, round, found);
                    self.deliver(assignments);
                }
                Err(failure) if self.sources.is_current(operator, round) => {
                    return self.on_event(GraphEvent::CoordinatorFailed(failure));
                }
                Err(_) => {}
            },
            Message::SlotsGranted { request, slots } if request == self.slot_request => return self.on_slots(slots),
            Message::SlotsGranted { .. } => {}
            Message::Metrics(counters) => {
                let now = self.context.clock.now_millis();
                for (attempt, snapshot) in counters {
                    self.graph.record_metrics(attempt, snapshot, now);
                }
            }
            Message::Reconcile(reconciliation) => return self.reconcile(&reconciliation),
            Message::Picture(answer) => {
                let _ = answer.send(Arc::new(self.graph.clone()));
            }
        }
        false
    }

    /// Lets the graph decide and carries its commands out; true when the job has ended.
    pub(super) fn on_event(&mut self, event: GraphEvent) -> bool {
        if let GraphEvent::TaskManagerLost { resource_id, .. } = &event
            && let Some(outbox) = self.outboxes.remove(resource_id)
        {
            outbox.abandon();
        }
        let finished = match &event {
            GraphEvent::StateChanged(update) if update.state == ExecutionState::Finished => Some(update.attempt),
            _ => None,
        };
        let commands = self.graph.handle(event, self.context.clock.now_millis());
        let mut ended = self.on_checkpoint(consequence(&commands, finished));
        for command in commands {
            ended |= matches!(command, GraphCommand::Ended(_));
            self.carry_out(command);
        }
        self.log_status();
        ended
    }

    fn carry_out(&mut self, command: GraphCommand) {
        match command {
            GraphCommand::RequestSlots(count) => {
                self.slot_request += 1;
                self.context.resource_manager.request_slots(self.handle.clone(), self.slot_request, count);
            }
            GraphCommand::ReleaseSlots => self.context.resource_manager.release_slots(self.handle.job()),
            GraphCommand::StartSources(vertices) => {
                self.undelivered.retain(|assignment| !vertices.contains(&assignment.vertex));
                match self.start_sources(&vertices) {
                    Ok(assignments) => self.deliver(assignments),
                    Err(failure) => self.handle.graph(GraphEvent::CoordinatorFailed(failure)),
                }
            }
            GraphCommand::StopSources(vertices) => self.sources.stop(&vertices),
            GraphCommand::Deploy(attempts) => {
                for attempt in attempts {
                    self.deploy(attempt);
                }
                let undelivered = std::mem::take(&mut self.undelivered);
                self.deliver(undelivered);
            }
            GraphCommand::CancelTask { attempt, resource_id } => {
                if let Some(outbox) = self.outboxes.get(&resource_id) {
                    outbox.send(Call::Cancel(attempt));
                }
            }
            GraphCommand::RestartAfter(pause) => {
                let (context, handle) = (self.context.clone(), self.handle.clone());
                // The attempts that follow have this number or a lower one, whatever else fails until then.
                let numbers = Reservation::Attempts(self.graph.next_attempt() + 1);
                tokio::spawn(async move {
                    let reserve = context.until_stored(&handle, || context.store.reserve(handle.job(), numbers));
                    tokio::join!(tokio::time::sleep(pause), reserve);
                    handle.graph(GraphEvent::RestartDue);
                });
            }
            GraphCommand::Ended(_) => {}
        }
    }

    fn on_slots(&mut self, slots: Vec<GrantedSlot>) -> bool {
        for slot in &slots {
            let id = slot.location.task_manager.resource_id.clone();
            let courier = Courier {
                resource_id: id.clone(),
                gateway: slot.gateway.clone(),
                resource_manager: self.context.resource_manager.clone(),
                master: self.handle.clone(),
            };
            self.outboxes.entry(id).or_insert_with(|| Outbox::new(courier));
        }
        self.on_event(GraphEvent::SlotsGranted(slots.into_iter().map(|slot| slot.location).collect()))
    }

    fn deploy(&mut self, attempt: ExecutionAttemptId) {
        let resource_id = self.resource_id(attempt);
        let mut descriptor = self.graph.deployment(attempt, self.context.epoch);
        if let Some(descriptor) = &mut descriptor {
            descriptor.checkpointing = self.checkpoints.as_ref().and_then(Checkpoints::descriptor);
            descriptor.restore = self.restore.tasks.get(&(attempt.vertex, attempt.subtask)).cloned();
        }
        let outbox = resource_id.and_then(|id| self.outboxes.get(&id));
        match (descriptor, outbox) {
            (Some(descriptor), Some(outbox)) => outbox.send(Call::Submit(Box::new(descriptor))),
            _ => {
                let failure = Failure::internal(format!("{attempt} has no slot, or one of its producers has none"));
                self.handle.graph(GraphEvent::AttemptFailed { attempt, failure });
            }
        }
    }

    /// Sends splits to readers; those that are not deployed yet get them when they are.
    fn deliver(&mut self, assignments: Vec<Assignment>) {
        for assignment in assignments {
            let reader = self
                .graph
                .vertices()
                .iter()
                .find(|vertex| vertex.id() == assignment.vertex)
                .and_then(|vertex| vertex.executions().get(assignment.command.subtask as usize));
            let deployed = reader.filter(|execution| execution.is_deployed());
            let outbox = deployed
                .and_then(|execution| execution.slot())
                .and_then(|slot| self.outboxes.get(&slot.task_manager.resource_id));
            match (deployed, outbox) {
                (Some(execution), Some(outbox)) => outbox.send(Call::AddSplits(SplitDelivery {
                    attempt: execution.id(),
                    operator: assignment.operator,
                    splits: assignment.command.splits,
                    no_more_splits: assignment.command.no_more_splits,
                })),
                _ if reader.is_some_and(|execution| !execution.state().is_terminal()) => {
                    self.undelivered.push(assignment);
                }
                _ => {}
            }
        }
    }

    /// A TaskManager has come back: tasks that it no longer runs have failed, tasks that it should not run are cancelled.
    fn reconcile(&mut self, reconciliation: &Reconciliation) -> bool {
        let Reconciliation { resource_id, running } = reconciliation;
        let expected: Vec<ExecutionAttemptId> = self.graph.attempts_at(resource_id).collect();
        if let Some(outbox) = self.outboxes.get(resource_id) {
            for attempt in running.iter().filter(|attempt| !expected.contains(attempt)) {
                outbox.send(Call::Cancel(*attempt));
            }
        }
        let mut ended = false;
        for attempt in expected.into_iter().filter(|attempt| !running.contains(attempt)) {
            // What is only being deployed may be on its way still; the call itself tells how that ends.
            let on_its_way = self.graph.execution(attempt).is_none_or(|e| e.state() == ExecutionState::Deploying);
            if !on_its_way {
                let failure = Failure::external(format!("TaskManager {resource_id} no longer runs the task"));
                ended |= self.on_event(GraphEvent::AttemptFailed { attempt, failure });
            }
        }
        ended
    }

    pub(super) fn resource_id(&self, attempt: ExecutionAttemptId) -> Option<String> {
        let slot = self.graph.execution(attempt)?.slot()?;
        Some(slot.task_manager.resource_id.clone())
    }

    fn log_status(&mut self) {
        let status = self.graph.status();
        if status == self.status {
            return;
        }
        let (job, name) = (self.handle.job(), &self.graph.graph().name);
        let latest = || self.graph.exceptions().entries().last().map(|entry| entry.exception.failure.one_line());
        match status {
            JobStatus::Failed => warn!("Job {name} ({job}) is FAILED: {}", latest().unwrap_or_default()),
            JobStatus::Failing | JobStatus::Restarting => {
                warn!("Job {name} ({job}) switched from {} to {status}: {}", self.status, latest().unwrap_or_default());
            }
            _ => info!("Job {name} ({job}) switched from {} to {status}", self.status),
        }
        self.status = status;
    }
}
