//! Constant rows: the source of a SELECT without FROM, of VALUES and of INSERT ... VALUES. Subtask 0 emits them, the others nothing.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use arrow_select::concat::concat;
use dataflow::operator_spec::ValuesSpec;
use dataflow::{Batch, Failure};
use expr::{EvalContext, compile};

/// The rows of the spec as one batch; each expression is evaluated once.
pub fn evaluate(spec: &ValuesSpec, context: &EvalContext) -> Result<Batch, Failure> {
    let one_row = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(1)),
    )?;
    let one_row = Batch::inserts(one_row);
    let column = |index: usize| -> Result<ArrayRef, Failure> {
        let cells: Vec<ArrayRef> = spec
            .rows
            .iter()
            .map(|row| compile(&row[index], context)?.evaluate(&one_row))
            .collect::<Result<_, Failure>>()?;
        let cells: Vec<&dyn arrow_array::Array> = cells.iter().map(|cell| cell.as_ref()).collect();
        Ok(concat(&cells)?)
    };
    let columns = if spec.rows.is_empty() {
        spec.output.fields.iter().map(|field| arrow_array::new_empty_array(&field.ty.arrow_type())).collect()
    } else {
        (0..spec.output.len()).map(column).collect::<Result<_, _>>()?
    };
    Ok(Batch::from_columns(spec.output.arrow_schema(), columns, None, spec.rows.len())?)
}
