//! Who gets which state when a job starts from a checkpoint, perhaps at another parallelism or with a changed graph. Pure.
//!
//! Keyed state goes to the subtasks that own its key groups now, items go round robin or to all, splits go back to the JobManager, and batches
//! in flight go where `channel_assignment` says. What would lose state or cannot work is refused before anything runs.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use dataflow::authoring::Split;
use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution, TaskRestore};
use dataflow::key_group::key_group_range;
use dataflow::{Failure, JobGraph, JobVertex, OperatorId, VertexId};

use crate::channel_assignment::assign_channels;
use crate::{CheckpointMetadata, OperatorState, SourceState};

/// The user's `pipeline.max-parallelism`; unset or -1: the engine chooses.
const MAX_PARALLELISM: &str = "pipeline.max-parallelism";

/// What a job starts from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// For each subtask of the graph, also for those that get nothing.
    pub tasks: BTreeMap<(VertexId, u32), TaskRestore>,
    /// For each source that is in the checkpoint.
    pub sources: BTreeMap<OperatorId, SourceRestore>,
}

/// What the JobManager starts a source from.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRestore {
    /// The enumerator and the splits that no reader had. None if the JobManager kept nothing for it.
    pub state: Option<SourceState>,
    /// The splits that readers had, with their positions, in order of the subtasks.
    pub splits: Vec<Split>,
}

/// Why a job cannot start from a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// State would be dropped.
    #[error(
        "checkpoint {checkpoint_id} has state that no operator of the job takes: {operators}; nothing is restored. To drop that state on purpose, allow non-restored state (-n, execution.state-recovery.ignore-unclaimed-state)"
    )]
    NotRestored {
        /// The checkpoint.
        checkpoint_id: u64,
        /// The operators, by name and id.
        operators: String,
    },
    /// The number of key groups cannot change.
    #[error(
        "'{vertex}' cannot be restored with max parallelism {wanted}: its state was taken with max parallelism {taken}, which cannot change; set pipeline.max-parallelism to {taken} or leave it unset"
    )]
    MaxParallelism {
        /// The vertex, by name.
        vertex: String,
        /// That of the job graph.
        wanted: u32,
        /// That of the checkpoint.
        taken: u32,
    },
    /// There are fewer key groups than subtasks.
    #[error(
        "'{vertex}' cannot be restored with parallelism {parallelism}: its state was taken with max parallelism {taken}, and there is no work for more subtasks than that; lower the parallelism to {taken} or less"
    )]
    Parallelism {
        /// The vertex, by name.
        vertex: String,
        /// That of the job graph.
        parallelism: u32,
        /// The checkpoint's number of key groups.
        taken: u32,
    },
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Failure::user(error.to_string()).fatal()
    }
}

/// Gives the vertices of the graph the checkpoint's numbers of key groups, unless the user has set one.
pub fn adopt_max_parallelism(graph: &mut JobGraph, metadata: &CheckpointMetadata) {
    let set_by_user =
        graph.config.get(MAX_PARALLELISM).and_then(|text| text.trim().parse().ok()).is_some_and(|max: i64| max > 0);
    if set_by_user {
        return;
    }
    for vertex in &mut graph.vertices {
        if let Some(taken) = taken_max_parallelism(vertex, metadata) {
            vertex.max_parallelism = taken;
        }
    }
}

/// Spreads the state of a checkpoint over the tasks of a graph. Call [`adopt_max_parallelism`] before.
pub fn assign(
    metadata: &CheckpointMetadata,
    graph: &JobGraph,
    allow_non_restored_state: bool,
) -> Result<Assignment, RestoreError> {
    check_key_groups(metadata, graph)?;
    let channels = assign_channels(metadata, graph);
    if !allow_non_restored_state {
        let mut lost: Vec<String> = metadata
            .operators
            .iter()
            .filter(|operator| !operator.is_empty() && vertex_of(graph, operator.id).is_none())
            .map(|operator| format!("'{}' ({})", operator.name, operator.id))
            .collect();
        lost.extend(channels.lost);
        if !lost.is_empty() {
            return Err(RestoreError::NotRestored {
                checkpoint_id: metadata.checkpoint_id,
                operators: lost.join(", "),
            });
        }
    }
    let mut assignment = Assignment::default();
    for vertex in &graph.vertices {
        for subtask in 0..vertex.parallelism {
            let restore = TaskRestore { checkpoint_id: metadata.checkpoint_id, ..TaskRestore::default() };
            assignment.tasks.insert((vertex.id, subtask), restore);
        }
    }
    for (target, handle) in channels.assigned {
        assignment.tasks.entry(target).or_default().channels.push(handle);
    }
    for operator in &metadata.operators {
        if let Some(vertex) = vertex_of(graph, operator.id) {
            assign_operator(operator, vertex, &mut assignment);
        }
    }
    Ok(assignment)
}

fn vertex_of(graph: &JobGraph, id: OperatorId) -> Option<&JobVertex> {
    graph.vertices.iter().find(|vertex| vertex.operators.iter().any(|operator| operator.id == id))
}

/// The number of key groups that a vertex was checkpointed with. None if the checkpoint does not know its operators, or none of them has state
/// and the number is too small for the vertex now.
fn taken_max_parallelism(vertex: &JobVertex, metadata: &CheckpointMetadata) -> Option<u32> {
    let known = |operator: &&OperatorState| vertex.operators.iter().any(|own| own.id == operator.id);
    let operators = || metadata.operators.iter().filter(known);
    let any = || operators().find(|operator| operator.max_parallelism >= vertex.parallelism);
    operators().find(|operator| !operator.is_empty()).or_else(any).map(|operator| operator.max_parallelism)
}

fn check_key_groups(metadata: &CheckpointMetadata, graph: &JobGraph) -> Result<(), RestoreError> {
    for operator in metadata.operators.iter().filter(|operator| !operator.is_empty()) {
        let Some(vertex) = vertex_of(graph, operator.id) else { continue };
        let (name, taken) = (vertex.name.clone(), operator.max_parallelism);
        if vertex.parallelism > taken {
            return Err(RestoreError::Parallelism { vertex: name, parallelism: vertex.parallelism, taken });
        }
        if vertex.max_parallelism != taken {
            return Err(RestoreError::MaxParallelism { vertex: name, wanted: vertex.max_parallelism, taken });
        }
    }
    Ok(())
}

fn assign_operator(operator: &OperatorState, vertex: &JobVertex, assignment: &mut Assignment) {
    let items = spread_items(operator, vertex.parallelism);
    for (subtask, items) in (0..vertex.parallelism).zip(items) {
        let owned = key_group_range(subtask, vertex.max_parallelism, vertex.parallelism);
        let handles = operator.subtasks.values().flat_map(|state| &state.keyed);
        let keyed = handles.filter(|handle| overlap(handle.key_groups(), &owned)).cloned().collect();
        let state = OperatorSubtaskState { keyed, items, splits: Vec::new() };
        if !state.is_empty() {
            let task = assignment.tasks.entry((vertex.id, subtask)).or_default();
            task.operators.insert(operator.id, state);
        }
    }
    let splits: Vec<Split> = operator.subtasks.values().flat_map(|state| &state.splits).cloned().collect();
    if operator.source.is_some() || !splits.is_empty() {
        assignment.sources.insert(operator.id, SourceRestore { state: operator.source.clone(), splits });
    }
}

/// Whether two ranges of key groups have one in common. A subtask may own none, when its range is empty.
pub(crate) fn overlap(a: &RangeInclusive<u32>, b: &RangeInclusive<u32>) -> bool {
    a.start().max(b.start()) <= a.end().min(b.end())
}

/// The items of each new subtask. Items of one name are dealt out on their own, so that each kind is spread evenly.
fn spread_items(operator: &OperatorState, parallelism: u32) -> Vec<Vec<OperatorStateItem>> {
    let mut spread = vec![Vec::new(); parallelism as usize];
    let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
    for (old, state) in &operator.subtasks {
        for item in &state.items {
            match item.redistribution {
                Redistribution::Union => spread.iter_mut().for_each(|items| items.push(item.clone())),
                Redistribution::Split if operator.parallelism == parallelism => {
                    spread[(old % parallelism) as usize].push(item.clone())
                }
                Redistribution::Split => {
                    let next = dealt.entry(&item.name).or_default();
                    spread[*next % parallelism as usize].push(item.clone());
                    *next += 1;
                }
            }
        }
    }
    spread
}

#[cfg(test)]
mod tests;
