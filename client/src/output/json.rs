//! Rows as JSON objects, one a line: `{"op":"+I","row":{"user_id":"alice","total":12.5}}`.
//!
//! Numbers and booleans are JSON's, NULL is null, everything else is the text that the SQL client would show.

use std::io::{self, Write};

use arrow_array::Array;
use dataflow::{Batch, RowType, TypeKind};
use expr::EvalContext;
use expr::render::render_cell;
use serde_json::{Map, Value};

pub(super) fn rows(schema: &RowType, batch: &Batch, context: &EvalContext, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        let mut object = Map::new();
        for (field, column) in schema.fields.iter().zip(batch.columns()) {
            let value = if column.is_null(row) {
                Value::Null
            } else {
                text.clear();
                render_cell(column.as_ref(), row, &field.ty, context.time_zone, &mut text);
                value(&field.ty.kind, &text)
            };
            object.insert(field.name.clone(), value);
        }
        let line = serde_json::json!({ "op": batch.kind(row).short(), "row": object });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn value(kind: &TypeKind, text: &str) -> Value {
    let as_is = || Value::String(text.to_owned());
    match kind {
        TypeKind::Boolean => Value::Bool(text.eq_ignore_ascii_case("true")),
        TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt => {
            text.parse::<i64>().map_or_else(|_| as_is(), Value::from)
        }
        // NaN and the infinities are no JSON numbers and stay texts.
        TypeKind::Float | TypeKind::Double => {
            text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(as_is, Value::Number)
        }
        _ => as_is(),
    }
}

pub(super) fn static_table(columns: &RowType, rows: &[Vec<Option<String>>], out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        let object: Map<String, Value> = columns
            .fields
            .iter()
            .zip(row)
            .map(|(field, cell)| (field.name.clone(), cell.clone().map_or(Value::Null, Value::String)))
            .collect();
        writeln!(out, "{}", serde_json::json!({ "op": "+I", "row": object }))?;
    }
    Ok(())
}
