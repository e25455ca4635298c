//! JSON documents to Arrow columns: only the columns that are read are built, the rest is skipped over.
//!
//! A record is first walked over, which finds the value of each column and checks the whole document; then the values are converted. So a
//! malformed record leaves no trace, and nothing is copied for fields that nobody reads.

use arrow_array::ArrayRef;
use dataflow::{Failure, RowType};

use super::conversion::{Conversion, Scratch};
use super::fields::RowDecoder;
use super::options::JsonOptions;
use super::problem::Problem;
use super::scanner::{Kind, Scanner, Token};
use crate::formats::column_builder::ColumnBuilder;
use crate::formats::origin::{Origin, undecodable};

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
                // No row and no error.
                Ok(Token { kind: Kind::Null, .. }) => return Ok(()),
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
