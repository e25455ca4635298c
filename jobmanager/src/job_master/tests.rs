//! A job master between a TaskManager and a job store that do what the test says.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use common::config::{Configuration, Origin};
use common::random::Random;
use dataflow::checkpoint::{CheckpointAcknowledgement, CheckpointMetrics, CheckpointNotice, TaskSnapshot};
use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerRegistration};
use dataflow::operator_spec::{SPEC_VERSION, ValuesSpec};
use dataflow::{ExecutionState, JobGraph, JobStatus, JobVertex, OperatorDescriptor, OperatorSpec, RowType, VertexId};
use proto::v1::{CollectResultsResponse, Thread};

use super::*;
use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{CheckpointPointers, Reservation};
use crate::gateway::{CollectRequest, Commander, GatewayError, GrpcNetwork, SplitDelivery};
use crate::job_store::{StoredCatalog, StoredJob, StoredOperation};
use crate::resource_manager::{RegistrationAnswer, ResourceManagerSettings};
use crate::scheduling::{DeploymentRecord, EndedJob, RestartStrategy, TaskManagerLocation};

const JOB: JobId = JobId(0x51);
const LIMIT: Duration = Duration::from_secs(10);

/// What the store was asked, and what it is to answer.
struct Store {
    /// One for each checkpoint; it is kept when it is given an answer.
    answers: tokio::sync::Mutex<mpsc::UnboundedReceiver<bool>>,
    put: Mutex<Vec<CheckpointPointers>>,
    attempts: Mutex<u32>,
    /// Called with the removal.
    removed: Box<dyn Fn() -> bool + Send + Sync>,
}

fn answered(ok: bool) -> Result<(), JobStoreError> {
    let error = || JobStoreError { place: "of the test".into(), problem: "does not answer".into() };
    ok.then_some(()).ok_or_else(error)
}

#[async_trait]
impl JobStore for Store {
    async fn put(&self, _graph: &JobGraph) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn put_checkpoints(
        &self,
        _job: JobId,
        checkpoints: &CheckpointPointers,
        _statistics: &StoredStatistics,
    ) -> Result<(), JobStoreError> {
        self.put.lock().unwrap().push(checkpoints.clone());
        answered(self.answers.lock().await.recv().await.unwrap_or(false))
    }

    async fn reserve(&self, _job: JobId, numbers: Reservation) -> Result<(), JobStoreError> {
        if let Reservation::Attempts(next) = numbers {
            *self.attempts.lock().unwrap() = next;
        }
        Ok(())
    }

    async fn replace(&self, _graph: &JobGraph) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn put_deployment(&self, _job: JobId, _deployment: &DeploymentRecord) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn finish(&self, _attempt: ExecutionAttemptId) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn cancel(&self, _job: JobId) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn end(&self, _job: &EndedJob) -> Result<(), JobStoreError> {
        answered((self.removed)())
    }

    async fn ended(&self) -> Result<Vec<EndedJob>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn put_operation(&self, _operation: &StoredOperation) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn operations(&self) -> Result<Vec<StoredOperation>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn catalog(&self, _name: &str) -> Result<Option<StoredCatalog>, JobStoreError> {
        Ok(None)
    }

    async fn put_catalog(&self, _name: &str, _version: u64, _document: &str) -> Result<bool, JobStoreError> {
        Ok(false)
    }
}

/// Tells what it is asked.
struct TaskManager {
    told: mpsc::UnboundedSender<Told>,
    /// Whether it knows what is cancelled, call by call, the last first; none when it does not answer. Otherwise it does.
    knows: Mutex<Vec<Option<bool>>>,
}

#[derive(Debug, PartialEq)]
enum Told {
    Submit(ExecutionAttemptId),
    Cancel(ExecutionAttemptId),
    Notice(CheckpointNotice),
}

#[async_trait]
impl TaskManagerGateway for TaskManager {
    async fn submit_task(&self, descriptor: &TaskDeploymentDescriptor) -> Result<(), GatewayError> {
        self.told.send(Told::Submit(descriptor.attempt)).unwrap();
        Ok(())
    }

    async fn cancel_task(&self, attempt: ExecutionAttemptId) -> Result<bool, GatewayError> {
        let _ = self.told.send(Told::Cancel(attempt));
        let unreachable = || GatewayError::Unreachable {
            resource_id: "a".into(),
            address: "127.0.0.1:1".into(),
            why: "the test says so".into(),
        };
        self.knows.lock().unwrap().pop().unwrap_or(Some(true)).ok_or_else(unreachable)
    }

    async fn add_splits(&self, _delivery: &SplitDelivery) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn align_watermarks(&self, _attempt: ExecutionAttemptId, _limit: i64) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn notify_checkpoint(
        &self,
        _attempts: &[ExecutionAttemptId],
        notice: &CheckpointNotice,
    ) -> Result<(), GatewayError> {
        let _ = self.told.send(Told::Notice(notice.clone()));
        Ok(())
    }

    async fn collect_results(&self, _: CollectRequest, _: u32) -> Result<CollectResultsResponse, GatewayError> {
        Ok(CollectResultsResponse::default())
    }

    async fn release_job(&self, _job: JobId) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn dump_threads(&self) -> Result<Vec<Thread>, GatewayError> {
        Ok(Vec::new())
    }
}

struct Bench {
    master: JobMasterHandle,
    store: Arc<Store>,
    answers: mpsc::UnboundedSender<bool>,
    told: mpsc::UnboundedReceiver<Told>,
    gateway: Arc<TaskManager>,
    attempt: ExecutionAttemptId,
    masters: Shutdown,
    over: Shutdown,
    resource_manager: ResourceManagerHandle,
    dir: PathBuf,
}

fn graph() -> JobGraph {
    let (id, output) = (VertexId(1), RowType::default());
    let spec = OperatorSpec::Values(ValuesSpec { output: output.clone(), rows: vec![] });
    let operators = vec![OperatorDescriptor { id: OperatorId(1), name: "values".into(), spec, output }];
    JobGraph {
        version: SPEC_VERSION,
        job_id: JOB,
        name: "job".into(),
        config: Default::default(),
        vertices: vec![JobVertex { id, name: "values".into(), parallelism: 1, max_parallelism: 128, operators }],
        edges: Vec::new(),
    }
}

impl Bench {
    /// A job with one task, which runs.
    async fn new(dir: &Path, settings: &[(&str, &str)], removed: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let mut bench = Self::waiting(dir, settings, removed).await;
        bench.run(1, 0).await;
        bench
    }

    /// A job with one task, which waits for a slot.
    async fn waiting(
        dir: &Path,
        settings: &[(&str, &str)],
        removed: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let mut config = Configuration::new();
        let folder = dir.to_str().unwrap();
        let defaults = [
            ("execution.checkpointing.interval", "1 ms"),
            ("execution.checkpointing.dir", folder),
            ("restart-strategy.type", "fixed-delay"),
            ("restart-strategy.fixed-delay.delay", "1 ms"),
        ];
        for (key, value) in defaults.iter().chain(settings) {
            config.set(*key, *value, Origin::Program);
        }
        let (answers, receiver) = mpsc::unbounded_channel();
        let store = Arc::new(Store {
            answers: tokio::sync::Mutex::new(receiver),
            put: Mutex::default(),
            attempts: Mutex::default(),
            removed: Box::new(removed),
        });
        let settings = ResourceManagerSettings {
            heartbeat_interval: LIMIT,
            heartbeat_timeout: LIMIT,
            slot_request_timeout: LIMIT,
        };
        let masters = Shutdown::new();
        let over = Shutdown::new();
        let commander = Commander { epoch: LeaderEpoch(1), address: "127.0.0.1:1".into() };
        let environment = Environment::system();
        let network = Arc::new(GrpcNetwork::default());
        let resource_manager =
            ResourceManagerHandle::start(settings, commander, network, environment.clone(), over.clone());
        let context = JobMasterContext {
            epoch: LeaderEpoch(1),
            environment,
            storages: Storages::default(),
            resource_manager: resource_manager.clone(),
            store: store.clone(),
            shutdown: masters.clone(),
            over: over.clone(),
        };
        let strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
        let mut job = graph();
        let checkpointing = JobCheckpointing::of_submitted(&config, &Storages::default(), &mut job).await.unwrap();
        let graph = ExecutionGraph::new(Arc::new(job), strategy, 0);
        let start = JobStart::Submitted(Box::new(checkpointing));
        let master = JobMasterHandle::start(graph, start, context, |_| {});
        let (sender, told) = mpsc::unbounded_channel();
        let attempt = ExecutionAttemptId { job: JOB, vertex: VertexId(1), subtask: 0, attempt: 0 };
        let gateway = Arc::new(TaskManager { told: sender, knows: Mutex::default() });
        let dir = dir.join(JOB.to_string());
        Bench { master, store, answers, told, gateway, attempt, masters, over, resource_manager, dir }
    }

    /// Gives the job what it has asked for with this request, and runs the attempt.
    async fn run(&mut self, request: u64, attempt: u32) {
        self.attempt.attempt = attempt;
        let location = TaskManagerLocation {
            resource_id: "a".into(),
            rpc_address: "127.0.0.1:1".into(),
            data_address: "127.0.0.1:1".into(),
        };
        let location = SlotLocation { task_manager: Arc::new(location), slot: 0 };
        self.master.slots_granted(request, vec![GrantedSlot { location, gateway: self.gateway.clone() }]);
        assert_eq!(self.next(|told| matches!(told, Told::Submit(_))).await, Told::Submit(self.attempt));
        self.update(ExecutionState::Running).await;
    }

    /// A TaskManager comes.
    async fn register(&self, resource_id: &str, address: std::net::SocketAddr) {
        let registration = TaskManagerRegistration {
            resource_id: resource_id.into(),
            data_address: address.to_string(),
            rpc_address: address.to_string(),
            slots: 1,
            hardware: Default::default(),
            pid: 1,
            running: Vec::new(),
        };
        assert!(matches!(self.resource_manager.register(registration).await, RegistrationAnswer::Accepted(_)));
    }

    async fn update(&self, state: ExecutionState) {
        let failure = (state == ExecutionState::Failed).then(|| Failure::external("broken"));
        let update = TaskStateUpdate { attempt: self.attempt, state, failure, metrics: None };
        assert!(self.master.update_state(update).await);
    }

    async fn next(&mut self, wanted: impl Fn(&Told) -> bool) -> Told {
        let found = async {
            loop {
                let told = self.told.recv().await.expect("the master runs");
                if wanted(&told) {
                    return told;
                }
            }
        };
        tokio::time::timeout(LIMIT, found).await.expect("it is told in time")
    }

    /// The task has done its part of the next checkpoint.
    async fn acknowledge(&mut self) -> u64 {
        let told = self.next(|told| matches!(told, Told::Notice(CheckpointNotice::Trigger(_)))).await;
        let Told::Notice(CheckpointNotice::Trigger(barrier)) = told else { unreachable!("it was looked for") };
        let (snapshot, metrics) = (TaskSnapshot::default(), CheckpointMetrics::default());
        let checkpoint_id = barrier.checkpoint_id;
        let acknowledgement = CheckpointAcknowledgement { attempt: self.attempt, checkpoint_id, snapshot, metrics };
        self.master.report_checkpoint(CheckpointReport::Acknowledged(acknowledgement));
        checkpoint_id
    }

    async fn completed(&mut self, id: u64) {
        let completed = |told: &Told| *told == Told::Notice(CheckpointNotice::Completed { checkpoint_id: id });
        self.next(completed).await;
    }

    fn metadata(&self, id: u64) -> PathBuf {
        self.dir.join(format!("chk-{id}")).join("_metadata")
    }

    /// Waits for the end of the master, its files included.
    async fn end(&self) {
        self.masters.trigger();
        assert!(self.masters.finished(LIMIT).await, "the job ends");
    }
}

#[tokio::test]
async fn a_checkpoint_of_which_the_store_does_not_say_whether_it_has_it_is_told_again_and_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(dir.path(), &[], || true).await;
    for answer in [false, false, true] {
        bench.answers.send(answer).unwrap();
    }
    let id = bench.acknowledge().await;
    bench.completed(id).await;
    assert!(bench.metadata(id).exists());
    let put = bench.store.put.lock().unwrap().clone();
    assert!(put.len() == 3 && put.iter().all(|pointers| *pointers == put[0]), "{put:?}");
}

#[tokio::test]
async fn checkpoints_are_deleted_only_when_the_store_has_forgotten_the_job() {
    for forgets in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let metadata = dir.path().join(JOB.to_string()).join("chk-1").join("_metadata");
        let (seen, looked) = (Arc::new(Mutex::new(None)), metadata.clone());
        let there = seen.clone();
        let removed = move || {
            *there.lock().unwrap() = Some(looked.exists());
            forgets
        };
        let mut bench = Bench::new(dir.path(), &[], removed).await;
        bench.answers.send(true).unwrap();
        assert_eq!(bench.acknowledge().await, 1);
        bench.completed(1).await;
        bench.update(ExecutionState::Finished).await;
        if !forgets {
            while seen.lock().unwrap().is_none() {
                tokio::task::yield_now().await;
            }
            // It would run again, so that it is not over here before another JobManager leads.
            bench.over.trigger();
        }
        bench.end().await;
        assert_eq!((*seen.lock().unwrap(), metadata.exists()), (Some(true), !forgets));
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_complete_at_the_end_takes_the_place_of_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let retain = ("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    let mut bench = Bench::new(dir.path(), &[retain], || true).await;
    bench.answers.send(true).unwrap();
    assert_eq!(bench.acknowledge().await, 1);
    bench.completed(1).await;
    assert_eq!(bench.acknowledge().await, 2);
    while bench.store.put.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    // The store has been asked and has not answered when the job ends.
    bench.master.graph(GraphEvent::Cancel);
    bench.update(ExecutionState::Canceled).await;
    bench.answers.send(true).unwrap();
    bench.end().await;
    assert_eq!((bench.metadata(1).exists(), bench.metadata(2).exists()), (false, true));
}

#[tokio::test]
async fn attempts_are_made_when_the_store_knows_their_numbers_and_slots_of_an_earlier_request_are_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(dir.path(), &[], || true).await;
    bench.update(ExecutionState::Failed).await;
    while bench.master.picture().await.unwrap().status() != JobStatus::Running {
        tokio::task::yield_now().await;
    }
    assert_eq!(*bench.store.attempts.lock().unwrap(), 2);
    bench.master.slots_granted(1, Vec::new());
    bench.run(2, 1).await;
}

#[tokio::test]
async fn a_task_manager_that_a_call_does_not_reach_is_lost_and_nothing_is_sent_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::waiting(dir.path(), &[], || true).await;
    // Nobody listens there any more, and no connection has broken yet.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    bench.register("dead", closed).await;
    assert!(bench.resource_manager.heartbeat("dead".into(), 1, Default::default()).await);
    let picture = loop {
        let picture = bench.master.picture().await.unwrap();
        if picture.restarts() > 0 && picture.status() == JobStatus::Running {
            break picture;
        }
        tokio::task::yield_now().await;
    };
    let [entry] = picture.exceptions().entries() else { panic!("{:?}", picture.exceptions().entries()) };
    let message = &entry.exception.failure.message;
    assert!(message.contains("TaskManager dead") && message.contains("a call to it failed"), "{message}");
    assert!(picture.executions().all(|execution| execution.state() == ExecutionState::Scheduled));
    assert_eq!(bench.resource_manager.task_managers().await.len(), 0);
}

#[tokio::test]
async fn a_task_is_told_to_end_until_its_task_manager_answers_and_has_ended_when_it_knows_of_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = Bench::waiting(dir.path(), &[], || true).await;
    // It is there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    bench.register("a", listener.local_addr().unwrap()).await;
    bench.run(1, 0).await;
    *bench.gateway.knows.lock().unwrap() = vec![Some(false), None];
    bench.master.graph(GraphEvent::Cancel);
    for _ in 0..2 {
        assert_eq!(bench.next(|told| matches!(told, Told::Cancel(_))).await, Told::Cancel(bench.attempt));
    }
    bench.end().await;
}
