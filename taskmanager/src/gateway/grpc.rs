//! The JobManager's gateway over gRPC.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{TaskManagerRegistration, TaskManagerReport, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, LeaderEpoch, OperatorId};
use proto::v1::job_manager_gateway_client::JobManagerGatewayClient;
use proto::v1::{
    DisconnectTaskManagerRequest, HeartbeatRequest, RegisterTaskManagerRequest, ReportCheckpointRequest,
    RequestSplitRequest, UpdateTaskStateRequest,
};
use proto::{MAX_MESSAGE_SIZE, WIRE_VERSION};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::{HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer, Unreachable};

/// How long the JobManager may take to accept a connection, and to answer a call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A JobManager that is reached over gRPC. Connects with the first call, and again after a connection broke.
#[derive(Debug, Clone)]
pub(crate) struct GrpcJobManager {
    client: JobManagerGatewayClient<Channel>,
}

impl GrpcJobManager {
    /// The JobManager at this `host:port`; the error says why that is no address.
    pub(crate) fn new(address: &str) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| format!("'{address}' is not an address: {error}"))?;
        let channel = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(10))
            .connect_lazy();
        let client = JobManagerGatewayClient::new(channel)
            .max_decoding_message_size(MAX_MESSAGE_SIZE)
            .max_encoding_message_size(MAX_MESSAGE_SIZE);
        Ok(GrpcJobManager { client })
    }
}

fn within<T>(limit: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// The status with what is behind it: tonic's message alone is often "transport error".
fn unreachable(status: Status) -> Unreachable {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(&status);
    while let Some(error) = source {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = error.source();
    }
    Unreachable(text)
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("registrations, reports and updates are made of lists and plain values")
}

fn attempt_json(attempt: ExecutionAttemptId) -> String {
    serde_json::to_string(&attempt).expect("an attempt id is made of plain values")
}

#[async_trait]
impl JobManagerGateway for GrpcJobManager {
    async fn register(&self, registration: &TaskManagerRegistration) -> Result<RegistrationAnswer, Unreachable> {
        let request =
            RegisterTaskManagerRequest { wire_version: WIRE_VERSION, registration: json(registration).into() };
        let answer = self.client.clone().register_task_manager(within(CALL_TIMEOUT, request)).await;
        let answer = answer.map_err(unreachable)?.into_inner();
        if !answer.refused_because.is_empty() {
            return Ok(RegistrationAnswer::Refused(answer.refused_because));
        }
        Ok(RegistrationAnswer::Accepted(Membership {
            epoch: LeaderEpoch(answer.epoch),
            heartbeat_interval: Duration::from_millis(answer.heartbeat_interval_ms.max(1)),
            heartbeat_timeout: Duration::from_millis(answer.heartbeat_timeout_ms.max(1)),
        }))
    }

    async fn heartbeats(
        &self,
        epoch: LeaderEpoch,
        resource_id: &str,
        reports: mpsc::UnboundedReceiver<TaskManagerReport>,
    ) -> Result<HeartbeatAnswers, Unreachable> {
        let resource_id = resource_id.to_owned();
        let requests = UnboundedReceiverStream::new(reports).map(move |report| HeartbeatRequest {
            epoch: epoch.0,
            resource_id: resource_id.clone(),
            report: json(&report).into(),
        });
        let mut answers = self.client.clone().heartbeat(requests).await.map_err(unreachable)?.into_inner();
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let answer = match answers.message().await {
                    Ok(Some(answer)) => Ok(answer.known),
                    Ok(None) => return,
                    Err(status) => Err(unreachable(status)),
                };
                let last = answer.is_err();
                if sender.send(answer).is_err() || last {
                    return;
                }
            }
        });
        Ok(receiver)
    }

    async fn update_task_state(&self, epoch: LeaderEpoch, update: &TaskStateUpdate) -> Result<bool, Unreachable> {
        let request = UpdateTaskStateRequest { epoch: epoch.0, update: json(update).into() };
        let answer = self.client.clone().update_task_state(within(CALL_TIMEOUT, request)).await;
        answer.map(|answer| answer.into_inner().known).map_err(unreachable)
    }

    async fn request_split(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
    ) -> Result<(), Unreachable> {
        let request =
            RequestSplitRequest { epoch: epoch.0, attempt: attempt_json(attempt), operator: operator.to_string() };
        self.client.clone().request_split(within(CALL_TIMEOUT, request)).await.map(drop).map_err(unreachable)
    }

    async fn report_checkpoint(&self, epoch: LeaderEpoch, report: &CheckpointReport) -> Result<(), Unreachable> {
        let request = ReportCheckpointRequest { epoch: epoch.0, report: json(report).into() };
        self.client.clone().report_checkpoint(within(CALL_TIMEOUT, request)).await.map(drop).map_err(unreachable)
    }

    async fn disconnect(&self, epoch: LeaderEpoch, resource_id: &str, reason: &str) -> Result<(), Unreachable> {
        let request = DisconnectTaskManagerRequest {
            epoch: epoch.0,
            resource_id: resource_id.to_owned(),
            reason: reason.to_owned(),
        };
        let answer = self.client.clone().disconnect_task_manager(within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(unreachable)
    }
}
