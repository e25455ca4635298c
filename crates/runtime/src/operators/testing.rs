//! What the tests of operators share: rows written and read as text, an output that collects.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int8Array, StringArray};
use dataflow::{Batch, Expr, Failure, Field, Operator, Output, RowKind, RowType, StreamElement, TypeKind};
use expr::Zone;
use expr::render::render_cell;
use expr::{EvalContext, compile};

/// Takes what an operator emits.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) elements: Vec<StreamElement>,
}

impl Output for Collected {
    fn emit(&mut self, element: StreamElement) -> Result<(), Failure> {
        self.elements.push(element);
        Ok(())
    }
}

impl Collected {
    /// Takes what was emitted as text: `+I 1|pen|NULL` for a row, `watermark 5` for a watermark.
    pub(crate) fn take(&mut self, row_type: &RowType) -> Vec<String> {
        let mut lines = Vec::new();
        for element in self.elements.drain(..) {
            match element {
                StreamElement::Batch(batch) => lines.extend(lines_of(&batch, row_type)),
                StreamElement::Watermark(watermark) => lines.push(format!("watermark {watermark}")),
                other => panic!("operators do not emit {other:?}"),
            }
        }
        lines
    }
}

/// Nullable fields of these types.
pub(crate) fn row_type(fields: &[(&str, TypeKind)]) -> RowType {
    RowType::new(fields.iter().map(|(name, kind)| Field::new(*name, kind.clone().nullable())).collect())
}

/// Rows from lines like `+I 1|pen|NULL`.
pub(crate) fn batch<S: AsRef<str>>(row_type: &RowType, lines: &[S]) -> Batch {
    let rows: Vec<(i8, Vec<&str>)> = lines.iter().map(|line| parse_line(line.as_ref())).collect();
    let kinds = Int8Array::from_iter_values(rows.iter().map(|(kind, _)| *kind));
    let column = |(index, field): (usize, &Field)| -> ArrayRef {
        let texts: StringArray = rows.iter().map(|(_, cells)| Some(cells[index]).filter(|c| *c != "NULL")).collect();
        let text = Expr::column(0, TypeKind::STRING.nullable());
        let cast = compile(&text.cast(field.ty.clone()), &EvalContext::default()).unwrap();
        cast.evaluate_columns(&[Arc::new(texts)], rows.len()).unwrap()
    };
    let columns = row_type.fields.iter().enumerate().map(column).collect();
    let plain = Batch::from_columns(row_type.arrow_schema(), columns, None, rows.len()).unwrap();
    Batch::changes(plain.rows().clone(), kinds)
}

fn parse_line(line: &str) -> (i8, Vec<&str>) {
    let (kind, cells) = line.split_once(' ').unwrap_or((line, ""));
    let kind = match kind {
        "+I" => RowKind::Insert,
        "-U" => RowKind::UpdateBefore,
        "+U" => RowKind::UpdateAfter,
        "-D" => RowKind::Delete,
        other => panic!("'{other}' is not a row kind"),
    };
    (kind as i8, cells.split('|').collect())
}

fn lines_of(batch: &Batch, row_type: &RowType) -> Vec<String> {
    assert_eq!(batch.rows().schema(), row_type.arrow_schema());
    let line = |row: usize| {
        let mut line = batch.kind(row).short().to_owned();
        for (index, field) in row_type.fields.iter().enumerate() {
            line.push(if index == 0 { ' ' } else { '|' });
            render_cell(batch.column(index).as_ref(), row, &field.ty, Zone::UTC, &mut line);
        }
        line
    };
    (0..batch.num_rows()).map(line).collect()
}

/// Gives an operator one batch and takes what it emits.
pub(crate) fn process(
    operator: &mut dyn Operator,
    input: usize,
    rows: Batch,
    output: &RowType,
) -> Result<Vec<String>, Failure> {
    let mut out = Collected::default();
    operator.process(input, rows, &mut out)?;
    Ok(out.take(output))
}
