//! The sink commits with checkpoints: nothing before, everything once, in order, also after a restore.

use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Instant;

use dataflow::checkpoint::{Alignment, OperatorSubtaskState, SnapshotKind};
use dataflow::operator_spec::{ConnectorSpec, NotNullEnforcer, SinkSpec};
use dataflow::{
    Batch, Committer, Failure, Operator, OperatorDescriptor, OperatorId, OperatorSpec, PreparedCommit, Progress,
    SinkWriter, Stateful,
};
use serde_json::Value;

use super::Sink;
use super::commits::Commits;
use crate::metrics::TaskMetrics;
use crate::operators::testing::Collected;
use crate::task::testing::barrier;
use crate::testing::{number_type, numbers, values};

type Log = Arc<Mutex<Vec<String>>>;

/// Prepares the sum of what was written.
struct Summing {
    sum: i64,
    log: Log,
}

impl SinkWriter for Summing {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        self.log.lock().unwrap().push("write".into());
        self.sum += values(batch).iter().sum::<i64>();
        Ok(())
    }

    fn finish(&mut self, _waker: &Waker) -> Result<Progress, Failure> {
        self.log.lock().unwrap().push("finish".into());
        Ok(Progress::Done)
    }

    fn prepare_commit(&mut self, _checkpoint_id: u64) -> Result<PreparedCommit, Failure> {
        let sum = std::mem::take(&mut self.sum);
        let committables = if sum == 0 { Vec::new() } else { vec![sum.into()] };
        Ok(PreparedCommit { committables, writer_state: vec!["open file".into()] })
    }
}

/// Done at the second call for the same committables.
struct Slow {
    asked: Option<Vec<Value>>,
    log: Log,
}

impl Committer for Slow {
    fn commit(&mut self, committables: &[Value], _waker: &Waker) -> Result<Progress, Failure> {
        let committables = committables.to_vec();
        match self.asked.take() {
            Some(asked) => {
                assert_eq!(asked, committables);
                self.log.lock().unwrap().push(format!("commit {}", Value::from(committables)));
                Ok(Progress::Done)
            }
            None => {
                self.asked = Some(committables);
                Ok(Progress::Pending)
            }
        }
    }
}

fn sink(restored: &OperatorSubtaskState, ends_with_checkpoint: bool) -> (Sink, Log) {
    let spec = SinkSpec {
        connector: ConnectorSpec {
            table: "t".into(),
            connector: "filesystem".into(),
            options: Default::default(),
            physical: number_type(),
            partition_keys: Vec::new(),
            primary_key: Vec::new(),
        },
        input: number_type(),
        metadata: vec![],
        primary_key: Vec::new(),
        not_null: NotNullEnforcer::Error,
        type_length: Default::default(),
        insert_only: true,
    };
    let log = Log::default();
    let commits = Commits::new(Some(Box::new(Slow { asked: None, log: log.clone() })), restored).unwrap();
    let writer = Box::new(Summing { sum: 0, log: log.clone() });
    let metrics = Arc::new(TaskMetrics::new(Instant::now()));
    let descriptor = OperatorDescriptor {
        id: OperatorId(1),
        name: "t[1]: Writer".into(),
        spec: OperatorSpec::Collect,
        output: number_type(),
    };
    let metrics = (metrics.clone(), metrics.operator(&descriptor));
    (Sink::with_writer(&spec, writer, commits, ends_with_checkpoint, metrics), log)
}

fn write(sink: &mut Sink, number: i64) {
    sink.process(0, numbers(number..number + 1), &mut Collected::default()).unwrap();
}

/// What is in the state of a checkpoint.
fn snapshot(sink: &mut Sink, checkpoint_id: u64) -> OperatorSubtaskState {
    let barrier = barrier(checkpoint_id, SnapshotKind::Checkpoint, Alignment::Aligned { timeout_ms: None });
    let prepared = sink.prepare(&barrier, Waker::noop(), &mut Collected::default()).unwrap();
    assert_eq!(prepared, Progress::Done);
    let snapshot = Stateful::snapshot(sink, &barrier).unwrap();
    OperatorSubtaskState { items: snapshot.items, ..OperatorSubtaskState::default() }
}

fn complete(sink: &mut Sink, checkpoint_id: u64) -> Progress {
    sink.checkpoint_completed(checkpoint_id, Waker::noop()).unwrap()
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[test]
fn what_a_checkpoint_prepared_is_committed_when_it_is_complete() {
    let (mut sink, log) = sink(&OperatorSubtaskState::default(), true);
    write(&mut sink, 5);
    let first = snapshot(&mut sink, 1);
    assert_eq!(first.items_named("writer").count(), 1);
    assert_eq!(first.items_named("committable").count(), 1);
    write(&mut sink, 7);
    let second = snapshot(&mut sink, 2);
    assert_eq!(second.items_named("committable").count(), 2, "the first is not committed yet");
    write(&mut sink, 9);
    snapshot(&mut sink, 3);
    assert_eq!(taken(&log), ["write", "write", "write"]);
    assert_eq!(complete(&mut sink, 2), Progress::Pending);
    // A later one completes while the committer is still at work for the earlier one.
    assert_eq!(complete(&mut sink, 3), Progress::Pending);
    assert_eq!(complete(&mut sink, 3), Progress::Done);
    assert_eq!(taken(&log), ["commit [5,7]", "commit [9]"]);
    assert_eq!(snapshot(&mut sink, 4).items_named("committable").count(), 0);
}

#[test]
fn what_is_restored_is_committed_before_anything_is_written() {
    let (mut before, _) = sink(&OperatorSubtaskState::default(), true);
    write(&mut before, 5);
    snapshot(&mut before, 1);
    write(&mut before, 7);
    let state = snapshot(&mut before, 2);
    let (mut sink, log) = sink(&state, true);
    assert!(!sink.is_available(Waker::noop()).unwrap());
    assert!(sink.is_available(Waker::noop()).unwrap());
    assert_eq!(taken(&log), ["commit [5,7]"]);
    write(&mut sink, 1);
    assert_eq!(snapshot(&mut sink, 3).items_named("committable").count(), 1);
}

#[test]
fn behind_the_last_row_the_last_checkpoint_commits_or_the_sink_itself() {
    let out = &mut Collected::default();
    let (mut sink_with, log) = sink(&OperatorSubtaskState::default(), true);
    write(&mut sink_with, 5);
    assert_eq!(sink_with.finish(Waker::noop(), out).unwrap(), Progress::Done);
    assert_eq!(taken(&log), ["write", "finish"]);
    assert_eq!(snapshot(&mut sink_with, 1).items_named("committable").count(), 1);
    let (mut sink_without, log) = sink(&OperatorSubtaskState::default(), false);
    write(&mut sink_without, 5);
    snapshot(&mut sink_without, 1);
    write(&mut sink_without, 6);
    assert_eq!(sink_without.finish(Waker::noop(), out).unwrap(), Progress::Pending);
    assert_eq!(sink_without.finish(Waker::noop(), out).unwrap(), Progress::Done);
    assert_eq!(taken(&log), ["write", "write", "finish", "commit [5,6]"]);
}

#[test]
fn state_to_commit_needs_a_committer() {
    let (mut before, _) = sink(&OperatorSubtaskState::default(), true);
    write(&mut before, 5);
    let state = snapshot(&mut before, 1);
    let Err(failure) = Commits::new(None, &state) else { panic!("rows would be lost") };
    assert!(!failure.retry && failure.message.contains("options"), "{failure:?}");
}
