//! The JobMaster's event loop: carries messages to the execution graph and its commands out.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use checkpoint::Assignment as RestoreAssignment;
use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, ExecutionState, Failure, JobStatus, OperatorId};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

use super::adoption::Adoption;
use super::checkpoint_events::consequence;
use super::checkpoints::Checkpoints;
use super::outbox::{Call, Courier, Outbox};
use super::sources::{Assignment, Sources};
use super::{GrantedSlot, JobMasterContext, JobMasterHandle, Message};
use crate::checkpointing::{CheckpointError, CheckpointEvent, JobCheckpointing, Reservation};
use crate::gateway::{SplitDelivery, TaskManagerGateway};
use crate::scheduling::{Execution, ExecutionGraph, GraphCommand, GraphEvent};

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
    pub(super) outboxes: BTreeMap<String, Outbox>,
    /// The last request for slots; what was granted for one before has been given back.
    slot_request: u64,
    /// Attempts that have a slot and wait until that is safe in the job store.
    unsent: HashSet<ExecutionAttemptId>,
    /// Of a job that ran on while it changed hands.
    pub(super) adoption: Adoption,
    /// Splits that were assigned before their reader was deployed.
    pub(super) undelivered: Vec<Assignment>,
    /// For the log: what people last heard.
    status: JobStatus,
}

/// Runs until the job has ended.
pub(super) async fn run(
    graph: ExecutionGraph,
    checkpointing: Option<JobCheckpointing>,
    runs_on: bool,
    context: JobMasterContext,
    handle: JobMasterHandle,
    mut messages: mpsc::UnboundedReceiver<Message>,
    ended: impl FnOnce(ExecutionGraph),
) {
    let status = graph.status();
    let over = context.over.clone();
    let checkpoints = checkpointing.map(|it| Checkpoints::new(it, context.clone(), handle.clone()));
    let adoption = Adoption::new(runs_on, &graph);
    let sources = Sources::new(context.environment.clone());
    let mut this = JobMaster {
        graph,
        context,
        handle,
        sources,
        checkpoints,
        restore: RestoreAssignment::default(),
        restart_waits: false,
        outboxes: BTreeMap::new(),
        slot_request: 0,
        unsent: HashSet::new(),
        adoption,
        undelivered: Vec::new(),
        status,
    };
    loop {
        let Some(message) = over.unless_triggered(messages.recv()).await else { return this.abandon() };
        let ended = message.is_none_or(|message| this.take(message));
        if ended {
            break;
        }
    }
    let status = this.graph.status();
    // Before people hear of the end: what has ended must not run again. And before its checkpoints are deleted: what runs again needs them.
    if status.is_terminal() && over.unless_triggered(this.keep_end()).await.is_none() {
        return this.abandon();
    }
    let clock = this.context.environment.clock().clone();
    // Filed before the mailbox closes: who then finds it closed finds the job in the archive.
    ended(this.graph);
    drop(messages);
    let drain = async {
        for outbox in this.outboxes.into_values() {
            outbox.drain().await;
        }
    };
    if clock.timeout(DRAIN_LIMIT, drain).await.is_none() {
        debug!("job {}: some TaskManagers did not answer at its end", this.handle.job());
    }
    if let Some(checkpoints) = this.checkpoints {
        checkpoints.end(status).await;
    }
}

impl JobMaster {
    /// Another JobManager takes the job over: calls that were not made are not made, files stay as they are.
    fn abandon(self) {
        for outbox in self.outboxes.into_values() {
            outbox.abandon();
        }
    }

    /// Keeps how the job has ended. Until that is safe the job is not over: another JobManager would run it again.
    async fn keep_end(&self) {
        let (store, ended) = (&self.context.store, self.graph.ended_job());
        self.context.until_stored(&self.handle, || store.end(&ended)).await;
    }

    /// Takes a message, or keeps it for later; true when the job has ended.
    fn take(&mut self, message: Message) -> bool {
        let Some(message) = self.adoption.defer(message) else { return false };
        // Tasks of a job that will not go on have to be ended nevertheless.
        let begins = matches!(
            message,
            Message::Recovered(_) | Message::Graph(GraphEvent::Cancel | GraphEvent::CoordinatorFailed(_))
        );
        if self.handle(message) {
            return true;
        }
        begins && self.adoption.begin().into_iter().any(|message| self.handle(message))
    }

    /// Carries a message out; true when the job has ended.
    fn handle(&mut self, message: Message) -> bool {
        match message {
            Message::Graph(GraphEvent::RestartDue) if self.is_publishing() => self.restart_waits = true,
            Message::Graph(event) => return self.on_event(event),
            Message::Recovered(checkpointing) => {
                let (context, handle) = (self.context.clone(), self.handle.clone());
                self.checkpoints = Some(match self.adoption.runs_on() {
                    true => Checkpoints::adopted(*checkpointing, context, handle),
                    false => Checkpoints::new(*checkpointing, context, handle),
                });
                return self.on_event(GraphEvent::Start);
            }
            Message::UpdateState { update, known } => {
                let (attempt, live) = (update.attempt, self.graph.is_live(update.attempt));
                debug!("{attempt} is {}", update.state);
                let finished = update.state == ExecutionState::Finished;
                let ended = self.on_event(GraphEvent::StateChanged(*update));
                if live && finished && !ended {
                    self.keep_finished(attempt, known);
                } else {
                    let _ = known.send(live);
                }
                return ended;
            }
            Message::RequestSplit { attempt, operator } => {
                if self.graph.is_live(attempt) && self.sources.has(operator) {
                    let assignments = self.sources.requested(attempt, operator);
                    self.deliver(assignments);
                } else {
                    self.adoption.asked_early(attempt, operator);
                }
            }
            Message::Watermark { attempt, operator, watermark } => {
                if self.graph.is_live(attempt) {
                    self.sources.report_watermark(operator, attempt.subtask, watermark);
                }
            }
            Message::AlignmentDue { operator, round } => self.align_watermarks(operator, round),
            Message::Checkpoint(report) => return self.on_report(*report),
            Message::CheckpointEvent(event) => return self.on_checkpoint(event),
            Message::Published { checkpoint_id, result } => return self.on_published(checkpoint_id, result),
            Message::RequestSnapshot { request, answer } => {
                let Some(checkpoints) = &mut self.checkpoints else {
                    let _ = answer.send(Err(CheckpointError::Failed("the job has not started yet".to_owned())));
                    return false;
                };
                if let Some(task) = self.graph.task_without_slot() {
                    let job = self.handle.job();
                    let problem = format!(
                        "Checkpoint triggering task {task} of job {job} is not being executed at the moment. Aborting checkpoint. \
                         Failure reason: Not all required tasks are currently running. The job waits for slots."
                    );
                    let _ = answer.send(Err(CheckpointError::Failed(problem)));
                    return false;
                }
                let event = checkpoints.requested(request, answer);
                return event.is_some_and(|event| self.on_checkpoint(event));
            }
            Message::SplitsDiscovered { operator, round, found } => match found {
                Ok(found) => {
                    let assignments = self.sources.discovered(operator, round, found);
                    self.deliver(assignments);
                    // A checkpoint may have waited for it.
                    return self.on_checkpoint(CheckpointEvent::Tick);
                }
                Err(failure) if self.sources.is_current(operator, round) => {
                    return self.on_event(GraphEvent::CoordinatorFailed(failure));
                }
                Err(_) => {}
            },
            Message::DeploymentStored(attempts) => return self.send_out(attempts),
            Message::SlotsGranted { request, slots } if request == self.slot_request => return self.on_slots(slots),
            Message::SlotsGranted { .. } => {}
            Message::Metrics(counters) => {
                let now = self.context.environment.clock().now_millis();
                for (attempt, snapshot) in counters {
                    self.graph.record_metrics(attempt, snapshot, now);
                }
            }
            Message::Reconcile(reconciliation) => return self.reconcile(*reconciliation),
            Message::Picture(answer) => {
                let _ = answer.send(Arc::new(self.graph.clone()));
            }
        }
        false
    }

    /// Lets the graph decide and carries its commands out; true when the job has ended.
    pub(super) fn on_event(&mut self, event: GraphEvent) -> bool {
        if let GraphEvent::TaskManagerLost { resource_id, .. } = &event {
            if let Some(outbox) = self.outboxes.remove(resource_id) {
                outbox.abandon();
            }
            let resource_id = resource_id.clone();
            let ended = self.decide(event);
            return self.no_longer_awaits(&resource_id) || ended;
        }
        self.decide(event)
    }

    fn decide(&mut self, event: GraphEvent) -> bool {
        let finished = match &event {
            GraphEvent::StateChanged(update) if update.state == ExecutionState::Finished => Some(update.attempt),
            _ => None,
        };
        let commands = self.graph.handle(event, self.context.environment.clock().now_millis());
        for command in &commands {
            // Before a checkpoint can be triggered, which needs them.
            if let GraphCommand::AdoptSources(vertices) = command {
                self.adopt_sources(vertices);
            }
        }
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
                self.adoption.is_over_for(&vertices);
                match self.start_sources(&vertices) {
                    Ok(assignments) => self.deliver(assignments),
                    Err(failure) => self.handle.graph(GraphEvent::CoordinatorFailed(failure)),
                }
            }
            GraphCommand::StopSources(vertices) => {
                self.adoption.is_over_for(&vertices);
                self.sources.stop(&vertices);
            }
            GraphCommand::AdoptSources(_) => {}
            GraphCommand::Deploy(attempts) => self.deploy_when_stored(attempts),
            GraphCommand::CancelTask { attempt, resource_id } => {
                // What is not sent yet is not sent any more.
                let outbox = self.outboxes.get(&resource_id).filter(|_| !self.unsent.contains(&attempt));
                if let Some(outbox) = outbox {
                    outbox.send(Call::Cancel(attempt));
                }
            }
            GraphCommand::RestartAfter(pause) => {
                let (context, handle) = (self.context.clone(), self.handle.clone());
                // The attempts that follow have this number or a lower one, whatever else fails until then.
                let numbers = Reservation::Attempts(self.graph.next_attempt() + 1);
                let environment = context.environment.clone();
                environment.spawn(async move {
                    let reserve = context.until_stored(&handle, || context.store.reserve(handle.job(), numbers));
                    tokio::join!(biased; context.environment.clock().sleep(pause), reserve);
                    handle.graph(GraphEvent::RestartDue);
                });
            }
            GraphCommand::Ended(_) => {}
        }
    }

    fn on_slots(&mut self, slots: Vec<GrantedSlot>) -> bool {
        for slot in &slots {
            self.open_outbox(&slot.location.task_manager.resource_id, &slot.gateway);
        }
        self.on_event(GraphEvent::SlotsGranted(slots.into_iter().map(|slot| slot.location).collect()))
    }

    /// The way to a TaskManager, from now on.
    pub(super) fn open_outbox(&mut self, resource_id: &str, gateway: &Arc<dyn TaskManagerGateway>) {
        if !self.outboxes.contains_key(resource_id) {
            let courier = Courier {
                resource_id: resource_id.to_owned(),
                gateway: gateway.clone(),
                resource_manager: self.context.resource_manager.clone(),
                master: self.handle.clone(),
            };
            let outbox = Outbox::new(courier, &self.context.environment);
            self.outboxes.insert(resource_id.to_owned(), outbox);
        }
    }

    /// Where attempts run has to be safe before they do: the next JobManager takes them over.
    fn deploy_when_stored(&mut self, attempts: Vec<ExecutionAttemptId>) {
        self.unsent.extend(attempts.iter().copied());
        let (context, handle, record) = (self.context.clone(), self.handle.clone(), self.graph.record());
        self.context.environment.spawn(async move {
            let put = || context.store.put_deployment(handle.job(), &record);
            if context.until_stored(&handle, put).await.is_some() {
                handle.send(Message::DeploymentStored(attempts));
            }
        });
    }

    /// Sends attempts to their TaskManagers, in this order; those that were cancelled meanwhile end here.
    fn send_out(&mut self, attempts: Vec<ExecutionAttemptId>) -> bool {
        let mut ended = false;
        for attempt in attempts {
            self.unsent.remove(&attempt);
            match self.graph.execution(attempt).map(Execution::state) {
                Some(ExecutionState::Deploying) => self.deploy(attempt),
                Some(ExecutionState::Canceling) => {
                    let state = ExecutionState::Canceled;
                    let update = TaskStateUpdate { attempt, state, failure: None, metrics: None };
                    ended |= self.on_event(GraphEvent::StateChanged(update));
                }
                _ => {}
            }
        }
        let undelivered = std::mem::take(&mut self.undelivered);
        self.deliver(undelivered);
        ended
    }

    /// The TaskManager forgets an attempt that has finished when it has heard that this is known; then it must be known for good.
    fn keep_finished(&self, attempt: ExecutionAttemptId, known: oneshot::Sender<bool>) {
        let (context, handle) = (self.context.clone(), self.handle.clone());
        self.context.environment.spawn(async move {
            if context.until_stored(&handle, || context.store.finish(attempt)).await.is_some() || handle.is_closed() {
                let _ = known.send(true);
            }
        });
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
    pub(super) fn deliver(&mut self, assignments: Vec<Assignment>) {
        for assignment in assignments {
            let reader = self
                .graph
                .vertices()
                .iter()
                .find(|vertex| vertex.id() == assignment.vertex)
                .and_then(|vertex| vertex.executions().get(assignment.command.subtask as usize));
            let sent = |execution: &&Execution| execution.is_deployed() && !self.unsent.contains(&execution.id());
            let deployed = reader.filter(sent);
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

    /// Tells the readers of a source how far they may go.
    fn align_watermarks(&self, operator: OperatorId, round: u64) {
        let Some((vertex, limits)) = self.sources.watermark_limits(operator, round) else { return };
        let Some(vertex) = self.graph.vertices().iter().find(|it| it.id() == vertex) else { return };
        for (subtask, limit) in limits {
            let reader = vertex.executions().get(subtask as usize);
            let running = reader.filter(|reader| reader.state() == ExecutionState::Running);
            let outbox = running
                .and_then(|reader| reader.slot())
                .and_then(|slot| self.outboxes.get(&slot.task_manager.resource_id));
            if let (Some(reader), Some(outbox)) = (running, outbox) {
                outbox.send(Call::AlignWatermarks { attempt: reader.id(), limit });
            }
        }
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
