//! `SplitWatermarks`: the watermark of a source, combined from those of its splits.
//!
//! Each split has a generator of its own; the lowest counts, of the splits that are not idle. A split that has been read to its end holds nothing
//! back. A watermark that went out never goes back. When splits are read one after the other, a split goes on where the last one ended: that is
//! the single generator that Flink has behind a file source.

use std::sync::Arc;

use dataflow::WatermarkStatus;
use dataflow::operator_spec::WatermarkSpec;

use super::valve::Passed;
use super::watermark_samples::WatermarkSamples;
use super::{Cut, WatermarkGenerator};

/// The watermarks of a source's splits. Times in ms, `now` by the clock.
#[derive(Debug)]
pub(crate) struct SplitWatermarks {
    interval: u64,
    /// As in the source's `WatermarkSpec`.
    batch_interval: Option<u64>,
    idle_timeout: i64,
    every: bool,
    splits: Vec<Split>,
    /// The split that ended last.
    ended: Option<Split>,
    forwarded: i64,
    status: WatermarkStatus,
    next_tick: Option<i64>,
    /// What is kept of `forwarded`.
    samples: WatermarkSamples,
}

#[derive(Debug)]
struct Split {
    id: Arc<str>,
    generator: WatermarkGenerator,
    /// The generator's last watermark.
    watermark: i64,
    last_row_at: i64,
    idle: bool,
    /// It waits for others, and does not become idle meanwhile.
    paused: bool,
    samples: WatermarkSamples,
}

impl SplitWatermarks {
    /// Without splits yet.
    pub(crate) fn new(spec: &WatermarkSpec) -> Self {
        Self::of(spec.interval_ms, spec.idle_timeout_ms, spec.every, spec.batch_interval_ms)
    }

    /// `idle_timeout` 0: a split is never idle. `every`: watermarks are passed on one by one.
    fn of(interval: u64, idle_timeout: u64, every: bool, batch_interval: Option<u64>) -> Self {
        Self {
            interval,
            batch_interval,
            idle_timeout: i64::try_from(idle_timeout).unwrap_or(i64::MAX),
            every,
            splits: Vec::new(),
            ended: None,
            forwarded: 0,
            status: WatermarkStatus::Active,
            next_tick: None,
            samples: WatermarkSamples::new(0),
        }
    }

    /// For a source that aligns with others by the oldest of so many samples.
    pub(crate) fn sampled(self, samples: usize) -> Self {
        Self { samples: WatermarkSamples::new(samples), ..self }
    }

    /// A split has been assigned.
    pub(crate) fn add_split(&mut self, id: Arc<str>, now: i64) {
        let before = if self.splits.is_empty() { self.ended.take() } else { None };
        let (generator, watermark) = match before {
            Some(before) => (before.generator, before.watermark),
            None => {
                let generator = WatermarkGenerator::new(self.interval).every(self.every);
                (generator.ending_batches(self.batch_interval), 0)
            }
        };
        let samples = WatermarkSamples::new(self.samples.capacity());
        self.splits.push(Split { id, generator, watermark, last_row_at: now, idle: false, paused: false, samples });
    }

    /// A split has been read to its end.
    pub(crate) fn finish_split(&mut self, id: &str) -> Option<Passed> {
        if let Some(position) = self.position(id) {
            self.ended = Some(self.splits.remove(position));
        }
        self.pass_on()
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.splits.iter().position(|split| *split.id == *id)
    }

    /// Rows of a split have come, before anything is made of them.
    pub(crate) fn begin_batch(&mut self, id: &Arc<str>, now: i64) -> Option<Passed> {
        let position = self.position(id).unwrap_or_else(|| {
            self.add_split(id.clone(), now);
            self.splits.len() - 1
        });
        let split = &mut self.splits[position];
        split.last_row_at = now;
        split.idle = false;
        let was = std::mem::replace(&mut self.status, WatermarkStatus::Active);
        (was == WatermarkStatus::Idle).then_some(Passed::Status(WatermarkStatus::Active))
    }

    /// Takes a batch of a split; `cuts_of` gives it to the split's generator. Returns where watermarks go out for all splits together.
    pub(crate) fn on_rows<E>(
        &mut self,
        id: &str,
        now: i64,
        cuts_of: impl FnOnce(&mut WatermarkGenerator) -> Result<Vec<Cut>, E>,
    ) -> Result<Vec<Cut>, E> {
        let Some(position) = self.position(id) else { return Ok(Vec::new()) };
        let others = self.splits.iter().enumerate().filter(|(other, split)| *other != position && !split.idle);
        let ceiling = others.map(|(_, split)| split.watermark).min().unwrap_or(i64::MAX);
        let mut cuts = cuts_of(&mut self.splits[position].generator)?;
        if let Some(last) = cuts.last() {
            self.splits[position].watermark = last.watermark;
        }
        cuts.retain_mut(|cut| {
            cut.watermark = cut.watermark.min(ceiling);
            let advances = cut.watermark > self.forwarded;
            self.forwarded = self.forwarded.max(cut.watermark);
            advances
        });
        if self.interval > 0 {
            self.next_tick.get_or_insert(now.saturating_add_unsigned(self.interval));
        }
        Ok(cuts)
    }

    /// The watermark that was passed on last; none before the first.
    pub(crate) fn latest(&self) -> Option<i64> {
        (self.forwarded > 0).then_some(self.forwarded)
    }

    /// The same, as it was some samples ago.
    pub(crate) fn oldest_sample(&self) -> i64 {
        self.samples.oldest(self.forwarded)
    }

    /// Takes a sample of all watermarks.
    pub(crate) fn sample(&mut self) {
        self.samples.take(self.forwarded);
        self.splits.iter_mut().for_each(|split| split.samples.take(split.watermark));
    }

    /// Whether all splits are idle.
    pub(crate) fn is_idle(&self) -> bool {
        self.status == WatermarkStatus::Idle
    }

    /// Pauses the splits whose oldest samples are above `limit` and lets those go on that are not; answers those that change, with whether they are paused now.
    pub(crate) fn pause_above(&mut self, limit: i64, now: i64) -> Vec<(Arc<str>, bool)> {
        let mut changed = Vec::new();
        for split in &mut self.splits {
            let paused = split.samples.oldest(split.watermark) > limit;
            if paused != split.paused {
                split.paused = paused;
                split.last_row_at = now;
                changed.push((split.id.clone(), paused));
            }
        }
        changed
    }

    /// When [`on_timer`](Self::on_timer) is due.
    pub(crate) fn next_timer(&self) -> Option<i64> {
        let idle = self.splits.iter().filter(|split| self.idle_timeout > 0 && !split.idle && !split.paused);
        let idle = idle.map(|split| split.last_row_at.saturating_add(self.idle_timeout)).min();
        [self.next_tick, idle].into_iter().flatten().min()
    }

    /// The clock has reached `now`.
    pub(crate) fn on_timer(&mut self, now: i64) -> Vec<Passed> {
        if self.next_tick.is_some_and(|tick| tick <= now) {
            self.next_tick = None;
            for split in &mut self.splits {
                split.watermark = split.generator.on_tick().unwrap_or(split.watermark);
            }
        }
        if self.idle_timeout > 0 {
            for split in self.splits.iter_mut().filter(|split| !split.paused) {
                split.idle |= split.last_row_at.saturating_add(self.idle_timeout) <= now;
            }
        }
        let mut passed: Vec<Passed> = self.pass_on().into_iter().collect();
        let all_idle = !self.splits.is_empty() && self.splits.iter().all(|split| split.idle);
        if all_idle && self.status == WatermarkStatus::Active {
            self.status = WatermarkStatus::Idle;
            passed.push(Passed::Status(WatermarkStatus::Idle));
        }
        passed
    }

    fn pass_on(&mut self) -> Option<Passed> {
        let active = self.splits.iter().filter(|split| !split.idle);
        let lowest = active.map(|split| split.watermark).min()?;
        if lowest <= self.forwarded {
            return None;
        }
        self.forwarded = lowest;
        Some(Passed::Watermark(lowest))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use arrow_array::TimestampMillisecondArray;

    use super::*;

    /// Gives rows of these event times, which are their watermarks too; returns what goes out, by row.
    fn rows(
        watermarks: &mut SplitWatermarks,
        split: &str,
        times: &[i64],
        now: i64,
    ) -> (Option<Passed>, Vec<(usize, i64)>) {
        let begin = watermarks.begin_batch(&Arc::from(split), now);
        let times = TimestampMillisecondArray::from(times.to_vec());
        let cuts = watermarks.on_rows(split, now, |g| Ok::<_, Infallible>(g.on_rows(&times, &times))).unwrap();
        (begin, cuts.into_iter().map(|cut| (cut.rows, cut.watermark)).collect())
    }

    fn watermark(time: i64) -> Option<Passed> {
        Some(Passed::Watermark(time))
    }

    #[test]
    fn the_lowest_split_counts_until_it_ends() {
        let mut watermarks = SplitWatermarks::of(0, 0, false, None);
        watermarks.add_split(Arc::from("a"), 0);
        watermarks.add_split(Arc::from("b"), 0);
        assert_eq!(rows(&mut watermarks, "a", &[10, 20], 0), (None, vec![]));
        assert_eq!(rows(&mut watermarks, "b", &[5], 0).1, [(1, 5)]);
        assert_eq!(rows(&mut watermarks, "b", &[7, 3], 0).1, [(1, 7)], "3 is late by 7, which goes out before it");
        assert_eq!(watermarks.finish_split("b"), watermark(20));
        assert_eq!(watermarks.finish_split("a"), None);
    }

    #[test]
    fn a_split_after_another_goes_on_with_its_watermark() {
        let mut watermarks = SplitWatermarks::of(200, 0, false, None);
        assert_eq!(rows(&mut watermarks, "a", &[1_000, 1_150], 0).1, [(2, 1_000)]);
        watermarks.finish_split("a");
        assert_eq!(rows(&mut watermarks, "b", &[900, 1_190], 0).1, []);
        assert_eq!(rows(&mut watermarks, "b", &[1_201], 0).1, [(1, 1_201)]);
    }

    #[test]
    fn the_clock_passes_on_what_is_within_the_interval() {
        let mut watermarks = SplitWatermarks::of(200, 0, false, None);
        assert_eq!(rows(&mut watermarks, "a", &[1_000, 1_100], 50).1, [(2, 1_000)]);
        assert_eq!(watermarks.next_timer(), Some(250));
        assert_eq!(watermarks.on_timer(250), [Passed::Watermark(1_100)]);
        assert_eq!(watermarks.next_timer(), None);
    }

    #[test]
    fn splits_above_the_limit_pause_and_do_not_become_idle() {
        let mut watermarks = SplitWatermarks::of(0, 1_000, false, None);
        watermarks.add_split(Arc::from("a"), 0);
        watermarks.add_split(Arc::from("b"), 0);
        rows(&mut watermarks, "a", &[50], 0);
        rows(&mut watermarks, "b", &[10], 0);
        assert_eq!(watermarks.latest(), Some(10));
        assert_eq!(watermarks.pause_above(50, 100), []);
        assert_eq!(watermarks.pause_above(20, 100), [(Arc::from("a"), true)]);
        assert_eq!(watermarks.pause_above(20, 200), [], "it is paused already");
        assert_eq!(watermarks.on_timer(1_000), [Passed::Watermark(50)], "b is idle, and a counts");
        assert_eq!(watermarks.next_timer(), None);
        assert_eq!(watermarks.pause_above(60, 1_500), [(Arc::from("a"), false)]);
        assert_eq!(watermarks.on_timer(1_500), []);
        assert_eq!(watermarks.on_timer(2_500), [Passed::Status(WatermarkStatus::Idle)]);
    }

    #[test]
    fn idle_splits_do_not_count() {
        let mut watermarks = SplitWatermarks::of(0, 1_000, false, None);
        watermarks.add_split(Arc::from("a"), 0);
        watermarks.add_split(Arc::from("b"), 0);
        assert_eq!(rows(&mut watermarks, "a", &[10], 500).1, []);
        assert_eq!(watermarks.next_timer(), Some(1_000));
        assert_eq!(watermarks.on_timer(1_000), [Passed::Watermark(10)]);
        assert_eq!(watermarks.on_timer(1_500), [Passed::Status(WatermarkStatus::Idle)]);
        let active = Some(Passed::Status(WatermarkStatus::Active));
        assert_eq!(rows(&mut watermarks, "b", &[3], 2_000), (active, vec![]), "b is active, and behind");
        assert_eq!(rows(&mut watermarks, "b", &[30], 2_000).1, [(1, 30)], "a is idle");
    }
}
