//! Aggregations with DISTINCT of one column are split in two, as Flink's SplitAggregateRule (`table.optimizer.distinct-agg.split.enabled`): the first one is
//! also by a bucket of the column, so that a key with very many values is the work of several subtasks; the second one sums that up.
//!
//! ```text
//!   k | COUNT(DISTINCT v), SUM(w)   =>   k | SUM0, SUM   of   k, bucket of v | COUNT(DISTINCT v), SUM(w)
//! ```
//! Not split: DISTINCT of several columns or beside MIN and MAX of another one, for which Flink makes several rows of each; and beside aggregates that
//! cannot be summed up by the same kind of aggregate (AVG, LISTAGG, ...).

use std::convert::Infallible;

use ::expr::functions::resolve;
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, RowType, TypeKind};

use crate::logical::{Aggregate, LogicalPlan, identity};

const HASH: &str = "$HASH_CODE";

/// Splits them into this many buckets.
pub(super) fn split_distinct(plan: LogicalPlan, buckets: i64) -> LogicalPlan {
    let split = plan.rewrite_up(&mut |plan| {
        Ok::<_, Infallible>(match plan {
            LogicalPlan::Aggregate(node) => match bucket_of(&node, buckets) {
                Some(bucket) => split(node, bucket),
                None => LogicalPlan::Aggregate(node),
            },
            other => other,
        })
    });
    let Ok(plan) = split;
    plan
}

/// The bucket of the column that all DISTINCT calls are of, if the aggregation can be split.
fn bucket_of(node: &Aggregate, buckets: i64) -> Option<Expr> {
    let is_counted = |call: &&AggregateCall| call.distinct && !matches!(call.function.as_str(), "MIN" | "MAX");
    let mut distinct = node.calls.iter().filter(is_counted);
    let &[column] = distinct.next()?.args.as_slice() else { return None };
    let is_alone = |call: &AggregateCall| match call.function.as_str() {
        "MIN" | "MAX" => call.args == [column],
        _ => outer_function(call).is_some(),
    };
    if distinct.any(|call| call.args != [column]) || !node.calls.iter().all(is_alone) {
        return None;
    }
    let value = Expr::column(column, node.input.output().fields[column].ty.without_time_attribute());
    let hash = call(HASH, vec![value])?;
    call("MOD", vec![hash, Expr::literal(Literal::Int(buckets), TypeKind::Int.not_null())])
}

fn call(function: &str, args: Vec<Expr>) -> Option<Expr> {
    let types: Vec<_> = args.iter().map(|arg| arg.ty.clone()).collect();
    let resolved = resolve(function, &types).ok()?;
    Some(Expr { kind: ExprKind::Call { function: resolved.function, args }, ty: resolved.result })
}

/// What sums up the values of several buckets.
fn outer_function(call: &AggregateCall) -> Option<&'static str> {
    match call.function.as_str() {
        "COUNT" | "$SUM0" => Some("$SUM0"),
        "SUM" => Some("SUM"),
        "MIN" => Some("MIN"),
        "MAX" => Some("MAX"),
        _ => None,
    }
}

fn split(node: Aggregate, bucket: Expr) -> LogicalPlan {
    let Aggregate { input, mut keys, calls, state_ttl, output } = node;
    let below = input.output().clone();
    let mut exprs = identity(&below);
    let bucket_field = Field::new(format!("$f{}", below.len()), bucket.ty.clone());
    exprs.push(bucket);
    let mut fields = below.fields.clone();
    fields.push(bucket_field.clone());
    let input = input.project(exprs, RowType::new(fields));
    let width = keys.len();
    keys.push(below.len());
    let mut partial: Vec<Field> = output.fields[..width].to_vec();
    partial.push(bucket_field);
    partial.extend(output.fields[width..].iter().cloned());
    let outer = |(index, call): (usize, &AggregateCall)| AggregateCall {
        function: outer_function(call).unwrap_or("SUM").to_owned(),
        args: vec![width + 1 + index],
        distinct: false,
        filter: None,
        ty: call.ty.clone(),
    };
    let outer = calls.iter().enumerate().map(outer).collect();
    let inner =
        Aggregate { input: Box::new(input), keys, calls, state_ttl: state_ttl.clone(), output: RowType::new(partial) };
    LogicalPlan::Aggregate(Aggregate {
        input: Box::new(LogicalPlan::Aggregate(inner)),
        keys: (0..width).collect(),
        calls: outer,
        state_ttl,
        output,
    })
}
