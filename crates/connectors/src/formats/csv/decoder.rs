//! CSV records to Arrow columns: only the columns that are read are built.

use arrow_array::ArrayRef;
use dataflow::{Failure, LogicalType, RowType};

use super::options::CsvOptions;
use super::record::{Found, RecordScanner};
use crate::formats::base64_text::decode_base64;
use crate::formats::column_builder::ColumnBuilder;
use crate::formats::number_text::{Decimal, parse_decimal, parse_double, parse_float, parse_integer, trim};
use crate::formats::origin::{FilePlace, Origin, excerpt, undecodable};
use crate::formats::time_text::{
    TimestampStandard, parse_local_time, parse_sql_date, parse_timestamp, parse_timestamp_ltz,
};

/// Decodes records of one table.
#[derive(Debug)]
pub struct CsvDecoder {
    options: CsvOptions,
    scanner: RecordScanner,
    columns: Vec<Column>,
    rows: usize,
    errors: u64,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Column {
    /// Position of the field in the record.
    index: usize,
    name: String,
    ty: LogicalType,
    builder: ColumnBuilder,
}

impl CsvDecoder {
    /// A decoder of records with the fields of `physical` that builds those at `projection`.
    pub fn new(options: &CsvOptions, physical: &RowType, projection: &[usize]) -> Self {
        let column = |&index: &usize| {
            let field = &physical.fields[index];
            Column { index, name: field.name.clone(), ty: field.ty.clone(), builder: ColumnBuilder::new(&field.ty) }
        };
        Self {
            options: options.clone(),
            scanner: RecordScanner::new(options, physical.len()),
            columns: projection.iter().map(column).collect(),
            rows: 0,
            errors: 0,
            scratch: Vec::new(),
        }
    }

    /// Rows decoded since the last [`flush`](Self::flush).
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Records that were skipped or had fields made NULL because they could not be read.
    pub fn decode_errors(&self) -> u64 {
        self.errors
    }

    /// The columns decoded so far.
    pub fn flush(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        self.columns.iter_mut().map(|column| column.builder.finish()).collect()
    }

    /// Decodes a message that is one record.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        let step = self.scanner.next(record, true);
        self.take(step.found, record, origin)
    }

    /// Decodes the complete records at the start of `bytes` until `max_rows` rows are held, and moves `place` on. With `last`, nothing
    /// follows `bytes`. Returns how many bytes were taken; fewer than all means that the rows are full or a record is incomplete.
    pub fn decode_chunk(
        &mut self,
        bytes: &[u8],
        last: bool,
        max_rows: usize,
        place: &mut FilePlace,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() && self.rows < max_rows {
            let step = self.scanner.next(&bytes[at..], last);
            if step.found == Found::Incomplete {
                break;
            }
            self.take(step.found, &bytes[at..at + step.bytes], place.origin())?;
            place.advance(step.bytes, step.lines);
            at += step.bytes;
        }
        Ok(at)
    }

    fn take(&mut self, found: Found, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        match found {
            Found::Record => self.append(record, origin),
            Found::Nothing | Found::Incomplete => Ok(()),
            Found::Malformed(why) => {
                self.errors += 1;
                if self.options.ignore_errors { Ok(()) } else { Err(undecodable("csv", origin, &why, record)) }
            }
        }
    }

    fn append(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        let mut clean = true;
        // Flink compares with the number of columns that are read, not with that of the table.
        if self.scanner.count() < self.columns.len() {
            clean = false;
            if !self.options.ignore_errors {
                let (found, expected) = (self.scanner.count(), self.columns.len());
                let why = format!("it has {found} fields, but {expected} are read");
                return Err(undecodable("csv", origin, &why, record));
            }
        }
        let mut context = FieldContext { options: &self.options, scratch: &mut self.scratch };
        for column in &mut self.columns {
            let Some(text) = self.scanner.field(record, column.index) else {
                column.builder.push_null();
                continue;
            };
            if context.append(&mut column.builder, text) {
                continue;
            }
            clean = false;
            if !self.options.ignore_errors {
                let why = format!("field '{}' is no {}: {}", column.name, column.ty, excerpt(text));
                return Err(undecodable("csv", origin, &why, record));
            }
        }
        self.rows += 1;
        self.errors += u64::from(!clean);
        Ok(())
    }
}

struct FieldContext<'a> {
    options: &'a CsvOptions,
    scratch: &'a mut Vec<u8>,
}

impl FieldContext<'_> {
    /// Appends the value of `text`, or NULL and returns false when it has none.
    fn append(&mut self, builder: &mut ColumnBuilder, text: &[u8]) -> bool {
        if self.options.null_literal.as_ref().is_some_and(|literal| literal.as_bytes() == text) {
            builder.push_null();
            return true;
        }
        match builder {
            ColumnBuilder::Array { offsets, element, .. } => {
                let mut readable = true;
                for part in parts(text, &self.options.array_delimiter) {
                    readable &= self.append(element, part);
                }
                offsets.close(element.len());
                readable
            }
            ColumnBuilder::Row { nulls, length, children, .. } => {
                if text.is_empty() {
                    builder.push_null();
                    return true;
                }
                let mut readable = true;
                let mut fields = parts(text, &self.options.array_delimiter);
                for child in children {
                    match fields.next() {
                        Some(part) => readable &= self.append(child, part),
                        None => {
                            child.push_null();
                            readable = false;
                        }
                    }
                }
                nulls.append_non_null();
                *length += 1;
                readable
            }
            _ => {
                let before = builder.len();
                let readable = append_leaf(builder, text, self.scratch);
                if builder.len() == before {
                    builder.push_null();
                }
                readable
            }
        }
    }
}

/// The elements of an array: none in an empty text.
fn parts<'a>(text: &'a [u8], delimiter: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = delimiter.as_bytes();
    let mut rest = (!text.is_empty()).then_some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        match memchr::memmem::find(current, delimiter) {
            Some(at) if !delimiter.is_empty() => {
                rest = Some(&current[at + delimiter.len()..]);
                Some(&current[..at])
            }
            _ => {
                rest = None;
                Some(current)
            }
        }
    })
}

/// Appends the value, or nothing when there is none: false then, except for a DECIMAL that is too large, which Flink makes NULL.
pub(crate) fn append_leaf(builder: &mut ColumnBuilder, text: &[u8], scratch: &mut Vec<u8>) -> bool {
    match builder {
        ColumnBuilder::Text(column) => std::str::from_utf8(text).is_ok_and(|text| {
            column.append_value(text);
            true
        }),
        ColumnBuilder::Int(column) => push(integer(text), |value| column.push(value)),
        ColumnBuilder::BigInt(column) => push(parse_integer(trim(text)), |value| column.push(value)),
        ColumnBuilder::Double(column) => push(parse_double(text), |value| column.push(value)),
        ColumnBuilder::Timestamp { zoned, .. } => {
            let text = trim(text);
            let parsed = if *zoned {
                parse_timestamp_ltz(text, TimestampStandard::Sql)
            } else {
                parse_timestamp(text, TimestampStandard::Sql)
            };
            parsed.is_some_and(|(seconds, nanos)| builder.push_timestamp(seconds, nanos))
        }
        ColumnBuilder::Decimal { values, precision, scale } => {
            match parse_decimal(trim(text), *precision, *scale) {
                Some(Decimal::Value(value)) => values.push(value),
                Some(Decimal::TooLarge) => {}
                None => return false,
            }
            true
        }
        ColumnBuilder::Boolean { .. } => {
            builder.push_boolean(trim(text).eq_ignore_ascii_case(b"true"));
            true
        }
        ColumnBuilder::TinyInt(column) => push(integer(text), |value| column.push(value)),
        ColumnBuilder::SmallInt(column) => push(integer(text), |value| column.push(value)),
        ColumnBuilder::Float(column) => push(parse_float(text), |value| column.push(value)),
        ColumnBuilder::Date(column) => push(parse_sql_date(text), |value| column.push(value)),
        ColumnBuilder::Time { values, precision } => {
            // As in Flink, the milliseconds below the declared precision are cut off.
            let unit = 10i32.pow(3u32.saturating_sub(u32::from(*precision)));
            push(parse_local_time(text), |value| values.push(value / unit * unit))
        }
        ColumnBuilder::Bytes(column) => {
            let readable = decode_base64(text, scratch);
            if readable {
                column.append_value(&scratch);
            }
            readable
        }
        ColumnBuilder::Array { .. }
        | ColumnBuilder::Map { .. }
        | ColumnBuilder::Row { .. }
        | ColumnBuilder::Null(_) => false,
    }
}

fn push<T>(value: Option<T>, push: impl FnOnce(T)) -> bool {
    value.map(push).is_some()
}

fn integer<T: TryFrom<i64>>(text: &[u8]) -> Option<T> {
    T::try_from(parse_integer(trim(text))?).ok()
}
