//! The JobManager's gateway over gRPC: to the one of a group that leads.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{TaskManagerRegistration, TaskManagerReport, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, LeaderEpoch, OperatorId};
use proto::v1::job_manager_gateway_client::JobManagerGatewayClient;
use proto::v1::{
    DisconnectTaskManagerRequest, HeartbeatRequest, RegisterTaskManagerRequest, ReportCheckpointRequest,
    ReportWatermarkRequest, RequestSplitRequest, UpdateTaskStateRequest,
};
use proto::{MAX_MESSAGE_SIZE, WIRE_VERSION};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use transport::Internal;

use super::{HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer, Unreachable};

/// How long a JobManager may take to accept a connection, and to answer a call. With others to ask, patience with one is short.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT_IN_GROUP: Duration = Duration::from_millis(500);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// A JobManager that hangs is not waited for when another one may lead.
const REGISTER_TIMEOUT_IN_GROUP: Duration = Duration::from_secs(1);

/// The JobManagers, over gRPC. Calls go to the one that is taken for the leader; a registration that it does not take goes to another one next.
/// Connects with the first call, and again after a connection broke.
#[derive(Debug)]
pub(crate) struct GrpcJobManagers {
    in_group: bool,
    internal: Internal,
    ways: Mutex<Ways>,
}

#[derive(Debug)]
struct Ways {
    /// All that were ever known.
    peers: Vec<String>,
    /// The address of the one that is taken for the leader.
    current: String,
    clients: HashMap<String, JobManagerGatewayClient<Channel>>,
}

impl GrpcJobManagers {
    /// The JobManagers at these `host:port`s; the error says why one is no address.
    pub(crate) fn new(peers: Vec<String>, internal: Internal) -> Result<Self, String> {
        let first = peers.first().cloned().ok_or_else(|| "no JobManager is named".to_owned())?;
        let mut clients = HashMap::new();
        for peer in &peers {
            clients.insert(peer.clone(), client(peer, peers.len() > 1, &internal)?);
        }
        let in_group = peers.len() > 1;
        Ok(GrpcJobManagers { in_group, internal, ways: Mutex::new(Ways { peers, current: first, clients }) })
    }

    /// The way to the one that is taken for the leader.
    fn client(&self) -> JobManagerGatewayClient<Channel> {
        let ways = self.ways();
        ways.clients.get(&ways.current).cloned().expect("an address becomes current when it has a client")
    }

    /// These are the JobManagers now.
    fn learn(&self, peers: &[String]) {
        let mut ways = self.ways();
        for peer in peers {
            if !ways.peers.contains(peer)
                && let Ok(client) = client(peer, true, &self.internal)
            {
                ways.clients.entry(peer.clone()).or_insert(client);
                ways.peers.push(peer.clone());
            }
        }
    }

    fn ways(&self) -> MutexGuard<'_, Ways> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(address: &str, in_group: bool, internal: &Internal) -> Result<JobManagerGatewayClient<Channel>, String> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|error| format!("'{address}' is not an address: {error}"))?;
    let endpoint = endpoint
        .connect_timeout(if in_group { CONNECT_TIMEOUT_IN_GROUP } else { CONNECT_TIMEOUT })
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(10));
    Ok(JobManagerGatewayClient::new(internal.connect_lazy(&endpoint))
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE))
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
impl JobManagerGateway for GrpcJobManagers {
    fn turn_to(&self, leader: Option<&str>) {
        let mut ways = self.ways();
        // One that joined the group later is not in the list.
        if let Some(leader) = leader
            && let Ok(client) = client(leader, true, &self.internal)
        {
            ways.clients.entry(leader.to_owned()).or_insert(client);
            leader.clone_into(&mut ways.current);
            return;
        }
        let place = ways.peers.iter().position(|peer| *peer == ways.current);
        let next = place.map_or(0, |place| (place + 1) % ways.peers.len());
        ways.current = ways.peers[next].clone();
    }

    async fn register(&self, registration: &TaskManagerRegistration) -> Result<RegistrationAnswer, Unreachable> {
        let request =
            RegisterTaskManagerRequest { wire_version: WIRE_VERSION, registration: json(registration).into() };
        let limit = if self.in_group { REGISTER_TIMEOUT_IN_GROUP } else { CALL_TIMEOUT };
        let answer = match self.client().register_task_manager(within(limit, request)).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => {
                self.turn_to(None);
                return Err(unreachable(status));
            }
        };
        if answer.not_leading {
            self.turn_to(Some(answer.leader.as_str()).filter(|leader| !leader.is_empty()));
            return Ok(RegistrationAnswer::NotLeading { knows_leader: !answer.leader.is_empty() });
        }
        self.learn(&answer.jobmanagers);
        if !answer.refused_because.is_empty() {
            return Ok(RegistrationAnswer::Refused(answer.refused_because));
        }
        Ok(RegistrationAnswer::Accepted(Membership {
            epoch: LeaderEpoch(answer.epoch),
            adoption: serde_json::from_slice(&answer.adoption)
                .map_err(|error| Unreachable(format!("its answer cannot be read: {error}")))?,
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
        let mut answers = self.client().heartbeat(requests).await.map_err(unreachable)?.into_inner();
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
        let answer = self.client().update_task_state(within(CALL_TIMEOUT, request)).await;
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
        self.client().request_split(within(CALL_TIMEOUT, request)).await.map(drop).map_err(unreachable)
    }

    async fn report_watermark(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        watermark: i64,
    ) -> Result<(), Unreachable> {
        let (attempt, operator) = (attempt_json(attempt), operator.to_string());
        let request = ReportWatermarkRequest { epoch: epoch.0, attempt, operator, watermark };
        self.client().report_watermark(within(CALL_TIMEOUT, request)).await.map(drop).map_err(unreachable)
    }

    async fn report_checkpoint(&self, epoch: LeaderEpoch, report: &CheckpointReport) -> Result<(), Unreachable> {
        let request = ReportCheckpointRequest { epoch: epoch.0, report: json(report).into() };
        self.client().report_checkpoint(within(CALL_TIMEOUT, request)).await.map(drop).map_err(unreachable)
    }

    async fn disconnect(&self, epoch: LeaderEpoch, resource_id: &str, reason: &str) -> Result<(), Unreachable> {
        let request = DisconnectTaskManagerRequest {
            epoch: epoch.0,
            resource_id: resource_id.to_owned(),
            reason: reason.to_owned(),
        };
        let answer = self.client().disconnect_task_manager(within(CALL_TIMEOUT, request)).await;
        answer.map(drop).map_err(unreachable)
    }
}
