//! The pure machines of the JobManager: they are given events and the time, and answer with commands. No I/O, no clock, no async.
//!
//! ```text
//! ExecutionGraph   one job: attempts, their states, the job's status, what a failure does (asks a RestartStrategy)
//! SplitAssigner    one source: which reader gets which split
//! WatermarkAlignment one job: how far sources may go that wait for one another
//! SlotPool         all jobs: which slots of which TaskManagers are whose
//! HeartbeatMonitor all TaskManagers: who has been silent for too long
//! ```

mod deployment;
mod deployment_record;
mod ended_job;
mod exception_history;
mod execution;
mod execution_graph;
mod execution_vertex;
mod graph_event;
mod heartbeat_monitor;
mod reactive;
mod region;
mod rescale_history;
mod resource_requirements;
mod restart_strategy;
mod slot_pool;
mod split_assigner;
mod watermark_alignment;

pub use deployment_record::DeploymentRecord;
pub use ended_job::EndedJob;
pub use exception_history::{ExceptionEntry, RootEntry};
pub use execution::{Execution, STATES, SlotLocation, TaskManagerLocation};
pub use execution_graph::{ExecutionGraph, STATUSES};
pub use execution_vertex::{ExecutionVertex, aggregate_state};
pub use graph_event::{GraphCommand, GraphEvent};
pub use heartbeat_monitor::HeartbeatMonitor;
pub use reactive::{ReactiveSettings, Resources, Stabilization};
pub use rescale_history::{Rescale, RescaleCause, RescaleCounts, RescaleEnd, VertexRescale};
pub use resource_requirements::{ParallelismBounds, ResourceRequirements};
pub use restart_strategy::RestartStrategy;
pub use slot_pool::{SlotCommand, SlotEvent, SlotPool, SlotUsage};
pub use split_assigner::{SplitAssigner, SplitCommand, SplitEvent};
pub use watermark_alignment::WatermarkAlignment;
