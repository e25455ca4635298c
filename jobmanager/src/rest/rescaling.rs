//! Changing the parallelism of a running job. A history of that is not kept: those paths answer as Flink does without its adaptive scheduler.

use std::collections::BTreeMap;

use bytes::Bytes;
use dataflow::VertexId;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use super::context::{RestContext, job_id};
use super::error::RestError;
use super::reply::{Answer, Reply};
use crate::dispatcher::RescaleError;
use crate::scheduling::{ParallelismBounds, ResourceRequirements};

pub(super) fn rescale() -> Answer {
    Err(RestError::handler(StatusCode::SERVICE_UNAVAILABLE, "Rescaling is temporarily disabled. See FLINK-12312."))
}

/// `GET /jobs/:jobid/resource-requirements`.
pub(super) async fn resource_requirements(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    let bounds = |bounds: &ParallelismBounds| VertexRequirements { parallelism: *bounds };
    let vertices: BTreeMap<VertexId, VertexRequirements> =
        job.requirements().0.iter().map(|(vertex, of)| (*vertex, bounds(of))).collect();
    Reply::json(&vertices)
}

/// `PUT /jobs/:jobid/resource-requirements`.
pub(super) async fn change_requirements(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    let job = job_id(id)?;
    let vertices: BTreeMap<VertexId, VertexRequirements> = serde_json::from_slice(body).map_err(|error| {
        let text = format!("Request did not match expected format JobResourceRequirementsBody: {error}");
        RestError::handler(StatusCode::BAD_REQUEST, text)
    })?;
    let requirements =
        ResourceRequirements(vertices.into_iter().map(|(vertex, of)| (vertex, of.parallelism)).collect());
    match context.dispatcher.rescale(job, requirements).await {
        Ok(()) => Reply::empty(StatusCode::OK),
        Err(RescaleError::UnknownJob(job)) => Err(RestError::job_not_found(job)),
        Err(error @ RescaleError::Invalid(_)) => Err(RestError::handler(StatusCode::BAD_REQUEST, error)),
        Err(error @ RescaleError::Store(_)) => Err(RestError::internal(error)),
    }
}

/// What is asked for one vertex.
#[derive(Debug, Serialize, Deserialize)]
struct VertexRequirements {
    parallelism: ParallelismBounds,
}

pub(super) async fn rescale_config(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?.graph().job_id;
    let text = format!("AdaptiveScheduler is not enabled for this job ({job}).");
    Err(RestError::handler(StatusCode::NOT_FOUND, text))
}

pub(super) async fn rescales(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?.graph().job_id;
    Err(RestError::plain(
        StatusCode::NOT_FOUND,
        format!(
            "org.apache.flink.runtime.rest.handler.job.rescales.RescalesUnavailableException: The job `{job}` has not enabled the `Adaptive` scheduler, or it has been enabled but the value of configuration option `web.adaptive-scheduler.rescale-history.size` has not been set to greater than `0`."
        ),
    ))
}
