//! An Arrow column seen by its logical type, so that encoders match on Flink's types once a column and not once a value.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray, Time32MillisecondArray,
};
use arrow_schema::TimeUnit;
use dataflow::types::timestamp_unit;
use dataflow::{Batch, LogicalType, RowType, TypeKind};

/// A column by its logical type. The Arrow layout is that of [`LogicalType::arrow_type`].
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants are Flink's types and Arrow's arrays")]
pub enum ColumnView<'a> {
    Boolean(&'a BooleanArray),
    TinyInt(&'a Int8Array),
    SmallInt(&'a Int16Array),
    Int(&'a Int32Array),
    BigInt(&'a Int64Array),
    Float(&'a Float32Array),
    Double(&'a Float64Array),
    Decimal {
        array: &'a Decimal128Array,
        scale: u8,
    },
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Date(&'a Date32Array),
    Time(&'a Time32MillisecondArray),
    Timestamp(TimestampView<'a>),
    TimestampLtz(TimestampView<'a>),
    /// Months.
    IntervalYearMonth(&'a Int32Array),
    /// Milliseconds.
    IntervalDayTime(&'a Int64Array),
    Array {
        array: &'a ListArray,
        element: Box<ColumnView<'a>>,
    },
    /// A MAP, or a MULTISET with its counts as values.
    Map {
        array: &'a MapArray,
        key: Box<ColumnView<'a>>,
        value: Box<ColumnView<'a>>,
    },
    Row {
        array: &'a StructArray,
        fields: Vec<(String, ColumnView<'a>)>,
    },
    Null,
}

/// Timestamps of one unit.
#[derive(Debug, Clone, Copy)]
pub struct TimestampView<'a> {
    array: &'a dyn Array,
    values: &'a [i64],
    per_second: i64,
    /// Declared precision of the type.
    pub precision: u8,
}

impl TimestampView<'_> {
    /// Seconds since the epoch and nanoseconds within that second.
    pub fn parts(&self, row: usize) -> (i64, u32) {
        let value = self.values[row];
        let fraction = value.rem_euclid(self.per_second) * (1_000_000_000 / self.per_second);
        (value.div_euclid(self.per_second), fraction as u32)
    }
}

impl<'a> ColumnView<'a> {
    /// The columns of a batch whose row type is `row_type`.
    pub fn of_batch(batch: &'a Batch, row_type: &RowType) -> Vec<ColumnView<'a>> {
        let fields = row_type.fields.iter();
        batch.columns().iter().zip(fields).map(|(column, field)| ColumnView::new(column.as_ref(), &field.ty)).collect()
    }

    /// One column. Panics when the array does not have the Arrow layout of the type: that is a fault of the plan.
    pub fn new(array: &'a dyn Array, ty: &LogicalType) -> Self {
        match &ty.kind {
            TypeKind::Boolean => ColumnView::Boolean(array.as_boolean()),
            TypeKind::TinyInt => ColumnView::TinyInt(array.as_primitive::<Int8Type>()),
            TypeKind::SmallInt => ColumnView::SmallInt(array.as_primitive::<Int16Type>()),
            TypeKind::Int => ColumnView::Int(array.as_primitive::<Int32Type>()),
            TypeKind::BigInt => ColumnView::BigInt(array.as_primitive::<Int64Type>()),
            TypeKind::Float => ColumnView::Float(array.as_primitive::<Float32Type>()),
            TypeKind::Double => ColumnView::Double(array.as_primitive::<Float64Type>()),
            TypeKind::Decimal { scale, .. } => {
                ColumnView::Decimal { array: array.as_primitive::<Decimal128Type>(), scale: *scale }
            }
            TypeKind::Char { .. } | TypeKind::Varchar { .. } | TypeKind::Variant => {
                ColumnView::Text(array.as_string::<i32>())
            }
            TypeKind::Binary { .. } | TypeKind::Varbinary { .. } | TypeKind::Bitmap => {
                ColumnView::Bytes(array.as_binary::<i32>())
            }
            TypeKind::Date => ColumnView::Date(array.as_primitive::<Date32Type>()),
            TypeKind::Time { .. } => ColumnView::Time(array.as_primitive::<Time32MillisecondType>()),
            TypeKind::Timestamp { precision, .. } => ColumnView::Timestamp(timestamps(array, *precision)),
            TypeKind::TimestampLtz { precision, .. } => ColumnView::TimestampLtz(timestamps(array, *precision)),
            TypeKind::IntervalYearMonth => ColumnView::IntervalYearMonth(array.as_primitive::<Int32Type>()),
            TypeKind::IntervalDayTime => ColumnView::IntervalDayTime(array.as_primitive::<Int64Type>()),
            TypeKind::Array(element) => {
                let array = array.as_list::<i32>();
                let element = Box::new(ColumnView::new(array.values().as_ref(), element));
                ColumnView::Array { array, element }
            }
            TypeKind::Map(key, value) => map(array.as_map(), key, value),
            TypeKind::Multiset(element) => map(array.as_map(), element, &TypeKind::Int.not_null()),
            TypeKind::Row(row) => {
                let array = array.as_struct();
                let columns = array.columns().iter().zip(&row.fields);
                let fields = columns
                    .map(|(column, field)| (field.name.clone(), ColumnView::new(column.as_ref(), &field.ty)))
                    .collect();
                ColumnView::Row { array, fields }
            }
            TypeKind::Null => ColumnView::Null,
        }
    }

    /// Whether the value of this row is NULL.
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            ColumnView::Boolean(array) => array.is_null(row),
            ColumnView::TinyInt(array) => array.is_null(row),
            ColumnView::SmallInt(array) => array.is_null(row),
            ColumnView::Int(array) | ColumnView::IntervalYearMonth(array) => array.is_null(row),
            ColumnView::BigInt(array) | ColumnView::IntervalDayTime(array) => array.is_null(row),
            ColumnView::Float(array) => array.is_null(row),
            ColumnView::Double(array) => array.is_null(row),
            ColumnView::Decimal { array, .. } => array.is_null(row),
            ColumnView::Text(array) => array.is_null(row),
            ColumnView::Bytes(array) => array.is_null(row),
            ColumnView::Date(array) => array.is_null(row),
            ColumnView::Time(array) => array.is_null(row),
            ColumnView::Timestamp(view) | ColumnView::TimestampLtz(view) => view.array.is_null(row),
            ColumnView::Array { array, .. } => array.is_null(row),
            ColumnView::Map { array, .. } => array.is_null(row),
            ColumnView::Row { array, .. } => array.is_null(row),
            ColumnView::Null => true,
        }
    }

    /// The elements of a list or map at this row.
    pub fn range(offsets: &[i32], row: usize) -> Range<usize> {
        offsets[row] as usize..offsets[row + 1] as usize
    }
}

fn map<'a>(array: &'a MapArray, key: &LogicalType, value: &LogicalType) -> ColumnView<'a> {
    let key = Box::new(ColumnView::new(array.keys().as_ref(), key));
    let value = Box::new(ColumnView::new(array.values().as_ref(), value));
    ColumnView::Map { array, key, value }
}

fn timestamps(array: &dyn Array, precision: u8) -> TimestampView<'_> {
    let (values, per_second): (&[i64], i64) = match timestamp_unit(precision) {
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), 1_000),
        TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000),
        _ => (array.as_primitive::<TimestampNanosecondType>().values(), 1_000_000_000),
    };
    TimestampView { array, values, per_second, precision }
}
