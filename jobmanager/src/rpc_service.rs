//! The gRPC service to which TaskManagers speak. It takes messages apart and passes them on; decisions are made elsewhere.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{TaskManagerRegistration, TaskManagerReport, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, LeaderEpoch, OperatorId};
use futures::{Stream, StreamExt};
use proto::WIRE_VERSION;
use proto::v1::job_manager_gateway_server::JobManagerGateway;
use proto::v1::{
    DisconnectTaskManagerRequest, DisconnectTaskManagerResponse, HeartbeatRequest, HeartbeatResponse,
    RegisterTaskManagerRequest, RegisterTaskManagerResponse, ReportCheckpointRequest, ReportCheckpointResponse,
    ReportWatermarkRequest, ReportWatermarkResponse, RequestSplitRequest, RequestSplitResponse, UpdateTaskStateRequest,
    UpdateTaskStateResponse,
};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::leadership::{LeaderSession, Leadership};
use crate::resource_manager::{RegistrationAnswer, ResourceManagerHandle, ResourceManagerSettings};

/// Answers TaskManagers.
pub struct RpcService {
    leadership: Leadership,
    settings: ResourceManagerSettings,
    environment: Environment,
    shutdown: Shutdown,
    /// Numbers the heartbeat streams in the order in which they open, from 1.
    streams: AtomicU64,
}

impl RpcService {
    /// The service of a JobManager.
    pub fn new(
        leadership: Leadership,
        settings: ResourceManagerSettings,
        environment: Environment,
        shutdown: Shutdown,
    ) -> Self {
        RpcService { leadership, settings, environment, shutdown, streams: AtomicU64::new(1) }
    }

    /// Follows a TaskManager's heartbeats, and answers each.
    pub fn follow_heartbeats(
        &self,
        requests: impl Stream<Item = Result<HeartbeatRequest, Status>> + Send + Unpin + 'static,
    ) -> Result<mpsc::UnboundedReceiver<Result<HeartbeatResponse, Status>>, Status> {
        let session = self.leadership.session().ok_or_else(|| Status::unavailable("this JobManager does not lead"))?;
        let stream = self.streams.fetch_add(1, Ordering::Relaxed);
        let (answers, outgoing) = mpsc::unbounded_channel();
        let (epoch, resource_manager) = (session.epoch(), session.resource_manager().clone());
        let (over, shutdown) = (session.over().clone(), self.shutdown.clone());
        // A stream that stayed open would hold the server up at its end, and a TaskManager to one that does not lead any more.
        self.environment.spawn(async move {
            let stream = follow(stream, epoch, requests, resource_manager, answers);
            shutdown.unless_triggered(over.unless_triggered(stream)).await
        });
        Ok(outgoing)
    }

    /// Where TaskManagers may look for a leader.
    fn jobmanagers(&self) -> Vec<String> {
        let group = self.leadership.group();
        group.into_iter().flat_map(|group| group.members).map(|member| member.address).collect()
    }

    /// Says who leads instead.
    fn not_leading(&self) -> Response<RegisterTaskManagerResponse> {
        let leader = self.leadership.leader().unwrap_or_default();
        Response::new(RegisterTaskManagerResponse { not_leading: true, leader, ..Default::default() })
    }

    /// What a call of this epoch is for. Calls of another epoch are refused: who makes them has to register again.
    fn session(&self, epoch: u64) -> Result<LeaderSession, Status> {
        let session = self.leadership.session().ok_or_else(|| Status::unavailable("this JobManager does not lead"))?;
        let current = session.epoch().0;
        if epoch != current {
            return Err(Status::unavailable(format!("the call is of epoch {epoch}, the JobManager's is {current}")));
        }
        Ok(session)
    }
}

fn refuse(why: String) -> Response<RegisterTaskManagerResponse> {
    Response::new(RegisterTaskManagerResponse { refused_because: why, ..Default::default() })
}

fn parse<T: DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, Status> {
    serde_json::from_slice(json).map_err(|error| Status::invalid_argument(format!("{what} cannot be read: {error}")))
}

fn parse_operator(id: &str) -> Result<OperatorId, Status> {
    id.parse().map_err(|error| Status::invalid_argument(format!("the operator cannot be read: {error}")))
}

#[tonic::async_trait]
impl JobManagerGateway for RpcService {
    async fn register_task_manager(
        &self,
        request: Request<RegisterTaskManagerRequest>,
    ) -> Result<Response<RegisterTaskManagerResponse>, Status> {
        let request = request.into_inner();
        if request.wire_version != WIRE_VERSION {
            return Ok(refuse(format!(
                "it speaks version {} of the wire, the JobManager version {WIRE_VERSION}; use one release in a cluster",
                request.wire_version
            )));
        }
        let registration: TaskManagerRegistration = parse("the registration", &request.registration)?;
        let Some(session) = self.leadership.session() else { return Ok(self.not_leading()) };
        let registered = session.resource_manager().register(registration);
        Ok(match session.over().unless_triggered(registered).await {
            None => self.not_leading(),
            Some(RegistrationAnswer::Refused(why)) => refuse(why),
            Some(RegistrationAnswer::Accepted(adoption)) => Response::new(RegisterTaskManagerResponse {
                epoch: session.epoch().0,
                jobmanagers: self.jobmanagers(),
                adoption: serde_json::to_vec(&adoption)
                    .map_err(|error| Status::internal(format!("the answer cannot be written: {error}")))?
                    .into(),
                heartbeat_interval_ms: self.settings.heartbeat_interval.as_millis() as u64,
                heartbeat_timeout_ms: self.settings.heartbeat_timeout.as_millis() as u64,
                ..Default::default()
            }),
        })
    }

    type HeartbeatStream = Pin<Box<dyn Stream<Item = Result<HeartbeatResponse, Status>> + Send>>;

    async fn heartbeat(
        &self,
        request: Request<Streaming<HeartbeatRequest>>,
    ) -> Result<Response<Self::HeartbeatStream>, Status> {
        let answers = self.follow_heartbeats(request.into_inner())?;
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(answers))))
    }

    async fn update_task_state(
        &self,
        request: Request<UpdateTaskStateRequest>,
    ) -> Result<Response<UpdateTaskStateResponse>, Status> {
        let request = request.into_inner();
        let update: TaskStateUpdate = parse("the state update", &request.update)?;
        let session = self.session(request.epoch)?;
        let answer = session.over().unless_triggered(session.dispatcher().update_state(update)).await;
        let known = answer.ok_or_else(|| Status::unavailable("this JobManager does not lead any more"))?;
        Ok(Response::new(UpdateTaskStateResponse { known }))
    }

    async fn request_split(
        &self,
        request: Request<RequestSplitRequest>,
    ) -> Result<Response<RequestSplitResponse>, Status> {
        let request = request.into_inner();
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let operator = parse_operator(&request.operator)?;
        self.session(request.epoch)?.dispatcher().request_split(attempt, operator);
        Ok(Response::new(RequestSplitResponse {}))
    }

    async fn report_watermark(
        &self,
        request: Request<ReportWatermarkRequest>,
    ) -> Result<Response<ReportWatermarkResponse>, Status> {
        let request = request.into_inner();
        let attempt: ExecutionAttemptId = parse("the attempt", request.attempt.as_bytes())?;
        let operator = parse_operator(&request.operator)?;
        self.session(request.epoch)?.dispatcher().report_watermark(attempt, operator, request.watermark);
        Ok(Response::new(ReportWatermarkResponse {}))
    }

    async fn report_checkpoint(
        &self,
        request: Request<ReportCheckpointRequest>,
    ) -> Result<Response<ReportCheckpointResponse>, Status> {
        let request = request.into_inner();
        let report: CheckpointReport = parse("the report", &request.report)?;
        self.session(request.epoch)?.dispatcher().report_checkpoint(report);
        Ok(Response::new(ReportCheckpointResponse {}))
    }

    async fn disconnect_task_manager(
        &self,
        request: Request<DisconnectTaskManagerRequest>,
    ) -> Result<Response<DisconnectTaskManagerResponse>, Status> {
        let request = request.into_inner();
        self.session(request.epoch)?.resource_manager().disconnect(request.resource_id, request.reason);
        Ok(Response::new(DisconnectTaskManagerResponse {}))
    }
}

/// Follows a TaskManager's heartbeats until its stream ends or it is no longer known.
async fn follow(
    stream: u64,
    epoch: LeaderEpoch,
    mut requests: impl Stream<Item = Result<HeartbeatRequest, Status>> + Unpin,
    resource_manager: ResourceManagerHandle,
    answers: mpsc::UnboundedSender<Result<HeartbeatResponse, Status>>,
) {
    let mut resource_id = None;
    let why = loop {
        let request = match requests.next().await {
            Some(Ok(request)) => request,
            None => break "closed by the TaskManager".to_owned(),
            Some(Err(status)) => break status.message().to_owned(),
        };
        let report = serde_json::from_slice::<TaskManagerReport>(&request.report);
        let known = match report {
            Ok(report) if request.epoch == epoch.0 => {
                resource_manager.heartbeat(request.resource_id.clone(), stream, report).await
            }
            Ok(_) => false,
            Err(error) => {
                let _ = answers.send(Err(Status::invalid_argument(format!("the report cannot be read: {error}"))));
                break "its report cannot be read".to_owned();
            }
        };
        resource_id = Some(request.resource_id);
        if answers.send(Ok(HeartbeatResponse { known })).is_err() {
            break "the TaskManager no longer listens".to_owned();
        }
        if !known {
            break "it has to register again".to_owned();
        }
    };
    if let Some(resource_id) = resource_id {
        resource_manager.stream_closed(resource_id, stream, why);
    }
}
