//! What can go wrong with stored files, divided by what the caller will do about it.

use dataflow::Failure;

/// Why a file or folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The path or the configuration is wrong: nothing but a change of it helps.
    #[error("{0}")]
    Invalid(String),
    /// There is no such file or folder.
    #[error("{location} does not exist")]
    NotFound {
        /// What was looked for.
        location: String,
    },
    /// The file is there, but is not what was written.
    #[error("{location} is damaged: {problem}")]
    Damaged {
        /// The file.
        location: String,
        /// How that is known.
        problem: String,
    },
    /// The disk or the object store failed, after all tries.
    #[error("cannot {action} {location}: {cause}")]
    Failed {
        /// What was to be done with it: `write`, `read`, ...
        action: &'static str,
        /// The file or folder.
        location: String,
        /// What the disk or the store answered.
        cause: String,
    },
}

impl StorageError {
    /// The failure of an operation on a file of the local disk.
    pub(crate) fn local(action: &'static str, location: &std::path::Path, error: &std::io::Error) -> Self {
        let location = location.display().to_string();
        // A file to be written is not missing: its folder cannot take it.
        if action != "write" && error.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound { location };
        }
        Self::Failed { action, location, cause: error.to_string() }
    }
}

impl From<StorageError> for Failure {
    /// A store that failed may work again; what is wrong, missing or damaged stays so.
    fn from(error: StorageError) -> Self {
        let failure = Failure::external(error.to_string());
        if matches!(error, StorageError::Failed { .. }) { failure } else { failure.fatal() }
    }
}
