//! `JobManager`: binds the ports, starts the parts, and ends them in order.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::clock::Clock;
use common::config::{Configuration, PortRange, options};
use common::log_files::LogFiles;
use common::net;
use common::shutdown::Shutdown;
use common::telemetry::{Reporters, serve_metrics};
use proto::MAX_MESSAGE_SIZE;
use proto::v1::job_manager_gateway_server::JobManagerGatewayServer;
use tonic::transport::server::TcpIncoming;
use tracing::{info, warn};

use crate::cluster_metrics::ClusterMetrics;
use crate::dispatcher::Dispatcher;
use crate::error::JobManagerError;
use crate::job_archive::JobArchive;
use crate::job_master::JobMasterContext;
use crate::job_store::{JobStore, MemoryJobStore, RaftJobStore};
use crate::programs::{ProgramCompiler, ProgramStore};
use crate::resource_manager::{ResourceManagerHandle, ResourceManagerSettings};
use crate::rest::{FlameGraphs, MountedApi, Mounts, Operations, RestContext, RestServer};
use crate::rpc_service::RpcService;

/// How long jobs may take to tell their TaskManagers that they are suspended.
const SUSPEND_LIMIT: Duration = Duration::from_secs(3);
/// How long open requests may take at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// How often the gauges of a configured reporter are set.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// A running JobManager. Dropping it stops nothing: call [`JobManager::shutdown`].
pub struct JobManager {
    rest_address: SocketAddr,
    rpc_address: SocketAddr,
    dispatcher: Dispatcher,
    store: Arc<dyn JobStore>,
    mounts: Mounts,
    /// The job masters.
    masters: Shutdown,
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
        let clock = Clock::System;
        let store = job_store(config, &clock).await?;
        let (rest, rest_address) = listen_rest(config)?;
        let (rpc, rpc_address) = listen_rpc(config)?;
        let settings = ResourceManagerSettings {
            heartbeat_interval: config.get(&options::HEARTBEAT_INTERVAL)?,
            heartbeat_timeout: config.get(&options::HEARTBEAT_TIMEOUT)?,
            slot_request_timeout: config.get(&options::SLOT_REQUEST_TIMEOUT)?,
        };
        let (masters, servers, requested) = (Shutdown::new(), Shutdown::new(), Shutdown::new());
        let epoch = store.epoch();
        let resource_manager = ResourceManagerHandle::start(settings, epoch, clock.clone());
        let context = JobMasterContext {
            epoch,
            clock: clock.clone(),
            resource_manager: resource_manager.clone(),
            store: store.clone(),
            shutdown: masters.clone(),
        };
        let dispatcher = Dispatcher::new(config.clone(), context, archive(config)?);
        dispatcher.recover().await?;
        let host = config.get(&options::JOBMANAGER_RPC_ADDRESS)?;
        let metrics = Arc::new(ClusterMetrics::new(&host, dispatcher.clone(), resource_manager.clone(), clock.clone()));
        report(config, &metrics, &servers)?;
        let service = RpcService::new(epoch, settings, dispatcher.clone(), resource_manager.clone(), servers.clone());
        serve_rpc(rpc, service, settings, &servers)?;
        let rest_context = RestContext {
            dispatcher: dispatcher.clone(),
            resource_manager,
            operations: Operations::new(clock.clone()),
            flame_graphs: FlameGraphs::new(config)?,
            logs: LogFiles::new(config)?,
            programs: ProgramStore::new(config)?,
            compiler,
            address: format!("http://{rest_address}"),
            metrics,
            clock,
            shutdown: requested.clone(),
        };
        let mounts = Mounts::default();
        RestServer::start(rest, rest_context, mounts.clone(), config, &servers)?;
        info!("JobManager is ready: REST at http://{rest_address}, TaskManagers at {rpc_address}");
        Ok(JobManager { rest_address, rpc_address, dispatcher, store, mounts, masters, servers, requested })
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

    /// Where TaskManagers register.
    pub fn rpc_address(&self) -> SocketAddr {
        self.rpc_address
    }

    /// Waits until a client asks the cluster to shut down (`DELETE /cluster`).
    pub async fn shutdown_requested(&self) {
        self.requested.triggered().await;
    }

    /// Suspends the jobs and ends.
    pub async fn shutdown(self) {
        self.masters.trigger();
        self.dispatcher.suspend_all();
        if !self.masters.finished(SUSPEND_LIMIT).await {
            warn!("some TaskManagers could not be told that their jobs are suspended");
        }
        self.servers.trigger();
        self.servers.finished(CLOSE_LIMIT).await;
        self.store.close().await;
        info!("JobManager at {} has ended", self.rpc_address);
    }
}

async fn job_store(config: &Configuration, clock: &Clock) -> Result<Arc<dyn JobStore>, JobManagerError> {
    let kind = config.get(&options::HIGH_AVAILABILITY_TYPE)?;
    match kind.trim().to_ascii_lowercase().as_str() {
        "none" => Ok(Arc::new(MemoryJobStore::new(clock))),
        "raft" => {
            let dir = config.get(&options::HIGH_AVAILABILITY_STORAGE_DIR)?.ok_or(JobManagerError::NoStorageDir)?;
            let dir = dir.strip_prefix("file://").unwrap_or(&dir);
            Ok(Arc::new(RaftJobStore::open(Path::new(dir).join("raft")).await?))
        }
        _ => Err(JobManagerError::HighAvailability(kind)),
    }
}

fn archive(config: &Configuration) -> Result<JobArchive, JobManagerError> {
    let capacity = config.get(&options::COMPLETED_STORE_MAX_CAPACITY)? as usize;
    let older =
        config.get_set(&options::JOBSTORE_EXPIRATION_TIME)?.map(|s| Duration::from_secs(s.max(0).unsigned_abs()));
    let expiration = config.get_set(&options::COMPLETED_STORE_EXPIRATION_TIME)?.or(older);
    let expiration = expiration.map_or_else(|| config.get(&options::COMPLETED_STORE_EXPIRATION_TIME), Ok)?;
    Ok(JobArchive::new(capacity, expiration))
}

fn listen_rest(config: &Configuration) -> Result<(TcpListener, SocketAddr), JobManagerError> {
    listen("rest.bind-port", &rest_bind_host(config)?, &config.get(&options::REST_BIND_PORT)?)
}

fn rest_bind_host(config: &Configuration) -> Result<String, JobManagerError> {
    Ok(match config.get(&options::REST_BIND_ADDRESS)? {
        Some(host) => host,
        None => bind_host(config.get(&options::REST_ADDRESS)?),
    })
}

fn listen_rpc(config: &Configuration) -> Result<(TcpListener, SocketAddr), JobManagerError> {
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
    settings: ResourceManagerSettings,
    servers: &Shutdown,
) -> Result<(), JobManagerError> {
    let listener = tokio::net::TcpListener::from_std(listener)
        .map_err(|source| JobManagerError::Listen { key: "jobmanager.rpc.port", source })?;
    let service = JobManagerGatewayServer::new(service)
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE);
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(settings.heartbeat_interval))
        .http2_keepalive_timeout(Some(settings.heartbeat_timeout))
        .serve_with_incoming_shutdown(
            service,
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            servers.token().cancelled_owned(),
        );
    servers.spawn(async move {
        if let Err(error) = server.await {
            warn!("the gRPC server has ended: {error}");
        }
    });
    Ok(())
}

/// Serves the metrics for Prometheus where reporters are configured.
fn report(config: &Configuration, metrics: &Arc<ClusterMetrics>, servers: &Shutdown) -> Result<(), JobManagerError> {
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
    let (metrics, end) = (metrics.clone(), servers.clone());
    servers.spawn(async move {
        metrics.refresh().await;
        while end.unless_triggered(tokio::time::sleep(REPORT_INTERVAL)).await.is_some() {
            metrics.refresh().await;
        }
    });
    Ok(())
}
