//! `/jobs` and `/jobs/overview`.

use dataflow::{JobId, JobStatus};
use serde::{Deserialize, Serialize};

/// `GET /jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobIdsWithStatus {
    /// All jobs that are known.
    pub jobs: Vec<JobIdWithStatus>,
}

/// A job in [`JobIdsWithStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct JobIdWithStatus {
    pub id: JobId,
    pub status: JobStatus,
}

/// `GET /jobs/overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsOverview {
    /// All jobs that are known.
    pub jobs: Vec<JobOverview>,
}

/// A job in [`JobsOverview`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOverview {
    /// The job.
    pub jid: JobId,
    /// Its name.
    pub name: String,
    /// Always `STREAMING`.
    #[serde(rename = "jobType")]
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
    /// Its status.
    pub state: JobStatus,
    /// When a task last changed its state.
    #[serde(rename = "last-modification")]
    pub last_modification: i64,
    /// Number of tasks by state.
    pub tasks: TaskCounts,
    /// Always 0.
    #[serde(rename = "pending-operators")]
    pub pending_operators: u32,
}

/// Number of tasks by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TaskCounts {
    pub running: u32,
    pub canceling: u32,
    pub canceled: u32,
    pub total: u32,
    pub created: u32,
    pub scheduled: u32,
    pub deploying: u32,
    pub reconciling: u32,
    pub finished: u32,
    pub initializing: u32,
    pub failed: u32,
}
