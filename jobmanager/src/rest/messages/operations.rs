//! Savepoints, checkpoints and disposals that clients ask for: `POST`, then `GET` until they are done.

use dataflow::TriggerId;
use dataflow::checkpoint::SavepointFormat;
use serde::{Deserialize, Serialize};

use super::{FailureCause, QueueStatus};

/// The answer to a `POST` that starts an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TriggerResponse {
    /// Under which the operation is asked about.
    pub request_id: TriggerId,
}

/// The answer to a `GET` that asks about an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsynchronousOperation<T> {
    /// Whether it is done.
    pub status: QueueStatus,
    /// What has come of it when it is.
    pub operation: Option<OperationOutcome<T>>,
}

/// What has come of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OperationOutcome<T> {
    /// It failed.
    Failed {
        /// Why.
        #[serde(rename = "failure-cause")]
        failure_cause: FailureCause,
    },
    /// It is done.
    Done(T),
}

/// `POST /jobs/:jobid/savepoints`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SavepointTriggerRequest {
    /// Where; else the configured place.
    pub target_directory: Option<String>,
    /// Whether the job is cancelled when it is complete.
    pub cancel_job: bool,
    /// The format; without it canonical.
    #[serde(rename = "formatType")]
    pub format_type: Option<SavepointFormat>,
    /// The client's own id for the operation.
    #[serde(rename = "triggerId")]
    pub trigger_id: Option<TriggerId>,
}

/// `POST /jobs/:jobid/stop`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StopWithSavepointRequest {
    /// Where the savepoint goes; else the configured place.
    pub target_directory: Option<String>,
    /// Whether windows fire and the streams end before the savepoint.
    pub drain: bool,
    /// The format; without it canonical.
    pub format_type: Option<SavepointFormat>,
    /// The client's own id for the operation.
    pub trigger_id: Option<TriggerId>,
}

/// `POST /jobs/:jobid/checkpoints`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckpointTriggerRequest {
    /// Which kind; without it as configured.
    pub checkpoint_type: Option<TriggeredCheckpointType>,
    /// The client's own id for the operation.
    pub trigger_id: Option<TriggerId>,
}

/// Which kind of checkpoint a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TriggeredCheckpointType {
    /// As the job is configured.
    Configured,
    /// Every file anew.
    Full,
    /// Flink takes the word and refuses it (FLINK-33723).
    Incremental,
}

/// `POST /savepoint-disposal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavepointDisposalRequest {
    /// The savepoint's folder.
    pub savepoint_path: String,
}

/// Where a savepoint is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavepointInfo {
    /// Its folder.
    pub location: String,
}

/// Which checkpoint was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggeredCheckpoint {
    /// Its number.
    pub checkpoint_id: u64,
}

/// Nothing more than that it is done: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {}
