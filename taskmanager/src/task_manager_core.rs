//! `TaskManagerCore`: a TaskManager behind its sockets: who is registered, under which epoch, what it has taken on, and what it still has to tell.

use std::sync::Arc;

use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::deployment::TaskManagerRegistration;
use tokio::sync::{oneshot, watch};

use crate::attempts::Attempts;
use crate::connection::{Connection, ConnectionSettings};
use crate::error::TaskManagerError;
use crate::fence::Fence;
use crate::gateway::JobManagerGateway;
use crate::reporter::Reporter;
use crate::rpc_service::RpcService;
use crate::tasks::Tasks;

/// What a core is made from.
pub struct TaskManagerCoreParts {
    /// Time, chance, and who runs its loops.
    pub environment: Environment,
    /// The way to the JobManagers.
    pub gateway: Arc<dyn JobManagerGateway>,
    /// The JobManagers, for messages.
    pub jobmanager: String,
    /// Who runs its tasks.
    pub tasks: Arc<dyn Tasks>,
    /// As it registers, without what it runs.
    pub registration: TaskManagerRegistration,
    /// The times that its connection goes by.
    pub settings: ConnectionSettings,
}

/// A TaskManager behind its sockets.
pub struct TaskManagerCore {
    /// Answers the JobManager.
    pub service: RpcService,
    /// Why the connection gave up; closed when it was ended.
    pub gave_up: oneshot::Receiver<TaskManagerError>,
    /// Triggered when the JobManager ends the cluster.
    pub told_to_end: Shutdown,
    pub(crate) fence: Fence,
    pub(crate) attempts: Attempts,
}

impl TaskManagerCore {
    /// Starts it: it registers, and stays registered until `connection` is triggered.
    pub fn start(parts: TaskManagerCoreParts, connection: &Shutdown) -> Self {
        let TaskManagerCoreParts { environment, gateway, jobmanager, tasks, registration, settings } = parts;
        let (fence, attempts) = (Fence::new(environment.clock().clone()), Attempts::default());
        let (announcements, announced) = watch::channel(None);
        let told_to_end = Shutdown::new();
        let (reporter, worker) = Reporter::new(attempts.clone());
        let service = RpcService {
            resource_id: registration.resource_id.clone(),
            executor: tasks.clone(),
            reporter,
            attempts: attempts.clone(),
            fence: fence.clone(),
            announcements,
            told_to_end: told_to_end.clone(),
        };
        let told = worker.run(gateway.clone(), tasks.clone(), fence.clone(), environment.clone());
        environment.spawn(told);
        let keep = Connection {
            environment: environment.clone(),
            gateway,
            jobmanager,
            registration,
            settings,
            executor: tasks,
            attempts: attempts.clone(),
            fence: fence.clone(),
            announced,
        };
        let (sender, gave_up) = oneshot::channel();
        let end = connection.clone();
        environment.spawn(connection.track(async move {
            if let Some(error) = end.unless_triggered(keep.run()).await {
                // Whoever does not wait for it does not want to know.
                let _ = sender.send(error);
            }
        }));
        TaskManagerCore { service, gave_up, told_to_end, fence, attempts }
    }
}
