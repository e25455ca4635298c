//! Rows as a table, as Flink's SQL client prints them in its tableau mode: column widths follow from the types, so that rows can be printed as
//! they come. A longer cell is printed in full and pushes the ones after it to the right.

use std::io::{self, Write};

use arrow_array::Array;
use dataflow::{Batch, Field, RowType, TypeKind};
use expr::EvalContext;
use expr::render::render_cell;
use unicode_width::UnicodeWidthStr;

const MAX_WIDTH: usize = 30;
const NULL: &str = "<NULL>";

pub(super) fn header(schema: &RowType, out: &mut dyn Write) -> io::Result<()> {
    rule(schema, out)?;
    let mut line = String::from("| op |");
    for field in &schema.fields {
        cell(&mut line, &field.name, width(field));
    }
    writeln!(out, "{line}")?;
    rule(schema, out)
}

pub(super) fn rows(schema: &RowType, batch: &Batch, context: &EvalContext, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        line.clear();
        line.push_str("| ");
        line.push_str(batch.kind(row).short());
        line.push_str(" |");
        for (field, column) in schema.fields.iter().zip(batch.columns()) {
            text.clear();
            if column.is_null(row) {
                text.push_str(NULL);
            } else {
                render_cell(column.as_ref(), row, &field.ty, context.time_zone, &mut text);
            }
            cell(&mut line, &text, width(field));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

pub(super) fn footer(schema: &RowType, rows: u64, out: &mut dyn Write) -> io::Result<()> {
    if rows > 0 {
        rule(schema, out)?;
    }
    let noun = if rows == 1 { "row" } else { "rows" };
    writeln!(out, "Received a total of {rows} {noun}")
}

/// A table whose rows are all there: as wide as its cells.
pub(super) fn static_table(columns: &RowType, rows: &[Vec<Option<String>>], out: &mut dyn Write) -> io::Result<()> {
    // A plan or a CREATE statement is text to read, not a cell to frame.
    if let ([_], [row]) = (columns.fields.as_slice(), rows)
        && let [Some(text)] = row.as_slice()
        && text.contains('\n')
    {
        return writeln!(out, "{}", text.trim_end());
    }
    let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| NULL.to_owned());
    let widths: Vec<usize> = (0..columns.len())
        .map(|index| {
            rows.iter()
                .map(|row| text(&row[index]).width())
                .chain([columns.fields[index].name.width()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect::<String>() + "+";
    let line = |cells: Vec<String>| {
        let mut line = String::from("|");
        for (text, width) in cells.iter().zip(&widths) {
            cell(&mut line, text, *width);
        }
        line
    };
    writeln!(out, "{rule}\n{}\n{rule}", line(columns.fields.iter().map(|field| field.name.clone()).collect()))?;
    for row in rows {
        writeln!(out, "{}", line(row.iter().map(text).collect()))?;
    }
    writeln!(out, "{rule}\n{} {} in set", rows.len(), if rows.len() == 1 { "row" } else { "rows" })
}

fn rule(schema: &RowType, out: &mut dyn Write) -> io::Result<()> {
    let columns: String = schema.fields.iter().map(|field| format!("{}+", "-".repeat(width(field) + 2))).collect();
    writeln!(out, "+----+{columns}")
}

/// Appends a right-aligned cell and its border.
fn cell(line: &mut String, text: &str, width: usize) {
    line.push(' ');
    line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    line.push_str(text);
    line.push_str(" |");
}

fn width(field: &Field) -> usize {
    let of_type = match &field.ty.kind {
        TypeKind::Boolean => 5,
        TypeKind::TinyInt => 4,
        TypeKind::SmallInt => 6,
        TypeKind::Int => 11,
        TypeKind::BigInt => 20,
        TypeKind::Decimal { precision, .. } => *precision as usize + 2,
        TypeKind::Char { length } | TypeKind::Varchar { length } => (*length as usize).min(MAX_WIDTH),
        TypeKind::Date => 10,
        TypeKind::Time { precision: 0 } => 8,
        TypeKind::Time { precision } => *precision as usize + 9,
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => {
            19 + if *precision > 0 { *precision as usize + 1 } else { 0 }
        }
        _ => MAX_WIDTH,
    };
    of_type.max(field.name.width()).max(if field.ty.nullable { NULL.len() } else { 0 })
}
