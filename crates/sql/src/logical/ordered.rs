//! Nodes of a plan that depend on the order of rows.

use dataflow::operator_spec::{OverFrame, SortField};
use dataflow::{AggregateCall, RowType};

use super::LogicalPlan;
use crate::ast::Span;

/// Aggregates over the rows before each row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OverAggregate {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// `PARTITION BY` columns of the input.
    pub partition: Vec<usize>,
    /// `ORDER BY` columns of the input.
    pub order: Vec<SortField>,
    /// Which rows.
    pub frame: OverFrame,
    /// Aggregates over input columns; ROW_NUMBER, RANK, DENSE_RANK and LAG too.
    pub calls: Vec<AggregateCall>,
    /// The input's columns, then the calls.
    pub output: RowType,
    /// Where the first call stands.
    pub span: Span,
}

/// The first rows of each partition in an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rank {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// `PARTITION BY` columns of the input.
    pub partition: Vec<usize>,
    /// `ORDER BY` columns of the input.
    pub order: Vec<SortField>,
    /// `ROW_NUMBER`, `RANK` or `DENSE_RANK`.
    pub function: String,
    /// The first rank, from 1.
    pub first: u64,
    /// The last one.
    pub last: RankEnd,
    /// Whether the rank is a column.
    pub rank_number: bool,
    /// The input's columns, then the rank.
    pub output: RowType,
    /// Where the function is called.
    pub span: Span,
}

/// The last rank of a Top-N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RankEnd {
    /// This one.
    Constant(u64),
    /// That of a column of the input, in the first row of each partition.
    Column(usize),
}

impl RankEnd {
    /// The column that it reads.
    pub fn column(self) -> Option<usize> {
        match self {
            RankEnd::Constant(_) => None,
            RankEnd::Column(column) => Some(column),
        }
    }
}

/// `ORDER BY`, `OFFSET` and `LIMIT` of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sort {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// The order; none with LIMIT alone.
    pub order: Vec<SortField>,
    /// Rows that are left out first.
    pub offset: u64,
    /// Rows at most.
    pub fetch: Option<u64>,
    /// Where it is written.
    pub span: Span,
}
