//! Connections to the brokers: configuration of clients, and a first look whether any broker can be reached at all.

use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use dataflow::Failure;
use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;

use super::options::KafkaTable;
use super::source_metrics::{KafkaSourceMetrics, MeasuredContext, STATISTICS_INTERVAL_MS};

/// How long a request for metadata or offsets may take.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection attempt to a broker may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Checks that one of the bootstrap servers accepts connections. librdkafka itself would try for ever.
pub(super) fn reach(table: &KafkaTable) -> Result<(), Failure> {
    let mut last = "the option 'properties.bootstrap.servers' names no server".to_owned();
    for server in table.servers.split(',').map(str::trim).filter(|server| !server.is_empty()) {
        let server = server.split_once("://").map_or(server, |(_, address)| address);
        let address = if server.contains(':') { server.to_owned() } else { format!("{server}:9092") };
        let addresses = match address.to_socket_addrs() {
            Ok(addresses) => addresses,
            Err(error) => {
                last = format!("{address}: {error}");
                continue;
            }
        };
        for candidate in addresses {
            match TcpStream::connect_timeout(&candidate, CONNECT_TIMEOUT) {
                Ok(_) => return Ok(()),
                Err(error) => last = format!("{candidate}: {error}"),
            }
        }
    }
    Err(unreachable_brokers(table).caused_by(last))
}

/// The failure when no broker answers.
pub(super) fn unreachable_brokers(table: &KafkaTable) -> Failure {
    Failure::external(format!(
        "cannot reach Kafka at {} for table '{}'; is the broker running, and is 'properties.bootstrap.servers' right?",
        table.servers, table.table
    ))
}

/// The failure when there is no such topic.
pub(super) fn missing_topic(table: &KafkaTable, topic: &str) -> Failure {
    Failure::external(format!(
        "topic '{topic}' of table '{}' does not exist at {}; create it, or check the option 'topic'",
        table.table, table.servers
    ))
}

/// A consumer that commits nothing by itself and reads what it is told to.
pub(super) fn consumer(table: &KafkaTable) -> Result<BaseConsumer, Failure> {
    consumer_config(table).create().map_err(|error| cannot_create(table, &error))
}

/// One that tells how it gets on.
pub(super) fn measured_consumer(
    table: &KafkaTable,
    metrics: Arc<KafkaSourceMetrics>,
) -> Result<BaseConsumer<MeasuredContext>, Failure> {
    let mut config = consumer_config(table);
    config.set("statistics.interval.ms", STATISTICS_INTERVAL_MS);
    config.create_with_context(MeasuredContext(metrics)).map_err(|error| cannot_create(table, &error))
}

fn consumer_config(table: &KafkaTable) -> ClientConfig {
    let mut config = ClientConfig::new();
    // librdkafka's own default is to read committed records only; the Java client's is to read all.
    config.set("isolation.level", "read_uncommitted");
    // librdkafka cannot consume without a group, even if it never joins one.
    config.set("group.id", "flinkrs");
    config.set("queued.max.messages.kbytes", "32768");
    config.set("queued.min.messages", "20000");
    // How long librdkafka pauses a partition of which it holds that many messages; its default of a second would stall a fast reader.
    config.set("fetch.queue.backoff.ms", "5");
    apply(&mut config, &table.properties.consumer);
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("enable.partition.eof", if table.bounded.is_some() { "true" } else { "false" });
    config.set("auto.offset.reset", "error");
    config
}

/// Applies properties by librdkafka's keys.
pub(super) fn apply(config: &mut ClientConfig, properties: &BTreeMap<String, String>) {
    for (key, value) in properties {
        config.set(key, value);
    }
}

/// The failure when librdkafka refuses a configuration.
pub(super) fn cannot_create(table: &KafkaTable, error: &rdkafka::error::KafkaError) -> Failure {
    Failure::user(format!("the Kafka client of table '{}' refuses its properties", table.table))
        .caused_by(error)
        .fatal()
}
