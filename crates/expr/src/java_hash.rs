//! The hash codes that values have in Flink, and maps in the order that a Java `HashMap` gives them by these.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, UInt32Array};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use arrow_select::take::take;
use dataflow::binary_row::hash_bytes;
use dataflow::java_map::{DEFAULT_CAPACITY, hash_map_order};

/// The hash code of each value, as Flink's internal data structures have it; `None` for types whose code is an address, or that of what they hold.
fn hash_codes(array: &dyn Array) -> Option<Vec<i32>> {
    fn codes<T: ArrowPrimitiveType>(array: &dyn Array, code: impl Fn(T::Native) -> i32) -> Vec<i32> {
        array.as_primitive::<T>().values().iter().map(|value| code(*value)).collect()
    }
    let millis = |millis: i64, nanos: i64| long(millis).wrapping_mul(31).wrapping_add(nanos as i32);
    Some(match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean();
            (0..values.len()).map(|row| if values.value(row) { 1_231 } else { 1_237 }).collect()
        }
        DataType::Int8 => codes::<Int8Type>(array, i32::from),
        DataType::Int16 => codes::<Int16Type>(array, i32::from),
        DataType::Int32 => codes::<Int32Type>(array, |value| value),
        DataType::Date32 => codes::<Date32Type>(array, |value| value),
        DataType::Time32(_) => codes::<Time32MillisecondType>(array, |value| value),
        DataType::Int64 => codes::<Int64Type>(array, long),
        DataType::Float32 => codes::<Float32Type>(array, |value| value.to_bits() as i32),
        DataType::Float64 => codes::<Float64Type>(array, |value| long(value.to_bits() as i64)),
        DataType::Decimal128(_, scale) => {
            codes::<Decimal128Type>(array, |value| big_integer(value).wrapping_mul(31).wrapping_add((*scale).into()))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            codes::<TimestampMillisecondType>(array, |value| millis(value, 0))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => codes::<TimestampMicrosecondType>(array, |value| {
            millis(value.div_euclid(1_000), value.rem_euclid(1_000) * 1_000)
        }),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => codes::<TimestampNanosecondType>(array, |value| {
            millis(value.div_euclid(1_000_000), value.rem_euclid(1_000_000))
        }),
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            (0..values.len()).map(|row| hash_bytes(values.value(row).as_bytes())).collect()
        }
        _ => return None,
    })
}

/// `Long.hashCode`.
fn long(value: i64) -> i32 {
    (value ^ (value as u64 >> 32) as i64) as i32
}

/// `BigInteger.hashCode`: over the 32-bit words of the magnitude.
fn big_integer(value: i128) -> i32 {
    let magnitude = value.unsigned_abs();
    let words = (0..4).rev().map(|word| (magnitude >> (32 * word)) as u32).skip_while(|word| *word == 0);
    let code = words.fold(0i32, |code, word| code.wrapping_mul(31).wrapping_add(word as i32));
    if value < 0 { code.wrapping_neg() } else { code }
}

/// Keys and values of maps whose entries end at these offsets, those of each in the order of a `HashMap`.
pub(crate) fn in_java_order(
    offsets: &[i32],
    keys: ArrayRef,
    values: ArrayRef,
) -> Result<(ArrayRef, ArrayRef), ArrowError> {
    let Some(codes) = hash_codes(&keys).filter(|_| offsets.windows(2).any(|pair| pair[1] - pair[0] > 1)) else {
        return Ok((keys, values));
    };
    let mut order: Vec<u32> = Vec::with_capacity(codes.len());
    for pair in offsets.windows(2) {
        let (start, end) = (pair[0] as usize, pair[1] as usize);
        order.extend(
            hash_map_order(&codes[start..end], DEFAULT_CAPACITY).into_iter().map(|index| (start + index) as u32),
        );
    }
    let order = UInt32Array::from(order);
    Ok((take(&keys, &order, None)?, take(&values, &order, None)?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Decimal128Array, Int32Array, StringArray};

    use super::*;

    #[test]
    fn codes_are_javas() {
        assert_eq!((long(-1), long(1 << 32), long(5)), (0, 1, 5));
        assert_eq!((big_integer(0), big_integer(-7), big_integer(1 << 32)), (0, -7, 31));
        let decimals = Decimal128Array::from(vec![150]).with_precision_and_scale(5, 2).unwrap();
        assert_eq!(hash_codes(&decimals), Some(vec![150 * 31 + 2]));
    }

    #[test]
    fn entries_of_each_map_are_ordered() {
        let keys: ArrayRef = Arc::new(StringArray::from(vec!["x", "b", "a", "dd", "ee", "zeta"]));
        let values: ArrayRef = Arc::new(Int32Array::from(vec![0, 1, 2, 3, 4, 5]));
        let (keys, values) = in_java_order(&[0, 1, 6], keys, values).unwrap();
        let expected: ArrayRef = Arc::new(StringArray::from(vec!["x", "zeta", "a", "dd", "ee", "b"]));
        assert_eq!(&keys, &expected);
        assert_eq!(values.as_primitive::<Int32Type>().values(), &[0, 5, 2, 3, 4, 1]);
    }
}
