//! Sink: writes a table, enforces what its columns demand, and commits what it has written when a checkpoint is complete.

mod commits;
mod constraints;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::Waker;

use connectors::WriterContext;
use dataflow::checkpoint::OperatorStateItem;
use dataflow::operator_spec::SinkSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorDescriptor, OperatorSnapshot, Output, Progress, SinkWriter,
    Stateful, StreamElement,
};

use super::OperatorContext;
use crate::exchange::codec::row_bytes;
use crate::metrics::{OperatorMetrics, TaskMetrics};
use commits::{Commits, item};
use constraints::Constraints;

/// State items: what the writer goes on from.
const WRITER: &str = "writer";
/// What is handed over behind the last checkpoint.
const END_OF_INPUT: u64 = u64::MAX;

/// The operator.
pub(super) struct Sink {
    writer: Box<dyn SinkWriter>,
    commits: Option<Commits>,
    /// Whether what is left at the end of the input is committed with a checkpoint that follows.
    ends_with_checkpoint: bool,
    finish: Finish,
    constraints: Constraints,
    metrics: Arc<TaskMetrics>,
    own_metrics: Arc<OperatorMetrics>,
}

/// How far the end of the input has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finish {
    /// The writer has more to do.
    Writing,
    /// Everything written is durable.
    Written,
    /// What no checkpoint will commit is being committed.
    Committing,
}

impl Sink {
    pub(super) fn new(
        spec: &SinkSpec,
        descriptor: &OperatorDescriptor,
        context: &OperatorContext,
    ) -> Result<Self, Failure> {
        let restored = context.restored(descriptor.id);
        let writer_context = WriterContext {
            subtask: context.attempt.subtask,
            parallelism: context.parallelism,
            job_name: context.job_name.clone(),
            config: context.config.clone(),
            attempt: context.attempt.to_string(),
            operator_name: descriptor.name.clone(),
            checkpointing: context.checkpointing,
            restored: restored.items_named(WRITER).cloned().collect(),
            restored_checkpoint: context.restored_checkpoint,
        };
        let factory = connectors::factory(&spec.connector.connector)?;
        let committer = factory.create_committer(spec, &writer_context)?;
        let commits = Commits::new(committer, &restored)?;
        let writer = factory.create_writer(spec, &writer_context)?;
        let metrics = (context.metrics.clone(), context.metrics.operator(descriptor));
        Ok(Self::with_writer(spec, writer, commits, context.checkpointing, metrics))
    }

    fn with_writer(
        spec: &SinkSpec,
        writer: Box<dyn SinkWriter>,
        commits: Option<Commits>,
        ends_with_checkpoint: bool,
        (metrics, own_metrics): (Arc<TaskMetrics>, Arc<OperatorMetrics>),
    ) -> Self {
        Self {
            writer,
            commits,
            ends_with_checkpoint,
            finish: Finish::Writing,
            constraints: Constraints::new(spec),
            metrics,
            own_metrics,
        }
    }
}

impl Operator for Sink {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let batch = self.constraints.enforce(batch)?;
        if batch.num_rows() > 0 {
            self.writer.write(&batch)?;
            self.metrics.records_out.add(batch.num_rows() as u64);
            self.own_metrics.emitted(batch.num_rows());
            self.own_metrics.sent(row_bytes(&batch));
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.writer.on_watermark(watermark);
        out.emit(StreamElement::Watermark(watermark))
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        Ok(self.commit_restored(waker)? == Progress::Done && self.writer.is_available(waker)?)
    }

    fn finish(&mut self, waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        if self.finish == Finish::Writing {
            if self.writer.finish(waker)? == Progress::Pending {
                return Ok(Progress::Pending);
            }
            self.finish = Finish::Written;
        }
        let Some(commits) = self.commits.as_mut().filter(|_| !self.ends_with_checkpoint) else {
            return Ok(Progress::Done);
        };
        if self.finish == Finish::Written {
            let left = self.writer.prepare_commit(END_OF_INPUT)?;
            commits.prepare(END_OF_INPUT, left.committables);
            self.finish = Finish::Committing;
        }
        commits.commit(END_OF_INPUT, waker)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Sink {
    /// Commits what belongs to the checkpoint that the sink was restored from.
    fn commit_restored(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        self.commits.as_mut().map_or(Ok(Progress::Done), |commits| commits.commit_restored(waker))
    }
}

impl Stateful for Sink {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        waker: &Waker,
        _out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        if self.commit_restored(waker)? == Progress::Pending {
            return Ok(Progress::Pending);
        }
        match self.finish {
            Finish::Writing => self.writer.flush(waker),
            Finish::Written | Finish::Committing => Ok(Progress::Done),
        }
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let prepared = self.writer.prepare_commit(barrier.checkpoint_id)?;
        let mut items: Vec<OperatorStateItem> =
            prepared.writer_state.into_iter().map(|state| item(WRITER, state)).collect();
        if let Some(commits) = &mut self.commits {
            commits.prepare(barrier.checkpoint_id, prepared.committables);
            items.extend(commits.items());
        }
        Ok(OperatorSnapshot { items, keyed: None })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, waker: &Waker) -> Result<Progress, Failure> {
        self.commits.as_mut().map_or(Ok(Progress::Done), |commits| commits.commit(checkpoint_id, waker))
    }
}
