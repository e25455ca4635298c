//! What holds for every sink with a committer, wherever it is lost: nothing of an incomplete checkpoint is ever visible, nothing is visible
//! twice, and in the end every row is.

use std::collections::BTreeMap;
use std::task::Waker;

use connectors::WriterContext;
use dataflow::operator_spec::SinkSpec;
use dataflow::{Committer, Progress, SinkWriter};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::connector;
use crate::sink_suite::batch;

/// What happens to a job.
#[derive(Debug, Clone)]
enum Event {
    /// So many rows come to one of the writers.
    Rows(usize, Index),
    Checkpoint(Fate),
    /// The job is lost and goes on from the last completed checkpoint with so many writers.
    Crash(u32),
}

/// How far a checkpoint comes.
#[derive(Debug, Clone)]
enum Fate {
    Committed,
    /// It is never complete, and the job goes on.
    Aborted,
    /// The job is lost once all writers have prepared.
    LostBeforeCompletion,
    /// It is complete, and the job is lost when that share of it is committed.
    LostAmidCommit(Index),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let fate = prop_oneof![
        3 => Just(Fate::Committed),
        1 => Just(Fate::Aborted),
        1 => Just(Fate::LostBeforeCompletion),
        2 => any::<Index>().prop_map(Fate::LostAmidCommit),
    ];
    let event = prop_oneof![
        3 => (0usize..20, any::<Index>()).prop_map(|(rows, writer)| Event::Rows(rows, writer)),
        2 => fate.prop_map(Event::Checkpoint),
        1 => (1u32..4).prop_map(Event::Crash),
    ];
    prop::collection::vec(event, 1..20)
}

/// A completed checkpoint.
#[derive(Debug, Clone, Default)]
struct Snapshot {
    /// How many rows the source had returned.
    rows: i32,
    committables: Vec<Value>,
    writer_state: Vec<Value>,
}

/// A job of a source that counts and the sink under test.
struct Job<'a> {
    spec: &'a SinkSpec,
    writers: Vec<Box<dyn SinkWriter>>,
    committer: Box<dyn Committer>,
    /// How many rows the source has returned.
    rows: i32,
    /// Of checkpoints that were not complete so far.
    prepared: Vec<Value>,
    completed: Snapshot,
    checkpoint_id: u64,
}

impl<'a> Job<'a> {
    fn start(spec: &'a SinkSpec) -> Self {
        let committer = connector(&spec.connector).create_committer(spec, &WriterContext::default());
        let mut job = Self {
            spec,
            writers: Vec::new(),
            committer: committer.unwrap().expect("the sink under test commits"),
            rows: 0,
            prepared: Vec::new(),
            completed: Snapshot::default(),
            checkpoint_id: 0,
        };
        job.restore(2);
        job
    }

    fn restore(&mut self, parallelism: u32) {
        self.writers.clear();
        self.rows = self.completed.rows;
        self.prepared.clear();
        self.commit(self.completed.committables.len());
        for subtask in 0..parallelism {
            let mine = |(index, _): &(usize, &Value)| *index as u32 % parallelism == subtask;
            let restored = self.completed.writer_state.iter().enumerate().filter(mine);
            let context = WriterContext {
                subtask,
                parallelism,
                checkpointing: true,
                restored: restored.map(|(_, item)| item.clone()).collect(),
                ..WriterContext::default()
            };
            let writer = connector(&self.spec.connector).create_writer(self.spec, &context);
            self.writers.push(writer.unwrap());
        }
    }

    fn commit(&mut self, count: usize) {
        let committables = &self.completed.committables[..count];
        assert_eq!(self.committer.commit(committables, Waker::noop()), Ok(Progress::Done));
    }

    fn write(&mut self, rows: usize, writer: Index) {
        let next = self.rows + rows as i32;
        writer.get_mut(&mut self.writers).write(&batch(self.rows..next)).unwrap();
        self.rows = next;
    }

    /// What a checkpoint would hold.
    fn prepare(&mut self) -> Snapshot {
        self.checkpoint_id += 1;
        let mut writer_state = Vec::new();
        for writer in &mut self.writers {
            assert_eq!(writer.flush(Waker::noop()), Ok(Progress::Done));
            let prepared = writer.prepare_commit(self.checkpoint_id).unwrap();
            self.prepared.extend(prepared.committables);
            writer_state.extend(prepared.writer_state);
        }
        Snapshot { rows: self.rows, committables: self.prepared.clone(), writer_state }
    }

    fn complete(&mut self, snapshot: Snapshot) {
        self.completed = snapshot;
        self.prepared.clear();
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Rows(rows, writer) => self.write(*rows, *writer),
            Event::Crash(parallelism) => self.restore(*parallelism),
            Event::Checkpoint(fate) => {
                let snapshot = self.prepare();
                match fate {
                    Fate::Aborted => {}
                    Fate::LostBeforeCompletion => self.restore(2),
                    Fate::Committed => {
                        self.complete(snapshot);
                        self.commit(self.completed.committables.len());
                    }
                    Fate::LostAmidCommit(share) => {
                        self.complete(snapshot);
                        let all = self.completed.committables.len();
                        self.commit(share.index(all + 1));
                        self.restore(1);
                    }
                }
            }
        }
    }

    fn finish(&mut self) {
        for writer in &mut self.writers {
            assert_eq!(writer.finish(Waker::noop()), Ok(Progress::Done));
        }
        let last = self.prepare();
        assert_eq!(last.writer_state, Vec::<Value>::new(), "a writer that has finished has no state");
        self.complete(last);
        for _ in 0..2 {
            self.commit(self.completed.committables.len());
        }
    }
}

/// Runs the suite. `fresh` makes an empty table and what looks at it: `visible` gives the ids of its visible rows.
pub fn check<T>(fresh: impl Fn() -> (T, SinkSpec), visible: impl Fn(&T) -> Vec<i32>) {
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(events in events())| {
        let (place, spec) = fresh();
        let mut job = Job::start(&spec);
        for event in &events {
            job.happen(event);
            let mut seen = BTreeMap::new();
            for id in visible(&place) {
                *seen.entry(id).or_insert(0) += 1;
                prop_assert!(id < job.completed.rows, "row {} of no completed checkpoint is visible", id);
            }
            prop_assert!(seen.values().all(|count| *count == 1), "rows are visible twice: {:?}", seen);
        }
        job.finish();
        let mut ids = visible(&place);
        ids.sort_unstable();
        prop_assert_eq!(ids, (0..job.rows).collect::<Vec<_>>());
    });
}
