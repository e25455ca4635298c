//! Which watermarks Flink would have passed on, and where in a batch that matters.
//!
//! Flink decides after every record: when the watermark has advanced by more than the interval it is passed on, else the next tick of the interval
//! does it. Here the same watermark is tracked row by row, but a batch is cut only before a row that would come too late; one watermark at the end
//! stands for all the others. Where a mini-batch ends by watermarks, those that end one go out at their place too. A pure machine: no clock, no output.

use arrow_array::{Array, TimestampMillisecondArray};

/// A place in a batch where a watermark goes out: after this many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Rows of the batch that come before the watermark.
    pub rows: usize,
    /// The watermark, ms since the epoch.
    pub watermark: i64,
}

/// The watermark of one split, or of one input when watermarks are assigned after the source.
#[derive(Debug, Clone)]
pub struct WatermarkGenerator {
    interval_ms: i64,
    /// The highest watermark of any row. Starts at 0 as Flink's does: times before 1970 make no watermark.
    highest: i64,
    /// The watermark that Flink would have passed on so far.
    passed_on: i64,
    /// The watermark that has really gone out.
    emitted: i64,
    /// The length of a mini-batch.
    batch_interval: Option<i64>,
    /// The watermark that ends it.
    batch_end: i64,
    /// Whether each one goes out where Flink passes it on.
    every: bool,
}

impl WatermarkGenerator {
    /// A generator that passes watermarks on as soon as they have advanced by more than `interval_ms`.
    pub fn new(interval_ms: u64) -> Self {
        Self {
            interval_ms: i64::try_from(interval_ms).unwrap_or(i64::MAX),
            highest: 0,
            passed_on: 0,
            emitted: 0,
            batch_interval: None,
            batch_end: 0,
            every: false,
        }
    }

    /// The same with watermarks that go out when they pass the end of a mini-batch of so many ms; with 0 each does.
    pub fn ending_batches(self, interval_ms: Option<u64>) -> Self {
        let interval = interval_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX).max(1));
        Self { batch_interval: interval, batch_end: interval.map_or(0, |interval| interval - 1), ..self }
    }

    /// The same generator, whose watermarks all go out, each behind the row that has made it.
    pub fn every(self, every: bool) -> Self {
        Self { every, ..self }
    }

    /// Takes the rows of a batch: each one's event time and the watermark that it raises, if any. Returns where watermarks go out, in order; the last
    /// cut may be behind the last row.
    pub fn on_rows(
        &mut self,
        rowtimes: &TimestampMillisecondArray,
        watermarks: &TimestampMillisecondArray,
    ) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for row in 0..rowtimes.len() {
            let would_be_late = rowtimes.is_valid(row) && rowtimes.value(row) <= self.passed_on;
            if would_be_late && self.passed_on > self.emitted {
                cuts.push(self.cut(row));
            }
            if watermarks.is_valid(row) {
                self.highest = self.highest.max(watermarks.value(row));
            }
            if self.highest.saturating_sub(self.passed_on) > self.interval_ms {
                self.passed_on = self.highest;
                let mut goes_out = self.every;
                if let Some(interval) = self.batch_interval.filter(|_| self.passed_on >= self.batch_end) {
                    let end = self.passed_on - self.passed_on.rem_euclid(interval) + interval - 1;
                    self.batch_end = if end > self.passed_on { end } else { end.saturating_add(interval) };
                    goes_out = true;
                }
                if goes_out {
                    cuts.push(self.cut(row + 1));
                }
            }
        }
        if self.passed_on > self.emitted {
            cuts.push(self.cut(rowtimes.len()));
        }
        cuts
    }

    /// A tick of the interval: whatever has been held back goes out.
    pub fn on_tick(&mut self) -> Option<i64> {
        self.passed_on = self.highest;
        (self.passed_on > self.emitted).then(|| self.cut(0).watermark)
    }

    fn cut(&mut self, rows: usize) -> Cut {
        self.emitted = self.passed_on;
        Cut { rows, watermark: self.emitted }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(values: &[i64]) -> TimestampMillisecondArray {
        TimestampMillisecondArray::from(values.to_vec())
    }

    /// Event times with watermarks that trail them by `delay`.
    fn cuts(generator: &mut WatermarkGenerator, rowtimes: &[i64], delay: i64) -> Vec<(usize, i64)> {
        let watermarks: Vec<i64> = rowtimes.iter().map(|time| time - delay).collect();
        generator
            .on_rows(&times(rowtimes), &times(&watermarks))
            .into_iter()
            .map(|cut| (cut.rows, cut.watermark))
            .collect()
    }

    #[test]
    fn rows_in_order_make_one_watermark_behind_the_batch() {
        assert_eq!(cuts(&mut WatermarkGenerator::new(0), &[1_000, 2_000, 1_500, 3_000], 1_000), [(4, 2_000)]);
    }

    #[test]
    fn mini_batches_end_where_they_end() {
        let mut generator = WatermarkGenerator::new(0).ending_batches(Some(10));
        assert_eq!(cuts(&mut generator, &[3, 8, 9, 12, 18, 19, 45, 48], 0), [(3, 9), (6, 19), (7, 45), (8, 48)]);
        let mut each = WatermarkGenerator::new(0).ending_batches(Some(0));
        assert_eq!(cuts(&mut each, &[3, 8, 8, 9], 0), [(1, 3), (2, 8), (4, 9)]);
    }

    #[test]
    fn a_batch_is_cut_before_a_row_that_would_be_late() {
        assert_eq!(
            cuts(&mut WatermarkGenerator::new(0), &[1_000, 9_000, 500, 600, 20_000, 700], 1_000),
            [(2, 8_000), (5, 19_000)]
        );
    }

    #[test]
    fn every_watermark_goes_out_where_it_is_looked_at() {
        let mut generator = WatermarkGenerator::new(0).every(true);
        assert_eq!(cuts(&mut generator, &[1_000, 2_000, 1_500, 3_000], 0), [(1, 1_000), (2, 2_000), (4, 3_000)]);
    }

    #[test]
    fn small_advances_wait_for_the_tick() {
        let mut generator = WatermarkGenerator::new(200);
        assert_eq!(cuts(&mut generator, &[1_000], 0), [(1, 1_000)]);
        assert_eq!(cuts(&mut generator, &[1_100, 1_050], 0), []);
        assert_eq!(generator.on_tick(), Some(1_100));
        assert_eq!(generator.on_tick(), None);
    }

    #[test]
    fn rows_without_a_watermark_and_times_before_1970_make_none() {
        let mut generator = WatermarkGenerator::new(0);
        let none = TimestampMillisecondArray::from(vec![None, None]);
        assert_eq!(generator.on_rows(&times(&[5, 6]), &none), []);
        assert_eq!(cuts(&mut generator, &[-5_000, -9_000], 0), []);
    }

    proptest! {
        /// What Flink does record by record, and what a window that keeps rows above the watermark then sees, is what cutting batches gives.
        #[test]
        fn the_same_rows_are_late_as_record_by_record(rowtimes in prop::collection::vec(1i64..5_000, 1..200), delay in 0i64..500, interval in 0u64..300, size in 1usize..50) {
            let (mut highest, mut passed_on, mut expected) = (0, 0, Vec::new());
            for &time in &rowtimes {
                expected.push(time <= passed_on);
                highest = highest.max(time - delay);
                if highest - passed_on > interval as i64 { passed_on = highest; }
            }
            let (mut generator, mut current, mut actual) = (WatermarkGenerator::new(interval), 0, Vec::new());
            for batch in rowtimes.chunks(size) {
                let mut start = 0;
                for (rows, watermark) in cuts(&mut generator, batch, delay) {
                    actual.extend(batch[start..rows].iter().map(|&time| time <= current));
                    (start, current) = (rows, watermark);
                }
                actual.extend(batch[start..].iter().map(|&time| time <= current));
            }
            prop_assert_eq!(actual, expected);
        }
    }
}
