//! `TransportError`: why a process does not listen, or cannot be asked, as configured.

use common::config::ConfigError;

/// Why it does not work; each names the key and the way out.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something that is needed is not configured.
    #[error("{wanted_by} needs {key}: {what}")]
    Missing {
        /// What is set.
        wanted_by: &'static str,
        /// What is not.
        key: &'static str,
        /// What it is for.
        what: &'static str,
    },
    /// A file cannot be used.
    #[error("'{path}' ({key}): {problem}")]
    File {
        /// The file.
        path: String,
        /// The key that names it.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Certificates and keys that do not go together.
    #[error("TLS cannot be set up by {keys}: {problem}")]
    Tls {
        /// The family of keys.
        keys: &'static str,
        /// What is wrong.
        problem: String,
    },
}
