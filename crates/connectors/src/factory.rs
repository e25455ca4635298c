//! The door of a connector: options in, abilities for the planner and parts for the runtime out.

use std::collections::BTreeMap;

use dataflow::operator_spec::{ConnectorSpec, SinkSpec, SourceSpec};
use dataflow::{Batch, Committer, Failure, LogicalType, SinkWriter, SourceReader, SplitEnumerator};

use crate::error::ConnectorError;
use crate::option_def::OptionDef;

/// Which changes a source emits or a sink takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangelogMode {
    /// `+I` only.
    InsertOnly,
    /// `+I`, `+U` and `-D`; by primary key, where there is one.
    Upsert,
    /// All four kinds.
    All,
}

/// What a table can do as a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAbility {
    /// Whether it ends.
    pub bounded: bool,
    /// Metadata columns: key and type.
    pub metadata: Vec<(String, LogicalType)>,
    /// Which changes it emits.
    pub row_kinds: ChangelogMode,
    /// `scan.parallelism`.
    pub parallelism: Option<u32>,
}

/// What a table can do as a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkAbility {
    /// Which changes it takes.
    pub accepts: ChangelogMode,
    /// Metadata columns that can be written: key and type.
    pub metadata: Vec<(String, LogicalType)>,
    /// `sink.parallelism`.
    pub parallelism: Option<u32>,
}

/// Who a reader reads for.
#[derive(Debug, Clone, Default)]
pub struct ReaderContext {
    /// Index of the subtask.
    pub subtask: u32,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Name of the job.
    pub job_name: String,
    /// Configuration of the job, by Flink's keys.
    pub config: BTreeMap<String, String>,
}

/// Who a writer writes for.
#[derive(Debug, Clone, Default)]
pub struct WriterContext {
    /// Index of the subtask.
    pub subtask: u32,
    /// Number of subtasks.
    pub parallelism: u32,
    /// Name of the job.
    pub job_name: String,
    /// Configuration of the job, by Flink's keys.
    pub config: BTreeMap<String, String>,
    /// The execution attempt, unique in the cluster.
    pub attempt: String,
    /// Name of the sink operator.
    pub operator_name: String,
    /// Whether the job takes periodic checkpoints and ends with one: what `finish` leaves is handed over by one more `prepare_commit`.
    pub checkpointing: bool,
    /// The items of [`PreparedCommit::writer_state`](dataflow::PreparedCommit) that this writer goes on from.
    pub restored: Vec<serde_json::Value>,
    /// The checkpoint that the task is restored from, if any; a writer may be restored and yet get no item.
    pub restored_checkpoint: Option<u64>,
}

/// A connector. What it is not (a source, a sink) it refuses in [`source`](Self::source) or [`sink`](Self::sink), at planning.
pub trait ConnectorFactory: Sync {
    /// The value of the `connector` option.
    fn name(&self) -> &'static str;

    /// What it reads and writes, in a sentence or two of Markdown, for the docs.
    fn doc(&self) -> &'static str;

    /// All options, those of formats left out.
    fn options(&self) -> &'static [OptionDef];

    /// Validates the table as a source.
    fn source(&self, _spec: &ConnectorSpec) -> Result<SourceAbility, ConnectorError> {
        Err(self.only_a("sink", "source"))
    }

    /// Validates the table as a sink.
    fn sink(&self, _spec: &ConnectorSpec) -> Result<SinkAbility, ConnectorError> {
        Err(self.only_a("source", "sink"))
    }

    /// Makes the part that finds splits.
    fn create_enumerator(&self, _spec: &SourceSpec, _parallelism: u32) -> Result<Box<dyn SplitEnumerator>, Failure> {
        Err(self.only_a("sink", "source").into())
    }

    /// Makes the part that reads splits.
    fn create_reader(&self, _spec: &SourceSpec, _context: &ReaderContext) -> Result<Box<dyn SourceReader>, Failure> {
        Err(self.only_a("sink", "source").into())
    }

    /// Whether decoders leave fields of ROW columns out that the columns' types do not name.
    fn skips_fields(&self, _spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        Ok(false)
    }

    /// Whether rows of the table can be looked up by a join.
    fn is_lookup(&self, _spec: &ConnectorSpec) -> Result<bool, ConnectorError> {
        Ok(false)
    }

    /// All rows of a table in which rows can be looked up, as it is now. Blocks.
    fn read_lookup(&self, spec: &SourceSpec, _context: &ReaderContext) -> Result<Vec<Batch>, Failure> {
        let table = &spec.connector.table;
        Err(Failure::internal(format!("rows of table '{table}' cannot be looked up")).fatal())
    }

    /// Makes the part that writes.
    fn create_writer(&self, _spec: &SinkSpec, _context: &WriterContext) -> Result<Box<dyn SinkWriter>, Failure> {
        Err(self.only_a("source", "sink").into())
    }

    /// Makes the part that commits; none when what is written is visible at once.
    fn create_committer(
        &self,
        _spec: &SinkSpec,
        _context: &WriterContext,
    ) -> Result<Option<Box<dyn Committer>>, Failure> {
        Ok(None)
    }

    /// The refusal of a connector that is only one of the two.
    fn only_a(&self, is: &str, is_not: &str) -> ConnectorError {
        let name = self.name();
        ConnectorError::of_option(
            "connector",
            format!("Connector '{name}' can only be used as a {is}. It cannot be used as a {is_not}."),
        )
    }
}
