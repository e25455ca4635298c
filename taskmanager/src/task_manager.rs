//! `TaskManager`: binds the ports, starts the parts, and ends them in order.

use std::net::SocketAddr;
use std::time::Duration;

use common::config::{Configuration, PortRange, options};
use common::net;
use common::shutdown::Shutdown;

use crate::error::TaskManagerError;

/// A running TaskManager. Dropping it stops nothing: call [`TaskManager::shutdown`].
#[derive(Debug)]
pub struct TaskManager {
    rpc_address: SocketAddr,
    data_address: SocketAddr,
    resource_id: String,
    shutdown: Shutdown,
}

impl TaskManager {
    /// Starts it on the current tokio runtime. It registers in the background and keeps trying.
    pub async fn start(config: &Configuration) -> Result<TaskManager, TaskManagerError> {
        let listen = |key, ports: &PortRange| {
            net::listen("127.0.0.1", ports).map_err(|source| TaskManagerError::Listen { key, source })
        };
        let rpc = listen("taskmanager.rpc.port", &config.get(&options::TASKMANAGER_RPC_PORT)?)?;
        let data = listen("taskmanager.data.port", &PortRange::single(config.get(&options::TASKMANAGER_DATA_PORT)?))?;
        let local = |key, listener: &std::net::TcpListener| {
            listener.local_addr().map_err(|source| TaskManagerError::Listen { key, source })
        };
        Ok(TaskManager {
            rpc_address: local("taskmanager.rpc.port", &rpc)?,
            data_address: local("taskmanager.data.port", &data)?,
            resource_id: String::new(),
            shutdown: Shutdown::new(),
        })
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

    /// Waits until it has ended by itself: because no JobManager took it in time.
    pub async fn wait(&self) -> Result<(), TaskManagerError> {
        self.shutdown.triggered().await;
        Ok(())
    }

    /// Takes leave of the JobManager, cancels the tasks and ends.
    pub async fn shutdown(self) {
        self.shutdown.trigger();
        self.shutdown.finished(Duration::from_secs(5)).await;
    }
}
