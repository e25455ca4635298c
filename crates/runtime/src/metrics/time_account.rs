//! `TimeAccount`: where the time of a task goes.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Of the longest wait for output, the last so many seconds are told.
const LONGEST_WAIT_SPAN_S: u64 = 10;

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Input: the task is idle.
    Input,
    /// Output: the task is back-pressured.
    Output,
    /// An operator of its own, such as a sink whose system is slow: the task is busy.
    Operator,
}

/// Where a task's time goes, as Flink measures it: busy is what is neither idle nor back-pressured. A wait that is going on counts already.
#[derive(Debug)]
pub(crate) struct TimeAccount {
    start: Instant,
    idle_nanos: AtomicU64,
    back_pressured_nanos: AtomicU64,
    /// 0: working, 1: waiting for input, 2: for output.
    waiting_for: AtomicU8,
    waiting_since_nanos: AtomicU64,
    /// Set when the task has ended: time stands still from then on.
    end_nanos: AtomicU64,
    longest_wait: Mutex<LongestWait>,
}

/// The longest wait for output in a span of time and the one before it, nanoseconds.
#[derive(Debug, Default)]
struct LongestWait {
    span: u64,
    before: u64,
    current: u64,
}

impl LongestWait {
    fn turn_to(&mut self, now_nanos: u64) {
        let span = now_nanos / (LONGEST_WAIT_SPAN_S * 1_000_000_000);
        if span != self.span {
            self.before = if span == self.span + 1 { self.current } else { 0 };
            (self.span, self.current) = (span, 0);
        }
    }
}

impl TimeAccount {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            start,
            idle_nanos: AtomicU64::new(0),
            back_pressured_nanos: AtomicU64::new(0),
            waiting_for: AtomicU8::new(0),
            waiting_since_nanos: AtomicU64::new(0),
            end_nanos: AtomicU64::new(u64::MAX),
            longest_wait: Mutex::default(),
        }
    }

    fn nanos(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_nanos() as u64
    }

    /// The task begins to wait.
    pub(crate) fn wait(&self, wait: Wait, now: Instant) {
        self.waiting_since_nanos.store(self.nanos(now), Ordering::Relaxed);
        let waiting_for = match wait {
            Wait::Operator => 0,
            Wait::Input => 1,
            Wait::Output => 2,
        };
        self.waiting_for.store(waiting_for, Ordering::Release);
    }

    /// The task goes on.
    pub(crate) fn resume(&self, now: Instant) {
        let waited = self.nanos(now).saturating_sub(self.waiting_since_nanos.load(Ordering::Relaxed));
        match self.waiting_for.swap(0, Ordering::AcqRel) {
            1 => self.idle_nanos.fetch_add(waited, Ordering::Relaxed),
            2 => {
                self.note_wait(now, waited);
                self.back_pressured_nanos.fetch_add(waited, Ordering::Relaxed)
            }
            _ => 0,
        };
    }

    fn note_wait(&self, now: Instant, waited: u64) {
        let mut longest = self.longest_wait.lock().unwrap_or_else(PoisonError::into_inner);
        longest.turn_to(self.nanos(now));
        longest.current = longest.current.max(waited);
    }

    /// The longest that it has waited for output at once in the last seconds, one that goes on included, ms.
    pub(super) fn longest_wait_ms(&self, now: Instant) -> u64 {
        let mut longest = self.longest_wait.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.nanos(now);
        longest.turn_to(now);
        let waiting = match self.waiting_for.load(Ordering::Acquire) {
            2 => now.saturating_sub(self.waiting_since_nanos.load(Ordering::Relaxed)),
            _ => 0,
        };
        longest.current.max(longest.before).max(waiting) / 1_000_000
    }

    /// What it waits for now.
    pub(super) fn waiting_for(&self) -> Option<Wait> {
        match self.waiting_for.load(Ordering::Acquire) {
            1 => Some(Wait::Input),
            2 => Some(Wait::Output),
            _ => None,
        }
    }

    /// The task has ended.
    pub(crate) fn stop(&self, now: Instant) {
        self.end_nanos.store(self.nanos(now), Ordering::Relaxed);
    }

    /// (busy, back-pressured, idle) in ms.
    pub(super) fn read(&self, now: Instant) -> (u64, u64, u64) {
        let now = self.nanos(now).min(self.end_nanos.load(Ordering::Relaxed));
        let (mut idle, mut back_pressured) =
            (self.idle_nanos.load(Ordering::Relaxed), self.back_pressured_nanos.load(Ordering::Relaxed));
        let waiting = now.saturating_sub(self.waiting_since_nanos.load(Ordering::Relaxed));
        match self.waiting_for.load(Ordering::Acquire) {
            1 => idle += waiting,
            2 => back_pressured += waiting,
            _ => {}
        }
        let to_ms = |nanos: u64| nanos / 1_000_000;
        (to_ms(now.saturating_sub(idle + back_pressured)), to_ms(back_pressured), to_ms(idle))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_is_busy_unless_waited() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let account = TimeAccount::new(start);
        account.wait(Wait::Input, at(10));
        assert_eq!(account.read(at(15)), (10, 0, 5), "a wait that is going on counts");
        account.resume(at(30));
        account.wait(Wait::Output, at(40));
        account.resume(at(100));
        assert_eq!(account.read(at(110)), (30, 60, 20));
        assert_eq!(account.longest_wait_ms(at(110)), 60);
        assert_eq!(account.longest_wait_ms(at(15_000)), 60);
        assert_eq!(account.longest_wait_ms(at(25_000)), 0);
        account.stop(at(110));
        assert_eq!(account.read(at(500)), (30, 60, 20));
    }
}
