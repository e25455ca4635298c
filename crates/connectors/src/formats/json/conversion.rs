//! Converts the values that were found to the types of their columns, as leniently as Flink does with Jackson.

use std::collections::HashMap;

use dataflow::binary_row::hash_bytes;
use dataflow::java_map::{DEFAULT_CAPACITY, hash_map_order};

use super::fields::{RowDecoder, ValueDecoder};
use super::options::JsonOptions;
use super::problem::Problem;
use super::scanner::{Kind, Malformed, Scanner, Token};
use super::text::{push_compact, unescape};
use crate::formats::base64_text::decode_base64;
use crate::formats::column_builder::ColumnBuilder;
use crate::formats::number_text::{Decimal, parse_decimal, parse_double, parse_float, parse_integer, trim};
use crate::formats::origin::excerpt;
use crate::formats::time_text::{TimestampStandard, parse_date, parse_sql_time, parse_timestamp, parse_timestamp_ltz};

/// Buffers that are kept from value to value.
#[derive(Debug, Default)]
pub(in crate::formats) struct Scratch {
    text: String,
    bytes: Vec<u8>,
}

/// Converts the values of one record.
pub(in crate::formats) struct Conversion<'a> {
    pub(in crate::formats) options: &'a JsonOptions,
    pub(in crate::formats) record: &'a [u8],
    pub(in crate::formats) scratch: &'a mut Scratch,
}

impl Conversion<'_> {
    /// Appends one value to each builder. False when one was made NULL because it could not be read.
    pub(in crate::formats) fn append_row(
        &mut self,
        row: &mut RowDecoder,
        matched: usize,
        builders: &mut [ColumnBuilder],
    ) -> Result<bool, Problem> {
        if self.options.fail_on_missing && matched < row.names.len() {
            let missing = row.found.iter().position(Option::is_none).map(|index| row.names[index].clone());
            return Err(Problem::Missing(missing.unwrap_or_default()));
        }
        let mut clean = true;
        for (index, builder) in builders.iter_mut().enumerate() {
            let Some(token) = row.found[index] else {
                builder.push_null();
                continue;
            };
            match self.append(&mut row.values[index], builder, token) {
                Ok(true) => {}
                Ok(false) if self.options.ignore_errors => clean = false,
                Ok(false) => {
                    return Err(Problem::Unreadable {
                        field: row.names[index].clone(),
                        ty: row.types[index].to_string(),
                        text: excerpt(token.text(self.record)),
                    });
                }
                Err(problem) => return Err(problem.within(&row.names[index])),
            }
        }
        Ok(clean)
    }

    /// Appends exactly one value: the token's, or NULL when it is null or cannot be read (false then).
    fn append(
        &mut self,
        decoder: &mut ValueDecoder,
        builder: &mut ColumnBuilder,
        token: Token,
    ) -> Result<bool, Problem> {
        if token.kind == Kind::Null {
            builder.push_null();
            return Ok(true);
        }
        match (decoder, &mut *builder) {
            (ValueDecoder::Row(row), ColumnBuilder::Row { nulls, length, children, .. })
                if token.kind == Kind::Object =>
            {
                let mut scanner = Scanner::inside(self.record, token);
                let matched = row.find_fields(&mut scanner, self.record)?;
                let clean = self.append_row(row, matched, children)?;
                nulls.append_non_null();
                *length += 1;
                Ok(clean)
            }
            (ValueDecoder::Array(decoder), ColumnBuilder::Array { offsets, element, .. })
                if token.kind == Kind::Array =>
            {
                let mut scanner = Scanner::inside(self.record, token);
                let mut clean = true;
                let mut more = scanner.open(b']');
                while more {
                    let value = scanner.value()?;
                    clean &= self.append(decoder, element, value)?;
                    more = scanner.another(b']')?;
                }
                offsets.close(element.len());
                Ok(clean)
            }
            (ValueDecoder::Map(decoder), ColumnBuilder::Map { offsets, key, value, .. })
                if token.kind == Kind::Object =>
            {
                let mut clean = true;
                let entries = self.entries(token)?;
                let codes: Vec<i32> = entries.iter().map(|(name, _)| self.hash_code(*name)).collect();
                for (name, found) in hash_map_order(&codes, DEFAULT_CAPACITY).into_iter().map(|index| entries[index]) {
                    clean &= self.append_leaf(key, name);
                    clean &= self.append(decoder, value, found)?;
                }
                offsets.close(value.len());
                Ok(clean)
            }
            (ValueDecoder::Leaf, builder) => Ok(self.append_leaf(builder, token)),
            (_, builder) => {
                builder.push_null();
                Ok(false)
            }
        }
    }

    /// The entries of a map; of a repeated key the last one counts.
    fn entries(&self, token: Token) -> Result<Vec<(Token, Token)>, Malformed> {
        let mut scanner = Scanner::inside(self.record, token);
        let mut entries: Vec<(Token, Token)> = Vec::new();
        let mut positions: HashMap<&[u8], usize> = HashMap::new();
        let mut more = scanner.open(b'}');
        while more {
            let entry = (scanner.key()?, scanner.value()?);
            match positions.insert(entry.0.text(self.record), entries.len()) {
                Some(earlier) => {
                    positions.insert(entry.0.text(self.record), earlier);
                    entries[earlier] = entry;
                }
                None => entries.push(entry),
            }
            more = scanner.another(b'}')?;
        }
        Ok(entries)
    }

    /// The hash code of a key, by which Flink's map orders it.
    fn hash_code(&mut self, key: Token) -> i32 {
        self.text(key).map_or(0, |text| hash_bytes(text.as_bytes()))
    }

    /// Appends the value, or NULL and returns false when it cannot be read.
    fn append_leaf(&mut self, builder: &mut ColumnBuilder, token: Token) -> bool {
        let before = builder.len();
        let readable = match builder {
            ColumnBuilder::Text(column) => match self.text(token) {
                Some(text) => {
                    column.append_value(text);
                    true
                }
                None => false,
            },
            _ => self.append_parsed(builder, token),
        };
        if builder.len() == before {
            builder.push_null();
        }
        readable
    }

    /// The value of a STRING: any value has one.
    fn text(&mut self, token: Token) -> Option<&str> {
        let raw = token.text(self.record);
        match token.kind {
            Kind::String { escaped: true } => {
                self.scratch.text.clear();
                unescape(raw, &mut self.scratch.text).then_some(self.scratch.text.as_str())
            }
            Kind::Object | Kind::Array => {
                self.scratch.text.clear();
                push_compact(self.record, token, &mut self.scratch.text).ok()?;
                Some(&self.scratch.text)
            }
            _ => std::str::from_utf8(raw).ok(),
        }
    }

    /// Appends a value read from the text of a string, number or Boolean, or nothing.
    fn append_parsed(&mut self, builder: &mut ColumnBuilder, token: Token) -> bool {
        let (options, record) = (self.options, self.record);
        let Scratch { text, bytes } = &mut *self.scratch;
        let raw = match token.kind {
            Kind::String { escaped: true } => {
                text.clear();
                if !unescape(token.text(record), text) {
                    return false;
                }
                text.as_bytes()
            }
            _ => token.text(record),
        };
        match builder {
            ColumnBuilder::Int(column) => push(int(token.kind, raw), |value| column.push(value)),
            ColumnBuilder::BigInt(column) => push(big_int(token.kind, raw), |value| column.push(value)),
            ColumnBuilder::Double(column) => push(parse_double(raw), |value| column.push(value)),
            ColumnBuilder::Timestamp { zoned, .. } => {
                let parsed = instant(raw, *zoned, options.standard);
                parsed.is_some_and(|(seconds, nanos)| builder.push_timestamp(seconds, nanos))
            }
            ColumnBuilder::Boolean { .. } => {
                builder.push_boolean(token.kind == Kind::True || trim(raw).eq_ignore_ascii_case(b"true"));
                true
            }
            ColumnBuilder::Decimal { values, precision, scale } => match parse_decimal(trim(raw), *precision, *scale) {
                Some(Decimal::Value(value)) => push(Some(value), |value| values.push(value)),
                Some(Decimal::TooLarge) => true,
                None => false,
            },
            ColumnBuilder::TinyInt(column) => push(narrow(raw), |value| column.push(value)),
            ColumnBuilder::SmallInt(column) => push(narrow(raw), |value| column.push(value)),
            ColumnBuilder::Float(column) => push(parse_float(raw), |value| column.push(value)),
            ColumnBuilder::Date(column) => push(parse_date(raw), |value| column.push(value)),
            ColumnBuilder::Time { values, .. } => push(parse_sql_time(raw), |value| values.push(value)),
            ColumnBuilder::Bytes(column) => {
                let readable = matches!(token.kind, Kind::String { .. }) && decode_base64(raw, bytes);
                if readable {
                    column.append_value(&bytes);
                }
                readable
            }
            _ => false,
        }
    }
}

fn push<T>(value: Option<T>, push: impl FnOnce(T)) -> bool {
    value.map(push).is_some()
}

fn instant(text: &[u8], zoned: bool, standard: TimestampStandard) -> Option<(i64, u32)> {
    if zoned { parse_timestamp_ltz(text, standard) } else { parse_timestamp(text, standard) }
}

/// An INT: a number with a fraction loses it, a string must hold a whole number.
fn int(kind: Kind, text: &[u8]) -> Option<i32> {
    i32::try_from(big_int(kind, text)?).ok()
}

fn big_int(kind: Kind, text: &[u8]) -> Option<i64> {
    if kind != Kind::Float {
        return parse_integer(trim(text));
    }
    let value = parse_double(text)?;
    // The upper bound itself is out of range: i64::MAX rounds up to it.
    (value >= i64::MIN as f64 && value < i64::MAX as f64).then_some(value as i64)
}

fn narrow<T: TryFrom<i64>>(text: &[u8]) -> Option<T> {
    T::try_from(parse_integer(trim(text))?).ok()
}
