//! `CheckpointStatistics`: what became of the checkpoints of one job, for people to look at.
//!
//! Pure data with functions that record; whoever drives checkpoints calls them, REST and metrics read. Nothing is decided by it, and it is
//! not part of a checkpoint. Of what has ended the job store is told with the next complete checkpoint ([`StoredStatistics`]), so that the next JobManager
//! shows it too. Clones are cheap, because what has ended is shared.

mod gauges;
mod record;
mod stored;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use dataflow::VertexId;
use dataflow::checkpoint::{CheckpointMetrics, SnapshotKind, TaskSnapshot};
use serde::{Deserialize, Serialize};

pub use record::{CheckpointOutcome, CheckpointRecord, SnapshotSizes, SubtaskRecord, TaskRecord};
pub use stored::StoredStatistics;
pub use summary::{Distribution, StatisticsSummary};

/// How many checkpoints of a job have come to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckpointCounts {
    /// Restores of the job.
    pub restored: u64,
    /// All that were triggered.
    pub total: u64,
    /// Begun and not ended.
    pub in_progress: u64,
    /// Completed.
    pub completed: u64,
    /// Failed.
    pub failed: u64,
}

/// What a job was last restored from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredCheckpoint {
    /// The checkpoint.
    pub id: u64,
    /// When, ms since the epoch.
    pub restored_at: i64,
    /// Whether it is a savepoint.
    pub is_savepoint: bool,
    /// Where it is.
    pub external_path: String,
}

/// The checkpoints of one job.
#[derive(Debug, Clone)]
pub struct CheckpointStatistics {
    history: usize,
    counts: CheckpointCounts,
    /// Those in progress, the newest `history` ones, and the latest of each kind.
    records: BTreeMap<u64, Arc<CheckpointRecord>>,
    latest_completed: Option<u64>,
    latest_savepoint: Option<u64>,
    latest_failed: Option<u64>,
    restored: Option<RestoredCheckpoint>,
    /// The newest that the job store was told of.
    told: u64,
    summary: Arc<StatisticsSummary>,
}

/// As many are remembered as without a configuration.
const DEFAULT_HISTORY: usize = 10;

impl Default for CheckpointStatistics {
    fn default() -> Self {
        Self::new(DEFAULT_HISTORY)
    }
}

impl CheckpointStatistics {
    /// Statistics that remember so many checkpoints (`web.checkpoints.history`).
    pub fn new(history: usize) -> Self {
        CheckpointStatistics {
            history,
            counts: CheckpointCounts::default(),
            records: BTreeMap::new(),
            latest_completed: None,
            latest_savepoint: None,
            latest_failed: None,
            restored: None,
            told: 0,
            summary: Arc::default(),
        }
    }

    /// A checkpoint has begun; `tasks` are the vertices in the order of the job graph, with their parallelism.
    pub fn triggered(
        &mut self,
        id: u64,
        kind: SnapshotKind,
        tasks: impl IntoIterator<Item = (VertexId, u32)>,
        now: i64,
    ) {
        self.counts.total += 1;
        self.counts.in_progress += 1;
        self.records.insert(id, Arc::new(CheckpointRecord::new(id, kind, tasks, now)));
        self.evict();
    }

    /// A subtask has done its part. One that had ended before the checkpoint is acknowledged with an empty snapshot.
    pub fn acknowledged(
        &mut self,
        id: u64,
        vertex: VertexId,
        subtask: u32,
        snapshot: &TaskSnapshot,
        metrics: CheckpointMetrics,
        now: i64,
    ) {
        if let Some(record) = self.in_progress(id) {
            let sizes = SnapshotSizes::of(snapshot);
            record.acknowledge(vertex, subtask, SubtaskRecord { acknowledged_at: now, sizes, metrics });
        }
    }

    /// A checkpoint is complete and can be found at this path; its metadata has so many bytes.
    pub fn completed(&mut self, id: u64, external_path: impl Into<String>, metadata_size: u64) {
        let external_path = external_path.into();
        let Some(record) = self.in_progress(id) else { return };
        record.outcome = CheckpointOutcome::Completed { external_path, metadata_size, discarded: false };
        let record = Arc::clone(&self.records[&id]);
        Arc::make_mut(&mut self.summary).add(&record);
        let latest = if record.is_savepoint() { &mut self.latest_savepoint } else { &mut self.latest_completed };
        *latest = Some(latest.map_or(id, |before| before.max(id)));
        self.counts.in_progress -= 1;
        self.counts.completed += 1;
        self.evict();
    }

    /// A checkpoint that had begun will never be complete.
    pub fn failed(&mut self, id: u64, message: impl Into<String>, now: i64) {
        let Some(record) = self.in_progress(id) else { return };
        record.outcome = CheckpointOutcome::Failed { at: now, message: message.into() };
        self.latest_failed = Some(self.latest_failed.map_or(id, |before| before.max(id)));
        self.counts.in_progress -= 1;
        self.counts.failed += 1;
        self.evict();
    }

    /// The files of a completed checkpoint were deleted.
    pub fn discarded(&mut self, id: u64) {
        if let Some(record) = self.records.get_mut(&id)
            && let CheckpointOutcome::Completed { discarded, .. } = &mut Arc::make_mut(record).outcome
        {
            *discarded = true;
        }
    }

    /// The job was restored.
    pub fn restored(&mut self, restored: RestoredCheckpoint) {
        self.counts.restored += 1;
        self.restored = Some(restored);
    }

    /// How many there were.
    pub fn counts(&self) -> CheckpointCounts {
        self.counts
    }

    /// The newest checkpoints, the newest first.
    pub fn history(&self) -> impl Iterator<Item = &CheckpointRecord> {
        self.records.values().rev().take(self.history).map(Arc::as_ref)
    }

    /// A checkpoint that is remembered.
    pub fn find(&self, id: u64) -> Option<&CheckpointRecord> {
        self.records.get(&id).map(Arc::as_ref)
    }

    /// The latest completed checkpoint that is no savepoint.
    pub fn latest_completed(&self) -> Option<&CheckpointRecord> {
        self.find(self.latest_completed?)
    }

    /// The latest completed savepoint.
    pub fn latest_savepoint(&self) -> Option<&CheckpointRecord> {
        self.find(self.latest_savepoint?)
    }

    /// The latest that failed.
    pub fn latest_failed(&self) -> Option<&CheckpointRecord> {
        self.find(self.latest_failed?)
    }

    /// What the job was last restored from.
    pub fn latest_restored(&self) -> Option<&RestoredCheckpoint> {
        self.restored.as_ref()
    }

    /// Over all completed checkpoints and savepoints.
    pub fn summary(&self) -> &StatisticsSummary {
        &self.summary
    }

    fn in_progress(&mut self, id: u64) -> Option<&mut CheckpointRecord> {
        let record = self.records.get_mut(&id)?;
        matches!(record.outcome, CheckpointOutcome::InProgress).then(|| Arc::make_mut(record))
    }

    /// Forgets what is too old, is not in progress, and is not the latest of its kind.
    fn evict(&mut self) {
        let latest = [self.latest_completed, self.latest_savepoint, self.latest_failed];
        let oldest_kept = self.records.keys().rev().take(self.history).min().copied().unwrap_or(u64::MAX);
        self.records.retain(|id, record| {
            *id >= oldest_kept || matches!(record.outcome, CheckpointOutcome::InProgress) || latest.contains(&Some(*id))
        });
    }
}
