//! The common type of several: what CASE, COALESCE, set operations, VALUES and comparisons cast their operands to.

use dataflow::types::{Field, LogicalType, RowType, TypeKind};

use super::decimal::DecimalShape;
use super::{is_approximate, is_character, is_exact};

/// The least restrictive type that all of these cast to, nullable when one of them is; `None` when there is none.
pub fn common_type(types: &[LogicalType]) -> Option<LogicalType> {
    merged(types, approximate)
}

/// What Flink's own functions (COALESCE, GREATEST, ARRAY_CONCAT, ...) cast their arguments to: as [`common_type`], but for numbers one of
/// which is approximate.
pub(crate) fn argument_type(types: &[LogicalType]) -> Option<LogicalType> {
    merged(types, approximate_argument)
}

/// The type of two numbers one of which is approximate at least.
type Approximate = fn(&TypeKind, &TypeKind) -> TypeKind;

fn merged(types: &[LogicalType], approximate: Approximate) -> Option<LogicalType> {
    let (first, rest) = types.split_first()?;
    rest.iter().try_fold(first.clone(), |merged, next| {
        let kind = common_kind(&merged.kind, &next.kind, approximate)?;
        let nullable = merged.nullable || next.nullable || is_null(&merged) || is_null(next);
        Some(LogicalType { kind, nullable })
    })
}

fn is_null(ty: &LogicalType) -> bool {
    ty.kind == TypeKind::Null
}

fn common_kind(left: &TypeKind, right: &TypeKind, approximate: Approximate) -> Option<TypeKind> {
    let pair = |left: &LogicalType, right: &LogicalType| merged(&[left.clone(), right.clone()], approximate);
    use TypeKind::*;
    Some(match (left, right) {
        (Null, other) | (other, Null) => other.clone(),
        (a, b) if a == b => a.clone(),
        (Char { length: a }, Char { length: b })
        | (Char { length: a }, Varchar { length: b })
        | (Varchar { length: a }, Char { length: b })
        | (Varchar { length: a }, Varchar { length: b }) => Varchar { length: *a.max(b) },
        (Binary { length: a }, Binary { length: b })
        | (Binary { length: a }, Varbinary { length: b })
        | (Varbinary { length: a }, Binary { length: b })
        | (Varbinary { length: a }, Varbinary { length: b }) => Varbinary { length: *a.max(b) },
        (a, b) if is_exact(a) && is_exact(b) => common_exact(a, b)?,
        (a, b) if (is_approximate(a) || is_exact(a)) && (is_approximate(b) || is_exact(b)) => approximate(a, b),
        (Time { precision: a }, Time { precision: b }) => Time { precision: *a.max(b) },
        (Timestamp { precision: a, .. }, Timestamp { precision: b, .. }) => TypeKind::timestamp(*a.max(b)),
        (
            Timestamp { precision: a, .. } | TimestampLtz { precision: a, .. },
            Timestamp { precision: b, .. } | TimestampLtz { precision: b, .. },
        ) => TypeKind::timestamp_ltz(*a.max(b)),
        (Array(a), Array(b)) => Array(Box::new(pair(a, b)?)),
        (Multiset(a), Multiset(b)) => Multiset(Box::new(pair(a, b)?)),
        (Map(ak, av), Map(bk, bv)) => Map(Box::new(pair(ak, bk)?), Box::new(pair(av, bv)?)),
        (Row(a), Row(b)) if a.len() == b.len() => Row(common_row(a, b, pair)?),
        _ => return None,
    })
}

/// Field by field; the names are those of the first.
fn common_row(
    left: &RowType,
    right: &RowType,
    pair: impl Fn(&LogicalType, &LogicalType) -> Option<LogicalType>,
) -> Option<RowType> {
    let fields = left.fields.iter().zip(&right.fields);
    let fields = fields.map(|(a, b)| Some(Field::new(a.name.clone(), pair(&a.ty, &b.ty)?)));
    fields.collect::<Option<Vec<_>>>().map(RowType::new)
}

fn common_exact(left: &TypeKind, right: &TypeKind) -> Option<TypeKind> {
    let (a, b) = (DecimalShape::of(left)?, DecimalShape::of(right)?);
    let decimal = matches!(left, TypeKind::Decimal { .. }) || matches!(right, TypeKind::Decimal { .. });
    Some(match decimal {
        true => a.common(b).kind(),
        false if a.precision >= b.precision => left.clone(),
        false => right.clone(),
    })
}

/// FLOAT survives an integer; a DECIMAL makes it DOUBLE.
fn approximate(left: &TypeKind, right: &TypeKind) -> TypeKind {
    match (left, right) {
        (TypeKind::Decimal { .. }, _) | (_, TypeKind::Decimal { .. }) => TypeKind::Double,
        // Flink takes them for equally precise, so that the first prevails.
        _ if is_approximate(left) => left.clone(),
        _ => right.clone(),
    }
}

/// Likewise, but FLOAT survives a DECIMAL before it, and DOUBLE is the wider one.
fn approximate_argument(left: &TypeKind, right: &TypeKind) -> TypeKind {
    match (left, right) {
        (_, TypeKind::Decimal { .. } | TypeKind::Double) | (TypeKind::Double, _) => TypeKind::Double,
        _ if is_approximate(right) => right.clone(),
        _ => left.clone(),
    }
}

/// The type that two operands of a comparison are cast to: the common type, or the other side's where one side is text and the other is a
/// date, time or timestamp. `None`: they do not compare.
pub(crate) fn comparison_type(left: &LogicalType, right: &LogicalType) -> Option<LogicalType> {
    let nullable = left.nullable || right.nullable;
    if is_approximate(&left.kind) && is_approximate(&right.kind) && left.kind != right.kind {
        return Some(TypeKind::Double.not_null().with_nullable(nullable));
    }
    if let Some(common) = common_type(&[left.without_time_attribute(), right.without_time_attribute()]) {
        return Some(common);
    }
    if is_character(&left.kind) && super::is_datetime(&right.kind) {
        Some(right.without_time_attribute().with_nullable(nullable))
    } else if is_character(&right.kind) && super::is_datetime(&left.kind) {
        Some(left.without_time_attribute().with_nullable(nullable))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(kinds: &[TypeKind]) -> String {
        let types: Vec<LogicalType> = kinds.iter().map(|kind| kind.clone().not_null()).collect();
        common_type(&types).map_or("none".to_owned(), |ty| ty.to_string())
    }

    #[test]
    fn common_types_are_flinks() {
        use TypeKind::*;
        let decimal = |precision, scale| Decimal { precision, scale };
        let cases = [
            (vec![Int, decimal(2, 1)], "DECIMAL(11, 1) NOT NULL"),
            (vec![TinyInt, BigInt, SmallInt], "BIGINT NOT NULL"),
            (vec![BigInt, Float], "FLOAT NOT NULL"),
            (vec![decimal(5, 2), Float], "DOUBLE NOT NULL"),
            (vec![decimal(38, 10), decimal(38, 20)], "DECIMAL(38, 10) NOT NULL"),
            (vec![Char { length: 1 }, Char { length: 3 }], "VARCHAR(3) NOT NULL"),
            (vec![Char { length: 2 }, Char { length: 2 }], "CHAR(2) NOT NULL"),
            (vec![Char { length: 2 }, TypeKind::STRING], "STRING NOT NULL"),
            (vec![Int, Null], "INT"),
            (vec![TypeKind::timestamp(0), TypeKind::timestamp(1)], "TIMESTAMP(1) NOT NULL"),
            (vec![TypeKind::timestamp(6), TypeKind::timestamp_ltz(3)], "TIMESTAMP_LTZ(6) NOT NULL"),
            (vec![Date, TypeKind::timestamp(3)], "none"),
            (vec![Int, TypeKind::STRING], "none"),
            (vec![Boolean, Int], "none"),
        ];
        for (kinds, expected) in cases {
            assert_eq!(common(&kinds), expected, "{kinds:?}");
        }
    }

    #[test]
    fn text_compares_with_points_in_time() {
        let (text, date) = (TypeKind::STRING.nullable(), TypeKind::Date.not_null());
        assert_eq!(comparison_type(&text, &date), Some(TypeKind::Date.nullable()));
        assert_eq!(comparison_type(&text, &TypeKind::Int.not_null()), None);
    }
}
