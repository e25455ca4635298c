//! The traits that operators and connectors implement. All are called by the one thread of their task (enumerators: by one JobManager task).

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::batch::Batch;
use crate::element::StreamElement;
use crate::failure::Failure;
use crate::metrics::ConnectorMetrics;
use crate::snapshot::{PreparedCommit, Stateful};

/// Where an operator puts what it emits. The caller cannot tell the next operator of the chain from the exchange.
pub trait Output {
    /// Passes the element on, in order. Never waits: a task takes input only while its output is available.
    fn emit(&mut self, element: StreamElement) -> Result<(), Failure>;
}

/// Whether something is done or is to be called again after its waker was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Done; do not call again.
    Done,
    /// Not yet: the waker will be woken.
    Pending,
}

/// An operator with one or two inputs. It never waits and never touches the network.
pub trait Operator: Send {
    /// Takes a batch of one input.
    fn process(&mut self, input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure>;

    /// The watermark of one of several inputs has advanced, told before what that comes to for all of them. Nothing is passed on here.
    fn on_input_watermark(&mut self, _input: usize, _watermark: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        Ok(())
    }

    /// The combined watermark of all inputs has advanced. An operator that emits by time does so here, then passes the watermark on.
    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        out.emit(StreamElement::Watermark(watermark))
    }

    /// The processing-time timer asked for by [`next_timer`](Self::next_timer) is due; `now` in ms since the epoch.
    fn on_timer(&mut self, _now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        Ok(())
    }

    /// When to call [`on_timer`](Self::on_timer), in ms since the epoch; asked after every other call.
    fn next_timer(&self) -> Option<i64> {
        None
    }

    /// Whether it can take a batch now; when not, wakes `waker` once it can. Sinks whose client is full answer false.
    fn is_available(&mut self, _waker: &Waker) -> Result<bool, Failure> {
        Ok(true)
    }

    /// All inputs have ended. Called again after each wake until `Done`; only then is the end passed on.
    fn finish(&mut self, _waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    /// What of it outlives it; none when it has no state and holds nothing back.
    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        None
    }
}

/// A part of a source that is read by one reader at a time: a file, a partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Unique within the source, for people: `file:/data/a.csv`, `events-0`.
    pub id: String,
    /// What the reader needs, position included; the connector's own format.
    pub payload: serde_json::Value,
}

/// What a reader has for its task.
#[derive(Debug)]
pub enum SourcePoll {
    /// Rows of one split, in order.
    Batch {
        /// [`Split::id`].
        split: Arc<str>,
        /// Columns as `SourceSpec::read_type` says.
        batch: Batch,
    },
    /// The split has been read to its end.
    SplitFinished(Arc<str>),
    /// Nothing now; the waker will be woken.
    Pending,
    /// Every split has been read, and no more will come.
    EndOfInput,
}

/// Reads splits. It never waits: slow I/O happens on threads of its own or on tokio.
pub trait SourceReader: Send {
    /// More splits to read.
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure>;

    /// No further splits will be added.
    fn no_more_splits(&mut self);

    /// At most about `max_rows` rows, or why there are none.
    fn poll(&mut self, max_rows: usize, waker: &Waker) -> Result<SourcePoll, Failure>;

    /// Records skipped so far because they could not be decoded.
    fn decode_errors(&self) -> u64 {
        0
    }

    /// A split is to be left unread from now on, or to be read again. One that cannot do so for a single split goes on reading it.
    fn pause_split(&mut self, _split: &str, _paused: bool) {}

    /// What it measures beside what every source does; none when there is nothing.
    fn metrics(&self) -> Option<Arc<dyn ConnectorMetrics>> {
        None
    }

    /// Whether it has run out of splits and wants another (only with [`SplitAssignment::OnRequest`]).
    fn wants_split(&self) -> bool {
        false
    }

    /// The splits that are not finished, with the positions behind the last row that `poll` has returned: given to any reader, they go on there.
    fn snapshot(&self) -> Result<Vec<Split>, Failure>;

    /// A checkpoint with this [`snapshot`](Self::snapshot) is complete. For telling the outside only; must not wait.
    fn checkpoint_completed(&mut self, _snapshot: &[Split]) {}
}

/// How splits come to readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitAssignment {
    /// A reader that runs dry gets the next one (files).
    OnRequest,
    /// Spread once, round robin in the order discovered (partitions).
    Fixed,
}

/// Finds the splits of a source. Runs in the JobManager, one for each source operator.
#[async_trait]
pub trait SplitEnumerator: Send {
    /// Splits that were not returned before.
    async fn discover(&mut self) -> Result<Vec<Split>, Failure>;

    /// How they come to readers.
    fn assignment(&self) -> SplitAssignment;

    /// How often to look for more; `None`: the first answer is all there will be, and readers are told so.
    fn discovery_interval(&self) -> Option<Duration>;

    /// What it needs to go on after a restore: which splits it has returned. They themselves are kept by others.
    fn snapshot(&self) -> Result<serde_json::Value, Failure>;

    /// Goes on from a snapshot; called before the first `discover`, which returns only what is new since.
    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure>;
}

/// Writes rows to the outside.
pub trait SinkWriter: Send {
    /// Takes a batch.
    fn write(&mut self, batch: &Batch) -> Result<(), Failure>;

    /// Whether it can take a batch now; when not, wakes `waker` once it can.
    fn is_available(&mut self, _waker: &Waker) -> Result<bool, Failure> {
        Ok(true)
    }

    /// The watermark has advanced, behind the batches written so far.
    fn on_watermark(&mut self, _watermark: i64) {}

    /// Everything written so far is made durable. A writer with a committer leaves it to the last [`prepare_commit`](Self::prepare_commit) to hand
    /// it over when `context.checkpointing` was set at its creation; else, and for writers without a committer, it is visible afterwards.
    fn finish(&mut self, waker: &Waker) -> Result<Progress, Failure>;

    /// A barrier has come: everything written so far is made durable. Called again after each wake until `Done`; nothing is written meanwhile.
    fn flush(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    /// What was written since the last call, after `flush` was `Done`.
    fn prepare_commit(&mut self, _checkpoint_id: u64) -> Result<PreparedCommit, Failure> {
        Ok(PreparedCommit::default())
    }
}
