//! `/jobmanager/log-level` and `/taskmanagers/:id/log-level`: what a process logs, and changing it while it runs. Flink has neither.

use common::telemetry::{change_log_filter, log_filter};
use tracing::info;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::logs::inspector;
use super::messages::LogLevel;
use super::reply::{Answer, Reply};

/// `GET`, or `PUT` with a [`LogLevel`]: of the JobManager that leads.
pub(super) fn of_job_manager(body: Option<&[u8]>) -> Answer {
    if let Some(level) = body.map(wanted).transpose()? {
        change_log_filter(&level).map_err(refused)?;
        info!("the log level is {level} now");
    }
    Reply::json(&LogLevel { level: log_filter().unwrap_or_default() })
}

/// The same of a TaskManager.
pub(super) async fn of_task_manager(context: &RestContext, id: &str, body: Option<&[u8]>) -> Answer {
    let level = body.map(wanted).transpose()?;
    let level = inspector(context, id).await?.log_level(level).await.map_err(refused)?;
    Reply::json(&LogLevel { level })
}

fn wanted(body: &[u8]) -> Result<String, RestError> {
    serde_json::from_slice::<LogLevel>(body).map(|body| body.level).map_err(refused)
}

fn refused(problem: impl std::fmt::Display) -> RestError {
    RestError::handler(StatusCode::BAD_REQUEST, problem)
}
