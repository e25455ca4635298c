//! The client: job files, SQL scripts, the embedded cluster and every command of the `flinkrs` binary.

pub mod args;
pub mod cluster_client;
pub mod commands;
pub mod embedded;
pub mod job_file;
pub mod output;
pub mod progress;
pub mod query;
pub mod script;
pub mod settings;
mod stack_trace;
mod subtask_results;
