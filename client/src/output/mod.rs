//! Rows of a SELECT and tables of a SHOW on standard output, and everything else that a command says.
//!
//! Whoever reads may have gone, as `head` does: a command then ends quietly, as other tools do of SIGPIPE, which Rust's processes ignore. So nothing
//! here is printed by `println!`, which panics.

mod json;
mod table;

use std::fmt;
use std::io::{self, BufWriter, Write};

use anyhow::Context;

use dataflow::{Batch, RowType};
use expr::EvalContext;

use crate::args::OutputFormat;

/// The exit code of a process that SIGPIPE has ended, as a shell has it.
pub const CLOSED_PIPE: u8 = 128 + 13;

/// Nobody reads standard output any more.
#[derive(Debug)]
pub struct OutputClosed;

impl fmt::Display for OutputClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output is closed")
    }
}

impl std::error::Error for OutputClosed {}

/// Writes to standard output in large pieces: by itself it would make a system call of every line.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    if written.is_err() {
        // What is left would be written once more, in vain.
        drop(out.into_parts());
    }
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        written => written.context("cannot write to standard output"),
    }
}

/// Prints; ends this process when nobody reads. Not for processes that others need, or that have something to clean up.
pub fn write_out(text: fmt::Arguments<'_>) {
    if let Err(error) = to_stdout(|out| out.write_fmt(text)) {
        if error.is::<OutputClosed>() {
            std::process::exit(CLOSED_PIPE.into());
        }
        write_remark(format_args!("error: {error:#}"));
        std::process::exit(1);
    }
}

/// A line on standard error, for whoever reads it.
pub fn write_remark(text: fmt::Arguments<'_>) {
    // There is no other place to say that this one is gone.
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// As `println!`, by [`write_out`].
macro_rules! say {
    () => { $crate::output::write_out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::write_out(format_args!("{}\n", format_args!($($text)*))) };
}

/// As `eprintln!`, by [`write_remark`].
macro_rules! remark {
    ($($text:tt)*) => { $crate::output::write_remark(format_args!($($text)*)) };
}

pub(crate) use {remark, say};

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
