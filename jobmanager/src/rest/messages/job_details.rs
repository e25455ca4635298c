//! `GET /jobs/:jobid` and `GET /jobs/:jobid/config`.

use dataflow::{ExecutionState, JobId, JobStatus, VertexId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::plan::JobPlan;

/// `GET /jobs/:jobid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobDetails {
    /// The job.
    pub jid: JobId,
    /// Flink's application of a single job has the job's id.
    #[serde(rename = "application-id")]
    pub application_id: JobId,
    /// Its name.
    pub name: String,
    /// Whether it can be stopped with a savepoint.
    #[serde(rename = "isStoppable")]
    pub is_stoppable: bool,
    /// Its status.
    pub state: JobStatus,
    /// Always `STREAMING`.
    #[serde(rename = "job-type")]
    pub job_type: String,
    /// Always `Default`.
    #[serde(rename = "schedulerType")]
    pub scheduler_type: String,
    /// When it was accepted, ms since the epoch.
    #[serde(rename = "start-time")]
    pub start_time: i64,
    /// When it ended; -1 when it has not.
    #[serde(rename = "end-time")]
    pub end_time: i64,
    /// Milliseconds.
    pub duration: i64,
    /// `pipeline.max-parallelism`; -1 when not set.
    #[serde(rename = "maxParallelism")]
    pub max_parallelism: i64,
    /// The server's clock.
    pub now: i64,
    /// When it came into each status; 0 when it never did.
    pub timestamps: IndexMap<JobStatus, i64>,
    /// Its vertices in topological order.
    pub vertices: Vec<JobVertexDetails>,
    /// Number of vertices by their state.
    #[serde(rename = "status-counts")]
    pub status_counts: IndexMap<ExecutionState, u32>,
    /// The graph.
    pub plan: JobPlan,
    /// Always 0.
    #[serde(rename = "pending-operators")]
    pub pending_operators: u32,
}

/// A vertex in [`JobDetails`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobVertexDetails {
    /// The vertex.
    pub id: VertexId,
    /// All vertices are in one group.
    #[serde(rename = "slotSharingGroupId")]
    pub slot_sharing_group_id: String,
    /// Operator names joined by ` -> `.
    pub name: String,
    /// Number of key groups.
    #[serde(rename = "maxParallelism")]
    pub max_parallelism: u32,
    /// Number of subtasks.
    pub parallelism: u32,
    /// The state that its subtasks make together.
    pub status: ExecutionState,
    /// When the first subtask was deployed; -1 before.
    #[serde(rename = "start-time")]
    pub start_time: i64,
    /// When the last subtask ended; -1 before.
    #[serde(rename = "end-time")]
    pub end_time: i64,
    /// Milliseconds; -1 before the start.
    pub duration: i64,
    /// Number of subtasks by state.
    pub tasks: IndexMap<ExecutionState, u32>,
    /// Sums over the subtasks.
    pub metrics: IoMetrics,
}

/// Counters of a subtask, or the sums of several.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are Flink's; -complete: a number was reported by every subtask")]
pub struct IoMetrics {
    pub read_bytes: u64,
    pub read_bytes_complete: bool,
    pub write_bytes: u64,
    pub write_bytes_complete: bool,
    pub read_records: u64,
    pub read_records_complete: bool,
    pub write_records: u64,
    pub write_records_complete: bool,
    pub accumulated_backpressured_time: u64,
    pub accumulated_idle_time: u64,
    pub accumulated_busy_time: f64,
}

/// `GET /jobs/:jobid/config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobConfigInfo {
    /// The job.
    pub jid: JobId,
    /// Its name.
    pub name: String,
    /// How it runs.
    #[serde(rename = "execution-config")]
    pub execution_config: ExecutionConfigInfo,
}

/// How a job runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExecutionConfigInfo {
    /// The restart strategy in words.
    pub restart_strategy: String,
    /// `parallelism.default` of the job.
    pub job_parallelism: i64,
    /// Has no meaning here: batches are always shared.
    pub object_reuse_mode: bool,
    /// `pipeline.global-job-parameters`.
    pub user_config: IndexMap<String, String>,
}
