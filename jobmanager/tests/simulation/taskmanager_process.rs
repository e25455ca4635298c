//! A simulated TaskManager process: the real one behind its sockets, with tasks that do what tasks do to a checkpoint and no more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use common::backoff::BackoffPolicy;
use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::checkpoint::{CheckpointNotice, CheckpointReport};
use dataflow::deployment::{
    HardwareDescription, TaskDeploymentDescriptor, TaskManagerRegistration, TaskManagerReport, TaskStateUpdate,
};
use dataflow::{ExecutionAttemptId, Failure, JobId, LeaderEpoch, OperatorId, Split};
use proto::WIRE_VERSION;
use proto::v1::job_manager_gateway_server::JobManagerGateway as _;
use proto::v1::{
    CollectResultsResponse, DisconnectTaskManagerRequest, HeartbeatRequest, RegisterTaskManagerRequest,
    ReportCheckpointRequest, ReportWatermarkRequest, RequestSplitRequest, UpdateTaskStateRequest,
};
use taskmanager::simulation::{
    ConnectionSettings, HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer, ResultsRequest,
    RpcService, TaskEvents, TaskManagerCore, TaskManagerCoreParts, Tasks, Unreachable,
};
use tokio::sync::mpsc;
use tonic::{Request, Status};

use super::cluster::Cluster;
use super::scheduler::Process;
use super::task::{Mail, Task};
use super::world::{Lost, Planted, World};

/// How long a call may take.
const CALL: Duration = Duration::from_secs(3);

/// A TaskManager while it lives.
pub struct TaskManagerProcess {
    pub resource_id: String,
    pub service: Arc<RpcService>,
}

impl TaskManagerProcess {
    pub fn start(cluster: &Arc<Cluster>, address: &str, resource_id: &str, slots: u32, jobmanagers: &[String]) -> Self {
        let world = &cluster.world;
        let (process, environment) = world.scheduler.process();
        world.start(address, process);
        let tasks = Arc::new(SimulatedTasks {
            world: world.clone(),
            environment: environment.clone(),
            process,
            tasks: Mutex::default(),
        });
        let parts = TaskManagerCoreParts {
            environment,
            gateway: Arc::new(JobManagers {
                cluster: cluster.clone(),
                from: address.to_owned(),
                peers: jobmanagers.to_vec(),
                current: Mutex::new(jobmanagers[0].clone()),
            }),
            jobmanager: jobmanagers.join(", "),
            tasks,
            registration: TaskManagerRegistration {
                resource_id: resource_id.to_owned(),
                rpc_address: address.to_owned(),
                data_address: address.to_owned(),
                slots,
                hardware: HardwareDescription::default(),
                pid: process as u32,
                running: Vec::new(),
            },
            settings: ConnectionSettings {
                registration_timeout: Duration::from_secs(3_600),
                retries: BackoffPolicy {
                    initial: Duration::from_millis(20),
                    max: Duration::from_millis(50),
                    multiplier: 1.5,
                    jitter_factor: 0.1,
                },
                in_group: true,
                refused_delay: Duration::from_millis(500),
            },
        };
        let core = TaskManagerCore::start(parts, &Shutdown::new());
        TaskManagerProcess { resource_id: resource_id.to_owned(), service: Arc::new(core.service) }
    }
}

/// Its way to the JobManagers.
struct JobManagers {
    cluster: Arc<Cluster>,
    from: String,
    peers: Vec<String>,
    current: Mutex<String>,
}

impl JobManagers {
    fn current(&self) -> MutexGuard<'_, String> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<Q, A, F>(
        &self,
        limit: Duration,
        repeatable: bool,
        request: Q,
        ask: impl Fn(Arc<jobmanager::simulation::RpcService>, Request<Q>) -> F + Send + Sync,
    ) -> Result<A, Unreachable>
    where
        Q: Clone + Send + Sync + 'static,
        A: Send + 'static,
        F: Future<Output = Result<A, Status>> + Send + 'static,
    {
        let to = self.current().clone();
        let answer = self.cluster.world.call(&self.from, &to, limit, repeatable, || {
            let asked = self.cluster.jobmanager(&to).map(|service| ask(service, Request::new(request.clone())));
            async move {
                match asked {
                    Some(asked) => asked.await,
                    None => Err(Status::unavailable("gone")),
                }
            }
        });
        match answer.await {
            Ok(answer) => answer.map_err(|status| Unreachable(status.to_string())),
            Err(Lost(why)) => Err(Unreachable(why)),
        }
    }
}

fn bytes<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("it is made of lists and plain values")
}

#[async_trait]
impl JobManagerGateway for JobManagers {
    async fn register(&self, registration: &TaskManagerRegistration) -> Result<RegistrationAnswer, Unreachable> {
        let registration = bytes(registration).into();
        let request = RegisterTaskManagerRequest { wire_version: WIRE_VERSION, registration };
        let asked = self.call(Duration::from_secs(1), false, request, |service, request| async move {
            service.register_task_manager(request).await
        });
        let answer = match asked.await {
            Ok(answer) => answer.into_inner(),
            Err(why) => {
                self.turn_to(None);
                return Err(why);
            }
        };
        if answer.not_leading {
            self.turn_to(Some(answer.leader.as_str()).filter(|leader| !leader.is_empty()));
            return Ok(RegistrationAnswer::NotLeading { knows_leader: !answer.leader.is_empty() });
        }
        if !answer.refused_because.is_empty() {
            return Ok(RegistrationAnswer::Refused(answer.refused_because));
        }
        let endless = self.cluster.world.planted == Planted::Patience;
        let factor = if endless { 1_000 } else { 1 };
        Ok(RegistrationAnswer::Accepted(Membership {
            epoch: LeaderEpoch(answer.epoch),
            adoption: serde_json::from_slice(&answer.adoption).expect("an adoption"),
            heartbeat_interval: Duration::from_millis(answer.heartbeat_interval_ms),
            heartbeat_timeout: Duration::from_millis(answer.heartbeat_timeout_ms * factor),
        }))
    }

    fn turn_to(&self, leader: Option<&str>) {
        let mut current = self.current();
        let place = self.peers.iter().position(|peer| *peer == *current).unwrap_or(0);
        let next = self.peers[(place + 1) % self.peers.len()].clone();
        *current = leader.map_or(next, str::to_owned);
    }

    async fn heartbeats(
        &self,
        epoch: LeaderEpoch,
        resource_id: &str,
        mut reports: mpsc::UnboundedReceiver<TaskManagerReport>,
    ) -> Result<HeartbeatAnswers, Unreachable> {
        let to = self.current().clone();
        let (world, from) = (self.cluster.world.clone(), self.from.clone());
        let (requests, incoming) = mpsc::unbounded_channel();
        let opened = world.call(&from, &to, CALL, false, {
            let incoming = Arc::new(Mutex::new(Some(incoming)));
            let service = self.cluster.jobmanager(&to);
            move || {
                let stream = incoming.lock().unwrap_or_else(PoisonError::into_inner).take();
                let service = service.clone();
                async move {
                    let (Some(service), Some(stream)) = (service, stream) else {
                        return Err(Status::unavailable("gone"));
                    };
                    service.follow_heartbeats(tokio_stream::wrappers::UnboundedReceiverStream::new(stream))
                }
            }
        });
        let mut answers = match opened.await {
            Ok(Ok(answers)) => answers,
            Ok(Err(status)) => return Err(Unreachable(status.to_string())),
            Err(Lost(why)) => return Err(Unreachable(why)),
        };
        let Some(process) = world.process(&from) else { return Err(Unreachable("gone".to_owned())) };
        let resource_id = resource_id.to_owned();
        let (there, back) = ((from.clone(), to.clone()), (to, from));
        let sender_world = world.clone();
        // As on a connection: in order, and what is cut comes late or never.
        world.scheduler.spawn(process, async move {
            while let Some(report) = reports.recv().await {
                let Some(delay) = through(&sender_world, &there).await else { return };
                sender_world.clock().sleep(delay).await;
                let request = HeartbeatRequest {
                    epoch: epoch.0,
                    resource_id: resource_id.clone(),
                    report: bytes(&report).into(),
                };
                if requests.send(Ok(request)).is_err() {
                    return;
                }
            }
        });
        let (sender, receiver) = mpsc::unbounded_channel();
        let world_back = world.clone();
        world.scheduler.spawn(process, async move {
            loop {
                let answer = answers.recv().await;
                let Some(delay) = through(&world_back, &back).await else { return };
                world_back.clock().sleep(delay).await;
                let answer = match answer {
                    Some(Ok(answer)) => Ok(answer.known),
                    Some(Err(status)) => Err(Unreachable(status.to_string())),
                    None => return,
                };
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        Ok(receiver)
    }

    async fn update_task_state(&self, epoch: LeaderEpoch, update: &TaskStateUpdate) -> Result<bool, Unreachable> {
        let request = UpdateTaskStateRequest { epoch: epoch.0, update: bytes(update).into() };
        let asked =
            self.call(CALL, true, request, |service, request| async move { service.update_task_state(request).await });
        Ok(asked.await?.into_inner().known)
    }

    async fn request_split(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
    ) -> Result<(), Unreachable> {
        let attempt = serde_json::to_string(&attempt).expect("it is made of plain values");
        let request = RequestSplitRequest { epoch: epoch.0, attempt, operator: operator.to_string() };
        let asked =
            self.call(CALL, false, request, |service, request| async move { service.request_split(request).await });
        asked.await.map(drop)
    }

    async fn report_watermark(
        &self,
        epoch: LeaderEpoch,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        watermark: i64,
    ) -> Result<(), Unreachable> {
        let attempt = serde_json::to_string(&attempt).expect("it is made of plain values");
        let request = ReportWatermarkRequest { epoch: epoch.0, attempt, operator: operator.to_string(), watermark };
        let asked =
            self.call(CALL, false, request, |service, request| async move { service.report_watermark(request).await });
        asked.await.map(drop)
    }

    async fn report_checkpoint(&self, epoch: LeaderEpoch, report: &CheckpointReport) -> Result<(), Unreachable> {
        let request = ReportCheckpointRequest { epoch: epoch.0, report: bytes(report).into() };
        let asked =
            self.call(CALL, true, request, |service, request| async move { service.report_checkpoint(request).await });
        asked.await.map(drop)
    }

    async fn disconnect(&self, epoch: LeaderEpoch, resource_id: &str, reason: &str) -> Result<(), Unreachable> {
        let request = DisconnectTaskManagerRequest {
            epoch: epoch.0,
            resource_id: resource_id.to_owned(),
            reason: reason.to_owned(),
        };
        let asked = self.call(CALL, false, request, |service, request| async move {
            service.disconnect_task_manager(request).await
        });
        asked.await.map(drop)
    }
}

/// The delay on a connection; a message that is lost is sent again, until the connection is given up.
async fn through(world: &World, way: &(String, String)) -> Option<Duration> {
    for _ in 0..300 {
        if let Some(delay) = world.passage(&way.0, &way.1) {
            return Some(delay);
        }
        world.clock().sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Tasks as futures.
struct SimulatedTasks {
    world: Arc<World>,
    environment: Environment,
    process: Process,
    tasks: Mutex<BTreeMap<ExecutionAttemptId, mpsc::UnboundedSender<Mail>>>,
}

impl SimulatedTasks {
    /// Those that have not ended.
    fn tasks(&self) -> MutexGuard<'_, BTreeMap<ExecutionAttemptId, mpsc::UnboundedSender<Mail>>> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|_, mail| !mail.is_closed());
        tasks
    }

    fn send(&self, attempt: ExecutionAttemptId, mail: Mail) -> bool {
        self.tasks().get(&attempt).is_some_and(|task| task.send(mail).is_ok())
    }
}

#[async_trait]
impl Tasks for SimulatedTasks {
    fn deploy(&self, descriptor: TaskDeploymentDescriptor, events: Arc<dyn TaskEvents>) -> Result<(), Failure> {
        let attempt = descriptor.attempt;
        let (sender, mail) = mpsc::unbounded_channel();
        if self.tasks().contains_key(&attempt) {
            return Err(Failure::internal(format!("attempt {attempt} runs already")));
        }
        self.tasks().insert(attempt, sender);
        self.world.begins(attempt, self.process);
        let task = Task::new(self.world.clone(), self.environment.clone(), descriptor, events, mail);
        self.environment.spawn(task.run());
        Ok(())
    }

    fn cancel(&self, attempt: ExecutionAttemptId) -> bool {
        self.send(attempt, Mail::Cancel)
    }

    fn add_splits(&self, attempt: ExecutionAttemptId, _: OperatorId, splits: Vec<Split>, last: bool) -> bool {
        self.send(attempt, Mail::Splits(splits, last))
    }

    fn align_watermarks(&self, attempt: ExecutionAttemptId, _limit: i64) -> bool {
        self.tasks().contains_key(&attempt)
    }

    fn notify_checkpoint(&self, attempt: ExecutionAttemptId, notice: CheckpointNotice) -> bool {
        self.send(attempt, Mail::Checkpoint(notice))
    }

    async fn collect(&self, _: ResultsRequest) -> Result<CollectResultsResponse, Failure> {
        Ok(CollectResultsResponse { complete: true, ..CollectResultsResponse::default() })
    }

    fn release_job(&self, job: JobId) {
        let tasks: Vec<_> = self.tasks().keys().filter(|attempt| attempt.job == job).copied().collect();
        for attempt in tasks {
            self.cancel(attempt);
        }
    }

    fn running(&self) -> Vec<ExecutionAttemptId> {
        self.tasks().keys().copied().collect()
    }

    fn report(&self) -> TaskManagerReport {
        let tasks = self.running().into_iter().map(|attempt| (attempt, Default::default())).collect();
        TaskManagerReport { tasks, ..TaskManagerReport::default() }
    }
}
