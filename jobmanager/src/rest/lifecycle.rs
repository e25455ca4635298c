//! Submitting a job, ending it, and how it ended.

use bytes::Bytes;
use dataflow::{JobGraph, JobStatus};
use indexmap::IndexMap;
use serde::Deserialize;
use warp::http::StatusCode;

use super::context::{RestContext, job_id};
use super::error::RestError;
use super::java_throwable;
use super::messages::{
    ApplicationStatus, ExecutionResult, JobExecutionResult, JobSubmitted, QueueStatus, QueueStatusId,
};
use super::query::Query;
use super::reply::{Answer, Reply};
use crate::dispatcher::SubmitError;
use crate::scheduling::{ExceptionEntry, ExecutionGraph};

/// `POST /jobs`: the body is a JobGraph as JSON. (Flink's own form, a serialised Java object, cannot be read without a JVM.)
pub(super) async fn submit(context: &RestContext, body: &Bytes) -> Answer {
    let graph: JobGraph = serde_json::from_slice(body).map_err(|error| {
        let text = format!("Request did not match expected format JobGraph: {error}");
        RestError::handler(StatusCode::BAD_REQUEST, text)
    })?;
    let id = context.dispatcher.submit(graph).await.map_err(refusal)?;
    let submitted = JobSubmitted { jobid: id, job_url: format!("/jobs/{id}") };
    Reply::json_with(StatusCode::ACCEPTED, &submitted)
}

pub(super) fn refusal(error: SubmitError) -> RestError {
    match &error {
        SubmitError::Duplicate(_) => RestError::plain(
            StatusCode::CONFLICT,
            format!("org.apache.flink.runtime.client.DuplicateJobSubmissionException: {error}"),
        ),
        SubmitError::Invalid(_) | SubmitError::Config(_) | SubmitError::Checkpointing(_) => {
            RestError::handler(StatusCode::BAD_REQUEST, error)
        }
        SubmitError::Store(_) => RestError::internal(error),
    }
}

/// `PATCH /jobs/:jobid?mode=cancel`.
pub(super) async fn terminate(context: &RestContext, id: &str, query: &Query) -> Answer {
    match query.get("mode").unwrap_or("cancel") {
        mode if mode.eq_ignore_ascii_case("cancel") => cancel(context, id).await,
        mode if mode.eq_ignore_ascii_case("stop") => Err(RestError::handler(
            StatusCode::PERMANENT_REDIRECT,
            "The termination mode \"stop\" has been removed. For an ungraceful shutdown, please use \"cancel\" instead.",
        )),
        other => Err(RestError::bad_query_parameter("mode", other)),
    }
}

/// Cancels a job; one that is being cancelled already is none the worse for it.
pub(super) async fn cancel(context: &RestContext, id: &str) -> Answer {
    let job = job_id(id)?;
    match context.dispatcher.cancel(job).await.map_err(RestError::internal)? {
        None => Err(RestError::handler(StatusCode::NOT_FOUND, "Job could not be found.")),
        Some(status) if status.is_terminal() && status != JobStatus::Canceled => Err(RestError::handler(
            StatusCode::CONFLICT,
            format!(
                "Job cancellation failed because the job has already reached another terminal state ({}).",
                status.as_str()
            ),
        )),
        Some(_) => Reply::empty(StatusCode::ACCEPTED),
    }
}

/// `PATCH /jobs/:jobid/clientHeartbeat`: a client says that it is there. No job of flinkrs ends with its client, so that there is nothing to note.
pub(super) async fn client_heartbeat(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    context.job(id).await?;
    let _: ClientHeartbeat = super::savepoints::parse(body, "JobClientHeartbeatRequestBody")?;
    Reply::empty(StatusCode::ACCEPTED)
}

/// The body of a heartbeat.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientHeartbeat {
    /// Until when the client wants to be thought of as alive, ms since the epoch.
    #[serde(rename = "expiredTimestamp")]
    _expired_timestamp: i64,
}

/// `GET /jobs/:jobid/execution-result`.
pub(super) async fn execution_result(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    let result = job.end_time().map(|end| job_result(&job, end));
    let id = if result.is_some() { QueueStatusId::Completed } else { QueueStatusId::InProgress };
    Reply::json(&ExecutionResult { status: QueueStatus { id }, job_execution_result: result })
}

fn job_result(job: &ExecutionGraph, end_time: i64) -> JobExecutionResult {
    let start_time = super::job::start_time(job);
    let failure = |entry: &ExceptionEntry| java_throwable::failure_cause(entry.class(), entry.stack_trace());
    JobExecutionResult {
        id: job.graph().job_id,
        name: job.graph().name.clone(),
        application_status: match job.status() {
            JobStatus::Finished => ApplicationStatus::Succeeded,
            JobStatus::Failed => ApplicationStatus::Failed,
            JobStatus::Canceled => ApplicationStatus::Canceled,
            _ => ApplicationStatus::Unknown,
        },
        accumulator_results: IndexMap::new(),
        net_runtime: end_time - start_time,
        failure_cause: job.root_failure().map(failure),
        application_id: job.graph().job_id,
        start_time,
        end_time,
    }
}
