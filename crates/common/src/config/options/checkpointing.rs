//! Checkpoints and savepoints, and what a job is restored from.

use std::time::Duration;

use crate::config::ConfigEnum;

/// How often a row may count after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointingMode {
    /// Once: the inputs of a task wait for each other's barrier.
    ExactlyOnce,
    /// Once or more: they do not.
    AtLeastOnce,
}

impl ConfigEnum for CheckpointingMode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("EXACTLY_ONCE", Self::ExactlyOnce), ("AT_LEAST_ONCE", Self::AtLeastOnce)];
}

/// What becomes of a job's checkpoints when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalizedCheckpointRetention {
    /// Kept when it fails, deleted when it is cancelled.
    DeleteOnCancellation,
    /// Kept when it fails or is cancelled.
    RetainOnCancellation,
    /// Deleted.
    NoExternalizedCheckpoints,
}

impl ConfigEnum for ExternalizedCheckpointRetention {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("DELETE_ON_CANCELLATION", Self::DeleteOnCancellation),
        ("RETAIN_ON_CANCELLATION", Self::RetainOnCancellation),
        ("NO_EXTERNALIZED_CHECKPOINTS", Self::NoExternalizedCheckpoints),
    ];
}

/// Whose the files are that a job is restored from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryClaimMode {
    /// The job's: it deletes them when it needs them no more.
    Claim,
    /// Somebody else's: the first checkpoint of the job is a full one, and refers to none of them.
    NoClaim,
    /// Flink's old way, which Flink 2 still takes as a value: nobody's.
    Legacy,
}

impl ConfigEnum for RecoveryClaimMode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("CLAIM", Self::Claim), ("NO_CLAIM", Self::NoClaim), ("LEGACY", Self::Legacy)];
}

options! {
    CHECKPOINTING_INTERVAL: Option<Duration> = "execution.checkpointing.interval",
        "How often a checkpoint is taken; without it, or at 0, none is.";
    CHECKPOINTING_MODE: CheckpointingMode = "execution.checkpointing.mode" default "EXACTLY_ONCE",
        "How often a row may count after a failure.";
    CHECKPOINTING_TIMEOUT: Duration = "execution.checkpointing.timeout" default "PT10M",
        "After which a checkpoint that is not complete fails.";
    CHECKPOINTING_MIN_PAUSE: Duration = "execution.checkpointing.min-pause" default "PT0S",
        "Least time between the end of a checkpoint and the next one.";
    CHECKPOINTING_MAX_CONCURRENT: u32 = "execution.checkpointing.max-concurrent-checkpoints" default "1",
        "How many checkpoints there may be at a time.";
    CHECKPOINTING_TOLERABLE_FAILURES: u32 = "execution.checkpointing.tolerable-failed-checkpoints" default "0",
        "How many checkpoints may fail in a row before the job does.";
    CHECKPOINTING_UNALIGNED: bool = "execution.checkpointing.unaligned.enabled" default "false" older ["execution.checkpointing.unaligned"],
        "Whether barriers overtake the data in flight, which is then part of the checkpoint.";
    CHECKPOINTING_ALIGNED_TIMEOUT: Duration = "execution.checkpointing.aligned-checkpoint-timeout" default "PT0S" older ["execution.checkpointing.alignment-timeout"],
        "With unaligned checkpoints: how long a checkpoint is tried aligned; 0 begins unaligned.";
    CHECKPOINTING_AFTER_TASKS_FINISH: bool = "execution.checkpointing.checkpoints-after-tasks-finish" default "true" older ["execution.checkpointing.checkpoints-after-tasks-finish.enabled"],
        "Whether checkpoints go on when some tasks have ended.";
    CHECKPOINTING_RETENTION: ExternalizedCheckpointRetention = "execution.checkpointing.externalized-checkpoint-retention" default "NO_EXTERNALIZED_CHECKPOINTS",
        "What becomes of checkpoints when the job ends.";
    CHECKPOINTING_NUM_RETAINED: u32 = "execution.checkpointing.num-retained" default "1" older ["state.checkpoints.num-retained"],
        "How many completed checkpoints are kept.";
    CHECKPOINTING_INCREMENTAL: bool = "execution.checkpointing.incremental" default "false" older ["state.backend.incremental"],
        "Whether a checkpoint stores only what has changed since the last one.";
    CHECKPOINTING_DIR: Option<String> = "execution.checkpointing.dir" older ["state.checkpoints.dir", "state.backend.fs.checkpointdir"],
        "Where checkpoints go: a path or URL that all processes reach.";
    CHECKPOINTING_SAVEPOINT_DIR: Option<String> = "execution.checkpointing.savepoint-dir" older ["state.savepoints.dir", "savepoints.state.backend.fs.dir"],
        "Where savepoints go when no place is named.";
    STATE_BACKEND_TYPE: String = "state.backend.type" default "hashmap" older ["state.backend"],
        "What keeps keyed state: hashmap or rocksdb.";
    STATE_RECOVERY_PATH: Option<String> = "execution.state-recovery.path" older ["execution.savepoint.path"],
        "Savepoint or retained checkpoint that a job starts from.";
    STATE_RECOVERY_CLAIM_MODE: RecoveryClaimMode = "execution.state-recovery.claim-mode" default "NO_CLAIM" older ["execution.savepoint-restore-mode"],
        "Whose the files are that a job is restored from.";
    STATE_RECOVERY_FROM_LOCAL: bool = "execution.state-recovery.from-local" default "false" older ["state.backend.local-recovery"],
        "Whether a task that starts again on the same machine takes its state from the copies there.";
    CHECKPOINTING_LOCAL_BACKUP_ENABLED: bool = "execution.checkpointing.local-backup.enabled" default "false" older ["execution.state-recovery.from-local", "state.backend.local-recovery"],
        "Whether copies of what checkpoints store stay on the machine of the task.";
    CHECKPOINTING_LOCAL_BACKUP_DIRS: Option<String> = "execution.checkpointing.local-backup.dirs" older ["taskmanager.state.local.root-dirs"],
        "Folder for these copies, of a TaskManager with a taskmanager.resource-id; of several the first one.";
    STATE_RECOVERY_IGNORE_UNCLAIMED_STATE: bool = "execution.state-recovery.ignore-unclaimed-state" default "false" older ["execution.savepoint.ignore-unclaimed-state"],
        "Whether a job starts although state belongs to none of its operators.";
}
