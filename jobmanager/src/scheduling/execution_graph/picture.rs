//! What people and the JobMaster see of a job: readers of the graph that change nothing.

use std::sync::Arc;

use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, ExecutionState, JobGraph, JobStatus, LeaderEpoch, Partitioning};

use super::{ExecutionGraph, Phase, STATUSES};
use crate::checkpointing::CheckpointPlan;
use crate::checkpointing::statistics::CheckpointStatistics;
use crate::scheduling::deployment;
use crate::scheduling::exception_history::{ExceptionEntry, ExceptionHistory};
use crate::scheduling::execution::Execution;
use crate::scheduling::execution_vertex::ExecutionVertex;
use crate::scheduling::rescale_history::RescaleHistory;

impl ExecutionGraph {
    /// Whether an attempt is a current one that has not ended.
    pub fn is_live(&self, attempt: ExecutionAttemptId) -> bool {
        self.execution(attempt).is_some_and(|execution| !execution.state().is_terminal())
    }

    /// Whether an attempt is one of those that are current, has not ended, and is not to end.
    pub(super) fn is_wanted(&self, attempt: ExecutionAttemptId) -> bool {
        let state = self.execution(attempt).map(Execution::state);
        state.is_some_and(|state| !state.is_terminal() && state != ExecutionState::Canceling)
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
            Phase::Restarting(_) if self.is_moving() => JobStatus::Running,
            Phase::Restarting(_) => JobStatus::Restarting,
            Phase::Failing => JobStatus::Failing,
            Phase::Cancelling => JobStatus::Cancelling,
            Phase::Ended(status) => status,
        }
    }

    /// Whether tasks of it are being ended that go on elsewhere; it holds all its slots until they do.
    pub fn is_moving(&self) -> bool {
        self.moves && matches!(self.phase, Phase::Restarting(_))
    }

    /// Whether its tasks are at work or about to be: they have slots, and are not being ended for a restart.
    pub fn has_tasks_at_work(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Whether it cannot run before it is given slots.
    pub fn waits_for_slots(&self) -> bool {
        self.phase == Phase::WaitingForSlots
    }

    /// When the job came into a status; 0 when it never did.
    pub fn entered(&self, status: JobStatus) -> i64 {
        STATUSES.iter().position(|&other| other == status).map_or(0, |index| self.entered[index])
    }

    /// While the job waits for slots: the first of its tasks that has none, as people know it.
    pub fn task_without_slot(&self) -> Option<String> {
        if self.phase != Phase::WaitingForSlots {
            return None;
        }
        let vertex = self.vertices.first()?;
        Some(format!("{} (1/{})", vertex.name(), vertex.executions().len()))
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

    /// What became of its checkpoints.
    pub fn checkpoints(&self) -> &CheckpointStatistics {
        &self.checkpoints
    }

    /// How it came to its numbers of subtasks.
    pub fn rescales(&self) -> &RescaleHistory {
        &self.rescales
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

    /// The number that no attempt of any subtask has had.
    pub fn next_attempt(&self) -> u32 {
        self.executions().map(|execution| execution.id().attempt + 1).max().unwrap_or(0)
    }
}

/// Whether a TaskManager should be running the attempt.
fn runs_at(execution: &Execution, at: &str) -> bool {
    execution.is_deployed() && execution.resource_id() == Some(at)
}
