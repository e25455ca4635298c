//! The four integer types, seen through 64 bits: the arithmetic of SUM and the casts are the same modulo the width.

use arrow_array::ArrowPrimitiveType;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};

/// An integer column type.
pub(crate) trait Integer: ArrowPrimitiveType {
    /// Least value.
    const MIN: i64;
    /// Greatest value.
    const MAX: i64;
    /// The value in 64 bits.
    fn widen(value: Self::Native) -> i64;
    /// The low bits.
    fn wrap(value: i64) -> Self::Native;
    /// Java's cast of a double: cut at the bounds of int or long, then wrapped.
    fn from_double(value: f64) -> Self::Native;
}

macro_rules! integer {
    ($arrow:ty, $native:ty, $through:ty) => {
        impl Integer for $arrow {
            const MIN: i64 = <$native>::MIN as i64;
            const MAX: i64 = <$native>::MAX as i64;

            #[inline]
            fn widen(value: $native) -> i64 {
                i64::from(value)
            }

            #[inline]
            fn wrap(value: i64) -> $native {
                value as $native
            }

            #[inline]
            fn from_double(value: f64) -> $native {
                value as $through as $native
            }
        }
    };
}

// Java casts a double to byte and short by way of int.
integer!(Int8Type, i8, i32);
integer!(Int16Type, i16, i32);
integer!(Int32Type, i32, i32);
integer!(Int64Type, i64, i64);
