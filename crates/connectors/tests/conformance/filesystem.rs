//! Files as sources and sinks.

use std::fs;
use std::path::Path;

use connectors::ReaderContext;
use dataflow::operator_spec::{ConnectorSpec, ReadColumn, SinkSpec, SourceSpec};
use dataflow::{Field, Progress, SourcePoll, TypeKind};
use tempfile::TempDir;

use crate::exactly_once_suite;
use crate::recovery_suite;
use crate::sink_suite::{self, batch, rows};
use crate::source_suite::{self, discover};
use crate::{connector, row, sink, source, table};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn csv(path: &Path) -> ConnectorSpec {
    table("filesystem", &rows(), &[("path", path.to_str().unwrap()), ("format", "csv")])
}

/// The rows of a bounded source, sorted, without their splits.
fn read(spec: &SourceSpec) -> Vec<String> {
    let mut rows: Vec<String> = source_suite::read(spec, 1, 100).unwrap().into_values().flatten().collect();
    rows.sort();
    rows
}

#[test]
fn a_folder_conforms() {
    let folder = folder(&[
        ("a.csv", "1,a\n2,b\n"),
        ("b.csv", "3,c"),
        ("empty.csv", ""),
        (".hidden.csv", "9,hidden\n"),
        ("_tmp.csv", "8,under\n"),
        ("sub/c.csv", "4,d\n"),
        ("_sub/d.csv", "7,under\n"),
    ]);
    let expected: Vec<String> = [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
        .map(|(id, name)| format!("{{\"id\":{id},\"name\":\"{name}\"}}"))
        .into();
    source_suite::check(&source(csv(folder.path())), &expected);
    let uri = format!("file://{}", folder.path().join("a.csv").display());
    let file = table("filesystem", &rows(), &[("path", &uri), ("format", "csv")]);
    source_suite::check(&source(file), &expected[..2]);
}

#[test]
fn a_table_for_lookups_is_read_as_a_whole() {
    let folder = folder(&[("a.csv", "1,a\n2,b\n"), ("b.csv", "3,c")]);
    let plain = csv(folder.path());
    let mut lookup = plain.clone();
    lookup.options.insert("lookup.cache".into(), "FULL".into());
    let is_lookup = |table: &ConnectorSpec| connector(table).is_lookup(table).unwrap();
    assert!(!is_lookup(&plain), "as in Flink, which has no lookups in files");
    assert!(is_lookup(&lookup));
    let batches = connector(&lookup).read_lookup(&source(lookup.clone()), &ReaderContext::default()).unwrap();
    let found: Vec<String> = batches.iter().flat_map(|batch| crate::shown(batch, &rows())).collect();
    let expected = [(1, "a"), (2, "b"), (3, "c")].map(|(id, name)| format!("{{\"id\":{id},\"name\":\"{name}\"}}"));
    assert_eq!(found, expected);
    lookup.options.insert("source.monitor-interval".into(), "1 s".into());
    assert!(!is_lookup(&lookup), "a table that grows would have to be read again");
    lookup.options.insert("path".into(), folder.path().join("none").display().to_string());
    let failure = connector(&lookup).read_lookup(&source(lookup), &ReaderContext::default()).unwrap_err();
    assert!(failure.message.contains("does not exist"), "{}", failure.message);
}

#[test]
fn files_go_on_where_they_were_left() {
    let folder = folder(&[
        ("p=1/bom.csv", "\u{feff}1,\"a\nb\"\n2,\"\"\"\n\n\"\"\"\n\n3,\"é,\"\n"),
        ("p=2/mixed.csv", "x,y\n4,d\r\nx,y\n5,\"e\r\ne\"\r\n"),
        ("p=2/open.csv", "6,f\n7,g"),
        ("p=3/empty.csv", ""),
    ]);
    let physical = row(&[("id", TypeKind::Int), ("name", TypeKind::STRING), ("p", TypeKind::Int)]);
    let options = [("path", folder.path().to_str().unwrap()), ("format", "csv"), ("csv.ignore-parse-errors", "true")];
    let mut spec = table("filesystem", &physical, &options);
    spec.partition_keys = vec!["p".into()];
    let mut spec = source(spec);
    let name = Field::new("file", TypeKind::STRING.nullable());
    spec.read.push(ReadColumn::Metadata { key: "file.name".into(), field: name });
    assert_eq!(read(&spec).len(), 10, "a blank line and lines that cannot be read are rows of NULL");
    recovery_suite::check(&spec);
    recovery_suite::refuses_foreign_snapshots(&spec);

    let lines: String = (0..12).map(|id| format!("{{\"id\":{id},\"name\":\"a\\nb\"}}\n\n")).collect();
    fs::write(folder.path().join("a.json"), lines).unwrap();
    let path = folder.path().join("a.json");
    let json = table("filesystem", &rows(), &[("path", path.to_str().unwrap()), ("format", "json")]);
    recovery_suite::check(&source(json));
}

#[test]
fn a_file_that_has_become_shorter_is_said() {
    let folder = folder(&[("a.csv", "1,a\n2,b\n")]);
    let spec = source(csv(folder.path()));
    let factory = connector(&spec.connector);
    let mut reader = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
    let mut enumerator = factory.create_enumerator(&spec, 1).unwrap();
    reader.add_splits(discover(enumerator.as_mut()).unwrap()).unwrap();
    assert!(matches!(reader.poll(1, std::task::Waker::noop()), Ok(SourcePoll::Batch { .. })));
    let snapshot = reader.snapshot().unwrap();
    fs::write(folder.path().join("a.csv"), "1\n").unwrap();
    let mut restored = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
    restored.add_splits(snapshot).unwrap();
    let failure = restored.poll(1, std::task::Waker::noop()).unwrap_err();
    assert!(failure.message.contains("was read up to byte 4, but now it has 2 bytes only"), "{failure}");
}

#[test]
fn large_files_conform() {
    // Several pieces of half a megabyte, and a record that is longer than one.
    let mut text: String = (0..60_000).map(|id| format!("{{\"id\":{id},\"name\":\"row number {id}\"}}\n")).collect();
    let long = "x".repeat(1_500_000);
    text.push_str(&format!("{{\"id\":60000,\"name\":\"{long}\"}}\n"));
    let folder = folder(&[("a.json", &text)]);
    let path = folder.path().to_str().unwrap();
    let spec = source(table("filesystem", &rows(), &[("path", path), ("format", "json")]));
    let mut expected: Vec<String> = text.lines().map(str::to_owned).collect();
    expected.sort();
    assert_eq!(read(&spec), expected);
}

#[test]
fn metadata_and_partition_keys_are_columns() {
    let folder = folder(&[("p=1/q=a%2Fb/x.csv", "5\n6\n"), ("p=__DEFAULT_PARTITION__/q=c/x.csv", "7\n")]);
    let physical = row(&[("q", TypeKind::STRING), ("id", TypeKind::Int), ("p", TypeKind::BigInt)]);
    let mut table = table("filesystem", &physical, &[("path", folder.path().to_str().unwrap()), ("format", "csv")]);
    table.partition_keys = vec!["p".into(), "q".into()];
    let name = Field::new("name", TypeKind::STRING.nullable());
    let size = Field::new("size", TypeKind::Int.nullable());
    let mut spec = source(table);
    spec.read.push(ReadColumn::Metadata { key: "file.name".into(), field: name });
    spec.read.push(ReadColumn::Metadata { key: "file.size".into(), field: size });
    assert_eq!(
        read(&spec),
        [
            r#"{"q":"a/b","id":5,"p":1,"name":"x.csv","size":4}"#,
            r#"{"q":"a/b","id":6,"p":1,"name":"x.csv","size":4}"#,
            r#"{"q":"c","id":7,"p":null,"name":"x.csv","size":2}"#,
        ]
    );
    let ability = connector(&spec.connector).source(&spec.connector).unwrap();
    let keys: Vec<&str> = ability.metadata.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["file.path", "file.name", "file.size", "file.modification-time"]);
}

#[test]
fn a_monitored_folder_gives_new_files_only() {
    let folder = folder(&[("a.csv", "1,a\n"), ("skip.txt", "x\n")]);
    let mut table = csv(folder.path());
    table.options.insert("source.monitor-interval".into(), "1 s".into());
    table.options.insert("source.path.regex-pattern".into(), ".*\\.csv".into());
    let factory = connector(&table);
    assert!(!factory.source(&table).unwrap().bounded);
    let spec = source(table);
    let mut enumerator = factory.create_enumerator(&spec, 1).unwrap();
    assert_eq!(enumerator.discovery_interval(), Some(std::time::Duration::from_secs(1)));
    let ids = |enumerator: &mut dyn dataflow::SplitEnumerator| -> Vec<String> {
        discover(enumerator).unwrap().into_iter().map(|split| split.id).collect()
    };
    assert_eq!(ids(enumerator.as_mut()), [format!("file:{}", folder.path().join("a.csv").display())]);
    assert_eq!(ids(enumerator.as_mut()), Vec::<String>::new());
    fs::write(folder.path().join("b.csv"), "2,b\n").unwrap();
    let only_b = [format!("file:{}", folder.path().join("b.csv").display())];
    let mut restored = factory.create_enumerator(&spec, 1).unwrap();
    restored.restore(enumerator.snapshot().unwrap()).unwrap();
    assert_eq!(ids(enumerator.as_mut()), only_b);
    assert_eq!(ids(restored.as_mut()), only_b, "a restored one knows what was given out");
    assert_eq!(ids(restored.as_mut()), Vec::<String>::new());
}

#[test]
fn what_cannot_be_read_names_the_file() {
    let folder = folder(&[("a.csv", "1,a\nx,b\n"), ("b.csv.gz", "")]);
    let failure = |path: &Path| source_suite::read(&source(csv(path)), 1, 100).unwrap_err().one_line();
    assert!(
        failure(&folder.path().join("none")).contains("none of table 'c.d.t' does not exist; check its option 'path'")
    );
    let bad = failure(&folder.path().join("a.csv"));
    let place = format!("line 2 of {} (byte 4): field 'id' is no INT: 'x'", folder.path().join("a.csv").display());
    assert!(bad.contains(&place), "{bad}");
    assert!(failure(&folder.path().join("b.csv.gz")).contains("is compressed"));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_record() {
    let folder = folder(&[("a.csv", "\u{feff}1,a\n2,\u{feff}b\n"), ("empty.csv", "\u{feff}")]);
    let rows = read(&source(csv(folder.path())));
    assert_eq!(rows, [r#"{"id":1,"name":"a"}"#, "{\"id\":2,\"name\":\"\u{feff}b\"}"]);
}

#[test]
fn decode_errors_are_counted() {
    let folder = folder(&[("a.csv", "1,a\nx,b\n1,2,3\n")]);
    let mut table = csv(folder.path());
    table.options.insert("csv.ignore-parse-errors".into(), "true".into());
    let spec = source(table);
    let factory = connector(&spec.connector);
    let mut enumerator = factory.create_enumerator(&spec, 1).unwrap();
    let mut reader = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
    reader.add_splits(discover(enumerator.as_mut()).unwrap()).unwrap();
    while !matches!(reader.poll(100, std::task::Waker::noop()).unwrap(), SourcePoll::SplitFinished(_)) {}
    assert_eq!(reader.decode_errors(), 2);
}

/// All visible files below a folder with their text, and the number of hidden ones.
fn written(folder: &Path) -> (Vec<(String, String)>, usize) {
    let (mut visible, mut hidden) = (Vec::new(), 0);
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if entry.file_name().to_string_lossy().starts_with('.') {
                hidden += 1;
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                visible.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    visible.sort();
    (visible, hidden)
}

#[test]
fn a_written_folder_conforms_as_sink_and_as_source() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "json"] {
        let path = folder.path().join(format);
        let mut table = table("filesystem", &rows(), &[("path", path.to_str().unwrap()), ("format", format)]);
        sink_suite::check(&table);
        let (files, hidden) = written(&path);
        assert_eq!((files.len(), hidden), (4, 0), "one file of each writer that wrote and finished");
        assert!(files.iter().all(|(name, _)| name.starts_with("part-")), "{files:?}");
        if format == "csv" {
            table.options.insert("csv.null-literal".into(), String::new());
        }
        let mut expected: Vec<String> = crate::shown(&batch(0..530), &rows());
        expected.sort();
        source_suite::check(&source(table), &expected);
    }
}

#[test]
fn files_are_hidden_until_the_sink_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = csv(folder.path());
    table.options.insert("sink.rolling-policy.file-size".into(), "100 b".into());
    let mut writer = sink_suite::writer(&sink(table), 1, 2);
    (0..3).for_each(|index| writer.write(&batch(20 * index..20 * index + 20)).unwrap());
    let (visible, hidden) = written(folder.path());
    assert!(visible.is_empty() && hidden >= 3, "{visible:?}, {hidden} hidden");
    assert_eq!(writer.flush(std::task::Waker::noop()), Ok(Progress::Done));
    assert!(written(folder.path()).0.is_empty(), "a barrier makes nothing visible");
    writer.finish(std::task::Waker::noop()).unwrap();
    let (visible, left) = written(folder.path());
    assert_eq!((visible.len(), left), (hidden, 0));
    assert!(visible.iter().all(|(name, _)| name.contains("-1-")), "the subtask is in the names: {visible:?}");
    let lines: usize = visible.iter().map(|(_, text)| text.lines().count()).sum();
    assert_eq!(lines, 60);
}

#[test]
fn partitions_are_folders() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = csv(folder.path());
    table.partition_keys = vec!["name".into()];
    sink_suite::write(&sink(table), &[batch(0..3), batch(1..2)]);
    let (files, _) = written(folder.path());
    let shown: Vec<(String, &str)> =
        files.iter().map(|(name, text)| (name.split('/').next().unwrap().to_owned(), text.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("name=__DEFAULT_PARTITION__".to_owned(), "0\n"),
            ("name=name 1".to_owned(), "1\n1\n"),
            ("name=name 2".to_owned(), "2\n")
        ]
    );
}

#[test]
fn a_sink_on_a_file_is_refused() {
    let folder = folder(&[("a.csv", "1,a\n")]);
    let spec = sink(csv(&folder.path().join("a.csv")));
    let refused = connector(&spec.connector).create_writer(&spec, &connectors::WriterContext::default());
    assert!(refused.err().unwrap().message.contains("is a file, but table 'c.d.t' writes into a folder"));
}

/// An empty table with these options.
fn fresh(partitioned: bool, options: &[(&str, &str)]) -> (TempDir, SinkSpec) {
    // In memory where that can be had: on a disk the suite would wait for thousands of syncs.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let mut table = csv(&folder.path().join("table"));
    table.options.extend(options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    if partitioned {
        table.partition_keys = vec!["name".into()];
    }
    (folder, sink(table))
}

/// The ids in all visible files; the marks of partitions are empty.
fn visible(folder: &TempDir) -> Vec<i32> {
    let (files, _) = written(folder.path());
    let text = files.iter().map(|(_, text)| text.as_str());
    text.flat_map(str::lines).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn rows_of_completed_checkpoints_are_visible_once() {
    let each_check = [("sink.rolling-policy.rollover-interval", "1 ms"), ("sink.rolling-policy.check-interval", "0 s")];
    for options in [&[("sink.rolling-policy.file-size", "60 b")][..], &each_check, &[]] {
        exactly_once_suite::check(|| fresh(false, options), visible);
    }
    let marked = [("sink.partition-commit.policy.kind", "success-file"), ("sink.rolling-policy.file-size", "2 b")];
    exactly_once_suite::check(|| fresh(true, &marked), visible);
}
