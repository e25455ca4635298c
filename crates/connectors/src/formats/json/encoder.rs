//! Rows to JSON text, as Jackson writes it.

use dataflow::{Batch, Failure, RowType};

use super::options::{JsonOptions, NullKeys};
use super::text::push_quoted;
use crate::column_view::ColumnView;
use crate::formats::base64_text::push_base64;
use crate::formats::time_text::TimestampStandard;
use crate::java_text;

/// Encodes some columns of a row type.
#[derive(Debug)]
pub struct JsonEncoder {
    options: JsonOptions,
    input: RowType,
    columns: Vec<usize>,
    /// The names in quotes, with the colon.
    names: Vec<String>,
}

/// A batch ready to be encoded row by row.
#[derive(Debug)]
pub struct JsonRows<'a> {
    encoder: &'a JsonEncoder,
    columns: Vec<ColumnView<'a>>,
}

impl JsonEncoder {
    /// An encoder of the columns at these indices of rows of this type. `names` are those of the fields written.
    pub fn new(options: &JsonOptions, input: &RowType, columns: &[usize], names: &[String]) -> Self {
        let quoted = |name: &String| {
            let mut out = String::new();
            push_quoted(name, &mut out);
            out.push(':');
            out
        };
        Self {
            options: options.clone(),
            input: input.clone(),
            columns: columns.to_vec(),
            names: names.iter().map(quoted).collect(),
        }
    }

    /// Prepares a batch.
    pub fn rows<'a>(&'a self, batch: &'a Batch) -> JsonRows<'a> {
        let view = |&index: &usize| ColumnView::new(batch.column(index).as_ref(), &self.input.fields[index].ty);
        JsonRows { encoder: self, columns: self.columns.iter().map(view).collect() }
    }
}

impl JsonRows<'_> {
    /// Appends a row without a line end.
    pub fn write(&self, row: usize, out: &mut String) -> Result<(), Failure> {
        let options = &self.encoder.options;
        out.push('{');
        let mut first = true;
        for (name, column) in self.encoder.names.iter().zip(&self.columns) {
            if options.ignore_nulls && column.is_null(row) {
                continue;
            }
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            out.push_str(name);
            push_value(column, row, options, out).map_err(|failure| {
                failure.context(format!("cannot write the JSON field {}", name.trim_end_matches(':')))
            })?;
        }
        out.push('}');
        Ok(())
    }
}

impl JsonRows<'_> {
    /// Appends the values of a row as an array.
    pub fn write_values(&self, row: usize, out: &mut String) -> Result<(), Failure> {
        out.push('[');
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            push_value(column, row, &self.encoder.options, out)?;
        }
        out.push(']');
        Ok(())
    }
}

fn push_value(column: &ColumnView<'_>, row: usize, options: &JsonOptions, out: &mut String) -> Result<(), Failure> {
    if column.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match column {
        ColumnView::Boolean(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
        ColumnView::TinyInt(array) => push_integer(out, array.value(row)),
        ColumnView::SmallInt(array) => push_integer(out, array.value(row)),
        ColumnView::Int(array) | ColumnView::IntervalYearMonth(array) => push_integer(out, array.value(row)),
        ColumnView::BigInt(array) | ColumnView::IntervalDayTime(array) => push_integer(out, array.value(row)),
        ColumnView::Float(array) => {
            let value = array.value(row);
            in_quotes(out, !value.is_finite(), |out| java_text::push_float(out, value));
        }
        ColumnView::Double(array) => {
            let value = array.value(row);
            in_quotes(out, !value.is_finite(), |out| java_text::push_double(out, value));
        }
        ColumnView::Decimal { array, scale } if options.plain_decimal => {
            java_text::push_decimal(out, array.value(row), *scale);
        }
        ColumnView::Decimal { array, scale } => {
            let (unscaled, scale) = java_text::strip_trailing_zeros(array.value(row), *scale);
            java_text::push_big_decimal(out, unscaled, scale);
        }
        ColumnView::Text(array) => push_quoted(array.value(row), out),
        ColumnView::Bytes(array) => in_quotes(out, true, |out| push_base64(out, array.value(row))),
        ColumnView::Date(array) => in_quotes(out, true, |out| java_text::push_date(out, array.value(row))),
        ColumnView::Time(array) => in_quotes(out, true, |out| java_text::push_iso_time(out, array.value(row))),
        ColumnView::Timestamp(array) => in_quotes(out, true, |out| push_instant(out, array.parts(row), options)),
        ColumnView::TimestampLtz(array) => in_quotes(out, true, |out| {
            let (seconds, nanos) = array.parts(row);
            push_instant(out, (seconds + options.zone_offset(seconds), nanos), options);
            out.push('Z');
        }),
        ColumnView::Array { array, element } => {
            out.push('[');
            for (position, index) in ColumnView::range(array.value_offsets(), row).enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_value(element, index, options, out)?;
            }
            out.push(']');
        }
        ColumnView::Map { array, key, value } => {
            push_map(ColumnView::range(array.value_offsets(), row), key, value, options, out)?;
        }
        ColumnView::Row { fields, .. } => push_row(fields, row, options, out)?,
        ColumnView::Null => out.push_str("null"),
    }
    Ok(())
}

fn push_row(
    fields: &[(String, ColumnView<'_>)],
    row: usize,
    options: &JsonOptions,
    out: &mut String,
) -> Result<(), Failure> {
    out.push('{');
    let mut first = true;
    for (name, field) in fields {
        if options.ignore_nulls && field.is_null(row) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        push_quoted(name, out);
        out.push(':');
        push_value(field, row, options, out)?;
    }
    out.push('}');
    Ok(())
}

fn push_map(
    range: std::ops::Range<usize>,
    key: &ColumnView<'_>,
    value: &ColumnView<'_>,
    options: &JsonOptions,
    out: &mut String,
) -> Result<(), Failure> {
    let ColumnView::Text(keys) = key else { unreachable!("check_types admits only texts as keys") };
    out.push('{');
    let mut first = true;
    for index in range {
        let name = match (key.is_null(index), &options.null_keys) {
            (false, _) => keys.value(index),
            (true, NullKeys::Literal(literal)) => literal,
            (true, NullKeys::Drop) => continue,
            (true, NullKeys::Fail) => {
                return Err(Failure::user(
                    "a map has a NULL key, which JSON cannot hold (set 'json.map-null-key.mode' to 'DROP' or 'LITERAL')",
                ));
            }
        };
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        push_quoted(name, out);
        out.push(':');
        push_value(value, index, options, out)?;
    }
    out.push('}');
    Ok(())
}

fn push_instant(out: &mut String, parts: (i64, u32), options: &JsonOptions) {
    let separator = if options.standard == TimestampStandard::Sql { ' ' } else { 'T' };
    java_text::push_timestamp(out, parts, separator);
}

fn in_quotes(out: &mut String, quoted: bool, push: impl FnOnce(&mut String)) {
    if quoted {
        out.push('"');
    }
    push(out);
    if quoted {
        out.push('"');
    }
}

fn push_integer(out: &mut String, value: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(value));
}
