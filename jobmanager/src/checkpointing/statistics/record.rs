//! `CheckpointRecord`: one checkpoint, with what each subtask has told of it.

use dataflow::VertexId;
use dataflow::checkpoint::{AfterSavepoint, CheckpointMetrics, SavepointFormat, SnapshotKind, TaskSnapshot};
use serde::{Deserialize, Serialize};

/// What became of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckpointOutcome {
    /// It has not ended.
    InProgress,
    /// It is complete.
    Completed {
        /// Where it is.
        external_path: String,
        /// Bytes of its metadata.
        #[serde(default)]
        metadata_size: u64,
        /// Whether its files were deleted since.
        discarded: bool,
    },
    /// It will never be complete.
    Failed {
        /// When, ms since the epoch.
        at: i64,
        /// Why.
        message: String,
    },
}

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// Its number.
    pub id: u64,
    /// What it is for.
    pub kind: SnapshotKind,
    /// ms since the epoch.
    pub triggered_at: i64,
    /// The tasks, in the order of the job graph.
    pub tasks: Vec<TaskRecord>,
    /// What became of it.
    pub outcome: CheckpointOutcome,
}

/// The subtasks of one vertex in one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The vertex.
    pub vertex: VertexId,
    /// Those that have not acknowledged are none.
    pub subtasks: Vec<Option<SubtaskRecord>>,
}

/// What a subtask has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtaskRecord {
    /// When, ms since the epoch.
    pub acknowledged_at: i64,
    /// How much it has stored.
    pub sizes: SnapshotSizes,
    /// What it measured.
    pub metrics: CheckpointMetrics,
}

/// How much a snapshot holds, in bytes; for a task or a checkpoint, the sum over its subtasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SnapshotSizes {
    /// Stored by this checkpoint.
    pub checkpointed: u64,
    /// All state that it refers to.
    pub full: u64,
    /// In-flight batches in it.
    pub persisted: u64,
    /// Taken from inputs during the alignment.
    pub processed: u64,
}

impl SnapshotSizes {
    /// The sizes of a subtask's snapshot. As in Flink, batches in flight count as state.
    pub(super) fn of(snapshot: &TaskSnapshot) -> Self {
        let persisted = snapshot.in_flight_bytes();
        SnapshotSizes {
            checkpointed: snapshot.new_bytes() + persisted,
            full: snapshot.full_bytes() + persisted,
            persisted,
            processed: 0,
        }
    }
}

impl CheckpointRecord {
    pub(super) fn new(
        id: u64,
        kind: SnapshotKind,
        tasks: impl IntoIterator<Item = (VertexId, u32)>,
        triggered_at: i64,
    ) -> Self {
        let task =
            |(vertex, parallelism): (VertexId, u32)| TaskRecord { vertex, subtasks: vec![None; parallelism as usize] };
        let tasks = tasks.into_iter().map(task).collect();
        CheckpointRecord { id, kind, triggered_at, tasks, outcome: CheckpointOutcome::InProgress }
    }

    /// Keeps what a subtask tells first; a subtask that is not part of the checkpoint is ignored.
    pub(super) fn acknowledge(&mut self, vertex: VertexId, subtask: u32, record: SubtaskRecord) {
        let task = self.tasks.iter_mut().find(|task| task.vertex == vertex);
        if let Some(place @ None) = task.and_then(|task| task.subtasks.get_mut(subtask as usize)) {
            let sizes = SnapshotSizes { processed: record.metrics.bytes_processed_during_alignment, ..record.sizes };
            *place = Some(SubtaskRecord { sizes, ..record });
        }
    }

    /// Keeps of each task one word in place of those of its subtasks: the latest, with the sum of their sizes.
    pub(super) fn sum_up(&mut self) {
        for task in &mut self.tasks {
            let sizes = task.sizes();
            let latest = task.acknowledgements().max_by_key(|subtask| subtask.acknowledged_at).copied();
            task.subtasks = vec![latest.map(|latest| SubtaskRecord { sizes, ..latest })];
        }
    }

    /// Whether it is a savepoint.
    pub fn is_savepoint(&self) -> bool {
        self.savepoint_format().is_some()
    }

    /// Of a savepoint.
    pub fn savepoint_format(&self) -> Option<SavepointFormat> {
        match self.kind {
            SnapshotKind::Savepoint { format, .. } => Some(format),
            SnapshotKind::Checkpoint | SnapshotKind::FullCheckpoint => None,
        }
    }

    /// Whether the job ends with it.
    pub fn ends_job(&self) -> bool {
        matches!(self.kind, SnapshotKind::Savepoint { after: AfterSavepoint::Stop | AfterSavepoint::Drain, .. })
    }

    /// Whether a subtask has taken it unaligned.
    pub fn is_unaligned(&self) -> bool {
        self.acknowledgements().any(|subtask| subtask.metrics.unaligned)
    }

    /// What the subtasks that have acknowledged have told.
    pub fn acknowledgements(&self) -> impl Iterator<Item = &SubtaskRecord> {
        self.tasks.iter().flat_map(TaskRecord::acknowledgements)
    }

    /// When the last subtask so far has acknowledged.
    pub fn latest_acknowledgement(&self) -> Option<i64> {
        self.acknowledgements().map(|subtask| subtask.acknowledged_at).max()
    }

    /// The sum over the subtasks.
    pub fn sizes(&self) -> SnapshotSizes {
        self.acknowledgements().map(|subtask| subtask.sizes).sum()
    }

    /// From the trigger to the last acknowledgement so far, or to the failure; none when nothing has come yet.
    pub fn duration_ms(&self) -> Option<i64> {
        let end = match &self.outcome {
            CheckpointOutcome::Failed { at, .. } => Some(*at),
            _ => self.latest_acknowledgement(),
        };
        end.map(|end| (end - self.triggered_at).max(0))
    }
}

impl TaskRecord {
    /// What the subtasks that have acknowledged have told.
    pub fn acknowledgements(&self) -> impl Iterator<Item = &SubtaskRecord> {
        self.subtasks.iter().flatten()
    }

    /// When the last subtask so far has acknowledged.
    pub fn latest_acknowledgement(&self) -> Option<i64> {
        self.acknowledgements().map(|subtask| subtask.acknowledged_at).max()
    }

    /// The sum over the subtasks.
    pub fn sizes(&self) -> SnapshotSizes {
        self.acknowledgements().map(|subtask| subtask.sizes).sum()
    }
}

impl std::iter::Sum for SnapshotSizes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(SnapshotSizes::default(), |sum, size| SnapshotSizes {
            checkpointed: sum.checkpointed + size.checkpointed,
            full: sum.full + size.full,
            persisted: sum.persisted + size.persisted,
            processed: sum.processed + size.processed,
        })
    }
}
