//! `RowCodec`: rows of Arrow columns as one byte string each, and back. It does not know what the rows are for.
//!
//! | type | bytes of a value that is not NULL |
//! |---|---|
//! | row | a bit for each field, set where it is NULL, the first in the lowest bit; then the fields that are not NULL |
//! | BOOLEAN | 0 or 1 |
//! | numbers, dates, times, intervals | as Arrow holds them, little endian |
//! | text, bytes | length, then the bytes |
//! | ARRAY | length, a bit for each element, set where it is NULL, then the elements that are not NULL |
//! | MAP, MULTISET | as an ARRAY of rows of a key and a value |
//! | NULL | nothing |
//!
//! Lengths are LEB128. The bytes of a row depend on nothing but its values and the types of its columns; they are kept in checkpoints, so that a
//! change of them needs another version of the values of state.

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, Buffer, MutableBuffer, NullBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};

use crate::failure::Failure;

/// Reads rows of one schema.
#[derive(Debug, Clone)]
pub struct RowCodec {
    schema: SchemaRef,
}

/// Writes the rows of one batch; the columns are looked at once.
#[derive(Debug)]
pub struct RowWriter {
    fields: Vec<Column>,
}

/// A column to be written.
#[derive(Debug)]
struct Column {
    nulls: Option<NullBuffer>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Null,
    Flags(BooleanBuffer),
    /// Values of so many bytes.
    Fixed(Buffer, usize),
    Bytes(ScalarBuffer<i32>, Buffer),
    List(ScalarBuffer<i32>, Box<Column>),
    Row(Vec<Column>),
}

/// A column being read.
struct Reader<'a> {
    data_type: &'a DataType,
    present: BooleanBufferBuilder,
    parts: Parts<'a>,
}

enum Parts<'a> {
    Null,
    Flags(BooleanBufferBuilder),
    Fixed(MutableBuffer, usize),
    Bytes(Vec<i32>, Vec<u8>),
    List(Vec<i32>, Box<Reader<'a>>),
    Row(Vec<Reader<'a>>),
}

fn damaged() -> Failure {
    Failure::internal("a row in keyed state is damaged").fatal()
}

fn check(data_type: &DataType) -> Result<(), Failure> {
    match data_type {
        DataType::Null | DataType::Boolean | DataType::Utf8 | DataType::Binary => Ok(()),
        DataType::List(field) | DataType::Map(field, _) => check(field.data_type()),
        DataType::Struct(fields) => fields.iter().try_for_each(|field| check(field.data_type())),
        other if other.is_primitive() => Ok(()),
        other => {
            let message = format!("rows with columns of the Arrow type {other} are not kept in state");
            Err(Failure::internal(message).fatal())
        }
    }
}

fn width(data_type: &DataType) -> usize {
    data_type.primitive_width().expect("the other types were refused with the schema")
}

impl RowCodec {
    /// For rows of this schema; fails for columns that no type of ours has.
    pub fn new(schema: SchemaRef) -> Result<Self, Failure> {
        schema.fields().iter().try_for_each(|field| check(field.data_type()))?;
        Ok(Self { schema })
    }

    /// Writes rows of these columns, which are of the schema.
    pub fn writer(&self, columns: &[ArrayRef]) -> RowWriter {
        RowWriter { fields: columns.iter().map(|column| Column::new(&column.to_data())).collect() }
    }

    /// The rows, each as [`RowWriter::write`] has written it.
    pub fn read<'b>(&self, rows: impl ExactSizeIterator<Item = &'b [u8]>) -> Result<RecordBatch, Failure> {
        let count = rows.len();
        let fields = self.schema.fields().iter();
        let mut fields: Vec<Reader<'_>> = fields.map(|field| Reader::new(field.data_type(), count)).collect();
        for mut row in rows {
            read_fields(&mut fields, &mut row)?;
            if !row.is_empty() {
                return Err(damaged());
            }
        }
        let columns = fields.into_iter().map(|field| Ok(make_array(field.finish()?)));
        let columns = columns.collect::<Result<Vec<_>, ArrowError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

impl RowWriter {
    /// Appends a row.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        write_fields(&self.fields, row, out);
    }
}

/// Appends a bit for each item that is set where it is NULL.
fn write_nulls(count: usize, is_null: impl Fn(usize) -> bool, out: &mut Vec<u8>) {
    for first in (0..count).step_by(8) {
        let bits = (first..count.min(first + 8)).filter(|item| is_null(*item));
        out.push(bits.fold(0, |byte, item| byte | 1 << (item - first)));
    }
}

fn write_fields(fields: &[Column], row: usize, out: &mut Vec<u8>) {
    write_nulls(fields.len(), |field| fields[field].is_null(row), out);
    fields.iter().filter(|field| !field.is_null(row)).for_each(|field| field.write(row, out));
}

fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

impl Column {
    fn new(data: &ArrayData) -> Self {
        let (offset, length) = (data.offset(), data.len());
        let offsets = || ScalarBuffer::<i32>::new(data.buffers()[0].clone(), offset, length + 1);
        let values = match data.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Flags(BooleanBuffer::new(data.buffers()[0].clone(), offset, length)),
            // An empty array of these may be without offsets.
            DataType::Utf8 | DataType::Binary | DataType::List(_) | DataType::Map(..) if length == 0 => Values::Null,
            DataType::Utf8 | DataType::Binary => Values::Bytes(offsets(), data.buffers()[1].clone()),
            DataType::List(_) | DataType::Map(..) => {
                Values::List(offsets(), Box::new(Self::new(&data.child_data()[0])))
            }
            DataType::Struct(_) => {
                let field = |child: &ArrayData| Self::new(&child.slice(offset, length));
                Values::Row(data.child_data().iter().map(field).collect())
            }
            other => {
                let width = width(other);
                Values::Fixed(data.buffers()[0].slice_with_length(offset * width, length * width), width)
            }
        };
        Self { nulls: data.nulls().cloned(), values }
    }

    fn is_null(&self, row: usize) -> bool {
        match self.values {
            Values::Null => true,
            _ => self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)),
        }
    }

    /// Appends the value of a row, which is not NULL.
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        let range = |offsets: &ScalarBuffer<i32>| offsets[row] as usize..offsets[row + 1] as usize;
        match &self.values {
            Values::Null => {}
            Values::Flags(flags) => out.push(flags.value(row).into()),
            Values::Fixed(values, width) => out.extend_from_slice(&values[row * width..(row + 1) * width]),
            Values::Bytes(offsets, bytes) => {
                let range = range(offsets);
                write_length(range.len(), out);
                out.extend_from_slice(&bytes[range]);
            }
            Values::List(offsets, items) => {
                let range = range(offsets);
                write_length(range.len(), out);
                write_nulls(range.len(), |item| items.is_null(range.start + item), out);
                range.filter(|item| !items.is_null(*item)).for_each(|item| items.write(item, out));
            }
            Values::Row(fields) => write_fields(fields, row, out),
        }
    }
}

fn take<'b>(input: &mut &'b [u8], length: usize) -> Result<&'b [u8], Failure> {
    let (taken, rest) = input.split_at_checked(length).ok_or_else(damaged)?;
    *input = rest;
    Ok(taken)
}

fn read_length(input: &mut &[u8]) -> Result<usize, Failure> {
    let mut length = 0u32;
    for shift in (0..32).step_by(7) {
        let byte = take(input, 1)?[0];
        length |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(length as usize);
        }
    }
    Err(damaged())
}

fn is_null(nulls: &[u8], item: usize) -> bool {
    nulls[item / 8] & 1 << (item % 8) != 0
}

fn read_fields(fields: &mut [Reader<'_>], input: &mut &[u8]) -> Result<(), Failure> {
    let nulls = take(input, fields.len().div_ceil(8))?;
    for (index, field) in fields.iter_mut().enumerate() {
        if is_null(nulls, index) { field.null() } else { field.read(input)? }
    }
    Ok(())
}

impl<'a> Reader<'a> {
    fn new(data_type: &'a DataType, capacity: usize) -> Self {
        let offsets = || {
            let mut offsets = Vec::with_capacity(capacity + 1);
            offsets.push(0);
            offsets
        };
        let child = |field: &'a Field| Self::new(field.data_type(), 0);
        let parts = match data_type {
            DataType::Null => Parts::Null,
            DataType::Boolean => Parts::Flags(BooleanBufferBuilder::new(capacity)),
            DataType::Utf8 | DataType::Binary => Parts::Bytes(offsets(), Vec::new()),
            DataType::List(field) | DataType::Map(field, _) => Parts::List(offsets(), Box::new(child(field))),
            DataType::Struct(fields) => Parts::Row(fields.iter().map(|field| child(field)).collect()),
            other => {
                let width = width(other);
                Parts::Fixed(MutableBuffer::with_capacity(capacity * width), width)
            }
        };
        Self { data_type, present: BooleanBufferBuilder::new(capacity), parts }
    }

    fn null(&mut self) {
        self.present.append(false);
        match &mut self.parts {
            Parts::Null => {}
            Parts::Flags(flags) => flags.append(false),
            Parts::Fixed(values, width) => values.extend_zeros(*width),
            Parts::Bytes(offsets, _) | Parts::List(offsets, _) => offsets.push(offsets[offsets.len() - 1]),
            Parts::Row(fields) => fields.iter_mut().for_each(Reader::null),
        }
    }

    /// Takes a value that is not NULL off the input.
    fn read(&mut self, input: &mut &[u8]) -> Result<(), Failure> {
        self.present.append(true);
        match &mut self.parts {
            Parts::Null => return Err(damaged()),
            Parts::Flags(flags) => flags.append(take(input, 1)?[0] != 0),
            Parts::Fixed(values, width) => values.extend_from_slice(take(input, *width)?),
            Parts::Bytes(offsets, bytes) => {
                let length = read_length(input)?;
                bytes.extend_from_slice(take(input, length)?);
                offsets.push(i32::try_from(bytes.len()).map_err(|_| too_much())?);
            }
            Parts::List(offsets, items) => {
                let length = read_length(input)?;
                let nulls = take(input, length.div_ceil(8))?;
                for item in 0..length {
                    if is_null(nulls, item) { items.null() } else { items.read(input)? }
                }
                offsets.push(i32::try_from(items.present.len()).map_err(|_| too_much())?);
            }
            Parts::Row(fields) => read_fields(fields, input)?,
        }
        Ok(())
    }

    /// The column; what is read may be damaged, so that it is checked.
    fn finish(mut self) -> Result<ArrayData, ArrowError> {
        let count = self.present.len();
        let data = ArrayData::builder(self.data_type.clone()).len(count);
        let data = match self.parts {
            Parts::Null => return data.build(),
            Parts::Flags(mut flags) => data.add_buffer(flags.finish().into_inner()),
            Parts::Fixed(values, _) => data.add_buffer(values.into()),
            Parts::Bytes(offsets, bytes) => {
                data.add_buffer(Buffer::from_vec(offsets)).add_buffer(Buffer::from_vec(bytes))
            }
            Parts::List(offsets, items) => data.add_buffer(Buffer::from_vec(offsets)).add_child_data(items.finish()?),
            Parts::Row(fields) => {
                data.child_data(fields.into_iter().map(Reader::finish).collect::<Result<Vec<_>, _>>()?)
            }
        };
        data.nulls(Some(NullBuffer::new(self.present.finish())).filter(|nulls| nulls.null_count() > 0)).build()
    }
}

fn too_much() -> Failure {
    Failure::user("the rows of one key are too large: a column of them has more than 2 GiB").fatal()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BinaryArray, BooleanArray, ListArray, MapArray, NullArray, StringArray, StructArray};
    use arrow_buffer::OffsetBuffer;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::types::{LogicalType, RowType, TimeAttribute, TypeKind};

    const NONE: TimeAttribute = TimeAttribute::None;

    fn basic() -> impl Strategy<Value = TypeKind> {
        prop::sample::select(vec![
            TypeKind::Boolean,
            TypeKind::TinyInt,
            TypeKind::SmallInt,
            TypeKind::Int,
            TypeKind::BigInt,
            TypeKind::Float,
            TypeKind::Double,
            TypeKind::Decimal { precision: 20, scale: 3 },
            TypeKind::Char { length: 3 },
            TypeKind::STRING,
            TypeKind::Binary { length: 3 },
            TypeKind::Varbinary { length: 9 },
            TypeKind::Date,
            TypeKind::Time { precision: 0 },
            TypeKind::Timestamp { precision: 3, attribute: NONE },
            TypeKind::Timestamp { precision: 6, attribute: NONE },
            TypeKind::TimestampLtz { precision: 9, attribute: NONE },
            TypeKind::IntervalYearMonth,
            TypeKind::IntervalDayTime,
            TypeKind::Null,
        ])
    }

    fn any_type() -> impl Strategy<Value = LogicalType> {
        let nested = |inner: BoxedStrategy<LogicalType>| {
            let field = |(index, ty): (usize, LogicalType)| crate::types::Field::new(format!("f{index}"), ty);
            let key = inner.clone().prop_filter("keys are not NULL", |ty| ty.kind != TypeKind::Null);
            prop_oneof![
                inner.clone().prop_map(|element| TypeKind::Array(Box::new(element)).nullable()),
                (key.clone(), inner.clone())
                    .prop_map(|(key, value)| TypeKind::Map(Box::new(key), Box::new(value)).nullable()),
                key.prop_map(|element| TypeKind::Multiset(Box::new(element)).nullable()),
                prop::collection::vec(inner, 0..10).prop_map(move |types| {
                    TypeKind::Row(RowType::new(types.into_iter().enumerate().map(field).collect())).nullable()
                }),
            ]
        };
        basic().prop_map(TypeKind::nullable).prop_recursive(3, 12, 4, nested)
    }

    /// Numbers without end.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self, below: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % below
        }

        fn nulls(&mut self, length: usize) -> Option<NullBuffer> {
            (self.next(3) > 0).then(|| NullBuffer::from_iter((0..length).map(|_| self.next(4) > 0)))
        }

        fn offsets(&mut self, length: usize) -> OffsetBuffer<i32> {
            OffsetBuffer::from_lengths((0..length).map(|_| self.next(4)).collect::<Vec<_>>())
        }

        fn array(&mut self, data_type: &DataType, length: usize, nullable: bool) -> ArrayRef {
            let nulls = if nullable { self.nulls(length) } else { None };
            let text = |numbers: &mut Self| "äb\u{1F600}c".chars().take(numbers.next(5)).collect::<String>();
            match data_type {
                DataType::Null => Arc::new(NullArray::new(length)),
                DataType::Boolean => {
                    Arc::new(BooleanArray::new((0..length).map(|_| self.next(2) > 0).collect(), nulls))
                }
                DataType::Utf8 | DataType::Binary => {
                    let texts: Vec<String> = (0..length).map(|_| text(self)).collect();
                    let is_valid = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                    let texts = texts.iter().enumerate().map(|(row, text)| is_valid(row).then_some(text.as_str()));
                    match data_type {
                        DataType::Utf8 => Arc::new(texts.collect::<StringArray>()),
                        _ => Arc::new(texts.map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
                    }
                }
                DataType::List(field) => {
                    let offsets = self.offsets(length);
                    let items = self.array(field.data_type(), offsets[length] as usize, true);
                    Arc::new(ListArray::new(field.clone(), offsets, items, nulls))
                }
                DataType::Map(field, _) => {
                    let offsets = self.offsets(length);
                    let DataType::Struct(fields) = field.data_type() else { panic!("entries are rows") };
                    let entries = offsets[length] as usize;
                    let columns =
                        fields.iter().map(|field| self.array(field.data_type(), entries, field.is_nullable()));
                    let entries = StructArray::new(fields.clone(), columns.collect(), None);
                    Arc::new(MapArray::new(field.clone(), offsets, entries, nulls, false))
                }
                DataType::Struct(fields) => {
                    let columns = fields.iter().map(|field| self.array(field.data_type(), length, true)).collect();
                    Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, length).unwrap())
                }
                other => {
                    let bytes: Vec<u8> = (0..length * width(other)).map(|_| self.next(256) as u8).collect();
                    let data = ArrayData::builder(other.clone()).len(length).nulls(nulls);
                    make_array(data.add_buffer(Buffer::from_slice_ref(&bytes)).align_buffers(true).build().unwrap())
                }
            }
        }
    }

    fn written(codec: &RowCodec, batch: &RecordBatch) -> Vec<Vec<u8>> {
        let writer = codec.writer(batch.columns());
        let row = |row| {
            let mut out = Vec::new();
            writer.write(row, &mut out);
            out
        };
        (0..batch.num_rows()).map(row).collect()
    }

    fn batch(types: &[LogicalType], rows: usize, seed: u64) -> RecordBatch {
        let field = |(index, ty): (usize, &LogicalType)| crate::types::Field::new(format!("c{index}"), ty.clone());
        let schema = RowType::new(types.iter().enumerate().map(field).collect()).arrow_schema();
        let mut numbers = Numbers(seed);
        let columns = schema.fields().iter().map(|field| numbers.array(field.data_type(), rows, true)).collect();
        RecordBatch::try_new_with_options(schema, columns, &RecordBatchOptions::new().with_row_count(Some(rows)))
            .unwrap()
    }

    proptest! {
        #[test]
        fn rows_come_back(types in prop::collection::vec(any_type(), 0..11), rows in 0usize..9, seed: u64, from: Index) {
            let batch = batch(&types, rows, seed);
            let codec = RowCodec::new(batch.schema()).unwrap();
            let bytes = written(&codec, &batch);
            let read = codec.read(bytes.iter().map(Vec::as_slice)).unwrap();
            prop_assert_eq!(&read, &batch);
            prop_assert_eq!(&written(&codec, &read), &bytes);
            let from = from.index(rows + 1);
            prop_assert_eq!(written(&codec, &batch.slice(from, rows - from)), &bytes[from..]);
        }

        #[test]
        fn damaged_rows_are_an_error(types in prop::collection::vec(any_type(), 1..4), seed: u64, at: Index, byte: u8) {
            let batch = batch(&types, 1, seed);
            let codec = RowCodec::new(batch.schema()).unwrap();
            let mut row = written(&codec, &batch).remove(0);
            let at = at.index(row.len());
            prop_assert!(codec.read([&row[..at]].into_iter()).is_err());
            row.push(0);
            prop_assert!(codec.read([row.as_slice()].into_iter()).is_err());
            row[at] = byte;
            let _ = codec.read([row.as_slice()].into_iter());
        }
    }

    #[test]
    fn the_format() {
        let types = [
            TypeKind::Int.nullable(),
            TypeKind::STRING.nullable(),
            TypeKind::Array(Box::new(TypeKind::Boolean.nullable())).nullable(),
        ];
        let schema =
            RowType::new(types.iter().map(|ty| crate::types::Field::new("c", ty.clone())).collect()).arrow_schema();
        let flags: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]));
        let list = ListArray::new(
            Arc::new(Field::new("element", DataType::Boolean, true)),
            OffsetBuffer::from_lengths([3]),
            flags,
            None,
        );
        let columns: Vec<ArrayRef> = vec![
            Arc::new(arrow_array::Int32Array::from(vec![258])),
            Arc::new(StringArray::from(vec![None::<&str>])),
            Arc::new(list),
        ];
        let batch = RecordBatch::try_new(schema, columns).unwrap();
        let codec = RowCodec::new(batch.schema()).unwrap();
        assert_eq!(written(&codec, &batch), [[0b010, 2, 1, 0, 0, 3, 0b010, 1, 0]]);
    }
}
