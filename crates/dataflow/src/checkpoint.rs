//! Checkpoints as data: the barrier that flows, handles of what is durable, what a task acknowledges and what it is restored from.
//!
//! ```text
//!   trigger -> barrier -> snapshot of each operator -> files stored -> acknowledgement -> `_metadata` -> completed -> commit
//! ```
//! Nothing here reads or writes a file: that is `checkpoint`'s and `state`'s matter.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::ids::{ExecutionAttemptId, OperatorId, VertexId};

/// Cuts a stream: what is before it belongs to the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointBarrier {
    /// Number of the checkpoint, from 1, in the order of triggering within a job; never used twice.
    pub checkpoint_id: u64,
    /// When it was triggered, ms since the epoch.
    pub timestamp: i64,
    /// How it is taken.
    pub options: CheckpointOptions,
}

/// How a checkpoint is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointOptions {
    /// What it is for.
    pub kind: SnapshotKind,
    /// Whether inputs wait for each other.
    pub alignment: Alignment,
    /// Where its files go.
    pub location: CheckpointLocation,
}

/// What a snapshot is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotKind {
    /// Recovery: may refer to files of earlier ones.
    Checkpoint,
    /// Recovery, but every file is stored anew: the first after a restore that may not own the files it came from.
    FullCheckpoint,
    /// For people: self-contained.
    Savepoint {
        /// What happens to the job when it is complete.
        after: AfterSavepoint,
        /// How keyed state is stored.
        format: SavepointFormat,
    },
}

/// How a savepoint stores keyed state. The names are Flink's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SavepointFormat {
    /// As sorted entries, which any state backend reads.
    #[default]
    Canonical,
    /// As the state backend has it, which is faster: the files of RocksDB. `hashmap` has no files of its own, and writes the canonical format.
    Native,
}

impl std::fmt::Display for SavepointFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Canonical => "CANONICAL",
            Self::Native => "NATIVE",
        })
    }
}

/// What happens to a job behind its savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterSavepoint {
    /// It goes on.
    Continue,
    /// Tasks hold still behind the barrier and end when the savepoint is complete; if it is aborted they go on.
    Stop,
    /// Before the barrier, sources end their streams with the highest watermark, so that windows fire and operators finish; then as `Stop`.
    Drain,
}

/// Whether the inputs of a task wait for each other's barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alignment {
    /// They do: exactly once. With a timeout, a barrier that was triggered longer ago than this (ms) goes on as unaligned.
    Aligned {
        /// `execution.checkpointing.aligned-checkpoint-timeout`.
        timeout_ms: Option<u64>,
    },
    /// They do not, and rows may be counted twice after a restore: at least once.
    AtLeastOnce,
    /// The first barrier overtakes what is queued, and what it overtook is part of the checkpoint.
    Unaligned,
}

/// Where the files of one checkpoint go: folders by absolute path or URL, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointLocation {
    /// `.../chk-N`, or the savepoint's folder: files of this checkpoint only, and `_metadata`.
    pub exclusive: String,
    /// `.../shared`: files that later checkpoints may refer to. Absent for savepoints.
    pub shared: Option<String>,
}

/// A durable file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StateFile {
    /// Absolute path or URL. Inside `_metadata` it is relative to the folder that `_metadata` is in.
    pub location: String,
    /// Its length.
    pub bytes: u64,
    /// CRC-32C of its content: what is read is checked.
    pub checksum: u32,
}

/// The keyed state of one operator of one subtask, durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "kebab-case")]
pub enum KeyedStateHandle {
    /// A RocksDB database as its files.
    Incremental {
        /// Which database wrote it: file names are unique within one.
        backend_id: String,
        /// The key groups in it.
        key_groups: RangeInclusive<u32>,
        /// SST files by name; other checkpoints may refer to them too.
        shared: BTreeMap<String, StateFile>,
        /// The rest by name: CURRENT, MANIFEST, OPTIONS.
        private: BTreeMap<String, StateFile>,
        /// Bytes that this checkpoint stored anew.
        new_bytes: u64,
    },
    /// All entries in order of their keys, one file.
    Canonical {
        /// The key groups in it.
        key_groups: RangeInclusive<u32>,
        /// The file.
        file: StateFile,
        /// Where the entries of each key group begin, in order of the key groups.
        offsets: Vec<u64>,
    },
}

impl KeyedStateHandle {
    /// The key groups in it.
    pub fn key_groups(&self) -> &RangeInclusive<u32> {
        match self {
            Self::Incremental { key_groups, .. } | Self::Canonical { key_groups, .. } => key_groups,
        }
    }

    /// All files that it needs.
    pub fn files(&self) -> impl Iterator<Item = &StateFile> {
        let (shared, private, single) = match self {
            Self::Incremental { shared, private, .. } => (Some(shared), Some(private), None),
            Self::Canonical { file, .. } => (None, None, Some(file)),
        };
        shared.into_iter().chain(private).flat_map(BTreeMap::values).chain(single)
    }

    /// Bytes of all files that it needs.
    pub fn full_bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// Bytes that its checkpoint stored.
    pub fn new_bytes(&self) -> u64 {
        match self {
            Self::Incremental { new_bytes, .. } => *new_bytes,
            Self::Canonical { file, .. } => file.bytes,
        }
    }
}

/// How state that belongs to no key is spread when it is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redistribution {
    /// Each item goes to one subtask.
    Split,
    /// Every item goes to every subtask.
    Union,
}

/// One item of state that belongs to no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorStateItem {
    /// What it is, unique within the operator for one kind of item: `watermark`, `committable`, `writer`, ...
    pub name: String,
    /// How it is spread.
    pub redistribution: Redistribution,
    /// The operator's own format.
    pub payload: serde_json::Value,
}

/// The state of one operator of one subtask.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OperatorSubtaskState {
    /// State by key. Several handles after a restore at another parallelism.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keyed: Vec<KeyedStateHandle>,
    /// State that belongs to no key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<OperatorStateItem>,
    /// Splits of a source with their positions; given out anew by the JobManager at a restore, never part of a [`TaskRestore`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub splits: Vec<crate::authoring::Split>,
}

impl OperatorSubtaskState {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty() && self.items.is_empty() && self.splits.is_empty()
    }

    /// The payloads of the items of one name.
    pub fn items_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a serde_json::Value> {
        self.items.iter().filter(move |item| item.name == name).map(|item| &item.payload)
    }
}

/// An edge of the job graph, from subtask to subtask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChannelId {
    /// The producing vertex and subtask.
    pub source: VertexId,
    /// Its subtask.
    pub source_subtask: u32,
    /// Which output of the producing vertex, as in [`PartitionId`](crate::PartitionId).
    pub output: u32,
    /// The consuming vertex.
    pub target: VertexId,
    /// Its subtask.
    pub target_subtask: u32,
}

/// Batches that were in flight on one channel when an unaligned barrier overtook them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStateHandle {
    /// The channel.
    pub channel: ChannelId,
    /// Whether they had reached the consumer's side; those come before the ones that had not.
    pub at_consumer: bool,
    /// The file, shared with other channels of the task.
    pub file: StateFile,
    /// Where its frames are in the file.
    pub offset: u64,
    /// Their length in bytes.
    pub length: u64,
}

/// What a task acknowledges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskSnapshot {
    /// The state of its operators; those without state are left out.
    pub operators: BTreeMap<OperatorId, OperatorSubtaskState>,
    /// Batches in flight (unaligned checkpoints).
    pub channels: Vec<ChannelStateHandle>,
}

impl TaskSnapshot {
    /// Bytes of all files of keyed state that it needs.
    pub fn full_bytes(&self) -> u64 {
        self.operators.values().flat_map(|operator| &operator.keyed).map(KeyedStateHandle::full_bytes).sum()
    }

    /// Bytes of keyed state stored by this checkpoint.
    pub fn new_bytes(&self) -> u64 {
        self.operators.values().flat_map(|operator| &operator.keyed).map(KeyedStateHandle::new_bytes).sum()
    }

    /// Bytes in flight.
    pub fn in_flight_bytes(&self) -> u64 {
        self.channels.iter().map(|channel| channel.length).sum()
    }
}

/// What a task measured while it took part in a checkpoint. Times in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckpointMetrics {
    /// From the trigger to the first barrier.
    pub start_delay_ms: u64,
    /// From the first barrier to the last.
    pub alignment_ms: u64,
    /// The part during which the task does nothing else.
    pub sync_ms: u64,
    /// The part beside it.
    pub async_ms: u64,
    /// Bytes taken from inputs between the first barrier and the last.
    pub bytes_processed_during_alignment: u64,
    /// Whether it was taken unaligned.
    pub unaligned: bool,
}

/// A task has done its part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointAcknowledgement {
    /// Who.
    pub attempt: ExecutionAttemptId,
    /// Which checkpoint.
    pub checkpoint_id: u64,
    /// Its state.
    pub snapshot: TaskSnapshot,
    /// What it measured.
    pub metrics: CheckpointMetrics,
}

/// A task could not do its part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointDecline {
    /// Who.
    pub attempt: ExecutionAttemptId,
    /// Which checkpoint.
    pub checkpoint_id: u64,
    /// Why.
    pub failure: Failure,
    /// A later checkpoint has overtaken it at the task. That is no failure that counts.
    pub is_subsumed: bool,
}

/// What a task tells of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckpointReport {
    /// It has done its part.
    Acknowledged(CheckpointAcknowledgement),
    /// It could not.
    Declined(CheckpointDecline),
    /// All its rows have gone on, and it waits for a checkpoint to end with.
    EndOfData(ExecutionAttemptId),
}

impl CheckpointReport {
    /// Who tells it.
    pub fn attempt(&self) -> ExecutionAttemptId {
        match self {
            Self::Acknowledged(acknowledgement) => acknowledgement.attempt,
            Self::Declined(decline) => decline.attempt,
            Self::EndOfData(attempt) => *attempt,
        }
    }
}

/// What tasks are told of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckpointNotice {
    /// To tasks without running producers: send the barrier.
    Trigger(CheckpointBarrier),
    /// It is complete: everything up to it may be committed.
    Completed {
        /// Which.
        checkpoint_id: u64,
    },
    /// It will never be complete.
    Aborted {
        /// Which.
        checkpoint_id: u64,
    },
}

/// What the tasks of a job need to know of its checkpoints before the first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointingDescriptor {
    /// Whether a task whose input has ended waits for one more checkpoint, so that what it has prepared is committed
    /// (`execution.checkpointing.checkpoints-after-tasks-finish`, with periodic checkpoints on).
    pub final_checkpoint: bool,
}

/// What a task is restored from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskRestore {
    /// The checkpoint.
    pub checkpoint_id: u64,
    /// The state of its operators, assigned to this subtask. Handles of keyed state may hold more key groups than the subtask owns.
    pub operators: BTreeMap<OperatorId, OperatorSubtaskState>,
    /// Batches that were in flight on the way to this task: to be consumed before anything else comes, in this order. A subtask may get the
    /// batches of a channel whose target was another one; of those it takes only the rows whose keys it owns.
    pub channels: Vec<ChannelStateHandle>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_count_their_files() {
        let file = |name: &str, bytes| StateFile { location: format!("/shared/{name}"), bytes, checksum: 0 };
        let incremental = KeyedStateHandle::Incremental {
            backend_id: "b".into(),
            key_groups: 0..=63,
            shared: [("1.sst".into(), file("a", 10)), ("2.sst".into(), file("b", 20))].into(),
            private: [("CURRENT".into(), file("c", 1))].into(),
            new_bytes: 21,
        };
        assert_eq!((incremental.full_bytes(), incremental.new_bytes(), incremental.files().count()), (31, 21, 3));
        let text = serde_json::to_string(&incremental).unwrap();
        assert_eq!(serde_json::from_str::<KeyedStateHandle>(&text).unwrap(), incremental);
    }
}
