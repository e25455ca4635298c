//! The brokers of a cluster: connections to them, and which of them leads a partition or keeps a transactional id.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dataflow::Failure;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{FindCoordinatorRequest, MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::connection::{Connection, RequestError, accepted};
use crate::kafka::client::unreachable_brokers;
use crate::kafka::options::KafkaTable;

/// How long to wait before another attempt: first and at most.
const BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
/// How long something is tried that another attempt may bring about.
const PATIENCE: Duration = Duration::from_secs(60);
/// The key type of transactional ids in `FindCoordinator`.
const TRANSACTION: i8 = 1;

/// The cluster, as one thread sees it.
pub(super) struct Cluster {
    pub(super) table: Arc<KafkaTable>,
    bootstrap: Vec<String>,
    timeout: Duration,
    client_id: String,
    /// `host:port` by node.
    addresses: HashMap<i32, String>,
    connections: HashMap<i32, Connection>,
    /// The node that keeps a transactional id, as far as known.
    coordinators: HashMap<String, i32>,
    /// Set when nobody waits for an answer any more.
    stopped: Arc<AtomicBool>,
}

impl Cluster {
    pub(super) fn new(table: Arc<KafkaTable>, stopped: Arc<AtomicBool>) -> Self {
        let servers = table.servers.split(',').map(str::trim).filter(|server| !server.is_empty());
        let bootstrap = servers
            .map(|server| server.split_once("://").map_or(server, |(_, address)| address))
            .map(|server| if server.contains(':') { server.to_owned() } else { format!("{server}:9092") })
            .collect();
        let property = |key: &str| table.properties.producer.get(key);
        let timeout = property("request.timeout.ms").and_then(|text| text.parse().ok()).unwrap_or(30_000);
        let client_id = property("client.id").map_or("flinkrs", String::as_str).to_owned();
        Self {
            bootstrap,
            timeout: Duration::from_millis(timeout),
            client_id,
            table,
            addresses: HashMap::new(),
            connections: HashMap::new(),
            coordinators: HashMap::new(),
            stopped,
        }
    }

    /// Lets requests fail at once from now on, or no longer.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Tries again, ever more slowly, what another attempt may bring about.
    pub(super) fn persist<T>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        let (begin, mut backoff) = (Instant::now(), BACKOFF);
        loop {
            match attempt(self) {
                Err(error) if error.is_transient() && begin.elapsed() < PATIENCE => {
                    if self.is_stopped() {
                        return Err(RequestError::Stopped);
                    }
                    tracing::debug!(table = self.table.table, %error, "a request to Kafka is tried again");
                    std::thread::sleep(backoff);
                    backoff = (backoff * 2).min(MAX_BACKOFF);
                }
                result => return result,
            }
        }
    }

    /// The nodes, and the leader of each partition of `topic`; a partition without a leader has -1.
    pub(super) fn leaders(&mut self, topic: &str) -> Result<Vec<i32>, RequestError> {
        let name = TopicName(StrBytes::from_string(topic.to_owned()));
        let response = self.metadata(vec![MetadataRequestTopic::default().with_name(Some(name))])?;
        let Some(topic) = response.topics.into_iter().next() else {
            return Err(RequestError::Refused(ResponseError::UnknownTopicOrPartition));
        };
        accepted(topic.error_code)?;
        let mut leaders = vec![-1; topic.partitions.len()];
        for partition in &topic.partitions {
            if let Some(leader) = leaders.get_mut(partition.partition_index as usize) {
                *leader = partition.leader_id.0;
            }
        }
        Ok(leaders)
    }

    /// All nodes.
    pub(super) fn nodes(&mut self) -> Result<Vec<i32>, RequestError> {
        self.metadata(Vec::new())?;
        Ok(self.addresses.keys().copied().collect())
    }

    fn metadata(&mut self, topics: Vec<MetadataRequestTopic>) -> Result<MetadataResponse, RequestError> {
        let request = MetadataRequest::default().with_topics(Some(topics)).with_allow_auto_topic_creation(false);
        let response = self.ask_any(|connection| connection.call(&request))?;
        self.addresses = response
            .brokers
            .iter()
            .map(|broker| (broker.node_id.0, format!("{}:{}", broker.host.as_str(), broker.port)))
            .collect();
        Ok(response)
    }

    /// Asks any broker.
    fn ask_any<T>(&mut self, request: impl Fn(&mut Connection) -> Result<T, RequestError>) -> Result<T, RequestError> {
        let known: Vec<i32> = self.addresses.keys().copied().collect();
        for node in known {
            if let Ok(answer) = self.ask(node, &request) {
                return Ok(answer);
            }
        }
        let mut last = RequestError::Connection("'properties.bootstrap.servers' names no server".to_owned());
        for address in &self.bootstrap {
            let answer = Connection::open(address, &self.client_id, self.timeout);
            match answer.and_then(|mut connection| request(&mut connection)) {
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks one node; a connection that failed is given up.
    pub(super) fn ask<T>(
        &mut self,
        node: i32,
        request: impl FnOnce(&mut Connection) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        let result = self.connection(node).and_then(request);
        if matches!(result, Err(RequestError::Connection(_))) {
            self.connections.remove(&node);
        }
        result
    }

    fn connection(&mut self, node: i32) -> Result<&mut Connection, RequestError> {
        if !self.connections.contains_key(&node) {
            let Some(address) = self.addresses.get(&node) else {
                return Err(RequestError::Connection(format!("broker {node} is not known")));
            };
            let connection = Connection::open(address, &self.client_id, self.timeout)?;
            self.connections.insert(node, connection);
        }
        Ok(self.connections.get_mut(&node).expect("it was there or has just been added"))
    }

    /// Asks the node that keeps a transactional id, until it answers.
    pub(super) fn ask_coordinator<T>(
        &mut self,
        transactional_id: &str,
        request: impl Fn(&mut Connection) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        self.persist(|cluster| {
            let node = cluster.coordinator(transactional_id)?;
            let result = cluster.ask(node, &request);
            if let Err(
                RequestError::Connection(_)
                | RequestError::Refused(ResponseError::NotCoordinator | ResponseError::CoordinatorNotAvailable),
            ) = &result
            {
                cluster.coordinators.remove(transactional_id);
            }
            result
        })
    }

    fn coordinator(&mut self, transactional_id: &str) -> Result<i32, RequestError> {
        if let Some(node) = self.coordinators.get(transactional_id) {
            return Ok(*node);
        }
        let request = FindCoordinatorRequest::default()
            .with_key(StrBytes::from_string(transactional_id.to_owned()))
            .with_key_type(TRANSACTION);
        let response = self.ask_any(|connection| connection.call(&request))?;
        accepted(response.error_code)?;
        let node = response.node_id.0;
        self.addresses.insert(node, format!("{}:{}", response.host.as_str(), response.port));
        self.coordinators.insert(transactional_id.to_owned(), node);
        Ok(node)
    }

    /// The failure of a task when a request came to nothing while it was `doing` something.
    pub(super) fn failure(&self, doing: impl std::fmt::Display, error: RequestError) -> Failure {
        match error {
            RequestError::Unsupported(why) => {
                Failure::user(format!("table '{}' cannot be written exactly once", self.table.table))
                    .caused_by(why)
                    .fatal()
            }
            RequestError::Connection(why) => unreachable_brokers(&self.table).caused_by(why),
            error => Failure::external(format!("table '{}': {doing} failed", self.table.table)).caused_by(error),
        }
    }
}
