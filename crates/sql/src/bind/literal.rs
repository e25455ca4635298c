//! Literals: from text to typed constants.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use dataflow::{Expr, ExprKind, Literal, LogicalType, TypeKind};

use crate::ast::{IntervalLiteral, Literal as AstLiteral, Span, TimeUnit};
use crate::error::SqlError;

/// The constant a literal denotes. `TIMESTAMP WITH LOCAL TIME ZONE` literals are left to a cast by the caller.
pub(crate) fn bind_literal(literal: &AstLiteral, span: Span) -> Result<Expr, SqlError> {
    Ok(match literal {
        AstLiteral::Null => Expr::literal(Literal::Null, TypeKind::Null.nullable()),
        AstLiteral::Unknown => Expr::literal(Literal::Null, TypeKind::Boolean.nullable()),
        AstLiteral::Boolean(value) => Expr::literal(Literal::Boolean(*value), TypeKind::Boolean.not_null()),
        AstLiteral::Exact(text) => exact(text, span)?,
        AstLiteral::Approximate(text) => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Expr::literal(Literal::Float(value), TypeKind::Double.not_null()),
            _ => return Err(SqlError::validation(format!("Numeric literal '{text}' out of range"), span)),
        },
        AstLiteral::String { value, .. } => string(value),
        AstLiteral::Binary(bytes) => {
            let ty = TypeKind::Binary { length: bytes.len() as u32 }.not_null();
            Expr::literal(Literal::Bytes(bytes.clone()), ty)
        }
        AstLiteral::Date(text) => {
            let date = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
                .map_err(|_| illegal("DATE", text, "yyyy-MM-dd", span))?;
            Expr::literal(Literal::Int(days(date)), TypeKind::Date.not_null())
        }
        AstLiteral::Time(text) => {
            let (time, digits) = time(text.trim()).ok_or_else(|| illegal("TIME", text, "HH:mm:ss", span))?;
            let millis = i64::from(time.num_seconds_from_midnight()) * 1000 + i64::from(time.nanosecond() / 1_000_000);
            Expr::literal(Literal::Int(millis), TypeKind::Time { precision: digits.min(3) }.not_null())
        }
        AstLiteral::Timestamp(text) => {
            let (value, digits) =
                timestamp(text.trim()).ok_or_else(|| illegal("TIMESTAMP", text, "yyyy-MM-dd HH:mm:ss", span))?;
            Expr::literal(Literal::Timestamp(value), TypeKind::timestamp(digits).not_null())
        }
        AstLiteral::TimestampLtz(text) => {
            let (value, digits) = timestamp(text.trim())
                .ok_or_else(|| illegal("TIMESTAMP WITH LOCAL TIME ZONE", text, "yyyy-MM-dd HH:mm:ss", span))?;
            let wall = Expr::literal(Literal::Timestamp(value), TypeKind::timestamp(digits).not_null());
            wall.cast(TypeKind::timestamp_ltz(digits).not_null())
        }
        AstLiteral::Interval(interval) => interval_literal(interval, span)?,
    })
}

/// A CHAR constant, as long as Java counts: a character beyond the basic plane is two.
pub(crate) fn string(value: &str) -> Expr {
    let length = value.encode_utf16().count() as u32;
    Expr::literal(Literal::String(value.to_owned()), TypeKind::Char { length }.not_null())
}

/// A BOOLEAN constant.
pub(crate) fn boolean(value: bool) -> Expr {
    Expr::literal(Literal::Boolean(value), TypeKind::Boolean.not_null())
}

/// The constant of `-literal`, for which the smallest INT and BIGINT are in range although their digits alone are not.
pub(crate) fn bind_negative(text: &str, span: Span) -> Result<Expr, SqlError> {
    let negative = format!("-{text}");
    if let Ok(value) = negative.trim_end_matches('.').parse::<i64>() {
        let kind = if i32::try_from(value).is_ok() { TypeKind::Int } else { TypeKind::BigInt };
        return Ok(Expr::literal(Literal::Int(value), kind.not_null()));
    }
    let positive = exact(text, span)?;
    Ok(match positive.kind {
        ExprKind::Literal(Literal::Decimal(value)) => Expr::literal(Literal::Decimal(-value), positive.ty),
        _ => positive,
    })
}

/// INT or BIGINT for a whole number, DECIMAL with as many digits as are written for another (as Calcite counts them).
fn exact(text: &str, span: Span) -> Result<Expr, SqlError> {
    let out_of_range = || SqlError::validation(format!("Numeric literal '{text}' out of range"), span);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.is_empty() {
        let value: i64 = whole.parse().map_err(|_| out_of_range())?;
        let kind = if i32::try_from(value).is_ok() { TypeKind::Int } else { TypeKind::BigInt };
        return Ok(Expr::literal(Literal::Int(value), kind.not_null()));
    }
    let precision = whole.len() + fraction.len();
    // Calcite reads the digits as a BIGINT, whatever the scale.
    let value: i64 = format!("{whole}{fraction}").parse().map_err(|_| out_of_range())?;
    if precision > 38 {
        return Err(out_of_range());
    }
    let ty = TypeKind::Decimal { precision: precision as u8, scale: fraction.len() as u8 }.not_null();
    Ok(Expr::literal(Literal::Decimal(value.into()), ty))
}

fn illegal(kind: &str, text: &str, format: &str, span: Span) -> SqlError {
    SqlError::validation(format!("Illegal {kind} literal '{text}': not in format '{format}'"), span)
}

fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

/// A time of day and the digits of its fraction.
fn time(text: &str) -> Option<(NaiveTime, u8)> {
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let time = NaiveTime::parse_from_str(text, if digits == 0 { "%H:%M:%S" } else { "%H:%M:%S%.f" }).ok()?;
    (digits <= 9).then_some((time, digits as u8))
}

/// Nanoseconds since the epoch of a wall-clock time, and the digits of its fraction.
fn timestamp(text: &str) -> Option<(i128, u8)> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let (clock, digits) = time(clock.trim_start())?;
    let at = NaiveDateTime::new(date, clock).and_utc();
    Some((i128::from(at.timestamp()) * 1_000_000_000 + i128::from(at.timestamp_subsec_nanos()), digits))
}

fn interval_literal(interval: &IntervalLiteral, span: Span) -> Result<Expr, SqlError> {
    let leading = interval.qualifier.leading;
    let trailing = interval.qualifier.trailing.unwrap_or(leading);
    let bad = || {
        let to = interval.qualifier.trailing.map_or(String::new(), |unit| format!(" TO {}", unit.word()));
        SqlError::validation(
            format!("Illegal interval literal format '{}' for INTERVAL {}{to}", interval.value, leading.word()),
            span,
        )
    };
    let text = interval.value.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let sign = if negative != interval.negative { -1 } else { 1 };
    check_precision(text, interval, span)?;
    if let Some(months) = months_of(leading) {
        let value = year_month(text, months, leading, trailing).ok_or_else(bad)?;
        return Ok(Expr::literal(Literal::Int(sign * value), TypeKind::IntervalYearMonth.not_null()));
    }
    let value = day_time(text, leading, trailing).ok_or_else(bad)?;
    Ok(Expr::literal(Literal::Int(sign * value), interval_day_time()))
}

/// The leading number has two digits at most, unless the qualifier says otherwise.
fn check_precision(text: &str, interval: &IntervalLiteral, span: Span) -> Result<(), SqlError> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().trim_start_matches('0');
    let precision = interval.qualifier.precision.unwrap_or(2);
    if digits.len() <= precision as usize {
        return Ok(());
    }
    let unit = interval.qualifier.leading.word();
    let message = format!("Interval field value {digits} exceeds precision of {unit}({precision}) field");
    Err(SqlError::validation(message, span).with_hint(format!("write {unit}({})", digits.len())))
}

fn interval_day_time() -> LogicalType {
    TypeKind::IntervalDayTime.not_null()
}

/// Months in a unit of year-month intervals.
pub(crate) fn months_of(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Year => Some(12),
        TimeUnit::Quarter => Some(3),
        TimeUnit::Month => Some(1),
        _ => None,
    }
}

/// Milliseconds in a unit of day-time intervals.
pub(crate) fn millis_of(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Week => Some(7 * 86_400_000),
        TimeUnit::Day => Some(86_400_000),
        TimeUnit::Hour => Some(3_600_000),
        TimeUnit::Minute => Some(60_000),
        TimeUnit::Second => Some(1000),
        TimeUnit::Millisecond => Some(1),
        _ => None,
    }
}

fn year_month(text: &str, months: i64, leading: TimeUnit, trailing: TimeUnit) -> Option<i64> {
    if leading == trailing {
        return text.parse::<i64>().ok()?.checked_mul(months);
    }
    let (years, rest) = text.split_once('-')?;
    let rest: i64 = rest.parse().ok()?;
    (rest < 12).then_some(years.parse::<i64>().ok()?.checked_mul(12)?.checked_add(rest)?)
}

/// `d hh:mm:ss.fff` and its parts, from `leading` down to `trailing`.
fn day_time(text: &str, leading: TimeUnit, trailing: TimeUnit) -> Option<i64> {
    /// Digits of a fraction of a second.
    const SECOND_DIGITS: usize = 6;
    const UNITS: [TimeUnit; 4] = [TimeUnit::Day, TimeUnit::Hour, TimeUnit::Minute, TimeUnit::Second];
    if leading == trailing && leading != TimeUnit::Second {
        return text.parse::<i64>().ok()?.checked_mul(millis_of(leading)?);
    }
    let first = UNITS.iter().position(|unit| *unit == leading)?;
    let last = UNITS.iter().position(|unit| *unit == trailing)?;
    // One space behind the days, colons between the others.
    let (days, clock) = match text.split_once(' ') {
        Some((days, clock)) if leading == TimeUnit::Day && trailing != TimeUnit::Day => (Some(days), clock),
        Some(_) => return None,
        None => (None, text),
    };
    if leading == TimeUnit::Day && days.is_none() {
        return None;
    }
    let parts: Vec<&str> = days.into_iter().chain(clock.split(':')).collect();
    if parts.len() != last.checked_sub(first)? + 1 {
        return None;
    }
    let mut total: i64 = 0;
    for (index, (part, unit)) in parts.iter().zip(&UNITS[first..=last]).enumerate() {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
        let value: i64 = whole.parse().ok()?;
        let limit = [i64::MAX, 24, 60, 60][first + index];
        if index > 0 && value >= limit || !fraction.is_empty() && *unit != TimeUnit::Second {
            return None;
        }
        total = total.checked_add(value.checked_mul(millis_of(*unit)?)?)?;
        if fraction.len() > SECOND_DIGITS {
            return None;
        }
        if !fraction.is_empty() {
            let padded = format!("{fraction:0<3}");
            total = total.checked_add(padded.get(..3)?.parse().ok()?)?;
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_milliseconds_or_months() {
        use TimeUnit::*;
        let cases = [
            ("5", Second, Second, Some(5_000)),
            ("1.5", Second, Second, Some(1_500)),
            ("10", Minute, Minute, Some(600_000)),
            ("1 02:03:04.005", Day, Second, Some(93_784_005)),
            ("02:03", Hour, Minute, Some(7_380_000)),
            ("02:61", Hour, Minute, None),
            ("x", Day, Day, None),
        ];
        for (text, leading, trailing, expected) in cases {
            assert_eq!(day_time(text, leading, trailing), expected, "{text}");
        }
        assert_eq!(year_month("1-2", 12, Year, Month), Some(14));
        assert_eq!(year_month("2", 3, Quarter, Quarter), Some(6));
    }

    #[test]
    fn numbers_take_the_smallest_type() {
        let cases = [
            ("1", "INT NOT NULL"),
            ("2147483648", "BIGINT NOT NULL"),
            ("1.50", "DECIMAL(3, 2) NOT NULL"),
            ("0.00000001", "DECIMAL(9, 8) NOT NULL"),
            ("5.", "INT NOT NULL"),
        ];
        for (text, expected) in cases {
            assert_eq!(exact(text, Span::default()).expect(text).ty.to_string(), expected, "{text}");
        }
    }
}
