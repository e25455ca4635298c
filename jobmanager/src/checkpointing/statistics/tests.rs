use dataflow::VertexId;
use dataflow::checkpoint::{
    AfterSavepoint, ChannelId, ChannelStateHandle, CheckpointMetrics, KeyedStateHandle, OperatorSubtaskState,
    SavepointFormat, SnapshotKind, StateFile, TaskSnapshot,
};

use super::*;

const SAVEPOINT: SnapshotKind =
    SnapshotKind::Savepoint { after: AfterSavepoint::Continue, format: SavepointFormat::Canonical };

/// A snapshot with so many bytes of state, new bytes, and bytes in flight.
fn snapshot(full: u64, new: u64, in_flight: u64) -> TaskSnapshot {
    let file = |bytes| StateFile { location: "/f".into(), bytes, checksum: 0 };
    let keyed = KeyedStateHandle::Incremental {
        backend_id: "b".into(),
        key_groups: 0..=127,
        shared: [("1.sst".to_owned(), file(full))].into(),
        private: BTreeMap::new(),
        new_bytes: new,
    };
    let channel =
        ChannelId { source: VertexId(1), source_subtask: 0, output: 0, target: VertexId(2), target_subtask: 0 };
    TaskSnapshot {
        operators: [(dataflow::OperatorId(1), OperatorSubtaskState { keyed: vec![keyed], ..Default::default() })]
            .into(),
        channels: vec![ChannelStateHandle {
            channel,
            at_consumer: true,
            file: file(in_flight),
            offset: 0,
            length: in_flight,
        }],
    }
}

/// A checkpoint of one subtask that takes `duration` ms.
fn complete(statistics: &mut CheckpointStatistics, id: u64, kind: SnapshotKind, duration: i64) {
    let start = id as i64 * 1_000;
    statistics.triggered(id, kind, [(VertexId(1), 1)], start);
    let metrics = CheckpointMetrics::default();
    statistics.acknowledged(id, VertexId(1), 0, &snapshot(id * 100, id, 0), metrics, start + duration);
    statistics.completed(id, format!("/chk-{id}"), 90);
}

fn ids<'a>(records: impl Iterator<Item = &'a CheckpointRecord>) -> Vec<u64> {
    records.map(|record| record.id).collect()
}

#[test]
fn a_checkpoint_grows_with_its_acknowledgements() {
    let mut statistics = CheckpointStatistics::new(10);
    statistics.triggered(1, SnapshotKind::Checkpoint, [(VertexId(1), 1), (VertexId(2), 2)], 1_000);
    assert_eq!(statistics.find(1).unwrap().duration_ms(), None);
    let metrics = CheckpointMetrics { bytes_processed_during_alignment: 5, unaligned: true, ..Default::default() };
    statistics.acknowledged(1, VertexId(2), 1, &snapshot(100, 10, 3), metrics, 1_030);
    statistics.acknowledged(1, VertexId(2), 1, &snapshot(999, 999, 999), metrics, 1_999);
    statistics.acknowledged(1, VertexId(9), 0, &snapshot(999, 999, 999), metrics, 1_999);
    statistics.acknowledged(1, VertexId(1), 0, &TaskSnapshot::default(), CheckpointMetrics::default(), 1_020);
    let record = statistics.find(1).unwrap();
    let sizes = SnapshotSizes { checkpointed: 13, full: 103, persisted: 3, processed: 5 };
    assert_eq!((record.sizes(), record.duration_ms(), record.is_unaligned()), (sizes, Some(30), true));
    assert_eq!((record.tasks[0].latest_acknowledgement(), record.tasks[1].sizes()), (Some(1_020), sizes));
    assert_eq!(statistics.counts(), CheckpointCounts { total: 1, in_progress: 1, ..Default::default() });
}

#[test]
fn what_has_ended_changes_no_more() {
    let mut statistics = CheckpointStatistics::new(10);
    complete(&mut statistics, 1, SnapshotKind::Checkpoint, 10);
    statistics.failed(1, "too late", 9_999);
    statistics.completed(1, "/elsewhere", 90);
    statistics.triggered(2, SAVEPOINT, [(VertexId(1), 1)], 2_000);
    statistics.failed(2, "Checkpoint expired before completing.", 2_600);
    statistics.completed(2, "/never", 90);
    statistics.acknowledged(2, VertexId(1), 0, &snapshot(1, 1, 0), CheckpointMetrics::default(), 2_700);
    assert_eq!(
        statistics.counts(),
        CheckpointCounts { restored: 0, total: 2, in_progress: 0, completed: 1, failed: 1 }
    );
    let failed = statistics.latest_failed().unwrap();
    assert_eq!((failed.id, failed.duration_ms(), failed.latest_acknowledgement()), (2, Some(600), None));
    assert_eq!(statistics.latest_completed().unwrap().id, 1);
    assert!(statistics.latest_savepoint().is_none());
}

#[test]
fn the_history_is_bounded_but_keeps_the_latest_of_each_kind() {
    let mut statistics = CheckpointStatistics::new(2);
    complete(&mut statistics, 1, SAVEPOINT, 10);
    statistics.triggered(2, SnapshotKind::Checkpoint, [(VertexId(1), 1)], 2_000);
    for id in 3..=6 {
        complete(&mut statistics, id, SnapshotKind::Checkpoint, 10);
    }
    assert_eq!(ids(statistics.history()), [6, 5]);
    assert_eq!(statistics.latest_savepoint().map(|record| record.id), Some(1));
    assert!(statistics.find(2).is_some() && statistics.find(3).is_none(), "one in progress is never forgotten");
    statistics.failed(2, "aborted", 3_000);
    complete(&mut statistics, 7, SAVEPOINT, 10);
    assert_eq!((ids(statistics.history()), statistics.find(1)), (vec![7, 6], None));
    assert_eq!(statistics.latest_failed().map(|record| record.id), Some(2));
    let mut none = CheckpointStatistics::new(0);
    complete(&mut none, 1, SnapshotKind::Checkpoint, 10);
    assert_eq!((none.history().count(), none.counts().completed), (0, 1));
}

#[test]
fn a_discarded_checkpoint_is_so_in_the_history_and_as_the_latest() {
    let mut statistics = CheckpointStatistics::new(2);
    complete(&mut statistics, 1, SnapshotKind::Checkpoint, 10);
    let before = statistics.clone();
    statistics.discarded(1);
    let discarded = |statistics: &CheckpointStatistics| {
        matches!(statistics.latest_completed().unwrap().outcome, CheckpointOutcome::Completed { discarded: true, .. })
    };
    assert!(discarded(&statistics) && !discarded(&before), "a clone is a picture of its moment");
}

#[test]
fn restores_are_counted_and_the_last_one_is_kept() {
    let mut statistics = CheckpointStatistics::new(2);
    for id in [4, 5] {
        let path = format!("/chk-{id}");
        statistics.restored(RestoredCheckpoint { id, restored_at: 9, is_savepoint: false, external_path: path });
    }
    assert_eq!((statistics.counts().restored, statistics.latest_restored().unwrap().id), (2, 5));
}

#[test]
fn the_summary_is_of_completed_ones() {
    let mut statistics = CheckpointStatistics::new(1);
    for (id, duration) in [(1, 30), (2, 10), (3, 21)] {
        complete(&mut statistics, id, SnapshotKind::Checkpoint, duration);
    }
    statistics.triggered(4, SAVEPOINT, [(VertexId(1), 1)], 4_000);
    statistics.failed(4, "no", 9_000);
    let duration = &statistics.summary().duration;
    assert_eq!((duration.min(), duration.max(), duration.average()), (10, 30, 20));
    assert_eq!(duration.percentiles([0.0, 0.5, 1.0]), [10.0, 21.0, 30.0]);
}

#[test]
fn percentiles_are_those_of_flink() {
    // Durations of eleven checkpoints of a real cluster, and what it said of them.
    let durations = [165u64, 59, 48, 62, 42, 49, 89, 76, 69, 22, 907];
    let distribution: Distribution = durations.into_iter().collect();
    let [p50, p90, p95] = distribution.percentiles([0.5, 0.9, 0.95]);
    assert_eq!((p50, p95, distribution.average()), (62.0, 907.0, 144));
    assert!((p90 - 758.6).abs() < 1e-9, "{p90}");
    let none = Distribution::default();
    assert!(none.percentiles([0.5])[0].is_nan());
    assert_eq!((none.min(), none.max(), none.average()), (0, 0, 0));
}

#[test]
fn gauges_are_those_of_the_last_completed_one() {
    let mut statistics = CheckpointStatistics::new(2);
    let gauge = |statistics: &CheckpointStatistics, name: &str| {
        statistics.gauges().into_iter().find(|(known, _)| *known == name).unwrap().1
    };
    assert_eq!((gauge(&statistics, "lastCheckpointDuration"), gauge(&statistics, "totalNumberOfCheckpoints")), (-1, 0));
    assert_eq!(statistics.last_external_path(), "n/a");
    complete(&mut statistics, 1, SnapshotKind::Checkpoint, 10);
    complete(&mut statistics, 2, SAVEPOINT, 20);
    statistics.triggered(3, SnapshotKind::Checkpoint, [(VertexId(1), 1)], 3_000);
    for (name, value) in [
        ("totalNumberOfCheckpoints", 3),
        ("numberOfInProgressCheckpoints", 1),
        ("numberOfCompletedCheckpoints", 2),
        ("lastCompletedCheckpointId", 2),
        ("lastCheckpointCompletedTimestamp", 2_020),
        ("lastCheckpointDuration", 20),
        ("lastCheckpointSize", 2),
        ("lastCheckpointFullSize", 200),
        ("lastCheckpointRestoreTimestamp", -1),
    ] {
        assert_eq!(gauge(&statistics, name), value, "{name}");
    }
    assert_eq!(statistics.last_external_path(), "/chk-2");
}
