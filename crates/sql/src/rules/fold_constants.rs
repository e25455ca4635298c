//! Constant folding: what does not depend on rows is computed once, here.

use std::sync::Arc;

use ::expr::EvalContext;
use arrow_schema::Schema;
use dataflow::{Batch, Expr, ExprKind, Failure, Literal, TypeKind};

use crate::ast::Span;
use crate::error::SqlError;
use crate::logical::{LogicalPlan, is_deterministic};

/// Folds the constant parts of every expression.
///
/// # Errors
/// When a constant that every row needs cannot be computed (`1 / 0`). One in a branch that may never be reached is left to the job.
pub(super) fn fold_constants(plan: &mut LogicalPlan, context: &EvalContext) -> Result<(), SqlError> {
    for expr in plan.exprs_mut() {
        fold(expr, context, true)?;
    }
    for input in plan.inputs_mut() {
        fold_constants(input, context)?;
    }
    Ok(())
}

fn fold(expr: &mut Expr, context: &EvalContext, is_reached: bool) -> Result<(), SqlError> {
    if matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Column(_)) {
        return Ok(());
    }
    let is_lazy = match &expr.kind {
        ExprKind::Case { .. } => true,
        ExprKind::Call { function, .. } => matches!(function.as_str(), "AND" | "OR" | "IF" | "COALESCE" | "IFNULL"),
        _ => false,
    };
    for child in expr.children_mut() {
        fold(child, context, is_reached && !is_lazy)?;
    }
    cut_branches(expr);
    if !is_constant(expr) || !has_literals(&expr.ty.kind) || matches!(expr.kind, ExprKind::Literal(_)) {
        return Ok(());
    }
    match ::expr::fold(expr, context) {
        Ok(Literal::Float(value)) if !value.is_finite() => Ok(()),
        Ok(literal) => {
            expr.kind = ExprKind::Literal(literal);
            Ok(())
        }
        Err(_) if is_lazy || !is_reached => Ok(()),
        // A value that no literal can hold is no mistake.
        Err(_) => evaluate(expr, context).map_err(|failure| SqlError::validation(failure.one_line(), Span::default())),
    }
}

/// Drops the branches of a CASE that are never taken, and all behind one that always is.
fn cut_branches(expr: &mut Expr) {
    let ExprKind::Case { branches, otherwise } = &mut expr.kind else {
        return;
    };
    let is_never = |condition: &Expr| {
        matches!(condition.kind, ExprKind::Literal(Literal::Boolean(false)) | ExprKind::Literal(Literal::Null))
    };
    branches.retain(|(condition, _)| !is_never(condition));
    let always =
        branches.iter().position(|(condition, _)| matches!(condition.kind, ExprKind::Literal(Literal::Boolean(true))));
    if let Some(index) = always {
        **otherwise = branches[index].1.clone();
        branches.truncate(index);
    }
    if branches.is_empty() {
        let nullable = expr.ty.nullable;
        let ExprKind::Case { otherwise, .. } = &mut expr.kind else { return };
        let result = std::mem::replace(otherwise.as_mut(), crate::bind::boolean(true));
        *expr = Expr { ty: result.ty.with_nullable(nullable), kind: result.kind };
    }
}

/// Evaluates a constant for a row without columns.
fn evaluate(expr: &Expr, context: &EvalContext) -> Result<(), Failure> {
    let row = Batch::from_columns(Arc::new(Schema::empty()), Vec::new(), None, 1)?;
    ::expr::compile(expr, context)?.evaluate(&row).map(drop)
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
