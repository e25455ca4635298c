//! What the tests of the JobManager share: a TaskManager that speaks the wire and does what the test says, an HTTP client, small graphs.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "test code; each file uses a part of it"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::common::config::{Configuration, Origin};
use dataflow::checkpoint::{CheckpointNotice, CheckpointReport};
use dataflow::deployment::{
    HardwareDescription, RunningAttempt, TaskDeploymentDescriptor, TaskManagerRegistration, TaskManagerReport,
    TaskMetricsSnapshot, TaskStateUpdate,
};
use dataflow::operator_spec::{SPEC_VERSION, ValuesSpec};
use dataflow::{
    ExecutionAttemptId, ExecutionState, Failure, JobEdge, JobGraph, JobId, JobVertex, OperatorDescriptor, OperatorId,
    OperatorSpec, Partitioning, RowType, Split, VertexId,
};
use jobmanager::JobManager;
use proto::WIRE_VERSION;
use proto::v1::job_manager_gateway_client::JobManagerGatewayClient;
use proto::v1::task_manager_gateway_server::{TaskManagerGateway, TaskManagerGatewayServer};
use proto::v1::*;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{TcpListenerStream, UnboundedReceiverStream};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// Longest wait for anything.
pub const LIMIT: Duration = Duration::from_secs(10);

/// A JobManager on ports of the system's choosing, with these settings.
pub async fn start(settings: &[(&str, &str)]) -> JobManager {
    let mut config = Configuration::new();
    for (key, value) in [("jobmanager.rpc.port", "0"), ("rest.port", "0")].iter().chain(settings) {
        config.set(*key, *value, Origin::Program);
    }
    JobManager::start(&config).await.expect("a JobManager on free ports")
}

/// What the JobManager told the scripted TaskManager.
#[derive(Debug)]
pub enum Call {
    Submit(Box<TaskDeploymentDescriptor>),
    Cancel(ExecutionAttemptId),
    Release(JobId),
    Checkpoint(Vec<ExecutionAttemptId>, CheckpointNotice),
    AddSplits { attempt: ExecutionAttemptId, splits: Vec<Split>, no_more: bool },
    AlignWatermarks(ExecutionAttemptId, i64),
}

struct Service {
    calls: mpsc::UnboundedSender<Call>,
    running: Running,
}

/// The attempts that a TaskManager runs.
type Running = Arc<Mutex<BTreeSet<ExecutionAttemptId>>>;

#[tonic::async_trait]
impl TaskManagerGateway for Service {
    async fn submit_task(&self, request: Request<SubmitTaskRequest>) -> Result<Response<SubmitTaskResponse>, Status> {
        let descriptor: Box<TaskDeploymentDescriptor> =
            serde_json::from_slice(&request.into_inner().descriptor).expect("a descriptor");
        self.running.lock().unwrap().insert(descriptor.attempt);
        self.calls.send(Call::Submit(descriptor)).ok();
        Ok(Response::new(SubmitTaskResponse::default()))
    }

    async fn cancel_task(&self, request: Request<CancelTaskRequest>) -> Result<Response<CancelTaskResponse>, Status> {
        let attempt = serde_json::from_str(&request.into_inner().attempt).expect("an attempt");
        self.calls.send(Call::Cancel(attempt)).ok();
        Ok(Response::new(CancelTaskResponse { unknown: !self.running.lock().unwrap().contains(&attempt) }))
    }

    async fn add_splits(&self, request: Request<AddSplitsRequest>) -> Result<Response<AddSplitsResponse>, Status> {
        let request = request.into_inner();
        let attempt = serde_json::from_str(&request.attempt).expect("an attempt");
        let splits = serde_json::from_slice(&request.splits).expect("splits");
        self.calls.send(Call::AddSplits { attempt, splits, no_more: request.no_more_splits }).ok();
        Ok(Response::new(AddSplitsResponse {}))
    }

    async fn align_watermarks(
        &self,
        request: Request<proto::v1::AlignWatermarksRequest>,
    ) -> Result<Response<proto::v1::AlignWatermarksResponse>, Status> {
        let request = request.into_inner();
        let attempt = serde_json::from_str(&request.attempt).expect("an attempt");
        self.calls.send(Call::AlignWatermarks(attempt, request.limit)).ok();
        Ok(Response::new(proto::v1::AlignWatermarksResponse {}))
    }

    async fn notify_checkpoint(
        &self,
        request: Request<proto::v1::NotifyCheckpointRequest>,
    ) -> Result<Response<proto::v1::NotifyCheckpointResponse>, Status> {
        let request = request.into_inner();
        let attempts = serde_json::from_slice(&request.attempts).expect("attempts");
        let notice = serde_json::from_slice(&request.notice).expect("a notice");
        self.calls.send(Call::Checkpoint(attempts, notice)).ok();
        Ok(Response::new(proto::v1::NotifyCheckpointResponse {}))
    }

    async fn collect_results(
        &self,
        request: Request<CollectResultsRequest>,
    ) -> Result<Response<CollectResultsResponse>, Status> {
        let kinds = request.into_inner().offset.to_string().into_bytes().into();
        let batches = vec![ResultBatch { ipc: b"rows".to_vec().into(), kinds }];
        Ok(Response::new(CollectResultsResponse { batches, complete: true, ..Default::default() }))
    }

    async fn release_job(&self, request: Request<ReleaseJobRequest>) -> Result<Response<ReleaseJobResponse>, Status> {
        self.calls.send(Call::Release(request.into_inner().job_id.parse().expect("a job id"))).ok();
        Ok(Response::new(ReleaseJobResponse {}))
    }

    async fn announce_leader(
        &self,
        _: Request<AnnounceLeaderRequest>,
    ) -> Result<Response<AnnounceLeaderResponse>, Status> {
        Ok(Response::new(AnnounceLeaderResponse {}))
    }

    async fn dump_threads(&self, _: Request<DumpThreadsRequest>) -> Result<Response<DumpThreadsResponse>, Status> {
        let thread = Thread { name: "Source: values".to_owned(), id: 7, state: "WAITING".to_owned() };
        Ok(Response::new(DumpThreadsResponse { threads: vec![thread] }))
    }

    async fn shut_down(&self, _: Request<ShutDownRequest>) -> Result<Response<ShutDownResponse>, Status> {
        Ok(Response::new(ShutDownResponse {}))
    }
}

/// A TaskManager that does what the test says.
pub struct ScriptedTaskManager {
    pub registration: TaskManagerRegistration,
    pub calls: mpsc::UnboundedReceiver<Call>,
    pub epoch: u64,
    client: JobManagerGatewayClient<Channel>,
    heartbeats: Option<mpsc::UnboundedSender<HeartbeatRequest>>,
    server: JoinHandle<()>,
    running: Running,
}

impl ScriptedTaskManager {
    /// Registers with so many slots and opens its stream of heartbeats.
    pub async fn start(jobmanager: &JobManager, resource_id: &str, slots: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, calls) = mpsc::unbounded_channel();
        let running = Running::default();
        let service = TaskManagerGatewayServer::new(Service { calls: sender, running: running.clone() });
        let server = tokio::spawn(async move {
            let incoming = TcpListenerStream::new(listener);
            tonic::transport::Server::builder().serve_with_incoming(service, incoming).await.unwrap();
        });
        let client = JobManagerGatewayClient::connect(format!("http://{}", jobmanager.rpc_address())).await.unwrap();
        let registration = TaskManagerRegistration {
            resource_id: resource_id.to_owned(),
            data_address: address.clone(),
            rpc_address: address,
            slots,
            hardware: HardwareDescription::default(),
            pid: std::process::id(),
            running: Vec::new(),
        };
        let mut this = ScriptedTaskManager { registration, calls, epoch: 0, client, heartbeats: None, server, running };
        this.register(Vec::new()).await;
        this
    }

    /// Turns to another JobManager, as one that runs these attempts.
    pub async fn come_to(&mut self, jobmanager: &JobManager, running: Vec<ExecutionAttemptId>) {
        self.client = JobManagerGatewayClient::connect(format!("http://{}", jobmanager.rpc_address())).await.unwrap();
        self.register(running).await;
    }

    /// Registers (again), as one that runs these attempts.
    pub async fn register(&mut self, running: Vec<ExecutionAttemptId>) {
        let runs = |attempt| RunningAttempt {
            attempt,
            state: ExecutionState::Running,
            end_of_data: false,
            readers: std::collections::BTreeMap::new(),
        };
        *self.running.lock().unwrap() = running.iter().copied().collect();
        self.registration.running = running.into_iter().map(runs).collect();
        let registration = serde_json::to_vec(&self.registration).unwrap().into();
        let request = RegisterTaskManagerRequest { wire_version: WIRE_VERSION, registration };
        let answer = self.client.register_task_manager(request).await.unwrap().into_inner();
        assert_eq!(answer.refused_because, "");
        self.epoch = answer.epoch;
        let (sender, receiver) = mpsc::unbounded_channel();
        self.heartbeats = Some(sender);
        self.report(Vec::new());
        let mut answers = self.client.heartbeat(UnboundedReceiverStream::new(receiver)).await.unwrap().into_inner();
        assert!(answers.message().await.unwrap().unwrap().known);
        tokio::spawn(async move { while let Ok(Some(_)) = answers.message().await {} });
    }

    /// Sends a heartbeat with these counters.
    pub fn report(&self, tasks: Vec<(ExecutionAttemptId, TaskMetricsSnapshot)>) {
        let report = serde_json::to_vec(&TaskManagerReport { tasks, ..Default::default() }).unwrap().into();
        let resource_id = self.registration.resource_id.clone();
        let heartbeat = HeartbeatRequest { epoch: self.epoch, resource_id, report };
        self.heartbeats.as_ref().expect("registered").send(heartbeat).unwrap();
    }

    /// Reports a state; whether the JobManager knows the attempt.
    pub async fn update(&mut self, attempt: ExecutionAttemptId, state: ExecutionState) -> bool {
        if state.is_terminal() {
            self.running.lock().unwrap().remove(&attempt);
        }
        let failure = (state == ExecutionState::Failed).then(|| Failure::user("division by zero"));
        let metrics = Some(TaskMetricsSnapshot { records_in: 7, ..Default::default() });
        let update = TaskStateUpdate { attempt, state, failure, metrics };
        let update = serde_json::to_vec(&update).unwrap().into();
        let request = UpdateTaskStateRequest { epoch: self.epoch, update };
        self.client.update_task_state(request).await.unwrap().into_inner().known
    }

    /// Waits until this attempt is to be cancelled; others may be before it.
    pub async fn cancelled(&mut self, attempt: ExecutionAttemptId) {
        loop {
            match self.call().await {
                Call::Cancel(cancelled) if cancelled == attempt => return,
                Call::Cancel(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Asks for a split for the source operator with the id of its vertex; the answer is the next call.
    pub async fn request_split(&mut self, attempt: ExecutionAttemptId) -> Vec<Split> {
        let operator = OperatorId(attempt.vertex.0).to_string();
        let request =
            RequestSplitRequest { epoch: self.epoch, attempt: serde_json::to_string(&attempt).unwrap(), operator };
        self.client.request_split(request).await.unwrap();
        match self.call().await {
            Call::AddSplits { attempt: to, splits, no_more } => {
                assert_eq!((to, no_more), (attempt, splits.is_empty()));
                splits
            }
            other => panic!("expected splits, got {other:?}"),
        }
    }

    /// Reports on a checkpoint.
    pub async fn report_checkpoint(&mut self, report: &CheckpointReport) {
        let report = serde_json::to_vec(report).unwrap().into();
        let request = ReportCheckpointRequest { epoch: self.epoch, report };
        self.client.report_checkpoint(request).await.unwrap();
    }

    /// The next so many submissions; other calls in between are a mistake.
    pub async fn submitted(&mut self, count: usize) -> Vec<TaskDeploymentDescriptor> {
        let mut all = Vec::new();
        while all.len() < count {
            match self.call().await {
                Call::Submit(descriptor) => all.push(*descriptor),
                other => panic!("expected a submission, got {other:?}"),
            }
        }
        all
    }

    /// The next call.
    pub async fn call(&mut self) -> Call {
        tokio::time::timeout(LIMIT, self.calls.recv()).await.expect("a call in time").expect("the server runs")
    }

    /// Breaks the stream of heartbeats; the process seems alive.
    pub fn break_stream(&mut self) {
        self.heartbeats = None;
    }

    /// Ends as a process does that is killed.
    pub fn kill(mut self) {
        self.server.abort();
        self.heartbeats = None;
    }
}

/// Asks the REST API; status and body.
pub async fn http(jobmanager: &JobManager, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(jobmanager.rest_address()).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[end..].to_vec())
}

/// Asks the REST API for JSON.
pub async fn json(jobmanager: &JobManager, method: &str, path: &str) -> (u16, Value) {
    let (status, body) = http(jobmanager, method, path, "{}").await;
    (status, serde_json::from_slice(&body).expect("JSON"))
}

/// Submits a job.
pub async fn submit(jobmanager: &JobManager, graph: &JobGraph) -> Value {
    let (status, body) = http(jobmanager, "POST", "/v1/jobs", &serde_json::to_string(graph).unwrap()).await;
    assert_eq!(status, 202, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

/// Waits until the job has a status.
pub async fn wait_for(jobmanager: &JobManager, job: JobId, wanted: &str) {
    let path = format!("/jobs/{job}/status");
    let reached = async {
        loop {
            if json(jobmanager, "GET", &path).await.1["status"] == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, reached).await.unwrap_or_else(|_| panic!("job {job} never was {wanted}"));
}

/// Waits until something is true of an answer.
pub async fn eventually(jobmanager: &JobManager, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let reached = async {
        loop {
            let (_, answer) = json(jobmanager, "GET", path).await;
            if is_so(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, reached).await.unwrap_or_else(|_| panic!("never so: {path}"))
}

/// VALUES -> Collect, each with this many subtasks.
pub fn graph(job: u128, parallelism: u32, config: &[(&str, &str)]) -> JobGraph {
    let vertex = |id: u128, name: &str, spec| JobVertex {
        id: VertexId(id),
        name: name.to_owned(),
        parallelism,
        max_parallelism: 128,
        operators: vec![OperatorDescriptor {
            id: OperatorId(id),
            name: name.to_owned(),
            spec,
            output: RowType::default(),
        }],
    };
    JobGraph {
        version: SPEC_VERSION,
        job_id: JobId(job),
        name: "test-job".to_owned(),
        config: config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        vertices: vec![
            vertex(
                1,
                "Source: values[1]",
                OperatorSpec::Values(ValuesSpec { output: RowType::default(), rows: vec![] }),
            ),
            vertex(2, "Collect[2]", OperatorSpec::Collect),
        ],
        edges: vec![JobEdge {
            source: VertexId(1),
            target: VertexId(2),
            input: 0,
            partitioning: Partitioning::Hash { keys: vec![0] },
        }],
    }
}
