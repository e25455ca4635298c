//! EXTRACT and its short forms YEAR, MONTH, HOUR, ...: one field of a point in time or of an interval, as BIGINT.

use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use dataflow::{Failure, Literal, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::moment::{Moment, MomentReader, Unit};
use super::{FunctionDef, Kernel, loops};
use crate::calendar::{MILLIS_PER_DAY, date_of, days_of};
use crate::types::{is_datetime, is_interval};

type Short = (&'static str, &'static [&'static str], &'static str, Unit, fn(&[Argument]) -> Option<Signature>);

/// The short forms and the unit that each stands for.
const SHORT: &[Short] = &[
    ("YEAR", &["YEAR(<DATETIME>)"], "The year.", Unit::Year, |args| shortly(args, Unit::Year)),
    ("QUARTER", &["QUARTER(<DATETIME>)"], "The quarter of the year.", Unit::Quarter, |args| {
        shortly(args, Unit::Quarter)
    }),
    ("MONTH", &["MONTH(<DATETIME>)"], "The month of the year.", Unit::Month, |args| shortly(args, Unit::Month)),
    ("WEEK", &["WEEK(<DATETIME>)"], "The ISO week of the year.", Unit::Week, |args| shortly(args, Unit::Week)),
    ("DAYOFYEAR", &["DAYOFYEAR(<DATETIME>)"], "The day of the year.", Unit::DayOfYear, |args| {
        shortly(args, Unit::DayOfYear)
    }),
    ("DAYOFMONTH", &["DAYOFMONTH(<DATETIME>)"], "The day of the month.", Unit::Day, |args| shortly(args, Unit::Day)),
    ("DAYOFWEEK", &["DAYOFWEEK(<DATETIME>)"], "The day of the week; Sunday is 1.", Unit::DayOfWeek, |args| {
        shortly(args, Unit::DayOfWeek)
    }),
    ("HOUR", &["HOUR(<DATETIME>)"], "The hour of the day.", Unit::Hour, |args| shortly(args, Unit::Hour)),
    ("MINUTE", &["MINUTE(<DATETIME>)"], "The minute of the hour.", Unit::Minute, |args| shortly(args, Unit::Minute)),
    ("SECOND", &["SECOND(<DATETIME>)"], "The second of the minute.", Unit::Second, |args| shortly(args, Unit::Second)),
];

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let forms =
        &["EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME_INTERVAL>)", "EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME>)"];
    let mut all =
        vec![FunctionDef::new("EXTRACT", forms, "A field of a point in time or an interval.", extracted, extract)];
    all.extend(SHORT.iter().map(|(name, forms, doc, _, types)| FunctionDef::new(name, forms, doc, *types, extract)));
    all
}

fn extracted(args: &[Argument]) -> Option<Signature> {
    let [unit, value] = args else { return None };
    let unit = match &unit.literal {
        Some(Literal::String(unit)) => Some(Unit::parse(unit)?),
        _ => None,
    };
    has(value.kind(), unit).then_some(())?;
    Signature::with_result(args, TypeKind::BigInt.not_null().with_nullable(value.ty.nullable))
}

fn shortly(args: &[Argument], unit: Unit) -> Option<Signature> {
    let [value] = args else { return None };
    has(value.kind(), Some(unit)).then_some(())?;
    Signature::with_result(args, TypeKind::BigInt.not_null().with_nullable(any_nullable(args)))
}

/// Whether values of a type have a unit: a time of day has no date, an interval only what it is made of.
fn has(kind: &TypeKind, unit: Option<Unit>) -> bool {
    use Unit::*;
    let Some(unit) = unit else { return is_datetime(kind) || is_interval(kind) };
    match kind {
        TypeKind::Date => !matches!(unit, Microsecond | Nanosecond),
        TypeKind::Time { .. } => matches!(unit, Hour | Minute | Second | Millisecond),
        TypeKind::IntervalDayTime => matches!(unit, Day | Hour | Minute | Second | Millisecond),
        TypeKind::IntervalYearMonth => matches!(unit, Year | Quarter | Month | Century | Millennium),
        kind => is_datetime(kind),
    }
}

fn extract(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let (index, unit) = match SHORT.iter().find(|(name, ..)| *name == call.name) {
        Some((_, _, _, unit, _)) => (0, *unit),
        None => (1, Unit::of(call, 0)?),
    };
    match call.arg(index)? {
        TypeKind::IntervalYearMonth => Ok(Kernel::new(move |args, rows| {
            Ok(loops::primitives::<Int64Type>(rows, |row| {
                Some(of_months(unit, args[index].value::<Int32Type>(row)?.into()))
            }))
        })),
        TypeKind::IntervalDayTime => Ok(Kernel::new(move |args, rows| {
            Ok(loops::primitives::<Int64Type>(rows, |row| Some(of_millis(unit, args[index].value::<Int64Type>(row)?))))
        })),
        // Flink takes the number of days for milliseconds.
        TypeKind::Date if matches!(unit, Unit::Minute | Unit::Second | Unit::Millisecond) => {
            Ok(Kernel::new(move |args, rows| {
                let days = |row| args[index].value::<Date32Type>(row);
                Ok(loops::primitives::<Int64Type>(rows, |row| Some(field(unit, (days(row)?.into(), 0)))))
            }))
        }
        kind => {
            let reader = MomentReader::new(kind, call.context.time_zone).ok_or_else(|| call.no_kernel())?;
            Ok(Kernel::new(move |args, rows| {
                let moments = reader.read(&args[index]);
                Ok(loops::primitives::<Int64Type>(rows, |row| Some(field(unit, moments.get(row)?))))
            }))
        }
    }
}

fn of_months(unit: Unit, months: i64) -> i64 {
    match unit {
        Unit::Month => months % 12,
        Unit::Quarter => months % 12 / 3 + 1,
        _ => unit.months().map_or(0, |unit| months / unit),
    }
}

fn of_millis(unit: Unit, millis: i64) -> i64 {
    match unit {
        Unit::Day => millis / MILLIS_PER_DAY,
        Unit::Hour => millis / 3_600_000 % 24,
        Unit::Minute => millis / 60_000 % 60,
        Unit::Second => millis / 1_000 % 60,
        Unit::Millisecond => millis % 1_000,
        Unit::Epoch => millis / 1_000,
        _ => 0,
    }
}

/// The day of the week of a day since the epoch; Monday is 1.
pub(super) fn iso_day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The ISO year and week of a day: the week belongs to the year that its Thursday is in.
pub(super) fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days + 4 - iso_day_of_week(days);
    let (year, ..) = date_of(thursday);
    (year, (thursday - days_of(year, 1, 1)) / 7 + 1)
}

/// A field of a moment. Days and times before 1970 come from divisions towards zero, as in Flink: an hour may be negative there.
pub(super) fn field(unit: Unit, (millis, nanos): Moment) -> i64 {
    let days = millis / MILLIS_PER_DAY;
    let time = millis % MILLIS_PER_DAY;
    let (year, month, day) = date_of(days);
    let month = i64::from(month);
    match unit {
        Unit::Millennium => (year + 999).div_euclid(1_000),
        Unit::Century => (year + 99).div_euclid(100),
        Unit::Decade => year.div_euclid(10),
        Unit::Year => year,
        Unit::IsoYear => iso_week(days).0,
        Unit::Quarter => (month - 1) / 3 + 1,
        Unit::Month => month,
        Unit::Week => iso_week(days).1,
        Unit::Day => day.into(),
        Unit::DayOfWeek => iso_day_of_week(days) % 7 + 1,
        Unit::IsoDayOfWeek => iso_day_of_week(days),
        Unit::DayOfYear => days - days_of(year, 1, 1) + 1,
        Unit::Hour => time / 3_600_000,
        Unit::Minute => time / 60_000 % 60,
        Unit::Second => time / 1_000 % 60,
        Unit::Millisecond => time % 1_000,
        Unit::Microsecond => time % 1_000 * 1_000 + nanos / 1_000,
        Unit::Nanosecond => time % 1_000 * 1_000_000 + nanos,
        Unit::Epoch => millis / 1_000,
    }
}
