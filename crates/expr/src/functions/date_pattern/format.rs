//! Writes a point in time by a pattern.

use std::fmt::Write;

use chrono::{Offset, TimeZone};

use super::names::{DAYS, HALVES, MONTHS, short};
use super::{DatePattern, Dialect, Item, LocalTime, ZoneOffset};
use crate::calendar::{MILLIS_PER_DAY, date_of, days_of};
use crate::functions::extract::iso_day_of_week;

/// The fields of a local time.
struct Fields {
    year: i64,
    month: u32,
    day: u32,
    days: i64,
    /// Milliseconds of the day.
    time: i64,
    /// Nanoseconds of the second.
    nanos: i64,
    zone: Option<ZoneOffset>,
}

impl DatePattern {
    /// Appends the text. Fails, in Java's words, where the pattern asks for a zone and there is none.
    pub(in crate::functions) fn format(&self, at: LocalTime, out: &mut String) -> Result<(), String> {
        let days = at.millis.div_euclid(MILLIS_PER_DAY);
        let time = at.millis.rem_euclid(MILLIS_PER_DAY);
        let (year, month, day) = date_of(days);
        let nanos = time % 1_000 * 1_000_000 + at.nanos;
        let fields = Fields { year, month, day, days, time, nanos, zone: at.zone };
        write_items(&self.items, self.dialect, &fields, out)
    }
}

fn write_items(items: &[Item], dialect: Dialect, fields: &Fields, out: &mut String) -> Result<(), String> {
    for item in items {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Optional(inner) => write_items(inner, dialect, fields, out)?,
            Item::Field(letter, count) => write_field(*letter, *count, dialect, fields, out)?,
        }
    }
    Ok(())
}

fn number(value: i64, width: usize, out: &mut String) {
    let _ = write!(out, "{value:0width$}");
}

/// A name by the number of letters: up to three short, four in full, five the first letter.
fn name(full: &str, count: usize, out: &mut String) {
    out.push_str(match count {
        ..=3 => short(full),
        5 => &full[..1],
        _ => full,
    });
}

fn year(value: i64, count: usize, out: &mut String) {
    if count == 2 { number(value.rem_euclid(100), 2, out) } else { number(value, count, out) }
}

fn write_field(letter: char, count: usize, dialect: Dialect, at: &Fields, out: &mut String) -> Result<(), String> {
    let simple = dialect == Dialect::Simple;
    let weekday = iso_day_of_week(at.days);
    match letter {
        'y' => year(at.year, count, out),
        'u' if simple => number(weekday, count, out),
        'u' => year(at.year, count, out),
        'Y' => year(week_based(at.days).0, count, out),
        'M' | 'L' if count >= 3 => name(MONTHS[at.month as usize - 1], if simple { count.min(4) } else { count }, out),
        'M' | 'L' => number(at.month.into(), count, out),
        'd' => number(at.day.into(), count, out),
        'D' => number(at.days - days_of(at.year, 1, 1) + 1, count, out),
        'Q' | 'q' => quarter(i64::from(at.month - 1) / 3 + 1, count, out),
        'w' => number(week_based(at.days).1, count, out),
        'W' => number(week_of_month(at), count, out),
        'F' if simple => number(i64::from(at.day - 1) / 7 + 1, count, out),
        'F' => number(i64::from(at.day - 1) % 7 + 1, count, out),
        'E' => name(DAYS[weekday as usize - 1], if simple { count.min(4) } else { count }, out),
        'e' | 'c' if count >= 3 => name(DAYS[weekday as usize - 1], count, out),
        'e' | 'c' => number(weekday % 7 + 1, count, out),
        'a' => out.push_str(HALVES[usize::from(at.time >= MILLIS_PER_DAY / 2)]),
        'G' => out.push_str(era(at.year, count)),
        'H' => number(at.time / 3_600_000, count, out),
        'k' => number((at.time / 3_600_000 + 23) % 24 + 1, count, out),
        'K' => number(at.time / 3_600_000 % 12, count, out),
        'h' => number((at.time / 3_600_000 + 11) % 12 + 1, count, out),
        'm' => number(at.time / 60_000 % 60, count, out),
        's' => number(at.time / 1_000 % 60, count, out),
        'S' if simple => number(at.time % 1_000, count, out),
        'S' => out.push_str(&format!("{:09}", at.nanos)[..count]),
        'n' => number(at.nanos, count, out),
        'A' => number(at.time, count, out),
        'N' => number(at.time / 1_000 * 1_000_000_000 + at.nanos, count, out),
        _ => zone(letter, count, simple, at, out)?,
    }
    Ok(())
}

fn era(year: i64, count: usize) -> &'static str {
    match (year > 0, count) {
        (true, 4) => "Anno Domini",
        (false, 4) => "Before Christ",
        (true, 5) => "A",
        (false, 5) => "B",
        (true, _) => "AD",
        (false, _) => "BC",
    }
}

fn quarter(value: i64, count: usize, out: &mut String) {
    let _ = match count {
        3 => write!(out, "Q{value}"),
        4 => write!(out, "{} quarter", ["1st", "2nd", "3rd", "4th"][value as usize - 1]),
        _ => write!(out, "{value:0count$}"),
    };
}

/// Year and week as the United States count them: weeks start on Sunday, the first is the one that January 1 is in.
fn week_based(days: i64) -> (i64, i64) {
    let sunday = |day: i64| day - iso_day_of_week(day) % 7;
    let (year, ..) = date_of(days);
    let next = sunday(days_of(year + 1, 1, 1));
    if days >= next {
        return (year + 1, (days - next) / 7 + 1);
    }
    (year, (days - sunday(days_of(year, 1, 1))) / 7 + 1)
}

fn week_of_month(at: &Fields) -> i64 {
    let first = at.days - i64::from(at.day) + 1;
    let sunday = first - iso_day_of_week(first) % 7;
    (at.days - sunday) / 7 + 1
}

fn zone(letter: char, count: usize, simple: bool, at: &Fields, out: &mut String) -> Result<(), String> {
    let Some(ZoneOffset { zone, utc_millis }) = at.zone else {
        let mut local = String::new();
        crate::render::timestamp(at.days * MILLIS_PER_DAY + at.time, 0, 0, &mut local);
        let local = local.replace(' ', "T");
        return Err(format!("Unable to extract ZoneId from temporal {}", local.strip_suffix(":00").unwrap_or(&local)));
    };
    let instant = chrono::DateTime::from_timestamp_millis(utc_millis).ok_or("the instant is out of range")?;
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
    let seconds = offset.fix().local_minus_utc();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    let _ = match (letter, count) {
        ('z', _) => write!(out, "{}", zone.abbreviation(&instant.naive_utc())),
        ('V', _) => write!(out, "{zone}"),
        ('X', _) if seconds == 0 => write!(out, "Z"),
        ('X' | 'x', 1) if minutes == 0 || simple => write!(out, "{sign}{hours:02}"),
        ('X' | 'x', 1 | 2 | 4) => write!(out, "{sign}{hours:02}{minutes:02}"),
        ('X' | 'x', _) => write!(out, "{sign}{hours:02}:{minutes:02}"),
        ('O', _) if seconds == 0 => write!(out, "GMT"),
        ('O', 1) => write!(out, "GMT{sign}{hours}"),
        ('O', _) => write!(out, "GMT{sign}{hours:02}:{minutes:02}"),
        _ => write!(out, "{sign}{hours:02}{minutes:02}"),
    };
    Ok(())
}
