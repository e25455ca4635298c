//! Savepoints, checkpoints and disposals that clients ask for, and stopping a job with a savepoint.
//!
//! Each `POST` answers at once with an id; whether the job exists shows only in the outcome, as in Flink.

use bytes::Bytes;
use dataflow::checkpoint::AfterSavepoint;
use dataflow::{JobId, TriggerId};
use serde::de::DeserializeOwned;
use warp::http::StatusCode;

use super::context::{RestContext, job_id};
use super::error::RestError;
use super::java_throwable;
use super::messages::{
    Acknowledged, CheckpointTriggerRequest, FailureCause, SavepointDisposalRequest, SavepointInfo,
    SavepointTriggerRequest, StopWithSavepointRequest, TriggerResponse, TriggeredCheckpoint, TriggeredCheckpointType,
};
use super::operations::OperationKey;
use super::reply::{Answer, Reply};
use crate::checkpointing::CheckpointError;

/// `POST /jobs/:jobid/savepoints`.
pub(super) async fn trigger_savepoint(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    let job = job_id(id)?;
    let request: SavepointTriggerRequest = parse(body, "SavepointTriggerRequestBody")?;
    let dispatcher = context.dispatcher.clone();
    let trigger = request.trigger_id.unwrap_or_else(TriggerId::random);
    let started = context.operations.start(OperationKey::Savepoint(job, trigger), async move {
        let (directory, format) = (request.target_directory, request.format_type.unwrap_or_default());
        let taken = dispatcher.trigger_savepoint(job, directory, AfterSavepoint::Continue, format).await;
        let savepoint = taken.map_err(|error| failure_cause(&error))?;
        if request.cancel_job {
            let cancelled = dispatcher.cancel(job).await;
            cancelled.map_err(|error| failure_cause(&CheckpointError::Failed(error.to_string())))?;
        }
        Ok(SavepointInfo { location: savepoint.external_path })
    });
    started.await.map_err(RestError::internal)?;
    triggered(StatusCode::ACCEPTED, trigger)
}

/// `POST /jobs/:jobid/stop`.
pub(super) async fn stop(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    let job = job_id(id)?;
    let request: StopWithSavepointRequest = parse(body, "StopWithSavepointRequestBody")?;
    let dispatcher = context.dispatcher.clone();
    let trigger = request.trigger_id.unwrap_or_else(TriggerId::random);
    let started = context.operations.start(OperationKey::Savepoint(job, trigger), async move {
        let after = if request.drain { AfterSavepoint::Drain } else { AfterSavepoint::Stop };
        let (directory, format) = (request.target_directory, request.format_type.unwrap_or_default());
        let stopped = dispatcher.trigger_savepoint(job, directory, after, format).await;
        let savepoint = stopped.map_err(|error| failure_cause(&error))?;
        Ok(SavepointInfo { location: savepoint.external_path })
    });
    started.await.map_err(RestError::internal)?;
    triggered(StatusCode::ACCEPTED, trigger)
}

/// `GET /jobs/:jobid/savepoints/:triggerid`.
pub(super) fn savepoint_status(context: &RestContext, id: &str, trigger: &str) -> Answer {
    let (job, trigger) = (job_id(id)?, trigger_id(trigger)?);
    status(context, OperationKey::Savepoint(job, trigger), || no_operation("savepoint", job, trigger))
}

/// `POST /jobs/:jobid/checkpoints`.
pub(super) async fn trigger_checkpoint(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    let job = job_id(id)?;
    let request: CheckpointTriggerRequest = parse(body, "CheckpointTriggerRequestBody")?;
    let full = match request.checkpoint_type {
        None | Some(TriggeredCheckpointType::Configured) => false,
        Some(TriggeredCheckpointType::Full) => true,
        Some(TriggeredCheckpointType::Incremental) => {
            let text = "Flink does not support triggering a checkpoint of the type INCREMENTAL; use CONFIGURED or FULL";
            return Err(RestError::handler(StatusCode::BAD_REQUEST, text));
        }
    };
    let dispatcher = context.dispatcher.clone();
    let trigger = request.trigger_id.unwrap_or_else(TriggerId::random);
    let started = context.operations.start(OperationKey::Checkpoint(job, trigger), async move {
        let taken = dispatcher.trigger_checkpoint(job, full).await;
        let checkpoint = taken.map_err(|error| failure_cause(&error))?;
        Ok(TriggeredCheckpoint { checkpoint_id: checkpoint.checkpoint_id })
    });
    started.await.map_err(RestError::internal)?;
    triggered(StatusCode::ACCEPTED, trigger)
}

/// `GET /jobs/:jobid/checkpoints/:triggerid`.
pub(super) fn checkpoint_status(context: &RestContext, id: &str, trigger: &str) -> Answer {
    let (job, trigger) = (job_id(id)?, trigger_id(trigger)?);
    status(context, OperationKey::Checkpoint(job, trigger), || no_operation("checkpoint", job, trigger))
}

/// `POST /savepoint-disposal`.
pub(super) async fn dispose(context: &RestContext, body: &Bytes) -> Answer {
    let SavepointDisposalRequest { savepoint_path: path } = parse(body, "SavepointDisposalRequest")?;
    let dispatcher = context.dispatcher.clone();
    let trigger = TriggerId::random();
    let started = context.operations.start(OperationKey::Disposal(trigger), async move {
        dispatcher.dispose_savepoint(&path).await.map_err(|error| {
            let message = format!("Could not dispose savepoint {path}.");
            let cause = format!("java.io.IOException: {error}");
            java_throwable::failure_cause(FLINK_EXCEPTION, format!("{FLINK_EXCEPTION}: {message}\nCaused by: {cause}"))
        })?;
        Ok(Acknowledged {})
    });
    started.await.map_err(RestError::internal)?;
    triggered(StatusCode::OK, trigger)
}

/// `GET /savepoint-disposal/:triggerid`.
pub(super) fn disposal_status(context: &RestContext, trigger: &str) -> Answer {
    let trigger = trigger_id(trigger)?;
    status(context, OperationKey::Disposal(trigger), || {
        RestError::not_found(format!("Operation not found under key: {trigger}"))
    })
}

const FLINK_EXCEPTION: &str = "org.apache.flink.util.FlinkException";
const COMPLETION_EXCEPTION: &str = "java.util.concurrent.CompletionException";

/// As Flink's clients get it: the failure wrapped in the exception of a future.
fn failure_cause(error: &CheckpointError) -> FailureCause {
    let (class, message) = match error {
        CheckpointError::UnknownJob(job) => {
            ("org.apache.flink.runtime.messages.FlinkJobNotFoundException", format!("Could not find Flink job ({job})"))
        }
        CheckpointError::NoSavepointDirectory | CheckpointError::NoCheckpointDirectory => {
            ("java.lang.IllegalStateException", error.to_string())
        }
        CheckpointError::Failed(_) => ("org.apache.flink.runtime.checkpoint.CheckpointException", error.to_string()),
    };
    java_throwable::failure_cause(COMPLETION_EXCEPTION, format!("{COMPLETION_EXCEPTION}: {class}: {message}"))
}

fn triggered(status: StatusCode, request_id: TriggerId) -> Answer {
    Reply::json_with(status, &TriggerResponse { request_id })
}

fn status(context: &RestContext, key: OperationKey, not_found: impl FnOnce() -> RestError) -> Answer {
    Reply::json(&context.operations.status(key).ok_or_else(not_found)?)
}

fn no_operation(kind: &str, job: JobId, trigger: TriggerId) -> RestError {
    let text = format!("There is no {kind} operation with triggerId={trigger} for job {job}.");
    RestError::handler(StatusCode::NOT_FOUND, text)
}

fn trigger_id(text: &str) -> Result<TriggerId, RestError> {
    text.parse().map_err(|_| RestError::bad_path_parameter("triggerid", text))
}

/// Unknown fields are ignored, and no body is an empty object, as in Flink.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes, format: &str) -> Result<T, RestError> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| {
        let text = format!("Request did not match expected format {format}. ({error})");
        RestError::handler(StatusCode::BAD_REQUEST, text)
    })
}
