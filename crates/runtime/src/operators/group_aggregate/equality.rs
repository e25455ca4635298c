//! Whether a change changed anything: values compared as Flink compares the rows of an aggregate. NULL equals NULL, NaN is equal to nothing.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_buffer::BooleanBuffer;
use arrow_ord::cmp::not_distinct;
use arrow_ord::ord::make_comparator;
use arrow_schema::{ArrowError, DataType, SortOptions};

/// For each of `rows` rows, whether all columns are equal.
pub(in crate::operators) fn equal_rows(
    left: &[ArrayRef],
    right: &[ArrayRef],
    rows: usize,
) -> Result<BooleanBuffer, ArrowError> {
    let mut equal = BooleanBuffer::new_set(rows);
    for (left, right) in left.iter().zip(right) {
        equal = &equal & &equal_values(left, right)?;
    }
    Ok(equal)
}

fn equal_values(left: &ArrayRef, right: &ArrayRef) -> Result<BooleanBuffer, ArrowError> {
    match left.data_type() {
        DataType::Float32 => Ok(equal_floats::<Float32Type>(left, right)),
        DataType::Float64 => Ok(equal_floats::<Float64Type>(left, right)),
        nested if nested.is_nested() => {
            let compare = make_comparator(left, right, SortOptions::default())?;
            Ok(BooleanBuffer::collect_bool(left.len(), |row| compare(row, row) == Ordering::Equal))
        }
        _ => Ok(not_distinct(left, right)?.values().clone()),
    }
}

/// By value: the kernels of arrow order floats totally, so that NaN is NaN and 0.0 is not -0.0.
fn equal_floats<T: ArrowPrimitiveType>(left: &ArrayRef, right: &ArrayRef) -> BooleanBuffer
where
    T::Native: PartialEq,
{
    let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
    BooleanBuffer::collect_bool(left.len(), |row| match (left.is_valid(row), right.is_valid(row)) {
        (true, true) => left.value(row) == right.value(row),
        (left, right) => left == right,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Float64Array, Int64Array, ListArray, StringArray};

    use super::*;

    #[test]
    fn values_are_compared_like_flink_does() {
        let floats = |values: &[Option<f64>]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
        let list = |values: &[Option<i64>]| {
            let lists = values.iter().map(|value| Some(vec![*value]));
            Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int64Type, _, _>(lists)) as ArrayRef
        };
        let numbers = |values: &[Option<i64>]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
        let texts = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        for (left, right, expected) in [
            (
                floats(&[Some(0.0), Some(f64::NAN), None, None]),
                floats(&[Some(-0.0), Some(f64::NAN), None, Some(1.0)]),
                [true, false, true, false],
            ),
            (
                numbers(&[Some(1), Some(1), None, None]),
                numbers(&[Some(1), Some(2), None, Some(0)]),
                [true, false, true, false],
            ),
            (
                texts(&[Some("a"), Some("a"), None, None]),
                texts(&[Some("a"), Some("b"), None, Some("")]),
                [true, false, true, false],
            ),
            (
                list(&[Some(1), Some(1), None, None]),
                list(&[Some(1), Some(2), None, Some(0)]),
                [true, false, true, false],
            ),
        ] {
            let found = equal_rows(&[left], &[right], 4).unwrap();
            assert_eq!(found.iter().collect::<Vec<bool>>(), expected);
        }
        assert_eq!(equal_rows(&[], &[], 2).unwrap().count_set_bits(), 2);
    }
}
