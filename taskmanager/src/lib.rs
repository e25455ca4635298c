//! The TaskManager process: slots, task deployment, heartbeats.
//!
//! [`TaskManager::start`] runs it inside a tokio runtime, around `runtime::TaskExecutor`. It speaks to the JobManager through `proto`
//! only and never sees SQL text.

mod error;
mod task_manager;

pub use error::TaskManagerError;
pub use task_manager::TaskManager;
