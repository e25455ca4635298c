//! Writing exactly once: rows go into a Kafka transaction, which is prepared with a checkpoint and committed once that is complete.
//!
//! ```text
//!   task thread                    kafka-transactions thread             kafka-commit thread
//!   writer: rows -> record batches -> producer: brokers
//!   prepare_commit: committable <- id, producer id, epoch
//!                                  producer: the next transactional id   committer: EndTxn of the committable
//! ```
//! librdkafka is not used here: it cannot finish a transaction that another process has prepared. The protocol can, by what the
//! [`Committable`](committable::Committable) says. This speaks it as Kafka's clients did before transactions had versions of their own
//! (KIP-890): partitions are added explicitly, and only `InitProducerId` and the broker's timeout change the epoch. Whether a committable was
//! committed can be told from the epoch therefore, however long ago it was prepared; see [`committable`].

mod cluster;
mod committable;
mod committer;
mod connection;
mod coordinator;
mod exchange;
mod id_pool;
mod lingering;
mod open_batches;
mod options;
mod partitions;
mod produce;
mod producer;
mod record_batch;
mod transactional_id;
mod writer;

pub(super) use committer::KafkaCommitter;
pub(super) use options::Transactions;
pub(super) use writer::TransactionalWriter;
