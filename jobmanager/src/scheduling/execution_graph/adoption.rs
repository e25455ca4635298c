//! How a job changes hands: what is kept of a deployment, and how the graph of the next JobManager begins with it.
//!
//! The attempts are RECONCILING until their TaskManagers say that they run; those that do not are lost, and restart as after any other failure.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataflow::{ExecutionAttemptId, ExecutionState, JobGraph, JobStatus};

use super::{ExecutionGraph, Phase, STATUSES};
use crate::scheduling::deployment_record::{DeploymentRecord, VertexRecord};
use crate::scheduling::ended_job::EndedJob;
use crate::scheduling::execution::{Execution, SlotLocation};
use crate::scheduling::execution_vertex::ExecutionVertex;
use crate::scheduling::graph_event::GraphCommand;
use crate::scheduling::restart_strategy::RestartStrategy;

impl ExecutionGraph {
    /// What the next JobManager has to know of where the job runs.
    pub fn record(&self) -> DeploymentRecord {
        let vertex = |vertex: &ExecutionVertex| VertexRecord {
            id: vertex.id(),
            attempts: vertex.ids().map(|id| id.attempt).collect(),
            finished: vertex
                .executions()
                .iter()
                .filter(|execution| execution.state() == ExecutionState::Finished)
                .map(|execution| execution.id().subtask)
                .collect(),
        };
        DeploymentRecord {
            deployed_at: self.last_modification.max(1),
            created_at: self.entered(JobStatus::Created),
            running_since: self.entered(JobStatus::Running),
            restarts: self.restarts,
            requirements: self.requirements.clone(),
            exceptions: self.exceptions.clone(),
            slots: self.slots.clone(),
            vertices: self.vertices.iter().map(vertex).collect(),
        }
    }

    /// A job that was deployed under an earlier JobManager; none when the record is not one of this graph.
    pub fn adopted(
        graph: Arc<JobGraph>,
        restart_strategy: RestartStrategy,
        record: &DeploymentRecord,
        now: i64,
    ) -> Option<Self> {
        let job = graph.job_id;
        let mut vertices = Vec::with_capacity(graph.vertices.len());
        for vertex in &graph.vertices {
            let known = record.vertices.iter().find(|known| known.id == vertex.id)?;
            let execution = |(subtask, &attempt): (usize, &u32)| {
                let id = ExecutionAttemptId { job, vertex: vertex.id, subtask: subtask as u32, attempt };
                let slot = record.slots.get(subtask).cloned().flatten();
                let finished = known.finished.contains(&id.subtask);
                Execution::adopted(id, slot, finished, record.deployed_at, now)
            };
            let executions: Vec<Execution> = known.attempts.iter().enumerate().map(execution).collect();
            if executions.len() != vertex.parallelism as usize {
                return None;
            }
            vertices.push(ExecutionVertex::with_executions(vertex, executions));
        }
        let mut this = ExecutionGraph::new(graph, restart_strategy, record.created_at);
        this.vertices = vertices;
        this.adopting = this.regions.all();
        this.slots.clone_from(&record.slots);
        let home = |slot: &Option<SlotLocation>| slot.as_ref().map(|slot| slot.task_manager.resource_id.clone());
        this.homes = this.slots.iter().map(home).collect();
        this.restarts = record.restarts;
        this.requirements = record.requirements.clone();
        this.exceptions = record.exceptions.clone();
        this.phase = Phase::Running;
        this.note_status(JobStatus::Running, record.running_since);
        this.last_modification = now;
        Some(this)
    }

    /// How the job ended.
    pub fn ended_job(&self) -> EndedJob {
        let entered = STATUSES.iter().map(|status| (*status, self.entered(*status)));
        EndedJob {
            graph: (*self.graph).clone(),
            status: self.status(),
            entered: entered.filter(|(_, at)| *at > 0).collect(),
            deployment: self.record(),
            failure: self.root_failure.clone(),
        }
    }

    /// A job that ended under an earlier JobManager; none when what is kept does not fit together.
    pub fn of_ended(job: EndedJob) -> Option<Self> {
        let EndedJob { graph, status, entered, deployment, failure } = job;
        let ended_at = entered.iter().map(|(_, at)| *at).max().unwrap_or_default();
        let mut this = ExecutionGraph::adopted(Arc::new(graph), RestartStrategy::Never, &deployment, ended_at)?;
        let last = match status {
            JobStatus::Finished => ExecutionState::Finished,
            JobStatus::Failed => ExecutionState::Failed,
            _ => ExecutionState::Canceled,
        };
        for execution in this.vertices.iter_mut().flat_map(|vertex| vertex.executions_mut()) {
            execution.transition(last, ended_at);
        }
        for (status, at) in entered {
            this.note_status(status, at);
        }
        this.adopting.clear();
        this.phase = Phase::Ended(status);
        this.last_modification = ended_at;
        if this.exceptions.entries().is_empty() {
            failure.iter().cloned().for_each(|entry| this.exceptions.add_root(entry));
        }
        this.root_failure = failure;
        Some(this)
    }

    /// Where attempts run of which it is not known yet whether they run on.
    pub fn expected_slots(&self) -> impl Iterator<Item = &SlotLocation> {
        self.slots.iter().flatten()
    }

    /// Whether it is not known yet what a job that runs on goes on from.
    pub(super) fn is_to_be_adopted(&self) -> bool {
        !self.may_adopt && !self.adopting.is_empty()
    }

    /// The sources of vertices of which every attempt is known to run, or has finished, are taken on.
    pub(super) fn adopt_what_runs(&mut self, out: &mut Vec<GraphCommand>) {
        if self.adopting.is_empty() || !self.may_adopt || self.phase != Phase::Running {
            return;
        }
        let known = |execution: &Execution| execution.state() != ExecutionState::Reconciling;
        let (ready, waiting): (BTreeSet<usize>, BTreeSet<usize>) =
            self.adopting.iter().partition(|&&vertex| self.vertices[vertex].executions().iter().all(known));
        self.adopting = waiting;
        if !ready.is_empty() {
            out.push(GraphCommand::AdoptSources(self.ids(&ready)));
        }
    }
}
