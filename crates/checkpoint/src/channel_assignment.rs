//! Who gets the batches that were in flight when an unaligned checkpoint was taken. Pure; a part of `assignment`.
//!
//! At the same parallelism every channel gets its own. Else it depends on the edge: on a hash edge every subtask that may own one of the rows gets
//! the batches and takes its own rows; on all others each batch goes to one subtask, save for broadcast edges, where each subtask
//! takes what one of the old ones had still to get.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::checkpoint::{ChannelId, ChannelStateHandle};
use dataflow::key_group::key_group_range;
use dataflow::{JobEdge, JobGraph, JobVertex, Partitioning, VertexId};

use crate::CheckpointMetadata;
use crate::assignment::overlap;

/// The batches in flight, assigned.
pub(crate) struct ChannelAssignment {
    /// Each handle with the task that gets it, in the order in which that task is to consume them.
    pub(crate) assigned: Vec<((VertexId, u32), ChannelStateHandle)>,
    /// The edges that the graph does not have any more, for people.
    pub(crate) lost: BTreeSet<String>,
}

pub(crate) fn assign_channels(metadata: &CheckpointMetadata, graph: &JobGraph) -> ChannelAssignment {
    let mut channels: BTreeMap<ChannelId, Vec<&ChannelStateHandle>> = BTreeMap::new();
    for handle in &metadata.channels {
        channels.entry(handle.channel).or_default().push(handle);
    }
    let mut result = ChannelAssignment { assigned: Vec::new(), lost: BTreeSet::new() };
    for (number, (channel, mut handles)) in channels.into_iter().enumerate() {
        handles.sort_by_key(|handle| !handle.at_consumer);
        let edge = graph.outputs_of(channel.source).nth(channel.output as usize);
        let (Some(edge), Some(target)) =
            (edge.filter(|edge| edge.target == channel.target), graph.vertex(channel.target))
        else {
            let name = |id| vertex_name(metadata, id);
            result.lost.insert(format!(
                "batches in flight from '{}' to '{}'",
                name(channel.source),
                name(channel.target)
            ));
            continue;
        };
        for subtask in targets(metadata, edge, target, channel, number as u32) {
            let handles = handles.iter().map(|handle| ((target.id, subtask), (*handle).clone()));
            result.assigned.extend(handles);
        }
    }
    result
}

/// The subtasks that get the batches of one channel; `number` counts the channels with batches.
fn targets(
    metadata: &CheckpointMetadata,
    edge: &JobEdge,
    target: &JobVertex,
    channel: ChannelId,
    number: u32,
) -> Vec<u32> {
    let (new, max) = (target.parallelism, target.max_parallelism);
    let taken = metadata.operators.iter().find(|operator| operator.vertex == target.id);
    let (old, old_max) = taken.map_or((new, max), |operator| (operator.parallelism, operator.max_parallelism));
    match &edge.partitioning {
        // A vertex without state may have another number of key groups than it had; then any row may be anyone's.
        Partitioning::Hash { .. } if max != old_max => (0..new).collect(),
        _ if old == new => vec![channel.target_subtask],
        Partitioning::Hash { .. } => {
            let had = key_group_range(channel.target_subtask, max, old);
            (0..new).filter(|subtask| overlap(&key_group_range(*subtask, max, new), &had)).collect()
        }
        Partitioning::Forward => vec![channel.target_subtask % new],
        Partitioning::Rebalance => vec![number % new],
        Partitioning::Broadcast => (0..new).filter(|subtask| subtask % old == channel.target_subtask).collect(),
        Partitioning::Global => vec![0],
    }
}

fn vertex_name(metadata: &CheckpointMetadata, vertex: VertexId) -> String {
    let names: Vec<&str> = metadata
        .operators
        .iter()
        .filter(|operator| operator.vertex == vertex)
        .map(|operator| operator.name.as_str())
        .collect();
    names.join(" -> ")
}
