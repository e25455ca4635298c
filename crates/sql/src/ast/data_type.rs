//! Data types as written in SQL; the logical type they denote is the binder's business.

use super::{Ident, IntervalQualifier, ObjectName, Span, Text};

/// A data type with its nullability.
#[derive(Debug, Clone, PartialEq)]
pub struct DataType {
    /// The type itself.
    pub kind: DataTypeKind,
    /// False after `NOT NULL`; a type is nullable unless it says so.
    pub nullable: bool,
    /// The whole type, `NOT NULL` included.
    pub span: Span,
}

/// The data types of Flink SQL. Lengths and precisions are absent when not written.
#[derive(Debug, Clone, PartialEq)]
pub enum DataTypeKind {
    /// `CHAR[(n)]`
    Char(Option<u32>),
    /// `VARCHAR[(n)]`
    Varchar(Option<u32>),
    /// `STRING`
    String,
    /// `BOOLEAN`
    Boolean,
    /// `BINARY[(n)]`
    Binary(Option<u32>),
    /// `VARBINARY[(n)]`
    Varbinary(Option<u32>),
    /// `BYTES`
    Bytes,
    /// `DECIMAL[(p[, s])]`, also `DEC` and `NUMERIC`
    Decimal {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<i32>,
    },
    /// `TINYINT`
    TinyInt,
    /// `SMALLINT`
    SmallInt,
    /// `INT`, also `INTEGER`
    Int,
    /// `BIGINT`
    BigInt,
    /// `FLOAT`
    Float,
    /// `DOUBLE`, also `DOUBLE PRECISION`
    Double,
    /// `DATE`
    Date,
    /// `TIME[(p)] [WITHOUT TIME ZONE]`
    Time(Option<u32>),
    /// `TIMESTAMP[(p)] [WITHOUT TIME ZONE]`
    Timestamp(Option<u32>),
    /// `TIMESTAMP_LTZ[(p)]`, also `TIMESTAMP[(p)] WITH LOCAL TIME ZONE`
    TimestampLtz(Option<u32>),
    /// `INTERVAL qualifier`
    Interval(IntervalQualifier),
    /// `ARRAY<t>`, also `t ARRAY`
    Array(Box<DataType>),
    /// `MULTISET<t>`, also `t MULTISET`
    Multiset(Box<DataType>),
    /// `MAP<k, v>`
    Map(Box<DataType>, Box<DataType>),
    /// `ROW<name type ['comment'], ...>`, also with parentheses
    Row(Vec<RowField>),
    /// `STRUCTURED<'class', name type, ...>`
    Structured {
        /// The class name.
        class: Text,
        /// The attributes.
        fields: Vec<RowField>,
    },
    /// `RAW('class', 'serializer')`
    Raw {
        /// The class name.
        class: Text,
        /// The serialized serializer.
        serializer: Text,
    },
    /// `VARIANT`
    Variant,
    /// `BITMAP`
    Bitmap,
    /// `DESCRIPTOR`
    Descriptor,
    /// `NULL`
    Null,
    /// Any other name: a user-defined type, or a mistake.
    Named(ObjectName),
}

/// One field of a `ROW` type.
#[derive(Debug, Clone, PartialEq)]
pub struct RowField {
    /// The field's name.
    pub name: Ident,
    /// The field's type.
    pub data_type: DataType,
    /// The comment after the type.
    pub comment: Option<Text>,
}
