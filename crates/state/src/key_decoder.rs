//! Encoded keys back to columns; the layout is that of `dataflow::binary_row`.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{ArrayRef, NullArray};
use dataflow::binary_row::constructed_from_bytes;
use dataflow::{RowType, TypeKind};

/// The columns of these keys; `key_type` has the key columns in the order in which they were encoded.
pub fn decode_keys(key_type: &RowType, keys: &[&[u8]]) -> Vec<ArrayRef> {
    let header = (key_type.len() + 63 + 8) / 64 * 8;
    let column = |(position, kind): (usize, &TypeKind)| {
        decode_column(kind, &Place { position, slot: header + 8 * position }, keys)
    };
    key_type.fields.iter().map(|field| &field.ty.kind).enumerate().map(column).collect()
}

/// Where a column lies in a key.
struct Place {
    position: usize,
    slot: usize,
}

impl Place {
    fn is_null(&self, key: &[u8]) -> bool {
        let bit = self.position + 8;
        key[bit / 8] & (1 << (bit % 8)) != 0
    }

    fn bytes<'a, const N: usize>(&self, key: &'a [u8]) -> &'a [u8; N] {
        key[self.slot..].first_chunk().expect("every column has a slot of 8 bytes")
    }

    fn word(&self, key: &[u8]) -> u64 {
        u64::from_le_bytes(*self.bytes(key))
    }

    /// Strings and binaries: in the slot when its highest bit is set, else where the slot points.
    fn variable<'a>(&self, key: &'a [u8]) -> &'a [u8] {
        let last = key[self.slot + 7];
        if last & 0x80 != 0 {
            return &key[self.slot..self.slot + usize::from(last & 0x7f)];
        }
        self.pointed(key)
    }

    fn pointed<'a>(&self, key: &'a [u8]) -> &'a [u8] {
        let word = self.word(key);
        let offset = (word >> 32) as usize;
        &key[offset..offset + word as u32 as usize]
    }

    /// Milliseconds behind the slot, the rest of the time in its low half.
    fn millis_and_nanos(&self, key: &[u8]) -> (i64, i64) {
        let word = self.word(key);
        let millis = key[(word >> 32) as usize..].first_chunk().expect("a wide timestamp has 8 bytes behind the slots");
        (i64::from_le_bytes(*millis), i64::from(word as u32))
    }

    fn wide_decimal(&self, key: &[u8]) -> i128 {
        let significant = self.pointed(key);
        let sign = if significant.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
        let mut all = [sign; 16];
        all[16 - significant.len()..].copy_from_slice(significant);
        i128::from_be_bytes(all)
    }
}

fn decode_column(kind: &TypeKind, place: &Place, keys: &[&[u8]]) -> ArrayRef {
    match kind {
        TypeKind::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(keys.len());
            for key in keys {
                builder.append_option((!place.is_null(key)).then(|| key[place.slot] != 0));
            }
            Arc::new(builder.finish())
        }
        TypeKind::TinyInt => primitive::<Int8Type>(place, keys, |key| i8::from_le_bytes(*place.bytes(key))),
        TypeKind::SmallInt => primitive::<Int16Type>(place, keys, |key| i16::from_le_bytes(*place.bytes(key))),
        TypeKind::Int | TypeKind::IntervalYearMonth => {
            primitive::<Int32Type>(place, keys, |key| i32::from_le_bytes(*place.bytes(key)))
        }
        TypeKind::BigInt | TypeKind::IntervalDayTime => {
            primitive::<Int64Type>(place, keys, |key| place.word(key) as i64)
        }
        TypeKind::Float => primitive::<Float32Type>(place, keys, |key| f32::from_le_bytes(*place.bytes(key))),
        TypeKind::Double => primitive::<Float64Type>(place, keys, |key| f64::from_le_bytes(*place.bytes(key))),
        TypeKind::Date => primitive::<Date32Type>(place, keys, |key| i32::from_le_bytes(*place.bytes(key))),
        TypeKind::Time { .. } => {
            primitive::<Time32MillisecondType>(place, keys, |key| i32::from_le_bytes(*place.bytes(key)))
        }
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => {
            timestamp(*precision, place, keys)
        }
        TypeKind::Decimal { precision, scale } => decimal(*precision, *scale, place, keys),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => {
            let mut builder = StringBuilder::with_capacity(keys.len(), 8 * keys.len());
            for key in keys {
                let text = |key| std::str::from_utf8(place.variable(key)).expect("it was encoded from a string column");
                builder.append_option((!place.is_null(key)).then(|| text(key)));
            }
            Arc::new(builder.finish())
        }
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => {
            let mut builder = BinaryBuilder::with_capacity(keys.len(), 8 * keys.len());
            for key in keys {
                builder.append_option((!place.is_null(key)).then(|| place.variable(key)));
            }
            Arc::new(builder.finish())
        }
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            let values = keys.iter().map(|key| (!place.is_null(key)).then(|| place.variable(key)));
            let data_type = kind.clone().nullable().arrow_type();
            constructed_from_bytes(&data_type, values).expect("it was encoded from a column of this type")
        }
        // The encoder refuses these types.
        TypeKind::Bitmap | TypeKind::Variant | TypeKind::Null => Arc::new(NullArray::new(keys.len())),
    }
}

fn timestamp(precision: u8, place: &Place, keys: &[&[u8]]) -> ArrayRef {
    match precision {
        0..=3 => primitive::<TimestampMillisecondType>(place, keys, |key| place.word(key) as i64),
        4..=6 => primitive::<TimestampMicrosecondType>(place, keys, |key| {
            let (millis, nanos) = place.millis_and_nanos(key);
            millis * 1_000 + nanos / 1_000
        }),
        _ => primitive::<TimestampNanosecondType>(place, keys, |key| {
            let (millis, nanos) = place.millis_and_nanos(key);
            millis * 1_000_000 + nanos
        }),
    }
}

fn decimal(precision: u8, scale: u8, place: &Place, keys: &[&[u8]]) -> ArrayRef {
    let mut builder = PrimitiveBuilder::<Decimal128Type>::with_capacity(keys.len())
        .with_precision_and_scale(precision, scale as i8)
        .expect("the precision of a DECIMAL type is at most 38");
    for key in keys {
        let value = |key| if precision <= 18 { i128::from(place.word(key) as i64) } else { place.wide_decimal(key) };
        builder.append_option((!place.is_null(key)).then(|| value(key)));
    }
    Arc::new(builder.finish())
}

fn primitive<T: ArrowPrimitiveType>(place: &Place, keys: &[&[u8]], value: impl Fn(&[u8]) -> T::Native) -> ArrayRef {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(keys.len());
    for key in keys {
        builder.append_option((!place.is_null(key)).then(|| value(key)));
    }
    Arc::new(builder.finish())
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int8Array, Int32Array, Int64Array,
        ListArray, RecordBatch, StringArray, Time32MillisecondArray, TimestampMicrosecondArray,
        TimestampMillisecondArray, TimestampNanosecondArray,
    };
    use dataflow::{Batch, Field};
    use proptest::prelude::*;

    use super::*;
    use crate::KeyBatch;

    fn round_trip(columns: Vec<(TypeKind, ArrayRef)>) {
        let row_type = RowType::new(
            columns.iter().enumerate().map(|(i, (k, _))| Field::new(format!("c{i}"), k.clone().nullable())).collect(),
        );
        let indices: Vec<usize> = (0..columns.len()).collect();
        let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, array)| array).collect();
        let rows = RecordBatch::try_new(row_type.arrow_schema(), arrays.clone()).unwrap();
        let mut keys = KeyBatch::new(&row_type, &indices).unwrap();
        keys.encode(&Batch::inserts(rows));
        let all: Vec<&[u8]> = (0..keys.len()).map(|row| keys.get(row)).collect();
        for (decoded, original) in decode_keys(&row_type, &all).iter().zip(&arrays) {
            assert_eq!(decoded, original);
        }
    }

    #[test]
    fn every_type_comes_back() {
        let wide = |values: Vec<Option<i128>>| Decimal128Array::from(values).with_precision_and_scale(38, 4).unwrap();
        let compact =
            |values: Vec<Option<i128>>| Decimal128Array::from(values).with_precision_and_scale(10, 2).unwrap();
        round_trip(vec![
            (TypeKind::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            (TypeKind::TinyInt, Arc::new(Int8Array::from(vec![Some(-1), Some(7), None]))),
            (TypeKind::Int, Arc::new(Int32Array::from(vec![None, Some(i32::MIN), Some(5)]))),
            (TypeKind::BigInt, Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(9)]))),
            (TypeKind::Double, Arc::new(Float64Array::from(vec![Some(-0.0), Some(1.5), None]))),
            (TypeKind::Date, Arc::new(Date32Array::from(vec![Some(-3), None, Some(20_000)]))),
            (TypeKind::Time { precision: 3 }, Arc::new(Time32MillisecondArray::from(vec![Some(1), None, Some(2)]))),
            (TypeKind::timestamp(3), Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None, Some(2)]))),
            (TypeKind::timestamp(6), Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None, Some(2_001)]))),
            (TypeKind::timestamp(9), Arc::new(TimestampNanosecondArray::from(vec![Some(-1), None, Some(2_000_001)]))),
            (TypeKind::Decimal { precision: 10, scale: 2 }, Arc::new(compact(vec![Some(-12_345), None, Some(1)]))),
            (TypeKind::Decimal { precision: 38, scale: 4 }, Arc::new(wide(vec![Some(-1), None, Some(i128::MAX / 7)]))),
            (TypeKind::STRING, Arc::new(StringArray::from(vec![Some("short"), None, Some("a longer string")]))),
            (
                TypeKind::Array(Box::new(TypeKind::Int.nullable())),
                Arc::new(ListArray::new(
                    Arc::new(arrow_schema::Field::new("element", arrow_schema::DataType::Int32, true)),
                    arrow_buffer::OffsetBuffer::from_lengths([2, 0, 0]),
                    Arc::new(Int32Array::from(vec![Some(1), None])),
                    Some(vec![true, false, true].into()),
                )),
            ),
            (TypeKind::BYTES, Arc::new(BinaryArray::from_opt_vec(vec![None, Some(b""), Some(b"0123456789")]))),
        ]);
    }

    proptest! {
        #[test]
        fn texts_and_numbers_come_back(rows in prop::collection::vec((prop::option::of(".{0,12}"), prop::option::of(any::<i64>())), 1..20)) {
            let (texts, numbers): (Vec<Option<String>>, Vec<Option<i64>>) = rows.into_iter().unzip();
            round_trip(vec![
                (TypeKind::STRING, Arc::new(StringArray::from(texts))),
                (TypeKind::BigInt, Arc::new(Int64Array::from(numbers))),
            ]);
        }
    }
}
