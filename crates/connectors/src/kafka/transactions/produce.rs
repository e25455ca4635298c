//! Sends batches to the leaders of their partitions.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{ProduceRequest, TopicName, TransactionalId};
use kafka_protocol::protocol::StrBytes;

use super::cluster::Cluster;
use super::connection::{RequestError, accepted};

/// How long the leader may wait for its followers (ms).
const ACK_TIMEOUT: i32 = 30_000;
/// All replicas in sync.
const ACKS: i16 = -1;

/// A batch as it is sent, and sent again.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) partition: i32,
    pub(super) leader: i32,
    pub(super) bytes: Bytes,
}

impl Cluster {
    /// Sends the batches, to all leaders at once, and waits for the answer to each.
    pub(super) fn produce(
        &mut self,
        transactional_id: &str,
        topic: &str,
        batches: &[Sealed],
    ) -> BTreeMap<i32, Result<(), RequestError>> {
        let mut by_leader: BTreeMap<i32, Vec<&Sealed>> = BTreeMap::new();
        for batch in batches {
            by_leader.entry(batch.leader).or_default().push(batch);
        }
        let mut answers = BTreeMap::new();
        let mut sent = Vec::new();
        for (leader, batches) in &by_leader {
            let request = request(transactional_id, topic, batches);
            match self.ask(*leader, |connection| connection.send(&request)) {
                Ok(()) => sent.push(*leader),
                Err(error) => answers.extend(batches.iter().map(|batch| (batch.partition, Err(error.clone())))),
            }
        }
        for leader in sent {
            match self.ask(leader, |connection| connection.receive::<ProduceRequest>()) {
                Ok(response) => {
                    let partitions = response.responses.iter().flat_map(|topic| &topic.partition_responses);
                    answers.extend(partitions.map(|partition| (partition.index, accepted(partition.error_code))));
                }
                Err(error) => {
                    answers.extend(by_leader[&leader].iter().map(|batch| (batch.partition, Err(error.clone()))));
                }
            }
        }
        answers
    }
}

fn request(transactional_id: &str, topic: &str, batches: &[&Sealed]) -> ProduceRequest {
    let data = |batch: &&Sealed| {
        PartitionProduceData::default().with_index(batch.partition).with_records(Some(batch.bytes.clone()))
    };
    let topic = TopicProduceData::default()
        .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
        .with_partition_data(batches.iter().map(data).collect());
    ProduceRequest::default()
        .with_transactional_id(Some(TransactionalId(StrBytes::from_string(transactional_id.to_owned()))))
        .with_acks(ACKS)
        .with_timeout_ms(ACK_TIMEOUT)
        .with_topic_data(vec![topic])
}
