//! Interval joins: conditions that keep the times of both rows close to each other.

use dataflow::{Expr, ExprKind, Literal, TimeAttribute, TypeKind};

use super::columns::conjuncts;

/// How far the times of two rows that match are apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interval {
    /// The time column of the left side.
    pub left: usize,
    /// That of the right side.
    pub right: usize,
    /// Whether it is event time.
    pub is_rowtime: bool,
    /// The left time minus the right time is at least this, ms.
    pub lower: i64,
    /// And at most this. Below `lower` when nothing can match.
    pub upper: i64,
    /// The terms of the condition that are not about the times.
    pub rest: Vec<Expr>,
}

/// A comparison of the times of both sides: the left time minus the right time against a constant.
struct TimeTerm {
    left: usize,
    right: usize,
    is_rowtime: bool,
    lower: Option<i64>,
    upper: Option<i64>,
}

/// The interval of a join condition; `width` is the number of left columns. As in Flink there must be one equality of the times, or one bound on
/// each side and no third one.
pub(crate) fn interval_of(condition: &Expr, width: usize) -> Option<Interval> {
    let mut found: Vec<TimeTerm> = Vec::new();
    let mut rest = Vec::new();
    for term in conjuncts(condition.clone()) {
        match time_term(&term, width) {
            Some(time) => found.push(time),
            None => rest.push(term),
        }
    }
    let first = found.first()?;
    let same = |term: &TimeTerm| (term.left, term.right) == (first.left, first.right);
    if found.len() > 2 || !found.iter().all(same) {
        return None;
    }
    let lower = match found.iter().filter_map(|term| term.lower).collect::<Vec<_>>().as_slice() {
        [lower] => *lower,
        _ => return None,
    };
    let upper = match found.iter().filter_map(|term| term.upper).collect::<Vec<_>>().as_slice() {
        [upper] => *upper,
        _ => return None,
    };
    Some(Interval { left: first.left, right: first.right, is_rowtime: first.is_rowtime, lower, upper, rest })
}

fn time_term(term: &Expr, width: usize) -> Option<TimeTerm> {
    let ExprKind::Call { function, args } = &term.kind else { return None };
    let [a, b] = args.as_slice() else { return None };
    let (time, other) = (time_and_offset(a)?, time_and_offset(b)?);
    if time.attribute != other.attribute {
        return None;
    }
    let is_turned = match (time.column < width, other.column < width) {
        (true, false) => false,
        (false, true) => true,
        _ => return None,
    };
    let (left, right) = if is_turned { (other, time) } else { (time, other) };
    // left + offset OP right + offset
    let bound = right.offset.checked_sub(left.offset)?;
    let is_above = |function: &str| (function == ">" || function == ">=") != is_turned;
    let (lower, upper) = match function.as_str() {
        // Equal to a computed time is equality of keys.
        "=" if left.offset == 0 && right.offset == 0 => (Some(bound), Some(bound)),
        ">" | "<" if is_above(function) => (Some(bound.checked_add(1)?), None),
        ">=" | "<=" if is_above(function) => (Some(bound), None),
        ">" | "<" => (None, Some(bound.checked_sub(1)?)),
        ">=" | "<=" => (None, Some(bound)),
        _ => return None,
    };
    let is_rowtime = left.attribute == TimeAttribute::Rowtime;
    Some(TimeTerm { left: left.column, right: right.column - width, is_rowtime, lower, upper })
}

/// A time attribute, and what is added to it, ms.
struct Time {
    column: usize,
    attribute: TimeAttribute,
    offset: i64,
}

fn time_and_offset(expr: &Expr) -> Option<Time> {
    match &expr.kind {
        ExprKind::Column(column) => {
            let attribute = expr.ty.time_attribute();
            (attribute != TimeAttribute::None).then_some(Time { column: *column, attribute, offset: 0 })
        }
        ExprKind::Call { function, args } if matches!(function.as_str(), "+" | "-") => {
            let [a, b] = args.as_slice() else { return None };
            match (function.as_str(), constant_millis(a), constant_millis(b)) {
                (_, Some(_), Some(_)) => None,
                ("+", Some(offset), None) => shifted(b, offset),
                ("+", None, Some(offset)) => shifted(a, offset),
                ("-", None, Some(offset)) => shifted(a, offset.checked_neg()?),
                _ => None,
            }
        }
        _ => None,
    }
}

fn shifted(time: &Expr, by: i64) -> Option<Time> {
    let time = time_and_offset(time)?;
    Some(Time { offset: time.offset.checked_add(by)?, ..time })
}

fn constant_millis(expr: &Expr) -> Option<i64> {
    match (&expr.kind, &expr.ty.kind) {
        (ExprKind::Literal(Literal::Int(millis)), TypeKind::IntervalDayTime) => Some(*millis),
        // As Flink counts them: from the beginning of 1970 on.
        (ExprKind::Literal(Literal::Int(months)), TypeKind::IntervalYearMonth) => {
            let epoch = chrono::NaiveDate::default();
            let count = chrono::Months::new(u32::try_from(months.unsigned_abs()).ok()?);
            let end = if *months < 0 { epoch.checked_sub_months(count) } else { epoch.checked_add_months(count) };
            Some(end?.signed_duration_since(epoch).num_milliseconds())
        }
        _ => None,
    }
}
