//! The JobManager process: dispatcher, resource manager, job masters, REST.
//!
//! [`JobManager::start`] runs it inside a tokio runtime. Decisions are made by the pure machines of [`scheduling`], which know neither
//! clock nor network; event loops around them carry their commands out. It speaks to TaskManagers through `proto` only, and
//! never sees SQL text.

mod error;
mod job_manager;
pub mod rest;
pub mod scheduling;

pub use error::JobManagerError;
pub use job_manager::JobManager;
