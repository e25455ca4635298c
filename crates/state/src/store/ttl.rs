//! `StateTtl`: how long the entries of each state of an operator live after they were written.
//!
//! An entry that has expired is never read; it is removed when RocksDB compacts, not at once. One without a time, because it was written before its
//! state expired, counts as written when the store was opened.

use common::clock::Clock;

use super::entry_key::parse;
use crate::value::{has_no_time, written_at};

/// Times to live by state id.
#[derive(Debug, Clone)]
pub struct StateTtl {
    clock: Clock,
    /// ms; 0: for ever.
    millis: Vec<i64>,
    opened: i64,
}

impl StateTtl {
    /// `millis[i]` is for state `i` of the operator; with 0, and for states that are not named, entries live for ever. `None` when all do.
    pub fn new(clock: Clock, millis: &[u64]) -> Option<Self> {
        let opened = clock.now_millis();
        let expires = millis.iter().any(|millis| *millis > 0);
        let millis = millis.iter().map(|millis| i64::try_from(*millis).unwrap_or(i64::MAX)).collect();
        expires.then_some(Self { clock, millis, opened })
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now_millis()
    }

    /// Whether an entry has expired.
    pub(super) fn is_expired(&self, entry: &[u8], value: &[u8], now: i64) -> bool {
        let Some(&millis) = self.millis.get(usize::from(parse(entry).state)).filter(|millis| **millis > 0) else {
            return false;
        };
        let written = written_at(value).or_else(|| has_no_time(value).then_some(self.opened));
        written.is_some_and(|written| written.saturating_add(millis) <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common::clock::ManualClock;

    use super::*;
    use crate::value::write_value_head;

    #[test]
    fn each_state_has_its_own_time() {
        let clock = ManualClock::at_millis(1_000);
        assert!(StateTtl::new(clock.clock(), &[0, 0]).is_none());
        let ttl = StateTtl::new(clock.clock(), &[0, 50, u64::MAX]).unwrap();
        let expired = |state: u8, written: Option<i64>| {
            let mut value = Vec::new();
            write_value_head(written, &mut value);
            ttl.is_expired(&[0, 0, state, 7], &value, ttl.now())
        };
        assert!(expired(1, Some(950)) && !expired(1, Some(951)));
        assert!(!expired(0, Some(0)) && !expired(2, Some(0)) && !expired(3, Some(0)));
        assert!(!expired(1, None), "it counts as written when the store was opened");
        clock.advance(Duration::from_millis(50));
        assert!(expired(1, None));
    }
}
