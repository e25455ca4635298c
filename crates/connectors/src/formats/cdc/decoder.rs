//! Changes to rows with their kinds. As in the `json` format, the envelope is walked over first, and only the fields that are read are converted.

use arrow_array::{ArrayRef, Int8Array};
use dataflow::{Failure, Field, RowKind, RowType, TypeKind};
use regex::bytes::Regex;

use super::envelope::{Change, DATABASE, NEW, OLD, OPERATION, TABLE};
use super::options::{CdcOptions, whole};
use crate::formats::column_builder::ColumnBuilder;
use crate::formats::json::{Conversion, Kind, Problem, RowDecoder, Scanner, Scratch, Token};
use crate::formats::origin::{Origin, excerpt, undecodable};

/// Decodes records of one table.
#[derive(Debug)]
pub struct CdcDecoder {
    options: CdcOptions,
    /// Finds what is around the envelope, if anything is.
    payload: Option<RowDecoder>,
    /// Of which databases and tables changes are read.
    wanted: Vec<(usize, Regex)>,
    envelope: RowDecoder,
    /// Finds the fields of a row, and those of the row that it was.
    new: RowDecoder,
    old: RowDecoder,
    /// Which fields are named by any of the rows of what was, of the current record.
    named: Vec<bool>,
    builders: Vec<ColumnBuilder>,
    kinds: Vec<i8>,
    errors: u64,
    scratch: Scratch,
}

impl CdcDecoder {
    /// A decoder of rows with the fields of `physical` that builds those at `projection`.
    pub fn new(options: &CdcOptions, physical: &RowType, projection: &[usize]) -> Self {
        let read = physical.project(projection);
        let finder = |names: &[&str]| {
            let fields = names.iter().map(|name| Field::new(*name, TypeKind::STRING.nullable())).collect();
            RowDecoder::new(&RowType { fields })
        };
        let patterns = [(DATABASE, &options.database), (TABLE, &options.table)];
        let pattern = |text: &String| whole(text).expect("it was tried when the options were read");
        Self {
            wanted: patterns.iter().filter_map(|(field, text)| Some((*field, pattern(text.as_ref()?)))).collect(),
            payload: options.schema_include.then(|| finder(&["payload"])),
            envelope: finder(options.envelope.fields()),
            new: RowDecoder::new(&read),
            old: RowDecoder::new(&read),
            named: vec![false; read.fields.len()],
            builders: read.fields.iter().map(|field| ColumnBuilder::new(&field.ty)).collect(),
            kinds: Vec::new(),
            errors: 0,
            scratch: Scratch::default(),
            options: options.clone(),
        }
    }

    /// Rows decoded since the last flush.
    pub fn rows(&self) -> usize {
        self.kinds.len()
    }

    /// Records that were skipped or had fields made NULL because they could not be read.
    pub fn decode_errors(&self) -> u64 {
        self.errors
    }

    /// The columns decoded so far. Their [`kinds`](Self::kinds) are gone then.
    pub fn flush(&mut self) -> Vec<ArrayRef> {
        self.kinds.clear();
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }

    /// The kinds of the rows decoded so far.
    pub fn kinds(&self) -> Int8Array {
        Int8Array::from(self.kinds.clone())
    }

    /// Decodes a message: a change, or blanks.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        match self.append_change(record) {
            Ok(clean) => {
                self.errors += u64::from(!clean);
                Ok(())
            }
            Err(_) if self.options.json.ignores_errors() => {
                self.errors += 1;
                Ok(())
            }
            Err(problem) => Err(undecodable(self.options.envelope.name(), origin, &problem.to_string(), record)),
        }
    }

    /// False when a field was made NULL because it could not be read.
    fn append_change(&mut self, record: &[u8]) -> Result<bool, Problem> {
        let mut scanner = Scanner::new(record);
        match scanner.peek() {
            None => return Ok(true),
            Some(b'{') => {}
            Some(_) => return Err(Problem::Envelope("it is no JSON object".to_owned())),
        }
        if let Some(payload) = &mut self.payload {
            payload.find_fields(&mut scanner, record)?;
            let inner = object(payload.found[0], "payload")?;
            scanner = Scanner::inside(record, inner);
        }
        self.envelope.find_fields(&mut scanner, record)?;
        if !self.is_wanted(record) {
            return Ok(true);
        }
        let operation = self.envelope.found[OPERATION].map(|token| token.text(record)).unwrap_or_default();
        let Some(change) = self.options.envelope.change(operation) else {
            let field = self.options.envelope.fields()[OPERATION];
            return Err(Problem::Envelope(format!("its field '{field}' is {}", excerpt(operation))));
        };
        if self.options.envelope.has_whole_rows() {
            self.append_row(record, change)
        } else {
            self.append_data(record, change)
        }
    }

    /// Whether the change is one of a table that is read.
    fn is_wanted(&self, record: &[u8]) -> bool {
        self.wanted.iter().all(|(field, pattern)| {
            self.envelope.found[*field].is_some_and(|token| pattern.is_match(token.text(record)))
        })
    }

    /// A change that tells the row before and after.
    fn append_row(&mut self, record: &[u8], change: Change) -> Result<bool, Problem> {
        let [old, new] = [OLD, NEW].map(|field| self.envelope.found[field]);
        let mut clean = true;
        if change != Change::Insert {
            let Some(old) = old.filter(|token| token.kind != Kind::Null) else {
                let name = if change == Change::Update { "UPDATE" } else { "DELETE" };
                return Err(Problem::Envelope(format!(
                    "The \"before\" field of {name} message is null; a PostgreSQL table needs REPLICA IDENTITY FULL for it"
                )));
            };
            object(Some(old), "before")?;
            let kind = if change == Change::Update {
                object(new, "after")?;
                RowKind::UpdateBefore
            } else {
                RowKind::Delete
            };
            clean &= self.append(record, object(Some(old), "before")?, kind)?;
        }
        if change != Change::Delete {
            let kind = if change == Change::Insert { RowKind::Insert } else { RowKind::UpdateAfter };
            clean &= self.append(record, object(new, "after")?, kind)?;
        }
        Ok(clean)
    }

    /// A change that tells the rows after it, and what they were before.
    fn append_data(&mut self, record: &[u8], change: Change) -> Result<bool, Problem> {
        if change == Change::Definition {
            return Ok(true);
        }
        let [old, new] = [OLD, NEW].map(|field| self.envelope.found[field]);
        let rows = rows(record, new, "data")?;
        if change != Change::Update {
            let kind = if change == Change::Delete { RowKind::Delete } else { RowKind::Insert };
            return rows.into_iter().try_fold(true, |clean, row| Ok(clean & self.append(record, row, kind)?));
        }
        let olds = self::rows(record, old, "old")?;
        self.note_names(record, &olds)?;
        let mut clean = true;
        for (at, row) in rows.into_iter().enumerate() {
            let old = olds.get(at).copied();
            let old = old.ok_or_else(|| Problem::Envelope("its field 'old' has fewer rows than 'data'".to_owned()))?;
            clean &= self.append_update(record, row, old)?;
        }
        Ok(clean)
    }

    /// As in Flink, a field that any of the rows names has changed in all of them.
    fn note_names(&mut self, record: &[u8], olds: &[Token]) -> Result<(), Problem> {
        self.named.fill(false);
        for old in olds {
            self.old.find_fields(&mut Scanner::inside(record, *old), record)?;
            self.named.iter_mut().zip(&self.old.found).for_each(|(named, found)| *named |= found.is_some());
        }
        Ok(())
    }

    fn append_update(&mut self, record: &[u8], row: Token, old: Token) -> Result<bool, Problem> {
        let matched = self.new.find_fields(&mut Scanner::inside(record, row), record)?;
        self.old.find_fields(&mut Scanner::inside(record, old), record)?;
        // What is not named is as it was.
        for ((old, new), named) in self.old.found.iter_mut().zip(&self.new.found).zip(&self.named) {
            *old = if *named { *old } else { *new };
        }
        let mut conversion = Conversion { options: &self.options.json, record, scratch: &mut self.scratch };
        let mut clean = conversion.append_row(&mut self.old, matched, &mut self.builders)?;
        self.kinds.push(RowKind::UpdateBefore as i8);
        clean &= conversion.append_row(&mut self.new, matched, &mut self.builders)?;
        self.kinds.push(RowKind::UpdateAfter as i8);
        Ok(clean)
    }

    fn append(&mut self, record: &[u8], row: Token, kind: RowKind) -> Result<bool, Problem> {
        let matched = self.new.find_fields(&mut Scanner::inside(record, row), record)?;
        let mut conversion = Conversion { options: &self.options.json, record, scratch: &mut self.scratch };
        let clean = conversion.append_row(&mut self.new, matched, &mut self.builders)?;
        self.kinds.push(kind as i8);
        Ok(clean)
    }
}

/// The object that a field holds.
fn object(token: Option<Token>, field: &str) -> Result<Token, Problem> {
    token
        .filter(|token| token.kind == Kind::Object)
        .ok_or_else(|| Problem::Envelope(format!("its field '{field}' holds no row")))
}

/// The row or the rows that a field holds.
fn rows(record: &[u8], token: Option<Token>, field: &str) -> Result<Vec<Token>, Problem> {
    let Some(array) = token.filter(|token| token.kind == Kind::Array) else { return Ok(vec![object(token, field)?]) };
    let mut scanner = Scanner::inside(record, array);
    let mut rows = Vec::new();
    let mut more = scanner.open(b']');
    while more {
        rows.push(object(Some(scanner.value()?), field)?);
        more = scanner.another(b']')?;
    }
    Ok(rows)
}
