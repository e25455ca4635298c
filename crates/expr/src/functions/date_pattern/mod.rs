//! Java's date patterns: `yyyy-MM-dd HH:mm:ss.SSS`. Written by [`format`], read by [`parse`].
//!
//! Flink uses two of Java's classes, which differ: `DateTimeFormatter` for DATE_FORMAT and TO_TIMESTAMP of timestamps, `SimpleDateFormat` for
//! TO_DATE, FROM_UNIXTIME, UNIX_TIMESTAMP, CONVERT_TZ and DATE_FORMAT of text.

mod format;
mod names;
mod parse;

use crate::Zone;

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `java.time.format.DateTimeFormatter`
    Formatter,
    /// `java.text.SimpleDateFormat`
    Simple,
}

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatePattern {
    items: Vec<Item>,
    dialect: Dialect,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// Text that stands for itself.
    Literal(String),
    /// A letter, so many times.
    Field(char, usize),
    /// `[...]`: read when it is there.
    Optional(Vec<Item>),
}

/// A point in time to be written: local time, the nanoseconds within its millisecond, and the zone that it is local in.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalTime {
    pub(super) millis: i64,
    pub(super) nanos: i64,
    /// Known when text with a zone may be written.
    pub(super) zone: Option<ZoneOffset>,
}

/// A zone and its offset at the instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZoneOffset {
    pub(super) zone: Zone,
    /// UTC milliseconds of the instant.
    pub(super) utc_millis: i64,
}

impl DatePattern {
    /// Takes a pattern apart. Fails, in Java's words, on letters that have no meaning.
    pub(super) fn parse(pattern: &str, dialect: Dialect) -> Result<DatePattern, String> {
        let mut chars = pattern.chars().peekable();
        let items = items(&mut chars, dialect, false)?;
        Ok(DatePattern { items, dialect })
    }
}

const FORMATTER_LETTERS: &str = "GuyDMLdQqYwWEecFaAhKkHmsSnNVzOXxZ";
const SIMPLE_LETTERS: &str = "GyYMLwWDdFEuaHkKhmsSzZX";

fn items(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    dialect: Dialect,
    nested: bool,
) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            '\'' => items.push(Item::Literal(quoted(chars)?)),
            'a'..='z' | 'A'..='Z' => {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                items.push(field(c, count, dialect)?);
            }
            '[' if dialect == Dialect::Formatter => items.push(Item::Optional(self::items(chars, dialect, true)?)),
            ']' if dialect == Dialect::Formatter && nested => return Ok(items),
            ']' if dialect == Dialect::Formatter => {
                return Err("Pattern invalid as it contains ] without previous [".to_owned());
            }
            '{' | '}' | '#' if dialect == Dialect::Formatter => {
                return Err(format!("Pattern includes reserved character: '{c}'"));
            }
            _ => items.push(Item::Literal(c.to_string())),
        }
    }
    Ok(items)
}

/// Text between quotes; two quotes are one.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    if chars.next_if_eq(&'\'').is_some() {
        return Ok("'".to_owned());
    }
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c != '\'' {
            text.push(c);
        } else if chars.next_if_eq(&'\'').is_some() {
            text.push('\'');
        } else {
            return Ok(text);
        }
    }
    Err("Pattern ends with an incomplete string literal".to_owned())
}

fn field(letter: char, count: usize, dialect: Dialect) -> Result<Item, String> {
    match dialect {
        Dialect::Simple if !SIMPLE_LETTERS.contains(letter) => Err(format!("Illegal pattern character '{letter}'")),
        Dialect::Formatter if !FORMATTER_LETTERS.contains(letter) => Err(format!("Unknown pattern letter: {letter}")),
        Dialect::Formatter if count > most(letter) => Err(format!("Too many pattern letters: {letter}")),
        _ => Ok(Item::Field(letter, count)),
    }
}

/// How often a letter may stand in a row.
fn most(letter: char) -> usize {
    match letter {
        'd' | 'h' | 'H' | 'k' | 'K' | 'm' | 's' | 'w' => 2,
        'W' | 'F' | 'a' => 1,
        'D' => 3,
        'S' => 9,
        'M' | 'L' | 'Q' | 'q' | 'E' | 'e' | 'c' | 'G' | 'X' | 'x' | 'Z' => 5,
        'z' | 'O' => 4,
        'V' => 2,
        _ => 19,
    }
}

#[cfg(test)]
mod tests;
