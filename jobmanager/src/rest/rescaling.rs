//! Changing the parallelism of a running job, and how that went. As in Flink the history is shown where
//! `web.adaptive-scheduler.rescale-history.size` asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::config::options;
use dataflow::{JobStatus, TriggerId, VertexId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use super::checkpoints::with_percentiles;
use super::context::{RestContext, job_id};
use super::error::RestError;
use super::messages::{
    LatestRescales, RescaleConfig, RescaleDetails, RescalesCounts, RescalesOverview, RescalesSummary, ResourceProfile,
    SlotRescaleInfo, VertexRescaleInfo,
};
use super::reply::{Answer, Reply};
use crate::checkpointing::statistics::Distribution;
use crate::dispatcher::RescaleError;
use crate::reactive;
use crate::scheduling::{
    ExecutionGraph, ParallelismBounds, ReactiveSettings, Rescale, RescaleCause, RescaleCounts, RescaleEnd,
    ResourceRequirements, VertexRescale,
};

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
    match context.dispatcher.rescale(job, requirements, RescaleCause::UpdateRequirement).await {
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

/// `GET /jobs/:jobid/rescales/config`. A job of flinkrs is rescaled as soon as somebody asks, so that outside the reactive mode most of what Flink waits
/// for is 0.
pub(super) async fn rescale_config(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    if job.rescales().size() == 0 {
        let text = format!("AdaptiveScheduler is not enabled for this job ({}).", job.graph().job_id);
        return Err(RestError::handler(StatusCode::NOT_FOUND, text));
    }
    let config = context.dispatcher.config();
    let wait = config.get(&options::SLOT_REQUEST_TIMEOUT).map_err(RestError::internal)?;
    let reactive = reactive::settings(config).map_err(RestError::internal)?;
    let millis = |of: fn(ReactiveSettings) -> Duration| reactive.map_or(0, |settings| of(settings).as_millis() as u64);
    Reply::json(&RescaleConfig {
        rescale_history_max: job.rescales().size() as u32,
        scheduler_execution_mode: reactive.map(|_| "REACTIVE".to_owned()),
        submission_resource_wait_timeout_in_millis: wait.as_millis() as u64,
        submission_resource_stabilization_timeout_in_millis: millis(|settings| settings.submission_stabilization),
        slot_idle_timeout_in_millis: 0,
        executing_cooldown_timeout_in_millis: millis(|settings| settings.cooldown),
        executing_resource_stabilization_timeout_in_millis: millis(|settings| settings.executing_stabilization),
        maximum_delay_for_triggering_rescale_in_millis: 0,
        rescale_on_failed_checkpoint_count: 0,
    })
}

/// `GET /jobs/:jobid/rescales/history`.
pub(super) async fn history(context: &RestContext, id: &str) -> Answer {
    let job = with_history(context, id).await?;
    Reply::json(&job.rescales().records().map(listed).collect::<Vec<_>>())
}

/// `GET /jobs/:jobid/rescales/details/:rescaleuuid`.
pub(super) async fn details(context: &RestContext, id: &str, rescale: &str) -> Answer {
    let job = with_history(context, id).await?;
    let found: TriggerId = rescale.parse().map_err(|_| RestError::bad_path_parameter("rescaleuuid", rescale))?;
    let found = job.rescales().find(found).ok_or_else(|| {
        RestError::handler(StatusCode::NOT_FOUND, format!("Could not find the rescale {rescale} of the job."))
    })?;
    Reply::json(&detailed(found, &job.graph().job_id.to_string()))
}

/// `GET /jobs/:jobid/rescales/overview`.
pub(super) async fn overview(context: &RestContext, id: &str) -> Answer {
    let job = with_history(context, id).await?;
    let latest = |state: &str| {
        let mut records = job.rescales().records();
        records.find(|rescale| rescale.ended.is_some_and(|(_, how)| words(how).0 == state)).map(listed)
    };
    let latest =
        LatestRescales { completed: latest("COMPLETED"), failed: latest("FAILED"), ignored: latest("IGNORED") };
    Reply::json(&RescalesOverview { rescales_counts: counts(&job), latest })
}

/// `GET /jobs/:jobid/rescales/summary`.
pub(super) async fn summary(context: &RestContext, id: &str) -> Answer {
    let job = with_history(context, id).await?;
    let [completed, ignored, failed] = job.rescales().durations();
    let all: Distribution = [completed, ignored, failed].into_iter().flat_map(Distribution::latest).collect();
    Reply::json(&RescalesSummary {
        rescales_counts: counts(&job),
        rescales_duration_stats_in_millis: with_percentiles(&all),
        completed_rescales_duration_stats_in_millis: with_percentiles(completed),
        ignored_rescales_duration_stats_in_millis: with_percentiles(ignored),
        failed_rescales_duration_stats_in_millis: with_percentiles(failed),
    })
}

/// The job, if its rescalings are remembered.
async fn with_history(context: &RestContext, id: &str) -> Result<Arc<ExecutionGraph>, RestError> {
    let job = context.job(id).await?;
    if job.rescales().size() > 0 {
        return Ok(job);
    }
    Err(RestError::plain(
        StatusCode::NOT_FOUND,
        format!(
            "org.apache.flink.runtime.rest.handler.job.rescales.RescalesUnavailableException: The job `{}` has not enabled the `Adaptive` scheduler, or it has been enabled but the value of configuration option `web.adaptive-scheduler.rescale-history.size` has not been set to greater than `0`.",
            job.graph().job_id
        ),
    ))
}

fn counts(job: &ExecutionGraph) -> RescalesCounts {
    let RescaleCounts { ignored, in_progress, completed, failed } = job.rescales().counts();
    RescalesCounts { ignored, in_progress, completed, failed }
}

/// Flink's state and reason for an end.
fn words(how: RescaleEnd) -> (&'static str, &'static str) {
    match how {
        RescaleEnd::Succeeded => ("COMPLETED", "SUCCEEDED"),
        RescaleEnd::RequirementsUpdated => ("IGNORED", "RESOURCE_REQUIREMENTS_UPDATED"),
        RescaleEnd::NothingChanged => ("IGNORED", "NO_RESOURCES_OR_PARALLELISMS_CHANGE"),
        RescaleEnd::JobEnded(JobStatus::Failed) => ("FAILED", "JOB_FAILED"),
        RescaleEnd::JobEnded(JobStatus::Canceled) => ("IGNORED", "JOB_CANCELED"),
        RescaleEnd::JobEnded(_) => ("IGNORED", "JOB_FINISHED"),
    }
}

fn listed(rescale: &Rescale) -> RescaleDetails {
    RescaleDetails {
        rescale_uuid: rescale.id,
        resource_requirements_uuid: rescale.requirements_id,
        rescale_attempt_id: 1,
        vertices: IndexMap::new(),
        slots: IndexMap::new(),
        scheduler_states: Vec::new(),
        start_timestamp_in_millis: rescale.started,
        end_timestamp_in_millis: rescale.ended.map(|(at, _)| at),
        terminal_state: rescale.ended.map(|(_, how)| words(how).0.to_owned()),
        trigger_cause: match rescale.cause {
            RescaleCause::InitialSchedule => "INITIAL_SCHEDULE".to_owned(),
            RescaleCause::UpdateRequirement => "UPDATE_REQUIREMENT".to_owned(),
            RescaleCause::NewResources => "NEW_RESOURCE_AVAILABLE".to_owned(),
            RescaleCause::Failover => "RECOVERABLE_FAILOVER".to_owned(),
        },
        terminated_reason: rescale.ended.map(|(_, how)| words(how).1.to_owned()),
    }
}

/// With its vertices, and the slots: all vertices of a job share those.
fn detailed(rescale: &Rescale, group: &str) -> RescaleDetails {
    let (id, name) = (group.to_owned(), "default".to_owned());
    let vertices = rescale.vertices.iter().map(|(vertex, of)| {
        let info = VertexRescaleInfo {
            job_vertex_id: *vertex,
            job_vertex_name: of.name.clone(),
            slot_sharing_group_id: id.clone(),
            slot_sharing_group_name: name.clone(),
            desired_parallelism: of.desired,
            sufficient_parallelism: of.sufficient,
            pre_rescale_parallelism: of.before,
            post_rescale_parallelism: of.after,
        };
        (*vertex, info)
    });
    let widest = |of: &dyn Fn(&VertexRescale) -> Option<u32>| rescale.vertices.values().filter_map(of).max();
    let slots = SlotRescaleInfo {
        slot_sharing_group_id: id.clone(),
        slot_sharing_group_name: name.clone(),
        request_resource_profile: unknown_resources(),
        desired_slots: widest(&|vertex| Some(vertex.desired)).unwrap_or_default(),
        minimal_required_slots: widest(&|vertex| Some(vertex.sufficient)).unwrap_or_default(),
        pre_rescale_slots: widest(&|vertex| vertex.before),
        post_rescale_slots: widest(&|vertex| vertex.after),
        acquired_resource_profile: unknown_resources(),
    };
    let slots = [(id.clone(), slots)].into_iter().collect();
    RescaleDetails { vertices: vertices.collect(), slots, ..listed(rescale) }
}

/// Slots are not asked for by what they have.
fn unknown_resources() -> ResourceProfile {
    ResourceProfile {
        cpu_cores: -1.0,
        task_heap_memory: -1,
        task_off_heap_memory: -1,
        managed_memory: -1,
        network_memory: -1,
        extended_resources: IndexMap::new(),
    }
}
