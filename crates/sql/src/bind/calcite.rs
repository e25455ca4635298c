//! How Calcite's messages, which Flink users know, name types.

use dataflow::{LogicalType, TypeKind};

/// A type as in `Cannot apply '+' to arguments of type '<INTEGER> + <VARCHAR(2147483647)>'`.
pub(crate) fn type_name(ty: &LogicalType) -> String {
    match &ty.kind {
        TypeKind::Int => "INTEGER".into(),
        TypeKind::Varchar { length } => format!("VARCHAR({length})"),
        TypeKind::Varbinary { length } => format!("VARBINARY({length})"),
        TypeKind::TimestampLtz { precision, .. } => format!("TIMESTAMP_WITH_LOCAL_TIME_ZONE({precision})"),
        TypeKind::IntervalYearMonth => "INTERVAL MONTH".into(),
        TypeKind::IntervalDayTime => "INTERVAL SECOND".into(),
        kind => kind.to_string(),
    }
}

/// A type in Flink's summary form: lengths written out, without nullability.
pub(crate) fn summary(ty: &LogicalType) -> String {
    match &ty.kind {
        TypeKind::Varchar { length } => format!("VARCHAR({length})"),
        TypeKind::Varbinary { length } => format!("VARBINARY({length})"),
        kind => kind.to_string(),
    }
}
