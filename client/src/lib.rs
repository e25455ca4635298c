//! The client: job files, SQL scripts, the embedded cluster and every command of the `flinkrs` binary.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod args;
pub mod cluster_client;
pub mod commands;
pub mod embedded;
pub mod flink_options;
mod gateway_cluster;
pub mod job_file;
pub mod job_session;
mod mounted_gateway;
pub mod output;
pub mod place;
pub mod progress;
pub mod query;
pub mod rest_access;
pub mod script;
pub mod settings;
pub mod shell;
pub mod sql_compiler;
mod stack_trace;
mod subtask_results;
pub mod top;
