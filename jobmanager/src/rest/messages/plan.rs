//! `GET /jobs/:jobid/plan`.

use dataflow::{JobId, VertexId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `GET /jobs/:jobid/plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPlanInfo {
    /// The graph.
    pub plan: JobPlan,
}

/// A job's graph for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPlan {
    /// The job.
    pub jid: JobId,
    /// Its name.
    pub name: String,
    /// Always `STREAMING`.
    #[serde(rename = "type")]
    pub job_type: String,
    /// Its vertices, sinks first.
    pub nodes: Vec<PlanNode>,
}

/// A vertex in [`JobPlan`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanNode {
    /// The vertex.
    pub id: VertexId,
    /// Always empty in streaming.
    pub operator: String,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Always empty in streaming.
    pub operator_strategy: String,
    /// The chain of operators as a tree, with `<br/>` at the end of each line.
    pub description: String,
    /// Always empty in streaming.
    pub optimizer_properties: IndexMap<String, String>,
    /// The edges that come in; left out for sources.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inputs: Vec<PlanInput>,
}

/// An edge in [`PlanNode`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// The producing vertex.
    pub id: VertexId,
    /// Which edge into the vertex, from 0.
    pub num: u32,
    /// Always `pipelined_bounded`.
    pub exchange: String,
    /// How rows are spread: `HASH`, `FORWARD`, ...
    pub ship_strategy: String,
}
