//! What holds for every source that is stopped anywhere and goes on from its snapshot: what was read before and after is the whole, once.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::{Duration, Instant};

use connectors::ReaderContext;
use dataflow::operator_spec::SourceSpec;
use dataflow::{SourcePoll, SourceReader, Split, SplitAssignment, SplitEnumerator};
use proptest::prelude::*;

use crate::source_suite::{self, Rows, discover};
use crate::{connector, shown};

/// Where a run is stopped and how it goes on.
#[derive(Debug, Clone)]
struct Cut {
    /// Polls before the stop, in turn by all readers.
    polls: usize,
    /// Number of readers and size of batches before it.
    before: (u32, usize),
    /// And after it.
    after: (u32, usize),
}

fn cuts() -> impl Strategy<Value = Cut> {
    (0usize..40, (1u32..4, 1usize..6), (1u32..4, 1usize..6)).prop_map(|(polls, before, after)| Cut {
        polls,
        before,
        after,
    })
}

/// What a checkpoint holds of a source.
#[derive(serde::Serialize, serde::Deserialize)]
struct Snapshot {
    enumerator: serde_json::Value,
    /// Those of the readers, and those that no reader has had yet.
    splits: Vec<Split>,
}

/// A source with all its readers.
struct Run<'a> {
    spec: &'a SourceSpec,
    enumerator: Box<dyn SplitEnumerator>,
    waiting: VecDeque<Split>,
    readers: Vec<Box<dyn SourceReader>>,
    rows: Rows,
}

impl<'a> Run<'a> {
    fn start(spec: &'a SourceSpec, parallelism: u32, from: Option<Snapshot>) -> Self {
        let factory = connector(&spec.connector);
        let mut enumerator = factory.create_enumerator(spec, parallelism).unwrap();
        let mut splits = Vec::new();
        let restored = from.is_some();
        if let Some(snapshot) = from {
            enumerator.restore(snapshot.enumerator).unwrap();
            splits = snapshot.splits;
        }
        let found = discover(enumerator.as_mut()).unwrap();
        assert!(!restored || found.is_empty(), "a bounded source that was restored finds {found:?} anew");
        splits.extend(found);
        let context = |subtask| ReaderContext { subtask, parallelism, ..ReaderContext::default() };
        let mut readers: Vec<_> =
            (0..parallelism).map(|subtask| factory.create_reader(spec, &context(subtask)).unwrap()).collect();
        let mut waiting = VecDeque::from(splits);
        if enumerator.assignment() == SplitAssignment::Fixed {
            for (index, split) in waiting.drain(..).enumerate() {
                readers[index % parallelism as usize].add_splits(vec![split]).unwrap();
            }
            readers.iter_mut().for_each(|reader| reader.no_more_splits());
        }
        Self { spec, enumerator, waiting, readers, rows: Rows::new() }
    }

    /// Lets a reader do something; false when it has ended.
    fn poll(&mut self, subtask: usize, max_rows: usize) -> bool {
        let reader = &mut self.readers[subtask];
        if reader.wants_split() {
            match self.waiting.pop_front() {
                Some(split) => reader.add_splits(vec![split]).unwrap(),
                None => reader.no_more_splits(),
            }
        }
        match reader.poll(max_rows, Waker::noop()).unwrap() {
            SourcePoll::Batch { split, batch } => {
                let rows = shown(&batch, &self.spec.read_type());
                self.rows.entry(split.to_string()).or_default().extend(rows);
            }
            SourcePoll::SplitFinished(split) => {
                self.rows.entry(split.to_string()).or_default();
            }
            SourcePoll::Pending => std::thread::sleep(Duration::from_millis(1)),
            SourcePoll::EndOfInput => return false,
        }
        true
    }

    /// As it comes back from the disk.
    fn snapshot(&self) -> Snapshot {
        let readers = self.readers.iter().flat_map(|reader| reader.snapshot().unwrap());
        let splits = readers.chain(self.waiting.iter().cloned()).collect();
        let snapshot = Snapshot { enumerator: self.enumerator.snapshot().unwrap(), splits };
        serde_json::from_str(&serde_json::to_string(&snapshot).unwrap()).unwrap()
    }
}

/// The rows of a run that was stopped and restored.
fn read_across(spec: &SourceSpec, cut: &Cut) -> Rows {
    let mut run = Run::start(spec, cut.before.0, None);
    for poll in 0..cut.polls {
        run.poll(poll % cut.before.0 as usize, cut.before.1);
    }
    let (snapshot, mut rows) = (run.snapshot(), run.rows);
    let mut run = Run::start(spec, cut.after.0, Some(snapshot));
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut running: Vec<usize> = (0..cut.after.0 as usize).collect();
    while !running.is_empty() {
        assert!(Instant::now() < deadline, "the readers do not come to an end");
        running.retain(|&subtask| run.poll(subtask, cut.after.1));
    }
    assert_eq!(run.snapshot().splits, [], "nothing is left of a source that has ended");
    for (split, more) in run.rows {
        rows.entry(split).or_default().extend(more);
    }
    rows
}

/// Runs the suite on a bounded source whose rows are the same at each run.
pub fn check(spec: &SourceSpec) {
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let whole = [1, 2, 3].map(|parallelism| source_suite::read(spec, parallelism, 100).unwrap());
    proptest!(config, |(cut in cuts())| {
        prop_assert_eq!(read_across(spec, &cut), whole[cut.before.0 as usize - 1].clone());
    });
}

/// Restoring what another source has written is refused.
pub fn refuses_foreign_snapshots(spec: &SourceSpec) {
    let mut enumerator = connector(&spec.connector).create_enumerator(spec, 1).unwrap();
    let refused = enumerator.restore(serde_json::json!("of another source")).unwrap_err();
    assert!(!refused.retry && refused.message.contains("is not one of the"), "{refused:?}");
}
