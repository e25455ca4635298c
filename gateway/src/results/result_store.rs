//! `ResultStore`: rows of a query between the cluster and the client that fetches pages. It holds a few thousand rows, then the query waits.
//!
//! Rows are asked for when a client has asked for the first page, and then one step ahead of it: a query that nobody reads takes no memory here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataflow::{Batch, JobId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::cluster::{Cluster, ResultRows};
use crate::throwable::Throwable;

/// As many rows as Flink's gateway holds; the batch with which there are more is held too.
const MAX_ROWS: usize = 5_000;

/// The store. Its task ends with it.
#[derive(Debug)]
pub(crate) struct ResultStore {
    shared: Arc<Shared>,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Rows have come, or the end.
    filled: Notify,
    /// Rows have been taken, or asked for.
    drained: Notify,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    rows: usize,
    is_read: bool,
    end: Option<Result<(), Throwable>>,
}

impl ResultStore {
    /// The store of a query, whose job is cancelled when the store is closed before the job has ended.
    pub(crate) fn start(rows: Box<dyn ResultRows>, cluster: Arc<dyn Cluster>, job: JobId) -> Arc<Self> {
        let store = Self { shared: Arc::default(), closed: CancellationToken::new() };
        let (shared, closed) = (store.shared.clone(), store.closed.clone());
        tokio::spawn(async move {
            match closed.run_until_cancelled(fetch_all(rows, &shared, cluster.as_ref(), job)).await {
                Some(end) => shared.end(end),
                None => {
                    if let Err(error) = cluster.cancel(job).await {
                        debug!("job {job} of a closed query was not cancelled: {error}");
                    }
                }
            }
        });
        Arc::new(store)
    }

    /// Rows that are there; waits a while for some when there are none. None at the end of the result.
    pub(crate) async fn take(&self, patience: Duration) -> Result<Option<Vec<Batch>>, Throwable> {
        let filled = self.shared.filled.notified();
        tokio::pin!(filled);
        filled.as_mut().enable();
        if let Some(taken) = self.shared.take() {
            return taken;
        }
        // When it is over there are no rows yet, and that is an answer.
        tokio::time::timeout(patience, filled).await.ok();
        self.shared.take().unwrap_or(Ok(Some(Vec::new())))
    }

    /// Ends the query.
    pub(crate) fn close(&self) {
        self.closed.cancel();
    }
}

impl Drop for ResultStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Moves rows into the store until the job has ended.
async fn fetch_all(
    mut rows: Box<dyn ResultRows>,
    shared: &Shared,
    cluster: &dyn Cluster,
    job: JobId,
) -> Result<(), Throwable> {
    loop {
        shared.room().await;
        match rows.next().await? {
            Some(batch) => shared.push(batch),
            // Its last rows are there, but it may fail yet.
            None => return cluster.wait(job).await,
        }
    }
}

impl Shared {
    async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            let has_room = {
                let state = self.lock();
                state.is_read && state.rows < MAX_ROWS
            };
            if has_room {
                return;
            }
            drained.await;
        }
    }

    fn push(&self, batch: Batch) {
        let mut state = self.lock();
        state.rows += batch.num_rows();
        state.batches.push_back(batch);
        drop(state);
        self.filled.notify_waiters();
    }

    fn end(&self, end: Result<(), Throwable>) {
        self.lock().end = Some(end);
        self.filled.notify_waiters();
    }

    /// At most [`MAX_ROWS`] rows, or the end; none when there is neither.
    fn take(&self) -> Option<Result<Option<Vec<Batch>>, Throwable>> {
        let mut state = self.lock();
        state.is_read = true;
        let mut taken = Vec::new();
        let mut room = MAX_ROWS;
        while room > 0
            && let Some(batch) = state.batches.pop_front()
        {
            let count = batch.num_rows().min(room);
            if count < batch.num_rows() {
                state.batches.push_front(batch.slice(count, batch.num_rows() - count));
            }
            state.rows -= count;
            room -= count;
            taken.push(batch.slice(0, count));
        }
        let answer = match (taken.is_empty(), &state.end) {
            (false, _) => Some(Ok(Some(taken))),
            (true, Some(end)) => Some(end.clone().map(|()| None)),
            (true, None) => None,
        };
        drop(state);
        self.drained.notify_waiters();
        answer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use arrow_array::{Int32Array, RecordBatch};
    use async_trait::async_trait;

    use super::*;
    use crate::test_cluster::TestCluster;

    /// Batches of 1,000 rows, without end or so many.
    struct Thousands {
        cluster: Arc<TestCluster>,
        left: usize,
    }

    #[async_trait]
    impl ResultRows for Thousands {
        async fn next(&mut self) -> Result<Option<Batch>, Throwable> {
            if self.left == 0 {
                return Ok(None);
            }
            self.left -= 1;
            self.cluster.fetched.fetch_add(1, Ordering::SeqCst);
            let column = Arc::new(Int32Array::from(vec![7; 1_000])) as _;
            Ok(Some(Batch::inserts(RecordBatch::try_from_iter([("n", column)]).expect("one column"))))
        }
    }

    fn store(batches: usize) -> (Arc<TestCluster>, Arc<ResultStore>) {
        let cluster = Arc::new(TestCluster::default());
        let rows = Thousands { cluster: cluster.clone(), left: batches };
        (cluster.clone(), ResultStore::start(Box::new(rows), cluster, JobId(1)))
    }

    /// Lets the store's task do all that it can.
    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    fn rows_of(taken: Option<Vec<Batch>>) -> usize {
        taken.expect("it has not ended").iter().map(Batch::num_rows).sum()
    }

    #[tokio::test]
    async fn the_query_waits_for_its_reader() {
        let (cluster, store) = store(usize::MAX);
        settle().await;
        assert_eq!(cluster.fetched.load(Ordering::SeqCst), 0, "nobody has asked");
        assert!(rows_of(store.take(Duration::from_secs(10)).await.unwrap()) > 0);
        settle().await;
        let ahead = cluster.fetched.load(Ordering::SeqCst);
        assert!(ahead <= 10, "{ahead} batches for one page");
        for _ in 0..20 {
            let rows = rows_of(store.take(Duration::from_secs(10)).await.unwrap());
            assert!(rows > 0 && rows <= MAX_ROWS, "{rows}");
            settle().await;
        }
        assert!(cluster.fetched.load(Ordering::SeqCst) > ahead);
    }

    #[tokio::test]
    async fn a_closed_query_is_cancelled() {
        let (cluster, store) = store(usize::MAX);
        store.take(Duration::from_secs(10)).await.unwrap();
        store.close();
        settle().await;
        assert_eq!(cluster.cancelled.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_end_comes_behind_the_rows_and_again() {
        let (_, store) = store(7);
        let mut rows = 0;
        let error = loop {
            match store.take(Duration::from_secs(10)).await {
                Ok(taken) => rows += rows_of(taken),
                Err(error) => break error,
            }
        };
        assert_eq!((rows, error.to_string().as_str()), (7_000, "a.B: it failed at its end"));
        assert_eq!(store.take(Duration::from_secs(10)).await.unwrap_err(), error);
    }
}
