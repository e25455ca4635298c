//! Row loops: over primitive operands, specialised for constants, and over text, written into one buffer.

use std::sync::Arc;

use arrow_arith::arity;
use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use dataflow::Failure;

use crate::operand::{Operand, TextOperand};

/// `compute` for each row with a value, as one loop over the slots, NULL ones included: it must not panic on any value.
pub(crate) fn binary<A, B, O>(
    args: &[Operand],
    rows: usize,
    compute: impl Fn(A::Native, B::Native) -> O::Native,
) -> PrimitiveArray<O>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    if args[..2].iter().any(Operand::is_constant_null) {
        return PrimitiveArray::new_null(rows);
    }
    let (left, right) = (args[0].primitive::<A>(), args[1].primitive::<B>());
    match (&args[0], &args[1]) {
        (Operand::Column(_), Operand::Column(_)) => {
            arity::binary(left, right, compute).expect("columns of one batch have one length")
        }
        (Operand::Column(_), Operand::Constant(_)) => {
            let right = right.value(0);
            left.unary(|left| compute(left, right))
        }
        (Operand::Constant(_), Operand::Column(_)) => {
            let left = left.value(0);
            right.unary(|right| compute(left, right))
        }
        _ => PrimitiveArray::from_value(compute(left.value(0), right.value(0)), rows),
    }
}

/// The same for a computation that fails on some values; it is called only for rows with a value.
pub(crate) fn try_binary<A, B, O>(
    args: &[Operand],
    rows: usize,
    compute: impl Fn(A::Native, B::Native) -> Result<O::Native, Failure>,
) -> Result<PrimitiveArray<O>, Failure>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    if args[..2].iter().any(Operand::is_constant_null) {
        return Ok(PrimitiveArray::new_null(rows));
    }
    let (left, right) = (args[0].primitive::<A>(), args[1].primitive::<B>());
    if let (Operand::Column(_), Operand::Constant(_)) = (&args[0], &args[1]) {
        let right = right.value(0);
        return try_unary(left, |left| compute(left, right));
    }
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        let (a, b) = (args[0].position(row), args[1].position(row));
        let present = left.is_valid(a) && right.is_valid(b);
        values.push(if present { Some(compute(left.value(a), right.value(b))?) } else { None });
    }
    Ok(values.into_iter().collect())
}

/// `compute` for each value; it is called only for rows with a value.
pub(crate) fn try_unary<A, O>(
    values: &PrimitiveArray<A>,
    compute: impl Fn(A::Native) -> Result<O::Native, Failure>,
) -> Result<PrimitiveArray<O>, Failure>
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    values.try_unary(compute)
}

/// Text of each row, as a slice of something that lives on.
pub(crate) fn slices<'a>(rows: usize, value: impl Fn(usize) -> Option<&'a str>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(rows, rows * 8);
    for row in 0..rows {
        builder.append_option(value(row));
    }
    Arc::new(builder.finish())
}

/// Text of each row, written into a buffer that is reused; `None` is NULL.
pub(crate) fn texts(rows: usize, mut write: impl FnMut(usize, &mut String) -> Option<()>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(rows, rows * 8);
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        builder.append_option(write(row, &mut text).map(|()| text.as_str()));
    }
    Arc::new(builder.finish())
}

/// A text made of each text; NULL of NULL.
pub(crate) fn mapped(text: TextOperand<'_>, rows: usize, write: impl Fn(&str, &mut String)) -> ArrayRef {
    texts(rows, |row, out| {
        write(text.get(row)?, out);
        Some(())
    })
}

/// A primitive for each row; `None` is NULL.
pub(crate) fn primitives<T: ArrowPrimitiveType>(rows: usize, value: impl Fn(usize) -> Option<T::Native>) -> ArrayRef {
    Arc::new((0..rows).map(value).collect::<PrimitiveArray<T>>())
}

/// A BOOLEAN for each row; `None` is NULL.
pub(crate) fn booleans(rows: usize, value: impl Fn(usize) -> Option<bool>) -> ArrayRef {
    Arc::new((0..rows).map(value).collect::<BooleanArray>())
}
