//! Types as Flink's messages name them, where they come from Calcite.

use dataflow::TypeKind;

/// A type as Calcite prints it.
pub(crate) fn calcite_name(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Int => "INTEGER".to_owned(),
        TypeKind::Varchar { length } => format!("VARCHAR({length})"),
        TypeKind::Varbinary { length } => format!("VARBINARY({length})"),
        TypeKind::TimestampLtz { precision, .. } => format!("TIMESTAMP_WITH_LOCAL_TIME_ZONE({precision})"),
        TypeKind::Array(element) => format!("{} ARRAY", calcite_name(&element.kind)),
        TypeKind::Multiset(element) => format!("{} MULTISET", calcite_name(&element.kind)),
        TypeKind::Map(key, value) => format!("({}, {}) MAP", calcite_name(&key.kind), calcite_name(&value.kind)),
        other => other.to_string(),
    }
}

/// The name of a type's root in Flink: without length and precision.
pub(crate) fn root_name(kind: &TypeKind) -> String {
    let name = calcite_name(kind);
    name.split('(').next().unwrap_or_default().to_owned()
}
