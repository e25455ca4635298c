//! The TaskManager process: slots, task deployment, heartbeats.
//!
//! [`TaskManager::start`] runs it inside a tokio runtime, around `runtime::TaskExecutor`, which runs the tasks. It speaks to the JobManager
//! through `proto` only and never sees SQL text.
//!
//! ```text
//! JobManager --- submit, cancel, splits, collect ---> RpcService --> TaskExecutor
//!     ^                                                                  | TaskEvents
//!     +-- register, heartbeats (Connection) -- states, split requests (Reporter)
//! ```

mod attempts;
mod connection;
mod error;
mod fence;
mod gateway;
mod inspection;
mod machine;
mod reporter;
mod rpc_service;
mod task_manager;
mod task_manager_core;
mod task_metrics;
mod tasks;

pub use error::TaskManagerError;
pub use task_manager::TaskManager;

/// The parts behind the sockets, for a simulation that has other sockets, tasks and time.
#[doc(hidden)]
pub mod simulation {
    pub use runtime::{ResultsRequest, TaskEvents};

    pub use crate::connection::ConnectionSettings;
    pub use crate::gateway::{HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer, Unreachable};
    pub use crate::rpc_service::RpcService;
    pub use crate::task_manager_core::{TaskManagerCore, TaskManagerCoreParts};
    pub use crate::tasks::Tasks;
}
