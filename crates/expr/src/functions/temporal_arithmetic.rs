//! TIMESTAMPADD, TIMESTAMPDIFF, and the difference of two points in time as an interval.

use arrow_array::types::{Int32Type, Int64Type};
use dataflow::{Failure, Literal, TypeKind};

use super::call::{Argument, BoundCall, Signature, any_nullable};
use super::moment::{Moment, MomentReader, Unit};
use super::{FunctionDef, Kernel, interval, loops};
use crate::calendar::{MILLIS_PER_DAY, add_months};
use crate::operand::Operand;
use crate::types::{is_datetime, is_integer};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    vec![
        new(
            "TIMESTAMPADD",
            &["TIMESTAMPADD(<SYMBOL>, <NUMERIC>, <DATETIME>)"],
            "A point in time so many units later.",
            added,
            add,
        ),
        new(
            "TIMESTAMPDIFF",
            &["TIMESTAMPDIFF(<SYMBOL>, <DATETIME>, <DATETIME>)"],
            "Whole units from the first to the second.",
            differing,
            difference,
        ),
        new(
            "MINUS_DATE",
            &["(<DATETIME> - <DATETIME>) <DATETIME_INTERVAL>"],
            "The interval from the second to the first.",
            subtracted,
            subtract,
        ),
    ]
}

fn unit_of(arg: &Argument) -> Option<Unit> {
    match &arg.literal {
        Some(Literal::String(unit)) => Unit::parse(unit),
        _ => None,
    }
}

/// A DATE moved by hours, minutes or seconds is a TIMESTAMP(6), a TIMESTAMP moved by milliseconds has them.
fn added(args: &[Argument]) -> Option<Signature> {
    let [unit, count, datetime] = args else { return None };
    let unit_value = unit_of(unit)?;
    if !is_integer(count.kind()) || !is_datetime(datetime.kind()) {
        return None;
    }
    let part_of_day = unit_value.millis().is_some_and(|millis| millis < MILLIS_PER_DAY);
    let kind = match datetime.kind() {
        // As in Flink.
        TypeKind::Date | TypeKind::Time { .. } if unit_value == Unit::Millisecond => return None,
        TypeKind::Timestamp { precision, .. } if unit_value == Unit::Millisecond => {
            TypeKind::timestamp((*precision).max(3))
        }
        TypeKind::TimestampLtz { precision: 0..3, .. } if unit_value == Unit::Millisecond => return None,
        TypeKind::Date if part_of_day => TypeKind::timestamp(6),
        _ => datetime.ty.without_time_attribute().kind,
    };
    Signature::cast_to(args, &[unit.kind().clone(), TypeKind::BigInt, kind.clone()], kind)
}

fn add(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let unit = Unit::of(call, 0)?;
    let kind = call.arg(2)?;
    let (length, months) = match (unit.months(), unit.millis()) {
        (Some(months), _) => (months, true),
        (None, Some(millis)) => (millis, false),
        (None, None) => return Err(Failure::user(format!("TIMESTAMPADD of {unit:?} is not supported")).fatal()),
    };
    let interval = if months { TypeKind::IntervalYearMonth } else { TypeKind::IntervalDayTime };
    let shift = interval::shift(kind, &interval, false).ok_or_else(|| call.no_kernel())?;
    Ok(Kernel::new(move |args, rows| {
        let count = |row: usize| args[1].value::<Int64Type>(row);
        let amount = if months {
            loops::primitives::<Int32Type>(rows, |row| Some(count(row)?.wrapping_mul(length) as i32))
        } else {
            loops::primitives::<Int64Type>(rows, |row| Some(count(row)?.wrapping_mul(length)))
        };
        (shift.run)(&[Operand::Column(args[2].expand(rows)?), Operand::Column(amount)], rows)
    }))
}

fn differing(args: &[Argument]) -> Option<Signature> {
    let [unit, from, to] = args else { return None };
    let unit = unit_of(unit)?;
    (is_datetime(from.kind()) && is_datetime(to.kind())).then_some(())?;
    // An instant differs from an instant only.
    let instant = |arg: &Argument| matches!(arg.kind(), TypeKind::TimestampLtz { .. });
    (instant(from) == instant(to)).then_some(())?;
    // Nor a time of day from what has a date.
    let timed = |arg: &Argument| matches!(arg.kind(), TypeKind::Time { .. });
    (timed(from) == timed(to)).then_some(())?;
    let kind = if unit == Unit::Nanosecond { TypeKind::BigInt } else { TypeKind::Int };
    Signature::with_result(args, kind.not_null().with_nullable(any_nullable(args)))
}

/// How many there are in a second, of units below it.
fn parts_of_second(unit: Unit) -> Option<i64> {
    Some(match unit {
        Unit::Millisecond => 1_000,
        Unit::Microsecond => 1_000_000,
        Unit::Nanosecond => 1_000_000_000,
        _ => return None,
    })
}

fn difference(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let unit = Unit::of(call, 0)?;
    let parts = parts_of_second(unit);
    if unit.months().is_none() && unit.millis().is_none() && parts.is_none() {
        return Err(Failure::user(format!("TIMESTAMPDIFF of {unit:?} is not supported")).fatal());
    }
    let (from, to) = readers(call)?;
    let nanos = call.result.kind == TypeKind::BigInt;
    Ok(Kernel::new(move |args, rows| {
        let (from, to) = (from.read(&args[1]), to.read(&args[2]));
        let units = |row: usize| {
            let (from, to) = (from.get(row)?, to.get(row)?);
            Some(match (parts, unit.months(), unit.millis()) {
                // Of whole seconds, as in Flink.
                (Some(parts), ..) => (to.0.wrapping_sub(from.0) / 1_000).wrapping_mul(parts),
                (None, Some(months), _) => months_between(from, to) / months,
                (None, None, Some(millis)) => to.0.wrapping_sub(from.0) / millis,
                (None, None, None) => return None,
            })
        };
        Ok(match nanos {
            true => loops::primitives::<Int64Type>(rows, units),
            false => loops::primitives::<Int32Type>(rows, |row| Some(units(row)? as i32)),
        })
    }))
}

fn readers(call: &BoundCall<'_>) -> Result<(MomentReader, MomentReader), Failure> {
    let reader = |index| MomentReader::new(call.arg(index)?, call.context.time_zone).ok_or_else(|| call.no_kernel());
    Ok((reader(1)?, reader(2)?))
}

/// Whole months from one moment to another.
fn months_between(from: Moment, to: Moment) -> i64 {
    let parts = |(millis, _): Moment| (millis.div_euclid(MILLIS_PER_DAY), millis.rem_euclid(MILLIS_PER_DAY));
    let ((from_day, from_time), (to_day, to_time)) = (parts(from), parts(to));
    let months = day_months(from_day, to_day);
    let reached = add_months(from_day, months) == to_day && to_time < from_time;
    if reached { months - 1 } else { months }
}

/// The most months by which `from` can be moved on without passing `to`.
fn day_months(from: i64, to: i64) -> i64 {
    if to < from {
        return -day_months(to, from);
    }
    // No month has more than 31 days, so this is not too much.
    let mut months = (to - from) / 31;
    while add_months(from, months) < to && add_months(from, months + 1) <= to {
        months += 1;
    }
    months
}

fn subtracted(args: &[Argument]) -> Option<Signature> {
    let [unit, later, earlier] = args else { return None };
    let unit = unit_of(unit)?;
    (is_datetime(later.kind()) && is_datetime(earlier.kind())).then_some(())?;
    (std::mem::discriminant(later.kind()) == std::mem::discriminant(earlier.kind())).then_some(())?;
    let kind = if unit.months().is_some() { TypeKind::IntervalYearMonth } else { TypeKind::IntervalDayTime };
    Signature::with_result(args, kind.not_null().with_nullable(any_nullable(args)))
}

fn subtract(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let (later, earlier) = readers(call)?;
    let months = call.result.kind == TypeKind::IntervalYearMonth;
    Ok(Kernel::new(move |args, rows| {
        let (later, earlier) = (later.read(&args[1]), earlier.read(&args[2]));
        let both = |row: usize| later.get(row).zip(earlier.get(row));
        Ok(if months {
            loops::primitives::<Int32Type>(rows, |row| {
                let (later, earlier) = both(row)?;
                Some(months_between(earlier, later) as i32)
            })
        } else {
            loops::primitives::<Int64Type>(rows, |row| {
                both(row).map(|(later, earlier)| later.0.wrapping_sub(earlier.0))
            })
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::days_of;

    #[test]
    fn whole_months() {
        let day = |year, month, day| (days_of(year, month, day) * MILLIS_PER_DAY, 0);
        assert_eq!(months_between(day(2024, 1, 31), day(2024, 2, 29)), 1);
        assert_eq!(months_between(day(2024, 2, 29), day(2024, 1, 31)), -1);
        assert_eq!(months_between(day(2020, 2, 29), day(2024, 2, 28)), 47);
        let (late, early) = ((day(2024, 1, 31).0 + 36_000_000, 0), (day(2024, 2, 29).0 + 32_400_000, 0));
        assert_eq!(months_between(late, early), 0);
    }
}
