//! `WatermarkSamples`: what a watermark was some update intervals ago.
//!
//! The watermark that a source should not pass is as old as the way to the JobManager and back. A source that compared it with where it is now
//! would wait although the others have long followed, so it is compared with where the source was (Flink's `WatermarkSampler`).

use std::collections::VecDeque;

/// The last samples, oldest first; with a capacity of 0 the watermark itself.
#[derive(Debug)]
pub(crate) struct WatermarkSamples {
    samples: VecDeque<i64>,
}

impl WatermarkSamples {
    /// As if the watermark had never been anything but the lowest.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { samples: std::iter::repeat_n(i64::MIN, capacity).collect() }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.samples.len()
    }

    /// Takes one.
    pub(crate) fn take(&mut self, watermark: i64) {
        self.samples.push_back(watermark);
        self.samples.pop_front();
    }

    /// The oldest one, of a watermark that is now at `latest`.
    pub(crate) fn oldest(&self, latest: i64) -> i64 {
        self.samples.front().copied().unwrap_or(latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_as_many_samples_ago_as_there_is_room_for() {
        let mut samples = WatermarkSamples::new(3);
        let oldest = [10, 20, 30, 40].map(|watermark| {
            samples.take(watermark);
            samples.oldest(99)
        });
        assert_eq!(oldest, [i64::MIN, i64::MIN, 10, 20]);
        let mut none = WatermarkSamples::new(0);
        none.take(10);
        assert_eq!(none.oldest(99), 99);
    }
}
