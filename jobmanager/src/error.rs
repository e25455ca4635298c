//! Why a JobManager cannot start.

use std::io;

use common::config::ConfigError;

/// Why a JobManager cannot start; every message names the place and a way out.
#[derive(Debug, thiserror::Error)]
pub enum JobManagerError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address is taken or not this machine's.
    #[error("the JobManager {source}; is another one running? Change {key} to use another port")]
    Listen {
        /// The key that says where.
        key: &'static str,
        /// Host and port, and the operating system's answer.
        source: io::Error,
    },
}
