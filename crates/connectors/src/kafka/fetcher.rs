//! A thread that reads partitions with one consumer and hands their records over in chunks.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use dataflow::Failure;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Timestamp};
use rdkafka::{Message, Offset, TopicPartitionList};

use super::client::{REQUEST_TIMEOUT, reach, unreachable_brokers};
use super::options::KafkaTable;
use super::record_queue::{Chunk, Delivery, Entry, RecordQueue};
use super::source_metrics::MeasuredContext;
use super::split::{KafkaSplit, StartOffset};

/// Records and bytes of a chunk at most.
const CHUNK_RECORDS: usize = 4_096;
const CHUNK_BYTES: usize = 1 << 20;
/// How long to wait for a record before looking at anything else.
const POLL: Duration = Duration::from_millis(100);
/// How long all brokers may be away before the source gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which parts of records are copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) key: bool,
    pub(super) headers: bool,
}

/// What the reader wants of a fetcher.
#[derive(Debug)]
pub(super) enum Order {
    /// Read this split, which has this number in the reader.
    Read(usize, KafkaSplit),
    /// Fetch no more of the split with this number, or go on with it.
    Pause { split: usize, paused: bool },
    /// Tell the group that everything before this offset is done with.
    Commit { topic: String, partition: i32, offset: i64 },
}

pub(super) struct Fetcher {
    table: Arc<KafkaTable>,
    consumer: BaseConsumer<MeasuredContext>,
    queue: Arc<RecordQueue>,
    orders: Receiver<Order>,
    wanted: Wanted,
    partitions: Vec<Partition>,
    by_name: HashMap<(String, i32), usize>,
    /// The partition of the last record, found without a look-up: topic handle, number and index.
    last: Option<(usize, i32, usize)>,
    /// Since when no broker could be reached.
    down_since: Option<Instant>,
}

/// A partition that is read.
struct Partition {
    /// Number of the split in the reader.
    split: usize,
    topic: String,
    number: i32,
    stop: Option<i64>,
    finished: bool,
    /// No longer fetched, because it is finished.
    paused: bool,
    chunk: Chunk,
}

/// Whether the thread goes on.
enum Step {
    Continue,
    Stop,
}

impl Fetcher {
    pub(super) fn new(
        table: Arc<KafkaTable>,
        consumer: BaseConsumer<MeasuredContext>,
        queue: Arc<RecordQueue>,
        orders: Receiver<Order>,
        wanted: Wanted,
    ) -> Self {
        Self {
            table,
            consumer,
            queue,
            orders,
            wanted,
            partitions: Vec::new(),
            by_name: HashMap::new(),
            last: None,
            down_since: None,
        }
    }

    /// Reads until the reader is gone or reading fails.
    pub(super) fn run(mut self) {
        loop {
            match self.step() {
                Ok(Step::Continue) => {}
                Ok(Step::Stop) => return,
                Err(failure) => {
                    self.queue.fail(failure);
                    return;
                }
            }
        }
    }

    fn step(&mut self) -> Result<Step, Failure> {
        if self.queue.is_closed() {
            return Ok(Step::Stop);
        }
        self.obey()?;
        self.check_brokers()?;
        // Takes what has arrived without waiting, so that chunks become full under load and small without.
        let mut wait = POLL;
        let mut taken = 0_usize;
        loop {
            // Under load nothing else would come to an end here.
            if taken == CHUNK_RECORDS {
                self.obey()?;
                taken = 0;
            }
            taken += 1;
            let flow = match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let index = partition_of(&self.by_name, &mut self.last, &message);
                    let Some(index) = index else { continue };
                    take(&self.queue, &mut self.partitions[index], &message, self.wanted)
                }
                Some(Err(KafkaError::PartitionEOF(number))) => {
                    self.down_since = None;
                    self.reached_end(number)
                }
                Some(Err(error)) => {
                    self.note(error)?;
                    break;
                }
            };
            if matches!(flow, Step::Stop) {
                return Ok(Step::Stop);
            }
            if wait == POLL {
                self.down_since = None;
                wait = Duration::ZERO;
            }
        }
        self.pause_finished();
        Ok(self.hand_over())
    }

    /// Stops fetching what lies behind the end of bounded partitions.
    fn pause_finished(&mut self) {
        for partition in self.partitions.iter_mut().filter(|partition| partition.finished && !partition.paused) {
            let mut list = TopicPartitionList::new();
            list.add_partition(&partition.topic, partition.number);
            if let Err(error) = self.consumer.pause(&list) {
                tracing::warn!(table = self.table.table, %error, "a finished partition cannot be paused; its records are dropped");
            }
            partition.paused = true;
        }
    }

    /// Begins to read the splits that were added, and commits what checkpoints have completed.
    fn obey(&mut self) -> Result<(), Failure> {
        let (mut assigned, mut committed) = (TopicPartitionList::new(), TopicPartitionList::new());
        while let Ok(order) = self.orders.try_recv() {
            let added = match order {
                Order::Read(split, what) => self.add(split, what, &mut assigned),
                Order::Pause { split, paused } => self.pause(split, paused),
                Order::Commit { topic, partition, offset } => {
                    let offset = Offset::Offset(offset);
                    match committed.find_partition(&topic, partition) {
                        Some(mut earlier) => earlier.set_offset(offset),
                        None => committed.add_partition_offset(&topic, partition, offset),
                    }
                }
            };
            added.map_err(|error| self.failed(&error))?;
        }
        if committed.count() > 0 {
            // Nobody relies on it: a restore begins where the checkpoint says.
            let metrics = &self.consumer.context().0;
            if let Err(error) = self.consumer.commit(&committed, CommitMode::Async) {
                metrics.commit_failed();
                tracing::warn!(table = self.table.table, %error, "the group's offsets cannot be committed; the next checkpoint tries again");
            } else {
                metrics.commit_sent(&committed);
            }
        }
        self.assign(&assigned)
    }

    /// Takes a split up; one without records is finished at once.
    fn add(&mut self, split: usize, what: KafkaSplit, assigned: &mut TopicPartitionList) -> Result<(), KafkaError> {
        let is_empty = matches!((what.start, what.stop), (StartOffset::At(start), Some(stop)) if start >= stop)
            || what.stop == Some(0);
        if is_empty {
            self.queue.push(Delivery::Finished(split));
            return Ok(());
        }
        let offset = match what.start {
            StartOffset::Earliest => Offset::Beginning,
            StartOffset::At(offset) => Offset::Offset(offset),
        };
        assigned.add_partition_offset(&what.topic, what.partition, offset)?;
        self.by_name.insert((what.topic.clone(), what.partition), self.partitions.len());
        self.partitions.push(Partition {
            split,
            topic: what.topic,
            number: what.partition,
            stop: what.stop,
            finished: false,
            paused: false,
            chunk: Chunk::default(),
        });
        Ok(())
    }

    fn pause(&self, split: usize, paused: bool) -> Result<(), KafkaError> {
        let fetched = |partition: &&Partition| partition.split == split && !partition.paused;
        let Some(partition) = self.partitions.iter().find(fetched) else { return Ok(()) };
        let mut list = TopicPartitionList::new();
        list.add_partition(&partition.topic, partition.number);
        if paused { self.consumer.pause(&list) } else { self.consumer.resume(&list) }
    }

    fn assign(&self, list: &TopicPartitionList) -> Result<(), Failure> {
        if list.count() == 0 {
            return Ok(());
        }
        // Asked for first, because a consumer that does not know the leaders yet looks for them only twice a second. If that fails,
        // it looks for them all the same.
        for topic in list.elements().iter().map(|element| element.topic()).collect::<BTreeSet<_>>() {
            let _ = self.consumer.fetch_metadata(Some(topic), REQUEST_TIMEOUT);
        }
        self.consumer.incremental_assign(list).map_err(|error| self.failed(&error))
    }

    /// Passes on the chunks that have records.
    fn hand_over(&mut self) -> Step {
        for partition in &mut self.partitions {
            if !partition.chunk.entries.is_empty() && !push(&self.queue, partition) {
                return Step::Stop;
            }
        }
        Step::Continue
    }

    /// The end of partition `number` was reached; the consumer of a bounded source has a single topic, so the number suffices.
    fn reached_end(&mut self, number: i32) -> Step {
        for partition in self.partitions.iter_mut().filter(|partition| partition.number == number) {
            if partition.stop.is_some() && !finish(&self.queue, partition) {
                return Step::Stop;
            }
        }
        Step::Continue
    }

    /// Decides on an error: librdkafka retries most by itself, and what it cannot mend fails the source.
    fn note(&mut self, error: KafkaError) -> Result<(), Failure> {
        let code = match &error {
            KafkaError::MessageConsumptionFatal(_) => return Err(self.failed(&error)),
            KafkaError::MessageConsumption(code) | KafkaError::Global(code) => *code,
            _ => return Err(self.failed(&error)),
        };
        match code {
            RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::Resolve | RDKafkaErrorCode::BrokerTransportFailure => {
                // librdkafka reports it again at every try; once is enough to know.
                if self.down_since.is_none() {
                    self.down_since = Some(Instant::now());
                    let (table, servers) = (&self.table.table, &self.table.servers);
                    tracing::warn!(%table, %servers, %error, "Kafka is away; trying again for {} s", PATIENCE.as_secs());
                }
                Ok(())
            }
            RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange => Err(self.failed(&error)),
            _ => {
                tracing::warn!(table = self.table.table, %error, "a Kafka request failed; trying again");
                Ok(())
            }
        }
    }

    fn check_brokers(&mut self) -> Result<(), Failure> {
        if self.down_since.is_some_and(|since| since.elapsed() > PATIENCE) {
            reach(&self.table)?;
            self.down_since = None;
        }
        Ok(())
    }

    fn failed(&self, error: &KafkaError) -> Failure {
        let topics: Vec<&str> = self.partitions.iter().map(|partition| partition.topic.as_str()).collect();
        let failure = match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => Failure::user(format!(
                "the records that table '{}' would read next are no longer in Kafka at {}; start the job anew, if need be with another \
                 'scan.startup.mode'",
                self.table.table, self.table.servers
            )),
            Some(RDKafkaErrorCode::AllBrokersDown) => unreachable_brokers(&self.table),
            _ => Failure::external(format!(
                "cannot read topic {} of table '{}' from Kafka at {}",
                topics.first().unwrap_or(&"?"),
                self.table.table,
                self.table.servers
            )),
        };
        failure.caused_by(error)
    }
}

/// The index of the partition that a record is of.
fn partition_of(
    by_name: &HashMap<(String, i32), usize>,
    last: &mut Option<(usize, i32, usize)>,
    message: &BorrowedMessage<'_>,
) -> Option<usize> {
    // The handle stands for the topic as long as the consumer lives; it is compared, never read.
    let (topic, number) = (message.topic_ptr() as usize, message.partition());
    match *last {
        Some((last_topic, last_number, index)) if last_topic == topic && last_number == number => Some(index),
        _ => {
            let index = *by_name.get(&(message.topic().to_owned(), number))?;
            *last = Some((topic, number, index));
            Some(index)
        }
    }
}

/// Copies a record into the chunk of its partition.
fn take(queue: &RecordQueue, partition: &mut Partition, message: &BorrowedMessage<'_>, wanted: Wanted) -> Step {
    if partition.finished {
        return Step::Continue;
    }
    let offset = message.offset();
    if partition.stop.is_none_or(|stop| offset < stop) {
        let chunk = &mut partition.chunk;
        let headers_start = chunk.headers.len();
        if let Some(headers) = message.headers().filter(|_| wanted.headers) {
            for header in headers.iter() {
                chunk.headers.push((header.key.to_owned(), header.value.map(<[u8]>::to_vec)));
            }
        }
        let (timestamp, timestamp_type) = match message.timestamp() {
            Timestamp::CreateTime(millis) => (millis, "CreateTime"),
            Timestamp::LogAppendTime(millis) => (millis, "LogAppendTime"),
            Timestamp::NotAvailable => (-1, "NoTimestampType"),
        };
        let entry = Entry {
            offset,
            timestamp,
            timestamp_type,
            key: if wanted.key { chunk.push_bytes(message.key()) } else { None },
            value: chunk.push_bytes(message.payload()),
            headers: headers_start..chunk.headers.len(),
        };
        chunk.entries.push(entry);
        let is_full = chunk.entries.len() >= CHUNK_RECORDS || chunk.data.len() >= CHUNK_BYTES;
        if is_full && !push(queue, partition) {
            return Step::Stop;
        }
    }
    if partition.stop.is_some_and(|stop| offset + 1 >= stop) && !finish(queue, partition) {
        return Step::Stop;
    }
    Step::Continue
}

/// Passes the chunk on; false when the reader is gone.
fn push(queue: &RecordQueue, partition: &mut Partition) -> bool {
    let chunk = std::mem::take(&mut partition.chunk);
    partition.chunk.entries.reserve(chunk.entries.len());
    partition.chunk.data.reserve(chunk.data.len());
    queue.push(Delivery::Records(partition.split, chunk))
}

/// Passes on what is left and the end of the split; false when the reader is gone.
fn finish(queue: &RecordQueue, partition: &mut Partition) -> bool {
    if std::mem::replace(&mut partition.finished, true) {
        return true;
    }
    (partition.chunk.entries.is_empty() || push(queue, partition)) && queue.push(Delivery::Finished(partition.split))
}
