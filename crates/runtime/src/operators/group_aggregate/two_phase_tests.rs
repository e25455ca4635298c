//! Two phases against groups kept in a plain map: whatever subtask of the first phase a row comes to; what takes it back comes to the same, later.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;

use common::clock::Clock;
use dataflow::operator_spec::{
    GlobalGroupAggregateSpec, GroupAggregateSpec, LocalGroupAggregateSpec, MiniBatch, partial_field,
};
use dataflow::{AggregateCall, Operator, RowType, StreamElement, TypeKind};
use proptest::prelude::*;

use super::tests::{Table, pairs, spec};
use super::{GroupAggregate, LocalGroupAggregate};
use crate::operators::testing::{Collected, batch, row_type};

/// COUNT(*), SUM(v), MAX(v) and COUNT(DISTINCT v).
fn with_distinct(local_size: u64) -> GroupAggregateSpec {
    let mut spec = spec(&[0]);
    spec.aggregates.push(AggregateCall {
        function: "COUNT".to_owned(),
        args: vec![1],
        distinct: true,
        filter: None,
        ty: TypeKind::BigInt.not_null(),
    });
    spec.output.fields.extend(row_type(&[("d", TypeKind::BigInt)]).fields);
    spec.input_retracts = true;
    spec.mini_batch = Some(MiniBatch { size: local_size });
    spec
}

struct TwoPhases {
    locals: Vec<LocalGroupAggregate>,
    global: GroupAggregate,
    output: RowType,
}

impl TwoPhases {
    fn new(spec: &GroupAggregateSpec, subtasks: usize) -> Self {
        let mut partials = pairs().project(&spec.keys);
        partials.fields.push(partial_field());
        let local = LocalGroupAggregateSpec { aggregate: spec.clone(), output: partials.clone() };
        let global = GlobalGroupAggregateSpec { aggregate: spec.clone(), local_input: pairs() };
        Self {
            locals: (0..subtasks).map(|_| LocalGroupAggregate::new(&local, &pairs()).unwrap()).collect(),
            global: GroupAggregate::global(&global, &partials, Clock::System, Default::default()).unwrap(),
            output: spec.output.clone(),
        }
    }

    /// What comes out when a subtask of the first phase does this.
    fn run(&mut self, subtask: usize, act: impl FnOnce(&mut LocalGroupAggregate, &mut Collected)) -> Vec<String> {
        let (mut between, mut out) = (Collected::default(), Collected::default());
        act(&mut self.locals[subtask], &mut between);
        for element in between.elements {
            match element {
                StreamElement::Batch(batch) => self.global.process(0, batch, &mut out).unwrap(),
                StreamElement::Watermark(watermark) => self.global.on_watermark(watermark, &mut out).unwrap(),
                _ => unreachable!(),
            }
        }
        out.take(&self.output)
    }
}

#[test]
fn bundles_end_by_size_and_by_watermark() {
    let mut two = TwoPhases::new(&with_distinct(2), 1);
    let mut process = |rows: &[&str]| two.run(0, |local, out| local.process(0, batch(&pairs(), rows), out).unwrap());
    assert!(process(&["+I x|1"]).is_empty());
    assert!(process(&["+I x|3"]).is_empty(), "one row of the first phase");
    assert_eq!(process(&["+I y|1", "+I y|1"]), ["+I x|2|4|3|2", "+I y|2|2|1|1"]);
    assert!(process(&["-D y|1"]).is_empty());
    assert_eq!(
        two.run(0, |local, out| local.on_watermark(7, out).unwrap()),
        ["-U y|2|2|1|1", "+U y|1|1|1|1", "watermark 7"]
    );
}

fn expected<'a>(rows: impl Iterator<Item = &'a (u8, Option<i32>)>) -> BTreeMap<String, String> {
    let mut groups: BTreeMap<u8, Vec<Option<i32>>> = BTreeMap::new();
    rows.for_each(|(key, value)| groups.entry(*key).or_default().push(*value));
    let text = |value: Option<i32>| value.map_or("NULL".to_owned(), |value| value.to_string());
    let row = |(key, values): (u8, Vec<Option<i32>>)| {
        let known: Vec<i32> = values.iter().flatten().copied().collect();
        let sum = (!known.is_empty()).then(|| known.iter().sum());
        let distinct: BTreeSet<i32> = known.iter().copied().collect();
        let max = distinct.last().copied();
        (format!("k{key}"), format!("{}|{}|{}|{}", values.len(), text(sum), text(max), distinct.len()))
    };
    groups.into_iter().map(row).collect()
}

proptest! {
    #[test]
    fn the_table_is_that_of_a_plain_map(
        batches in prop::collection::vec(
            (prop::collection::vec((0u8..4, prop::option::of(-5i32..5), prop::option::of(any::<prop::sample::Index>())), 1..12),
             0usize..3),
            1..12),
        size in 1u64..20,
    ) {
        let spec = with_distinct(size);
        let mut two = TwoPhases::new(&spec, 3);
        let (mut all, mut table) = ([Vec::new(), Vec::new(), Vec::new()], Table::default());
        for (changes, subtask) in batches {
            let rows = &mut all[subtask];
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
            let emitted = two.run(subtask, |local, out| local.process(0, batch(&pairs(), &lines), out).unwrap());
            emitted.iter().for_each(|line| table.apply(line));
        }
        for subtask in 0..3 {
            let emitted = two.run(subtask, |local, out| {
                local.finish(Waker::noop(), out).unwrap();
            });
            emitted.iter().for_each(|line| table.apply(line));
        }
        let mut out = Collected::default();
        two.global.finish(Waker::noop(), &mut out).unwrap();
        out.take(&spec.output).iter().for_each(|line| table.apply(line));
        prop_assert_eq!(&table.0, &expected(all.iter().flatten()));
    }
}
