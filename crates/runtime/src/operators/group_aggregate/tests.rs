//! The operator against changelogs recorded from Flink 2.3, and against groups kept in a plain map.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::operator_spec::{GroupAggregateSpec, MiniBatch};
use dataflow::{AggregateCall, LogicalType, Operator, RowType, TypeKind};
use proptest::prelude::*;

use super::GroupAggregate;
use crate::operators::testing::{Collected, batch, process, row_type};

fn call(function: &str, args: &[usize], ty: LogicalType) -> AggregateCall {
    AggregateCall { function: function.to_owned(), args: args.to_vec(), distinct: false, filter: None, ty }
}

/// `k`, `v`.
pub(super) fn pairs() -> RowType {
    row_type(&[("k", TypeKind::STRING), ("v", TypeKind::Int)])
}

/// COUNT(*), SUM(v) and MAX(v) over [`pairs`].
pub(super) fn spec(keys: &[usize]) -> GroupAggregateSpec {
    let mut output = pairs().project(keys).fields;
    output.extend(row_type(&[("n", TypeKind::BigInt), ("s", TypeKind::Int), ("m", TypeKind::Int)]).fields);
    GroupAggregateSpec {
        keys: keys.to_vec(),
        aggregates: vec![
            call("COUNT", &[], TypeKind::BigInt.not_null()),
            call("SUM", &[1], TypeKind::Int.nullable()),
            call("MAX", &[1], TypeKind::Int.nullable()),
        ],
        input_retracts: false,
        insert_only_calls: Vec::new(),
        generate_update_before: true,
        mini_batch: None,
        state_ttl_ms: 0,
        output: RowType::new(output),
    }
}

/// The same with one aggregate, or none.
fn only(keys: &[usize], aggregate: Option<usize>) -> GroupAggregateSpec {
    let mut spec = spec(keys);
    let column = |index: usize| spec.output.fields[keys.len() + index].clone();
    let fields = aggregate.map(column);
    spec.output.fields.truncate(keys.len());
    spec.output.fields.extend(fields);
    spec.aggregates = aggregate.map(|index| spec.aggregates[index].clone()).into_iter().collect();
    spec
}

fn run(spec: &GroupAggregateSpec, rows: &[&str]) -> Vec<String> {
    let mut operator = GroupAggregate::new(spec, &pairs(), Clock::System, Default::default()).unwrap();
    process(&mut operator, 0, batch(&pairs(), rows), &spec.output).unwrap()
}

/// The rows of the recorded case `first_group_changelog`.
const ROWS: [&str; 10] =
    ["+I x|5", "+I y|7", "+I x|5", "+I NULL|1", "+I x|NULL", "+I y|-7", "+I NULL|2", "+I z|3", "+I x|1", "+I z|NULL"];

#[test]
fn the_changelog_is_that_of_flink() {
    let mut spec = spec(&[0]);
    spec.aggregates.pop();
    spec.output.fields.pop();
    assert_eq!(
        run(&spec, &ROWS),
        [
            "+I x|1|5",
            "+I y|1|7",
            "-U x|1|5",
            "+U x|2|10",
            "+I NULL|1|1",
            "-U x|2|10",
            "+U x|3|10",
            "-U y|1|7",
            "+U y|2|0",
            "-U NULL|1|1",
            "+U NULL|2|3",
            "+I z|1|3",
            "-U x|3|10",
            "+U x|4|11",
            "-U z|1|3",
            "+U z|2|3",
        ]
    );
}

#[test]
fn rows_that_change_nothing_emit_nothing() {
    let changes = ["+I x|5", "+I y|7", "+I NULL|1", "-U NULL|1", "+U NULL|2", "+I z|3"];
    assert_eq!(run(&only(&[0], Some(2)), &ROWS), changes);
    let distinct = ["+I x", "+I y", "+I NULL", "+I z"];
    assert_eq!(run(&only(&[0], None), &ROWS), distinct);
}

#[test]
fn a_global_aggregate_has_one_row() {
    assert_eq!(run(&only(&[], Some(0)), &ROWS[..3]), ["+I 1", "-U 1", "+U 2", "-U 2", "+U 3"]);
}

#[test]
fn without_update_before() {
    let mut spec = only(&[0], Some(1));
    spec.generate_update_before = false;
    assert_eq!(run(&spec, &ROWS[..3]), ["+I x|5", "+I y|7", "+U x|10"]);
}

#[test]
fn retractions() {
    for (spec, rows, expected) in [
        (
            spec(&[0]),
            vec!["-D x|1", "+I x|1", "+I x|9", "-U x|9", "+U x|4", "-D x|1", "-D x|4", "-D x|4", "+I x|2"],
            vec![
                "+I x|1|1|1",
                "-U x|1|1|1",
                "+U x|2|10|9",
                "-U x|2|10|9",
                "+U x|1|1|1",
                "-U x|1|1|1",
                "+U x|2|5|4",
                "-U x|2|5|4",
                "+U x|1|4|4",
                "-D x|1|4|4",
                "+I x|1|2|2",
            ],
        ),
        (only(&[0], None), vec!["+I x|1", "+I x|1", "-D x|1", "-D x|1", "-D x|1"], vec!["+I x", "-D x"]),
        (only(&[], Some(1)), vec!["+I x|1", "-D x|1", "+I y|3"], vec!["+I 1", "-D 1", "+I 3"]),
    ] {
        let spec = GroupAggregateSpec { input_retracts: true, ..spec };
        assert_eq!(run(&spec, &rows), expected, "in one batch");
        let mut operator = GroupAggregate::new(&spec, &pairs(), Clock::System, Default::default()).unwrap();
        let one_by_one: Vec<String> = rows
            .iter()
            .flat_map(|row| process(&mut operator, 0, batch(&pairs(), &[row]), &spec.output).unwrap())
            .collect();
        assert_eq!(one_by_one, expected, "row by row");
    }
}

#[test]
fn a_mini_batch_emits_one_change_for_each_key() {
    let mut spec = spec(&[0]);
    spec.input_retracts = true;
    spec.mini_batch = Some(MiniBatch { size: 4 });
    let mut operator = GroupAggregate::new(&spec, &pairs(), Clock::System, Default::default()).unwrap();
    let mut out = Collected::default();
    let rows = ["+I x|1", "+I y|2", "-D q|1", "+I x|3", "+I w|1", "-D w|1"];
    operator.process(0, batch(&pairs(), &rows), &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["+I x|2|4|3", "+I y|1|2|2"], "four rows are a bundle");
    operator.process(0, batch(&pairs(), &["-D y|2"]), &mut out).unwrap();
    operator.on_watermark(5, &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["-D y|1|2|2", "watermark 5"]);
    operator.process(0, batch(&pairs(), &["-U x|3", "+U x|3"]), &mut out).unwrap();
    operator.on_watermark(7, &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["watermark 7"]);
    operator.process(0, batch(&pairs(), &["-U x|3", "+U x|0"]), &mut out).unwrap();
    operator.finish(Waker::noop(), &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["-U x|2|4|3", "+U x|2|1|1"]);
}

#[test]
fn state_expires() {
    let mut spec = only(&[0], Some(1));
    spec.state_ttl_ms = 100;
    let clock = ManualClock::at_millis(1_000);
    let mut operator = GroupAggregate::new(&spec, &pairs(), clock.clock(), Default::default()).unwrap();
    let mut out = Collected::default();
    operator.process(0, batch(&pairs(), &["+I x|1", "+I y|1", "+I x|0"]), &mut out).unwrap();
    let unchanged = ["+I x|1", "+I y|1", "-U x|1", "+U x|1"];
    assert_eq!(out.take(&spec.output), unchanged, "an update that changes nothing keeps state alive downstream");
    clock.advance(Duration::from_millis(60));
    operator.process(0, batch(&pairs(), &["+I y|1"]), &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["-U y|1", "+U y|2"]);
    clock.advance(Duration::from_millis(60));
    operator.process(0, batch(&pairs(), &["+I x|5", "+I y|1"]), &mut out).unwrap();
    assert_eq!(out.take(&spec.output), ["+I x|5", "-U y|2", "+U y|3"], "x was not written for 120 ms");
    assert_eq!(operator.next_timer(), Some(1_100));
    operator.on_timer(1_190, &mut out).unwrap();
    assert_eq!(operator.next_timer(), Some(1_290));
    operator.on_timer(1_290, &mut out).unwrap();
    assert!(operator.groups.is_empty());
    assert_eq!(operator.next_timer(), None);
}

/// A table that a changelog is applied to.
#[derive(Default)]
pub(super) struct Table(pub(super) BTreeMap<String, String>);

impl Table {
    /// `+I key|value...`; panics when the changelog contradicts itself.
    pub(super) fn apply(&mut self, line: &str) {
        let (key, values) = line[3..].split_once('|').unwrap();
        match &line[..2] {
            "+I" => assert_eq!(self.0.insert(key.to_owned(), values.to_owned()), None, "{line}"),
            "-U" | "-D" => assert_eq!(self.0.remove(key).as_deref(), Some(values), "{line}"),
            _ => assert_eq!(self.0.insert(key.to_owned(), values.to_owned()), None, "{line}"),
        }
    }
}

fn expected(rows: &[(u8, Option<i32>)]) -> BTreeMap<String, String> {
    let mut groups: BTreeMap<u8, Vec<Option<i32>>> = BTreeMap::new();
    rows.iter().for_each(|(key, value)| groups.entry(*key).or_default().push(*value));
    let text = |value: Option<i32>| value.map_or("NULL".to_owned(), |value| value.to_string());
    let row = |(key, values): (u8, Vec<Option<i32>>)| {
        let known: Vec<i32> = values.iter().flatten().copied().collect();
        let sum = (!known.is_empty()).then(|| known.iter().sum());
        let max = known.iter().max().copied();
        (format!("k{key}"), format!("{}|{}|{}", values.len(), text(sum), text(max)))
    };
    groups.into_iter().map(row).collect()
}

proptest! {
    #[test]
    fn the_table_is_that_of_a_plain_map(
        batches in prop::collection::vec(
            prop::collection::vec((0u8..4, prop::option::of(-5i32..5), prop::option::of(any::<prop::sample::Index>())), 1..12),
            1..12),
        bundle in prop::option::of(1u64..20),
    ) {
        let mut spec = spec(&[0]);
        spec.input_retracts = true;
        spec.mini_batch = bundle.map(|size| MiniBatch { size });
        let mut operator = GroupAggregate::new(&spec, &pairs(), Clock::System, Default::default()).unwrap();
        let (mut rows, mut table, mut out) = (Vec::new(), Table::default(), Collected::default());
        for changes in batches {
            let lines: Vec<String> = changes.into_iter().map(|(key, value, retracted)| {
                let (kind, (key, value)) = match retracted {
                    Some(index) if !rows.is_empty() => ("-D", rows.swap_remove(index.index(rows.len()))),
                    _ => {
                        rows.push((key, value));
                        ("+I", (key, value))
                    }
                };
                format!("{kind} k{key}|{}", value.map_or("NULL".to_owned(), |value| value.to_string()))
            }).collect();
            operator.process(0, batch(&pairs(), &lines), &mut out).unwrap();
            if bundle.is_none() {
                out.take(&spec.output).iter().for_each(|line| table.apply(line));
                prop_assert_eq!(&table.0, &expected(&rows));
            }
        }
        operator.finish(Waker::noop(), &mut out).unwrap();
        out.take(&spec.output).iter().for_each(|line| table.apply(line));
        prop_assert_eq!(&table.0, &expected(&rows));
    }
}

#[test]
fn an_aggregate_of_added_rows_only_does_not_look_at_what_is_taken_back() {
    let spec = GroupAggregateSpec { input_retracts: true, insert_only_calls: vec![2], ..spec(&[0]) };
    let rows = ["+I a|1", "-U a|1", "+U a|3", "-U a|3", "+U a|2"];
    let expected = ["+I a|1|1|1", "-D a|1|1|1", "+I a|1|3|3", "-D a|1|3|3", "+I a|1|2|2"];
    assert_eq!(run(&spec, &rows), expected, "a key without rows begins anew");
    let rows = ["+I a|0", "+I a|3", "-U a|3", "+U a|2", "-D a|2"];
    let expected = [
        "+I a|1|0|0",
        "-U a|1|0|0",
        "+U a|2|3|3",
        "-U a|2|3|3",
        "+U a|1|0|3",
        "-U a|1|0|3",
        "+U a|2|2|3",
        "-U a|2|2|3",
        "+U a|1|0|3",
    ];
    assert_eq!(run(&spec, &rows), expected);
    let spec = GroupAggregateSpec { mini_batch: Some(MiniBatch { size: 5 }), ..spec };
    assert_eq!(run(&spec, &rows), ["+I a|1|0|3"]);
}
