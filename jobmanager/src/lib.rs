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
mod preflight;
mod programs;
mod reactive;
mod resource_manager;
pub mod rest;
mod rpc_service;
mod scheduling;
mod uncollected_results;

pub use error::JobManagerError;
pub use job_manager::JobManager;
pub use preflight::Preflight;
pub use programs::{CompileRequest, ProgramCompiler};

pub use rest::MountedApi;

/// The parts behind the sockets, for a simulation that has other sockets, disks and time.
#[doc(hidden)]
pub mod simulation {
    pub use crate::checkpointing::{CheckpointPointers, CompletedSnapshot, Storages, StoredCheckpoint};
    pub use crate::dispatcher::Dispatcher;
    pub use crate::gateway::{
        ADDRESSEE, CollectRequest, Commander, GatewayError, SplitDelivery, TaskManagerGateway, TaskManagerNetwork,
    };
    pub use crate::job_archive::JobArchive;
    pub use crate::job_store::{
        Group, GroupMember, GroupNode, JobStoreError, Standing, StoreCommand, StoreState, StoredJob,
    };
    pub use crate::leadership::{Leadership, SessionParts};
    pub use crate::resource_manager::ResourceManagerSettings;
    pub use crate::rpc_service::RpcService;
    pub use crate::scheduling::{EndedJob, ExecutionGraph, ParallelismBounds, RescaleCause, ResourceRequirements};
}
