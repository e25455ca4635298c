//! `ExecutionGraph`: a job as it runs. It expands the job graph to subtasks, follows their attempts, and decides the job's status. A pure machine.
//!
//! ```text
//!                    slots granted             all finished
//! CREATED -> RUNNING ------------> RUNNING -------------------> FINISHED
//!               ^  (waits for slots)  | failure, restart allowed
//!               |                     v
//!               +-- all ended and --- RESTARTING
//!                   pause over
//! RUNNING, RESTARTING -- failure, no restart -> FAILING -- all ended -> FAILED
//! RUNNING, RESTARTING, FAILING -- cancel -> CANCELLING -- all ended -> CANCELED
//! any that has not ended -- suspend -> SUSPENDED
//! ```
//!
//! A failure restarts its region: the vertices that are connected with the one that failed, because every edge is pipelined. Other regions run on
//! (`jobmanager.execution.failover-strategy: region`), and keep their slots.

mod adoption;
mod failover;
mod picture;
mod rescaling;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::config::options::FailoverStrategy;
use dataflow::deployment::{TaskMetricsSnapshot, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, ExecutionState, Failure, JobGraph, JobStatus, VertexId};

use super::exception_history::{ExceptionEntry, ExceptionHistory, ExceptionKind};
use super::execution::{Execution, SlotLocation};
use super::execution_vertex::ExecutionVertex;
use super::graph_event::{GraphCommand, GraphEvent, Trouble};
use super::region::Regions;
use super::rescale_history::{RescaleCause, RescaleEnd, RescaleHistory};
use super::resource_requirements::ResourceRequirements;
use super::restart_strategy::RestartStrategy;
use crate::checkpointing::statistics::{CheckpointStatistics, StoredStatistics};

/// Where the job is on its way; see the drawing above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Created,
    /// RUNNING for people, but nothing is deployed yet.
    WaitingForSlots,
    Running,
    Restarting(Pause),
    Failing,
    Cancelling,
    Ended(JobStatus),
}

/// The pause before a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    Lasts,
    Over,
}

/// All statuses, in the order of [`ExecutionGraph::entered`]'s memory.
pub const STATUSES: [JobStatus; 11] = [
    JobStatus::Initializing,
    JobStatus::Created,
    JobStatus::Running,
    JobStatus::Failing,
    JobStatus::Failed,
    JobStatus::Cancelling,
    JobStatus::Canceled,
    JobStatus::Finished,
    JobStatus::Restarting,
    JobStatus::Suspended,
    JobStatus::Reconciling,
];

/// A job as it runs. Cloning it makes a picture for people; times are ms since the epoch.
#[derive(Debug, Clone)]
pub struct ExecutionGraph {
    graph: Arc<JobGraph>,
    phase: Phase,
    entered: [i64; STATUSES.len()],
    vertices: Vec<ExecutionVertex>,
    regions: Regions,
    failover: FailoverStrategy,
    /// What somebody has asked for.
    requirements: ResourceRequirements,
    /// The graph with which the next restart begins, when it is another one.
    rescaled: Option<Arc<JobGraph>>,
    /// The vertices that a restart is for, by their place in the graph.
    restarting: BTreeSet<usize>,
    /// Whether the restart is only for another place to run, which leaves the job RUNNING.
    moves: bool,
    /// The vertices of which it is not known yet whether they run on under this JobManager.
    adopting: BTreeSet<usize>,
    /// Whether it is known what the job goes on from.
    may_adopt: bool,
    /// One for each subtask index; none where its TaskManager was lost. Empty while the job has none.
    slots: Vec<Option<SlotLocation>>,
    /// For each subtask index the resource id of the TaskManager where it ran last.
    homes: Vec<Option<String>>,
    restart_strategy: RestartStrategy,
    restarts: u32,
    exceptions: ExceptionHistory,
    root_failure: Option<ExceptionEntry>,
    last_modification: i64,
    checkpoints: CheckpointStatistics,
    rescales: RescaleHistory,
}

impl ExecutionGraph {
    /// A job that was accepted at `now`.
    pub fn new(graph: Arc<JobGraph>, restart_strategy: RestartStrategy, now: i64) -> Self {
        let vertices = graph.vertices.iter().map(|vertex| ExecutionVertex::new(graph.job_id, vertex, 0, now)).collect();
        let mut this = ExecutionGraph {
            regions: Regions::new(&graph, FailoverStrategy::Region),
            failover: FailoverStrategy::Region,
            requirements: ResourceRequirements::of(&graph),
            rescaled: None,
            restarting: BTreeSet::new(),
            moves: false,
            adopting: BTreeSet::new(),
            may_adopt: false,
            slots: Vec::new(),
            homes: Vec::new(),
            graph,
            phase: Phase::Created,
            entered: [0; STATUSES.len()],
            vertices,
            restart_strategy,
            restarts: 0,
            exceptions: ExceptionHistory::default(),
            root_failure: None,
            last_modification: now,
            checkpoints: CheckpointStatistics::default(),
            rescales: RescaleHistory::default(),
        };
        this.rescales.begin(RescaleCause::InitialSchedule, &this.graph, None, &this.requirements, now);
        this.note_status(JobStatus::Initializing, now);
        this.note_status(JobStatus::Created, now);
        this
    }

    /// Takes an event; the answer is what the job needs done, in this order.
    pub fn handle(&mut self, event: GraphEvent, now: i64) -> Vec<GraphCommand> {
        let mut out = Vec::new();
        if matches!(self.phase, Phase::Ended(_)) {
            return out;
        }
        match event {
            GraphEvent::Start if self.phase == Phase::Created => self.schedule(&self.regions.all(), now, &mut out),
            GraphEvent::Start => self.may_adopt = true,
            GraphEvent::StartDelayed(failure) if self.phase == Phase::Created || self.is_to_be_adopted() => {
                self.delay(failure, now);
            }
            GraphEvent::StartDelayed(_) => {}
            GraphEvent::SlotsGranted(slots) => self.deploy(slots, now, &mut out),
            GraphEvent::SlotsTimedOut(failure) if self.phase == Phase::WaitingForSlots => {
                self.fail(Trouble { kind: ExceptionKind::NoResources, failure, attempt: None }, now, &mut out);
            }
            GraphEvent::SlotsTimedOut(_) => {}
            GraphEvent::StateChanged(update) => self.on_state_changed(update, now, &mut out),
            // What is cancelled ends when its TaskManager says so: before that no other attempt may begin.
            GraphEvent::CallFailed { attempt, failure } if self.is_wanted(attempt) => {
                self.last_modification = now;
                self.fail(Trouble { kind: ExceptionKind::Task, failure, attempt: Some(attempt) }, now, &mut out);
            }
            GraphEvent::CallFailed { .. } => {}
            GraphEvent::AttemptFailed { attempt, failure } => self.fail_attempt(attempt, failure, now, &mut out),
            GraphEvent::TaskManagerLost { resource_id, failure } => {
                self.on_task_manager_lost(&resource_id, &failure, now, &mut out);
            }
            GraphEvent::CoordinatorFailed(failure) => {
                self.fail(Trouble { kind: ExceptionKind::Coordinator, failure, attempt: None }, now, &mut out);
            }
            GraphEvent::Cancel => self.cancel(now, &mut out),
            GraphEvent::Vacate(resource_id) => self.vacate(&resource_id, now, &mut out),
            GraphEvent::Rescale(graph, requirements, cause) => self.rescale(graph, requirements, cause, now, &mut out),
            GraphEvent::RestartDue => {
                if let Phase::Restarting(pause) = &mut self.phase {
                    *pause = Pause::Over;
                }
            }
            GraphEvent::Suspend => {
                self.cancel_all(now, &mut out);
                self.end(JobStatus::Suspended, now, &mut out);
            }
        }
        self.settle(now, &mut out);
        out
    }

    /// Takes the counters of an attempt; unknown ones are passed over.
    pub fn record_metrics(&mut self, attempt: ExecutionAttemptId, snapshot: TaskMetricsSnapshot, now: i64) {
        if let Some(execution) = self.execution_mut(attempt) {
            execution.record_metrics(snapshot, now);
        }
    }

    /// Restarts what this strategy says.
    pub fn with_failover_strategy(mut self, strategy: FailoverStrategy) -> Self {
        self.regions = Regions::new(&self.graph, strategy);
        self.failover = strategy;
        self
    }

    /// Remembers so many checkpoints for people.
    pub fn with_checkpoint_history(mut self, checkpoints: usize) -> Self {
        self.checkpoints = CheckpointStatistics::new(checkpoints);
        self
    }

    /// With what an earlier JobManager has seen of its checkpoints.
    pub fn with_stored_statistics(mut self, stored: &StoredStatistics) -> Self {
        self.checkpoints = self.checkpoints.with_stored(stored);
        self
    }

    /// Remembers so many changes of its numbers of subtasks for people.
    pub fn with_rescale_history(mut self, size: usize) -> Self {
        self.rescales = self.rescales.with_size(size);
        self
    }

    /// Begins with this attempt of every subtask: those before it were made under an earlier JobManager.
    pub fn with_first_attempt(mut self, attempt: u32) -> Self {
        let (job, now) = (self.graph.job_id, self.last_modification);
        let vertex = |vertex| ExecutionVertex::new(job, vertex, attempt, now);
        self.vertices = self.graph.vertices.iter().map(vertex).collect();
        self
    }

    /// For whoever drives its checkpoints, to record what becomes of them.
    pub fn checkpoints_mut(&mut self) -> &mut CheckpointStatistics {
        &mut self.checkpoints
    }

    fn schedule(&mut self, vertices: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        self.phase = Phase::WaitingForSlots;
        if !std::mem::take(&mut self.moves) {
            self.note_status(JobStatus::Running, now);
        }
        self.last_modification = now;
        self.adopting.retain(|vertex| !vertices.contains(vertex));
        for &vertex in vertices {
            for execution in self.vertices[vertex].executions_mut() {
                execution.transition(ExecutionState::Scheduled, now);
            }
        }
        out.push(GraphCommand::StartSources(self.ids(vertices)));
        if self.slots.is_empty() {
            let widest = self.graph.vertices.iter().map(|vertex| vertex.parallelism).max().unwrap_or(0);
            self.slots = vec![None; widest as usize];
        }
        match self.missing_slots() {
            0 => self.deploy(Vec::new(), now, out),
            missing => out.push(GraphCommand::RequestSlots(missing)),
        }
    }

    fn missing_slots(&self) -> u32 {
        self.slots.iter().filter(|slot| slot.is_none()).count() as u32
    }

    /// Puts granted slots where some are missing. Subtasks go back to where they ran last, for their copies of state may be there.
    fn fill(&mut self, mut granted: Vec<SlotLocation>) {
        self.homes.resize(self.slots.len(), None);
        for (slot, home) in self.slots.iter_mut().zip(&self.homes).filter(|(slot, _)| slot.is_none()) {
            let is_home = |granted: &SlotLocation| home.as_ref() == Some(&granted.task_manager.resource_id);
            *slot = granted.iter().position(is_home).map(|index| granted.remove(index));
        }
        let mut granted = granted.into_iter();
        for (slot, home) in self.slots.iter_mut().zip(&mut self.homes) {
            *slot = slot.take().or_else(|| granted.next());
            if let Some(slot) = slot {
                *home = Some(slot.task_manager.resource_id.clone());
            }
        }
    }

    fn deploy(&mut self, slots: Vec<SlotLocation>, now: i64, out: &mut Vec<GraphCommand>) {
        if self.phase != Phase::WaitingForSlots {
            out.push(GraphCommand::ReleaseSlots);
            return;
        }
        self.fill(slots);
        let missing = self.missing_slots();
        if missing > 0 {
            // Another TaskManager was lost since they were asked for.
            out.push(GraphCommand::RequestSlots(missing));
            return;
        }
        self.phase = Phase::Running;
        self.last_modification = now;
        let mut attempts = Vec::new();
        for vertex in &mut self.vertices {
            for (execution, slot) in vertex.executions_mut().iter_mut().zip(&self.slots) {
                if let Some(slot) = slot.as_ref().filter(|_| execution.state() == ExecutionState::Scheduled) {
                    execution.assign(slot.clone());
                    execution.transition(ExecutionState::Deploying, now);
                    attempts.push(execution.id());
                }
            }
        }
        out.push(GraphCommand::Deploy(attempts));
    }

    fn on_state_changed(&mut self, update: TaskStateUpdate, now: i64, out: &mut Vec<GraphCommand>) {
        let Some(execution) = self.execution_mut(update.attempt) else { return };
        if execution.state().is_terminal() {
            return;
        }
        if let Some(metrics) = update.metrics {
            execution.record_metrics(metrics, now);
        }
        let asked_to_cancel = execution.state() == ExecutionState::Canceling;
        match update.state {
            ExecutionState::Failed => {
                let failure =
                    update.failure.unwrap_or_else(|| Failure::internal("the task failed and did not say why"));
                self.fail_attempt(update.attempt, failure, now, out);
            }
            ExecutionState::Canceled if !asked_to_cancel => {
                let failure = Failure::external("the TaskManager cancelled the task by itself");
                self.fail_attempt(update.attempt, failure, now, out);
            }
            state => {
                if execution.transition(state, now) {
                    self.last_modification = now;
                }
            }
        }
    }

    /// Draws the conclusion when the last attempt has ended.
    fn settle(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        self.adopt_what_runs(out);
        let all = |wanted: fn(ExecutionState) -> bool| self.executions().all(|execution| wanted(execution.state()));
        let ended = all(ExecutionState::is_terminal);
        let all_run = all(|state| matches!(state, ExecutionState::Running | ExecutionState::Finished));
        if self.phase == Phase::Running && all_run {
            self.rescales.succeeded(&self.graph, now);
        }
        match self.phase {
            Phase::Running if self.executions().all(|execution| execution.state() == ExecutionState::Finished) => {
                self.end(JobStatus::Finished, now, out);
            }
            Phase::Failing if ended => self.end(JobStatus::Failed, now, out),
            Phase::Cancelling if ended => self.end(JobStatus::Canceled, now, out),
            Phase::Restarting(Pause::Over) if self.restarting_tasks_have_ended() => self.restart(now, out),
            _ => {}
        }
    }

    fn ids(&self, vertices: &BTreeSet<usize>) -> Vec<VertexId> {
        vertices.iter().map(|&vertex| self.vertices[vertex].id()).collect()
    }

    fn stop_all_sources(&self) -> GraphCommand {
        GraphCommand::StopSources(self.ids(&self.regions.all()))
    }

    fn end(&mut self, status: JobStatus, now: i64, out: &mut Vec<GraphCommand>) {
        self.phase = Phase::Ended(status);
        self.rescales.end(RescaleEnd::JobEnded(status), now);
        self.note_status(status, now);
        out.extend([self.stop_all_sources(), GraphCommand::ReleaseSlots, GraphCommand::Ended(status)]);
    }

    fn note_status(&mut self, status: JobStatus, now: i64) {
        if let Some(index) = STATUSES.iter().position(|&other| other == status) {
            self.entered[index] = now;
        }
        self.last_modification = now;
    }

    fn execution_mut(&mut self, id: ExecutionAttemptId) -> Option<&mut Execution> {
        let vertex = self.vertices.iter_mut().find(|vertex| vertex.id() == id.vertex)?;
        vertex.executions_mut().get_mut(id.subtask as usize).filter(|execution| execution.id() == id)
    }
}

#[cfg(test)]
mod tests;
