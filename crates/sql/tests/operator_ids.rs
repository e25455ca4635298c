//! Operator ids over changes of a query: kept where the state still fits, others where it does not.

use std::collections::BTreeMap;

use sql::{Outcome, Session};

const TABLES: &str = "
    CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, note STRING, ts TIMESTAMP(3),
        WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
    CREATE TABLE people (id BIGINT, name STRING, city STRING) WITH ('connector' = 'datagen');
    CREATE TABLE a (k BIGINT, v BIGINT) WITH ('connector' = 'blackhole');
    CREATE TABLE b (k BIGINT, v BIGINT) WITH ('connector' = 'blackhole');
    CREATE TABLE wide (k BIGINT, v BIGINT, w STRING) WITH ('connector' = 'blackhole');";

/// The ids of the operators of the last statement, by name; those of one name in order.
fn ids_with(settings: &[(&str, &str)], statement: &str) -> BTreeMap<String, Vec<String>> {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut session = Session::new(settings.collect());
    let text = format!("{TABLES}\n{statement};");
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for statement in sql::parser::parse_script(&text).expect("SQL") {
        let outcome = session.execute(&statement, &text).unwrap_or_else(|error| panic!("{}", error.render(&text)));
        if let Outcome::Insert(graph) = outcome {
            for operator in graph.vertices.iter().flat_map(|vertex| &vertex.operators) {
                let name = operator.name.split('[').next().unwrap_or_default().to_owned();
                ids.entry(name).or_default().push(operator.id.to_string());
            }
        }
    }
    assert!(!ids.is_empty());
    ids
}

fn ids(statement: &str) -> BTreeMap<String, Vec<String>> {
    ids_with(&[], statement)
}

/// What has state. Where an aggregation has two phases it is the second one that has, the same as the only one.
fn stateful(ids: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let without = ["Calc", "MiniBatchAssigner", "LocalGroupAggregate", "LocalWindowAggregate"];
    let kept = ids.into_iter().filter(|(name, _)| !without.contains(&name.as_str()));
    kept.map(|(name, ids)| (name.trim_start_matches("Global").to_owned(), ids)).collect()
}

const COUNTS: &str = "INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE price > 10 GROUP BY auction";
const JOIN: &str = "INSERT INTO wide SELECT auction, price, name FROM bids JOIN people ON bidder = id WHERE price > 10";
const WINDOWS: &str =
    "INSERT INTO a SELECT auction, SUM(price) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' MINUTE)
    GROUP BY auction, window_start, window_end";

#[test]
fn what_changes_no_state_keeps_all_ids() {
    for statement in [COUNTS, JOIN, WINDOWS] {
        let before = ids(statement);
        assert_eq!(ids(statement), before, "the same text");
        let settings = [
            ("parallelism.default", "7"),
            ("pipeline.max-parallelism", "256"),
            ("execution.checkpointing.interval", "3 s"),
            ("table.exec.mini-batch.enabled", "true"),
            ("table.exec.mini-batch.allow-latency", "1 s"),
            ("table.exec.mini-batch.size", "100"),
            ("table.exec.state.ttl", "1 h"),
            ("pipeline.operator-chaining.enabled", "false"),
        ];
        assert_eq!(stateful(ids_with(&settings, statement)), stateful(before), "{statement}");
    }
}

#[test]
fn a_changed_filter_keeps_what_has_state() {
    for statement in [COUNTS, JOIN] {
        let changed = statement.replace("price > 10", "price > 20");
        assert_eq!(stateful(ids(&changed)), stateful(ids(statement)), "{statement}");
    }
    let without = COUNTS.replace("WHERE price > 10 ", "");
    assert_eq!(stateful(ids(&without)), stateful(ids(COUNTS)));
    let filtered =
        "INSERT INTO a SELECT auction, SUM(price) FROM TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' MINUTE)
        WHERE bidder > 5 GROUP BY auction, window_start, window_end";
    assert_eq!(ids(filtered)["GlobalWindowAggregate"], ids(WINDOWS)["GlobalWindowAggregate"]);
}

#[test]
fn a_projection_beside_the_state_keeps_it() {
    let more = "INSERT INTO wide SELECT auction, COUNT(*), UPPER(CAST(auction AS STRING)) FROM bids WHERE price > 10 GROUP BY auction";
    assert_eq!(ids(more)["GroupAggregate"], ids(COUNTS)["GroupAggregate"]);
    assert_eq!(ids(more)["Source: bids"], ids(COUNTS)["Source: bids"]);
    // The source now reads more columns, and the key is another column of what it emits.
    let key_moves = "INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE bidder > 3 AND note <> '' AND price > 10 GROUP BY auction";
    assert_eq!(stateful(ids(key_moves)), stateful(ids(COUNTS)));
    let renamed =
        "INSERT INTO a SELECT x, COUNT(*) FROM (SELECT auction AS x, price FROM bids) WHERE price > 10 GROUP BY x";
    assert_eq!(stateful(ids(renamed)), stateful(ids(COUNTS)));
    let computed = JOIN.replace("SELECT auction, price", "SELECT auction, price * 2");
    assert_eq!(ids(&computed)["Join"], ids(JOIN)["Join"]);
}

#[test]
fn other_state_has_another_id() {
    let aggregate = |statement: &str| ids(statement)["GroupAggregate"].clone();
    let before = aggregate(COUNTS);
    for changed in [
        COUNTS.replace("auction", "bidder"),
        COUNTS.replace("GROUP BY auction", "GROUP BY auction, note"),
        COUNTS.replace("COUNT(*)", "SUM(price)"),
        COUNTS.replace("COUNT(*)", "COUNT(note)"),
        COUNTS.replace("COUNT(*)", "COUNT(DISTINCT bidder)"),
        COUNTS.replace("COUNT(*)", "COUNT(*) FILTER (WHERE price > 3)"),
        COUNTS.replace("COUNT(*)", "COUNT(*) + SUM(price)"),
        "INSERT INTO a SELECT auction, COUNT(*) FROM bids JOIN people ON bidder = id GROUP BY auction".to_owned(),
    ] {
        assert_ne!(aggregate(&changed), before, "{changed}");
        assert_eq!(ids(&changed)["Source: bids"], ids(COUNTS)["Source: bids"], "{changed}");
        assert_eq!(ids(&changed)["Sink: a"], ids(COUNTS)["Sink: a"], "{changed}");
    }
}

#[test]
fn other_windows_and_joins_have_other_ids() {
    for changed in [
        WINDOWS.replace("'1' MINUTE", "'2' MINUTE"),
        WINDOWS.replace("SUM(price)", "MAX(price)"),
        WINDOWS.replace("TUMBLE(TABLE bids, DESCRIPTOR(ts),", "HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '30' SECOND,"),
    ] {
        assert_ne!(ids(&changed)["GlobalWindowAggregate"], ids(WINDOWS)["GlobalWindowAggregate"], "{changed}");
    }
    for changed in [
        JOIN.replace("bidder = id", "auction = id"),
        JOIN.replace("bidder = id", "bidder IS NOT DISTINCT FROM id"),
        JOIN.replace("JOIN", "LEFT JOIN"),
        // The join has to keep one column more.
        JOIN.replace("name", "CONCAT(name, city)"),
    ] {
        assert_ne!(ids(&changed)["Join"], ids(JOIN)["Join"], "{changed}");
    }
    let outer = "INSERT INTO wide SELECT auction, price, name FROM bids LEFT JOIN people ON bidder = id AND price > auction + 10";
    assert_ne!(
        ids(&outer.replace("10", "20"))["Join"],
        ids(outer)["Join"],
        "its matches are counted under the condition"
    );
    let inner = outer.replace("LEFT ", "");
    assert_eq!(ids(&inner.replace("10", "20"))["Join"], ids(&inner)["Join"]);
}

#[test]
fn equal_operators_are_told_apart_by_their_sinks() {
    let first = "INSERT INTO a SELECT auction, COUNT(*) FROM bids WHERE price > 10 GROUP BY auction;";
    let second = "INSERT INTO b SELECT auction, COUNT(*) FROM bids WHERE price < 10 GROUP BY auction;";
    let set = |inserts: [&str; 2]| {
        let ids = ids(&format!("EXECUTE STATEMENT SET BEGIN {} {} END", inserts[0], inserts[1]));
        ids["GroupAggregate"].clone()
    };
    let (one, other) = (set([first, second]), set([second, first]));
    assert_eq!(one.iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
    assert_eq!(one, other.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn ids_are_the_same_in_every_release() {
    // Savepoints of earlier releases are found by ids: whoever changes how they come about has to find the old ones too.
    assert_eq!(ids(COUNTS)["GroupAggregate"], ["e71c8c9957f72f08c739544e16e225ea"]);
}
