//! `Pace`: how many rows a source may read by now (`pipeline.source.max-rows-per-second`). Decides; does not wait.

use std::time::{Duration, Instant};

/// The limit of one subtask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    per_row: Duration,
    /// When the next row may be read.
    next: Instant,
}

impl Pace {
    /// A limit from `now` on; none when no rows a second means no limit.
    pub(crate) fn new(rows_per_second: u32, now: Instant) -> Option<Self> {
        (rows_per_second > 0).then(|| Self { per_row: Duration::from_secs(1) / rows_per_second, next: now })
    }

    /// Rows that may be read now, or when the next may.
    pub(crate) fn allowed(&self, now: Instant) -> Result<usize, Instant> {
        if now < self.next {
            return Err(self.next);
        }
        // At high rates a millisecond's rows at once: a task is not woken more often.
        let at_once = Duration::from_millis(1).as_nanos() / self.per_row.as_nanos().max(1);
        Ok(usize::try_from(at_once).unwrap_or(usize::MAX).max(1))
    }

    /// Rows have been read. Time in which none were there is not made up for.
    pub(crate) fn read(&mut self, rows: usize, now: Instant) {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        self.next = self.next.max(now) + self.per_row * rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_at_the_rate_and_pauses_are_not_made_up_for() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert!(Pace::new(0, start).is_none());
        let mut pace = Pace::new(100, start).unwrap();
        assert_eq!(pace.allowed(at(0)), Ok(1));
        pace.read(1, at(0));
        assert_eq!(pace.allowed(at(9)), Err(at(10)));
        assert_eq!(pace.allowed(at(10)), Ok(1));
        pace.read(5, at(10));
        assert_eq!(pace.allowed(at(30)), Err(at(60)));
        assert_eq!(pace.allowed(at(1_000)), Ok(1));
        pace.read(1, at(1_000));
        assert_eq!(pace.allowed(at(1_001)), Err(at(1_010)));
        assert_eq!(Pace::new(50_000, start).unwrap().allowed(start), Ok(50));
    }
}
