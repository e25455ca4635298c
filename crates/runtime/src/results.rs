//! Results of Collect operators, kept until the client has fetched them or the job is released.

mod result_snapshot;
mod result_store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataflow::{ExecutionAttemptId, Failure, JobId, OperatorId};
use proto::v1::CollectResultsResponse;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use result_snapshot::ResultSnapshot;
pub(crate) use result_store::ResultStore;

type Key = (JobId, OperatorId, u32);

/// Which results a client wants.
#[derive(Debug, Clone, Copy)]
pub struct ResultsRequest {
    /// The job.
    pub job: JobId,
    /// The Collect operator.
    pub operator: OperatorId,
    /// Its subtask.
    pub subtask: u32,
    /// The attempt that collects them.
    pub attempt: u32,
    /// The version in which the client counts its batches; 0: it has none yet.
    pub version: u64,
    /// How many batches the client has.
    pub offset: u64,
    /// How long to wait while there is nothing.
    pub max_wait: Duration,
}

/// The stores of one TaskManager.
#[derive(Debug, Default)]
pub(crate) struct ResultStores {
    stores: Mutex<HashMap<Key, Arc<ResultStore>>>,
    opened: Notify,
    /// Each store has one, so that they share what they may hold.
    number: Arc<()>,
}

impl ResultStores {
    /// The store of an attempt, which goes on from `restored`. It takes the place of the store of an earlier attempt.
    pub(crate) fn open(
        &self,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        restored: ResultSnapshot,
        periodic_checkpoints: bool,
    ) -> Arc<ResultStore> {
        let store = Arc::new(ResultStore::new(attempt.attempt, self.number.clone(), restored, periodic_checkpoints));
        self.lock().insert((attempt.job, operator, attempt.subtask), store.clone());
        self.opened.notify_waiters();
        store
    }

    /// The batches that a client asks for; waits while there are none.
    pub(crate) async fn collect(&self, request: ResultsRequest) -> Result<CollectResultsResponse, Failure> {
        let deadline = Instant::now() + request.max_wait;
        let store = loop {
            let opened = self.opened.notified();
            tokio::pin!(opened);
            opened.as_mut().enable();
            let store = self.lock().get(&(request.job, request.operator, request.subtask)).cloned();
            if let Some(store) = store.filter(|store| store.attempt() == request.attempt) {
                break store;
            }
            if tokio::time::timeout_at(deadline, opened).await.is_err() {
                return Ok(CollectResultsResponse::default());
            }
        };
        store.fetch(request.version, request.offset, deadline).await
    }

    /// The job has ended and its results are not wanted any more.
    pub(crate) fn release_job(&self, job: JobId) {
        self.lock().retain(|key, store| {
            if key.0 == job {
                store.complete();
            }
            key.0 != job
        });
    }

    /// The jobs whose results have not all been fetched.
    pub(crate) fn uncollected(&self) -> Vec<JobId> {
        let stores = self.lock();
        let mut jobs: Vec<JobId> =
            stores.iter().filter(|(_, store)| !store.is_delivered()).map(|(key, _)| key.0).collect();
        jobs.sort();
        jobs.dedup();
        jobs
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<ResultStore>>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use arrow_ipc::reader::StreamReader;
    use dataflow::{Batch, VertexId};
    use proto::v1::ResultBatch;

    use super::*;
    use crate::testing::{numbers, values};

    fn open(stores: &ResultStores, attempt: u32, restored: ResultSnapshot, periodic: bool) -> Arc<ResultStore> {
        let attempt = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask: 0, attempt };
        stores.open(attempt, OperatorId(2), restored, periodic)
    }

    fn request(attempt: u32, version: u64, offset: u64) -> ResultsRequest {
        let max_wait = Duration::from_millis(20);
        ResultsRequest { job: JobId(1), operator: OperatorId(2), subtask: 0, attempt, version, offset, max_wait }
    }

    fn rows(response: &CollectResultsResponse) -> Vec<Vec<i64>> {
        let decode = |batch: &ResultBatch| {
            let rows = StreamReader::try_new(&batch.ipc[..], None).unwrap().next().unwrap().unwrap();
            values(&Batch::inserts(rows))
        };
        response.batches.iter().map(decode).collect()
    }

    async fn collect(stores: &ResultStores, offset: u64) -> (Vec<Vec<i64>>, bool) {
        let response = stores.collect(request(0, 1, offset)).await.unwrap();
        (rows(&response), response.complete)
    }

    #[tokio::test]
    async fn results_are_kept_until_the_client_has_them() {
        let stores = ResultStores::default();
        assert_eq!(collect(&stores, 0).await, (vec![], false), "no such store yet");
        let store = open(&stores, 0, ResultSnapshot::default(), false);
        assert_eq!(collect(&stores, 0).await, (vec![], false));
        store.push(&numbers(0..2)).unwrap();
        store.push(&numbers(2..3)).unwrap();
        assert_eq!(collect(&stores, 0).await, (vec![vec![0, 1], vec![2]], false));
        assert_eq!(collect(&stores, 0).await.0.len(), 2, "an answer that was lost is given again");
        assert_eq!(collect(&stores, 1).await, (vec![vec![2]], false));
        assert!(stores.collect(request(0, 1, 0)).await.is_err(), "batch 0 was dropped");
        assert_eq!(stores.uncollected(), [JobId(1)]);
        store.complete();
        assert_eq!(collect(&stores, 2).await, (vec![], true));
        assert!(stores.uncollected().is_empty());
        stores.release_job(JobId(1));
        assert_eq!(collect(&stores, 0).await, (vec![], false));
    }

    #[tokio::test]
    async fn a_new_attempt_goes_on_from_the_snapshot_of_the_last() {
        let stores = ResultStores::default();
        let store = open(&stores, 0, ResultSnapshot::default(), true);
        (0..3).for_each(|number| store.push(&numbers(number..number + 1)).unwrap());
        // The client says that it has one batch; two were not fetched for sure.
        assert_eq!(collect(&stores, 1).await.0, [[1], [2]]);
        let snapshot = store.snapshot();
        store.cover(snapshot.pushed);
        store.push(&numbers(7..8)).unwrap();
        let last = stores.collect(request(0, 1, 3)).await.unwrap();
        assert_eq!((rows(&last), last.covered), (vec![vec![7]], 3));

        assert_eq!(stores.collect(request(1, 1, 4)).await.unwrap().version, 0, "the new attempt does not run yet");
        open(&stores, 1, snapshot, true);
        let told = stores.collect(request(1, 1, 4)).await.unwrap();
        assert_eq!((told.version, told.unchanged, told.covered, told.batches.len()), (2, 3, 3, 0));
        let again = stores.collect(request(1, 2, 1)).await.unwrap();
        assert_eq!(rows(&again), [[1], [2]], "an answer that the client never got is given again");
    }

    #[tokio::test]
    async fn an_attempt_that_no_client_has_seen_does_not_count_as_known() {
        let stores = ResultStores::default();
        let store = open(&stores, 0, ResultSnapshot::default(), true);
        store.push(&numbers(0..1)).unwrap();
        collect(&stores, 0).await;
        let store = open(&stores, 1, store.snapshot(), true);
        store.push(&numbers(5..6)).unwrap();
        let store = open(&stores, 2, store.snapshot(), true);
        let told = stores.collect(request(2, 1, 2)).await.unwrap();
        assert_eq!((told.unchanged, told.covered), (1, 2), "batch 1 of the first attempt may have been another one");
        assert_eq!(rows(&stores.collect(request(2, 3, 1)).await.unwrap()), [[5]]);
        let after = open(&stores, 3, store.snapshot(), true);
        assert_eq!(stores.collect(request(3, 3, 2)).await.unwrap().unchanged, 2);
        assert_eq!(after.snapshot().pushed, 2);
    }

    #[tokio::test]
    async fn without_periodic_checkpoints_everything_may_be_shown_and_nothing_is_unchanged() {
        let stores = ResultStores::default();
        open(&stores, 0, ResultSnapshot::default(), false).push(&numbers(0..1)).unwrap();
        assert_eq!(stores.collect(request(0, 0, 0)).await.unwrap().covered, u64::MAX);
        open(&stores, 1, ResultSnapshot::default(), false);
        assert_eq!(stores.collect(request(1, 1, 1)).await.unwrap().unchanged, 0);
    }

    #[tokio::test]
    async fn a_full_store_stops_its_sink() {
        let stores = ResultStores::default();
        let store = open(&stores, 0, ResultSnapshot::default(), false);
        let mut batches = 0;
        while store.has_room(std::task::Waker::noop()) {
            store.push(&numbers(0..8_192)).unwrap();
            batches += 1;
        }
        // A little more than its 8 bytes a row.
        assert!((60..=64).contains(&batches), "{batches} batches");
        assert_eq!(collect(&stores, 10).await.0.len(), batches - 10);
        assert!(store.has_room(std::task::Waker::noop()));
    }

    #[tokio::test]
    async fn a_client_that_waits_is_told() {
        let stores = Arc::new(ResultStores::default());
        let waiting = stores.clone();
        let patient = ResultsRequest { max_wait: Duration::from_secs(10), ..request(0, 0, 0) };
        let client = tokio::spawn(async move { waiting.collect(patient).await });
        tokio::task::yield_now().await;
        open(&stores, 0, ResultSnapshot::default(), false).push(&numbers(0..1)).unwrap();
        assert_eq!(client.await.unwrap().unwrap().batches.len(), 1);
    }
}
