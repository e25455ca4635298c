//! Tasks driven by hand take part in checkpoints.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use dataflow::checkpoint::{
    AfterSavepoint, CheckpointAcknowledgement, CheckpointNotice, CheckpointReport, OperatorStateItem, Redistribution,
};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorId, OperatorSnapshot, Output, Progress, Stateful,
    StreamElement,
};

use super::final_checkpoint::FinalCheckpoint;
use super::task::Step;
use super::testing::{Bench, Setup, aligned, savepoint, waits};
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
    assert_eq!(decline.checkpoint_id, 1);
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
