//! `GET /jobs/:jobid/exceptions`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// `GET /jobs/:jobid/exceptions`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobExceptions {
    /// The failures that were handled, the latest first.
    pub exception_history: ExceptionHistory,
}

/// The failures that were handled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExceptionHistory {
    /// The latest first.
    pub entries: Vec<RootException>,
    /// Whether older ones were left out.
    pub truncated: bool,
}

/// A failure with those that it brought with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootException {
    /// The failure that started it.
    #[serde(flatten)]
    pub exception: ExceptionInfo,
    /// Others until the job ran again or ended.
    pub concurrent_exceptions: Vec<ExceptionInfo>,
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionInfo {
    /// Class of the exception.
    pub exception_name: String,
    /// Class and message; then the causes, a `Caused by:` line each.
    pub stacktrace: String,
    /// When, ms since the epoch.
    pub timestamp: i64,
    /// Always empty.
    pub failure_labels: IndexMap<String, String>,
    /// The task, when it was one: `name (1/4) - execution #0`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task_name: Option<String>,
    /// `host:port` of its TaskManager.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// Its TaskManager.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task_manager_id: Option<String>,
}
