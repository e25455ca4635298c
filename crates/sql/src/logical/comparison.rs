//! Comparisons with constants, in the type of what is compared.

use dataflow::{Expr, ExprKind, Literal, LogicalType, TypeKind};

/// `CAST(column AS wider) > constant` as `column > constant`, where the constant fits the column's own type: nothing is cast per row.
pub(crate) fn unwrap_comparison(expr: &mut Expr) {
    let ExprKind::Call { function, args } = &mut expr.kind else {
        return;
    };
    if !matches!(function.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">=") {
        return;
    }
    let [left, right] = args.as_mut_slice() else {
        return;
    };
    let (cast, constant) = match (&left.kind, &right.kind) {
        (ExprKind::Cast { .. }, ExprKind::Literal(_)) => (left, right),
        (ExprKind::Literal(_), ExprKind::Cast { .. }) => (right, left),
        _ => return,
    };
    let ExprKind::Cast { input, try_cast: false } = &mut cast.kind else {
        return;
    };
    if !is_lossless(&input.ty.kind, &cast.ty.kind) {
        return;
    }
    if let Some(literal) = retyped_constant(constant, &input.ty) {
        *constant = literal;
        let input = std::mem::replace(input.as_mut(), crate::bind::boolean(true));
        *cast = input;
    }
}

/// Digits before and after the point that values of an exact type have room for.
fn room(kind: &TypeKind) -> Option<(u8, u8)> {
    match kind {
        TypeKind::TinyInt => Some((3, 0)),
        TypeKind::SmallInt => Some((5, 0)),
        TypeKind::Int => Some((10, 0)),
        TypeKind::BigInt => Some((19, 0)),
        TypeKind::Decimal { precision, scale } => Some((precision - scale, *scale)),
        _ => None,
    }
}

/// Whether every value of `from` is one of `to`, so that comparing before or after the cast is the same.
fn is_lossless(from: &TypeKind, to: &TypeKind) -> bool {
    match (room(from), room(to)) {
        (Some((whole, fraction)), Some((to_whole, to_fraction))) => whole <= to_whole && fraction <= to_fraction,
        _ => false,
    }
}

/// A numeric constant in another exact type, if it is exactly representable there.
pub(crate) fn retyped_constant(constant: &Expr, target: &LogicalType) -> Option<Expr> {
    let (unscaled, scale) = match (&constant.kind, &constant.ty.kind) {
        (ExprKind::Literal(Literal::Int(value)), kind) if room(kind).is_some() => (i128::from(*value), 0),
        (ExprKind::Literal(Literal::Decimal(value)), TypeKind::Decimal { scale, .. }) => (*value, *scale),
        _ => return None,
    };
    let ty = target.with_nullable(false);
    let (whole, fraction) = room(&target.kind)?;
    let value = if scale >= fraction {
        let divisor = 10_i128.pow(u32::from(scale - fraction));
        (unscaled % divisor == 0).then_some(unscaled / divisor)?
    } else {
        unscaled.checked_mul(10_i128.pow(u32::from(fraction - scale)))?
    };
    let literal = match target.kind {
        TypeKind::TinyInt => Literal::Int(i8::try_from(value).ok()?.into()),
        TypeKind::SmallInt => Literal::Int(i16::try_from(value).ok()?.into()),
        TypeKind::Int => Literal::Int(i32::try_from(value).ok()?.into()),
        TypeKind::BigInt => Literal::Int(i64::try_from(value).ok()?),
        _ if value.abs() < 10_i128.checked_pow(u32::from(whole + fraction))? => Literal::Decimal(value),
        _ => return None,
    };
    Some(Expr::literal(literal, ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_narrow_only_when_nothing_is_lost() {
        let int = |value| Expr::literal(Literal::Int(value), TypeKind::Int.not_null());
        let decimal = |value, precision, scale| {
            Expr::literal(Literal::Decimal(value), TypeKind::Decimal { precision, scale }.not_null())
        };
        let target = |precision, scale| TypeKind::Decimal { precision, scale }.nullable();
        let cases = [
            (int(5), target(8, 2), Some(Literal::Decimal(500))),
            (int(5_000_000), target(8, 2), None),
            (decimal(1250, 6, 3), target(8, 2), Some(Literal::Decimal(125))),
            (decimal(1255, 6, 3), target(8, 2), None),
            (decimal(30, 3, 1), TypeKind::Int.nullable(), Some(Literal::Int(3))),
            (int(300), TypeKind::TinyInt.nullable(), None),
        ];
        for (constant, target, expected) in cases {
            let found = retyped_constant(&constant, &target).map(|expr| expr.kind);
            assert_eq!(found, expected.map(ExprKind::Literal), "{constant:?} as {target}");
        }
    }
}
