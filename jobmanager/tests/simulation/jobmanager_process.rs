//! A simulated JobManager process: the real one behind its sockets, with the world's log and the world's ways to TaskManagers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::config::{Configuration, Origin};
use common::shutdown::Shutdown;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerRegistration};
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch};
use futures::StreamExt;
use futures::stream::BoxStream;
use jobmanager::simulation::{
    ADDRESSEE, CollectRequest, Commander, GatewayError, Group, GroupMember, GroupNode, JobArchive, JobStoreError,
    Leadership, ResourceManagerSettings, RpcService, SessionParts, SplitDelivery, Standing, Storages, StoreCommand,
    StoreState, TaskManagerGateway, TaskManagerNetwork,
};
use proto::WIRE_VERSION;
use proto::v1::task_manager_gateway_server::TaskManagerGateway as _;
use proto::v1::{
    AddSplitsRequest, AlignWatermarksRequest, AnnounceLeaderRequest, CancelTaskRequest, CollectResultsResponse,
    NotifyCheckpointRequest, ReleaseJobRequest, SubmitTaskRequest, Thread,
};
use tokio::sync::watch;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};

use super::cluster::Cluster;
use super::world::{Lost, Planted, World};

/// How long a call may take that does not wait for data.
const CALL: Duration = Duration::from_secs(3);

pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(200);
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_millis(1_000);

/// A JobManager while it lives.
pub struct JobManagerProcess {
    pub leadership: Leadership,
    pub rpc: Arc<RpcService>,
    /// What it believes of who leads.
    pub belief: watch::Sender<Standing>,
}

impl JobManagerProcess {
    pub fn start(cluster: &Arc<Cluster>, address: &str, members: &[String]) -> Self {
        let world = &cluster.world;
        let (process, environment) = world.scheduler.process();
        world.start(address, process);
        let (belief, believed) = watch::channel(Standing::Follows { leader: None });
        let node = Node { world: world.clone(), address: address.to_owned(), members: members.to_vec(), believed };
        let settings = ResourceManagerSettings {
            heartbeat_interval: HEARTBEAT_INTERVAL,
            heartbeat_timeout: HEARTBEAT_TIMEOUT,
            slot_request_timeout: Duration::from_secs(20),
        };
        let mut config = Configuration::new();
        for (key, value) in [
            ("execution.checkpointing.dir", "/checkpoints"),
            ("execution.checkpointing.savepoint-dir", "/savepoints"),
            ("execution.checkpointing.interval", "150 ms"),
            ("execution.checkpointing.timeout", "2 s"),
            ("execution.checkpointing.tolerable-failed-checkpoints", "1000"),
            ("restart-strategy.type", "fixed-delay"),
            ("restart-strategy.fixed-delay.attempts", "100000"),
            ("restart-strategy.fixed-delay.delay", "20 ms"),
        ] {
            config.set(key, value, Origin::Program);
        }
        let parts = SessionParts {
            config,
            environment: environment.clone(),
            network: Arc::new(Network { cluster: cluster.clone(), from: address.to_owned() }),
            storages: Storages::Only(world.storage.clone()),
            address: address.to_owned(),
            settings,
            reactive: None,
            archive: JobArchive::new(50, Duration::from_secs(3_600)),
        };
        let leadership = Leadership::of_group(parts, Arc::new(node), Shutdown::new());
        let rpc = Arc::new(RpcService::new(leadership.clone(), settings, environment, Shutdown::new()));
        JobManagerProcess { leadership, rpc, belief }
    }
}

/// Its part in the group.
struct Node {
    world: Arc<World>,
    address: String,
    members: Vec<String>,
    believed: watch::Receiver<Standing>,
}

#[async_trait]
impl GroupNode for Node {
    fn standing(&self) -> Standing {
        self.believed.borrow().clone()
    }

    fn changes(&self) -> BoxStream<'static, ()> {
        let changes = futures::stream::unfold(self.believed.clone(), |mut believed| async move {
            believed.changed().await.ok()?;
            Some(((), believed))
        });
        changes.boxed()
    }

    async fn write(&self, command: StoreCommand) -> Result<LeaderEpoch, JobStoreError> {
        let clock = self.world.clock();
        let Standing::Leads(term) = self.standing() else {
            return Err(self.error("cannot be written: this JobManager does not lead any more".to_owned()));
        };
        if self.world.planted == Planted::EarlyAnswer
            && let StoreCommand::Fenced { epoch, .. } = &command
        {
            let (world, node, epoch) = (self.world.clone(), self.address.clone(), *epoch);
            let Some(process) = self.world.process(&node) else { return Ok(epoch) };
            self.world.scheduler.spawn(process, async move {
                world.clock().sleep(Duration::from_millis(100)).await;
                world.append(&node, &command);
            });
            return Ok(epoch);
        }
        clock.sleep(self.world.up_to(Duration::from_millis(4))).await;
        // What is under way when a leader is deposed may come long after.
        if self.world.below(50) == 0 {
            clock.sleep(self.world.up_to(Duration::from_millis(600))).await;
        }
        let leads = || self.world.leader() == Some((self.address.clone(), term));
        while !self.world.has_majority(&self.address, &self.members) {
            if !leads() {
                return Err(self.error("cannot be written: this JobManager does not lead any more".to_owned()));
            }
            clock.sleep(Duration::from_millis(20)).await;
        }
        if command_begins(&command) && !leads() {
            return Err(self.error("cannot be written: this JobManager does not lead any more".to_owned()));
        }
        let epoch = self.world.append(&self.address, &command);
        if self.world.below(60) == 0 {
            return Err(self.error("cannot be written: the connection broke".to_owned()));
        }
        clock.sleep(self.world.up_to(Duration::from_millis(2))).await;
        Ok(epoch)
    }

    fn read(&self, reader: &mut dyn FnMut(&StoreState)) {
        self.world.read(reader);
    }

    fn error(&self, problem: String) -> JobStoreError {
        JobStoreError { place: format!("of {}", self.address), problem }
    }

    fn group(&self) -> Group {
        let member = |address: &String| GroupMember {
            address: address.clone(),
            is_voter: true,
            is_leader: false,
            is_healthy: None,
        };
        Group { term: 0, members: self.members.iter().map(member).collect() }
    }
}

fn command_begins(command: &StoreCommand) -> bool {
    matches!(command, StoreCommand::BeginEpoch)
}

/// Its ways to TaskManagers.
struct Network {
    cluster: Arc<Cluster>,
    from: String,
}

#[async_trait]
impl TaskManagerNetwork for Network {
    fn gateway(
        &self,
        registration: &TaskManagerRegistration,
        epoch: LeaderEpoch,
    ) -> Result<Arc<dyn TaskManagerGateway>, String> {
        Ok(Arc::new(Gateway {
            cluster: self.cluster.clone(),
            from: self.from.clone(),
            to: registration.rpc_address.clone(),
            resource_id: registration.resource_id.clone(),
            epoch,
        }))
    }

    async fn announce(&self, task_manager: &str, commander: &Commander) -> Result<(), String> {
        let request = AnnounceLeaderRequest { epoch: commander.epoch.0, address: commander.address.clone() };
        let cluster = self.cluster.clone();
        let to = task_manager.to_owned();
        let answer = self.cluster.world.call(&self.from, task_manager, Duration::from_secs(2), false, move || {
            let (service, request) = (cluster.task_manager(&to), request.clone());
            async move {
                match service {
                    Some(service) => service.announce_leader(Request::new(request)).await.map(drop),
                    None => Err(Status::unavailable("gone")),
                }
            }
        });
        match answer.await {
            Ok(answer) => answer.map_err(|status| status.to_string()),
            Err(Lost(why)) => Err(why),
        }
    }

    async fn refusal(&self, task_manager: &str) -> Option<String> {
        let world = &self.cluster.world;
        let (there, back) = (world.passage(&self.from, task_manager), world.passage(task_manager, &self.from));
        let (Some(there), Some(back)) = (there, back) else {
            world.clock().sleep(Duration::from_millis(500)).await;
            return None;
        };
        world.clock().sleep(there + back).await;
        world.process(task_manager).is_none().then(|| "connection refused".to_owned())
    }
}

/// The way to one TaskManager.
struct Gateway {
    cluster: Arc<Cluster>,
    from: String,
    to: String,
    resource_id: String,
    epoch: LeaderEpoch,
}

impl Gateway {
    async fn call<Q, A, F>(
        &self,
        repeatable: bool,
        request: Q,
        ask: impl Fn(Arc<taskmanager::simulation::RpcService>, Request<Q>) -> F + Send + Sync,
    ) -> Result<A, GatewayError>
    where
        Q: Clone + Send + Sync + 'static,
        A: Send + 'static,
        F: Future<Output = Result<A, Status>> + Send + 'static,
    {
        let world = &self.cluster.world;
        let unreachable = |why: String| GatewayError::Unreachable {
            resource_id: self.resource_id.clone(),
            address: self.to.clone(),
            why,
        };
        let answer = world.call(&self.from, &self.to, CALL, repeatable, || {
            let mut request = Request::new(request.clone());
            request.metadata_mut().insert_bin(ADDRESSEE, MetadataValue::from_bytes(self.resource_id.as_bytes()));
            let asked = self.cluster.task_manager(&self.to).map(|service| ask(service, request));
            async move {
                match asked {
                    Some(asked) => asked.await,
                    None => Err(Status::unavailable("gone")),
                }
            }
        });
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => Err(GatewayError::Refused {
                resource_id: self.resource_id.clone(),
                address: self.to.clone(),
                why: status.message().to_owned(),
            }),
            Ok(Err(status)) => Err(unreachable(status.to_string())),
            Err(Lost(why)) => Err(unreachable(why)),
        }
    }
}

fn json<T: serde::Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("it is made of lists and plain values")
}

#[async_trait]
impl TaskManagerGateway for Gateway {
    async fn submit_task(&self, descriptor: &TaskDeploymentDescriptor) -> Result<(), GatewayError> {
        let request = SubmitTaskRequest { wire_version: WIRE_VERSION, descriptor: json(descriptor).into() };
        let answer = self
            .call(false, request, |service, request| async move { service.submit_task(request).await })
            .await?
            .into_inner();
        if answer.refused_because.is_empty() {
            return Ok(());
        }
        let (resource_id, address) = (self.resource_id.clone(), self.to.clone());
        Err(GatewayError::Refused { resource_id, address, why: answer.refused_because })
    }

    async fn cancel_task(&self, attempt: ExecutionAttemptId) -> Result<bool, GatewayError> {
        let attempt = serde_json::to_string(&attempt).expect("it is made of plain values");
        let request = CancelTaskRequest { epoch: self.epoch.0, attempt };
        let asked = self.call(true, request, |service, request| async move { service.cancel_task(request).await });
        Ok(!asked.await?.into_inner().unknown)
    }

    async fn add_splits(&self, delivery: &SplitDelivery) -> Result<(), GatewayError> {
        let request = AddSplitsRequest {
            epoch: self.epoch.0,
            attempt: serde_json::to_string(&delivery.attempt).expect("it is made of plain values"),
            operator: delivery.operator.to_string(),
            splits: json(&delivery.splits).into(),
            no_more_splits: delivery.no_more_splits,
        };
        self.call(false, request, |service, request| async move { service.add_splits(request).await }).await.map(drop)
    }

    async fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> Result<(), GatewayError> {
        let attempt = serde_json::to_string(&attempt).expect("it is made of plain values");
        let request = AlignWatermarksRequest { epoch: self.epoch.0, attempt, limit };
        self.call(false, request, |service, request| async move { service.align_watermarks(request).await })
            .await
            .map(drop)
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
        self.call(true, request, |service, request| async move { service.notify_checkpoint(request).await })
            .await
            .map(drop)
    }

    async fn collect_results(&self, _: CollectRequest, _: u32) -> Result<CollectResultsResponse, GatewayError> {
        Ok(CollectResultsResponse { complete: true, ..CollectResultsResponse::default() })
    }

    async fn release_job(&self, job: JobId) -> Result<(), GatewayError> {
        let request = ReleaseJobRequest { job_id: job.to_string() };
        self.call(true, request, |service, request| async move { service.release_job(request).await }).await.map(drop)
    }

    async fn dump_threads(&self) -> Result<Vec<Thread>, GatewayError> {
        Ok(Vec::new())
    }
}
