//! A task driven by hand: a gate, operators and an output without threads, with a clock that stands and events that are kept.

use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;
use std::time::Duration;

use common::clock::ManualClock;
use dataflow::checkpoint::{
    AfterSavepoint, Alignment, ChannelId, CheckpointLocation, CheckpointNotice, CheckpointOptions, CheckpointReport,
    SavepointFormat, SnapshotKind,
};
use dataflow::deployment::{ResultPartitionDescriptor, TaskStateUpdate};
use dataflow::{CheckpointBarrier, ExecutionAttemptId, Operator, OperatorId, Partitioning, StreamElement, VertexId};

use super::chain::{Chain, Link};
use super::final_checkpoint::FinalCheckpoint;
use super::gate_head::GateHead;
use super::head::Head;
use super::mailbox::{Mail, Mailbox};
use super::subtask_checkpoint_coordinator::{CheckpointResponder, SubtaskCheckpointCoordinator};
use super::task::{Step, Task};
use crate::checkpointing::{RestoredBatch, SnapshotWriter, StorageOf};
use crate::events::TaskEvents;
use crate::exchange::gate::{ChannelSource, InputChannel, InputGate, LocalChannel};
use crate::exchange::queue::{ChannelQueue, Consumer, Popped};
use crate::exchange::ready::ReadyChannels;
use crate::exchange::registry::PartitionRegistry;
use crate::exchange::writer::RecordWriter;
use crate::metrics::{TaskMetrics, Wait};
use crate::testing::{MemoryStorage, attempt, number_type, partition, values};

/// What a task said of checkpoints.
#[derive(Default)]
pub(crate) struct Reports {
    reports: Mutex<Vec<CheckpointReport>>,
    changed: Condvar,
}

impl TaskEvents for Reports {
    fn state_changed(&self, _update: TaskStateUpdate) {}

    fn request_split(&self, _attempt: ExecutionAttemptId, _operator: OperatorId) {}

    fn watermark(&self, _attempt: ExecutionAttemptId, _operator: OperatorId, _watermark: i64) {}

    fn checkpoint(&self, report: CheckpointReport) {
        self.reports.lock().unwrap().push(report);
        self.changed.notify_all();
    }
}

impl Reports {
    /// The next report; waits for it, because snapshots are stored on other threads.
    pub(crate) fn next(&self) -> CheckpointReport {
        let reports = self.reports.lock().unwrap();
        let limit = Duration::from_secs(10);
        let (mut reports, waited) = self.changed.wait_timeout_while(reports, limit, |all| all.is_empty()).unwrap();
        assert!(!waited.timed_out(), "the task says nothing");
        reports.remove(0)
    }

    /// Whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        self.reports.lock().unwrap().is_empty()
    }
}

/// A barrier of a checkpoint without a timeout.
pub(crate) fn barrier(checkpoint_id: u64, kind: SnapshotKind, alignment: Alignment) -> CheckpointBarrier {
    let location = CheckpointLocation { exclusive: format!("/none/chk-{checkpoint_id}"), shared: None };
    CheckpointBarrier { checkpoint_id, timestamp: 1_000, options: CheckpointOptions { kind, alignment, location } }
}

/// An aligned barrier of a checkpoint.
pub(crate) fn aligned(checkpoint_id: u64) -> CheckpointBarrier {
    barrier(checkpoint_id, SnapshotKind::Checkpoint, Alignment::Aligned { timeout_ms: None })
}

/// The barrier of a savepoint.
pub(crate) fn savepoint(checkpoint_id: u64, after: AfterSavepoint) -> CheckpointBarrier {
    let format = SavepointFormat::Canonical;
    barrier(checkpoint_id, SnapshotKind::Savepoint { after, format }, Alignment::Aligned { timeout_ms: None })
}

/// A task with two input channels, these operators and one output.
pub(crate) struct Bench {
    pub(crate) task: Task,
    pub(crate) inputs: Vec<Arc<ChannelQueue>>,
    pub(crate) output: Arc<ChannelQueue>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) clock: ManualClock,
    pub(crate) metrics: Arc<TaskMetrics>,
    pub(crate) reports: Arc<Reports>,
    pub(crate) storage: MemoryStorage,
}

/// What a bench is made of.
pub(crate) struct Setup {
    pub(crate) operators: Vec<Box<dyn Operator>>,
    /// Whether the producers of the inputs are there.
    pub(crate) producers: bool,
    /// Batches that the output takes.
    pub(crate) room: usize,
    pub(crate) last: FinalCheckpoint,
    /// In flight when the task was snapshotted.
    pub(crate) restored: Vec<RestoredBatch>,
    /// In place of the gate.
    pub(crate) head: Option<Head>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            operators: Vec::new(),
            producers: true,
            room: 8,
            last: FinalCheckpoint::NotNeeded,
            restored: Vec::new(),
            head: None,
        }
    }
}

impl Setup {
    pub(crate) fn of<O: Operator + 'static>(operators: Vec<O>) -> Self {
        let boxed = operators.into_iter().map(|operator| Box::new(operator) as Box<dyn Operator>);
        Self { operators: boxed.collect(), ..Self::default() }
    }

    pub(crate) fn build(self) -> Bench {
        let manual = ManualClock::at_millis(1_000);
        let clock = manual.clock();
        let waker = Waker::noop();
        let metrics = Arc::new(TaskMetrics::new(clock.instant()));
        let registry = Arc::new(PartitionRegistry::default());
        let ready = Arc::new(ReadyChannels::default());
        let channel = |index: u64| {
            let local = LocalChannel::new(registry.clone(), partition(1, index as u32), 0);
            local.queue().attach(Consumer { ready: ready.clone(), channel: index });
            let id = ChannelId {
                source: VertexId(1),
                source_subtask: index as u32,
                output: 0,
                target: VertexId(2),
                target_subtask: 0,
            };
            InputChannel::new(0, id, format!("subtask {index}"), ChannelSource::Local(local))
        };
        let channels = vec![channel(0), channel(1)];
        let inputs = match self.producers {
            true => (0..2).flat_map(|index| registry.register(partition(1, index), 1, 10)).collect(),
            false => Vec::new(),
        };
        let gate = InputGate::new(channels, ready, clock.instant(), waker);
        let gate_head = GateHead::new(gate, self.restored.into(), clock.clone(), metrics.clone());
        let head = self.head.unwrap_or(Head::Gate(Box::new(gate_head)));
        let output = Arc::new(ChannelQueue::default());
        output.open(self.room);
        let descriptor = ResultPartitionDescriptor {
            partition: partition(2, 0),
            target: VertexId(9),
            partitioning: Partitioning::Forward,
            num_subpartitions: 1,
            max_parallelism: 128,
            row_type: number_type(),
        };
        let timeout = Some(Duration::from_millis(100));
        let writer = RecordWriter::new(&descriptor, vec![output.clone()], timeout, metrics.clone()).unwrap();
        let links = self.operators.into_iter().enumerate().map(|(index, operator)| Link {
            id: OperatorId(100 + index as u128),
            name: format!("op{index}"),
            operator,
        });
        let chain = Chain::new(links.collect(), vec![writer], clock.instant());
        let mailbox = Arc::new(Mailbox::new(clock.clone(), waker.clone()));
        let reports = Arc::new(Reports::default());
        let storage = MemoryStorage::default();
        let stored_in = storage.clone();
        let storage_of: Box<StorageOf> = Box::new(move |_| Box::new(stored_in.clone()));
        let responder = CheckpointResponder {
            attempt: attempt(2, 0),
            events: reports.clone(),
            writer: SnapshotWriter::new(clock.clone(), storage_of),
            local: None,
            clock: clock.clone(),
            metrics: metrics.clone(),
            waker: waker.clone(),
        };
        let checkpoints = SubtaskCheckpointCoordinator::new(responder, self.last);
        let task = Task::new(head, chain, checkpoints, mailbox.clone(), clock, metrics.clone(), waker.clone());
        Bench { task, inputs, output, mailbox, clock: manual, metrics, reports, storage }
    }
}

impl Bench {
    /// Steps until the task waits or ends.
    pub(crate) fn run(&mut self) -> Step {
        loop {
            match self.task.step().unwrap() {
                Step::Worked => {}
                other => return other,
            }
        }
    }

    /// Steps until the task ends; snapshots may be stored meanwhile.
    pub(crate) fn run_to_end(&mut self) {
        for _ in 0..1_000 {
            if self.run() == Step::Finished {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the task does not end");
    }

    pub(crate) fn notify(&self, notice: CheckpointNotice) {
        self.mailbox.send(Mail::Checkpoint(notice));
    }

    /// Takes what the task has sent.
    pub(crate) fn output(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Popped::Element { element, .. } = self.output.pop(true) {
            texts.push(match element {
                StreamElement::Batch(batch) => format!("{:?}", values(&batch)),
                StreamElement::Watermark(time) => format!("watermark {time}"),
                StreamElement::Barrier(barrier) => format!("barrier {}", barrier.checkpoint_id),
                other => format!("{other:?}"),
            });
        }
        texts
    }
}

/// What the task waits for, if it does.
pub(crate) fn waits(step: Step) -> Option<Wait> {
    match step {
        Step::Wait { wait, .. } => Some(wait),
        _ => None,
    }
}
