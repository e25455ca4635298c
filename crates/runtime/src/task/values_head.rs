//! The head of a task that emits constant rows: once, from the first subtask.

use std::sync::Arc;

use dataflow::checkpoint::{OperatorStateItem, Redistribution};
use dataflow::operator_spec::ValuesSpec;
use dataflow::{Batch, Failure, MAX_WATERMARK, OperatorDescriptor, OperatorId, OperatorSnapshot, StreamElement};

use super::chain::Chain;
use super::head::Polled;
use crate::checkpointing::OperatorPart;
use crate::exchange::writer::MAX_ROWS;
use crate::metrics::{OperatorMetrics, TaskMetrics};
use crate::operators::OperatorContext;
use crate::operators::values::evaluate;

/// The state item with the number of rows that were emitted. Every subtask gets all of them; those of subtasks that emit nothing are zero.
const POSITION: &str = "position";

/// Rows that are still to be emitted.
pub(crate) struct ValuesHead {
    operator: OperatorId,
    rows: Option<Batch>,
    emitted: usize,
    metrics: Arc<TaskMetrics>,
    own_metrics: Arc<OperatorMetrics>,
}

impl ValuesHead {
    /// Evaluates the rows, and passes over those that were emitted before.
    pub(crate) fn new(
        descriptor: &OperatorDescriptor,
        spec: &ValuesSpec,
        context: &OperatorContext,
    ) -> Result<Self, Failure> {
        let operator = descriptor.id;
        let restored = context.restored(operator);
        let emitted = restored.items_named(POSITION).filter_map(|position| position.as_u64()).max().unwrap_or(0);
        let (metrics, own_metrics) = (context.metrics.clone(), context.metrics.operator(descriptor));
        let mut head = Self { operator, rows: None, emitted: emitted as usize, metrics, own_metrics };
        if context.attempt.subtask == 0 && !spec.rows.is_empty() {
            let rows = evaluate(spec, &context.eval)?;
            let left = rows.num_rows().saturating_sub(head.emitted);
            head.rows = (left > 0).then(|| rows.slice(head.emitted, left));
        }
        Ok(head)
    }

    /// Emits some rows.
    pub(crate) fn poll(&mut self, chain: &mut Chain) -> Result<Polled, Failure> {
        let Some(rows) = self.rows.take() else {
            self.end(chain)?;
            return Ok(Polled::Ended);
        };
        let count = rows.num_rows().min(MAX_ROWS);
        self.metrics.records_in.add(count as u64);
        self.own_metrics.took(count);
        self.emitted += count;
        if count < rows.num_rows() {
            self.rows = Some(rows.slice(count, rows.num_rows() - count));
        }
        chain.process(0, rows.slice(0, count))?;
        Ok(Polled::Worked)
    }

    /// Ends the stream: no rows follow.
    pub(crate) fn end(&self, chain: &mut Chain) -> Result<(), Failure> {
        self.metrics.set_watermark(MAX_WATERMARK);
        chain.emit(StreamElement::Watermark(MAX_WATERMARK))
    }

    /// How far it has come.
    pub(crate) fn snapshot(&self) -> OperatorPart {
        let item = OperatorStateItem {
            name: POSITION.to_owned(),
            redistribution: Redistribution::Union,
            payload: self.emitted.into(),
        };
        let snapshot = OperatorSnapshot { items: vec![item], keyed: None };
        OperatorPart { id: self.operator, snapshot, splits: Vec::new() }
    }
}
