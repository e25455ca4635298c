//! Collect: keeps results for the client that fetches them. With periodic checkpoints it tells which of them no restart takes back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use dataflow::checkpoint::{AfterSavepoint, SnapshotKind};
use dataflow::operator_spec::NotNullEnforcer;
use dataflow::{
    Batch, CheckpointBarrier, Failure, JobId, Operator, OperatorDescriptor, OperatorSnapshot, Output, Progress,
    RowType, Stateful,
};

use super::OperatorContext;
use super::not_null::NotNullColumns;
use crate::metrics::{OperatorMetrics, TaskMetrics};
use crate::results::{ResultSnapshot, ResultStore};

/// Flink's key; results are a sink too.
const NOT_NULL_ENFORCER: &str = "table.exec.sink.not-null-enforcer";

/// The operator.
pub(super) struct Collect {
    store: Arc<ResultStore>,
    job: JobId,
    /// Checkpoints that are neither complete nor aborted.
    pending: BTreeMap<u64, Cut>,
    /// Whether the task ends with a checkpoint.
    ends_with_checkpoint: bool,
    finished: bool,
    not_null: NotNullColumns,
    metrics: Arc<TaskMetrics>,
    own_metrics: Arc<OperatorMetrics>,
}

/// Where a checkpoint cuts the results.
#[derive(Debug, Clone, Copy)]
struct Cut {
    pushed: u64,
    /// Nothing comes after it.
    is_end: bool,
}

impl Collect {
    pub(super) fn new(
        descriptor: &OperatorDescriptor,
        input: &RowType,
        context: &OperatorContext,
    ) -> Result<Self, Failure> {
        let operator = descriptor.id;
        let job = context.attempt.job;
        let restored = ResultSnapshot::restore(&context.restored(operator), job)
            .ok_or_else(|| Failure::internal("the results in the restored state cannot be read").fatal())?;
        let enforcer = match context.config.get(NOT_NULL_ENFORCER) {
            Some(value) if value.eq_ignore_ascii_case("DROP") => NotNullEnforcer::Drop,
            _ => NotNullEnforcer::Error,
        };
        let store = context.results.open(context.attempt, operator, restored, context.periodic_checkpoints);
        Ok(Self {
            store,
            job,
            pending: BTreeMap::new(),
            ends_with_checkpoint: context.checkpointing,
            finished: false,
            not_null: NotNullColumns::of(input, enforcer, None),
            metrics: context.metrics.clone(),
            own_metrics: context.metrics.operator(descriptor),
        })
    }
}

impl Operator for Collect {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let batch = self.not_null.enforce(batch)?;
        self.metrics.records_out.add(batch.num_rows() as u64);
        self.own_metrics.emitted(batch.num_rows());
        self.store.push(&batch)
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        Ok(self.store.has_room(waker))
    }

    fn finish(&mut self, _waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        self.finished = true;
        if !self.ends_with_checkpoint {
            self.store.complete();
        }
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for Collect {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let results = self.store.snapshot();
        let stops = matches!(
            barrier.options.kind,
            SnapshotKind::Savepoint { after: AfterSavepoint::Stop | AfterSavepoint::Drain, .. }
        );
        let cut = Cut { pushed: results.pushed, is_end: self.finished || stops };
        self.pending.insert(barrier.checkpoint_id, cut);
        Ok(OperatorSnapshot { items: vec![results.item(self.job)], keyed: None })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        let later = self.pending.split_off(&(checkpoint_id + 1));
        for cut in std::mem::replace(&mut self.pending, later).into_values() {
            self.store.cover(cut.pushed);
            if cut.is_end {
                self.store.complete();
            }
        }
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.pending.remove(&checkpoint_id);
    }
}
