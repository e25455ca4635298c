//! Statements that change data, and the ways to run several of them as one job.

use super::{Expr, Hint, Ident, ObjectName, PartitionItem, Query, Span};

/// `INSERT INTO | OVERWRITE table ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// Which words it begins with.
    pub mode: InsertMode,
    /// The target.
    pub table: ObjectName,
    /// The hints after the target's name.
    pub hints: Vec<Hint>,
    /// `PARTITION (...)`; empty when not given.
    pub partition: Vec<PartitionItem>,
    /// The target columns, possibly nested; empty when not given.
    pub columns: Vec<ObjectName>,
    /// The rows.
    pub query: Box<Query>,
    /// `ON CONFLICT DO ...`
    pub on_conflict: Option<OnConflict>,
    /// The whole statement.
    pub span: Span,
}

/// The words an insert begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertMode {
    /// `INSERT INTO`
    Into,
    /// `INSERT OVERWRITE`
    Overwrite,
    /// `UPSERT INTO`
    Upsert,
}

/// What a sink does with two rows of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum OnConflict {
    Nothing,
    Error,
    Deduplicate,
}

/// `STATEMENT SET BEGIN insert; ... END`
#[derive(Debug, Clone, PartialEq)]
pub struct StatementSet {
    /// The inserts, run as one job.
    pub inserts: Vec<Insert>,
    /// The whole set.
    pub span: Span,
}

/// `UPDATE table SET column = value, ... [WHERE condition]`
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// Columns and their new values.
    pub assignments: Vec<(Ident, Expr)>,
    /// `WHERE ...`
    pub selection: Option<Expr>,
}

/// `DELETE FROM table [WHERE condition]`
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `WHERE ...`
    pub selection: Option<Expr>,
}
