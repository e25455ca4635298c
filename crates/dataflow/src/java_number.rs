//! `Double.toString` and `Float.toString` as Java 17 writes them.
//!
//! Up to 15 digits that is the shortest text that reads back as the number. Beyond, Java before 19 sometimes writes a digit more than is needed,
//! so its digits are generated here the way it does: by the free-format algorithm of Steele and White, with Java's estimate of the exponent, its
//! rule for when to stop, and its special case for whole numbers. Exponents outside of -80 to 100 take the shortest text.

use std::fmt::Write;

use arrow_buffer::i256;

/// Explicit bits of a double's mantissa.
const MANTISSA_BITS: i32 = 52;
/// The largest binary exponent that the case of whole numbers takes.
const MAX_WHOLE_EXPONENT: i32 = 62;
/// With so many digits Java's are the shortest, below the whole numbers that a double does not hold exactly.
const SURELY_SHORTEST: usize = 15;
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends the text of a double.
pub fn write_double(value: f64, out: &mut String) {
    if let Some(text) = special(value.is_nan(), value.is_infinite(), value == 0.0, value.is_sign_negative()) {
        out.push_str(text);
        return;
    }
    if value < 0.0 {
        out.push('-');
    }
    let value = value.abs();
    let mut decimal = Decimal::parse(ryu::Buffer::new().format_finite(value));
    let short = (2..=SURELY_SHORTEST).contains(&decimal.digits.len()) && value < MAX_EXACT;
    if !short {
        decimal = Binary::of_double(value).decimal().unwrap_or(decimal);
    }
    decimal.write(out);
}

/// Appends the text of a float.
pub fn write_float(value: f32, out: &mut String) {
    if let Some(text) = special(value.is_nan(), value.is_infinite(), value == 0.0, value.is_sign_negative()) {
        out.push_str(text);
        return;
    }
    if value < 0.0 {
        out.push('-');
    }
    let value = value.abs();
    let shortest = Decimal::parse(ryu::Buffer::new().format_finite(value));
    Binary::of_float(value).decimal().unwrap_or(shortest).write(out);
}

fn special(nan: bool, infinite: bool, zero: bool, negative: bool) -> Option<&'static str> {
    match (nan, infinite, zero, negative) {
        (true, ..) => Some("NaN"),
        (_, true, _, true) => Some("-Infinity"),
        (_, true, _, false) => Some("Infinity"),
        (_, _, true, true) => Some("-0.0"),
        (_, _, true, false) => Some("0.0"),
        _ => None,
    }
}

/// A number as 0.digits * 10^point; the digits neither start nor end with zero.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    digits: String,
    point: i32,
}

impl Decimal {
    fn new(digits: &str, point: i32) -> Decimal {
        let trimmed = digits.trim_start_matches('0');
        let point = point - (digits.len() - trimmed.len()) as i32;
        Decimal { digits: trimmed.trim_end_matches('0').to_owned(), point }
    }

    /// From `1.5e-7` or `12.5`.
    fn parse(text: &str) -> Decimal {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().expect("the exponent is a small number");
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Decimal::new(&format!("{whole}{fraction}"), whole.len() as i32 + exponent)
    }

    /// Plain between 10^-3 and 10^7, else with one digit before the point and an exponent.
    fn write(&self, out: &mut String) {
        let (digits, point) = (self.digits.as_str(), self.point);
        let count = digits.len() as i32;
        if !(-2..=7).contains(&point) {
            let rest = if count > 1 { &digits[1..] } else { "0" };
            let _ = write!(out, "{}.{rest}E{}", &digits[..1], point - 1);
        } else if point <= 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', -point as usize));
            out.push_str(digits);
        } else if point >= count {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', (point - count) as usize));
            out.push_str(".0");
        } else {
            let _ = write!(out, "{}.{}", &digits[..point as usize], &digits[point as usize..]);
        }
    }
}

/// A positive number as mantissa * 2^(exponent - 52), the mantissa having 53 bits, of which so many are significant.
#[derive(Debug, Clone, Copy)]
struct Binary {
    mantissa: u64,
    exponent: i32,
    significant: i32,
}

/// Unsigned arithmetic on numbers of the width that a conversion needs.
trait Wide: Copy + PartialOrd {
    fn from_u64(value: u64) -> Self;
    fn shifted(self, bits: u32) -> Self;
    fn times(self, factor: u64) -> Self;
    fn plus(self, other: Self) -> Self;
    /// A quotient of one digit, and the remainder.
    fn divided(self, divisor: Self) -> (u8, Self);
}

impl Wide for u128 {
    fn from_u64(value: u64) -> Self {
        value.into()
    }

    fn shifted(self, bits: u32) -> Self {
        self << bits
    }

    fn times(self, factor: u64) -> Self {
        self * u128::from(factor)
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn divided(self, divisor: Self) -> (u8, Self) {
        ((self / divisor) as u8, self % divisor)
    }
}

impl Wide for i256 {
    fn from_u64(value: u64) -> Self {
        i256::from_i128(value.into())
    }

    fn shifted(self, bits: u32) -> Self {
        self << bits as u8
    }

    fn times(self, factor: u64) -> Self {
        self.wrapping_mul(i256::from_u64(factor))
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn divided(self, divisor: Self) -> (u8, Self) {
        let quotient = self.wrapping_div(divisor);
        (quotient.as_i128() as u8, self.wrapping_sub(quotient.wrapping_mul(divisor)))
    }
}

/// Powers of two and five that make up a number.
#[derive(Debug, Clone, Copy)]
struct Factors {
    twos: i32,
    fives: i32,
}

impl Factors {
    /// Upper bound of its bits.
    fn bits(self) -> i32 {
        self.twos + self.fives * 7 / 3 + 1
    }

    fn times<N: Wide>(self, value: u64) -> N {
        let fives = (0..self.fives).fold(N::from_u64(value), |product, _| product.times(5));
        fives.shifted(self.twos as u32)
    }
}

impl Binary {
    fn of_double(value: f64) -> Binary {
        let bits = value.to_bits();
        let fraction = bits & ((1 << MANTISSA_BITS) - 1);
        Binary::of_parts((bits >> MANTISSA_BITS) as i32, fraction, MANTISSA_BITS, 1_023)
    }

    fn of_float(value: f32) -> Binary {
        let bits = value.to_bits();
        Binary::of_parts((bits >> 23) as i32, u64::from(bits & ((1 << 23) - 1)), 23, 127)
    }

    fn of_parts(biased: i32, fraction: u64, width: i32, bias: i32) -> Binary {
        let scale = MANTISSA_BITS - width;
        if biased == 0 {
            let shift = fraction.leading_zeros() as i32 - (63 - width);
            let significant = 64 - fraction.leading_zeros() as i32;
            return Binary { mantissa: fraction << (shift + scale), exponent: 1 - shift - bias, significant };
        }
        let mantissa = (fraction | 1 << width) << scale;
        Binary { mantissa, exponent: biased - bias, significant: width + 1 }
    }

    /// Java's digits; `None` when the exponent is too large or too small for the arithmetic here.
    fn decimal(self) -> Option<Decimal> {
        let fraction_bits = MANTISSA_BITS + 1 - self.mantissa.trailing_zeros() as i32;
        let tiny_bits = (fraction_bits - self.exponent - 1).max(0);
        if tiny_bits == 0 && self.exponent <= MAX_WHOLE_EXPONENT {
            return Some(self.whole());
        }
        let estimate = self.estimate();
        let mut high = Factors { twos: 0, fives: (-estimate).max(0) };
        high.twos = high.fives + tiny_bits + self.exponent;
        let mut scale = Factors { twos: estimate.max(0) + tiny_bits, fives: estimate.max(0) };
        let mut unit = Factors { twos: high.twos - self.significant, fives: high.fives };
        high.twos -= fraction_bits - 1;
        let common = high.twos.min(scale.twos);
        [&mut high.twos, &mut scale.twos, &mut unit.twos].into_iter().for_each(|twos| *twos -= common);
        if fraction_bits == 1 {
            // Below a power of two the next number is only half as far away.
            unit.twos -= 1;
        }
        if unit.twos < 0 {
            let lacking = -unit.twos;
            [&mut high.twos, &mut scale.twos, &mut unit.twos].into_iter().for_each(|twos| *twos += lacking);
        }
        let mantissa = self.mantissa >> self.mantissa.trailing_zeros();
        let bits = (fraction_bits + high.bits()).max(scale.bits()).max(unit.bits()) + 8;
        match bits {
            ..128 => Some(generate::<u128>(mantissa, high, scale, unit, estimate)),
            128..255 => Some(generate::<i256>(mantissa, high, scale, unit, estimate)),
            _ => None,
        }
    }

    /// All digits of a whole number, but for those that its last bit cannot tell.
    fn whole(self) -> Decimal {
        let shift = self.exponent - MANTISSA_BITS;
        let mut value = if shift >= 0 { self.mantissa << shift } else { self.mantissa >> -shift };
        let mut dropped = 0;
        let beyond = self.exponent - self.significant - 1;
        if beyond > 1 {
            // Digits of 2^beyond, less one.
            dropped = (1u64 << beyond).ilog10();
            let unit = 10u64.pow(dropped);
            let rest = value % unit;
            value = value / unit + u64::from(rest >= unit / 2 && dropped > 0);
        }
        let digits = value.to_string();
        let point = digits.len() as i32 + dropped as i32;
        Decimal::new(&digits, point)
    }

    /// Java's estimate of the decimal exponent, which is right or one too large.
    #[allow(clippy::approx_constant, reason = "Java's constants have these digits")]
    fn estimate(self) -> i32 {
        let fraction = self.mantissa & ((1 << MANTISSA_BITS) - 1);
        let one_to_two = f64::from_bits(1_023 << MANTISSA_BITS | fraction);
        let estimate =
            (one_to_two - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(self.exponent) * 0.301_029_995_663_981;
        estimate.floor() as i32
    }
}

/// Generates digits until what is left is less than half of the distance to the next number.
fn generate<N: Wide>(mantissa: u64, high: Factors, scale: Factors, unit: Factors, estimate: i32) -> Decimal {
    let mut left: N = high.times(mantissa);
    let divisor: N = scale.times(1);
    let tens: N = divisor.times(10);
    let mut distance: N = unit.times(1);
    let mut exponent = estimate;
    let mut digits = Vec::with_capacity(20);
    let step = |left: &mut N, distance: &mut N| {
        let (digit, rest) = left.divided(divisor);
        *left = rest.times(10);
        *distance = distance.times(10);
        (digit, *left < *distance, left.plus(*distance) > tens)
    };
    let (digit, mut low, mut up) = step(&mut left, &mut distance);
    if digit == 0 && !up {
        exponent -= 1;
    } else {
        digits.push(digit);
    }
    // With an exponent there are at least two digits.
    if !(-3..8).contains(&exponent) {
        (low, up) = (false, false);
    }
    while !low && !up {
        let digit;
        (digit, low, up) = step(&mut left, &mut distance);
        digits.push(digit);
    }
    let doubled = left.plus(left);
    let is_odd = digits.last().is_some_and(|digit| digit % 2 == 1);
    let round_up = up && (!low || doubled > tens || doubled == tens && is_odd);
    let mut point = exponent + 1;
    if round_up && increment(&mut digits) {
        point += 1;
    }
    let digits: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    Decimal::new(&digits, point)
}

/// Adds one to the last digit; true when all were nines, and the digits are now one, zero, ....
fn increment(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(value: f64) -> String {
        let mut out = String::new();
        write_double(value, &mut out);
        out
    }

    fn float(value: f32) -> String {
        let mut out = String::new();
        write_float(value, &mut out);
        out
    }

    #[test]
    fn doubles_are_javas() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (100_000.0, "100000.0"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (1.0e-5, "1.0E-5"),
            (0.001, "0.001"),
            (0.002, "0.002"),
            (0.000_999, "9.99E-4"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.234_567_89e15, "1.23456789E15"),
            (9_007_199_254_740_992.0, "9.007199254740992E15"),
            (1e22, "1.0E22"),
            (2e23, "1.9999999999999998E23"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            // Digits that Java 17 writes beyond the shortest text.
            (2f64.powi(60), "1.15292150460684698E18"),
            (2f64.powi(-44), "5.6843418860808015E-14"),
            (2.0e-3 * 1.1, "0.0022"),
        ];
        for (value, text) in cases {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn floats_are_javas() {
        assert_eq!(float(1.0 / 3.0), "0.33333334");
        assert_eq!(float(1e10), "1.0E10");
        assert_eq!(float(123_456_792.0), "1.23456792E8");
        assert_eq!(float(0.1), "0.1");
        assert_eq!(float(f32::MIN_POSITIVE), "1.17549435E-38");
    }
}
