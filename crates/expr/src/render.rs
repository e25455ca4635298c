//! Values as text, the way Flink's SQL Client prints them and `CAST(x AS STRING)` writes them.
//!
//! | type | text |
//! |---|---|
//! | BOOLEAN | `TRUE`, `FALSE` |
//! | FLOAT, DOUBLE | Java's: `1.0`, `1.0E10`, `NaN` |
//! | DECIMAL | plain, all digits of the scale |
//! | TIMESTAMP(p), TIME(p) | p digits after the point; TIMESTAMP_LTZ in the session's zone |
//! | INTERVAL | `+2-03`, `+0 01:30:00.000` |
//! | BINARY | `x'6162'` (a cast decodes UTF-8 instead) |
//! | ARRAY, MAP, ROW | `[1, 2]`, `{a=1, b=2}`, `(1, a, NULL)` |

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrowPrimitiveType, MapArray};
use arrow_schema::TimeUnit;
use dataflow::types::timestamp_unit;
use dataflow::{LogicalType, TypeKind};

use crate::Zone;
use crate::calendar::{MILLIS_PER_DAY, date_of, to_local};
use crate::functions::bitmaps::{decode, write_bitmap};
use dataflow::java_number::{write_double, write_float};

/// Appends the text of a value as the SQL Client prints it; of NULL, `NULL`.
pub fn render_cell(array: &dyn Array, row: usize, ty: &LogicalType, zone: Zone, out: &mut String) {
    Renderer { zone, bytes: Bytes::Hex }.render(array, row, ty, out);
}

/// Appends the text of a value as `CAST(x AS STRING)` writes it: bytes are decoded.
pub(crate) fn cast_cell(array: &dyn Array, row: usize, ty: &LogicalType, zone: Zone, out: &mut String) {
    Renderer { zone, bytes: Bytes::Utf8 }.render(array, row, ty, out);
}

/// How bytes are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    /// `x'6162'`
    Hex,
    /// `ab`
    Utf8,
}

/// What rendering depends on, besides the value.
#[derive(Clone, Copy)]
struct Renderer {
    zone: Zone,
    bytes: Bytes,
}

impl Renderer {
    fn render(self, array: &dyn Array, row: usize, ty: &LogicalType, out: &mut String) {
        if array.is_null(row) {
            out.push_str("NULL");
            return;
        }
        match &ty.kind {
            TypeKind::Boolean => out.push_str(if array.as_boolean().value(row) { "TRUE" } else { "FALSE" }),
            TypeKind::TinyInt => integer(i64::from(primitive::<Int8Type>(array, row)), out),
            TypeKind::SmallInt => integer(i64::from(primitive::<Int16Type>(array, row)), out),
            TypeKind::Int => integer(i64::from(primitive::<Int32Type>(array, row)), out),
            TypeKind::BigInt => integer(primitive::<Int64Type>(array, row), out),
            TypeKind::Float => write_float(primitive::<Float32Type>(array, row), out),
            TypeKind::Double => write_double(primitive::<Float64Type>(array, row), out),
            TypeKind::Decimal { scale, .. } => decimal(primitive::<Decimal128Type>(array, row), *scale, out),
            TypeKind::Char { .. } | TypeKind::Varchar { .. } | TypeKind::Variant => {
                out.push_str(array.as_string::<i32>().value(row))
            }
            TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => match self.bytes {
                Bytes::Hex => hex(array.as_binary::<i32>().value(row), out),
                Bytes::Utf8 => out.push_str(&String::from_utf8_lossy(array.as_binary::<i32>().value(row))),
            },
            TypeKind::Date => date(primitive::<Date32Type>(array, row).into(), out),
            TypeKind::Time { precision } => {
                time(primitive::<Time32MillisecondType>(array, row).into(), *precision, out)
            }
            TypeKind::Timestamp { precision, .. } => {
                let (millis, nanos) = timestamp_parts(array, row, *precision);
                timestamp(millis, nanos, *precision, out);
            }
            TypeKind::TimestampLtz { precision, .. } => {
                let (millis, nanos) = timestamp_parts(array, row, *precision);
                timestamp(to_local(millis, self.zone), nanos, *precision, out);
            }
            TypeKind::IntervalYearMonth => year_month(primitive::<Int32Type>(array, row).into(), out),
            TypeKind::IntervalDayTime => day_time(primitive::<Int64Type>(array, row), out),
            TypeKind::Array(element) => {
                let elements = array.as_list::<i32>().value(row);
                list(elements.len(), '[', ']', out, |index, out| self.render(&elements, index, element, out));
            }
            TypeKind::Map(key, value) => self.entries(array.as_map(), row, key, value, out),
            TypeKind::Multiset(element) => {
                let count = TypeKind::Int.not_null();
                self.entries(array.as_map(), row, element, &count, out);
            }
            TypeKind::Row(fields) => {
                let columns = array.as_struct().columns();
                list(columns.len(), '(', ')', out, |index, out| {
                    self.render(&columns[index], row, &fields.fields[index].ty, out);
                });
            }
            TypeKind::Bitmap => {
                if let Ok(bitmap) = decode(array.as_binary::<i32>().value(row)) {
                    write_bitmap(&bitmap, out);
                }
            }
            TypeKind::Null => out.push_str("NULL"),
        }
    }

    fn entries(self, map: &MapArray, row: usize, key: &LogicalType, value: &LogicalType, out: &mut String) {
        let pairs = map.value(row);
        list(pairs.len(), '{', '}', out, |index, out| {
            self.render(pairs.column(0), index, key, out);
            out.push('=');
            self.render(pairs.column(1), index, value, out);
        });
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn list(count: usize, open: char, close: char, out: &mut String, mut item: impl FnMut(usize, &mut String)) {
    out.push(open);
    for index in 0..count {
        if index > 0 {
            out.push_str(", ");
        }
        item(index, out);
    }
    out.push(close);
}

pub(crate) fn integer(value: i64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// A DECIMAL's unscaled value with `scale` digits after the point.
pub fn decimal(value: i128, scale: u8, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if scale == 0 {
        out.push_str(&digits);
    } else if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let _ = write!(out, "{whole}.{fraction}");
    } else {
        let _ = write!(out, "0.{digits:0>scale$}");
    }
}

fn hex(bytes: &[u8], out: &mut String) {
    out.push_str("x'");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\'');
}

/// `2024-02-29`.
pub fn date(days: i64, out: &mut String) {
    let (year, month, day) = date_of(days);
    // Four digits, whatever the year, as in Flink.
    let _ = write!(out, "{:04}-{month:02}-{day:02}", year % 10_000);
}

/// `10:11:12.345`, with `precision` digits after the point at most: zeros at the end are left out but for the first.
pub fn time(millis: i64, precision: u8, out: &mut String) {
    time_of_day(millis, 0, precision.min(3), out);
    if precision > 1 {
        let shown = out.trim_end_matches('0').len();
        let kept = if out[..shown].ends_with('.') { shown + 1 } else { shown };
        out.truncate(kept);
    }
}

fn time_of_day(millis: i64, nanos_of_milli: i64, precision: u8, out: &mut String) {
    let seconds = millis / 1_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if precision > 0 {
        let nanos = millis % 1_000 * 1_000_000 + nanos_of_milli;
        let fraction = format!("{nanos:09}");
        let _ = write!(out, ".{}", &fraction[..usize::from(precision.min(9))]);
    }
}

/// `2024-02-29 10:11:12.345` of local milliseconds since the epoch and the nanoseconds within the millisecond.
pub fn timestamp(local_millis: i64, nanos_of_milli: i64, precision: u8, out: &mut String) {
    date(local_millis.div_euclid(MILLIS_PER_DAY), out);
    out.push(' ');
    time_of_day(local_millis.rem_euclid(MILLIS_PER_DAY), nanos_of_milli, precision, out);
}

/// Milliseconds since the epoch and nanoseconds within the millisecond.
pub(crate) fn timestamp_parts(array: &dyn Array, row: usize, precision: u8) -> (i64, i64) {
    match timestamp_unit(precision) {
        TimeUnit::Nanosecond => {
            let nanos = primitive::<TimestampNanosecondType>(array, row);
            (nanos.div_euclid(1_000_000), nanos.rem_euclid(1_000_000))
        }
        TimeUnit::Microsecond => {
            let micros = primitive::<TimestampMicrosecondType>(array, row);
            (micros.div_euclid(1_000), micros.rem_euclid(1_000) * 1_000)
        }
        _ => (primitive::<TimestampMillisecondType>(array, row), 0),
    }
}

/// `+2-03`.
fn year_month(months: i64, out: &mut String) {
    let sign = if months < 0 { '-' } else { '+' };
    let months = months.abs();
    let _ = write!(out, "{sign}{}-{:02}", months / 12, months % 12);
}

/// `+0 01:30:00.000`.
fn day_time(millis: i64, out: &mut String) {
    let sign = if millis < 0 { '-' } else { '+' };
    let millis = millis.saturating_abs();
    // Flink keeps the days of an interval in 32 bits when it shows them.
    let _ = write!(out, "{sign}{} ", (millis / MILLIS_PER_DAY) as i32);
    time_of_day(millis % MILLIS_PER_DAY, 0, 3, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_values() {
        let text = |write: &dyn Fn(&mut String)| {
            let mut out = String::new();
            write(&mut out);
            out
        };
        assert_eq!(text(&|out| decimal(-5, 2, out)), "-0.05");
        assert_eq!(text(&|out| decimal(12_345, 2, out)), "123.45");
        assert_eq!(text(&|out| timestamp(-1, 999_999, 9, out)), "1969-12-31 23:59:59.999999999");
        assert_eq!(text(&|out| year_month(27, out)), "+2-03");
        assert_eq!(text(&|out| day_time(5_400_000, out)), "+0 01:30:00.000");
        assert_eq!(text(&|out| day_time(-18_000_000, out)), "-0 05:00:00.000");
        assert_eq!(text(&|out| date(-719_162, out)), "0001-01-01");
    }
}
