//! Results as tables of text, as Flink's SQL client prints them: those of a query as they come, in columns whose widths follow from the types, those of
//! other statements as wide as their cells.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::gateway_session::{Column, Row};

/// `table.display.max-column-width` of Flink's default.
pub(super) const MAX_WIDTH: usize = 30;
const NULL: &str = "<NULL>";

/// The columns of a query's result.
#[derive(Debug, Clone)]
pub(super) struct Tableau {
    names: Vec<String>,
    widths: Vec<usize>,
    rows: u64,
}

impl Tableau {
    /// Columns of these types, at most that wide unless the type itself is wider.
    pub(super) fn new(columns: &[Column], max_width: usize) -> Self {
        let width =
            |column: &Column| type_width(column, max_width).max(column.name.width().min(max_width)).max(NULL.len());
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            widths: columns.iter().map(width).collect(),
            rows: 0,
        }
    }

    /// How many rows were printed.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn header(&self, out: &mut dyn Write) -> io::Result<()> {
        self.rule(out)?;
        writeln!(out, "{}", self.line("op", self.names.iter().map(String::as_str)))?;
        self.rule(out)
    }

    pub(super) fn print(&mut self, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
        for row in rows {
            writeln!(out, "{}", self.line(row.op(), cells(row)))?;
        }
        self.rows += rows.len() as u64;
        out.flush()
    }

    /// The line below the last row.
    pub(super) fn footer(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows > 0 { self.rule(out) } else { Ok(()) }
    }

    /// A line of a full screen or of the table.
    pub(super) fn line<'a>(&self, op: &str, cells: impl Iterator<Item = &'a str>) -> String {
        let mut line = format!("| {op} |");
        for (text, width) in cells.zip(&self.widths) {
            push_cell(&mut line, &clipped(text, *width), *width);
        }
        line
    }

    fn rule(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "+----+{}", self.widths.iter().map(|width| "-".repeat(width + 2) + "+").collect::<String>())
    }
}

/// The cells of a row as they are shown.
pub(super) fn cells(row: &Row) -> impl Iterator<Item = &str> {
    row.fields.iter().map(|cell| cell.as_deref().unwrap_or(NULL))
}

/// The table of a statement that is no query. NULL is empty.
pub(super) fn print_all(columns: &[Column], rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "Empty set");
    }
    let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let widths: Vec<usize> = (0..columns.len())
        .map(|index| {
            rows.iter().map(|row| text(&row.fields[index]).width()).fold(columns[index].name.width(), usize::max)
        })
        .collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect::<String>() + "+";
    let line = |cells: Vec<String>| {
        let mut line = String::from("|");
        cells.iter().zip(&widths).for_each(|(text, width)| push_cell(&mut line, text, *width));
        line
    };
    writeln!(out, "{rule}\n{}\n{rule}", line(columns.iter().map(|column| column.name.clone()).collect()))?;
    for row in rows {
        writeln!(out, "{}", line(row.fields.iter().map(text).collect()))?;
    }
    writeln!(out, "{rule}\n{} {} in set", rows.len(), row_term(rows.len() as u64))
}

/// `row` for none and one, as Flink has it.
pub(super) fn row_term(rows: u64) -> &'static str {
    if rows > 1 { "rows" } else { "row" }
}

fn push_cell(line: &mut String, text: &str, width: usize) {
    line.push(' ');
    line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    line.push_str(text);
    line.push_str(" |");
}

/// A text that is wider than its column ends in dots.
fn clipped(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = String::new();
    let mut used = 3;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        taken.push(c);
    }
    taken + "..."
}

fn type_width(column: &Column, max_width: usize) -> usize {
    let ty = &column.logical_type;
    let precision = ty.precision.unwrap_or(0);
    match ty.root.as_str() {
        "BOOLEAN" => 5,
        "TINYINT" => 4,
        "SMALLINT" => 6,
        "INTEGER" => 11,
        "BIGINT" => 20,
        "DECIMAL" => precision + 2,
        "CHAR" | "VARCHAR" => ty.length.unwrap_or(max_width).min(max_width),
        "DATE" => 10,
        "TIME_WITHOUT_TIME_ZONE" => 8 + if precision > 0 { precision + 1 } else { 0 },
        "TIMESTAMP_WITHOUT_TIME_ZONE" | "TIMESTAMP_WITH_LOCAL_TIME_ZONE" => {
            19 + if precision > 0 { precision + 1 } else { 0 }
        }
        _ => max_width,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns() -> Vec<Column> {
        serde_json::from_value(json!([
            {"name": "a", "logicalType": {"type": "INTEGER", "nullable": false}},
            {"name": "w", "logicalType": {"type": "VARCHAR", "nullable": true, "length": 2147483647u32}}
        ]))
        .expect("columns")
    }

    fn row(kind: &str, a: &str, w: Option<&str>) -> Row {
        Row { kind: kind.into(), fields: vec![Some(a.into()), w.map(str::to_owned)] }
    }

    #[test]
    fn a_query_as_flink_prints_it() {
        let mut tableau = Tableau::new(&columns(), MAX_WIDTH);
        let mut out = Vec::new();
        tableau.header(&mut out).unwrap();
        let rows = [
            row("INSERT", "1", None),
            row("UPDATE_AFTER", "2", Some("a long text that is longer than thirty characters")),
        ];
        tableau.print(&rows, &mut out).unwrap();
        tableau.footer(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "| op |           a |                              w |");
        assert_eq!(lines[3], "| +I |           1 |                         <NULL> |");
        assert_eq!(lines[4], "| +U |           2 | a long text that is longer ... |");
        assert_eq!(lines[5], lines[0]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(clipped("中文中文", 7), "中文...");
        assert_eq!(clipped("abc", 3), "abc");
    }

    #[test]
    fn other_statements_are_as_wide_as_their_cells() {
        let mut out = Vec::new();
        print_all(&columns(), &[row("INSERT", "10", None)], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "+----+---+\n|  a | w |\n+----+---+\n| 10 |   |\n+----+---+\n1 row in set\n");
        let mut empty = Vec::new();
        print_all(&columns(), &[], &mut empty).unwrap();
        assert_eq!(empty, b"Empty set\n");
    }
}
