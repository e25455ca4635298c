//! Talks to a JobManager over its REST API: submits jobs, asks for their state, fetches the rows of a SELECT.

mod catalogs;
mod operations;
mod patience;

use std::time::Duration;

use anyhow::{Context, anyhow};
use dataflow::{JobGraph, JobId, OperatorId, VertexId};
use jobmanager::rest::messages::{
    BackupRestored, CheckpointingConfiguration, CheckpointingStatistics, ClusterOverview, ErrorResponse, JobDetails,
    JobExceptions, JobManagerAddress, JobManagerGroup, JobOverview, JobSubmitted, JobsOverview, LogLevel, MetricValue,
};
use proto::v1::CollectResultsResponse;
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use crate::rest_access::{RestAccess, RestAddress, tls_problem};
use crate::stack_trace::causes;
use patience::Unreachable;

/// A JobManager's REST API.
#[derive(Debug, Clone)]
pub struct ClusterClient {
    address: String,
    scheme: &'static str,
    http: reqwest::Client,
}

impl ClusterClient {
    /// A client of the JobManager at this `host:port`, which may have `https://` before it.
    pub fn new(address: &str, access: &RestAccess) -> anyhow::Result<Self> {
        let RestAddress { scheme, host_and_port } = access.address(address, "JobManager", "rest.port (8081)")?;
        Ok(Self { address: host_and_port, scheme, http: access.http() })
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `GET /overview`.
    pub async fn overview(&self) -> anyhow::Result<ClusterOverview> {
        self.call(self.request(Method::GET, "/overview")).await
    }

    /// Whether a flinkrs JobManager answers within `patience`.
    pub async fn answers(&self, patience: Duration) -> bool {
        matches!(tokio::time::timeout(patience, self.overview()).await, Ok(Ok(overview)) if overview.flink_commit.starts_with("flinkrs"))
    }

    /// Submits a job; it has been accepted when this returns.
    pub async fn submit(&self, graph: &JobGraph) -> anyhow::Result<JobId> {
        let response: JobSubmitted =
            self.call(self.request(Method::POST, "/jobs").json(graph)).await.context("the job was not accepted")?;
        Ok(response.jobid)
    }

    /// `GET /jobs/:id`.
    pub async fn job(&self, job: JobId) -> anyhow::Result<JobDetails> {
        self.call(self.request(Method::GET, &format!("/jobs/{job}"))).await
    }

    /// `GET /jobs/:id/exceptions`.
    pub async fn exceptions(&self, job: JobId) -> anyhow::Result<JobExceptions> {
        self.call(self.request(Method::GET, &format!("/jobs/{job}/exceptions"))).await
    }

    /// The current input watermark of each subtask of a vertex, ms since the epoch; subtasks that have none yet are left out.
    pub async fn watermarks(&self, job: JobId, vertex: VertexId) -> anyhow::Result<Vec<i64>> {
        let path = format!("/jobs/{job}/vertices/{vertex}/watermarks");
        let values: Vec<MetricValue> = self.call(self.request(Method::GET, &path)).await?;
        Ok(values
            .iter()
            .filter_map(|metric| metric.value.parse().ok())
            .filter(|&watermark| watermark != i64::MIN)
            .collect())
    }

    /// `GET /jobs/overview`.
    pub async fn jobs(&self) -> anyhow::Result<Vec<JobOverview>> {
        let overview: JobsOverview = self.call(self.request(Method::GET, "/jobs/overview")).await?;
        Ok(overview.jobs)
    }

    /// `GET /jobs/:id/checkpoints`.
    pub async fn checkpoints(&self, job: JobId) -> anyhow::Result<CheckpointingStatistics> {
        self.call(self.request(Method::GET, &format!("/jobs/{job}/checkpoints"))).await
    }

    /// `GET /jobs/:id/checkpoints/config`.
    pub async fn checkpointing(&self, job: JobId) -> anyhow::Result<CheckpointingConfiguration> {
        self.call(self.request(Method::GET, &format!("/jobs/{job}/checkpoints/config"))).await
    }

    /// Asks for the job's cancellation.
    pub async fn cancel(&self, job: JobId) -> anyhow::Result<()> {
        self.send(self.request(Method::PATCH, &format!("/jobs/{job}?mode=cancel"))).await.map(drop)
    }

    /// Has all jobs leave a TaskManager; nothing of them runs there when this returns.
    pub async fn decommission(&self, task_manager: &str) -> anyhow::Result<()> {
        let path = format!("/taskmanagers/{task_manager}/decommission");
        self.send(self.request(Method::POST, &path)).await.map(drop)
    }

    /// What a TaskManager, or the JobManager, logs; after changing it when there is a level.
    pub async fn log_level(&self, taskmanager: Option<&str>, level: Option<&str>) -> anyhow::Result<String> {
        let path = match taskmanager {
            Some(id) => format!("/taskmanagers/{id}/log-level"),
            None => "/jobmanager/log-level".to_owned(),
        };
        let request = match level {
            Some(level) => self.request(Method::PUT, &path).json(&LogLevel { level: level.to_owned() }),
            None => self.request(Method::GET, &path),
        };
        Ok(self.call::<LogLevel>(request).await?.level)
    }

    /// `GET /jobmanagers`.
    pub async fn jobmanagers(&self) -> anyhow::Result<JobManagerGroup> {
        self.call(self.request(Method::GET, "/jobmanagers")).await
    }

    /// Takes a JobManager into the group; it votes when this returns.
    pub async fn add_jobmanager(&self, address: &str) -> anyhow::Result<JobManagerGroup> {
        let body = JobManagerAddress { address: address.to_owned() };
        self.call(self.request(Method::POST, "/jobmanagers").json(&body)).await
    }

    /// Takes a JobManager out of the group.
    pub async fn remove_jobmanager(&self, address: &str) -> anyhow::Result<JobManagerGroup> {
        self.call(self.request(Method::DELETE, &format!("/jobmanagers/{address}"))).await
    }

    /// Takes a JobManager into the group and another one out of it.
    pub async fn replace_jobmanager(&self, old: &str, new: &str) -> anyhow::Result<JobManagerGroup> {
        let body = JobManagerAddress { address: new.to_owned() };
        self.call(self.request(Method::PUT, &format!("/jobmanagers/{old}")).json(&body)).await
    }

    /// All that the group of JobManagers keeps, as a document.
    pub async fn backup(&self) -> anyhow::Result<Vec<u8>> {
        let response = self.send(self.request(Method::GET, "/jobmanagers/backup")).await?;
        Ok(response.bytes().await.map_err(|error| self.unreachable(&error))?.into())
    }

    /// Has a new group take over what another one kept.
    pub async fn restore(&self, backup: Vec<u8>) -> anyhow::Result<BackupRestored> {
        self.call(self.request(Method::POST, "/jobmanagers/restore").body(backup)).await
    }

    /// Rows of one subtask of a Collect operator, from batch number `offset` of a version on; waits a while when there are none yet.
    pub async fn results(
        &self,
        job: JobId,
        operator: OperatorId,
        subtask: u32,
        version: u64,
        offset: u64,
    ) -> anyhow::Result<CollectResultsResponse> {
        let path = format!(
            "/jobs/{job}/results/{operator}?subtask={subtask}&version={version}&offset={offset}&max-wait-ms=200"
        );
        let response = self.send(self.request(Method::GET, &path)).await?;
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        prost::Message::decode(body).context("the JobManager sent results that cannot be read")
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}://{}/v1{path}", self.scheme, self.address))
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        self.send(request)
            .await?
            .json()
            .await
            .with_context(|| format!("what answers at {} is no flinkrs JobManager", self.address))
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.unwrap_or_default();
        let cause = serde_json::from_str::<ErrorResponse>(&text).map_or(text, |body| body.errors.join("; "));
        Err(anyhow!("the JobManager at {} answered {status}: {}", self.address, causes(first_line(&cause))))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Unreachable {
        if let Some(problem) = tls_problem(error) {
            return Unreachable(format!(
                "no TLS with the JobManager at {}: {problem}; look at security.ssl.rest.* of both",
                self.address
            ));
        }
        if error.is_connect() || error.is_timeout() {
            return Unreachable(format!(
                "no JobManager answers at {}; start one with 'flinkrs jobmanager', or name another with -m HOST:PORT (its rest.port)",
                self.address
            ));
        }
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Unreachable(format!(
            "the JobManager at {} broke off while being asked: {cause}; its log says why",
            self.address
        ))
    }
}

/// An error body may carry a stack trace; its first line says what is wrong.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text).trim()
}
