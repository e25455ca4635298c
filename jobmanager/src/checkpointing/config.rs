//! `CheckpointConfig`: how the checkpoints of a job are taken, by Flink's keys.

use std::time::Duration;

use checkpoint::StorageError;
use common::config::options::{self, CheckpointingMode, ExternalizedCheckpointRetention};
use common::config::{ConfigError, Configuration};
use dataflow::checkpoint::{Alignment, CheckpointLocation, SnapshotKind};
use dataflow::{JobId, JobStatus};

/// How the checkpoints of a job are taken.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointConfig {
    /// How often; none without periodic checkpoints.
    pub interval: Option<Duration>,
    /// After which one that is not complete fails.
    pub timeout: Duration,
    /// Least time between the end of one and the next.
    pub min_pause: Duration,
    /// How many at a time.
    pub max_concurrent: usize,
    /// How many may fail in a row before the job does.
    pub tolerable_failures: u32,
    /// Whether they are taken when some tasks have ended.
    pub after_tasks_finish: bool,
    /// What becomes of them at the job's end.
    pub retention: ExternalizedCheckpointRetention,
    /// How many complete ones are kept.
    pub num_retained: usize,
    /// Below which folder they go.
    pub directory: Option<String>,
    /// Where savepoints go when no place is named.
    pub savepoint_directory: Option<String>,
    alignment: Alignment,
}

impl CheckpointConfig {
    /// What a job's configuration, laid over the cluster's, says.
    pub fn from_config(config: &Configuration) -> Result<Self, ConfigError> {
        let interval = config.get(&options::CHECKPOINTING_INTERVAL)?.filter(|interval| !interval.is_zero());
        let unaligned = config.get(&options::CHECKPOINTING_UNALIGNED)?;
        let aligned_timeout = config.get(&options::CHECKPOINTING_ALIGNED_TIMEOUT)?;
        let alignment = match config.get(&options::CHECKPOINTING_MODE)? {
            CheckpointingMode::AtLeastOnce => Alignment::AtLeastOnce,
            CheckpointingMode::ExactlyOnce if unaligned && aligned_timeout.is_zero() => Alignment::Unaligned,
            CheckpointingMode::ExactlyOnce => Alignment::Aligned {
                timeout_ms: unaligned.then(|| u64::try_from(aligned_timeout.as_millis()).unwrap_or(u64::MAX)),
            },
        };
        Ok(CheckpointConfig {
            interval,
            timeout: config.get(&options::CHECKPOINTING_TIMEOUT)?,
            min_pause: config.get(&options::CHECKPOINTING_MIN_PAUSE)?,
            max_concurrent: (config.get(&options::CHECKPOINTING_MAX_CONCURRENT)? as usize).max(1),
            tolerable_failures: config.get(&options::CHECKPOINTING_TOLERABLE_FAILURES)?,
            after_tasks_finish: config.get(&options::CHECKPOINTING_AFTER_TASKS_FINISH)?,
            retention: config.get(&options::CHECKPOINTING_RETENTION)?,
            num_retained: (config.get(&options::CHECKPOINTING_NUM_RETAINED)? as usize).max(1),
            directory: config.get(&options::CHECKPOINTING_DIR)?,
            savepoint_directory: config.get(&options::CHECKPOINTING_SAVEPOINT_DIR)?,
            alignment,
        })
    }

    /// Whether inputs wait for each other. For a savepoint they always do: it is to be read by other versions of the job.
    pub fn alignment(&self, kind: SnapshotKind) -> Alignment {
        match kind {
            SnapshotKind::Savepoint { .. } => Alignment::Aligned { timeout_ms: None },
            SnapshotKind::Checkpoint | SnapshotKind::FullCheckpoint => self.alignment,
        }
    }

    /// Where a checkpoint's files go; none without a directory.
    pub fn location(&self, job: JobId, checkpoint_id: u64) -> Option<Result<CheckpointLocation, StorageError>> {
        let directory = self.directory.as_deref()?;
        Some(checkpoint::checkpoint_location(directory, job, checkpoint_id))
    }

    /// In which folder the checkpoints of a job are; none without a directory.
    pub fn job_folder(&self, job: JobId) -> Option<String> {
        // A directory that is no location has never held a checkpoint.
        checkpoint::job_folder(self.directory.as_deref()?, job).ok()
    }

    /// Whether a task whose input has ended waits for one more checkpoint.
    pub fn final_checkpoint(&self) -> bool {
        self.interval.is_some() && self.after_tasks_finish
    }

    /// Whether checkpoints are kept when a job ends so.
    pub fn retained_at(&self, status: JobStatus) -> bool {
        use ExternalizedCheckpointRetention::{NoExternalizedCheckpoints, RetainOnCancellation};
        match status {
            JobStatus::Finished => false,
            JobStatus::Canceled => self.retention == RetainOnCancellation,
            JobStatus::Failed => self.retention != NoExternalizedCheckpoints,
            // Suspended: it may run again from them.
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::config::Origin;

    fn config(entries: &[(&str, &str)]) -> CheckpointConfig {
        let entries = entries.iter().map(|(key, value)| (format!("execution.checkpointing.{key}"), *value));
        CheckpointConfig::from_config(&Configuration::from_map(entries, Origin::Program)).unwrap()
    }

    #[test]
    fn alignment_follows_mode_and_timeout() {
        let aligned = |timeout_ms| Alignment::Aligned { timeout_ms };
        let table = [
            (&[][..], aligned(None)),
            (&[("mode", "AT_LEAST_ONCE"), ("unaligned.enabled", "true")], Alignment::AtLeastOnce),
            (&[("unaligned.enabled", "true")], Alignment::Unaligned),
            (&[("unaligned.enabled", "true"), ("aligned-checkpoint-timeout", "2 s")], aligned(Some(2_000))),
            (&[("aligned-checkpoint-timeout", "2 s")], aligned(None)),
        ];
        for (entries, expected) in table {
            assert_eq!(config(entries).alignment(SnapshotKind::Checkpoint), expected, "{entries:?}");
        }
    }

    #[test]
    fn retention_is_flinks() {
        const KEY: &str = "externalized-checkpoint-retention";
        let table = [
            ("NO_EXTERNALIZED_CHECKPOINTS", [false, false, false, true]),
            ("DELETE_ON_CANCELLATION", [false, false, true, true]),
            ("RETAIN_ON_CANCELLATION", [false, true, true, true]),
        ];
        for (value, expected) in table {
            let config = config(&[(KEY, value)]);
            let statuses = [JobStatus::Finished, JobStatus::Canceled, JobStatus::Failed, JobStatus::Suspended];
            assert_eq!(statuses.map(|status| config.retained_at(status)), expected, "{value}");
        }
    }

    #[test]
    fn an_interval_of_nothing_is_none() {
        assert_eq!(config(&[("interval", "0 ms")]).interval, None);
        assert!(!config(&[]).final_checkpoint());
        assert!(config(&[("interval", "1 s")]).final_checkpoint());
    }
}
