//! Tasks driven by hand take part in checkpoints.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use dataflow::checkpoint::{
    AfterSavepoint, Alignment, ChannelStateHandle, CheckpointAcknowledgement, CheckpointNotice, CheckpointReport,
    OperatorStateItem, Redistribution, SnapshotKind,
};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorId, OperatorSnapshot, Output, Progress, Stateful,
    StreamElement,
};

use super::final_checkpoint::FinalCheckpoint;
use super::task::Step;
use super::testing::{Bench, Setup, aligned, savepoint, waits};
use crate::checkpointing::{RestoredBatch, read_in_flight};
use crate::metrics::Wait;
use crate::testing::numbers;

/// Sums up, holds the last batch back until a barrier comes, and is told of complete checkpoints twice.
#[derive(Default)]
struct Summing {
    sum: i64,
    held_back: Option<Batch>,
    prepare_calls: usize,
    completed_calls: usize,
    log: Arc<Mutex<Vec<String>>>,
}

impl Operator for Summing {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        self.sum += crate::testing::values(&batch).iter().sum::<i64>();
        match self.held_back.replace(batch) {
            Some(before) => out.emit(StreamElement::Batch(before)),
            None => Ok(()),
        }
    }

    fn finish(&mut self, _waker: &Waker, _out: &mut dyn Output) -> Result<Progress, Failure> {
        self.log.lock().unwrap().push("finish".into());
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for Summing {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.prepare_calls += 1;
        if self.prepare_calls % 2 == 1 {
            return Ok(Progress::Pending);
        }
        match self.held_back.take() {
            Some(batch) => out.emit(StreamElement::Batch(batch)).map(|()| Progress::Done),
            None => Ok(Progress::Done),
        }
    }

    fn snapshot(&mut self, _barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let item =
            OperatorStateItem { name: "sum".into(), redistribution: Redistribution::Split, payload: self.sum.into() };
        Ok(OperatorSnapshot { items: vec![item], keyed: None })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.completed_calls += 1;
        self.log.lock().unwrap().push(format!("completed {checkpoint_id}"));
        Ok(if self.completed_calls % 2 == 1 { Progress::Pending } else { Progress::Done })
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.log.lock().unwrap().push(format!("aborted {checkpoint_id}"));
    }
}

fn bench(last: FinalCheckpoint) -> (Bench, Arc<Mutex<Vec<String>>>) {
    let operator = Summing::default();
    let log = operator.log.clone();
    (Setup { last, ..Setup::of(vec![operator]) }.build(), log)
}

impl Bench {
    fn rows(&self, channel: usize, rows: std::ops::Range<i64>) {
        self.inputs[channel].push(StreamElement::Batch(numbers(rows)));
    }

    fn barrier(&self, channel: usize, barrier: CheckpointBarrier) {
        self.inputs[channel].push(StreamElement::Barrier(Arc::new(barrier)));
    }

    fn acknowledged(&self) -> CheckpointAcknowledgement {
        match self.reports.next() {
            CheckpointReport::Acknowledged(acknowledgement) => acknowledgement,
            other => panic!("{other:?}"),
        }
    }

    /// The sum in the next acknowledgement, and its checkpoint.
    fn acknowledged_sum(&self) -> (u64, i64) {
        let acknowledgement = self.acknowledged();
        let sum = acknowledgement.snapshot.operators[&OperatorId(100)].items_named("sum").next().unwrap().as_i64();
        (acknowledgement.checkpoint_id, sum.unwrap())
    }

    fn complete(&self, checkpoint_id: u64) {
        self.notify(CheckpointNotice::Completed { checkpoint_id });
    }
}

#[test]
fn a_snapshot_holds_what_came_before_the_barriers_and_nothing_else() {
    let (mut bench, _) = bench(FinalCheckpoint::NotNeeded);
    bench.rows(0, 1..2);
    bench.barrier(0, aligned(1));
    bench.rows(0, 100..101);
    bench.rows(1, 10..11);
    assert_eq!(waits(bench.run()), Some(Wait::Input), "a blocked channel does not keep the task busy");
    assert_eq!(bench.inputs[0].queued_batches(), 1, "what is behind the barrier waits");
    bench.clock.advance(std::time::Duration::from_millis(7));
    bench.rows(1, 20..21);
    bench.barrier(1, aligned(1));
    assert_eq!(waits(bench.run()), Some(Wait::Operator), "the operator prepares");
    assert!(!bench.output().contains(&"barrier 1".to_owned()));
    bench.run();
    assert_eq!(bench.output(), ["[1, 10, 20]", "barrier 1"], "what was held back goes before the barrier");
    let acknowledgement = bench.acknowledged();
    assert_eq!(acknowledgement.snapshot.operators[&OperatorId(100)].items[0].payload, 31);
    let metrics = acknowledgement.metrics;
    assert_eq!((metrics.alignment_ms, metrics.start_delay_ms, metrics.unaligned), (7, 0, false));
    assert_eq!(metrics.bytes_processed_during_alignment, 8, "one row of channel 1 after the first barrier");
    bench.barrier(0, aligned(2));
    bench.barrier(1, aligned(2));
    bench.run();
    bench.run();
    assert_eq!(bench.acknowledged_sum(), (2, 131));
}

#[test]
fn a_newer_barrier_declines_the_older_checkpoint() {
    let (mut bench, _) = bench(FinalCheckpoint::NotNeeded);
    bench.barrier(0, aligned(1));
    bench.barrier(1, aligned(2));
    bench.run();
    let CheckpointReport::Declined(decline) = bench.reports.next() else { panic!("it is declined") };
    assert_eq!((decline.checkpoint_id, decline.is_subsumed), (1, true));
    assert!(decline.failure.message.contains("checkpoint 2"), "{:?}", decline.failure);
    bench.barrier(0, aligned(2));
    bench.run();
    bench.run();
    assert_eq!(bench.acknowledged_sum(), (2, 0));
    assert_eq!(bench.output(), ["barrier 2"]);
}

#[test]
fn an_aborted_checkpoint_blocks_nothing() {
    let (mut bench, log) = bench(FinalCheckpoint::NotNeeded);
    bench.barrier(0, aligned(1));
    bench.rows(0, 5..6);
    bench.run();
    bench.notify(CheckpointNotice::Aborted { checkpoint_id: 1 });
    bench.run();
    assert_eq!(bench.inputs[0].queued_batches(), 0);
    bench.barrier(1, aligned(1));
    bench.run();
    assert!(bench.output().is_empty() && bench.reports.is_empty());
    assert_eq!(*log.lock().unwrap(), ["aborted 1"]);
}

#[test]
fn operators_are_told_of_complete_checkpoints_until_they_are_done() {
    let (mut bench, log) = bench(FinalCheckpoint::NotNeeded);
    bench.complete(3);
    bench.run();
    bench.rows(0, 0..1);
    bench.run();
    bench.run();
    assert_eq!(*log.lock().unwrap(), ["completed 3", "completed 3"]);
}

#[test]
fn a_task_ends_when_a_checkpoint_behind_its_last_row_is_complete() {
    let (mut bench, log) = bench(FinalCheckpoint::ToCome);
    for channel in 0..2 {
        bench.barrier(channel, aligned(1));
    }
    bench.run();
    bench.run();
    assert_eq!(bench.acknowledged_sum(), (1, 0));
    for channel in 0..2 {
        bench.inputs[channel].push(StreamElement::EndOfData);
    }
    bench.run();
    assert_eq!(bench.reports.next(), CheckpointReport::EndOfData(crate::testing::attempt(2, 0)));
    assert_eq!(bench.output(), ["barrier 1", "EndOfData"]);
    bench.complete(1);
    bench.run();
    bench.run();
    for channel in 0..2 {
        bench.inputs[channel].push(StreamElement::EndOfPartition);
    }
    assert_eq!(waits(bench.run()), Some(Wait::Input), "checkpoint 1 was before the end");
    // Its producers have ended, so the JobManager triggers the task itself.
    bench.notify(CheckpointNotice::Trigger(aligned(2)));
    bench.run();
    bench.run();
    assert_eq!(bench.acknowledged_sum(), (2, 0));
    assert_eq!(bench.output(), ["barrier 2"]);
    bench.complete(2);
    bench.run_to_end();
    assert_eq!(bench.output(), ["EndOfPartition"]);
    assert_eq!(*log.lock().unwrap(), ["finish", "completed 1", "completed 1", "completed 2", "completed 2"]);
}

#[test]
fn behind_a_stop_savepoint_a_task_holds_still_and_ends_without_finishing() {
    let (mut bench, log) = bench(FinalCheckpoint::ToCome);
    for channel in 0..2 {
        bench.barrier(channel, savepoint(1, AfterSavepoint::Stop));
        bench.rows(channel, 7..8);
    }
    bench.run();
    assert_eq!(waits(bench.run()), Some(Wait::Operator));
    assert_eq!(bench.acknowledged_sum(), (1, 0));
    assert_eq!(bench.inputs[0].queued_batches(), 1);
    bench.complete(1);
    bench.run_to_end();
    assert_eq!(bench.output(), ["barrier 1", "EndOfPartition"]);
    assert_eq!(*log.lock().unwrap(), ["completed 1", "completed 1"]);
}

#[test]
fn behind_an_aborted_stop_savepoint_a_task_goes_on() {
    let (mut bench, _) = bench(FinalCheckpoint::NotNeeded);
    for channel in 0..2 {
        bench.barrier(channel, savepoint(1, AfterSavepoint::Stop));
        bench.rows(channel, 7..8);
    }
    bench.run();
    bench.run();
    bench.notify(CheckpointNotice::Aborted { checkpoint_id: 1 });
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    assert_eq!(bench.inputs[0].queued_batches(), 0);
}

#[test]
fn a_cancelled_task_does_not_wait_for_what_it_prepares() {
    let (mut bench, _) = bench(FinalCheckpoint::NotNeeded);
    bench.barrier(0, aligned(1));
    bench.barrier(1, aligned(1));
    bench.run();
    bench.mailbox.send(super::mailbox::Mail::Cancel);
    assert_eq!(bench.run(), Step::Canceled);
}

/// How an unaligned checkpoint is taken.
fn unaligned(checkpoint_id: u64) -> CheckpointBarrier {
    super::testing::barrier(checkpoint_id, SnapshotKind::Checkpoint, Alignment::Unaligned)
}

/// An aligned checkpoint that becomes unaligned after 50 ms.
fn timed(checkpoint_id: u64) -> CheckpointBarrier {
    let alignment = Alignment::Aligned { timeout_ms: Some(50) };
    super::testing::barrier(checkpoint_id, SnapshotKind::Checkpoint, alignment)
}

impl Bench {
    /// The producer of a channel sends an unaligned barrier; returns how many batches it has overtaken.
    fn urgent(&self, channel: usize, barrier: CheckpointBarrier) -> usize {
        self.inputs[channel].push_urgent(Arc::new(barrier)).len()
    }

    /// Rows in flight in the next acknowledgement: source subtask or `out`, and the rows.
    fn acknowledged_in_flight(&self) -> Vec<(String, Vec<i64>)> {
        let acknowledgement = self.acknowledged();
        assert!(acknowledgement.metrics.unaligned);
        let schema = crate::testing::number_type().arrow_schema();
        let read = |handle: &ChannelStateHandle| {
            let batches = read_in_flight(handle, &schema, &self.storage).unwrap();
            let of = if handle.at_consumer { handle.channel.source_subtask.to_string() } else { "out".to_owned() };
            (of, batches.iter().flat_map(crate::testing::values).collect())
        };
        acknowledgement.snapshot.channels.iter().map(read).collect()
    }
}

fn in_flight(rows: &[(&str, &[i64])]) -> Vec<(String, Vec<i64>)> {
    rows.iter().map(|(of, rows)| ((*of).to_owned(), rows.to_vec())).collect()
}

#[test]
fn an_unaligned_barrier_overtakes_and_rows_before_the_others_are_recorded() {
    let mut bench = Setup::default().build();
    bench.rows(0, 0..1);
    assert_eq!(bench.urgent(0, unaligned(1)), 1, "its producer keeps what it has overtaken");
    bench.rows(1, 10..11);
    bench.run();
    // Both rows were processed, but the one of channel 1 came before that channel's barrier.
    assert_eq!(bench.output(), ["barrier 1"]);
    bench.rows(1, 11..12);
    bench.run();
    assert!(bench.reports.is_empty(), "the barrier of channel 1 is still to come");
    assert_eq!(bench.urgent(1, unaligned(1)), 0);
    bench.rows(1, 12..13);
    bench.run();
    assert_eq!(bench.acknowledged_in_flight(), in_flight(&[("1", &[10, 11])]));
}

#[test]
fn a_stuck_task_takes_part_at_once() {
    let mut bench = Setup { room: 1, ..Setup::default() }.build();
    bench.rows(0, 0..5_000);
    bench.rows(0, 5_000..10_000);
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    bench.urgent(0, unaligned(1));
    bench.urgent(1, unaligned(1));
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    let overtaken = bench.acknowledged_in_flight();
    assert_eq!((overtaken.len(), overtaken[0].0.as_str(), overtaken[0].1.len()), (1, "out", 5_000));
    assert_eq!(bench.output()[0], "barrier 1", "it goes before the rows");
}

#[test]
fn an_aligned_barrier_that_waits_too_long_goes_on() {
    let mut bench = Setup { room: 1, ..Setup::default() }.build();
    bench.barrier(0, timed(1));
    bench.rows(0, 0..1);
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    assert_eq!(bench.inputs[0].queued_batches(), 1, "it is aligned at first");
    // The other channel is stuck behind the output.
    bench.rows(1, 0..5_000);
    bench.rows(1, 5_000..5_001);
    bench.barrier(1, timed(1));
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    bench.clock.advance(std::time::Duration::from_millis(49));
    let Step::Wait { until: Some(until), .. } = bench.run() else { panic!("it waits for the timeout") };
    assert_eq!(until - bench.clock.clock().instant(), std::time::Duration::from_millis(1));
    bench.clock.advance(std::time::Duration::from_millis(1));
    bench.run();
    let overtaken = bench.acknowledged_in_flight();
    assert_eq!(overtaken[0].1.len(), 5_000, "in the output");
    assert_eq!(overtaken[1], ("1".to_owned(), vec![5_000]), "before the barrier of channel 1");
    assert_eq!(bench.output()[0], "barrier 1");
}

#[test]
fn an_aligned_barrier_that_leaves_in_time_stays_aligned() {
    let mut bench = Setup::default().build();
    bench.barrier(0, timed(1));
    bench.rows(1, 3..4);
    bench.barrier(1, timed(1));
    bench.run();
    assert!(bench.reports.is_empty(), "the barrier is still in the output");
    assert_eq!(bench.output(), ["[3]", "barrier 1"]);
    bench.run();
    let acknowledgement = bench.acknowledged();
    assert!(!acknowledgement.metrics.unaligned && acknowledgement.snapshot.channels.is_empty());
}

#[test]
fn a_barrier_that_waits_in_the_output_does_not_wait_for_a_newer_one() {
    let mut bench = Setup::default().build();
    bench.rows(0, 3..4);
    bench.run();
    for checkpoint_id in 1..3 {
        bench.barrier(0, timed(checkpoint_id));
        bench.barrier(1, timed(checkpoint_id));
        bench.run();
    }
    let acknowledgement = bench.acknowledged();
    assert_eq!((acknowledgement.checkpoint_id, acknowledgement.snapshot.channels.len()), (1, 1));
    assert_eq!(bench.output(), ["barrier 1", "[3]", "barrier 2"]);
    bench.run();
    let acknowledgement = bench.acknowledged();
    assert_eq!((acknowledgement.checkpoint_id, acknowledgement.snapshot.channels.len()), (2, 0));
}

#[test]
fn the_timeout_counts_behind_a_barrier_that_nobody_wants() {
    let mut bench = Setup { room: 1, ..Setup::default() }.build();
    bench.rows(0, 0..5_000);
    bench.rows(0, 5_000..5_001);
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    bench.notify(CheckpointNotice::Aborted { checkpoint_id: 1 });
    for channel in 0..2 {
        bench.barrier(channel, timed(1));
        bench.barrier(channel, timed(2));
    }
    bench.run();
    bench.clock.advance(std::time::Duration::from_millis(50));
    bench.run();
    let acknowledgement = bench.acknowledged();
    assert!(acknowledgement.checkpoint_id == 2 && acknowledgement.metrics.unaligned);
}

#[test]
fn rows_that_were_in_flight_come_first_and_hold_barriers_up() {
    let channel = dataflow::checkpoint::ChannelId {
        source: dataflow::VertexId(1),
        source_subtask: 0,
        output: 0,
        target: dataflow::VertexId(2),
        target_subtask: 0,
    };
    let restored = [7, 8].map(|n| RestoredBatch { input: 0, channel, batch: numbers(n..n + 1) });
    let mut bench = Setup { restored: restored.into(), ..Setup::default() }.build();
    bench.rows(0, 9..10);
    bench.urgent(0, unaligned(1));
    bench.barrier(1, unaligned(1));
    bench.run();
    assert!(bench.acknowledged_in_flight().iter().all(|(of, _)| of == "out"));
    assert_eq!(bench.output(), ["barrier 1", "[7, 8]"]);
}
