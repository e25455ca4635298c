//! `KafkaSourceMetrics`: how far a reader has come in its partitions and how far behind it is, under the names of Flink's Kafka source.
//!
//! Written by the reader (what it has returned and what it has asked to be committed) and by librdkafka's statistics (the ends of partitions, what was fetched,
//! what is committed: it has no other word for commits that nobody waits for); read at any time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::{ConnectorMetrics, Metric};
use rdkafka::consumer::ConsumerContext;
use rdkafka::statistics::Statistics;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

/// How often librdkafka tells its statistics, ms.
pub(super) const STATISTICS_INTERVAL_MS: &str = "1000";

/// Commits that may be on their way; when there are more, the first has failed.
const MOST_COMMITS: usize = 100;

/// What is not known yet, as in Flink.
const UNKNOWN: i64 = -1;

/// The metrics of one reader.
#[derive(Debug, Default)]
pub(super) struct KafkaSourceMetrics {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    partitions: BTreeMap<(String, i32), Offsets>,
    /// What was sent and is not known to be committed.
    commits_sent: VecDeque<Vec<((String, i32), i64)>>,
    commits_succeeded: u64,
    commits_failed: u64,
}

impl State {
    /// Counts the commits that have come to their end.
    fn count_commits(&mut self) {
        let Self { partitions, commits_sent, commits_succeeded, .. } = self;
        let is_committed = |(partition, offset): &((String, i32), i64)| {
            partitions.get(partition).is_none_or(|offsets| offsets.committed >= *offset)
        };
        while commits_sent.pop_front_if(|commit| commit.iter().all(is_committed)).is_some() {
            *commits_succeeded += 1;
        }
    }
}

#[derive(Debug)]
struct Offsets {
    /// Of the last record that the reader has returned.
    current: i64,
    committed: i64,
    /// Behind the last record that can be read.
    end: i64,
    /// Before the next record that the reader returns.
    next: Option<i64>,
    fetched_records: u64,
    fetched_bytes: u64,
}

impl Offsets {
    /// Records that are to be read; none until both ends are known.
    fn lag(&self) -> Option<u64> {
        let next = self.next.filter(|_| self.end >= 0)?;
        Some(self.end.saturating_sub(next).max(0).unsigned_abs())
    }
}

impl KafkaSourceMetrics {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partition is read, from `next` on where that is known.
    pub(super) fn add(&self, topic: &str, partition: i32, next: Option<i64>) {
        let offsets =
            Offsets { current: UNKNOWN, committed: UNKNOWN, end: UNKNOWN, next, fetched_records: 0, fetched_bytes: 0 };
        self.lock().partitions.entry((topic.to_owned(), partition)).or_insert(offsets);
    }

    /// These offsets are on their way to the group.
    pub(super) fn commit_sent(&self, list: &TopicPartitionList) {
        let mut state = self.lock();
        let elements = list.elements();
        let offsets = elements.iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => Some(((element.topic().to_owned(), element.partition()), offset)),
            _ => None,
        });
        state.commits_sent.push_back(offsets.collect());
        if state.commits_sent.len() > MOST_COMMITS {
            state.commits_sent.pop_front();
            state.commits_failed += 1;
        }
    }

    /// They could not be sent.
    pub(super) fn commit_failed(&self) {
        self.lock().commits_failed += 1;
    }

    /// The reader has returned the records up to this one.
    pub(super) fn returned(&self, topic: &str, partition: i32, offset: i64) {
        let mut state = self.lock();
        if let Some(offsets) = state.partitions.get_mut(&(topic.to_owned(), partition)) {
            (offsets.current, offsets.next) = (offset, Some(offset + 1));
        }
    }
}

impl ConnectorMetrics for KafkaSourceMetrics {
    fn read(&self) -> Vec<Metric> {
        let state = self.lock();
        let lags = || state.partitions.values().filter_map(Offsets::lag);
        let sum = |of: fn(&Offsets) -> u64| state.partitions.values().map(of).sum::<u64>();
        let consumer = |name: &str, value: f64| Metric::rate(&format!("KafkaSourceReader.KafkaConsumer.{name}"), value);
        let mut metrics = vec![
            Metric::count("pendingRecords", lags().sum()),
            Metric::count("KafkaSourceReader.commitsSucceeded", state.commits_succeeded),
            Metric::count("KafkaSourceReader.commitsFailed", state.commits_failed),
            consumer("records-lag-max", lags().max().map_or(f64::NAN, |lag| lag as f64)),
            consumer("records-consumed-total", sum(|offsets| offsets.fetched_records) as f64),
            consumer("bytes-consumed-total", sum(|offsets| offsets.fetched_bytes) as f64),
            consumer("assigned-partitions", state.partitions.len() as f64),
        ];
        for ((topic, partition), offsets) in &state.partitions {
            let groups = vec![
                ("KafkaSourceReader".to_owned(), None),
                ("topic".to_owned(), Some(topic.clone())),
                ("partition".to_owned(), Some(partition.to_string())),
            ];
            for (name, value) in [("currentOffset", offsets.current), ("committedOffset", offsets.committed)] {
                let value = dataflow::MetricNumber::Count(value);
                metrics.push(Metric { groups: groups.clone(), ..Metric::new(name, value) });
            }
        }
        metrics
    }
}

/// What librdkafka tells of the consumers of a reader.
pub(super) struct MeasuredContext(pub(super) Arc<KafkaSourceMetrics>);

impl ClientContext for MeasuredContext {
    fn stats(&self, statistics: Statistics) {
        let mut state = self.0.lock();
        for (topic, of_topic) in statistics.topics {
            for (partition, measured) in of_topic.partitions {
                let Some(offsets) = state.partitions.get_mut(&(topic.clone(), partition)) else { continue };
                if measured.hi_offset >= 0 {
                    offsets.end = measured.hi_offset;
                }
                // A partition that is read from its beginning: nothing was returned yet.
                offsets.next = offsets.next.or(Some(measured.lo_offset).filter(|offset| *offset >= 0));
                (offsets.fetched_records, offsets.fetched_bytes) = (measured.rxmsgs, measured.rxbytes);
                offsets.committed = offsets.committed.max(measured.committed_offset);
            }
        }
        state.count_commits();
    }
}

impl ConsumerContext for MeasuredContext {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_what_is_left_to_read() {
        let metrics = KafkaSourceMetrics::default();
        metrics.add("a.b", 0, None);
        metrics.add("a.b", 1, Some(5));
        let value = |path: &str| {
            let found = metrics.read().into_iter().find(|metric| metric.path() == path);
            format!("{:?}", found.unwrap_or_else(|| panic!("no {path}")).value)
        };
        assert_eq!(value("pendingRecords"), "Count(0)");
        assert_eq!(value("KafkaSourceReader.topic.a_b.partition.1.currentOffset"), "Count(-1)");
        for (partition, end) in [(0, 10), (1, 8)] {
            metrics.lock().partitions.get_mut(&("a.b".to_owned(), partition)).unwrap().end = end;
        }
        metrics.returned("a.b", 0, 3);
        assert_eq!(value("pendingRecords"), "Count(9)");
        assert_eq!(value("KafkaSourceReader.KafkaConsumer.records-lag-max"), "Rate(6.0)");
        assert_eq!(value("KafkaSourceReader.topic.a_b.partition.0.currentOffset"), "Count(3)");
    }
    #[test]
    fn commits_are_counted_when_all_their_offsets_are_committed() {
        let metrics = KafkaSourceMetrics::default();
        metrics.add("a", 0, None);
        metrics.add("a", 1, None);
        let mut list = TopicPartitionList::new();
        for (partition, offset) in [(0, 7), (1, 3)] {
            list.add_partition_offset("a", partition, Offset::Offset(offset)).unwrap();
        }
        metrics.commit_sent(&list);
        metrics.commit_sent(&list);
        let committed = |partition: i32, offset: i64| {
            let mut state = metrics.lock();
            state.partitions.get_mut(&("a".to_owned(), partition)).unwrap().committed = offset;
            state.count_commits();
            state.commits_succeeded
        };
        assert_eq!(committed(0, 7), 0);
        assert_eq!(committed(1, 3), 2);
        (0..=MOST_COMMITS).for_each(|_| {
            list.set_partition_offset("a", 0, Offset::Offset(9)).unwrap();
            metrics.commit_sent(&list);
        });
        assert_eq!(metrics.lock().commits_failed, 1);
    }
}
