//! `MATCH_RECOGNIZE`: patterns over the rows of a key.

use serde::{Deserialize, Serialize};

use super::{SortField, WindowTime};
use crate::expression::{AggregateCall, Expr};
use crate::types::{Field, LogicalType, RowType};

/// Finds a pattern in the rows of each key, which stand in order of time. Emits a row for each match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchSpec {
    /// Key columns of the input; none: one order of all rows.
    pub partition: Vec<usize>,
    /// What time.
    pub time: WindowTime,
    /// How rows of one time stand; those that are equal stand as they came.
    pub order: Vec<SortField>,
    /// The variables that follow one another, at least one of which takes a row in any case.
    pub pattern: Vec<PatternVariable>,
    /// Where matching goes on behind a match.
    pub after: AfterMatch,
    /// A match takes less than so many ms from its first row to its last.
    pub within_ms: Option<i64>,
    /// The values of the row emitted, behind the key columns.
    pub measures: Vec<MatchExpression>,
    /// Row type of the input.
    pub input: RowType,
    /// Key columns, then measures.
    pub output: RowType,
}

/// A variable of a pattern: so many rows that follow one another and meet a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatternVariable {
    /// Its name.
    pub name: String,
    /// Rows at least.
    pub min: u32,
    /// Rows at most, not 0; absent: any number.
    pub max: Option<u32>,
    /// Whether a row that it can take is not left to the variable behind it.
    pub greedy: bool,
    /// What a row has to meet; absent: nothing.
    pub condition: Option<MatchExpression>,
}

/// Where matching goes on behind a match: which beginnings are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterMatch {
    /// That of the match.
    ToNextRow,
    /// Those within the match.
    PastLastRow,
    /// Those before the first row of this variable.
    ToFirst(usize),
    /// Those before the last row of this variable.
    ToLast(usize),
}

/// An expression over what it refers to: its columns are the indices of `references`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchExpression {
    /// What it refers to.
    pub references: Vec<MatchReference>,
    /// The expression.
    pub expression: Expr,
}

/// What an expression of a pattern refers to. In a condition the current row counts as the last one of its variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MatchReference {
    /// A column of a row; NULL when there is none.
    Row {
        /// The row is one of this variable's; absent: of the match's.
        variable: Option<usize>,
        /// Whether rows are counted from the first one or from the last one.
        first: bool,
        /// How many rows are passed over.
        offset: u64,
        /// Input column.
        column: usize,
    },
    /// An aggregate of rows.
    Aggregate {
        /// Those of this variable; absent: all of the match.
        variable: Option<usize>,
        /// What is aggregated, over input columns.
        arguments: Vec<Expr>,
        /// The aggregate over the arguments.
        call: AggregateCall,
    },
    /// MATCH_ROWTIME(): the time up to which rows were looked at when the match was found.
    Rowtime(LogicalType),
    /// MATCH_PROCTIME(): the clock when the row is emitted.
    Proctime(LogicalType),
}

impl MatchExpression {
    /// The row type of its references, those of rows nullable.
    pub fn columns(&self, input: &RowType) -> RowType {
        let ty = |reference: &MatchReference| match reference {
            MatchReference::Row { column, .. } => input.fields[*column].ty.with_nullable(true),
            MatchReference::Aggregate { call, .. } => call.ty.clone(),
            MatchReference::Rowtime(ty) | MatchReference::Proctime(ty) => ty.clone(),
        };
        let field = |(index, reference)| Field::new(format!("${index}"), ty(reference));
        RowType::new(self.references.iter().enumerate().map(field).collect())
    }

    /// Calls `visit` with the index of every input column that is read.
    pub fn for_each_column(&self, visit: &mut impl FnMut(usize)) {
        for reference in &self.references {
            match reference {
                MatchReference::Row { column, .. } => visit(*column),
                MatchReference::Aggregate { arguments, .. } => {
                    arguments.iter().for_each(|argument| argument.for_each_column(visit));
                }
                MatchReference::Rowtime(_) | MatchReference::Proctime(_) => {}
            }
        }
    }

    /// Replaces every index of an input column by `map(index)`.
    pub fn map_columns(&mut self, map: &mut impl FnMut(usize) -> usize) {
        for reference in &mut self.references {
            match reference {
                MatchReference::Row { column, .. } => *column = map(*column),
                MatchReference::Aggregate { arguments, .. } => {
                    arguments.iter_mut().for_each(|argument| argument.map_columns(map));
                }
                MatchReference::Rowtime(_) | MatchReference::Proctime(_) => {}
            }
        }
    }
}
