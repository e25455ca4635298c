//! What others want of a task, read by the task between two elements.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use common::clock::Clock;
use dataflow::checkpoint::CheckpointNotice;
use dataflow::{OperatorId, Split};

/// One wish.
#[derive(Debug)]
pub(crate) enum Mail {
    /// End now.
    Cancel,
    /// For the source of the chain.
    AddSplits(AddSplits),
    /// For the source of the chain: the watermark that it should not pass.
    AlignWatermarks(i64),
    /// Of a checkpoint.
    Checkpoint(CheckpointNotice),
}

/// Splits for a source.
#[derive(Debug)]
pub(crate) struct AddSplits {
    pub(crate) operator: OperatorId,
    pub(crate) splits: Vec<Split>,
    pub(crate) no_more_splits: bool,
}

/// The mail of one task.
#[derive(Debug)]
pub(crate) struct Mailbox {
    mail: Mutex<Vec<(Instant, Mail)>>,
    any: AtomicBool,
    clock: Clock,
    waker: Waker,
}

impl Mailbox {
    /// An empty one; `waker` is the task's.
    pub(crate) fn new(clock: Clock, waker: Waker) -> Self {
        Self { mail: Mutex::default(), any: AtomicBool::new(false), clock, waker }
    }

    pub(crate) fn send(&self, mail: Mail) {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner).push((self.clock.instant(), mail));
        self.any.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }

    /// All mail, oldest first, with the time at which it came.
    pub(crate) fn take(&self) -> Vec<(Instant, Mail)> {
        if !self.any.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut *self.mail.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
