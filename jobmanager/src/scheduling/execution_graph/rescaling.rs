//! How a job comes to run with other numbers of subtasks: all of it is cancelled, and starts again from its last checkpoint.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dataflow::{JobGraph, JobStatus};

use super::{ExecutionGraph, Pause, Phase};
use crate::scheduling::execution_vertex::ExecutionVertex;
use crate::scheduling::graph_event::GraphCommand;
use crate::scheduling::region::Regions;
use crate::scheduling::rescale_history::{RescaleCause, RescaleEnd};
use crate::scheduling::resource_requirements::ResourceRequirements;

impl ExecutionGraph {
    /// Between which bounds the parallelism of its vertices may be.
    pub fn requirements(&self) -> &ResourceRequirements {
        &self.requirements
    }

    /// As somebody has asked for before.
    pub fn with_requirements(mut self, requirements: ResourceRequirements) -> Self {
        self.requirements = requirements;
        self.rescales.restart(&self.graph, &self.requirements);
        self
    }

    pub(super) fn rescale(
        &mut self,
        graph: Arc<JobGraph>,
        requirements: ResourceRequirements,
        cause: RescaleCause,
        now: i64,
        out: &mut Vec<GraphCommand>,
    ) {
        if !matches!(self.phase, Phase::Created | Phase::WaitingForSlots | Phase::Running | Phase::Restarting(_)) {
            return;
        }
        self.requirements = requirements;
        self.rescales.begin(cause, &graph, Some(&self.graph), &self.requirements, now);
        let parallelism = |graph: &JobGraph| graph.vertices.iter().map(|vertex| vertex.parallelism).collect::<Vec<_>>();
        if parallelism(&graph) == parallelism(&self.graph) && self.rescaled.is_none() {
            self.rescales.end(RescaleEnd::NothingChanged, now);
            return;
        }
        self.rescaled = Some(graph);
        if self.phase == Phase::Created {
            self.replace_graph(now);
            return;
        }
        let all = self.regions.all();
        self.moves_no_more(now);
        if !matches!(self.phase, Phase::Restarting(_)) {
            self.phase = Phase::Restarting(Pause::Lasts);
            self.note_status(JobStatus::Restarting, now);
            out.push(GraphCommand::RestartAfter(Duration::ZERO));
        }
        out.push(self.stop_all_sources());
        self.cancel_vertices(&all, now, out);
        self.restarting = all;
    }

    /// Restarts what runs at a TaskManager elsewhere, which is no failure: the job stays RUNNING.
    pub(super) fn vacate(&mut self, resource_id: &str, now: i64, out: &mut Vec<GraphCommand>) {
        if !matches!(self.phase, Phase::WaitingForSlots | Phase::Running | Phase::Restarting(_)) {
            return;
        }
        let there: Vec<_> = self.attempts_at(resource_id).map(|attempt| attempt.vertex).collect();
        let region: BTreeSet<usize> = there.into_iter().flat_map(|vertex| self.regions.of(vertex)).collect();
        for slot in &mut self.slots {
            slot.take_if(|slot| slot.task_manager.resource_id == resource_id);
        }
        if region.is_empty() {
            return;
        }
        if matches!(self.phase, Phase::Restarting(_)) {
            return self.restart_with(&region, now, out);
        }
        self.phase = Phase::Restarting(Pause::Lasts);
        self.moves = true;
        self.last_modification = now;
        out.push(GraphCommand::StopSources(self.ids(&region)));
        out.push(GraphCommand::RestartAfter(Duration::ZERO));
        self.cancel_vertices(&region, now, out);
        self.restarting = region;
    }

    /// Begins with the new graph, if there is one; whether there is.
    pub(super) fn replace_graph(&mut self, now: i64) -> bool {
        let Some(graph) = self.rescaled.take() else { return false };
        let attempt = if self.phase == Phase::Created { 0 } else { self.next_attempt() };
        let vertex = |vertex| ExecutionVertex::new(graph.job_id, vertex, attempt, now);
        self.vertices = graph.vertices.iter().map(vertex).collect();
        self.regions = Regions::new(&graph, self.failover);
        self.adopting.clear();
        self.graph = graph;
        true
    }
}
