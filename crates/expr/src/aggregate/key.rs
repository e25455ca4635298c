//! Values as keys of the maps that DISTINCT and a retractable MIN or MAX keep for each group.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use dataflow::{Failure, RowCodec, RowWriter};
use hashbrown::HashMap;

use super::state::StateValue;

/// A primitive that has an order and a hash: floats by their bits, NaN equal to itself and last, -0.0 equal to 0.0.
pub(super) trait Ordered: StateValue + Copy + Send + 'static {
    /// The value as a key.
    type Key: StateValue + Copy + Ord + std::hash::Hash + Send + fmt::Debug;
    /// Value to key.
    fn key(self) -> Self::Key;
    /// Key to value.
    fn value(key: Self::Key) -> Self;
}

macro_rules! ordered {
    ($($native:ty),*) => {$(
        impl Ordered for $native {
            type Key = $native;

            #[inline]
            fn key(self) -> $native {
                self
            }

            #[inline]
            fn value(key: $native) -> $native {
                key
            }
        }
    )*};
}

ordered!(i8, i16, i32, i64, i128);

impl Ordered for f64 {
    type Key = i64;

    fn key(self) -> i64 {
        let canonical = if self.is_nan() { f64::NAN } else { self + 0.0 };
        let bits = canonical.to_bits() as i64;
        // Negative numbers order by their inverted bits.
        bits ^ (((bits >> 63) as u64) >> 1) as i64
    }

    fn value(key: i64) -> f64 {
        f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
    }
}

impl Ordered for f32 {
    type Key = i64;

    fn key(self) -> i64 {
        f64::from(self).key()
    }

    fn value(key: i64) -> f32 {
        f64::value(key) as f32
    }
}

/// How the arguments of an aggregate become keys.
pub(super) trait KeySource: Sized + Send + 'static {
    /// The key.
    type Key: StateValue + Ord + std::hash::Hash + Clone + Send + 'static;
    /// The argument columns, downcast once a batch.
    type Column<'a>;

    /// Downcasts.
    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure>;
    /// The key of a row; its arguments are not NULL.
    fn key(column: &Self::Column<'_>, row: usize) -> Self::Key;
    /// Bytes that the key of a row would hold outside itself.
    fn heap_bytes(_: &Self::Column<'_>, _: usize) -> usize {
        0
    }

    /// Arguments that have these keys; none where no fold looks at them.
    fn restore(keys: &[Self::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure>;

    /// The count of a row's key, zero when it was not there.
    fn count<'m>(counts: &'m mut HashMap<Self::Key, i64>, column: &Self::Column<'_>, row: usize) -> &'m mut i64 {
        counts.entry(Self::key(column, row)).or_insert(0)
    }
}

/// Keys to a column of their values.
fn restore<K: Reversible>(keys: &[K::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure> {
    let mut output = K::output(data_type, keys.len());
    keys.iter().for_each(|key| K::append(Some(key), &mut output));
    Ok(vec![K::finish(output)?])
}

/// Keys that can be turned back into the values that they came from.
pub(super) trait Reversible: KeySource {
    /// Collects values.
    type Output;

    /// An empty collection for values of this type.
    fn output(data_type: &DataType, capacity: usize) -> Self::Output;
    /// Appends a key's value.
    fn append(key: Option<&Self::Key>, output: &mut Self::Output);
    /// The values.
    fn finish(output: Self::Output) -> Result<ArrayRef, Failure>;
}

/// Builds something for the key of a column type.
pub(super) trait KeyVisitor {
    /// What is built.
    type Result;

    /// For a primitive type.
    fn primitive<T>(&self, data_type: &DataType) -> Self::Result
    where
        T: ArrowPrimitiveType,
        T::Native: Ordered,
    {
        self.other::<Fixed<T>>(data_type)
    }

    /// For text.
    fn text(&self, data_type: &DataType) -> Self::Result {
        self.other::<Text>(data_type)
    }

    /// For any key.
    fn other<K: Reversible>(&self, data_type: &DataType) -> Self::Result;
}

/// Calls the visitor for the type; `None` when values of it are no keys.
pub(super) fn visit<V: KeyVisitor>(data_type: &DataType, visitor: &V) -> Option<V::Result> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond};
    Some(match data_type {
        DataType::Int8 => visitor.primitive::<Int8Type>(data_type),
        DataType::Int16 => visitor.primitive::<Int16Type>(data_type),
        DataType::Int32 => visitor.primitive::<Int32Type>(data_type),
        DataType::Int64 => visitor.primitive::<Int64Type>(data_type),
        DataType::Float32 => visitor.primitive::<Float32Type>(data_type),
        DataType::Float64 => visitor.primitive::<Float64Type>(data_type),
        DataType::Decimal128(..) => visitor.primitive::<Decimal128Type>(data_type),
        DataType::Date32 => visitor.primitive::<Date32Type>(data_type),
        DataType::Time32(_) => visitor.primitive::<Time32MillisecondType>(data_type),
        DataType::Timestamp(Millisecond, _) => visitor.primitive::<TimestampMillisecondType>(data_type),
        DataType::Timestamp(Microsecond, _) => visitor.primitive::<TimestampMicrosecondType>(data_type),
        DataType::Timestamp(Nanosecond, _) => visitor.primitive::<TimestampNanosecondType>(data_type),
        DataType::Utf8 => visitor.text(data_type),
        DataType::Boolean => visitor.other::<Flag>(data_type),
        other if other.is_nested() || *other == DataType::Binary => visitor.other::<Constructed>(data_type),
        _ => return None,
    })
}

fn mistyped() -> Failure {
    Failure::internal("an aggregate's argument is of another type than planned")
}

/// One primitive column.
pub(super) struct Fixed<T>(PhantomData<fn() -> T>);

impl<T: ArrowPrimitiveType> KeySource for Fixed<T>
where
    T::Native: Ordered,
{
    type Key = <T::Native as Ordered>::Key;
    type Column<'a> = &'a PrimitiveArray<T>;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_primitive_opt::<T>()).ok_or_else(mistyped)
    }

    #[inline]
    fn key(column: &Self::Column<'_>, row: usize) -> Self::Key {
        column.value(row).key()
    }

    fn restore(keys: &[Self::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure> {
        restore::<Self>(keys, data_type)
    }
}

impl<T: ArrowPrimitiveType> Reversible for Fixed<T>
where
    T::Native: Ordered,
{
    type Output = PrimitiveBuilder<T>;

    fn output(data_type: &DataType, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity).with_data_type(data_type.clone())
    }

    fn append(key: Option<&Self::Key>, output: &mut Self::Output) {
        output.append_option(key.map(|key| T::Native::value(*key)));
    }

    fn finish(mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }
}

/// One text column.
pub(super) struct Text;

impl KeySource for Text {
    type Key = String;
    type Column<'a> = &'a StringArray;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_string_opt::<i32>()).ok_or_else(mistyped)
    }

    fn key(column: &Self::Column<'_>, row: usize) -> String {
        column.value(row).into()
    }

    fn heap_bytes(column: &Self::Column<'_>, row: usize) -> usize {
        column.value(row).len()
    }

    fn restore(keys: &[Self::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure> {
        restore::<Self>(keys, data_type)
    }

    /// Text is copied only when it is new.
    fn count<'m>(counts: &'m mut HashMap<String, i64>, column: &Self::Column<'_>, row: usize) -> &'m mut i64 {
        counts.entry_ref(column.value(row)).or_insert(0)
    }
}

impl Reversible for Text {
    type Output = StringBuilder;

    fn output(_: &DataType, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 8)
    }

    fn append(key: Option<&String>, output: &mut StringBuilder) {
        output.append_option(key);
    }

    fn finish(mut output: StringBuilder) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }
}

/// One BOOLEAN column.
pub(super) struct Flag;

impl KeySource for Flag {
    type Key = bool;
    type Column<'a> = &'a BooleanArray;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_boolean_opt()).ok_or_else(mistyped)
    }

    fn key(column: &Self::Column<'_>, row: usize) -> bool {
        column.value(row)
    }

    fn restore(keys: &[Self::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure> {
        restore::<Self>(keys, data_type)
    }
}

impl Reversible for Flag {
    type Output = BooleanBuilder;

    fn output(_: &DataType, capacity: usize) -> BooleanBuilder {
        BooleanBuilder::with_capacity(capacity)
    }

    fn append(key: Option<&bool>, output: &mut BooleanBuilder) {
        output.append_option(key.copied());
    }

    fn finish(mut output: BooleanBuilder) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }
}

/// One column of ARRAY, MAP, MULTISET, ROW or BYTES: its values as rows of that column.
pub(super) struct Constructed;

fn codec_of(data_type: &DataType) -> Result<RowCodec, Failure> {
    RowCodec::new(Arc::new(Schema::new(vec![Field::new("value", data_type.clone(), true)])))
}

impl KeySource for Constructed {
    type Key = Box<[u8]>;
    type Column<'a> = RowWriter;

    fn column(args: &[ArrayRef]) -> Result<RowWriter, Failure> {
        let arg = args.first().ok_or_else(mistyped)?;
        Ok(codec_of(arg.data_type())?.writer(std::slice::from_ref(arg)))
    }

    fn key(column: &RowWriter, row: usize) -> Box<[u8]> {
        let mut key = Vec::new();
        column.write(row, &mut key);
        key.into()
    }

    fn heap_bytes(column: &RowWriter, row: usize) -> usize {
        Self::key(column, row).len()
    }

    fn restore(keys: &[Self::Key], data_type: &DataType) -> Result<Vec<ArrayRef>, Failure> {
        restore::<Self>(keys, data_type)
    }
}

impl Reversible for Constructed {
    type Output = ConstructedOutput;

    fn output(data_type: &DataType, capacity: usize) -> ConstructedOutput {
        ConstructedOutput { data_type: data_type.clone(), values: Vec::with_capacity(capacity) }
    }

    fn append(key: Option<&Box<[u8]>>, output: &mut ConstructedOutput) {
        // A row of one column that is NULL.
        output.values.push(key.cloned().unwrap_or_else(|| Box::new([1])));
    }

    fn finish(output: ConstructedOutput) -> Result<ArrayRef, Failure> {
        let rows = codec_of(&output.data_type)?.read(output.values.iter().map(AsRef::as_ref))?;
        Ok(rows.column(0).clone())
    }
}

/// Values of [`Constructed`] that are to become a column.
pub(super) struct ConstructedOutput {
    data_type: DataType,
    values: Vec<Box<[u8]>>,
}

/// Any number of columns, as bytes.
pub(super) struct Encoded;

/// A column of [`Encoded`].
pub(super) enum EncodedColumn<'a> {
    /// Values of so many bytes.
    Fixed(Buffer, usize),
    Flag(&'a BooleanArray),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Constructed(RowWriter),
}

impl KeySource for Encoded {
    type Key = Box<[u8]>;
    type Column<'a> = Vec<EncodedColumn<'a>>;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.iter().map(EncodedColumn::of).collect()
    }

    fn key(columns: &Self::Column<'_>, row: usize) -> Box<[u8]> {
        let mut key = Vec::with_capacity(16 * columns.len());
        for column in columns {
            column.write(row, &mut key);
        }
        key.into()
    }

    fn heap_bytes(columns: &Self::Column<'_>, row: usize) -> usize {
        columns.iter().map(|column| column.length(row)).sum()
    }

    /// Only COUNT counts such keys, and it looks at no argument.
    fn restore(_: &[Self::Key], _: &DataType) -> Result<Vec<ArrayRef>, Failure> {
        Ok(Vec::new())
    }
}

impl<'a> EncodedColumn<'a> {
    /// Whether values of this layout can be keys.
    pub(super) fn takes(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Boolean | DataType::Utf8 | DataType::Binary)
            || data_type.is_primitive()
            || data_type.is_nested()
    }

    fn of(array: &'a ArrayRef) -> Result<Self, Failure> {
        Ok(match array.data_type() {
            DataType::Boolean => EncodedColumn::Flag(array.as_boolean()),
            DataType::Utf8 => EncodedColumn::Text(array.as_string()),
            DataType::Binary => EncodedColumn::Bytes(array.as_binary()),
            other if other.is_nested() => EncodedColumn::Constructed(Constructed::column(std::slice::from_ref(array))?),
            other => {
                let width = other.primitive_width().ok_or_else(mistyped)?;
                let data = array.to_data();
                EncodedColumn::Fixed(data.buffers()[0].slice(data.offset() * width), width)
            }
        })
    }

    /// Bytes that [`write`](Self::write) appends.
    fn length(&self, row: usize) -> usize {
        match self {
            EncodedColumn::Fixed(_, width) => *width,
            EncodedColumn::Flag(_) => 1,
            EncodedColumn::Text(array) => 4 + array.value(row).len(),
            EncodedColumn::Bytes(array) => 4 + array.value(row).len(),
            EncodedColumn::Constructed(rows) => 4 + Constructed::heap_bytes(rows, row),
        }
    }

    /// Appends the value; a variable length is written before it, so that two keys are equal only when all their values are.
    fn write(&self, row: usize, key: &mut Vec<u8>) {
        let mut sized = |bytes: &[u8]| {
            key.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            key.extend_from_slice(bytes);
        };
        match self {
            EncodedColumn::Fixed(buffer, width) => key.extend_from_slice(&buffer[row * width..(row + 1) * width]),
            EncodedColumn::Flag(array) => key.push(array.value(row).into()),
            EncodedColumn::Text(array) => sized(array.value(row).as_bytes()),
            EncodedColumn::Bytes(array) => sized(array.value(row)),
            EncodedColumn::Constructed(rows) => sized(&Constructed::key(rows, row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_of_doubles_keep_their_order(a: f64, b: f64) {
            prop_assert_eq!(f64::value(a.key()), a);
            prop_assert_eq!(a.key().cmp(&b.key()), a.partial_cmp(&b).unwrap());
        }
    }

    #[test]
    fn special_doubles() {
        assert_eq!((-0.0f64).key(), 0.0f64.key());
        assert_eq!((-f64::NAN).key(), f64::NAN.key());
        assert!(f64::NAN.key() > f64::INFINITY.key());
    }
}
