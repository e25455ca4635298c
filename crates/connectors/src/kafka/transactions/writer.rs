//! The writer: encodes rows into record batches on the task's thread and hands over the transaction at a barrier.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, PreparedCommit, Progress, SinkWriter};

use super::cluster::Cluster;
use super::exchange::Exchange;
use super::lingering::{Charge, WriterState};
use super::options::Transactions;
use super::partitions::PartitionChooser;
use super::producer::{Assignment, Producer};
use super::record_batch::RecordBatch;
use super::transactional_id::Pool;
use crate::factory::WriterContext;
use crate::kafka::options::KafkaTable;
use crate::kafka::record_encoder::{Record, RecordEncoder, WaitingRecord};

/// Bytes of a batch before compression, unless `batch.size` says otherwise: below what topics allow by default.
const BATCH_BYTES: usize = 512 << 10;
/// Bytes in all batches that are not full; with more, all are sent.
const OPEN_BYTES: usize = 16 << 20;

/// The writer.
pub(in crate::kafka) struct TransactionalWriter {
    encoder: RecordEncoder,
    exchange: Arc<Exchange>,
    /// Records that came before the producer was connected.
    waiting: VecDeque<WaitingRecord>,
    batches: Batches,
    pool: Pool,
    checkpointing: bool,
}

/// Batches that are not full yet, by partition.
struct Batches {
    chooser: PartitionChooser,
    open: Vec<RecordBatch>,
    bytes: usize,
    limit: usize,
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
        let exchange = Arc::new(Exchange::default());
        let writer = Self {
            encoder: RecordEncoder::new(&table, spec),
            exchange: exchange.clone(),
            waiting: VecDeque::new(),
            batches: Batches {
                chooser: PartitionChooser::new(table.partitioner, context.subtask),
                open: Vec::new(),
                bytes: 0,
                limit,
            },
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
        let now = now();
        for record in self.waiting.drain(..) {
            self.batches.push(record.record(), partitions, now, &self.exchange);
        }
        Ok(true)
    }
}

impl Batches {
    /// Appends a record; a batch that it does not fit into any more is sent.
    fn push(&mut self, record: Record<'_>, partitions: u32, now: i64, exchange: &Exchange) {
        let partition = self.chooser.choose(record.key, partitions);
        let index = partition as usize;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, RecordBatch::default);
        }
        let batch = &mut self.open[index];
        if batch.count() > 0 && batch.len() + record.size() > self.limit {
            self.bytes -= batch.len();
            exchange.put(partition as i32, std::mem::take(batch));
            self.chooser.next_batch();
        }
        let before = batch.len();
        batch.push(record, now);
        self.bytes += batch.len() - before;
        if self.bytes > OPEN_BYTES {
            self.send_all(exchange);
        }
    }

    /// Sends all batches.
    fn send_all(&mut self, exchange: &Exchange) {
        for (partition, batch) in self.open.iter_mut().enumerate().filter(|(_, batch)| batch.count() > 0) {
            exchange.put(partition as i32, std::mem::take(batch));
        }
        self.bytes = 0;
    }
}

impl SinkWriter for TransactionalWriter {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        let partitions = self.exchange.partitions()?.filter(|_| self.waiting.is_empty());
        let Self { encoder, exchange, waiting, batches, .. } = self;
        let now = now();
        encoder.encode(batch, |record| {
            match partitions {
                Some(partitions) => batches.push(record, partitions, now, exchange),
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
        self.batches.send_all(&self.exchange);
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
