//! A value as the `toString` of the Java object that Flink converts it to before printing.

use std::fmt::Write;

use crate::column_view::ColumnView;
use crate::java_text;

/// Appends the value of `row`, or `null`.
pub(super) fn write_value(column: &ColumnView<'_>, row: usize, out: &mut String) {
    if column.is_null(row) {
        out.push_str("null");
        return;
    }
    match column {
        ColumnView::Boolean(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
        ColumnView::TinyInt(array) => push(out, array.value(row)),
        ColumnView::SmallInt(array) => push(out, array.value(row)),
        ColumnView::Int(array) => push(out, array.value(row)),
        ColumnView::BigInt(array) => push(out, array.value(row)),
        ColumnView::Float(array) => java_text::push_float(out, array.value(row)),
        ColumnView::Double(array) => java_text::push_double(out, array.value(row)),
        ColumnView::Decimal { array, scale } => java_text::push_big_decimal(out, array.value(row), i32::from(*scale)),
        ColumnView::Text(array) => out.push_str(array.value(row)),
        ColumnView::Bytes(array) => {
            let bytes = array.value(row).iter();
            push_list(out, bytes.len(), |index, out| push(out, array.value(row)[index] as i8));
        }
        ColumnView::Date(array) => java_text::push_date(out, array.value(row)),
        ColumnView::Time(array) => java_text::push_local_time(out, array.value(row)),
        ColumnView::Timestamp(array) => java_text::push_local_date_time(out, array.parts(row)),
        ColumnView::TimestampLtz(array) => {
            java_text::push_instant(out, array.parts(row));
        }
        ColumnView::IntervalYearMonth(array) => java_text::push_period(out, array.value(row)),
        ColumnView::IntervalDayTime(array) => java_text::push_duration(out, array.value(row)),
        ColumnView::Array { array, element } => {
            let range = ColumnView::range(array.value_offsets(), row);
            push_list(out, range.len(), |index, out| write_value(element, range.start + index, out));
        }
        ColumnView::Map { array, key, value } => {
            let range = ColumnView::range(array.value_offsets(), row);
            out.push('{');
            for entry in range.clone() {
                if entry > range.start {
                    out.push_str(", ");
                }
                write_value(key, entry, out);
                out.push('=');
                write_value(value, entry, out);
            }
            out.push('}');
        }
        ColumnView::Row { fields, .. } => {
            out.push_str("+I");
            push_list(out, fields.len(), |index, out| write_value(&fields[index].1, row, out));
        }
        ColumnView::Null => {}
    }
}

fn push(out: &mut String, value: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(value));
}

fn push_list(out: &mut String, length: usize, mut item: impl FnMut(usize, &mut String)) {
    out.write_char('[').expect("writing to a String cannot fail");
    for index in 0..length {
        if index > 0 {
            out.push_str(", ");
        }
        item(index, out);
    }
    out.push(']');
}
