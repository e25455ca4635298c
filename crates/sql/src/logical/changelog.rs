//! Changes as rows, and rows as changes.

use dataflow::RowType;

use super::LogicalPlan;

/// TO_CHANGELOG or FROM_CHANGELOG.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changelog {
    /// Below.
    pub input: Box<LogicalPlan>,
    /// Which of the two.
    pub direction: Direction,
    /// The input's columns and the name of the change, or without it.
    pub output: RowType,
    /// The arguments as plans show them.
    pub invocation: String,
    /// Where the function is called.
    pub span: crate::ast::Span,
}

/// Which way changes go. What +I, -U, +U and -D are called, in this order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Direction {
    /// A change becomes an inserted row, whose first column names the change; changes without a name are left out.
    ToRows {
        /// The names.
        codes: [Option<String>; 4],
    },
    /// An inserted row becomes a change.
    FromRows {
        /// The column that names the change.
        op: usize,
        /// The names.
        codes: [Vec<String>; 4],
    },
}
