//! Operators as data: the planner writes them, the wire carries them, the runtime instantiates them.

mod changelog;
mod match_recognize;
mod on_conflict;
mod ordered;
mod two_phase;

pub use changelog::{FromChangelogSpec, ToChangelogSpec};
pub use match_recognize::{AfterMatch, MatchExpression, MatchReference, MatchSpec, PatternVariable};
pub use on_conflict::{
    ConflictBehavior, WatermarkCompactingSinkMaterializerSpec, WatermarkTimestampAssignerSpec, watermark_field,
};
pub use ordered::{
    DeduplicateSpec, NonTimeOverAggregateSpec, OverAggregateSpec, OverFrame, RankSpec, RankStrategy,
    SessionTableFunctionSpec, SortField, TemporalSortSpec, WindowRankSpec,
};
pub use two_phase::{
    GlobalGroupAggregateSpec, GlobalWindowAggregateSpec, IncrementalGroupAggregateSpec, LocalGroupAggregateSpec,
    LocalWindowAggregateSpec, MiniBatchAssignerSpec, MiniBatchMode, partial_field, slice_end_field,
};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expression::{AggregateCall, Expr};
use crate::types::RowType;

/// Version of the encoding of job graphs and operator specs; another one is refused, never guessed at.
pub const SPEC_VERSION: u32 = 1;

/// One operator, complete: nothing else is needed to run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operator", rename_all = "kebab-case")]
pub enum OperatorSpec {
    /// Reads a table.
    Source(SourceSpec),
    /// Constant rows, emitted once by subtask 0.
    Values(ValuesSpec),
    /// Filter, then project.
    Calc(CalcSpec),
    /// Appends window_start, window_end and window_time to each row, once for each window that the row is in.
    WindowTableFunction(WindowTableFunctionSpec),
    /// Projects each row in several ways.
    Expand(ExpandSpec),
    /// Puts each element of a collection beside the row that holds it.
    Unnest(UnnestSpec),
    /// Aggregates per key and event- or processing-time window; emits when the window closes.
    WindowAggregate(WindowAggregateSpec),
    /// Aggregates per key for ever; emits a changelog.
    GroupAggregate(GroupAggregateSpec),
    /// Says when a mini-batch ends.
    MiniBatchAssigner(MiniBatchAssignerSpec),
    /// Sums up the rows of a mini-batch per key, for a `GlobalGroupAggregate`.
    LocalGroupAggregate(LocalGroupAggregateSpec),
    /// Turns what several `LocalGroupAggregate` have of each bucket into what that changes of each key.
    IncrementalGroupAggregate(IncrementalGroupAggregateSpec),
    /// Merges what several `LocalGroupAggregate` have, for ever; emits a changelog.
    GlobalGroupAggregate(GlobalGroupAggregateSpec),
    /// Sums up the rows per key and slice of time, for a `GlobalWindowAggregate`.
    LocalWindowAggregate(LocalWindowAggregateSpec),
    /// Merges what several `LocalWindowAggregate` have; emits when the window closes.
    GlobalWindowAggregate(GlobalWindowAggregateSpec),
    /// Keeps the first or last row of each key.
    Deduplicate(DeduplicateSpec),
    /// Keeps the first rows of each key in an order.
    Rank(RankSpec),
    /// The same within windows; emits when the window ends.
    WindowRank(WindowRankSpec),
    /// Appends window_start, window_end and window_time to each row when its session ends.
    SessionTableFunction(SessionTableFunctionSpec),
    /// Sorts rows by time.
    TemporalSort(TemporalSortSpec),
    /// Aggregates the rows before each row.
    OverAggregate(OverAggregateSpec),
    /// The same in order of a column that is no time attribute.
    NonTimeOverAggregate(NonTimeOverAggregateSpec),
    /// Finds a pattern in the rows of each key.
    Match(MatchSpec),
    /// Joins two changelogs without a bound on time. Two inputs.
    Join(JoinSpec),
    /// Joins rows of two inputs, which only insert, whose times are close to each other. Two inputs.
    IntervalJoin(IntervalJoinSpec),
    /// Joins rows of two inputs, which only insert, that are in the same window, when it closes. Two inputs.
    WindowJoin(WindowJoinSpec),
    /// Joins rows with the version of a row that was valid at their time. Two inputs; the right one is the versioned table.
    TemporalJoin(TemporalJoinSpec),
    /// Looks rows of a table up that it keeps as a whole.
    LookupJoin(LookupJoinSpec),
    /// Makes an inserted row of each change.
    ToChangelog(ToChangelogSpec),
    /// Makes a change of each inserted row.
    FromChangelog(FromChangelogSpec),
    /// Takes -U rows out of a changelog.
    DropUpdateBefore,
    /// Keeps the rows written to a table, by primary key.
    SinkUpsertMaterializer(SinkUpsertMaterializerSpec),
    /// Puts the watermark behind each row, for a `WatermarkCompactingSinkMaterializer`.
    WatermarkTimestampAssigner(WatermarkTimestampAssignerSpec),
    /// Keeps the changes of a table until the watermark has passed them: ON CONFLICT DO ERROR and DO NOTHING.
    WatermarkCompactingSinkMaterializer(WatermarkCompactingSinkMaterializerSpec),
    /// Writes a table.
    Sink(SinkSpec),
    /// Keeps results for the client that fetches them.
    Collect,
}

/// A table of a connector, with what the table's DDL says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorSpec {
    /// Full table name for messages: `default_catalog.default_database.events`.
    pub table: String,
    /// The `connector` option.
    pub connector: String,
    /// All other options of the WITH clause, as written, hints merged.
    pub options: BTreeMap<String, String>,
    /// The physical columns of the DDL, all of them: the format needs them to know the record.
    pub physical: RowType,
    /// PARTITIONED BY columns.
    pub partition_keys: Vec<String>,
    /// Columns of the PRIMARY KEY; none without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
}

/// A source operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceSpec {
    /// Where the rows come from.
    pub connector: ConnectorSpec,
    /// What the reader produces, in this order.
    pub read: Vec<ReadColumn>,
    /// Computed and physical columns over what was read; absent when the columns are passed on as they are.
    pub projection: Option<ProjectionSpec>,
    /// Watermarks over the output columns, generated for each split.
    pub watermark: Option<WatermarkSpec>,
}

/// A column that a reader produces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReadColumn {
    /// The physical column at this index; decoders build only these.
    Physical(usize),
    /// A metadata column by its key (`offset`, `timestamp`, `file.path`, ...), as its declared type.
    Metadata {
        /// Key in the connector's list of metadata.
        key: String,
        /// Column name and type.
        field: crate::types::Field,
    },
}

/// Expressions and the row type they make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectionSpec {
    /// One expression a column.
    pub expressions: Vec<Expr>,
    /// The row type made.
    pub output: RowType,
}

/// How watermarks are generated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatermarkSpec {
    /// The watermark for a row, over the output columns; a timestamp.
    pub expression: Expr,
    /// The rowtime column.
    pub rowtime: usize,
    /// `pipeline.auto-watermark-interval`, ms. A watermark is passed on as soon as it has advanced by more than this, else on this period; 0: at every row that raises it.
    pub interval_ms: u64,
    /// `table.exec.source.idle-timeout`, ms; 0: never idle.
    pub idle_timeout_ms: u64,
    /// Where it matters when watermarks come, and not only which rows are late by them: they go out when they pass the end of an interval of so many
    /// ms, counted from 1970; 0: each of them does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_interval_ms: Option<u64>,
    /// Whether each watermark goes out behind the row that has made it, because the plan shows it (CURRENT_WATERMARK); else where it matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub every: bool,
    /// Absent when the source does not wait for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<WatermarkAlignmentSpec>,
}

/// How far a source may be ahead of the others of its group, and its splits of one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatermarkAlignmentSpec {
    /// `scan.watermark.alignment.group`: which sources of the job wait for one another.
    pub group: String,
    /// `scan.watermark.alignment.max-drift`, ms: how far a watermark may be above the lowest one of the group.
    pub max_drift_ms: u64,
    /// `scan.watermark.alignment.update-interval`, ms: how often watermarks are compared.
    pub update_interval_ms: u64,
}

/// Constant rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValuesSpec {
    /// Row type.
    pub output: RowType,
    /// The rows; each has one constant expression a field (evaluated once).
    pub rows: Vec<Vec<Expr>>,
}

/// Filter, then project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalcSpec {
    /// Rows where this is TRUE pass.
    pub condition: Option<Expr>,
    /// The projection over the input columns.
    pub projection: ProjectionSpec,
}

/// Each row several times, as projections make it, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpandSpec {
    /// The projections over the input columns; each makes rows of type `output`.
    pub projects: Vec<Vec<Expr>>,
    /// Output columns.
    pub output: RowType,
}

/// What time a window is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowTime {
    /// Event time: the value of this column.
    Rowtime {
        /// Input column; a TIMESTAMP or TIMESTAMP_LTZ of precision at most 3.
        column: usize,
    },
    /// Processing time: the clock.
    Proctime,
}

/// How rows are assigned to windows. All values in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are the parameters of Flink's window functions")]
pub enum WindowAssigner {
    Tumble { size: i64, offset: i64 },
    Hop { slide: i64, size: i64, offset: i64 },
    Cumulate { step: i64, size: i64, offset: i64 },
    Session { gap: i64 },
}

/// A window table function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowTableFunctionSpec {
    /// What time.
    pub time: WindowTime,
    /// Which windows. Not `Session`.
    pub assigner: WindowAssigner,
    /// Zone in which window bounds of a TIMESTAMP_LTZ or PROCTIME are aligned and shown (`table.local-time-zone`); `UTC` for a TIMESTAMP column.
    pub time_zone: String,
    /// The input columns and the three window columns.
    pub output: RowType,
}

/// `UNNEST` of a collection in each row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnnestSpec {
    /// The ARRAY, MAP or MULTISET, over the input columns; or a BIGINT: how often the row itself comes.
    pub collection: Expr,
    /// Whether a row without elements is kept, padded with NULLs.
    pub outer: bool,
    /// Whether the position of each element, from 1, is the last column.
    pub with_ordinality: bool,
    /// The input columns, those of an element, and its position.
    pub output: RowType,
}

/// A property of the window that an aggregation outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowProperty {
    /// TUMBLE_START, window_start.
    Start,
    /// TUMBLE_END, window_end.
    End,
    /// TUMBLE_ROWTIME, window_time: end - 1 ms.
    Rowtime,
    /// TUMBLE_PROCTIME: the clock when the row is emitted.
    Proctime,
}

/// A windowed aggregation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowAggregateSpec {
    /// What time.
    pub time: WindowTime,
    /// Which windows.
    pub assigner: WindowAssigner,
    /// Zone in which windows of a TIMESTAMP_LTZ or PROCTIME are aligned and shown; `UTC` for a TIMESTAMP column.
    pub time_zone: String,
    /// Key columns of the input.
    pub keys: Vec<usize>,
    /// Aggregates over input columns.
    pub aggregates: Vec<AggregateCall>,
    /// Window properties that are output.
    pub properties: Vec<WindowProperty>,
    /// Whether the input carries retractions.
    pub input_retracts: bool,
    /// Keys, then aggregates, then properties.
    pub output: RowType,
}

/// An aggregation without a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupAggregateSpec {
    /// Key columns of the input; none for a global aggregate.
    pub keys: Vec<usize>,
    /// Aggregates over input columns; none for DISTINCT.
    pub aggregates: Vec<AggregateCall>,
    /// Whether the input carries retractions.
    pub input_retracts: bool,
    /// Aggregates, by index, that are the same when nothing is taken back: they look at the rows that are added only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insert_only_calls: Vec<usize>,
    /// Whether -U rows are wanted downstream.
    pub generate_update_before: bool,
    /// `table.exec.mini-batch.*`: how many rows to gather before emitting, unless a watermark comes first; absent: emit for every row.
    pub mini_batch: Option<MiniBatch>,
    /// `table.exec.state.ttl`, ms; 0: keep for ever.
    pub state_ttl_ms: u64,
    /// Keys, then aggregates.
    pub output: RowType,
}

/// The bounds of a mini-batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniBatch {
    /// Rows at most.
    pub size: u64,
}

/// The kind of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the variants are SQL's join types")]
pub enum JoinType {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

/// A regular join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinSpec {
    /// Kind.
    pub join_type: JoinType,
    /// Row type of the left input.
    pub left: RowType,
    /// Row type of the right input.
    pub right: RowType,
    /// Equal keys: (left column, right column). Rows with a NULL key never match, unless it is one of `null_safe_keys`.
    pub keys: Vec<(usize, usize)>,
    /// The places in `keys` of those for which NULL equals NULL: `IS NOT DISTINCT FROM`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null_safe_keys: Vec<usize>,
    /// The rest of the condition, over left columns followed by right columns.
    pub condition: Option<Expr>,
    /// How long rows of the left and of the right input are kept after they were written, ms; 0: for ever.
    #[serde(default, skip_serializing_if = "live_for_ever")]
    pub state_ttl_ms: [u64; 2],
    /// What tells the rows of the left and of the right input apart that have equal keys.
    #[serde(default)]
    pub identity: [JoinRowIdentity; 2],
    /// Rows of both inputs are gathered and folded before they are joined. Not for Semi and Anti.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mini_batch: Option<MiniBatch>,
    /// Left columns then right columns; only left columns for Semi and Anti.
    pub output: RowType,
}

/// What tells the rows of an input of a join apart that have equal join keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinRowIdentity {
    /// All of their columns; equal rows are counted.
    #[default]
    Whole,
    /// Nothing: the input only inserts.
    Each,
    /// There is one at most; a later one takes its place.
    JoinKey,
    /// There is one with these values at most; a later one takes its place.
    Columns(Vec<usize>),
}

fn live_for_ever(ttl_ms: &[u64; 2]) -> bool {
    *ttl_ms == [0, 0]
}

/// Keeps the rows written to a table, so that of those with one primary key the newest wins in whatever order they come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkUpsertMaterializerSpec {
    /// Columns of the primary key.
    pub primary_key: Vec<usize>,
    /// Columns by which a row of a primary key is known again; absent when only the row as a whole tells.
    pub upsert_key: Option<Vec<usize>>,
    /// `table.exec.state.ttl`, ms; 0: keep for ever.
    pub state_ttl_ms: u64,
}

/// A join of rows whose times are close to each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalJoinSpec {
    /// Kind (not SEMI or ANTI), keys, and the condition without that on the times.
    pub join: JoinSpec,
    /// What time.
    pub time: IntervalJoinTime,
    /// A left row matches right rows from whose time it is at least this far, ms; negative when it may be earlier.
    pub lower_ms: i64,
    /// And at most this far, ms; not below `lower_ms`.
    pub upper_ms: i64,
    /// `table.exec.interval-join.min-cleanup-interval`, ms.
    pub min_cleanup_interval_ms: i64,
}

/// What time an interval join is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntervalJoinTime {
    /// Event time: the values of these columns; of precision at most 3.
    Rowtime {
        /// Column of the left input.
        left: usize,
        /// Column of the right input.
        right: usize,
    },
    /// Processing time: the clock when a row comes.
    Proctime,
}

/// A join of rows that are in the same window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowJoinSpec {
    /// Kind, keys, and the condition without that on the windows.
    pub join: JoinSpec,
    /// The column with the end of the window, of the left input.
    pub left_window_end: usize,
    /// Of the right input.
    pub right_window_end: usize,
    /// Zone in which windows of a TIMESTAMP_LTZ are shown; `UTC` for those of a TIMESTAMP column.
    pub time_zone: String,
}

/// A join with a versioned table, by event time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemporalJoinSpec {
    /// Kind (INNER or LEFT), keys, and the rest of the condition.
    pub join: JoinSpec,
    /// The rowtime column of the left input.
    pub left_time: usize,
    /// That of the right input: from when on a row is valid.
    pub right_time: usize,
}

/// A join with the rows that a table has when they are looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookupJoinSpec {
    /// Kind (INNER or LEFT), keys, and the rest of the condition.
    pub join: JoinSpec,
    /// The table.
    pub table: SourceSpec,
    /// What makes the right rows of the join from what is read; absent when they are that.
    pub calc: Option<CalcSpec>,
}

/// A sink operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SinkSpec {
    /// Where the rows go.
    pub connector: ConnectorSpec,
    /// What arrives: the table's physical columns, then what `metadata` names.
    pub input: RowType,
    /// Metadata of records that rows bring along, by the connector's keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<String>,
    /// Columns of the primary key.
    pub primary_key: Vec<usize>,
    /// What to do with a NULL in a NOT NULL column.
    pub not_null: NotNullEnforcer,
    /// What to do with text and bytes whose length is not the column's.
    #[serde(default)]
    pub type_length: TypeLengthEnforcer,
    /// Insert-only input: kinds are all +I.
    pub insert_only: bool,
}

/// `table.exec.sink.not-null-enforcer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum NotNullEnforcer {
    /// Fail the job.
    #[default]
    Error,
    /// Drop the row.
    Drop,
}

/// `table.exec.sink.type-length-enforcer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TypeLengthEnforcer {
    /// Write it as it is.
    #[default]
    Ignore,
    /// Cut it; fill CHAR up with spaces, BINARY with zeros.
    TrimPad,
    /// Fail the job.
    Error,
}

impl ConnectorSpec {
    /// The value of an option.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }
}

impl SourceSpec {
    /// The row type that the reader produces.
    pub fn read_type(&self) -> RowType {
        RowType::new(
            self.read
                .iter()
                .map(|column| match column {
                    ReadColumn::Physical(index) => self.connector.physical.fields[*index].clone(),
                    ReadColumn::Metadata { field, .. } => field.clone(),
                })
                .collect(),
        )
    }
}

impl OperatorSpec {
    /// Number of inputs.
    pub fn num_inputs(&self) -> usize {
        match self {
            OperatorSpec::Source(_) | OperatorSpec::Values(_) => 0,
            OperatorSpec::Join(_)
            | OperatorSpec::IntervalJoin(_)
            | OperatorSpec::WindowJoin(_)
            | OperatorSpec::TemporalJoin(_) => 2,
            _ => 1,
        }
    }

    /// Whether it starts a chain by itself producing rows.
    pub fn is_source(&self) -> bool {
        self.num_inputs() == 0
    }
}
