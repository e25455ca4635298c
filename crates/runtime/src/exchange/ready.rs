//! The channels that have something for their consumer, in the order in which they got it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Shared by all channels of one consumer. A channel is in it at most once: it is added when it stops being empty, and again by the consumer
/// when that leaves something behind.
#[derive(Debug, Default)]
pub(crate) struct ReadyChannels {
    state: Mutex<State>,
    queued: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    channels: VecDeque<u64>,
    waker: Option<Waker>,
    /// Channels with a barrier that may not wait.
    urgent: VecDeque<u64>,
    urgent_waker: Option<Waker>,
}

impl ReadyChannels {
    /// The channel has something; wakes the consumer.
    pub(crate) fn add(&self, channel: u64) {
        let mut state = self.lock();
        state.channels.push_back(channel);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The channel has a barrier that may not wait; wakes the consumer also while it waits for something else.
    pub(crate) fn add_urgent(&self, channel: u64) {
        let mut state = self.lock();
        if !state.urgent.contains(&channel) {
            state.urgent.push_back(channel);
        }
        let (waker, urgent_waker) = (state.waker.take(), state.urgent_waker.clone());
        drop(state);
        waker.into_iter().chain(urgent_waker).for_each(Waker::wake);
    }

    /// Whom to wake for barriers that may not wait, whatever it is doing.
    pub(crate) fn watch_urgent(&self, waker: &Waker) {
        self.lock().urgent_waker = Some(waker.clone());
    }

    /// The next channel with such a barrier.
    pub(crate) fn next_urgent(&self) -> Option<u64> {
        self.lock().urgent.pop_front()
    }

    /// The channel that has been waiting longest; when there is none, `waker` is woken once there is.
    pub(crate) fn next(&self, waker: &Waker) -> Option<u64> {
        let mut state = self.lock();
        let next = state.channels.pop_front();
        if next.is_none() {
            state.waker = Some(waker.clone());
        }
        next
    }

    /// Batches that wait in all channels.
    pub(crate) fn queued_batches(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    pub(crate) fn count_queued(&self, added: usize, removed: usize) {
        // Wraps below zero and back: additions and removals of one batch may be seen in either order.
        self.queued.fetch_add(added.wrapping_sub(removed), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
