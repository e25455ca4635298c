//! What a statement comes to.

use dataflow::{Field, JobGraph, OperatorId, RowType, TypeKind};

/// The outcome of a statement.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Done, with nothing to show: DDL, SET.
    Done,
    /// Rows to show: SHOW, DESCRIBE, EXPLAIN, SET without a key.
    Table {
        /// The columns.
        columns: RowType,
        /// The rows; `None` is NULL.
        rows: Vec<Vec<Option<String>>>,
    },
    /// A job to run: INSERT, a statement set.
    Insert(Box<JobGraph>),
    /// A job whose result is to be fetched: SELECT.
    Select {
        /// The job.
        graph: Box<JobGraph>,
        /// Columns of the result; time attributes as the query has them.
        schema: RowType,
        /// The operator that keeps the result.
        collect: OperatorId,
        /// Number of its subtasks.
        collect_parallelism: u32,
    },
}

impl Outcome {
    /// Rows of STRING columns.
    pub(super) fn table(columns: &[&str], rows: Vec<Vec<Option<String>>>) -> Self {
        let columns = columns.iter().map(|name| Field::new(*name, TypeKind::STRING.nullable())).collect();
        Outcome::Table { columns: RowType::new(columns), rows }
    }

    /// One STRING column.
    pub(super) fn list(column: &str, values: impl IntoIterator<Item = String>) -> Self {
        Outcome::table(&[column], values.into_iter().map(|value| vec![Some(value)]).collect())
    }
}
