//! Small rewrites of expressions that several rules share.

use dataflow::{Expr, ExprKind, Literal, RowType, TimeAttribute, TypeKind};

/// Whether the expression yields the same for the same row, whenever and how often it is evaluated.
pub(crate) fn is_deterministic(expr: &Expr) -> bool {
    let volatile = match &expr.kind {
        ExprKind::Call { function, .. } => ::expr::functions::find(function).is_none_or(|def| !def.deterministic),
        _ => false,
    };
    !volatile && expr.children().into_iter().all(is_deterministic)
}

/// The time attribute of an expression: that of a bare column, which a rowtime column keeps when an interval is added or taken off.
pub(crate) fn time_attribute_of(expr: &Expr) -> TimeAttribute {
    match &expr.kind {
        ExprKind::Column(_) => expr.ty.time_attribute(),
        ExprKind::Call { function, .. } if function == "PROCTIME" => TimeAttribute::Proctime,
        ExprKind::Call { function, args } if matches!(function.as_str(), "+" | "-") => match args.as_slice() {
            [time, interval] | [interval, time]
                if matches!(interval.ty.kind, TypeKind::IntervalDayTime | TypeKind::IntervalYearMonth)
                    && time_attribute_of(time) == TimeAttribute::Rowtime =>
            {
                TimeAttribute::Rowtime
            }
            _ => TimeAttribute::None,
        },
        _ => TimeAttribute::None,
    }
}

/// The terms of an AND, nested ones too.
pub(crate) fn conjuncts(condition: Expr) -> Vec<Expr> {
    match condition.kind {
        ExprKind::Call { function, args } if function == "AND" => args.into_iter().flat_map(conjuncts).collect(),
        ExprKind::Literal(Literal::Boolean(true)) => Vec::new(),
        _ => vec![condition],
    }
}

/// The AND of these; `None` when there are none.
pub(crate) fn conjunction(mut terms: Vec<Expr>) -> Option<Expr> {
    match terms.len() {
        0 => None,
        1 => terms.pop(),
        _ => {
            let nullable = terms.iter().any(|term| term.ty.nullable);
            Some(Expr::call("AND", terms, TypeKind::Boolean.not_null().with_nullable(nullable)))
        }
    }
}

/// The expression over the input of a projection that means what `expr` means over its output.
pub(crate) fn substitute(expr: &Expr, columns: &[Expr]) -> Expr {
    if let ExprKind::Column(index) = expr.kind {
        return columns[index].clone();
    }
    let mut out = expr.clone();
    for child in out.children_mut() {
        *child = substitute(child, columns);
    }
    out
}

/// Each column of a row as an expression.
pub(crate) fn identity(row: &RowType) -> Vec<Expr> {
    row.fields.iter().enumerate().map(|(index, field)| Expr::column(index, field.ty.clone())).collect()
}

/// Whether the expressions are the input's columns, all of them and in order.
pub(crate) fn is_identity(exprs: &[Expr], input: &RowType) -> bool {
    exprs.len() == input.len() && exprs.iter().enumerate().all(|(index, expr)| expr.kind == ExprKind::Column(index))
}
