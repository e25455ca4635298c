//! The types of `job.yaml`; their doc comments become the descriptions in its JSON Schema.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A flinkrs job.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JobFile {
    /// The job's name (pipeline.name).
    #[serde(default)]
    pub name: Option<String>,
    /// Flink configuration keys for this job, such as `parallelism.default: 4` or `execution.state-recovery.path: PATH`, flat or nested.
    #[serde(default)]
    pub config: IndexMap<String, ConfigValue>,
    /// The job as Flink SQL: inline text, or `file:` with a path relative to this file.
    #[serde(default)]
    pub sql: Option<SqlText>,
    /// Tables that are read.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// What is done with the rows, in any order; each has a name that others use as input.
    #[serde(default)]
    pub transforms: Vec<Transform>,
    /// Tables that are written.
    #[serde(default)]
    pub sinks: Vec<Sink>,
}

/// What a configuration key has: a value, or the keys below it.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text, a number, true or false, or the keys below this one")]
pub enum ConfigValue {
    /// The value.
    Value(Scalar),
    /// The keys below, which this one and a dot come before.
    Section(IndexMap<String, ConfigValue>),
}

/// A value in YAML that stands for a string.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(untagged, expecting = "expected a text, a number, true or false")]
#[allow(missing_docs, reason = "YAML's scalars")]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// SQL text or the file that has it.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "expected SQL text, or 'file:' with a path")]
pub enum SqlText {
    /// The statements.
    Inline(String),
    /// A file with the statements.
    File {
        /// Path, relative to the job file.
        file: String,
    },
}

/// A table that is read.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Source {
    /// Name by which others read it.
    pub name: String,
    /// The connector: `kafka`, `filesystem`, `datagen`, ...
    pub connector: String,
    /// The connector's options, as in a WITH clause.
    #[serde(default)]
    pub options: IndexMap<String, Scalar>,
    /// Columns in order: the SQL type of each, or how it comes about.
    pub schema: IndexMap<String, Column>,
    /// Event time.
    #[serde(default)]
    pub watermark: Option<Watermark>,
    /// Columns of the primary key (NOT ENFORCED).
    #[serde(default)]
    pub primary_key: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "expected a column: an SQL type, {as: EXPRESSION}, or {type: TYPE, metadata: KEY}")]
pub enum Column {
    /// A physical column: its SQL type, such as `DECIMAL(10, 2) NOT NULL`.
    Physical(String),
    /// A computed column.
    Computed(ComputedColumn),
    /// A metadata column.
    Metadata(MetadataColumn),
}

/// A computed column.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputedColumn {
    /// SQL expression over the other columns, such as `PROCTIME()`.
    #[serde(rename = "as")]
    pub expression: String,
}

/// A metadata column.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetadataColumn {
    /// SQL type.
    #[serde(rename = "type")]
    pub ty: String,
    /// The connector's key, such as `timestamp`.
    pub metadata: String,
    /// Not written by sinks.
    #[serde(default)]
    pub r#virtual: bool,
}

/// Event time of a source.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watermark {
    /// The rowtime column.
    pub column: String,
    /// The watermark of a row, such as `event_time - INTERVAL '5' SECOND`.
    pub expression: String,
}

/// One step between sources and sinks.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Transform {
    /// Keeps the rows for which a condition is true.
    Filter {
        /// Name of the result.
        name: String,
        /// Source or transform that is read.
        input: String,
        /// SQL condition.
        condition: String,
    },
    /// Computes columns.
    Project {
        /// Name of the result.
        name: String,
        /// Source or transform that is read.
        input: String,
        /// Result columns in order: name and SQL expression.
        columns: IndexMap<String, String>,
    },
    /// Aggregates per key; the result is a changelog.
    Aggregate {
        /// Name of the result.
        name: String,
        /// Source or transform that is read.
        input: String,
        /// Key columns.
        #[serde(default)]
        keys: Vec<String>,
        /// Result columns: name and SQL aggregate, such as `SUM(amount)`.
        aggregates: Aggregates,
        /// Condition on the result columns.
        #[serde(default)]
        having: Option<String>,
    },
    /// Aggregates per key and time window; adds the columns window_start, window_end and window_time.
    WindowAggregate {
        /// Name of the result.
        name: String,
        /// Source or transform that is read.
        input: String,
        /// The window.
        window: Window,
        /// Key columns.
        #[serde(default)]
        keys: Vec<String>,
        /// Result columns: name and SQL aggregate, such as `SUM(amount)`.
        aggregates: Aggregates,
        /// Condition on the result columns.
        #[serde(default)]
        having: Option<String>,
    },
    /// Joins two inputs.
    Join {
        /// Name of the result.
        name: String,
        /// Left input.
        left: String,
        /// Right input.
        right: String,
        /// Kind of join.
        #[serde(default)]
        join_type: JoinKind,
        /// SQL condition; columns are qualified by the input names.
        on: String,
        /// Result columns: name and SQL expression; without it all columns of both inputs.
        #[serde(default)]
        columns: IndexMap<String, String>,
    },
    /// All rows of several inputs of equal types (UNION ALL).
    Union {
        /// Name of the result.
        name: String,
        /// The inputs.
        inputs: Vec<String>,
    },
    /// Any SQL query over the names defined here.
    Sql {
        /// Name of the result.
        name: String,
        /// The query.
        query: String,
    },
}

/// Result columns and their SQL aggregates, in order.
pub type Aggregates = IndexMap<String, String>;

/// A kind of join.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "SQL's join types")]
pub enum JoinKind {
    #[default]
    Inner,
    Left,
    Right,
    Full,
}

/// A time window. Lengths are Flink durations: `1 min`, `10 s`, `1 d`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Window {
    /// Windows that follow one another.
    Tumble {
        /// Time attribute column.
        time: String,
        /// Length.
        size: String,
        /// Shift of the start.
        #[serde(default)]
        offset: Option<String>,
    },
    /// Windows that overlap.
    Hop {
        /// Time attribute column.
        time: String,
        /// Distance between starts.
        slide: String,
        /// Length.
        size: String,
    },
    /// Windows that grow by steps up to a size.
    Cumulate {
        /// Time attribute column.
        time: String,
        /// Growth.
        step: String,
        /// Greatest length.
        size: String,
    },
}

/// A table that is written.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sink {
    /// Name for messages and metrics.
    pub name: String,
    /// Source or transform whose rows are written.
    pub input: String,
    /// The connector: `kafka`, `filesystem`, `print`, `blackhole`, ...
    pub connector: String,
    /// The connector's options, as in a WITH clause.
    #[serde(default)]
    pub options: IndexMap<String, Scalar>,
    /// Columns in the order of the input's; without it the input's columns and types.
    #[serde(default)]
    pub schema: IndexMap<String, Column>,
    /// Columns of the primary key (NOT ENFORCED).
    #[serde(default)]
    pub primary_key: Vec<String>,
}

impl Transform {
    /// The transform's name.
    pub fn name(&self) -> &str {
        match self {
            Transform::Filter { name, .. }
            | Transform::Project { name, .. }
            | Transform::Aggregate { name, .. }
            | Transform::WindowAggregate { name, .. }
            | Transform::Join { name, .. }
            | Transform::Union { name, .. }
            | Transform::Sql { name, .. } => name,
        }
    }

    /// The names it reads; empty for `sql`, whose query says it.
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Transform::Filter { input, .. }
            | Transform::Project { input, .. }
            | Transform::Aggregate { input, .. }
            | Transform::WindowAggregate { input, .. } => vec![input],
            Transform::Join { left, right, .. } => vec![left, right],
            Transform::Union { inputs, .. } => inputs.iter().map(String::as_str).collect(),
            Transform::Sql { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(value) => write!(f, "{value}"),
            Scalar::Int(value) => write!(f, "{value}"),
            Scalar::Float(value) => write!(f, "{value}"),
            Scalar::Text(value) => f.write_str(value),
        }
    }
}
