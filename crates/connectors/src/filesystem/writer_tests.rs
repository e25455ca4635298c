//! A writer under a clock that stands: when files end and when partitions are told.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use arrow_array::{ArrayRef, Int32Array};
use common::clock::ManualClock;
use common::random::Random;
use dataflow::operator_spec::{ConnectorSpec, NotNullEnforcer, SinkSpec};
use dataflow::{Batch, Field, PreparedCommit, Progress, RowType, SinkWriter, TypeKind};

use super::committable::from_json;
use super::committer::commit;
use super::options::FileTable;
use super::sink_options::SinkOptions;
use super::writer::FileWriter;
use crate::factory::WriterContext;

struct Sink {
    folder: tempfile::TempDir,
    clock: ManualClock,
    writer: FileWriter,
}

impl Sink {
    fn new(options: &[(&str, &str)]) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::at_millis(1_000_000));
        let writer = writer(folder.path(), options, &clock, checkpointing(vec![]));
        Self { folder, clock, writer }
    }

    fn write(&mut self, part: i32, values: &[i32]) {
        let parts = Int32Array::from(vec![part; values.len()]);
        let columns: Vec<ArrayRef> = vec![Arc::new(parts), Arc::new(Int32Array::from(values.to_vec()))];
        self.writer.write(&Batch::from_columns(row().arrow_schema(), columns, None, values.len()).unwrap()).unwrap();
    }

    fn checkpoint(&mut self) -> PreparedCommit {
        assert_eq!(self.writer.flush(Waker::noop()), Ok(Progress::Done));
        self.writer.prepare_commit(1).unwrap()
    }

    /// Takes a checkpoint and commits it; the numbers of committables and of items of state.
    fn commit(&mut self) -> (usize, usize) {
        let prepared = self.checkpoint();
        commit(&from_json(&prepared.committables).unwrap(), "_SUCCESS").unwrap();
        (prepared.committables.len(), prepared.writer_state.len())
    }

    /// What is in the folder of a partition: the lines of visible files, and whether it is marked.
    fn partition(&self, part: i32) -> (Vec<String>, bool) {
        let folder = self.folder.path().join(format!("p={part}"));
        let mut lines = Vec::new();
        for path in fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.file_name().unwrap().to_str().unwrap().starts_with("part-") {
                lines.extend(fs::read_to_string(path).unwrap().lines().map(str::to_owned));
            }
        }
        lines.sort();
        (lines, folder.join("_SUCCESS").exists())
    }
}

fn checkpointing(restored: Vec<serde_json::Value>) -> WriterContext {
    WriterContext { checkpointing: true, restored, ..WriterContext::default() }
}

fn row() -> RowType {
    RowType::new(["p", "v"].map(|name| Field::new(name, TypeKind::Int.nullable())).into())
}

fn writer(path: &Path, options: &[(&str, &str)], clock: &ManualClock, context: WriterContext) -> FileWriter {
    let base = [("path", path.to_str().unwrap()), ("format", "csv")];
    let options = base.iter().chain(options).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let connector = ConnectorSpec {
        table: "t".into(),
        connector: "filesystem".into(),
        options: options.collect(),
        physical: row(),
        partition_keys: vec!["p".into()],
        primary_key: Vec::new(),
    };
    let (table, sink) = (FileTable::read(&connector).unwrap(), SinkOptions::read(&connector).unwrap());
    let not_null = NotNullEnforcer::Error;
    let spec = SinkSpec {
        input: row(),
        metadata: vec![],
        connector,
        primary_key: vec![],
        not_null,
        type_length: Default::default(),
        insert_only: true,
    };
    FileWriter::new(table, sink, &spec, &context, clock.clock(), Random::from_system()).unwrap()
}

#[test]
fn a_file_goes_on_over_checkpoints_until_it_is_old() {
    let mut sink = Sink::new(&[
        ("sink.rolling-policy.rollover-interval", "10 s"),
        ("sink.rolling-policy.inactivity-interval", "4 s"),
        ("sink.rolling-policy.check-interval", "1 s"),
    ]);
    sink.write(1, &[1]);
    assert_eq!(sink.commit(), (0, 1));
    for second in 1..10 {
        sink.clock.advance(Duration::from_secs(1));
        sink.write(1, &[second]);
        assert_eq!(sink.commit(), (0, 1), "after {second} s");
    }
    sink.clock.advance(Duration::from_millis(999));
    assert_eq!(sink.commit(), (0, 1), "not old, and the last look was less than a second ago");
    sink.clock.advance(Duration::from_millis(1));
    assert_eq!(sink.commit(), (1, 0));
    assert_eq!(sink.partition(1).0.len(), 10);
    sink.write(1, &[11]);
    sink.clock.advance(Duration::from_secs(4));
    assert_eq!(sink.commit(), (1, 0), "nothing came for four seconds");
    assert_eq!(sink.partition(1).0.len(), 11);
}

#[test]
fn a_full_file_is_handed_over_with_the_next_checkpoint() {
    let mut sink = Sink::new(&[("sink.rolling-policy.file-size", "4 b")]);
    sink.write(1, &[1, 2, 3, 4]);
    assert_eq!(sink.commit(), (1, 1), "three lines are more than 4 bytes");
    assert_eq!(sink.partition(1), (vec!["1".into(), "2".into(), "3".into()], false));
    sink.write(1, &[5, 6]);
    assert_eq!(sink.commit(), (1, 0), "the second file is full too, whether or not a row follows");
    assert_eq!(sink.partition(1).0.len(), 6);
}

#[test]
fn what_was_in_progress_is_cut_to_the_checkpoint_and_handed_over_by_the_next_writer() {
    let mut sink = Sink::new(&[]);
    sink.write(1, &[1, 2]);
    let state = sink.checkpoint().writer_state;
    sink.write(1, &[3]);
    sink.write(2, &[4]);
    sink.writer.flush(Waker::noop()).unwrap();
    sink.writer = writer(sink.folder.path(), &[], &sink.clock, checkpointing(state));
    assert_eq!(sink.partition(1).0, Vec::<String>::new());
    assert_eq!(sink.commit(), (1, 0));
    assert_eq!((sink.partition(1).0, sink.partition(2).0), (vec!["1".into(), "2".into()], vec![]));
    assert_eq!(fs::read_dir(sink.folder.path().join("p=2")).unwrap().count(), 0, "no checkpoint knew of that file");
}

#[test]
fn without_checkpoints_what_was_restored_is_visible_at_the_end() {
    let mut sink = Sink::new(&[]);
    sink.write(1, &[1, 2]);
    let state = sink.checkpoint().writer_state;
    sink.writer =
        writer(sink.folder.path(), &[], &sink.clock, WriterContext { restored: state, ..WriterContext::default() });
    sink.write(1, &[3]);
    assert_eq!(sink.writer.finish(Waker::noop()), Ok(Progress::Done));
    assert_eq!(sink.partition(1).0.len(), 3);
}

#[test]
fn a_partition_is_told_behind_its_files_and_again_when_more_comes() {
    let options = [("sink.partition-commit.policy.kind", "success-file"), ("sink.partition-commit.delay", "5 s")];
    let mut sink = Sink::new(&options);
    sink.write(1, &[1]);
    assert_eq!(sink.commit(), (0, 2), "a file in progress, and a partition that waits");
    sink.clock.advance(Duration::from_millis(5_001));
    sink.write(2, &[2]);
    assert_eq!(sink.commit(), (2, 2));
    assert_eq!((sink.partition(1), sink.partition(2)), ((vec!["1".into()], true), (vec![], false)));

    let state = sink.checkpoint().writer_state;
    sink.writer = writer(sink.folder.path(), &options, &sink.clock, checkpointing(state));
    sink.write(1, &[3]);
    sink.clock.advance(Duration::from_secs(4));
    assert_eq!(sink.commit(), (1, 3), "the file of the writer before; the partition still waits");
    sink.clock.advance(Duration::from_secs(2));
    assert_eq!(sink.commit(), (3, 0), "both partitions, and the file of the first");
    assert_eq!((sink.partition(1).0.len(), sink.partition(2)), (2, (vec!["2".into()], true)));
}

#[test]
fn all_partitions_are_told_at_the_end() {
    let mut sink =
        Sink::new(&[("sink.partition-commit.policy.kind", "success-file"), ("sink.partition-commit.delay", "1 d")]);
    sink.write(7, &[1]);
    assert_eq!(sink.writer.finish(Waker::noop()), Ok(Progress::Done));
    assert_eq!(sink.partition(7), (vec![], false), "the last checkpoint is still to come");
    assert_eq!(sink.commit(), (2, 0));
    assert_eq!(sink.partition(7), (vec!["1".into()], true));
}

#[test]
fn a_partition_is_told_when_the_watermark_is_past_its_time() {
    let mut sink = Sink::new(&[
        ("sink.partition-commit.policy.kind", "success-file"),
        ("sink.partition-commit.trigger", "partition-time"),
        ("sink.partition-commit.delay", "1 s"),
        ("partition.time-extractor.timestamp-pattern", "1970-01-01 00:00:0$p"),
    ]);
    sink.write(1, &[1]);
    sink.write(2, &[2]);
    sink.writer.on_watermark(2_000);
    sink.clock.advance(Duration::from_secs(60));
    assert_eq!(sink.commit(), (0, 4), "two files in progress, two partitions that wait");
    sink.writer.on_watermark(2_001);
    assert_eq!(sink.commit(), (2, 2));
    assert_eq!((sink.partition(1), sink.partition(2)), ((vec!["1".into()], true), (vec![], false)));
}
