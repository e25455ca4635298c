//! The cluster as the SQL gateway sees it: a JobManager's REST API, with errors as the exceptions that a Java client would have raised.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::SavepointFormat;
use dataflow::{Batch, JobGraph, JobId, JobStatus, OperatorId, RowType};
use gateway::{Cluster, JobSummary, KeptCatalog, ResultRows, Throwable};
use jobmanager::rest::messages::CatalogContent;

use crate::cluster_client::ClusterClient;
use crate::commands::one_line;
use crate::query::Query;

const EXECUTION_EXCEPTION: &str = "java.util.concurrent.ExecutionException";

/// How often is asked whether a job has ended: soon at first.
const FIRST_POLL: Duration = Duration::from_millis(10);
const LONGEST_POLL: Duration = Duration::from_millis(500);

/// A failed job tells its state a moment after its results broke off.
const PATIENCE_FOR_THE_END: Duration = Duration::from_secs(1);

#[async_trait]
impl Cluster for ClusterClient {
    async fn submit(&self, graph: &JobGraph) -> Result<JobId, Throwable> {
        self.submit(graph).await.map_err(|error| {
            Throwable::new("org.apache.flink.table.api.TableException", "Failed to execute sql")
                .caused_by(Throwable::new(
                    "org.apache.flink.util.FlinkException",
                    format!("Failed to execute job '{}'.", graph.name),
                ))
                .caused_by(Throwable::new("org.apache.flink.runtime.client.JobSubmissionException", one_line(&error)))
        })
    }

    fn rows(&self, job: JobId, schema: RowType, operator: OperatorId, subtasks: u32) -> Box<dyn ResultRows> {
        let query = Query::new(self.clone(), job, schema, operator, subtasks);
        Box::new(Rows { cluster: self.clone(), query })
    }

    async fn wait(&self, job: JobId) -> Result<(), Throwable> {
        let mut pause = FIRST_POLL;
        loop {
            let details = self.patiently(|| self.job(job)).await.map_err(|error| asked_in_vain(&error))?;
            if details.state.is_terminal() {
                return match failure(self, job, details.state).await {
                    Some(failure) => Err(failure),
                    None => Ok(()),
                };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }

    async fn cancel(&self, job: JobId) -> Result<(), Throwable> {
        match self.cancel(job).await {
            Ok(()) => Ok(()),
            // One that has ended need not be cancelled.
            Err(_) if self.job(job).await.is_ok_and(|details| details.state.is_terminal()) => Ok(()),
            Err(error) => Err(asked_in_vain(&error)),
        }
    }

    async fn stop_with_savepoint(&self, job: JobId, drain: bool) -> Result<String, Throwable> {
        self.stop_with_savepoint(job, None, drain, SavepointFormat::Canonical)
            .await
            .map_err(|error| asked_in_vain(&error))
    }

    async fn jobs(&self) -> Result<Vec<JobSummary>, Throwable> {
        let jobs = self.jobs().await.map_err(|error| asked_in_vain(&error))?;
        let summary = |job: jobmanager::rest::messages::JobOverview| JobSummary {
            id: job.jid,
            name: job.name,
            status: job.state,
            start_time: job.start_time,
        };
        Ok(jobs.into_iter().map(summary).collect())
    }

    async fn catalog(&self, name: &str) -> Result<Option<KeptCatalog>, Throwable> {
        let content = self.catalog_content(name).await.map_err(|error| asked_in_vain(&error))?;
        Ok(content.map(|CatalogContent { version, document }| KeptCatalog { version, document }))
    }

    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, Throwable> {
        let content = CatalogContent { version, document: document.to_owned() };
        self.put_catalog_content(name, &content).await.map_err(|error| asked_in_vain(&error))
    }
}

/// The rows of a query, and why they break off.
struct Rows {
    cluster: ClusterClient,
    query: Query,
}

#[async_trait]
impl ResultRows for Rows {
    async fn next(&mut self) -> Result<Option<Batch>, Throwable> {
        match self.query.next().await {
            Ok(rows) => Ok(rows),
            // The job may have failed by itself, and its cause says more than the fetch that it broke.
            Err(broken) => {
                let ended = tokio::time::timeout(PATIENCE_FOR_THE_END, self.cluster.wait(self.query.job)).await;
                Err(match ended {
                    Ok(Err(failure)) => failure,
                    _ => retrieval().caused_by(asked_in_vain(&broken)),
                })
            }
        }
    }
}

/// Why a job that has ended did not finish.
async fn failure(cluster: &ClusterClient, job: JobId, state: JobStatus) -> Option<Throwable> {
    let cause = match state {
        JobStatus::Failed => {
            let exceptions = cluster.exceptions(job).await.ok();
            let root = exceptions.as_ref().and_then(|all| all.exception_history.entries.first());
            let trace = root.map_or("its cause is not known", |root| root.exception.stacktrace.as_str());
            Throwable::new("org.apache.flink.runtime.client.JobExecutionException", "Job execution failed.")
                .caused_by(Throwable::from_stack_trace(trace))
        }
        JobStatus::Canceled => {
            Throwable::new("org.apache.flink.runtime.client.JobCancellationException", "Job was cancelled.")
        }
        _ => return None,
    };
    let invocation = "org.apache.flink.client.program.ProgramInvocationException";
    Some(retrieval().caused_by(Throwable::new(invocation, format!("Job failed (JobID: {job})"))).caused_by(cause))
}

fn retrieval() -> Throwable {
    Throwable::execution("Error while retrieving result.")
        .caused_by(Throwable::new("java.lang.RuntimeException", "Failed to fetch next result"))
}

fn asked_in_vain(error: &anyhow::Error) -> Throwable {
    Throwable::new(EXECUTION_EXCEPTION, one_line(error))
}
