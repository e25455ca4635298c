//! The producer: a thread that writes batches into one transaction after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataflow::Failure;
use kafka_protocol::error::ResponseError;

use super::cluster::Cluster;
use super::committable::{Committable, Fate};
use super::connection::RequestError;
use super::coordinator::{Ending, ProducerIdentity};
use super::exchange::{Addressed, Exchange, Work};
use super::id_pool::IdPool;
use super::lingering::Charge;
use super::options::Transactions;
use super::produce::Sealed;
use super::record_batch::Compression;
use crate::kafka::client::{missing_topic, reach};

/// How long to wait before a batch is sent again.
const BACKOFF: Duration = Duration::from_millis(50);

/// What a producer needs to know.
pub(super) struct Assignment {
    pub(super) topic: String,
    pub(super) options: Transactions,
    pub(super) compression: Compression,
    /// `delivery.timeout.ms`.
    pub(super) delivery_timeout: Duration,
    pub(super) charge: Charge,
}

/// The producer.
pub(super) struct Producer {
    cluster: Cluster,
    exchange: Arc<Exchange>,
    assignment: Assignment,
    ids: IdPool,
    transaction: Transaction,
    /// By partition.
    leaders: Vec<i32>,
}

/// The current transaction.
struct Transaction {
    id: String,
    identity: ProducerIdentity,
    /// The partitions that belong to it.
    partitions: BTreeSet<i32>,
    /// The number of the next record, by partition.
    sequences: BTreeMap<i32, i32>,
}

impl Producer {
    /// Runs until the writer is gone or writing fails.
    pub(super) fn run(cluster: Cluster, assignment: Assignment, exchange: Arc<Exchange>) {
        let result = Self::connect(cluster, assignment, exchange.clone()).and_then(|mut producer| {
            exchange.ready(producer.leaders.len() as u32);
            producer.work()
        });
        if let Err(failure) = result {
            exchange.fail(failure);
        }
    }

    /// Finds the topic, clears up behind earlier attempts, and makes the first transactional id ready, which checks the timeout.
    fn connect(mut cluster: Cluster, assignment: Assignment, exchange: Arc<Exchange>) -> Result<Self, Failure> {
        reach(&cluster.table)?;
        let topic = &assignment.topic;
        let leaders = match cluster.leaders(topic) {
            Err(RequestError::Refused(ResponseError::UnknownTopicOrPartition)) => {
                return Err(missing_topic(&cluster.table, topic));
            }
            Err(error) if error.is_transient() => cluster.persist(|cluster| cluster.leaders(topic)),
            leaders => leaders,
        };
        let leaders = leaders.map_err(|error| cluster.failure("looking for the topic", error))?;
        let aborted = assignment.charge.abort_lingering(&mut cluster);
        aborted.map_err(|error| cluster.failure("aborting transactions of earlier attempts", error))?;
        let mut ids = IdPool::new(assignment.charge.own.clone(), assignment.options.timeout_ms);
        let transaction = Transaction::take(&mut ids, &mut cluster, &assignment.options)?;
        Ok(Self { cluster, exchange, assignment, ids, transaction, leaders })
    }

    fn work(&mut self) -> Result<(), Failure> {
        loop {
            match self.exchange.wait() {
                Work::Send(batches) => self.send(batches)?,
                Work::Turn(prepared) => self.turn(prepared)?,
                Work::Commit(transaction) => {
                    self.end(&transaction, Ending::Commit)?;
                    self.ids.take_back(transaction.transactional_id, transaction.identity);
                    self.transaction = Transaction::take(&mut self.ids, &mut self.cluster, &self.assignment.options)?;
                    self.exchange.committed_current();
                }
                Work::Stop(current) => {
                    // Nobody will commit it: spare consumers the wait for its timeout.
                    return current.map_or(Ok(()), |current| self.end(&current, Ending::Abort));
                }
            }
        }
    }

    fn end(&mut self, transaction: &Committable, ending: Ending) -> Result<(), Failure> {
        let Committable { transactional_id, identity, .. } = transaction;
        let ended = self.cluster.end_transaction(transactional_id, *identity, ending);
        ended.map_err(|error| self.cluster.failure(format_args!("ending transaction '{transactional_id}'"), error))
    }

    /// Goes on with another id, and finds out which ones were committed meanwhile.
    fn turn(&mut self, prepared: Vec<Committable>) -> Result<(), Failure> {
        for transaction in prepared {
            let id = &transaction.transactional_id;
            let described = self.cluster.describe(id);
            let described = described
                .map_err(|error| self.cluster.failure(format_args!("asking for transaction '{id}'"), error))?;
            match described {
                Some(now) if now.identity == transaction.identity && now.state == "CompleteCommit" => {
                    self.exchange.committed(&transaction);
                    self.ids.take_back(transaction.transactional_id, transaction.identity);
                }
                Some(now)
                    if now.identity == transaction.identity && matches!(&*now.state, "Ongoing" | "PrepareCommit") => {}
                now if transaction.fate(now.as_ref()) == Fate::Lost => {
                    return Err(self.assignment.options.expired(&self.cluster.table.table, id));
                }
                _ => self.exchange.committed(&transaction),
            }
        }
        self.transaction = Transaction::take(&mut self.ids, &mut self.cluster, &self.assignment.options)?;
        Ok(())
    }

    /// Writes batches, until all of them are acknowledged.
    fn send(&mut self, batches: Vec<Addressed>) -> Result<(), Failure> {
        self.add_partitions(&batches)?;
        let (count, bytes) = (batches.len(), batches.iter().map(|(_, batch)| batch.len()).sum());
        let mut open = Vec::with_capacity(count);
        for (partition, batch) in batches {
            let sequence = self.transaction.sequences.entry(partition).or_default();
            let sealed = batch.seal(self.transaction.identity, *sequence, self.assignment.compression)?;
            *sequence = sequence.wrapping_add(batch.count()) & i32::MAX;
            open.push(Sealed { partition, leader: -1, bytes: sealed });
        }
        let begin = Instant::now();
        loop {
            for batch in &mut open {
                batch.leader = self.leaders.get(batch.partition as usize).copied().unwrap_or(-1);
            }
            let answers = self.cluster.produce(&self.transaction.id, &self.assignment.topic, &open);
            let mut last = None;
            for batch in std::mem::take(&mut open) {
                let missing = || Err(RequestError::Connection("the answer lacks a partition".to_owned()));
                match answers.get(&batch.partition).cloned().unwrap_or_else(missing) {
                    Ok(()) | Err(RequestError::Refused(ResponseError::DuplicateSequenceNumber)) => {}
                    Err(error) if error.is_transient() => {
                        last = Some(error);
                        open.push(batch);
                    }
                    Err(error) => return Err(self.not_written(error)),
                }
            }
            let Some(error) = last else { break };
            if begin.elapsed() > self.assignment.delivery_timeout || self.cluster.is_stopped() {
                return Err(self.not_written(error));
            }
            tracing::debug!(table = self.cluster.table.table, %error, "records are sent again");
            std::thread::sleep(BACKOFF);
            // If that fails the old leaders are asked again, and their answer tells.
            if let Ok(leaders) = self.cluster.leaders(&self.assignment.topic) {
                self.leaders = leaders;
            }
        }
        self.exchange.arrived(count, bytes);
        Ok(())
    }

    /// Makes the partitions of these batches part of the transaction.
    fn add_partitions(&mut self, batches: &[Addressed]) -> Result<(), Failure> {
        let transaction = &mut self.transaction;
        let all = batches.iter().map(|(partition, _)| *partition);
        let new: Vec<i32> = all.filter(|partition| !transaction.partitions.contains(partition)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let topic = &self.assignment.topic;
        let added = self.cluster.add_partitions(&transaction.id, transaction.identity, topic, &new);
        if let Err(error) = added {
            return Err(self.not_written(error));
        }
        if transaction.partitions.is_empty() {
            self.exchange.began(Committable::new(transaction.id.clone(), transaction.identity));
        }
        transaction.partitions.extend(new);
        Ok(())
    }

    fn not_written(&self, error: RequestError) -> Failure {
        let Transaction { id, .. } = &self.transaction;
        match error {
            RequestError::Refused(
                ResponseError::InvalidProducerEpoch
                | ResponseError::ProducerFenced
                | ResponseError::InvalidTxnState
                | ResponseError::InvalidProducerIdMapping
                | ResponseError::TransactionAbortable,
            ) => self.assignment.options.expired(&self.cluster.table.table, id).caused_by(error),
            error => self.cluster.failure(format_args!("writing to topic '{}'", self.assignment.topic), error),
        }
    }
}

impl Transaction {
    /// The next one: nothing is written yet.
    fn take(ids: &mut IdPool, cluster: &mut Cluster, options: &Transactions) -> Result<Self, Failure> {
        match ids.take(cluster) {
            Ok((id, identity)) => Ok(Self { id, identity, partitions: BTreeSet::new(), sequences: BTreeMap::new() }),
            Err(RequestError::Refused(ResponseError::InvalidTransactionTimeout)) => {
                Err(options.too_long(&cluster.table))
            }
            Err(error) => Err(cluster.failure("beginning a transaction", error)),
        }
    }
}
