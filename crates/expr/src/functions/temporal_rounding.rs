//! `FLOOR(x TO unit)` and `CEIL(x TO unit)` of dates, times and timestamps. Weeks start on Sunday, centuries and millennia in the year 1.

use arrow_array::types::{Date32Type, Time32MillisecondType};
use dataflow::{Failure, Literal, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::moment::{MomentReader, Unit};
use super::{Kernel, loops};
use crate::calendar::{MILLIS_PER_DAY, add_months, date_of, days_of, to_utc};
use crate::cast::temporal::timestamps;
use crate::types::is_datetime;

pub(super) fn types(args: &[Argument]) -> Option<Signature> {
    let [value, unit] = args else { return None };
    is_datetime(value.kind()).then_some(())?;
    if let Some(Literal::String(unit)) = &unit.literal {
        Unit::parse(unit)?;
    }
    Signature::with_result(args, value.ty.without_time_attribute())
}

pub(super) fn kernel(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let up = call.name != "FLOOR";
    let unit = Unit::of(call, 1)?;
    let kind = call.arg(0)?.clone();
    let zone = call.context.time_zone;
    let reader = MomentReader::new(&kind, zone).ok_or_else(|| call.no_kernel())?;
    if unit.months().is_none() && unit.millis().is_none() {
        return Err(Failure::user(format!("{} TO {unit:?} is not supported", call.name)).fatal());
    }
    Ok(Kernel::new(move |args, rows| {
        let moments = reader.read(&args[0]);
        // What is below the milliseconds is dropped, also by CEIL, as in Flink.
        let rounded = |row: usize| Some(round(moments.get(row)?.0, unit, up));
        Ok(match &kind {
            TypeKind::Date => {
                loops::primitives::<Date32Type>(rows, |row| Some(rounded(row)?.div_euclid(MILLIS_PER_DAY) as i32))
            }
            // Days and more leave a TIME as it is; the end of a day is 24:00:00.
            TypeKind::Time { .. } if unit.millis().is_none_or(|length| length >= MILLIS_PER_DAY) => {
                args[0].expand(rows)?
            }
            TypeKind::Time { .. } => loops::primitives::<Time32MillisecondType>(rows, |row| Some(rounded(row)? as i32)),
            TypeKind::Timestamp { precision, .. } => {
                timestamps((0..rows).map(|row| Ok(rounded(row).map(|millis| (millis, 0)))), *precision)?
            }
            TypeKind::TimestampLtz { precision, .. } => {
                timestamps((0..rows).map(|row| Ok(rounded(row).map(|millis| (to_utc(millis, zone), 0)))), *precision)?
            }
            _ => return Err(Failure::internal("only points in time are rounded")),
        })
    }))
}

/// The start of the unit that the moment is in, or of the next one unless it is a start. Weeks and more are counted in days, the time of the day
/// does not matter then: the CEIL of noon on the first of a month TO MONTH is before it, as in Flink.
fn round(millis: i64, unit: Unit, up: bool) -> i64 {
    if let Some(length) = unit.millis().filter(|_| unit != Unit::Week) {
        let start = millis.div_euclid(length) * length;
        return if up && start < millis { start + length } else { start };
    }
    // The day of a time before 1970 is found by a division towards zero, as in Flink.
    let day = millis / MILLIS_PER_DAY;
    let (year, month, _) = date_of(day);
    let january = |year: i64| days_of(year, 1, 1);
    let start = match unit {
        // The next one, also at a start.
        Unit::Millennium | Unit::Century | Unit::Decade => {
            let (length, first) = match unit {
                Unit::Millennium => (1_000, 1),
                Unit::Century => (100, 1),
                _ => (10, 0),
            };
            let start = (year - first).div_euclid(length) * length + first;
            return january(if up { start + length } else { start }) * MILLIS_PER_DAY;
        }
        Unit::Year => january(year),
        Unit::Quarter => days_of(year, (month - 1) / 3 * 3 + 1, 1),
        Unit::Month => days_of(year, month, 1),
        Unit::Week => day - (day + 4).rem_euclid(7),
        _ => return millis,
    };
    if !up || start == day {
        return start * MILLIS_PER_DAY;
    }
    MILLIS_PER_DAY * unit.months().map_or(start + 7, |months| add_months(start, months))
}
