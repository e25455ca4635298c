//! Produces a record for each row. librdkafka's threads send; this side only encodes and enqueues.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, Progress, SinkWriter};
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use super::client::{REQUEST_TIMEOUT, apply, cannot_create, missing_topic, reach, unreachable_brokers};
use super::deliveries::{Connection, Deliveries, DeliveryReports};
use super::options::{KafkaTable, Partitioner};
use super::record_encoder::{Header, Record, RecordEncoder, WaitingRecord};
use crate::factory::WriterContext;

pub(super) struct KafkaWriter {
    sender: Sender,
    deliveries: Arc<Deliveries>,
    encoder: RecordEncoder,
    /// Records that librdkafka had no room for, or that came before it was connected.
    waiting: VecDeque<WaitingRecord>,
}

impl KafkaWriter {
    pub(super) fn new(table: KafkaTable, spec: &SinkSpec, context: &WriterContext) -> Result<Self, Failure> {
        let topic = table.sink_topic()?.to_owned();
        let deliveries = Arc::new(Deliveries::new());
        let target = format!("topic '{topic}' of table '{}'", table.table);
        let reports = DeliveryReports { deliveries: deliveries.clone(), target: target.clone() };
        let producer = ThreadedProducer::from_config_and_context(&producer_config(&table), reports)
            .map_err(|error| cannot_create(&table, &error))?;
        let writer = Self {
            encoder: RecordEncoder::new(&table, spec),
            sender: Sender {
                producer: Arc::new(producer),
                deliveries: deliveries.clone(),
                topic,
                target,
                partitioner: table.partitioner,
                subtask: context.subtask,
                sent: 0,
            },
            deliveries,
            waiting: VecDeque::new(),
        };
        writer.connect(table)?;
        Ok(writer)
    }

    /// Looks for the topic on a thread of its own, because that may take seconds.
    fn connect(&self, table: KafkaTable) -> Result<(), Failure> {
        let (producer, topic) = (self.sender.producer.clone(), self.sender.topic.clone());
        let deliveries = self.deliveries.clone();
        let look = move || {
            deliveries.connected(match partitions(&producer, &table, &topic) {
                Ok(partitions) => Connection::Ready { partitions },
                Err(failure) => Connection::Failed(failure),
            });
        };
        let started = std::thread::Builder::new().name("kafka-sink-connect".to_owned()).spawn(look);
        started
            .map(drop)
            .map_err(|error| Failure::external("cannot start a thread for writing to Kafka").caused_by(error))
    }

    /// The number of partitions once the sink is connected.
    fn partitions(&self) -> Result<Option<u32>, Failure> {
        match self.deliveries.connection() {
            Connection::Connecting => Ok(None),
            Connection::Ready { partitions } => Ok(Some(partitions)),
            Connection::Failed(failure) => Err(failure),
        }
    }

    /// Sends what waits. True when nothing waits any more; otherwise `waker` will be woken.
    fn send_waiting(&mut self, waker: &Waker) -> Result<bool, Failure> {
        // Asked for before looking, so that a change in between is not missed.
        self.deliveries.wake_later(waker);
        let Some(partitions) = self.partitions()? else { return Ok(false) };
        while let Some(record) = self.waiting.front() {
            if !self.sender.send(record.record(), partitions)? {
                return Ok(false);
            }
            self.waiting.pop_front();
        }
        Ok(true)
    }
}

impl SinkWriter for KafkaWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let partitions = self.partitions()?;
        let Self { encoder, sender, waiting, .. } = self;
        encoder.encode(batch, |record| {
            let sent = match partitions {
                Some(partitions) if waiting.is_empty() => sender.send(record, partitions)?,
                _ => false,
            };
            if !sent {
                waiting.push_back(record.to_waiting());
            }
            Ok(())
        })
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        Ok(self.send_waiting(waker)? && self.deliveries.has_room(waker))
    }

    fn finish(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        if !self.send_waiting(waker)? || !self.deliveries.is_empty(waker) {
            return Ok(Progress::Pending);
        }
        // The last report may have been of a record that was lost.
        self.partitions()?;
        Ok(Progress::Done)
    }

    fn flush(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        self.finish(waker)
    }
}

/// Hands records to librdkafka.
struct Sender {
    producer: Arc<ThreadedProducer<DeliveryReports>>,
    deliveries: Arc<Deliveries>,
    topic: String,
    /// Topic and table, for messages.
    target: String,
    partitioner: Partitioner,
    subtask: u32,
    /// Records sent, for choosing partitions in turn.
    sent: u64,
}

impl Sender {
    /// Sends a record; false when librdkafka has no room for it.
    fn send(&mut self, record: Record<'_>, partitions: u32) -> Result<bool, Failure> {
        let size = record.size();
        let mut message: BaseRecord<'_, str, str, _> = BaseRecord::with_opaque_to(&self.topic, size);
        message.payload = record.value;
        message.key = record.key;
        message.timestamp = record.timestamp;
        message.partition = self.partition(partitions);
        if !record.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            let add = |headers: OwnedHeaders, (key, value): &Header| {
                headers.insert(rdkafka::message::Header { key, value: Some(value) })
            };
            message.headers = Some(record.headers.iter().fold(headers, add));
        }
        self.deliveries.begin(size);
        let Err((error, _)) = self.producer.send(message) else {
            self.sent += 1;
            return Ok(true);
        };
        self.deliveries.take_back(size);
        match error {
            KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => Ok(false),
            error => Err(Failure::external(format!("a record for {} was refused", self.target)).caused_by(error)),
        }
    }

    /// The partition to write to; `None` lets librdkafka choose by the key.
    fn partition(&self, partitions: u32) -> Option<i32> {
        let partitions = u64::from(partitions.max(1));
        match self.partitioner {
            Partitioner::Default => None,
            Partitioner::Fixed => Some((u64::from(self.subtask) % partitions) as i32),
            Partitioner::RoundRobin => Some((self.sent % partitions) as i32),
        }
    }
}

fn producer_config(table: &KafkaTable) -> ClientConfig {
    let given = &table.properties.producer;
    let mut config = ClientConfig::new();
    // The Java client's choices: the same partition for the same key, and no duplicates by retries.
    config.set("partitioner", "murmur2_random");
    let acks_all = given.get("acks").is_none_or(|acks| acks == "all" || acks == "-1");
    config.set("enable.idempotence", if acks_all { "true" } else { "false" });
    config.set("delivery.timeout.ms", "120000");
    // Room for more than `Deliveries` lets on its way, so that a batch always fits.
    config.set("queue.buffering.max.messages", "500000");
    config.set("queue.buffering.max.kbytes", "131072");
    apply(&mut config, given);
    config
}

/// The number of partitions of the topic. Asks for all topics, because asking for one may create it.
fn partitions(producer: &ThreadedProducer<DeliveryReports>, table: &KafkaTable, topic: &str) -> Result<u32, Failure> {
    reach(table)?;
    let metadata = producer.client().fetch_metadata(None, REQUEST_TIMEOUT);
    let metadata = metadata.map_err(|error| unreachable_brokers(table).caused_by(error))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found.map(|found| found.partitions().len() as u32) {
        Some(partitions) if partitions > 0 => Ok(partitions),
        _ => Err(missing_topic(table, topic)),
    }
}
