//! What may stand in `FROM`: tables, derived tables, table functions, joins.

use super::{Expr, FunctionCall, Hint, Ident, MatchRecognize, ObjectName, Query, SelectItem, Span, SpannedLiteral};

/// A table in `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRef {
    /// What it is.
    pub kind: TableRefKind,
    /// `AS alias (columns)`
    pub alias: Option<TableAlias>,
    /// The whole reference, alias included.
    pub span: Span,
}

/// `[AS] name [(columns)]`
#[derive(Debug, Clone, PartialEq)]
pub struct TableAlias {
    /// The name.
    pub name: Ident,
    /// New names of the columns; empty when not given.
    pub columns: Vec<Ident>,
}

/// The kinds of table reference.
#[derive(Debug, Clone, PartialEq)]
pub enum TableRefKind {
    /// A table or view of the catalog, or a name of the `WITH` list.
    Table {
        /// Its name.
        name: ObjectName,
        /// The hints after the name.
        hints: Vec<Hint>,
        /// The time of `FOR SYSTEM_TIME AS OF`.
        as_of: Option<Box<Expr>>,
    },
    /// `[LATERAL] (query)`
    Derived {
        /// Whether it may see the tables to its left.
        lateral: bool,
        /// The query.
        query: Box<Query>,
        /// The time of `FOR SYSTEM_TIME AS OF`.
        as_of: Option<Box<Expr>>,
    },
    /// `[LATERAL] TABLE(f(...))` or `[LATERAL] f(...)`
    Function {
        /// Whether it may see the tables to its left.
        lateral: bool,
        /// Whether the call stands in `TABLE(...)`.
        wrapped: bool,
        /// The call.
        call: Box<FunctionCall>,
    },
    /// `UNNEST(a, b) [WITH ORDINALITY]`
    Unnest {
        /// The collections.
        collections: Vec<Expr>,
        /// Whether each element comes with its position.
        with_ordinality: bool,
    },
    /// `(a JOIN b ...)`
    Nested(Box<TableRef>),
    /// A join; it has no alias of its own.
    Join(Box<Join>),
    /// `input MATCH_RECOGNIZE (...)`
    MatchRecognize {
        /// The table.
        input: Box<TableRef>,
        /// The pattern and what is made of a match.
        spec: Box<MatchRecognize>,
    },
    /// `input PIVOT (...)`
    Pivot {
        /// The table.
        input: Box<TableRef>,
        /// The aggregates, each with an optional alias.
        aggregates: Vec<SelectItem>,
        /// The columns of `FOR`.
        axes: Vec<Ident>,
        /// The values of `IN`, each a column set with an optional alias.
        values: Vec<PivotValue>,
    },
    /// `input UNPIVOT [INCLUDE | EXCLUDE NULLS] (...)`
    Unpivot {
        /// The table.
        input: Box<TableRef>,
        /// Whether rows of NULL are kept; by default they are not.
        include_nulls: bool,
        /// The measure columns.
        measures: Vec<Ident>,
        /// The columns of `FOR`.
        axes: Vec<Ident>,
        /// The source columns of `IN`, each with the axis values it stands for.
        sources: Vec<UnpivotSource>,
    },
    /// `input TABLESAMPLE method`
    Sample {
        /// The table.
        input: Box<TableRef>,
        /// Which of its rows.
        method: SampleMethod,
    },
}

/// How `TABLESAMPLE` chooses rows.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleMethod {
    /// `BERNOULLI(percentage) [REPEATABLE(seed)]` or `SYSTEM(...)`
    Percentage {
        /// `BERNOULLI`, not `SYSTEM`.
        bernoulli: bool,
        /// A number.
        percentage: SpannedLiteral,
        /// The seed.
        seed: Option<u32>,
    },
    /// `SUBSTITUTE('name')`: a prepared sample of that name, if there is one.
    Substitute(String),
}

/// `value [AS alias]` of a `PIVOT`.
#[derive(Debug, Clone, PartialEq)]
pub struct PivotValue {
    /// One value for each axis.
    pub values: Vec<Expr>,
    /// The name of the column made.
    pub alias: Option<Ident>,
}

/// `columns [AS values]` of an `UNPIVOT`.
#[derive(Debug, Clone, PartialEq)]
pub struct UnpivotSource {
    /// One column for each measure.
    pub columns: Vec<Ident>,
    /// One value for each axis; empty when not given.
    pub values: Vec<Expr>,
}

/// `left JOIN right ON ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Left side.
    pub left: TableRef,
    /// Right side.
    pub right: TableRef,
    /// Which join.
    pub kind: JoinKind,
    /// Whether `NATURAL` is written.
    pub natural: bool,
    /// How rows are matched.
    pub condition: JoinCondition,
}

/// Kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum JoinKind {
    /// `a, b`
    Comma,
    Cross,
    Inner,
    Left,
    Right,
    Full,
}

/// How a join matches its rows.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinCondition {
    /// None written.
    None,
    /// `ON condition`
    On(Expr),
    /// `USING (columns)`
    Using(Vec<Ident>),
}
