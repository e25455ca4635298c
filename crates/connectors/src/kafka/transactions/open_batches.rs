//! Record batches that still take records, one for each partition.

use super::exchange::Addressed;
use super::partitions::PartitionChooser;
use super::record_batch::RecordBatch;
use crate::kafka::record_encoder::Record;

/// Bytes in all of them; with more, all are full.
const MAX_BYTES: usize = 16 << 20;

/// The batches.
#[derive(Debug)]
pub(super) struct OpenBatches {
    chooser: PartitionChooser,
    /// By partition.
    open: Vec<RecordBatch>,
    /// Of all of them.
    bytes: usize,
    /// Bytes of one.
    limit: usize,
}

impl OpenBatches {
    /// None is open yet, and each will take `limit` bytes.
    pub(super) fn new(chooser: PartitionChooser, limit: usize) -> Self {
        Self { chooser, open: Vec::new(), bytes: 0, limit }
    }

    /// Whether no record waits.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Appends a record; batches that are full go to `full`.
    pub(super) fn push(&mut self, record: Record<'_>, partitions: u32, now: i64, mut full: impl FnMut(Addressed)) {
        let partition = self.chooser.choose(record.key, partitions);
        let index = partition as usize;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, RecordBatch::default);
        }
        let batch = &mut self.open[index];
        if batch.count() > 0 && batch.len() + record.size() > self.limit {
            self.bytes -= batch.len();
            full((partition as i32, std::mem::take(batch)));
            self.chooser.next_batch();
        }
        let before = batch.len();
        batch.push(record, now);
        self.bytes += batch.len() - before;
        if self.bytes > MAX_BYTES {
            self.take_all(full);
        }
    }

    /// Gives away all batches that have records.
    pub(super) fn take_all(&mut self, full: impl FnMut(Addressed)) {
        let open = self.open.iter_mut().enumerate().filter(|(_, batch)| batch.count() > 0);
        open.map(|(partition, batch)| (partition as i32, std::mem::take(batch))).for_each(full);
        self.bytes = 0;
        self.chooser.next_batch();
    }
}
