//! `Head`: where a task's rows come from.

use dataflow::Failure;

use super::chain::Chain;
use super::gate_head::{Aligned, GateHead};
use super::source_head::SourceHead;
use super::values_head::ValuesHead;
use crate::checkpointing::OperatorPart;

/// What stands before the chain.
pub(crate) enum Head {
    Source(Box<SourceHead>),
    Values(ValuesHead),
    Gate(Box<GateHead>),
}

/// What a head did.
#[derive(Debug)]
pub(crate) enum Polled {
    Worked,
    /// A barrier came.
    Barrier(Aligned),
    /// Nothing is there; the waker will be woken.
    Empty,
    /// No rows will come any more. Told once; barriers may follow.
    Ended,
}

impl Head {
    /// The state of the head's own operator; none when it has no operator or no state.
    pub(crate) fn snapshot(&mut self, checkpoint_id: u64) -> Result<Option<OperatorPart>, Failure> {
        match self {
            Head::Source(source) => source.snapshot(checkpoint_id).map(Some),
            Head::Values(values) => Ok(Some(values.snapshot())),
            Head::Gate(_) => Ok(None),
        }
    }

    /// A checkpoint is complete.
    pub(crate) fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        if let Head::Source(source) = self {
            source.checkpoint_completed(checkpoint_id);
        }
    }

    /// A checkpoint will never be complete.
    pub(crate) fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        if let Head::Source(source) = self {
            source.checkpoint_aborted(checkpoint_id);
        }
    }

    /// Ends the stream of a head without inputs before its end: what was read has gone on, the rest is never read.
    pub(crate) fn drain(&mut self, chain: &mut Chain) -> Result<(), Failure> {
        match self {
            Head::Source(source) => source.end(chain),
            Head::Values(values) => values.end(chain),
            Head::Gate(_) => Ok(()),
        }
    }
}
