//! An encoder of any format.

use dataflow::{Batch, Failure};

use super::cdc::{CdcEncoder, CdcRows};
use super::csv::{CsvEncoder, CsvRows};
use super::json::{JsonEncoder, JsonRows};
use super::raw::{RawEncoder, RawRows};

/// Turns rows into records.
#[derive(Debug)]
pub enum Encoder {
    /// The `csv` format.
    Csv(CsvEncoder),
    /// The `json` format.
    Json(JsonEncoder),
    /// A format of changes.
    Cdc(CdcEncoder),
    /// The `raw` format.
    Raw(RawEncoder),
}

/// A batch ready to be encoded row by row.
#[derive(Debug)]
pub enum EncoderRows<'a> {
    /// The `csv` format.
    Csv(CsvRows<'a>),
    /// The `json` format.
    Json(JsonRows<'a>),
    /// A format of changes.
    Cdc(CdcRows<'a>),
    /// The `raw` format.
    Raw(RawRows<'a>),
}

impl Encoder {
    /// Prepares a batch.
    pub fn rows<'a>(&'a self, batch: &'a Batch) -> EncoderRows<'a> {
        match self {
            Encoder::Csv(encoder) => EncoderRows::Csv(encoder.rows(batch)),
            Encoder::Json(encoder) => EncoderRows::Json(encoder.rows(batch)),
            Encoder::Cdc(encoder) => EncoderRows::Cdc(encoder.rows(batch)),
            Encoder::Raw(encoder) => EncoderRows::Raw(encoder.rows(batch)),
        }
    }
}

impl EncoderRows<'_> {
    /// Appends the record of a row, without a line end.
    pub fn write(&mut self, row: usize, out: &mut String) -> Result<(), Failure> {
        match self {
            EncoderRows::Csv(rows) => {
                rows.write(row, out);
                Ok(())
            }
            EncoderRows::Json(rows) => rows.write(row, out),
            EncoderRows::Cdc(rows) => rows.write(row, out),
            EncoderRows::Raw(rows) => rows.write(row, out),
        }
    }
}
