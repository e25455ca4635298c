//! The JobGraph: vertices (chains of operators), edges, and the job's configuration. What a client submits and a JobManager runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{JobId, OperatorId, VertexId};
use crate::operator_spec::{OperatorSpec, SPEC_VERSION};
use crate::types::RowType;

/// A job, ready to be scheduled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobGraph {
    /// [`SPEC_VERSION`] of the writer.
    pub version: u32,
    /// The job's id.
    pub job_id: JobId,
    /// The job's name.
    pub name: String,
    /// Flink keys that were set for this job.
    pub config: BTreeMap<String, String>,
    /// In topological order.
    pub vertices: Vec<JobVertex>,
    /// Edges; the order of the edges that leave a vertex numbers its outputs.
    pub edges: Vec<JobEdge>,
}

/// A chain of operators that runs as parallel subtasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobVertex {
    /// Named after the head operator.
    pub id: VertexId,
    /// Operator names joined by ` -> `.
    pub name: String,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Number of key groups.
    pub max_parallelism: u32,
    /// Head first; each consumes what the one before emits.
    pub operators: Vec<OperatorDescriptor>,
}

/// One operator of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorDescriptor {
    /// Stable id.
    pub id: OperatorId,
    /// Name for people: `Source: events[1]`, `GroupWindowAggregate[3]`, ...
    pub name: String,
    /// What it does.
    pub spec: OperatorSpec,
    /// What it emits; empty for sinks.
    pub output: RowType,
}

/// An edge between two vertices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobEdge {
    /// Producer.
    pub source: VertexId,
    /// Consumer.
    pub target: VertexId,
    /// Which input of the consumer's head operator; several edges into one input are a UNION ALL.
    pub input: u32,
    /// How rows are spread over the consumer's subtasks.
    pub partitioning: Partitioning,
}

/// How rows are spread over the consumer's subtasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "UPPERCASE")]
pub enum Partitioning {
    /// Subtask i to subtask i; equal parallelism.
    Forward,
    /// By key group of these columns.
    Hash {
        /// Columns of the producer's output.
        keys: Vec<usize>,
    },
    /// Round robin, a batch at a time.
    Rebalance,
    /// To every subtask.
    Broadcast,
    /// All to subtask 0.
    Global,
}

/// A job graph that cannot be run.
#[derive(Debug, Clone, thiserror::Error)]
#[error("invalid job graph: {0}")]
pub struct InvalidJobGraph(pub String);

impl JobGraph {
    /// The vertex with this id.
    pub fn vertex(&self, id: VertexId) -> Option<&JobVertex> {
        self.vertices.iter().find(|vertex| vertex.id == id)
    }

    /// The edges into a vertex, in graph order.
    pub fn inputs_of(&self, id: VertexId) -> impl Iterator<Item = &JobEdge> {
        self.edges.iter().filter(move |edge| edge.target == id)
    }

    /// The edges out of a vertex, in graph order: their position is the output number.
    pub fn outputs_of(&self, id: VertexId) -> impl Iterator<Item = &JobEdge> {
        self.edges.iter().filter(move |edge| edge.source == id)
    }

    /// Refuses graphs that could not run: another version, an empty graph or chain, unknown ids, cycles, inputs that do not fit.
    pub fn validate(&self) -> Result<(), InvalidJobGraph> {
        let invalid = |why: String| Err(InvalidJobGraph(why));
        if self.version != SPEC_VERSION {
            return invalid(format!(
                "its version is {}, this flinkrs reads version {SPEC_VERSION}; use client and cluster of one release",
                self.version
            ));
        }
        if self.vertices.is_empty() {
            return invalid("it has no vertices".into());
        }
        let position = |id: VertexId| self.vertices.iter().position(|vertex| vertex.id == id);
        for (index, vertex) in self.vertices.iter().enumerate() {
            if position(vertex.id) != Some(index) {
                return invalid(format!("vertex id {} is used twice", vertex.id));
            }
            let Some(head) = vertex.operators.first() else {
                return invalid(format!("vertex '{}' has no operators", vertex.name));
            };
            if vertex.parallelism == 0
                || vertex.parallelism > vertex.max_parallelism
                || vertex.max_parallelism > 1 << 15
            {
                return invalid(format!(
                    "vertex '{}' has parallelism {} and max parallelism {}; needed: 1 <= parallelism <= max parallelism <= 32768",
                    vertex.name, vertex.parallelism, vertex.max_parallelism
                ));
            }
            for input in 0..head.spec.num_inputs() as u32 {
                if !self.inputs_of(vertex.id).any(|edge| edge.input == input) {
                    return invalid(format!("input {input} of vertex '{}' is not connected", vertex.name));
                }
            }
            if self.inputs_of(vertex.id).any(|edge| edge.input >= head.spec.num_inputs() as u32) {
                return invalid(format!("vertex '{}' has only {} inputs", vertex.name, head.spec.num_inputs()));
            }
        }
        for edge in &self.edges {
            let (Some(source), Some(target)) = (position(edge.source), position(edge.target)) else {
                return invalid(format!("edge {} -> {} names an unknown vertex", edge.source, edge.target));
            };
            if source >= target {
                return invalid(format!(
                    "vertices are not in topological order at edge {} -> {}",
                    edge.source, edge.target
                ));
            }
            if edge.partitioning == Partitioning::Forward
                && self.vertices[source].parallelism != self.vertices[target].parallelism
            {
                return invalid(format!(
                    "FORWARD edge between '{}' and '{}' of different parallelism",
                    self.vertices[source].name, self.vertices[target].name
                ));
            }
        }
        Ok(())
    }
}
