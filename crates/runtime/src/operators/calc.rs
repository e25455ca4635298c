//! Filter, then project. Row kinds pass through.

use arrow_schema::SchemaRef;
use dataflow::operator_spec::{CalcSpec, ProjectionSpec};
use dataflow::{Batch, Failure, Operator, Output, RowType, StreamElement};
use expr::context::CurrentWatermark;
use expr::{CompiledExpr, EvalContext, compile};

/// A projection, compiled.
#[derive(Debug)]
pub struct Projection {
    expressions: Vec<CompiledExpr>,
    schema: SchemaRef,
}

impl Projection {
    /// Compiles the expressions over rows of type `input`.
    pub fn new(spec: &ProjectionSpec, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        let context = context.with_columns(input);
        let expressions =
            spec.expressions.iter().map(|expression| compile(expression, &context)).collect::<Result<_, _>>()?;
        Ok(Self { expressions, schema: spec.output.arrow_schema() })
    }

    /// The projected rows.
    pub fn apply(&self, batch: &Batch) -> Result<Batch, Failure> {
        let columns = self.expressions.iter().map(|expression| expression.evaluate(batch)).collect::<Result<_, _>>()?;
        Ok(batch.with_columns(self.schema.clone(), columns)?)
    }
}

/// The operator.
#[derive(Debug)]
pub struct Calc {
    condition: Option<CompiledExpr>,
    projection: Projection,
    watermark: CurrentWatermark,
}

impl Calc {
    /// An operator over rows of type `input`.
    pub fn new(spec: &CalcSpec, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        let watermark = CurrentWatermark::default();
        let context = context.with_columns(input).with_watermark(watermark.clone());
        let condition = spec.condition.as_ref().map(|condition| compile(condition, &context)).transpose()?;
        Ok(Self { condition, projection: Projection::new(&spec.projection, input, &context)?, watermark })
    }
}

impl Operator for Calc {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let kept = match &self.condition {
            None => batch,
            Some(condition) => {
                let keep = condition.evaluate_condition(&batch)?;
                match keep.true_count() {
                    0 => return Ok(()),
                    all if all == batch.num_rows() => batch,
                    _ => batch.filter(&keep)?,
                }
            }
        };
        out.emit(StreamElement::Batch(self.projection.apply(&kept)?))
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.watermark.set(watermark);
        out.emit(StreamElement::Watermark(watermark))
    }
}
