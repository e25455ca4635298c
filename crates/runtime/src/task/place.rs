//! `Place`: where in its chain the thread of a task is. The thread writes it as it goes, once for each call; whoever samples it reads it at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A place; clones are the same one. 0 is the head, then come the operators, then the outputs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// The thread is here now.
    #[inline]
    pub(crate) fn set(&self, position: usize) {
        self.0.store(position, Ordering::Relaxed);
    }

    /// Where it is.
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
