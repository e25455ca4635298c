//! Submission, status and result of a job.

use dataflow::{JobId, JobStatus};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `POST /jobs` with a JobGraph as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSubmitted {
    /// The job.
    pub jobid: JobId,
    /// Flink's only field: path of the job.
    #[serde(rename = "jobUrl")]
    pub job_url: String,
}

/// `GET /jobs/:jobid/status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStatusInfo {
    /// The status.
    pub status: JobStatus,
}

/// `GET /jobs/:jobid/execution-result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExecutionResult {
    /// Whether the job has ended.
    pub status: QueueStatus,
    /// Its result when it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job_execution_result: Option<JobExecutionResult>,
}

/// Whether an operation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Whether it is done.
    pub id: QueueStatusId,
}

/// Whether an operation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum QueueStatusId {
    InProgress,
    Completed,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobExecutionResult {
    /// The job.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub application_status: ApplicationStatus,
    /// Always empty.
    pub accumulator_results: IndexMap<String, String>,
    /// Milliseconds from start to end.
    pub net_runtime: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure_cause: Option<FailureCause>,
    /// As the job's id.
    pub application_id: JobId,
    /// ms since the epoch.
    pub start_time: i64,
    /// ms since the epoch.
    pub end_time: i64,
}

/// Flink's word for how a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum ApplicationStatus {
    Succeeded,
    Failed,
    Canceled,
    Unknown,
}

/// A failure in the form that Flink's clients read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FailureCause {
    /// Class of the exception.
    pub class: String,
    /// Class and message; then the causes, a `Caused by:` line each.
    pub stack_trace: String,
    /// The same as the bytes of Java's serialisation, in base64.
    #[serde(default)]
    pub serialized_throwable: String,
}
