//! Text to values, by Flink's rules and with its messages. Used by CAST and by formats.

use crate::calendar::{MILLIS_PER_DAY, days_in_month, days_of};
use crate::functions::decimal::{fits, power_of_ten};
use crate::types::decimal::DecimalShape;

fn bad_number(text: &str, reason: &str) -> String {
    format!("For input string: '{text}'. {reason}")
}

/// An integer that fits in 64 bits; a fraction is cut off.
pub fn parse_integer(text: &str, min: i64, max: i64) -> Result<i64, String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text.is_empty() {
        return Err(bad_number(text, "Input is empty."));
    }
    if unsigned.is_empty() {
        return Err(bad_number(text, "Input has only positive or negative symbol."));
    }
    let negative = text.starts_with('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut value: i64 = 0;
    for byte in whole.bytes() {
        if !byte.is_ascii_digit() {
            return Err(bad_number(text, "Invalid character found."));
        }
        // Counted down, so that the least value has no overflow.
        let next = value.checked_mul(10).and_then(|value| value.checked_sub(i64::from(byte - b'0')));
        value = next.ok_or_else(|| bad_number(text, "Overflow."))?;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad_number(text, "Invalid character found."));
    }
    let value = if negative { Some(value) } else { value.checked_neg() };
    value.filter(|value| (min..=max).contains(value)).ok_or_else(|| bad_number(text, "Overflow."))
}

/// A floating-point number as `Double.parseDouble` takes it.
pub fn parse_double(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let negative = text.starts_with('-');
    let magnitude = match unsigned {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        _ if unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            unsigned.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(unsigned).parse().ok()
        }
        _ => None,
    };
    match magnitude {
        Some(magnitude) => Ok(if negative { -magnitude } else { magnitude }),
        None if text.is_empty() => Err("empty String".to_owned()),
        None => Err(format!("For input string: \"{text}\"")),
    }
}

/// A 32-bit floating-point number, rounded once.
pub fn parse_float(text: &str) -> Result<f32, String> {
    let wide = parse_double(text)?;
    if !wide.is_finite() {
        return Ok(wide as f32);
    }
    let trimmed = text.trim();
    Ok(trimmed.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(trimmed).parse().unwrap_or(wide as f32))
}

/// A DECIMAL's unscaled value, rounded half up. Text that is no number fails as one with too many digits does, as in Flink.
pub fn parse_decimal(text: &str, shape: DecimalShape) -> Result<i128, String> {
    let text = text.trim();
    decimal(text, shape).ok_or_else(|| bad_number(text, "Overflow."))
}

/// The same; `None` when it is no number or has too many digits.
pub(super) fn decimal(text: &str, shape: DecimalShape) -> Option<i128> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').collect();
    // How many of the digits stand before the last one that is kept.
    let shift = i64::from(exponent) - fraction.len() as i64 + i64::from(shape.scale);
    let magnitude = shifted(&digits, shift)?;
    let value = if mantissa.starts_with('-') { -magnitude } else { magnitude };
    fits(value, shape.precision).then_some(value)
}

/// The number with these digits, times 10^shift, rounded half up; `None` when it exceeds 38 digits.
fn shifted(digits: &[u8], shift: i64) -> Option<i128> {
    let number = |digits: &[u8]| digits.iter().fold(0i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    if digits.is_empty() {
        return Some(0);
    }
    let kept = digits.len() as i64 + shift;
    if kept > 38 {
        return None;
    }
    if shift >= 0 {
        return Some(number(digits) * power_of_ten(shift as u32));
    }
    if kept < 0 {
        return Some(0);
    }
    let (kept, dropped) = digits.split_at(kept as usize);
    Some(number(kept) + i128::from(dropped[0] >= b'5'))
}

/// A BOOLEAN in one of the spellings that Flink takes.
pub fn parse_boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Ok(true),
        "f" | "false" | "n" | "no" | "0" => Ok(false),
        _ => Err(format!("Cannot parse '{text}' as BOOLEAN.")),
    }
}

/// A DATE, `2024-02-29`, `2024-02` or `2024`, in days since the epoch; what follows a blank is ignored.
pub fn parse_date(text: &str) -> Result<i32, String> {
    let date = match text.find(' ') {
        Some(at) if at > 0 => &text[..at],
        _ => text,
    };
    parse_ymd(date).ok_or_else(|| format!("For input string: '{text}'."))
}

fn parse_ymd(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-').map(|part| unsigned(part.trim()));
    let year = parts.next()??;
    let month = parts.next().unwrap_or(Some(1))?;
    let day = parts.next().unwrap_or(Some(1))?;
    let valid = year <= 9_999 && (1..=12).contains(&month) && (1..=days_in_month(year.into(), month)).contains(&day);
    valid.then(|| days_of(year.into(), month, day) as i32)
}

fn unsigned(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A TIME, `10:11:12.345`, `10:11` or `10`, in milliseconds of the day.
pub fn parse_time(text: &str) -> Result<i32, String> {
    parse_hms(text.trim()).ok_or_else(|| {
        let range = "where HH is 00-23, mm is 00-59, ss is 00-59";
        format!("Invalid time format: '{text}'. Expected format: HH:mm:ss[.fff] {range}")
    })
}

fn parse_hms(text: &str) -> Option<i32> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.splitn(3, ':').map(|part| unsigned(part.trim()));
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    // Only seconds have a fraction.
    if clock.len() < text.len() && clock.matches(':').count() < 2 {
        return None;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let millis = fraction.bytes().chain(*b"000").take(3).fold(0, |millis, digit| millis * 10 + u32::from(digit - b'0'));
    Some((((hour * 60 + minute) * 60 + second) * 1_000 + millis) as i32)
}

/// A timestamp as Flink's default formatter takes it, `2024-02-29[ 10:11:12[.123456789]]`, in local milliseconds since the epoch and nanoseconds
/// within the millisecond. Month, day and the parts of the time may have one digit; a day that the month has not becomes its last.
pub fn parse_timestamp(text: &str) -> Result<(i64, i64), String> {
    let mut cursor = Cursor { text, at: 0 };
    let failed = |at: usize| format!("Text '{text}' could not be parsed at index {at}");
    let year = cursor.digits(4, 4).ok_or_else(|| failed(0))?;
    cursor.expect(b'-').ok_or_else(|| failed(cursor.at))?;
    let month_at = cursor.at;
    let month = cursor.digits(1, 2).ok_or_else(|| failed(month_at))?;
    cursor.expect(b'-').ok_or_else(|| failed(cursor.at))?;
    let day_at = cursor.at;
    let day = cursor.digits(1, 2).ok_or_else(|| failed(day_at))?;
    let date_end = cursor.at;
    let time = cursor.time();
    if time.is_none() {
        cursor.at = date_end;
    }
    if cursor.at < text.len() {
        return Err(format!("Text '{text}' could not be parsed, unparsed text found at index {}", cursor.at));
    }
    let TimeFields { hour, minute, second, nanos } = time.unwrap_or_default();
    let fields = [
        ("MonthOfYear", 1, 12, month),
        ("DayOfMonth", 1, 31, day),
        ("HourOfDay", 0, 23, hour),
        ("MinuteOfHour", 0, 59, minute),
        ("SecondOfMinute", 0, 59, second),
    ];
    if let Some((name, least, most, value)) =
        fields.iter().find(|(_, least, most, value)| value < least || value > most)
    {
        // Java prints the range of a day as 1 to 28/31.
        let range = if *name == "DayOfMonth" { "1 - 28/31".to_owned() } else { format!("{least} - {most}") };
        return Err(format!(
            "Text '{text}' could not be parsed: Invalid value for {name} (valid values {range}): {value}"
        ));
    }
    let days = days_of(year.into(), month, day.min(days_in_month(year.into(), month)));
    let millis = i64::from((hour * 60 + minute) * 60 + second) * 1_000 + nanos / 1_000_000;
    Ok((days * MILLIS_PER_DAY + millis, nanos % 1_000_000))
}

/// The parts of a time of day.
#[derive(Debug, Clone, Copy, Default)]
struct TimeFields {
    hour: u32,
    minute: u32,
    second: u32,
    /// Nanoseconds of the second.
    nanos: i64,
}

/// Reads from the front of a text.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    /// A number of `min` to `max` digits.
    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
        if count < min {
            return None;
        }
        let value = rest[..count].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
        self.at += count;
        Some(value)
    }

    /// ` 10:11:12[.123456789]`, the values not checked yet.
    fn time(&mut self) -> Option<TimeFields> {
        self.expect(b' ')?;
        let hour = self.digits(1, 2)?;
        self.expect(b':')?;
        let minute = self.digits(1, 2)?;
        self.expect(b':')?;
        let second = self.digits(1, 2)?;
        let mut nanos = 0;
        if self.expect(b'.').is_some() {
            let start = self.at;
            nanos = i64::from(self.digits(0, 9)?) * 10i64.pow(9 - (self.at - start) as u32);
        }
        Some(TimeFields { hour, minute, second, nanos })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let int = |text| parse_integer(text, i32::MIN.into(), i32::MAX.into());
        assert_eq!(int(" 123 "), Ok(123));
        assert_eq!(int("1.9"), Ok(1));
        assert_eq!(int("-2147483648"), Ok(-2_147_483_648));
        assert_eq!(int("2147483648").unwrap_err(), "For input string: '2147483648'. Overflow.");
        assert_eq!(int("abc").unwrap_err(), "For input string: 'abc'. Invalid character found.");
        assert_eq!(int("").unwrap_err(), "For input string: ''. Input is empty.");
        assert_eq!(parse_integer("-9223372036854775808", i64::MIN, i64::MAX), Ok(i64::MIN));
    }

    #[test]
    fn other_numbers() {
        assert_eq!(parse_double("1e3"), Ok(1000.0));
        assert!(parse_double("NaN").unwrap().is_nan());
        assert!(parse_double("inf").is_err());
        let shape = DecimalShape { precision: 5, scale: 2 };
        assert_eq!(parse_decimal("12.345", shape), Ok(1_235));
        assert_eq!(parse_decimal("-1.2e1", shape), Ok(-1_200));
        assert_eq!(parse_decimal("0.004", shape), Ok(0));
        assert_eq!(parse_decimal("0.00049", shape), Ok(0));
        assert_eq!(parse_decimal("1234", shape).unwrap_err(), "For input string: '1234'. Overflow.");
        assert_eq!(parse_decimal("x", shape).unwrap_err(), "For input string: 'x'. Overflow.");
        assert_eq!(parse_boolean("Yes"), Ok(true));
        assert!(parse_boolean(" yes").is_err());
        assert_eq!(parse_boolean("x").unwrap_err(), "Cannot parse 'x' as BOOLEAN.");
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(parse_date("2024-02-29"), Ok(19_782));
        assert_eq!(parse_date("2024-02-29 10:00:00"), Ok(19_782));
        assert_eq!(parse_date("2024-02-30").unwrap_err(), "For input string: '2024-02-30'.");
        assert_eq!(parse_time("10:11"), Ok(36_660_000));
        assert_eq!(parse_time("00:00:01.5"), Ok(1_500));
        assert!(parse_time("25:00").is_err());
        assert_eq!(parse_timestamp("1970-1-2 0:0:1.5"), Ok((86_401_500, 0)));
        assert_eq!(parse_timestamp("1970-01-01 00:00:00.123456789"), Ok((123, 456_789)));
        assert_eq!(
            parse_timestamp("2024-02-29T10:11:12").unwrap_err(),
            "Text '2024-02-29T10:11:12' could not be parsed, unparsed text found at index 10"
        );
        assert_eq!(
            parse_timestamp("2024-02-29 10:11").unwrap_err(),
            "Text '2024-02-29 10:11' could not be parsed, unparsed text found at index 10"
        );
        assert_eq!(parse_timestamp("bad").unwrap_err(), "Text 'bad' could not be parsed at index 0");
        assert_eq!(parse_timestamp("2024-02-30"), parse_timestamp("2024-02-29"));
        assert_eq!(
            parse_timestamp("2024-02-29 25:11:12").unwrap_err(),
            "Text '2024-02-29 25:11:12' could not be parsed: Invalid value for HourOfDay (valid values 0 - 23): 25"
        );
    }
}
