//! `RestError`: an error answer, in the two forms of Flink's gateway.

use warp::http::StatusCode;

use crate::throwable::Throwable;

const HANDLER_EXCEPTION: &str = "org.apache.flink.runtime.rest.handler.RestHandlerException";

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RestError {
    pub(super) status: StatusCode,
    pub(super) errors: Vec<String>,
}

impl RestError {
    /// A path that there is not, or not for this method.
    pub(super) fn unknown_path(path: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, errors: vec![format!("Not found: {path}")] }
    }

    /// Something that a handler refuses.
    pub(super) fn handler(status: StatusCode, message: impl Into<String>, cause: Option<Throwable>) -> Self {
        let error = Throwable::new(HANDLER_EXCEPTION, message);
        let error = match cause {
            Some(cause) => error.caused_by(cause),
            None => error,
        };
        Self { status, errors: vec![error.stack_trace()] }
    }

    /// A part of the path or query that is not what it should be.
    pub(super) fn bad_parameter(kind: &str, name: &str, value: &str) -> Self {
        let problem = format!("Cannot resolve {kind} parameter ({name}) from value \"{value}\".");
        let cause = Throwable::new("org.apache.flink.runtime.rest.handler.HandlerRequestException", problem.clone());
        let message = format!("Bad request, could not parse parameters: {problem}");
        Self::handler(StatusCode::BAD_REQUEST, message, Some(cause))
    }

    /// A body that is not what it should be.
    pub(super) fn bad_body(expected: &str, problem: impl std::fmt::Display) -> Self {
        let message = format!("Request did not match expected format {expected}.");
        let cause = Throwable::new("com.fasterxml.jackson.databind.exc.MismatchedInputException", problem.to_string());
        Self::handler(StatusCode::BAD_REQUEST, message, Some(cause))
    }

    /// A handler that asked the service, and the service failed: `doing` is what Flink calls it.
    pub(super) fn service(doing: &str, cause: Throwable) -> Self {
        let cause = Throwable::gateway(doing).caused_by(cause);
        Self::handler(StatusCode::INTERNAL_SERVER_ERROR, doing, Some(cause))
    }

    /// Something went wrong with a statement.
    pub(super) fn internal(error: &Throwable) -> Self {
        let text = format!("<Exception on server side:\n{}\nEnd of exception on server side>", error.stack_trace());
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, errors: vec!["Internal server error.".to_owned(), text] }
    }

    /// A page that JSON cannot hold.
    pub(super) fn no_json() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            errors: vec!["Internal server error. Could not map response to JSON.".to_owned()],
        }
    }
}
