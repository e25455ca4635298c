//! Points in time from text and from numbers, and as text: DATE_FORMAT, TO_DATE, TO_TIMESTAMP, FROM_UNIXTIME, UNIX_TIMESTAMP, CONVERT_TZ.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, Date32Array, Int64Array};
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::date_pattern::{DatePattern, Dialect, LocalTime, ZoneOffset};
use super::family::Family::{Long, Text};
use super::family::Nullability::{Always, OfArguments};
use super::family::signature;
use super::moment::{Moment, MomentReader};
use super::{FunctionDef, Kernel, clock, loops};
use crate::Zone;
use crate::calendar::{MILLIS_PER_DAY, days_of, to_local, to_utc, to_utc_by_standard_time};
use crate::cast::parse::{parse_date, parse_timestamp};
use crate::cast::temporal::timestamps;
use crate::operand::Operand;
use crate::types::{is_character, is_integer, is_numeric, is_timestamp};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new(
            "DATE_FORMAT",
            &["DATE_FORMAT(<TIMESTAMP>, <CHARACTER>)", "DATE_FORMAT(<CHARACTER>, <CHARACTER>)"],
            "A point in time as text, by a pattern.",
            formatted,
            date_format,
        ),
        new(
            "TO_DATE",
            &["TO_DATE(<CHARACTER>)", "TO_DATE(<CHARACTER>, <CHARACTER>)"],
            "A date from text.",
            date_type,
            to_date,
        ),
        new(
            "TO_TIMESTAMP",
            &["TO_TIMESTAMP(<CHARACTER>)", "TO_TIMESTAMP(<CHARACTER>, <CHARACTER>)"],
            "A timestamp from text.",
            timestamp_type,
            to_timestamp,
        ),
        new(
            "TO_TIMESTAMP_LTZ",
            LTZ,
            "An instant from a number since the epoch or from text.",
            instant_type,
            to_timestamp_ltz,
        ),
        new(
            "FROM_UNIXTIME",
            &["FROM_UNIXTIME(<NUMERIC>)", "FROM_UNIXTIME(<NUMERIC>, <CHARACTER>)"],
            "Seconds since the epoch as text.",
            unix_text,
            from_unixtime,
        ),
        FunctionDef {
            deterministic: false,
            ..new("UNIX_TIMESTAMP", UNIX, "Seconds since the epoch, now or of text.", seconds_type, unix_timestamp)
        },
        new(
            "CONVERT_TZ",
            &["CONVERT_TZ(<CHARACTER>, <CHARACTER>, <CHARACTER>)"],
            "A time of one zone in another.",
            converted,
            convert_tz,
        ),
    ]
}

const UNIX: &[&str] = &["UNIX_TIMESTAMP()", "UNIX_TIMESTAMP(<CHARACTER>)", "UNIX_TIMESTAMP(<CHARACTER>, <CHARACTER>)"];
const LTZ: &[&str] = &[
    "TO_TIMESTAMP_LTZ(<NUMERIC>)",
    "TO_TIMESTAMP_LTZ(<NUMERIC>, <INTEGER>)",
    "TO_TIMESTAMP_LTZ(<CHARACTER>)",
    "TO_TIMESTAMP_LTZ(<CHARACTER>, <CHARACTER>)",
    "TO_TIMESTAMP_LTZ(<CHARACTER>, <CHARACTER>, <CHARACTER>)",
];

/// The pattern that is meant when none is given.
const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";
/// What a time that cannot be read is in milliseconds, as in Flink.
const UNREADABLE: i64 = i64::MIN;

fn formatted(args: &[Argument]) -> Option<Signature> {
    if let [value, pattern] = args
        && is_timestamp(value.kind())
        && is_character(pattern.kind())
    {
        return Signature::with_result(args, TypeKind::STRING.nullable());
    }
    signature(args, &[Text, Text], 2, TypeKind::STRING, Always)
}

fn date_type(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 1, TypeKind::Date, Always)
}

fn timestamp_type(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 1, TypeKind::timestamp(3), Always)
}

/// Of a number, the precision is the second argument, at least three.
fn instant_type(args: &[Argument]) -> Option<Signature> {
    let [value, rest @ ..] = args else { return None };
    if is_numeric(value.kind()) {
        let precision = match rest {
            [] => 3,
            [precision] if is_integer(precision.kind()) => super::literal_int(precision).unwrap_or(3).clamp(3, 9) as u8,
            _ => return None,
        };
        return Signature::with_result(args, TypeKind::timestamp_ltz(precision).nullable());
    }
    signature(args, &[Text, Text, Text], 1, TypeKind::timestamp_ltz(3), Always)
}

fn unix_text(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Long, Text], 1, TypeKind::STRING, Always)
}

fn seconds_type(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 0, TypeKind::BigInt, OfArguments)
}

fn converted(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 3, TypeKind::STRING, Always)
}

/// The pattern of a call: a constant one taken apart once, others once for each change.
struct PatternArg {
    constant: Option<DatePattern>,
    index: usize,
    dialect: Dialect,
    /// Whether a pattern that is wrong is as good as NULL.
    lenient: bool,
}

impl PatternArg {
    fn new(call: &BoundCall<'_>, index: usize, dialect: Dialect) -> PatternArg {
        let text = match call.args.len() > index {
            true => call.constant_text(index),
            false => Some(DEFAULT_PATTERN),
        };
        // A pattern that is wrong fails with the first row, not before.
        let constant = text.and_then(|text| DatePattern::parse(text, dialect).ok());
        PatternArg { constant, index, dialect, lenient: false }
    }

    /// Calls `run` for each row that has a pattern.
    fn for_each(
        &self,
        args: &[Operand],
        rows: usize,
        mut run: impl FnMut(usize, Option<&DatePattern>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(pattern) = &self.constant {
            return (0..rows).try_for_each(|row| run(row, Some(pattern)));
        }
        let texts = args[self.index].text();
        let mut last: Option<(&str, DatePattern)> = None;
        for row in 0..rows {
            let Some(text) = texts.get(row) else {
                run(row, None)?;
                continue;
            };
            if last.as_ref().is_none_or(|(known, _)| *known != text) {
                match DatePattern::parse(text, self.dialect) {
                    Ok(pattern) => last = Some((text, pattern)),
                    Err(_) if self.lenient => {
                        run(row, None)?;
                        continue;
                    }
                    Err(error) => return Err(Failure::user(error)),
                }
            }
            run(row, last.as_ref().map(|(_, pattern)| pattern))?;
        }
        Ok(())
    }

    /// One value a row; NULL where the pattern is.
    fn values<T>(
        &self,
        args: &[Operand],
        rows: usize,
        mut value: impl FnMut(usize, &DatePattern) -> Result<Option<T>, Failure>,
    ) -> Result<Vec<Option<T>>, Failure> {
        let mut values = Vec::with_capacity(rows);
        self.for_each(args, rows, |row, pattern| {
            values.push(match pattern {
                Some(pattern) => value(row, pattern)?,
                None => None,
            });
            Ok(())
        })?;
        Ok(values)
    }

    /// Text for each row, written into one buffer.
    fn texts(
        &self,
        args: &[Operand],
        rows: usize,
        mut write: impl FnMut(usize, &DatePattern, &mut String) -> Result<Option<()>, Failure>,
    ) -> Result<ArrayRef, Failure> {
        let mut builder = arrow_array::builder::StringBuilder::with_capacity(rows, rows * 20);
        let mut text = String::new();
        self.for_each(args, rows, |row, pattern| {
            text.clear();
            let written = match pattern {
                Some(pattern) => write(row, pattern, &mut text)?,
                None => None,
            };
            builder.append_option(written.map(|()| text.as_str()));
            Ok(())
        })?;
        Ok(Arc::new(builder.finish()))
    }
}

/// Text is read by the default pattern and written by the given one.
fn date_format(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let zone = call.context.time_zone;
    if is_character(call.arg(0)?) {
        let source = default_pattern();
        let target = PatternArg::new(call, 1, Dialect::Simple);
        return Ok(Kernel::fallible(move |args, rows| {
            let text = args[0].text();
            target.texts(args, rows, |row, pattern, out| {
                let Some(parsed) = text.get(row).and_then(|text| source.read(text)) else { return Ok(None) };
                write_instant(pattern, to_utc(parsed.millis, zone), zone, out).map(Some)
            })
        }));
    }
    let reader = MomentReader::new(call.arg(0)?, zone).ok_or_else(|| call.no_kernel())?;
    let target = PatternArg::new(call, 1, Dialect::Formatter);
    Ok(Kernel::fallible(move |args, rows| {
        let moments = reader.read(&args[0]);
        target.texts(args, rows, |row, pattern, out| {
            let Some((millis, nanos)) = moments.get(row) else { return Ok(None) };
            pattern.format(LocalTime { millis, nanos, zone: None }, out).map_err(Failure::user)?;
            Ok(Some(()))
        })
    }))
}

fn default_pattern() -> DatePattern {
    DatePattern::parse(DEFAULT_PATTERN, Dialect::Simple).expect("the default pattern has no mistake")
}

fn write_instant(pattern: &DatePattern, utc_millis: i64, zone: Zone, out: &mut String) -> Result<(), Failure> {
    let local = LocalTime { millis: to_local(utc_millis, zone), nanos: 0, zone: Some(ZoneOffset { zone, utc_millis }) };
    pattern.format(local, out).map_err(Failure::user)
}

/// Text that does not follow a given pattern becomes a date far off, as in Flink.
fn to_date(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if call.args.len() == 1 {
        return Ok(Kernel::new(|args, rows| {
            let text = args[0].text();
            Ok(loops::primitives::<Date32Type>(rows, |row| parse_date(text.get(row)?).ok()))
        }));
    }
    let pattern = PatternArg::new(call, 1, Dialect::Simple);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let days = pattern.values(args, rows, |row, pattern| {
            let Some(text) = text.get(row) else { return Ok(None) };
            let millis = pattern.read(text).map_or(UNREADABLE, |parsed| parsed.millis);
            Ok(Some((millis / MILLIS_PER_DAY) as i32))
        })?;
        Ok(Arc::new(Date32Array::from(days)))
    }))
}

fn to_timestamp(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if call.args.len() == 1 {
        return Ok(Kernel::new(|args, rows| {
            let text = args[0].text();
            timestamps((0..rows).map(|row| Ok(text.get(row).and_then(|text| parse_timestamp(text).ok()))), 3)
        }));
    }
    // What is no pattern gives NULL.
    let pattern = PatternArg { lenient: true, ..PatternArg::new(call, 1, Dialect::Formatter) };
    Ok(Kernel::new(move |args, rows| {
        let text = args[0].text();
        let values = pattern
            .values(args, rows, |row, pattern| Ok(text.get(row).and_then(|text| read_leniently(text, pattern))))?;
        timestamps(values.into_iter().map(Ok), 3)
    }))
}

/// A moment by a pattern; a text that the pattern does not match may be what JDBC writes, as Flink has it.
fn read_leniently(text: &str, pattern: &DatePattern) -> Option<Moment> {
    match pattern.read(text) {
        Some(parsed) => Some((parsed.millis, parsed.nanos)),
        None => read_jdbc(text.trim()),
    }
}

/// `2024-2-29` or `2024-2-29 1:2:3[.4]`, as `java.sql.Date` and `java.sql.Timestamp` read them: a day that the month has not is one of the
/// next month, and hours beyond 24 are of the next day.
fn read_jdbc(text: &str) -> Option<Moment> {
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len())).then_some(())?;
    let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let day = day.parse::<i64>().ok().filter(|day| (1..=31).contains(day))?;
    let days = days_of(year.parse().ok()?, month, 1) + day - 1;
    let Some(time) = time else { return Some((days * MILLIS_PER_DAY, 0)) };
    let mut parts = time.splitn(3, ':');
    let mut next = || parts.next()?.parse::<i32>().ok().map(i64::from);
    let (hour, minute) = (next()?, next()?);
    let seconds = parts.next()?;
    let (second, fraction) = seconds.split_once('.').map_or((seconds, None), |(second, digits)| (second, Some(digits)));
    let nanos = match fraction {
        None => 0,
        Some(digits) if (1..=9).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("{digits:0<9}").parse::<i64>().ok()?
        }
        Some(_) => return None,
    };
    let second = i64::from(second.parse::<i32>().ok()?);
    let millis = days * MILLIS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000;
    Some((millis + nanos / 1_000_000, nanos % 1_000_000))
}

fn to_timestamp_ltz(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if is_numeric(call.arg(0)?) {
        return from_number(call);
    }
    match call.args.len() {
        1 => Ok(Kernel::fallible(move |args, rows| {
            let text = args[0].text();
            let values = (0..rows).map(|row| match text.get(row) {
                None => Ok(None),
                Some(text) => {
                    // Read as UTC, whatever the session's zone.
                    Ok(Some(parse_timestamp(text).map_err(Failure::user)?))
                }
            });
            timestamps(values, 3)
        })),
        count => {
            let pattern = PatternArg::new(call, 1, Dialect::Formatter);
            Ok(Kernel::fallible(move |args, rows| {
                let text = args[0].text();
                let values = pattern.values(args, rows, |row, pattern| {
                    let zone = match count {
                        2 => Some(Zone::UTC),
                        _ => args[2].text().get(row).map(known_zone).transpose()?,
                    };
                    let parsed = text.get(row).and_then(|text| read_leniently(text, pattern));
                    Ok(parsed.zip(zone).map(|((millis, nanos), zone)| (to_utc(millis, zone), nanos)))
                })?;
                timestamps(values.into_iter().map(Ok), 3)
            }))
        }
    }
}

fn known_zone(id: &str) -> Result<Zone, Failure> {
    Zone::of_zone_id(id)
        .ok_or_else(|| Failure::user(format!("Invalid timezone for parsing TIMESTAMP_LTZ: Unknown time-zone ID: {id}")))
}

/// Seconds since the epoch of the years 0 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// A number of units of 10^-precision seconds; its fraction is cut off.
fn from_number(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let precision = match call.args.len() {
        1 => 3,
        _ => call
            .constant_int(1)
            .ok_or_else(|| Failure::user("the precision of TO_TIMESTAMP_LTZ must be a constant").fatal())?,
    };
    let precision = u32::try_from(precision)
        .ok()
        .filter(|precision| *precision <= 9)
        .ok_or_else(|| Failure::user("The precision value should be between 0 and 9 for TO_TIMESTAMP_LTZ").fatal())?;
    let TypeKind::TimestampLtz { precision: target, .. } = call.result.kind else { return Err(call.no_kernel()) };
    let whole = whole_number(call.arg(0)?).ok_or_else(|| call.no_kernel())?;
    let (per_second, nanos_per_unit) = (10i64.pow(precision), 10i64.pow(9 - precision));
    Ok(Kernel::new(move |args, rows| {
        let values = (0..rows).map(|row| {
            let value = whole(&args[0], row);
            // Outside of the years 0 to 9999 there is none.
            Ok(value.filter(|value| YEARS.contains(&value.div_euclid(per_second))).map(|value| {
                let nanos = value.rem_euclid(per_second) * nanos_per_unit;
                let millis = value.div_euclid(per_second) * 1_000 + nanos / 1_000_000;
                (millis, nanos % 1_000_000)
            }))
        });
        timestamps(values, target)
    }))
}

type WholeNumber = Box<dyn Fn(&Operand, usize) -> Option<i64> + Send + Sync>;

/// Reads numbers of any type as BIGINT, cut towards zero.
fn whole_number(kind: &TypeKind) -> Option<WholeNumber> {
    use arrow_array::types::{Float32Type, Int8Type, Int16Type};
    Some(match kind {
        TypeKind::TinyInt => Box::new(|arg, row| arg.value::<Int8Type>(row).map(i64::from)),
        TypeKind::SmallInt => Box::new(|arg, row| arg.value::<Int16Type>(row).map(i64::from)),
        TypeKind::Int => Box::new(|arg, row| arg.value::<Int32Type>(row).map(i64::from)),
        TypeKind::BigInt => Box::new(|arg, row| arg.value::<Int64Type>(row)),
        TypeKind::Float => Box::new(|arg, row| arg.value::<Float32Type>(row).map(|value| value as i64)),
        TypeKind::Double => Box::new(|arg, row| arg.value::<Float64Type>(row).map(|value| value as i64)),
        TypeKind::Decimal { scale, .. } => {
            let unit = super::decimal::power_of_ten((*scale).into());
            Box::new(move |arg, row| arg.value::<Decimal128Type>(row).map(|value| (value / unit) as i64))
        }
        _ => return None,
    })
}

fn from_unixtime(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let zone = call.context.time_zone;
    let pattern = PatternArg::new(call, 1, Dialect::Simple);
    Ok(Kernel::fallible(move |args, rows| {
        pattern.texts(args, rows, |row, pattern, out| match args[0].value::<Int64Type>(row) {
            Some(seconds) => write_instant(pattern, seconds.wrapping_mul(1_000), zone, out).map(Some),
            None => Ok(None),
        })
    }))
}

/// Text that does not follow the pattern gives the least BIGINT, as in Flink.
fn unix_timestamp(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if call.args.is_empty() {
        return clock::epoch_seconds(call);
    }
    let zone = call.context.time_zone;
    let pattern = PatternArg::new(call, 1, Dialect::Simple);
    Ok(Kernel::fallible(move |args, rows| {
        let text = args[0].text();
        let seconds = pattern.values(args, rows, |row, pattern| {
            let Some(text) = text.get(row) else { return Ok(None) };
            let parsed = pattern.read(text);
            Ok(Some(parsed.map_or(UNREADABLE, |parsed| match parsed.offset {
                Some(offset) => (parsed.millis - i64::from(offset) * 1_000) / 1_000,
                None => to_utc_by_standard_time(parsed.millis, zone) / 1_000,
            })))
        })?;
        Ok(Arc::new(Int64Array::from(seconds)))
    }))
}

/// A zone that is not known is GMT, as in Java.
fn convert_tz(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let pattern = default_pattern();
    Ok(Kernel::new(move |args, rows| {
        let (text, from, to) = (args[0].text(), args[1].text(), args[2].text());
        let zone = |id: &str| Zone::of_time_zone(id).unwrap_or(Zone::UTC);
        Ok(loops::texts(rows, |row, out| {
            let (text, from, to) = (text.get(row)?, zone(from.get(row)?), zone(to.get(row)?));
            let parsed = pattern.read(text)?;
            // The default pattern writes no zone, so it cannot fail.
            write_instant(&pattern, to_utc_by_standard_time(parsed.millis, from), to, out).ok()
        }))
    }))
}
