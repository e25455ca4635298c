//! A condition on ROW_NUMBER becomes a Top-N: rows beyond the last rank that is wanted need not be kept.

use dataflow::{Expr, ExprKind, Field, Literal, RowType, TypeKind};

use crate::error::SqlError;
use crate::logical::{Filter, LogicalPlan, OverAggregate, Rank, RankEnd, conjunction, conjuncts, identity};

/// Rewrites every such condition.
pub(super) fn recognize_rank(plan: LogicalPlan) -> Result<LogicalPlan, SqlError> {
    plan.rewrite_up(&mut |plan| match plan {
        LogicalPlan::Filter(node) => recognize(node),
        other => Ok(other),
    })
}

/// The ranks that conditions let through.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: i64,
    last: Option<i64>,
}

impl Range {
    fn narrow(&mut self, comparison: &str, bound: i64) {
        let (first, last) = match comparison {
            "=" => (Some(bound), Some(bound)),
            "<" => (None, Some(bound - 1)),
            "<=" => (None, Some(bound)),
            ">" => (Some(bound + 1), None),
            _ => (Some(bound), None),
        };
        self.first = first.map_or(self.first, |first| self.first.max(first));
        self.last = match (self.last, last) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

fn recognize(mut node: Filter) -> Result<LogicalPlan, SqlError> {
    let LogicalPlan::OverAggregate(over) = node.input.as_ref() else { return Ok(LogicalPlan::Filter(node)) };
    let [call] = over.calls.as_slice() else { return Ok(LogicalPlan::Filter(node)) };
    // Beside calls over another window it stays one of an OVER aggregation.
    let is_alone = !matches!(over.input.as_ref(), LogicalPlan::OverAggregate(_));
    if !is_alone || !matches!(call.function.as_str(), "ROW_NUMBER" | "RANK" | "DENSE_RANK") {
        return Ok(LogicalPlan::Filter(node));
    }
    let number = over.input.output().len();
    let mut range = Range { first: 1, last: None };
    let mut rest = Vec::new();
    let mut ranked = false;
    for term in conjuncts(node.condition.clone()) {
        match bound_of(&term, number) {
            Some((comparison, bound)) => {
                range.narrow(comparison, bound);
                ranked = true;
            }
            None => rest.push(term),
        }
    }
    if !ranked {
        let Some((end, rest)) = column_end(rest, number) else { return Ok(LogicalPlan::Filter(node)) };
        let LogicalPlan::OverAggregate(over) = node.input.take() else { unreachable!("matched above") };
        return Ok(with_rest(rank(over, 1, RankEnd::Column(end)), rest));
    }
    if rest.iter().any(|term| reads(term, number)) {
        // As in Flink, a further condition on the rank is one on a column of OVER.
        return Ok(LogicalPlan::Filter(node));
    }
    let Some(last) = range.last else {
        let message =
            "Rank end is not specified. Currently rank only support TopN, which means the rank end must be specified.";
        return Err(SqlError::unsupported(message, over.span).with_hint("add a condition such as rn <= 10"));
    };
    if last <= 0 {
        let message = format!("Rank end should not less than zero, but now is {last}");
        return Err(SqlError::validation(message, over.span));
    }
    let LogicalPlan::OverAggregate(over) = node.input.take() else { unreachable!("matched above") };
    let plan = rank(over, range.first.max(1) as u64, RankEnd::Constant(last as u64));
    Ok(with_rest(plan, rest))
}

fn with_rest(plan: LogicalPlan, rest: Vec<Expr>) -> LogicalPlan {
    match conjunction(rest) {
        Some(condition) => plan.filter(condition),
        None => plan,
    }
}

fn reads(term: &Expr, column: usize) -> bool {
    let mut found = false;
    term.for_each_column(&mut |index| found |= index == column);
    found
}

/// The column that bounds the rank, and the other terms; there is one term about the rank. As in Flink, `<` and `=` bound it as `<=` does.
fn column_end(mut terms: Vec<Expr>, number: usize) -> Option<(usize, Vec<Expr>)> {
    let mut about = (0..terms.len()).filter(|&index| reads(&terms[index], number));
    let (index, None) = (about.next()?, about.next()) else { return None };
    let ExprKind::Call { function, args } = &terms[index].kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let is_number = |expr: &Expr| uncast(expr).kind == ExprKind::Column(number);
    let end = match function.as_str() {
        "=" | "<" | "<=" if is_number(left) => right,
        "=" | ">" | ">=" if is_number(right) => left,
        _ => return None,
    };
    let end = uncast(end);
    let ExprKind::Column(column) = end.kind else { return None };
    let is_counted = matches!(end.ty.kind, TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt);
    (is_counted && column < number).then(|| {
        terms.remove(index);
        (column, terms)
    })
}

/// An integer as it was before it was widened to be compared.
fn uncast(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { input, .. } if is_integer(&input.ty.kind) && is_integer(&expr.ty.kind) => input,
        _ => expr,
    }
}

fn is_integer(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt)
}

/// `column <= 5` or `5 >= column`, for this column.
fn bound_of(term: &Expr, number: usize) -> Option<(&'static str, i64)> {
    let ExprKind::Call { function, args } = &term.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let literal = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => Some(*value),
        _ => None,
    };
    let is_number = |expr: &Expr| expr.kind == ExprKind::Column(number);
    let comparisons = ["=", "<", "<=", ">", ">="];
    let index = comparisons.iter().position(|comparison| comparison == function)?;
    if is_number(left) {
        return Some((comparisons[index], literal(right)?));
    }
    let turned = ["=", ">", ">=", "<", "<="];
    if is_number(right) { Some((turned[index], literal(left)?)) } else { None }
}

fn rank(over: OverAggregate, first: u64, last: RankEnd) -> LogicalPlan {
    let OverAggregate { input, partition, order, mut calls, output, span, .. } = over;
    let function = calls.remove(0).function;
    let width = input.output().len();
    // A rank that is the only one need not be counted.
    let is_single = last == RankEnd::Constant(first) && function == "ROW_NUMBER";
    let number = output.fields[width].clone();
    let rows = input.output().clone();
    let output = if is_single { rows.clone() } else { output };
    let plan = LogicalPlan::Rank(Rank {
        input,
        partition,
        order,
        function,
        first,
        last,
        rank_number: !is_single,
        output,
        span,
    });
    if !is_single {
        return plan;
    }
    let mut exprs = identity(&rows);
    exprs.push(Expr::literal(Literal::Int(first as i64), number.ty.clone()));
    let fields: Vec<Field> = rows.fields.into_iter().chain([number]).collect();
    plan.project(exprs, RowType::new(fields))
}
