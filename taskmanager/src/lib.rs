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
mod task_metrics;

pub use error::TaskManagerError;
pub use task_manager::TaskManager;
