//! The TaskManager's gateway over gRPC.

use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerRegistration};
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch};
use proto::v1::task_manager_gateway_client::TaskManagerGatewayClient;
use proto::v1::{
    AddSplitsRequest, AlignWatermarksRequest, AnnounceLeaderRequest, CancelTaskRequest, CollectResultsRequest,
    CollectResultsResponse, DumpThreadsRequest, NotifyCheckpointRequest, ReleaseJobRequest, ShutDownRequest,
    SubmitTaskRequest, Thread,
};
use proto::{MAX_MESSAGE_SIZE, WIRE_VERSION};
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use transport::Internal;

use super::{CollectRequest, Commander, GatewayError, SplitDelivery, TaskManagerGateway};

/// The `taskmanager.resource-id` of who is called.
pub const ADDRESSEE: &str = "taskmanager-resource-id-bin";
/// How long a TaskManager may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to hear who leads.
const ANNOUNCEMENT_LIMIT: Duration = Duration::from_secs(2);
/// How long it may take to answer a call that does not wait for data.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A TaskManager that is reached over gRPC.
#[derive(Debug)]
pub struct GrpcTaskManager {
    resource_id: String,
    address: String,
    epoch: LeaderEpoch,
    client: TaskManagerGatewayClient<Channel>,
}

/// Tells the TaskManager at this `host:port` who leads; the error says why it has not heard.
pub async fn announce_leader(internal: &Internal, task_manager: &str, commander: &Commander) -> Result<(), String> {
    let endpoint = Endpoint::from_shared(format!("http://{task_manager}")).map_err(|error| error.to_string())?;
    let mut client =
        TaskManagerGatewayClient::new(internal.connect_lazy(&endpoint.connect_timeout(ANNOUNCEMENT_LIMIT)));
    let request = AnnounceLeaderRequest { epoch: commander.epoch.0, address: commander.address.clone() };
    client.announce_leader(within(ANNOUNCEMENT_LIMIT, request)).await.map(drop).map_err(|status| describe(&status))
}

/// Tells the TaskManager at this `host:port` to end; the error says why it has not heard.
pub async fn shut_down(internal: &Internal, task_manager: &str, epoch: LeaderEpoch) -> Result<(), String> {
    let endpoint = Endpoint::from_shared(format!("http://{task_manager}")).map_err(|error| error.to_string())?;
    let mut client =
        TaskManagerGatewayClient::new(internal.connect_lazy(&endpoint.connect_timeout(ANNOUNCEMENT_LIMIT)));
    let request = within(ANNOUNCEMENT_LIMIT, ShutDownRequest { epoch: epoch.0 });
    client.shut_down(request).await.map(drop).map_err(|status| describe(&status))
}

impl GrpcTaskManager {
    /// The gateway of a TaskManager that registers. Connects with the first call. The error says why its address is none.
    pub fn new(
        internal: &Internal,
        registration: &TaskManagerRegistration,
        epoch: LeaderEpoch,
    ) -> Result<Self, String> {
        let address = registration.rpc_address.clone();
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| format!("'{address}' is not an address: {error}"))?;
        let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
        let client = TaskManagerGatewayClient::new(internal.connect_lazy(&endpoint))
            .max_decoding_message_size(MAX_MESSAGE_SIZE)
            .max_encoding_message_size(MAX_MESSAGE_SIZE);
        Ok(GrpcTaskManager { resource_id: registration.resource_id.clone(), address, epoch, client })
    }

    /// A call for this TaskManager, and not for one that has come to its address since.
    fn within<T>(&self, limit: Duration, message: T) -> Request<T> {
        let mut request = within(limit, message);
        let name = MetadataValue::from_bytes(self.resource_id.as_bytes());
        request.metadata_mut().insert_bin(ADDRESSEE, name);
        request
    }

    fn unreachable(&self, status: Status) -> GatewayError {
        GatewayError::Unreachable {
            resource_id: self.resource_id.clone(),
            address: self.address.clone(),
            why: describe(&status),
        }
    }

    fn refused(&self, why: String) -> GatewayError {
        GatewayError::Refused { resource_id: self.resource_id.clone(), address: self.address.clone(), why }
    }

    /// A status of the far side's own making is a refusal; anything else is the connection's.
    fn error(&self, status: Status) -> GatewayError {
        match status.code() {
            tonic::Code::FailedPrecondition | tonic::Code::InvalidArgument | tonic::Code::NotFound => {
                self.refused(status.message().to_owned())
            }
            _ => self.unreachable(status),
        }
    }
}

/// A request that is given up after `limit`.
fn within<T>(limit: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// The status with what is behind it: tonic's message alone is often "transport error".
fn describe(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = error.source();
    }
    text
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("descriptors and splits are made of maps with text keys, lists and plain values")
}

fn attempt_json(attempt: ExecutionAttemptId) -> String {
    serde_json::to_string(&attempt).expect("an attempt id is made of plain values")
}

#[async_trait]
impl TaskManagerGateway for GrpcTaskManager {
    async fn submit_task(&self, descriptor: &TaskDeploymentDescriptor) -> Result<(), GatewayError> {
        let request = SubmitTaskRequest { wire_version: WIRE_VERSION, descriptor: json(descriptor).into() };
        let answer = self.client.clone().submit_task(self.within(CALL_TIMEOUT, request)).await;
        let refused_because = answer.map_err(|status| self.error(status))?.into_inner().refused_because;
        if refused_because.is_empty() { Ok(()) } else { Err(self.refused(refused_because)) }
    }

    async fn cancel_task(&self, attempt: ExecutionAttemptId) -> Result<bool, GatewayError> {
        let request = CancelTaskRequest { epoch: self.epoch.0, attempt: attempt_json(attempt) };
        let answer = self.client.clone().cancel_task(self.within(CALL_TIMEOUT, request)).await;
        answer.map(|answer| !answer.into_inner().unknown).map_err(|status| self.error(status))
    }

    async fn add_splits(&self, delivery: &SplitDelivery) -> Result<(), GatewayError> {
        let request = AddSplitsRequest {
            epoch: self.epoch.0,
            attempt: attempt_json(delivery.attempt),
            operator: delivery.operator.to_string(),
            splits: json(&delivery.splits).into(),
            no_more_splits: delivery.no_more_splits,
        };
        let answer = self.client.clone().add_splits(self.within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(|status| self.error(status))
    }

    async fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> Result<(), GatewayError> {
        let request = AlignWatermarksRequest { epoch: self.epoch.0, attempt: attempt_json(attempt), limit };
        let answer = self.client.clone().align_watermarks(self.within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(|status| self.error(status))
    }

    async fn notify_checkpoint(
        &self,
        attempts: &[ExecutionAttemptId],
        notice: &CheckpointNotice,
    ) -> Result<(), GatewayError> {
        let request = NotifyCheckpointRequest {
            epoch: self.epoch.0,
            attempts: json(&attempts).into(),
            notice: json(notice).into(),
        };
        let answer = self.client.clone().notify_checkpoint(self.within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(|status| self.error(status))
    }

    async fn collect_results(
        &self,
        request: CollectRequest,
        attempt: u32,
    ) -> Result<CollectResultsResponse, GatewayError> {
        let message = CollectResultsRequest {
            job_id: request.job.to_string(),
            operator: request.operator.to_string(),
            subtask: request.subtask,
            offset: request.offset,
            max_wait_ms: u32::try_from(request.max_wait.as_millis()).unwrap_or(u32::MAX),
            attempt,
            version: request.version,
        };
        let limit = CALL_TIMEOUT.saturating_add(request.max_wait);
        let answer = self.client.clone().collect_results(self.within(limit, message)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.error(status))
    }

    async fn release_job(&self, job: JobId) -> Result<(), GatewayError> {
        let request = ReleaseJobRequest { job_id: job.to_string() };
        let answer = self.client.clone().release_job(self.within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(|status| self.error(status))
    }

    async fn dump_threads(&self) -> Result<Vec<Thread>, GatewayError> {
        let answer = self.client.clone().dump_threads(self.within(CALL_TIMEOUT, DumpThreadsRequest {})).await;
        answer.map(|answer| answer.into_inner().threads).map_err(|status| self.error(status))
    }
}
