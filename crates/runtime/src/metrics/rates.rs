//! `RateWindow`: how fast counters grow, over the last seconds.
//!
//! Flink's meters look back 60 s and those of time too. Ten are enough to even out what comes in bursts (a generator gives a second's rows at once),
//! and show sooner what has changed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back it looks.
const SPAN: Duration = Duration::from_secs(10);
/// Two samples are at least so far apart.
const STEP: Duration = Duration::from_secs(1);

/// The values of some counters, each second of the last ones.
#[derive(Debug)]
pub(super) struct RateWindow<const N: usize> {
    samples: VecDeque<(Instant, [u64; N])>,
}

impl<const N: usize> RateWindow<N> {
    /// All counters were 0 then.
    pub(super) fn new(start: Instant) -> Self {
        Self { samples: VecDeque::from([(start, [0; N])]) }
    }

    /// How much each has grown a second, given what they are now.
    pub(super) fn observe(&mut self, now: Instant, values: [u64; N]) -> [f64; N] {
        // The first that stays is as old as the span, or older: rates are over no less than the span once it has passed.
        while self.samples.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= SPAN) {
            self.samples.pop_front();
        }
        let Some((then, before)) = self.samples.front().copied() else { return [0.0; N] };
        if self.samples.back().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= STEP) {
            self.samples.push_back((now, values));
        }
        let seconds = now.saturating_duration_since(then).as_secs_f64();
        if seconds <= 0.0 {
            return [0.0; N];
        }
        std::array::from_fn(|index| values[index].saturating_sub(before[index]) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_evened_out_and_the_past_is_forgotten() {
        let start = Instant::now();
        let mut window = RateWindow::new(start);
        // A thousand at once, each second; looked at twice a second.
        let mut rates = Vec::new();
        for half in 1..=60u64 {
            let [rate] = window.observe(start + Duration::from_millis(500 * half), [half / 2 * 1_000]);
            rates.push(rate);
        }
        assert_eq!(rates[1], 1_000.0);
        assert!(rates[20..].iter().all(|rate| (900.0..=1_100.0).contains(rate)), "{rates:?}");
        let idle: Vec<f64> =
            (31..=45).map(|second| window.observe(start + Duration::from_secs(second), [30_000])[0]).collect();
        assert_eq!(idle.last(), Some(&0.0), "{idle:?}");
    }
}
