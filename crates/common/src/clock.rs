//! Time. Everything that decides by time or waits for it is given a [`Clock`], so that a test can be its master.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
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
    sleepers: Arc<Mutex<Sleepers>>,
}

/// Who waits for a manual clock, by the time and in the order in which they began to.
#[derive(Debug, Default)]
struct Sleepers {
    wakers: BTreeMap<(u64, u64), Waker>,
    began: u64,
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

    /// Waits for so long. Needs a tokio runtime when it is the machine's clock.
    pub async fn sleep(&self, pause: Duration) {
        match self {
            Clock::System | Clock::Steady { .. } => tokio::time::sleep(pause).await,
            Clock::Manual(clock) => clock.sleep(clock.elapsed() + pause).await,
        }
    }

    /// Waits until a time of [`Clock::instant`].
    pub async fn sleep_until(&self, deadline: Instant) {
        match self {
            Clock::System | Clock::Steady { .. } => tokio::time::sleep_until(deadline.into()).await,
            Clock::Manual(clock) => clock.sleep(deadline.saturating_duration_since(clock.start)).await,
        }
    }

    /// Waits for a future, but no longer than `limit`: then it is dropped and the answer is none.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.sleep(limit) => None,
        }
    }
}

impl ManualClock {
    /// A clock that stands at this many milliseconds since 1970-01-01 UTC.
    pub fn at_millis(start_millis: i64) -> Self {
        ManualClock { start_millis, start: Instant::now(), elapsed_nanos: Arc::default(), sleepers: Arc::default() }
    }

    /// The clock to hand out.
    pub fn clock(&self) -> Clock {
        Clock::Manual(self.clone())
    }

    /// Moves the time on, and wakes those that have waited for it, in order.
    pub fn advance(&self, by: Duration) {
        let now = self.elapsed_nanos.fetch_add(nanos(by), Ordering::AcqRel) + nanos(by);
        let due = {
            let mut sleepers = self.sleepers();
            let later = sleepers.wakers.split_off(&(now + 1, 0));
            std::mem::replace(&mut sleepers.wakers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// How long until somebody who waits is due; none when nobody waits.
    pub fn next_wake(&self) -> Option<Duration> {
        let (due, _) = *self.sleepers().wakers.first_key_value()?.0;
        Some(Duration::from_nanos(due).saturating_sub(self.elapsed()))
    }

    fn sleep(&self, until: Duration) -> ManualSleep {
        ManualSleep { clock: self.clone(), until: nanos(until), place: None }
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_nanos.load(Ordering::Acquire))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("a test waits for less than 584 years")
}

/// Waits for a manual clock.
struct ManualSleep {
    clock: ManualClock,
    until: u64,
    /// Under which it waits.
    place: Option<u64>,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if nanos(self.clock.elapsed()) >= self.until {
            return Poll::Ready(());
        }
        let clock = self.clock.clone();
        let mut sleepers = clock.sleepers();
        let place = *self.place.get_or_insert_with(|| {
            sleepers.began += 1;
            sleepers.began
        });
        sleepers.wakers.insert((self.until, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.sleepers().wakers.remove(&(self.until, place));
        }
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

    #[tokio::test]
    async fn who_waits_for_a_manual_clock_is_woken_when_it_is_time() {
        let manual = ManualClock::at_millis(0);
        let clock = manual.clock();
        let waiting = tokio::spawn(async move {
            clock.timeout(Duration::from_millis(20), clock.sleep(Duration::from_millis(10))).await
        });
        while manual.next_wake().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(manual.next_wake(), Some(Duration::from_millis(10)));
        manual.advance(Duration::from_millis(10));
        assert_eq!(waiting.await.unwrap(), Some(()));
        assert_eq!(manual.next_wake(), None, "who does not wait any more is forgotten");
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
