//! `/jobs/:jobid/vertices/:vertexid` and what is below it.

use dataflow::{ExecutionState, VertexId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::job_details::IoMetrics;

/// `GET /jobs/:jobid/vertices/:vertexid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VertexDetails {
    /// The vertex.
    pub id: VertexId,
    /// Operator names joined by ` -> `.
    pub name: String,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Number of key groups.
    #[serde(rename = "maxParallelism")]
    pub max_parallelism: u32,
    /// The server's clock.
    pub now: i64,
    /// The subtasks.
    pub subtasks: Vec<SubtaskDetails>,
    /// Statistics over the subtasks.
    pub aggregated: AggregatedTaskDetails,
}

/// One subtask: `GET .../subtasks/:index` and in [`VertexDetails`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubtaskDetails {
    /// Index from 0.
    pub subtask: u32,
    /// State.
    pub status: ExecutionState,
    /// Attempt number from 0.
    pub attempt: u32,
    /// `host:port` of its TaskManager's exchange; `(unassigned)` before it has one.
    pub endpoint: String,
    /// When it was deployed, ms since the epoch; -1 before.
    #[serde(rename = "start-time")]
    pub start_time: i64,
    /// When it ended; -1 before.
    #[serde(rename = "end-time")]
    pub end_time: i64,
    /// Milliseconds; -1 before the start.
    pub duration: i64,
    /// Counters.
    pub metrics: IoMetrics,
    /// Its TaskManager; `(unassigned)` before it has one.
    #[serde(rename = "taskmanager-id")]
    pub taskmanager_id: String,
    /// Milliseconds in each state that it has been in, terminal ones left out.
    #[serde(rename = "status-duration")]
    pub status_duration: IndexMap<ExecutionState, i64>,
    /// The same as `start-time`, under its older name.
    #[serde(rename = "start_time")]
    pub start_time_older: i64,
}

/// Statistics over several subtasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AggregatedTaskDetails {
    /// By counter.
    pub metrics: IndexMap<String, Statistics>,
    /// By state, ms.
    pub status_duration: IndexMap<ExecutionState, Statistics>,
}

/// Statistics of a list of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Statistics {
    pub min: i64,
    pub max: i64,
    pub avg: i64,
    pub sum: i64,
    pub median: i64,
    pub p25: i64,
    pub p75: i64,
    pub p95: i64,
}

/// `GET .../subtasktimes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexTimes {
    /// The vertex.
    pub id: VertexId,
    /// Its name.
    pub name: String,
    /// The server's clock.
    pub now: i64,
    /// The subtasks.
    pub subtasks: Vec<VertexTimesSubtask>,
}

/// A subtask in [`VertexTimes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexTimesSubtask {
    /// Index from 0.
    pub subtask: u32,
    /// `host:port` of its TaskManager.
    pub endpoint: String,
    /// Milliseconds.
    pub duration: i64,
    /// When it came into each state; 0 when it never did.
    pub timestamps: SubtaskTimes,
}

/// When a subtask came into each state, ms since the epoch; 0 when it never did.
pub type SubtaskTimes = IndexMap<ExecutionState, i64>;

/// `GET .../taskmanagers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VertexTaskManagers {
    /// The vertex.
    pub id: VertexId,
    /// Its name.
    pub name: String,
    /// The server's clock.
    pub now: i64,
    /// The TaskManagers that run a subtask of it.
    pub taskmanagers: Vec<VertexTaskManager>,
}

/// A TaskManager in [`VertexTaskManagers`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VertexTaskManager {
    /// `host:port`.
    pub endpoint: String,
    /// The state that its subtasks make together.
    pub status: ExecutionState,
    /// When the first was deployed.
    pub start_time: i64,
    /// When the last ended; -1 before.
    pub end_time: i64,
    /// Milliseconds.
    pub duration: i64,
    /// Sums over its subtasks.
    pub metrics: IoMetrics,
    /// Number of subtasks by state.
    pub status_counts: IndexMap<ExecutionState, u32>,
    /// The TaskManager.
    pub taskmanager_id: String,
    /// Statistics over its subtasks.
    pub aggregated: AggregatedTaskDetails,
}

/// `GET .../backpressure`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackPressureInfo {
    /// `ok`, or `deprecated` when there are no numbers yet.
    pub status: String,
    /// `ok`, `low` or `high`.
    #[serde(rename = "backpressureLevel")]
    pub level: String,
    /// When the numbers were taken.
    #[serde(rename = "end-timestamp")]
    pub end_timestamp: i64,
    /// The subtasks.
    pub subtasks: Vec<SubtaskBackPressure>,
    /// The level again, under its older name.
    #[serde(rename = "backpressure-level")]
    pub level_older: String,
}

/// A subtask in [`BackPressureInfo`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubtaskBackPressure {
    /// Index from 0.
    pub subtask: u32,
    /// `ok`, `low` or `high`.
    #[serde(rename = "backpressureLevel")]
    pub level: String,
    /// Share of time waiting for output, 0 to 1.
    pub ratio: f64,
    /// Share of time waiting for input.
    #[serde(rename = "idleRatio")]
    pub idle_ratio: f64,
    /// Share of time working.
    #[serde(rename = "busyRatio")]
    pub busy_ratio: f64,
    /// The level again, under its older name.
    #[serde(rename = "backpressure-level")]
    pub level_older: String,
}

/// `GET .../accumulators`: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VertexAccumulators {
    /// The vertex.
    pub id: VertexId,
    /// Always empty.
    pub user_accumulators: Vec<String>,
}

/// `GET .../subtasks/accumulators`: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexSubtaskAccumulators {
    /// The vertex.
    pub id: VertexId,
    /// Number of subtasks.
    pub parallelism: u32,
    /// The subtasks.
    pub subtasks: Vec<SubtaskAccumulators>,
}

/// A subtask in [`VertexSubtaskAccumulators`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SubtaskAccumulators {
    /// Index from 0.
    pub subtask: u32,
    /// Attempt number from 0.
    pub attempt: u32,
    /// `host:port` of its TaskManager.
    pub endpoint: String,
    /// Always empty.
    pub user_accumulators: Vec<String>,
}

/// `GET .../subtasks/:subtaskindex/attempts/:attempt/accumulators`: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AttemptAccumulators {
    /// The subtask.
    pub subtask: u32,
    /// The attempt.
    pub attempt: u32,
    /// The attempt's id.
    pub id: String,
    /// Always empty.
    pub user_accumulators: Vec<String>,
}
