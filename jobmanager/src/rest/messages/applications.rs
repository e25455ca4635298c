//! `/applications/*`: every job is an application of its own, with the job's id, as Flink makes one of a job that is submitted to a session.

use dataflow::JobId;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{JobOverview, RootException};

/// `GET /applications/overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationsOverview {
    /// All that are known.
    pub applications: Vec<ApplicationOverview>,
}

/// An application in [`ApplicationsOverview`]. Times are ms since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApplicationOverview {
    /// The id of its job.
    pub id: JobId,
    /// `SingleJobApplication(<name of the job>)`.
    pub name: String,
    /// When it was accepted.
    pub start_time: i64,
    /// When it ended; -1 when it has not.
    pub end_time: i64,
    /// Milliseconds.
    pub duration: i64,
    /// Its state.
    pub status: ApplicationState,
    /// How many of its jobs are in each status.
    pub jobs: IndexMap<dataflow::JobStatus, u32>,
}

/// `GET /applications/:applicationid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApplicationDetails {
    /// The id of its job.
    pub id: JobId,
    /// `SingleJobApplication(<name of the job>)`.
    pub name: String,
    /// Its state.
    pub status: ApplicationState,
    /// When it was accepted.
    pub start_time: i64,
    /// When it ended; -1 when it has not.
    pub end_time: i64,
    /// Milliseconds.
    pub duration: i64,
    /// When it came into each state; 0 when it never did.
    pub timestamps: IndexMap<ApplicationState, i64>,
    /// Its job.
    pub jobs: Vec<JobOverview>,
}

/// The state of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum ApplicationState {
    Created,
    Running,
    Failing,
    Failed,
    Canceling,
    Canceled,
    Finished,
}

/// `GET /applications/:applicationid/exceptions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationExceptions {
    /// They.
    pub exception_history: ApplicationExceptionHistory,
}

/// The failures of an application beside those of its job: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApplicationExceptionHistory {
    /// Always empty.
    pub entries: Vec<RootException>,
}
