//! `/overview`, `/config`, `/jobmanager/config`, `/jobmanager/environment`.

use serde::{Deserialize, Serialize};

/// `GET /overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterOverview {
    /// Registered TaskManagers.
    pub taskmanagers: u32,
    /// Slots of all TaskManagers.
    pub slots_total: u32,
    /// Slots that no job has.
    pub slots_available: u32,
    /// Jobs that have not ended.
    pub jobs_running: u32,
    /// Jobs that ended FINISHED.
    pub jobs_finished: u32,
    /// Jobs that ended CANCELED.
    pub jobs_cancelled: u32,
    /// Jobs that ended FAILED.
    pub jobs_failed: u32,
    /// Version of Flink that flinkrs follows, then its own.
    pub flink_version: String,
    /// What the binary was built from.
    pub flink_commit: String,
    /// `host:port` of the JobManager that leads, as TaskManagers reach it. flinkrs' own.
    #[serde(default)]
    pub leader: Option<String>,
    /// Raft's term; absent without `high-availability.type: raft`. flinkrs' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<u64>,
    /// The group of JobManagers; absent without `high-availability.type: raft`. flinkrs' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<JobManagerGroup>,
}

/// The JobManagers that keep the jobs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobManagerGroup {
    /// Whether all members answer the leader.
    pub health: GroupHealth,
    /// They.
    pub members: Vec<JobManagerMember>,
}

/// Whether all members of a group answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum GroupHealth {
    /// They do.
    Healthy,
    /// Some do not.
    Degraded,
}

/// A JobManager of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobManagerMember {
    /// `host:port`.
    pub address: String,
    /// What it is in the group.
    pub role: MemberRole,
    /// Whether it answers the leader; absent when who answers is not the leader.
    pub healthy: Option<bool>,
}

/// Body of `POST /jobmanagers` and `PUT /jobmanagers/:address`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobManagerAddress {
    /// `host:port` of the JobManager that is to be in the group.
    pub address: String,
}

/// What a JobManager is in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MemberRole {
    /// It leads.
    Leader,
    /// It votes.
    Follower,
    /// It is being caught up and does not vote.
    Learner,
}

/// `GET /config`: what the dashboard needs to know first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DashboardConfiguration {
    /// Milliseconds between refreshes.
    pub refresh_interval: u64,
    /// Name of the server's time zone.
    pub timezone_name: String,
    /// Its offset, ms.
    pub timezone_offset: i64,
    /// Version.
    pub flink_version: String,
    /// What the binary was built from.
    pub flink_revision: String,
    /// What the dashboard may offer.
    pub features: DashboardFeatures,
}

/// What the dashboard may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub struct DashboardFeatures {
    pub web_submit: bool,
    pub web_cancel: bool,
    pub web_rescale: bool,
    pub web_history: bool,
}

/// An entry of `GET /jobmanager/config`; secrets are stars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ConfigEntry {
    pub key: String,
    pub value: String,
}

/// `GET /jobmanager/environment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentInfo {
    /// What would be the JVM.
    pub jvm: JvmInfo,
    /// Empty: there is none.
    pub classpath: Vec<String>,
}

/// What would be the JVM: the binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct JvmInfo {
    pub version: String,
    pub arch: String,
    pub options: Vec<String>,
}

/// `POST /jobmanagers/restore`: what was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRestored {
    /// Jobs that had not ended.
    pub jobs: usize,
    /// Catalogs.
    pub catalogs: usize,
}
