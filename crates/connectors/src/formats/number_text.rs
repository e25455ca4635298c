//! Numbers read from text as Java's `parseInt`, `parseDouble` and `new BigDecimal` read them.

/// The text without the characters that Java's `String.trim` removes: everything up to the space.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let Some(start) = text.iter().position(|&byte| byte > b' ') else { return &[] };
    let end = text.iter().rposition(|&byte| byte > b' ').expect("there is a byte above the space");
    &text[start..=end]
}

/// A whole number: digits with an optional sign.
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Summed up below zero, because the range reaches one further there.
    let mut value = 0i64;
    if digits.len() <= 18 {
        for &byte in digits {
            value = value * 10 - digit(byte)?;
        }
    } else {
        for &byte in digits {
            value = value.checked_mul(10)?.checked_sub(digit(byte)?)?;
        }
    }
    if negative { Some(value) } else { value.checked_neg() }
}

fn digit(byte: u8) -> Option<i64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(i64::from(digit))
}

/// `Double.parseDouble` without hexadecimal forms: surrounding blanks, a suffix `d` or `f`, `NaN` and `Infinity` are taken.
pub(crate) fn parse_double(text: &[u8]) -> Option<f64> {
    parse_floating(text)
}

/// `Float.parseFloat`, likewise.
pub(crate) fn parse_float(text: &[u8]) -> Option<f32> {
    parse_floating(text)
}

trait Floating: std::str::FromStr + std::ops::Neg<Output = Self> {
    const NAN: Self;
    const INFINITY: Self;
}

impl Floating for f64 {
    const NAN: f64 = f64::NAN;
    const INFINITY: f64 = f64::INFINITY;
}

impl Floating for f32 {
    const NAN: f32 = f32::NAN;
    const INFINITY: f32 = f32::INFINITY;
}

fn parse_floating<T: Floating>(text: &[u8]) -> Option<T> {
    let text = trim(text);
    let last = *text.last()?;
    if last.is_ascii_digit() || last == b'.' {
        return plain_floating(text);
    }
    if matches!(last, b'd' | b'D' | b'f' | b'F') {
        return plain_floating(&text[..text.len() - 1]);
    }
    let (negative, unsigned) = match text[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match unsigned {
        b"NaN" => T::NAN,
        b"Infinity" => T::INFINITY,
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

/// Digits, sign, point and exponent: where Rust and Java agree. Rust's words (`inf`, `nan`) are kept out.
fn plain_floating<T: Floating>(text: &[u8]) -> Option<T> {
    let last = *text.last()?;
    if !(last.is_ascii_digit() || last == b'.') {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A decimal number rounded half up to `scale`, as `new BigDecimal(text)` then `DecimalData.fromBigDecimal` make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// The unscaled value.
    Value(i128),
    /// More digits than the precision has: Flink makes that NULL.
    TooLarge,
}

/// Reads digits with an optional sign, point and exponent; `None` when the text is no such number.
pub(crate) fn parse_decimal(text: &[u8], precision: u8, scale: u8) -> Option<Decimal> {
    let (negative, unsigned) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.iter().position(|&byte| byte == b'e' || byte == b'E') {
        Some(at) => (&unsigned[..at], i32::try_from(parse_integer(&unsigned[at + 1..])?).ok()?),
        None => (unsigned, 0),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = (&mantissa[..point], mantissa.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let all = whole.iter().chain(fraction);
    if !all.clone().all(u8::is_ascii_digit) {
        return None;
    }
    // How many of the digits are kept: those down to 10^-scale.
    let kept = whole.len() as i64 + i64::from(exponent) + i64::from(scale);
    Some(round(all.map(|byte| byte - b'0'), kept, negative, precision))
}

fn round(digits: impl Iterator<Item = u8>, kept: i64, negative: bool, precision: u8) -> Decimal {
    let limit = 10i128.pow(u32::from(precision));
    let mut value = 0i128;
    let mut taken = 0i64;
    let mut round_up = false;
    for digit in digits {
        if taken >= kept {
            round_up = taken == kept && digit >= 5;
            break;
        }
        value = value * 10 + i128::from(digit);
        taken += 1;
        if value >= limit {
            return Decimal::TooLarge;
        }
    }
    while taken < kept && value > 0 {
        value *= 10;
        taken += 1;
        if value >= limit {
            return Decimal::TooLarge;
        }
    }
    value += i128::from(round_up);
    if value >= limit {
        return Decimal::TooLarge;
    }
    Decimal::Value(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("5", Some(5)),
            ("+5", Some(5)),
            ("0012", Some(12)),
            ("-0", Some(0)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1.0", None),
            ("- 3", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(parse_integer(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn floating_point_numbers() {
        for (text, expected) in [
            ("1d", Some(1.0)),
            (" 1.5f ", Some(1.5)),
            ("Infinity", Some(f64::INFINITY)),
            ("+Infinity", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-1E-3", Some(-0.001)),
            ("inf", None),
            ("infinity", None),
            ("nan", None),
            ("1e", None),
            ("", None),
            ("d", None),
            (".", None),
        ] {
            assert_eq!(parse_double(text.as_bytes()), expected, "{text}");
        }
        assert!(parse_double(b"-NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_float(b"3.4028235E38"), Some(f32::MAX));
    }

    #[test]
    fn decimals_round_half_up_and_overflow_to_null() {
        for (text, expected) in [
            ("123456.789", Some(Decimal::TooLarge)),
            ("1e2", Some(Decimal::Value(10_000))),
            (".5", Some(Decimal::Value(50))),
            ("5.", Some(Decimal::Value(500))),
            ("+7", Some(Decimal::Value(700))),
            ("99999.995", Some(Decimal::TooLarge)),
            ("99999.994", Some(Decimal::Value(9_999_999))),
            ("1.005", Some(Decimal::Value(101))),
            ("-1.005", Some(Decimal::Value(-101))),
            ("0.005", Some(Decimal::Value(1))),
            ("0.0049", Some(Decimal::Value(0))),
            ("5e-3", Some(Decimal::Value(1))),
            ("5e-4", Some(Decimal::Value(0))),
            ("0e999999", Some(Decimal::Value(0))),
            ("1e-999999", Some(Decimal::Value(0))),
            ("0x1", None),
            ("1_0", None),
            (".", None),
            ("", None),
            ("e5", None),
        ] {
            assert_eq!(parse_decimal(text.as_bytes(), 7, 2), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_whole_number_is_read_back(value in any::<i64>()) {
            prop_assert_eq!(parse_integer(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn every_decimal_is_read_back(value in -9_999_999i128..=9_999_999) {
            let mut text = String::new();
            crate::java_text::push_decimal(&mut text, value, 2);
            prop_assert_eq!(parse_decimal(text.as_bytes(), 7, 2), Some(Decimal::Value(value)));
        }
    }
}
