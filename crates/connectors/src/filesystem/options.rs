//! The options of `filesystem`, and what they and the columns say about a table.

use std::time::Duration;

use dataflow::operator_spec::ConnectorSpec;
use dataflow::{Field, LogicalType, RowType, TypeKind};

use super::path::local_path;
use super::sink_options;
use crate::error::ConnectorError;
use crate::formats::Format;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const PATH: OptionDef = OptionDef::required(
    "path",
    OptionKind::Text,
    "File, or folder of files, on the local file system; a sink writes into the folder. May begin with 'file://'.",
);
const FORMAT: OptionDef = OptionDef::required(
    "format",
    OptionKind::Text,
    "How records are written: csv, json, raw, debezium-json, canal-json, maxwell-json or ogg-json.",
);
const MONITOR: OptionDef = OptionDef::optional(
    "source.monitor-interval",
    OptionKind::Duration,
    "How often to look for new files, which makes the source unbounded. Without it the files found at the start are read, once.",
);
const REGEX: OptionDef = OptionDef::optional(
    "source.path.regex-pattern",
    OptionKind::Text,
    "Regular expression that the full path of a file must match to be read.",
);
const DEFAULT_PARTITION: OptionDef = OptionDef::with_default(
    "partition.default-name",
    OptionKind::Text,
    "__DEFAULT_PARTITION__",
    "Name of the partition folder of a NULL or empty value.",
);

const LOOKUP_CACHE: OptionDef = OptionDef::with_default(
    "lookup.cache",
    OptionKind::Choice(&["NONE", "FULL"]),
    "NONE",
    "'FULL' lets joins look rows up (FOR SYSTEM_TIME AS OF a processing time): each task reads all rows when it starts and keeps them. Not in Flink.",
);

pub(super) const OPTIONS: &[OptionDef] = &[
    PATH,
    FORMAT,
    MONITOR,
    REGEX,
    DEFAULT_PARTITION,
    LOOKUP_CACHE,
    sink_options::ROLLING_SIZE,
    sink_options::ROLLOVER_INTERVAL,
    sink_options::INACTIVITY_INTERVAL,
    sink_options::CHECK_INTERVAL,
    sink_options::AUTO_COMPACTION,
    sink_options::COMMIT_POLICY,
    sink_options::COMMIT_TRIGGER,
    sink_options::COMMIT_DELAY,
    sink_options::SUCCESS_FILE,
    sink_options::WATERMARK_ZONE,
    sink_options::EXTRACTOR_KIND,
    sink_options::EXTRACTOR_PATTERN,
    sink_options::PARALLELISM,
];

/// Metadata columns: key and type.
pub(super) fn metadata() -> Vec<(String, LogicalType)> {
    vec![
        ("file.path".to_owned(), TypeKind::STRING.not_null()),
        ("file.name".to_owned(), TypeKind::STRING.not_null()),
        ("file.size".to_owned(), TypeKind::BigInt.not_null()),
        ("file.modification-time".to_owned(), TypeKind::timestamp_ltz(3).not_null()),
    ]
}

/// A table on the file system.
#[derive(Debug)]
pub(super) struct FileTable {
    /// Table name, for messages.
    pub(super) table: String,
    pub(super) path: std::path::PathBuf,
    pub(super) format: Format,
    pub(super) monitor_interval: Option<Duration>,
    pub(super) pattern: Option<regex::Regex>,
    pub(super) default_partition: String,
    /// Whether joins may read the whole table.
    pub(super) is_lookup: bool,
    /// The columns in the files: all that are not partition keys, in order.
    pub(super) record: RowType,
    /// Their positions in the table.
    pub(super) record_columns: Vec<usize>,
    /// Positions of the partition keys in the table, in the order of PARTITIONED BY.
    pub(super) partition_columns: Vec<usize>,
}

impl FileTable {
    /// Reads and validates the options.
    pub(super) fn read(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        let format_name = options.text(&FORMAT).unwrap_or_default();
        let format_options: Vec<_> = Format::options_of(FORMAT.key, format_name).into_iter().collect();
        options.require(OPTIONS)?;
        let format = Format::read(&options, FORMAT.key, format_name)?.in_files();
        options.validate(OPTIONS, &format_options)?;
        let partition_columns = partition_columns(spec)?;
        let record_columns: Vec<usize> =
            (0..spec.physical.len()).filter(|index| !partition_columns.contains(index)).collect();
        let record = spec.physical.project(&record_columns);
        format.check(&record)?;
        Ok(Self {
            table: spec.table.clone(),
            path: local_path(options.text(&PATH).unwrap_or_default())
                .map_err(|why| ConnectorError::of_option(PATH.key, why))?,
            format,
            monitor_interval: options.duration(&MONITOR)?,
            pattern: options.text(&REGEX).map(full_match).transpose()?,
            default_partition: options.text(&DEFAULT_PARTITION).unwrap_or_default().to_owned(),
            is_lookup: options.text(&LOOKUP_CACHE).is_some_and(|cache| cache.eq_ignore_ascii_case("FULL")),
            record,
            record_columns,
            partition_columns,
        })
    }

    /// The partition keys, in order.
    pub(super) fn partition_fields<'a>(&'a self, physical: &'a RowType) -> impl Iterator<Item = &'a Field> {
        self.partition_columns.iter().map(|&index| &physical.fields[index])
    }
}

fn partition_columns(spec: &ConnectorSpec) -> Result<Vec<usize>, ConnectorError> {
    let position = |key: &String| {
        spec.physical.index_of(key).ok_or_else(|| {
            ConnectorError::new(format!("PARTITIONED BY names '{key}', which is no column of table '{}'", spec.table))
        })
    };
    spec.partition_keys.iter().map(position).collect()
}

fn full_match(pattern: &str) -> Result<regex::Regex, ConnectorError> {
    regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
        ConnectorError::of_option(REGEX.key, format!("option '{}' is no regular expression: {error}", REGEX.key))
    })
}
