//! Why a JobManager cannot start.

use std::io;

use common::config::ConfigError;
use transport::TransportError;

use crate::job_store::JobStoreError;

/// Why a JobManager cannot start; every message names the place and a way out.
#[derive(Debug, thiserror::Error)]
pub enum JobManagerError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// TLS or users that cannot be read.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A way to keep jobs that does not exist.
    #[error("high-availability.type is '{0}', which flinkrs does not have; set it to NONE or raft")]
    HighAvailability(String),
    /// Nowhere to keep jobs.
    #[error("high-availability.type is 'raft', but high-availability.storageDir is not set; set it to a local folder")]
    NoStorageDir,
    /// It would be in no group.
    #[error(
        "high-availability.raft.peers is '{peers}', which does not name this JobManager, {address}; write its jobmanager.rpc.address and jobmanager.rpc.port there, letter by letter"
    )]
    NotAPeer {
        /// The own address.
        address: String,
        /// Those that are named.
        peers: String,
    },
    /// An address is taken or not this machine's.
    #[error("the JobManager {source}; is another one running? Change {key} to use another port")]
    Listen {
        /// The key that says where.
        key: &'static str,
        /// Host and port, and the operating system's answer.
        source: io::Error,
    },
    /// The jobs of the last JobManager cannot be read.
    #[error(transparent)]
    JobStore(#[from] JobStoreError),
}
