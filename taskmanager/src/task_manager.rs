//! `TaskManager`: binds the ports, starts the parts, and ends them in order.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use common::backoff::BackoffPolicy;
use common::config::{Configuration, PortRange, options};
use common::environment::Environment;
use common::log_files::LogFiles;
use common::net;
use common::random::Random;
use common::shutdown::Shutdown;
use common::telemetry::{Metrics, Reporters, serve_metrics};
use dataflow::deployment::TaskManagerRegistration;
use proto::MAX_MESSAGE_SIZE;
use proto::v1::task_manager_gateway_server::TaskManagerGatewayServer;
use proto::v1::task_manager_inspection_server::TaskManagerInspectionServer;
use runtime::{TaskExecutor, TaskExecutorSettings};
use tokio::sync::{Mutex, oneshot};
use tracing::{info, warn};
use transport::Internal;

use crate::attempts::Attempts;
use crate::connection::ConnectionSettings;
use crate::error::TaskManagerError;
use crate::fence::Fence;
use crate::gateway::{GrpcJobManagers, JobManagerGateway};
use crate::inspection::InspectionService;
use crate::machine;
use crate::rpc_service::RpcService;
use crate::task_manager_core::{TaskManagerCore, TaskManagerCoreParts};
use crate::task_metrics::{PrometheusTasks, TaskManagerMetrics};

/// First pause between two tries to register; the longest is Flink's `cluster.registration.error-delay`, but not above
/// [`LONGEST_PAUSE`]: trying costs next to nothing, and a cluster should be up as soon as its parts are.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// With several JobManagers the next one is asked soon.
const LONGEST_PAUSE_IN_GROUP: Duration = Duration::from_millis(50);
/// How long tasks may take to end when the TaskManager does.
const TASKS_LIMIT: Duration = Duration::from_secs(5);
/// How long the JobManager may take to hear of the leave.
const LEAVE_LIMIT: Duration = Duration::from_secs(1);
/// How long open calls may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// A running TaskManager. Dropping it stops nothing: call [`TaskManager::shutdown`].
pub struct TaskManager {
    rpc_address: SocketAddr,
    data_address: SocketAddr,
    resource_id: String,
    gateway: Arc<dyn JobManagerGateway>,
    executor: TaskExecutor,
    fence: Fence,
    /// Why the connection gave up.
    gave_up: Mutex<Option<oneshot::Receiver<TaskManagerError>>>,
    /// The connection to the JobManager.
    connection: Shutdown,
    /// Triggered when the JobManager ends the cluster.
    told_to_end: Shutdown,
    /// The server.
    servers: Shutdown,
}

impl TaskManager {
    /// Starts it on the current tokio runtime; when this returns, it takes calls. It registers in the background and keeps trying.
    pub async fn start(config: &Configuration) -> Result<TaskManager, TaskManagerError> {
        let slots = config.get(&options::TASKMANAGER_NUMBER_OF_TASK_SLOTS)?;
        if slots == 0 {
            return Err(TaskManagerError::NoSlots);
        }
        let jobmanagers = jobmanagers(config)?;
        let (jobmanager, in_group) = (jobmanagers.join(", "), jobmanagers.len() > 1);
        let host = host(config, &jobmanagers[0])?;
        let bind_host = bind_host(config, &host)?;
        let (rpc, rpc_address) = listen("taskmanager.rpc.port", &bind_host, &rpc_ports(config)?)?;
        let (data, data_address) = listen("taskmanager.data.port", &bind_host, &data_ports(config)?)?;
        let resource_id = resource_id(config, &host, rpc_address.port())?;
        let internal = Internal::from_config(config)?;
        let gateway: Arc<dyn JobManagerGateway> =
            Arc::new(GrpcJobManagers::new(jobmanagers, internal.clone()).map_err(TaskManagerError::JobManagerAddress)?);
        let data = tokio_listener("taskmanager.data.port", data)?;
        let settings = TaskExecutorSettings::new(&resource_id, config).map_err(TaskManagerError::Tasks)?;
        let executor = TaskExecutor::start(settings, data);
        let registration = TaskManagerRegistration {
            resource_id: resource_id.clone(),
            rpc_address: published(&host, config.get(&options::TASKMANAGER_RPC_PORT)?.ports().next(), rpc_address),
            data_address: published(&host, Some(config.get(&options::TASKMANAGER_DATA_PORT)?), data_address),
            slots,
            hardware: machine::hardware(config)?,
            pid: std::process::id(),
            running: Vec::new(),
        };
        let (connection, servers) = (Shutdown::new(), Shutdown::new());
        info!("TaskManager {resource_id} offers {slots} slots; data at {}", registration.data_address);
        let memory_limit = config.get(&options::TASKMANAGER_MEMORY_PROCESS_SIZE)?.map(|size| size.bytes());
        let metrics = TaskManagerMetrics::new(executor.clone(), memory_limit, registration.hardware.managed_memory);
        let parts = TaskManagerCoreParts {
            environment: Environment::system(),
            gateway: gateway.clone(),
            jobmanager,
            tasks: Arc::new(executor.clone()),
            registration,
            settings: connection_settings(config, in_group)?,
        };
        let logs = LogFiles::new(config)?;
        let TaskManagerCore { service, gave_up, told_to_end, fence, attempts } =
            TaskManagerCore::start(parts, &connection);
        let inspection = InspectionService { executor: executor.clone(), logs, metrics: metrics.clone() };
        serve_rpc(tokio_listener("taskmanager.rpc.port", rpc)?, service, inspection, &internal, &servers);
        report_metrics(config, (bind_host.as_str(), host.as_str()), &resource_id, metrics, &attempts, &servers)?;
        let gave_up = Mutex::new(Some(gave_up));
        let this = TaskManager {
            rpc_address,
            data_address,
            resource_id,
            gateway,
            executor,
            fence,
            gave_up,
            told_to_end,
            connection,
            servers,
        };
        Ok(this)
    }

    /// What would keep it from starting here, found by the functions with which it starts; for `flinkrs doctor`. Ports that are taken are told of
    /// as [`TaskManagerError::Listen`].
    pub fn check(config: &Configuration) -> Result<(), TaskManagerError> {
        if config.get(&options::TASKMANAGER_NUMBER_OF_TASK_SLOTS)? == 0 {
            return Err(TaskManagerError::NoSlots);
        }
        let jobmanagers = jobmanagers(config)?;
        let in_group = jobmanagers.len() > 1;
        let host = host(config, &jobmanagers[0])?;
        let bind_host = bind_host(config, &host)?;
        let resource_id = resource_id(config, &host, 0)?;
        GrpcJobManagers::new(jobmanagers, Internal::default()).map_err(TaskManagerError::JobManagerAddress)?;
        TaskExecutorSettings::new(&resource_id, config).map_err(TaskManagerError::Tasks)?;
        machine::hardware(config)?;
        connection_settings(config, in_group)?;
        LogFiles::new(config)?;
        let _rpc = listen("taskmanager.rpc.port", &bind_host, &rpc_ports(config)?)?;
        let _data = listen("taskmanager.data.port", &bind_host, &data_ports(config)?)?;
        Ok(())
    }

    /// Where the JobManager reaches it.
    pub fn rpc_address(&self) -> SocketAddr {
        self.rpc_address
    }

    /// Where other TaskManagers fetch data.
    pub fn data_address(&self) -> SocketAddr {
        self.data_address
    }

    /// Its name in the cluster.
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// Waits until it is of no use any more: because no JobManager took it in time, or the JobManager ends the cluster. Only the first call hears of it.
    pub async fn wait(&self) -> Result<(), TaskManagerError> {
        let Some(gave_up) = self.gave_up.lock().await.take() else { return std::future::pending().await };
        let gave_up = tokio::select! {
            gave_up = gave_up => gave_up,
            () = self.told_to_end.triggered() => return Ok(()),
        };
        match gave_up {
            Ok(error) => Err(error),
            // The connection was ended by shutdown.
            Err(_) => Ok(()),
        }
    }

    /// Takes leave of the JobManager, cancels the tasks and ends.
    pub async fn shutdown(self) {
        self.connection.trigger();
        if let Some(epoch) = self.fence.current() {
            let leave = self.gateway.disconnect(epoch, &self.resource_id, "it was shut down");
            if !matches!(tokio::time::timeout(LEAVE_LIMIT, leave).await, Ok(Ok(()))) {
                warn!("could not take leave of the JobManager");
            }
        }
        self.executor.shutdown(TASKS_LIMIT).await;
        self.servers.trigger();
        self.servers.finished(CLOSE_LIMIT).await;
        info!("TaskManager {} has ended", self.resource_id);
    }
}

fn connection_settings(config: &Configuration, in_group: bool) -> Result<ConnectionSettings, TaskManagerError> {
    let longest = if in_group { LONGEST_PAUSE_IN_GROUP } else { LONGEST_PAUSE };
    Ok(ConnectionSettings {
        registration_timeout: config.get(&options::TASKMANAGER_REGISTRATION_TIMEOUT)?,
        retries: BackoffPolicy {
            initial: FIRST_PAUSE,
            max: config.get(&options::CLUSTER_REGISTRATION_ERROR_DELAY)?.clamp(FIRST_PAUSE, longest),
            multiplier: 1.5,
            jitter_factor: 0.1,
        },
        in_group,
        refused_delay: config.get(&options::CLUSTER_REGISTRATION_REFUSED_DELAY)?,
    })
}

/// The JobManagers of the group, or the only one; at least one.
fn jobmanagers(config: &Configuration) -> Result<Vec<String>, TaskManagerError> {
    let peers = match config.get(&options::HIGH_AVAILABILITY_TYPE)?.trim().eq_ignore_ascii_case("raft") {
        true => config.get(&options::HIGH_AVAILABILITY_RAFT_PEERS)?.unwrap_or_default(),
        false => String::new(),
    };
    let peers = net::split_addresses(&peers);
    if !peers.is_empty() {
        return Ok(peers);
    }
    let port = config.get(&options::JOBMANAGER_RPC_PORT)?;
    Ok(vec![net::host_and_port(&config.get(&options::JOBMANAGER_RPC_ADDRESS)?, port)])
}

/// The host under which others reach this TaskManager: configured, or the address that this machine has towards the JobManager.
fn host(config: &Configuration, jobmanager: &str) -> Result<String, TaskManagerError> {
    if let Some(host) = config.get(&options::TASKMANAGER_HOST)? {
        return Ok(host);
    }
    let (name, port) = jobmanager.rsplit_once(':').unwrap_or((jobmanager, ""));
    let own = net::local_address_towards(name.trim_matches(['[', ']']), port.parse().unwrap_or_default());
    own.map(|address| address.to_string())
        .map_err(|source| TaskManagerError::OwnAddress { jobmanager: jobmanager.to_owned(), source })
}

/// A TaskManager that others know as a loopback address listens there only; any other name may be one that this machine does not carry
/// itself, so it listens everywhere.
fn bind_host(config: &Configuration, host: &str) -> Result<String, TaskManagerError> {
    Ok(match config.get(&options::TASKMANAGER_BIND_HOST)? {
        Some(host) => host,
        None if net::is_loopback(host) => host.to_owned(),
        None => "0.0.0.0".to_owned(),
    })
}

fn rpc_ports(config: &Configuration) -> Result<PortRange, TaskManagerError> {
    Ok(match config.get(&options::TASKMANAGER_RPC_BIND_PORT)? {
        Some(port) => PortRange::single(port),
        None => config.get(&options::TASKMANAGER_RPC_PORT)?,
    })
}

fn data_ports(config: &Configuration) -> Result<PortRange, TaskManagerError> {
    Ok(match config.get(&options::TASKMANAGER_DATA_BIND_PORT)? {
        Some(ports) => ports,
        None => PortRange::single(config.get(&options::TASKMANAGER_DATA_PORT)?),
    })
}

/// `taskmanager.resource-id`, or Flink's form of a name made up: `host:port-` and six random digits.
fn resource_id(config: &Configuration, host: &str, port: u16) -> Result<String, TaskManagerError> {
    let configured = config.get(&options::TASKMANAGER_RESOURCE_ID)?;
    let made_up = || format!("{}-{:06x}", net::host_and_port(host, port), Random::from_system().below(1 << 24));
    Ok(configured.unwrap_or_else(made_up))
}

/// What others are told: the configured port (it may be a forwarded one), or the one that was bound when any would do.
fn published(host: &str, configured: Option<u16>, bound: SocketAddr) -> String {
    let bind_differs = configured.filter(|port| *port != 0).unwrap_or(bound.port());
    net::host_and_port(host, bind_differs)
}

fn listen(key: &'static str, host: &str, ports: &PortRange) -> Result<(TcpListener, SocketAddr), TaskManagerError> {
    let listener = net::listen(host, ports).map_err(|source| TaskManagerError::Listen { key, source })?;
    let address = listener.local_addr().map_err(|source| TaskManagerError::Listen { key, source })?;
    Ok((listener, address))
}

fn tokio_listener(key: &'static str, listener: TcpListener) -> Result<tokio::net::TcpListener, TaskManagerError> {
    tokio::net::TcpListener::from_std(listener).map_err(|source| TaskManagerError::Listen { key, source })
}

fn serve_rpc(
    listener: tokio::net::TcpListener,
    service: RpcService,
    inspection: InspectionService,
    internal: &Internal,
    servers: &Shutdown,
) {
    let service = TaskManagerGatewayServer::new(service)
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE);
    let inspection = TaskManagerInspectionServer::new(inspection).max_encoding_message_size(MAX_MESSAGE_SIZE);
    let server = tonic::transport::Server::builder()
        .add_service(service)
        .add_service(inspection)
        .serve_with_incoming_shutdown(internal.incoming(listener), servers.token().cancelled_owned());
    servers.spawn(async move {
        if let Err(error) = server.await {
            warn!("the gRPC server has ended: {error}");
        }
    });
}

/// Serves the metrics for Prometheus where reporters are configured.
fn report_metrics(
    config: &Configuration,
    (bind_host, host): (&str, &str),
    resource_id: &str,
    metrics: TaskManagerMetrics,
    attempts: &Attempts,
    servers: &Shutdown,
) -> Result<(), TaskManagerError> {
    let reporters = Reporters::from_config(config)?.prometheus;
    if reporters.is_empty() {
        return Ok(());
    }
    let registry = Metrics::new();
    registry.spawn_upkeep(servers);
    PrometheusTasks::show(&registry, host, resource_id, metrics, attempts.clone());
    for reporter in reporters {
        let address = serve_metrics(&registry, bind_host, &reporter.ports, servers)
            .map_err(|source| TaskManagerError::Listen { key: "metrics.reporter.<name>.port", source })?;
        info!("metrics for Prometheus (reporter {}) at http://{address}/metrics", reporter.name);
    }
    Ok(())
}
