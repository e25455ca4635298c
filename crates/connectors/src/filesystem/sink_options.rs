//! The options of a sink: when files end, and when partitions are told to be complete.

use std::time::Duration;

use super::rolling_policy::RollingPolicy;
use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

pub(super) const ROLLING_SIZE: OptionDef = OptionDef::with_default(
    "sink.rolling-policy.file-size",
    OptionKind::MemorySize,
    "128 mb",
    "Size beyond which a sink begins the next file.",
);
pub(super) const ROLLOVER_INTERVAL: OptionDef = OptionDef::with_default(
    "sink.rolling-policy.rollover-interval",
    OptionKind::Duration,
    "30 min",
    "How long rows are added to a file. With checkpoints, rows become visible with the checkpoint behind the end of their file.",
);
pub(super) const INACTIVITY_INTERVAL: OptionDef = OptionDef::with_default(
    "sink.rolling-policy.inactivity-interval",
    OptionKind::Duration,
    "30 min",
    "How long a file waits for another row before it ends.",
);
pub(super) const CHECK_INTERVAL: OptionDef = OptionDef::with_default(
    "sink.rolling-policy.check-interval",
    OptionKind::Duration,
    "1 min",
    "How often the age of files is looked at; it happens when rows come and at checkpoints.",
);
pub(super) const AUTO_COMPACTION: OptionDef = OptionDef::with_default(
    "auto-compaction",
    OptionKind::Boolean,
    "false",
    "Whether small files are put together. 'true' is not supported yet.",
);
pub(super) const COMMIT_POLICY: OptionDef = OptionDef::optional(
    "sink.partition-commit.policy.kind",
    OptionKind::Text,
    "How a partition is told to be complete: 'success-file' puts an empty file into its folder. Without it no partition is told.",
);
pub(super) const COMMIT_TRIGGER: OptionDef = OptionDef::with_default(
    "sink.partition-commit.trigger",
    OptionKind::Choice(&["process-time", "partition-time"]),
    "process-time",
    "What says that a partition is complete: 'process-time', the wall clock. 'partition-time' is not supported yet.",
);
pub(super) const COMMIT_DELAY: OptionDef = OptionDef::with_default(
    "sink.partition-commit.delay",
    OptionKind::Duration,
    "0 s",
    "How long after its first row a partition is complete; 0 means with the next checkpoint. What comes later has it told again.",
);
pub(super) const SUCCESS_FILE: OptionDef = OptionDef::with_default(
    "sink.partition-commit.success-file.name",
    OptionKind::Text,
    "_SUCCESS",
    "Name of the file of the policy 'success-file'.",
);
pub(super) const PARALLELISM: OptionDef =
    OptionDef::optional("sink.parallelism", OptionKind::Integer, "Parallelism of the sink.");

/// How a table is written.
#[derive(Debug)]
pub(super) struct SinkOptions {
    pub(super) rolling: RollingPolicy,
    /// After which delay partitions are told to be complete, if they are.
    pub(super) commit_delay: Option<Duration>,
    pub(super) success_file: String,
    pub(super) parallelism: Option<u32>,
}

impl SinkOptions {
    /// Reads the options of a table that is written to.
    pub(super) fn read(options: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        if options.boolean(&AUTO_COMPACTION)? {
            let refused = options.error_of(&AUTO_COMPACTION, "is 'true', which is not supported yet");
            return Err(refused.with_hint("leave it out; make files larger by 'sink.rolling-policy.*'"));
        }
        let interval = |def: &OptionDef| Ok::<_, ConnectorError>(options.duration(def)?.unwrap_or(Duration::MAX));
        Ok(Self {
            rolling: RollingPolicy {
                file_size: options.bytes(&ROLLING_SIZE)?.unwrap_or(u64::MAX),
                rollover_interval: interval(&ROLLOVER_INTERVAL)?,
                inactivity_interval: interval(&INACTIVITY_INTERVAL)?,
                check_interval: interval(&CHECK_INTERVAL)?,
            },
            commit_delay: commit_delay(options)?,
            success_file: options.text(&SUCCESS_FILE).unwrap_or_default().to_owned(),
            parallelism: options.positive(&PARALLELISM)?,
        })
    }
}

fn commit_delay(options: &TableOptions<'_>) -> Result<Option<Duration>, ConnectorError> {
    let Some(policy) = options.text(&COMMIT_POLICY) else { return Ok(None) };
    if let Some(other) = policy.split(',').map(str::trim).find(|kind| *kind != "success-file") {
        let refused = options.error_of(&COMMIT_POLICY, &format!("names '{other}', which is not supported"));
        return Err(refused.with_hint("use 'success-file'"));
    }
    if options.text(&COMMIT_TRIGGER).is_some_and(|trigger| trigger.eq_ignore_ascii_case("partition-time")) {
        let refused = options.error_of(&COMMIT_TRIGGER, "is 'partition-time', which is not supported yet");
        return Err(refused.with_hint("use 'process-time' with a 'sink.partition-commit.delay'"));
    }
    let name = options.text(&SUCCESS_FILE).unwrap_or_default();
    if name.is_empty() || name.contains('/') {
        return Err(options.error_of(&SUCCESS_FILE, &format!("is '{name}', which is no name of a file")));
    }
    options.duration(&COMMIT_DELAY)
}
