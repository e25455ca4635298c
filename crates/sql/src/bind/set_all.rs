//! INTERSECT ALL and EXCEPT ALL: equal rows of both sides are counted, and come as often as they are in both, or more often in the left one.

use dataflow::{AggregateCall, Expr, Field, Literal, LogicalType, RowType, TypeKind};

use super::expr::{call, case_of};
use super::query::union;
use crate::ast::Span;
use crate::error::SqlError;
use crate::logical::{Aggregate, LogicalPlan, Union, Unnest, identity};

/// The rows that are in both, as often as they are in the side that has fewer; or without `is_intersect`, those of the left side, as often as they are
/// there more often than in the right one.
pub(super) fn matched_all(
    left: LogicalPlan,
    right: LogicalPlan,
    is_intersect: bool,
    span: Span,
) -> Result<LogicalPlan, SqlError> {
    let word = if is_intersect { "INTERSECT ALL" } else { "EXCEPT ALL" };
    let LogicalPlan::Union(Union { inputs, output, .. }) = union(vec![left, right], word, span)? else {
        unreachable!("union makes a Union")
    };
    let [left, right]: [LogicalPlan; 2] = inputs.try_into().expect("two inputs were given");
    let one = |value: i64| Expr::literal(Literal::Int(value), TypeKind::BigInt.not_null());
    let none = || Expr::literal(Literal::Null, TypeKind::BigInt.nullable());
    // Marks are counted in INTERSECT and added in EXCEPT.
    let (left, right) = match is_intersect {
        true => (marked(left, vec![one(1), none()]), marked(right, vec![none(), one(1)])),
        false => (marked(left, vec![one(1)]), marked(right, vec![one(-1)])),
    };
    let width = output.len();
    let (function, ty) = match is_intersect {
        true => ("COUNT", TypeKind::BigInt.not_null()),
        false => ("SUM", TypeKind::BigInt.nullable()),
    };
    let counted =
        LogicalPlan::Union(Union { output: left.output().clone(), inputs: vec![left, right], is_expansion: false });
    let marks = width..counted.output().len();
    let counts = aggregate(counted, &output, marks.map(|mark| aggregate_call(function, mark, &ty)).collect());
    let columns = identity(counts.output());
    let (condition, times) = match &columns[width..] {
        [left, right] => {
            let is_there = |count: &Expr| call(">=", vec![count.clone(), one(1)], span);
            let more = call(">", vec![left.clone(), right.clone()], span)?;
            let both = call("AND", vec![is_there(left)?, is_there(right)?], span)?;
            (both, case_of(vec![(more, right.clone())], left.clone(), span)?)
        }
        counts => (call(">", vec![counts[0].clone(), one(0)], span)?, counts[0].clone()),
    };
    let mut fields = output.fields.clone();
    fields.push(Field::new("times", times.ty.clone()));
    let exprs = columns[..width].iter().cloned().chain([times.clone()]).collect();
    let rows = counts.filter(condition).project(exprs, RowType::new(fields));
    let repeated = LogicalPlan::Unnest(Unnest {
        output: rows.output().clone(),
        input: Box::new(rows),
        collection: Expr::column(width, times.ty),
        outer: false,
        with_ordinality: false,
    });
    let columns = identity(repeated.output())[..width].to_vec();
    Ok(repeated.project(columns, output))
}

/// The plan with these columns behind its own.
fn marked(plan: LogicalPlan, marks: Vec<Expr>) -> LogicalPlan {
    let mut fields = plan.output().fields.clone();
    let mut exprs = identity(plan.output());
    for (index, mark) in marks.into_iter().enumerate() {
        fields.push(Field::new(format!("mark{index}"), TypeKind::BigInt.nullable()));
        exprs.push(Expr { ty: TypeKind::BigInt.nullable(), ..mark });
    }
    plan.project(exprs, RowType::new(fields))
}

fn aggregate_call(function: &str, column: usize, ty: &LogicalType) -> AggregateCall {
    AggregateCall { function: function.to_owned(), args: vec![column], distinct: false, filter: None, ty: ty.clone() }
}

fn aggregate(input: LogicalPlan, keys: &RowType, calls: Vec<AggregateCall>) -> LogicalPlan {
    let mut fields = keys.fields.clone();
    fields.extend(calls.iter().enumerate().map(|(index, call)| Field::new(format!("count{index}"), call.ty.clone())));
    let output = RowType::new(fields);
    let (input, keys) = (Box::new(input), (0..keys.len()).collect());
    LogicalPlan::Aggregate(Aggregate { split: None, input, keys, calls, state_ttl: None, output })
}
