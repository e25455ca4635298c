//! Finds the partitions of the topics, and the offsets between which they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dataflow::{Failure, Split, SplitAssignment, SplitEnumerator};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};

use super::client::{REQUEST_TIMEOUT, consumer, missing_topic, reach, unreachable_brokers};
use super::offsets::OffsetMode;
use super::options::{KafkaTable, Topics};
use super::split::{KafkaSplit, StartOffset};

/// A topic and a partition of it.
type Partition = (String, i32);

/// What has been given out, as checkpoints hold it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct EnumeratorState {
    /// Whether there was a first look: a partition that comes up after it is read from its beginning, whatever the startup mode.
    looked: bool,
    /// The partitions that were given out.
    returned: BTreeSet<Partition>,
}

pub(super) struct KafkaEnumerator {
    table: Arc<KafkaTable>,
    state: EnumeratorState,
}

impl KafkaEnumerator {
    pub(super) fn new(table: KafkaTable) -> Self {
        Self { table: Arc::new(table), state: EnumeratorState::default() }
    }
}

#[async_trait]
impl SplitEnumerator for KafkaEnumerator {
    async fn discover(&mut self) -> Result<Vec<Split>, Failure> {
        let (table, state) = (self.table.clone(), self.state.clone());
        let found = tokio::task::spawn_blocking(move || discover(&table, &state)).await;
        let splits =
            found.map_err(|error| Failure::internal(format!("looking for partitions was interrupted: {error}")))??;
        self.state.looked = true;
        self.state.returned.extend(splits.iter().map(|split| (split.topic.clone(), split.partition)));
        splits.iter().map(KafkaSplit::to_split).collect()
    }

    fn assignment(&self) -> SplitAssignment {
        SplitAssignment::Fixed
    }

    fn discovery_interval(&self) -> Option<Duration> {
        self.table.discovery_interval
    }

    fn snapshot(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(&self.state)
            .map_err(|error| Failure::internal("the partitions given out cannot be written as JSON").caused_by(error))
    }

    fn restore(&mut self, snapshot: serde_json::Value) -> Result<(), Failure> {
        self.state = serde_json::from_value(snapshot).map_err(|error| {
            let table = &self.table.table;
            Failure::internal(format!("the checkpoint of table '{table}' is not one of the kafka source"))
                .fatal()
                .caused_by(error)
        })?;
        Ok(())
    }
}

fn discover(table: &KafkaTable, state: &EnumeratorState) -> Result<Vec<KafkaSplit>, Failure> {
    reach(table)?;
    let consumer = consumer(table)?;
    let failed = |error: KafkaError| unreachable_brokers(table).caused_by(error);
    let partitions = partitions(table, &consumer)?;
    let new: Vec<Partition> = partitions.into_iter().filter(|partition| !state.returned.contains(partition)).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let resolver = Resolver { table, consumer: &consumer, partitions: &new };
    let starts = if state.looked { BTreeMap::new() } else { resolver.starts().map_err(failed)? };
    let stops = match &table.bounded {
        Some(mode) => resolver.stops(mode).map_err(failed)?,
        None => BTreeMap::new(),
    };
    new.iter()
        .map(|partition| {
            let start = match starts.get(partition) {
                Some(Resolved::At(offset)) => StartOffset::At(*offset),
                Some(Resolved::Missing) => return Err(no_committed_offset(table, partition)),
                Some(Resolved::Earliest) | None => StartOffset::Earliest,
            };
            let (topic, partition_number) = partition.clone();
            Ok(KafkaSplit { topic, partition: partition_number, start, stop: stops.get(partition).copied() })
        })
        .collect()
}

fn no_committed_offset(table: &KafkaTable, (topic, partition): &Partition) -> Failure {
    let group = table.properties.consumer.get("group.id").map_or("", String::as_str);
    Failure::user(format!(
        "group '{group}' has no committed offset for partition {topic}-{partition} of table '{}'; set 'scan.startup.mode' to \
         'earliest-offset', or 'properties.auto.offset.reset' to 'earliest' or 'latest'",
        table.table
    ))
}

/// The partitions of the table's topics. Asks for all topics, because asking for one may create it.
fn partitions(table: &KafkaTable, consumer: &BaseConsumer) -> Result<Vec<Partition>, Failure> {
    let metadata =
        consumer.fetch_metadata(None, REQUEST_TIMEOUT).map_err(|error| unreachable_brokers(table).caused_by(error))?;
    let partitions_of = |topic: &rdkafka::metadata::MetadataTopic| -> Vec<Partition> {
        topic.partitions().iter().map(|partition| (topic.name().to_owned(), partition.id())).collect()
    };
    let mut found: Vec<Partition> = match &table.topics {
        Topics::Pattern(pattern) => {
            metadata.topics().iter().filter(|topic| pattern.is_match(topic.name())).flat_map(partitions_of).collect()
        }
        Topics::List(names) => {
            let mut found = Vec::new();
            for name in names {
                let topic = metadata.topics().iter().find(|topic| topic.name() == name);
                match topic.map(partitions_of) {
                    Some(partitions) if !partitions.is_empty() => found.extend(partitions),
                    _ => {
                        return Err(missing_topic(table, name));
                    }
                }
            }
            found
        }
    };
    found.sort();
    Ok(found)
}

/// A start offset that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolved {
    Earliest,
    At(i64),
    /// The group has committed none, and there is no rule for that.
    Missing,
}

/// Turns modes into offsets of some partitions by asking the brokers.
struct Resolver<'a> {
    table: &'a KafkaTable,
    consumer: &'a BaseConsumer,
    partitions: &'a [Partition],
}

impl Resolver<'_> {
    fn starts(&self) -> Result<BTreeMap<Partition, Resolved>, KafkaError> {
        let all = |resolved: Resolved| self.partitions.iter().map(move |partition| (partition.clone(), resolved));
        let at =
            |offsets: BTreeMap<Partition, i64>| offsets.into_iter().map(|(key, offset)| (key, Resolved::At(offset)));
        Ok(match &self.table.startup {
            OffsetMode::Earliest => all(Resolved::Earliest).collect(),
            OffsetMode::Latest => at(self.latest()?).collect(),
            OffsetMode::Timestamp(time) => at(self.at_time(*time)?).collect(),
            OffsetMode::Group => self.committed_or(self.reset()?)?,
            OffsetMode::Specific(offsets) => {
                let mut resolved = match self.table.properties.consumer.contains_key("group.id") {
                    true => self.committed_or(all(Resolved::Earliest).collect())?,
                    false => all(Resolved::Earliest).collect(),
                };
                for (partition, start) in &mut resolved {
                    if let Some(offset) = offsets.get(&partition.1) {
                        *start = Resolved::At(*offset);
                    }
                }
                resolved
            }
        })
    }

    fn stops(&self, mode: &OffsetMode) -> Result<BTreeMap<Partition, i64>, KafkaError> {
        let mut stops = self.latest()?;
        match mode {
            OffsetMode::Earliest | OffsetMode::Latest => {}
            OffsetMode::Timestamp(time) => stops.extend(self.at_time(*time)?),
            OffsetMode::Group => stops.extend(self.committed()?),
            OffsetMode::Specific(offsets) => {
                for (partition, stop) in &mut stops {
                    if let Some(offset) = offsets.get(&partition.1) {
                        *stop = *offset;
                    }
                }
            }
        }
        Ok(stops)
    }

    /// `auto.offset.reset`, for partitions without a committed offset.
    fn reset(&self) -> Result<BTreeMap<Partition, Resolved>, KafkaError> {
        let all =
            |resolved: Resolved| self.partitions.iter().map(move |partition| (partition.clone(), resolved)).collect();
        Ok(match self.table.properties.auto_offset_reset.as_deref() {
            Some("earliest") => all(Resolved::Earliest),
            Some("latest") => {
                self.latest()?.into_iter().map(|(partition, offset)| (partition, Resolved::At(offset))).collect()
            }
            _ => all(Resolved::Missing),
        })
    }

    fn committed_or(
        &self,
        mut otherwise: BTreeMap<Partition, Resolved>,
    ) -> Result<BTreeMap<Partition, Resolved>, KafkaError> {
        for (partition, offset) in self.committed()? {
            otherwise.insert(partition, Resolved::At(offset));
        }
        Ok(otherwise)
    }

    fn list(&self, offset: Offset) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(self.partitions.len());
        for (topic, partition) in self.partitions {
            list.add_partition_offset(topic, *partition, offset)?;
        }
        Ok(list)
    }

    fn committed(&self) -> Result<BTreeMap<Partition, i64>, KafkaError> {
        Ok(numbers(&self.consumer.committed_offsets(self.list(Offset::Invalid)?, REQUEST_TIMEOUT)?))
    }

    /// The offset behind the last record of each partition.
    fn latest(&self) -> Result<BTreeMap<Partition, i64>, KafkaError> {
        let mut latest = BTreeMap::new();
        for partition in self.partitions {
            let (_, high) = self.consumer.fetch_watermarks(&partition.0, partition.1, REQUEST_TIMEOUT)?;
            latest.insert(partition.clone(), high);
        }
        Ok(latest)
    }

    /// The first record at or after this time; the end where there is none.
    fn at_time(&self, time: i64) -> Result<BTreeMap<Partition, i64>, KafkaError> {
        let found = self.consumer.offsets_for_times(self.list(Offset::Offset(time))?, REQUEST_TIMEOUT)?;
        let mut offsets = self.latest()?;
        offsets.extend(numbers(&found));
        Ok(offsets)
    }
}

/// The elements whose offset is a number.
fn numbers(list: &TopicPartitionList) -> BTreeMap<Partition, i64> {
    let number = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match element.offset() {
        Offset::Offset(offset) => Some(((element.topic().to_owned(), element.partition()), offset)),
        _ => None,
    };
    list.elements().iter().filter_map(number).collect()
}
