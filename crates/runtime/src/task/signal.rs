//! `Signal`: what wakes a task's thread. It is the task's `Waker` for everything it waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Wake;
use std::thread::Thread;
use std::time::Instant;

/// Set by whoever has something for the task; a signal given while the task works is not lost.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    given: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Signal {
    /// The calling thread is the one to wake.
    pub(crate) fn belongs_to_this_thread(&self) {
        let _ = self.thread.set(std::thread::current());
    }

    /// Waits until the signal is given or the time has come.
    pub(crate) fn wait(&self, until: Option<Instant>) {
        while !self.given.swap(false, Ordering::AcqRel) {
            match until {
                None => std::thread::park(),
                Some(until) => {
                    let now = Instant::now();
                    if now >= until {
                        return;
                    }
                    std::thread::park_timeout(until - now);
                }
            }
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.given.swap(true, Ordering::AcqRel)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}
