//! Dates, times and timestamps plus and minus intervals; intervals among themselves and times integers.
//!
//! A month later than a day that the month has not is the month's last day; a time of day wraps around at midnight.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};
use arrow_array::{ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{Kernel, loops};
use crate::calendar::{MILLIS_PER_DAY, add_months, add_months_to_instant};
use crate::operand::Operand;
use crate::types::{is_datetime, is_integer, is_interval};

pub(super) fn plus(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    match (left.kind(), right.kind()) {
        (a, b) if is_interval(a) && a == b => Signature::unchanged(args, a.clone()),
        (a, b) if is_datetime(a) && is_interval(b) => moved(args, left),
        // Flink has no code for an interval before an instant.
        (_, TypeKind::TimestampLtz { .. }) => None,
        (a, b) if is_interval(a) && is_datetime(b) => moved(args, right),
        _ => None,
    }
}

pub(super) fn minus(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    match (left.kind(), right.kind()) {
        (a, b) if is_interval(a) && a == b => Signature::unchanged(args, a.clone()),
        (a, b) if is_datetime(a) && is_interval(b) => moved(args, left),
        _ => None,
    }
}

/// A DATE stays a DATE: whole days of the interval count.
fn moved(args: &[Argument], datetime: &Argument) -> Option<Signature> {
    Signature::unchanged(args, datetime.ty.without_time_attribute().kind)
}

/// An interval times an integer, in either order.
pub(super) fn times(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    let (a, b) = (left.kind(), right.kind());
    if is_interval(a) && is_integer(b) {
        Signature::cast_to(args, &[a.clone(), TypeKind::BigInt], a.clone())
    } else if is_integer(a) && is_interval(b) {
        Signature::cast_to(args, &[TypeKind::BigInt, b.clone()], b.clone())
    } else {
        None
    }
}

pub(super) fn kernel(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    match (left, right) {
        (a, b) if is_interval(a) && a == b => among_intervals(call),
        (a, b) if is_interval(a) && is_integer(b) => Ok(scaled(a, false)),
        (a, b) if is_integer(a) && is_interval(b) => Ok(scaled(b, true)),
        (a, b) if is_interval(a) && is_datetime(b) => shifted(call, b, a, true),
        (a, b) if is_datetime(a) && is_interval(b) => shifted(call, a, b, false),
        _ => Err(call.no_kernel()),
    }
}

fn among_intervals(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let subtract = call.name == "-";
    Ok(match call.arg(0)? {
        TypeKind::IntervalYearMonth => Kernel::new(move |args, rows| {
            let sum = move |a: i32, b: i32| if subtract { a.wrapping_sub(b) } else { a.wrapping_add(b) };
            Ok(Arc::new(loops::binary::<Int32Type, Int32Type, Int32Type>(args, rows, sum)))
        }),
        _ => Kernel::new(move |args, rows| {
            let sum = move |a: i64, b: i64| if subtract { a.wrapping_sub(b) } else { a.wrapping_add(b) };
            Ok(Arc::new(loops::binary::<Int64Type, Int64Type, Int64Type>(args, rows, sum)))
        }),
    })
}

fn scaled(interval: &TypeKind, swap: bool) -> Kernel {
    let months = *interval == TypeKind::IntervalYearMonth;
    Kernel::new(move |args, rows| {
        let args = &ordered(args, swap);
        Ok(match months {
            true => Arc::new(loops::binary::<Int32Type, Int64Type, Int32Type>(args, rows, |interval, factor| {
                i64::from(interval).wrapping_mul(factor) as i32
            })),
            false => Arc::new(loops::binary::<Int64Type, Int64Type, Int64Type>(args, rows, i64::wrapping_mul)),
        })
    })
}

fn ordered(args: &[Operand], swap: bool) -> [Operand; 2] {
    if swap { [args[1].clone(), args[0].clone()] } else { [args[0].clone(), args[1].clone()] }
}

fn shifted(call: &BoundCall<'_>, datetime: &TypeKind, interval: &TypeKind, swap: bool) -> Result<Kernel, Failure> {
    let shift = shift(datetime, interval, call.name == "-").ok_or_else(|| call.no_kernel())?;
    Ok(Kernel::new(move |args, rows| (shift.run)(&ordered(args, swap), rows)))
}

/// Moves a point in time by an interval, forwards or backwards.
pub(super) fn shift(datetime: &TypeKind, interval: &TypeKind, backwards: bool) -> Option<Kernel> {
    let sign = if backwards { -1i64 } else { 1 };
    let months = *interval == TypeKind::IntervalYearMonth;
    Some(match datetime.clone().nullable().arrow_type() {
        DataType::Date32 => Kernel::new(move |args, rows| {
            Ok(if months {
                let add = move |date: i32, months: i32| add_months(date.into(), sign * i64::from(months)) as i32;
                Arc::new(loops::binary::<Date32Type, Int32Type, Date32Type>(args, rows, add))
            } else {
                let add = move |date: i32, millis: i64| date.wrapping_add((sign * (millis / MILLIS_PER_DAY)) as i32);
                Arc::new(loops::binary::<Date32Type, Int64Type, Date32Type>(args, rows, add))
            })
        }),
        DataType::Time32(_) if months => Kernel::new(move |args, rows| {
            // A time of day is the same a month later.
            let same = |time: i32, _: i32| time;
            Ok(Arc::new(loops::binary::<Time32MillisecondType, Int32Type, Time32MillisecondType>(args, rows, same)))
        }),
        DataType::Time32(_) => Kernel::new(move |args, rows| {
            let add = move |time: i32, millis: i64| {
                (i64::from(time) + sign * (millis % MILLIS_PER_DAY)).rem_euclid(MILLIS_PER_DAY) as i32
            };
            Ok(Arc::new(loops::binary::<Time32MillisecondType, Int64Type, Time32MillisecondType>(args, rows, add)))
        }),
        DataType::Timestamp(TimeUnit::Millisecond, _) => instants::<TimestampMillisecondType>(sign, months, 1),
        DataType::Timestamp(TimeUnit::Microsecond, _) => instants::<TimestampMicrosecondType>(sign, months, 1_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => instants::<TimestampNanosecondType>(sign, months, 1_000_000),
        _ => return None,
    })
}

/// Timestamps of so many units a millisecond.
fn instants<T: ArrowPrimitiveType<Native = i64>>(sign: i64, months: bool, per_milli: i64) -> Kernel {
    let per_day = MILLIS_PER_DAY * per_milli;
    Kernel::new(move |args, rows| {
        let result: PrimitiveArray<T> = if months {
            loops::binary::<T, Int32Type, T>(args, rows, |instant, months| {
                add_months_to_instant(instant, sign * i64::from(months), per_day)
            })
        } else {
            loops::binary::<T, Int64Type, T>(args, rows, |instant, millis| {
                instant.wrapping_add(sign.wrapping_mul(millis).wrapping_mul(per_milli))
            })
        };
        Ok(Arc::new(result))
    })
}
