//! PRINTF: a text with values put in, as Java's `Formatter` does it. What Java refuses (an unknown conversion, a value of the wrong kind, a missing
//! value) gives NULL.
//!
//! Values are what Flink hands to Java: dates and times are integers, texts and decimals can only be shown as text.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Date32Type};
use arrow_array::types::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType};
use arrow_array::{Array, ArrayRef};
use dataflow::{Failure, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel, loops};
use crate::operand::Operand;
use crate::render::{render_cell, timestamp_parts};
use crate::types::is_character;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let forms = &["PRINTF(<CHARACTER>)", "PRINTF(<CHARACTER>, <ANY>...)"];
    vec![FunctionDef::new("PRINTF", forms, "A text with values put in, as printf of Java.", typed, printf)]
}

fn typed(args: &[Argument]) -> Option<Signature> {
    let format = args.first()?;
    (is_character(format.kind()) || *format.kind() == TypeKind::Null).then_some(())?;
    let mut signature = Signature::with_result(args, TypeKind::STRING.nullable())?;
    for ty in signature.args.iter_mut().filter(|ty| ty.kind == TypeKind::Null) {
        *ty = TypeKind::STRING.nullable();
    }
    Some(signature)
}

fn printf(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let types = call.args[1..].to_vec();
    let zone = call.context.time_zone;
    Ok(Kernel::new(move |args, rows| {
        let formats = args[0].text();
        Ok(loops::texts(rows, |row, out| {
            let values =
                |index: usize| args.get(index + 1).zip(types.get(index)).map(|(arg, ty)| value(arg, ty, row, zone));
            format(formats.get(row)?, &values, out)
        }))
    }))
}

/// A value as Java sees it.
enum Value {
    Null,
    Boolean(bool),
    /// The value, and its bits in two's complement of its width.
    Integer(i64, u64),
    Float(f64),
    /// Can only be shown.
    Text(String),
}

fn value(arg: &Operand, ty: &LogicalType, row: usize, zone: crate::Zone) -> Value {
    let (array, row) = (arg.array(), arg.position(row));
    if array.is_null(row) {
        return Value::Null;
    }
    fn of<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize) -> T::Native {
        array.as_primitive::<T>().value(row)
    }
    let int = |value: i32| Value::Integer(value.into(), u64::from(value as u32));
    match &ty.kind {
        TypeKind::Boolean => Value::Boolean(array.as_boolean().value(row)),
        TypeKind::TinyInt => {
            let value = of::<Int8Type>(array, row);
            Value::Integer(value.into(), u64::from(value as u8))
        }
        TypeKind::SmallInt => {
            let value = of::<Int16Type>(array, row);
            Value::Integer(value.into(), u64::from(value as u16))
        }
        TypeKind::Int | TypeKind::IntervalYearMonth => int(of::<Int32Type>(array, row)),
        TypeKind::Date => int(of::<Date32Type>(array, row)),
        TypeKind::Time { .. } => int(of::<Time32MillisecondType>(array, row)),
        TypeKind::BigInt | TypeKind::IntervalDayTime => {
            let value = of::<Int64Type>(array, row);
            Value::Integer(value, value as u64)
        }
        TypeKind::Float => {
            // Java widens by value for %f, and shows a float as one.
            Value::Float(of::<Float32Type>(array, row).into())
        }
        TypeKind::Double => Value::Float(of::<Float64Type>(array, row)),
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => {
            let (millis, nanos) = timestamp_parts(array, row, *precision);
            Value::Text(iso(millis, nanos))
        }
        _ => {
            let mut text = String::new();
            render_cell(array, row, ty, zone, &mut text);
            Value::Text(text)
        }
    }
}

/// As `LocalDateTime` prints itself: seconds only when they are not zero, a fraction of three, six or nine digits.
fn iso(millis: i64, nanos: i64) -> String {
    let mut text = String::new();
    crate::render::timestamp(millis, nanos, 9, &mut text);
    let text = text.replacen(' ', "T", 1);
    let (clock, fraction) = text.split_at(text.len() - ".000000000".len());
    match fraction {
        ".000000000" => clock.strip_suffix(":00").unwrap_or(clock).to_owned(),
        fraction => {
            let kept = [4, 7, 10].into_iter().find(|&kept| fraction[kept..].bytes().all(|byte| byte == b'0'));
            format!("{clock}{}", &fraction[..kept.unwrap_or(10)])
        }
    }
}

/// Flags, width and precision of a conversion.
#[derive(Default)]
struct Conversion {
    flags: String,
    width: usize,
    precision: Option<usize>,
}

impl Conversion {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn pad(&self, text: &str, out: &mut String) {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.has('-') {
            let _ = write!(out, "{text}{:missing$}", "");
        } else {
            let _ = write!(out, "{:missing$}{text}", "");
        }
    }

    /// The sign of a number and its digits, filled with zeros when that is asked for.
    fn number(&self, negative: bool, digits: &str, out: &mut String) {
        let digits = if self.has(',') { grouped(digits) } else { digits.to_owned() };
        let (before, behind) = match negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let zeros = match self.has('0') {
            true => self.width.saturating_sub(before.len() + digits.len() + behind.len()),
            false => 0,
        };
        self.pad(&format!("{before}{:0<zeros$}{digits}{behind}", ""), out);
    }
}

/// Digits before a point in groups of three.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find(['.', 'e']).unwrap_or(digits.len()));
    let mut out = String::with_capacity(digits.len() + whole.len() / 3);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Appends the formatted text; `None` where Java throws.
fn format(format: &str, values: &dyn Fn(usize) -> Option<Value>, out: &mut String) -> Option<()> {
    let mut chars = format.chars().peekable();
    let (mut next, mut last) = (0, None);
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut conversion = Conversion::default();
        let mut number = String::new();
        let mut index = None;
        // `n$` or a width; a leading zero is a flag.
        loop {
            match chars.peek()? {
                '<' => {
                    chars.next();
                    index = Some(last?);
                }
                flag @ ('-' | '#' | '+' | ' ' | ',' | '(') => {
                    conversion.flags.push(*flag);
                    chars.next();
                }
                '0' if number.is_empty() => {
                    conversion.flags.push('0');
                    chars.next();
                }
                digit if digit.is_ascii_digit() => number.extend(chars.next()),
                '$' => {
                    chars.next();
                    index = Some(number.parse::<usize>().ok()?.checked_sub(1)?);
                    number.clear();
                }
                _ => break,
            }
        }
        if !number.is_empty() {
            conversion.width = number.parse().ok().filter(|width| *width < 1 << 16)?;
        }
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            conversion.precision = Some(digits.parse().ok().filter(|digits| *digits < 1 << 16)?);
        }
        if (conversion.has('-') || conversion.has('0')) && conversion.width == 0 {
            return None;
        }
        match chars.next()? {
            '%' => conversion.pad("%", out),
            'n' => out.push('\n'),
            letter => {
                let index = index.unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                last = Some(index);
                let start = out.len();
                convert(letter.to_ascii_lowercase(), &conversion, values(index)?, out)?;
                if letter.is_ascii_uppercase() {
                    matches!(letter, 'B' | 'S' | 'C' | 'X' | 'E' | 'G').then_some(())?;
                    let upper = out[start..].to_uppercase();
                    out.truncate(start);
                    out.push_str(&upper);
                }
            }
        }
    }
    Some(())
}

fn convert(letter: char, conversion: &Conversion, value: Value, out: &mut String) -> Option<()> {
    let shown = |text: &str, out: &mut String| {
        let cut: String = match conversion.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        conversion.pad(&cut, out);
    };
    match (letter, value) {
        ('b', value) => {
            let truth = match value {
                Value::Null => false,
                Value::Boolean(value) => value,
                _ => true,
            };
            shown(if truth { "true" } else { "false" }, out);
        }
        ('s' | 'c' | 'd' | 'o' | 'x' | 'e' | 'f' | 'g', Value::Null) => shown("null", out),
        ('s', Value::Boolean(value)) => shown(if value { "true" } else { "false" }, out),
        ('s', Value::Integer(value, _)) => shown(&value.to_string(), out),
        ('s', Value::Float(value)) => {
            let mut text = String::new();
            dataflow::java_number::write_double(value, &mut text);
            shown(&text, out);
        }
        ('s', Value::Text(text)) => shown(&text, out),
        ('c', Value::Integer(value, _)) => {
            let c = char::from_u32(u32::try_from(value).ok()?)?;
            conversion.pad(c.encode_utf8(&mut [0; 4]), out);
        }
        ('d', Value::Integer(value, _)) if conversion.precision.is_none() => {
            conversion.number(value < 0, &value.unsigned_abs().to_string(), out);
        }
        ('x' | 'o', Value::Integer(_, bits)) if conversion.precision.is_none() => {
            let digits = if letter == 'x' { format!("{bits:x}") } else { format!("{bits:o}") };
            let prefix = match (conversion.has('#'), letter) {
                (false, _) => "",
                (true, 'x') => "0x",
                _ => "0",
            };
            let zeros = match conversion.has('0') {
                true => conversion.width.saturating_sub(prefix.len() + digits.len()),
                false => 0,
            };
            conversion.pad(&format!("{prefix}{:0<zeros$}{digits}", ""), out);
        }
        ('f' | 'e' | 'g', Value::Float(value)) => float(letter, conversion, value, out),
        _ => return None,
    }
    Some(())
}

fn float(letter: char, conversion: &Conversion, value: f64, out: &mut String) {
    if value.is_nan() {
        return conversion.pad("NaN", out);
    }
    let negative = value.is_sign_negative();
    if value.is_infinite() {
        return conversion.pad(if negative { "-Infinity" } else { "Infinity" }, out);
    }
    let precision = conversion.precision.unwrap_or(6);
    let (digits, exponent) = shortest(value.abs());
    let text = match letter {
        'f' => fixed(&digits, exponent, precision),
        'e' => scientific(&digits, exponent, precision),
        _ => {
            let precision = precision.max(1);
            let (_, rounded) = rounded(&digits, exponent, precision as i64);
            match value == 0.0 || (-4..precision as i64).contains(&rounded) {
                true => fixed(
                    &digits,
                    exponent,
                    (precision as i64 - 1 - if value == 0.0 { 0 } else { rounded }).max(0) as usize,
                ),
                false => scientific(&digits, exponent, precision - 1),
            }
        }
    };
    conversion.number(negative, &text, out);
}

/// The shortest digits that give the number back, and the exponent of the first one.
fn shortest(value: f64) -> (Vec<u8>, i64) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
    (digits, exponent.parse().unwrap_or_default())
}

/// The first `count` digits, rounded half up, and the exponent of the first one.
fn rounded(digits: &[u8], exponent: i64, count: i64) -> (Vec<u8>, i64) {
    if count < 0 {
        return (vec![0], exponent);
    }
    let count = count as usize;
    let mut kept: Vec<u8> = digits.iter().copied().chain(std::iter::repeat(0)).take(count).collect();
    if digits.get(count).is_some_and(|digit| *digit >= 5) {
        let mut at = count;
        loop {
            if at == 0 {
                kept.insert(0, 1);
                return (kept, exponent + 1);
            }
            at -= 1;
            if kept[at] < 9 {
                kept[at] += 1;
                break;
            }
            kept[at] = 0;
        }
    }
    (kept, exponent)
}

fn text_of(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

fn fixed(digits: &[u8], exponent: i64, precision: usize) -> String {
    let (digits, exponent) = rounded(digits, exponent, exponent + 1 + precision as i64);
    let mut text = text_of(&digits);
    if exponent < 0 {
        let zeros = (-exponent) as usize;
        text = format!("{}{text}", "0".repeat(zeros));
    }
    let wanted = precision + 1;
    if text.len() < wanted {
        text = format!("{}{text}", "0".repeat(wanted - text.len()));
    }
    let whole = if exponent < 0 { 1 } else { exponent as usize + 1 };
    let (whole, fraction) = text.split_at(whole.min(text.len()));
    match precision {
        0 => whole.to_owned(),
        _ => format!("{whole}.{:0<precision$}", &fraction[..precision.min(fraction.len())]),
    }
}

fn scientific(digits: &[u8], exponent: i64, precision: usize) -> String {
    let is_zero = digits.iter().all(|digit| *digit == 0);
    let (digits, exponent) = rounded(digits, exponent, precision as i64 + 1);
    let text = text_of(&digits[..precision + 1]);
    let exponent = if is_zero { 0 } else { exponent };
    let sign = if exponent < 0 { '-' } else { '+' };
    let point = if precision == 0 { "" } else { "." };
    format!("{}{point}{}e{sign}{:02}", &text[..1], &text[1..], exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(pattern: &str, values: &[fn() -> Value]) -> Option<String> {
        let mut out = String::new();
        format(pattern, &|index| values.get(index).map(|value| value()), &mut out).map(|()| out)
    }

    #[test]
    fn numbers_are_formatted_as_by_java() {
        let text = |pattern, value: fn() -> Value| printed(pattern, &[value]).unwrap_or_else(|| "none".to_owned());
        assert_eq!(text("%5d|", || Value::Integer(-42, 0)), "  -42|");
        assert_eq!(text("%05d", || Value::Integer(-42, 0)), "-0042");
        assert_eq!(text("%-5d|", || Value::Integer(42, 0)), "42   |");
        assert_eq!(text("%,d", || Value::Integer(1_234_567, 0)), "1,234,567");
        assert_eq!(text("%(d", || Value::Integer(-5, 0)), "(5)");
        assert_eq!(text("%x", || Value::Integer(-1, 0xffff_ffff)), "ffffffff");
        assert_eq!(text("%.2f", || Value::Float(2.675)), "2.68");
        assert_eq!(text("%.0f", || Value::Float(0.5)), "1");
        assert_eq!(text("%f", || Value::Float(0.000_001_5)), "0.000002");
        assert_eq!(text("%8.3f|", || Value::Float(-1_234.567_89)), "-1234.568|");
        assert_eq!(text("%.3e", || Value::Float(0.000_123_45)), "1.235e-04");
        assert_eq!(text("%e", || Value::Float(0.0)), "0.000000e+00");
        assert_eq!(text("%.1f", || Value::Float(9.96)), "10.0");
        assert_eq!(text("%g", || Value::Float(0.000_12)), "0.000120000");
        assert_eq!(text("%g", || Value::Float(1e10)), "1.00000e+10");
    }

    #[test]
    fn what_java_refuses_is_none() {
        for pattern in ["%d", "%q", "%s %s", "%", "%.2d", "%-d", "%5"] {
            assert_eq!(printed(pattern, &[|| Value::Text("a".to_owned())]), None, "{pattern}");
        }
        let texts: [fn() -> Value; 2] = [|| Value::Text("a".to_owned()), || Value::Null];
        assert_eq!(printed("%2$s %1$S %<s%n%%", &texts), Some("null A a\n%".to_owned()));
    }

    #[test]
    fn timestamps_print_themselves() {
        assert_eq!(iso(0, 0), "1970-01-01T00:00");
        assert_eq!(iso(1_500, 0), "1970-01-01T00:00:01.500");
        assert_eq!(iso(1_000, 1_000), "1970-01-01T00:00:01.000001");
    }
}
