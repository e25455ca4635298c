//! Why a record gives no row, told with the path of the field.

use super::scanner::Malformed;

/// Why a record gave no row.
pub(in crate::formats) enum Problem {
    Malformed(Malformed),
    /// What is around a row is not as it should be.
    Envelope(String),
    NoObject,
    Missing(String),
    Unreadable {
        field: String,
        ty: String,
        text: String,
    },
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Problem::Malformed(malformed)
    }
}

impl Problem {
    /// The same problem, told by the row around it.
    pub(super) fn within(self, outer: &str) -> Problem {
        match self {
            Problem::Missing(field) => Problem::Missing(format!("{outer}.{field}")),
            Problem::Unreadable { field, ty, text } => {
                Problem::Unreadable { field: format!("{outer}.{field}"), ty, text }
            }
            other => other,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Malformed(Malformed { at, expected }) => {
                write!(f, "it is no valid JSON, {expected} is expected at its byte {at}")
            }
            Problem::Envelope(problem) => f.write_str(problem),
            Problem::NoObject => f.write_str("it is neither a JSON object nor an array of objects"),
            Problem::Missing(field) => write!(f, "field '{field}' is missing and 'fail-on-missing-field' is true"),
            Problem::Unreadable { field, ty, text } => write!(f, "field '{field}' is no {ty}: {text}"),
        }
    }
}
