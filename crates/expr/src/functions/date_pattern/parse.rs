//! Reads a point in time by a pattern.
//!
//! `DateTimeFormatter` must read the whole text, takes numbers of fewer digits than the pattern has letters, and makes a day that the month has not
//! its last; `SimpleDateFormat` stops where the pattern ends, and lets fields overflow into the next larger one.

use super::names::{DAYS, HALVES, MONTHS, short};
use super::{DatePattern, Dialect, Item};
use crate::calendar::{MILLIS_PER_DAY, days_in_month, days_of};

/// A local time that was read: milliseconds since the epoch and nanoseconds within the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) struct Parsed {
    pub(in crate::functions) millis: i64,
    pub(in crate::functions) nanos: i64,
    /// Seconds east of UTC, when the text has an offset.
    pub(in crate::functions) offset: Option<i32>,
}

/// What has been read so far.
#[derive(Debug, Clone, Copy, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    /// Hour of half a day, from zero.
    half_hour: Option<i64>,
    half: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    /// Nanoseconds of the second.
    nanos: Option<i64>,
    offset: Option<i32>,
}

impl DatePattern {
    /// The local time in the text; `None` when it does not follow the pattern.
    pub(in crate::functions) fn read(&self, text: &str) -> Option<Parsed> {
        let mut reader = Reader { rest: text, fields: Fields::default(), dialect: self.dialect };
        reader.items(&self.items, false)?;
        match self.dialect {
            Dialect::Formatter => reader.rest.is_empty().then(|| reader.fields.resolve())?,
            Dialect::Simple => Some(reader.fields.roll_over()),
        }
    }
}

impl Fields {
    fn hour_of_day(&self) -> Option<i64> {
        match (self.hour, self.half_hour) {
            (Some(hour), _) => Some(hour),
            (None, Some(hour)) => Some(hour + 12 * self.half.unwrap_or(0)),
            (None, None) => None,
        }
    }

    fn parsed(&self, days: i64, seconds: i64) -> Parsed {
        let nanos = self.nanos.unwrap_or(0);
        let millis = days * MILLIS_PER_DAY + seconds * 1_000 + nanos / 1_000_000;
        Parsed { millis, nanos: nanos % 1_000_000, offset: self.offset }
    }

    fn seconds(&self) -> i64 {
        (self.hour_of_day().unwrap_or(0) * 60 + self.minute.unwrap_or(0)) * 60 + self.second.unwrap_or(0)
    }

    /// Values out of their ranges are refused, but for the last days of a month.
    fn resolve(&self) -> Option<Parsed> {
        let in_range =
            |value: Option<i64>, range: std::ops::RangeInclusive<i64>| value.is_none_or(|v| range.contains(&v));
        let valid = in_range(self.month, 1..=12)
            && in_range(self.day, 1..=31)
            && in_range(self.day_of_year, 1..=366)
            && in_range(self.hour_of_day(), 0..=23)
            && in_range(self.minute, 0..=59)
            && in_range(self.second, 0..=59);
        let year = self.year.unwrap_or(1970);
        let month = self.month.unwrap_or(1) as u32;
        let days = match self.day_of_year {
            Some(day) if self.month.is_none() => days_of(year, 1, 1) + day - 1,
            _ => valid.then(|| days_of(year, month, (self.day.unwrap_or(1) as u32).min(days_in_month(year, month))))?,
        };
        valid.then(|| self.parsed(days, self.seconds()))
    }

    /// The 32nd of a month is the first of the next, hour 25 is one o'clock tomorrow.
    fn roll_over(&self) -> Parsed {
        let months = self.year.unwrap_or(1970) * 12 + self.month.unwrap_or(1) - 1;
        let first = days_of(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
        let days = match self.day_of_year {
            Some(day) if self.month.is_none() => days_of(self.year.unwrap_or(1970), 1, 1) + day - 1,
            _ => first + self.day.unwrap_or(1) - 1,
        };
        self.parsed(days, self.seconds())
    }
}

/// Reads from the front of a text.
struct Reader<'a> {
    rest: &'a str,
    fields: Fields,
    dialect: Dialect,
}

impl Reader<'_> {
    /// `then_number`: a number follows directly, so that the last field here has exactly its letters' digits.
    fn items(&mut self, items: &[Item], then_number: bool) -> Option<()> {
        for (index, item) in items.iter().enumerate() {
            let adjacent = items.get(index + 1).map_or(then_number, is_number);
            match item {
                Item::Literal(text) => self.rest = self.rest.strip_prefix(text.as_str())?,
                Item::Optional(inner) => {
                    let before = (self.rest, self.fields);
                    if self.items(inner, adjacent).is_none() {
                        (self.rest, self.fields) = before;
                    }
                }
                Item::Field(letter, count) => self.field(*letter, *count, adjacent)?,
            }
        }
        Some(())
    }

    fn field(&mut self, letter: char, count: usize, adjacent: bool) -> Option<()> {
        let simple = self.dialect == Dialect::Simple;
        match letter {
            'y' | 'Y' => self.year(count, adjacent)?,
            'u' if !simple => self.year(count, adjacent)?,
            'M' | 'L' if count >= 3 => {
                self.fields.month = Some(self.name(&MONTHS, if simple { None } else { Some(count) })? as i64 + 1);
            }
            'M' | 'L' => self.fields.month = Some(self.number(count, adjacent)?),
            'd' => self.fields.day = Some(self.number(count, adjacent)?),
            'D' => self.fields.day_of_year = Some(self.number(count, adjacent)?),
            'H' => self.fields.hour = Some(self.number(count, adjacent)?),
            'k' => self.fields.hour = Some(self.number(count, adjacent)? % 24),
            'K' => self.fields.half_hour = Some(self.number(count, adjacent)?),
            'h' => self.fields.half_hour = Some(self.number(count, adjacent)? % 12),
            'm' => self.fields.minute = Some(self.number(count, adjacent)?),
            's' => self.fields.second = Some(self.number(count, adjacent)?),
            'S' if simple => self.fields.nanos = Some(self.number(count, adjacent)? * 1_000_000),
            'S' => self.fields.nanos = Some(self.fraction()?),
            'n' => self.fields.nanos = Some(self.number(count, adjacent)?),
            'a' => self.fields.half = Some(self.name(&HALVES, None)? as i64),
            'E' => {
                self.name(&DAYS, if simple { None } else { Some(count) })?;
            }
            'X' | 'x' | 'Z' => self.fields.offset = Some(self.offset()?),
            'z' => self.zone()?,
            'G' => self.rest = self.rest.strip_prefix("AD")?,
            _ => return None,
        }
        Some(())
    }

    /// A number: of exactly `count` digits when another one follows directly, else of any length up to nine.
    fn number(&mut self, count: usize, adjacent: bool) -> Option<i64> {
        if self.dialect == Dialect::Simple && !adjacent {
            self.rest = self.rest.trim_start();
        }
        let most = if adjacent { count } else { 9 };
        let digits = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits == 0 || adjacent && self.dialect == Dialect::Formatter && digits < count {
            return None;
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        number.parse().ok()
    }

    /// Two digits for two letters are a year of this century.
    fn year(&mut self, count: usize, adjacent: bool) -> Option<()> {
        let before = self.rest.len();
        let year = self.number(count, adjacent)?;
        let digits = before - self.rest.len();
        let century = if count == 2 && digits == 2 { 2_000 } else { 0 };
        self.fields.year = Some(year + century);
        Some(())
    }

    /// Digits after the point, as nanoseconds.
    fn fraction(&mut self) -> Option<i64> {
        let digits = self.rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if fraction.is_empty() { Some(0) } else { Some(fraction.parse::<i64>().ok()? * 10i64.pow(9 - digits as u32)) }
    }

    /// The index of a name: of its full or short form by the number of letters, or of either, in any case.
    fn name(&mut self, names: &[&str], letters: Option<usize>) -> Option<usize> {
        let take = |rest: &str, form: &str| match letters {
            Some(_) => rest.starts_with(form),
            None => rest.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form)),
        };
        for (index, name) in names.iter().enumerate() {
            let abbreviated = if name.len() > 3 { short(name) } else { name };
            let forms = match letters {
                Some(4) => [*name, *name],
                Some(_) => [abbreviated, abbreviated],
                None => [*name, abbreviated],
            };
            if let Some(form) = forms.iter().find(|form| take(self.rest, form)) {
                self.rest = &self.rest[form.len()..];
                return Some(index);
            }
        }
        None
    }

    /// `Z`, `+08`, `+0800` or `+08:00`, in seconds.
    fn offset(&mut self) -> Option<i32> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(0);
        }
        let sign = match self.rest.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let hours = self.number(2, true)? as i32;
        self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let has_minutes = self.rest.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let minutes = if has_minutes { self.number(2, true)? as i32 } else { 0 };
        Some(sign * (hours * 3_600 + minutes * 60))
    }

    /// A zone by its name; only UTC says what the time is.
    fn zone(&mut self) -> Option<()> {
        let end =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-:".contains(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        crate::Zone::of_time_zone(name)?;
        Some(())
    }
}

fn is_number(item: &Item) -> bool {
    match item {
        Item::Literal(_) => false,
        Item::Field(letter, count) => match letter {
            'M' | 'L' => *count < 3,
            _ => "yudDHkKhmsSnY".contains(*letter),
        },
        Item::Optional(items) => items.first().is_some_and(is_number),
    }
}
