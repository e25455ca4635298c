//! Tasks driven by hand: a gate, operators and outputs without threads and with a clock that stands.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use common::clock::ManualClock;
use dataflow::deployment::ResultPartitionDescriptor;
use dataflow::{Batch, Failure, Operator, Output, Partitioning, Progress, StreamElement};

use super::chain::{Chain, Link};
use super::gate_head::GateHead;
use super::mailbox::{Mail, Mailbox};
use super::task::{Head, Step, Task};
use crate::exchange::gate::{ChannelSource, InputChannel, InputGate, LocalChannel};
use crate::exchange::queue::{ChannelFailure, ChannelQueue, Popped};
use crate::exchange::ready::ReadyChannels;
use crate::exchange::registry::PartitionRegistry;
use crate::exchange::writer::RecordWriter;
use crate::metrics::{TaskMetrics, Wait};
use crate::testing::{number_type, numbers, partition, values};

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

/// A task with two input channels, these operators and one output.
struct Bench {
    task: Task,
    inputs: Vec<Arc<ChannelQueue>>,
    output: Arc<ChannelQueue>,
    mailbox: Arc<Mailbox>,
    clock: ManualClock,
    metrics: Arc<TaskMetrics>,
}

/// `room`: batches that the output takes.
fn bench_with_room(operators: Vec<Counting>, producers: bool, room: usize) -> Bench {
    let manual = ManualClock::at_millis(1_000);
    let clock = manual.clock();
    let registry = Arc::new(PartitionRegistry::default());
    let metrics = Arc::new(TaskMetrics::new(clock.instant()));
    let ready = Arc::new(ReadyChannels::default());
    let channel = |index: u64| {
        let local = LocalChannel::new(registry.clone(), partition(1, index as u32), 0);
        local.queue().attach(crate::exchange::queue::Consumer { ready: ready.clone(), channel: index });
        InputChannel { input: 0, producer: format!("subtask {index}"), source: ChannelSource::Local(local) }
    };
    let channels = vec![channel(0), channel(1)];
    let inputs = match producers {
        true => (0..2).flat_map(|index| registry.register(partition(1, index), 1, 10)).collect(),
        false => Vec::new(),
    };
    let gate = InputGate::new(channels, ready, clock.instant());
    let output = Arc::new(ChannelQueue::default());
    output.open(room);
    let descriptor = ResultPartitionDescriptor {
        partition: partition(2, 0),
        target: dataflow::VertexId(9),
        partitioning: Partitioning::Forward,
        num_subpartitions: 1,
        max_parallelism: 128,
        row_type: number_type(),
    };
    let timeout = Some(Duration::from_millis(100));
    let writer = RecordWriter::new(&descriptor, vec![output.clone()], timeout, metrics.clone()).unwrap();
    let links = operators.into_iter().enumerate().map(|(index, operator)| {
        let operator: Box<dyn Operator> = Box::new(operator);
        Link { name: format!("op{index}"), operator }
    });
    let chain = Chain::new(links.collect(), vec![writer], clock.instant());
    let waker = Waker::noop();
    let mailbox = Arc::new(Mailbox::new(waker.clone()));
    let head = Head::Gate(Box::new(GateHead::new(gate, metrics.clone())));
    let task = Task::new(head, chain, mailbox.clone(), clock, waker.clone());
    Bench { task, inputs, output, mailbox, clock: manual, metrics }
}

fn bench(operators: Vec<Counting>, producers: bool) -> Bench {
    bench_with_room(operators, producers, 8)
}

impl Bench {
    /// Steps until the task waits or ends.
    fn run(&mut self) -> Step {
        loop {
            match self.task.step().unwrap() {
                Step::Worked => {}
                other => return other,
            }
        }
    }

    fn output(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Popped::Element { element, .. } = self.output.pop(true) {
            texts.push(match element {
                StreamElement::Batch(batch) => format!("{:?}", values(&batch)),
                StreamElement::Watermark(time) => format!("watermark {time}"),
                other => format!("{other:?}"),
            });
        }
        texts
    }
}

fn waits(step: Step) -> Option<Wait> {
    match step {
        Step::Wait { wait, .. } => Some(wait),
        _ => None,
    }
}

#[test]
fn rows_watermarks_and_the_end_go_through_the_chain() {
    let mut bench = bench(vec![Counting::default(), Counting::default()], true);
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
    }
    assert_eq!(waits(bench.run()), Some(Wait::Operator), "the first operator has not finished");
    assert_eq!(waits(bench.run()), Some(Wait::Operator), "nor has the second");
    assert_eq!(bench.run(), Step::Finished);
    assert_eq!(bench.output(), ["[3, 4]", "EndOfData"], "the channel that ended last was at 5");
    let metrics = bench.metrics.snapshot(bench.clock.clock().instant());
    assert_eq!((metrics.records_in, metrics.records_out, metrics.watermark), (3, 5, Some(5)));
}

#[test]
fn no_input_is_taken_while_the_output_is_full() {
    let mut bench = bench_with_room(vec![Counting::default()], true, 1);
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
    let mut bench = bench(vec![], true);
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
    let mut bench = bench(vec![Counting::default(), Counting { fails: true, ..Counting::default() }], true);
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
    let mut bench = bench(vec![], true);
    bench.inputs[0].push(StreamElement::Batch(numbers(0..1)));
    bench.mailbox.send(Mail::Cancel);
    assert_eq!(bench.task.step().unwrap(), Step::Canceled);
}

#[test]
fn a_producer_that_does_not_come_fails_its_consumer() {
    let mut bench = bench(vec![], false);
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    bench.clock.advance(Duration::from_secs(11));
    let failure = bench.task.step().unwrap_err();
    assert!(failure.message.contains("subtask 0"), "{failure}");
}

#[test]
fn the_echo_of_a_failed_producer_waits_for_the_cancellation() {
    let mut bench = bench(vec![], true);
    bench.inputs[0].fail(ChannelFailure::ProducerEnded("Division by zero".into()));
    assert_eq!(waits(bench.run()), Some(Wait::Input));
    bench.clock.advance(Duration::from_secs(11));
    let failure = bench.task.step().unwrap_err();
    assert!(failure.message.contains("Division by zero"), "{failure}");
}
