//! One attempt of a sink's subtask, driven as its task would: it waits for wakes and never looks without one.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int32Array, StringArray};
use connectors::{WriterContext, factory};
use dataflow::operator_spec::{ConnectorSpec, NotNullEnforcer, SinkSpec};
use dataflow::{Batch, Committer, Failure, Field, PreparedCommit, Progress, RowType, SinkWriter, TypeKind};
use serde::{Deserialize, Serialize};

use crate::cluster;

const PATIENCE: Duration = Duration::from_secs(60);

/// A checkpoint of a sink: what its writers and committers have put there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    pub id: u64,
    pub committables: Vec<serde_json::Value>,
    pub writers: Vec<serde_json::Value>,
}

impl Checkpoint {
    /// Of several subtasks.
    pub fn of(id: u64, prepared: Vec<PreparedCommit>) -> Self {
        let mut checkpoint = Self { id, ..Self::default() };
        for of_subtask in prepared {
            checkpoint.committables.extend(of_subtask.committables);
            checkpoint.writers.extend(of_subtask.writer_state);
        }
        checkpoint
    }
}

/// The attempt.
pub struct Attempt {
    pub writer: Box<dyn SinkWriter>,
    committer: Box<dyn Committer>,
}

/// The row type of the tests.
pub fn row_type() -> RowType {
    RowType::new(vec![Field::new("id", TypeKind::Int.nullable()), Field::new("name", TypeKind::STRING.nullable())])
}

/// A table in a topic.
pub fn table(topic: &str, options: &[(&str, &str)]) -> ConnectorSpec {
    let common = [("topic", topic), ("properties.bootstrap.servers", cluster::address()), ("format", "json")];
    let options = common.iter().chain(options).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    ConnectorSpec {
        table: "t".into(),
        connector: "kafka".into(),
        options,
        physical: row_type(),
        partition_keys: vec![],
        primary_key: Vec::new(),
    }
}

/// A sink.
pub fn sink(topic: &str, options: &[(&str, &str)]) -> SinkSpec {
    SinkSpec {
        connector: table(topic, options),
        input: row_type(),
        metadata: vec![],
        primary_key: vec![],
        not_null: NotNullEnforcer::Error,
        type_length: Default::default(),
        insert_only: true,
    }
}

/// A sink that writes exactly once; the topic's name is the prefix of its transactions.
pub fn exactly_once(topic: &str, options: &[(&str, &str)]) -> SinkSpec {
    let mut all = vec![
        ("sink.delivery-guarantee", "exactly-once"),
        ("sink.transactional-id-prefix", topic),
        ("properties.transaction.timeout.ms", "600000"),
    ];
    all.extend(options);
    sink(topic, &all)
}

/// The rows with these ids.
pub fn batch(ids: Range<i32>) -> Batch {
    let names: StringArray = ids.clone().map(|id| Some(format!("name {id}"))).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from_iter_values(ids.clone())), Arc::new(names)];
    Batch::from_columns(row_type().arrow_schema(), columns, None, ids.len()).expect("the columns have one length")
}

/// The records of the rows with these ids, sorted.
pub fn records(ids: Range<i32>) -> Vec<String> {
    let mut records: Vec<String> = ids.map(|id| format!("{{\"id\":{id},\"name\":\"name {id}\"}}")).collect();
    records.sort();
    records
}

impl Attempt {
    /// Subtask `index` of `of`, with the writers' states that it is given of a checkpoint.
    pub fn start(spec: &SinkSpec, (index, of): (u32, u32), from: Option<(u64, Vec<serde_json::Value>)>) -> Self {
        let context = WriterContext {
            subtask: index,
            parallelism: of,
            attempt: format!("job_vertex_{index}_0"),
            checkpointing: true,
            restored_checkpoint: from.as_ref().map(|(id, _)| *id),
            restored: from.map(|(_, states)| states).unwrap_or_default(),
            ..WriterContext::default()
        };
        Self::with_context(spec, &context)
    }

    pub fn with_context(spec: &SinkSpec, context: &WriterContext) -> Self {
        let kafka = factory("kafka").expect("the connector is there");
        let committer = kafka.create_committer(spec, context).expect("a committer").expect("it commits");
        Self { writer: kafka.create_writer(spec, context).expect("a writer"), committer }
    }

    /// Starts all subtasks from a checkpoint; the states are dealt out from the last subtask on.
    pub fn restore(spec: &SinkSpec, of: u32, from: &Checkpoint) -> Vec<Self> {
        let states = |index: u32| {
            let numbered = from.writers.iter().enumerate();
            numbered
                .filter(|(number, _)| of - 1 - *number as u32 % of == index)
                .map(|(_, state)| state.clone())
                .collect()
        };
        let mut attempts: Vec<Self> =
            (0..of).map(|index| Self::start(spec, (index, of), Some((from.id, states(index))))).collect();
        // Ready, and thereby done with what lingers, before anything is committed: the order that could do most harm.
        attempts.iter_mut().for_each(|attempt| attempt.wait_until_ready().expect("it connects"));
        attempts[0].commit(&from.committables).expect("it commits");
        attempts
    }

    pub fn wait_until_ready(&mut self) -> Result<(), Failure> {
        wait(|waker| Ok(if self.writer.is_available(waker)? { Progress::Done } else { Progress::Pending }))
    }

    pub fn write(&mut self, ids: Range<i32>) {
        for start in ids.clone().step_by(1000) {
            self.writer.write(&batch(start..ids.end.min(start + 1000))).expect("it writes");
            self.wait_until_ready().expect("it has room again");
        }
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        wait(|waker| self.writer.flush(waker))
    }

    pub fn prepare(&mut self, checkpoint: u64) -> PreparedCommit {
        self.flush().expect("it flushes");
        self.writer.prepare_commit(checkpoint).expect("it prepares")
    }

    pub fn checkpoint(&mut self, id: u64) -> Checkpoint {
        Checkpoint::of(id, vec![self.prepare(id)])
    }

    pub fn commit(&mut self, committables: &[serde_json::Value]) -> Result<(), Failure> {
        wait(|waker| self.committer.commit(committables, waker))
    }

    /// A checkpoint that is completed and committed.
    pub fn complete(&mut self, id: u64) -> Checkpoint {
        let checkpoint = self.checkpoint(id);
        self.commit(&checkpoint.committables).expect("it commits");
        checkpoint
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Calls until done, each time after a wake.
pub fn wait(mut call: impl FnMut(&Waker) -> Result<Progress, Failure>) -> Result<(), Failure> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let deadline = Instant::now() + PATIENCE;
    while call(&waker)? == Progress::Pending {
        std::thread::park_timeout(PATIENCE);
        assert!(Instant::now() < deadline, "nobody has woken the task");
    }
    Ok(())
}
