//! The options of `kafka`, and what they and the columns say about a table.

use std::time::Duration;

use dataflow::operator_spec::ConnectorSpec;
use dataflow::{Field, LogicalType, RowType, TypeKind};

use super::offsets::{
    BOUNDED_MODE, BOUNDED_OFFSETS, BOUNDED_TIMESTAMP, OffsetMode, STARTUP_MODE, STARTUP_OFFSETS, STARTUP_TIMESTAMP,
};
use super::properties::ClientProperties;
use super::transactions::Transactions;
use crate::error::ConnectorError;
use crate::factory::ChangelogMode;
use crate::formats::Format;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const TOPIC: OptionDef = OptionDef::optional(
    "topic",
    OptionKind::List,
    "Topic to read or write; a source takes several, separated by ';'. Either this or 'topic-pattern'.",
);
const TOPIC_PATTERN: OptionDef = OptionDef::optional(
    "topic-pattern",
    OptionKind::Text,
    "Regular expression that the names of the topics to read match in full.",
);
const SERVERS: OptionDef = OptionDef::required(
    "properties.bootstrap.servers",
    OptionKind::Text,
    "Brokers to connect to first, as 'host:port,host:port'.",
);
const GROUP: OptionDef = OptionDef::optional(
    "properties.group.id",
    OptionKind::Text,
    "Consumer group whose committed offsets 'group-offsets' uses.",
);
const PROPERTIES: OptionDef = OptionDef::optional(
    "properties.*",
    OptionKind::Text,
    "Any further property of the Kafka client, by its name in the Java client.",
);
const FORMAT: OptionDef = OptionDef::optional(
    "format",
    OptionKind::Text,
    "How values are written: csv, json, raw, debezium-json, canal-json, maxwell-json or ogg-json. The same as 'value.format'.",
);
const VALUE_FORMAT: OptionDef = OptionDef::optional(
    "value.format",
    OptionKind::Text,
    "How values are written: csv, json, raw, debezium-json, canal-json, maxwell-json or ogg-json.",
);
const KEY_FORMAT: OptionDef =
    OptionDef::optional("key.format", OptionKind::Text, "How keys are written: csv, json or raw. Needs 'key.fields'.");
const KEY_FIELDS: OptionDef =
    OptionDef::optional("key.fields", OptionKind::List, "Columns that the key holds, separated by ';'.");
const KEY_PREFIX: OptionDef = OptionDef::with_default(
    "key.fields-prefix",
    OptionKind::Text,
    "",
    "Prefix of the columns of the key, which the fields within the key do not have.",
);
const VALUE_FIELDS: OptionDef = OptionDef::with_default(
    "value.fields-include",
    OptionKind::Choice(&["ALL", "EXCEPT_KEY"]),
    "ALL",
    "Whether the value holds the columns of the key too.",
);
const DISCOVERY: OptionDef = OptionDef::with_default(
    "scan.topic-partition-discovery.interval",
    OptionKind::Duration,
    "5 min",
    "How often to look for new topics and partitions; 0 to look once.",
);
const SCAN_PARALLELISM: OptionDef =
    OptionDef::optional("scan.parallelism", OptionKind::Integer, "Parallelism of the source.");
const SINK_PARALLELISM: OptionDef =
    OptionDef::optional("sink.parallelism", OptionKind::Integer, "Parallelism of the sink.");
const PARTITIONER: OptionDef = OptionDef::with_default(
    "sink.partitioner",
    OptionKind::Choice(&["default", "fixed", "round-robin"]),
    "default",
    "How a sink chooses partitions: by the hash of the key, one for each subtask, or in turn.",
);
const GUARANTEE: OptionDef = OptionDef::with_default(
    "sink.delivery-guarantee",
    OptionKind::Choice(&["at-least-once", "none", "exactly-once"]),
    "at-least-once",
    "What a sink promises when the job fails. 'exactly-once' writes in transactions, which are committed with checkpoints.",
);
const ID_PREFIX: OptionDef = OptionDef::optional(
    "sink.transactional-id-prefix",
    OptionKind::Text,
    "Beginning of the names of transactions, which no other sink may have. Required by 'exactly-once'.",
);

pub(super) const OPTIONS: &[OptionDef] = &[
    TOPIC,
    TOPIC_PATTERN,
    SERVERS,
    GROUP,
    PROPERTIES,
    FORMAT,
    VALUE_FORMAT,
    KEY_FORMAT,
    KEY_FIELDS,
    KEY_PREFIX,
    VALUE_FIELDS,
    STARTUP_MODE,
    STARTUP_OFFSETS,
    STARTUP_TIMESTAMP,
    BOUNDED_MODE,
    BOUNDED_OFFSETS,
    BOUNDED_TIMESTAMP,
    DISCOVERY,
    SCAN_PARALLELISM,
    SINK_PARALLELISM,
    PARTITIONER,
    GUARANTEE,
    ID_PREFIX,
];

const REQUIRED_KEY_FORMAT: OptionDef = OptionDef::required(
    "key.format",
    OptionKind::Text,
    "How the columns of the primary key are written: csv, json or raw.",
);
const REQUIRED_VALUE_FORMAT: OptionDef =
    OptionDef::required("value.format", OptionKind::Text, "How values are written: csv, json or raw.");

pub(super) const UPSERT_OPTIONS: &[OptionDef] = &[
    TOPIC,
    SERVERS,
    PROPERTIES,
    REQUIRED_KEY_FORMAT,
    KEY_PREFIX,
    REQUIRED_VALUE_FORMAT,
    VALUE_FIELDS,
    BOUNDED_MODE,
    BOUNDED_OFFSETS,
    BOUNDED_TIMESTAMP,
    DISCOVERY,
    SCAN_PARALLELISM,
    SINK_PARALLELISM,
    GUARANTEE,
    ID_PREFIX,
];

/// Metadata columns: key and type.
pub(super) fn metadata() -> Vec<(String, LogicalType)> {
    let headers = TypeKind::Map(Box::new(TypeKind::STRING.not_null()), Box::new(TypeKind::BYTES.not_null()));
    vec![
        ("topic".to_owned(), TypeKind::STRING.not_null()),
        ("partition".to_owned(), TypeKind::Int.not_null()),
        ("headers".to_owned(), headers.not_null()),
        ("offset".to_owned(), TypeKind::BigInt.not_null()),
        ("timestamp".to_owned(), TypeKind::timestamp_ltz(3).not_null()),
        ("timestamp-type".to_owned(), TypeKind::STRING.not_null()),
    ]
}

/// Metadata columns that a sink writes: key and type.
pub(super) fn writable_metadata() -> Vec<(String, LogicalType)> {
    let headers = TypeKind::Map(Box::new(TypeKind::STRING.nullable()), Box::new(TypeKind::BYTES.nullable()));
    vec![("headers".to_owned(), headers.nullable()), ("timestamp".to_owned(), TypeKind::timestamp_ltz(3).nullable())]
}

/// The topics of a table.
#[derive(Debug, Clone)]
pub(super) enum Topics {
    List(Vec<String>),
    Pattern(regex::Regex),
}

/// How a sink chooses partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partitioner {
    /// By the hash of the key, as the Java client does.
    Default,
    /// One for each subtask.
    Fixed,
    /// In turn.
    RoundRobin,
}

/// A part of a record, key or value: its format and the columns that it holds.
#[derive(Debug, Clone)]
pub(super) struct RecordPart {
    pub(super) format: Format,
    /// Positions of the columns in the table.
    pub(super) columns: Vec<usize>,
    /// The columns as they are named within the record.
    pub(super) fields: RowType,
}

/// A table in Kafka.
#[derive(Debug, Clone)]
pub(super) struct KafkaTable {
    /// Table name, for messages.
    pub(super) table: String,
    pub(super) servers: String,
    pub(super) topics: Topics,
    pub(super) properties: ClientProperties,
    pub(super) startup: OffsetMode,
    pub(super) bounded: Option<OffsetMode>,
    pub(super) discovery_interval: Option<Duration>,
    pub(super) key: Option<RecordPart>,
    pub(super) value: RecordPart,
    pub(super) scan_parallelism: Option<u32>,
    pub(super) sink_parallelism: Option<u32>,
    pub(super) partitioner: Partitioner,
    /// Whether a record stands for the row of its key (`upsert-kafka`).
    pub(super) upserts: bool,
    /// How a sink writes exactly once, if it does.
    pub(super) transactions: Option<Transactions>,
}

impl KafkaTable {
    /// Reads and validates the options.
    pub(super) fn read(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        options.require(OPTIONS)?;
        let (value_key, value_format) = value_format(spec, &options)?;
        let key_format = options.text(&KEY_FORMAT);
        let mut format_options: Vec<_> = Format::options_of(value_key, value_format).into_iter().collect();
        format_options.extend(key_format.and_then(|name| Format::options_of(KEY_FORMAT.key, name)));
        let value_format = Format::read(&options, value_key, value_format)?;
        let key_format = key_format.map(|name| Format::read(&options, KEY_FORMAT.key, name)).transpose()?;
        options.validate(OPTIONS, &format_options)?;
        if let (Some(format), Some(name)) = (&key_format, options.text(&KEY_FORMAT)) {
            check_key_format(&KEY_FORMAT, format, name)?;
        }

        let key_columns = key_columns(spec, &options, key_format.is_some())?;
        Self::of(spec, &options, key_format.map(|format| (format, key_columns)), value_format)
    }

    /// Reads and validates the options of `upsert-kafka`: the key holds the columns of the primary key.
    pub(super) fn read_upserts(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        options.require(UPSERT_OPTIONS)?;
        let format = |def: &OptionDef| {
            let name = options.text(def).unwrap_or_default();
            Ok::<_, ConnectorError>((Format::options_of(def.key, name), Format::read(&options, def.key, name)?))
        };
        let (key_options, key_format) = format(&REQUIRED_KEY_FORMAT)?;
        let (value_options, value_format) = format(&REQUIRED_VALUE_FORMAT)?;
        check_key_format(&REQUIRED_KEY_FORMAT, &key_format, options.text(&REQUIRED_KEY_FORMAT).unwrap_or_default())?;
        if value_format.changes() != ChangelogMode::InsertOnly {
            let name = options.text(&REQUIRED_VALUE_FORMAT).unwrap_or_default();
            let message = format!(
                "'upsert-kafka' connector doesn't support '{name}' as value format, because '{name}' is not in insert-only mode."
            );
            return Err(ConnectorError::of_option(REQUIRED_VALUE_FORMAT.key, message)
                .with_hint(format!("read changes in '{name}' with the connector 'kafka'")));
        }
        options.validate(UPSERT_OPTIONS, &key_options.into_iter().chain(value_options).collect::<Vec<_>>())?;
        if spec.primary_key.is_empty() {
            let message = "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which columns should be \
                           read from or write to the Kafka message key. The PRIMARY KEY also defines records in the 'upsert-kafka' table should \
                           update or delete on which keys.";
            return Err(ConnectorError::new(message.to_owned())
                .with_hint(format!("add PRIMARY KEY (...) NOT ENFORCED to table '{}'", spec.table)));
        }
        let columns = spec.primary_key.iter().filter_map(|name| spec.physical.index_of(name)).collect();
        // What a key has become depends on all of its records.
        let startup = OffsetMode::Earliest;
        Ok(Self { upserts: true, startup, ..Self::of(spec, &options, Some((key_format, columns)), value_format)? })
    }

    /// What the rest of the options says.
    fn of(
        spec: &ConnectorSpec,
        options: &TableOptions<'_>,
        key: Option<(Format, Vec<usize>)>,
        value_format: Format,
    ) -> Result<Self, ConnectorError> {
        let key_columns = key.as_ref().map_or(&[][..], |(_, columns)| columns);
        let prefix = options.text(&KEY_PREFIX).unwrap_or_default();
        let except_key = is(options, &VALUE_FIELDS, "EXCEPT_KEY");
        check_prefix(spec, options, key_columns, prefix, except_key)?;
        let all = 0..spec.physical.len();
        let value_columns = all.filter(|index| !except_key || !key_columns.contains(index)).collect();
        let key = key.map(|(format, columns)| part(spec, format, columns, prefix)).transpose()?;
        let properties = ClientProperties::read(&spec.options)?;
        let bounded = OffsetMode::bounded(options)?;
        let interval = options.duration(&DISCOVERY)?.filter(|interval| !interval.is_zero() && bounded.is_none());
        Ok(Self {
            table: spec.table.clone(),
            servers: options.text(&SERVERS).unwrap_or_default().to_owned(),
            topics: topics(spec, options)?,
            startup: OffsetMode::startup(options)?,
            bounded,
            discovery_interval: interval,
            key,
            value: part(spec, value_format, value_columns, "")?,
            scan_parallelism: options.positive(&SCAN_PARALLELISM)?,
            sink_parallelism: options.positive(&SINK_PARALLELISM)?,
            partitioner: partitioner(options),
            upserts: false,
            transactions: transactions(options, &properties)?,
            properties,
        })
    }

    /// Checks what only a source needs.
    pub(super) fn check_source(&self) -> Result<(), ConnectorError> {
        let uses_group = self.startup == OffsetMode::Group || self.bounded == Some(OffsetMode::Group);
        if uses_group && !self.properties.consumer.contains_key("group.id") {
            return Err(ConnectorError::of_option(
                STARTUP_MODE.key,
                format!("'{}' is required when '{}' is set to 'group-offsets'", GROUP.key, STARTUP_MODE.key),
            )
            .with_hint(format!("set '{}', or '{}' = 'earliest-offset'", GROUP.key, STARTUP_MODE.key)));
        }
        let specific = [Some(&self.startup), self.bounded.as_ref()];
        let has_specific = specific.into_iter().flatten().any(|mode| matches!(mode, OffsetMode::Specific(_)));
        match &self.topics {
            Topics::List(topics) if topics.len() == 1 || !has_specific => Ok(()),
            Topics::Pattern(_) if !has_specific => Ok(()),
            _ => Err(ConnectorError::new(format!(
                "specific offsets need a single topic, but table '{}' reads several",
                self.table
            ))),
        }
    }

    /// Whether both parts of a record find fields by their names.
    pub(super) fn skips_fields(&self) -> bool {
        self.value.format.skips_fields() && self.key.as_ref().is_none_or(|key| key.format.skips_fields())
    }

    /// Whether the group is told how far checkpoints have come.
    pub(super) fn commits_offsets(&self) -> bool {
        self.properties.consumer.contains_key("group.id") && self.properties.commit_on_checkpoint.unwrap_or(true)
    }

    /// The one topic that a sink writes.
    pub(super) fn sink_topic(&self) -> Result<&str, ConnectorError> {
        if self.partitioner == Partitioner::RoundRobin && self.key.is_some() {
            return Err(ConnectorError::of_option(
                PARTITIONER.key,
                format!("'{}' = 'round-robin' cannot be used with '{}'", PARTITIONER.key, KEY_FIELDS.key),
            )
            .with_hint("use 'default', which goes by the key"));
        }
        match &self.topics {
            Topics::List(topics) if topics.len() == 1 => Ok(&topics[0]),
            _ => Err(ConnectorError::of_option(TOPIC.key, "a sink writes exactly one topic".to_owned())
                .with_hint("name it with the option 'topic'")),
        }
    }
}

/// How the sink writes in transactions, if it is to.
fn transactions(
    options: &TableOptions<'_>,
    properties: &ClientProperties,
) -> Result<Option<Transactions>, ConnectorError> {
    if !is(options, &GUARANTEE, "exactly-once") {
        return Ok(None);
    }
    let Some(prefix) = options.text(&ID_PREFIX).filter(|prefix| !prefix.is_empty()) else {
        let message = format!("{} must be specified when using DeliveryGuarantee.EXACTLY_ONCE.", ID_PREFIX.key);
        return Err(ConnectorError::of_option(ID_PREFIX.key, message)
            .with_hint("choose a name that no other sink has, and keep it for the life of the job"));
    };
    Transactions::read(prefix, properties).map(Some)
}

fn is(options: &TableOptions<'_>, def: &OptionDef, choice: &str) -> bool {
    options.text(def).is_some_and(|text| text.eq_ignore_ascii_case(choice))
}

fn partitioner(options: &TableOptions<'_>) -> Partitioner {
    if is(options, &PARTITIONER, "fixed") {
        Partitioner::Fixed
    } else if is(options, &PARTITIONER, "round-robin") {
        Partitioner::RoundRobin
    } else {
        Partitioner::Default
    }
}

/// Keys tell no changes.
fn check_key_format(def: &OptionDef, format: &Format, name: &str) -> Result<(), ConnectorError> {
    if format.changes() == ChangelogMode::InsertOnly {
        return Ok(());
    }
    let message = format!("A key format should only deal with INSERT-only records. But '{name}' tells changes.");
    Err(ConnectorError::of_option(def.key, message).with_hint("use a format such as 'json' or 'raw'"))
}

/// The option that names the format of values, and the format.
fn value_format<'a>(
    spec: &ConnectorSpec,
    options: &TableOptions<'a>,
) -> Result<(&'static str, &'a str), ConnectorError> {
    match (options.text(&FORMAT), options.text(&VALUE_FORMAT)) {
        (Some(name), None) => Ok((FORMAT.key, name)),
        (None, Some(name)) => Ok((VALUE_FORMAT.key, name)),
        (None, None) => Err(ConnectorError::new(format!(
            "table '{}' lacks the option 'format', which connector 'kafka' requires",
            spec.table
        ))
        .with_hint("use 'format' = 'json' or 'csv'")),
        (Some(_), Some(_)) => {
            Err(options.error_of(&FORMAT, "and 'value.format' are both set").with_hint("keep one of the two"))
        }
    }
}

fn topics(spec: &ConnectorSpec, options: &TableOptions<'_>) -> Result<Topics, ConnectorError> {
    let list = options.list(&TOPIC);
    match (list.is_empty(), options.text(&TOPIC_PATTERN)) {
        (false, None) => Ok(Topics::List(list.into_iter().map(str::to_owned).collect())),
        (true, Some(pattern)) => regex::Regex::new(&format!("^(?:{pattern})$"))
            .map(Topics::Pattern)
            .map_err(|error| options.error_of(&TOPIC_PATTERN, &format!("is no regular expression: {error}"))),
        (true, None) => {
            Err(ConnectorError::new(format!("table '{}' lacks the option 'topic' or 'topic-pattern'", spec.table)))
        }
        (false, Some(_)) => {
            Err(options.error_of(&TOPIC, "and 'topic-pattern' are both set").with_hint("keep one of the two"))
        }
    }
}

fn key_columns(
    spec: &ConnectorSpec,
    options: &TableOptions<'_>,
    has_format: bool,
) -> Result<Vec<usize>, ConnectorError> {
    let names = options.list(&KEY_FIELDS);
    match (has_format, names.is_empty()) {
        (true, true) => Err(options.error_of(&KEY_FORMAT, "requires 'key.fields', the columns that the key holds")),
        (false, false) => Err(options.error_of(&KEY_FIELDS, "requires 'key.format', how the key is written")),
        _ => names
            .into_iter()
            .map(|name| {
                spec.physical.index_of(name).ok_or_else(|| {
                    let columns: Vec<&str> = spec.physical.fields.iter().map(|field| field.name.as_str()).collect();
                    options
                        .error_of(&KEY_FIELDS, &format!("names '{name}', which is no column of table '{}'", spec.table))
                        .with_hint(format!("columns: {}", columns.join(", ")))
                })
            })
            .collect(),
    }
}

fn check_prefix(
    spec: &ConnectorSpec,
    options: &TableOptions<'_>,
    key_columns: &[usize],
    prefix: &str,
    except_key: bool,
) -> Result<(), ConnectorError> {
    if prefix.is_empty() {
        return Ok(());
    }
    if !except_key {
        return Err(
            options.error_of(&KEY_PREFIX, "needs 'value.fields-include' = 'EXCEPT_KEY', so that fields do not overlap")
        );
    }
    let without = key_columns.iter().map(|&index| &spec.physical.fields[index].name);
    match without.into_iter().find(|name| !name.starts_with(prefix)) {
        None => Ok(()),
        Some(name) => {
            Err(options
                .error_of(&KEY_FIELDS, &format!("names '{name}', which does not begin with the prefix '{prefix}'")))
        }
    }
}

fn part(spec: &ConnectorSpec, format: Format, columns: Vec<usize>, prefix: &str) -> Result<RecordPart, ConnectorError> {
    let field = |&index: &usize| {
        let field: &Field = &spec.physical.fields[index];
        Field::new(field.name.strip_prefix(prefix).unwrap_or(&field.name), field.ty.clone())
    };
    let fields = RowType::new(columns.iter().map(field).collect());
    format.check(&fields)?;
    Ok(RecordPart { format, columns, fields })
}
