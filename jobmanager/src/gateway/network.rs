//! `TaskManagerNetwork`: how a JobManager reaches TaskManagers: over gRPC, or as a simulation has it.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dataflow::LeaderEpoch;
use dataflow::deployment::TaskManagerRegistration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::Internal;

use super::grpc::{GrpcTaskManager, announce_leader};
use super::{Commander, TaskManagerGateway};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// The ways to TaskManagers.
#[async_trait]
pub trait TaskManagerNetwork: Send + Sync {
    /// The way to one that registers, for calls of this epoch. The error says why its address is none.
    fn gateway(
        &self,
        registration: &TaskManagerRegistration,
        epoch: LeaderEpoch,
    ) -> Result<Arc<dyn TaskManagerGateway>, String>;

    /// Tells the TaskManager at this `host:port` who leads; the error says why it has not heard.
    async fn announce(&self, task_manager: &str, commander: &Commander) -> Result<(), String>;

    /// The word of the machine itself that nobody listens at this `host:port`. None when it does not answer: it may be cut off, and run its tasks
    /// until its time is over.
    async fn refusal(&self, task_manager: &str) -> Option<String>;
}

/// gRPC.
#[derive(Debug, Clone, Default)]
pub struct GrpcNetwork {
    internal: Internal,
}

impl GrpcNetwork {
    /// The ways go over this.
    pub fn over(internal: Internal) -> Self {
        Self { internal }
    }
}

#[async_trait]
impl TaskManagerNetwork for GrpcNetwork {
    fn gateway(
        &self,
        registration: &TaskManagerRegistration,
        epoch: LeaderEpoch,
    ) -> Result<Arc<dyn TaskManagerGateway>, String> {
        Ok(Arc::new(GrpcTaskManager::new(&self.internal, registration, epoch)?))
    }

    async fn announce(&self, task_manager: &str, commander: &Commander) -> Result<(), String> {
        announce_leader(&self.internal, task_manager, commander).await
    }

    async fn refusal(&self, task_manager: &str) -> Option<String> {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(task_manager)).await {
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Some(error.to_string()),
            Ok(_) | Err(_) => None,
        }
    }
}
