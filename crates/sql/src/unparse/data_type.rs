//! Data types, in one spelling each.

use std::fmt::{Display, Formatter, Result};

use super::{commas, write_opt};
use crate::ast::{DataType, DataTypeKind, RowField};

fn write_sized(f: &mut Formatter<'_>, name: &str, size: Option<u32>) -> Result {
    f.write_str(name)?;
    write_opt(f, "(", size.as_ref(), ")")
}

impl Display for DataType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)?;
        if self.nullable { Ok(()) } else { f.write_str(" NOT NULL") }
    }
}

impl Display for DataTypeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            DataTypeKind::Char(size) => write_sized(f, "CHAR", *size),
            DataTypeKind::Varchar(size) => write_sized(f, "VARCHAR", *size),
            DataTypeKind::String => f.write_str("STRING"),
            DataTypeKind::Boolean => f.write_str("BOOLEAN"),
            DataTypeKind::Binary(size) => write_sized(f, "BINARY", *size),
            DataTypeKind::Varbinary(size) => write_sized(f, "VARBINARY", *size),
            DataTypeKind::Bytes => f.write_str("BYTES"),
            DataTypeKind::Decimal { precision: Some(precision), scale: Some(scale) } => {
                write!(f, "DECIMAL({precision}, {scale})")
            }
            DataTypeKind::Decimal { precision, .. } => write_sized(f, "DECIMAL", *precision),
            DataTypeKind::TinyInt => f.write_str("TINYINT"),
            DataTypeKind::SmallInt => f.write_str("SMALLINT"),
            DataTypeKind::Int => f.write_str("INT"),
            DataTypeKind::BigInt => f.write_str("BIGINT"),
            DataTypeKind::Float => f.write_str("FLOAT"),
            DataTypeKind::Double => f.write_str("DOUBLE"),
            DataTypeKind::Date => f.write_str("DATE"),
            DataTypeKind::Time(precision) => write_sized(f, "TIME", *precision),
            DataTypeKind::Timestamp(precision) => write_sized(f, "TIMESTAMP", *precision),
            DataTypeKind::TimestampLtz(precision) => write_sized(f, "TIMESTAMP_LTZ", *precision),
            DataTypeKind::Interval(qualifier) => write!(f, "INTERVAL {qualifier}"),
            DataTypeKind::Array(element) => write!(f, "ARRAY<{element}>"),
            DataTypeKind::Multiset(element) => write!(f, "MULTISET<{element}>"),
            DataTypeKind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            DataTypeKind::Row(fields) => write!(f, "ROW<{}>", commas(fields)),
            DataTypeKind::Structured { class, fields } => {
                write!(f, "STRUCTURED<{class}")?;
                super::write_list(f, ", ", fields)?;
                f.write_str(">")
            }
            DataTypeKind::Raw { class, serializer } => write!(f, "RAW({class}, {serializer})"),
            DataTypeKind::Variant => f.write_str("VARIANT"),
            DataTypeKind::Bitmap => f.write_str("BITMAP"),
            DataTypeKind::Descriptor => f.write_str("DESCRIPTOR"),
            DataTypeKind::Null => f.write_str("NULL"),
            DataTypeKind::Named(name) => name.fmt(f),
        }
    }
}

impl Display for RowField {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        write_opt(f, " ", self.comment.as_ref(), "")
    }
}
