//! `StoredStatistics`: what the job store keeps of the checkpoints of a job, for people. Each complete checkpoint brings what has ended since the one before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CheckpointCounts, CheckpointOutcome, CheckpointRecord, CheckpointStatistics, RestoredCheckpoint};

/// How many checkpoints are kept.
const KEPT: usize = 10;
/// Of checkpoints with more subtasks the store keeps no word of each.
const MOST_SUBTASKS: usize = 64;

/// Checkpoints that have ended, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoredStatistics {
    /// How many there were.
    pub counts: CheckpointCounts,
    /// What the job was last restored from.
    #[serde(default)]
    pub restored: Option<RestoredCheckpoint>,
    /// The latest.
    pub records: Vec<CheckpointRecord>,
}

impl StoredStatistics {
    /// Takes what has come since.
    pub fn extend(&mut self, newer: &StoredStatistics) {
        self.counts = newer.counts;
        self.restored.clone_from(&newer.restored);
        self.records.retain(|known| newer.records.iter().all(|record| record.id != known.id));
        self.records.extend(newer.records.iter().cloned());
        let surplus = self.records.len().saturating_sub(KEPT);
        self.records.drain(..surplus);
    }

    /// The metadata of this checkpoint was written, so many bytes.
    pub fn set_metadata_size(&mut self, id: u64, size: u64) {
        let record = self.records.iter_mut().find(|record| record.id == id);
        if let Some(CheckpointOutcome::Completed { metadata_size, .. }) = record.map(|record| &mut record.outcome) {
            *metadata_size = size;
        }
    }
}

impl CheckpointStatistics {
    /// What the store is to know when this checkpoint is complete at this path: it, and what has ended since the store was last told. How large its
    /// metadata is shows when that is written: [`StoredStatistics::set_metadata_size`].
    pub fn tell_store(&mut self, id: u64, external_path: &str) -> StoredStatistics {
        let mut counts = self.counts;
        counts.in_progress = 0;
        counts.total = counts.completed + counts.failed + 1;
        counts.completed += 1;
        let told = std::mem::replace(&mut self.told, id);
        let ended = self
            .records
            .values()
            .filter(|record| record.id > told && record.id != id && record.outcome != CheckpointOutcome::InProgress);
        let mut records: Vec<CheckpointRecord> = ended.map(|record| record.as_ref().clone()).collect();
        if let Some(record) = self.records.get(&id) {
            let outcome = CheckpointOutcome::Completed {
                external_path: external_path.to_owned(),
                metadata_size: 0,
                discarded: false,
            };
            records.push(CheckpointRecord { outcome, ..record.as_ref().clone() });
        }
        for record in &mut records {
            if record.tasks.iter().map(|task| task.subtasks.len()).sum::<usize>() > MOST_SUBTASKS {
                record.sum_up();
            }
        }
        StoredStatistics { counts, restored: self.restored.clone(), records }
    }

    /// With what an earlier JobManager has told the store.
    pub fn with_stored(mut self, stored: &StoredStatistics) -> Self {
        self.counts = stored.counts;
        self.restored.clone_from(&stored.restored);
        for record in &stored.records {
            let record = Arc::new(record.clone());
            match &record.outcome {
                CheckpointOutcome::Completed { .. } => {
                    Arc::make_mut(&mut self.summary).add(&record);
                    let latest =
                        if record.is_savepoint() { &mut self.latest_savepoint } else { &mut self.latest_completed };
                    *latest = Some(record.id);
                }
                CheckpointOutcome::Failed { .. } => self.latest_failed = Some(record.id),
                CheckpointOutcome::InProgress => continue,
            }
            self.told = self.told.max(record.id);
            self.records.insert(record.id, record);
        }
        self.evict();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::VertexId;
    use dataflow::checkpoint::SnapshotKind;

    #[test]
    fn the_next_jobmanager_knows_what_has_ended() {
        let mut first = CheckpointStatistics::new(10);
        let mut stored = StoredStatistics::default();
        for id in 1..=12 {
            first.triggered(id, SnapshotKind::Checkpoint, [(VertexId(1), 2)], 10 * id as i64);
            if id % 3 == 0 {
                first.failed(id, "too late", 10 * id as i64 + 5);
                continue;
            }
            let path = format!("/chk-{id}");
            let mut more = first.tell_store(id, &path);
            more.set_metadata_size(id, 90);
            let text = serde_json::to_string(&more).unwrap();
            stored.extend(&serde_json::from_str(&text).unwrap());
            first.completed(id, path, 90);
        }
        let next = CheckpointStatistics::new(10).with_stored(&stored);
        // The last failure comes with the next complete one.
        assert_eq!((next.counts().completed, next.counts().failed, next.counts().total), (8, 3, 11));
        assert_eq!(next.latest_completed(), first.find(11));
        assert_eq!(next.latest_failed().map(|record| record.id), Some(9));
        assert_eq!(next.history().map(|record| record.id).collect::<Vec<_>>(), (2..=11).rev().collect::<Vec<_>>());
    }
}
