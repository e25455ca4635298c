//! Watermarks that a query looks at: where CURRENT_WATERMARK is called, the sources below pass on each watermark where Flink does. It does not decide
//! what a watermark is.

use dataflow::operator_spec::OperatorSpec;
use dataflow::{Expr, ExprKind};

use super::{NodeId, PhysicalPlan};

/// Tells the sources below each operator that looks at its watermark.
pub(super) fn show_watermarks(plan: &mut PhysicalPlan) {
    let mut below: Vec<NodeId> = (0..plan.nodes.len()).filter(|&node| looks_at_it(&plan.nodes[node].spec)).collect();
    let mut seen = vec![false; plan.nodes.len()];
    while let Some(node) = below.pop() {
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        let node = &mut plan.nodes[node];
        if let OperatorSpec::Source(source) = &mut node.spec
            && let Some(watermark) = &mut source.watermark
        {
            watermark.every = true;
        }
        below.extend(node.inputs.iter().map(|edge| edge.source));
    }
}

fn looks_at_it(spec: &OperatorSpec) -> bool {
    match spec {
        OperatorSpec::Calc(calc) => calc.condition.iter().chain(&calc.projection.expressions).any(calls_it),
        _ => false,
    }
}

fn calls_it(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function == "CURRENT_WATERMARK")
        || expr.children().into_iter().any(calls_it)
}
