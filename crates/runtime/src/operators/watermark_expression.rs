//! The watermark of each row of a source, and where in a batch of rows watermarks go out.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{ArrayRef, TimestampMillisecondArray};
use dataflow::operator_spec::WatermarkSpec;
use dataflow::{Batch, Failure, RowType};
use expr::{CompiledExpr, EvalContext, compile};

use crate::time::{Cut, WatermarkGenerator};

/// The WATERMARK FOR clause, compiled. The source has one, and a [`WatermarkGenerator`] for each split.
#[derive(Debug)]
pub struct WatermarkExpression {
    expression: CompiledExpr,
    rowtime: usize,
}

impl WatermarkExpression {
    /// Compiles the watermark of a row over rows of type `rows`.
    pub fn new(spec: &WatermarkSpec, rows: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        Ok(Self { expression: compile(&spec.expression, &context.with_columns(rows))?, rowtime: spec.rowtime })
    }

    /// Where in the batch watermarks go out.
    pub fn cuts(&self, batch: &Batch, generator: &mut WatermarkGenerator) -> Result<Vec<Cut>, Failure> {
        let watermarks = self.expression.evaluate(batch)?;
        Ok(generator.on_rows(millis(batch.column(self.rowtime))?, millis(&watermarks)?))
    }
}

/// Rowtime columns and watermarks have at most millisecond precision; the planner has seen to it.
fn millis(array: &ArrayRef) -> Result<&TimestampMillisecondArray, Failure> {
    array
        .as_primitive_opt::<TimestampMillisecondType>()
        .ok_or_else(|| Failure::internal(format!("a watermark needs TIMESTAMP(3), not {}", array.data_type())))
}
