//! Records on their way from the fetcher threads to the task: bounded by bytes, with the task's waker.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use dataflow::Failure;

/// Bytes held at most, save that one chunk always fits.
const CAPACITY: usize = 16 << 20;

/// A record without its bytes, which are in [`Chunk::data`] and [`Chunk::headers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: i64,
    /// Milliseconds since the epoch.
    pub(super) timestamp: i64,
    pub(super) timestamp_type: &'static str,
    pub(super) key: Option<Range<usize>>,
    pub(super) value: Option<Range<usize>>,
    /// In `Chunk::headers`.
    pub(super) headers: Range<usize>,
}

/// Consecutive records of one partition.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) entries: Vec<Entry>,
    pub(super) data: Vec<u8>,
    /// Name and value of headers.
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Chunk {
    /// Appends bytes and tells where they are.
    pub(super) fn push_bytes(&mut self, bytes: Option<&[u8]>) -> Option<Range<usize>> {
        let bytes = bytes?;
        let start = self.data.len();
        self.data.extend_from_slice(bytes);
        Some(start..self.data.len())
    }

    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
        self.data.len() + self.entries.len() * size_of::<Entry>() + headers.sum::<usize>()
    }
}

/// What comes from a fetcher, for the split with this number.
#[derive(Debug)]
pub(super) enum Delivery {
    Records(usize, Chunk),
    Finished(usize),
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct RecordQueue {
    state: Mutex<State>,
    space: Condvar,
}

#[derive(Debug, Default)]
struct State {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    failure: Option<Failure>,
    waker: Option<Waker>,
    /// The reader is gone.
    closed: bool,
}

impl RecordQueue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic of the other side leaves plain data behind, which is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a delivery, waiting for space. False when the reader is gone.
    pub(super) fn push(&self, delivery: Delivery) -> bool {
        let size = match &delivery {
            Delivery::Records(_, chunk) => chunk.size(),
            Delivery::Finished(_) => 0,
        };
        let mut state = self.lock();
        while !state.closed && state.bytes > 0 && state.bytes + size > CAPACITY {
            let waited = self.space.wait_timeout(state, Duration::from_secs(1));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.bytes += size;
        state.deliveries.push_back(delivery);
        let waker = state.waker.take();
        let closed = state.closed;
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        !closed
    }

    /// Reports why a fetcher has given up; the first report counts.
    pub(super) fn fail(&self, failure: Failure) {
        let mut state = self.lock();
        state.failure.get_or_insert(failure);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// The next delivery; without one, `waker` will be woken. A failure comes after all that was delivered before it.
    pub(super) fn pop(&self, waker: &Waker) -> Result<Option<Delivery>, Failure> {
        let mut state = self.lock();
        match state.deliveries.pop_front() {
            Some(delivery) => {
                if let Delivery::Records(_, chunk) = &delivery {
                    state.bytes -= chunk.size();
                }
                drop(state);
                self.space.notify_all();
                Ok(Some(delivery))
            }
            None => match &state.failure {
                Some(failure) => Err(failure.clone()),
                None => {
                    state.waker = Some(waker.clone());
                    Ok(None)
                }
            },
        }
    }

    /// Lets the fetchers go.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.deliveries.clear();
        drop(state);
        self.space.notify_all();
    }

    /// Whether the reader is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn chunk(bytes: usize) -> Chunk {
        Chunk { data: vec![0; bytes], ..Chunk::default() }
    }

    #[test]
    fn a_full_queue_holds_the_fetcher_until_there_is_space() {
        let queue = Arc::new(RecordQueue::default());
        let fetcher = {
            let queue = queue.clone();
            std::thread::spawn(move || {
                (0..3).map(|_| queue.push(Delivery::Records(0, chunk(CAPACITY)))).collect::<Vec<_>>()
            })
        };
        let mut taken = 0;
        while taken < 2 {
            assert!(queue.lock().bytes <= CAPACITY);
            taken += usize::from(queue.pop(Waker::noop()).unwrap().is_some());
        }
        queue.close();
        let accepted = fetcher.join().unwrap();
        assert_eq!(accepted[..2], [true, true]);
        assert!(queue.is_closed());
    }

    #[test]
    fn a_failure_comes_after_what_was_delivered() {
        let queue = RecordQueue::default();
        queue.push(Delivery::Finished(3));
        queue.fail(Failure::external("gone"));
        queue.fail(Failure::external("later"));
        assert!(matches!(queue.pop(Waker::noop()), Ok(Some(Delivery::Finished(3)))));
        assert_eq!(queue.pop(Waker::noop()).unwrap_err().message, "gone");
    }
}
