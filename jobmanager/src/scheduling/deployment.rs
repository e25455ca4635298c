//! Deployment descriptors: which channels connect an attempt to the others. Pure.
//!
//! A FORWARD edge connects equal subtask indices; every other edge connects all producers to all consumers, the consumer's index being the
//! number of the subpartition.

use dataflow::deployment::{
    InputChannelDescriptor, InputGateDescriptor, ResultPartitionDescriptor, TaskDeploymentDescriptor,
};
use dataflow::{
    ExecutionAttemptId, JobEdge, JobGraph, JobVertex, LeaderEpoch, PartitionId, Partitioning, RowType, VertexId,
};

use super::execution::SlotLocation;

/// Tells the current attempt of a subtask and its slot.
pub(super) type SlotOf<'a> = dyn Fn(VertexId, u32) -> Option<(ExecutionAttemptId, &'a SlotLocation)> + 'a;

/// The descriptor of an attempt; none when it, or a producer of it, is unknown or has no slot.
pub(super) fn descriptor(
    graph: &JobGraph,
    attempt: ExecutionAttemptId,
    epoch: LeaderEpoch,
    slot_of: &SlotOf<'_>,
) -> Option<TaskDeploymentDescriptor> {
    let vertex = graph.vertex(attempt.vertex)?;
    let (_, slot) = slot_of(attempt.vertex, attempt.subtask)?;
    let inputs = graph.inputs_of(vertex.id).map(|edge| gate(graph, edge, attempt.subtask, slot_of));
    let outputs = graph.outputs_of(vertex.id).enumerate().map(|(output, edge)| {
        let target = graph.vertex(edge.target)?;
        let partition = PartitionId { producer: attempt, output: output as u32 };
        Some(ResultPartitionDescriptor {
            partition,
            target: edge.target,
            partitioning: edge.partitioning.clone(),
            num_subpartitions: if edge.partitioning == Partitioning::Forward { 1 } else { target.parallelism },
            max_parallelism: target.max_parallelism,
            row_type: output_type(vertex),
        })
    });
    Some(TaskDeploymentDescriptor {
        attempt,
        epoch,
        job_name: graph.name.clone(),
        config: graph.config.clone(),
        vertex: vertex.clone(),
        slot: slot.slot,
        inputs: inputs.collect::<Option<_>>()?,
        outputs: outputs.collect::<Option<_>>()?,
        checkpointing: None,
        restore: None,
    })
}

/// The channels by which an edge feeds one consuming subtask.
fn gate(graph: &JobGraph, edge: &JobEdge, subtask: u32, slot_of: &SlotOf<'_>) -> Option<InputGateDescriptor> {
    let source = graph.vertex(edge.source)?;
    let output = graph.outputs_of(edge.source).position(|other| std::ptr::eq(other, edge))? as u32;
    let (producers, subpartition) = match edge.partitioning {
        Partitioning::Forward => (subtask..subtask + 1, 0),
        _ => (0..source.parallelism, subtask),
    };
    let channel = |index| {
        let (producer, slot) = slot_of(edge.source, index)?;
        Some(InputChannelDescriptor {
            partition: PartitionId { producer, output },
            subpartition,
            resource_id: slot.task_manager.resource_id.clone(),
            data_address: slot.task_manager.data_address.clone(),
        })
    };
    Some(InputGateDescriptor {
        input: edge.input,
        partitioning: edge.partitioning.clone(),
        row_type: output_type(source),
        channels: producers.map(channel).collect::<Option<_>>()?,
    })
}

/// What leaves a vertex: the output of the last operator of its chain.
fn output_type(vertex: &JobVertex) -> RowType {
    vertex.operators.last().map(|operator| operator.output.clone()).unwrap_or_default()
}
