//! Which columns only ever grow or shrink while their row is updated, as Flink's RelModifiedMonotonicity: a MAX over a column that grows need not
//! know what was taken back.

use dataflow::operator_spec::{CalcSpec, GroupAggregateSpec, OperatorSpec};
use dataflow::{AggregateCall, Expr, ExprKind};

use super::{NodeId, PhysicalPlan};

/// What updates do to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Monotonicity {
    /// They leave it as it is.
    Constant,
    /// They never make it smaller.
    Increasing,
    /// They never make it greater.
    Decreasing,
    /// Anything.
    Any,
}

use Monotonicity::{Any, Constant, Decreasing, Increasing};

/// What updates do to the columns of the rows that these nodes emit; `None` where rows may be deleted, or nothing is known.
fn of(plan: &PhysicalPlan, nodes: &[NodeId]) -> Option<Vec<Monotonicity>> {
    let [node] = nodes else {
        return None;
    };
    let node = &plan.nodes[*node];
    if node.changes.is_insert_only() {
        return Some(vec![Constant; node.output.len()]);
    }
    if node.changes.deletes {
        return None;
    }
    let inputs: Vec<NodeId> = node.inputs.iter().map(|edge| edge.source).collect();
    match &node.spec {
        OperatorSpec::Calc(calc) => of_calc(calc, &of(plan, &inputs)?),
        OperatorSpec::GroupAggregate(spec) => of_aggregate(spec, &of(plan, &inputs)?),
        OperatorSpec::GlobalGroupAggregate(spec) => {
            let locals = inputs.iter().flat_map(|&local| &plan.nodes[local].inputs);
            of_aggregate(&spec.aggregate, &of(plan, &locals.map(|edge| edge.source).collect::<Vec<_>>())?)
        }
        _ => None,
    }
}

fn of_calc(calc: &CalcSpec, input: &[Monotonicity]) -> Option<Vec<Monotonicity>> {
    // A filter over what changes takes rows away.
    if calc.condition.as_ref().is_some_and(|condition| of_expr(condition, input) != Constant) {
        return None;
    }
    Some(calc.projection.expressions.iter().map(|expr| of_expr(expr, input)).collect())
}

fn of_expr(expr: &Expr, input: &[Monotonicity]) -> Monotonicity {
    if let ExprKind::Column(column) = expr.kind {
        return input[column];
    }
    let mut is_constant = crate::logical::is_deterministic(expr);
    expr.for_each_column(&mut |column| is_constant &= input[column] == Constant);
    if is_constant { Constant } else { Any }
}

fn of_aggregate(spec: &GroupAggregateSpec, input: &[Monotonicity]) -> Option<Vec<Monotonicity>> {
    if spec.keys.iter().any(|&key| input[key] != Constant) {
        return None;
    }
    let calls = spec.aggregates.iter().map(|call| of_call(call, input, !spec.input_retracts));
    Some(spec.keys.iter().map(|_| Constant).chain(calls).collect())
}

fn of_call(call: &AggregateCall, input: &[Monotonicity], inserts_only: bool) -> Monotonicity {
    let argument = call.args.first().map_or(Any, |&column| input[column]);
    match call.function.as_str() {
        "COUNT" if inserts_only => Increasing,
        "MAX" if inserts_only || argument == Increasing => Increasing,
        "MIN" if inserts_only || argument == Decreasing => Decreasing,
        _ => Any,
    }
}

/// The calls, by index, over rows of these nodes that are the same when nothing is taken back.
pub(super) fn insert_only_calls(
    plan: &PhysicalPlan,
    nodes: &[NodeId],
    keys: &[usize],
    calls: &[AggregateCall],
) -> Vec<usize> {
    let Some(input) = of(plan, nodes) else {
        return Vec::new();
    };
    if keys.iter().any(|&key| input[key] != Constant) {
        return Vec::new();
    }
    let is_one = |call: &AggregateCall| {
        matches!((call.function.as_str(), of_call(call, &input, false)), ("MAX", Increasing) | ("MIN", Decreasing))
    };
    (0..calls.len()).filter(|&index| is_one(&calls[index])).collect()
}
