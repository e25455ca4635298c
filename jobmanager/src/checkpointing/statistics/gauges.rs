//! The metrics of a job's checkpoints, under Flink's names.

use super::{CheckpointOutcome, CheckpointRecord, CheckpointStatistics};

impl CheckpointStatistics {
    /// Every metric that is a number; -1 where there is nothing to tell yet.
    pub fn gauges(&self) -> [(&'static str, i64); 13] {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = self.counts();
        let last = self.last_completed();
        let of_last = |measure: &dyn Fn(&CheckpointRecord) -> i64| last.map_or(-1, measure);
        [
            ("totalNumberOfCheckpoints", count(counts.total)),
            ("numberOfInProgressCheckpoints", count(counts.in_progress)),
            ("numberOfCompletedCheckpoints", count(counts.completed)),
            ("numberOfFailedCheckpoints", count(counts.failed)),
            ("lastCheckpointRestoreTimestamp", self.latest_restored().map_or(-1, |restored| restored.restored_at)),
            ("lastCompletedCheckpointId", of_last(&|last| count(last.id))),
            ("lastCheckpointCompletedTimestamp", of_last(&|last| last.latest_acknowledgement().unwrap_or(-1))),
            ("lastCheckpointDuration", of_last(&|last| last.duration_ms().unwrap_or(-1))),
            ("lastCheckpointSize", of_last(&|last| count(last.sizes().checkpointed))),
            ("lastCheckpointFullSize", of_last(&|last| count(last.sizes().full))),
            ("lastCheckpointMetadataSize", of_last(&metadata_size)),
            ("lastCheckpointProcessedData", of_last(&|last| count(last.sizes().processed))),
            ("lastCheckpointPersistedData", of_last(&|last| count(last.sizes().persisted))),
        ]
    }

    /// `lastCheckpointExternalPath`: the one metric that is a text.
    pub fn last_external_path(&self) -> &str {
        match self.last_completed().map(|last| &last.outcome) {
            Some(CheckpointOutcome::Completed { external_path, .. }) => external_path,
            _ => "n/a",
        }
    }

    /// The latest completed one, checkpoint or savepoint.
    fn last_completed(&self) -> Option<&CheckpointRecord> {
        self.latest_completed().into_iter().chain(self.latest_savepoint()).max_by_key(|record| record.id)
    }
}

fn metadata_size(record: &CheckpointRecord) -> i64 {
    match record.outcome {
        CheckpointOutcome::Completed { metadata_size, .. } => i64::try_from(metadata_size).unwrap_or(i64::MAX),
        _ => -1,
    }
}
