//! Dates, times and timestamps plus and minus intervals; intervals among themselves and times numbers.
//!
//! A month later than a day that the month has not is the month's last day; a time of day wraps around at midnight.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, Float64Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use dataflow::{Failure, Literal, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{Kernel, loops};
use crate::calendar::{MILLIS_PER_DAY, add_months, add_months_to_instant};
use crate::operand::Operand;
use crate::types::{is_datetime, is_integer, is_interval, is_numeric};

pub(super) fn plus(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    match (left.kind(), right.kind()) {
        (a, b) if is_interval(a) && a == b => Signature::unchanged(args, a.clone()),
        (a, b) if is_datetime(a) && is_interval(b) => moved(args, left, right),
        (a, b) if is_interval(a) && is_datetime(b) => moved(args, right, left),
        _ => None,
    }
}

pub(super) fn minus(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    match (left.kind(), right.kind()) {
        (a, b) if is_interval(a) && a == b => Signature::unchanged(args, a.clone()),
        (a, b) if is_datetime(a) && is_interval(b) => moved(args, left, right),
        _ => None,
    }
}

/// A DATE moved by part of a day is a TIMESTAMP.
fn moved(args: &[Argument], datetime: &Argument, interval: &Argument) -> Option<Signature> {
    let part_of_day = match (datetime.kind(), &interval.literal) {
        (TypeKind::Date, Some(Literal::Int(millis))) => {
            *interval.kind() == TypeKind::IntervalDayTime && millis % MILLIS_PER_DAY != 0
        }
        _ => false,
    };
    if !part_of_day {
        return Signature::unchanged(args, datetime.ty.without_time_attribute().kind);
    }
    let timestamp = TypeKind::timestamp(0);
    let kinds: Vec<TypeKind> =
        args.iter().map(|arg| if *arg.kind() == TypeKind::Date { timestamp.clone() } else { arg.kind().clone() }).collect();
    Signature::cast_to(args, &kinds, timestamp)
}

/// An interval times a number, in either order.
pub(super) fn times(args: &[Argument]) -> Option<Signature> {
    let [left, right] = args else { return None };
    let factor = |kind: &TypeKind| if is_integer(kind) { TypeKind::BigInt } else { TypeKind::Double };
    let (a, b) = (left.kind(), right.kind());
    if is_interval(a) && is_numeric(b) {
        Signature::cast_to(args, &[a.clone(), factor(b)], a.clone())
    } else if is_numeric(a) && is_interval(b) {
        Signature::cast_to(args, &[factor(a), b.clone()], b.clone())
    } else {
        None
    }
}

pub(super) fn kernel(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    match (left, right) {
        (a, b) if is_interval(a) && a == b => among_intervals(call),
        (a, b) if is_interval(a) && is_numeric(b) => scaled(a, b, false),
        (a, b) if is_numeric(a) && is_interval(b) => scaled(b, a, true),
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

fn scaled(interval: &TypeKind, factor: &TypeKind, swap: bool) -> Result<Kernel, Failure> {
    let months = *interval == TypeKind::IntervalYearMonth;
    let whole = *factor == TypeKind::BigInt;
    Ok(Kernel::new(move |args, rows| {
        let args = &ordered(args, swap);
        Ok(match (months, whole) {
            (true, true) => Arc::new(loops::binary::<Int32Type, Int64Type, Int32Type>(args, rows, |interval, factor| {
                i64::from(interval).wrapping_mul(factor) as i32
            })),
            (true, false) => {
                Arc::new(loops::binary::<Int32Type, Float64Type, Int32Type>(args, rows, |interval, factor| {
                    (f64::from(interval) * factor) as i32
                }))
            }
            (false, true) => Arc::new(loops::binary::<Int64Type, Int64Type, Int64Type>(args, rows, i64::wrapping_mul)),
            (false, false) => {
                Arc::new(loops::binary::<Int64Type, Float64Type, Int64Type>(args, rows, |interval, factor| {
                    (interval as f64 * factor) as i64
                }))
            }
        })
    }))
}

fn ordered(args: &[Operand], swap: bool) -> [Operand; 2] {
    if swap { [args[1].clone(), args[0].clone()] } else { [args[0].clone(), args[1].clone()] }
}

fn shifted(call: &BoundCall<'_>, datetime: &TypeKind, interval: &TypeKind, swap: bool) -> Result<Kernel, Failure> {
    let sign = if call.name == "-" { -1i64 } else { 1 };
    let months = *interval == TypeKind::IntervalYearMonth;
    Ok(match datetime.clone().nullable().arrow_type() {
        DataType::Date32 => Kernel::new(move |args, rows| {
            let args = &ordered(args, swap);
            Ok(if months {
                let add = move |date: i32, months: i32| add_months(date.into(), sign * i64::from(months)) as i32;
                Arc::new(loops::binary::<Date32Type, Int32Type, Date32Type>(args, rows, add))
            } else {
                let add = move |date: i32, millis: i64| date.wrapping_add((sign * (millis / MILLIS_PER_DAY)) as i32);
                Arc::new(loops::binary::<Date32Type, Int64Type, Date32Type>(args, rows, add))
            })
        }),
        DataType::Time32(_) if !months => Kernel::new(move |args, rows| {
            let add = move |time: i32, millis: i64| {
                (i64::from(time) + sign * (millis % MILLIS_PER_DAY)).rem_euclid(MILLIS_PER_DAY) as i32
            };
            let args = &ordered(args, swap);
            Ok(Arc::new(loops::binary::<Time32MillisecondType, Int64Type, Time32MillisecondType>(args, rows, add)))
        }),
        DataType::Timestamp(TimeUnit::Millisecond, _) => instants::<TimestampMillisecondType>(sign, months, swap, 1),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            instants::<TimestampMicrosecondType>(sign, months, swap, 1_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            instants::<TimestampNanosecondType>(sign, months, swap, 1_000_000)
        }
        _ => return Err(call.no_kernel()),
    })
}

/// Timestamps of so many units a millisecond.
fn instants<T: ArrowPrimitiveType<Native = i64>>(sign: i64, months: bool, swap: bool, per_milli: i64) -> Kernel {
    let per_day = MILLIS_PER_DAY * per_milli;
    Kernel::new(move |args, rows| {
        let args = &ordered(args, swap);
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
