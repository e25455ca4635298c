//! `/jobmanager/*` and `/taskmanagers/:taskmanagerid/*`: logs, profiles, threads; `/datasets`.

use serde::{Deserialize, Serialize};

/// `GET .../logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFiles {
    /// The files.
    pub logs: Vec<LogFile>,
}

/// A file in [`LogFiles`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written, ms since the epoch.
    pub mtime: i64,
}

/// `GET .../log-url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogUrl {
    /// A page of the dashboard.
    pub url: String,
}

/// `GET` and `PUT .../log-level`, which are flinkrs' own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLevel {
    /// A level or filters, as `env.log.level` has them.
    pub level: String,
}

/// `GET .../thread-dump`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadDump {
    /// All threads of the process.
    pub thread_infos: Vec<ThreadInfo>,
}

/// A thread in [`ThreadDump`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadInfo {
    /// Its name; the system keeps 15 characters of it.
    pub thread_name: String,
    /// Name, number and state.
    pub stringified_thread_info: String,
}

/// `GET /datasets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataSets {
    /// Always empty: a stream keeps none.
    pub data_sets: Vec<String>,
}
