//! Which casts exist: implicit ones (into a sink column, for instance) and those that CAST allows.

use dataflow::types::{LogicalType, TypeKind};

use super::decimal::DecimalShape;
use super::names::calcite_name;
use super::{is_binary, is_character, is_integer, is_numeric, is_timestamp};

/// Whether Flink inserts this cast by itself: no value is lost, apart from lengths and precisions.
pub fn can_cast_implicitly(from: &LogicalType, to: &LogicalType) -> bool {
    if from.nullable && !to.nullable {
        return false;
    }
    casts_implicitly(&from.kind, &to.kind)
}

fn casts_implicitly(from: &TypeKind, to: &TypeKind) -> bool {
    use TypeKind::*;
    match (from, to) {
        (Null, _) => true,
        (a, b) if a == b => true,
        (Char { .. }, Char { .. }) | (Binary { .. }, Binary { .. }) => true,
        (a, Varchar { .. }) => is_character(a),
        (a, Varbinary { .. }) => is_binary(a),
        (a, Decimal { .. } | Double) => is_numeric(a),
        (a, Float) => is_integer(a) || matches!(a, Decimal { .. }),
        (a, b) if is_integer(a) && is_integer(b) => whole_digits(a) <= whole_digits(b),
        (Timestamp { .. }, Date | Time { .. }) | (TimestampLtz { .. }, Date | Time { .. }) => true,
        (Time { .. }, Time { .. }) => true,
        (a, b) if is_timestamp(a) && is_timestamp(b) => true,
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => can_cast_implicitly(a, b),
        (Map(ak, av), Map(bk, bv)) => can_cast_implicitly(ak, bk) && can_cast_implicitly(av, bv),
        (Row(a), Row(b)) => {
            a.len() == b.len() && a.fields.iter().zip(&b.fields).all(|(a, b)| can_cast_implicitly(&a.ty, &b.ty))
        }
        _ => false,
    }
}

fn whole_digits(kind: &TypeKind) -> Option<u8> {
    DecimalShape::of(kind).map(|shape| shape.precision)
}

/// Whether `CAST(from AS to)` is allowed.
pub fn can_cast(from: &LogicalType, to: &LogicalType) -> bool {
    use TypeKind::*;
    let (from, to) = (&from.kind, &to.kind);
    if casts_implicitly(from, to) {
        return true;
    }
    match (from, to) {
        (_, Null) => false,
        (Variant, _) | (_, Variant | Bitmap) => false,
        (_, Char { .. } | Varchar { .. }) => true,
        (a, Boolean) => is_character(a) || is_numeric(a),
        (a, Binary { .. } | Varbinary { .. }) => is_character(a) || is_binary(a),
        (a, b) if is_numeric(b) => is_numeric(a) || is_character(a) || *a == Boolean,
        (a, Date | Time { .. }) => is_character(a) || is_timestamp(a),
        (Date | Time { .. }, b) if is_timestamp(b) => true,
        (a, b) if is_timestamp(b) => is_character(a),
        (a, IntervalYearMonth | IntervalDayTime) => is_integer(a),
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => can_cast(a, b),
        (Map(ak, av), Map(bk, bv)) => can_cast(ak, bk) && can_cast(av, bv),
        (Row(a), Row(b)) => a.len() == b.len() && a.fields.iter().zip(&b.fields).all(|(a, b)| can_cast(&a.ty, &b.ty)),
        _ => false,
    }
}

/// Flink's words for a cast that it refuses with a hint, or its plain refusal.
pub fn cast_refusal(from: &LogicalType, to: &LogicalType) -> String {
    if is_timestamp(&from.kind) && is_numeric(&to.kind) {
        return "The cast from TIMESTAMP type to NUMERIC type is not allowed. It's recommended to use \
                UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) instead."
            .to_owned();
    }
    if is_numeric(&from.kind) && is_timestamp(&to.kind) {
        return "The cast from NUMERIC type to TIMESTAMP type is not allowed. It's recommended to use \
                TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)) instead, note the numeric is in seconds."
            .to_owned();
    }
    let (from, to) = (calcite_name(&from.kind), calcite_name(&to.kind));
    format!("Cast function cannot convert value of type {from} to type {to}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_are_flinks() {
        use TypeKind::*;
        let cast = |from: TypeKind, to: TypeKind| can_cast(&from.nullable(), &to.nullable());
        let implicitly = |from: TypeKind, to: TypeKind| can_cast_implicitly(&from.nullable(), &to.nullable());
        let ltz = TypeKind::timestamp_ltz(3);
        assert!(implicitly(Int, BigInt) && !implicitly(BigInt, Int));
        assert!(implicitly(Int, Double) && implicitly(Decimal { precision: 5, scale: 2 }, Float));
        assert!(implicitly(Char { length: 3 }, TypeKind::STRING) && !implicitly(TypeKind::STRING, Int));
        assert!(cast(TypeKind::STRING, Int) && cast(Boolean, Int) && cast(Double, Boolean) && cast(ltz, Date));
        assert!(cast(Int, IntervalYearMonth) && !cast(IntervalYearMonth, Int));
        assert!(!cast(Int, TypeKind::BYTES) && !cast(Date, Int) && !cast(TypeKind::timestamp(3), BigInt));
        assert!(!can_cast_implicitly(&Int.nullable(), &Int.not_null()));
        let array = |kind: TypeKind| Array(Box::new(kind.nullable()));
        assert!(
            cast(array(TypeKind::STRING), array(Int)) && !cast(array(Int), Int) && cast(array(Int), TypeKind::STRING)
        );
    }

    #[test]
    fn refusals_are_flinks() {
        assert_eq!(
            cast_refusal(&TypeKind::Int.not_null(), &TypeKind::BYTES.not_null()),
            "Cast function cannot convert value of type INTEGER to type VARBINARY(2147483647)"
        );
    }
}
