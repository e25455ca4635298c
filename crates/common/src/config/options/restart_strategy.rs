//! What happens after a failure.

use std::time::Duration;

use crate::config::ConfigEnum;

/// The kinds of restart strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartStrategyType {
    /// The job fails.
    Disabled,
    /// A number of restarts with a pause before each.
    FixedDelay,
    /// As many restarts as failures per interval are allowed.
    FailureRate,
    /// Pauses that grow.
    ExponentialDelay,
}

impl ConfigEnum for RestartStrategyType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("none", Self::Disabled),
        ("off", Self::Disabled),
        ("disable", Self::Disabled),
        ("fixed-delay", Self::FixedDelay),
        ("fixeddelay", Self::FixedDelay),
        ("failure-rate", Self::FailureRate),
        ("failurerate", Self::FailureRate),
        ("exponential-delay", Self::ExponentialDelay),
        ("exponentialdelay", Self::ExponentialDelay),
    ];
}

options! {
    RESTART_STRATEGY_TYPE: Option<RestartStrategyType> = "restart-strategy.type" older ["restart-strategy"],
        "Kind of restart strategy; absent, exponential-delay for jobs with periodic checkpoints, none for others.";
    FIXED_DELAY_ATTEMPTS: u32 = "restart-strategy.fixed-delay.attempts" default "1",
        "How often the job is restarted before it fails.";
    FIXED_DELAY_DELAY: Duration = "restart-strategy.fixed-delay.delay" default "PT1S",
        "Pause before a restart.";
    FAILURE_RATE_MAX_FAILURES: u32 = "restart-strategy.failure-rate.max-failures-per-interval" default "1",
        "Failures in an interval before the job fails.";
    FAILURE_RATE_INTERVAL: Duration = "restart-strategy.failure-rate.failure-rate-interval" default "PT1M",
        "The interval in which failures are counted.";
    FAILURE_RATE_DELAY: Duration = "restart-strategy.failure-rate.delay" default "PT1S",
        "Pause before a restart.";
    EXPONENTIAL_DELAY_INITIAL_BACKOFF: Duration = "restart-strategy.exponential-delay.initial-backoff" default "PT1S",
        "First pause.";
    EXPONENTIAL_DELAY_MAX_BACKOFF: Duration = "restart-strategy.exponential-delay.max-backoff" default "PT1M",
        "Longest pause.";
    EXPONENTIAL_DELAY_MULTIPLIER: f64 = "restart-strategy.exponential-delay.backoff-multiplier" default "1.5",
        "Factor from pause to pause.";
    EXPONENTIAL_DELAY_JITTER_FACTOR: f64 = "restart-strategy.exponential-delay.jitter-factor" default "0.1",
        "Share of a pause that is left to chance.";
    EXPONENTIAL_DELAY_RESET_THRESHOLD: Duration = "restart-strategy.exponential-delay.reset-backoff-threshold" default "PT1H",
        "Time without failure after which the pauses start anew.";
    EXPONENTIAL_DELAY_ATTEMPTS: u32 = "restart-strategy.exponential-delay.attempts-before-reset-backoff" default "2147483647",
        "How often the job is restarted before it fails, unless the pauses were reset.";
}
