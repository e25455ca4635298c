//! The body of every error answer.

use serde::{Deserialize, Serialize};

/// `{"errors": [...]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// What went wrong; a text that begins with the exception's class, as Flink's clients expect.
    pub errors: Vec<String>,
}
