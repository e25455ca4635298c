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
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BinaryArray, Float32Array, Int8Array, Time32MillisecondArray, TimestampMillisecondArray,
    };
    use dataflow::{Field, TypeKind};

    use super::*;

    #[test]
    fn rows_are_shown_as_java_shows_them() {
        let fields = [
            ("f", TypeKind::Float),
            ("b", TypeKind::BYTES),
            ("t", TypeKind::Time { precision: 0 }),
            ("ts", TypeKind::timestamp(3)),
            ("ltz", TypeKind::timestamp_ltz(3)),
        ];
        let input = RowType::new(fields.map(|(name, kind)| Field::new(name, kind.nullable())).into());
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Float32Array::from(vec![Some(1e10), None])),
            Arc::new(BinaryArray::from_opt_vec(vec![Some(&[0, 255][..]), None])),
            Arc::new(Time32MillisecondArray::from(vec![Some(0), None])),
            Arc::new(TimestampMillisecondArray::from(vec![Some(1_704_190_260_000), None])),
            Arc::new(TimestampMillisecondArray::from(vec![Some(0), None])),
        ];
        let kinds = Some(Int8Array::from(vec![1, 2]));
        let batch = Batch::from_columns(input.arrow_schema(), columns, kinds, 2).expect("the columns have one length");
        let mut writer = PrintWriter::new("p> ".to_owned(), &input, Vec::new());
        writer.write(&batch).expect("a vector can be written to");
        assert_eq!(
            String::from_utf8(writer.out).expect("text"),
            "p> -U[1.0E10, [0, -1], 00:00, 2024-01-02T10:11, 1970-01-01T00:00:00Z]\np> +U[null, null, null, null, null]\n"
        );
    }

    #[test]
    fn the_prefix_has_identifier_and_subtask_as_flink_has_them() {
        assert_eq!(prefix("", 0, 1), "");
        assert_eq!(prefix("", 0, 2), "1> ");
        assert_eq!(prefix("NAME", 0, 1), "NAME> ");
        assert_eq!(prefix("NAME", 1, 2), "NAME:2> ");
    }
}
