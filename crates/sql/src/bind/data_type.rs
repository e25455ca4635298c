//! Data types: from the written form to Flink's logical types, with the defaults and bounds of lengths and precisions.

use dataflow::types::MAX_LENGTH;
use dataflow::{Field, LogicalType, RowType, TypeKind};

use super::scope::with_hint;
use crate::ast::{DataType, DataTypeKind, RowField, Span, TimeUnit};
use crate::catalog::CatalogTable;
use crate::error::SqlError;
use crate::nearest::nearest;

/// What the types are called, for hints.
const TYPE_NAMES: [&str; 24] = [
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BITMAP",
    "BOOLEAN",
    "BYTES",
    "CHAR",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INT",
    "INTEGER",
    "MAP",
    "MULTISET",
    "NUMERIC",
    "ROW",
    "SMALLINT",
    "STRING",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "TINYINT",
    "VARCHAR",
];

/// Digits of the widest DECIMAL.
const MAX_PRECISION: u8 = 38;

/// The logical type of a written type.
pub(crate) fn bind_data_type(data_type: &DataType) -> Result<LogicalType, SqlError> {
    Ok(LogicalType { kind: bind_kind(data_type)?, nullable: data_type.nullable })
}

/// The type of a table's column. Flink takes a DECIMAL of any precision there and objects when the table is used; see [`check_columns`].
pub(crate) fn bind_column_type(data_type: &DataType) -> Result<LogicalType, SqlError> {
    if matches!(data_type.kind, DataTypeKind::Interval(_)) {
        return Err(SqlError::validation("Incorrect syntax near the keyword 'INTERVAL'", data_type.span)
            .with_detail("no column has such a type"));
    }
    let DataTypeKind::Decimal { precision: Some(precision), scale } = &data_type.kind else {
        return bind_data_type(data_type);
    };
    match (u8::try_from(*precision), u8::try_from(scale.unwrap_or(0))) {
        (Ok(precision), Ok(scale)) if precision > MAX_PRECISION && scale <= precision => {
            Ok(LogicalType { kind: TypeKind::Decimal { precision, scale }, nullable: data_type.nullable })
        }
        _ => bind_data_type(data_type),
    }
}

/// Refuses to use a table with a column whose type no value has.
pub(super) fn check_columns(table: &CatalogTable, span: Span) -> Result<(), SqlError> {
    for column in &table.columns {
        if let TypeKind::Decimal { precision, .. } = column.ty.kind
            && precision > MAX_PRECISION
        {
            return Err(decimal_precision(precision.into(), span)
                .with_detail(format!("the type of column '{}' is {}", column.name, column.ty)));
        }
    }
    Ok(())
}

fn decimal_precision(precision: u32, span: Span) -> SqlError {
    SqlError::validation(
        format!("Decimal precision must be between 1 and {MAX_PRECISION} (both inclusive), but is {precision}."),
        span,
    )
}

fn bind_kind(data_type: &DataType) -> Result<TypeKind, SqlError> {
    let span = data_type.span;
    Ok(match &data_type.kind {
        DataTypeKind::Char(length) => TypeKind::Char { length: text_length("CHAR", *length, 1, span)? },
        DataTypeKind::Varchar(length) => {
            TypeKind::Varchar { length: text_length("VARCHAR", *length, MAX_LENGTH, span)? }
        }
        DataTypeKind::String => TypeKind::STRING,
        DataTypeKind::Boolean => TypeKind::Boolean,
        DataTypeKind::Binary(length) => TypeKind::Binary { length: text_length("BINARY", *length, 1, span)? },
        DataTypeKind::Varbinary(length) => {
            TypeKind::Varbinary { length: text_length("VARBINARY", *length, MAX_LENGTH, span)? }
        }
        DataTypeKind::Bytes => TypeKind::BYTES,
        DataTypeKind::Decimal { precision, scale } => decimal(*precision, *scale, span)?,
        DataTypeKind::TinyInt => TypeKind::TinyInt,
        DataTypeKind::SmallInt => TypeKind::SmallInt,
        DataTypeKind::Int => TypeKind::Int,
        DataTypeKind::BigInt => TypeKind::BigInt,
        DataTypeKind::Float => TypeKind::Float,
        DataTypeKind::Double => TypeKind::Double,
        DataTypeKind::Date => TypeKind::Date,
        DataTypeKind::Time(precision) => TypeKind::Time { precision: time_precision(*precision, 0) },
        DataTypeKind::Timestamp(precision) => TypeKind::timestamp(time_precision(*precision, 6)),
        DataTypeKind::TimestampLtz(precision) => TypeKind::timestamp_ltz(time_precision(*precision, 6)),
        DataTypeKind::Interval(qualifier) => match qualifier.leading {
            TimeUnit::Year | TimeUnit::Month | TimeUnit::Quarter => TypeKind::IntervalYearMonth,
            _ => TypeKind::IntervalDayTime,
        },
        DataTypeKind::Array(element) => TypeKind::Array(Box::new(bind_data_type(element)?)),
        DataTypeKind::Multiset(element) => TypeKind::Multiset(Box::new(bind_data_type(element)?)),
        DataTypeKind::Map(key, value) => {
            TypeKind::Map(Box::new(bind_data_type(key)?), Box::new(bind_data_type(value)?))
        }
        DataTypeKind::Row(fields) => TypeKind::Row(row_type(fields)?),
        DataTypeKind::Null => TypeKind::Null,
        DataTypeKind::Named(name) => {
            let written = name.values().join(".");
            let error = SqlError::validation(format!("Unknown identifier '{written}'"), span)
                .with_detail("it is not the name of a data type");
            return Err(with_hint(error, nearest(&written, TYPE_NAMES.into_iter())));
        }
        DataTypeKind::Structured { .. } => return Err(unsupported("STRUCTURED", span)),
        DataTypeKind::Raw { .. } => return Err(unsupported("RAW", span)),
        DataTypeKind::Variant => TypeKind::Variant,
        DataTypeKind::Bitmap => TypeKind::Bitmap,
        DataTypeKind::Descriptor => return Err(unsupported("DESCRIPTOR", span)),
    })
}

fn row_type(fields: &[RowField]) -> Result<RowType, SqlError> {
    let fields = fields.iter().map(|field| Ok(Field::new(&field.name.value, bind_data_type(&field.data_type)?)));
    Ok(RowType::new(fields.collect::<Result<_, SqlError>>()?))
}

/// Without a length, texts that vary have the greatest one and others the smallest.
fn text_length(name: &str, length: Option<u32>, default: u32, span: Span) -> Result<u32, SqlError> {
    match length {
        None => Ok(default),
        Some(length) if length <= MAX_LENGTH => Ok(length),
        Some(length) => Err(SqlError::validation(
            format!("{name} length must be between 0 and {MAX_LENGTH} (both inclusive), but is {length}."),
            span,
        )),
    }
}

fn decimal(precision: Option<u32>, scale: Option<i32>, span: Span) -> Result<TypeKind, SqlError> {
    let precision = precision.unwrap_or(10);
    let scale = scale.unwrap_or(0);
    if !(1..=u32::from(MAX_PRECISION)).contains(&precision) {
        return Err(decimal_precision(precision, span));
    }
    if scale < 0 || scale as u32 > precision {
        return Err(SqlError::validation(
            format!("Decimal scale must be between 0 and the precision {precision} (both inclusive), but is {scale}."),
            span,
        ));
    }
    Ok(TypeKind::Decimal { precision: precision as u8, scale: scale as u8 })
}

/// Nanoseconds are the most there are: more digits mean those.
fn time_precision(precision: Option<u32>, default: u8) -> u8 {
    precision.map_or(default, |precision| precision.min(9) as u8)
}

fn unsupported(name: &str, span: Span) -> SqlError {
    SqlError::unsupported(format!("the data type {name} is parsed but not supported yet"), span)
}
