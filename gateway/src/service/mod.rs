//! Sessions and the operations in them: what the REST API asks for, without HTTP.

mod execution;
mod job_statements;
mod operation;
mod session;
mod session_manager;
mod sql_errors;

pub(crate) use operation::Fetched;
pub(crate) use session::Session;
pub(crate) use session_manager::{SessionManager, SessionSettings};
