//! An expression as SQL-like text, for messages.

use dataflow::{Expr, ExprKind, Literal, LogicalType};

use crate::context::EvalContext;
use crate::literal::to_array;
use crate::render::render_cell;

/// `CAST(x AS INT)`, `(a / $1)`, ...
pub(super) fn describe(expr: &Expr, context: &EvalContext) -> String {
    let inner = |expr: &Expr| describe(expr, context);
    match &expr.kind {
        ExprKind::Column(index) => context.column_name(*index),
        ExprKind::Literal(literal) => constant(literal, &expr.ty, context),
        ExprKind::Call { function, args } => {
            let args: Vec<String> = args.iter().map(inner).collect();
            call(function, &args)
        }
        ExprKind::Cast { input, try_cast } => {
            let verb = if *try_cast { "TRY_CAST" } else { "CAST" };
            format!("{verb}({} AS {})", inner(input), expr.ty.kind)
        }
        ExprKind::Case { branches, otherwise } => {
            let branches: String =
                branches.iter().map(|(when, then)| format!(" WHEN {} THEN {}", inner(when), inner(then))).collect();
            format!("CASE{branches} ELSE {} END", inner(otherwise))
        }
        ExprKind::Field { input, index } => match &input.ty.kind {
            dataflow::TypeKind::Row(row) if *index < row.len() => {
                format!("{}.{}", inner(input), row.fields[*index].name)
            }
            _ => format!("{}.${index}", inner(input)),
        },
    }
}

fn call(function: &str, args: &[String]) -> String {
    match (function, args) {
        ("NEGATE", [a]) => format!("-{a}"),
        ("NOT", [a]) => format!("NOT {a}"),
        ("ITEM", [a, b]) => format!("{a}[{b}]"),
        (suffix, [a]) if suffix.starts_with("IS ") => format!("{a} {suffix}"),
        (operator, [a, b])
            if !operator.starts_with(char::is_alphabetic) || matches!(operator, "AND" | "OR" | "LIKE") =>
        {
            format!("({a} {operator} {b})")
        }
        _ => format!("{function}({})", args.join(", ")),
    }
}

fn constant(literal: &Literal, ty: &LogicalType, context: &EvalContext) -> String {
    if let Literal::String(text) = literal {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::new();
    match to_array(literal, ty) {
        Ok(array) => render_cell(&array, 0, ty, context.time_zone, &mut out),
        Err(_) => out.push('?'),
    }
    out
}
