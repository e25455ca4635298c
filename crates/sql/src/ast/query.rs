//! Queries: WITH, set operations, SELECT, VALUES, ordering and limits.

use super::{Expr, Hint, Ident, ObjectName, SetQuantifier, Span, TableRef, WindowSpec};

/// A query with its `WITH` list, order and limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The `WITH` list.
    pub with: Option<With>,
    /// What yields the rows.
    pub body: SetExpr,
    /// `ORDER BY ...`
    pub order_by: Vec<OrderItem>,
    /// `OFFSET n [ROWS]`
    pub offset: Option<Expr>,
    /// `LIMIT n` or `FETCH FIRST n ROWS ONLY`; absent for `LIMIT ALL`.
    pub limit: Option<Expr>,
    /// The whole query, without parentheses around it.
    pub span: Span,
}

/// `WITH [RECURSIVE] a AS (...), ...`
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// Whether `RECURSIVE` is written.
    pub recursive: bool,
    /// The named queries, in order.
    pub ctes: Vec<Cte>,
}

/// `name [(columns)] AS (query)`
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// The name.
    pub name: Ident,
    /// New names of the columns; empty when not given.
    pub columns: Vec<Ident>,
    /// The query.
    pub query: Query,
    /// The whole element.
    pub span: Span,
}

/// What yields the rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct SetExpr {
    /// What it is.
    pub kind: SetExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of query body.
#[derive(Debug, Clone, PartialEq)]
pub enum SetExprKind {
    /// `SELECT ...`
    Select(Box<Select>),
    /// `VALUES (1, 'a'), ...`; a row of one value may be written without parentheses.
    Values(Vec<Vec<Expr>>),
    /// `TABLE t`
    Table(ObjectName),
    /// `(query)`
    Query(Box<Query>),
    /// `left UNION [ALL] right` and its kin.
    SetOperation {
        /// Which operation.
        op: SetOperator,
        /// Whether duplicates are kept.
        all: bool,
        /// Left side.
        left: Box<SetExpr>,
        /// Right side.
        right: Box<SetExpr>,
    },
}

/// Set operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// `UNION`
    Union,
    /// `INTERSECT`
    Intersect,
    /// `EXCEPT`, also `MINUS`
    Except,
}

/// One `SELECT`.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The hints after the word `SELECT`.
    pub hints: Vec<Hint>,
    /// `DISTINCT` or `ALL`.
    pub quantifier: Option<SetQuantifier>,
    /// The select list.
    pub items: Vec<SelectItem>,
    /// The tables; comma-separated ones are joins of kind [`super::JoinKind::Comma`].
    pub from: Option<TableRef>,
    /// `WHERE ...`
    pub selection: Option<Expr>,
    /// `GROUP BY ...`
    pub group_by: Option<GroupBy>,
    /// `HAVING ...`
    pub having: Option<Expr>,
    /// `WINDOW w AS (...), ...`
    pub windows: Vec<NamedWindow>,
    /// `QUALIFY ...`
    pub qualify: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// One element of the select list.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectItem {
    /// `*`
    Wildcard(Span),
    /// `t.*`
    QualifiedWildcard {
        /// What stands before `.*`.
        qualifier: ObjectName,
        /// The whole element.
        span: Span,
    },
    /// `expr [[AS] alias]`
    Expr {
        /// The expression.
        expr: Expr,
        /// The alias.
        alias: Option<Ident>,
    },
}

/// `GROUP BY [ALL | DISTINCT] ...`
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// `DISTINCT` or `ALL` before the list.
    pub quantifier: Option<SetQuantifier>,
    /// The elements.
    pub items: Vec<GroupItem>,
    /// Where it stands.
    pub span: Span,
}

/// One element of `GROUP BY`.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupItem {
    /// An expression.
    Expr(Expr),
    /// `(a, b)` or `()`: several expressions as one grouping set.
    Set(Vec<Expr>, Span),
    /// `GROUPING SETS (...)`
    GroupingSets(Vec<GroupItem>, Span),
    /// `ROLLUP (a, (b, c))`: each element is a set.
    Rollup(Vec<Vec<Expr>>, Span),
    /// `CUBE (a, (b, c))`: each element is a set.
    Cube(Vec<Vec<Expr>>, Span),
}

/// `name AS (...)` of the `WINDOW` clause.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedWindow {
    /// The name.
    pub name: Ident,
    /// The window.
    pub spec: WindowSpec,
}

/// `expr [ASC | DESC] [NULLS FIRST | LAST]`
#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    /// The sort key.
    pub expr: Expr,
    /// Whether it runs downwards.
    pub descending: bool,
    /// Where NULL goes, when said.
    pub nulls: Option<NullsOrder>,
    /// The whole element.
    pub span: Span,
}

/// Where NULL goes in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum NullsOrder {
    First,
    Last,
}
