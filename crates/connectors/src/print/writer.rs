//! Prints a batch with one write, so that lines of several tasks do not mix.

use std::io::Write;
use std::task::Waker;

use dataflow::{Batch, Failure, Progress, RowType, SinkWriter};

use super::row_text::write_value;
use crate::column_view::ColumnView;

/// What comes before each row, as Flink's `PrintSinkOutputWriter` puts it.
pub(super) fn prefix(identifier: &str, subtask: u32, parallelism: u32) -> String {
    match (identifier, parallelism > 1) {
        ("", false) => String::new(),
        ("", true) => format!("{}> ", subtask + 1),
        (identifier, false) => format!("{identifier}> "),
        (identifier, true) => format!("{identifier}:{}> ", subtask + 1),
    }
}

pub(super) struct PrintWriter<W> {
    prefix: String,
    input: RowType,
    out: W,
    text: String,
}

impl<W: Write> PrintWriter<W> {
    pub(super) fn new(prefix: String, input: &RowType, out: W) -> Self {
        Self { prefix, input: input.clone(), out, text: String::new() }
    }
}

impl<W: Write + Send> SinkWriter for PrintWriter<W> {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let columns = ColumnView::of_batch(batch, &self.input);
        self.text.clear();
        for row in 0..batch.num_rows() {
            self.text.push_str(&self.prefix);
            self.text.push_str(batch.kind(row).short());
            self.text.push('[');
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    self.text.push_str(", ");
                }
                write_value(column, row, &mut self.text);
            }
            self.text.push_str("]\n");
        }
        let written = self.out.write_all(self.text.as_bytes()).and_then(|()| self.out.flush());
        written
            .map_err(|error| Failure::external("the print sink cannot write to its standard stream").caused_by(error))
    }

    fn finish(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_has_identifier_and_subtask_as_flink_has_them() {
        assert_eq!(prefix("", 0, 1), "");
        assert_eq!(prefix("", 0, 2), "1> ");
        assert_eq!(prefix("NAME", 0, 1), "NAME> ");
        assert_eq!(prefix("NAME", 1, 2), "NAME:2> ");
    }
}
