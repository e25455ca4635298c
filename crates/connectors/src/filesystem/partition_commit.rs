//! When a partition is told to be complete: by the wall clock, some time after the first row since it was told last.
//!
//! Decides only. The trigger is Flink's `process-time`; that of `partition-time` needs the watermark of all subtasks at one place.

use std::collections::BTreeMap;
use std::time::Duration;

/// Which partitions of one writer are still to be told.
#[derive(Debug)]
pub(super) struct PartitionCommit {
    delay: Duration,
    /// When the first row came, in ms since the epoch, by partition path.
    waiting: BTreeMap<String, i64>,
}

impl PartitionCommit {
    pub(super) fn new(delay: Duration) -> Self {
        Self { delay, waiting: BTreeMap::new() }
    }

    /// A row of this partition has come.
    pub(super) fn written(&mut self, partition: &str, now: i64) {
        if !self.waiting.contains_key(partition) {
            self.waiting.insert(partition.to_owned(), now);
        }
    }

    /// A partition of an earlier writer; the earliest time counts.
    pub(super) fn restore(&mut self, partition: String, since: i64) {
        let time = self.waiting.entry(partition).or_insert(since);
        *time = since.min(*time);
    }

    /// Those whose time has come, which wait no more.
    pub(super) fn due(&mut self, now: i64) -> Vec<String> {
        let delay = self.delay.as_millis();
        let is_due = |since: i64| delay == 0 || i128::from(now) - i128::from(since) > delay as i128;
        self.waiting.extract_if(.., |_, since| is_due(*since)).map(|(partition, _)| partition).collect()
    }

    /// All of them: no row will come any more.
    pub(super) fn all(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting).into_keys().collect()
    }

    /// Those that wait, with their times.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&String, i64)> {
        self.waiting.iter().map(|(partition, since)| (partition, *since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_due_once_its_delay_has_passed() {
        let mut commit = PartitionCommit::new(Duration::from_millis(100));
        commit.written("p=1/", 1_000);
        commit.written("p=1/", 1_050);
        commit.written("p=2/", 1_060);
        assert_eq!(commit.due(1_100), Vec::<String>::new());
        assert_eq!(commit.due(1_101), ["p=1/"]);
        assert_eq!(commit.due(1_101), Vec::<String>::new(), "it is told once");
        commit.written("p=1/", 1_200);
        assert_eq!(commit.due(1_250), ["p=2/"]);
        commit.restore("p=1/".into(), 900);
        commit.restore("p=3/".into(), 1_240);
        commit.restore("p=1/".into(), 950);
        assert_eq!(commit.waiting().map(|(_, since)| since).collect::<Vec<_>>(), [900, 1_240]);
        assert_eq!(commit.all(), ["p=1/", "p=3/"]);
        assert_eq!(commit.waiting().count(), 0);
    }

    #[test]
    fn without_a_delay_each_is_due_at_once() {
        let mut commit = PartitionCommit::new(Duration::ZERO);
        commit.written("p=1/", 1_000);
        assert_eq!(commit.due(1_000), ["p=1/"]);
    }
}
