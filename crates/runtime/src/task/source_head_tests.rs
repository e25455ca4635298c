//! A source head over a reader that plays a script: splits, watermarks inside batches, NULL event times.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use arrow_array::{RecordBatch, TimestampMillisecondArray};
use common::clock::ManualClock;
use dataflow::checkpoint::{AfterSavepoint, CheckpointNotice, CheckpointReport};
use dataflow::deployment::{ResultPartitionDescriptor, TaskStateUpdate};
use dataflow::operator_spec::{ConnectorSpec, ReadColumn, SourceSpec, WatermarkAlignmentSpec, WatermarkSpec};
use dataflow::{
    Batch, ExecutionAttemptId, Expr, Failure, Field, OperatorDescriptor, OperatorId, OperatorSpec, Partitioning,
    RowType, SourcePoll, SourceReader, Split, StreamElement, TimeAttribute, TypeKind,
};
use expr::EvalContext;

use super::chain::Chain;
use super::final_checkpoint::FinalCheckpoint;
use super::head::{Head, Polled};
use super::mailbox::{AddSplits, Mail};
use super::source_head::SourceHead;
use super::testing::{self as task_bench, Setup, aligned, savepoint};
use crate::events::TaskEvents;
use crate::exchange::queue::{ChannelQueue, Popped};
use crate::exchange::writer::RecordWriter;
use crate::metrics::TaskMetrics;
use crate::operators::OperatorContext;
use crate::results::ResultStores;
use crate::testing::{attempt, partition};

/// Gives these polls whatever the splits are, then waits, or ends when no split follows.
struct Script {
    polls: VecDeque<SourcePoll>,
    splits: Vec<Split>,
    no_more_splits: bool,
    paused: Arc<Mutex<Vec<(String, bool)>>>,
}

impl SourceReader for Script {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        self.splits.extend(splits);
        Ok(())
    }

    fn no_more_splits(&mut self) {
        self.no_more_splits = true;
    }

    fn poll(&mut self, _max_rows: usize, _waker: &Waker) -> Result<SourcePoll, Failure> {
        Ok(match self.polls.pop_front() {
            Some(poll) => poll,
            None if self.no_more_splits => SourcePoll::EndOfInput,
            None => SourcePoll::Pending,
        })
    }

    fn pause_split(&mut self, split: &str, paused: bool) {
        self.paused.lock().unwrap().push((split.to_owned(), paused));
    }

    fn wants_split(&self) -> bool {
        self.polls.is_empty()
    }

    fn snapshot(&self) -> Result<Vec<Split>, Failure> {
        Ok(self.splits.clone())
    }
}

#[derive(Default)]
struct Requests(Mutex<usize>, Mutex<Vec<i64>>);

impl TaskEvents for Requests {
    fn state_changed(&self, _update: TaskStateUpdate) {}

    fn request_split(&self, _attempt: ExecutionAttemptId, _operator: OperatorId) {
        *self.0.lock().unwrap() += 1;
    }

    fn watermark(&self, _attempt: ExecutionAttemptId, _operator: OperatorId, watermark: i64) {
        self.1.lock().unwrap().push(watermark);
    }

    fn checkpoint(&self, _report: CheckpointReport) {}
}

fn row_type() -> RowType {
    let rowtime = TypeKind::Timestamp { precision: 3, attribute: TimeAttribute::Rowtime };
    RowType::new(vec![Field::new("ts", rowtime.nullable())])
}

fn rows(times: &[Option<i64>]) -> SourcePoll {
    let times = TimestampMillisecondArray::from(times.to_vec());
    let batch = RecordBatch::try_new(row_type().arrow_schema(), vec![Arc::new(times)]).unwrap();
    SourcePoll::Batch { split: Arc::from("a"), batch: Batch::inserts(batch) }
}

struct Bench {
    head: SourceHead,
    chain: Chain,
    output: Arc<ChannelQueue>,
    requests: Arc<Requests>,
    /// What the reader was told to pause.
    paused: Arc<Mutex<Vec<(String, bool)>>>,
}

/// A source of strictly ascending event times.
fn source(connector: &str, polls: Vec<SourcePoll>, events: Arc<dyn TaskEvents>) -> SourceHead {
    aligned_source(connector, polls, events, None, Arc::default())
}

fn aligned_source(
    connector: &str,
    polls: Vec<SourcePoll>,
    events: Arc<dyn TaskEvents>,
    alignment: Option<WatermarkAlignmentSpec>,
    paused: Arc<Mutex<Vec<(String, bool)>>>,
) -> SourceHead {
    let clock = ManualClock::at_millis(0).clock();
    let metrics = Arc::new(TaskMetrics::new(clock.instant()));
    let context = OperatorContext {
        attempt: attempt(1, 0),
        parallelism: 1,
        job_name: "job".into(),
        config: BTreeMap::from([("pipeline.watermark-alignment.buffer-size".to_owned(), "1".to_owned())]),
        eval: EvalContext::default(),
        clock,
        metrics,
        results: Arc::new(ResultStores::default()),
        state: Default::default(),
        restored_checkpoint: None,
        restored: BTreeMap::new(),
        checkpointing: false,
        periodic_checkpoints: false,
    };
    let spec = SourceSpec {
        connector: ConnectorSpec {
            table: "t".into(),
            connector: connector.into(),
            options: BTreeMap::new(),
            physical: row_type(),
            partition_keys: Vec::new(),
            primary_key: Vec::new(),
        },
        read: vec![ReadColumn::Physical(0)],
        projection: None,
        watermark: Some(WatermarkSpec {
            expression: Expr::column(0, row_type().fields[0].ty.clone()),
            rowtime: 0,
            interval_ms: 0,
            idle_timeout_ms: 0,
            batch_interval_ms: None,
            every: false,
            alignment,
        }),
    };
    let descriptor = OperatorDescriptor {
        id: OperatorId(1),
        name: "Source: t[1]".into(),
        spec: OperatorSpec::Source(spec.clone()),
        output: row_type(),
    };
    let reader = Box::new(Script { polls: polls.into(), splits: Vec::new(), no_more_splits: false, paused });
    SourceHead::with_reader(&descriptor, &spec, &context, events, reader).unwrap()
}

fn bench(connector: &str, polls: Vec<SourcePoll>) -> Bench {
    aligned_bench(connector, polls, None)
}

fn aligned_bench(connector: &str, polls: Vec<SourcePoll>, alignment: Option<WatermarkAlignmentSpec>) -> Bench {
    let (requests, paused) = (Arc::new(Requests::default()), Arc::default());
    let head = aligned_source(connector, polls, requests.clone(), alignment, Arc::clone(&paused));
    let clock = ManualClock::at_millis(0).clock();
    let metrics = Arc::new(TaskMetrics::new(clock.instant()));
    let output = Arc::new(ChannelQueue::default());
    output.open(100);
    let edge = ResultPartitionDescriptor {
        partition: partition(1, 0),
        target: dataflow::VertexId(9),
        partitioning: Partitioning::Forward,
        num_subpartitions: 1,
        max_parallelism: 128,
        row_type: row_type(),
    };
    let writer = RecordWriter::new(&edge, vec![output.clone()], None, metrics).unwrap();
    Bench { head, chain: Chain::new(Vec::new(), vec![writer], clock.instant()), output, requests, paused }
}

impl Bench {
    fn poll(&mut self) -> Result<Polled, Failure> {
        self.head.poll(&mut self.chain, Waker::noop())
    }

    fn output(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Popped::Element { element, .. } = self.output.pop(true) {
            texts.push(match element {
                StreamElement::Batch(batch) => format!("{} rows", batch.num_rows()),
                StreamElement::Watermark(i64::MAX) => "the end".to_owned(),
                StreamElement::Watermark(time) => format!("watermark {time}"),
                other => format!("{other:?}"),
            });
        }
        texts
    }
}

fn split(id: &str) -> Split {
    Split { id: id.into(), payload: serde_json::Value::Null }
}

#[test]
fn splits_that_come_behind_a_trigger_are_not_in_its_snapshot() {
    let head = source("filesystem", Vec::new(), Arc::new(Requests::default()));
    let mut bench = Setup { head: Some(Head::Source(Box::new(head))), ..Setup::default() }.build();
    let add = |bench: &task_bench::Bench, id: &str| {
        let add = AddSplits { operator: OperatorId(1), splits: vec![split(id)], no_more_splits: false };
        bench.mailbox.send(Mail::AddSplits(add));
    };
    // All of this comes while the task does something else.
    add(&bench, "before");
    for checkpoint_id in 1..4 {
        bench.notify(CheckpointNotice::Trigger(aligned(checkpoint_id)));
        add(&bench, &format!("behind {checkpoint_id}"));
    }
    bench.notify(CheckpointNotice::Aborted { checkpoint_id: 2 });
    bench.run();
    let mut acknowledged = || {
        bench.run();
        let CheckpointReport::Acknowledged(acknowledgement) = bench.reports.next() else { panic!("it is taken") };
        let splits = &acknowledgement.snapshot.operators[&OperatorId(1)].splits;
        (acknowledgement.checkpoint_id, splits.iter().map(|split| split.id.to_string()).collect::<Vec<_>>())
    };
    // They are stored by several threads, and come in either order.
    let mut both = [acknowledged(), acknowledged()];
    both.sort_unstable();
    let third = (3, ["before", "behind 1", "behind 2"].map(str::to_owned).to_vec());
    assert_eq!(both, [(1, vec!["before".to_owned()]), third]);
    bench.notify(CheckpointNotice::Trigger(aligned(4)));
    bench.run();
    let CheckpointReport::Acknowledged(last) = bench.reports.next() else { panic!("it is taken") };
    assert_eq!(last.snapshot.operators[&OperatorId(1)].splits.len(), 4, "nothing is lost");
}

#[test]
fn a_source_that_has_drained_for_a_savepoint_that_is_aborted_fails_and_does_not_end() {
    let bench = || {
        let polls = vec![rows(&[Some(1)]), rows(&[Some(2)])];
        let head = source("filesystem", polls, Arc::new(Requests::default()));
        Setup { head: Some(Head::Source(Box::new(head))), last: FinalCheckpoint::ToCome, ..Setup::default() }.build()
    };
    let aborted = || CheckpointNotice::Aborted { checkpoint_id: 1 };
    let mut drained = bench();
    drained.notify(CheckpointNotice::Trigger(savepoint(1, AfterSavepoint::Drain)));
    drained.run();
    drained.notify(aborted());
    let failure = drained.task.step().unwrap_err();
    assert!(failure.retry && failure.message.starts_with("Stop-with-savepoint failed"), "{failure:?}");
    // One that has not begun with it reads on.
    let mut early = bench();
    early.notify(CheckpointNotice::Trigger(savepoint(1, AfterSavepoint::Drain)));
    early.notify(aborted());
    early.run();
    assert_eq!(early.output.queued_batches(), 2);
}

#[test]
fn a_batch_is_cut_where_a_watermark_makes_a_row_late() {
    let mut bench = bench("filesystem", vec![rows(&[Some(1), Some(9), Some(5), Some(10)])]);
    assert!(matches!(bench.poll().unwrap(), Polled::Worked));
    assert_eq!(bench.output(), ["2 rows", "watermark 9", "2 rows", "watermark 10"]);
    bench.head.add_splits(Vec::new(), true).unwrap();
    assert!(matches!(bench.poll().unwrap(), Polled::Ended));
    assert_eq!(bench.output(), ["the end"]);
}

#[test]
fn a_null_event_time_fails_the_job_unless_the_reader_makes_the_watermarks() {
    let times = [Some(1), None, Some(2)];
    let failure = bench("filesystem", vec![rows(&times)]).poll().unwrap_err();
    assert!(failure.one_line().contains("RowTime field should not be null"), "{failure:?}");
    let mut kafka = bench("kafka", vec![rows(&times)]);
    assert!(matches!(kafka.poll().unwrap(), Polled::Worked));
    assert_eq!(kafka.output(), ["3 rows", "watermark 2"]);
}

#[test]
fn a_reader_that_runs_dry_asks_once_for_each_split() {
    let mut bench = bench("filesystem", vec![rows(&[Some(1)])]);
    let asked = |bench: &Bench| *bench.requests.0.lock().unwrap();
    bench.poll().unwrap();
    assert_eq!(asked(&bench), 0);
    for _ in 0..3 {
        assert!(matches!(bench.poll().unwrap(), Polled::Empty));
    }
    assert_eq!(asked(&bench), 1);
    bench.head.add_splits(vec![split("b")], false).unwrap();
    bench.poll().unwrap();
    assert_eq!(asked(&bench), 2);
    bench.head.add_splits(Vec::new(), true).unwrap();
    assert!(matches!(bench.poll().unwrap(), Polled::Ended));
    assert_eq!(asked(&bench), 2);
}

#[test]
fn a_source_that_is_ahead_of_its_group_waits_by_its_last_sample() {
    let alignment = WatermarkAlignmentSpec { group: "g".into(), max_drift_ms: 10, update_interval_ms: 1_000 };
    let polls = (1..=4).map(|n| rows(&[Some(n * 100)])).collect();
    let mut bench = aligned_bench("kafka", polls, Some(alignment));
    let reported = |bench: &Bench| std::mem::take(&mut *bench.requests.1.lock().unwrap());
    assert_eq!(bench.head.next_timer(), Some(1_000));
    bench.head.on_timer(1_000, &mut bench.chain).unwrap();
    assert!(reported(&bench).is_empty(), "it has no watermark yet");
    assert!(matches!(bench.poll().unwrap(), Polled::Worked));
    bench.head.align_watermarks(50);
    assert!(matches!(bench.poll().unwrap(), Polled::Worked), "it was not so far a sample ago");
    bench.head.on_timer(2_000, &mut bench.chain).unwrap();
    assert_eq!(reported(&bench), [200]);
    assert!(matches!(bench.poll().unwrap(), Polled::Empty));
    assert_eq!(std::mem::take(&mut *bench.paused.lock().unwrap()), [("a".to_owned(), true)]);
    bench.head.align_watermarks(200);
    assert_eq!(*bench.paused.lock().unwrap(), [("a".to_owned(), false)]);
    assert!(matches!(bench.poll().unwrap(), Polled::Worked));
    bench.head.add_splits(Vec::new(), true).unwrap();
    while !matches!(bench.poll().unwrap(), Polled::Ended) {}
    assert_eq!(reported(&bench), [i64::MAX], "what has ended holds nobody back");
}
