//! Config, clock, shutdown, backoff and telemetry: what any server of flinkrs needs.
//!
//! Lowest room of the workspace: it knows processes, files and time, and nothing of jobs, data or the wire.

pub mod backoff;
pub mod clock;
pub mod config;
pub mod environment;
pub mod log_files;
pub mod net;
pub mod random;
pub mod shutdown;
pub mod telemetry;
pub mod threads;
