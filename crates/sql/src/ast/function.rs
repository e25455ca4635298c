//! Function calls: arguments of every shape, aggregate clauses, OVER windows.

use super::{Expr, Ident, ObjectName, OrderItem, Query, Span};

/// A function call, scalar, aggregate, over an OVER window, or of a table function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// The function's name.
    pub name: ObjectName,
    /// What stands in the parentheses.
    pub args: FunctionArgs,
    /// `DISTINCT` or `ALL` before the arguments.
    pub quantifier: Option<SetQuantifier>,
    /// `ORDER BY` inside the parentheses, or in `WITHIN GROUP (ORDER BY ...)`.
    pub order_by: Vec<OrderItem>,
    /// Whether `order_by` was written as `WITHIN GROUP`.
    pub within_group: bool,
    /// `RESPECT NULLS` or `IGNORE NULLS`.
    pub nulls: Option<NullTreatment>,
    /// The condition of `FILTER (WHERE ...)`.
    pub filter: Option<Expr>,
    /// `OVER window` or `OVER (...)`
    pub over: Option<Over>,
    /// The whole call.
    pub span: Span,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionArgs {
    /// No parentheses: `CURRENT_TIMESTAMP`.
    Absent,
    /// `(*)`
    Star,
    /// `(a, name => b, ...)`, possibly empty.
    List(Vec<FunctionArg>),
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionArg {
    /// The name of `name => value`.
    pub name: Option<Ident>,
    /// The value.
    pub value: FunctionArgValue,
    /// Name and value.
    pub span: Span,
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionArgValue {
    /// A scalar expression; `(SELECT ...)` is an expression too.
    Expr(Expr),
    /// `TABLE t` or a query, with its partitioning.
    Table(TableArg),
    /// `MODEL m`
    Model(ObjectName),
    /// `DESCRIPTOR(a, b)`; a column may carry a type in later Flink versions, which is not kept here.
    Descriptor(Vec<Ident>),
    /// `DEFAULT`
    Default,
}

/// A table handed to a table function.
#[derive(Debug, Clone, PartialEq)]
pub struct TableArg {
    /// The table.
    pub source: TableArgSource,
    /// `PARTITION BY ...`; a sole `(a, b)` is given as two expressions.
    pub partition_by: Vec<Expr>,
    /// `ORDER BY ...`
    pub order_by: Vec<OrderItem>,
    /// The whole argument value.
    pub span: Span,
}

/// What a table argument is.
#[derive(Debug, Clone, PartialEq)]
pub enum TableArgSource {
    /// `TABLE name`
    Name(ObjectName),
    /// `(query)` or `TABLE (query)`
    Query(Box<Query>),
}

/// `DISTINCT` or `ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum SetQuantifier {
    All,
    Distinct,
}

/// What a window function does with NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum NullTreatment {
    Respect,
    Ignore,
}

/// What follows `OVER`.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// A window of the `WINDOW` clause.
    Name(Ident),
    /// A window given in place.
    Spec(WindowSpec),
}

/// `([base] [PARTITION BY ...] [ORDER BY ...] [frame])`
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpec {
    /// The named window it refines.
    pub base: Option<Ident>,
    /// Partition keys.
    pub partition_by: Vec<Expr>,
    /// Order within a partition.
    pub order_by: Vec<OrderItem>,
    /// The frame.
    pub frame: Option<WindowFrame>,
    /// With its parentheses.
    pub span: Span,
}

/// `ROWS | RANGE start` or `ROWS | RANGE BETWEEN start AND end`
#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    /// What bounds count.
    pub unit: FrameUnit,
    /// Where the frame starts.
    pub start: FrameBound,
    /// Where it ends; the current row when absent.
    pub end: Option<FrameBound>,
    /// Where it stands.
    pub span: Span,
}

/// What the bounds of a frame count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum FrameUnit {
    Rows,
    Range,
}

/// One end of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(Expr),
    /// `CURRENT ROW`
    CurrentRow,
    /// `n FOLLOWING`
    Following(Expr),
    /// `UNBOUNDED FOLLOWING`
    UnboundedFollowing,
}
