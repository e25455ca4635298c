//! `/jobs/:jobid/checkpoints`: what became of a job's checkpoints, and how they are configured.

use dataflow::VertexId;
use dataflow::checkpoint::SavepointFormat;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `GET /jobs/:jobid/checkpoints`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointingStatistics {
    /// How many came to what.
    pub counts: CheckpointingCounts,
    /// Over all completed ones.
    pub summary: CheckpointingSummary,
    /// The latest of each kind.
    pub latest: LatestCheckpoints,
    /// The newest ones, the newest first.
    pub history: Vec<CheckpointInfo>,
}

/// How many checkpoints came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CheckpointingCounts {
    pub restored: u64,
    pub total: u64,
    pub in_progress: u64,
    pub completed: u64,
    pub failed: u64,
}

/// Sizes (bytes) and durations (ms) over all completed checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CheckpointingSummary {
    /// Stored by a checkpoint.
    pub checkpointed_size: StatsSummary,
    /// All state that it refers to.
    pub state_size: StatsSummary,
    /// From the trigger to the last acknowledgement.
    pub end_to_end_duration: StatsSummary,
    /// Always 0, as in Flink.
    pub alignment_buffered: StatsSummary,
    /// Taken from inputs during the alignment.
    pub processed_data: StatsSummary,
    /// In-flight data in it.
    pub persisted_data: StatsSummary,
}

/// Statistics of one measure. Percentiles that are not known are `"NaN"`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct StatsSummary {
    pub min: u64,
    pub max: u64,
    pub avg: u64,
    #[serde(serialize_with = "number_or_nan", deserialize_with = "nan_or_number")]
    pub p50: f64,
    #[serde(serialize_with = "number_or_nan", deserialize_with = "nan_or_number")]
    pub p90: f64,
    #[serde(serialize_with = "number_or_nan", deserialize_with = "nan_or_number")]
    pub p95: f64,
    #[serde(serialize_with = "number_or_nan", deserialize_with = "nan_or_number")]
    pub p99: f64,
    #[serde(serialize_with = "number_or_nan", deserialize_with = "nan_or_number")]
    pub p999: f64,
}

/// JSON has no NaN; Flink writes it as text.
fn number_or_nan<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() { serializer.serialize_str("NaN") } else { serializer.serialize_f64(*value) }
}

fn nan_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(f64),
        Text(String),
    }
    match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(value) => Ok(value),
        NumberOrText::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// The latest checkpoint of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestCheckpoints {
    /// Completed, and no savepoint.
    pub completed: Option<CheckpointInfo>,
    /// A completed savepoint.
    pub savepoint: Option<CheckpointInfo>,
    /// Failed after it had begun.
    pub failed: Option<CheckpointInfo>,
    /// What the job was last restored from.
    pub restored: Option<RestoredCheckpointInfo>,
}

/// What a job was restored from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredCheckpointInfo {
    /// The checkpoint.
    pub id: u64,
    /// ms since the epoch.
    pub restore_timestamp: i64,
    /// Whether it is a savepoint.
    pub is_savepoint: bool,
    /// Where it is.
    pub external_path: String,
}

/// A checkpoint. `GET /jobs/:jobid/checkpoints/details/:checkpointid` has its tasks too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// `completed`, `failed` or `in_progress`.
    #[serde(rename = "className")]
    pub class_name: String,
    /// Its number.
    pub id: u64,
    /// What became of it.
    pub status: CheckpointStatus,
    /// Whether it is a savepoint.
    pub is_savepoint: bool,
    /// Of a savepoint.
    #[serde(rename = "savepointFormat")]
    pub savepoint_format: Option<SavepointFormat>,
    /// ms since the epoch.
    pub trigger_timestamp: i64,
    /// What it comes to.
    #[serde(flatten)]
    pub totals: CheckpointTotals,
    /// What it is for.
    pub checkpoint_type: CheckpointType,
    /// Its tasks; empty in lists.
    pub tasks: IndexMap<VertexId, TaskCheckpointInfo>,
    /// Completed: where it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub external_path: Option<String>,
    /// Completed: whether its files were deleted since.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub discarded: Option<bool>,
    /// Failed: ms since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure_timestamp: Option<i64>,
    /// Failed: why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure_message: Option<String>,
}

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum CheckpointStatus {
    InProgress,
    Completed,
    Failed,
}

/// What a checkpoint is for. A savepoint that ends the job is a `SYNC_SAVEPOINT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are Flink's")]
pub enum CheckpointType {
    Checkpoint,
    UnalignedCheckpoint,
    Savepoint,
    SyncSavepoint,
}

/// What a checkpoint, or one task's part in it, comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointTotals {
    /// ms since the epoch; -1 when nobody has acknowledged.
    pub latest_ack_timestamp: i64,
    /// Bytes stored by it.
    pub checkpointed_size: u64,
    /// Bytes of all state that it refers to.
    pub state_size: u64,
    /// ms; -1 when nobody has acknowledged.
    pub end_to_end_duration: i64,
    /// Always 0, as in Flink.
    pub alignment_buffered: u64,
    /// Bytes taken from inputs during the alignment.
    pub processed_data: u64,
    /// Bytes of in-flight data in it.
    pub persisted_data: u64,
    /// How many subtasks take part.
    pub num_subtasks: u64,
    /// How many have acknowledged.
    pub num_acknowledged_subtasks: u64,
}

/// One task's part in a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCheckpointInfo {
    /// The checkpoint's number.
    pub id: u64,
    /// What became of the checkpoint.
    pub status: CheckpointStatus,
    /// What the task's part comes to.
    #[serde(flatten)]
    pub totals: CheckpointTotals,
}

/// `GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskCheckpointDetails {
    /// The task as a whole.
    #[serde(flatten)]
    pub task: TaskCheckpointInfo,
    /// Over the subtasks that have acknowledged.
    pub summary: SubtaskCheckpointSummary,
    /// Each subtask.
    pub subtasks: Vec<SubtaskCheckpointInfo>,
}

/// Over the subtasks that have acknowledged; percentiles are not computed, as in Flink.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in CheckpointInfo and SubtaskCheckpointInfo")]
pub struct SubtaskCheckpointSummary {
    pub checkpointed_size: StatsSummary,
    pub state_size: StatsSummary,
    pub end_to_end_duration: StatsSummary,
    pub checkpoint_duration: CheckpointDuration<StatsSummary>,
    pub alignment: CheckpointAlignment<StatsSummary>,
    pub start_delay: StatsSummary,
}

/// The two parts of a subtask's snapshot, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointDuration<T> {
    /// During which the task does nothing else.
    pub sync: T,
    /// Beside the task.
    pub r#async: T,
}

/// What a subtask's alignment meant: bytes, and ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointAlignment<T> {
    /// Always 0, as in Flink.
    pub buffered: T,
    /// Bytes taken from inputs meanwhile.
    pub processed: T,
    /// Bytes of in-flight data stored.
    pub persisted: T,
    /// From the first barrier to the last.
    pub duration: T,
}

/// One subtask's part in a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "className", rename_all = "snake_case")]
pub enum SubtaskCheckpointInfo {
    /// It has acknowledged.
    Completed {
        /// Which.
        index: usize,
        /// ms since the epoch.
        ack_timestamp: i64,
        /// ms.
        end_to_end_duration: i64,
        /// Bytes stored.
        checkpointed_size: u64,
        /// Bytes of all its state.
        state_size: u64,
        /// ms.
        checkpoint: CheckpointDuration<u64>,
        /// Bytes and ms.
        alignment: CheckpointAlignment<u64>,
        /// From the trigger to the first barrier, ms.
        start_delay: u64,
        /// Whether it was taken unaligned.
        unaligned_checkpoint: bool,
        /// Always false: one that was aborted has not acknowledged.
        aborted: bool,
        /// `completed`.
        status: String,
    },
    /// It has not acknowledged.
    Pending {
        /// Which.
        index: usize,
        /// `pending_or_failed`.
        status: String,
    },
}

/// `GET /jobs/:jobid/checkpoints/config`. Times in ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointingConfiguration {
    /// `exactly_once` or `at_least_once`.
    pub mode: String,
    /// Of periodic checkpoints; `i64::MAX` when there are none.
    pub interval: i64,
    /// After which one fails.
    pub timeout: i64,
    /// Between the end of one and the next.
    pub min_pause: i64,
    /// How many at a time.
    pub max_concurrent: u32,
    /// What is kept when the job ends.
    pub externalization: Externalization,
    /// What keeps keyed state.
    pub state_backend: String,
    /// What keeps checkpoints.
    pub checkpoint_storage: String,
    /// Whether barriers overtake data.
    pub unaligned_checkpoints: bool,
    /// How many failures in a row do not fail the job.
    pub tolerable_failed_checkpoints: u32,
    /// After which an aligned checkpoint becomes unaligned.
    pub aligned_checkpoint_timeout: i64,
    /// Whether there are checkpoints when some tasks have ended.
    pub checkpoints_after_tasks_finish: bool,
    /// Always false.
    pub state_changelog_enabled: bool,
    /// Flink's default; without a changelog it has no effect.
    pub changelog_periodic_materialization_interval: i64,
    /// Flink's default; without a changelog it has no effect.
    pub changelog_storage: String,
}

/// What is kept of a job's checkpoints when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Externalization {
    /// Whether any is kept when the job fails.
    pub enabled: bool,
    /// Whether none is kept when the job is cancelled.
    pub delete_on_cancellation: bool,
}
