//! A TaskManager and a JobManager that speaks the wire and does what the test says: registration, tasks, a new epoch, giving up.

#![allow(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use common::config::{Configuration, Origin};
use dataflow::deployment::{
    Adoption, InputChannelDescriptor, InputGateDescriptor, TaskDeploymentDescriptor, TaskManagerRegistration,
    TaskStateUpdate,
};
use dataflow::{
    ExecutionAttemptId, ExecutionState, JobId, JobVertex, LeaderEpoch, OperatorDescriptor, OperatorId, OperatorSpec,
    PartitionId, RowType, VertexId,
};
use futures::Stream;
use proto::WIRE_VERSION;
use proto::v1::job_manager_gateway_server::{JobManagerGateway, JobManagerGatewayServer};
use proto::v1::task_manager_gateway_client::TaskManagerGatewayClient;
use proto::v1::*;
use taskmanager::TaskManager;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{TcpListenerStream, UnboundedReceiverStream};
use tonic::{Request, Response, Status, Streaming};

const LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
enum Call {
    Register(Box<TaskManagerRegistration>),
    Heartbeat,
    State(Box<TaskStateUpdate>),
    Disconnect,
}

struct Service {
    calls: mpsc::UnboundedSender<Call>,
    epoch: Arc<AtomicU64>,
    adopts: Arc<AtomicBool>,
    patience_ms: Arc<AtomicU64>,
    silent: Arc<AtomicBool>,
}

#[tonic::async_trait]
impl JobManagerGateway for Service {
    async fn register_task_manager(
        &self,
        request: Request<RegisterTaskManagerRequest>,
    ) -> Result<Response<RegisterTaskManagerResponse>, Status> {
        while self.silent.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let request = request.into_inner();
        assert_eq!(request.wire_version, WIRE_VERSION);
        let registration: TaskManagerRegistration = serde_json::from_slice(&request.registration).unwrap();
        let attempts = match self.adopts.load(Ordering::SeqCst) {
            true => registration.running.iter().map(|task| task.attempt).collect(),
            false => Vec::new(),
        };
        self.calls.send(Call::Register(Box::new(registration))).ok();
        Ok(Response::new(RegisterTaskManagerResponse {
            epoch: self.epoch.load(Ordering::SeqCst),
            heartbeat_interval_ms: 20,
            heartbeat_timeout_ms: self.patience_ms.load(Ordering::SeqCst),
            adoption: serde_json::to_vec(&Adoption { attempts, jobs: Vec::new() }).unwrap().into(),
            ..Default::default()
        }))
    }

    type HeartbeatStream = Pin<Box<dyn Stream<Item = Result<HeartbeatResponse, Status>> + Send>>;

    async fn heartbeat(
        &self,
        request: Request<Streaming<HeartbeatRequest>>,
    ) -> Result<Response<Self::HeartbeatStream>, Status> {
        let (calls, epoch, mut requests) = (self.calls.clone(), self.epoch.clone(), request.into_inner());
        let silent = self.silent.clone();
        let (answers, outgoing) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if silent.load(Ordering::SeqCst) {
                    continue;
                }
                calls.send(Call::Heartbeat).ok();
                let known = request.epoch == epoch.load(Ordering::SeqCst);
                if answers.send(Ok(HeartbeatResponse { known })).is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(outgoing))))
    }

    async fn update_task_state(
        &self,
        request: Request<UpdateTaskStateRequest>,
    ) -> Result<Response<UpdateTaskStateResponse>, Status> {
        self.calls.send(Call::State(serde_json::from_slice(&request.into_inner().update).unwrap())).ok();
        Ok(Response::new(UpdateTaskStateResponse { known: true }))
    }

    async fn report_watermark(
        &self,
        _: Request<proto::v1::ReportWatermarkRequest>,
    ) -> Result<Response<proto::v1::ReportWatermarkResponse>, Status> {
        Ok(Response::new(proto::v1::ReportWatermarkResponse {}))
    }

    async fn request_split(&self, _: Request<RequestSplitRequest>) -> Result<Response<RequestSplitResponse>, Status> {
        Ok(Response::new(RequestSplitResponse {}))
    }

    async fn disconnect_task_manager(
        &self,
        _: Request<DisconnectTaskManagerRequest>,
    ) -> Result<Response<DisconnectTaskManagerResponse>, Status> {
        self.calls.send(Call::Disconnect).ok();
        Ok(Response::new(DisconnectTaskManagerResponse {}))
    }

    async fn report_checkpoint(
        &self,
        _request: Request<proto::v1::ReportCheckpointRequest>,
    ) -> Result<Response<proto::v1::ReportCheckpointResponse>, Status> {
        Ok(Response::new(proto::v1::ReportCheckpointResponse {}))
    }
}

struct ScriptedJobManager {
    port: u16,
    calls: mpsc::UnboundedReceiver<Call>,
    epoch: Arc<AtomicU64>,
    /// Whether what a TaskManager runs goes on.
    adopts: Arc<AtomicBool>,
    /// `heartbeat.timeout`.
    patience_ms: Arc<AtomicU64>,
    /// Whether it answers nothing.
    silent: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

impl ScriptedJobManager {
    async fn start(port: u16, epoch: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, calls) = mpsc::unbounded_channel();
        let epoch = Arc::new(AtomicU64::new(epoch));
        let silent = Arc::new(AtomicBool::new(false));
        let (adopts, patience_ms) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(5_000)));
        let service = JobManagerGatewayServer::new(Service {
            calls: sender,
            epoch: epoch.clone(),
            adopts: adopts.clone(),
            patience_ms: patience_ms.clone(),
            silent: silent.clone(),
        });
        let server = tokio::spawn(async move {
            let incoming = TcpListenerStream::new(listener);
            tonic::transport::Server::builder().serve_with_incoming(service, incoming).await.unwrap();
        });
        ScriptedJobManager { port, calls, epoch, adopts, patience_ms, silent, server }
    }

    /// The next call that is no heartbeat.
    async fn call(&mut self) -> Call {
        let next = async {
            loop {
                match self.calls.recv().await.expect("the server runs") {
                    Call::Heartbeat => {}
                    other => return other,
                }
            }
        };
        tokio::time::timeout(LIMIT, next).await.expect("a call in time")
    }

    /// Waits for a heartbeat: from then on the TaskManager knows that it belongs to this JobManager.
    async fn heartbeat(&mut self) {
        let beat = async { while !matches!(self.calls.recv().await.expect("the server runs"), Call::Heartbeat) {} };
        tokio::time::timeout(LIMIT, beat).await.expect("a heartbeat in time");
    }

    async fn registration(&mut self) -> TaskManagerRegistration {
        match self.call().await {
            Call::Register(registration) => *registration,
            other => panic!("expected a registration, got {other:?}"),
        }
    }

    async fn state(&mut self, attempt: ExecutionAttemptId, wanted: ExecutionState) {
        loop {
            match self.call().await {
                Call::State(update) if update.attempt == attempt && update.state == wanted => return,
                Call::State(_) => {}
                other => panic!("expected {attempt} to be {wanted}, got {other:?}"),
            }
        }
    }
}

async fn task_manager(jobmanager: u16, settings: &[(&str, &str)]) -> TaskManager {
    let mut config = Configuration::new();
    config.set("jobmanager.rpc.address", "127.0.0.1", Origin::Program);
    config.set("jobmanager.rpc.port", jobmanager.to_string(), Origin::Program);
    for (key, value) in settings {
        config.set(*key, *value, Origin::Program);
    }
    TaskManager::start(&config).await.unwrap()
}

/// A task that waits for a producer that never comes.
fn waiting_task(epoch: u64, task_manager: &TaskManager) -> TaskDeploymentDescriptor {
    let id = |vertex| ExecutionAttemptId { job: JobId(1), vertex: VertexId(vertex), subtask: 0, attempt: 0 };
    let operator = OperatorDescriptor {
        id: OperatorId(2),
        name: "collect".into(),
        spec: OperatorSpec::Collect,
        output: RowType::default(),
    };
    TaskDeploymentDescriptor {
        attempt: id(2),
        epoch: LeaderEpoch(epoch),
        job_name: "job".into(),
        config: BTreeMap::new(),
        vertex: JobVertex {
            id: VertexId(2),
            name: "collect".into(),
            parallelism: 1,
            max_parallelism: 128,
            operators: vec![operator],
        },
        slot: 0,
        inputs: vec![InputGateDescriptor {
            input: 0,
            partitioning: dataflow::Partitioning::Forward,
            row_type: RowType::default(),
            channels: vec![InputChannelDescriptor {
                partition: PartitionId { producer: id(1), output: 0 },
                subpartition: 0,
                resource_id: task_manager.resource_id().to_owned(),
                data_address: task_manager.data_address().to_string(),
            }],
        }],
        outputs: Vec::new(),
        checkpointing: None,
        restore: None,
    }
}

async fn submit(task_manager: &TaskManager, task: &TaskDeploymentDescriptor) -> Result<SubmitTaskResponse, Status> {
    let address = format!("http://{}", task_manager.rpc_address());
    let mut client = TaskManagerGatewayClient::connect(address).await.unwrap();
    let descriptor = serde_json::to_vec(task).unwrap().into();
    let answer = client.submit_task(SubmitTaskRequest { wire_version: WIRE_VERSION, descriptor }).await;
    answer.map(Response::into_inner)
}

#[tokio::test]
async fn it_registers_when_there_is_a_jobmanager_and_takes_its_leave() {
    let port = ScriptedJobManager::start(0, 1).await;
    port.server.abort();
    let task_manager = task_manager(port.port, &[("taskmanager.numberOfTaskSlots", "3")]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut jobmanager = ScriptedJobManager::start(port.port, 1).await;
    let registration = jobmanager.registration().await;
    assert_eq!((registration.slots, registration.resource_id.as_str()), (3, task_manager.resource_id()));
    assert!(registration.running.is_empty());
    jobmanager.heartbeat().await;
    task_manager.shutdown().await;
    assert!(matches!(jobmanager.call().await, Call::Disconnect));
}

#[tokio::test]
async fn tasks_survive_a_jobmanager_that_comes_back_but_not_a_new_epoch() {
    let mut jobmanager = ScriptedJobManager::start(0, 1).await;
    let task_manager = task_manager(jobmanager.port, &[]).await;
    jobmanager.registration().await;
    let task = waiting_task(1, &task_manager);
    assert_eq!(submit(&task_manager, &task).await.unwrap().refused_because, "");
    jobmanager.state(task.attempt, ExecutionState::Running).await;
    let again = submit(&task_manager, &task).await.unwrap().refused_because;
    assert!(again.contains("runs already"), "{again}");
    // Unknown at the next heartbeat: it says what it runs, and goes on running it when that is wanted.
    jobmanager.adopts.store(true, Ordering::SeqCst);
    jobmanager.epoch.store(9, Ordering::SeqCst);
    let back = jobmanager.registration().await;
    let [running] = &back.running[..] else { panic!("{:?}", back.running) };
    assert_eq!((running.attempt, running.state), (task.attempt, ExecutionState::Running));
    jobmanager.heartbeat().await;
    let again = submit(&task_manager, &waiting_task(9, &task_manager)).await.unwrap().refused_because;
    assert!(again.contains("runs already"), "{again}");
    let late = submit(&task_manager, &task).await.unwrap_err().message().to_owned();
    assert!(late.contains("epoch 1") && late.contains("registered under 9"), "{late}");
    // When it is not wanted it ends, nobody hears of it, and a new one of the same name can run.
    jobmanager.adopts.store(false, Ordering::SeqCst);
    jobmanager.epoch.store(10, Ordering::SeqCst);
    jobmanager.registration().await;
    let task = waiting_task(10, &task_manager);
    assert_eq!(submit(&task_manager, &task).await.unwrap().refused_because, "");
    jobmanager.state(task.attempt, ExecutionState::Running).await;
    task_manager.shutdown().await;
}

#[tokio::test]
async fn tasks_of_a_taskmanager_that_is_cut_off_end_before_its_time_is_over() {
    let mut jobmanager = ScriptedJobManager::start(0, 1).await;
    jobmanager.patience_ms.store(500, Ordering::SeqCst);
    let task_manager = task_manager(jobmanager.port, &[]).await;
    jobmanager.registration().await;
    let task = waiting_task(1, &task_manager);
    assert_eq!(submit(&task_manager, &task).await.unwrap().refused_because, "");
    jobmanager.state(task.attempt, ExecutionState::Running).await;
    // From now on it hears nothing, nor is it heard.
    jobmanager.silent.store(true, Ordering::SeqCst);
    let address = format!("http://{}", task_manager.rpc_address());
    let mut client = TaskManagerGatewayClient::connect(address).await.unwrap();
    let stopped = async {
        loop {
            let threads = client.dump_threads(DumpThreadsRequest {}).await.unwrap().into_inner().threads;
            if !threads.iter().any(|thread| thread.name.starts_with("collect")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, stopped).await.expect("its task ends by itself");
    jobmanager.epoch.store(2, Ordering::SeqCst);
    jobmanager.adopts.store(true, Ordering::SeqCst);
    jobmanager.silent.store(false, Ordering::SeqCst);
    jobmanager.registration().await;
    jobmanager.state(task.attempt, ExecutionState::Canceled).await;
    task_manager.shutdown().await;
}

#[tokio::test]
async fn it_gives_up_in_time_and_says_what_to_check() {
    let gone = ScriptedJobManager::start(0, 1).await;
    gone.server.abort();
    let task_manager = task_manager(gone.port, &[("taskmanager.registration.timeout", "300 ms")]).await;
    let error = tokio::time::timeout(LIMIT, task_manager.wait()).await.unwrap().unwrap_err().to_string();
    for part in [format!("127.0.0.1:{}", gone.port), "300 ms".into(), "jobmanager.rpc.address".into()] {
        assert!(error.contains(&part), "{error}");
    }
    task_manager.shutdown().await;
}
