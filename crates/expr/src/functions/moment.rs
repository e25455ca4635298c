//! Points in time of any type, read as local time; and the units of time.

use arrow_array::Array;
use arrow_array::types::{
    Date32Type, Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_buffer::NullBuffer;
use arrow_schema::TimeUnit;
use dataflow::types::timestamp_unit;
use dataflow::{Failure, TypeKind};

use super::call::BoundCall;
use crate::Zone;
use crate::calendar::{MILLIS_PER_DAY, to_local};
use crate::operand::Operand;

/// A unit of time, as EXTRACT, FLOOR and TIMESTAMPADD name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are SQL's units")]
pub(super) enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
}

impl Unit {
    /// The unit of that name, in any case; `SQL_TSI_` may stand before it.
    pub(super) fn parse(name: &str) -> Option<Unit> {
        let name = name.to_ascii_uppercase();
        Some(match name.strip_prefix("SQL_TSI_").unwrap_or(&name) {
            "MILLENNIUM" => Unit::Millennium,
            "CENTURY" => Unit::Century,
            "DECADE" => Unit::Decade,
            "YEAR" => Unit::Year,
            "ISOYEAR" => Unit::IsoYear,
            "QUARTER" => Unit::Quarter,
            "MONTH" => Unit::Month,
            "WEEK" => Unit::Week,
            "DAY" => Unit::Day,
            "DOW" => Unit::DayOfWeek,
            "ISODOW" => Unit::IsoDayOfWeek,
            "DOY" => Unit::DayOfYear,
            "HOUR" => Unit::Hour,
            "MINUTE" => Unit::Minute,
            "SECOND" => Unit::Second,
            "MILLISECOND" => Unit::Millisecond,
            "MICROSECOND" => Unit::Microsecond,
            "NANOSECOND" => Unit::Nanosecond,
            "EPOCH" => Unit::Epoch,
            _ => return None,
        })
    }

    /// The unit that an argument of a call names.
    pub(super) fn of(call: &BoundCall<'_>, index: usize) -> Result<Unit, Failure> {
        call.constant_text(index)
            .and_then(Unit::parse)
            .ok_or_else(|| Failure::user(format!("{} needs a unit of time, such as DAY", call.name)).fatal())
    }

    /// Months, for units that are made of months.
    pub(super) fn months(self) -> Option<i64> {
        Some(match self {
            Unit::Month => 1,
            Unit::Quarter => 3,
            Unit::Year => 12,
            Unit::Decade => 120,
            Unit::Century => 1_200,
            Unit::Millennium => 12_000,
            _ => return None,
        })
    }

    /// Milliseconds, for units that have a fixed length of whole ones.
    pub(super) fn millis(self) -> Option<i64> {
        Some(match self {
            Unit::Week => 7 * MILLIS_PER_DAY,
            Unit::Day => MILLIS_PER_DAY,
            Unit::Hour => 3_600_000,
            Unit::Minute => 60_000,
            Unit::Second => 1_000,
            Unit::Millisecond => 1,
            _ => return None,
        })
    }
}

/// Local milliseconds since 1970-01-01T00:00 and nanoseconds within the millisecond.
pub(super) type Moment = (i64, i64);

/// Reads the values of an operand of one temporal type as moments: a DATE is its midnight, a TIME is on 1970-01-01, a TIMESTAMP_LTZ is local
/// time in the session's zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct MomentReader {
    kind: Source,
    zone: Zone,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Date,
    Time,
    Local(u8),
    Instant(u8),
}

impl MomentReader {
    /// A reader of this type; `None` when it is no point in time.
    pub(super) fn new(kind: &TypeKind, zone: Zone) -> Option<MomentReader> {
        let kind = match kind {
            TypeKind::Date => Source::Date,
            TypeKind::Time { .. } => Source::Time,
            TypeKind::Timestamp { precision, .. } => Source::Local(*precision),
            TypeKind::TimestampLtz { precision, .. } => Source::Instant(*precision),
            _ => return None,
        };
        Some(MomentReader { kind, zone })
    }

    /// The values of an operand of this type.
    pub(super) fn read<'a>(&self, operand: &'a Operand) -> Moments<'a> {
        let values = match self.kind {
            Source::Date => Values::Days(operand.primitive::<Date32Type>().values()),
            Source::Time => Values::Times(operand.primitive::<Time32MillisecondType>().values()),
            Source::Local(precision) | Source::Instant(precision) => match timestamp_unit(precision) {
                TimeUnit::Nanosecond => Values::Nanos(operand.primitive::<TimestampNanosecondType>().values()),
                TimeUnit::Microsecond => Values::Micros(operand.primitive::<TimestampMicrosecondType>().values()),
                _ => Values::Millis(operand.primitive::<TimestampMillisecondType>().values()),
            },
        };
        let zone = matches!(self.kind, Source::Instant(_)).then_some(self.zone);
        Moments { values, nulls: operand.array().nulls(), constant: operand.is_constant(), zone }
    }
}

/// Points in time of one operand, by row.
pub(super) struct Moments<'a> {
    values: Values<'a>,
    nulls: Option<&'a NullBuffer>,
    constant: bool,
    /// Where instants are local.
    zone: Option<Zone>,
}

enum Values<'a> {
    Days(&'a [i32]),
    Times(&'a [i32]),
    Millis(&'a [i64]),
    Micros(&'a [i64]),
    Nanos(&'a [i64]),
}

impl Moments<'_> {
    /// The moment of a row.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<Moment> {
        let position = if self.constant { 0 } else { row };
        if self.nulls.is_some_and(|nulls| nulls.is_null(position)) {
            return None;
        }
        let (millis, nanos) = match self.values {
            Values::Days(days) => (i64::from(days[position]) * MILLIS_PER_DAY, 0),
            Values::Times(millis) => (millis[position].into(), 0),
            Values::Millis(millis) => (millis[position], 0),
            Values::Micros(micros) => (micros[position].div_euclid(1_000), micros[position].rem_euclid(1_000) * 1_000),
            Values::Nanos(nanos) => (nanos[position].div_euclid(1_000_000), nanos[position].rem_euclid(1_000_000)),
        };
        Some((self.zone.map_or(millis, |zone| to_local(millis, zone)), nanos))
    }
}
