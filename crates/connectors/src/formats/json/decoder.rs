//! JSON documents to Arrow columns: only the columns that are read are built, the rest is skipped over.
//!
//! A record is first walked over, which finds the value of each column and checks the whole document; then the values are converted. So a
//! malformed record leaves no trace, and nothing is copied for fields that nobody reads.

use std::collections::HashMap;

use arrow_array::ArrayRef;
use dataflow::{Failure, LogicalType, RowType, TypeKind};

use super::options::JsonOptions;
use super::scanner::{Kind, Malformed, Scanner, Token};
use super::text::{push_compact, unescape};
use crate::formats::base64_text::decode_base64;
use crate::formats::column_builder::ColumnBuilder;
use crate::formats::number_text::{Decimal, parse_decimal, parse_double, parse_float, parse_integer, trim};
use crate::formats::origin::{FilePlace, Origin, excerpt, undecodable};
use crate::formats::time_text::{TimestampStandard, parse_date, parse_sql_time, parse_timestamp, parse_timestamp_ltz};

/// Decodes records of one table.
#[derive(Debug)]
pub struct JsonDecoder {
    options: JsonOptions,
    row: RowDecoder,
    builders: Vec<ColumnBuilder>,
    rows: usize,
    errors: u64,
    scratch: Scratch,
}

/// Buffers that are kept from value to value.
#[derive(Debug, Default)]
struct Scratch {
    text: String,
    bytes: Vec<u8>,
}

/// The fields of an object that are read.
#[derive(Debug)]
struct RowDecoder {
    names: Vec<String>,
    types: Vec<LogicalType>,
    values: Vec<ValueDecoder>,
    /// By name; used when there are too many names to compare one by one.
    index: HashMap<Vec<u8>, usize>,
    /// The value found for each field of the current object.
    found: Vec<Option<Token>>,
    /// Where a name is looked for first: behind the one found last.
    next: usize,
}

/// How the values of a type are found within the document. Types without parts need nothing.
#[derive(Debug)]
enum ValueDecoder {
    Leaf,
    Row(Box<RowDecoder>),
    Array(Box<ValueDecoder>),
    Map(Box<ValueDecoder>),
}

/// Why a record gave no row.
enum Problem {
    Malformed(Malformed),
    NoObject,
    Missing(String),
    Unreadable { field: String, ty: String, text: String },
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Problem::Malformed(malformed)
    }
}

/// More names than this are looked up by hash.
const COMPARED_NAMES: usize = 12;

impl JsonDecoder {
    /// A decoder of records with the fields of `physical` that builds those at `projection`.
    pub fn new(options: &JsonOptions, physical: &RowType, projection: &[usize]) -> Self {
        let read = physical.project(projection);
        Self {
            options: options.clone(),
            builders: read.fields.iter().map(|field| ColumnBuilder::new(&field.ty)).collect(),
            row: RowDecoder::new(&read),
            rows: 0,
            errors: 0,
            scratch: Scratch::default(),
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
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }

    /// Decodes a message: one object, an array of objects, or blanks.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        let mut scanner = Scanner::new(record);
        let outcome = match scanner.peek() {
            None => return Ok(()),
            Some(b'{') => self.append(&mut scanner, record),
            Some(b'[') => self.append_elements(&mut scanner, record),
            Some(_) => match scanner.value() {
                Ok(Token { kind: Kind::Null, .. }) => return self.skip_null(),
                Ok(_) => Err(Problem::NoObject),
                Err(malformed) => Err(Problem::Malformed(malformed)),
            },
        };
        match outcome {
            Ok(clean) => {
                self.errors += u64::from(!clean);
                Ok(())
            }
            Err(_) if self.options.ignore_errors => {
                self.errors += 1;
                Ok(())
            }
            Err(problem) => Err(undecodable("json", origin, &problem.to_string(), record)),
        }
    }

    /// Decodes the complete lines at the start of `bytes` until `max_rows` rows are held, and moves `place` on. With `last`, nothing follows
    /// `bytes`. Returns how many bytes were taken; fewer than all means that the rows are full or a line is incomplete.
    pub fn decode_chunk(
        &mut self,
        bytes: &[u8],
        last: bool,
        max_rows: usize,
        place: &mut FilePlace,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() && self.rows < max_rows {
            let rest = &bytes[at..];
            let (end, taken) = match memchr::memchr(b'\n', rest) {
                Some(end) => (end, end + 1),
                None if last => (rest.len(), rest.len()),
                None => break,
            };
            self.decode_message(&rest[..end], place.origin())?;
            place.advance(taken, u64::from(taken > end));
            at += taken;
        }
        Ok(at)
    }

    /// `null` is no row and no error.
    fn skip_null(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Appends the elements of an array as rows; those before a faulty one stay.
    fn append_elements(&mut self, scanner: &mut Scanner<'_>, record: &[u8]) -> Result<bool, Problem> {
        let mut clean = true;
        let mut more = scanner.open(b']');
        while more {
            match scanner.peek() {
                Some(b'{') => clean &= self.append(scanner, record)?,
                _ => match scanner.value()?.kind {
                    Kind::Null => {}
                    _ => return Err(Problem::NoObject),
                },
            }
            more = scanner.another(b']')?;
        }
        Ok(clean)
    }

    /// Appends the object at the scanner as a row. False when a field was made NULL because it could not be read.
    fn append(&mut self, scanner: &mut Scanner<'_>, record: &[u8]) -> Result<bool, Problem> {
        let matched = self.row.find_fields(scanner, record)?;
        let mut conversion = Conversion { options: &self.options, record, scratch: &mut self.scratch };
        let clean = conversion.append_row(&mut self.row, matched, &mut self.builders)?;
        self.rows += 1;
        Ok(clean)
    }
}

impl RowDecoder {
    fn new(row: &RowType) -> Self {
        let names: Vec<String> = row.fields.iter().map(|field| field.name.clone()).collect();
        let index = if names.len() > COMPARED_NAMES {
            names.iter().enumerate().map(|(index, name)| (name.clone().into_bytes(), index)).collect()
        } else {
            HashMap::new()
        };
        Self {
            types: row.fields.iter().map(|field| field.ty.clone()).collect(),
            values: row.fields.iter().map(|field| ValueDecoder::new(&field.ty)).collect(),
            found: vec![None; names.len()],
            names,
            index,
            next: 0,
        }
    }

    /// Walks over the object at the scanner and notes the values of the fields that are read. Returns how many there were.
    ///
    /// As Flink does, it stops looking once it has met as many as are read: of a repeated field the last one before that counts.
    fn find_fields(&mut self, scanner: &mut Scanner<'_>, record: &[u8]) -> Result<usize, Malformed> {
        self.found.fill(None);
        self.next = 0;
        let mut matched = 0;
        let mut more = scanner.open(b'}');
        while more {
            let key = scanner.key()?;
            let index = if matched < self.names.len() { self.position(key, record) } else { None };
            let value = scanner.value()?;
            if let Some(index) = index {
                self.found[index] = Some(value);
                matched += 1;
            }
            more = scanner.another(b'}')?;
        }
        Ok(matched)
    }

    fn position(&mut self, key: Token, record: &[u8]) -> Option<usize> {
        let raw = key.text(record);
        if key.kind == (Kind::String { escaped: true }) {
            let mut name = String::new();
            return if unescape(raw, &mut name) { self.lookup(name.as_bytes()) } else { None };
        }
        if self.names.get(self.next).is_some_and(|name| name.as_bytes() == raw) {
            self.next += 1;
            return Some(self.next - 1);
        }
        let found = self.lookup(raw);
        if let Some(index) = found {
            self.next = index + 1;
        }
        found
    }

    fn lookup(&self, name: &[u8]) -> Option<usize> {
        if self.index.is_empty() {
            self.names.iter().position(|candidate| candidate.as_bytes() == name)
        } else {
            self.index.get(name).copied()
        }
    }
}

impl ValueDecoder {
    fn new(ty: &LogicalType) -> Self {
        match &ty.kind {
            TypeKind::Row(row) => ValueDecoder::Row(Box::new(RowDecoder::new(row))),
            TypeKind::Array(element) => ValueDecoder::Array(Box::new(ValueDecoder::new(element))),
            TypeKind::Map(_, value) => ValueDecoder::Map(Box::new(ValueDecoder::new(value))),
            TypeKind::Multiset(_) => ValueDecoder::Map(Box::new(ValueDecoder::Leaf)),
            _ => ValueDecoder::Leaf,
        }
    }
}

/// Converts the values of one record.
struct Conversion<'a> {
    options: &'a JsonOptions,
    record: &'a [u8],
    scratch: &'a mut Scratch,
}

impl Conversion<'_> {
    /// Appends one value to each builder. False when one was made NULL because it could not be read.
    fn append_row(
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
                for (name, found) in self.entries(token)? {
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

impl Problem {
    /// The same problem, told by the row around it.
    fn within(self, outer: &str) -> Problem {
        match self {
            Problem::Missing(field) => Problem::Missing(format!("{outer}.{field}")),
            Problem::Unreadable { field, ty, text } => {
                Problem::Unreadable { field: format!("{outer}.{field}"), ty, text }
            }
            other => other,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Malformed(Malformed { at, expected }) => {
                write!(f, "it is no valid JSON, {expected} is expected at its byte {at}")
            }
            Problem::NoObject => f.write_str("it is neither a JSON object nor an array of objects"),
            Problem::Missing(field) => write!(f, "field '{field}' is missing and 'fail-on-missing-field' is true"),
            Problem::Unreadable { field, ty, text } => write!(f, "field '{field}' is no {ty}: {text}"),
        }
    }
}
