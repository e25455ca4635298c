//! Casts to DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. Fractions are cut off, never rounded; the session's zone lies between TIMESTAMP and TIMESTAMP_LTZ.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::TimeUnit;
use dataflow::types::timestamp_unit;
use dataflow::{Failure, TypeKind};

use super::parse::{parse_date, parse_time, parse_timestamp};
use super::{Caster, OnError};
use crate::Zone;
use crate::calendar::{MILLIS_PER_DAY, to_local, to_utc};
use crate::types::is_character;

/// A timestamp with all its digits: milliseconds since the epoch and nanoseconds within the millisecond.
pub(crate) type Instant = (i64, i64);

pub(super) fn caster(from: &TypeKind, to: &TypeKind, on_error: OnError, zone: Zone) -> Caster {
    match to {
        TypeKind::Date => to_date(from, on_error, zone),
        TypeKind::Time { precision } => to_time(from, *precision, on_error, zone),
        TypeKind::Timestamp { precision, .. } => to_timestamp(from, *precision, on_error, Target::Local(zone)),
        TypeKind::TimestampLtz { precision, .. } => to_timestamp(from, *precision, on_error, Target::Utc(zone)),
        _ => None,
    }
}

/// Reads timestamps of any precision.
pub(crate) fn instants(array: &ArrayRef, precision: u8) -> impl Iterator<Item = Option<Instant>> + '_ {
    (0..array.len()).map(move |row| array.is_valid(row).then(|| crate::render::timestamp_parts(array, row, precision)))
}

/// Writes timestamps of this precision, cutting off what it does not hold. Values outside of the years that the layout holds are NULL.
pub(crate) fn timestamps(
    values: impl Iterator<Item = Result<Option<Instant>, Failure>>,
    precision: u8,
) -> Result<ArrayRef, Failure> {
    Ok(match timestamp_unit(precision) {
        TimeUnit::Nanosecond => collect::<TimestampNanosecondType>(values, |(millis, nanos)| {
            let step = 10i64.pow(u32::from(9 - precision.min(9)));
            millis.checked_mul(1_000_000)?.checked_add(nanos / step * step)
        })?,
        TimeUnit::Microsecond => collect::<TimestampMicrosecondType>(values, |(millis, nanos)| {
            let step = 10i64.pow(u32::from(6 - precision));
            millis.checked_mul(1_000)?.checked_add(nanos / 1_000 / step * step)
        })?,
        _ => {
            // Below milliseconds the digits are cut towards zero, before 1970 too.
            let step = 10i64.pow(u32::from(3 - precision.min(3)));
            collect::<TimestampMillisecondType>(values, |(millis, _)| Some(millis / step * step))?
        }
    })
}

fn collect<T: ArrowPrimitiveType<Native = i64>>(
    values: impl Iterator<Item = Result<Option<Instant>, Failure>>,
    count: impl Fn(Instant) -> Option<i64>,
) -> Result<ArrayRef, Failure> {
    let values = values.map(|value| Ok(value?.and_then(&count)));
    Ok(Arc::new(values.collect::<Result<PrimitiveArray<T>, Failure>>()?))
}

fn to_date(from: &TypeKind, on_error: OnError, zone: Zone) -> Caster {
    // Towards zero: the last day before 1970 is lost, as in Flink.
    let day = |millis: i64| (millis / MILLIS_PER_DAY) as i32;
    match from {
        TypeKind::Timestamp { precision, .. } => {
            let precision = *precision;
            map::<Date32Type>(move |array| Box::new(instants(array, precision).map(move |at| Some(day(at?.0)))))
        }
        TypeKind::TimestampLtz { precision, .. } => {
            let precision = *precision;
            map::<Date32Type>(move |array| {
                Box::new(
                    instants(array, precision)
                        .map(move |at| Some(to_local(at?.0, zone).div_euclid(MILLIS_PER_DAY) as i32)),
                )
            })
        }
        text if is_character(text) => parse::<Date32Type>(on_error, parse_date),
        _ => None,
    }
}

fn to_time(from: &TypeKind, precision: u8, on_error: OnError, zone: Zone) -> Caster {
    let step = 10i32.pow(u32::from(3 - precision.min(3)));
    // The fraction is cut towards zero, so that the last second before 1970 is midnight, as in Flink.
    let time = move |millis: i64| (millis / i64::from(step) * i64::from(step)).rem_euclid(MILLIS_PER_DAY) as i32;
    match from {
        TypeKind::Time { precision: from } if *from <= precision => None,
        TypeKind::Time { .. } => Some(Box::new(move |array| {
            let times = array.as_primitive::<Time32MillisecondType>();
            Ok(Arc::new(times.unary::<_, Time32MillisecondType>(|millis| millis / step * step)))
        })),
        TypeKind::Timestamp { precision, .. } => {
            let precision = *precision;
            map::<Time32MillisecondType>(move |array| {
                Box::new(instants(array, precision).map(move |at| Some(time(at?.0))))
            })
        }
        TypeKind::TimestampLtz { precision, .. } => {
            let precision = *precision;
            map::<Time32MillisecondType>(move |array| {
                Box::new(instants(array, precision).map(move |at| Some(time(to_local(at?.0, zone)))))
            })
        }
        text if is_character(text) => {
            parse::<Time32MillisecondType>(on_error, move |text| parse_time(text).map(|millis| millis / step * step))
        }
        _ => None,
    }
}

/// What a timestamp is cast to.
#[derive(Clone, Copy)]
enum Target {
    /// TIMESTAMP: local time.
    Local(Zone),
    /// TIMESTAMP_LTZ: an instant.
    Utc(Zone),
}

impl Target {
    fn of_local(self, (millis, nanos): Instant) -> Instant {
        match self {
            Target::Local(_) => (millis, nanos),
            Target::Utc(zone) => (to_utc(millis, zone), nanos),
        }
    }

    fn of_utc(self, (millis, nanos): Instant) -> Instant {
        match self {
            Target::Local(zone) => (to_local(millis, zone), nanos),
            Target::Utc(_) => (millis, nanos),
        }
    }
}

fn to_timestamp(from: &TypeKind, precision: u8, on_error: OnError, target: Target) -> Caster {
    let same_layout = |from: u8| from <= precision && timestamp_unit(from) == timestamp_unit(precision);
    match (from, target) {
        (TypeKind::Timestamp { precision: from, .. }, Target::Local(_))
        | (TypeKind::TimestampLtz { precision: from, .. }, Target::Utc(_))
            if same_layout(*from) =>
        {
            None
        }
        (TypeKind::Timestamp { precision: from, .. }, _) => {
            let from = *from;
            Some(Box::new(move |array| {
                timestamps(instants(array, from).map(|at| Ok(at.map(|at| target.of_local(at)))), precision)
            }))
        }
        (TypeKind::TimestampLtz { precision: from, .. }, _) => {
            let from = *from;
            Some(Box::new(move |array| {
                timestamps(instants(array, from).map(|at| Ok(at.map(|at| target.of_utc(at)))), precision)
            }))
        }
        (TypeKind::Date, _) => Some(Box::new(move |array| {
            let days = array.as_primitive::<Date32Type>().iter();
            let midnight = |day: i32| target.of_local((i64::from(day) * MILLIS_PER_DAY, 0));
            timestamps(days.map(|day| Ok(day.map(midnight))), precision)
        })),
        (TypeKind::Time { .. }, _) => Some(Box::new(move |array| {
            let times = array.as_primitive::<Time32MillisecondType>().iter();
            timestamps(times.map(|time| Ok(time.map(|time| target.of_local((time.into(), 0))))), precision)
        })),
        _ => Some(Box::new(move |array| {
            let values = array.as_string::<i32>().iter().map(|text| match text {
                Some(text) => {
                    on_error.apply(parse_timestamp(text).map(|at| Some(target.of_local(floored(at, precision)))))
                }
                None => Ok(None),
            });
            timestamps(values, precision)
        })),
    }
}

/// What is parsed is cut downwards, unlike what is cast.
fn floored((millis, nanos): Instant, precision: u8) -> Instant {
    let step = 10i64.pow(u32::from(3 - precision.min(3)));
    (millis.div_euclid(step) * step, nanos)
}

type Values<'a, T> = Box<dyn Iterator<Item = Option<<T as ArrowPrimitiveType>::Native>> + 'a>;

fn map<O: ArrowPrimitiveType>(
    values: impl for<'a> Fn(&'a ArrayRef) -> Values<'a, O> + Send + Sync + 'static,
) -> Caster {
    Some(Box::new(move |array| Ok(Arc::new(values(array).collect::<PrimitiveArray<O>>()))))
}

fn parse<O: ArrowPrimitiveType>(
    on_error: OnError,
    parse: impl Fn(&str) -> Result<O::Native, String> + Send + Sync + 'static,
) -> Caster {
    Some(Box::new(move |array| {
        let values = array.as_string::<i32>().iter().map(|text| match text {
            Some(text) => on_error.apply(parse(text).map(Some)),
            None => Ok(None),
        });
        Ok(Arc::new(values.collect::<Result<PrimitiveArray<O>, Failure>>()?))
    }))
}
