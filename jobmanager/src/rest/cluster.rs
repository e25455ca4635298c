//! `/overview`, `/config`, `/jobmanager/*`, `/metrics`, `DELETE /cluster`.

use common::config::{Configuration, options};
use dataflow::JobStatus;
use serde::Serialize;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::front::PeerCall;
use super::messages::{
    ClusterOverview, ConfigEntry, DashboardConfiguration, DashboardFeatures, DataSets, EnvironmentInfo, GroupHealth,
    JobManagerGroup, JobManagerMember, JvmInfo, MemberRole,
};
use super::reply::{Answer, Reply};
use crate::gateway;

/// The Flink that flinkrs follows, then its own version.
pub(super) const FLINK_VERSION: &str = concat!("2.3.0-flinkrs-", env!("CARGO_PKG_VERSION"));
/// What stands for a commit id.
const COMMIT: &str = concat!("flinkrs-", env!("CARGO_PKG_VERSION"));

/// `GET /health`, for probes: this JobManager leads, or reaches the one that leads.
pub(super) fn health() -> Answer {
    Reply::json(&Healthy {})
}

/// Nothing but that.
#[derive(Serialize)]
struct Healthy {}

pub(super) async fn overview(context: &RestContext) -> Answer {
    let slots = context.resource_manager.usage().await;
    let taskmanagers = context.resource_manager.task_managers().await.len() as u32;
    let jobs = context.dispatcher.pictures().await;
    let jobmanagers = context.front.leadership.group();
    let count = |wanted: fn(JobStatus) -> bool| jobs.iter().filter(|job| wanted(job.status())).count() as u32;
    Reply::json(&ClusterOverview {
        taskmanagers,
        slots_total: slots.total,
        slots_available: slots.free,
        jobs_running: count(|status| !status.is_terminal() && status != JobStatus::Suspended),
        jobs_finished: count(|status| status == JobStatus::Finished),
        jobs_cancelled: count(|status| status == JobStatus::Canceled),
        jobs_failed: count(|status| status == JobStatus::Failed),
        leader: context.front.leadership.leader(),
        term: jobmanagers.as_ref().map(|group| group.term),
        group: jobmanagers.map(group),
        flink_version: FLINK_VERSION.to_owned(),
        flink_commit: COMMIT.to_owned(),
    })
}

pub(super) fn group(group: crate::job_store::Group) -> JobManagerGroup {
    let member = |member: crate::job_store::GroupMember| JobManagerMember {
        address: member.address,
        role: match (member.is_leader, member.is_voter) {
            (true, _) => MemberRole::Leader,
            (false, true) => MemberRole::Follower,
            (false, false) => MemberRole::Learner,
        },
        healthy: member.is_healthy,
    };
    let members: Vec<JobManagerMember> = group.members.into_iter().map(member).collect();
    let all_well = members.iter().all(|member| member.healthy != Some(false));
    JobManagerGroup { health: if all_well { GroupHealth::Healthy } else { GroupHealth::Degraded }, members }
}

pub(super) fn dashboard_configuration(context: &RestContext) -> Answer {
    let config = context.dispatcher.config();
    let invalid = |error: common::config::ConfigError| RestError::internal(error);
    Reply::json(&DashboardConfiguration {
        refresh_interval: config.get(&options::WEB_REFRESH_INTERVAL).map_err(invalid)?.as_millis() as u64,
        timezone_name: "Coordinated Universal Time".to_owned(),
        timezone_offset: 0,
        flink_version: FLINK_VERSION.to_owned(),
        flink_revision: COMMIT.to_owned(),
        features: DashboardFeatures {
            web_submit: config.get(&options::WEB_SUBMIT_ENABLE).map_err(invalid)?,
            web_cancel: config.get(&options::WEB_CANCEL_ENABLE).map_err(invalid)?,
            web_rescale: false,
            web_history: false,
        },
    })
}

pub(super) fn configuration(context: &RestContext) -> Answer {
    entries_of(context.dispatcher.config())
}

/// The answer that shows this configuration.
pub(super) fn entries_of(config: &Configuration) -> Answer {
    let entry = |(key, value)| ConfigEntry { key, value };
    let entries: Vec<ConfigEntry> = config.to_redacted_map().into_iter().map(entry).collect();
    Reply::json(&entries)
}

pub(super) fn environment() -> Answer {
    Reply::json(&EnvironmentInfo {
        jvm: JvmInfo {
            version: concat!("none: flinkrs ", env!("CARGO_PKG_VERSION")).to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            options: Vec::new(),
        },
        classpath: Vec::new(),
    })
}

pub(super) fn data_sets() -> Answer {
    Reply::json(&DataSets { data_sets: Vec::new() })
}

pub(super) async fn prometheus(context: &RestContext) -> Answer {
    context.front.metrics.refresh(Some((&context.dispatcher, &context.resource_manager))).await;
    let body = context.front.metrics.render().into_bytes();
    Ok(Reply { status: StatusCode::OK, content_type: "text/plain; version=0.0.4; charset=utf-8".into(), body })
}

/// `DELETE /cluster`: TaskManagers and the other JobManagers of the group are told to end, then this one does. What Raft keeps of jobs stays.
pub(super) async fn shut_down(context: &RestContext) -> Answer {
    tracing::info!("a client asks the cluster to shut down");
    let Some(session) = context.front.leadership.session() else { return Reply::empty(StatusCode::OK) };
    let views = context.resource_manager.task_managers().await;
    let epoch = session.epoch();
    let told = views.iter().map(|view| async move {
        let address = &view.registration.rpc_address;
        let told = gateway::shut_down(&context.front.internal, address, epoch).await;
        told.map_err(|problem| format!("TaskManager {} at {address}: {problem}", view.registration.resource_id))
    });
    let mut problems: Vec<String> = futures::future::join_all(told).await.into_iter().filter_map(Result::err).collect();
    problems.extend(context.front.tell_peers(PeerCall::ShutDown).await);
    for problem in problems {
        tracing::warn!("could not be told to end: {problem}");
    }
    context.front.shutdown.trigger();
    Reply::empty(StatusCode::OK)
}
