//! When a partition is told to be complete. Decides only.
//!
//! - `process-time`: by the wall clock, some time after the first row since it was told last;
//! - `partition-time`: once the watermark is past the time that the partition stands for.

use std::collections::BTreeMap;
use std::time::Duration;

use dataflow::{Failure, MIN_WATERMARK};

use super::partition_time::PartitionTime;

/// What says that a partition is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trigger {
    ProcessTime,
    PartitionTime(PartitionTime),
}

/// Which partitions of one writer are still to be told.
#[derive(Debug)]
pub(super) struct PartitionCommit {
    trigger: Trigger,
    delay: Duration,
    watermark: i64,
    /// In ms since the epoch, by partition path: when the first row came, or the time that it stands for.
    waiting: BTreeMap<String, i64>,
}

impl PartitionCommit {
    pub(super) fn new(trigger: Trigger, delay: Duration) -> Self {
        Self { trigger, delay, watermark: MIN_WATERMARK, waiting: BTreeMap::new() }
    }

    /// A row of this partition has come.
    pub(super) fn written(&mut self, partition: &str, now: i64) -> Result<(), Failure> {
        if !self.waiting.contains_key(partition) {
            let time = match &self.trigger {
                Trigger::ProcessTime => now,
                Trigger::PartitionTime(time) => time.of(partition)?,
            };
            self.waiting.insert(partition.to_owned(), time);
        }
        Ok(())
    }

    /// The watermark has advanced.
    pub(super) fn on_watermark(&mut self, watermark: i64) {
        self.watermark = watermark;
    }

    /// A partition of an earlier writer, which waited since; the earliest one counts.
    pub(super) fn restore(&mut self, partition: &str, since: i64) -> Result<(), Failure> {
        if self.trigger == Trigger::ProcessTime && self.waiting.get(partition).is_some_and(|known| since < *known) {
            self.waiting.remove(partition);
        }
        self.written(partition, since)
    }

    /// Those whose time has come, which wait no more.
    pub(super) fn due(&mut self, now: i64) -> Vec<String> {
        let (delay, watermark) = (self.delay.as_millis() as i128, i128::from(self.watermark));
        let is_due = |time: i64| match self.trigger {
            Trigger::ProcessTime => delay == 0 || i128::from(now) > i128::from(time) + delay,
            Trigger::PartitionTime(_) => watermark > i128::from(time) + delay,
        };
        self.waiting.extract_if(.., |_, time| is_due(*time)).map(|(partition, _)| partition).collect()
    }

    /// All of them: no row will come any more.
    pub(super) fn all(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting).into_keys().collect()
    }

    /// Those that wait, with their times.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&String, i64)> {
        self.waiting.iter().map(|(partition, time)| (partition, *time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn by_the_wall_clock_once_the_delay_has_passed() {
        let mut commit = PartitionCommit::new(Trigger::ProcessTime, Duration::from_millis(100));
        for (partition, now) in [("p=1/", 1_000), ("p=1/", 1_050), ("p=2/", 1_060)] {
            commit.written(partition, now).unwrap();
        }
        assert_eq!(commit.due(1_100), NONE);
        assert_eq!(commit.due(1_101), ["p=1/"]);
        assert_eq!(commit.due(1_101), NONE, "it is told once");
        commit.written("p=1/", 1_200).unwrap();
        assert_eq!(commit.due(1_250), ["p=2/"]);
        for (partition, since) in [("p=1/", 900), ("p=3/", 1_240), ("p=1/", 950)] {
            commit.restore(partition, since).unwrap();
        }
        assert_eq!(commit.waiting().map(|(_, since)| since).collect::<Vec<_>>(), [900, 1_240]);
        assert_eq!(commit.all(), ["p=1/", "p=3/"]);
        assert_eq!(commit.waiting().count(), 0);
    }

    #[test]
    fn without_a_delay_each_is_due_at_once() {
        let mut commit = PartitionCommit::new(Trigger::ProcessTime, Duration::ZERO);
        commit.written("p=1/", 1_000).unwrap();
        assert_eq!(commit.due(1_000), ["p=1/"]);
    }

    #[test]
    fn by_the_watermark_once_it_is_past_time_and_delay() {
        let time = PartitionTime { keys: vec!["dt".into()], pattern: None, zone: dataflow::Zone::UTC };
        let mut commit = PartitionCommit::new(Trigger::PartitionTime(time), Duration::from_millis(1_000));
        commit.written("dt=1970-01-01/", 7).unwrap();
        commit.restore("dt=1970-01-02/", 7).unwrap();
        assert!(commit.written("dt=x/", 7).is_err());
        assert_eq!(commit.due(i64::MAX), NONE, "the wall clock says nothing");
        commit.on_watermark(1_000);
        assert_eq!(commit.due(0), NONE);
        commit.on_watermark(1_001);
        assert_eq!(commit.due(0), ["dt=1970-01-01/"]);
        commit.on_watermark(i64::MAX);
        assert_eq!(commit.due(0), ["dt=1970-01-02/"]);
    }
}
