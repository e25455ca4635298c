//! Aggregations with DISTINCT are split in two, as Flink's SplitAggregateRule (`table.optimizer.distinct-agg.split.enabled`): the first one is
//! also by a bucket of the values, so that a key with very many values is the work of several subtasks; the second one sums that up.
//!
//! ```text
//!   k | COUNT(DISTINCT v), SUM(w)   =>   k | SUM0, SUM   of   k, bucket of v | COUNT(DISTINCT v), SUM(w)
//! ```
//! With values of several columns each row comes once for each of them, with its bucket alone, and once for what needs none. AVG is a sum and a
//! number. Not split: beside aggregates that cannot be summed up by the same kind of aggregate (COLLECT, STDDEV_POP, ...).

use std::convert::Infallible;

use ::expr::functions::resolve;
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use crate::logical::{Aggregate, Expand, LogicalPlan, SplitHalf, identity};

const HASH: &str = "$HASH_CODE";

/// Splits them into this many buckets.
pub(super) fn split_distinct(plan: LogicalPlan, buckets: i64) -> LogicalPlan {
    let split = plan.rewrite_up(&mut |plan| {
        Ok::<_, Infallible>(match plan {
            LogicalPlan::Aggregate(node) => match Split::of(&node, buckets) {
                Some(split) => split.apply(node),
                None => LogicalPlan::Aggregate(node),
            },
            other => other,
        })
    });
    let Ok(plan) = split;
    plan
}

/// How an aggregation is split.
struct Split {
    /// What the first half calculates.
    calls: Vec<PartialCall>,
    /// The values of the aggregation, over the keys and calls of the second half.
    values: Vec<Expr>,
    /// The columns that have buckets, and these.
    hashed: Vec<(usize, Expr)>,
    /// The sets of rows, each with the bucket of a column or none; one where rows need not come several times.
    sets: Vec<Option<usize>>,
}

/// A call of the first half, and in which set of rows it is.
struct PartialCall {
    call: AggregateCall,
    set: Option<usize>,
}

impl Split {
    fn of(node: &Aggregate, buckets: i64) -> Option<Self> {
        let is_counted = |call: &AggregateCall| call.distinct && !matches!(call.function.as_str(), "MIN" | "MAX");
        if !node.calls.iter().any(is_counted) {
            return None;
        }
        let width = node.keys.len();
        let (mut calls, mut values) = (Vec::new(), identity(&node.output));
        values.truncate(width);
        for call in &node.calls {
            outer_function(call)?;
            values.push(decompose(call, node.input.output(), width + calls.len(), &mut calls)?);
        }
        let bucket_of = |call: &AggregateCall| match call.args.as_slice() {
            [column] if needs_bucket(call) && !node.keys.contains(column) => Some(*column),
            _ => None,
        };
        let place = places(&node.input);
        let mut columns: Vec<usize> = calls.iter().filter_map(bucket_of).collect();
        columns.sort_by_key(|&column| place(column));
        columns.dedup();
        let mut sets: Vec<Option<usize>> = columns.iter().copied().map(Some).collect();
        if calls.iter().any(|call| needs_bucket(call) && bucket_of(call).is_none()) {
            sets.push(None);
        }
        if columns.is_empty() {
            return None;
        }
        if sets.len() > 1 && !sets.contains(&None) && !calls.iter().all(needs_bucket) {
            sets.push(None);
        }
        let bucket = |column: usize| {
            let value = Expr::column(column, node.input.output().fields[column].ty.without_time_attribute());
            let buckets = Expr::literal(Literal::Int(buckets), TypeKind::Int.not_null());
            Some((column, call("MOD", vec![call(HASH, vec![value])?, buckets])?))
        };
        let hashed = columns.iter().map(|&column| bucket(column)).collect::<Option<_>>()?;
        // Where rows come several times, a group may have no row for a call.
        let is_nullable =
            |call: &AggregateCall| call.ty.nullable || matches!(call.function.as_str(), "COUNT" | "$SUM0");
        if sets.len() > 1 && !calls.iter().all(is_nullable) {
            return None;
        }
        let only = (sets.len() == 1).then(|| sets[0]);
        let calls = calls.into_iter().map(|call| PartialCall { set: only.unwrap_or_else(|| bucket_of(&call)), call });
        Some(Self { calls: calls.collect(), values, hashed, sets })
    }

    fn apply(self, node: Aggregate) -> LogicalPlan {
        let Aggregate { input, mut keys, state_ttl, output, .. } = node;
        let width = keys.len();
        let below = input.output().len();
        let (mut input, mut fields) = self.with_buckets(*input);
        let mut calls: Vec<AggregateCall> = self.calls.iter().map(|partial| partial.call.clone()).collect();
        if self.sets.len() > 1 {
            input = self.once_for_each_set(input);
            input = self.with_filters(input, &mut calls, below);
            fields = input.output().fields.clone();
        }
        let buckets = below..below + self.hashed.len();
        let mut partial: Vec<Field> = output.fields[..width].to_vec();
        partial.extend(fields[buckets.clone()].iter().cloned());
        let named =
            |(index, call): (usize, &AggregateCall)| Field::new(format!("$f{}", width + index), call.ty.clone());
        let results: Vec<Field> = calls.iter().enumerate().map(named).collect();
        partial.extend(results.iter().cloned());
        keys.extend(buckets);
        let first = keys.len();
        let outer = calls.iter().enumerate().map(|(index, call)| AggregateCall {
            function: outer_function(call).unwrap_or("SUM").to_owned(),
            args: vec![first + index],
            distinct: false,
            filter: None,
            ty: call.ty.clone(),
        });
        let outer = outer.collect();
        let inner = LogicalPlan::Aggregate(Aggregate {
            split: Some(SplitHalf::Partial),
            input: Box::new(input),
            keys,
            calls,
            state_ttl: state_ttl.clone(),
            output: RowType::new(partial),
        });
        let is_plain = self.values.len() == width + results.len();
        let summed = match is_plain {
            true => output.clone(),
            false => RowType::new(output.fields[..width].iter().cloned().chain(results).collect()),
        };
        let plan = LogicalPlan::Aggregate(Aggregate {
            split: Some(SplitHalf::Final),
            input: Box::new(inner),
            keys: (0..width).collect(),
            calls: outer,
            state_ttl,
            output: summed,
        });
        if is_plain { plan } else { plan.project(self.values, output) }
    }

    /// The rows with their buckets behind them.
    fn with_buckets(&self, input: LogicalPlan) -> (LogicalPlan, Vec<Field>) {
        let mut exprs = identity(input.output());
        let mut fields = input.output().fields.clone();
        for (_, bucket) in &self.hashed {
            fields.push(Field::new(format!("$f{}", fields.len()), bucket.ty.with_nullable(true)));
            exprs.push(Expr { ty: bucket.ty.with_nullable(true), ..bucket.clone() });
        }
        (input.project(exprs, RowType::new(fields.clone())), fields)
    }

    /// The number of a set: a bit for each bucket that it has not.
    fn number(&self, set: Option<usize>) -> i64 {
        let lacks = self.hashed.iter().map(|(column, _)| i64::from(set != Some(*column)));
        lacks.fold(0, |bits, lacks| bits << 1 | lacks)
    }

    /// Each row once for each set: with one bucket, or none, and the number of the set.
    fn once_for_each_set(&self, input: LogicalPlan) -> LogicalPlan {
        let row = input.output().clone();
        let below = row.len() - self.hashed.len();
        let project = |&set: &Option<usize>| {
            let mut exprs = identity(&row);
            for (expr, (column, _)) in exprs[below..].iter_mut().zip(&self.hashed) {
                if set != Some(*column) {
                    *expr = Expr::literal(Literal::Null, expr.ty.clone());
                }
            }
            exprs.push(number(self.number(set)));
            exprs
        };
        let projects = self.sets.iter().map(project).collect();
        let mut fields = row.fields;
        fields.push(Field::new("$e", TypeKind::BigInt.not_null()));
        LogicalPlan::Expand(Expand { input: Box::new(input), projects, output: RowType::new(fields) })
    }

    /// The rows with a column behind them for each set: whether a row is of it. Calls are made to look at it.
    fn with_filters(&self, input: LogicalPlan, calls: &mut [AggregateCall], below: usize) -> LogicalPlan {
        let row = input.output().clone();
        let set_column = below + self.hashed.len();
        let mut exprs = identity(&row);
        let mut fields = row.fields.clone();
        exprs.remove(set_column);
        fields.remove(set_column);
        let first = fields.len();
        for (partial, call) in self.calls.iter().zip(calls) {
            let set = self.number(partial.set);
            let of_set = boolean("=", vec![Expr::column(set_column, TypeKind::BigInt.not_null()), number(set)]);
            let (test, name) = match call.filter {
                None => (of_set, format!("$g_{set}")),
                Some(filter) => {
                    let filter_column = Expr::column(filter, row.fields[filter].ty.clone());
                    (boolean("AND", vec![of_set, filter_column]), format!("$g_{set}_{filter}"))
                }
            };
            let known = fields[first..].iter().position(|field| field.name == name);
            call.filter = Some(first + known.unwrap_or(fields.len() - first));
            if known.is_none() {
                fields.push(Field::new(name, test.ty.clone()));
                exprs.push(test);
            }
        }
        input.project(exprs, RowType::new(fields))
    }
}

/// Where a column comes from, for the order of buckets: Flink looks at the rows below a projection that only picks columns, unless the source
/// does this projection.
fn places(input: &LogicalPlan) -> impl Fn(usize) -> usize {
    let mut places: Vec<usize> = (0..input.output().len()).collect();
    if let LogicalPlan::Project(node) = input
        && !matches!(&*node.input, LogicalPlan::Scan(scan) if scan.columns.len() < scan.table.columns.len())
    {
        let columns: Option<Vec<usize>> = node.exprs.iter().map(column_of).collect();
        places = columns.unwrap_or(places);
    }
    move |column| places[column]
}

fn column_of(expr: &Expr) -> Option<usize> {
    match expr.kind {
        ExprKind::Column(column) => Some(column),
        _ => None,
    }
}

/// Adds the calls that a call is made of, the first of which will be at column `at`; returns its value over these.
fn decompose(original: &AggregateCall, input: &RowType, at: usize, calls: &mut Vec<AggregateCall>) -> Option<Expr> {
    if original.function != "AVG" {
        calls.push(original.clone());
        return Some(Expr::column(at, original.ty.clone()));
    }
    let argument = input.fields[original.args[0]].ty.without_time_attribute();
    let sum = ::expr::aggregate::resolve("SUM", &[argument], original.distinct, false).ok()?.result;
    let sum_type = sum.with_nullable(false);
    let count_type = TypeKind::BigInt.not_null();
    let part = |function: &str, ty: &LogicalType| AggregateCall {
        function: function.to_owned(),
        ty: ty.clone(),
        ..original.clone()
    };
    calls.extend([part("$SUM0", &sum_type), part("COUNT", &count_type)]);
    let (sum, count) = (Expr::column(at, sum_type), Expr::column(at + 1, count_type));
    let quotient = call("/", vec![sum, count.clone()])?;
    let ty = original.ty.clone();
    let quotient = if quotient.ty.kind == ty.kind { quotient } else { quotient.cast(ty.clone()) };
    let none = Expr::literal(Literal::Null, ty.with_nullable(true));
    let is_none = boolean("=", vec![count, number(0)]);
    ty.nullable.then(|| Expr {
        kind: ExprKind::Case { branches: vec![(is_none, none)], otherwise: Box::new(quotient) },
        ty: ty.clone(),
    })
}

/// Whether a call is calculated by buckets of its argument.
fn needs_bucket(call: &AggregateCall) -> bool {
    call.distinct || matches!(call.function.as_str(), "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE")
}

/// What sums up the values of several buckets.
fn outer_function(call: &AggregateCall) -> Option<&'static str> {
    match (call.function.as_str(), call.args.len()) {
        ("COUNT", 0 | 1) | ("$SUM0", _) => Some("$SUM0"),
        ("SUM" | "AVG", _) => Some("SUM"),
        ("MIN", _) => Some("MIN"),
        ("MAX", _) => Some("MAX"),
        ("FIRST_VALUE", 1) => Some("FIRST_VALUE"),
        ("LAST_VALUE", 1) => Some("LAST_VALUE"),
        ("LISTAGG", 1) => Some("LISTAGG"),
        _ => None,
    }
}

fn number(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), TypeKind::BigInt.not_null())
}

fn boolean(function: &str, args: Vec<Expr>) -> Expr {
    let nullable = args.iter().any(|arg| arg.ty.nullable);
    Expr::call(function, args, TypeKind::Boolean.not_null().with_nullable(nullable))
}

fn call(function: &str, args: Vec<Expr>) -> Option<Expr> {
    let types: Vec<_> = args.iter().map(|arg| arg.ty.clone()).collect();
    let resolved = resolve(function, &types).ok()?;
    let cast = |(arg, ty): (Expr, &LogicalType)| match arg.ty.kind == ty.kind {
        true => arg,
        false => {
            let ty = ty.with_nullable(arg.ty.nullable);
            arg.cast(ty)
        }
    };
    let args = args.into_iter().zip(&resolved.arg_types).map(cast).collect();
    Some(Expr { kind: ExprKind::Call { function: resolved.function, args }, ty: resolved.result })
}
