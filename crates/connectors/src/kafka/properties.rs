//! `properties.*`: keys of the Java Kafka client translated to those of librdkafka, which flinkrs uses.

use std::collections::BTreeMap;

use crate::error::ConnectorError;
use crate::table_options::nearest;

/// Prefix of client properties among the options.
pub(super) const PREFIX: &str = "properties.";

/// Which client takes a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Both,
    Consumer,
    Producer,
    /// Known in Java, and of no meaning here: Flink or flinkrs sets it itself.
    Neither,
}

/// Java's key, who takes it, and librdkafka's key.
const PROPERTIES: &[(&str, Client, &str)] = &[
    ("acks", Client::Producer, "acks"),
    ("auto.offset.reset", Client::Neither, ""),
    ("batch.size", Client::Producer, "batch.size"),
    ("bootstrap.servers", Client::Both, "bootstrap.servers"),
    ("check.crcs", Client::Consumer, "check.crcs"),
    ("client.dns.lookup", Client::Both, "client.dns.lookup"),
    ("client.id", Client::Both, "client.id"),
    ("client.id.prefix", Client::Neither, ""),
    ("client.rack", Client::Consumer, "client.rack"),
    ("commit.offsets.on.checkpoint", Client::Neither, ""),
    ("compression.type", Client::Producer, "compression.type"),
    ("connections.max.idle.ms", Client::Both, "connections.max.idle.ms"),
    ("delivery.timeout.ms", Client::Producer, "delivery.timeout.ms"),
    ("enable.auto.commit", Client::Neither, ""),
    ("enable.idempotence", Client::Producer, "enable.idempotence"),
    ("fetch.max.bytes", Client::Consumer, "fetch.max.bytes"),
    ("fetch.max.wait.ms", Client::Consumer, "fetch.wait.max.ms"),
    ("fetch.min.bytes", Client::Consumer, "fetch.min.bytes"),
    ("group.id", Client::Consumer, "group.id"),
    ("group.instance.id", Client::Consumer, "group.instance.id"),
    ("isolation.level", Client::Consumer, "isolation.level"),
    ("key.deserializer", Client::Neither, ""),
    ("key.serializer", Client::Neither, ""),
    ("linger.ms", Client::Producer, "linger.ms"),
    ("max.in.flight.requests.per.connection", Client::Producer, "max.in.flight.requests.per.connection"),
    ("max.partition.fetch.bytes", Client::Consumer, "max.partition.fetch.bytes"),
    ("max.poll.interval.ms", Client::Consumer, "max.poll.interval.ms"),
    ("max.poll.records", Client::Neither, ""),
    ("max.request.size", Client::Producer, "message.max.bytes"),
    ("metadata.max.age.ms", Client::Both, "metadata.max.age.ms"),
    ("partition.discovery.interval.ms", Client::Neither, ""),
    ("receive.buffer.bytes", Client::Both, "socket.receive.buffer.bytes"),
    ("reconnect.backoff.max.ms", Client::Both, "reconnect.backoff.max.ms"),
    ("reconnect.backoff.ms", Client::Both, "reconnect.backoff.ms"),
    ("register.consumer.metrics", Client::Neither, ""),
    ("request.timeout.ms", Client::Producer, "request.timeout.ms"),
    ("retries", Client::Producer, "retries"),
    ("retry.backoff.max.ms", Client::Both, "retry.backoff.max.ms"),
    ("retry.backoff.ms", Client::Both, "retry.backoff.ms"),
    ("security.protocol", Client::Both, "security.protocol"),
    ("send.buffer.bytes", Client::Both, "socket.send.buffer.bytes"),
    ("session.timeout.ms", Client::Consumer, "session.timeout.ms"),
    ("socket.connection.setup.timeout.ms", Client::Both, "socket.connection.setup.timeout.ms"),
    ("transaction.timeout.ms", Client::Neither, ""),
    ("value.deserializer", Client::Neither, ""),
    ("value.serializer", Client::Neither, ""),
];

/// Properties of the two clients, by librdkafka's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClientProperties {
    pub(super) consumer: BTreeMap<String, String>,
    pub(super) producer: BTreeMap<String, String>,
    /// `auto.offset.reset`, whose meaning depends on the startup mode.
    pub(super) auto_offset_reset: Option<String>,
    /// `commit.offsets.on.checkpoint`: whether the group is told of completed checkpoints.
    pub(super) commit_on_checkpoint: Option<bool>,
    /// `transaction.timeout.ms`.
    pub(super) transaction_timeout_ms: Option<i32>,
}

impl ClientProperties {
    /// Translates the `properties.*` among these options.
    pub(super) fn read(options: &BTreeMap<String, String>) -> Result<Self, ConnectorError> {
        let mut properties = Self::default();
        for (option, value) in options {
            let Some(java) = option.strip_prefix(PREFIX) else { continue };
            let found = PROPERTIES.iter().find(|(key, ..)| *key == java);
            let Some((_, client, native)) = found else { return Err(unsupported(option, java)) };
            if java == "security.protocol" && !value.eq_ignore_ascii_case("PLAINTEXT") {
                let message = format!("option '{option}' is '{value}', but flinkrs is built without TLS and SASL");
                return Err(
                    ConnectorError::of_option(option, message).with_hint("use a PLAINTEXT listener of the brokers")
                );
            }
            if java == "auto.offset.reset" {
                properties.auto_offset_reset = Some(value.to_ascii_lowercase());
            }
            if java == "commit.offsets.on.checkpoint" {
                properties.commit_on_checkpoint = Some(boolean(option, value)?);
            }
            if java == "transaction.timeout.ms" {
                properties.transaction_timeout_ms = Some(milliseconds(option, value)?);
            }
            if matches!(client, Client::Both | Client::Consumer) {
                properties.consumer.insert((*native).to_owned(), native_value(java, value));
            }
            if matches!(client, Client::Both | Client::Producer) {
                properties.producer.insert((*native).to_owned(), native_value(java, value));
            }
        }
        Ok(properties)
    }
}

fn boolean(option: &str, value: &str) -> Result<bool, ConnectorError> {
    value.trim().to_ascii_lowercase().parse().map_err(|_| {
        ConnectorError::of_option(
            option,
            format!("option '{option}' is '{value}', which is neither 'true' nor 'false'"),
        )
    })
}

fn milliseconds(option: &str, value: &str) -> Result<i32, ConnectorError> {
    let number = value.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| {
        ConnectorError::of_option(option, format!("option '{option}' is '{value}', which is no number of milliseconds"))
    })
}

/// The few values that the two clients write differently.
fn native_value(java: &str, value: &str) -> String {
    match java {
        "security.protocol" | "isolation.level" | "compression.type" => value.trim().to_ascii_lowercase(),
        _ => value.trim().to_owned(),
    }
}

fn unsupported(option: &str, java: &str) -> ConnectorError {
    let names = || PROPERTIES.iter().map(|(key, ..)| *key);
    let hint = if java.starts_with("ssl.") || java.starts_with("sasl.") {
        "flinkrs is built without TLS and SASL; use a PLAINTEXT listener of the brokers".to_owned()
    } else if java == "transactional.id" {
        "transactions are named by the sink; set 'sink.transactional-id-prefix'".to_owned()
    } else {
        let question = nearest(java, names()).map(|near| format!("did you mean '{PREFIX}{near}'? "));
        let supported: Vec<&str> = names().collect();
        format!("{}supported client properties: {}", question.unwrap_or_default(), supported.join(", "))
    };
    ConnectorError::of_option(option, format!("client property '{java}' is not supported")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<ClientProperties, ConnectorError> {
        ClientProperties::read(
            &options.iter().map(|(key, value)| (format!("properties.{key}"), (*value).to_owned())).collect(),
        )
    }

    #[test]
    fn java_keys_become_native_ones() {
        let properties = read(&[
            ("bootstrap.servers", "a:1,b:2"),
            ("fetch.max.wait.ms", "100"),
            ("max.request.size", "5"),
            ("isolation.level", "READ_COMMITTED"),
            ("key.deserializer", "x.Y"),
            ("auto.offset.reset", "Earliest"),
        ])
        .unwrap();
        let text = |map: &BTreeMap<String, String>| format!("{map:?}");
        assert_eq!(
            text(&properties.consumer),
            r#"{"bootstrap.servers": "a:1,b:2", "fetch.wait.max.ms": "100", "isolation.level": "read_committed"}"#
        );
        assert_eq!(text(&properties.producer), r#"{"bootstrap.servers": "a:1,b:2", "message.max.bytes": "5"}"#);
        assert_eq!(properties.auto_offset_reset.as_deref(), Some("earliest"));
    }

    #[test]
    fn what_is_not_supported_says_so() {
        let hint = |key: &str, value: &str| read(&[(key, value)]).unwrap_err().hint.unwrap();
        assert!(hint("fetch.min.byte", "1").starts_with("did you mean 'properties.fetch.min.bytes'?"));
        assert!(hint("ssl.truststore.location", "/x").contains("without TLS"));
        assert!(hint("security.protocol", "SASL_SSL").contains("PLAINTEXT"));
        assert!(hint("transactional.id", "x").contains("sink.transactional-id-prefix"));
        assert!(PROPERTIES.is_sorted_by_key(|(key, ..)| *key));
    }
}
