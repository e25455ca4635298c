//! What the task and the producer's thread share: batches on their way there, transactions on their way back.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use dataflow::Failure;

use super::committable::Committable;
use super::open_batches::OpenBatches;
use super::record_batch::RecordBatch;
use crate::kafka::record_encoder::Record;

/// Bytes on their way at most; with more, the sink is busy until half of them have arrived.
const MAX_BYTES: usize = 32 << 20;
/// Bytes that are sent at once.
const ROUND_BYTES: usize = 8 << 20;

/// A batch for a partition.
pub(super) type Addressed = (i32, RecordBatch);

/// The shared state. Who needs both locks takes that of `open` first.
#[derive(Debug)]
pub(super) struct Exchange {
    open: Mutex<OpenBatches>,
    state: Mutex<State>,
    /// How long records wait for others that go with them.
    linger: Duration,
    /// There is something to do.
    work: Condvar,
    /// The writer is gone.
    pub(super) stopped: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct State {
    /// Number of partitions, once connected.
    partitions: Option<u32>,
    failure: Option<Failure>,
    queue: VecDeque<Addressed>,
    /// Since when records wait in open batches.
    open_since: Option<Instant>,
    /// Of batches that are not acknowledged yet.
    bytes: usize,
    batches: usize,
    /// The current transaction, if it has begun.
    current: Option<Committable>,
    /// Transactions handed over that are not known to be committed, oldest first.
    prepared: Vec<Committable>,
    /// The current transaction was handed over: take another id.
    turn: bool,
    /// The current transaction is to be committed at once, because no checkpoint will come.
    commit: bool,
    waker: Option<Waker>,
}

/// What the producer's thread is to do next.
#[derive(Debug)]
pub(super) enum Work {
    /// At most one batch of each partition.
    Send(Vec<Addressed>),
    /// Take another id; these were handed over before.
    Turn(Vec<Committable>),
    /// Commit the current transaction.
    Commit(Committable),
    /// End; what is current will not be handed over any more.
    Stop(Option<Committable>),
}

/// The writer's hold on open batches.
pub(super) struct Open<'a> {
    batches: MutexGuard<'a, OpenBatches>,
    exchange: &'a Exchange,
}

impl Open<'_> {
    /// Appends a record; a batch that it does not fit into any more is sent.
    pub(super) fn push(&mut self, record: Record<'_>, partitions: u32, now: i64) {
        self.batches.push(record, partitions, now, |batch| self.exchange.put(batch));
    }

    /// Sends all batches.
    pub(super) fn send_all(&mut self) {
        self.batches.take_all(|batch| self.exchange.put(batch));
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut state = self.exchange.lock();
        if self.batches.is_empty() {
            state.open_since = None;
        } else if state.open_since.is_none() {
            state.open_since = Some(Instant::now());
            self.exchange.work.notify_one();
        }
    }
}

impl Exchange {
    /// Nothing is on its way. Records wait for `linger` in batches that are not full.
    pub(super) fn new(open: OpenBatches, linger: Duration) -> Self {
        Self { open: Mutex::new(open), state: Mutex::default(), linger, work: Condvar::new(), stopped: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic of the other side leaves plain data behind, which is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    // The task's side.

    /// The number of partitions once the producer is connected. An error when it has failed.
    pub(super) fn partitions(&self) -> Result<Option<u32>, Failure> {
        let state = self.lock();
        state.failure.clone().map_or(Ok(state.partitions), Err)
    }

    /// Has `waker` woken at the next change.
    pub(super) fn wake_later(&self, waker: &Waker) {
        self.lock().waker = Some(waker.clone());
    }

    /// The batches that take records.
    pub(super) fn open(&self) -> Open<'_> {
        Open { batches: self.open.lock().unwrap_or_else(PoisonError::into_inner), exchange: self }
    }

    /// Gives a batch to the producer.
    fn put(&self, batch: Addressed) {
        let mut state = self.lock();
        state.bytes += batch.1.len();
        state.batches += 1;
        state.queue.push_back(batch);
        drop(state);
        self.work.notify_one();
    }

    /// Whether there is room for more.
    pub(super) fn has_room(&self) -> bool {
        self.lock().bytes < MAX_BYTES
    }

    /// Whether everything has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().batches == 0
    }

    /// Takes the current transaction, to be committed with a checkpoint. None when nothing was written.
    pub(super) fn hand_over(&self) -> Option<Committable> {
        let mut state = self.lock();
        let current = state.current.take()?;
        state.prepared.push(current.clone());
        state.turn = true;
        drop(state);
        self.work.notify_one();
        Some(current)
    }

    /// Transactions handed over that are not known to be committed.
    pub(super) fn prepared(&self) -> Vec<Committable> {
        self.lock().prepared.clone()
    }

    /// Has the current transaction committed at once; true when that is done.
    pub(super) fn commit(&self) -> bool {
        let mut state = self.lock();
        state.commit = state.current.is_some();
        self.work.notify_one();
        !state.commit
    }

    /// Lets the producer go.
    pub(super) fn close(&self) {
        self.stopped.store(true, Ordering::Release);
        // Under the lock, so that the producer either sees it or is woken by it.
        let _state = self.lock();
        self.work.notify_one();
    }

    // The producer's side.

    /// Connected, with so many partitions.
    pub(super) fn ready(&self, partitions: u32) {
        self.change(|state| state.partitions = Some(partitions));
    }

    /// Nothing more will be written.
    pub(super) fn fail(&self, failure: Failure) {
        self.change(|state| state.failure = Some(failure));
    }

    /// Waits for something to do.
    pub(super) fn wait(&self) -> Work {
        let mut state = self.lock();
        loop {
            if self.stopped.load(Ordering::Acquire) {
                return Work::Stop(state.current.take());
            }
            if std::mem::take(&mut state.turn) {
                return Work::Turn(state.prepared.clone());
            }
            if !state.queue.is_empty() {
                return Work::Send(round(&mut state.queue));
            }
            if let Some(current) = state.current.as_ref().filter(|_| state.commit) {
                return Work::Commit(current.clone());
            }
            let Some(since) = state.open_since else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = self.linger.saturating_sub(since.elapsed());
            if left.is_zero() {
                drop(state);
                self.open().send_all();
                state = self.lock();
            } else {
                state = self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// The current transaction has begun.
    pub(super) fn began(&self, transaction: Committable) {
        self.lock().current = Some(transaction);
    }

    /// Batches have been acknowledged.
    pub(super) fn arrived(&self, batches: usize, bytes: usize) {
        let mut state = self.lock();
        state.batches -= batches;
        state.bytes -= bytes;
        if state.batches == 0 || state.bytes < MAX_BYTES / 2 {
            let waker = state.waker.take();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// The current transaction is committed, as `commit` wanted.
    pub(super) fn committed_current(&self) {
        self.change(|state| {
            state.current = None;
            state.commit = false;
        });
    }

    /// The commit of a transaction that was handed over has been seen.
    pub(super) fn committed(&self, transaction: &Committable) {
        self.lock().prepared.retain(|prepared| prepared != transaction);
    }
}

/// Takes the first batch of each partition, in order, up to a size.
fn round(queue: &mut VecDeque<Addressed>) -> Vec<Addressed> {
    let mut taken: Vec<Addressed> = Vec::new();
    let (mut left, mut bytes) = (VecDeque::with_capacity(queue.len()), 0);
    for (partition, batch) in queue.drain(..) {
        let is_first = taken.iter().all(|(other, _)| *other != partition)
            && left.iter().all(|(other, _): &Addressed| *other != partition);
        if is_first && (taken.is_empty() || bytes + batch.len() <= ROUND_BYTES) {
            bytes += batch.len();
            taken.push((partition, batch));
        } else {
            left.push_back((partition, batch));
        }
    }
    *queue = left;
    taken
}

#[cfg(test)]
mod tests {
    use super::super::coordinator::ProducerIdentity;
    use super::*;
    use crate::kafka::options::Partitioner;
    use crate::kafka::transactions::partitions::PartitionChooser;

    /// With batches of `limit` bytes.
    fn exchange(limit: usize, linger: Duration) -> Exchange {
        Exchange::new(OpenBatches::new(PartitionChooser::new(Partitioner::Fixed, 0), limit), linger)
    }

    fn batch(bytes: usize) -> RecordBatch {
        let mut batch = RecordBatch::default();
        let value = "x".repeat(bytes);
        batch.push(Record { key: None, value: Some(&value), timestamp: None, headers: &[] }, 0);
        batch
    }

    #[test]
    fn a_round_has_one_batch_of_a_partition_in_order() {
        let exchange = exchange(1, Duration::MAX);
        for (partition, bytes) in [(0, 1), (1, 2), (0, 3), (2, 4), (1, 5)] {
            exchange.put((partition, batch(bytes)));
        }
        let taken = |exchange: &Exchange| match exchange.wait() {
            Work::Send(batches) => batches.iter().map(|(partition, _)| *partition).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(taken(&exchange), [0, 1, 2]);
        assert_eq!(taken(&exchange), [0, 1]);
        let large = [0, 1, 0].map(|partition| (partition, batch(ROUND_BYTES)));
        let mut queue = VecDeque::from(large);
        assert_eq!((round(&mut queue).len(), queue.len()), (1, 2));
        assert_eq!(queue[0].0, 1);
    }

    #[test]
    fn records_wait_for_others_that_go_with_them_and_not_longer() {
        let value = "x".repeat(100);
        let record = || Record { key: None, value: Some(&value), timestamp: None, headers: &[] };
        let sent = |exchange: &Exchange| match exchange.wait() {
            Work::Send(batches) => batches.iter().map(|(_, batch)| batch.count()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        // The batch that is full goes before its time.
        let patient = exchange(250, Duration::MAX);
        (0..3).for_each(|_| patient.open().push(record(), 1, 0));
        assert_eq!(sent(&patient), [2]);
        patient.open().send_all();
        assert_eq!(sent(&patient), [1]);
        let begin = Instant::now();
        let linger = Duration::from_millis(20);
        let quick = exchange(10_000, linger);
        (0..3).for_each(|_| quick.open().push(record(), 1, 0));
        assert_eq!(sent(&quick), [3], "nobody has asked for it");
        assert!(begin.elapsed() >= linger);
        assert_eq!(quick.lock().open_since, None);
    }

    #[test]
    fn a_transaction_is_handed_over_once() {
        let exchange = exchange(1, Duration::MAX);
        let transaction = Committable::new("t".into(), ProducerIdentity { producer_id: 1, epoch: 0 });
        assert_eq!(exchange.hand_over(), None);
        exchange.began(transaction.clone());
        assert_eq!(exchange.hand_over(), Some(transaction.clone()));
        assert!(matches!(exchange.wait(), Work::Turn(prepared) if prepared == [transaction.clone()]));
        assert_eq!(exchange.hand_over(), None);
        assert_eq!(exchange.prepared(), std::slice::from_ref(&transaction));
        exchange.committed(&transaction);
        assert_eq!(exchange.prepared(), []);
        exchange.close();
        assert!(matches!(exchange.wait(), Work::Stop(None)), "what was handed over is not the producer's any more");
    }

    #[test]
    fn a_full_exchange_wakes_when_half_has_arrived() {
        let exchange = exchange(1, Duration::MAX);
        (0..5).for_each(|_| exchange.put((0, batch(MAX_BYTES / 4))));
        assert!(!exchange.has_room() && !exchange.is_empty());
        exchange.wake_later(Waker::noop());
        exchange.arrived(1, MAX_BYTES / 4);
        assert!(exchange.lock().waker.is_some());
        exchange.arrived(3, 3 * (MAX_BYTES / 4));
        assert!(exchange.lock().waker.is_none() && exchange.has_room());
    }
}
