//! `StatisticsSummary`: sizes and durations over many checkpoints; [`Distribution`]: one measure over many.

use std::collections::VecDeque;

use super::record::CheckpointRecord;

/// How many values the percentiles are taken of; minimum, maximum and average are of all.
const WINDOW: usize = 10_000;

/// Over all completed checkpoints of a job.
#[derive(Debug, Clone, Default)]
pub struct StatisticsSummary {
    /// Bytes stored by a checkpoint.
    pub checkpointed: Distribution,
    /// Bytes of all state that it refers to.
    pub full: Distribution,
    /// From the trigger to the last acknowledgement, ms.
    pub duration: Distribution,
    /// Bytes taken from inputs during the alignment.
    pub processed: Distribution,
    /// Bytes of in-flight batches.
    pub persisted: Distribution,
}

impl StatisticsSummary {
    /// Counts a completed checkpoint.
    pub(super) fn add(&mut self, record: &CheckpointRecord) {
        let sizes = record.sizes();
        self.checkpointed.add(sizes.checkpointed);
        self.full.add(sizes.full);
        self.duration.add(record.duration_ms().unwrap_or(0).unsigned_abs());
        self.processed.add(sizes.processed);
        self.persisted.add(sizes.persisted);
    }
}

/// Minimum, maximum, average and percentiles of one measure.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
    latest: VecDeque<u64>,
}

impl Distribution {
    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.count += 1;
        self.sum += u128::from(value);
        if self.latest.len() == WINDOW {
            self.latest.pop_front();
        }
        self.latest.push_back(value);
    }

    /// The latest values.
    pub fn latest(&self) -> impl Iterator<Item = u64> + '_ {
        self.latest.iter().copied()
    }

    /// The smallest value; 0 without any.
    pub fn min(&self) -> u64 {
        self.min
    }

    /// The greatest value; 0 without any.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The average, rounded down; 0 without any.
    pub fn average(&self) -> u64 {
        // The average of numbers of 64 bits is one.
        self.sum.checked_div(u128::from(self.count)).unwrap_or(0) as u64
    }

    /// The values below which these shares (0 to 1) of the latest values lie; `NaN` without any.
    pub fn percentiles<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let mut sorted: Vec<u64> = self.latest.iter().copied().collect();
        sorted.sort_unstable();
        shares.map(|share| percentile(&sorted, share))
    }
}

impl FromIterator<u64> for Distribution {
    fn from_iter<I: IntoIterator<Item = u64>>(values: I) -> Self {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|value| distribution.add(value));
        distribution
    }
}

/// As commons-math estimates it for Flink: between the neighbours of position `share * (n + 1)`, counted from 1.
fn percentile(sorted: &[u64], share: f64) -> f64 {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return f64::NAN };
    let position = share * (sorted.len() as f64 + 1.0);
    let below = position.floor();
    if below < 1.0 {
        return first as f64;
    }
    let index = below as usize;
    if index >= sorted.len() {
        return last as f64;
    }
    let (lower, upper) = (sorted[index - 1] as f64, sorted[index] as f64);
    lower + (position - below) * (upper - lower)
}
