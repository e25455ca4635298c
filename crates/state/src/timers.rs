//! Timers: what is to happen when, event time or processing time, each once.

use std::collections::BTreeSet;

/// Timers ordered by time; registering one twice is registering it once.
#[derive(Debug)]
pub struct TimerQueue<T> {
    timers: BTreeSet<(i64, T)>,
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        Self { timers: BTreeSet::new() }
    }
}

impl<T: Ord + Clone> TimerQueue<T> {
    /// `what` is due when the time reaches `time`.
    pub fn register(&mut self, time: i64, what: T) {
        self.timers.insert((time, what));
    }

    /// Takes a timer back.
    pub fn delete(&mut self, time: i64, what: T) {
        self.timers.remove(&(time, what));
    }

    /// The earliest timer that is due at `now`; it is removed.
    pub fn pop_due(&mut self, now: i64) -> Option<(i64, T)> {
        if self.timers.first()?.0 > now {
            return None;
        }
        self.timers.pop_first()
    }

    /// When the earliest is due.
    pub fn next(&self) -> Option<i64> {
        self.timers.first().map(|(time, _)| *time)
    }

    /// Number of timers.
    pub fn len(&self) -> usize {
        self.timers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_once() {
        let mut timers = TimerQueue::default();
        for (time, what) in [(30, 'c'), (10, 'a'), (10, 'a'), (20, 'b')] {
            timers.register(time, what);
        }
        timers.delete(20, 'b');
        assert_eq!(timers.next(), Some(10));
        assert_eq!(timers.pop_due(9), None);
        assert_eq!(timers.pop_due(25), Some((10, 'a')));
        assert_eq!(timers.pop_due(25), None);
        assert_eq!(timers.pop_due(30), Some((30, 'c')));
        assert!(timers.is_empty());
    }
}
