//! Types as the columns of a result name them: Flink's `LogicalTypeRoot` with what belongs to it.

use dataflow::{Field, LogicalType, TypeKind};
use serde_json::{Map, Value, json};

/// A column: name and type.
pub(super) fn column(field: &Field) -> Value {
    json!({ "name": field.name, "logicalType": logical_type(&field.ty), "comment": null })
}

fn logical_type(ty: &LogicalType) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), root(&ty.kind).into());
    object.insert("nullable".to_owned(), ty.nullable.into());
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    match &ty.kind {
        TypeKind::Char { length }
        | TypeKind::Varchar { length }
        | TypeKind::Binary { length }
        | TypeKind::Varbinary { length } => {
            put("length", (*length).into());
        }
        TypeKind::Decimal { precision, scale } => {
            put("precision", (*precision).into());
            put("scale", (*scale).into());
        }
        TypeKind::Time { precision }
        | TypeKind::Timestamp { precision, .. }
        | TypeKind::TimestampLtz { precision, .. } => {
            put("precision", (*precision).into());
        }
        TypeKind::IntervalYearMonth => {
            put("precision", 2.into());
            put("resolution", "MONTH".into());
        }
        TypeKind::IntervalDayTime => {
            put("precision", 2.into());
            put("fractionalPrecision", 3.into());
            put("resolution", "SECOND".into());
        }
        TypeKind::Array(element) | TypeKind::Multiset(element) => {
            put("elementType", logical_type(element));
        }
        TypeKind::Map(key, value) => {
            put("keyType", logical_type(key));
            put("valueType", logical_type(value));
        }
        TypeKind::Row(row) => {
            let field = |field: &Field| json!({ "name": field.name, "fieldType": logical_type(&field.ty) });
            put("fields", row.fields.iter().map(field).collect());
        }
        TypeKind::Boolean
        | TypeKind::TinyInt
        | TypeKind::SmallInt
        | TypeKind::Int
        | TypeKind::BigInt
        | TypeKind::Float
        | TypeKind::Double
        | TypeKind::Date
        | TypeKind::Bitmap
        | TypeKind::Variant
        | TypeKind::Null => {}
    }
    Value::Object(object)
}

fn root(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Boolean => "BOOLEAN",
        TypeKind::TinyInt => "TINYINT",
        TypeKind::SmallInt => "SMALLINT",
        TypeKind::Int => "INTEGER",
        TypeKind::BigInt => "BIGINT",
        TypeKind::Float => "FLOAT",
        TypeKind::Double => "DOUBLE",
        TypeKind::Decimal { .. } => "DECIMAL",
        TypeKind::Char { .. } => "CHAR",
        TypeKind::Varchar { .. } => "VARCHAR",
        TypeKind::Binary { .. } => "BINARY",
        TypeKind::Varbinary { .. } => "VARBINARY",
        TypeKind::Date => "DATE",
        TypeKind::Time { .. } => "TIME_WITHOUT_TIME_ZONE",
        TypeKind::Timestamp { .. } => "TIMESTAMP_WITHOUT_TIME_ZONE",
        TypeKind::TimestampLtz { .. } => "TIMESTAMP_WITH_LOCAL_TIME_ZONE",
        TypeKind::IntervalYearMonth => "INTERVAL_YEAR_MONTH",
        TypeKind::IntervalDayTime => "INTERVAL_DAY_TIME",
        TypeKind::Array(_) => "ARRAY",
        TypeKind::Map(..) => "MAP",
        TypeKind::Multiset(_) => "MULTISET",
        TypeKind::Row(_) => "ROW",
        TypeKind::Bitmap => "BITMAP",
        TypeKind::Variant => "VARIANT",
        TypeKind::Null => "NULL",
    }
}
