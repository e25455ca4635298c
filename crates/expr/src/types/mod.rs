//! How Flink's logical types relate: the common type of several, what casts implicitly, what casts at all, and the result types of arithmetic.
//!
//! The values themselves are cast in [`crate::cast`]. The rules are those of Flink's `LogicalTypeMerging` and `LogicalTypeCasts` and, where SQL
//! goes through Calcite, of its least restrictive type.

mod casts;
pub mod decimal;
mod merging;
pub(crate) mod names;

pub use casts::{can_cast, can_cast_implicitly, cast_refusal};
pub use merging::common_type;
pub(crate) use merging::{argument_type, comparison_type};

use dataflow::types::TypeKind;

/// Whether it is a number: integers, DECIMAL, FLOAT, DOUBLE.
pub fn is_numeric(kind: &TypeKind) -> bool {
    is_exact(kind) || is_approximate(kind)
}

/// TINYINT, SMALLINT, INT or BIGINT.
pub fn is_integer(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt)
}

/// An integer or DECIMAL.
pub fn is_exact(kind: &TypeKind) -> bool {
    is_integer(kind) || matches!(kind, TypeKind::Decimal { .. })
}

/// FLOAT or DOUBLE.
pub fn is_approximate(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Float | TypeKind::Double)
}

/// CHAR or VARCHAR.
pub fn is_character(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Char { .. } | TypeKind::Varchar { .. })
}

/// BINARY or VARBINARY.
pub fn is_binary(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Binary { .. } | TypeKind::Varbinary { .. })
}

/// TIMESTAMP or TIMESTAMP_LTZ.
pub fn is_timestamp(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. })
}

/// DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ.
pub fn is_datetime(kind: &TypeKind) -> bool {
    is_timestamp(kind) || matches!(kind, TypeKind::Date | TypeKind::Time { .. })
}

/// One of the two kinds of interval.
pub fn is_interval(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::IntervalYearMonth | TypeKind::IntervalDayTime)
}

/// ARRAY, MAP, MULTISET or ROW.
pub fn is_constructed(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_))
}

/// Length of a CHAR, VARCHAR, BINARY or VARBINARY.
pub fn length(kind: &TypeKind) -> Option<u32> {
    match kind {
        TypeKind::Char { length }
        | TypeKind::Varchar { length }
        | TypeKind::Binary { length }
        | TypeKind::Varbinary { length } => Some(*length),
        _ => None,
    }
}
