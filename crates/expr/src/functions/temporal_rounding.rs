//! `FLOOR(x TO unit)` and `CEIL(x TO unit)` of dates, times and timestamps. Weeks start on Sunday, centuries and millennia in the year 1.

use arrow_array::types::{Date32Type, Time32MillisecondType};
use dataflow::{Failure, Literal, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::moment::{Moment, MomentReader, Unit};
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
        let rounded = |row: usize| Some(round(moments.get(row)?, unit, up));
        Ok(match &kind {
            TypeKind::Date => {
                loops::primitives::<Date32Type>(rows, |row| Some(rounded(row)?.div_euclid(MILLIS_PER_DAY) as i32))
            }
            TypeKind::Time { .. } => loops::primitives::<Time32MillisecondType>(rows, |row| {
                Some(rounded(row)?.rem_euclid(MILLIS_PER_DAY) as i32)
            }),
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

/// The start of the unit that the moment is in, or of the next one unless it is a start.
fn round(moment: Moment, unit: Unit, up: bool) -> i64 {
    let (millis, nanos) = moment;
    let start = start(millis, unit);
    if !up || start == millis && nanos == 0 {
        return start;
    }
    match (unit.months(), unit.millis()) {
        (Some(months), _) => add_months(start.div_euclid(MILLIS_PER_DAY), months) * MILLIS_PER_DAY,
        (None, Some(length)) => start + length,
        (None, None) => start,
    }
}

fn start(millis: i64, unit: Unit) -> i64 {
    let days = millis.div_euclid(MILLIS_PER_DAY);
    // The month of a time before 1970 is found by a division towards zero, as in Flink.
    let (year, month, _) = date_of(millis / MILLIS_PER_DAY);
    let midnight = |year: i64, month: u32| days_of(year, month, 1) * MILLIS_PER_DAY;
    match unit {
        Unit::Millennium => midnight((year - 1).div_euclid(1_000) * 1_000 + 1, 1),
        Unit::Century => midnight((year - 1).div_euclid(100) * 100 + 1, 1),
        Unit::Decade => midnight(year.div_euclid(10) * 10, 1),
        Unit::Year => midnight(year, 1),
        Unit::Quarter => midnight(year, (month - 1) / 3 * 3 + 1),
        Unit::Month => midnight(year, month),
        Unit::Week => (days - (days + 4).rem_euclid(7)) * MILLIS_PER_DAY,
        _ => unit.millis().map_or(millis, |length| millis.div_euclid(length) * length),
    }
}
