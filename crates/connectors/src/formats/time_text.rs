//! Dates and times read from text with the leniency of the Java parsers that Flink's formats use.

use crate::java_text::days_from_civil;

/// An instant or a local date and time: seconds since the epoch and nanoseconds within the second.
pub(crate) type Seconds = (i64, u32);

/// Which text a timestamp is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampStandard {
    /// `2024-01-02 10:11:12.123`, with `Z` at the end for a TIMESTAMP_LTZ.
    Sql,
    /// `2024-01-02T10:11:12.123`, seconds may be absent, with `Z` at the end for a TIMESTAMP_LTZ.
    Iso8601,
}

/// What a parser does with a day that its month does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolver {
    /// Refuses it, and 24:00.
    Strict,
    /// Takes the last day of the month (up to 31), and 24:00 as the start of the next day.
    Smart,
}

/// A timestamp without a zone.
pub(crate) fn parse_timestamp(text: &[u8], standard: TimestampStandard) -> Option<Seconds> {
    match standard {
        TimestampStandard::Sql => usual_date_time(text, b' ')
            .or_else(|| date_time(text, |separator| separator == b' ', true, Resolver::Smart)),
        TimestampStandard::Iso8601 => usual_date_time(text, b'T')
            .or_else(|| date_time(text, |separator| separator == b'T' || separator == b't', false, Resolver::Strict)),
    }
}

/// A timestamp in UTC that ends in `Z`.
pub(crate) fn parse_timestamp_ltz(text: &[u8], standard: TimestampStandard) -> Option<Seconds> {
    let text = text.strip_suffix(b"Z")?;
    match standard {
        TimestampStandard::Sql => date_time(text, |separator| separator == b' ', true, Resolver::Smart),
        TimestampStandard::Iso8601 => date_time(text, |separator| separator == b'T', false, Resolver::Smart),
    }
}

/// `yyyy-MM-dd`, days since the epoch; the day must exist.
pub(crate) fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = iso_date(text, Resolver::Strict)?;
    rest.is_empty().then_some(days as i32)
}

/// `java.sql.Date.valueOf`: `yyyy-[m]m-[d]d`, a day up to 31 that the month lacks rolls over into the next month.
pub(crate) fn parse_sql_date(text: &[u8]) -> Option<i32> {
    let mut parts = text.split(|&byte| byte == b'-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some((days_from_civil(i64::from(year), month, 1) + i64::from(day) - 1) as i32)
}

/// `HH:mm[:ss[.f]]`, milliseconds of the day.
pub(crate) fn parse_local_time(text: &[u8]) -> Option<i32> {
    let (second, nanos) = clock(text, false, Resolver::Strict)?;
    Some((second * 1_000 + nanos / 1_000_000) as i32)
}

/// `HH:mm:ss[.f]`, milliseconds of the day; 24:00:00 is midnight.
pub(crate) fn parse_sql_time(text: &[u8]) -> Option<i32> {
    let (second, nanos) = clock(text, true, Resolver::Smart)?;
    Some((second % 86_400 * 1_000 + nanos / 1_000_000) as i32)
}

/// `yyyy-MM-dd HH:mm:ss` with nothing or three digits behind it, which almost all timestamps are; `None` also for those that need a closer look.
fn usual_date_time(text: &[u8], separator: u8) -> Option<Seconds> {
    let (fixed, fraction) = text.split_first_chunk::<19>()?;
    let digit = |at: usize| u32::from(fixed[at].wrapping_sub(b'0'));
    let pair = |at: usize| digit(at) * 10 + digit(at + 1);
    let nanos = match fraction {
        [] => 0,
        [b'.', decimals @ ..] if decimals.len() == 3 => digits(decimals)? * 1_000_000,
        _ => return None,
    };
    let separated =
        fixed[4] == b'-' && fixed[7] == b'-' && fixed[10] == separator && fixed[13] == b':' && fixed[16] == b':';
    let places = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
    let numeric = places.iter().fold(true, |numeric, &at| numeric & (digit(at) <= 9));
    if !separated || !numeric {
        return None;
    }
    let (year, month, day) = (pair(0) * 100 + pair(2), pair(5), pair(8));
    let (hour, minute, second) = (pair(11), pair(14), pair(17));
    let exists = (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !exists {
        return None;
    }
    let days = days_from_civil(i64::from(year), month, day);
    Some((days * 86_400 + i64::from(hour * 3_600 + minute * 60 + second), nanos))
}

fn date_time(
    text: &[u8],
    is_separator: impl Fn(u8) -> bool,
    seconds_required: bool,
    resolver: Resolver,
) -> Option<Seconds> {
    let (days, rest) = iso_date(text, resolver)?;
    let (&separator, rest) = rest.split_first()?;
    if !is_separator(separator) {
        return None;
    }
    let (second, nanos) = clock(rest, seconds_required, resolver)?;
    Some((days * 86_400 + i64::from(second), nanos))
}

/// A year of 4 to 10 digits (a sign is needed beyond 4), month and day of 2; what follows them is returned.
fn iso_date(text: &[u8], resolver: Resolver) -> Option<(i64, &[u8])> {
    let (sign, unsigned) = match text.first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    let width = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let signed = unsigned.len() != text.len();
    let width_fits =
        if signed && text[0] == b'+' { (5..=9).contains(&width) } else { width == 4 || (signed && width <= 9) };
    let rest = &unsigned[width..];
    if !width_fits || width < 4 || rest.len() < 6 || rest[0] != b'-' || rest[3] != b'-' {
        return None;
    }
    let year = sign * i64::from(digits(&unsigned[..width])?);
    let (month, mut day) = (digits(&rest[1..3])?, digits(&rest[4..6])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let last = days_of_month(year, month);
    if day > last {
        match resolver {
            Resolver::Strict => return None,
            Resolver::Smart => day = last,
        }
    }
    Some((days_from_civil(year, month, day), &rest[6..]))
}

fn days_of_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Second of the day (86,400 for 24:00) and nanoseconds of all of `text`.
fn clock(text: &[u8], seconds_required: bool, resolver: Resolver) -> Option<(u32, u32)> {
    if text.len() < 5 || text[2] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&text[..2])?, digits(&text[3..5])?);
    let (second, nanos) = match &text[5..] {
        [] if !seconds_required => (0, 0),
        [b':', rest @ ..] if rest.len() >= 2 => (digits(&rest[..2])?, fraction(&rest[2..])?),
        _ => return None,
    };
    if minute > 59 || second > 59 || hour > 24 {
        return None;
    }
    if hour == 24 && (resolver == Resolver::Strict || minute + second + nanos > 0) {
        return None;
    }
    Some((hour * 3_600 + minute * 60 + second, nanos))
}

/// Nothing, or `.` and up to 9 digits.
fn fraction(text: &[u8]) -> Option<u32> {
    let Some((&point, decimals)) = text.split_first() else { return Some(0) };
    if point != b'.' || decimals.len() > 9 {
        return None;
    }
    if decimals.is_empty() {
        return Some(0);
    }
    Some(digits(decimals)? * 10u32.pow(9 - decimals.len() as u32))
}

/// A number of 1 to 9 ASCII digits.
fn digits(text: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    (!text.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::java_text::{push_date, push_local_date_time};

    fn timestamp(text: &str, standard: TimestampStandard) -> Option<String> {
        parse_timestamp(text.as_bytes(), standard).map(shown)
    }

    fn shown(parts: Seconds) -> String {
        let mut out = String::new();
        push_local_date_time(&mut out, parts);
        out
    }

    #[test]
    fn sql_timestamps_are_lenient_as_flinks_are() {
        for (text, expected) in [
            ("2024-01-02 10:11:12.123456", Some("2024-01-02T10:11:12.123456")),
            ("2024-01-02 10:11:12", Some("2024-01-02T10:11:12")),
            ("2024-01-02 10:11:12.003", Some("2024-01-02T10:11:12.003")),
            ("2024-01-31 23:59:59.120", Some("2024-01-31T23:59:59.120")),
            ("2024-00-02 10:11:12.000", None),
            ("2024-01-00 10:11:12.000", None),
            ("2024-01-02 25:11:12.000", None),
            ("2024-01-02 10:60:12.000", None),
            ("2024-01-02 10:11:1x.000", None),
            ("2024/01-02 10:11:12.000", None),
            ("2024-01-02 10:11:12,000", None),
            ("2024-01-02 10:11:12.", Some("2024-01-02T10:11:12")),
            ("2024-01-02 24:00:00", Some("2024-01-03T00:00")),
            ("2024-02-30 10:11:12", Some("2024-02-29T10:11:12")),
            ("+12024-01-02 10:11:12", Some("+12024-01-02T10:11:12")),
            ("1969-12-31 23:59:59.999", Some("1969-12-31T23:59:59.999")),
            ("2024-01-02 10:11", None),
            ("2024-01-02T10:11:12", None),
            ("2024-01-02  10:11:12", None),
            ("2024-01-02 1:11:12", None),
            ("2024-01-02 10:11:60", None),
            ("2024-13-02 10:11:12", None),
            ("2024-01-32 10:11:12", None),
            ("2024-01-02 24:00:01", None),
            ("12024-01-02 10:11:12", None),
            ("2024-01-02 10:11:12.1234567890", None),
            ("", None),
        ] {
            assert_eq!(timestamp(text, TimestampStandard::Sql).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn iso_timestamps_may_lack_seconds() {
        for (text, expected) in [
            ("2024-01-02T10:11:12.5", Some("2024-01-02T10:11:12.500")),
            ("2024-01-02T10:11", Some("2024-01-02T10:11")),
            ("2024-01-02t10:11:12", Some("2024-01-02T10:11:12")),
            ("2024-01-02 10:11:12", None),
            ("2024-02-30T10:11:12", None),
            ("2024-01-02T24:00:00", None),
            ("2024-01-02T10:11:12Z", None),
        ] {
            assert_eq!(timestamp(text, TimestampStandard::Iso8601).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn zoned_timestamps_end_in_z() {
        let sql = |text: &str| parse_timestamp_ltz(text.as_bytes(), TimestampStandard::Sql).map(shown);
        let iso = |text: &str| parse_timestamp_ltz(text.as_bytes(), TimestampStandard::Iso8601).map(shown);
        assert_eq!(sql("2024-01-02 10:11:12.5Z").as_deref(), Some("2024-01-02T10:11:12.500"));
        assert_eq!(sql("2024-01-02 10:11:12.Z").as_deref(), Some("2024-01-02T10:11:12"));
        assert_eq!(iso("2024-01-02T10:11Z").as_deref(), Some("2024-01-02T10:11"));
        for text in ["2024-01-02 10:11:12", "2024-01-02T10:11:12Z", "2024-01-02 10:11:12z", "2024-01-02 10:11:12+02:00"]
        {
            assert_eq!(sql(text), None, "{text}");
        }
        for text in ["2024-01-02T10:11:12+01:00", "2024-01-02t10:11:12Z", "2024-01-02 10:11:12Z"] {
            assert_eq!(iso(text), None, "{text}");
        }
    }

    #[test]
    fn dates() {
        let date = |days: Option<i32>| {
            days.map(|days| {
                let mut out = String::new();
                push_date(&mut out, days);
                out
            })
        };
        for (text, sql, iso) in [
            ("2024-01-02", Some("2024-01-02"), Some("2024-01-02")),
            ("2024-1-2", Some("2024-01-02"), None),
            ("2024-02-30", Some("2024-03-01"), None),
            ("2024-02-29", Some("2024-02-29"), Some("2024-02-29")),
            ("2023-02-29", Some("2023-03-01"), None),
            ("2024-13-01", None, None),
            ("2024-01-32", None, None),
            (" 2024-01-02", None, None),
            ("2024-01-02 ", None, None),
            ("20240102", None, None),
            ("99999-01-01", None, None),
            ("2024-01-02Z", None, None),
            ("", None, None),
        ] {
            assert_eq!(date(parse_sql_date(text.as_bytes())).as_deref(), sql, "{text}");
            assert_eq!(date(parse_date(text.as_bytes())).as_deref(), iso, "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        for (text, local, sql) in [
            ("10:11:12", Some(36_672_000), Some(36_672_000)),
            ("10:11:12.1234567", Some(36_672_123), Some(36_672_123)),
            ("10:11", Some(36_660_000), None),
            ("24:00:00", None, Some(0)),
            ("1:2:3", None, None),
            ("10:11:60", None, None),
            ("10:11:12Z", None, None),
            (" 10:11:12", None, None),
        ] {
            assert_eq!(parse_local_time(text.as_bytes()), local, "{text}");
            assert_eq!(parse_sql_time(text.as_bytes()), sql, "{text}");
        }
    }
}
