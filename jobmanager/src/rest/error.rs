//! `RestError`: an error answer, in the classes and words of Flink's.

use dataflow::JobId;
use warp::http::StatusCode;

const HANDLER_EXCEPTION: &str = "org.apache.flink.runtime.rest.handler.RestHandlerException";
const NOT_FOUND_EXCEPTION: &str = "org.apache.flink.runtime.rest.NotFoundException";

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RestError {
    pub(super) status: StatusCode,
    pub(super) errors: Vec<String>,
}

impl RestError {
    /// An error with this status and text as it is.
    pub(super) fn plain(status: StatusCode, text: impl Into<String>) -> Self {
        RestError { status, errors: vec![text.into()] }
    }

    /// What Flink's handlers refuse.
    pub(super) fn handler(status: StatusCode, text: impl std::fmt::Display) -> Self {
        Self::plain(status, format!("{HANDLER_EXCEPTION}: {text}"))
    }

    /// Something that is asked for does not exist.
    pub(super) fn not_found(text: impl std::fmt::Display) -> Self {
        Self::plain(StatusCode::NOT_FOUND, format!("{NOT_FOUND_EXCEPTION}: {text}"))
    }

    /// There is no such job.
    pub(super) fn job_not_found(job: JobId) -> Self {
        Self::not_found(format!("Job {job} not found"))
    }

    /// A part of the path that is not what it should be.
    pub(super) fn bad_path_parameter(name: &str, value: &str) -> Self {
        Self::bad_parameter("path", name, value)
    }

    /// A query parameter that is not what it should be.
    pub(super) fn bad_query_parameter(name: &str, value: &str) -> Self {
        Self::bad_parameter("query", name, value)
    }

    fn bad_parameter(kind: &str, name: &str, value: &str) -> Self {
        let text = format!(
            "Bad request, could not parse parameters: Cannot resolve {kind} parameter ({name}) from value \"{value}\"."
        );
        Self::handler(StatusCode::BAD_REQUEST, text)
    }

    /// Something went wrong on this side.
    pub(super) fn internal(text: impl std::fmt::Display) -> Self {
        RestError {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            errors: vec![
                "Internal server error.".to_owned(),
                format!("<Exception on server side:\n{text}\nEnd of exception on server side>"),
            ],
        }
    }
}
