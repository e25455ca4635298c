//! The REST API: Flink's paths and bodies, at `/x` and `/v1/x`.
//!
//! [`RestServer`] speaks HTTP, [`router`] knows the paths, the other modules answer a family of paths each. What is answered is made from
//! pictures of jobs and views of TaskManagers; nothing is decided here.

mod access;
mod aggregate;
mod applications;
mod catalogs;
mod checkpoints;
mod cluster;
mod context;
mod dashboard;
mod error;
mod flame_graphs;
mod front;
mod java_throwable;
mod job;
mod job_plan;
mod jobmanagers;
mod jobs;
mod lifecycle;
mod log_level;
mod logs;
pub mod messages;
mod metric_queries;
mod mounted;
mod operations;
mod profiler;
mod programs;
mod query;
mod reply;
mod rescaling;
mod results;
mod router;
mod savepoints;
mod server;
mod task_managers;
mod task_metrics;
mod vertex;

pub use flame_graphs::FlameGraphs;
pub use front::RestFront;
pub use job_plan::plan as job_plan;
pub use mounted::{MountedApi, Mounts};
pub use operations::Operations;
pub use profiler::Profiler;
pub use server::RestServer;
