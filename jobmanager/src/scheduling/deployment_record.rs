//! `DeploymentRecord`: where a job runs, as it is kept for the next JobManager.

use std::collections::BTreeSet;

use dataflow::{ExecutionAttemptId, JobGraph, VertexId};
use serde::{Deserialize, Serialize};

use super::exception_history::ExceptionHistory;
use super::execution::SlotLocation;
use super::resource_requirements::ResourceRequirements;

/// Where a job runs. Times are ms since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    /// When its tasks were last deployed.
    pub deployed_at: i64,
    /// When the job was accepted.
    pub created_at: i64,
    /// Since when it runs.
    pub running_since: i64,
    /// How often it was restarted.
    pub restarts: u32,
    /// Between which bounds its parallelism may be.
    #[serde(default)]
    pub requirements: ResourceRequirements,
    /// What has failed so far.
    #[serde(default)]
    pub exceptions: ExceptionHistory,
    /// The slot of each subtask index.
    pub slots: Vec<Option<SlotLocation>>,
    /// The current attempts of each vertex.
    pub vertices: Vec<VertexRecord>,
}

/// The current attempts of a vertex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexRecord {
    /// The vertex.
    pub id: VertexId,
    /// The number of each subtask's attempt.
    pub attempts: Vec<u32>,
    /// Subtasks that have finished.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub finished: BTreeSet<u32>,
}

impl DeploymentRecord {
    /// The graph with as many subtasks as were deployed.
    pub fn as_deployed(&self, graph: &JobGraph) -> JobGraph {
        let mut deployed = graph.clone();
        for vertex in &mut deployed.vertices {
            if let Some(record) = self.vertices.iter().find(|record| record.id == vertex.id) {
                vertex.parallelism = record.attempts.len() as u32;
            }
        }
        deployed
    }

    /// An attempt has finished; one that is not current is passed over.
    pub fn finish(&mut self, attempt: ExecutionAttemptId) {
        let vertex = self.vertices.iter_mut().find(|vertex| vertex.id == attempt.vertex);
        if let Some(vertex) = vertex
            && vertex.attempts.get(attempt.subtask as usize) == Some(&attempt.attempt)
        {
            vertex.finished.insert(attempt.subtask);
        }
    }
}
