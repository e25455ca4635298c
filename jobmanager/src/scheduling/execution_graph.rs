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

use std::collections::BTreeSet;
use std::sync::Arc;

use common::config::options::FailoverStrategy;
use dataflow::deployment::{TaskDeploymentDescriptor, TaskMetricsSnapshot, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, ExecutionState, Failure, JobGraph, JobStatus, LeaderEpoch, Partitioning, VertexId};

use super::deployment;
use super::exception_history::{ExceptionEntry, ExceptionHistory, ExceptionKind};
use super::execution::{Execution, SlotLocation};
use super::execution_vertex::ExecutionVertex;
use super::graph_event::{GraphCommand, GraphEvent, Trouble};
use super::region::Regions;
use super::restart_strategy::{RestartDecision, RestartStrategy};
use crate::checkpointing::CheckpointPlan;
use crate::checkpointing::statistics::CheckpointStatistics;

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
    /// The vertices that a restart is for, by their place in the graph.
    restarting: BTreeSet<usize>,
    /// One for each subtask index; none where its TaskManager was lost. Empty while the job has none.
    slots: Vec<Option<SlotLocation>>,
    restart_strategy: RestartStrategy,
    restarts: u32,
    exceptions: ExceptionHistory,
    root_failure: Option<ExceptionEntry>,
    last_modification: i64,
    checkpoints: CheckpointStatistics,
}

impl ExecutionGraph {
    /// A job that was accepted at `now`.
    pub fn new(graph: Arc<JobGraph>, restart_strategy: RestartStrategy, now: i64) -> Self {
        let vertices = graph.vertices.iter().map(|vertex| ExecutionVertex::new(graph.job_id, vertex, now)).collect();
        let mut this = ExecutionGraph {
            regions: Regions::new(&graph, FailoverStrategy::Region),
            restarting: BTreeSet::new(),
            slots: Vec::new(),
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
        };
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
            GraphEvent::Start => {}
            GraphEvent::SlotsGranted(slots) => self.deploy(slots, now, &mut out),
            GraphEvent::SlotsTimedOut(failure) if self.phase == Phase::WaitingForSlots => {
                self.fail(Trouble { kind: ExceptionKind::NoResources, failure, attempt: None }, now, &mut out);
            }
            GraphEvent::SlotsTimedOut(_) => {}
            GraphEvent::StateChanged(update) => self.on_state_changed(update, now, &mut out),
            GraphEvent::AttemptFailed { attempt, failure } => {
                // It may run all the same: what failed is a call to its TaskManager, or what the JobManager does for it.
                let resource_id = self.execution(attempt).and_then(resource_id).map(str::to_owned);
                if let Some(resource_id) = resource_id.filter(|_| self.is_live(attempt)) {
                    out.push(GraphCommand::CancelTask { attempt, resource_id });
                }
                self.fail_attempt(attempt, failure, now, &mut out);
            }
            GraphEvent::TaskManagerLost { resource_id, failure } => {
                self.on_task_manager_lost(&resource_id, &failure, now, &mut out);
            }
            GraphEvent::CoordinatorFailed(failure) => {
                self.fail(Trouble { kind: ExceptionKind::Coordinator, failure, attempt: None }, now, &mut out);
            }
            GraphEvent::Cancel => self.cancel(now, &mut out),
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

    /// Whether an attempt is a current one that has not ended.
    pub fn is_live(&self, attempt: ExecutionAttemptId) -> bool {
        self.execution(attempt).is_some_and(|execution| !execution.state().is_terminal())
    }

    /// The attempts that a TaskManager should be running.
    pub fn attempts_at<'a>(&'a self, resource_id: &'a str) -> impl Iterator<Item = ExecutionAttemptId> + 'a {
        self.executions().filter(move |execution| runs_at(execution, resource_id)).map(Execution::id)
    }

    /// Who takes part in a checkpoint that is triggered now; none while a task is neither running nor finished.
    pub fn checkpoint_plan(&self) -> Option<CheckpointPlan> {
        if self.phase != Phase::Running {
            return None;
        }
        let mut plan = CheckpointPlan::default();
        for execution in self.executions() {
            let id = execution.id();
            match execution.state() {
                ExecutionState::Running => plan.tasks.push(id),
                ExecutionState::Finished => plan.finished.push((id.vertex, id.subtask)),
                _ => return None,
            }
        }
        plan.trigger = plan.tasks.iter().copied().filter(|&task| !self.has_running_producer(task)).collect();
        Some(plan)
    }

    fn has_running_producer(&self, task: ExecutionAttemptId) -> bool {
        self.graph.inputs_of(task.vertex).any(|edge| {
            let producers = self.vertices.iter().find(|vertex| vertex.id() == edge.source);
            let executions = producers.map_or(&[][..], ExecutionVertex::executions);
            let mut feeding = match edge.partitioning {
                Partitioning::Forward => executions.get(task.subtask as usize..=task.subtask as usize),
                _ => Some(executions),
            }
            .into_iter()
            .flatten();
            feeding.any(|execution| !execution.state().is_terminal())
        })
    }

    /// What to send to a TaskManager so that it runs an attempt; none when there is no such attempt or it has no slot.
    pub fn deployment(&self, attempt: ExecutionAttemptId, epoch: LeaderEpoch) -> Option<TaskDeploymentDescriptor> {
        self.execution(attempt)?;
        let slot_of = |vertex, subtask: u32| {
            let vertex = self.vertices.iter().find(|candidate| candidate.id() == vertex)?;
            vertex.executions().get(subtask as usize).and_then(|execution| Some((execution.id(), execution.slot()?)))
        };
        deployment::descriptor(&self.graph, attempt, epoch, &slot_of)
    }

    /// A current attempt.
    pub fn execution(&self, id: ExecutionAttemptId) -> Option<&Execution> {
        let vertex = self.vertices.iter().find(|vertex| vertex.id() == id.vertex)?;
        vertex.executions().get(id.subtask as usize).filter(|execution| execution.id() == id)
    }

    /// The job graph.
    pub fn graph(&self) -> &Arc<JobGraph> {
        &self.graph
    }

    /// The job's status.
    pub fn status(&self) -> JobStatus {
        match self.phase {
            Phase::Created => JobStatus::Created,
            Phase::WaitingForSlots | Phase::Running => JobStatus::Running,
            Phase::Restarting(_) => JobStatus::Restarting,
            Phase::Failing => JobStatus::Failing,
            Phase::Cancelling => JobStatus::Cancelling,
            Phase::Ended(status) => status,
        }
    }

    /// When the job came into a status; 0 when it never did.
    pub fn entered(&self, status: JobStatus) -> i64 {
        STATUSES.iter().position(|&other| other == status).map_or(0, |index| self.entered[index])
    }

    /// When it ended.
    pub fn end_time(&self) -> Option<i64> {
        matches!(self.phase, Phase::Ended(_)).then(|| self.entered(self.status()))
    }

    /// Its vertices, in the graph's order.
    pub fn vertices(&self) -> &[ExecutionVertex] {
        &self.vertices
    }

    /// All current attempts.
    pub fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.vertices.iter().flat_map(ExecutionVertex::executions)
    }

    /// Its failures.
    pub fn exceptions(&self) -> &ExceptionHistory {
        &self.exceptions
    }

    /// Why it failed, or is failing.
    pub fn root_failure(&self) -> Option<&ExceptionEntry> {
        self.root_failure.as_ref()
    }

    /// Restarts what this strategy says.
    pub fn with_failover_strategy(mut self, strategy: FailoverStrategy) -> Self {
        self.regions = Regions::new(&self.graph, strategy);
        self
    }

    /// Remembers so many checkpoints for people.
    pub fn with_checkpoint_history(mut self, checkpoints: usize) -> Self {
        self.checkpoints = CheckpointStatistics::new(checkpoints);
        self
    }

    /// What became of its checkpoints.
    pub fn checkpoints(&self) -> &CheckpointStatistics {
        &self.checkpoints
    }

    /// For whoever drives its checkpoints, to record what becomes of them.
    pub fn checkpoints_mut(&mut self) -> &mut CheckpointStatistics {
        &mut self.checkpoints
    }

    /// How often it was restarted.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// The restart strategy in its own words.
    pub fn restart_strategy(&self) -> String {
        self.restart_strategy.to_string()
    }

    /// When something last changed.
    pub fn last_modification(&self) -> i64 {
        self.last_modification
    }

    fn schedule(&mut self, vertices: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        self.phase = Phase::WaitingForSlots;
        self.note_status(JobStatus::Running, now);
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
        match self.slots.iter().filter(|slot| slot.is_none()).count() {
            0 => self.deploy(Vec::new(), now, out),
            missing => out.push(GraphCommand::RequestSlots(missing as u32)),
        }
    }

    fn deploy(&mut self, slots: Vec<SlotLocation>, now: i64, out: &mut Vec<GraphCommand>) {
        if self.phase != Phase::WaitingForSlots {
            out.push(GraphCommand::ReleaseSlots);
            return;
        }
        self.phase = Phase::Running;
        self.last_modification = now;
        let mut granted = slots.into_iter();
        for slot in self.slots.iter_mut().filter(|slot| slot.is_none()) {
            *slot = granted.next();
        }
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

    fn on_task_manager_lost(&mut self, resource_id: &str, failure: &Failure, now: i64, out: &mut Vec<GraphCommand>) {
        for slot in &mut self.slots {
            slot.take_if(|slot| slot.task_manager.resource_id == resource_id);
        }
        let lost: Vec<ExecutionAttemptId> = self.attempts_at(resource_id).collect();
        for attempt in lost {
            if let Some(execution) = self.execution_mut(attempt) {
                execution.transition(ExecutionState::Failed, now);
            }
            let trouble =
                Trouble { kind: ExceptionKind::TaskManagerLost, failure: failure.clone(), attempt: Some(attempt) };
            self.fail(trouble, now, out);
        }
    }

    fn fail_attempt(&mut self, attempt: ExecutionAttemptId, failure: Failure, now: i64, out: &mut Vec<GraphCommand>) {
        let failed =
            self.execution_mut(attempt).is_some_and(|execution| execution.transition(ExecutionState::Failed, now));
        if failed {
            self.last_modification = now;
            self.fail(Trouble { kind: ExceptionKind::Task, failure, attempt: Some(attempt) }, now, out);
        }
    }

    /// Decides what a failure does to the job.
    fn fail(&mut self, trouble: Trouble, now: i64, out: &mut Vec<GraphCommand>) {
        let may_recover = trouble.failure.retry;
        let lost = trouble.kind == ExceptionKind::TaskManagerLost;
        let region = match trouble.attempt {
            Some(attempt) if self.phase != Phase::WaitingForSlots => self.regions.of(attempt.vertex),
            _ => self.regions.all(),
        };
        let entry = self.entry(trouble, now);
        match self.phase {
            Phase::Cancelling | Phase::Ended(_) => return,
            Phase::Failing => return self.exceptions.add_concurrent(entry),
            Phase::Restarting(_) => {
                self.exceptions.add_concurrent(entry);
                return self.restart_with(&region, now, out);
            }
            Phase::Created | Phase::WaitingForSlots | Phase::Running => {}
        }
        match self.restart_strategy.on_failure(now, lost) {
            RestartDecision::Restart(pause) if may_recover => {
                self.exceptions.add_root(entry);
                self.phase = Phase::Restarting(Pause::Lasts);
                self.note_status(JobStatus::Restarting, now);
                out.push(GraphCommand::StopSources(self.ids(&region)));
                out.push(GraphCommand::RestartAfter(pause));
                self.cancel_vertices(&region, now, out);
                self.restarting = region;
                return;
            }
            _ => {
                let why = if may_recover {
                    format!("Recovery is suppressed by {}", self.restart_strategy)
                } else {
                    "The failure is not recoverable".to_owned()
                };
                let mut failure = entry.failure.clone();
                failure.message = format!("{}: {}", entry.class(), failure.message);
                let root = ExceptionEntry {
                    kind: ExceptionKind::RecoverySuppressed,
                    failure: failure.context(why),
                    timestamp: now,
                    task_name: None,
                    location: None,
                };
                self.exceptions.add_root(root.clone());
                self.exceptions.add_concurrent(entry);
                self.root_failure = Some(root);
                self.phase = Phase::Failing;
                self.note_status(JobStatus::Failing, now);
                out.push(self.stop_all_sources());
            }
        }
        self.cancel_all(now, out);
    }

    fn entry(&self, trouble: Trouble, now: i64) -> ExceptionEntry {
        let vertex = trouble.attempt.and_then(|id| self.vertices.iter().find(|vertex| vertex.id() == id.vertex));
        ExceptionEntry {
            kind: trouble.kind,
            failure: trouble.failure,
            timestamp: now,
            task_name: vertex.zip(trouble.attempt).map(|(vertex, id)| vertex.task_name(id)),
            location: trouble.attempt.and_then(|id| self.execution(id)?.slot().cloned()),
        }
    }

    fn cancel(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        if self.phase == Phase::Cancelling {
            return;
        }
        self.phase = Phase::Cancelling;
        self.root_failure = None;
        self.note_status(JobStatus::Cancelling, now);
        out.push(self.stop_all_sources());
        self.cancel_all(now, out);
    }

    /// Another region has failed while some restart: it restarts with them.
    fn restart_with(&mut self, region: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        let more: BTreeSet<usize> = region.difference(&self.restarting).copied().collect();
        if !more.is_empty() {
            out.push(GraphCommand::StopSources(self.ids(&more)));
            self.cancel_vertices(&more, now, out);
            self.restarting.extend(more);
        }
    }

    fn restart(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        self.restarts += 1;
        let region = std::mem::take(&mut self.restarting);
        for &vertex in &region {
            self.vertices[vertex].reset(now);
        }
        if region.len() == self.vertices.len() {
            self.slots.clear();
            out.push(GraphCommand::ReleaseSlots);
        }
        self.schedule(&region, now, out);
    }

    fn cancel_all(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        self.cancel_vertices(&self.regions.all(), now, out);
    }

    /// Cancels every attempt that has not ended; those that were never sent away end at once.
    fn cancel_vertices(&mut self, vertices: &BTreeSet<usize>, now: i64, out: &mut Vec<GraphCommand>) {
        let executions = vertices.iter().flat_map(|&vertex| self.vertices[vertex].ids()).collect::<Vec<_>>();
        for id in executions {
            let Some(execution) = self.execution_mut(id) else { continue };
            let deployed = execution.is_deployed();
            if !execution.transition(ExecutionState::Canceling, now) {
                continue;
            }
            match execution.slot().filter(|_| deployed) {
                Some(slot) => out.push(GraphCommand::CancelTask {
                    attempt: execution.id(),
                    resource_id: slot.task_manager.resource_id.clone(),
                }),
                None => {
                    execution.transition(ExecutionState::Canceled, now);
                }
            }
        }
    }

    /// Draws the conclusion when the last attempt has ended.
    fn settle(&mut self, now: i64, out: &mut Vec<GraphCommand>) {
        let all = |wanted: fn(ExecutionState) -> bool| self.executions().all(|execution| wanted(execution.state()));
        let ended = all(ExecutionState::is_terminal);
        match self.phase {
            Phase::Running if all(|state| state == ExecutionState::Finished) => {
                self.end(JobStatus::Finished, now, out);
            }
            Phase::Failing if ended => self.end(JobStatus::Failed, now, out),
            Phase::Cancelling if ended => self.end(JobStatus::Canceled, now, out),
            Phase::Restarting(Pause::Over) if self.restarting_tasks_have_ended() => self.restart(now, out),
            _ => {}
        }
    }

    fn restarting_tasks_have_ended(&self) -> bool {
        let mut executions = self.restarting.iter().flat_map(|&vertex| self.vertices[vertex].executions());
        executions.all(|execution| execution.state().is_terminal())
    }

    fn ids(&self, vertices: &BTreeSet<usize>) -> Vec<VertexId> {
        vertices.iter().map(|&vertex| self.vertices[vertex].id()).collect()
    }

    fn stop_all_sources(&self) -> GraphCommand {
        GraphCommand::StopSources(self.ids(&self.regions.all()))
    }

    fn end(&mut self, status: JobStatus, now: i64, out: &mut Vec<GraphCommand>) {
        self.phase = Phase::Ended(status);
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

/// Whether a TaskManager should be running the attempt.
fn runs_at(execution: &Execution, at: &str) -> bool {
    execution.is_deployed() && resource_id(execution) == Some(at)
}

fn resource_id(execution: &Execution) -> Option<&str> {
    execution.slot().map(|slot| slot.task_manager.resource_id.as_str())
}

#[cfg(test)]
mod tests;
