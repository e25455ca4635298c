//! `Adoption`: how the tasks of a job that runs on while it changes hands come under this JobMaster.
//!
//! What TaskManagers say waits until the job's checkpoints are read. A task that its TaskManager runs is told which checkpoint is complete and which
//! never will be, and its source readers' splits are taken over; one that it does not run has failed.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{ReaderProgress, RunningAttempt, TaskStateUpdate};
use dataflow::{
    ExecutionAttemptId, ExecutionState, Failure, JobGraph, JobVertex, OperatorDescriptor, OperatorId, OperatorSpec,
    VertexId,
};

use super::Message;
use super::checkpoints::Checkpoints;
use super::event_loop::JobMaster;
use super::outbox::Call;
use crate::checkpointing::CheckpointEvent;
use crate::resource_manager::Reconciliation;
use crate::scheduling::{Execution, ExecutionGraph, GraphEvent};

/// What is known of tasks that another JobManager deployed.
pub(super) struct Adoption {
    /// Whether they may run on.
    runs_on: bool,
    /// What came before the checkpoints were read; none once they are.
    deferred: Option<Vec<Message>>,
    /// What source readers have got.
    readers: BTreeMap<(ExecutionAttemptId, OperatorId), ReaderProgress>,
    /// Who asked for splits of a source before it was taken over.
    asked: Vec<(ExecutionAttemptId, OperatorId)>,
    /// TaskManagers that have neither come nor been given up.
    awaited: BTreeSet<String>,
    /// Vertices whose sources are taken over when all TaskManagers have come: some may have readers that have finished.
    postponed: Vec<VertexId>,
}

impl Adoption {
    /// For a job that runs on at these TaskManagers, or for one that does not.
    pub(super) fn new(runs_on: bool, graph: &ExecutionGraph) -> Self {
        let awaited = graph.expected_slots().map(|slot| slot.task_manager.resource_id.clone());
        Adoption {
            runs_on,
            deferred: runs_on.then(Vec::new),
            readers: BTreeMap::new(),
            asked: Vec::new(),
            awaited: awaited.filter(|_| runs_on).collect(),
            postponed: Vec::new(),
        }
    }

    /// Whether sources are still to be taken over.
    pub(super) fn is_open(&self) -> bool {
        !self.postponed.is_empty()
    }

    /// Whether tasks of another JobManager may run on.
    pub(super) fn runs_on(&self) -> bool {
        self.runs_on
    }

    /// Keeps a message for later that means nothing before the checkpoints are read.
    pub(super) fn defer(&mut self, message: Message) -> Option<Message> {
        let Some(deferred) = &mut self.deferred else { return Some(message) };
        match message {
            Message::Recovered(_) | Message::Picture(_) | Message::Metrics(_) => Some(message),
            Message::Graph(
                GraphEvent::Cancel
                | GraphEvent::Suspend
                | GraphEvent::StartDelayed(_)
                | GraphEvent::CoordinatorFailed(_),
            ) => Some(message),
            message => {
                deferred.push(message);
                None
            }
        }
    }

    /// The checkpoints are read: what was kept, in order.
    pub(super) fn begin(&mut self) -> Vec<Message> {
        self.deferred.take().unwrap_or_default()
    }

    /// The sources in these vertices begin anew, or end.
    pub(super) fn is_over_for(&mut self, vertices: &[VertexId]) {
        self.postponed.retain(|vertex| !vertices.contains(vertex));
    }

    /// A reader asks for a split of a source that is not there yet.
    pub(super) fn asked_early(&mut self, attempt: ExecutionAttemptId, operator: OperatorId) {
        if self.runs_on {
            self.asked.push((attempt, operator));
        }
    }
}

impl JobMaster {
    /// A TaskManager has come (back): tasks that it does not run have failed, tasks that it should not run are cancelled.
    pub(super) fn reconcile(&mut self, reconciliation: Reconciliation) -> bool {
        let Reconciliation { resource_id, gateway, running } = reconciliation;
        let expected: Vec<ExecutionAttemptId> = self.graph.attempts_at(&resource_id).collect();
        let has_slot = self.graph.expected_slots().any(|slot| slot.task_manager.resource_id == resource_id);
        if has_slot || !expected.is_empty() {
            self.open_outbox(&resource_id, &gateway);
        }
        self.note_finished_readers(&running);
        let is_running = |attempt: &ExecutionAttemptId| running.iter().any(|task| task.attempt == *attempt);
        let (lost, kept): (Vec<_>, Vec<_>) = expected.into_iter().partition(|attempt| !is_running(attempt));
        if let Some(outbox) = self.outboxes.get(&resource_id) {
            let is_unwanted = |attempt: ExecutionAttemptId| {
                // The call that cancels it may have been another JobManager's.
                !kept.contains(&attempt) || self.state_of(attempt) == Some(ExecutionState::Canceling)
            };
            let ends = |task: &&RunningAttempt| task.state != ExecutionState::Finished && is_unwanted(task.attempt);
            for task in running.iter().filter(ends) {
                outbox.send(Call::Cancel(task.attempt));
            }
        }
        let adopted: Vec<ExecutionAttemptId> =
            kept.into_iter().filter(|attempt| self.state_of(*attempt) == Some(ExecutionState::Reconciling)).collect();
        if !adopted.is_empty() {
            self.tell_of_checkpoints(&resource_id, &adopted);
        }
        let mut ended = false;
        for task in running.into_iter().filter(|task| adopted.contains(&task.attempt)) {
            ended |= self.adopt(task);
        }
        for attempt in lost {
            match (self.state_of(attempt), self.outboxes.get(&resource_id)) {
                // What is only being deployed may be on its way still; the call itself tells how that ends, or the one behind it.
                (Some(ExecutionState::Deploying), _) => {}
                (Some(ExecutionState::Canceling), Some(outbox)) => outbox.send(Call::Cancel(attempt)),
                _ => {
                    let failure = Failure::external(format!("TaskManager {resource_id} no longer runs the task"));
                    ended |= self.on_event(GraphEvent::AttemptFailed { attempt, failure });
                }
            }
        }
        self.no_longer_awaits(&resource_id) || ended
    }

    /// Readers that have finished under another JobManager have got splits, too.
    fn note_finished_readers(&mut self, running: &[RunningAttempt]) {
        for task in running.iter().filter(|task| task.state == ExecutionState::Finished) {
            if self.adoption.runs_on && self.state_of(task.attempt) == Some(ExecutionState::Finished) {
                let readers = task.readers.iter().map(|(operator, reader)| ((task.attempt, *operator), reader.clone()));
                self.adoption.readers.extend(readers);
            }
        }
    }

    /// A TaskManager has come, or is given up; true when the job has ended.
    pub(super) fn no_longer_awaits(&mut self, resource_id: &str) -> bool {
        self.adoption.awaited.remove(resource_id);
        if !self.adoption.awaited.is_empty() || !self.adoption.is_open() {
            return false;
        }
        let postponed = std::mem::take(&mut self.adoption.postponed);
        self.adopt_sources(&postponed);
        // A checkpoint may have waited for it.
        self.on_checkpoint(CheckpointEvent::Tick)
    }

    /// A reader that has finished and whose splits nobody knows: not its TaskManager, which is lost, and no checkpoint that was taken at its end.
    fn unknown_reader(&self, job: &JobGraph, vertices: &[VertexId]) -> Option<ExecutionAttemptId> {
        let checkpoints = self.checkpoints.as_ref();
        if checkpoints.is_some_and(|checkpoints| checkpoints.has_final_checkpoints()) {
            return None;
        }
        let is_source = |operator: &OperatorDescriptor| matches!(operator.spec, OperatorSpec::Source(_));
        let of_vertex = |vertex: &&JobVertex| vertices.contains(&vertex.id);
        job.vertices.iter().filter(of_vertex).find_map(|vertex| {
            let source = vertex.operators.iter().find(|operator| is_source(operator))?.id;
            let running = self.graph.vertices().iter().find(|running| running.id() == vertex.id)?;
            let finished = running.executions().iter().filter(|it| it.state() == ExecutionState::Finished);
            finished.map(Execution::id).find(|attempt| !self.adoption.readers.contains_key(&(*attempt, source)))
        })
    }

    fn state_of(&self, attempt: ExecutionAttemptId) -> Option<ExecutionState> {
        self.graph.execution(attempt).map(Execution::state)
    }

    /// Before anything else is sent to them.
    fn tell_of_checkpoints(&self, resource_id: &str, attempts: &[ExecutionAttemptId]) {
        let notices = self.checkpoints.as_ref().map(Checkpoints::notices_of_adoption).unwrap_or_default();
        if let Some(outbox) = self.outboxes.get(resource_id) {
            for notice in notices {
                outbox.send(Call::Checkpoint { attempts: attempts.to_vec(), notice });
            }
        }
    }

    fn adopt(&mut self, task: RunningAttempt) -> bool {
        let RunningAttempt { attempt, state, end_of_data, readers } = task;
        self.adoption.readers.extend(readers.into_iter().map(|(operator, reader)| ((attempt, operator), reader)));
        // How it ends it tells by itself, and that was not asked for here.
        let state = match state {
            ExecutionState::Deploying | ExecutionState::Initializing => state,
            _ => ExecutionState::Running,
        };
        let update = TaskStateUpdate { attempt, state, failure: None, metrics: None };
        let ended = self.on_event(GraphEvent::StateChanged(update));
        ended || end_of_data && self.on_report(CheckpointReport::EndOfData(attempt))
    }

    /// All readers of the sources in these vertices are known to run on.
    pub(super) fn adopt_sources(&mut self, vertices: &[VertexId]) {
        if !self.adoption.awaited.is_empty() {
            return self.adoption.postponed.extend(vertices);
        }
        let job = self.graph.graph().clone();
        if let Some(reader) = self.unknown_reader(&job, vertices) {
            let failure = format!("what the source reader {reader} had got before it finished is not known any more");
            return self.handle.graph(GraphEvent::CoordinatorFailed(Failure::external(failure)));
        }
        let adopted =
            self.checkpoints.as_ref().map_or(Ok(None), |checkpoints| checkpoints.restore(&job)).and_then(|it| {
                let sources = it.map(|(_, assignment)| assignment.sources).unwrap_or_default();
                self.sources.adopt(&job, vertices, &sources, &self.adoption.readers, &self.handle)
            });
        match adopted {
            Ok(assignments) => self.deliver(assignments),
            Err(failure) => return self.handle.graph(GraphEvent::CoordinatorFailed(failure)),
        }
        self.adoption.readers.retain(|(attempt, _), _| !vertices.contains(&attempt.vertex));
        let (asked, others) = std::mem::take(&mut self.adoption.asked)
            .into_iter()
            .partition(|(attempt, _)| vertices.contains(&attempt.vertex));
        self.adoption.asked = others;
        let asked: Vec<(ExecutionAttemptId, OperatorId)> = asked;
        for (attempt, operator) in asked {
            if self.graph.is_live(attempt) {
                let assignments = self.sources.requested(attempt, operator);
                self.deliver(assignments);
            }
        }
    }
}
