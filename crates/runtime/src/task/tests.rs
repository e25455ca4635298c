//! Tasks driven by hand: rows, the end, back-pressure and failures.

use std::task::Waker;
use std::time::Duration;

use dataflow::{Batch, Failure, Operator, Output, Progress, StreamElement};

use super::mailbox::Mail;
use super::task::Step;
use super::testing::{Setup, waits};
use crate::exchange::queue::ChannelFailure;
use crate::metrics::Wait;
use crate::testing::numbers;

/// Passes everything on; emits the number of rows it saw when its input ends, at the second call.
#[derive(Default)]
struct Counting {
    rows: i64,
    finish_calls: usize,
    fails: bool,
}

impl Operator for Counting {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        if self.fails {
            return Err(Failure::user("Division by zero"));
        }
        self.rows += batch.num_rows() as i64;
        out.emit(StreamElement::Batch(batch))
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.finish_calls += 1;
        if self.finish_calls == 1 {
            return Ok(Progress::Pending);
        }
        out.emit(StreamElement::Batch(numbers(self.rows..self.rows + 1)))?;
        Ok(Progress::Done)
    }
}

#[test]
fn rows_watermarks_and_the_end_go_through_the_chain() {
    let mut bench = Setup::of(vec![Counting::default(), Counting::default()]).build();
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    bench.inputs[0].push(StreamElement::Batch(numbers(0..3)));
    bench.inputs[0].push(StreamElement::Watermark(10));
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    assert!(bench.output().is_empty(), "rows are gathered, and the watermark waits for the other channel");
    bench.inputs[1].push(StreamElement::Watermark(5));
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    assert_eq!(bench.output(), ["[0, 1, 2]", "watermark 5"]);
    for input in &bench.inputs {
        input.push(StreamElement::EndOfData);
        input.push(StreamElement::EndOfPartition);
    }
    assert_eq!(waits(bench.run()), Some(Wait::Operator), "the first operator has not finished");
    assert_eq!(waits(bench.run()), Some(Wait::Operator), "nor has the second");
    assert_eq!(bench.run(), Step::Finished);
    assert_eq!(bench.output(), ["[3, 4]", "EndOfData", "EndOfPartition"], "the channel that ended last was at 5");
    let metrics = bench.metrics.snapshot(bench.clock.clock().instant());
    assert_eq!((metrics.records_in, metrics.records_out, metrics.watermark), (3, 5, Some(5)));
}

#[test]
fn no_input_is_taken_while_the_output_is_full() {
    let mut bench = Setup { room: 1, ..Setup::of(vec![Counting::default()]) }.build();
    for _ in 0..3 {
        bench.inputs[0].push(StreamElement::Batch(numbers(0..5_000)));
    }
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    assert_eq!(bench.inputs[0].queued_batches(), 2);
    bench.output();
    assert_eq!(waits(bench.run()), Some(Wait::Output));
    assert_eq!(bench.inputs[0].queued_batches(), 1);
}

#[test]
fn gathered_rows_are_sent_after_the_buffer_timeout() {
    let mut bench = Setup::default().build();
    bench.inputs[1].push(StreamElement::Batch(numbers(7..9)));
    let Step::Wait { until: Some(until), .. } = bench.run() else { panic!("it waits for the timeout") };
    assert_eq!(until, bench.clock.clock().instant() + Duration::from_millis(100));
    assert!(bench.output().is_empty());
    bench.clock.advance(Duration::from_millis(100));
    bench.run();
    assert_eq!(bench.output(), ["[7, 8]"]);
}

#[test]
fn a_failure_names_the_operator_that_failed() {
    let mut bench = Setup::of(vec![Counting::default(), Counting { fails: true, ..Counting::default() }]).build();
    bench.inputs[0].push(StreamElement::Batch(numbers(0..1)));
    let failure = loop {
        match bench.task.step() {
            Ok(Step::Worked) => {}
            Ok(other) => panic!("{other:?}"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.one_line(), "operator 'op1' failed: Division by zero");
}

#[test]
fn mail_comes_first() {
    let mut bench = Setup::default().build();
    bench.inputs[0].push(StreamElement::Batch(numbers(0..1)));
    bench.mailbox.send(Mail::Cancel);
    assert_eq!(bench.task.step().unwrap(), Step::Canceled);
}

#[test]
fn a_producer_that_does_not_come_fails_its_consumer() {
    let mut bench = Setup { producers: false, ..Setup::default() }.build();
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    bench.clock.advance(Duration::from_secs(11));
    let failure = bench.task.step().unwrap_err();
    assert!(failure.message.contains("subtask 0"), "{failure}");
}

#[test]
fn the_echo_of_a_failed_producer_waits_for_the_cancellation() {
    let mut bench = Setup::default().build();
    bench.inputs[0].fail(ChannelFailure::ProducerEnded("Division by zero".into()));
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    bench.clock.advance(Duration::from_secs(11));
    let failure = bench.task.step().unwrap_err();
    assert!(failure.message.contains("Division by zero"), "{failure}");
}
