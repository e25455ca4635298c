//! `WatermarkTimestampAssigner`: puts the watermark behind each row at which it goes on.

use std::sync::Arc;

use arrow_array::Int64Array;
use arrow_schema::SchemaRef;
use dataflow::operator_spec::WatermarkTimestampAssignerSpec;
use dataflow::{Batch, Failure, MIN_WATERMARK, Operator, Output, StreamElement};

/// The operator. What it knows comes again with the next watermark.
pub(in crate::operators) struct WatermarkTimestampAssigner {
    watermark: i64,
    schema: SchemaRef,
}

impl WatermarkTimestampAssigner {
    pub(in crate::operators) fn new(spec: &WatermarkTimestampAssignerSpec) -> Self {
        Self { watermark: MIN_WATERMARK, schema: spec.output.arrow_schema() }
    }
}

impl Operator for WatermarkTimestampAssigner {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(Int64Array::from_value(self.watermark, batch.num_rows())));
        out.emit(StreamElement::Batch(batch.with_columns(self.schema.clone(), columns)?))
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.watermark = watermark;
        out.emit(StreamElement::Watermark(watermark))
    }
}
