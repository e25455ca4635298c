//! The partitions of one TaskManager: where consumers find the queues of producers, whoever comes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::{JobId, PartitionId};

use super::queue::{ChannelFailure, ChannelQueue};

/// All partitions that are produced here or that a consumer waits for.
#[derive(Debug, Default)]
pub(crate) struct PartitionRegistry {
    partitions: Mutex<HashMap<PartitionId, Partition>>,
}

#[derive(Debug, Default)]
struct Partition {
    queues: HashMap<u32, Arc<ChannelQueue>>,
    /// Queues whose consumer is done.
    released: usize,
}

impl PartitionRegistry {
    /// The producer is there: its queues, one a subpartition, those included that consumers wait for.
    pub(crate) fn register(&self, id: PartitionId, subpartitions: u32, capacity: usize) -> Vec<Arc<ChannelQueue>> {
        let mut partitions = self.lock();
        let partition = partitions.entry(id).or_default();
        let queues: Vec<_> =
            (0..subpartitions).map(|index| partition.queues.entry(index).or_default().clone()).collect();
        for queue in &queues {
            queue.open(capacity);
        }
        queues
    }

    /// The queue of a subpartition, for its consumer; made if the producer is not there yet.
    pub(crate) fn subscribe(&self, id: PartitionId, subpartition: u32) -> Arc<ChannelQueue> {
        self.lock().entry(id).or_default().queues.entry(subpartition).or_default().clone()
    }

    /// The consumer of a subpartition is done with it.
    pub(crate) fn release(&self, id: PartitionId, subpartition: u32) {
        let mut partitions = self.lock();
        let Some(partition) = partitions.get_mut(&id) else { return };
        let Some(queue) = partition.queues.get(&subpartition) else { return };
        queue.release();
        if queue.has_producer() {
            partition.released += 1;
        } else {
            partition.queues.remove(&subpartition);
        }
        if partition.released >= partition.queues.len() {
            partitions.remove(&id);
        }
    }

    /// The job has ended: all its partitions go.
    pub(crate) fn release_job(&self, job: JobId) {
        let mut partitions = self.lock();
        partitions.retain(|id, partition| {
            let keep = id.producer.job != job;
            if !keep {
                for queue in partition.queues.values() {
                    queue.fail(ChannelFailure::ProducerEnded("the job has ended".into()));
                }
            }
            keep
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PartitionId, Partition>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::testing::partition;

    #[test]
    fn consumer_and_producer_meet_whoever_comes_first() {
        let registry = PartitionRegistry::default();
        let early = registry.subscribe(partition(1, 0), 1);
        assert!(!early.has_producer());
        let queues = registry.register(partition(1, 0), 2, 1);
        assert!(Arc::ptr_eq(&queues[1], &early) && early.has_producer());
        assert!(Arc::ptr_eq(&registry.subscribe(partition(1, 0), 0), &queues[0]));
    }

    #[test]
    fn a_partition_goes_when_all_its_consumers_are_done() {
        let registry = PartitionRegistry::default();
        let queues = registry.register(partition(1, 0), 2, 1);
        registry.release(partition(1, 0), 0);
        assert!(queues[0].has_room(Waker::noop()), "what is written now is dropped");
        assert_eq!(registry.lock().len(), 1);
        registry.release(partition(1, 0), 1);
        assert_eq!(registry.lock().len(), 0);
        // A consumer whose producer never came leaves nothing behind either.
        registry.subscribe(partition(2, 0), 0);
        registry.release(partition(2, 0), 0);
        assert_eq!(registry.lock().len(), 0);
    }

    #[test]
    fn the_end_of_a_job_takes_its_partitions() {
        let registry = PartitionRegistry::default();
        registry.register(partition(1, 0), 1, 1);
        registry.release_job(JobId(99));
        assert_eq!(registry.lock().len(), 1);
        registry.release_job(partition(1, 0).producer.job);
        assert_eq!(registry.lock().len(), 0);
    }
}
