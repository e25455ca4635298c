//! Expressions, with the parentheses that their operators need.

use std::fmt::{Display, Formatter, Result};

use super::{Joined, commas, flag, write_opt};
use crate::ast::precedence::{ADDITIVE, AND, ATOM, COMPARISON, IS, MEMBERSHIP, NOT, OR, SIGN};
use crate::ast::{
    CaseBranch, CollectionKind, Expr, ExprKind, IsTest, LikeOp, Literal, MatchMode, QuantifiedOperand, Quantifier,
    TrimSide, UnaryOp,
};

/// An operand: in parentheses when its outermost operator binds weaker than `1`.
struct Operand<'a>(&'a Expr, u8);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.power() < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

/// What stands before `[index]` or `.field`.
struct Base<'a>(&'a Expr, bool);

impl Display for Base<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // `a.b` would be one name, and an interval's unit must not take the bracket.
        let ambiguous = match &self.0.kind {
            ExprKind::Identifier(_) => self.1,
            ExprKind::IntervalOf { .. } | ExprKind::DateTimeDifference { .. } | ExprKind::Literal(_) => true,
            _ => false,
        };
        if ambiguous { write!(f, "({})", self.0) } else { Operand(self.0, ATOM).fmt(f) }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Identifier(parts) => Joined(parts, ".").fmt(f),
            ExprKind::Parameter => f.write_str("?"),
            ExprKind::Unary { op, expr } => write_unary(f, *op, expr),
            ExprKind::Binary { left, op, right } => {
                let power = op.power();
                write!(f, "{} {} {}", Operand(left, power), op.symbol(), Operand(right, power + 1))
            }
            ExprKind::And(terms) => write_terms(f, terms, " AND ", AND),
            ExprKind::Or(terms) => write_terms(f, terms, " OR ", OR),
            ExprKind::Function(call) => call.fmt(f),
            ExprKind::Json(call) => call.fmt(f),
            ExprKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExprKind::Unique(query) => write!(f, "UNIQUE ({query})"),
            ExprKind::Subquery(query) => write!(f, "({query})"),
            ExprKind::Case { operand, branches, otherwise } => {
                f.write_str("CASE")?;
                write_opt(f, " ", operand.as_ref(), "")?;
                branches.iter().try_for_each(|branch| write!(f, " {branch}"))?;
                write_opt(f, " ELSE ", otherwise.as_ref(), "")?;
                f.write_str(" END")
            }
            ExprKind::Cast { lenient, expr, data_type } => {
                write!(f, "{}CAST({expr} AS {data_type})", flag(*lenient, "TRY_"))
            }
            ExprKind::MatchMode { mode: MatchMode::Running, expr } => write!(f, "RUNNING {expr}"),
            ExprKind::MatchMode { mode: MatchMode::Final, expr } => write!(f, "FINAL {expr}"),
            ExprKind::Index { expr, index } => write!(f, "{}[{index}]", Base(expr, false)),
            ExprKind::Field { expr, field } => write!(f, "{}.{field}", Base(expr, true)),
            _ if self.power() < ATOM => write_predicate(f, &self.kind),
            _ => write_constructor(f, &self.kind),
        }
    }
}

fn write_unary(f: &mut Formatter<'_>, op: UnaryOp, expr: &Expr) -> Result {
    // A blank between two signs: `--` begins a comment.
    let blank = flag(matches!(expr.kind, ExprKind::Unary { .. }), " ");
    match op {
        UnaryOp::Not => write!(f, "NOT {}", Operand(expr, NOT)),
        UnaryOp::Plus => write!(f, "+{blank}{}", Operand(expr, SIGN)),
        UnaryOp::Minus => write!(f, "-{blank}{}", Operand(expr, SIGN)),
    }
}

fn write_terms(f: &mut Formatter<'_>, terms: &[Expr], connective: &'static str, power: u8) -> Result {
    let terms: Vec<Operand<'_>> = terms.iter().map(|term| Operand(term, power + 1)).collect();
    Joined(&terms, connective).fmt(f)
}

/// Operators that test their operand.
fn write_predicate(f: &mut Formatter<'_>, kind: &ExprKind) -> Result {
    let not = |negated: bool| flag(negated, "NOT ");
    match kind {
        ExprKind::Is { expr, test, negated } => {
            write!(f, "{} IS {}{}", Operand(expr, IS), not(*negated), test.words())
        }
        ExprKind::IsDistinctFrom { left, right, negated } => {
            let (left, right) = (Operand(left, COMPARISON), Operand(right, COMPARISON + 1));
            write!(f, "{left} IS {}DISTINCT FROM {right}", not(*negated))
        }
        ExprKind::Between { expr, low, high, symmetric, negated } => {
            let (low, high) = (Operand(low, MEMBERSHIP + 1), Operand(high, MEMBERSHIP + 1));
            let symmetric = flag(*symmetric, "SYMMETRIC ");
            write!(f, "{} {}BETWEEN {symmetric}{low} AND {high}", Operand(expr, MEMBERSHIP), not(*negated))
        }
        ExprKind::InList { expr, list, negated } => {
            write!(f, "{} {}IN ({})", Operand(expr, MEMBERSHIP), not(*negated), commas(list))
        }
        ExprKind::InSubquery { expr, query, negated } => {
            write!(f, "{} {}IN ({query})", Operand(expr, MEMBERSHIP), not(*negated))
        }
        ExprKind::Like { expr, op, pattern, escape, negated } => {
            let pattern = Operand(pattern, MEMBERSHIP + 1);
            write!(f, "{} {}{} {pattern}", Operand(expr, MEMBERSHIP), not(*negated), op.words())?;
            let escape = escape.as_ref().map(|escape| Operand(escape, MEMBERSHIP + 1));
            write_opt(f, " ESCAPE ", escape.as_ref(), "")
        }
        ExprKind::Quantified { left, op, quantifier, operand } => {
            let quantifier = if *quantifier == Quantifier::All { "ALL" } else { "ANY" };
            write!(f, "{} {} {quantifier} ", Operand(left, COMPARISON), op.symbol())?;
            match operand {
                QuantifiedOperand::Query(query) => write!(f, "({query})"),
                QuantifiedOperand::List(list) => write!(f, "({})", commas(list)),
            }
        }
        _ => unreachable!("every other operator is written where it is matched"),
    }
}

/// Constructors and functions with a syntax of their own.
fn write_constructor(f: &mut Formatter<'_>, kind: &ExprKind) -> Result {
    match kind {
        ExprKind::Row { values, explicit } => write!(f, "{}({})", flag(*explicit, "ROW"), commas(values)),
        ExprKind::Array(values) => write!(f, "ARRAY[{}]", commas(values)),
        ExprKind::Multiset(values) => write!(f, "MULTISET[{}]", commas(values)),
        ExprKind::Map(entries) => {
            let flat: Vec<&Expr> = entries.iter().flat_map(|(key, value)| [key, value]).collect();
            write!(f, "MAP[{}]", commas(&flat))
        }
        ExprKind::CollectionQuery { kind, query } => write!(f, "{}({query})", kind.word()),
        ExprKind::IntervalOf { expr, qualifier } => {
            let bare = matches!(expr.kind, ExprKind::Identifier(_) | ExprKind::Literal(Literal::Exact(_)));
            if bare { write!(f, "INTERVAL {expr} {qualifier}") } else { write!(f, "INTERVAL ({expr}) {qualifier}") }
        }
        ExprKind::DateTimeDifference { left, right, qualifier } => {
            write!(f, "({} - {}) {qualifier}", Operand(left, ADDITIVE), Operand(right, ADDITIVE + 1))
        }
        ExprKind::Extract { unit, expr } => write!(f, "EXTRACT({unit} FROM {expr})"),
        ExprKind::RoundTo { up, expr, unit } => {
            write!(f, "{}({expr} TO {unit})", if *up { "CEIL" } else { "FLOOR" })
        }
        ExprKind::TimestampAdd { unit, count, timestamp } => {
            write!(f, "TIMESTAMPADD({unit}, {count}, {timestamp})")
        }
        ExprKind::TimestampDiff { unit, from, to } => write!(f, "TIMESTAMPDIFF({unit}, {from}, {to})"),
        ExprKind::Position { needle, haystack, from } => {
            write!(f, "POSITION({} IN {haystack}", Operand(needle, ADDITIVE))?;
            write_opt(f, " FROM ", from.as_ref(), "")?;
            f.write_str(")")
        }
        ExprKind::Substring { expr, from, length } => {
            write!(f, "SUBSTRING({expr} FROM {from}")?;
            write_opt(f, " FOR ", length.as_ref(), "")?;
            f.write_str(")")
        }
        ExprKind::Overlay { expr, replacement, from, length } => {
            write!(f, "OVERLAY({expr} PLACING {replacement} FROM {from}")?;
            write_opt(f, " FOR ", length.as_ref(), "")?;
            f.write_str(")")
        }
        ExprKind::Trim { side, characters, expr } => {
            write!(f, "TRIM({} ", side.word())?;
            write_opt(f, "", characters.as_ref(), " ")?;
            write!(f, "FROM {expr})")
        }
        _ => unreachable!("every other operand is written where it is matched"),
    }
}

impl Display for CaseBranch {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "WHEN {} THEN {}", commas(&self.when), self.then)
    }
}

impl IsTest {
    fn words(self) -> &'static str {
        match self {
            IsTest::Null => "NULL",
            IsTest::True => "TRUE",
            IsTest::False => "FALSE",
            IsTest::Unknown => "UNKNOWN",
            IsTest::Set => "A SET",
            IsTest::Empty => "EMPTY",
            IsTest::JsonValue => "JSON VALUE",
            IsTest::JsonObject => "JSON OBJECT",
            IsTest::JsonArray => "JSON ARRAY",
            IsTest::JsonScalar => "JSON SCALAR",
        }
    }
}

impl LikeOp {
    fn words(self) -> &'static str {
        match self {
            LikeOp::Like => "LIKE",
            LikeOp::ILike => "ILIKE",
            LikeOp::RLike => "RLIKE",
            LikeOp::SimilarTo => "SIMILAR TO",
        }
    }
}

impl CollectionKind {
    fn word(self) -> &'static str {
        match self {
            CollectionKind::Array => "ARRAY",
            CollectionKind::Multiset => "MULTISET",
            CollectionKind::Map => "MAP",
        }
    }
}

impl TrimSide {
    fn word(self) -> &'static str {
        match self {
            TrimSide::Both => "BOTH",
            TrimSide::Leading => "LEADING",
            TrimSide::Trailing => "TRAILING",
        }
    }
}
