//! `/jobs/:jobid/checkpoints` and below: what became of a job's checkpoints, and how they are configured.

use common::config::options::{self, CheckpointingMode, ExternalizedCheckpointRetention};
use common::config::{Configuration, Origin};
use dataflow::VertexId;
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::{
    CheckpointAlignment, CheckpointDuration, CheckpointInfo, CheckpointStatus, CheckpointTotals, CheckpointType,
    CheckpointingConfiguration, CheckpointingCounts, CheckpointingStatistics, CheckpointingSummary, Externalization,
    LatestCheckpoints, RestoredCheckpointInfo, StatsSummary, SubtaskCheckpointInfo, SubtaskCheckpointSummary,
    TaskCheckpointDetails, TaskCheckpointInfo,
};
use super::reply::{Answer, Reply};
use crate::checkpointing::statistics::{
    CheckpointOutcome, CheckpointRecord, CheckpointStatistics, Distribution, RestoredCheckpoint, SnapshotSizes,
    SubtaskRecord, TaskRecord,
};

/// What Flink shows for the options of its changelog state backend, which flinkrs does not have.
const CHANGELOG_INTERVAL_MS: i64 = 600_000;
const CHANGELOG_STORAGE: &str = "memory";

/// `GET /jobs/:jobid/checkpoints`.
pub(super) async fn statistics(context: &RestContext, id: &str) -> Answer {
    Reply::json(&statistics_of(context.job(id).await?.checkpoints()))
}

/// `GET /jobs/:jobid/checkpoints/details/:checkpointid`.
pub(super) async fn details(context: &RestContext, id: &str, checkpoint: &str) -> Answer {
    let job = context.job(id).await?;
    Reply::json(&with_tasks(find(job.checkpoints(), checkpoint)?))
}

/// `GET /jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid`.
pub(super) async fn subtasks(context: &RestContext, id: &str, checkpoint: &str, vertex: &str) -> Answer {
    let job = context.job(id).await?;
    let record = find(job.checkpoints(), checkpoint)?;
    let vertex: VertexId = vertex.parse().map_err(|_| RestError::bad_path_parameter("vertexid", vertex))?;
    let task = record.tasks.iter().find(|task| task.vertex == vertex).ok_or_else(|| {
        let text = format!("There is no checkpoint statistics for task {vertex}.");
        RestError::handler(StatusCode::NOT_FOUND, text)
    })?;
    Reply::json(&task_details(record, task))
}

/// `GET /jobs/:jobid/checkpoints/config`.
pub(super) async fn configuration(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    let mut config = context.dispatcher.config().clone();
    config.overlay(&Configuration::from_map(job.graph().config.clone(), Origin::Job));
    Reply::json(&configuration_of(&config).map_err(RestError::internal)?)
}

fn find<'a>(statistics: &'a CheckpointStatistics, id: &str) -> Result<&'a CheckpointRecord, RestError> {
    let id: u64 = id.parse().map_err(|_| RestError::bad_path_parameter("checkpointid", id))?;
    statistics.find(id).ok_or_else(|| {
        let text = format!("Could not find checkpointing statistics for checkpoint {id}.");
        RestError::handler(StatusCode::NOT_FOUND, text)
    })
}

fn statistics_of(statistics: &CheckpointStatistics) -> CheckpointingStatistics {
    let counts = statistics.counts();
    let summary = statistics.summary();
    CheckpointingStatistics {
        counts: CheckpointingCounts {
            restored: counts.restored,
            total: counts.total,
            in_progress: counts.in_progress,
            completed: counts.completed,
            failed: counts.failed,
        },
        summary: CheckpointingSummary {
            checkpointed_size: with_percentiles(&summary.checkpointed),
            state_size: with_percentiles(&summary.full),
            end_to_end_duration: with_percentiles(&summary.duration),
            alignment_buffered: StatsSummary::default(),
            processed_data: with_percentiles(&summary.processed),
            persisted_data: with_percentiles(&summary.persisted),
        },
        latest: LatestCheckpoints {
            completed: statistics.latest_completed().map(checkpoint_info),
            savepoint: statistics.latest_savepoint().map(checkpoint_info),
            failed: statistics.latest_failed().map(checkpoint_info),
            restored: statistics.latest_restored().map(restored_info),
        },
        history: statistics.history().map(checkpoint_info).collect(),
    }
}

fn restored_info(restored: &RestoredCheckpoint) -> RestoredCheckpointInfo {
    RestoredCheckpointInfo {
        id: restored.id,
        restore_timestamp: restored.restored_at,
        is_savepoint: restored.is_savepoint,
        external_path: restored.external_path.clone(),
    }
}

fn with_tasks(record: &CheckpointRecord) -> CheckpointInfo {
    let tasks = record.tasks.iter().map(|task| (task.vertex, task_info(record, task))).collect();
    CheckpointInfo { tasks, ..checkpoint_info(record) }
}

/// A checkpoint without its tasks.
fn checkpoint_info(record: &CheckpointRecord) -> CheckpointInfo {
    let mut info = CheckpointInfo {
        class_name: String::new(),
        id: record.id,
        status: status(record),
        is_savepoint: record.is_savepoint(),
        savepoint_format: record.savepoint_format(),
        trigger_timestamp: record.triggered_at,
        totals: CheckpointTotals {
            latest_ack_timestamp: record.latest_acknowledgement().unwrap_or(-1),
            end_to_end_duration: record.duration_ms().unwrap_or(-1),
            num_subtasks: record.tasks.iter().map(|task| task.subtasks.len() as u64).sum(),
            num_acknowledged_subtasks: record.acknowledgements().count() as u64,
            ..totals(record.sizes())
        },
        checkpoint_type: checkpoint_type(record),
        tasks: Default::default(),
        external_path: None,
        discarded: None,
        failure_timestamp: None,
        failure_message: None,
    };
    info.class_name = match &record.outcome {
        CheckpointOutcome::InProgress => "in_progress",
        CheckpointOutcome::Completed { external_path, discarded, .. } => {
            (info.external_path, info.discarded) = (Some(external_path.clone()), Some(*discarded));
            "completed"
        }
        CheckpointOutcome::Failed { at, message } => {
            (info.failure_timestamp, info.failure_message) = (Some(*at), Some(message.clone()));
            "failed"
        }
    }
    .to_owned();
    info
}

fn status(record: &CheckpointRecord) -> CheckpointStatus {
    match record.outcome {
        CheckpointOutcome::InProgress => CheckpointStatus::InProgress,
        CheckpointOutcome::Completed { .. } => CheckpointStatus::Completed,
        CheckpointOutcome::Failed { .. } => CheckpointStatus::Failed,
    }
}

fn checkpoint_type(record: &CheckpointRecord) -> CheckpointType {
    match (record.is_savepoint(), record.ends_job()) {
        (true, true) => CheckpointType::SyncSavepoint,
        (true, false) => CheckpointType::Savepoint,
        (false, _) if record.is_unaligned() => CheckpointType::UnalignedCheckpoint,
        (false, _) => CheckpointType::Checkpoint,
    }
}

fn task_info(record: &CheckpointRecord, task: &TaskRecord) -> TaskCheckpointInfo {
    let latest = task.latest_acknowledgement();
    TaskCheckpointInfo {
        id: record.id,
        status: status(record),
        totals: CheckpointTotals {
            latest_ack_timestamp: latest.unwrap_or(-1),
            end_to_end_duration: latest.map_or(-1, |at| duration(record, at)),
            num_subtasks: task.subtasks.len() as u64,
            num_acknowledged_subtasks: task.acknowledgements().count() as u64,
            ..totals(task.sizes())
        },
    }
}

/// The sizes, before anybody has acknowledged.
fn totals(sizes: SnapshotSizes) -> CheckpointTotals {
    CheckpointTotals {
        latest_ack_timestamp: -1,
        checkpointed_size: sizes.checkpointed,
        state_size: sizes.full,
        end_to_end_duration: -1,
        alignment_buffered: 0,
        processed_data: sizes.processed,
        persisted_data: sizes.persisted,
        num_subtasks: 0,
        num_acknowledged_subtasks: 0,
    }
}

fn duration(record: &CheckpointRecord, acknowledged_at: i64) -> i64 {
    (acknowledged_at - record.triggered_at).max(0)
}

fn task_details(record: &CheckpointRecord, task: &TaskRecord) -> TaskCheckpointDetails {
    let over = |measure: &dyn Fn(&SubtaskRecord) -> u64| without_percentiles(task.acknowledgements().map(measure));
    TaskCheckpointDetails {
        task: task_info(record, task),
        summary: SubtaskCheckpointSummary {
            checkpointed_size: over(&|subtask| subtask.sizes.checkpointed),
            state_size: over(&|subtask| subtask.sizes.full),
            end_to_end_duration: over(&|subtask| duration(record, subtask.acknowledged_at).unsigned_abs()),
            checkpoint_duration: CheckpointDuration {
                sync: over(&|subtask| subtask.metrics.sync_ms),
                r#async: over(&|subtask| subtask.metrics.async_ms),
            },
            alignment: CheckpointAlignment {
                buffered: StatsSummary::default(),
                processed: over(&|subtask| subtask.sizes.processed),
                persisted: over(&|subtask| subtask.sizes.persisted),
                duration: over(&|subtask| subtask.metrics.alignment_ms),
            },
            start_delay: over(&|subtask| subtask.metrics.start_delay_ms),
        },
        subtasks: task
            .subtasks
            .iter()
            .enumerate()
            .map(|(index, subtask)| subtask_info(record, index, subtask))
            .collect(),
    }
}

fn subtask_info(record: &CheckpointRecord, index: usize, subtask: &Option<SubtaskRecord>) -> SubtaskCheckpointInfo {
    let Some(subtask) = subtask else {
        return SubtaskCheckpointInfo::Pending { index, status: "pending_or_failed".to_owned() };
    };
    let (sizes, metrics) = (subtask.sizes, subtask.metrics);
    SubtaskCheckpointInfo::Completed {
        index,
        ack_timestamp: subtask.acknowledged_at,
        end_to_end_duration: duration(record, subtask.acknowledged_at),
        checkpointed_size: sizes.checkpointed,
        state_size: sizes.full,
        checkpoint: CheckpointDuration { sync: metrics.sync_ms, r#async: metrics.async_ms },
        alignment: CheckpointAlignment {
            buffered: 0,
            processed: sizes.processed,
            persisted: sizes.persisted,
            duration: metrics.alignment_ms,
        },
        start_delay: metrics.start_delay_ms,
        unaligned_checkpoint: metrics.unaligned,
        aborted: false,
        status: "completed".to_owned(),
    }
}

pub(super) fn with_percentiles(values: &Distribution) -> StatsSummary {
    let [p50, p90, p95, p99, p999] = values.percentiles([0.5, 0.9, 0.95, 0.99, 0.999]);
    StatsSummary { min: values.min(), max: values.max(), avg: values.average(), p50, p90, p95, p99, p999 }
}

fn without_percentiles(values: impl Iterator<Item = u64>) -> StatsSummary {
    let values: Distribution = values.collect();
    let [p50, p90, p95, p99, p999] = [f64::NAN; 5];
    StatsSummary { min: values.min(), max: values.max(), avg: values.average(), p50, p90, p95, p99, p999 }
}

fn configuration_of(config: &Configuration) -> Result<CheckpointingConfiguration, common::config::ConfigError> {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let interval = config.get(&options::CHECKPOINTING_INTERVAL)?.filter(|interval| !interval.is_zero());
    let retention = config.get(&options::CHECKPOINTING_RETENTION)?;
    let mode = match config.get(&options::CHECKPOINTING_MODE)? {
        CheckpointingMode::ExactlyOnce => "exactly_once",
        CheckpointingMode::AtLeastOnce => "at_least_once",
    };
    let state_backend = match config.get(&options::STATE_BACKEND_TYPE)?.as_str() {
        "rocksdb" => "EmbeddedRocksDBStateBackend".to_owned(),
        "hashmap" => "HashMapStateBackend".to_owned(),
        other => other.to_owned(),
    };
    let storage = match config.get(&options::CHECKPOINTING_DIR)? {
        Some(_) => "FileSystemCheckpointStorage",
        None => "JobManagerCheckpointStorage",
    };
    Ok(CheckpointingConfiguration {
        mode: mode.to_owned(),
        interval: interval.map_or(i64::MAX, millis),
        timeout: millis(config.get(&options::CHECKPOINTING_TIMEOUT)?),
        min_pause: millis(config.get(&options::CHECKPOINTING_MIN_PAUSE)?),
        max_concurrent: config.get(&options::CHECKPOINTING_MAX_CONCURRENT)?,
        externalization: Externalization {
            enabled: retention != ExternalizedCheckpointRetention::NoExternalizedCheckpoints,
            delete_on_cancellation: retention == ExternalizedCheckpointRetention::DeleteOnCancellation,
        },
        state_backend,
        checkpoint_storage: storage.to_owned(),
        unaligned_checkpoints: config.get(&options::CHECKPOINTING_UNALIGNED)?,
        tolerable_failed_checkpoints: config.get(&options::CHECKPOINTING_TOLERABLE_FAILURES)?,
        aligned_checkpoint_timeout: millis(config.get(&options::CHECKPOINTING_ALIGNED_TIMEOUT)?),
        checkpoints_after_tasks_finish: config.get(&options::CHECKPOINTING_AFTER_TASKS_FINISH)?,
        state_changelog_enabled: false,
        changelog_periodic_materialization_interval: CHANGELOG_INTERVAL_MS,
        changelog_storage: CHANGELOG_STORAGE.to_owned(),
    })
}

#[cfg(test)]
mod tests;
