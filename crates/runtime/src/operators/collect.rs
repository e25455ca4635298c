//! Collect: keeps results for the client that fetches them.

use std::sync::Arc;
use std::task::Waker;

use dataflow::{Batch, Failure, Operator, OperatorId, Output, Progress};

use super::OperatorContext;
use crate::metrics::TaskMetrics;
use crate::results::ResultStore;

/// The operator.
pub(super) struct Collect {
    store: Arc<ResultStore>,
    metrics: Arc<TaskMetrics>,
}

impl Collect {
    pub(super) fn new(operator: OperatorId, context: &OperatorContext) -> Self {
        let store = context.results.open(context.attempt.job, operator, context.attempt.subtask);
        Self { store, metrics: context.metrics.clone() }
    }
}

impl Operator for Collect {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        self.metrics.records_out.add(batch.num_rows() as u64);
        self.store.push(batch);
        Ok(())
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        Ok(self.store.has_room(waker))
    }

    fn finish(&mut self, _waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        self.store.complete();
        Ok(Progress::Done)
    }
}
