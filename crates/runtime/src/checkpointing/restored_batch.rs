//! `RestoredBatch`: a batch that was in flight when the task was snapshotted, for the task that goes on from there.

use std::collections::VecDeque;

use dataflow::checkpoint::ChannelId;
use dataflow::deployment::{InputGateDescriptor, TaskDeploymentDescriptor};
use dataflow::{Batch, Failure, Partitioning, StateReader};

use super::channel_state::read_in_flight;
use crate::exchange::partitioner::HashPartitioner;

/// One batch on its way into a task.
#[derive(Debug, Clone)]
pub(crate) struct RestoredBatch {
    /// Which input of the head operator it goes to.
    pub(crate) input: usize,
    /// The channel that it was on, seen from this task.
    pub(crate) channel: ChannelId,
    pub(crate) batch: Batch,
}

impl RestoredBatch {
    /// All that the task is to take before anything else, in order. Blocks. Of rows that are spread by key it keeps those whose keys the
    /// task owns: they may have been on the way to another one.
    pub(crate) fn read_all(
        task: &TaskDeploymentDescriptor,
        reader: &dyn StateReader,
    ) -> Result<VecDeque<RestoredBatch>, Failure> {
        let mut restored = VecDeque::new();
        for handle in task.restore.iter().flat_map(|restore| &restore.channels) {
            let gate = gate_of(task, &handle.channel)?;
            let channel = ChannelId { target_subtask: task.attempt.subtask, ..handle.channel };
            let schema = gate.row_type.arrow_schema();
            for batch in read_in_flight(handle, &schema, reader)? {
                let mut keep = |batch| restored.push_back(RestoredBatch { input: gate.input as usize, channel, batch });
                match &gate.partitioning {
                    Partitioning::Hash { keys } => {
                        let vertex = &task.vertex;
                        let own = task.attempt.subtask as usize;
                        let mut partitioner =
                            HashPartitioner::new(&gate.row_type, keys, vertex.max_parallelism, vertex.parallelism)?;
                        partitioner.partition(batch, |subtask, rows| {
                            if subtask == own {
                                keep(rows);
                            }
                            Ok(())
                        })?;
                    }
                    _ => keep(batch),
                }
            }
        }
        Ok(restored)
    }
}

/// The input edge that a channel belongs to.
fn gate_of<'a>(task: &'a TaskDeploymentDescriptor, channel: &ChannelId) -> Result<&'a InputGateDescriptor, Failure> {
    let belongs = |gate: &&InputGateDescriptor| {
        let partitions = gate.channels.iter().map(|channel| channel.partition);
        let mut edges = partitions.map(|partition| (partition.producer.vertex, partition.output));
        edges.any(|edge| edge == (channel.source, channel.output))
    };
    task.inputs.iter().find(belongs).ok_or_else(|| {
        Failure::internal(format!(
            "rows in flight from vertex {} were given to a task that it does not feed",
            channel.source
        ))
        .fatal()
    })
}
