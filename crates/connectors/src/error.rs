//! What is wrong with a table's options. The planner adds the place in the text.

use dataflow::Failure;

/// A table that its connector cannot serve as declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectorError {
    /// The key of the option at fault, as written, if it is one.
    pub option: Option<String>,
    /// What is wrong, on one line.
    pub message: String,
    /// A way out.
    pub hint: Option<String>,
}

impl ConnectorError {
    /// An error that no single option causes.
    pub fn new(message: impl Into<String>) -> Self {
        Self { option: None, message: message.into(), hint: None }
    }

    /// An error of this option.
    pub fn of_option(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { option: Some(key.into()), message: message.into(), hint: None }
    }

    /// Adds a way out.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ConnectorError> for Failure {
    /// Options do not change by a restart, so the failure is fatal.
    fn from(error: ConnectorError) -> Self {
        let message = match error.hint {
            Some(hint) => format!("{} ({hint})", error.message),
            None => error.message,
        };
        Failure::user(message).fatal()
    }
}
