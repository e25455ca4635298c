//! What holds for every source: splits are found once and finished once, rows come in order and whole, the end comes at the end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use connectors::ReaderContext;
use dataflow::operator_spec::SourceSpec;
use dataflow::{Failure, SourcePoll, SourceReader, Split, SplitAssignment, SplitEnumerator};

use crate::{connector, shown};

/// Wakes the thread that drives a reader.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Rows by split, in order.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Looks for splits.
pub fn discover(enumerator: &mut dyn SplitEnumerator) -> Result<Vec<Split>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(enumerator.discover())
}

/// Reads a bounded source to its end with so many readers.
pub fn read(spec: &SourceSpec, parallelism: u32, max_rows: usize) -> Result<Rows, Failure> {
    let factory = connector(&spec.connector);
    let mut enumerator = factory.create_enumerator(spec, parallelism)?;
    let mut splits = VecDeque::from(discover(enumerator.as_mut())?);
    assert!(enumerator.discovery_interval().is_none(), "a bounded source looks for splits once");
    let mut readers = Vec::new();
    for subtask in 0..parallelism {
        let context = ReaderContext { subtask, parallelism, ..ReaderContext::default() };
        readers.push(factory.create_reader(spec, &context)?);
    }
    if enumerator.assignment() == SplitAssignment::Fixed {
        for (index, split) in splits.drain(..).enumerate() {
            readers[index % parallelism as usize].add_splits(vec![split])?;
        }
    }
    let mut rows = Rows::new();
    for reader in &mut readers {
        drive(reader.as_mut(), spec, max_rows, &mut splits, &mut rows)?;
    }
    Ok(rows)
}

fn drive(
    reader: &mut dyn SourceReader,
    spec: &SourceSpec,
    max_rows: usize,
    splits: &mut VecDeque<Split>,
    rows: &mut Rows,
) -> Result<(), Failure> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let schema = spec.read_type().arrow_schema();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut finished = BTreeSet::new();
    let mut ended_input = false;
    loop {
        if reader.wants_split() {
            match splits.pop_front() {
                Some(split) => reader.add_splits(vec![split])?,
                None => reader.no_more_splits(),
            }
        } else if !ended_input && splits.is_empty() {
            reader.no_more_splits();
            ended_input = true;
        }
        match reader.poll(max_rows, &waker)? {
            SourcePoll::Batch { split, batch } => {
                assert!(!finished.contains(&split), "rows of split {split} come after its end");
                assert!(
                    (1..=max_rows).contains(&batch.num_rows()),
                    "{} rows, {max_rows} were asked for",
                    batch.num_rows()
                );
                assert_eq!(batch.rows().schema(), schema);
                assert!(batch.kinds().is_none(), "an append-only source emits inserts");
                rows.entry(split.to_string()).or_default().extend(shown(&batch, &spec.read_type()));
            }
            SourcePoll::SplitFinished(split) => {
                assert!(finished.insert(split.clone()), "split {split} is finished twice");
                rows.entry(split.to_string()).or_default();
            }
            SourcePoll::Pending => {
                assert!(Instant::now() < deadline, "the reader does not come to an end");
                std::thread::park_timeout(Duration::from_secs(1));
            }
            SourcePoll::EndOfInput => {
                assert!(matches!(reader.poll(max_rows, &waker)?, SourcePoll::EndOfInput), "the end stays the end");
                return Ok(());
            }
        }
    }
}

/// Runs the suite on a bounded source whose rows are the same at each run; `expected` are the rows of all splits, sorted.
pub fn check(spec: &SourceSpec, expected: &[String]) {
    let ability = connector(&spec.connector).source(&spec.connector).expect("the options of the test are valid");
    assert!(ability.bounded);
    splits_are_found_once(spec);
    a_reader_without_splits_waits_then_ends(spec);
    for parallelism in [1, 3] {
        let rows = read(spec, parallelism, 1_000).expect("the source of the test can be read");
        let mut all: Vec<String> = rows.values().flatten().cloned().collect();
        all.sort();
        assert_eq!(all, expected, "with {parallelism} readers");
        let in_small_batches = read(spec, parallelism, 1).expect("the source of the test can be read");
        assert_eq!(in_small_batches, rows, "the size of the batches changes nothing");
    }
    a_projection_is_a_part_of_the_rows(spec);
}

fn splits_are_found_once(spec: &SourceSpec) {
    let mut enumerator = connector(&spec.connector).create_enumerator(spec, 2).expect("the options are valid");
    let splits = discover(enumerator.as_mut()).expect("there are splits");
    let ids: BTreeSet<&str> = splits.iter().map(|split| split.id.as_str()).collect();
    assert_eq!(ids.len(), splits.len(), "ids are unique");
    assert_eq!(discover(enumerator.as_mut()).expect("there are still splits"), [], "a split is returned once");
}

fn a_reader_without_splits_waits_then_ends(spec: &SourceSpec) {
    let mut reader =
        connector(&spec.connector).create_reader(spec, &ReaderContext::default()).expect("the options are valid");
    assert!(matches!(reader.poll(10, Waker::noop()), Ok(SourcePoll::Pending)));
    reader.no_more_splits();
    assert!(!reader.wants_split());
    assert!(matches!(reader.poll(10, Waker::noop()), Ok(SourcePoll::EndOfInput)));
}

/// Reading the last column alone, and none at all, gives as many rows.
fn a_projection_is_a_part_of_the_rows(spec: &SourceSpec) {
    let all = read(spec, 1, 7).expect("the source of the test can be read");
    let last = spec.read.len() - 1;
    let name = spec.read_type().fields[last].name.clone();
    let one = SourceSpec { read: vec![spec.read[last].clone()], ..spec.clone() };
    let marker = format!("\"{name}\":");
    let expected: Rows = all
        .iter()
        .map(|(split, rows)| {
            let column = |row: &String| format!("{{{}", &row[row.find(&marker).expect("each row has each column")..]);
            (split.clone(), rows.iter().map(column).collect())
        })
        .collect();
    assert_eq!(read(&one, 1, 7).expect("a column can be read alone"), expected);
    let none = SourceSpec { read: vec![], ..spec.clone() };
    let counts = |rows: &Rows| rows.iter().map(|(split, rows)| (split.clone(), rows.len())).collect::<Vec<_>>();
    assert_eq!(counts(&read(&none, 1, 7).expect("rows can be counted")), counts(&all));
}
