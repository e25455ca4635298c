//! What can be wrong with a configuration; every message names the place and a way out.

use std::path::PathBuf;

use super::{Origin, shown};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value does not have the form its option needs.
    #[error(transparent)]
    InvalidValue(Box<InvalidValue>),
    /// An explicitly named configuration directory has no config file.
    #[error(
        "no config.yaml or flink-conf.yaml in '{}' (given by {given_by}); create one there or name another directory",
        dir.display()
    )]
    NoConfigFile {
        /// The directory.
        dir: PathBuf,
        /// `--configDir` or the environment variable.
        given_by: &'static str,
    },
    /// A config file cannot be read.
    #[error("cannot read the config file '{}': {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A config file is not YAML, or not a mapping.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line from 1; 0 when unknown.
        line: u64,
        /// Column from 1; 0 when unknown.
        column: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A `-D` argument without a key.
    #[error("'-D{argument}' has no key; write -Dkey=value, for example -Drest.port=8081")]
    DynamicProperty {
        /// What followed `-D`.
        argument: String,
    },
}

/// A value that does not have the form its option needs.
#[derive(Debug, thiserror::Error)]
#[error("invalid value '{value}' for '{key}' (from {origin}): {problem}; expected {expected}")]
pub struct InvalidValue {
    /// The key under which the value was found (may be an older key of the option).
    pub key: String,
    /// The value, or stars when the key holds a secret.
    pub value: String,
    /// Where the value was set.
    pub origin: Origin,
    /// What is wrong with it.
    pub problem: String,
    /// The form that would be right.
    pub expected: String,
}

impl ConfigError {
    /// The error for a value that does not parse.
    pub(crate) fn invalid(key: &str, text: &str, origin: &Origin, problem: String, expected: String) -> Self {
        let value = shown(key, text).to_owned();
        let key = key.to_owned();
        ConfigError::InvalidValue(Box::new(InvalidValue { key, value, origin: origin.clone(), problem, expected }))
    }
}
