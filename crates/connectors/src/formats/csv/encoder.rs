//! Rows to CSV text, quoted where Jackson's CSV generator quotes.

use dataflow::{Batch, RowType};

use super::options::CsvOptions;
use crate::column_view::ColumnView;
use crate::formats::base64_text::push_base64;
use crate::java_text;

/// Longer texts are quoted without a look at them.
const MAX_CHECKED: usize = 24;

/// Encodes some columns of a row type.
#[derive(Debug)]
pub struct CsvEncoder {
    options: CsvOptions,
    input: RowType,
    columns: Vec<usize>,
    /// Characters below this one make a text quoted.
    min_safe: u8,
}

/// A batch ready to be encoded row by row.
#[derive(Debug)]
pub struct CsvRows<'a> {
    encoder: &'a CsvEncoder,
    columns: Vec<ColumnView<'a>>,
    scratch: String,
}

impl CsvEncoder {
    /// An encoder of the columns at these indices of rows of this type.
    pub fn new(options: &CsvOptions, input: &RowType, columns: &[usize]) -> Self {
        let min_safe = options.delimiter.max(options.quote.unwrap_or(0)).max(b'\n') + 1;
        Self { options: options.clone(), input: input.clone(), columns: columns.to_vec(), min_safe }
    }

    /// Prepares a batch.
    pub fn rows<'a>(&'a self, batch: &'a Batch) -> CsvRows<'a> {
        let view = |&index: &usize| ColumnView::new(batch.column(index).as_ref(), &self.input.fields[index].ty);
        CsvRows { encoder: self, columns: self.columns.iter().map(view).collect(), scratch: String::new() }
    }
}

impl CsvRows<'_> {
    /// Appends a row without a line end.
    pub fn write(&mut self, row: usize, out: &mut String) {
        let options = &self.encoder.options;
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(char::from(options.delimiter));
            }
            if column.is_null(row) {
                out.push_str(options.null_literal.as_deref().unwrap_or_default());
            } else if is_text(column) {
                self.scratch.clear();
                push_value(column, row, options, &mut self.scratch);
                self.encoder.push_text(&self.scratch, out);
            } else {
                push_value(column, row, options, out);
            }
        }
    }
}

impl CsvEncoder {
    fn push_text(&self, text: &str, out: &mut String) {
        let Some(quote) = self.options.quote.filter(|_| self.needs_quotes(text)) else {
            out.push_str(text);
            return;
        };
        let quote = char::from(quote);
        let escape = self.options.escape.map(char::from);
        out.push(quote);
        for character in text.chars() {
            if character == quote || Some(character) == escape {
                out.push(character);
            }
            out.push(character);
        }
        out.push(quote);
    }

    fn needs_quotes(&self, text: &str) -> bool {
        let is_long = text.len() > MAX_CHECKED && text.encode_utf16().count() > MAX_CHECKED;
        is_long || text.bytes().any(|byte| byte < self.min_safe || Some(byte) == self.options.escape)
    }
}

/// Whether the value goes out as a text, which may need quotes, and not as a number.
fn is_text(column: &ColumnView<'_>) -> bool {
    !matches!(
        column,
        ColumnView::Boolean(_)
            | ColumnView::TinyInt(_)
            | ColumnView::SmallInt(_)
            | ColumnView::Int(_)
            | ColumnView::BigInt(_)
            | ColumnView::Float(_)
            | ColumnView::Double(_)
            | ColumnView::Decimal { .. }
            | ColumnView::IntervalYearMonth(_)
            | ColumnView::IntervalDayTime(_)
    )
}

/// Appends a value that is not NULL, without quotes.
fn push_value(column: &ColumnView<'_>, row: usize, options: &CsvOptions, out: &mut String) {
    match column {
        ColumnView::Boolean(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
        ColumnView::TinyInt(array) => push_integer(out, array.value(row)),
        ColumnView::SmallInt(array) => push_integer(out, array.value(row)),
        ColumnView::Int(array) | ColumnView::IntervalYearMonth(array) => push_integer(out, array.value(row)),
        ColumnView::BigInt(array) | ColumnView::IntervalDayTime(array) => push_integer(out, array.value(row)),
        ColumnView::Float(array) => java_text::push_float(out, array.value(row)),
        ColumnView::Double(array) => java_text::push_double(out, array.value(row)),
        ColumnView::Decimal { array, scale } if options.scientific => {
            let (unscaled, scale) = java_text::strip_trailing_zeros(array.value(row), *scale);
            java_text::push_big_decimal(out, unscaled, scale);
        }
        ColumnView::Decimal { array, scale } => java_text::push_decimal(out, array.value(row), *scale),
        ColumnView::Text(array) => out.push_str(array.value(row)),
        ColumnView::Bytes(array) => push_base64(out, array.value(row)),
        ColumnView::Date(array) => java_text::push_date(out, array.value(row)),
        ColumnView::Time(array) => java_text::push_iso_time(out, array.value(row)),
        ColumnView::Timestamp(array) => java_text::push_timestamp(out, array.parts(row), ' '),
        ColumnView::TimestampLtz(array) => {
            java_text::push_timestamp(out, array.parts(row), ' ');
            out.push('Z');
        }
        ColumnView::Array { array, element } => {
            let range = ColumnView::range(array.value_offsets(), row);
            push_parts(range.map(|index| (element.as_ref(), index)), options, out);
        }
        ColumnView::Row { fields, .. } => push_parts(fields.iter().map(|(_, field)| (field, row)), options, out),
        ColumnView::Map { .. } | ColumnView::Null => {}
    }
}

fn push_parts<'v>(parts: impl Iterator<Item = (&'v ColumnView<'v>, usize)>, options: &CsvOptions, out: &mut String) {
    for (position, (column, index)) in parts.enumerate() {
        if position > 0 {
            out.push_str(&options.array_delimiter);
        }
        if column.is_null(index) {
            out.push_str(options.null_literal.as_deref().unwrap_or_default());
        } else {
            push_value(column, index, options, out);
        }
    }
}

fn push_integer(out: &mut String, value: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(value));
}
