//! Rows of a SELECT and tables of a SHOW on standard output.

mod json;
mod table;

use std::io::{self, Write};

use dataflow::{Batch, RowType};
use expr::EvalContext;

use crate::args::OutputFormat;

/// Prints one result.
#[derive(Debug)]
pub struct ResultPrinter {
    format: OutputFormat,
    schema: RowType,
    context: EvalContext,
    rows: u64,
}

impl ResultPrinter {
    /// A printer of rows of this type, rendered in the context's time zone.
    pub fn new(format: OutputFormat, schema: RowType, context: EvalContext) -> Self {
        Self { format, schema, context, rows: 0 }
    }

    /// What comes before the rows.
    pub fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            OutputFormat::Table => table::header(&self.schema, out),
            OutputFormat::Json => Ok(()),
        }
    }

    /// Prints rows.
    pub fn rows(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        self.rows += batch.num_rows() as u64;
        match self.format {
            OutputFormat::Table => table::rows(&self.schema, batch, &self.context, out)?,
            OutputFormat::Json => json::rows(&self.schema, batch, &self.context, out)?,
        }
        out.flush()
    }

    /// What comes after the rows.
    pub fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            OutputFormat::Table => table::footer(&self.schema, self.rows, out),
            OutputFormat::Json => Ok(()),
        }
    }
}

/// Prints the table that a SHOW, DESCRIBE or EXPLAIN answers.
pub fn print_table(
    format: OutputFormat,
    columns: &RowType,
    rows: &[Vec<Option<String>>],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        OutputFormat::Table => table::static_table(columns, rows, out),
        OutputFormat::Json => json::static_table(columns, rows, out),
    }
}
