//! Time. Everything that decides by time is given a [`Clock`], so that a test can be its master.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of wall-clock and monotonic time; clones share it.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's. Its wall clock jumps when somebody sets it.
    #[default]
    System,
    /// The machine's, whose wall clock was looked at once and goes on by monotonic time: for deadlines.
    Steady {
        /// What the wall clock said.
        start_millis: i64,
        /// When that was.
        start: Instant,
    },
    /// One that stands until it is advanced.
    Manual(ManualClock),
}

/// A clock that stands until it is advanced; clones share it.
#[derive(Debug, Clone)]
pub struct ManualClock {
    start_millis: i64,
    start: Instant,
    elapsed_nanos: Arc<AtomicU64>,
}

impl Clock {
    /// Milliseconds since 1970-01-01 UTC.
    pub fn now_millis(&self) -> i64 {
        match self {
            // A clock set before 1970 is read as 1970: no decision depends on it.
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64),
            Clock::Steady { start_millis, start } => start_millis + start.elapsed().as_millis() as i64,
            Clock::Manual(clock) => clock.start_millis + clock.elapsed().as_millis() as i64,
        }
    }

    /// The same time from now on, but without the jumps of a wall clock that is set.
    pub fn steady(&self) -> Clock {
        match self {
            Clock::System => Clock::Steady { start_millis: self.now_millis(), start: Instant::now() },
            Clock::Steady { .. } | Clock::Manual(_) => self.clone(),
        }
    }

    /// Monotonic time, for measuring and for deadlines.
    pub fn instant(&self) -> Instant {
        match self {
            Clock::System | Clock::Steady { .. } => Instant::now(),
            Clock::Manual(clock) => clock.start + clock.elapsed(),
        }
    }
}

impl ManualClock {
    /// A clock that stands at this many milliseconds since 1970-01-01 UTC.
    pub fn at_millis(start_millis: i64) -> Self {
        ManualClock { start_millis, start: Instant::now(), elapsed_nanos: Arc::default() }
    }

    /// The clock to hand out.
    pub fn clock(&self) -> Clock {
        Clock::Manual(self.clone())
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).expect("a test advances by less than 584 years");
        self.elapsed_nanos.fetch_add(nanos, Ordering::AcqRel);
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_nanos.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let manual = ManualClock::at_millis(1_000);
        let clock = manual.clock();
        let start = clock.instant();
        assert_eq!(clock.now_millis(), 1_000);
        manual.advance(Duration::from_millis(250));
        assert_eq!(clock.now_millis(), 1_250);
        assert_eq!(clock.instant() - start, Duration::from_millis(250));
    }

    #[test]
    fn a_steady_clock_begins_at_the_wall_clock() {
        let steady = Clock::System.steady();
        assert!(steady.now_millis().abs_diff(Clock::System.now_millis()) < 10_000);
        assert!(steady.now_millis() <= steady.steady().now_millis());
    }

    #[test]
    fn the_system_clock_runs() {
        let clock = Clock::default();
        assert!(clock.now_millis() > 1_700_000_000_000);
        assert!(clock.instant() <= clock.instant());
    }
}
