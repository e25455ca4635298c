//! `ResultStore`: the results of one attempt of one Collect operator, between the task that collects them and the client that fetches them.
//!
//! Batches are numbered from 0 over all attempts. An attempt is a version of them: from the place on where the checkpoint was taken from which it was
//! restored, its batches may differ from those of the version before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use dataflow::{Batch, Failure};
use proto::v1::{CollectResultsResponse, ResultBatch};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::ResultSnapshot;

/// All stores of a TaskManager hold about so many bytes: the sink takes no input while its store holds its share.
const BUDGET: usize = 64 << 20;
/// The share of one store is at least and at most this.
const LEAST: usize = 64 << 10;
const MOST: usize = 4 << 20;

/// The store.
#[derive(Debug)]
pub(crate) struct ResultStore {
    attempt: u32,
    /// One for each store of the TaskManager, and one more.
    stores: Arc<()>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// Number of the first batch that is kept.
    first: u64,
    batches: VecDeque<ResultBatch>,
    bytes: usize,
    /// Batches below it are never taken back.
    covered: u64,
    /// Batches below it are the same in the version that the client knows; none once the client knows this one.
    unchanged: Option<u64>,
    complete: bool,
    /// The client has been given the last batch.
    delivered: bool,
    producer: Option<Waker>,
}

impl ResultStore {
    /// The store of an attempt. Without periodic checkpoints clients need not wait for one.
    pub(super) fn new(attempt: u32, stores: Arc<()>, restored: ResultSnapshot, periodic_checkpoints: bool) -> Self {
        let ResultSnapshot { pushed, unchanged, batches } = restored;
        let state = State {
            first: pushed - batches.len() as u64,
            bytes: batches.iter().map(bytes_of).sum(),
            batches: batches.into(),
            covered: if periodic_checkpoints { pushed } else { u64::MAX },
            unchanged: Some(unchanged.map_or(pushed, |unchanged| unchanged.min(pushed))),
            complete: false,
            delivered: false,
            producer: None,
        };
        Self { attempt, stores, state: Mutex::new(state), changed: Notify::new() }
    }

    /// How many bytes it holds before the sink waits.
    fn share(&self) -> usize {
        (BUDGET / Arc::strong_count(&self.stores)).clamp(LEAST, MOST)
    }

    /// Whose results they are.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Keeps a batch.
    pub(crate) fn push(&self, batch: &Batch) -> Result<(), Failure> {
        let batch = encode(batch)?;
        let mut state = self.lock();
        state.bytes += bytes_of(&batch);
        state.batches.push_back(batch);
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Whether a batch may be pushed; when not, `waker` is woken once it may.
    pub(crate) fn has_room(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        let room = state.bytes < self.share();
        if !room {
            state.producer = Some(waker.clone());
        }
        room
    }

    /// What a later attempt goes on from.
    pub(crate) fn snapshot(&self) -> ResultSnapshot {
        let state = self.lock();
        ResultSnapshot {
            pushed: state.first + state.batches.len() as u64,
            unchanged: state.unchanged,
            batches: state.batches.iter().cloned().collect(),
        }
    }

    /// A checkpoint is complete before which so many batches were pushed.
    pub(crate) fn cover(&self, pushed: u64) {
        let mut state = self.lock();
        state.covered = state.covered.max(pushed);
    }

    /// No batch follows, and none is taken back.
    pub(crate) fn complete(&self) {
        self.lock().complete = true;
        self.changed.notify_waiters();
    }

    /// Whether the client has been given the last batch.
    pub(super) fn is_delivered(&self) -> bool {
        self.lock().delivered
    }

    /// Batches from `offset` on; waits while there are none. A client that counts in another version is only told of this one.
    pub(super) async fn fetch(
        &self,
        version: u64,
        offset: u64,
        deadline: Instant,
    ) -> Result<CollectResultsResponse, Failure> {
        let own = u64::from(self.attempt) + 1;
        if version != 0 && version != own {
            let state = self.lock();
            let unchanged = state.unchanged.unwrap_or(0);
            return Ok(CollectResultsResponse {
                version: own,
                covered: state.covered,
                unchanged,
                ..CollectResultsResponse::default()
            });
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let response = CollectResultsResponse { version: own, ..self.take_from(offset)? };
            let is_news = response.complete || !response.batches.is_empty();
            if is_news || tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Ok(response);
            }
        }
    }

    /// Drops what comes before `offset` and returns the rest.
    fn take_from(&self, offset: u64) -> Result<CollectResultsResponse, Failure> {
        let mut state = self.lock();
        let pushed = state.first + state.batches.len() as u64;
        if offset < state.first || offset > pushed {
            return Err(Failure::user(format!(
                "results from batch {offset} on were asked for, but only batches {} to {pushed} are kept; fetch results once, in order",
                state.first,
            )));
        }
        while state.first < offset {
            let batch = state.batches.pop_front().expect("the offset is within the batches");
            state.bytes -= bytes_of(&batch);
            state.first += 1;
        }
        let producer = if state.bytes < self.share() { state.producer.take() } else { None };
        state.unchanged = None;
        state.delivered = state.complete;
        let response = CollectResultsResponse {
            batches: state.batches.iter().cloned().collect(),
            complete: state.complete,
            covered: state.covered,
            ..CollectResultsResponse::default()
        };
        drop(state);
        if let Some(producer) = producer {
            producer.wake();
        }
        Ok(response)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes_of(batch: &ResultBatch) -> usize {
    batch.ipc.len() + batch.kinds.len()
}

/// A batch as a complete Arrow IPC stream.
fn encode(batch: &Batch) -> Result<ResultBatch, Failure> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.rows().schema())?;
    writer.write(batch.rows())?;
    writer.finish()?;
    let kinds = batch.kinds().map_or_else(Bytes::new, |k| Bytes::copy_from_slice(k.values().inner().as_slice()));
    Ok(ResultBatch { ipc: Bytes::from(writer.into_inner()?), kinds })
}
