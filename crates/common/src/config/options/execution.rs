//! How a job runs: mode, buffers, checkpointing, recovery.

use std::time::Duration;

use crate::config::ConfigEnum;

/// Bounded or unbounded execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeMode {
    /// Records are processed as they come.
    Streaming,
    /// Bounded input, stage by stage.
    Batch,
    /// Batch if all sources are bounded.
    Automatic,
}

impl ConfigEnum for RuntimeMode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("STREAMING", Self::Streaming), ("BATCH", Self::Batch), ("AUTOMATIC", Self::Automatic)];
}

/// What a checkpoint guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointingMode {
    /// Barriers are aligned (or in-flight data is stored).
    ExactlyOnce,
    /// Barriers are not aligned; records may count twice after a failure.
    AtLeastOnce,
}

impl ConfigEnum for CheckpointingMode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("EXACTLY_ONCE", Self::ExactlyOnce), ("AT_LEAST_ONCE", Self::AtLeastOnce)];
}

/// What becomes of checkpoints when a job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalizedCheckpointRetention {
    /// Deleted when the job is cancelled, kept when it fails.
    DeleteOnCancellation,
    /// Kept in either case.
    RetainOnCancellation,
    /// Deleted in either case.
    NoExternalizedCheckpoints,
}

impl ConfigEnum for ExternalizedCheckpointRetention {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("DELETE_ON_CANCELLATION", Self::DeleteOnCancellation),
        ("RETAIN_ON_CANCELLATION", Self::RetainOnCancellation),
        ("NO_EXTERNALIZED_CHECKPOINTS", Self::NoExternalizedCheckpoints),
    ];
}

/// Who owns the files of a savepoint after a job was restored from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryClaimMode {
    /// The job owns them and may delete them.
    Claim,
    /// The user owns them; the job's first checkpoint is a full one.
    NoClaim,
    /// Nobody deletes them.
    Legacy,
}

impl ConfigEnum for RecoveryClaimMode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("CLAIM", Self::Claim), ("NO_CLAIM", Self::NoClaim), ("LEGACY", Self::Legacy)];
}

options! {
    EXECUTION_RUNTIME_MODE: RuntimeMode = "execution.runtime-mode" default "STREAMING",
        "Whether a job runs as a stream or as a batch.";
    EXECUTION_BUFFER_TIMEOUT_ENABLED: bool = "execution.buffer-timeout.enabled" default "true",
        "Whether buffers are sent before they are full.";
    EXECUTION_BUFFER_TIMEOUT_INTERVAL: Duration = "execution.buffer-timeout.interval" default "PT0.1S" older ["execution.buffer-timeout"],
        "Longest time that a record waits in a buffer that is not full; 0 sends at once.";
    EXECUTION_ATTACHED: bool = "execution.attached" default "false",
        "Whether the client waits for the job's end.";
    EXECUTION_TARGET: Option<String> = "execution.target",
        "Where jobs run: 'local' for an embedded cluster, 'remote' for the configured JobManager.";
    CHECKPOINTING_INTERVAL: Option<Duration> = "execution.checkpointing.interval",
        "Time between checkpoints; absent, there are none.";
    CHECKPOINTING_MODE: CheckpointingMode = "execution.checkpointing.mode" default "EXACTLY_ONCE",
        "What checkpoints guarantee.";
    CHECKPOINTING_TIMEOUT: Duration = "execution.checkpointing.timeout" default "PT10M",
        "After this a checkpoint in progress is given up.";
    CHECKPOINTING_MIN_PAUSE: Duration = "execution.checkpointing.min-pause" default "PT0S",
        "Least time between the end of a checkpoint and the start of the next.";
    CHECKPOINTING_MAX_CONCURRENT: u32 = "execution.checkpointing.max-concurrent-checkpoints" default "1",
        "How many checkpoints may be in progress at once.";
    CHECKPOINTING_TOLERABLE_FAILED: u32 = "execution.checkpointing.tolerable-failed-checkpoints" default "0",
        "How many checkpoints in a row may fail before the job does.";
    CHECKPOINTING_DIR: Option<String> = "execution.checkpointing.dir" older ["state.checkpoints.dir", "state.backend.fs.checkpointdir"],
        "Directory or URL of checkpoints.";
    CHECKPOINTING_SAVEPOINT_DIR: Option<String> = "execution.checkpointing.savepoint-dir" older ["state.savepoints.dir", "savepoints.state.backend.fs.dir"],
        "Directory or URL of savepoints.";
    CHECKPOINTING_NUM_RETAINED: u32 = "execution.checkpointing.num-retained" default "1" older ["state.checkpoints.num-retained"],
        "How many completed checkpoints are kept.";
    CHECKPOINTING_RETENTION: ExternalizedCheckpointRetention = "execution.checkpointing.externalized-checkpoint-retention" default "NO_EXTERNALIZED_CHECKPOINTS",
        "What becomes of checkpoints when the job ends.";
    CHECKPOINTING_INCREMENTAL: bool = "execution.checkpointing.incremental" default "false" older ["state.backend.incremental"],
        "Whether a checkpoint stores only what is new.";
    CHECKPOINTING_UNALIGNED_ENABLED: bool = "execution.checkpointing.unaligned.enabled" default "false" older ["execution.checkpointing.unaligned"],
        "Whether barriers overtake data, which is then part of the checkpoint.";
    CHECKPOINTING_ALIGNED_TIMEOUT: Duration = "execution.checkpointing.aligned-checkpoint-timeout" default "PT0S" older ["execution.checkpointing.alignment-timeout"],
        "How long an unaligned checkpoint first tries to align.";
    CHECKPOINTING_AFTER_TASKS_FINISH: bool = "execution.checkpointing.checkpoints-after-tasks-finish" default "true" older ["execution.checkpointing.checkpoints-after-tasks-finish.enabled"],
        "Whether checkpoints go on when some tasks have finished.";
    STATE_RECOVERY_PATH: Option<String> = "execution.state-recovery.path" older ["execution.savepoint.path"],
        "Savepoint or checkpoint to restore the job from.";
    STATE_RECOVERY_CLAIM_MODE: RecoveryClaimMode = "execution.state-recovery.claim-mode" default "NO_CLAIM" older ["execution.savepoint-restore-mode"],
        "Who owns the files of the savepoint afterwards.";
    STATE_RECOVERY_IGNORE_UNCLAIMED: bool = "execution.state-recovery.ignore-unclaimed-state" default "false" older ["execution.savepoint.ignore-unclaimed-state"],
        "Whether state that no operator of the job claims may be dropped.";
}
