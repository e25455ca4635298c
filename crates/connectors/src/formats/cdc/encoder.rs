//! Rows to changes.

use dataflow::{Batch, Failure, RowType};

use super::options::CdcOptions;
use crate::formats::json::{JsonEncoder, JsonRows};

/// Encodes some columns of a row type, and the kinds of the rows.
#[derive(Debug)]
pub struct CdcEncoder {
    /// What is written before and behind a row that comes, and one that goes.
    around: [(&'static str, &'static str); 2],
    rows: JsonEncoder,
}

/// A batch ready to be encoded row by row.
#[derive(Debug)]
pub struct CdcRows<'a> {
    encoder: &'a CdcEncoder,
    batch: &'a Batch,
    rows: JsonRows<'a>,
}

impl CdcEncoder {
    /// An encoder of the columns at these indices of rows of this type. `names` are those of the fields written.
    pub fn new(options: &CdcOptions, input: &RowType, columns: &[usize], names: &[String]) -> Self {
        let around = |goes| match options.json.ignores_nulls() {
            true => options.envelope.around_without_nulls(goes),
            false => options.envelope.around(goes),
        };
        Self { around: [around(false), around(true)], rows: JsonEncoder::new(&options.json, input, columns, names) }
    }

    /// Prepares a batch.
    pub fn rows<'a>(&'a self, batch: &'a Batch) -> CdcRows<'a> {
        CdcRows { encoder: self, batch, rows: self.rows.rows(batch) }
    }
}

impl CdcRows<'_> {
    /// Appends a change without a line end.
    pub fn write(&self, row: usize, out: &mut String) -> Result<(), Failure> {
        let (before, behind) = self.encoder.around[usize::from(self.batch.kind(row).is_retraction())];
        out.push_str(before);
        self.rows.write(row, out)?;
        out.push_str(behind);
        Ok(())
    }
}
