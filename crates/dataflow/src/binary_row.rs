//! Keys as bytes: Flink's `BinaryRowData` layout, a column at a time, and its hash code.
//!
//! The same bytes decide the key group (so that rows go where Flink would send them) and identify the key in keyed state. Layout of a row of n
//! fields: an 8-byte-aligned header of null bits (the first byte is the row kind, always 0 here), n slots of 8 bytes, then the variable-length
//! part in words of 8 bytes. Strings of at most 7 bytes live in their slot.
//!
//! ARRAY, MAP, MULTISET and ROW are kept as bytes of [`RowCodec`], a row of that one column: they lie where Flink's do, but have other bytes.

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_schema::{DataType, Field as ArrowField, Schema};

use crate::batch::Batch;
use crate::failure::Failure;
use crate::row_codec::RowCodec;
use crate::types::{RowType, TypeKind};

/// A key column whose type cannot be a key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("column '{column}' of type {ty} cannot be part of a key; use a column of a basic type")]
pub struct UnsupportedKey {
    column: String,
    ty: String,
}

/// Encodes the key columns of batches of one row type.
#[derive(Debug, Clone)]
pub struct KeyEncoder {
    columns: Vec<KeyColumn>,
    header: usize,
}

#[derive(Debug, Clone)]
struct KeyColumn {
    index: usize,
    slot: SlotKind,
}

#[derive(Debug, Clone, Copy)]
enum SlotKind {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Date,
    Time,
    Millis,
    Micros,
    Nanos,
    CompactDecimal,
    WideDecimal,
    Text,
    Bytes,
    Constructed,
}

/// Encoded keys, one a row; the buffers are reused from batch to batch.
#[derive(Debug, Clone, Default)]
pub struct EncodedKeys {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl EncodedKeys {
    /// Number of keys.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of one key.
    pub fn get(&self, row: usize) -> &[u8] {
        &self.bytes[self.starts[row]..self.starts[row + 1]]
    }

    /// Java's `BinaryRowData.hashCode()` of one key.
    pub fn hash_code(&self, row: usize) -> i32 {
        hash_bytes_by_words(self.get(row))
    }
}

impl KeyEncoder {
    /// An encoder of these columns of this row type.
    pub fn new(row_type: &RowType, columns: &[usize]) -> Result<Self, UnsupportedKey> {
        let columns: Vec<KeyColumn> = columns
            .iter()
            .map(|&index| {
                let field = &row_type.fields[index];
                let slot = slot_kind(&field.ty.kind)
                    .ok_or_else(|| UnsupportedKey { column: field.name.clone(), ty: field.ty.to_string() })?;
                Ok(KeyColumn { index, slot })
            })
            .collect::<Result<_, _>>()?;
        let header = (columns.len() + 63 + 8) / 64 * 8;
        Ok(Self { columns, header })
    }

    /// Encodes the keys of every row of `batch` into `keys`, replacing what was there.
    pub fn encode(&self, batch: &Batch, keys: &mut EncodedKeys) {
        let rows = batch.num_rows();
        let fixed = self.header + 8 * self.columns.len();
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|column| column.values(batch)).collect();
        self.lay_out(&arrays, rows, fixed, keys);
        // Where the variable part of each row goes on; only rows with variable columns need it.
        let mut cursors: Vec<usize> =
            if self.columns.iter().any(|column| column.slot.is_variable()) { vec![fixed; rows] } else { Vec::new() };
        for (position, column) in self.columns.iter().enumerate() {
            let slot = self.header + 8 * position;
            write_column(column.slot, &arrays[position], position, slot, keys, &mut cursors);
        }
    }

    fn lay_out(&self, arrays: &[ArrayRef], rows: usize, fixed: usize, keys: &mut EncodedKeys) {
        keys.starts.clear();
        keys.starts.reserve(rows + 1);
        keys.starts.push(0);
        let variable: Vec<(&ArrayRef, SlotKind)> =
            arrays.iter().zip(self.columns.iter().map(|c| c.slot)).filter(|(_, slot)| slot.is_variable()).collect();
        let mut end = 0;
        for row in 0..rows {
            end += fixed + variable.iter().map(|(array, slot)| variable_length(*slot, array, row)).sum::<usize>();
            keys.starts.push(end);
        }
        keys.bytes.clear();
        keys.bytes.resize(end, 0);
    }
}

impl KeyColumn {
    /// The column as it is written.
    fn values(&self, batch: &Batch) -> ArrayRef {
        let array = batch.column(self.index);
        match self.slot {
            SlotKind::Constructed => Arc::new(constructed_to_bytes(array)),
            _ => array.clone(),
        }
    }
}

/// The codec of a constructed value: a row of one column of this type.
fn codec_of(data_type: &DataType) -> Result<RowCodec, Failure> {
    RowCodec::new(Arc::new(Schema::new(vec![ArrowField::new("value", data_type.clone(), true)])))
}

/// Values of ARRAY, MAP, MULTISET or ROW as bytes.
fn constructed_to_bytes(array: &ArrayRef) -> BinaryArray {
    let codec = codec_of(array.data_type()).expect("types that the codec does not take were refused with the key");
    let writer = codec.writer(std::slice::from_ref(array));
    let mut bytes = Vec::new();
    let mut builder = BinaryBuilder::with_capacity(array.len(), 16 * array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        bytes.clear();
        writer.write(row, &mut bytes);
        builder.append_value(&bytes);
    }
    builder.finish()
}

/// What keys keep of values of ARRAY, MAP, MULTISET or ROW, as a column of this type; none: NULL.
///
/// # Errors
/// When it is not what was encoded.
pub fn constructed_from_bytes<'b>(
    data_type: &DataType,
    values: impl ExactSizeIterator<Item = Option<&'b [u8]>>,
) -> Result<ArrayRef, Failure> {
    // A row of one column that is NULL.
    let rows = codec_of(data_type)?.read(values.map(|value| value.unwrap_or(&[1])))?;
    Ok(rows.column(0).clone())
}

impl SlotKind {
    fn is_variable(self) -> bool {
        matches!(
            self,
            SlotKind::Constructed
                | SlotKind::Text
                | SlotKind::Bytes
                | SlotKind::WideDecimal
                | SlotKind::Micros
                | SlotKind::Nanos
        )
    }
}

fn slot_kind(kind: &TypeKind) -> Option<SlotKind> {
    Some(match kind {
        TypeKind::Boolean => SlotKind::Boolean,
        TypeKind::TinyInt => SlotKind::Int8,
        TypeKind::SmallInt => SlotKind::Int16,
        TypeKind::Int | TypeKind::IntervalYearMonth => SlotKind::Int32,
        TypeKind::BigInt | TypeKind::IntervalDayTime => SlotKind::Int64,
        TypeKind::Float => SlotKind::Float32,
        TypeKind::Double => SlotKind::Float64,
        TypeKind::Date => SlotKind::Date,
        TypeKind::Time { .. } => SlotKind::Time,
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => match precision {
            0..=3 => SlotKind::Millis,
            4..=6 => SlotKind::Micros,
            _ => SlotKind::Nanos,
        },
        TypeKind::Decimal { precision, .. } if *precision <= 18 => SlotKind::CompactDecimal,
        TypeKind::Decimal { .. } => SlotKind::WideDecimal,
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => SlotKind::Text,
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => SlotKind::Bytes,
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            codec_of(&kind.clone().nullable().arrow_type()).ok()?;
            SlotKind::Constructed
        }
        TypeKind::Bitmap | TypeKind::Variant | TypeKind::Null => return None,
    })
}

/// Bytes that a field takes in the variable part. Wide decimals and timestamps keep their place even when NULL, as in Flink.
fn variable_length(slot: SlotKind, array: &ArrayRef, row: usize) -> usize {
    let inline_or_words = |length: usize| if length <= 7 { 0 } else { length.next_multiple_of(8) };
    match slot {
        SlotKind::WideDecimal => 16,
        SlotKind::Micros | SlotKind::Nanos => 8,
        SlotKind::Text if array.is_valid(row) => inline_or_words(array.as_string::<i32>().value_length(row) as usize),
        SlotKind::Bytes | SlotKind::Constructed if array.is_valid(row) => {
            inline_or_words(array.as_binary::<i32>().value_length(row) as usize)
        }
        _ => 0,
    }
}

/// Writes one column of all rows. `position` is its field number, `slot` the offset of its slot in the row.
fn write_column(
    kind: SlotKind,
    array: &ArrayRef,
    position: usize,
    slot: usize,
    keys: &mut EncodedKeys,
    cursors: &mut [usize],
) {
    macro_rules! fixed {
        ($type:ty, $to_bytes:expr) => {{
            let values = array.as_primitive::<$type>().values();
            for_each_row(keys, array, position, |row, bytes, _| {
                let value = $to_bytes(values[row]).to_le_bytes();
                bytes[slot..slot + value.len()].copy_from_slice(&value);
            });
        }};
    }
    macro_rules! split_timestamp {
        ($type:ty, $per_milli:expr, $nanos:expr) => {{
            let values = array.as_primitive::<$type>().values();
            write_wide(keys, array, position, slot, cursors, 8, |row, place| {
                place.copy_from_slice(&values[row].div_euclid($per_milli).to_le_bytes());
                values[row].rem_euclid($per_milli) as u64 * $nanos
            });
        }};
    }
    match kind {
        SlotKind::Boolean => {
            let values = array.as_boolean();
            for_each_row(keys, array, position, |row, bytes, _| bytes[slot] = u8::from(values.value(row)));
        }
        SlotKind::Int8 => fixed!(Int8Type, |v: i8| v),
        SlotKind::Int16 => fixed!(Int16Type, |v: i16| v),
        SlotKind::Int32 => fixed!(Int32Type, |v: i32| v),
        SlotKind::Int64 => fixed!(Int64Type, |v: i64| v),
        SlotKind::Float32 => fixed!(Float32Type, |v: f32| v.to_bits()),
        SlotKind::Float64 => fixed!(Float64Type, |v: f64| v.to_bits()),
        SlotKind::Date => fixed!(Date32Type, |v: i32| v),
        SlotKind::Time => fixed!(Time32MillisecondType, |v: i32| v),
        SlotKind::Millis => fixed!(TimestampMillisecondType, |v: i64| v),
        SlotKind::CompactDecimal => fixed!(Decimal128Type, |v: i128| v as i64),
        SlotKind::Micros => split_timestamp!(TimestampMicrosecondType, 1_000, 1_000),
        SlotKind::Nanos => split_timestamp!(TimestampNanosecondType, 1_000_000, 1),
        SlotKind::WideDecimal => {
            let values = array.as_primitive::<Decimal128Type>().values();
            write_wide(keys, array, position, slot, cursors, 16, |row, place| {
                let all = values[row].to_be_bytes();
                let significant = &all[redundant_sign_bytes(&all)..];
                place[..significant.len()].copy_from_slice(significant);
                significant.len() as u64
            });
        }
        SlotKind::Text => {
            let values = array.as_string::<i32>();
            write_variable(keys, array, position, slot, cursors, |row| values.value(row).as_bytes());
        }
        SlotKind::Bytes | SlotKind::Constructed => {
            let values = array.as_binary::<i32>();
            write_variable(keys, array, position, slot, cursors, |row| values.value(row));
        }
    }
}

/// Calls `write(row, bytes of the row, row number)` for valid rows and sets the null bit of the others.
fn for_each_row(
    keys: &mut EncodedKeys,
    array: &ArrayRef,
    position: usize,
    mut write: impl FnMut(usize, &mut [u8], usize),
) {
    let EncodedKeys { bytes, starts } = keys;
    let nulls = array.nulls();
    for row in 0..array.len() {
        let row_bytes = &mut bytes[starts[row]..starts[row + 1]];
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            let bit = position + 8;
            row_bytes[bit / 8] |= 1 << (bit % 8);
        } else {
            write(row, row_bytes, row);
        }
    }
}

/// Strings and binaries: in the slot up to 7 bytes, else in the variable part with (offset << 32 | length) in the slot.
fn write_variable<'a>(
    keys: &mut EncodedKeys,
    array: &ArrayRef,
    position: usize,
    slot: usize,
    cursors: &mut [usize],
    value_of: impl Fn(usize) -> &'a [u8],
) {
    for_each_row(keys, array, position, |row, bytes, _| {
        let value = value_of(row);
        if value.len() <= 7 {
            bytes[slot..slot + value.len()].copy_from_slice(value);
            bytes[slot + 7] = 0x80 | value.len() as u8;
        } else {
            let offset = cursors[row];
            bytes[offset..offset + value.len()].copy_from_slice(value);
            bytes[slot..slot + 8].copy_from_slice(&((offset as u64) << 32 | value.len() as u64).to_le_bytes());
            cursors[row] = offset + value.len().next_multiple_of(8);
        }
    });
}

/// Values of a fixed place in the variable part; `write` fills the place and returns the low half of the slot.
fn write_wide(
    keys: &mut EncodedKeys,
    array: &ArrayRef,
    position: usize,
    slot: usize,
    cursors: &mut [usize],
    width: usize,
    write: impl Fn(usize, &mut [u8]) -> u64,
) {
    for_each_row(keys, array, position, |row, bytes, _| {
        let offset = cursors[row];
        let low = write(row, &mut bytes[offset..offset + width]);
        bytes[slot..slot + 8].copy_from_slice(&((offset as u64) << 32 | low).to_le_bytes());
    });
    let EncodedKeys { bytes, starts } = keys;
    for row in 0..array.len() {
        if array.is_null(row) {
            let at = starts[row] + slot;
            bytes[at..at + 8].copy_from_slice(&((cursors[row] as u64) << 32).to_le_bytes());
        }
        cursors[row] += width;
    }
}

/// How many leading bytes only repeat the sign, as `BigInteger.toByteArray` leaves them out.
fn redundant_sign_bytes(bytes: &[u8; 16]) -> usize {
    let sign = if bytes[0] & 0x80 == 0 { 0x00 } else { 0xff };
    let mut skip = 0;
    while skip < 15 && bytes[skip] == sign && (bytes[skip + 1] & 0x80) == (sign & 0x80) {
        skip += 1;
    }
    skip
}

/// Flink's `MurmurHashUtils.hashBytesByWords` with seed 42; `bytes.len()` is a multiple of 4.
pub fn hash_bytes_by_words(bytes: &[u8]) -> i32 {
    hash_bytes(bytes)
}

/// Flink's `MurmurHashUtils.hashBytes` with seed 42, the hash code of its strings: what is left behind the words goes in byte by byte, signed.
pub fn hash_bytes(bytes: &[u8]) -> i32 {
    let mut hash: u32 = 42;
    let mut mix = |k: u32| {
        let k = k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        hash = (hash ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    };
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    words.for_each(|word| mix(u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
    rest.iter().for_each(|&byte| mix(i32::from(byte as i8) as u32));
    hash ^= bytes.len() as u32;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    hash as i32
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int64Array, RecordBatch, StringArray};

    use super::*;
    use crate::types::Field;

    fn encode(columns: Vec<(TypeKind, ArrayRef)>) -> EncodedKeys {
        let row_type = RowType::new(
            columns.iter().enumerate().map(|(i, (k, _))| Field::new(format!("c{i}"), k.clone().nullable())).collect(),
        );
        let indices: Vec<usize> = (0..columns.len()).collect();
        let rows =
            RecordBatch::try_new(row_type.arrow_schema(), columns.into_iter().map(|(_, a)| a).collect()).unwrap();
        let mut keys = EncodedKeys::default();
        KeyEncoder::new(&row_type, &indices).unwrap().encode(&Batch::inserts(rows), &mut keys);
        keys
    }

    #[test]
    fn short_strings_live_in_the_slot_and_long_ones_behind() {
        let keys = encode(vec![
            (TypeKind::STRING, Arc::new(StringArray::from(vec![Some("abc"), Some("a longer string"), None]))),
            (TypeKind::BigInt, Arc::new(Int64Array::from(vec![Some(1), None, Some(-1)]))),
        ]);
        assert_eq!(keys.len(), 3);
        assert_eq!(keys.get(0), [&[0u8; 8][..], b"abc\0\0\0\0\x83", &1i64.to_le_bytes()].concat());
        let long = keys.get(1);
        assert_eq!(long.len(), 8 + 16 + 16);
        assert_eq!(long[1], 0b10, "the second field is NULL");
        assert_eq!(u64::from_le_bytes(long[8..16].try_into().unwrap()), 24 << 32 | 15);
        assert_eq!(&long[24..39], b"a longer string");
        assert_eq!(keys.get(2)[1], 0b01);
    }

    #[test]
    fn wide_decimals_drop_redundant_sign_bytes() {
        for (value, length) in [(0i128, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (i128::MAX, 16)] {
            assert_eq!(16 - redundant_sign_bytes(&value.to_be_bytes()), length, "{value}");
        }
    }
}
