//! `JobManager`: binds the ports, starts the parts, and ends them in order.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use common::config::{Configuration, PortRange, options};
use common::environment::Environment;
use common::log_files::LogFiles;
use common::net;
use common::shutdown::Shutdown;
use common::telemetry::{Reporters, serve_metrics};
use proto::MAX_MESSAGE_SIZE;
use proto::v1::job_manager_gateway_server::JobManagerGatewayServer;
use proto::v1::job_manager_peer_server::JobManagerPeerServer;
use tracing::{error, info, warn};
use transport::Internal;
use transport::http::Role;
use transport::users::Users;

use crate::checkpointing::Storages;
use crate::cluster_metrics::ClusterMetrics;
use crate::error::JobManagerError;
use crate::gateway::GrpcNetwork;
use crate::job_archive::JobArchive;
use crate::job_store::{NodeSettings, PeerService, RaftNode};
use crate::leadership::{Leadership, SessionParts};
use crate::programs::{ProgramCompiler, ProgramStore};
use crate::reactive;
use crate::resource_manager::ResourceManagerSettings;
use crate::rest::{FlameGraphs, MountedApi, Mounts, Profiler, RestFront, RestServer};
use crate::rpc_service::RpcService;

/// How long open requests may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// How often the gauges of a configured reporter are set.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// The name of other parts of this process among the users of REST.
const OWN_NAME: &str = "jobmanager";
/// A group of one leads as soon as it is asked to.
const LEAD_LIMIT: Duration = Duration::from_secs(10);

/// A running JobManager. Dropping it stops nothing: call [`JobManager::shutdown`].
pub struct JobManager {
    rest_address: SocketAddr,
    rpc_address: SocketAddr,
    own_token: Option<String>,
    leadership: Leadership,
    mounts: Mounts,
    /// Following and leading.
    member: Shutdown,
    /// The servers.
    servers: Shutdown,
    /// Triggered by a client.
    requested: Shutdown,
}

impl JobManager {
    /// Starts it without a planner, so that it takes job graphs and no programs.
    pub async fn start(config: &Configuration) -> Result<JobManager, JobManagerError> {
        Self::start_with(config, None).await
    }

    /// Starts it on the current tokio runtime; when this returns, REST and gRPC take requests. The compiler plans programs that are uploaded.
    pub async fn start_with(
        config: &Configuration,
        compiler: Option<Arc<dyn ProgramCompiler>>,
    ) -> Result<JobManager, JobManagerError> {
        // All that it decides by time are deadlines: a clock that is set must not make TaskManagers and checkpoints look late.
        let clock = Clock::System.steady();
        let environment = Environment::with_clock(clock.clone());
        let internal = Internal::from_config(config)?;
        let (rest, rest_address) = listen_rest(config)?;
        let (rpc, rpc_address) = listen_rpc(config)?;
        let settings = ResourceManagerSettings {
            heartbeat_interval: config.get(&options::HEARTBEAT_INTERVAL)?,
            heartbeat_timeout: config.get(&options::HEARTBEAT_TIMEOUT)?,
            slot_request_timeout: config.get(&options::SLOT_REQUEST_TIMEOUT)?,
        };
        let parts = SessionParts {
            config: config.clone(),
            environment: environment.clone(),
            network: Arc::new(GrpcNetwork::over(internal.clone())),
            storages: Storages::default(),
            address: own_address(config, rpc_address.port())?,
            settings,
            reactive: reactive::settings(config)?,
            archive: archive(config)?,
        };
        let (member, servers, requested) = (Shutdown::new(), Shutdown::new(), Shutdown::new());
        let node = match node_settings(config, rpc_address.port(), &internal)? {
            Some(settings) => Some(RaftNode::open(settings).await?),
            None => None,
        };
        let leadership = match &node {
            Some(node) => Leadership::of_member(parts, node.clone(), member.clone()),
            None => Leadership::alone(&parts).await?,
        };
        let host = config.get(&options::JOBMANAGER_RPC_ADDRESS)?;
        let metrics = Arc::new(ClusterMetrics::new(&host, clock.clone()));
        report(config, &metrics, &leadership, &servers)?;
        let users = Users::from_config(config)?;
        let own_token = users.as_ref().map(|users| users.issue(OWN_NAME, Role::Operator)).transpose()?;
        let scheme = transport::rest::scheme(config)?;
        let front = RestFront {
            leadership: leadership.clone(),
            flame_graphs: FlameGraphs::new(config)?,
            profiler: Profiler::new(config)?,
            logs: LogFiles::new(config)?,
            internal: internal.clone(),
            programs: ProgramStore::new(config)?,
            compiler,
            address: format!("{scheme}://{rest_address}"),
            own_token: own_token.clone(),
            metrics,
            clock,
            shutdown: requested.clone(),
        };
        let task_managers = RpcService::new(leadership.clone(), settings, environment, servers.clone());
        let peers = node.clone().map(|node| PeerService::new(node, Arc::new(front.clone())));
        serve_rpc(rpc, task_managers, peers, settings, &internal, &servers)?;
        let mounts = Mounts::default();
        RestServer::start(rest, front, mounts.clone(), users, config, &servers)?;
        if let Some(node) = node {
            join(&node, &leadership, &member).await?;
        }
        info!("JobManager is ready: REST at {scheme}://{rest_address}, TaskManagers at {rpc_address}");
        Ok(JobManager { rest_address, rpc_address, own_token, leadership, mounts, member, servers, requested })
    }

    /// Where the REST API listens; the real port when 0 was configured.
    pub fn rest_address(&self) -> SocketAddr {
        self.rest_address
    }

    /// Serves another API of this process on the REST port too, below `/prefix`: what a page of the web UI asks has to come from the server
    /// that the page came from.
    pub fn mount(&self, prefix: &'static str, api: Arc<dyn MountedApi>) {
        self.mounts.add(prefix, api);
    }

    /// By which other parts of this process make themselves known to the REST API; none when that asks nobody.
    pub fn own_token(&self) -> Option<&str> {
        self.own_token.as_deref()
    }

    /// Where TaskManagers register.
    pub fn rpc_address(&self) -> SocketAddr {
        self.rpc_address
    }

    /// Waits until a client asks the cluster to shut down (`DELETE /cluster`).
    pub async fn shutdown_requested(&self) {
        self.requested.triggered().await;
    }

    /// Ends. Its jobs are suspended, or taken over by whoever leads next.
    pub async fn shutdown(self) {
        self.member.trigger();
        match (self.leadership.node(), self.leadership.session()) {
            (None, Some(session)) => {
                if !session.suspend().await {
                    warn!("some TaskManagers could not be told that their jobs are suspended");
                }
            }
            (_, Some(session)) => session.stop(),
            (_, None) => {}
        }
        self.servers.trigger();
        self.servers.finished(CLOSE_LIMIT).await;
        self.member.finished(CLOSE_LIMIT).await;
        if let Some(node) = self.leadership.node() {
            node.close().await;
        }
        info!("JobManager at {} has ended", self.rpc_address);
    }
}

/// Joins the group, or forms it. A JobManager that is alone leads when this returns.
async fn join(node: &RaftNode, leadership: &Leadership, member: &Shutdown) -> Result<(), JobManagerError> {
    if node.is_alone() {
        node.form().await?;
        leadership.settled(LEAD_LIMIT).await;
        if leadership.session().is_none() {
            return Err(node.error("cannot be written: no majority of the JobManagers answers").into());
        }
        return Ok(());
    }
    let (timed, end) = (node.clone(), member.clone());
    member.spawn(async move {
        end.unless_triggered(timed.keep_time()).await;
    });
    let (node, end) = (node.clone(), member.clone());
    member.spawn(async move {
        if let Some(Err(error)) = end.unless_triggered(node.form()).await {
            error!("{error}");
        }
    });
    Ok(())
}

/// How this JobManager takes part in a group; none when it keeps nothing.
pub(crate) fn node_settings(
    config: &Configuration,
    port: u16,
    internal: &Internal,
) -> Result<Option<NodeSettings>, JobManagerError> {
    let kind = config.get(&options::HIGH_AVAILABILITY_TYPE)?;
    match kind.trim().to_ascii_lowercase().as_str() {
        "none" => Ok(None),
        "raft" => {
            let dir = config.get(&options::HIGH_AVAILABILITY_STORAGE_DIR)?.ok_or(JobManagerError::NoStorageDir)?;
            let dir = Path::new(dir.strip_prefix("file://").unwrap_or(&dir));
            let address = own_address(config, port)?;
            let peers = config.get(&options::HIGH_AVAILABILITY_RAFT_PEERS)?.unwrap_or_default();
            let peers: Vec<String> = net::split_addresses(&peers);
            if !peers.is_empty() && !peers.contains(&address) {
                return Err(JobManagerError::NotAPeer { address, peers: peers.join(",") });
            }
            // Several JobManagers of a machine may share the folder of their configuration.
            let name =
                if peers.len() > 1 { format!("raft-{}", address.replace([':', '/'], "_")) } else { "raft".into() };
            let election_timeout = config.get(&options::HIGH_AVAILABILITY_RAFT_ELECTION_TIMEOUT)?;
            // One that was alone before keeps what it has.
            let (named, alone) = (dir.join(name), dir.join("raft"));
            let dir = if !named.exists() && alone.exists() { alone } else { named };
            Ok(Some(NodeSettings { dir, address, peers, election_timeout, internal: internal.clone() }))
        }
        _ => Err(JobManagerError::HighAvailability(kind)),
    }
}

/// Where others reach this JobManager: `jobmanager.rpc.address` and `jobmanager.rpc.port`, which may be one of the system's choosing.
fn own_address(config: &Configuration, port: u16) -> Result<String, JobManagerError> {
    let host = config.get(&options::JOBMANAGER_RPC_ADDRESS)?;
    let configured = config.get(&options::JOBMANAGER_RPC_PORT)?;
    Ok(net::host_and_port(&host, if configured == 0 { port } else { configured }))
}

pub(crate) fn archive(config: &Configuration) -> Result<JobArchive, JobManagerError> {
    let capacity = config.get(&options::COMPLETED_STORE_MAX_CAPACITY)? as usize;
    let older =
        config.get_set(&options::JOBSTORE_EXPIRATION_TIME)?.map(|s| Duration::from_secs(s.max(0).unsigned_abs()));
    let expiration = config.get_set(&options::COMPLETED_STORE_EXPIRATION_TIME)?.or(older);
    let expiration = expiration.map_or_else(|| config.get(&options::COMPLETED_STORE_EXPIRATION_TIME), Ok)?;
    Ok(JobArchive::new(capacity, expiration))
}

pub(crate) fn listen_rest(config: &Configuration) -> Result<(TcpListener, SocketAddr), JobManagerError> {
    listen("rest.bind-port", &rest_bind_host(config)?, &config.get(&options::REST_BIND_PORT)?)
}

pub(crate) fn rest_bind_host(config: &Configuration) -> Result<String, JobManagerError> {
    Ok(match config.get(&options::REST_BIND_ADDRESS)? {
        Some(host) => host,
        None => bind_host(config.get(&options::REST_ADDRESS)?),
    })
}

pub(crate) fn listen_rpc(config: &Configuration) -> Result<(TcpListener, SocketAddr), JobManagerError> {
    let host = match config.get(&options::JOBMANAGER_BIND_HOST)? {
        Some(host) => host,
        None => bind_host(config.get(&options::JOBMANAGER_RPC_ADDRESS)?),
    };
    let port = match config.get(&options::JOBMANAGER_RPC_BIND_PORT)? {
        Some(port) => port,
        None => config.get(&options::JOBMANAGER_RPC_PORT)?,
    };
    listen("jobmanager.rpc.port", &host, &PortRange::single(port))
}

/// A JobManager that others know as a loopback address listens there only; any other name may be one that this machine does not
/// carry itself (a NAT, a container's host), so it listens everywhere.
fn bind_host(address: String) -> String {
    if net::is_loopback(&address) { address } else { "0.0.0.0".to_owned() }
}

fn listen(key: &'static str, host: &str, ports: &PortRange) -> Result<(TcpListener, SocketAddr), JobManagerError> {
    let listener = net::listen(host, ports).map_err(|source| JobManagerError::Listen { key, source })?;
    let address = listener.local_addr().map_err(|source| JobManagerError::Listen { key, source })?;
    Ok((listener, address))
}

fn serve_rpc(
    listener: TcpListener,
    service: RpcService,
    peers: Option<PeerService>,
    settings: ResourceManagerSettings,
    internal: &Internal,
    servers: &Shutdown,
) -> Result<(), JobManagerError> {
    let listener = tokio::net::TcpListener::from_std(listener)
        .map_err(|source| JobManagerError::Listen { key: "jobmanager.rpc.port", source })?;
    let service = JobManagerGatewayServer::new(service)
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE);
    let peers = peers.map(|peers| {
        JobManagerPeerServer::new(peers)
            .max_decoding_message_size(MAX_MESSAGE_SIZE)
            .max_encoding_message_size(MAX_MESSAGE_SIZE)
    });
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(settings.heartbeat_interval))
        .http2_keepalive_timeout(Some(settings.heartbeat_timeout))
        .add_service(service)
        .add_optional_service(peers)
        .serve_with_incoming_shutdown(internal.incoming(listener), servers.token().cancelled_owned());
    servers.spawn(async move {
        if let Err(error) = server.await {
            warn!("the gRPC server has ended: {error}");
        }
    });
    Ok(())
}

/// Serves the metrics for Prometheus where reporters are configured.
fn report(
    config: &Configuration,
    metrics: &Arc<ClusterMetrics>,
    leadership: &Leadership,
    servers: &Shutdown,
) -> Result<(), JobManagerError> {
    let reporters = Reporters::from_config(config)?.prometheus;
    if reporters.is_empty() {
        return Ok(());
    }
    let host = rest_bind_host(config)?;
    for reporter in reporters {
        let address = serve_metrics(metrics.registry(), &host, &reporter.ports, servers)
            .map_err(|source| JobManagerError::Listen { key: "metrics.reporter.<name>.port", source })?;
        info!("metrics for Prometheus (reporter {}) at http://{address}/metrics", reporter.name);
    }
    let (metrics, leadership, end) = (metrics.clone(), leadership.clone(), servers.clone());
    servers.spawn(async move {
        loop {
            let session = leadership.session();
            let of = session.as_ref().map(|session| (session.dispatcher(), session.resource_manager()));
            metrics.refresh(of).await;
            if end.unless_triggered(tokio::time::sleep(REPORT_INTERVAL)).await.is_none() {
                return;
            }
        }
    });
    Ok(())
}
