//! `RecordWriter`: one output of a task. Spreads batches over channels and gathers small pieces into full batches before they are sent.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use dataflow::checkpoint::ChannelId;
use dataflow::deployment::ResultPartitionDescriptor;
use dataflow::{Batch, CheckpointBarrier, Failure, Partitioning, StreamElement};

use super::codec::row_bytes;
use super::partitioner::Partitioner;
use super::queue::ChannelQueue;
use crate::checkpointing::InFlight;
use crate::metrics::TaskMetrics;

/// No batch on a channel has more rows.
pub(crate) const MAX_ROWS: usize = 8_192;
/// Nor, unless a single row is larger, more bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// Pieces of a channel are gathered until they have this many rows.
const FULL_ROWS: usize = 4_096;

/// One output edge of a task.
pub(crate) struct RecordWriter {
    partitioner: Partitioner,
    channels: Vec<OutputChannel>,
    /// The channel that round robin writes to.
    current: usize,
    buffer_timeout: Option<Duration>,
    flush_at: Option<Instant>,
    metrics: Arc<TaskMetrics>,
}

struct OutputChannel {
    /// Its name in checkpoints.
    id: ChannelId,
    queue: Arc<ChannelQueue>,
    pending: Vec<Batch>,
    pending_rows: usize,
}

impl RecordWriter {
    /// A writer to these queues, one a subpartition. Without a `buffer_timeout` pieces wait until they are a full batch.
    pub(crate) fn new(
        output: &ResultPartitionDescriptor,
        queues: Vec<Arc<ChannelQueue>>,
        buffer_timeout: Option<Duration>,
        metrics: Arc<TaskMetrics>,
    ) -> Result<Self, Failure> {
        let channels = queues.into_iter().enumerate().map(|(index, queue)| OutputChannel {
            id: channel_id(output, index as u32),
            queue,
            pending: Vec::new(),
            pending_rows: 0,
        });
        Ok(Self {
            partitioner: Partitioner::new(output)?,
            channels: channels.collect(),
            current: 0,
            buffer_timeout,
            flush_at: None,
            metrics,
        })
    }

    /// Whether what one more input leads to may be written; when not, `waker` is woken once it may.
    pub(crate) fn is_available(&mut self, waker: &Waker) -> bool {
        match self.partitioner {
            Partitioner::First => self.channels[0].queue.has_room(waker),
            // Any channel will do; a full one is passed over.
            Partitioner::RoundRobin => {
                let count = self.channels.len();
                let free = (0..count)
                    .map(|step| (self.current + step) % count)
                    .find(|&channel| self.channels[channel].queue.has_room(waker));
                if let Some(channel) = free {
                    self.move_on_to(channel);
                }
                free.is_some()
            }
            _ => self.channels.iter().all(|channel| channel.queue.has_room(waker)),
        }
    }

    fn move_on_to(&mut self, channel: usize) {
        if channel != self.current {
            let pending = std::mem::take(&mut self.channels[self.current].pending);
            let rows = std::mem::take(&mut self.channels[self.current].pending_rows);
            self.channels[channel].pending.extend(pending);
            self.channels[channel].pending_rows += rows;
            self.current = channel;
        }
    }

    /// Writes an element. Whatever is not a batch goes to all channels, behind what was written before.
    pub(crate) fn emit(&mut self, element: StreamElement, now: Instant) -> Result<(), Failure> {
        match element {
            StreamElement::Batch(batch) => self.write(batch, now),
            other => {
                self.flush()?;
                for channel in &self.channels {
                    channel.queue.push(other.clone());
                }
                Ok(())
            }
        }
    }

    /// Sends an unaligned barrier, past all that waits. Returns what it has overtaken.
    pub(crate) fn emit_urgent(&mut self, barrier: &Arc<CheckpointBarrier>) -> Result<Vec<InFlight>, Failure> {
        self.flush()?;
        let overtaken = |channel: &OutputChannel| channel.in_flight(channel.queue.push_urgent(barrier.clone()));
        Ok(self.channels.iter().filter_map(overtaken).collect())
    }

    /// Makes a barrier that still waits here unaligned. Returns what it has overtaken.
    pub(crate) fn overtake(&self, checkpoint_id: u64) -> Vec<InFlight> {
        let overtaken = |channel: &OutputChannel| channel.in_flight(channel.queue.overtake(checkpoint_id));
        self.channels.iter().filter_map(overtaken).collect()
    }

    /// Whether a barrier still waits here; if so, `waker` is woken when it may have left a channel.
    pub(crate) fn holds_barrier(&self, checkpoint_id: u64, waker: &Waker) -> bool {
        self.channels.iter().any(|channel| channel.queue.holds_barrier(checkpoint_id, waker))
    }

    fn write(&mut self, batch: Batch, now: Instant) -> Result<(), Failure> {
        let (rows, bytes) = (batch.num_rows(), row_bytes(&batch));
        if rows == 0 {
            return Ok(());
        }
        self.metrics.records_out.add(rows as u64);
        self.metrics.bytes_out.add(bytes as u64);
        let parts = rows.div_ceil(MAX_ROWS).max(bytes.div_ceil(MAX_BYTES)).min(rows);
        let part_rows = rows.div_ceil(parts);
        for start in (0..rows).step_by(part_rows) {
            self.spread(batch.slice(start, part_rows.min(rows - start)))?;
        }
        match self.buffer_timeout {
            Some(Duration::ZERO) => self.flush()?,
            Some(timeout) if self.channels.iter().any(|channel| channel.pending_rows > 0) => {
                self.flush_at.get_or_insert(now + timeout);
            }
            _ => {}
        }
        Ok(())
    }

    fn spread(&mut self, batch: Batch) -> Result<(), Failure> {
        let Self { partitioner, channels, current, .. } = self;
        match partitioner {
            Partitioner::Single | Partitioner::First => channels[0].add(batch),
            Partitioner::Hash(hash) => hash.partition(batch, |channel, rows| channels[channel].add(rows)),
            Partitioner::Broadcast => channels.iter_mut().try_for_each(|channel| channel.add(batch.clone())),
            Partitioner::RoundRobin => {
                channels[*current].add(batch)?;
                if channels[*current].pending.is_empty() {
                    *current = (*current + 1) % channels.len();
                }
                Ok(())
            }
        }
    }

    /// When [`flush`](Self::flush) is due.
    pub(crate) fn flush_at(&self) -> Option<Instant> {
        self.flush_at
    }

    /// Sends what has been gathered.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.flush_at = None;
        self.channels.iter_mut().try_for_each(OutputChannel::flush)
    }

    /// Sends what has been gathered to the channels that have room; the rest is due once more after the buffer timeout.
    pub(crate) fn flush_where_room(&mut self, now: Instant, waker: &Waker) -> Result<(), Failure> {
        self.flush_at = None;
        for channel in &mut self.channels {
            if channel.pending_rows == 0 {
                continue;
            }
            if channel.queue.has_room(waker) {
                channel.flush()?;
            } else {
                self.flush_at = self.buffer_timeout.map(|timeout| now + timeout);
            }
        }
        Ok(())
    }
}

/// The name of a channel of an output in checkpoints.
fn channel_id(output: &ResultPartitionDescriptor, subpartition: u32) -> ChannelId {
    let producer = output.partition.producer;
    let target_subtask = if output.partitioning == Partitioning::Forward { producer.subtask } else { subpartition };
    ChannelId {
        source: producer.vertex,
        source_subtask: producer.subtask,
        output: output.partition.output,
        target: output.target,
        target_subtask,
    }
}

impl OutputChannel {
    fn in_flight(&self, batches: Vec<Batch>) -> Option<InFlight> {
        (!batches.is_empty()).then_some(InFlight { channel: self.id, at_consumer: false, batches })
    }

    fn add(&mut self, batch: Batch) -> Result<(), Failure> {
        if self.pending.is_empty() && batch.num_rows() >= FULL_ROWS {
            self.queue.push(StreamElement::Batch(batch));
            return Ok(());
        }
        if self.pending_rows + batch.num_rows() > MAX_ROWS {
            self.flush()?;
        }
        self.pending_rows += batch.num_rows();
        self.pending.push(batch);
        if self.pending_rows >= FULL_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.pending_rows = 0;
        let batch = match self.pending.len() {
            0 => return Ok(()),
            1 => self.pending.pop().expect("it has one"),
            _ => {
                let whole = Batch::concat(&self.pending)?;
                self.pending.clear();
                whole
            }
        };
        self.queue.push(StreamElement::Batch(batch));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::queue::Popped;
    use crate::testing::{number_type, numbers, partition, values};

    fn writer(
        partitioning: Partitioning,
        channels: usize,
        capacity: usize,
        timeout: Option<Duration>,
    ) -> (RecordWriter, Vec<Arc<ChannelQueue>>) {
        let queues: Vec<Arc<ChannelQueue>> = (0..channels).map(|_| Arc::default()).collect();
        queues.iter().for_each(|queue: &Arc<ChannelQueue>| queue.open(capacity));
        let descriptor = ResultPartitionDescriptor {
            partition: partition(1, 0),
            target: dataflow::VertexId(9),
            partitioning,
            num_subpartitions: channels as u32,
            max_parallelism: 128,
            row_type: number_type(),
        };
        let metrics = Arc::new(TaskMetrics::new(Instant::now()));
        (RecordWriter::new(&descriptor, queues.clone(), timeout, metrics).unwrap(), queues)
    }

    fn drain(queue: &ChannelQueue) -> Vec<String> {
        let mut texts = Vec::new();
        while let Popped::Element { element, .. } = queue.pop(true) {
            texts.push(match element {
                StreamElement::Batch(batch) => format!("{} rows", batch.num_rows()),
                StreamElement::Watermark(time) => format!("W{time}"),
                other => format!("{other:?}"),
            });
        }
        texts
    }

    #[test]
    fn small_pieces_are_gathered_until_full_late_or_followed() {
        let (mut writer, queues) = writer(Partitioning::Forward, 1, 10, Some(Duration::from_millis(100)));
        let now = Instant::now();
        for _ in 0..5 {
            writer.emit(StreamElement::Batch(numbers(0..1_000)), now).unwrap();
        }
        assert_eq!(drain(&queues[0]), ["5000 rows"]);
        writer.emit(StreamElement::Batch(numbers(0..10)), now).unwrap();
        assert_eq!(writer.flush_at(), Some(now + Duration::from_millis(100)));
        assert!(drain(&queues[0]).is_empty());
        writer.emit(StreamElement::Watermark(5), now).unwrap();
        assert_eq!(drain(&queues[0]), ["10 rows", "W5"]);
        assert_eq!(writer.flush_at(), None);
        assert_eq!(writer.metrics.records_out.get(), 5_010);
    }

    #[test]
    fn large_batches_are_split() {
        let (mut writer, queues) = writer(Partitioning::Forward, 1, 10, Some(Duration::ZERO));
        writer.emit(StreamElement::Batch(numbers(0..20_000)), Instant::now()).unwrap();
        assert_eq!(drain(&queues[0]), ["6667 rows", "6667 rows", "6666 rows"]);
    }

    #[test]
    fn broadcast_and_global() {
        let (mut all, queues) = writer(Partitioning::Broadcast, 2, 10, Some(Duration::ZERO));
        all.emit(StreamElement::Batch(numbers(0..3)), Instant::now()).unwrap();
        all.emit(StreamElement::EndOfData, Instant::now()).unwrap();
        for queue in &queues {
            assert_eq!(drain(queue), ["3 rows", "EndOfData"]);
        }
        let (mut first, queues) = writer(Partitioning::Global, 2, 10, Some(Duration::ZERO));
        first.emit(StreamElement::Batch(numbers(0..3)), Instant::now()).unwrap();
        first.emit(StreamElement::EndOfData, Instant::now()).unwrap();
        assert_eq!(drain(&queues[0]), ["3 rows", "EndOfData"]);
        assert_eq!(drain(&queues[1]), ["EndOfData"]);
    }

    #[test]
    fn round_robin_passes_over_full_channels() {
        let (mut writer, queues) = writer(Partitioning::Rebalance, 2, 1, None);
        let waker = Waker::noop();
        for _ in 0..2 {
            assert!(writer.is_available(waker));
            writer.emit(StreamElement::Batch(numbers(0..4_096)), Instant::now()).unwrap();
        }
        assert!(!writer.is_available(waker));
        assert_eq!(drain(&queues[1]), ["4096 rows"]);
        assert!(writer.is_available(waker));
        writer.emit(StreamElement::Batch(numbers(0..4_096)), Instant::now()).unwrap();
        assert_eq!(drain(&queues[0]), ["4096 rows"]);
        assert_eq!(drain(&queues[1]), ["4096 rows"]);
    }

    #[test]
    fn hash_keeps_rows_of_a_channel_together() {
        let (mut writer, queues) = writer(Partitioning::Hash { keys: vec![0] }, 2, 100, None);
        for start in 0..10 {
            writer.emit(StreamElement::Batch(numbers(1_000 * start..1_000 * start + 1_000)), Instant::now()).unwrap();
        }
        writer.emit(StreamElement::EndOfData, Instant::now()).unwrap();
        let mut all = Vec::new();
        for queue in &queues {
            while let Popped::Element { element, .. } = queue.pop(true) {
                if let StreamElement::Batch(batch) = element {
                    all.extend(values(&batch));
                }
            }
        }
        all.sort();
        assert_eq!(all, (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn one_full_channel_stops_the_output() {
        let (mut writer, queues) = writer(Partitioning::Hash { keys: vec![0] }, 2, 1, Some(Duration::ZERO));
        assert!(writer.is_available(Waker::noop()));
        writer.emit(StreamElement::Batch(numbers(0..1_000)), Instant::now()).unwrap();
        assert!(!writer.is_available(Waker::noop()));
        drain(&queues[0]);
        assert!(!writer.is_available(Waker::noop()));
        drain(&queues[1]);
        assert!(writer.is_available(Waker::noop()));
    }
}
