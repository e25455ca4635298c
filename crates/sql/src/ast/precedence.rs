//! How strongly operators bind: Calcite's operator table. The parser reads by it, unparsing puts parentheses by it.

use super::{BinaryOp, Expr, ExprKind, UnaryOp};

/// Binding power of `OR`.
pub(crate) const OR: u8 = 22;
/// Binding power of `AND`.
pub(crate) const AND: u8 = 24;
/// Binding power of `NOT`.
pub(crate) const NOT: u8 = 26;
/// Binding power of `IS NULL` and its kin.
pub(crate) const IS: u8 = 28;
/// Binding power of comparisons and period predicates.
pub(crate) const COMPARISON: u8 = 30;
/// Binding power of `BETWEEN`, `IN` and `LIKE`.
pub(crate) const MEMBERSHIP: u8 = 32;
/// Binding power of `+` and `-`.
pub(crate) const ADDITIVE: u8 = 40;
/// Binding power of `MULTISET UNION` and `MULTISET EXCEPT`.
pub(crate) const MULTISET: u8 = 50;
/// Binding power of `*`, `/`, `%` and `||`.
pub(crate) const MULTIPLICATIVE: u8 = 60;
/// Binding power of a sign.
pub(crate) const SIGN: u8 = 80;
/// Binding power of everything that holds together by itself.
pub(crate) const ATOM: u8 = 100;

impl BinaryOp {
    /// The SQL spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Plus => "+",
            BinaryOp::Minus => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::Concat => "||",
            BinaryOp::Eq => "=",
            BinaryOp::NotEq => "<>",
            BinaryOp::BangEq => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::MemberOf => "MEMBER OF",
            BinaryOp::SubmultisetOf => "SUBMULTISET OF",
            BinaryOp::MultisetUnionAll => "MULTISET UNION ALL",
            BinaryOp::MultisetUnionDistinct => "MULTISET UNION DISTINCT",
            BinaryOp::MultisetIntersectAll => "MULTISET INTERSECT ALL",
            BinaryOp::MultisetIntersectDistinct => "MULTISET INTERSECT DISTINCT",
            BinaryOp::MultisetExceptAll => "MULTISET EXCEPT ALL",
            BinaryOp::MultisetExceptDistinct => "MULTISET EXCEPT DISTINCT",
            BinaryOp::Overlaps => "OVERLAPS",
            BinaryOp::Contains => "CONTAINS",
            BinaryOp::Equals => "EQUALS",
            BinaryOp::Precedes => "PRECEDES",
            BinaryOp::Succeeds => "SUCCEEDS",
            BinaryOp::ImmediatelyPrecedes => "IMMEDIATELY PRECEDES",
            BinaryOp::ImmediatelySucceeds => "IMMEDIATELY SUCCEEDS",
        }
    }

    /// How strongly it binds.
    pub(crate) fn power(self) -> u8 {
        match self {
            BinaryOp::Plus | BinaryOp::Minus => ADDITIVE,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo | BinaryOp::Concat => MULTIPLICATIVE,
            BinaryOp::MultisetIntersectAll | BinaryOp::MultisetIntersectDistinct => MULTIPLICATIVE,
            BinaryOp::MultisetUnionAll | BinaryOp::MultisetUnionDistinct => MULTISET,
            BinaryOp::MultisetExceptAll | BinaryOp::MultisetExceptDistinct => MULTISET,
            _ => COMPARISON,
        }
    }
}

impl Expr {
    /// How strongly the outermost operator binds.
    pub(crate) fn power(&self) -> u8 {
        match &self.kind {
            ExprKind::Or(_) => OR,
            ExprKind::And(_) => AND,
            ExprKind::Unary { op: UnaryOp::Not, .. } => NOT,
            ExprKind::Unary { .. } => SIGN,
            ExprKind::Is { .. } => IS,
            ExprKind::Binary { op, .. } => op.power(),
            ExprKind::IsDistinctFrom { .. } | ExprKind::Quantified { .. } => COMPARISON,
            ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InSubquery { .. }
            | ExprKind::Like { .. } => MEMBERSHIP,
            _ => ATOM,
        }
    }
}
