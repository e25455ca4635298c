//! `GET /jobs/:jobid/results/:operator?subtask=N&version=V&offset=K&max-wait-ms=M`: rows of a Collect operator.
//!
//! Not Flink's: its clients fetch results through a socket of the operator coordinator. The body is a `CollectResultsResponse` of the wire.

use std::time::Duration;

use dataflow::OperatorId;
use prost::Message;
use warp::http::StatusCode;

use super::context::{RestContext, job_id};
use super::error::RestError;
use super::query::Query;
use super::reply::{Answer, Reply};
use crate::dispatcher::CollectError;
use crate::gateway::CollectRequest;

/// The longest that a request is held when there is nothing.
const MAX_WAIT_MS: u64 = 30_000;

pub(super) async fn collect(context: &RestContext, id: &str, operator: &str, query: &Query) -> Answer {
    let request = CollectRequest {
        job: job_id(id)?,
        operator: operator.parse::<OperatorId>().map_err(|_| RestError::bad_path_parameter("operator", operator))?,
        subtask: query.number("subtask", 0)? as u32,
        version: query.number("version", 0)?,
        offset: query.number("offset", 0)?,
        max_wait: Duration::from_millis(query.number("max-wait-ms", 0)?.min(MAX_WAIT_MS)),
    };
    let response = context.dispatcher.collect(request).await.map_err(|error| match &error {
        CollectError::UnknownJob(job) => RestError::job_not_found(*job),
        CollectError::UnknownOperator { .. } => RestError::not_found(error),
        CollectError::Lost(_) => RestError::handler(StatusCode::GONE, error),
        CollectError::Gateway(_) => RestError::internal(error),
    })?;
    Ok(Reply { status: StatusCode::OK, content_type: "application/x-protobuf".into(), body: response.encode_to_vec() })
}
