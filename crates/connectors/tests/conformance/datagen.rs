//! Generated rows.

use std::task::Waker;

use connectors::ReaderContext;
use dataflow::{SourcePoll, Split, TypeKind};

use crate::recovery_suite;
use crate::source_suite::{self, discover};
use crate::{connector, row, shown, source, table};

#[test]
fn sequences_conform() {
    let physical = row(&[
        ("id", TypeKind::Int),
        ("big", TypeKind::BigInt),
        ("t", TypeKind::TinyInt),
        ("d", TypeKind::Double),
        ("n", TypeKind::Decimal { precision: 5, scale: 2 }),
        ("s", TypeKind::STRING),
    ]);
    let mut options = vec![];
    for (name, start, end) in
        [("id", "1", "5"), ("big", "100", "110"), ("t", "-2", "2"), ("d", "1", "9"), ("n", "1", "9"), ("s", "7", "17")]
    {
        options.push((format!("fields.{name}.kind"), "sequence"));
        options.push((format!("fields.{name}.start"), start));
        options.push((format!("fields.{name}.end"), end));
    }
    let options: Vec<(&str, &str)> = options.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let expected: Vec<String> = (0..5)
        .map(|k| {
            format!(
                "{{\"id\":{},\"big\":{},\"t\":{},\"d\":{}.0,\"n\":{},\"s\":\"{}\"}}",
                k + 1,
                k + 100,
                k - 2,
                k + 1,
                k + 1,
                k + 7
            )
        })
        .collect();
    source_suite::check(&source(table("datagen", &physical, &options)), &expected);
    let counted = [&options[..], &[("number-of-rows", "3")]].concat();
    let counted = source(table("datagen", &physical, &counted));
    source_suite::check(&counted, &expected[..3]);
    recovery_suite::check(&source(table("datagen", &physical, &options)));
    recovery_suite::check(&counted);
    recovery_suite::refuses_foreign_snapshots(&counted);
}

#[test]
fn random_values_keep_to_their_options() {
    let physical = row(&[
        ("v", TypeKind::Int),
        ("t", TypeKind::TinyInt),
        ("f", TypeKind::Float),
        ("d", TypeKind::Decimal { precision: 4, scale: 1 }),
        ("b", TypeKind::Boolean),
        ("s", TypeKind::STRING),
        ("c", TypeKind::Char { length: 3 }),
        ("y", TypeKind::BYTES),
        ("day", TypeKind::Date),
        ("time", TypeKind::Time { precision: 0 }),
        ("ts", TypeKind::timestamp(3)),
        ("ltz", TypeKind::timestamp_ltz(9)),
        ("a", TypeKind::Array(Box::new(TypeKind::Int.nullable()))),
        ("m", TypeKind::Map(Box::new(TypeKind::STRING.nullable()), Box::new(TypeKind::Int.nullable()))),
        ("r", TypeKind::Row(row(&[("x", TypeKind::Int)]))),
        ("n", TypeKind::Int),
    ]);
    let options = [
        ("number-of-rows", "300"),
        ("fields.v.min", "5"),
        ("fields.v.max", "7"),
        ("fields.f.min", "0"),
        ("fields.f.max", "1"),
        ("fields.d.min", "-1.5"),
        ("fields.d.max", "1.5"),
        ("fields.s.length", "4"),
        ("fields.s.var-len", "true"),
        ("fields.a.length", "2"),
        ("fields.a.element.min", "1"),
        ("fields.a.element.max", "1"),
        ("fields.m.key.length", "1"),
        ("fields.r.x.min", "9"),
        ("fields.r.x.max", "9"),
        ("fields.n.null-rate", "0.5"),
        ("fields.ts.max-past", "1 d"),
    ];
    let rows = source_suite::read(&source(table("datagen", &physical, &options)), 1, 100).unwrap();
    let rows: Vec<serde_json::Value> =
        rows.into_values().flatten().map(|row| serde_json::from_str(&row).unwrap()).collect();
    assert_eq!(rows.len(), 300);
    let all = |test: &dyn Fn(&serde_json::Value) -> bool| rows.iter().all(test);
    assert!(all(&|row| (5..=7).contains(&row["v"].as_i64().unwrap())));
    assert!(all(&|row| (0.0..1.0).contains(&row["f"].as_f64().unwrap())));
    assert!(all(&|row| (-1.5..=1.5).contains(&row["d"].as_f64().unwrap())));
    assert!(all(&|row| (1..=4).contains(&row["s"].as_str().unwrap().len()) && row["c"].as_str().unwrap().len() == 3));
    assert!(all(&|row| row["a"] == serde_json::json!([1, 1]) && row["r"] == serde_json::json!({"x": 9})));
    assert!(all(&|row| row["m"].as_object().is_some_and(|map| (1..=3).contains(&map.len()))));
    let distinct =
        |key: &str| rows.iter().map(|row| row[key].to_string()).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!((distinct("v"), distinct("b")), (3, 2));
    let nulls = rows.iter().filter(|row| row["n"].is_null()).count();
    assert!((75..225).contains(&nulls), "{nulls} of 300 at a rate of one half");
}

#[test]
fn random_rows_are_the_same_after_a_restore() {
    let ints = TypeKind::Array(Box::new(TypeKind::Int.nullable()));
    let physical = row(&[
        ("v", TypeKind::BigInt),
        ("b", TypeKind::Boolean),
        ("d", TypeKind::Decimal { precision: 20, scale: 1 }),
        ("f", TypeKind::Double),
        ("s", TypeKind::STRING),
        ("y", TypeKind::BYTES),
        ("a", ints.clone()),
        ("m", TypeKind::Map(Box::new(TypeKind::STRING.nullable()), Box::new(TypeKind::Int.nullable()))),
        ("r", TypeKind::Row(row(&[("x", TypeKind::Int), ("a", ints)]))),
        ("id", TypeKind::Int),
    ]);
    let nulls = ["v", "b", "s", "a", "r", "a.element", "r.x"].map(|name| (format!("fields.{name}.null-rate"), "0.3"));
    let mut options: Vec<(&str, &str)> = nulls.iter().map(|(key, rate)| (key.as_str(), *rate)).collect();
    options.extend([("number-of-rows", "9000"), ("rows-per-second", "1000000"), ("fields.s.var-len", "true")]);
    options.extend([("fields.id.kind", "sequence"), ("fields.id.start", "0"), ("fields.id.end", "8999")]);
    let spec = source(table("datagen", &physical, &options));
    let factory = connector(&spec.connector);
    let splits = discover(factory.create_enumerator(&spec, 1).unwrap().as_mut()).unwrap();
    // Reads on from these splits: so many polls, each of so many rows.
    let read = |splits: &[Split], polls: usize, max_rows: usize| {
        let mut reader = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
        reader.add_splits(splits.to_vec()).unwrap();
        let mut rows = Vec::new();
        for _ in 0..polls {
            match reader.poll(max_rows, Waker::noop()).unwrap() {
                SourcePoll::Batch { batch, .. } => rows.extend(shown(&batch, &spec.read_type())),
                _ => break,
            }
        }
        (rows, reader.snapshot().unwrap())
    };
    let (whole, _) = read(&splits, usize::MAX, 10_000);
    assert_eq!(whole.len(), 9_000);
    for (polls, max_rows) in [(0, 1), (1, 1), (3, 70), (4, 2_047), (1, 10_000), (9, 999)] {
        let (mut rows, snapshot) = read(&splits, polls, max_rows);
        rows.extend(read(&snapshot, usize::MAX, 3_000).0);
        assert!(rows == whole, "restored behind {polls} polls of {max_rows} rows");
    }
    let other = discover(factory.create_enumerator(&spec, 1).unwrap().as_mut()).unwrap();
    assert_ne!(read(&other, 1, 10).0, whole[..10], "another run has other rows");
}

#[test]
fn the_rate_holds_rows_back_until_the_next_second() {
    let physical = row(&[("v", TypeKind::Int)]);
    let spec = source(table("datagen", &physical, &[("rows-per-second", "5")]));
    let factory = connector(&spec.connector);
    assert!(!factory.source(&spec.connector).unwrap().bounded);
    let mut enumerator = factory.create_enumerator(&spec, 1).unwrap();
    let mut reader = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
    reader.add_splits(discover(enumerator.as_mut()).unwrap()).unwrap();
    reader.no_more_splits();
    let SourcePoll::Batch { batch, .. } = reader.poll(100, Waker::noop()).unwrap() else { panic!("rows come at once") };
    assert_eq!(batch.num_rows(), 5);
    assert!(matches!(reader.poll(100, Waker::noop()).unwrap(), SourcePoll::Pending));
}
