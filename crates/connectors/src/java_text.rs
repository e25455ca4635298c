//! How Java writes numbers and times, which is how Flink's sinks write them. Pure text, no types of Arrow.

use std::fmt::Write;

/// `Double.toString`.
pub(crate) fn push_double(out: &mut String, value: f64) {
    dataflow::java_number::write_double(value, out);
}

/// `Float.toString`.
pub(crate) fn push_float(out: &mut String, value: f32) {
    dataflow::java_number::write_float(value, out);
}

/// A decimal in plain notation with all digits of its scale.
pub(crate) fn push_decimal(out: &mut String, unscaled: i128, scale: u8) {
    let scale = usize::from(scale);
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    if unscaled < 0 {
        out.push('-');
    }
    if scale == 0 {
        out.push_str(digits);
        return;
    }
    if digits.len() > scale {
        out.push_str(&digits[..digits.len() - scale]);
        out.push('.');
        out.push_str(&digits[digits.len() - scale..]);
    } else {
        out.push_str("0.");
        (digits.len()..scale).for_each(|_| out.push('0'));
        out.push_str(digits);
    }
}

/// `BigDecimal.stripTrailingZeros`: the scale may become negative.
pub(crate) fn strip_trailing_zeros(mut unscaled: i128, scale: u8) -> (i128, i32) {
    let mut scale = i32::from(scale);
    if unscaled == 0 {
        return (0, 0);
    }
    while unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    (unscaled, scale)
}

/// `BigDecimal.toString`: scientific when the scale is negative or the value is smaller than 1E-6.
pub(crate) fn push_big_decimal(out: &mut String, unscaled: i128, scale: i32) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    let adjusted = digits.len() as i32 - 1 - scale;
    if let (Ok(scale), -6..) = (u8::try_from(scale), adjusted) {
        push_decimal(out, unscaled, scale);
        return;
    }
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push('E');
    if adjusted >= 0 {
        out.push('+');
    }
    out.push_str(itoa::Buffer::new().format(adjusted));
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar.
///
/// The algorithm counts days from 0000-03-01 in eras of 400 years (H. Hinnant, "chrono-compatible low-level date algorithms").
pub(crate) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_index + 2) / 5 + 1) as u32;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days since the epoch of a date; the inverse of [`civil_from_days`].
pub(crate) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_index = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * month_index + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// `LocalDate.toString`.
pub(crate) fn push_date(out: &mut String, days: i32) {
    let (year, month, day) = civil_from_days(i64::from(days));
    match year {
        0..=9999 => push_padded(out, year as u32, 4),
        10_000.. => write!(out, "+{year}").expect(IN_MEMORY),
        _ => write!(out, "-{:04}", -year).expect(IN_MEMORY),
    }
    out.push('-');
    push_padded(out, month, 2);
    out.push('-');
    push_padded(out, day, 2);
}

const IN_MEMORY: &str = "writing to a String cannot fail";

fn push_padded(out: &mut String, value: u32, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    (digits.len()..width).for_each(|_| out.push('0'));
    out.push_str(digits);
}

/// `HH:mm:ss` of a second of the day.
pub(crate) fn push_clock(out: &mut String, second_of_day: u32) {
    push_padded(out, second_of_day / 3_600, 2);
    out.push(':');
    push_padded(out, second_of_day / 60 % 60, 2);
    out.push(':');
    push_padded(out, second_of_day % 60, 2);
}

/// `LocalTime.toString` of milliseconds of the day: seconds only when not 0, the fraction in groups of three digits.
pub(crate) fn push_local_time(out: &mut String, millis: i32) {
    push_local_time_parts(out, millis as u32 / 1_000, millis as u32 % 1_000 * 1_000_000);
}

fn push_local_time_parts(out: &mut String, second_of_day: u32, nanos: u32) {
    if second_of_day.is_multiple_of(60) && nanos == 0 {
        push_padded(out, second_of_day / 3_600, 2);
        out.push(':');
        push_padded(out, second_of_day / 60 % 60, 2);
        return;
    }
    push_clock(out, second_of_day);
    push_grouped_fraction(out, nanos);
}

/// `.123`, `.123456`, `.123456789` or nothing.
fn push_grouped_fraction(out: &mut String, nanos: u32) {
    match nanos {
        0 => {}
        _ if nanos.is_multiple_of(1_000_000) => push_fraction(out, nanos / 1_000_000, 3),
        _ if nanos.is_multiple_of(1_000) => push_fraction(out, nanos / 1_000, 6),
        _ => push_fraction(out, nanos, 9),
    }
}

fn push_fraction(out: &mut String, value: u32, width: usize) {
    out.push('.');
    push_padded(out, value, width);
}

/// Appends `.` and the fraction without trailing zeros; nothing when it is 0.
pub(crate) fn push_trimmed_fraction(out: &mut String, nanos: u32) {
    if nanos == 0 {
        return;
    }
    push_fraction(out, nanos, 9);
    out.truncate(out.trim_end_matches('0').len());
}

/// `HH:mm:ss` and the fraction without trailing zeros, of milliseconds of the day.
pub(crate) fn push_iso_time(out: &mut String, millis: i32) {
    push_clock(out, millis as u32 / 1_000);
    push_trimmed_fraction(out, millis as u32 % 1_000 * 1_000_000);
}

/// `yyyy-MM-dd`, a separator, and the time as [`push_iso_time`] writes it.
pub(crate) fn push_timestamp(out: &mut String, (seconds, nanos): (i64, u32), separator: char) {
    let (day, second) = split_day(seconds);
    push_date(out, day);
    out.push(separator);
    push_clock(out, second);
    push_trimmed_fraction(out, nanos);
}

/// Day since the epoch and second of that day.
pub(crate) fn split_day(seconds: i64) -> (i32, u32) {
    (seconds.div_euclid(86_400) as i32, seconds.rem_euclid(86_400) as u32)
}

/// `LocalDateTime.toString` of seconds and nanoseconds since the epoch.
pub(crate) fn push_local_date_time(out: &mut String, (seconds, nanos): (i64, u32)) {
    let (day, second) = split_day(seconds);
    push_date(out, day);
    out.push('T');
    push_local_time_parts(out, second, nanos);
}

/// `Instant.toString`.
pub(crate) fn push_instant(out: &mut String, (seconds, nanos): (i64, u32)) {
    let (day, second) = split_day(seconds);
    push_date(out, day);
    out.push('T');
    push_clock(out, second);
    push_grouped_fraction(out, nanos);
    out.push('Z');
}

/// `Period.toString` of months.
pub(crate) fn push_period(out: &mut String, months: i32) {
    let (years, rest) = (months / 12, months % 12);
    match (years, rest) {
        (0, 0) => out.push_str("P0D"),
        (0, months) => write!(out, "P{months}M").expect(IN_MEMORY),
        (years, 0) => write!(out, "P{years}Y").expect(IN_MEMORY),
        (years, months) => write!(out, "P{years}Y{months}M").expect(IN_MEMORY),
    }
}

/// `Duration.toString` of milliseconds.
pub(crate) fn push_duration(out: &mut String, millis: i64) {
    if millis == 0 {
        out.push_str("PT0S");
        return;
    }
    out.push_str("PT");
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    if hours != 0 {
        write!(out, "{hours}H").expect(IN_MEMORY);
    }
    if minutes != 0 {
        write!(out, "{minutes}M").expect(IN_MEMORY);
    }
    let rest = millis % 60_000;
    if rest != 0 {
        if rest < 0 {
            out.push('-');
        }
        write!(out, "{}", rest.abs() / 1_000).expect(IN_MEMORY);
        push_trimmed_fraction(out, (rest.abs() % 1_000) as u32 * 1_000_000);
        out.push('S');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn decimals_keep_their_scale() {
        for (unscaled, scale, plain, java) in [
            (1050, 2, "10.50", "10.50"),
            (-5, 2, "-0.05", "-0.05"),
            (0, 3, "0.000", "0.000"),
            (7, 0, "7", "7"),
            (1, 10, "0.0000000001", "1E-10"),
            (1000, 10, "0.0000001000", "1.000E-7"),
            (-123, 12, "-0.000000000123", "-1.23E-10"),
            (0, 10, "0.0000000000", "0E-10"),
        ] {
            assert_eq!(text(|out| push_decimal(out, unscaled, scale)), plain);
            assert_eq!(text(|out| push_big_decimal(out, unscaled, i32::from(scale))), java);
        }
    }

    #[test]
    fn stripped_decimals_are_written_with_exponents() {
        for (unscaled, scale, expected) in [
            (10_000, 2, "1E+2"),
            (120_000, 2, "1.2E+3"),
            (0, 2, "0"),
            (-50, 2, "-0.5"),
            (1, 7, "1E-7"),
            (10, 7, "0.000001"),
        ] {
            let (unscaled, scale) = strip_trailing_zeros(unscaled, scale);
            assert_eq!(text(|out| push_big_decimal(out, unscaled, scale)), expected);
        }
    }

    #[test]
    fn times_are_written_as_java_does() {
        assert_eq!(text(|out| push_date(out, -1)), "1969-12-31");
        assert_eq!(text(|out| push_date(out, 2_932_896)), "9999-12-31");
        assert_eq!(text(|out| push_local_time(out, 0)), "00:00");
        assert_eq!(text(|out| push_local_time(out, 36_672_000)), "10:11:12");
        assert_eq!(text(|out| push_local_date_time(out, (1_704_190_272, 123_000_000))), "2024-01-02T10:11:12.123");
        assert_eq!(text(|out| push_local_date_time(out, (-1, 0))), "1969-12-31T23:59:59");
        assert_eq!(text(|out| push_instant(out, (0, 0))), "1970-01-01T00:00:00Z");
        assert_eq!(text(|out| push_duration(out, -1_500)), "PT-1.5S");
        assert_eq!(text(|out| push_duration(out, 90_061_000)), "PT25H1M1S");
        assert_eq!(text(|out| push_period(out, 14)), "P1Y2M");
    }

    #[test]
    fn days_and_dates_convert_both_ways() {
        for days in (-1_000_000..3_000_000).step_by(997) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(days_from_civil(2024, 2, 29), 19_782);
    }
}
