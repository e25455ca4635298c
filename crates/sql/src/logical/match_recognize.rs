//! `Match`: patterns over the rows of each key.

use dataflow::RowType;
use dataflow::operator_spec::{AfterMatch, MatchExpression, PatternVariable, SortField};

use super::LogicalPlan;
use crate::ast::Span;

/// Finds a pattern in the rows of each partition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Match {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// `PARTITION BY` columns of the input.
    pub partition: Vec<usize>,
    /// `ORDER BY` columns of the input.
    pub order: Vec<SortField>,
    /// The variables, in order.
    pub pattern: Vec<PatternVariable>,
    /// The pattern as plans show it.
    pub pattern_text: String,
    /// Where matching goes on behind a match.
    pub after: AfterMatch,
    /// `WITHIN`, ms.
    pub within: Option<i64>,
    /// The measures.
    pub measures: Vec<MatchExpression>,
    /// Partition columns, then measures.
    pub output: RowType,
    /// Where it stands.
    pub span: Span,
}
