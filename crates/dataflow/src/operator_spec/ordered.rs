//! Operators that keep the rows of a key in an order: deduplication, Top-N, sorting by time, OVER.

use serde::{Deserialize, Serialize};

use super::{MiniBatch, WindowTime};
use crate::expression::AggregateCall;
use crate::types::RowType;

/// A column that rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortField {
    /// Input column.
    pub column: usize,
    /// `DESC`.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// Keeps the first or the last row of each key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeduplicateSpec {
    /// Key columns of the input; none: one row of all.
    pub keys: Vec<usize>,
    /// What is first and last: rows by their time, or as they come.
    pub time: WindowTime,
    /// The last row, or the first.
    pub keep_last: bool,
    /// Whether -U rows are wanted downstream.
    pub generate_update_before: bool,
    /// Whether a last row that equals the one before is emitted, too, where that was an update itself. So it is in Flink with state on the heap: the
    /// row that is kept is the one that was emitted, and its kind counts when it is compared.
    #[serde(default)]
    pub repeats_updates: bool,
    /// In mini-batches: of the rows of a key in one, only the last counts.
    #[serde(default)]
    pub mini_batch: Option<MiniBatch>,
    /// `table.exec.state.ttl`, ms; 0: keep for ever.
    pub state_ttl_ms: u64,
    /// Input and output columns.
    pub output: RowType,
}

/// How the best rows are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RankStrategy {
    /// Rows only come: those that are not among the best are forgotten.
    AppendFast,
    /// Rows are updated by these key columns and only ever move up: those that are not among the best are forgotten.
    UpdateFast(Vec<usize>),
    /// Rows are taken back: all are kept.
    Retract,
}

/// The first rows of each key in an order: Top-N, and ORDER BY with LIMIT.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankSpec {
    /// Key columns of the input; none: one order of all rows.
    pub partition: Vec<usize>,
    /// The order; rows that are equal in it stand as they came.
    pub order: Vec<SortField>,
    /// The first rank that is wanted, from 1.
    pub first: u64,
    /// The last one, unless it is in a column.
    pub last: u64,
    /// The column of the input with the last rank: that of the first row of each key counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_column: Option<usize>,
    /// Whether the rank is the last column of the output.
    pub rank_number: bool,
    /// How rows are kept.
    pub strategy: RankStrategy,
    /// Whether -U rows are wanted downstream.
    pub generate_update_before: bool,
    /// `table.exec.state.ttl`, ms; 0: keep for ever.
    pub state_ttl_ms: u64,
    /// Row type of the input.
    pub input: RowType,
    /// The input's columns, and the rank.
    pub output: RowType,
}

/// The first rows of each key and window in an order, emitted when the window ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowRankSpec {
    /// Key columns of the input, those of the window among them.
    pub partition: Vec<usize>,
    /// The column with the end of the window, a TIMESTAMP(3).
    pub window_end: usize,
    /// The zone whose wall clock it shows.
    pub time_zone: String,
    /// The order.
    pub order: Vec<SortField>,
    /// Whether of rows that are equal in the order the last one that came stands first.
    pub last_of_equal: bool,
    /// The first rank that is wanted, from 1.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Whether the rank is the last column of the output.
    pub rank_number: bool,
    /// Row type of the input.
    pub input: RowType,
    /// The input's columns, and the rank.
    pub output: RowType,
}

/// SESSION as a table function without an aggregation, over event time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionTableFunctionSpec {
    /// Key columns of the input.
    pub partition: Vec<usize>,
    /// The column with the time.
    pub rowtime: usize,
    /// Whether rows have the time at which they come, whatever `rowtime` says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub processing_time: bool,
    /// Milliseconds without a row that end a session.
    pub gap: i64,
    /// The zone whose wall clock the bounds are shown on.
    pub time_zone: String,
    /// Row type of the input.
    pub input: RowType,
    /// The input columns and the three window columns.
    pub output: RowType,
}

/// Sorts rows by time, and rows of one time by further columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemporalSortSpec {
    /// The column with the event time.
    pub rowtime: usize,
    /// Whether rows have the millisecond at which they come as their time, whatever `rowtime` says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub processing_time: bool,
    /// The further columns.
    pub order: Vec<SortField>,
    /// Input and output columns.
    pub output: RowType,
}

/// The rows that an OVER aggregate sees beside the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverFrame {
    /// `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`
    UnboundedRows,
    /// `RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`
    UnboundedRange,
    /// `ROWS BETWEEN n PRECEDING AND CURRENT ROW`
    Rows(u64),
    /// `RANGE BETWEEN INTERVAL ... PRECEDING AND CURRENT ROW`, ms
    Range(i64),
}

/// Aggregates of the rows before each row, in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverAggregateSpec {
    /// Key columns of the input.
    pub partition: Vec<usize>,
    /// What time.
    pub time: WindowTime,
    /// Which rows.
    pub frame: OverFrame,
    /// Aggregates over input columns.
    pub aggregates: Vec<AggregateCall>,
    /// `table.exec.state.ttl`, ms; 0: keep for ever.
    pub state_ttl_ms: u64,
    /// Row type of the input.
    pub input: RowType,
    /// The input's columns, then the aggregates.
    pub output: RowType,
}

/// Aggregates of the rows up to each row, in order of a column that is no time attribute. Rows that come change the aggregates of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NonTimeOverAggregateSpec {
    /// Key columns of the input.
    pub partition: Vec<usize>,
    /// The order.
    pub order: SortField,
    /// Whether rows that are equal in the order see one another (RANGE), or only those that came before (ROWS).
    pub peers: bool,
    /// Aggregates over input columns.
    pub aggregates: Vec<AggregateCall>,
    /// Whether -U rows are wanted downstream.
    pub generate_update_before: bool,
    /// Row type of the input.
    pub input: RowType,
    /// The input's columns, then the aggregates.
    pub output: RowType,
}
