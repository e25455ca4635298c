//! Snapshots are stored beside the tasks, and what comes of them is told.

use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use common::clock::ManualClock;
use dataflow::checkpoint::{Alignment, CheckpointMetrics, CheckpointReport, KeyedStateHandle, SnapshotKind};
use dataflow::deployment::TaskStateUpdate;
use dataflow::snapshot::StateScope;
use dataflow::{ExecutionAttemptId, Failure, KeyedSnapshot, OperatorId, OperatorSnapshot, StateStorage};

use super::outstanding::OutstandingSnapshots;
use super::snapshot_writer::{OperatorPart, SnapshotWriter, TakenSnapshot};
use crate::events::TaskEvents;
use crate::task::testing::barrier;
use crate::testing::{MemoryStorage, attempt};

struct Told(Mutex<Sender<CheckpointReport>>);

impl TaskEvents for Told {
    fn state_changed(&self, _update: TaskStateUpdate) {}

    fn request_split(&self, _attempt: ExecutionAttemptId, _operator: OperatorId) {}

    fn watermark(&self, _attempt: ExecutionAttemptId, _operator: OperatorId, _watermark: i64) {}

    fn checkpoint(&self, report: CheckpointReport) {
        self.0.lock().unwrap().send(report).unwrap();
    }
}

/// Stored when the test says so, with what the test says.
struct Waiting(Receiver<Result<(), Failure>>);

impl KeyedSnapshot for Waiting {
    fn store(self: Box<Self>, storage: &dyn StateStorage) -> Result<KeyedStateHandle, Failure> {
        let mut writer = storage.create(StateScope::Shared)?;
        writer.write_all(&[0; 7]).unwrap();
        let file = writer.finish()?;
        self.0.recv().unwrap()?;
        Ok(KeyedStateHandle::Canonical { key_groups: 0..=127, file, offsets: Vec::new() })
    }
}

struct Bench {
    writer: SnapshotWriter,
    storage: MemoryStorage,
    outstanding: OutstandingSnapshots,
    events: Arc<Told>,
    reports: Receiver<CheckpointReport>,
}

fn bench() -> Bench {
    let clock = ManualClock::at_millis(0).clock();
    let (sender, reports) = channel();
    let storage = MemoryStorage::default();
    let stored_in = storage.clone();
    Bench {
        writer: SnapshotWriter::new(clock, Box::new(move |_| Box::new(stored_in.clone()))),
        storage,
        outstanding: OutstandingSnapshots::new(Waker::noop().clone()),
        events: Arc::new(Told(Mutex::new(sender))),
        reports,
    }
}

impl Bench {
    /// Submits a snapshot of a subtask; it is stored when something is sent.
    fn submit(&self, subtask: u32, checkpoint_id: u64) -> Sender<Result<(), Failure>> {
        let (stored, receiver) = channel();
        let snapshot = OperatorSnapshot { items: Vec::new(), keyed: Some(Box::new(Waiting(receiver))) };
        let alignment = Alignment::Aligned { timeout_ms: None };
        self.writer.submit(TakenSnapshot {
            attempt: attempt(1, subtask),
            barrier: Arc::new(barrier(checkpoint_id, SnapshotKind::Checkpoint, alignment)),
            operators: vec![OperatorPart { id: OperatorId(5), snapshot, splits: Vec::new() }],
            in_flight: Vec::new(),
            metrics: CheckpointMetrics { sync_ms: 3, ..CheckpointMetrics::default() },
            events: self.events.clone(),
            outstanding: self.outstanding.add(),
            local: None,
        });
        stored
    }
}

#[test]
fn a_snapshot_is_acknowledged_when_it_is_stored() {
    let bench = bench();
    let stored = bench.submit(0, 4);
    assert!(bench.reports.try_recv().is_err() && !bench.outstanding.is_empty());
    stored.send(Ok(())).unwrap();
    let CheckpointReport::Acknowledged(acknowledgement) = bench.reports.recv().unwrap() else { panic!() };
    assert_eq!((acknowledgement.checkpoint_id, acknowledgement.metrics.sync_ms), (4, 3));
    assert_eq!((acknowledgement.snapshot.full_bytes(), bench.storage.len()), (7, 1));
}

#[test]
fn what_cannot_be_stored_is_declined_with_the_cause() {
    let bench = bench();
    bench.submit(0, 4).send(Err(Failure::external("the disk is full"))).unwrap();
    let CheckpointReport::Declined(decline) = bench.reports.recv().unwrap() else { panic!() };
    assert_eq!(decline.checkpoint_id, 4);
    assert!(decline.failure.one_line().ends_with("the disk is full"), "{:?}", decline.failure);
    // A panic too; and the thread lives on.
    drop(bench.submit(0, 5));
    let CheckpointReport::Declined(decline) = bench.reports.recv().unwrap() else { panic!() };
    assert!(decline.failure.one_line().contains("panicked"), "{:?}", decline.failure);
    bench.submit(0, 6).send(Ok(())).unwrap();
    assert!(matches!(bench.reports.recv().unwrap(), CheckpointReport::Acknowledged(_)));
    assert_eq!(bench.storage.len(), 1, "what was stored of the others is deleted");
}

#[test]
fn of_an_aborted_checkpoint_nothing_is_said() {
    let bench = bench();
    // All threads are busy.
    let busy: Vec<_> = (0..4).map(|subtask| bench.submit(subtask, 1)).collect();
    let queued = bench.submit(4, 1);
    bench.writer.cancel(attempt(1, 4), 1);
    assert!(queued.send(Ok(())).is_err(), "it was dropped, and what it held is free");
    bench.writer.cancel(attempt(1, 0), 1);
    for stored in busy {
        // The cancelled one may not have been begun.
        let _ = stored.send(Ok(()));
    }
    let mut heard: Vec<u32> = (0..3).map(|_| bench.reports.recv().unwrap().attempt().subtask).collect();
    heard.sort_unstable();
    assert_eq!(heard, [1, 2, 3]);
    while !bench.outstanding.is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(bench.storage.len(), 3, "what the cancelled one had stored is deleted");
    bench.writer.close();
}
