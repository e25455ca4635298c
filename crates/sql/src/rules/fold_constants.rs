//! Constant folding: what does not depend on rows is computed once, here.

use ::expr::EvalContext;
use dataflow::{Expr, ExprKind, Literal, TypeKind};

use crate::logical::{LogicalPlan, is_deterministic};

/// Folds the constant parts of every expression. What fails to fold is left: it may never be reached, and if it is, the job says why it failed.
pub(super) fn fold_constants(plan: &mut LogicalPlan, context: &EvalContext) {
    for expr in plan.exprs_mut() {
        fold(expr, context);
    }
    for input in plan.inputs_mut() {
        fold_constants(input, context);
    }
}

fn fold(expr: &mut Expr, context: &EvalContext) {
    if matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Column(_)) {
        return;
    }
    if is_constant(expr) && has_literals(&expr.ty.kind) {
        match ::expr::fold(expr, context) {
            Ok(Literal::Float(value)) if !value.is_finite() => {}
            Ok(literal) => {
                expr.kind = ExprKind::Literal(literal);
                return;
            }
            Err(_) => {}
        }
    }
    for child in expr.children_mut() {
        fold(child, context);
    }
}

fn is_constant(expr: &Expr) -> bool {
    let mut reads = false;
    expr.for_each_column(&mut |_| reads = true);
    !reads && is_deterministic(expr)
}

/// Whether values of the type can be written as a [`Literal`].
fn has_literals(kind: &TypeKind) -> bool {
    !matches!(kind, TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_))
}
