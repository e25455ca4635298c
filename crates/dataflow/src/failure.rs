//! A failure as data: restarts are decided on it, so it says whose fault it is and whether trying again can help.

use serde::{Deserialize, Serialize};

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureDomain {
    /// The job or its data: a cast that fails, a record that cannot be decoded.
    User,
    /// The world: a broker that is down, a disk that is full, a lost TaskManager.
    External,
    /// flinkrs itself.
    Internal,
}

/// Why a task or a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Whose fault.
    pub domain: FailureDomain,
    /// Whether a restart may help.
    pub retry: bool,
    /// One line that names the thing, the place and, where there is one, the way out.
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure by the job or its data; a restart may still help, because the data may have moved on.
    pub fn user(message: impl Into<String>) -> Self {
        Self { domain: FailureDomain::User, retry: true, message: message.into(), causes: Vec::new() }
    }

    /// A failure of something outside of flinkrs.
    pub fn external(message: impl Into<String>) -> Self {
        Self { domain: FailureDomain::External, retry: true, message: message.into(), causes: Vec::new() }
    }

    /// A failure of flinkrs itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { domain: FailureDomain::Internal, retry: true, message: message.into(), causes: Vec::new() }
    }

    /// The same failure, which no restart can help.
    pub fn fatal(mut self) -> Self {
        self.retry = false;
        self
    }

    /// Adds a cause.
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same failure, told from one level further out: `context` becomes the message, the old message its first cause.
    pub fn context(mut self, context: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.message, context.into());
        self.causes.insert(0, inner);
        self
    }

    /// Message and causes on one line.
    pub fn one_line(&self) -> String {
        let mut line = self.message.clone();
        for cause in &self.causes {
            line.push_str(": ");
            line.push_str(cause);
        }
        line
    }
}

impl From<arrow_schema::ArrowError> for Failure {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Failure::internal(format!("a column operation failed: {error}"))
    }
}
