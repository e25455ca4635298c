//! Changing the parallelism of a running job. flinkrs has no adaptive scheduler, so these answer as Flink does with its default one.

use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::reply::Answer;

pub(super) fn rescale() -> Answer {
    Err(RestError::handler(StatusCode::SERVICE_UNAVAILABLE, "Rescaling is temporarily disabled. See FLINK-12312."))
}

pub(super) async fn resource_requirements(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    Err(RestError::internal(
        "java.lang.UnsupportedOperationException: The DefaultScheduler does not support changing the parallelism without a job restart. This feature is currently only expected to work with the AdaptiveScheduler.",
    ))
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
