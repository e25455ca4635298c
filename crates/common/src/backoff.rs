//! Pauses between tries that grow and are blurred by chance, for registrations and reconnects.

use std::time::Duration;

use crate::random::Random;

/// How pauses grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackoffPolicy {
    /// The first pause.
    pub initial: Duration,
    /// The longest pause.
    pub max: Duration,
    /// Factor from pause to pause, at least 1.
    pub multiplier: f64,
    /// Share of a pause, from 0 to 1, by which chance lengthens or shortens it.
    pub jitter_factor: f64,
}

/// A series of pauses.
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: BackoffPolicy,
    random: Random,
    next: Duration,
    attempts: u32,
}

impl Backoff {
    /// The series from its first pause.
    pub fn new(policy: BackoffPolicy, random: Random) -> Self {
        Backoff { next: policy.initial.min(policy.max), policy, random, attempts: 0 }
    }

    /// The pause to make now; the next one will be longer.
    pub fn next_delay(&mut self) -> Duration {
        let base = self.next;
        self.attempts = self.attempts.saturating_add(1);
        let grown = base.as_secs_f64() * self.policy.multiplier.max(1.0);
        self.next = Duration::try_from_secs_f64(grown).map_or(self.policy.max, |grown| grown.min(self.policy.max));
        let blur = (self.random.unit() * 2.0 - 1.0) * self.policy.jitter_factor.clamp(0.0, 1.0);
        Duration::try_from_secs_f64(base.as_secs_f64() * (1.0 + blur)).map_or(base, |d| d.min(self.policy.max))
    }

    /// How many pauses were made since the start or the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Starts anew after a success.
    pub fn reset(&mut self) {
        self.next = self.policy.initial.min(self.policy.max);
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy(jitter_factor: f64) -> BackoffPolicy {
        BackoffPolicy {
            initial: Duration::from_millis(100),
            max: Duration::from_secs(1),
            multiplier: 2.0,
            jitter_factor,
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_start_anew() {
        let mut backoff = Backoff::new(policy(0.0), Random::from_seed(1));
        let delays: Vec<u128> = (0..6).map(|_| backoff.next_delay().as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.attempts(), 6);
        backoff.reset();
        assert_eq!(backoff.next_delay().as_millis(), 100);
    }

    proptest! {
        #[test]
        fn jitter_stays_in_its_share(seed: u64, jitter in 0.0..1.0f64) {
            let mut backoff = Backoff::new(policy(jitter), Random::from_seed(seed));
            for base in [0.1, 0.2, 0.4, 0.8, 1.0, 1.0] {
                let delay = backoff.next_delay();
                prop_assert!(delay.as_secs_f64() >= base * (1.0 - jitter) - 1e-6);
                prop_assert!(delay.as_secs_f64() <= (base * (1.0 + jitter)).min(1.0) + 1e-6);
            }
        }
    }
}
