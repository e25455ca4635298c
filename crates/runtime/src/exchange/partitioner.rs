//! Which consumer a row goes to.

use arrow_array::UInt32Array;
use dataflow::binary_row::{EncodedKeys, KeyEncoder};
use dataflow::deployment::ResultPartitionDescriptor;
use dataflow::key_group::{key_group, subtask_of_key_group};
use dataflow::{Batch, Failure, Partitioning, RowType};

/// How one output spreads its rows.
pub(crate) enum Partitioner {
    /// To the one channel there is.
    Single,
    /// By key group.
    Hash(Box<HashPartitioner>),
    /// To one channel after the other.
    RoundRobin,
    /// To every channel.
    Broadcast,
    /// To the first channel.
    First,
}

/// Rows to channels by the key group of their key, with Flink's hash.
pub(crate) struct HashPartitioner {
    encoder: KeyEncoder,
    keys: EncodedKeys,
    max_parallelism: u32,
    channels: u32,
    targets: Vec<u32>,
    /// Rows of each channel before its own first one, when rows are ordered by channel.
    starts: Vec<usize>,
}

impl Partitioner {
    /// The partitioner of an output.
    pub(crate) fn new(output: &ResultPartitionDescriptor) -> Result<Self, Failure> {
        Ok(match &output.partitioning {
            _ if output.num_subpartitions == 1 => Partitioner::Single,
            Partitioning::Forward => Partitioner::Single,
            Partitioning::Rebalance => Partitioner::RoundRobin,
            Partitioning::Broadcast => Partitioner::Broadcast,
            Partitioning::Global => Partitioner::First,
            Partitioning::Hash { keys } => {
                let (max_parallelism, channels) = (output.max_parallelism, output.num_subpartitions);
                Partitioner::Hash(Box::new(HashPartitioner::new(&output.row_type, keys, max_parallelism, channels)?))
            }
        })
    }
}

impl HashPartitioner {
    /// A partitioner of rows of this type by these columns.
    pub(crate) fn new(
        row_type: &RowType,
        keys: &[usize],
        max_parallelism: u32,
        channels: u32,
    ) -> Result<Self, Failure> {
        let encoder = KeyEncoder::new(row_type, keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        Ok(Self {
            encoder,
            keys: EncodedKeys::default(),
            max_parallelism,
            channels,
            targets: Vec::new(),
            starts: Vec::new(),
        })
    }

    /// Calls `send` with each channel and its rows, in their order.
    pub(crate) fn partition(
        &mut self,
        batch: Batch,
        mut send: impl FnMut(usize, Batch) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.encoder.encode(&batch, &mut self.keys);
        self.targets.clear();
        let (keys, max_parallelism, channels) = (&self.keys, self.max_parallelism, self.channels);
        self.targets.extend((0..batch.num_rows()).map(|row| {
            subtask_of_key_group(key_group(keys.hash_code(row), max_parallelism), max_parallelism, channels)
        }));
        let Some(&first) = self.targets.first() else { return Ok(()) };
        if self.targets.iter().all(|target| *target == first) {
            return send(first as usize, batch);
        }
        let order = self.order_by_channel();
        for channel in 0..self.channels as usize {
            let (start, end) = (self.starts[channel], self.starts[channel + 1]);
            if end > start {
                send(channel, batch.take(&order.slice(start, end - start))?)?;
            }
        }
        Ok(())
    }

    /// Row numbers ordered by channel: a counting sort, which keeps the order of rows.
    fn order_by_channel(&mut self) -> UInt32Array {
        let channels = self.channels as usize;
        self.starts.clear();
        self.starts.resize(channels + 1, 0);
        for &target in &self.targets {
            self.starts[target as usize + 1] += 1;
        }
        for channel in 0..channels {
            self.starts[channel + 1] += self.starts[channel];
        }
        let mut next = self.starts.clone();
        let mut order = vec![0u32; self.targets.len()];
        for (row, &target) in self.targets.iter().enumerate() {
            order[next[target as usize]] = row as u32;
            next[target as usize] += 1;
        }
        UInt32Array::from(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{number_type, numbers, partition, values};

    fn hash(channels: u32) -> Box<HashPartitioner> {
        let descriptor = ResultPartitionDescriptor {
            partition: partition(1, 0),
            target: dataflow::VertexId(9),
            partitioning: Partitioning::Hash { keys: vec![0] },
            num_subpartitions: channels,
            max_parallelism: 128,
            row_type: number_type(),
        };
        match Partitioner::new(&descriptor).unwrap() {
            Partitioner::Hash(partitioner) => partitioner,
            _ => panic!("a hash partitioner"),
        }
    }

    #[test]
    fn every_row_goes_to_one_channel_in_order() {
        let mut partitioner = hash(3);
        let mut parts = vec![Vec::new(); 3];
        for start in [0, 100] {
            let send = |channel: usize, batch: Batch| {
                parts[channel].extend(values(&batch));
                Ok(())
            };
            partitioner.partition(numbers(start..start + 100), send).unwrap();
        }
        for part in &parts {
            assert!(part.len() > 30, "{} rows", part.len());
            assert!(part.is_sorted());
        }
        let mut all = parts.concat();
        all.sort();
        assert_eq!(all, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn rows_of_one_key_stay_together_without_a_copy() {
        let mut partitioner = hash(4);
        let batch = numbers(7..8);
        let pointer = batch.column(0).to_data().buffers()[0].as_ptr();
        let send = |_, part: Batch| {
            assert_eq!(part.column(0).to_data().buffers()[0].as_ptr(), pointer);
            Ok(())
        };
        partitioner.partition(batch.clone(), send).unwrap();
    }
}
