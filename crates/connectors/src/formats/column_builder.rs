//! Builders of Arrow columns, one variant for each of Flink's types, which decoders append to value by value.
//!
//! They keep the capacity of the last batch, so that a steady stream grows no buffer. They do not parse: see [`value_text`](super::value_text).

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, ListArray, MapArray, NullArray, PrimitiveArray, StructArray,
};
use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef, Fields, TimeUnit};
use dataflow::types::timestamp_unit;
use dataflow::{LogicalType, TypeKind};

/// Values of a fixed width with their validity.
#[derive(Debug)]
pub(crate) struct Primitive<T> {
    values: Vec<T>,
    nulls: NullBufferBuilder,
}

impl<T: ArrowNativeType> Primitive<T> {
    fn new() -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(0) }
    }

    pub(crate) fn push(&mut self, value: T) {
        self.values.push(value);
        self.nulls.append_non_null();
    }

    fn push_null(&mut self) {
        self.values.push(T::default());
        self.nulls.append_null();
    }

    fn finish<A: ArrowPrimitiveType<Native = T>>(&mut self) -> PrimitiveArray<A> {
        let capacity = self.values.len();
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(capacity));
        let nulls = self.nulls.finish();
        self.nulls = NullBufferBuilder::new(capacity);
        PrimitiveArray::new(ScalarBuffer::from(values), nulls)
    }
}

/// Offsets into child values with their validity: lists and maps.
#[derive(Debug)]
pub(crate) struct Offsets {
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Offsets {
    fn new() -> Self {
        Self { ends: vec![0], nulls: NullBufferBuilder::new(0) }
    }

    /// Closes the entry whose last child value is at `end`, exclusively.
    pub(crate) fn close(&mut self, end: usize) {
        self.ends.push(i32::try_from(end).expect("a batch holds fewer than 2^31 nested values"));
        self.nulls.append_non_null();
    }

    fn push_null(&mut self) {
        self.ends.push(*self.ends.last().expect("there is always a first offset"));
        self.nulls.append_null();
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), self.nulls.finish())
    }
}

/// A column under construction.
#[derive(Debug)]
pub(crate) enum ColumnBuilder {
    Boolean { values: BooleanBufferBuilder, nulls: NullBufferBuilder },
    TinyInt(Primitive<i8>),
    SmallInt(Primitive<i16>),
    Int(Primitive<i32>),
    BigInt(Primitive<i64>),
    Float(Primitive<f32>),
    Double(Primitive<f64>),
    Decimal { values: Primitive<i128>, precision: u8, scale: u8 },
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Primitive<i32>),
    Time { values: Primitive<i32>, precision: u8 },
    Timestamp { values: Primitive<i64>, unit: TimeUnit, zoned: bool },
    Array { offsets: Offsets, element: Box<ColumnBuilder>, field: FieldRef },
    Map { offsets: Offsets, key: Box<ColumnBuilder>, value: Box<ColumnBuilder>, entries: FieldRef },
    Row { nulls: NullBufferBuilder, length: usize, children: Vec<ColumnBuilder>, fields: Fields },
    Null(usize),
}

impl ColumnBuilder {
    /// An empty column of this type.
    pub(crate) fn new(ty: &LogicalType) -> Self {
        match (&ty.kind, ty.arrow_type()) {
            (TypeKind::Boolean, _) => {
                ColumnBuilder::Boolean { values: BooleanBufferBuilder::new(0), nulls: NullBufferBuilder::new(0) }
            }
            (TypeKind::TinyInt, _) => ColumnBuilder::TinyInt(Primitive::new()),
            (TypeKind::SmallInt, _) => ColumnBuilder::SmallInt(Primitive::new()),
            (TypeKind::Int | TypeKind::IntervalYearMonth, _) => ColumnBuilder::Int(Primitive::new()),
            (TypeKind::BigInt | TypeKind::IntervalDayTime, _) => ColumnBuilder::BigInt(Primitive::new()),
            (TypeKind::Float, _) => ColumnBuilder::Float(Primitive::new()),
            (TypeKind::Double, _) => ColumnBuilder::Double(Primitive::new()),
            (TypeKind::Decimal { precision, scale }, _) => {
                ColumnBuilder::Decimal { values: Primitive::new(), precision: *precision, scale: *scale }
            }
            (TypeKind::Char { .. } | TypeKind::Varchar { .. }, _) => ColumnBuilder::Text(StringBuilder::new()),
            (TypeKind::Binary { .. } | TypeKind::Varbinary { .. }, _) => ColumnBuilder::Bytes(BinaryBuilder::new()),
            (TypeKind::Date, _) => ColumnBuilder::Date(Primitive::new()),
            (TypeKind::Time { precision }, _) => {
                ColumnBuilder::Time { values: Primitive::new(), precision: *precision }
            }
            (TypeKind::Timestamp { precision, .. }, _) => {
                ColumnBuilder::Timestamp { values: Primitive::new(), unit: timestamp_unit(*precision), zoned: false }
            }
            (TypeKind::TimestampLtz { precision, .. }, _) => {
                ColumnBuilder::Timestamp { values: Primitive::new(), unit: timestamp_unit(*precision), zoned: true }
            }
            (TypeKind::Array(element), DataType::List(field)) => {
                ColumnBuilder::Array { offsets: Offsets::new(), element: Box::new(ColumnBuilder::new(element)), field }
            }
            (TypeKind::Map(key, value), DataType::Map(entries, _)) => Self::map(key, value, entries),
            (TypeKind::Multiset(element), DataType::Map(entries, _)) => {
                Self::map(element, &TypeKind::Int.not_null(), entries)
            }
            (TypeKind::Row(row), DataType::Struct(fields)) => ColumnBuilder::Row {
                nulls: NullBufferBuilder::new(0),
                length: 0,
                children: row.fields.iter().map(|field| ColumnBuilder::new(&field.ty)).collect(),
                fields,
            },
            _ => ColumnBuilder::Null(0),
        }
    }

    fn map(key: &LogicalType, value: &LogicalType, entries: FieldRef) -> Self {
        ColumnBuilder::Map {
            offsets: Offsets::new(),
            key: Box::new(ColumnBuilder::new(key)),
            value: Box::new(ColumnBuilder::new(value)),
            entries,
        }
    }

    /// Number of values so far.
    pub(crate) fn len(&self) -> usize {
        match self {
            ColumnBuilder::Boolean { values, .. } => values.len(),
            ColumnBuilder::TinyInt(column) => column.values.len(),
            ColumnBuilder::SmallInt(column) => column.values.len(),
            ColumnBuilder::Int(column) | ColumnBuilder::Date(column) => column.values.len(),
            ColumnBuilder::Time { values, .. } => values.values.len(),
            ColumnBuilder::BigInt(column) => column.values.len(),
            ColumnBuilder::Timestamp { values, .. } => values.values.len(),
            ColumnBuilder::Float(column) => column.values.len(),
            ColumnBuilder::Double(column) => column.values.len(),
            ColumnBuilder::Decimal { values, .. } => values.values.len(),
            ColumnBuilder::Text(column) => arrow_array::builder::ArrayBuilder::len(column),
            ColumnBuilder::Bytes(column) => arrow_array::builder::ArrayBuilder::len(column),
            ColumnBuilder::Array { offsets, .. } | ColumnBuilder::Map { offsets, .. } => offsets.ends.len() - 1,
            ColumnBuilder::Row { length, .. } | ColumnBuilder::Null(length) => *length,
        }
    }

    /// Appends NULL.
    pub(crate) fn push_null(&mut self) {
        match self {
            ColumnBuilder::Boolean { values, nulls } => {
                values.append(false);
                nulls.append_null();
            }
            ColumnBuilder::TinyInt(column) => column.push_null(),
            ColumnBuilder::SmallInt(column) => column.push_null(),
            ColumnBuilder::Int(column) | ColumnBuilder::Date(column) => column.push_null(),
            ColumnBuilder::Time { values, .. } => values.push_null(),
            ColumnBuilder::BigInt(column) => column.push_null(),
            ColumnBuilder::Timestamp { values, .. } => values.push_null(),
            ColumnBuilder::Float(column) => column.push_null(),
            ColumnBuilder::Double(column) => column.push_null(),
            ColumnBuilder::Decimal { values, .. } => values.push_null(),
            ColumnBuilder::Text(column) => column.append_null(),
            ColumnBuilder::Bytes(column) => column.append_null(),
            ColumnBuilder::Array { offsets, .. } | ColumnBuilder::Map { offsets, .. } => offsets.push_null(),
            ColumnBuilder::Row { nulls, length, children, .. } => {
                children.iter_mut().for_each(ColumnBuilder::push_null);
                nulls.append_null();
                *length += 1;
            }
            ColumnBuilder::Null(length) => *length += 1,
        }
    }

    /// The column, leaving an empty builder.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            ColumnBuilder::Boolean { values, nulls } => Arc::new(BooleanArray::new(values.finish(), nulls.finish())),
            ColumnBuilder::TinyInt(column) => Arc::new(column.finish::<Int8Type>()),
            ColumnBuilder::SmallInt(column) => Arc::new(column.finish::<Int16Type>()),
            ColumnBuilder::Int(column) => Arc::new(column.finish::<Int32Type>()),
            ColumnBuilder::BigInt(column) => Arc::new(column.finish::<Int64Type>()),
            ColumnBuilder::Float(column) => Arc::new(column.finish::<Float32Type>()),
            ColumnBuilder::Double(column) => Arc::new(column.finish::<Float64Type>()),
            ColumnBuilder::Decimal { values, precision, scale } => {
                let ty = DataType::Decimal128(*precision, *scale as i8);
                Arc::new(values.finish::<Decimal128Type>().with_data_type(ty))
            }
            ColumnBuilder::Text(column) => {
                let array = column.finish();
                *column = StringBuilder::with_capacity(array.len(), array.value_data().len());
                Arc::new(array)
            }
            ColumnBuilder::Bytes(column) => {
                let array = column.finish();
                *column = BinaryBuilder::with_capacity(array.len(), array.value_data().len());
                Arc::new(array)
            }
            ColumnBuilder::Date(column) => Arc::new(column.finish::<Date32Type>()),
            ColumnBuilder::Time { values, .. } => Arc::new(values.finish::<Time32MillisecondType>()),
            ColumnBuilder::Timestamp { values, unit, .. } => match unit {
                TimeUnit::Second | TimeUnit::Millisecond => Arc::new(values.finish::<TimestampMillisecondType>()),
                TimeUnit::Microsecond => Arc::new(values.finish::<TimestampMicrosecondType>()),
                TimeUnit::Nanosecond => Arc::new(values.finish::<TimestampNanosecondType>()),
            },
            ColumnBuilder::Array { offsets, element, field } => {
                let (offsets, nulls) = offsets.finish();
                Arc::new(ListArray::new(field.clone(), offsets, element.finish(), nulls))
            }
            ColumnBuilder::Map { offsets, key, value, entries } => {
                let (offsets, nulls) = offsets.finish();
                let DataType::Struct(fields) = entries.data_type().clone() else {
                    unreachable!("the entries of a map are a struct")
                };
                let pairs = StructArray::new(fields, vec![key.finish(), value.finish()], None);
                Arc::new(MapArray::new(entries.clone(), offsets, pairs, nulls, false))
            }
            ColumnBuilder::Row { nulls, length, children, fields } => {
                let columns: Vec<ArrayRef> = children.iter_mut().map(ColumnBuilder::finish).collect();
                let length = std::mem::take(length);
                let array = StructArray::try_new_with_length(fields.clone(), columns, nulls.finish(), length);
                Arc::new(array.expect("the children were appended to row by row"))
            }
            ColumnBuilder::Null(length) => Arc::new(NullArray::new(std::mem::take(length))),
        }
    }

    /// Appends a Boolean. Panics on a column of another type, as the following do.
    pub(crate) fn push_boolean(&mut self, value: bool) {
        let ColumnBuilder::Boolean { values, nulls } = self else { unreachable!("not a BOOLEAN column") };
        values.append(value);
        nulls.append_non_null();
    }

    /// Appends an instant to a timestamp column; false when its unit cannot hold it.
    pub(crate) fn push_timestamp(&mut self, seconds: i64, nanos: u32) -> bool {
        let ColumnBuilder::Timestamp { values, unit, .. } = self else { unreachable!("not a TIMESTAMP column") };
        let value = timestamp_value(seconds, nanos, *unit);
        value.inspect(|&value| values.push(value)).is_some()
    }
}

/// An instant as a count of this unit.
fn timestamp_value(seconds: i64, nanos: u32, unit: TimeUnit) -> Option<i64> {
    let (per_second, nanos_per_unit) = match unit {
        TimeUnit::Second | TimeUnit::Millisecond => (1_000, 1_000_000),
        TimeUnit::Microsecond => (1_000_000, 1_000),
        TimeUnit::Nanosecond => (1_000_000_000, 1),
    };
    seconds.checked_mul(per_second)?.checked_add(i64::from(nanos / nanos_per_unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::{Field, RowType};

    #[test]
    fn every_type_builds_its_arrow_layout() {
        let leaf = [
            TypeKind::Boolean,
            TypeKind::TinyInt,
            TypeKind::SmallInt,
            TypeKind::Int,
            TypeKind::BigInt,
            TypeKind::Float,
            TypeKind::Double,
            TypeKind::Decimal { precision: 10, scale: 2 },
            TypeKind::STRING,
            TypeKind::BYTES,
            TypeKind::Date,
            TypeKind::Time { precision: 3 },
            TypeKind::timestamp(3),
            TypeKind::timestamp_ltz(6),
            TypeKind::timestamp(9),
            TypeKind::IntervalDayTime,
        ];
        let row = RowType::new(leaf.iter().map(|kind| Field::new("f", kind.clone().nullable())).collect());
        let nested = [
            TypeKind::Array(Box::new(TypeKind::Int.nullable())),
            TypeKind::Map(Box::new(TypeKind::STRING.nullable()), Box::new(TypeKind::Int.nullable())),
            TypeKind::Row(row),
            TypeKind::Null,
        ];
        for kind in leaf.into_iter().chain(nested) {
            let ty = kind.nullable();
            let mut builder = ColumnBuilder::new(&ty);
            for rows in [2, 1] {
                (0..rows).for_each(|_| builder.push_null());
                assert_eq!(builder.len(), rows);
                let array = builder.finish();
                assert_eq!((array.len(), array.data_type()), (rows, &ty.arrow_type()), "{ty}");
                assert_eq!(array.logical_null_count(), rows, "{ty}");
            }
        }
    }
}
