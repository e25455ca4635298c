//! The writer: encodes rows into record batches on the task's thread and hands over the transaction at a barrier. Batches that are not full are sent by
//! the producer's thread when their time is over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, PreparedCommit, Progress, SinkWriter};

use super::cluster::Cluster;
use super::exchange::Exchange;
use super::lingering::{Charge, WriterState};
use super::open_batches::OpenBatches;
use super::options::Transactions;
use super::partitions::PartitionChooser;
use super::producer::{Assignment, Producer};
use super::transactional_id::Pool;
use crate::factory::WriterContext;
use crate::kafka::options::KafkaTable;
use crate::kafka::record_encoder::{RecordEncoder, WaitingRecord};

/// Bytes of a batch before compression, unless `batch.size` says otherwise: below what topics allow by default.
const BATCH_BYTES: usize = 512 << 10;
/// How long a batch waits for more records, in ms, unless `linger.ms` says otherwise: as Kafka's own producer.
const LINGER_MS: u64 = 5;

/// The writer.
pub(in crate::kafka) struct TransactionalWriter {
    encoder: RecordEncoder,
    exchange: Arc<Exchange>,
    /// Records that came before the producer was connected.
    waiting: VecDeque<WaitingRecord>,
    pool: Pool,
    checkpointing: bool,
}

impl TransactionalWriter {
    pub(in crate::kafka) fn new(
        table: KafkaTable,
        options: Transactions,
        spec: &SinkSpec,
        context: &WriterContext,
    ) -> Result<Self, Failure> {
        let states = context.restored.iter().map(WriterState::from_json).collect::<Result<_, _>>()?;
        let base = context.restored_checkpoint.unwrap_or(0);
        let pool = Pool::new(&options.id_prefix, context.subtask, base, &context.attempt);
        let number = |key: &str| table.properties.producer.get(key).and_then(|text| text.parse::<u64>().ok());
        let assignment = Assignment {
            topic: table.sink_topic()?.to_owned(),
            compression: options.compression,
            options,
            delivery_timeout: Duration::from_millis(number("delivery.timeout.ms").unwrap_or(120_000)),
            charge: Charge {
                own: pool.clone(),
                parallelism: context.parallelism,
                restored_checkpoint: context.restored_checkpoint,
                states,
            },
        };
        let limit = number("batch.size").map_or(BATCH_BYTES, |bytes| bytes as usize);
        let chooser = PartitionChooser::new(table.partitioner, context.subtask);
        let linger = Duration::from_millis(number("linger.ms").unwrap_or(LINGER_MS));
        let exchange = Arc::new(Exchange::new(OpenBatches::new(chooser, limit), linger));
        let writer = Self {
            encoder: RecordEncoder::new(&table, spec),
            exchange: exchange.clone(),
            waiting: VecDeque::new(),
            pool,
            checkpointing: context.checkpointing,
        };
        let cluster = Cluster::new(Arc::new(table), exchange.stopped.clone());
        let started = std::thread::Builder::new()
            .name("kafka-transactions".to_owned())
            .spawn(move || Producer::run(cluster, assignment, exchange));
        started
            .map(|_| writer)
            .map_err(|error| Failure::external("cannot start a thread for writing to Kafka").caused_by(error))
    }

    /// Puts records into batches that came before the producer was connected. False while it is not; then `waker` will be woken.
    fn take_waiting(&mut self, waker: &Waker) -> Result<bool, Failure> {
        // Asked for before looking, so that a change in between is not missed.
        self.exchange.wake_later(waker);
        let Some(partitions) = self.exchange.partitions()? else { return Ok(false) };
        if !self.waiting.is_empty() {
            let now = now();
            let mut open = self.exchange.open();
            for record in self.waiting.drain(..) {
                open.push(record.record(), partitions, now);
            }
        }
        Ok(true)
    }
}

impl SinkWriter for TransactionalWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let partitions = self.exchange.partitions()?.filter(|_| self.waiting.is_empty());
        let Self { encoder, exchange, waiting, .. } = self;
        let now = now();
        let mut open = exchange.open();
        encoder.encode(batch, |record| {
            match partitions {
                Some(partitions) => open.push(record, partitions, now),
                None => waiting.push_back(record.to_waiting()),
            }
            Ok(())
        })
    }

    fn is_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        Ok(self.take_waiting(waker)? && self.exchange.has_room())
    }

    fn finish(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        if self.flush(waker)? == Progress::Pending {
            return Ok(Progress::Pending);
        }
        let done = self.checkpointing || self.exchange.commit();
        Ok(if done { Progress::Done } else { Progress::Pending })
    }

    fn flush(&mut self, waker: &Waker) -> Result<Progress, Failure> {
        if !self.take_waiting(waker)? {
            return Ok(Progress::Pending);
        }
        self.exchange.open().send_all();
        if !self.exchange.is_empty() {
            return Ok(Progress::Pending);
        }
        // The last answer may have been a failure.
        self.exchange.partitions()?;
        Ok(Progress::Done)
    }

    fn prepare_commit(&mut self, _checkpoint_id: u64) -> Result<PreparedCommit, Failure> {
        let committables = self.exchange.hand_over().map(|transaction| transaction.to_json());
        let state = WriterState::new(self.pool.clone(), self.exchange.prepared());
        Ok(PreparedCommit {
            committables: committables.into_iter().collect::<Result<_, _>>()?,
            writer_state: vec![state.to_json()?],
        })
    }
}

impl Drop for TransactionalWriter {
    fn drop(&mut self) {
        self.exchange.close();
    }
}

/// Ms since the epoch.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as i64)
}
