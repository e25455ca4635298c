//! A query that can have no rows reads none: `WHERE FALSE`, `LIMIT 0`. Only then an aggregation without keys says at once what it makes of nothing; over
//! a stream it says nothing until a row comes.

use std::collections::BTreeMap;

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, Literal, TypeKind};

use crate::logical::{Aggregate, LogicalPlan, Values, conjuncts};

/// Replaces what is known to be empty.
pub(super) fn prune_empty(plan: LogicalPlan) -> LogicalPlan {
    let rewritten: Result<_, std::convert::Infallible> = plan.rewrite_up(&mut |plan| Ok(pruned(plan)));
    match rewritten {
        Ok(plan) => plan,
    }
}

fn pruned(plan: LogicalPlan) -> LogicalPlan {
    let no_rows = match &plan {
        LogicalPlan::Filter(node) => is_empty(&node.input) || never_holds(&node.condition),
        LogicalPlan::Sort(node) => is_empty(&node.input) || node.fetch == Some(0),
        LogicalPlan::Aggregate(node) if node.keys.is_empty() => return of_nothing(node).unwrap_or(plan),
        LogicalPlan::Project(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::WindowTableFunction(_)
        | LogicalPlan::OverAggregate(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::Expand(_) => plan.inputs().into_iter().all(is_empty),
        LogicalPlan::Join(node) => {
            let (left, right) = (is_empty(&node.left), is_empty(&node.right));
            let never = never_holds(&node.condition);
            match node.join_type {
                JoinType::Inner | JoinType::Semi => left || right || never,
                JoinType::Left | JoinType::Anti => left,
                JoinType::Right => right,
                JoinType::Full => left && right,
            }
        }
        _ => false,
    };
    if no_rows { LogicalPlan::Values(Values { rows: Vec::new(), output: plan.output().clone() }) } else { plan }
}

fn is_empty(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Values(node) if node.rows.is_empty())
}

fn never_holds(condition: &Expr) -> bool {
    let is_never = |term: &Expr| {
        matches!(term.kind, ExprKind::Literal(Literal::Boolean(false)) | ExprKind::Literal(Literal::Null))
    };
    let terms = conjuncts(condition.clone());
    terms.iter().any(is_never) || contradict(&terms)
}

/// Whether terms leave no value for a column: `a > 5 AND a < 3`, `b = 'x' AND b = 'y'`.
fn contradict(terms: &[Expr]) -> bool {
    let mut ranges: BTreeMap<usize, (i128, i128)> = BTreeMap::new();
    let mut texts: BTreeMap<usize, &str> = BTreeMap::new();
    for term in terms {
        let ExprKind::Call { function, args } = &term.kind else { continue };
        let [left, right] = args.as_slice() else { continue };
        let (column, constant, kind, turned) = match (&left.kind, &right.kind) {
            (ExprKind::Column(column), ExprKind::Literal(constant)) => (*column, constant, &left.ty.kind, false),
            (ExprKind::Literal(constant), ExprKind::Column(column)) => (*column, constant, &right.ty.kind, true),
            _ => continue,
        };
        let is_whole = matches!(kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt);
        match constant {
            Literal::String(text)
                if function == "="
                    && matches!(kind, TypeKind::Varchar { .. })
                    && texts.insert(column, text).is_some_and(|other| other != text) =>
            {
                return true;
            }
            Literal::Int(value) if is_whole => {
                let value = i128::from(*value);
                let (low, high) = ranges.entry(column).or_insert((i128::MIN, i128::MAX));
                match (function.as_str(), turned) {
                    ("=", _) => (*low, *high) = ((*low).max(value), (*high).min(value)),
                    (">", false) | ("<", true) => *low = (*low).max(value + 1),
                    (">=", false) | ("<=", true) => *low = (*low).max(value),
                    ("<", false) | (">", true) => *high = (*high).min(value - 1),
                    ("<=", false) | (">=", true) => *high = (*high).min(value),
                    _ => continue,
                }
                if low > high {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// The one row of an aggregation without keys over nothing. As in Flink, only where each aggregate is one of these.
fn of_nothing(node: &Aggregate) -> Option<LogicalPlan> {
    if !is_empty(&node.input) {
        return None;
    }
    let value = |call: &dataflow::AggregateCall| {
        let literal = match call.function.as_str() {
            "COUNT" => Literal::Int(0),
            "SUM" | "MIN" | "MAX" | "AVG" | "STDDEV_POP" | "STDDEV_SAMP" | "VAR_POP" | "VAR_SAMP" => Literal::Null,
            _ => return None,
        };
        Some(Expr::literal(literal, call.ty.clone()))
    };
    let row = node.calls.iter().map(value).collect::<Option<Vec<_>>>()?;
    Some(LogicalPlan::Values(Values { rows: vec![row], output: node.output.clone() }))
}
