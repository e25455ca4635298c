//! DECIMAL arithmetic: exact in 128 bits where the digits fit, in 256 bits elsewhere, rounded half up, and NULL when the result has too many digits.

use std::sync::Arc;

use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, Decimal128Array, PrimitiveArray};
use arrow_buffer::i256;
use dataflow::{Failure, TypeKind};

use super::Kernel;
use super::call::BoundCall;
use crate::operand::Operand;
use crate::types::decimal::DecimalShape;

/// `10^n` as i128; n is at most 38.
pub(crate) fn power_of_ten(n: u32) -> i128 {
    POWERS_OF_TEN[n as usize]
}

const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < 39 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

fn wide_power_of_ten(n: u32) -> i256 {
    i256::from_i128(10).wrapping_pow(n)
}

/// `value / divisor` rounded half up (away from zero), with divisor > 0.
pub(crate) fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    // |remainder| >= divisor - |remainder| avoids doubling, which could overflow.
    if remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs() {
        quotient + value.signum()
    } else {
        quotient
    }
}

/// The same in 256 bits; the divisor may be negative.
pub(crate) fn divide_wide_half_up(value: i256, divisor: i256) -> i256 {
    let negative = value.is_negative() != divisor.is_negative();
    let (value, divisor) = (value.wrapping_abs(), divisor.wrapping_abs());
    let (quotient, remainder) = (value.wrapping_div(divisor), value.wrapping_rem(divisor));
    let up = remainder >= divisor.wrapping_sub(remainder);
    let rounded = if up { quotient.wrapping_add(i256::ONE) } else { quotient };
    if negative { rounded.wrapping_neg() } else { rounded }
}

/// The value at another scale, rounded half up; `None` when it has more digits than the precision.
pub(crate) fn rescale(value: i128, from: u8, to: DecimalShape) -> Option<i128> {
    let rescaled = if to.scale >= from {
        value.checked_mul(power_of_ten(u32::from(to.scale - from)))?
    } else {
        divide_half_up(value, power_of_ten(u32::from(from - to.scale)))
    };
    fits(rescaled, to.precision).then_some(rescaled)
}

/// Whether the value has at most `precision` digits.
pub(crate) fn fits(value: i128, precision: u8) -> bool {
    value.unsigned_abs() < power_of_ten(u32::from(precision)).unsigned_abs()
}

fn wide_rescale(value: i256, from: u32, to: DecimalShape) -> Option<i128> {
    let scale = u32::from(to.scale);
    let rescaled = if scale >= from {
        value.checked_mul(wide_power_of_ten(scale - from))?
    } else {
        divide_wide_half_up(value, wide_power_of_ten(from - scale))
    };
    rescaled.to_i128().filter(|value| fits(*value, to.precision))
}

/// The kernel of `+ - * / %` over DECIMAL arguments.
pub(super) fn kernel(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let shape = |kind: &TypeKind| DecimalShape::of(kind).ok_or_else(|| call.no_kernel());
    let (left, right, result) = (shape(call.arg(0)?)?, shape(call.arg(1)?)?, shape(&call.result.kind)?);
    Ok(match call.name {
        "+" => sum(left, right, result, false),
        "-" => sum(left, right, result, true),
        "*" => product(left, right, result),
        "/" => quotient(left, right, result),
        "%" | "MOD" => remainder(left, right, result),
        _ => return Err(call.no_kernel()),
    })
}

fn sum(left: DecimalShape, right: DecimalShape, result: DecimalShape, negate: bool) -> Kernel {
    let scale = left.scale.max(right.scale);
    let (a_factor, b_factor) =
        (power_of_ten(u32::from(scale - left.scale)), power_of_ten(u32::from(scale - right.scale)));
    let digits = (left.precision - left.scale).max(right.precision - right.scale) + scale;
    let sign = if negate { -1 } else { 1 };
    if digits < 38 && scale == result.scale {
        // At most 38 digits: neither the products nor the sum overflow, and the result type holds every sum.
        let b_factor = sign * b_factor;
        return Kernel::new(move |args, rows| {
            binary(args, rows, result, |a, b| {
                // What stands in NULL slots may overflow.
                a.wrapping_mul(a_factor).wrapping_add(b.wrapping_mul(b_factor))
            })
        });
    }
    let (a_factor, b_factor) = (i256::from_i128(a_factor), i256::from_i128(sign * b_factor));
    Kernel::new(move |args, rows| {
        optional(args, rows, result, |a, b| {
            let a = i256::from_i128(a).checked_mul(a_factor)?;
            let b = i256::from_i128(b).checked_mul(b_factor)?;
            wide_rescale(a.checked_add(b)?, u32::from(scale), result)
        })
    })
}

fn product(left: DecimalShape, right: DecimalShape, result: DecimalShape) -> Kernel {
    let scale = u32::from(left.scale) + u32::from(right.scale);
    if left.precision + right.precision <= 38 && scale == u32::from(result.scale) {
        return Kernel::new(move |args, rows| binary(args, rows, result, i128::wrapping_mul));
    }
    Kernel::new(move |args, rows| {
        optional(args, rows, result, |a, b| {
            wide_rescale(i256::from_i128(a).checked_mul(i256::from_i128(b))?, scale, result)
        })
    })
}

fn quotient(left: DecimalShape, right: DecimalShape, result: DecimalShape) -> Kernel {
    // a / 10^s1 / (b / 10^s2), at the result's scale s: a * 10^(s - s1 + s2) / b.
    let shift = i32::from(result.scale) - i32::from(left.scale) + i32::from(right.scale);
    let up = wide_power_of_ten(shift.max(0) as u32);
    let down = wide_power_of_ten((-shift).max(0) as u32);
    Kernel::fallible(move |args, rows| {
        fallible(args, rows, result, |a, b| {
            if b == 0 {
                // BigDecimal's two messages.
                return Err(Failure::user(if a == 0 { "Division undefined" } else { "Division by zero" }));
            }
            let narrow = i32::from(left.precision) + shift;
            if down == i256::ONE && narrow <= 38 {
                let value = round_quotient(a * power_of_ten(shift as u32), b);
                return Ok(fits(value, result.precision).then_some(value));
            }
            let divided = i256::from_i128(a)
                .checked_mul(up)
                .zip(i256::from_i128(b).checked_mul(down))
                .map(|(a, b)| divide_wide_half_up(a, b));
            Ok(divided.and_then(|value| value.to_i128()).filter(|value| fits(*value, result.precision)))
        })
    })
}

fn round_quotient(a: i128, b: i128) -> i128 {
    if b > 0 { divide_half_up(a, b) } else { divide_half_up(-a, -b) }
}

fn remainder(left: DecimalShape, right: DecimalShape, result: DecimalShape) -> Kernel {
    let scale = left.scale.max(right.scale);
    let a_factor = wide_power_of_ten(u32::from(scale - left.scale));
    let b_factor = wide_power_of_ten(u32::from(scale - right.scale));
    Kernel::fallible(move |args, rows| {
        fallible(args, rows, result, |a, b| {
            if b == 0 {
                return Err(Failure::user("Division by zero"));
            }
            let (a, b) = (i256::from_i128(a).wrapping_mul(a_factor), i256::from_i128(b).wrapping_mul(b_factor));
            Ok(wide_rescale(a.wrapping_rem(b), u32::from(scale), result))
        })
    })
}

fn finish(array: Decimal128Array, shape: DecimalShape) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(array.with_precision_and_scale(shape.precision, shape.scale as i8)?))
}

fn binary(
    args: &[Operand],
    rows: usize,
    shape: DecimalShape,
    compute: impl Fn(i128, i128) -> i128,
) -> Result<ArrayRef, Failure> {
    finish(super::loops::binary::<Decimal128Type, Decimal128Type, Decimal128Type>(args, rows, compute), shape)
}

fn optional(
    args: &[Operand],
    rows: usize,
    shape: DecimalShape,
    compute: impl Fn(i128, i128) -> Option<i128>,
) -> Result<ArrayRef, Failure> {
    fallible(args, rows, shape, |a, b| Ok(compute(a, b)))
}

fn fallible(
    args: &[Operand],
    rows: usize,
    shape: DecimalShape,
    compute: impl Fn(i128, i128) -> Result<Option<i128>, Failure>,
) -> Result<ArrayRef, Failure> {
    let (left, right) = (args[0].primitive::<Decimal128Type>(), args[1].primitive::<Decimal128Type>());
    let values = (0..rows).map(|row| {
        let (a, b) = (args[0].position(row), args[1].position(row));
        if left.is_null(a) || right.is_null(b) { Ok(None) } else { compute(left.value(a), right.value(b)) }
    });
    finish(values.collect::<Result<PrimitiveArray<Decimal128Type>, Failure>>()?, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_up() {
        assert_eq!(divide_half_up(25, 10), 3);
        assert_eq!(divide_half_up(-25, 10), -3);
        assert_eq!(divide_half_up(24, 10), 2);
        assert_eq!(divide_half_up(1, 3), 0);
        assert_eq!(divide_wide_half_up(i256::from_i128(-25), i256::from_i128(10)), i256::from_i128(-3));
        assert_eq!(rescale(12_345, 3, DecimalShape { precision: 4, scale: 2 }), Some(1_235));
        assert_eq!(rescale(123_456, 2, DecimalShape { precision: 3, scale: 0 }), None);
    }
}
