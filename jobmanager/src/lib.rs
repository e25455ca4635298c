//! The JobManager process: dispatcher, resource manager, job masters, REST.
//!
//! [`JobManager::start`] runs it inside a tokio runtime. Decisions are made by the pure machines of `scheduling`, which know neither
//! clock nor network; event loops around them carry their commands out. It speaks to TaskManagers through `proto` only, and
//! never sees SQL text.
//!
//! ```text
//! REST ----> Dispatcher --> JobMaster (one a job) --- TaskManagerGateway --> TaskManagers
//!               ^               |      ^                                        |
//!               |         asks for slots, is granted them                       |
//!               |               v      |                                        |
//!               |           ResourceManager <---- registers, heartbeats --------+
//!               +------------- RpcService <------ task states, split requests --+
//! ```

mod checkpointing;
mod cluster_metrics;
mod dispatcher;
mod error;
mod gateway;
mod inspection;
mod job_archive;
mod job_manager;
mod job_master;
mod job_store;
mod leadership;
mod programs;
mod resource_manager;
pub mod rest;
mod rpc_service;
mod scheduling;
mod uncollected_results;

pub use error::JobManagerError;
pub use job_manager::JobManager;
pub use programs::{CompileRequest, ProgramCompiler};

pub use rest::MountedApi;
