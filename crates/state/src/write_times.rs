//! `WriteTimes`: when each slot was written last, for state that expires.

use common::clock::Clock;

/// Times of writes by slot, ms since the epoch; nothing is kept where state lives for ever.
#[derive(Debug, Default)]
pub struct WriteTimes {
    ttl: Option<i64>,
    opened: i64,
    times: Vec<i64>,
}

impl WriteTimes {
    /// For state that lives this many ms after it was written; 0: for ever.
    pub fn new(ttl_ms: u64, clock: &Clock) -> Self {
        let ttl = (ttl_ms > 0).then(|| i64::try_from(ttl_ms).unwrap_or(i64::MAX));
        Self { ttl, opened: if ttl.is_some() { clock.now_millis() } else { 0 }, times: Vec::new() }
    }

    /// How long state lives, ms, if not for ever.
    pub fn ttl(&self) -> Option<i64> {
        self.ttl
    }

    /// A slot was written.
    #[inline]
    pub fn set(&mut self, slot: u32, now: i64) {
        if self.ttl.is_some() {
            if slot as usize >= self.times.len() {
                self.times.resize((slot as usize + 1).next_power_of_two(), now);
            }
            self.times[slot as usize] = now;
        }
    }

    /// A slot was read from the store, with the time that its value had. One that has none was written when nothing expired: it lives from the
    /// start of the operator on.
    pub fn set_loaded(&mut self, slot: u32, written: Option<i64>) {
        self.set(slot, written.unwrap_or(self.opened));
    }

    /// When a slot was written; none where nothing expires: for the head of its value.
    #[inline]
    pub fn get(&self, slot: u32) -> Option<i64> {
        self.ttl.and_then(|_| self.times.get(slot as usize).copied())
    }

    /// Whether a slot was not written for the time to live.
    #[inline]
    pub fn is_expired(&self, slot: u32, now: i64) -> bool {
        self.ttl.is_some_and(|ttl| self.times.get(slot as usize).is_some_and(|time| time.saturating_add(ttl) <= now))
    }

    /// Bytes that it holds.
    pub fn memory_size(&self) -> usize {
        self.times.capacity() * size_of::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use common::clock::ManualClock;

    use super::*;

    #[test]
    fn slots_expire_when_they_were_not_written() {
        let clock = ManualClock::at_millis(1_000).clock();
        let mut times = WriteTimes::new(50, &clock);
        times.set(3, 1_010);
        times.set_loaded(1, None);
        times.set_loaded(2, Some(990));
        assert_eq!([1, 2, 3].map(|slot| times.get(slot)), [Some(1_000), Some(990), Some(1_010)]);
        assert_eq!([1, 2, 3].map(|slot| times.is_expired(slot, 1_045)), [false, true, false]);
        assert_eq!([1, 2, 3].map(|slot| times.is_expired(slot, 1_060)), [true, true, true]);
        let mut for_ever = WriteTimes::new(0, &clock);
        for_ever.set(3, 1_010);
        assert_eq!((for_ever.get(3), for_ever.is_expired(3, i64::MAX), for_ever.memory_size()), (None, false, 0));
    }
}
