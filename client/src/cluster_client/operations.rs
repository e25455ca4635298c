//! What takes a while: savepoints, checkpoints, disposals. They are asked for, and then asked about until they are done.

use std::time::Duration;

use anyhow::anyhow;
use dataflow::checkpoint::SavepointFormat;
use dataflow::{JobId, TriggerId};
use jobmanager::rest::messages::{
    Acknowledged, AsynchronousOperation, CheckpointTriggerRequest, FailureCause, OperationOutcome,
    SavepointDisposalRequest, SavepointInfo, SavepointTriggerRequest, StopWithSavepointRequest, TriggerResponse,
    TriggeredCheckpoint, TriggeredCheckpointType,
};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ClusterClient;
use crate::stack_trace::causes;

/// How often is asked: soon at first, then as Flink's clients do.
const FIRST_POLL: Duration = Duration::from_millis(20);
const LONGEST_POLL: Duration = Duration::from_secs(1);

impl ClusterClient {
    /// Asks for a savepoint, in a folder below `directory` or below the configured one.
    pub async fn trigger_savepoint(
        &self,
        job: JobId,
        directory: Option<&str>,
        format: SavepointFormat,
    ) -> anyhow::Result<TriggerId> {
        let request = SavepointTriggerRequest {
            target_directory: directory.map(str::to_owned),
            format_type: Some(format),
            ..Default::default()
        };
        self.trigger(&format!("/jobs/{job}/savepoints"), &request).await
    }

    /// Waits for a savepoint; returns where it is.
    pub async fn savepoint(&self, job: JobId, trigger: TriggerId) -> anyhow::Result<String> {
        let savepoint: SavepointInfo = self.outcome(&format!("/jobs/{job}/savepoints/{trigger}")).await?;
        Ok(savepoint.location)
    }

    /// Asks for a savepoint after which the job is cancelled.
    pub async fn trigger_cancel_with_savepoint(
        &self,
        job: JobId,
        directory: Option<&str>,
        format: SavepointFormat,
    ) -> anyhow::Result<TriggerId> {
        let request = SavepointTriggerRequest {
            target_directory: directory.map(str::to_owned),
            cancel_job: true,
            format_type: Some(format),
            trigger_id: None,
        };
        self.trigger(&format!("/jobs/{job}/savepoints"), &request).await
    }

    /// Asks for a savepoint with which the job ends.
    pub async fn trigger_stop(
        &self,
        job: JobId,
        directory: Option<&str>,
        drain: bool,
        format: SavepointFormat,
    ) -> anyhow::Result<TriggerId> {
        let request = StopWithSavepointRequest {
            target_directory: directory.map(str::to_owned),
            drain,
            format_type: Some(format),
            trigger_id: None,
        };
        self.trigger(&format!("/jobs/{job}/stop"), &request).await
    }

    /// Takes a savepoint with which the job ends; returns where it is.
    pub async fn stop_with_savepoint(
        &self,
        job: JobId,
        directory: Option<&str>,
        drain: bool,
        format: SavepointFormat,
    ) -> anyhow::Result<String> {
        let trigger = self.trigger_stop(job, directory, drain, format).await?;
        self.savepoint(job, trigger).await
    }

    /// Takes a checkpoint; returns its number.
    pub async fn checkpoint(&self, job: JobId, full: bool) -> anyhow::Result<u64> {
        let kind = if full { TriggeredCheckpointType::Full } else { TriggeredCheckpointType::Configured };
        let request = CheckpointTriggerRequest { checkpoint_type: Some(kind), trigger_id: None };
        let trigger = self.trigger(&format!("/jobs/{job}/checkpoints"), &request).await?;
        let taken: TriggeredCheckpoint = self.outcome(&format!("/jobs/{job}/checkpoints/{trigger}")).await?;
        Ok(taken.checkpoint_id)
    }

    /// Deletes a savepoint.
    pub async fn dispose_savepoint(&self, path: &str) -> anyhow::Result<()> {
        let request = SavepointDisposalRequest { savepoint_path: path.to_owned() };
        let trigger = self.trigger("/savepoint-disposal", &request).await?;
        self.outcome::<Acknowledged>(&format!("/savepoint-disposal/{trigger}")).await.map(drop)
    }

    fn failed(&self, cause: &FailureCause) -> anyhow::Error {
        let hint = if cause.stack_trace.contains("FlinkJobNotFoundException") {
            format!("; 'flinkrs list -a -m {}' shows the jobs", self.address())
        } else {
            String::new()
        };
        anyhow!("{}{hint}", causes(&cause.stack_trace))
    }

    async fn trigger(&self, path: &str, request: &impl Serialize) -> anyhow::Result<TriggerId> {
        let response: TriggerResponse = self.call(self.request(Method::POST, path).json(request)).await?;
        Ok(response.request_id)
    }

    /// Waits until an operation is done.
    async fn outcome<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let mut pause = FIRST_POLL;
        loop {
            let operation: AsynchronousOperation<T> = self.call(self.request(Method::GET, path)).await?;
            match operation.operation {
                Some(OperationOutcome::Done(outcome)) => return Ok(outcome),
                Some(OperationOutcome::Failed { failure_cause }) => return Err(self.failed(&failure_cause)),
                None => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }
}
