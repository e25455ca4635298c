//! What is particular to the Nexmark source: the same events at any parallelism, whichever columns are read.

use std::collections::BTreeMap;
use std::task::Waker;

use connectors::ReaderContext;
use dataflow::operator_spec::SourceSpec;
use dataflow::{RowType, SourcePoll, TypeKind};
use serde_json::Value;

use crate::source_suite::{self, discover};
use crate::{connector, recovery_suite, row, source, table};

fn long() -> TypeKind {
    TypeKind::BigInt
}

fn text() -> TypeKind {
    TypeKind::STRING
}

fn time() -> TypeKind {
    TypeKind::timestamp(3)
}

/// The benchmark's columns.
fn events() -> RowType {
    let person = row(&[
        ("id", long()),
        ("name", text()),
        ("emailAddress", text()),
        ("creditCard", text()),
        ("city", text()),
        ("state", text()),
        ("dateTime", time()),
        ("extra", text()),
    ]);
    let auction = row(&[
        ("id", long()),
        ("itemName", text()),
        ("description", text()),
        ("initialBid", long()),
        ("reserve", long()),
        ("dateTime", time()),
        ("expires", time()),
        ("seller", long()),
        ("category", long()),
        ("extra", text()),
    ]);
    let bid = row(&[
        ("auction", long()),
        ("bidder", long()),
        ("price", long()),
        ("channel", text()),
        ("url", text()),
        ("dateTime", time()),
        ("extra", text()),
    ]);
    let event = |name, kind| (name, TypeKind::Row(kind));
    row(&[("event_type", TypeKind::Int), event("person", person), event("auction", auction), event("bid", bid)])
}

fn nexmark(options: &[(&str, &str)]) -> SourceSpec {
    source(table("nexmark", &events(), options))
}

/// All events by one reader, in order.
fn read(spec: &SourceSpec) -> Vec<String> {
    source_suite::read(spec, 1, 1_000).unwrap().into_values().flatten().collect()
}

#[test]
fn the_suites_hold() {
    let spec = nexmark(&[("events.num", "230")]);
    let mut expected = read(&spec);
    assert_eq!(expected.len(), 230);
    expected.sort();
    source_suite::check(&spec, &expected);
    let few = nexmark(&[("events.num", "40"), ("bid.proportion", "3")]);
    recovery_suite::check(&few);
    recovery_suite::refuses_foreign_snapshots(&few);
}

#[test]
fn events_follow_the_rules_of_the_benchmark() {
    let events: Vec<Value> =
        read(&nexmark(&[("events.num", "20000")])).iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let of = |kind: usize, name: &str| -> Vec<Value> {
        let made: Vec<Value> =
            events.iter().filter(|row| row["event_type"] == kind).map(|row| row[name].clone()).collect();
        assert!(events.iter().all(|row| (row["event_type"] == kind) != row[name].is_null()));
        made
    };
    let (people, auctions, bids) = (of(0, "person"), of(1, "auction"), of(2, "bid"));
    assert_eq!((people.len(), auctions.len(), bids.len()), (400, 1_200, 18_400));
    let number = |row: &Value, field: &str| row[field].as_i64().unwrap();
    assert!(people.iter().zip(1_000..).all(|(person, id)| number(person, "id") == id));
    assert!(auctions.iter().zip(1_000..).all(|(auction, id)| number(auction, "id") == id));
    assert!(auctions.iter().all(|auction| number(auction, "reserve") > number(auction, "initialBid")));
    assert!(auctions.iter().all(|auction| auction["expires"].as_str() > auction["dateTime"].as_str()));
    assert_eq!(bids.last().unwrap()["dateTime"], "2015-07-15 00:00:01.999");

    // Half of the bids are for hot auctions and three in four by hot bidders; what they refer to exists, or will soon.
    let hot =
        |rows: &[Value], field: &str, rest: i64| rows.iter().filter(|row| number(row, field) % 100 == rest).count();
    assert!((9_000..9_700).contains(&hot(&bids, "auction", 0)), "{} hot auctions", hot(&bids, "auction", 0));
    assert!((13_600..14_300).contains(&hot(&bids, "bidder", 1)), "{} hot bidders", hot(&bids, "bidder", 1));
    assert!((860..960).contains(&hot(&auctions, "seller", 0)), "{} hot sellers", hot(&auctions, "seller", 0));
    assert!(bids.iter().all(|bid| (1_000..2_210).contains(&number(bid, "auction"))));

    // A channel has one address; half of the bids come through four of them, and one in ten of the others does not name itself.
    let mut addresses: BTreeMap<&str, &str> = BTreeMap::new();
    for bid in &bids {
        let (channel, url) = (bid["channel"].as_str().unwrap(), bid["url"].as_str().unwrap());
        assert_eq!(*addresses.entry(channel).or_insert(url), url);
    }
    let through = bids.iter().filter(|bid| !bid["channel"].as_str().unwrap().starts_with("channel-")).count();
    assert!((8_800..9_600).contains(&through), "{through} through hot channels");
    let nameless = addresses.values().filter(|url| !url.contains("&channel_id=")).count();
    assert!((450..750).contains(&nameless), "{nameless} of {}", addresses.len());

    // Sizes are those asked for, on average.
    let mean = |rows: &[Value], fields: &[&str]| {
        let bytes = |row: &Value| fields.iter().map(|field| row[*field].as_str().unwrap().len()).sum::<usize>();
        rows.iter().map(bytes).sum::<usize>() / rows.len()
    };
    let person = mean(&people, &["name", "emailAddress", "creditCard", "city", "state", "extra"]);
    assert!((185..200).contains(&person), "{person}");
    let auction = mean(&auctions, &["itemName", "description", "extra"]);
    assert!((435..455).contains(&auction), "{auction}");
    assert!((66..70).contains(&mean(&bids, &["extra"])));
}

#[test]
fn events_wait_for_their_time() {
    let spec = nexmark(&[("rate.limited", "true"), ("first-event.rate", "2")]);
    let factory = connector(&spec.connector);
    assert!(!factory.source(&spec.connector).unwrap().bounded);
    let mut reader = factory.create_reader(&spec, &ReaderContext::default()).unwrap();
    reader.add_splits(discover(factory.create_enumerator(&spec, 1).unwrap().as_mut()).unwrap()).unwrap();
    let SourcePoll::Batch { batch, .. } = reader.poll(100, Waker::noop()).unwrap() else { panic!("one comes at once") };
    assert_eq!(batch.num_rows(), 1);
    assert!(matches!(reader.poll(100, Waker::noop()).unwrap(), SourcePoll::Pending));
}

#[test]
fn wrong_tables_are_refused() {
    let refused = |physical: &RowType, options: &[(&str, &str)]| {
        let table = table("nexmark", physical, options);
        connector(&table).source(&table).unwrap_err()
    };
    let other = refused(&row(&[("event_type", TypeKind::Int)]), &[]);
    assert!(other.message.contains("are not those of the Nexmark events: (event_type INT)"), "{other:?}");
    assert!(other.hint.unwrap().contains("bid ROW<`auction` BIGINT, `bidder` BIGINT, `price` BIGINT"));
    for (key, value) in [("first-event.rate", "0"), ("bid.hot-ratio.auctions", "0"), ("events.num", "-1")] {
        let error = refused(&events(), &[(key, value)]);
        assert_eq!(error.option.as_deref(), Some(key), "{error:?}");
    }
    let none = [("person.proportion", "0"), ("auction.proportion", "0"), ("bid.proportion", "0")];
    assert!(refused(&events(), &none).message.contains("is 0"));
}
