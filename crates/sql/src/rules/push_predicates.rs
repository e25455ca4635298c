//! Predicates go down: through projections, past the keys of aggregations, to the sides of joins, into every input of a union.

use dataflow::operator_spec::{JoinType, WindowAssigner};
use dataflow::{Expr, ExprKind, Literal};

use crate::logical::{Join, LogicalPlan, conjunction, conjuncts, is_deterministic, substitute};

/// Puts every predicate as low as it may be evaluated.
pub(super) fn push_predicates(plan: LogicalPlan) -> LogicalPlan {
    push(plan, Vec::new())
}

/// The plan with these predicates, over its output, applied in or below it.
fn push(plan: LogicalPlan, mut predicates: Vec<Expr>) -> LogicalPlan {
    match plan {
        LogicalPlan::Filter(node) => {
            let mut all = conjuncts(node.condition);
            all.append(&mut predicates);
            let (movable, fixed) = all.into_iter().partition(is_deterministic);
            filter(push(*node.input, movable), fixed)
        }
        LogicalPlan::Project(mut node) => {
            let through = |predicate: &Expr| is_deterministic(&substitute(predicate, &node.exprs));
            let (movable, fixed): (Vec<Expr>, Vec<Expr>) = predicates.into_iter().partition(through);
            let movable = movable.iter().map(|predicate| substitute(predicate, &node.exprs)).collect();
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::Project(node), fixed)
        }
        LogicalPlan::Aggregate(mut node) => {
            let keys = node.keys.clone();
            let (movable, fixed) = split_by_keys(predicates, &keys);
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::Aggregate(node), fixed)
        }
        LogicalPlan::WindowAggregate(mut node) => {
            let keys = node.keys.clone();
            let (movable, fixed) = split_by_keys(predicates, &keys);
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::WindowAggregate(node), fixed)
        }
        LogicalPlan::WindowTableFunction(mut node) => {
            // Rows that are left out of a session change its bounds, unless whole partitions are left out.
            let is_session = matches!(node.window.assigner, WindowAssigner::Session { .. });
            let width = node.input.output().len();
            let passes = |index: usize| if is_session { node.partition.contains(&index) } else { index < width };
            let (movable, fixed) = predicates.into_iter().partition(|predicate| reads_only(predicate, &passes));
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::WindowTableFunction(node), fixed)
        }
        LogicalPlan::Unnest(mut node) => {
            let width = node.input.output().len();
            let (movable, fixed): (Vec<Expr>, Vec<Expr>) =
                predicates.into_iter().partition(|predicate| reads_only(predicate, &|index| index < width));
            node.outer &= !fixed.iter().any(|predicate| refuses(predicate, &|index| index >= width));
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::Unnest(node), fixed)
        }
        LogicalPlan::OverAggregate(mut node) => {
            let (movable, fixed) = split_by_partition(predicates, &node.partition);
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::OverAggregate(node), fixed)
        }
        LogicalPlan::Rank(mut node) => {
            let (movable, fixed) = split_by_partition(predicates, &node.partition);
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::Rank(node), fixed)
        }
        LogicalPlan::Changelog(mut node) => {
            *node.input = push(node.input.take(), Vec::new());
            filter(LogicalPlan::Changelog(node), predicates)
        }
        LogicalPlan::Match(mut node) => {
            *node.input = push(node.input.take(), Vec::new());
            filter(LogicalPlan::Match(node), predicates)
        }
        LogicalPlan::Sort(mut node) => {
            let (movable, fixed) =
                if node.fetch.is_none() { (predicates, Vec::new()) } else { (Vec::new(), predicates) };
            *node.input = push(node.input.take(), movable);
            filter(LogicalPlan::Sort(node), fixed)
        }
        LogicalPlan::Join(node) => push_into_join(node, predicates),
        LogicalPlan::Union(mut node) => {
            node.inputs = node.inputs.into_iter().map(|input| push(input, predicates.clone())).collect();
            LogicalPlan::Union(node)
        }
        LogicalPlan::Expand(mut node) => {
            *node.input = push(node.input.take(), Vec::new());
            filter(LogicalPlan::Expand(node), predicates)
        }
        LogicalPlan::Scan(_) | LogicalPlan::Values(_) => filter(plan, predicates),
    }
}

fn filter(plan: LogicalPlan, predicates: Vec<Expr>) -> LogicalPlan {
    match conjunction(predicates) {
        Some(condition) => plan.filter(condition),
        None => plan,
    }
}

fn reads_only(expr: &Expr, passes: &impl Fn(usize) -> bool) -> bool {
    let mut only = true;
    expr.for_each_column(&mut |index| only &= passes(index));
    only
}

/// Predicates over columns of PARTITION BY, which leave out whole partitions; and the others.
fn split_by_partition(predicates: Vec<Expr>, partition: &[usize]) -> (Vec<Expr>, Vec<Expr>) {
    let movable =
        |predicate: &Expr| !partition.is_empty() && reads_only(predicate, &|index| partition.contains(&index));
    predicates.into_iter().partition(movable)
}

/// Predicates over grouping keys, told in the input's columns; and the others.
fn split_by_keys(predicates: Vec<Expr>, keys: &[usize]) -> (Vec<Expr>, Vec<Expr>) {
    // A predicate without columns would decide whether a global aggregate sees rows, not whether its result is shown.
    let movable = |predicate: &Expr| !keys.is_empty() && reads_only(predicate, &|index| index < keys.len());
    let (mut down, fixed): (Vec<Expr>, Vec<Expr>) = predicates.into_iter().partition(movable);
    for predicate in &mut down {
        predicate.map_columns(&mut |index| keys[index]);
    }
    (down, fixed)
}

fn push_into_join(mut node: Join, predicates: Vec<Expr>) -> LogicalPlan {
    let width = node.left.output().len();
    let on_left = |expr: &Expr| reads_only(expr, &|index| index < width);
    let on_right = |expr: &Expr| reads_only(expr, &|index| index >= width);
    node.join_type = without_needless_pads(node.join_type, width, &predicates);
    let (mut left, mut right, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
    let mut condition = conjuncts(std::mem::replace(&mut node.condition, crate::bind::boolean(true)));
    // Above an outer join a predicate also judges the rows filled with NULLs, so only the preserved side may take it.
    for predicate in predicates {
        match node.join_type {
            JoinType::Inner => condition.push(predicate),
            JoinType::Left | JoinType::Semi | JoinType::Anti if on_left(&predicate) => left.push(predicate),
            JoinType::Right if on_right(&predicate) => right.push(predicate),
            _ => fixed.push(predicate),
        }
    }
    // In ON, the side whose rows are not preserved may be filtered early; not the versions of a table, of which the latest counts.
    let (take_left, take_right) = match node.join_type {
        join_type if node.temporal.is_some() => (join_type == JoinType::Inner, false),
        JoinType::Inner | JoinType::Semi => (true, true),
        JoinType::Left | JoinType::Anti => (false, true),
        JoinType::Right => (true, false),
        JoinType::Full => (false, false),
    };
    let mut rest = Vec::new();
    for term in condition {
        if !is_deterministic(&term) || is_literal(&term) {
            rest.push(term);
        } else if take_left && on_left(&term) {
            left.push(term);
        } else if take_right && on_right(&term) {
            right.push(term);
        } else {
            rest.push(term);
        }
    }
    for predicate in &mut right {
        predicate.map_columns(&mut |index| index - width);
    }
    node.condition = conjunction(rest).unwrap_or_else(|| crate::bind::boolean(true));
    *node.left = push(node.left.take(), left);
    *node.right = push(node.right.take(), right);
    filter(LogicalPlan::Join(node), fixed)
}

/// Rows padded with NULLs that a predicate above never lets through need not be made.
fn without_needless_pads(join_type: JoinType, width: usize, predicates: &[Expr]) -> JoinType {
    let refused = |is_padded: &dyn Fn(usize) -> bool| predicates.iter().any(|predicate| refuses(predicate, is_padded));
    let pads_right = matches!(join_type, JoinType::Left | JoinType::Full) && !refused(&|index| index >= width);
    let pads_left = matches!(join_type, JoinType::Right | JoinType::Full) && !refused(&|index| index < width);
    match (join_type, pads_left, pads_right) {
        (JoinType::Inner | JoinType::Semi | JoinType::Anti, ..) => join_type,
        (_, false, false) => JoinType::Inner,
        (_, false, true) => JoinType::Left,
        (_, true, false) => JoinType::Right,
        (_, true, true) => JoinType::Full,
    }
}

/// Whether the predicate cannot be TRUE when these columns are NULL.
fn refuses(predicate: &Expr, is_padded: &dyn Fn(usize) -> bool) -> bool {
    if let Some(Literal::Null | Literal::Boolean(false)) = value_of_pads(predicate, is_padded) {
        return true;
    }
    let ExprKind::Call { function, args } = &predicate.kind else {
        return is_null(predicate, is_padded);
    };
    match function.as_str() {
        "AND" => args.iter().any(|arg| refuses(arg, is_padded)),
        "OR" => args.iter().all(|arg| refuses(arg, is_padded)),
        "=" | "<>" | "<" | "<=" | ">" | ">=" | "IS NOT NULL" | "NOT" => args.iter().any(|arg| is_null(arg, is_padded)),
        _ => false,
    }
}

/// The value of an expression when these columns are NULL, where it is known: `CASE WHEN n IS NULL THEN 0 ELSE n END` is 0.
fn value_of_pads(expr: &Expr, is_padded: &dyn Fn(usize) -> bool) -> Option<Literal> {
    let value = |expr: &Expr| value_of_pads(expr, is_padded);
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal.clone()),
        ExprKind::Case { branches, otherwise } => {
            for (condition, result) in branches {
                match value(condition)? {
                    Literal::Boolean(true) => return value(result),
                    Literal::Boolean(false) | Literal::Null => {}
                    _ => return None,
                }
            }
            value(otherwise)
        }
        ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
            ("IS NULL", [arg]) => value(arg).map(|value| Literal::Boolean(value == Literal::Null)),
            ("IS NOT NULL", [arg]) => value(arg).map(|value| Literal::Boolean(value != Literal::Null)),
            ("COALESCE", args) => {
                for arg in args {
                    match value(arg)? {
                        Literal::Null => {}
                        known => return Some(known),
                    }
                }
                Some(Literal::Null)
            }
            ("=" | "<>" | "<" | "<=" | ">" | ">=", [left, right]) => match (value(left)?, value(right)?) {
                (Literal::Int(left), Literal::Int(right)) => Some(Literal::Boolean(match function.as_str() {
                    "=" => left == right,
                    "<>" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    _ => left >= right,
                })),
                (Literal::Null, _) | (_, Literal::Null) => Some(Literal::Null),
                _ => None,
            },
            _ => None,
        },
        _ => is_null(expr, is_padded).then_some(Literal::Null),
    }
}

/// Whether the expression is NULL when these columns are.
fn is_null(expr: &Expr, is_padded: &dyn Fn(usize) -> bool) -> bool {
    match &expr.kind {
        ExprKind::Column(index) => is_padded(*index),
        ExprKind::Cast { input, .. } | ExprKind::Field { input, .. } => is_null(input, is_padded),
        ExprKind::Call { function, args } => {
            let is_strict = matches!(
                function.as_str(),
                "+" | "-" | "*" | "/" | "%" | "NEGATE" | "NOT" | "=" | "<>" | "<" | "<=" | ">" | ">="
            );
            is_strict && args.iter().any(|arg| is_null(arg, is_padded))
        }
        _ => false,
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}
