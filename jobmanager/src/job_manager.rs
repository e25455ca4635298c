//! `JobManager`: binds the ports, starts the parts, and ends them in order.

use std::net::SocketAddr;
use std::time::Duration;

use common::config::{Configuration, PortRange, options};
use common::net;
use common::shutdown::Shutdown;

use crate::error::JobManagerError;

/// A running JobManager. Dropping it stops nothing: call [`JobManager::shutdown`].
#[derive(Debug)]
pub struct JobManager {
    rest_address: SocketAddr,
    rpc_address: SocketAddr,
    shutdown: Shutdown,
}

impl JobManager {
    /// Starts it on the current tokio runtime; when this returns, REST and gRPC take requests.
    pub async fn start(config: &Configuration) -> Result<JobManager, JobManagerError> {
        let listen = |key, host: &str, ports: &PortRange| {
            net::listen(host, ports).map_err(|source| JobManagerError::Listen { key, source })
        };
        let rest =
            listen("rest.bind-port", &config.get(&options::REST_ADDRESS)?, &config.get(&options::REST_BIND_PORT)?)?;
        let rpc =
            listen("jobmanager.rpc.port", "127.0.0.1", &PortRange::single(config.get(&options::JOBMANAGER_RPC_PORT)?))?;
        let local = |key, listener: &std::net::TcpListener| {
            listener.local_addr().map_err(|source| JobManagerError::Listen { key, source })
        };
        Ok(JobManager {
            rest_address: local("rest.bind-port", &rest)?,
            rpc_address: local("jobmanager.rpc.port", &rpc)?,
            shutdown: Shutdown::new(),
        })
    }

    /// Where the REST API listens; the real port when 0 was configured.
    pub fn rest_address(&self) -> SocketAddr {
        self.rest_address
    }

    /// Where TaskManagers register.
    pub fn rpc_address(&self) -> SocketAddr {
        self.rpc_address
    }

    /// Waits until somebody asks the cluster to shut down (`DELETE /cluster`).
    pub async fn shutdown_requested(&self) {
        self.shutdown.triggered().await;
    }

    /// Suspends the jobs and ends.
    pub async fn shutdown(self) {
        self.shutdown.trigger();
        self.shutdown.finished(Duration::from_secs(5)).await;
    }
}
