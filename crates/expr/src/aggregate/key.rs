//! Values as keys of the maps that DISTINCT and a retractable MIN or MAX keep for each group.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray};
use arrow_schema::DataType;
use dataflow::Failure;

/// A primitive that has an order and a hash: floats by their bits, NaN equal to itself and last, -0.0 equal to 0.0.
pub(super) trait Ordered: Copy + Send + 'static {
    /// The value as a key.
    type Key: Copy + Ord + std::hash::Hash + Send + fmt::Debug;
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
pub(super) trait KeySource: Send + 'static {
    /// The key.
    type Key: Ord + std::hash::Hash + Clone + Send;
    /// The argument columns, downcast once a batch.
    type Column<'a>;
    /// Collects keys as values.
    type Output;

    /// Downcasts.
    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure>;
    /// The key of a row; its arguments are not NULL.
    fn key(column: &Self::Column<'_>, row: usize) -> Self::Key;
    /// An empty collection for values of this type.
    fn output(data_type: &DataType, capacity: usize) -> Self::Output;
    /// Appends a key's value.
    fn append(key: Option<&Self::Key>, output: &mut Self::Output);
    /// The values.
    fn finish(output: Self::Output) -> ArrayRef;
}

fn mistyped() -> Failure {
    Failure::internal("an aggregate's argument is of another type than planned")
}

/// One primitive column.
pub(super) struct Fixed<T>(PhantomData<T>);

impl<T: ArrowPrimitiveType> KeySource for Fixed<T>
where
    T::Native: Ordered,
{
    type Key = <T::Native as Ordered>::Key;
    type Column<'a> = &'a PrimitiveArray<T>;
    type Output = PrimitiveBuilder<T>;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_primitive_opt::<T>()).ok_or_else(mistyped)
    }

    #[inline]
    fn key(column: &Self::Column<'_>, row: usize) -> Self::Key {
        column.value(row).key()
    }

    fn output(data_type: &DataType, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity).with_data_type(data_type.clone())
    }

    fn append(key: Option<&Self::Key>, output: &mut Self::Output) {
        output.append_option(key.map(|key| T::Native::value(*key)));
    }

    fn finish(mut output: Self::Output) -> ArrayRef {
        Arc::new(output.finish())
    }
}

/// One text column.
pub(super) struct Text;

impl KeySource for Text {
    type Key = Box<str>;
    type Column<'a> = &'a StringArray;
    type Output = StringBuilder;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_string_opt::<i32>()).ok_or_else(mistyped)
    }

    fn key(column: &Self::Column<'_>, row: usize) -> Box<str> {
        column.value(row).into()
    }

    fn output(_: &DataType, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 8)
    }

    fn append(key: Option<&Box<str>>, output: &mut StringBuilder) {
        output.append_option(key);
    }

    fn finish(mut output: StringBuilder) -> ArrayRef {
        Arc::new(output.finish())
    }
}

/// One BOOLEAN column.
pub(super) struct Flag;

impl KeySource for Flag {
    type Key = bool;
    type Column<'a> = &'a BooleanArray;
    type Output = BooleanBuilder;

    fn column<'a>(args: &'a [ArrayRef]) -> Result<Self::Column<'a>, Failure> {
        args.first().and_then(|arg| arg.as_boolean_opt()).ok_or_else(mistyped)
    }

    fn key(column: &Self::Column<'_>, row: usize) -> bool {
        column.value(row)
    }

    fn output(_: &DataType, capacity: usize) -> BooleanBuilder {
        BooleanBuilder::with_capacity(capacity)
    }

    fn append(key: Option<&bool>, output: &mut BooleanBuilder) {
        output.append_option(key.copied());
    }

    fn finish(mut output: BooleanBuilder) -> ArrayRef {
        Arc::new(output.finish())
    }
}
