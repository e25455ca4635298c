//! `RestartStrategy`: whether a job runs again after a failure, and when. A pure machine inside the execution graph.
//!
//! The kinds, their keys and the words in which they describe themselves are Flink's (`restart-strategy.*`).

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use common::config::options::{self, RestartStrategyType};
use common::config::{ConfigError, Configuration};
use common::random::Random;

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartDecision {
    /// Run the job again after this pause.
    Restart(Duration),
    /// The job has failed.
    Fail,
}

/// Decides restarts by the failures so far. Times are ms since the epoch.
#[derive(Debug, Clone)]
pub enum RestartStrategy {
    /// Never.
    Never,
    /// A number of times, with the same pause before each.
    FixedDelay {
        /// How often at most.
        max_attempts: u32,
        /// The pause.
        delay: Duration,
        /// How often so far.
        attempts: u32,
    },
    /// While there are no more failures in the interval than allowed.
    FailureRate {
        /// Failures allowed in the interval.
        max_failures: usize,
        /// The interval.
        interval: Duration,
        /// The pause.
        delay: Duration,
        /// The latest failures, oldest first; one more than allowed.
        failures: VecDeque<i64>,
    },
    /// With pauses that grow, until the job has run long enough without a failure.
    ExponentialDelay(ExponentialDelay),
}

/// See [`RestartStrategy::ExponentialDelay`].
#[derive(Debug, Clone)]
pub struct ExponentialDelay {
    initial: Duration,
    max: Duration,
    multiplier: f64,
    reset_threshold: Duration,
    jitter_factor: f64,
    max_attempts: u32,
    /// Whether the first pause is left out when a TaskManager was lost.
    at_once_when_lost: bool,
    random: Random,
    current: Duration,
    attempts: u32,
    last_failure: Option<i64>,
}

impl RestartStrategy {
    /// The strategy that a configuration asks for. Without `restart-strategy.type`, pauses grow if there are periodic checkpoints; else jobs are
    /// not restarted, because there is nothing to start from.
    pub fn from_config(config: &Configuration, random: Random) -> Result<Self, ConfigError> {
        let checkpoints = config.get(&options::CHECKPOINTING_INTERVAL)?.is_some_and(|interval| !interval.is_zero());
        let default = if checkpoints { RestartStrategyType::ExponentialDelay } else { RestartStrategyType::Disabled };
        Ok(match config.get(&options::RESTART_STRATEGY_TYPE)?.unwrap_or(default) {
            RestartStrategyType::Disabled => RestartStrategy::Never,
            RestartStrategyType::FixedDelay => RestartStrategy::FixedDelay {
                max_attempts: config.get(&options::FIXED_DELAY_ATTEMPTS)?,
                delay: config.get(&options::FIXED_DELAY_DELAY)?,
                attempts: 0,
            },
            RestartStrategyType::FailureRate => RestartStrategy::FailureRate {
                max_failures: config.get(&options::FAILURE_RATE_MAX_FAILURES)? as usize,
                interval: config.get(&options::FAILURE_RATE_INTERVAL)?,
                delay: config.get(&options::FAILURE_RATE_DELAY)?,
                failures: VecDeque::new(),
            },
            RestartStrategyType::ExponentialDelay => {
                let initial = config.get(&options::EXPONENTIAL_DELAY_INITIAL_BACKOFF)?;
                RestartStrategy::ExponentialDelay(ExponentialDelay {
                    initial,
                    max: config.get(&options::EXPONENTIAL_DELAY_MAX_BACKOFF)?,
                    multiplier: config.get(&options::EXPONENTIAL_DELAY_MULTIPLIER)?,
                    reset_threshold: config.get(&options::EXPONENTIAL_DELAY_RESET_THRESHOLD)?,
                    jitter_factor: config.get(&options::EXPONENTIAL_DELAY_JITTER_FACTOR)?,
                    max_attempts: config.get(&options::EXPONENTIAL_DELAY_ATTEMPTS)?,
                    at_once_when_lost: !config.is_set(&options::EXPONENTIAL_DELAY_INITIAL_BACKOFF),
                    random,
                    current: initial,
                    attempts: 0,
                    last_failure: None,
                })
            }
        })
    }

    /// A failure has happened at `now`. `lost`: a TaskManager is gone, so that a pause would not help it to recover. Other than in Flink the first
    /// pause of exponential-delay is then left out, unless it is configured.
    pub fn on_failure(&mut self, now: i64, lost: bool) -> RestartDecision {
        match self {
            RestartStrategy::Never => RestartDecision::Fail,
            RestartStrategy::FixedDelay { max_attempts, delay, attempts } => {
                *attempts = attempts.saturating_add(1);
                if *attempts > *max_attempts { RestartDecision::Fail } else { RestartDecision::Restart(*delay) }
            }
            RestartStrategy::FailureRate { max_failures, interval, delay, failures } => {
                failures.push_back(now);
                while failures.len() > *max_failures + 1 {
                    failures.pop_front();
                }
                let oldest = failures.front().copied().unwrap_or(now);
                if failures.len() > *max_failures && now - oldest <= interval.as_millis() as i64 {
                    RestartDecision::Fail
                } else {
                    RestartDecision::Restart(*delay)
                }
            }
            RestartStrategy::ExponentialDelay(exponential) => exponential.on_failure(now, lost),
        }
    }
}

impl ExponentialDelay {
    fn on_failure(&mut self, now: i64, lost: bool) -> RestartDecision {
        let quiet_for = self.last_failure.map(|last| now - last);
        let reset_after = (self.reset_threshold + self.current).as_millis() as i64;
        if quiet_for.is_none_or(|quiet| quiet >= reset_after) {
            self.current = self.initial;
            self.attempts = 0;
        } else {
            let grown = Duration::try_from_secs_f64(self.current.as_secs_f64() * self.multiplier).unwrap_or(self.max);
            self.current = grown.min(self.max);
        }
        self.last_failure = Some(now);
        self.attempts = self.attempts.saturating_add(1);
        if self.attempts > self.max_attempts {
            return RestartDecision::Fail;
        }
        if lost && self.at_once_when_lost && self.attempts == 1 {
            return RestartDecision::Restart(Duration::ZERO);
        }
        let blur = (self.random.unit() * 2.0 - 1.0) * self.jitter_factor.clamp(0.0, 1.0);
        RestartDecision::Restart(self.current.mul_f64(1.0 + blur).min(self.max))
    }
}

impl fmt::Display for RestartStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestartStrategy::Never => f.write_str("NoRestartBackoffTimeStrategy"),
            RestartStrategy::FixedDelay { max_attempts, delay, .. } => write!(
                f,
                "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts={max_attempts}, backoffTimeMS={})",
                delay.as_millis()
            ),
            RestartStrategy::FailureRate { max_failures, interval, delay, .. } => write!(
                f,
                "FailureRateRestartBackoffTimeStrategy(failuresIntervalMS={},backoffTimeMS={},maxFailuresPerInterval={max_failures})",
                interval.as_millis(),
                delay.as_millis()
            ),
            RestartStrategy::ExponentialDelay(e) => write!(
                f,
                "ExponentialDelayRestartBackoffTimeStrategy(initialBackoffMS={}, maxBackoffMS={}, backoffMultiplier={}, resetBackoffThresholdMS={}, jitterFactor={}, currentBackoffMS={}, attemptsBeforeResetBackoff={})",
                e.initial.as_millis(),
                e.max.as_millis(),
                e.multiplier,
                e.reset_threshold.as_millis(),
                e.jitter_factor,
                e.current.as_millis(),
                e.max_attempts
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::config::Origin;

    /// Feeds failures at these times and tells the pauses in ms, `None` where the job fails.
    fn run(pairs: &[(&str, &str)], failures: &[i64]) -> Vec<Option<u64>> {
        let config = Configuration::from_map(pairs.iter().copied(), Origin::Program);
        let mut strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
        failures
            .iter()
            .map(|&at| match strategy.on_failure(at, false) {
                RestartDecision::Restart(delay) => Some(delay.as_millis() as u64),
                RestartDecision::Fail => None,
            })
            .collect()
    }

    #[test]
    fn strategies_decide_as_flinks() {
        const TYPE: &str = "restart-strategy.type";
        let fixed = [
            (TYPE, "fixed-delay"),
            ("restart-strategy.fixed-delay.attempts", "2"),
            ("restart-strategy.fixed-delay.delay", "500 ms"),
        ];
        let rate = [
            (TYPE, "failure-rate"),
            ("restart-strategy.failure-rate.max-failures-per-interval", "2"),
            ("restart-strategy.failure-rate.failure-rate-interval", "1 s"),
            ("restart-strategy.failure-rate.delay", "10 ms"),
        ];
        let exponential = [
            (TYPE, "exponential-delay"),
            ("restart-strategy.exponential-delay.initial-backoff", "100 ms"),
            ("restart-strategy.exponential-delay.max-backoff", "350 ms"),
            ("restart-strategy.exponential-delay.backoff-multiplier", "2"),
            ("restart-strategy.exponential-delay.jitter-factor", "0"),
            ("restart-strategy.exponential-delay.reset-backoff-threshold", "1 s"),
            ("restart-strategy.exponential-delay.attempts-before-reset-backoff", "4"),
        ];
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [i64], &'a [Option<u64>]);
        let table: [Case<'_>; 6] = [
            (&[], &[5], &[None]),
            (&[(TYPE, "none")], &[5], &[None]),
            (&fixed, &[0, 1, 2], &[Some(500), Some(500), None]),
            (&rate, &[0, 100, 1000, 2101], &[Some(10), Some(10), None, Some(10)]),
            (&exponential, &[0, 10, 20, 30, 40], &[Some(100), Some(200), Some(350), Some(350), None]),
            // Quiet for the threshold and the current pause: starts anew.
            (&exponential, &[0, 10, 1210, 1220], &[Some(100), Some(200), Some(100), Some(200)]),
        ];
        for (config, failures, expected) in table {
            assert_eq!(run(config, failures), expected, "{config:?} {failures:?}");
        }
    }

    #[test]
    fn with_checkpoints_jobs_restart_by_default_and_at_once_when_a_task_manager_is_lost() {
        const INTERVAL: (&str, &str) = ("execution.checkpointing.interval", "10 s");
        const BACKOFF: (&str, &str) = ("restart-strategy.exponential-delay.initial-backoff", "1 s");
        const JITTER: (&str, &str) = ("restart-strategy.exponential-delay.jitter-factor", "0");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [bool], &'a [u64]);
        let table: [Case<'_>; 4] = [
            (&[INTERVAL, JITTER], &[false, true], &[1_000, 1_500]),
            (&[INTERVAL, JITTER], &[true, true, false], &[0, 1_500, 2_250]),
            (&[INTERVAL, JITTER, BACKOFF], &[true], &[1_000]),
            (&[INTERVAL, ("restart-strategy.type", "fixed-delay")], &[true], &[1_000]),
        ];
        for (pairs, failures, expected) in table {
            let config = Configuration::from_map(pairs.iter().copied(), Origin::Program);
            let mut strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
            let pauses: Vec<RestartDecision> = failures.iter().map(|&lost| strategy.on_failure(7, lost)).collect();
            let expected: Vec<RestartDecision> =
                expected.iter().map(|&ms| RestartDecision::Restart(Duration::from_millis(ms))).collect();
            assert_eq!(pauses, expected, "{pairs:?} {failures:?}");
        }
    }

    #[test]
    fn they_describe_themselves_in_flinks_words() {
        let config = Configuration::from_map(
            [("restart-strategy.type", "fixed-delay"), ("restart-strategy.fixed-delay.attempts", "2")],
            Origin::Program,
        );
        let strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
        let text = "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=2, backoffTimeMS=1000)";
        assert_eq!(strategy.to_string(), text);
    }
}
