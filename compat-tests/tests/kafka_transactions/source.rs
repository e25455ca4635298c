//! The source: where it goes on, which partitions it knows, and what it tells the group.

use std::collections::BTreeSet;
use std::task::Waker;
use std::time::{Duration, Instant};

use connectors::{ReaderContext, WriterContext, factory};
use dataflow::operator_spec::{ReadColumn, SourceSpec};
use dataflow::{SourcePoll, SourceReader, Split};

use crate::attempt::{Attempt, batch, exactly_once, sink, table, wait};
use crate::cluster::{create_topic, group_offsets, grow_topic};

fn source(topic: &str, options: &[(&str, &str)]) -> SourceSpec {
    let read = (0..2).map(ReadColumn::Physical).collect();
    SourceSpec { connector: table(topic, options), read, projection: None, watermark: None }
}

/// The splits that an enumerator finds, restored from `from`, and its state afterwards.
fn discover(spec: &SourceSpec, from: Option<serde_json::Value>) -> (Vec<Split>, serde_json::Value) {
    let kafka = factory("kafka").expect("the connector is there");
    let mut enumerator = kafka.create_enumerator(spec, 1).expect("an enumerator");
    if let Some(from) = from {
        enumerator.restore(from).expect("it restores");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let splits = runtime.block_on(enumerator.discover()).expect("partitions");
    (splits, enumerator.snapshot().expect("a snapshot"))
}

fn reader(spec: &SourceSpec, splits: Vec<Split>) -> Box<dyn SourceReader> {
    let kafka = factory("kafka").expect("the connector is there");
    let mut reader = kafka.create_reader(spec, &ReaderContext::default()).expect("a reader");
    reader.add_splits(splits).expect("splits");
    reader
}

/// Reads at least `rows` rows, in batches of 7; or to the end, when the source ends.
fn read(reader: &mut dyn SourceReader, rows: usize) -> Vec<i32> {
    let (mut ids, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(30));
    while ids.len() < rows {
        assert!(Instant::now() < deadline, "{} rows instead of {rows}", ids.len());
        match reader.poll(7, Waker::noop()).expect("it reads") {
            SourcePoll::Batch { batch, .. } => {
                let column = batch.column(0).as_any().downcast_ref::<arrow_array::Int32Array>().expect("INT");
                ids.extend(column.values());
            }
            SourcePoll::SplitFinished(_) => {}
            SourcePoll::Pending => std::thread::sleep(Duration::from_millis(1)),
            SourcePoll::EndOfInput => return ids,
        }
    }
    ids
}

fn produce(topic: &str, ids: std::ops::Range<i32>) {
    let kafka = factory("kafka").expect("the connector is there");
    let spec = sink(topic, &[("sink.partitioner", "round-robin")]);
    let context = WriterContext { parallelism: 1, ..WriterContext::default() };
    let mut writer = kafka.create_writer(&spec, &context).expect("a writer");
    writer.write(&batch(ids)).expect("it writes");
    wait(|waker| writer.finish(waker)).expect("it ends");
}

#[test]
fn a_source_goes_on_behind_what_it_has_returned_and_tells_the_group() {
    create_topic("positions", 3);
    produce("positions", 0..300);
    let spec = source("positions", &[("scan.startup.mode", "earliest-offset"), ("properties.group.id", "told")]);
    let (splits, known) = discover(&spec, None);
    let mut first = reader(&spec, splits);
    let mut ids = read(first.as_mut(), 100);
    let snapshot = first.snapshot().expect("a snapshot");
    let positions: Vec<Option<i64>> = snapshot.iter().map(|split| split.payload["start"]["at"].as_i64()).collect();
    assert_eq!(positions.iter().flatten().sum::<i64>(), ids.len() as i64, "{positions:?}");
    assert_eq!(group_offsets("told", "positions", 3), [None; 3], "nothing is told before the checkpoint is complete");
    // What is read later is no part of it.
    read(first.as_mut(), 50);
    first.checkpoint_completed(&snapshot);
    let deadline = Instant::now() + Duration::from_secs(10);
    while group_offsets("told", "positions", 3) != positions {
        assert!(Instant::now() < deadline, "the group does not know {positions:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(first);
    // Another partition comes up; it is read from its beginning, and the others go on.
    grow_topic("positions", 4);
    produce("positions", 300..400);
    let latest = source("positions", &[("scan.startup.mode", "latest-offset"), ("properties.group.id", "told")]);
    let (new, _) = discover(&latest, Some(known));
    assert_eq!(new.iter().map(|split| split.id.as_str()).collect::<Vec<_>>(), ["positions-3"]);
    let mut second = reader(&latest, [snapshot, new].concat());
    let left = 400 - ids.len();
    ids.extend(read(second.as_mut(), left));
    assert_eq!((ids.len(), ids.iter().copied().collect::<BTreeSet<_>>()), (400, (0..400).collect()));
}

#[test]
fn the_group_is_not_told_when_that_is_switched_off() {
    create_topic("untold", 1);
    produce("untold", 0..10);
    let options = [
        ("scan.startup.mode", "earliest-offset"),
        ("properties.group.id", "untold"),
        ("properties.commit.offsets.on.checkpoint", "false"),
    ];
    let spec = source("untold", &options);
    let mut reader = reader(&spec, discover(&spec, None).0);
    read(reader.as_mut(), 10);
    let snapshot = reader.snapshot().expect("a snapshot");
    reader.checkpoint_completed(&snapshot);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(group_offsets("untold", "untold", 1), [None]);
}

#[test]
fn a_bounded_source_leaves_finished_partitions_out_and_honours_the_isolation_level() {
    create_topic("bounded", 2);
    let mut attempt = Attempt::start(&exactly_once("bounded", &[("sink.partitioner", "round-robin")]), (0, 1), None);
    attempt.wait_until_ready().expect("it connects");
    attempt.write(0..100);
    attempt.complete(1);
    attempt.write(100..200);
    attempt.flush().expect("it writes");
    let read_with = |isolation: &str| {
        let options = [
            ("scan.startup.mode", "earliest-offset"),
            ("scan.bounded.mode", "latest-offset"),
            ("properties.isolation.level", isolation),
        ];
        let spec = source("bounded", &options);
        let (splits, known) = discover(&spec, None);
        let mut reader = reader(&spec, splits);
        reader.no_more_splits();
        let mut ids = read(reader.as_mut(), 30);
        let snapshot = reader.snapshot().expect("a snapshot");
        assert!(discover(&spec, Some(known)).0.is_empty(), "nothing is new");
        let mut restored = self::reader(&spec, snapshot);
        restored.no_more_splits();
        ids.extend(read(restored.as_mut(), usize::MAX));
        assert_eq!(restored.snapshot().expect("a snapshot"), []);
        ids.sort_unstable();
        ids
    };
    assert_eq!(read_with("read_committed"), Vec::from_iter(0..100));
    assert_eq!(read_with("read_uncommitted"), Vec::from_iter(0..200));
}
