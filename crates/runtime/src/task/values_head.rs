//! The head of a task that emits constant rows: once, from the first subtask.

use std::sync::Arc;

use dataflow::operator_spec::ValuesSpec;
use dataflow::{Batch, Failure, MAX_WATERMARK, StreamElement};

use super::chain::Chain;
use super::task::Polled;
use crate::exchange::writer::MAX_ROWS;
use crate::metrics::TaskMetrics;
use crate::operators::OperatorContext;
use crate::operators::values::evaluate;

/// Rows that are still to be emitted.
pub(crate) struct ValuesHead {
    rows: Option<Batch>,
    metrics: Arc<TaskMetrics>,
}

impl ValuesHead {
    /// Evaluates the rows.
    pub(crate) fn new(spec: &ValuesSpec, context: &OperatorContext) -> Result<Self, Failure> {
        let rows = if context.attempt.subtask == 0 && !spec.rows.is_empty() {
            Some(evaluate(spec, &context.eval)?)
        } else {
            None
        };
        Ok(Self { rows, metrics: context.metrics.clone() })
    }

    /// Emits some rows.
    pub(crate) fn poll(&mut self, chain: &mut Chain) -> Result<Polled, Failure> {
        let Some(rows) = self.rows.take() else {
            self.metrics.set_watermark(MAX_WATERMARK);
            chain.emit(StreamElement::Watermark(MAX_WATERMARK))?;
            return Ok(Polled::Ended);
        };
        let count = rows.num_rows().min(MAX_ROWS);
        self.metrics.records_in.add(count as u64);
        if count < rows.num_rows() {
            self.rows = Some(rows.slice(count, rows.num_rows() - count));
        }
        chain.process(0, rows.slice(0, count))?;
        Ok(Polled::Worked)
    }
}
