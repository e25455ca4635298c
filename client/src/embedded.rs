//! The embedded cluster: one JobManager and one TaskManager in this process, on ports of the system's choosing.
//!
//! They are the same services as in separate processes and speak the same protocols over the loopback interface.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use common::config::{Configuration, Origin};
use jobmanager::JobManager;
use taskmanager::TaskManager;

use crate::cluster_client::ClusterClient;
use crate::rest_access::RestAccess;
use crate::sql_compiler::SqlCompiler;

/// A running embedded cluster.
pub struct EmbeddedCluster {
    jobmanager: JobManager,
    taskmanagers: Vec<TaskManager>,
    config: Configuration,
}

impl EmbeddedCluster {
    /// Starts a JobManager and `taskmanagers` TaskManagers with `slots` slots each, where nothing else is in their way.
    pub async fn start(config: &Configuration, taskmanagers: u32, slots: u32) -> anyhow::Result<Self> {
        let mut config = config.clone();
        for (key, value) in [
            ("jobmanager.rpc.address", "127.0.0.1"),
            ("jobmanager.rpc.port", "0"),
            ("jobmanager.bind-host", "127.0.0.1"),
            ("rest.address", "127.0.0.1"),
            ("rest.bind-address", "127.0.0.1"),
            ("rest.port", "0"),
            ("rest.bind-port", "0"),
            ("taskmanager.host", "127.0.0.1"),
            ("taskmanager.bind-host", "127.0.0.1"),
        ] {
            config.set(key, value, Origin::Program);
        }
        config.set("taskmanager.numberOfTaskSlots", slots.to_string(), Origin::Program);
        Self::start_at_ports(&config, taskmanagers).await
    }

    /// Starts a JobManager at the configured ports, and TaskManagers at any.
    pub async fn start_at_ports(config: &Configuration, taskmanagers: u32) -> anyhow::Result<Self> {
        let mut config = config.clone();
        for key in ["taskmanager.rpc.port", "taskmanager.data.port"] {
            config.set(key, "0", Origin::Program);
        }
        config.remove("taskmanager.resource-id");
        let jobmanager = JobManager::start_with(&config, Some(Arc::new(SqlCompiler)))
            .await
            .context("cannot start the embedded JobManager")?;
        config.set("jobmanager.rpc.port", jobmanager.rpc_address().port().to_string(), Origin::Program);
        let mut cluster = Self { jobmanager, taskmanagers: Vec::new(), config };
        for _ in 0..taskmanagers {
            let taskmanager =
                TaskManager::start(&cluster.config).await.context("cannot start the embedded TaskManager")?;
            cluster.taskmanagers.push(taskmanager);
        }
        Ok(cluster)
    }

    /// Where its REST API listens.
    pub fn rest_address(&self) -> SocketAddr {
        self.jobmanager.rest_address()
    }

    /// Waits until a client asks it to shut down.
    pub async fn shutdown_requested(&self) {
        self.jobmanager.shutdown_requested().await;
    }

    /// Its JobManager.
    pub fn jobmanager(&self) -> &JobManager {
        &self.jobmanager
    }

    /// A client of it.
    pub fn client(&self) -> anyhow::Result<ClusterClient> {
        let access = RestAccess::of_own(&self.config, self.jobmanager.own_token())?;
        ClusterClient::new(&self.jobmanager.rest_address().to_string(), &access)
    }

    /// Stops tasks, then services.
    pub async fn shutdown(self) {
        for taskmanager in self.taskmanagers {
            taskmanager.shutdown().await;
        }
        self.jobmanager.shutdown().await;
    }
}
