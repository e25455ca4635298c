//! What kernels take: a column, or a constant that stands for every row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, Datum, PrimitiveArray, Scalar, StringArray, UInt32Array,
    new_empty_array,
};
use arrow_schema::ArrowError;
use arrow_select::take::take;

/// An argument of a kernel.
#[derive(Debug, Clone)]
pub enum Operand {
    /// One value a row.
    Column(ArrayRef),
    /// An array of length one that stands for every row.
    Constant(ArrayRef),
}

impl Operand {
    /// The values: one a row, or the single one.
    pub fn array(&self) -> &ArrayRef {
        match self {
            Operand::Column(array) | Operand::Constant(array) => array,
        }
    }

    /// Whether it is the same value for every row.
    pub fn is_constant(&self) -> bool {
        matches!(self, Operand::Constant(_))
    }

    /// Whether it is NULL for every row.
    pub fn is_constant_null(&self) -> bool {
        self.is_constant() && self.array().is_null(0)
    }

    /// Where the value of `row` is in [`array`](Self::array).
    #[inline]
    pub fn position(&self, row: usize) -> usize {
        match self {
            Operand::Column(_) => row,
            Operand::Constant(_) => 0,
        }
    }

    /// One value a row.
    pub fn expand(&self, rows: usize) -> Result<ArrayRef, ArrowError> {
        match self {
            Operand::Column(array) => Ok(array.clone()),
            Operand::Constant(array) => repeat(array, rows),
        }
    }

    /// As arrow's kernels take it.
    pub(crate) fn datum(&self) -> Box<dyn Datum> {
        match self {
            Operand::Column(array) => Box::new(array.clone()),
            Operand::Constant(array) => Box::new(Scalar::new(array.clone())),
        }
    }

    /// The typed values. Panics when the type is another one: the binder has cast the arguments.
    pub(crate) fn primitive<T: ArrowPrimitiveType>(&self) -> &PrimitiveArray<T> {
        self.array().as_primitive::<T>()
    }

    /// The value of `row` of a primitive operand.
    #[inline]
    pub(crate) fn value<T: ArrowPrimitiveType>(&self, row: usize) -> Option<T::Native> {
        let array = self.primitive::<T>();
        let position = self.position(row);
        array.is_valid(position).then(|| array.value(position))
    }

    /// A text operand, downcast once.
    pub(crate) fn text(&self) -> TextOperand<'_> {
        TextOperand { array: self.array().as_string::<i32>(), constant: self.is_constant() }
    }

    /// A binary operand, downcast once.
    pub(crate) fn bytes(&self) -> BytesOperand<'_> {
        BytesOperand { array: self.array().as_binary::<i32>(), constant: self.is_constant() }
    }
}

/// Text, by row.
#[derive(Clone, Copy)]
pub(crate) struct TextOperand<'a> {
    array: &'a StringArray,
    constant: bool,
}

impl<'a> TextOperand<'a> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        let position = if self.constant { 0 } else { row };
        self.array.is_valid(position).then(|| self.array.value(position))
    }
}

/// Bytes, by row.
#[derive(Clone, Copy)]
pub(crate) struct BytesOperand<'a> {
    array: &'a BinaryArray,
    constant: bool,
}

impl<'a> BytesOperand<'a> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a [u8]> {
        let position = if self.constant { 0 } else { row };
        self.array.is_valid(position).then(|| self.array.value(position))
    }
}

/// The single value of `array`, `rows` times.
pub(crate) fn repeat(array: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    match rows {
        0 => Ok(new_empty_array(array.data_type())),
        1 => Ok(Arc::clone(array)),
        _ => take(array, &UInt32Array::from(vec![0; rows]), None),
    }
}
