//! Why a TaskManager cannot start, or gave up.

use std::io;
use std::time::Duration;

use common::config::{ConfigError, format_duration};
use dataflow::Failure;
use transport::TransportError;

/// Why a TaskManager cannot start, or gave up; every message names the place and a way out.
#[derive(Debug, thiserror::Error)]
pub enum TaskManagerError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// TLS that cannot be read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// How tasks are to run.
    #[error("{}", .0.one_line())]
    Tasks(Failure),
    /// An address is taken or not this machine's.
    #[error("the TaskManager {source}; change {key}")]
    Listen {
        /// The key that says where.
        key: &'static str,
        /// Host and port, and the operating system's answer.
        source: io::Error,
    },
    /// The own address could not be found out.
    #[error(
        "cannot find out this machine's address towards the JobManager {jobmanager}: {source}; set taskmanager.host"
    )]
    OwnAddress {
        /// `host:port` of the JobManager.
        jobmanager: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// It would have nothing to offer.
    #[error("taskmanager.numberOfTaskSlots is 0, but a TaskManager offers at least 1 slot; set it to 1 or more")]
    NoSlots,
    /// The JobManager's address is none.
    #[error("jobmanager.rpc.address and jobmanager.rpc.port: {0}")]
    JobManagerAddress(String),
    /// No JobManager took it in time.
    #[error(
        "could not register at the JobManager {jobmanager} within {}: {why}; check jobmanager.rpc.address and jobmanager.rpc.port, or raise taskmanager.registration.timeout",
        format_duration(*.timeout)
    )]
    RegistrationTimeout {
        /// `host:port` of the JobManager.
        jobmanager: String,
        /// `taskmanager.registration.timeout`.
        timeout: Duration,
        /// The last answer.
        why: String,
    },
}
