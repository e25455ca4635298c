//! Flink's logical types, their SQL rendering, and the one place that states the Arrow layout of each.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};
use serde::{Deserialize, Serialize};

/// The length of `STRING` and `BYTES`: `VARCHAR(2147483647)`, `VARBINARY(2147483647)`.
pub const MAX_LENGTH: u32 = i32::MAX as u32;

/// Whether a timestamp column carries time for the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum TimeAttribute {
    /// An ordinary column.
    #[default]
    None,
    /// Event time: watermarks refer to this column.
    Rowtime,
    /// Processing time: the value is the clock when it is read.
    Proctime,
}

/// A logical type with its nullability.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogicalType {
    /// The type without nullability.
    pub kind: TypeKind,
    /// Whether NULL is a value of it.
    pub nullable: bool,
}

/// A logical type without its nullability.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the variants are Flink's type names")]
pub enum TypeKind {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Char {
        length: u32,
    },
    Varchar {
        length: u32,
    },
    Binary {
        length: u32,
    },
    Varbinary {
        length: u32,
    },
    Date,
    Time {
        precision: u8,
    },
    Timestamp {
        precision: u8,
        attribute: TimeAttribute,
    },
    TimestampLtz {
        precision: u8,
        attribute: TimeAttribute,
    },
    /// Months. Flink keeps every such interval as `INTERVAL MONTH`.
    IntervalYearMonth,
    /// Milliseconds. Flink keeps every such interval as `INTERVAL SECOND(3)`.
    IntervalDayTime,
    Array(Box<LogicalType>),
    Map(Box<LogicalType>, Box<LogicalType>),
    Multiset(Box<LogicalType>),
    Row(RowType),
    /// A set of 32-bit integers.
    Bitmap,
    /// Any JSON value.
    Variant,
    Null,
}

/// A named, typed column or row field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// The name; case is kept.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: LogicalType,
}

/// An ordered list of fields: the type of a ROW, and of the rows that flow on an edge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct RowType {
    /// The fields, in order.
    pub fields: Vec<Field>,
}

impl Field {
    /// A field of that name and type.
    pub fn new(name: impl Into<String>, ty: LogicalType) -> Self {
        Self { name: name.into(), ty }
    }
}

impl RowType {
    /// A row type of these fields.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields }
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it has no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The index of the first field of that name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The fields at these indices, in that order.
    pub fn project(&self, indices: &[usize]) -> RowType {
        RowType::new(indices.iter().map(|&index| self.fields[index].clone()).collect())
    }

    /// The Arrow schema of rows of this type.
    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.arrow_fields()))
    }

    /// The Arrow fields of rows of this type.
    pub fn arrow_fields(&self) -> Fields {
        self.fields.iter().map(|field| ArrowField::new(&field.name, field.ty.arrow_type(), true)).collect()
    }
}

impl TypeKind {
    /// `STRING`.
    pub const STRING: TypeKind = TypeKind::Varchar { length: MAX_LENGTH };
    /// `BYTES`.
    pub const BYTES: TypeKind = TypeKind::Varbinary { length: MAX_LENGTH };

    /// `TIMESTAMP(precision)` that is no time attribute.
    pub const fn timestamp(precision: u8) -> TypeKind {
        TypeKind::Timestamp { precision, attribute: TimeAttribute::None }
    }

    /// `TIMESTAMP_LTZ(precision)` that is no time attribute.
    pub const fn timestamp_ltz(precision: u8) -> TypeKind {
        TypeKind::TimestampLtz { precision, attribute: TimeAttribute::None }
    }

    /// This type, nullable.
    pub fn nullable(self) -> LogicalType {
        LogicalType { kind: self, nullable: true }
    }

    /// This type, NOT NULL.
    pub fn not_null(self) -> LogicalType {
        LogicalType { kind: self, nullable: false }
    }
}

impl LogicalType {
    /// The same type with this nullability.
    pub fn with_nullable(&self, nullable: bool) -> LogicalType {
        LogicalType { kind: self.kind.clone(), nullable }
    }

    /// The time attribute of a timestamp type; `None` for every other type.
    pub fn time_attribute(&self) -> TimeAttribute {
        match self.kind {
            TypeKind::Timestamp { attribute, .. } | TypeKind::TimestampLtz { attribute, .. } => attribute,
            _ => TimeAttribute::None,
        }
    }

    /// The same type as an ordinary column.
    pub fn without_time_attribute(&self) -> LogicalType {
        let kind = match self.kind {
            TypeKind::Timestamp { precision, .. } => TypeKind::timestamp(precision),
            TypeKind::TimestampLtz { precision, .. } => TypeKind::timestamp_ltz(precision),
            ref other => other.clone(),
        };
        LogicalType { kind, nullable: self.nullable }
    }

    /// The Arrow layout. Arrow fields are always nullable: nullability is a promise of the planner, tracked here and not in Arrow.
    ///
    /// | logical type | Arrow |
    /// |---|---|
    /// | CHAR, VARCHAR, STRING | Utf8 |
    /// | BINARY, VARBINARY, BYTES | Binary |
    /// | DECIMAL(p, s) | Decimal128(p, s) |
    /// | DATE | Date32 (days since 1970-01-01) |
    /// | TIME(p) | Time32(ms): Flink keeps milliseconds whatever p is |
    /// | TIMESTAMP(p), TIMESTAMP_LTZ(p) | Timestamp without zone: ms for p <= 3, us for p <= 6, ns above (years 1677 to 2262) |
    /// | INTERVAL YEAR TO MONTH | Int32, months |
    /// | INTERVAL DAY TO SECOND | Int64, milliseconds |
    /// | ARRAY | List of "element" |
    /// | MAP, MULTISET | Map of "key", "value" (a MULTISET's value is its INT count) |
    /// | ROW | Struct |
    /// | VARIANT | Utf8, its JSON |
    /// | BITMAP | Binary, in RoaringBitmap's portable format |
    pub fn arrow_type(&self) -> DataType {
        match &self.kind {
            TypeKind::Boolean => DataType::Boolean,
            TypeKind::TinyInt => DataType::Int8,
            TypeKind::SmallInt => DataType::Int16,
            TypeKind::Int | TypeKind::IntervalYearMonth => DataType::Int32,
            TypeKind::BigInt | TypeKind::IntervalDayTime => DataType::Int64,
            TypeKind::Float => DataType::Float32,
            TypeKind::Double => DataType::Float64,
            TypeKind::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale as i8),
            TypeKind::Char { .. } | TypeKind::Varchar { .. } | TypeKind::Variant => DataType::Utf8,
            TypeKind::Binary { .. } | TypeKind::Varbinary { .. } | TypeKind::Bitmap => DataType::Binary,
            TypeKind::Date => DataType::Date32,
            TypeKind::Time { .. } => DataType::Time32(TimeUnit::Millisecond),
            TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => {
                DataType::Timestamp(timestamp_unit(*precision), None)
            }
            TypeKind::Array(element) => {
                DataType::List(Arc::new(ArrowField::new("element", element.arrow_type(), true)))
            }
            TypeKind::Map(key, value) => map_type(key.arrow_type(), value.arrow_type()),
            TypeKind::Multiset(element) => map_type(element.arrow_type(), DataType::Int32),
            TypeKind::Row(row) => DataType::Struct(row.arrow_fields()),
            TypeKind::Null => DataType::Null,
        }
    }
}

/// The Arrow unit that holds a timestamp of this precision.
pub fn timestamp_unit(precision: u8) -> TimeUnit {
    match precision {
        0..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

fn map_type(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![ArrowField::new("key", key, false), ArrowField::new("value", value, true)]);
    DataType::Map(Arc::new(ArrowField::new("entries", DataType::Struct(entries), false)), false)
}

impl fmt::Display for LogicalType {
    /// Flink's summary string: `BIGINT NOT NULL`, `ROW<`a` INT>`, ... without time attributes; `{:#}` is the serializable one, which has no
    /// short names: `VARCHAR(2147483647)` for `STRING`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if !self.nullable && self.kind != TypeKind::Null { f.write_str(" NOT NULL") } else { Ok(()) }
    }
}

impl fmt::Display for TypeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeKind::Boolean => f.write_str("BOOLEAN"),
            TypeKind::TinyInt => f.write_str("TINYINT"),
            TypeKind::SmallInt => f.write_str("SMALLINT"),
            TypeKind::Int => f.write_str("INT"),
            TypeKind::BigInt => f.write_str("BIGINT"),
            TypeKind::Float => f.write_str("FLOAT"),
            TypeKind::Double => f.write_str("DOUBLE"),
            TypeKind::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            TypeKind::Char { length } => write!(f, "CHAR({length})"),
            TypeKind::Varchar { length: MAX_LENGTH } if !f.alternate() => f.write_str("STRING"),
            TypeKind::Varchar { length } => write!(f, "VARCHAR({length})"),
            TypeKind::Binary { length } => write!(f, "BINARY({length})"),
            TypeKind::Varbinary { length: MAX_LENGTH } if !f.alternate() => f.write_str("BYTES"),
            TypeKind::Varbinary { length } => write!(f, "VARBINARY({length})"),
            TypeKind::Date => f.write_str("DATE"),
            TypeKind::Time { precision } => write!(f, "TIME({precision})"),
            TypeKind::Timestamp { precision, .. } => write!(f, "TIMESTAMP({precision})"),
            TypeKind::TimestampLtz { precision, .. } if f.alternate() => {
                write!(f, "TIMESTAMP({precision}) WITH LOCAL TIME ZONE")
            }
            TypeKind::TimestampLtz { precision, .. } => write!(f, "TIMESTAMP_LTZ({precision})"),
            TypeKind::IntervalYearMonth => f.write_str("INTERVAL MONTH"),
            TypeKind::IntervalDayTime => f.write_str("INTERVAL SECOND(3)"),
            TypeKind::Array(element) if f.alternate() => write!(f, "ARRAY<{element:#}>"),
            TypeKind::Array(element) => write!(f, "ARRAY<{element}>"),
            TypeKind::Map(key, value) if f.alternate() => write!(f, "MAP<{key:#}, {value:#}>"),
            TypeKind::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            TypeKind::Multiset(element) if f.alternate() => write!(f, "MULTISET<{element:#}>"),
            TypeKind::Multiset(element) => write!(f, "MULTISET<{element}>"),
            TypeKind::Row(row) => {
                f.write_str("ROW<")?;
                for (index, field) in row.fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}`{}` ", field.name.replace('`', "``"))?;
                    field.ty.fmt(f)?;
                }
                f.write_str(">")
            }
            TypeKind::Bitmap => f.write_str("BITMAP"),
            TypeKind::Variant => f.write_str("VARIANT"),
            TypeKind::Null => f.write_str("NULL"),
        }
    }
}
