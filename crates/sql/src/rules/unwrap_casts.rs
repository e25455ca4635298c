//! Comparisons with constants that folding has brought out are done in the column's own type.

use dataflow::Expr;

use crate::logical::{LogicalPlan, unwrap_comparison};

/// Rewrites the comparisons of every expression.
pub(super) fn unwrap_casts(plan: &mut LogicalPlan) {
    for expr in plan.exprs_mut() {
        unwrap(expr);
    }
    for input in plan.inputs_mut() {
        unwrap_casts(input);
    }
}

fn unwrap(expr: &mut Expr) {
    expr.children_mut().into_iter().for_each(unwrap);
    unwrap_comparison(expr);
}
