//! What is asked of the broker that keeps a transactional id, and of all of them about their transactions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, DescribeTransactionsRequest, EndTxnRequest, InitProducerIdRequest,
    ListTransactionsRequest, ProducerId, TopicName, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::connection::{RequestError, accepted};

/// Who writes, as the broker numbers it. Two transactions of one transactional id never have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct ProducerIdentity {
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Commit,
    Abort,
}

/// What the broker knows of a transactional id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) identity: ProducerIdentity,
    /// Of its latest transaction: `Ongoing`, `CompleteCommit`, ...
    pub(super) state: String,
}

impl Cluster {
    /// Makes a transactional id ready for a transaction: a new one, or one whose last transaction, of this identity, is over.
    pub(super) fn init_producer(
        &mut self,
        transactional_id: &str,
        timeout_ms: i32,
        last: Option<ProducerIdentity>,
    ) -> Result<ProducerIdentity, RequestError> {
        let last = last.unwrap_or(ProducerIdentity { producer_id: -1, epoch: -1 });
        let request = InitProducerIdRequest::default()
            .with_transactional_id(Some(named(transactional_id)))
            .with_transaction_timeout_ms(timeout_ms)
            .with_producer_id(ProducerId(last.producer_id))
            .with_producer_epoch(last.epoch);
        self.ask_coordinator(transactional_id, |connection| {
            let response = connection.call(&request)?;
            accepted(response.error_code)?;
            Ok(ProducerIdentity { producer_id: response.producer_id.0, epoch: response.producer_epoch })
        })
    }

    /// Makes partitions part of the transaction, which begins with the first.
    pub(super) fn add_partitions(
        &mut self,
        transactional_id: &str,
        identity: ProducerIdentity,
        topic: &str,
        partitions: &[i32],
    ) -> Result<(), RequestError> {
        let topic = AddPartitionsToTxnTopic::default()
            .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partitions(partitions.to_vec());
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(named(transactional_id))
            .with_v3_and_below_producer_id(ProducerId(identity.producer_id))
            .with_v3_and_below_producer_epoch(identity.epoch)
            .with_v3_and_below_topics(vec![topic]);
        self.ask_coordinator(transactional_id, |connection| {
            let response = connection.call(&request)?;
            let topics = response.results_by_topic_v3_and_below.iter();
            let mut codes =
                topics.flat_map(|topic| &topic.results_by_partition).map(|partition| partition.partition_error_code);
            codes.try_for_each(accepted)
        })
    }

    /// Ends the transaction of this identity. To end it again the same way is no error.
    pub(super) fn end_transaction(
        &mut self,
        transactional_id: &str,
        identity: ProducerIdentity,
        ending: Ending,
    ) -> Result<(), RequestError> {
        let request = EndTxnRequest::default()
            .with_transactional_id(named(transactional_id))
            .with_producer_id(ProducerId(identity.producer_id))
            .with_producer_epoch(identity.epoch)
            .with_committed(ending == Ending::Commit);
        self.ask_coordinator(transactional_id, |connection| accepted(connection.call(&request)?.error_code))
    }

    /// What the broker knows of a transactional id; none when it does not know it.
    pub(super) fn describe(&mut self, transactional_id: &str) -> Result<Option<Description>, RequestError> {
        let request = DescribeTransactionsRequest::default().with_transactional_ids(vec![named(transactional_id)]);
        let described = self.ask_coordinator(transactional_id, |connection| {
            let response = connection.call(&request)?;
            let Some(found) = response.transaction_states.into_iter().next() else {
                return Err(RequestError::Refused(ResponseError::TransactionalIdNotFound));
            };
            accepted(found.error_code)?;
            let identity = ProducerIdentity { producer_id: found.producer_id.0, epoch: found.producer_epoch };
            Ok(Description { identity, state: found.transaction_state.as_str().to_owned() })
        });
        match described {
            Err(RequestError::Refused(ResponseError::TransactionalIdNotFound)) => Ok(None),
            described => described.map(Some),
        }
    }

    /// The transactional ids in all of the cluster that have an open transaction.
    pub(super) fn ongoing_transactions(&mut self) -> Result<Vec<String>, RequestError> {
        let request = ListTransactionsRequest::default().with_state_filters(vec![StrBytes::from_static_str("Ongoing")]);
        self.persist(|cluster| {
            let mut found = Vec::new();
            for node in cluster.nodes()? {
                let response = cluster.ask(node, |connection| connection.call(&request))?;
                accepted(response.error_code)?;
                let ids = response.transaction_states.into_iter();
                found.extend(ids.map(|state| state.transactional_id.0.as_str().to_owned()));
            }
            Ok(found)
        })
    }
}

fn named(transactional_id: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(transactional_id.to_owned()))
}
