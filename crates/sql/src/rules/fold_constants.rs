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
/// A constant that cannot be computed (`1 / 0`) is left to the job, as in Flink: it fails at the first row that needs it.
///
/// # Errors
/// When what is calculated with FLOAT constants has no value.
pub(super) fn fold_constants(plan: &mut LogicalPlan, context: &EvalContext) -> Result<(), SqlError> {
    for expr in plan.exprs_mut() {
        fold(expr, context)?;
    }
    for input in plan.inputs_mut() {
        fold_constants(input, context)?;
    }
    Ok(())
}

fn fold(expr: &mut Expr, context: &EvalContext) -> Result<(), SqlError> {
    if matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Column(_)) {
        return Ok(());
    }
    for child in expr.children_mut() {
        fold(child, context)?;
    }
    cut_branches(expr);
    compare_with_itself(expr);
    if !is_constant(expr) || !has_literals(&expr.ty.kind) || matches!(expr.kind, ExprKind::Literal(_)) {
        return Ok(());
    }
    match ::expr::fold(expr, context) {
        Ok(literal) => {
            expr.kind = ExprKind::Literal(as_flink_writes(literal, expr));
            Ok(())
        }
        // A value that no literal can hold is no mistake, but for what Flink calculates in FLOAT.
        Err(_) => {
            let is_float = expr.ty.kind == TypeKind::Float && matches!(expr.kind, ExprKind::Call { .. });
            if is_float && evaluate(expr, context).is_ok() {
                return Err(SqlError::validation("Infinite or NaN", Span::default())
                    .with_detail("the result of a calculation with FLOAT constants is out of range"));
            }
            Ok(())
        }
    }
}

/// The constant as Flink keeps it: what is calculated in FLOAT has seven digits, a FLOAT becomes the DOUBLE that is written like it, zero has
/// no sign, and CHAR is cut to its length.
fn as_flink_writes(literal: Literal, expr: &Expr) -> Literal {
    match (literal, &expr.ty.kind) {
        (Literal::Float(0.0), _) => Literal::Float(0.0),
        (Literal::Float(value), TypeKind::Double) if is_float_cast(expr) => {
            Literal::Float((value as f32).to_string().parse().expect("a number that was just written"))
        }
        (Literal::Float(value), TypeKind::Float) if matches!(expr.kind, ExprKind::Call { .. }) => {
            let rounded: f32 = format!("{value:.6e}").parse().expect("a number that was just written");
            Literal::Float(rounded.into())
        }
        (Literal::String(mut text), TypeKind::Char { length }) => {
            let mut units = 0;
            let beyond = text.char_indices().find(|(_, c)| {
                units += c.len_utf16();
                units > *length as usize
            });
            if let Some((at, _)) = beyond {
                text.truncate(at);
            }
            Literal::String(text)
        }
        (literal, _) => literal,
    }
}

fn is_float_cast(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Cast { input, .. } if input.ty.kind == TypeKind::Float)
}

/// `a = a` is TRUE and `a < a` FALSE where `a` is never NULL, whatever it is: NaN too.
fn compare_with_itself(expr: &mut Expr) {
    let ExprKind::Call { function, args } = &expr.kind else {
        return;
    };
    let holds = match function.as_str() {
        "=" | "<=" | ">=" => true,
        "<>" | "<" | ">" => false,
        _ => return,
    };
    if let [left, right] = args.as_slice()
        && left == right
        && !left.ty.nullable
        && is_deterministic(left)
    {
        *expr = crate::bind::boolean(holds);
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
