//! Bodies below `/jobs/:jobid/rescales`.

use dataflow::{TriggerId, VertexId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{ResourceProfile, StatsSummary};

/// What decides when a job is rescaled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct RescaleConfig {
    pub rescale_history_max: u32,
    pub scheduler_execution_mode: Option<String>,
    pub submission_resource_wait_timeout_in_millis: u64,
    pub submission_resource_stabilization_timeout_in_millis: u64,
    pub slot_idle_timeout_in_millis: u64,
    pub executing_cooldown_timeout_in_millis: u64,
    pub executing_resource_stabilization_timeout_in_millis: u64,
    pub maximum_delay_for_triggering_rescale_in_millis: u64,
    pub rescale_on_failed_checkpoint_count: u32,
}

/// One rescaling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct RescaleDetails {
    pub rescale_uuid: TriggerId,
    pub resource_requirements_uuid: TriggerId,
    pub rescale_attempt_id: u32,
    /// Empty in lists.
    pub vertices: IndexMap<VertexId, VertexRescaleInfo>,
    /// By slot sharing group; empty in lists.
    pub slots: IndexMap<String, SlotRescaleInfo>,
    /// flinkrs has no scheduler with states of its own.
    pub scheduler_states: Vec<()>,
    pub start_timestamp_in_millis: i64,
    pub end_timestamp_in_millis: Option<i64>,
    pub terminal_state: Option<String>,
    pub trigger_cause: String,
    pub terminated_reason: Option<String>,
}

/// What becomes of a vertex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct VertexRescaleInfo {
    pub job_vertex_id: VertexId,
    pub job_vertex_name: String,
    pub slot_sharing_group_id: String,
    pub slot_sharing_group_name: String,
    pub desired_parallelism: u32,
    pub sufficient_parallelism: u32,
    pub pre_rescale_parallelism: Option<u32>,
    pub post_rescale_parallelism: Option<u32>,
}

/// What becomes of the slots of a slot sharing group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct SlotRescaleInfo {
    pub slot_sharing_group_id: String,
    pub slot_sharing_group_name: String,
    pub request_resource_profile: ResourceProfile,
    pub desired_slots: u32,
    pub minimal_required_slots: u32,
    pub pre_rescale_slots: Option<u32>,
    pub post_rescale_slots: Option<u32>,
    pub acquired_resource_profile: ResourceProfile,
}

/// How many rescalings there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct RescalesCounts {
    pub ignored: u32,
    pub in_progress: u32,
    pub completed: u32,
    pub failed: u32,
}

/// `GET /jobs/:jobid/rescales/overview`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RescalesOverview {
    /// How many there were.
    pub rescales_counts: RescalesCounts,
    /// The latest of each kind.
    pub latest: LatestRescales,
}

/// The latest rescalings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LatestRescales {
    pub completed: Option<RescaleDetails>,
    pub failed: Option<RescaleDetails>,
    pub ignored: Option<RescaleDetails>,
}

/// `GET /jobs/:jobid/rescales/summary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct RescalesSummary {
    pub rescales_counts: RescalesCounts,
    pub rescales_duration_stats_in_millis: StatsSummary,
    pub completed_rescales_duration_stats_in_millis: StatsSummary,
    pub ignored_rescales_duration_stats_in_millis: StatsSummary,
    pub failed_rescales_duration_stats_in_millis: StatsSummary,
}
