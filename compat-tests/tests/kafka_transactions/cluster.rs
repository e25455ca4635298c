//! The broker of these tests, its topics, and what consumers see in them.

use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use compat_tests::kafka::KafkaBroker;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

const TIMEOUT: Duration = Duration::from_secs(10);

/// One broker for all tests, which stops when this process ends.
static BROKER: LazyLock<KafkaBroker> = LazyLock::new(|| KafkaBroker::start().expect("a broker"));

/// The broker of the process that started this one.
static INHERITED: OnceLock<String> = OnceLock::new();

/// Uses a broker that runs already.
pub fn use_broker_at(address: &str) {
    INHERITED.set(address.to_owned()).expect("only once");
}

/// `host:port`.
pub fn address() -> &'static str {
    INHERITED.get().map_or_else(|| BROKER.address(), String::as_str)
}

fn admin<T>(work: impl AsyncFnOnce(AdminClient<DefaultClientContext>, AdminOptions) -> T) -> T {
    let client = ClientConfig::new().set("bootstrap.servers", address()).create().expect("an admin client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work(client, AdminOptions::new().operation_timeout(Some(TIMEOUT))))
}

/// Creates a topic.
pub fn create_topic(topic: &str, partitions: i32) {
    admin(async |client, options| {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        client.create_topics([&new], &options).await.expect("a topic")
    });
}

/// Adds partitions to a topic.
pub fn grow_topic(topic: &str, partitions: usize) {
    admin(async |client, options| {
        client.create_partitions([&NewPartitions::new(topic, partitions)], &options).await.expect("partitions")
    });
}

/// What a consumer with this isolation level reads from the beginning to the end, sorted.
pub fn read(topic: &str, isolation: &str) -> Vec<String> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address()).set("group.id", "reader").set("isolation.level", isolation);
    config.set("enable.partition.eof", "true").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT).expect("metadata");
    let partitions = metadata.topics()[0].partitions();
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).expect("an offset");
    }
    consumer.assign(&list).expect("partitions");
    let (mut values, mut ends, deadline) = (Vec::new(), 0, Instant::now() + 3 * TIMEOUT);
    while ends < partitions.len() {
        assert!(Instant::now() < deadline, "topic '{topic}' is not read to its end");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                let value = message.payload().expect("a value");
                values.push(String::from_utf8(value.to_vec()).expect("text"));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    values.sort();
    values
}

/// What is committed.
pub fn committed(topic: &str) -> Vec<String> {
    read(topic, "read_committed")
}

/// The offsets that a group has committed, by partition.
pub fn group_offsets(group: &str, topic: &str, partitions: i32) -> Vec<Option<i64>> {
    let mut config = ClientConfig::new();
    let consumer: BaseConsumer =
        config.set("bootstrap.servers", address()).set("group.id", group).create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, partitions - 1);
    let offsets = consumer.committed_offsets(list, TIMEOUT).expect("offsets");
    offsets.elements().iter().map(|element| element.offset().to_raw().filter(|offset| *offset >= 0)).collect()
}
