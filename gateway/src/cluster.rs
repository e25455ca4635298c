//! `Cluster`: what the gateway asks of the cluster on which it runs jobs.

use async_trait::async_trait;
use dataflow::{Batch, JobGraph, JobId, JobStatus, OperatorId, RowType};

use crate::throwable::Throwable;

/// A cluster. Everything it does may fail with what a Java client of Flink's would have been told.
#[async_trait]
pub trait Cluster: Send + Sync + 'static {
    /// Submits a job; it has been accepted when this returns.
    async fn submit(&self, graph: &JobGraph) -> Result<JobId, Throwable>;

    /// The rows that an operator of a job collects in that many subtasks.
    fn rows(&self, job: JobId, schema: RowType, operator: OperatorId, subtasks: u32) -> Box<dyn ResultRows>;

    /// Waits until a job has ended; fails unless it FINISHED.
    async fn wait(&self, job: JobId) -> Result<(), Throwable>;

    /// Cancels a job; one that has ended already is none the worse for it.
    async fn cancel(&self, job: JobId) -> Result<(), Throwable>;

    /// Stops a job with a savepoint and returns where that is. With `drain` all windows fire before.
    async fn stop_with_savepoint(&self, job: JobId, drain: bool) -> Result<String, Throwable>;

    /// All jobs that the cluster knows.
    async fn jobs(&self) -> Result<Vec<JobSummary>, Throwable>;

    /// The content of a catalog that the cluster keeps; none when it keeps none of this name.
    async fn catalog(&self, name: &str) -> Result<Option<KeptCatalog>, Throwable>;

    /// Keeps the content of a catalog instead of that of this version (0: there is none yet). False when the cluster has another version by now.
    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, Throwable>;
}

/// The rows of a SELECT while it runs.
#[async_trait]
pub trait ResultRows: Send {
    /// The next rows; none at the end of the result.
    async fn next(&mut self) -> Result<Option<Batch>, Throwable>;
}

/// The content of a catalog, as a session writes and reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCatalog {
    /// Counts its changes, from 1.
    pub version: u64,
    /// What is in it.
    pub document: String,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    /// Its id.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// How it is.
    pub status: JobStatus,
    /// When it was accepted, ms since the epoch.
    pub start_time: i64,
}
