//! The options of a sink: when files end, and when partitions are told to be complete.

use std::time::Duration;

use dataflow::operator_spec::ConnectorSpec;

use super::partition_commit::Trigger;
use super::partition_time::PartitionTime;
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
    "What says that a partition is complete: 'process-time', the wall clock; 'partition-time', the watermark, which takes a sink of parallelism 1.",
);
pub(super) const COMMIT_DELAY: OptionDef = OptionDef::with_default(
    "sink.partition-commit.delay",
    OptionKind::Duration,
    "0 s",
    "How long after its first row, or its own time, a partition is complete, to be told with the next checkpoint. What comes later has it told again.",
);
pub(super) const SUCCESS_FILE: OptionDef = OptionDef::with_default(
    "sink.partition-commit.success-file.name",
    OptionKind::Text,
    "_SUCCESS",
    "Name of the file of the policy 'success-file'.",
);
pub(super) const WATERMARK_ZONE: OptionDef = OptionDef::with_default(
    "sink.partition-commit.watermark-time-zone",
    OptionKind::Text,
    "UTC",
    "Time zone of the times of partitions, by name; that of the session when event time is TIMESTAMP_LTZ.",
);
pub(super) const EXTRACTOR_KIND: OptionDef = OptionDef::with_default(
    "partition.time-extractor.kind",
    OptionKind::Text,
    "default",
    "How the time of a partition is read: 'default', from its values by 'timestamp-pattern'.",
);
pub(super) const EXTRACTOR_PATTERN: OptionDef = OptionDef::optional(
    "partition.time-extractor.timestamp-pattern",
    OptionKind::Text,
    "The time of a partition with '$key' for the value of a key: '$day $hour:00:00'. Without it the first value is the time.",
);
pub(super) const PARALLELISM: OptionDef =
    OptionDef::optional("sink.parallelism", OptionKind::Integer, "Parallelism of the sink.");

/// How a table is written.
#[derive(Debug)]
pub(super) struct SinkOptions {
    pub(super) rolling: RollingPolicy,
    /// When partitions are told to be complete, with the delay; absent when they are not.
    pub(super) partition_commit: Option<(Trigger, Duration)>,
    pub(super) success_file: String,
    pub(super) parallelism: Option<u32>,
}

impl SinkOptions {
    /// Reads the options of a table that is written to.
    pub(super) fn read(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        if options.boolean(&AUTO_COMPACTION)? {
            let refused = options.error_of(&AUTO_COMPACTION, "is 'true', which is not supported yet");
            return Err(refused.with_hint("leave it out; make files larger by 'sink.rolling-policy.*'"));
        }
        let interval = |def: &OptionDef| match options.duration(def)? {
            Some(Duration::ZERO) => Err(options.error_of(def, "is 0, but must be greater")),
            interval => Ok(interval.unwrap_or(Duration::MAX)),
        };
        let file_size = options.bytes(&ROLLING_SIZE)?.unwrap_or(u64::MAX);
        if file_size == 0 {
            return Err(options.error_of(&ROLLING_SIZE, "is 0, but must be greater"));
        }
        let partition_commit = partition_commit(&options, &spec.partition_keys)?;
        let by_watermark = matches!(partition_commit, Some((Trigger::PartitionTime(_), _)));
        Ok(Self {
            rolling: RollingPolicy {
                file_size,
                rollover_interval: interval(&ROLLOVER_INTERVAL)?,
                inactivity_interval: interval(&INACTIVITY_INTERVAL)?,
                check_interval: options.duration(&CHECK_INTERVAL)?.unwrap_or_default(),
            },
            partition_commit,
            success_file: options.text(&SUCCESS_FILE).unwrap_or_default().to_owned(),
            parallelism: parallelism(&options, by_watermark)?,
        })
    }
}

/// A partition is complete by its time when no writer has rows of it any more, which one that is alone knows.
fn parallelism(options: &TableOptions<'_>, alone: bool) -> Result<Option<u32>, ConnectorError> {
    match options.positive(&PARALLELISM)? {
        Some(parallelism) if alone && parallelism > 1 => {
            let refused =
                options.error_of(&PARALLELISM, &format!("is {parallelism}, but partitions are committed by time"));
            Err(refused.with_hint("use 'sink.parallelism' = '1', or 'sink.partition-commit.trigger' = 'process-time'"))
        }
        None if alone => Ok(Some(1)),
        parallelism => Ok(parallelism),
    }
}

fn partition_commit(
    options: &TableOptions<'_>,
    keys: &[String],
) -> Result<Option<(Trigger, Duration)>, ConnectorError> {
    let Some(policy) = options.text(&COMMIT_POLICY).filter(|_| !keys.is_empty()) else { return Ok(None) };
    if let Some(other) = policy.split(',').map(str::trim).find(|kind| *kind != "success-file") {
        let refused = options.error_of(&COMMIT_POLICY, &format!("names '{other}', which is not supported"));
        return Err(refused.with_hint("use 'success-file'"));
    }
    let name = options.text(&SUCCESS_FILE).unwrap_or_default();
    if name.is_empty() || name.contains('/') {
        return Err(options.error_of(&SUCCESS_FILE, &format!("is '{name}', which is no name of a file")));
    }
    let by_watermark = options.text(&COMMIT_TRIGGER).is_some_and(|text| text.eq_ignore_ascii_case("partition-time"));
    let trigger = match by_watermark {
        true => Trigger::PartitionTime(partition_time(options, keys)?),
        false => Trigger::ProcessTime,
    };
    Ok(Some((trigger, options.duration(&COMMIT_DELAY)?.unwrap_or_default())))
}

fn partition_time(options: &TableOptions<'_>, keys: &[String]) -> Result<PartitionTime, ConnectorError> {
    if options.text(&EXTRACTOR_KIND).is_some_and(|kind| kind != "default") {
        let refused = options.error_of(&EXTRACTOR_KIND, "is not 'default'");
        return Err(refused.with_hint("classes of one's own are not supported"));
    }
    let zone = options.text(&WATERMARK_ZONE).unwrap_or_default();
    let zone = dataflow::Zone::of_zone_id(zone).ok_or_else(|| {
        let refused = options.error_of(&WATERMARK_ZONE, &format!("is '{zone}', which is no name of a time zone"));
        refused.with_hint("use a name such as 'UTC' or 'Asia/Shanghai'")
    })?;
    Ok(PartitionTime { keys: keys.to_vec(), pattern: options.text(&EXTRACTOR_PATTERN).map(str::to_owned), zone })
}
