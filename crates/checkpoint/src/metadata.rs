//! `CheckpointMetadata`: everything that a checkpoint or savepoint is made of, as `_metadata` says it. How it is written is
//! `metadata_file`'s matter.

use std::collections::BTreeMap;

use dataflow::authoring::Split;
use dataflow::checkpoint::{
    ChannelStateHandle, KeyedStateHandle, OperatorSubtaskState, SnapshotKind, StateFile, TaskSnapshot,
};
use dataflow::{JobGraph, JobId, OperatorId, VertexId};
use serde::{Deserialize, Serialize};

/// A complete checkpoint or savepoint. In memory all locations are absolute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointMetadata {
    /// Its number.
    pub checkpoint_id: u64,
    /// The job that took it.
    pub job_id: JobId,
    /// That job's name.
    pub job_name: String,
    /// When it was triggered, ms since the epoch.
    pub timestamp: i64,
    /// What it is.
    pub kind: SnapshotType,
    /// All operators of the job, also those without state, in the order of the job graph.
    pub operators: Vec<OperatorState>,
    /// Batches in flight (unaligned checkpoints).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelStateHandle>,
}

/// Who a snapshot belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotType {
    /// To its job, which may share files between checkpoints.
    Checkpoint,
    /// To the user: self-contained.
    Savepoint,
}

impl From<SnapshotKind> for SnapshotType {
    fn from(kind: SnapshotKind) -> Self {
        match kind {
            SnapshotKind::Checkpoint | SnapshotKind::FullCheckpoint => Self::Checkpoint,
            SnapshotKind::Savepoint { .. } => Self::Savepoint,
        }
    }
}

/// The state of one operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorState {
    /// Its stable id: state is found by it.
    pub id: OperatorId,
    /// Its name, for people.
    pub name: String,
    /// The vertex that it ran in.
    pub vertex: VertexId,
    /// Number of subtasks that it ran with.
    pub parallelism: u32,
    /// Number of key groups.
    pub max_parallelism: u32,
    /// State by subtask; subtasks without state are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subtasks: BTreeMap<u32, OperatorSubtaskState>,
    /// Of a source: what the JobManager keeps for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceState>,
}

impl OperatorState {
    /// Whether there is nothing in it that a restore could lose.
    pub fn is_empty(&self) -> bool {
        self.source.is_none() && self.subtasks.values().all(OperatorSubtaskState::is_empty)
    }
}

/// What the JobManager keeps for one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The enumerator's snapshot.
    pub enumerator: serde_json::Value,
    /// Splits that no reader had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unassigned: Vec<Split>,
}

impl CheckpointMetadata {
    /// What all tasks of a job have acknowledged. Tasks without state, or that had finished, may be missing in `snapshots`.
    pub fn assemble(
        checkpoint_id: u64,
        timestamp: i64,
        kind: SnapshotType,
        graph: &JobGraph,
        snapshots: BTreeMap<(VertexId, u32), TaskSnapshot>,
        mut sources: BTreeMap<OperatorId, SourceState>,
    ) -> Self {
        let vertices = graph.vertices.iter();
        let mut operators: Vec<OperatorState> = vertices
            .flat_map(|vertex| {
                vertex.operators.iter().map(|operator| OperatorState {
                    id: operator.id,
                    name: operator.name.clone(),
                    vertex: vertex.id,
                    parallelism: vertex.parallelism,
                    max_parallelism: vertex.max_parallelism,
                    subtasks: BTreeMap::new(),
                    source: None,
                })
            })
            .collect();
        for operator in &mut operators {
            operator.source = sources.remove(&operator.id);
        }
        let mut channels = Vec::new();
        for ((_, subtask), snapshot) in snapshots {
            channels.extend(snapshot.channels);
            for (id, state) in snapshot.operators {
                if let Some(operator) = operators.iter_mut().find(|operator| operator.id == id) {
                    operator.subtasks.insert(subtask, state);
                }
            }
        }
        Self { checkpoint_id, job_id: graph.job_id, job_name: graph.name.clone(), timestamp, kind, operators, channels }
    }

    /// All files that it needs. A file that several tasks share comes more than once.
    pub fn files(&self) -> impl Iterator<Item = &StateFile> {
        self.keyed().flat_map(KeyedStateHandle::files).chain(self.channels.iter().map(|channel| &channel.file))
    }

    /// The handles of keyed state of all operators and subtasks.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = &KeyedStateHandle> {
        self.operators.iter().flat_map(|operator| operator.subtasks.values()).flat_map(|state| &state.keyed)
    }

    /// As [`keyed`](Self::keyed), to be changed.
    pub(crate) fn keyed_mut(&mut self) -> impl Iterator<Item = &mut KeyedStateHandle> {
        let operators = self.operators.iter_mut();
        operators.flat_map(|operator| operator.subtasks.values_mut()).flat_map(|state| &mut state.keyed)
    }

    /// As [`files`](Self::files), to be changed.
    pub(crate) fn files_mut(&mut self) -> Vec<&mut StateFile> {
        let Self { operators, channels, .. } = self;
        let mut files: Vec<&mut StateFile> = channels.iter_mut().map(|channel| &mut channel.file).collect();
        let states = operators.iter_mut().flat_map(|operator| operator.subtasks.values_mut());
        for handle in states.flat_map(|state| &mut state.keyed) {
            match handle {
                KeyedStateHandle::Incremental { shared, private, .. } => {
                    files.extend(shared.values_mut().chain(private.values_mut()));
                }
                KeyedStateHandle::Canonical { file, .. } => files.push(file),
            }
        }
        files
    }
}
