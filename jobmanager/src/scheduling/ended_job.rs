//! `EndedJob`: how a job ended, as it is kept for the next JobManager: clients that wait for the end may ask that one.

use dataflow::{JobGraph, JobStatus};
use serde::{Deserialize, Serialize};

use super::deployment_record::DeploymentRecord;
use super::exception_history::ExceptionEntry;

/// How a job ended. Times are ms since the epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedJob {
    /// The job.
    pub graph: JobGraph,
    /// Its last status.
    pub status: JobStatus,
    /// When it came into each status that it was in.
    pub entered: Vec<(JobStatus, i64)>,
    /// Where it last ran.
    pub deployment: DeploymentRecord,
    /// Why it failed.
    pub failure: Option<ExceptionEntry>,
}
