//! Scalar expressions, as written: no names resolved, no types known.

use super::{
    DataType, FunctionCall, Ident, IntervalQualifier, JsonExpr, Literal, Query, Span, SpannedLiteral, TimeUnit,
};

/// An expression and its place. Parentheses leave no node of their own, but widen the span of what they hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A name of one or more parts: column, table and column, or a path into a row; the binder decides which.
    Identifier(Vec<Ident>),
    /// `?`
    Parameter,
    /// A prefix operator.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        expr: Box<Expr>,
    },
    /// An infix operator other than `AND` and `OR`.
    Binary {
        /// Left operand.
        left: Box<Expr>,
        /// The operator.
        op: BinaryOp,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a AND b AND ...`: two terms or more, so that long chains do not nest.
    And(Vec<Expr>),
    /// `a OR b OR ...`: two terms or more, so that long chains do not nest.
    Or(Vec<Expr>),
    /// `expr IS [NOT] test`
    Is {
        /// The tested expression.
        expr: Box<Expr>,
        /// What it is tested for.
        test: IsTest,
        /// Whether `NOT` stands before the test.
        negated: bool,
    },
    /// `left IS [NOT] DISTINCT FROM right`
    IsDistinctFrom {
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// Whether `NOT` is written.
        negated: bool,
    },
    /// `expr [NOT] BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high`
    Between {
        /// The tested expression.
        expr: Box<Expr>,
        /// Lower bound.
        low: Box<Expr>,
        /// Upper bound.
        high: Box<Expr>,
        /// Whether the bounds may stand in either order.
        symmetric: bool,
        /// Whether `NOT` is written.
        negated: bool,
    },
    /// `expr [NOT] IN (a, b, ...)`
    InList {
        /// The tested expression.
        expr: Box<Expr>,
        /// The list; never empty.
        list: Vec<Expr>,
        /// Whether `NOT` is written.
        negated: bool,
    },
    /// `expr [NOT] IN (query)`
    InSubquery {
        /// The tested expression.
        expr: Box<Expr>,
        /// The sub-query.
        query: Box<Query>,
        /// Whether `NOT` is written.
        negated: bool,
    },
    /// `left = ANY (...)`, `left < ALL (...)`
    Quantified {
        /// Left operand.
        left: Box<Expr>,
        /// A comparison operator.
        op: BinaryOp,
        /// `ALL`, or `ANY` and `SOME`.
        quantifier: Quantifier,
        /// What is compared with.
        operand: QuantifiedOperand,
    },
    /// `expr [NOT] LIKE pattern [ESCAPE escape]` and its kin.
    Like {
        /// The tested expression.
        expr: Box<Expr>,
        /// Which operator.
        op: LikeOp,
        /// The pattern.
        pattern: Box<Expr>,
        /// The escape character.
        escape: Option<Box<Expr>>,
        /// Whether `NOT` is written.
        negated: bool,
    },
    /// `EXISTS (query)`
    Exists(Box<Query>),
    /// `UNIQUE (query)`
    Unique(Box<Query>),
    /// `(query)` used as a value.
    Subquery(Box<Query>),
    /// `CASE [operand] WHEN ... THEN ... [ELSE ...] END`
    Case {
        /// The compared value of the simple form.
        operand: Option<Box<Expr>>,
        /// The branches; never empty.
        branches: Vec<CaseBranch>,
        /// The value when no branch is taken.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(expr AS type)` and `TRY_CAST(expr AS type)`
    Cast {
        /// Whether a failed cast gives NULL.
        lenient: bool,
        /// The value.
        expr: Box<Expr>,
        /// The target.
        data_type: Box<DataType>,
    },
    /// A function call in the ordinary syntax; also those without parentheses such as `CURRENT_TIMESTAMP`.
    Function(Box<FunctionCall>),
    /// `RUNNING f(...)` or `FINAL f(...)` of MATCH_RECOGNIZE.
    MatchMode {
        /// Which of the two.
        mode: MatchMode,
        /// The call.
        expr: Box<Expr>,
    },
    /// A JSON function with clauses of its own.
    Json(Box<JsonExpr>),
    /// `ROW(a, b)`, and `(a, b)` of two values or more.
    Row {
        /// The values.
        values: Vec<Expr>,
        /// Whether the word `ROW` is written.
        explicit: bool,
    },
    /// `ARRAY[a, b]`
    Array(Vec<Expr>),
    /// `MULTISET[a, b]`
    Multiset(Vec<Expr>),
    /// `MAP[k, v, ...]`
    Map(Vec<(Expr, Expr)>),
    /// `ARRAY(query)`, `MULTISET(query)`, `MAP(query)`
    CollectionQuery {
        /// Which collection is made.
        kind: CollectionKind,
        /// The query that yields its elements.
        query: Box<Query>,
    },
    /// `expr[index]` of an array, map or row.
    Index {
        /// The collection.
        expr: Box<Expr>,
        /// The position or key.
        index: Box<Expr>,
    },
    /// `expr.field` where `expr` is more than a name.
    Field {
        /// The row.
        expr: Box<Expr>,
        /// Its field.
        field: Ident,
    },
    /// `INTERVAL expr unit`, an interval whose amount is computed.
    IntervalOf {
        /// The amount.
        expr: Box<Expr>,
        /// The units.
        qualifier: IntervalQualifier,
    },
    /// `(left - right) qualifier`: the difference of two date-times as an interval.
    DateTimeDifference {
        /// Minuend.
        left: Box<Expr>,
        /// Subtrahend.
        right: Box<Expr>,
        /// The units of the result.
        qualifier: IntervalQualifier,
    },
    /// `EXTRACT(unit FROM expr)`
    Extract {
        /// The unit.
        unit: TimeUnit,
        /// The date-time.
        expr: Box<Expr>,
    },
    /// `FLOOR(expr TO unit)` and `CEIL(expr TO unit)`; without `TO` they are ordinary functions.
    RoundTo {
        /// Up or down.
        up: bool,
        /// The date-time.
        expr: Box<Expr>,
        /// The unit.
        unit: TimeUnit,
    },
    /// `TIMESTAMPADD(unit, count, timestamp)`
    TimestampAdd {
        /// The unit.
        unit: TimeUnit,
        /// How many of it.
        count: Box<Expr>,
        /// The date-time.
        timestamp: Box<Expr>,
    },
    /// `TIMESTAMPDIFF(unit, from, to)`
    TimestampDiff {
        /// The unit.
        unit: TimeUnit,
        /// The earlier date-time.
        from: Box<Expr>,
        /// The later date-time.
        to: Box<Expr>,
    },
    /// `POSITION(needle IN haystack [FROM from])`
    Position {
        /// What is looked for.
        needle: Box<Expr>,
        /// Where it is looked for.
        haystack: Box<Expr>,
        /// Where to begin.
        from: Option<Box<Expr>>,
    },
    /// `SUBSTRING(expr FROM from [FOR length])` and `SUBSTRING(expr, from[, length])`
    Substring {
        /// The string.
        expr: Box<Expr>,
        /// First position, from 1.
        from: Box<Expr>,
        /// How many characters.
        length: Option<Box<Expr>>,
    },
    /// `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] expr)`
    Trim {
        /// Which ends; BOTH when not written.
        side: TrimSide,
        /// What is cut off; a blank when absent.
        characters: Option<Box<Expr>>,
        /// The string.
        expr: Box<Expr>,
    },
    /// `OVERLAY(expr PLACING replacement FROM from [FOR length])`
    Overlay {
        /// The string.
        expr: Box<Expr>,
        /// What is put in.
        replacement: Box<Expr>,
        /// First position, from 1.
        from: Box<Expr>,
        /// How many characters are replaced.
        length: Option<Box<Expr>>,
    },
}

/// `WHEN condition THEN result`; the simple form may list several values in one `WHEN`.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseBranch {
    /// The condition, or the compared values of the simple form.
    pub when: Vec<Expr>,
    /// The result.
    pub then: Expr,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its operator")]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
}

/// Infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its operator")]
pub enum BinaryOp {
    Plus,
    Minus,
    Multiply,
    Divide,
    /// `%`, the same as `MOD`.
    Modulo,
    /// `||`
    Concat,
    Eq,
    /// `<>`
    NotEq,
    /// `!=`, which Flink's grammar knows and its conformance level refuses.
    BangEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    MemberOf,
    SubmultisetOf,
    MultisetUnionAll,
    MultisetUnionDistinct,
    MultisetIntersectAll,
    MultisetIntersectDistinct,
    MultisetExceptAll,
    MultisetExceptDistinct,
    /// Period predicates.
    Overlaps,
    Contains,
    Equals,
    Precedes,
    Succeeds,
    ImmediatelyPrecedes,
    ImmediatelySucceeds,
}

/// The tests of `IS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsTest {
    /// `NULL`
    Null,
    /// `TRUE`
    True,
    /// `FALSE`
    False,
    /// `UNKNOWN`
    Unknown,
    /// `A SET`
    Set,
    /// `EMPTY`
    Empty,
    /// `JSON` or `JSON VALUE`
    JsonValue,
    /// `JSON OBJECT`
    JsonObject,
    /// `JSON ARRAY`
    JsonArray,
    /// `JSON SCALAR`
    JsonScalar,
}

/// Pattern operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its operator")]
pub enum LikeOp {
    Like,
    ILike,
    RLike,
    SimilarTo,
}

/// The quantifier of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ALL`
    All,
    /// `ANY`, also `SOME`
    Any,
}

/// What a quantified comparison compares with.
#[derive(Debug, Clone, PartialEq)]
pub enum QuantifiedOperand {
    /// `(query)`
    Query(Box<Query>),
    /// `(a, b, ...)`
    List(Vec<Expr>),
}

/// Collections that a query can build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum CollectionKind {
    Array,
    Multiset,
    Map,
}

/// Which rows of a match a measure sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum MatchMode {
    Running,
    Final,
}

/// Which ends `TRIM` cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum TrimSide {
    Both,
    Leading,
    Trailing,
}

impl Expr {
    /// An expression of `kind` at `span`.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The literal this expression is, if it is one.
    pub fn as_literal(&self) -> Option<SpannedLiteral> {
        match &self.kind {
            ExprKind::Literal(value) => Some(SpannedLiteral { value: value.clone(), span: self.span }),
            _ => None,
        }
    }
}
