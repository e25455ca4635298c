//! Results of Collect operators, kept until the client has fetched them or the job is released.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use dataflow::{Batch, Failure, JobId, OperatorId};
use proto::v1::{CollectResultsResponse, ResultBatch};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::exchange::codec::row_bytes;

/// The sink takes no input while its store holds this many bytes.
const CAPACITY: usize = 4 << 20;

type Key = (JobId, OperatorId, u32);

/// The stores of one TaskManager.
#[derive(Debug, Default)]
pub(crate) struct ResultStores {
    stores: Mutex<HashMap<Key, Arc<ResultStore>>>,
    opened: Notify,
}

/// The results of one subtask of one Collect operator.
#[derive(Debug, Default)]
pub(crate) struct ResultStore {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the first batch that is kept.
    first: u64,
    batches: VecDeque<(Batch, usize)>,
    bytes: usize,
    complete: bool,
    /// The client has been given the last batch.
    delivered: bool,
    producer: Option<Waker>,
}

impl ResultStores {
    /// The store of a subtask. A new attempt goes on where the last one was.
    pub(crate) fn open(&self, job: JobId, operator: OperatorId, subtask: u32) -> Arc<ResultStore> {
        let store = self.lock().entry((job, operator, subtask)).or_default().clone();
        store.lock().complete = false;
        self.opened.notify_waiters();
        store
    }

    /// Batches from `offset` on; waits while there are none.
    pub(crate) async fn collect(
        &self,
        job: JobId,
        operator: OperatorId,
        subtask: u32,
        offset: u64,
        max_wait: Duration,
    ) -> Result<CollectResultsResponse, Failure> {
        let deadline = Instant::now() + max_wait;
        let store = loop {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            opened.as_mut().enable();
            if let Some(store) = self.lock().get(&(job, operator, subtask)) {
                break store.clone();
            }
            if tokio::time::timeout_at(deadline, opened).await.is_err() {
                return Ok(CollectResultsResponse::default());
            }
        };
        let (batches, complete) = store.fetch(offset, deadline).await?;
        let batches = batches.iter().map(encode).collect::<Result<_, _>>()?;
        Ok(CollectResultsResponse { batches, complete })
    }

    /// The job has ended and its results are not wanted any more.
    pub(crate) fn release_job(&self, job: JobId) {
        self.lock().retain(|key, store| {
            if key.0 == job {
                store.lock().complete = true;
                store.changed.notify_waiters();
            }
            key.0 != job
        });
    }

    /// The jobs whose results have not all been fetched.
    pub(crate) fn uncollected(&self) -> Vec<JobId> {
        let stores = self.lock();
        let mut jobs: Vec<JobId> =
            stores.iter().filter(|(_, store)| !store.lock().delivered).map(|(key, _)| key.0).collect();
        jobs.sort();
        jobs.dedup();
        jobs
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<ResultStore>>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResultStore {
    /// Keeps a batch.
    pub(crate) fn push(&self, batch: Batch) {
        let bytes = row_bytes(&batch);
        let mut state = self.lock();
        state.bytes += bytes;
        state.batches.push_back((batch, bytes));
        drop(state);
        self.changed.notify_waiters();
    }

    /// Whether a batch may be pushed; when not, `waker` is woken once it may.
    pub(crate) fn has_room(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        let room = state.bytes < CAPACITY;
        if !room {
            state.producer = Some(waker.clone());
        }
        room
    }

    /// No batch follows.
    pub(crate) fn complete(&self) {
        self.lock().complete = true;
        self.changed.notify_waiters();
    }

    async fn fetch(&self, offset: u64, deadline: Instant) -> Result<(Vec<Batch>, bool), Failure> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let (batches, complete) = self.take_from(offset)?;
            if complete || !batches.is_empty() || tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Ok((batches, complete));
            }
        }
    }

    /// Drops what comes before `offset` and returns the rest.
    fn take_from(&self, offset: u64) -> Result<(Vec<Batch>, bool), Failure> {
        let mut state = self.lock();
        if offset < state.first || offset > state.first + state.batches.len() as u64 {
            return Err(Failure::user(format!(
                "results from batch {offset} on were asked for, but only batches {} to {} are kept; fetch results once, in order",
                state.first,
                state.first + state.batches.len() as u64
            )));
        }
        while state.first < offset {
            let (_, bytes) = state.batches.pop_front().expect("the offset is within the batches");
            state.bytes -= bytes;
            state.first += 1;
        }
        let producer = if state.bytes < CAPACITY { state.producer.take() } else { None };
        state.delivered = state.complete;
        let result = (state.batches.iter().map(|(batch, _)| batch.clone()).collect(), state.complete);
        drop(state);
        if let Some(producer) = producer {
            producer.wake();
        }
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch as a complete Arrow IPC stream.
fn encode(batch: &Batch) -> Result<ResultBatch, Failure> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.rows().schema())?;
    writer.write(batch.rows())?;
    writer.finish()?;
    let kinds = batch.kinds().map_or_else(Bytes::new, |k| Bytes::copy_from_slice(k.values().inner().as_slice()));
    Ok(ResultBatch { ipc: Bytes::from(writer.into_inner()?), kinds })
}

#[cfg(test)]
mod tests {
    use arrow_ipc::reader::StreamReader;

    use super::*;
    use crate::testing::{numbers, values};

    const WAIT: Duration = Duration::from_millis(20);

    async fn collect(stores: &ResultStores, offset: u64) -> (Vec<Vec<i64>>, bool) {
        let response = stores.collect(JobId(1), OperatorId(2), 0, offset, WAIT).await.unwrap();
        let decode = |batch: &ResultBatch| {
            let rows = StreamReader::try_new(&batch.ipc[..], None).unwrap().next().unwrap().unwrap();
            values(&Batch::inserts(rows))
        };
        (response.batches.iter().map(decode).collect(), response.complete)
    }

    #[tokio::test]
    async fn results_are_kept_until_the_client_has_them() {
        let stores = ResultStores::default();
        assert_eq!(collect(&stores, 0).await, (vec![], false), "no such store yet");
        let store = stores.open(JobId(1), OperatorId(2), 0);
        assert_eq!(collect(&stores, 0).await, (vec![], false));
        store.push(numbers(0..2));
        store.push(numbers(2..3));
        assert_eq!(collect(&stores, 0).await, (vec![vec![0, 1], vec![2]], false));
        assert_eq!(collect(&stores, 0).await.0.len(), 2, "an answer that was lost is given again");
        assert_eq!(collect(&stores, 1).await, (vec![vec![2]], false));
        assert!(stores.collect(JobId(1), OperatorId(2), 0, 0, WAIT).await.is_err(), "batch 0 was dropped");
        assert_eq!(stores.uncollected(), [JobId(1)]);
        store.complete();
        assert_eq!(collect(&stores, 2).await, (vec![], true));
        assert!(stores.uncollected().is_empty());
        stores.release_job(JobId(1));
        assert_eq!(collect(&stores, 0).await, (vec![], false));
    }

    #[tokio::test]
    async fn a_full_store_stops_its_sink() {
        let stores = ResultStores::default();
        let store = stores.open(JobId(1), OperatorId(2), 0);
        let mut batches = 0;
        while store.has_room(Waker::noop()) {
            store.push(numbers(0..8_192));
            batches += 1;
        }
        assert_eq!(batches, CAPACITY.div_ceil(8 * 8_192));
        assert_eq!(collect(&stores, 10).await.0.len(), batches - 10);
        assert!(store.has_room(Waker::noop()));
    }

    #[tokio::test]
    async fn a_client_that_waits_is_told() {
        let stores = Arc::new(ResultStores::default());
        let waiting = stores.clone();
        let client =
            tokio::spawn(async move { waiting.collect(JobId(1), OperatorId(2), 0, 0, Duration::from_secs(10)).await });
        tokio::task::yield_now().await;
        stores.open(JobId(1), OperatorId(2), 0).push(numbers(0..1));
        assert_eq!(client.await.unwrap().unwrap().batches.len(), 1);
    }
}
