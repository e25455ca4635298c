//! `OutstandingSnapshots`: the snapshots of one task that are not stored yet. A task does not end before they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

/// How many there are.
#[derive(Debug, Clone)]
pub(crate) struct OutstandingSnapshots {
    count: Arc<AtomicUsize>,
    waker: Waker,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct OutstandingSnapshot(OutstandingSnapshots);

impl OutstandingSnapshots {
    /// None yet; `waker`, the task's, is woken when one is stored or dropped.
    pub(crate) fn new(waker: Waker) -> Self {
        Self { count: Arc::default(), waker }
    }

    /// One more.
    pub(crate) fn add(&self) -> OutstandingSnapshot {
        self.count.fetch_add(1, Ordering::AcqRel);
        OutstandingSnapshot(self.clone())
    }

    /// Whether all are stored.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }
}

impl Drop for OutstandingSnapshot {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
        self.0.waker.wake_by_ref();
    }
}
