//! Chooses the partition of each record, as the Java client and librdkafka do.

use crate::kafka::options::Partitioner;

/// The choice of one writer.
#[derive(Debug)]
pub(super) struct PartitionChooser {
    partitioner: Partitioner,
    subtask: u32,
    /// Records so far, for choosing in turn.
    chosen: u64,
    /// Batches so far: records without a key stay with one partition until its batch is full.
    batches: u64,
}

impl PartitionChooser {
    pub(super) fn new(partitioner: Partitioner, subtask: u32) -> Self {
        Self { partitioner, subtask, chosen: 0, batches: 0 }
    }

    /// The partition of the next record.
    pub(super) fn choose(&mut self, key: Option<&str>, partitions: u32) -> u32 {
        let of = u64::from(partitions.max(1));
        let subtask = u64::from(self.subtask);
        let partition = match (self.partitioner, key) {
            (Partitioner::Default, Some(key)) => u64::from(murmur2(key.as_bytes()) & 0x7fff_ffff) % of,
            (Partitioner::Default, None) => (subtask + self.batches) % of,
            (Partitioner::Fixed, _) => subtask % of,
            (Partitioner::RoundRobin, _) => self.chosen % of,
        };
        self.chosen += 1;
        partition as u32
    }

    /// A batch has become full.
    pub(super) fn next_batch(&mut self) {
        self.batches += 1;
    }
}

/// The hash by which Kafka's clients spread keys.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ data.len() as u32;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hashed_as_kafka_does() {
        for (key, hash) in
            [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536), ("abc", 479470107)]
        {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
    }

    #[test]
    fn each_partitioner_has_its_way() {
        let choose = |partitioner, keys: &[Option<&str>]| -> Vec<u32> {
            let mut chooser = PartitionChooser::new(partitioner, 4);
            keys.iter().map(|key| chooser.choose(*key, 3)).collect()
        };
        assert_eq!(choose(Partitioner::RoundRobin, &[None; 4]), [0, 1, 2, 0]);
        assert_eq!(choose(Partitioner::Fixed, &[None, Some("a")]), [1, 1]);
        let mut chooser = PartitionChooser::new(Partitioner::Default, 4);
        assert_eq!((chooser.choose(None, 3), chooser.choose(None, 3)), (1, 1));
        chooser.next_batch();
        assert_eq!(chooser.choose(None, 3), 2);
        assert_eq!(chooser.choose(Some("21"), 3), (-973932308i32 as u32 & 0x7fff_ffff) % 3);
    }
}
