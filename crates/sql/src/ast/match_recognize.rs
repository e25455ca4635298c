//! The body of `MATCH_RECOGNIZE`.

use super::{Expr, Ident, OrderItem, Span};

/// `MATCH_RECOGNIZE ( ... )`
#[derive(Debug, Clone, PartialEq)]
pub struct MatchRecognize {
    /// `PARTITION BY ...`
    pub partition_by: Vec<Expr>,
    /// `ORDER BY ...`
    pub order_by: Vec<OrderItem>,
    /// `MEASURES expr AS name, ...`
    pub measures: Vec<Measure>,
    /// `ONE ROW PER MATCH` or `ALL ROWS PER MATCH`
    pub rows_per_match: Option<RowsPerMatch>,
    /// `AFTER MATCH SKIP ...`
    pub after_match: Option<AfterMatch>,
    /// Whether the pattern begins with `^`.
    pub strict_start: bool,
    /// Whether the pattern ends with `$`.
    pub strict_end: bool,
    /// The pattern.
    pub pattern: Pattern,
    /// `WITHIN interval`
    pub within: Option<Expr>,
    /// `SUBSET name = (a, b), ...`
    pub subsets: Vec<Subset>,
    /// `DEFINE name AS condition, ...`
    pub defines: Vec<Define>,
    /// From the word to the closing parenthesis.
    pub span: Span,
}

/// `expr AS name`
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The expression.
    pub expr: Expr,
    /// The column made.
    pub name: Ident,
}

/// How many rows a match yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsPerMatch {
    /// `ONE ROW PER MATCH`
    One,
    /// `ALL ROWS PER MATCH`
    All,
}

/// Where matching goes on after a match.
#[derive(Debug, Clone, PartialEq)]
pub enum AfterMatch {
    /// `SKIP TO NEXT ROW`
    ToNextRow,
    /// `SKIP PAST LAST ROW`
    PastLastRow,
    /// `SKIP TO FIRST variable`
    ToFirst(Ident),
    /// `SKIP TO LAST variable`, also `SKIP TO variable`
    ToLast(Ident),
}

/// A row pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// A pattern variable.
    Variable(Ident),
    /// `a b c`
    Sequence(Vec<Pattern>),
    /// `a | b`
    Alternation(Vec<Pattern>),
    /// `PERMUTE(a, b)`
    Permute(Vec<Pattern>),
    /// `{- a -}`
    Exclude(Box<Pattern>),
    /// A pattern with a quantifier.
    Repeat {
        /// What is repeated.
        pattern: Box<Pattern>,
        /// Least number of rows.
        min: u32,
        /// Greatest number of rows; none is unbounded.
        max: Option<u32>,
        /// Whether `?` asks for as few rows as possible.
        reluctant: bool,
    },
}

/// `name = (a, b)`
#[derive(Debug, Clone, PartialEq)]
pub struct Subset {
    /// The union variable.
    pub name: Ident,
    /// What it is made of.
    pub members: Vec<Ident>,
}

/// `name AS condition`
#[derive(Debug, Clone, PartialEq)]
pub struct Define {
    /// The pattern variable.
    pub name: Ident,
    /// The condition.
    pub condition: Expr,
}
