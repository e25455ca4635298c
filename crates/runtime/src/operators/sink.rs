//! Sink: writes a table, and enforces its NOT NULL columns.

use std::sync::Arc;
use std::task::Waker;

use arrow_array::Array;
use arrow_array::BooleanArray;
use arrow_buffer::NullBuffer;
use connectors::WriterContext;
use dataflow::operator_spec::{NotNullEnforcer, SinkSpec};
use dataflow::{Batch, Failure, Operator, Output, Progress, SinkWriter, StreamElement};

use super::OperatorContext;
use crate::metrics::TaskMetrics;

/// The operator.
pub(super) struct Sink {
    writer: Box<dyn SinkWriter>,
    table: String,
    /// Index and name of the columns that are NOT NULL.
    required: Vec<(usize, String)>,
    enforcer: NotNullEnforcer,
    metrics: Arc<TaskMetrics>,
}

impl Sink {
    pub(super) fn new(spec: &SinkSpec, name: &str, context: &OperatorContext) -> Result<Self, Failure> {
        let writer_context = WriterContext {
            subtask: context.attempt.subtask,
            parallelism: context.parallelism,
            job_name: context.job_name.clone(),
            config: context.config.clone(),
            attempt: context.attempt.to_string(),
            operator_name: name.to_owned(),
            checkpointing: false,
            restored: Vec::new(),
            restored_checkpoint: None,
        };
        let writer = connectors::factory(&spec.connector.connector)?.create_writer(spec, &writer_context)?;
        Ok(Self::with_writer(spec, writer, context.metrics.clone()))
    }

    fn with_writer(spec: &SinkSpec, writer: Box<dyn SinkWriter>, metrics: Arc<TaskMetrics>) -> Self {
        let columns = spec.connector.physical.fields.iter().enumerate();
        let required = columns.filter(|(index, field)| !field.ty.nullable && *index < spec.input.len());
        Self {
            writer,
            table: spec.connector.table.clone(),
            required: required.map(|(index, field)| (index, field.name.clone())).collect(),
            enforcer: spec.not_null,
            metrics,
        }
    }

    /// Fails or drops rows with a NULL where there must be none.
    fn enforce_not_null(&self, batch: Batch) -> Result<Batch, Failure> {
        let mut valid: Option<NullBuffer> = None;
        for (index, name) in &self.required {
            let nulls = batch.column(*index).logical_nulls().filter(|nulls| nulls.null_count() > 0);
            if nulls.is_some() && self.enforcer == NotNullEnforcer::Error {
                return Err(Failure::user(format!(
                    "Column '{name}' of table '{}' is NOT NULL, however, a null value is being written into it. You can set job configuration \
                     'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently.",
                    self.table
                )));
            }
            valid = NullBuffer::union(valid.as_ref(), nulls.as_ref());
        }
        match valid {
            None => Ok(batch),
            Some(valid) => Ok(batch.filter(&BooleanArray::from(valid.into_inner()))?),
        }
    }
}

impl Operator for Sink {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let batch = if self.required.is_empty() { batch } else { self.enforce_not_null(batch)? };
        if batch.num_rows() > 0 {
            self.writer.write(&batch)?;
            self.metrics.records_out.add(batch.num_rows() as u64);
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.writer.on_watermark(watermark);
        out.emit(StreamElement::Watermark(watermark))
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        self.writer.is_available(waker)
    }

    fn finish(&mut self, waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        self.writer.finish(waker)
    }
}
