//! Rounding numbers to decimal digits: the arithmetic behind ROUND and TRUNCATE.

use super::decimal::{divide_half_up, fits, power_of_ten};
use crate::types::decimal::DecimalShape;

/// How digits are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// To the nearest, away from zero when in the middle.
    HalfUp,
    /// Towards zero.
    Down,
}

/// `value` without its last `count` digits, at the same magnitude.
fn drop_digits(value: i128, count: u32, mode: Mode) -> i128 {
    if count > 38 {
        return 0;
    }
    let unit = power_of_ten(count);
    match mode {
        Mode::HalfUp => divide_half_up(value, unit) * unit,
        Mode::Down => value / unit * unit,
    }
}

/// An integer to so many digits after the point; negative ones are before it.
pub(super) fn integer(value: i64, digits: i32, mode: Mode) -> i64 {
    if digits >= 0 { value } else { drop_digits(value.into(), digits.unsigned_abs(), mode) as i64 }
}

/// A DECIMAL's unscaled value, as one of the result's shape; `None` when it has too many digits.
pub(super) fn decimal(value: i128, scale: u8, digits: i32, shape: DecimalShape, mode: Mode) -> Option<i128> {
    let dropped = i32::from(scale).saturating_sub(digits).max(0) as u32;
    let rounded = drop_digits(value, dropped, mode);
    let rescaled = if shape.scale >= scale {
        rounded.checked_mul(power_of_ten(u32::from(shape.scale - scale)))?
    } else {
        rounded / power_of_ten(u32::from(scale - shape.scale))
    };
    fits(rescaled, shape.precision).then_some(rescaled)
}

/// A double by the digits of its shortest text.
pub(super) fn double(value: f64, digits: i32, mode: Mode) -> f64 {
    if !value.is_finite() {
        return value;
    }
    // Decimal digits have no negative zero.
    if value == 0.0 {
        return 0.0;
    }
    let text = format!("{value:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return value };
    let Ok(exponent) = exponent.parse::<i32>() else { return value };
    let negative = mantissa.starts_with('-');
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // The value is all * 10^scale; at most 17 digits fit easily.
    let scale = exponent - (all.len() as i32 - 1);
    let Ok(unscaled) = all.parse::<i128>() else { return value };
    let dropped = (-scale).saturating_sub(digits);
    if dropped <= 0 {
        return value;
    }
    let rounded = drop_digits(unscaled, dropped as u32, mode);
    let sign = if negative && rounded != 0 { "-" } else { "" };
    format!("{sign}{rounded}e{scale}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_decimal_digits() {
        assert_eq!(double(1.005, 2, Mode::HalfUp), 1.01);
        assert_eq!(double(-2.5, 0, Mode::HalfUp), -3.0);
        assert_eq!(double(42.987, 1, Mode::Down), 42.9);
        assert_eq!(double(123.456, -1, Mode::HalfUp), 120.0);
        assert_eq!(double(0.004, 2, Mode::HalfUp), 0.0);
        assert_eq!(double(1e300, 2, Mode::HalfUp), 1e300);
        assert_eq!(integer(125, -1, Mode::HalfUp), 130);
        assert_eq!(integer(1_234, -2, Mode::Down), 1_200);
        let shape = DecimalShape { precision: 4, scale: 2 };
        assert_eq!(decimal(2_345, 3, 2, shape, Mode::HalfUp), Some(235));
        assert_eq!(decimal(1_234_567, 2, -2, DecimalShape { precision: 6, scale: 0 }, Mode::HalfUp), Some(12_300));
    }
}
