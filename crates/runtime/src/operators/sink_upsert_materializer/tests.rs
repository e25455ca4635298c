//! The operator against changelogs recorded from Flink 2.3, and with snapshots, restores and too little memory against the one that has neither.

use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::SinkUpsertMaterializerSpec;
use dataflow::{Operator, RowType, TypeKind};
use proptest::prelude::*;
use state::KeyedStateContext;

use super::SinkUpsertMaterializer;
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::{batch, process, row_type};

/// `k`, the primary key, `u`, the upsert key, and `v`.
fn rows() -> RowType {
    row_type(&[("k", TypeKind::BigInt), ("u", TypeKind::Int), ("v", TypeKind::STRING)])
}

fn spec(upsert_key: Option<Vec<usize>>) -> SinkUpsertMaterializerSpec {
    SinkUpsertMaterializerSpec { primary_key: vec![0], upsert_key, state_ttl_ms: 0 }
}

fn make(
    spec: &SinkUpsertMaterializerSpec,
    clock: Clock,
) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, _| Box::new(SinkUpsertMaterializer::new(spec, &rows(), clock.clone(), context).unwrap())
}

fn run(spec: &SinkUpsertMaterializerSpec, lines: &[&str]) -> Vec<String> {
    let mut operator = make(spec, Clock::System)(Default::default(), &Default::default());
    process(operator.as_mut(), 0, batch(&rows(), lines), &rows()).unwrap()
}

/// Counts by key `u`, written by count: what `SELECT u, COUNT(*)` gives a table with PRIMARY KEY (count).
const COUNTS: [&str; 9] = [
    "+I 1|100|a",
    "+I 1|101|a",
    "-U 1|100|a",
    "+U 2|100|a",
    "+I 1|102|a",
    "-U 1|101|a",
    "+U 2|101|a",
    "-D 1|102|a",
    "-D 2|101|a",
];

#[test]
fn the_newest_row_of_a_primary_key_wins() {
    let expected = ["+I 1|100|a", "+U 1|101|a", "+I 2|100|a", "+U 1|102|a", "+U 2|101|a", "-D 1|102|a", "+U 2|100|a"];
    assert_eq!(run(&spec(Some(vec![1])), &COUNTS), expected);
    assert_eq!(run(&spec(None), &COUNTS), expected, "rows as a whole tell the same here");
}

#[test]
fn an_upsert_key_replaces_and_a_row_is_added() {
    let lines = ["+I 1|7|a", "+U 1|7|b", "-U 1|7|a", "-D 1|7|b"];
    assert_eq!(run(&spec(Some(vec![1])), &lines), ["+I 1|7|a", "+U 1|7|b", "-D 1|7|a"]);
    assert_eq!(run(&spec(None), &lines), ["+I 1|7|a", "+U 1|7|b", "-D 1|7|b"]);
}

#[test]
fn what_is_not_there_is_ignored() {
    assert!(run(&spec(None), &["-D 1|7|a", "-U 2|7|a"]).is_empty());
    assert_eq!(run(&spec(None), &["+I 1|NULL|NULL", "-D 1|0|NULL"]), ["+I 1|NULL|NULL"]);
}

#[test]
fn rows_expire() {
    let spec = SinkUpsertMaterializerSpec { state_ttl_ms: 100, ..spec(Some(vec![1])) };
    for (backend, tiny) in PLACES {
        let clock = ManualClock::at_millis(1_000);
        let make = make(&spec, clock.clock());
        let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(rows(), vec![0])], rows());
        subtasks.process(0, &batch(&rows(), &["+I 1|7|a", "+I 2|7|a"]));
        clock.advance(Duration::from_millis(60));
        subtasks.process(0, &batch(&rows(), &["+U 2|7|b"]));
        subtasks.restart(CHECKPOINT, 1);
        clock.advance(Duration::from_millis(60));
        let emitted = subtasks.process(0, &batch(&rows(), &["+U 1|7|c", "+U 2|7|c"]));
        assert_eq!(emitted, ["+I 1|7|c", "+U 2|7|c"], "the row of 1 was not written for 120 ms");
    }
}

/// What subtasks emit has no order among them.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_restore_changes_nothing(
        place in 0..PLACES.len(),
        with_key in any::<bool>(),
        steps in prop::collection::vec((
            prop::collection::vec((0u8..4, 0u8..3, 0u8..3, any::<bool>()), 1..12),
            prop::option::of((any::<bool>(), 1u32..5)),
        ), 1..8),
    ) {
        let spec = spec(with_key.then(|| vec![1]));
        let make = make(&spec, Clock::System);
        let inputs = vec![(rows(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, state::StateBackend::HashMap, false, inputs.clone(), rows());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs, rows());
        for (changes, restart) in steps {
            let line = |(key, upsert, value, taken): &(u8, u8, u8, bool)| {
                format!("{} {key}|{upsert}|v{value}", if *taken { "-D" } else { "+I" })
            };
            let lines: Vec<String> = changes.iter().map(line).collect();
            let rows = batch(&rows(), &lines);
            prop_assert_eq!(sorted(restored.process(0, &rows)), sorted(plain.process(0, &rows)));
            if let Some((savepoint, parallelism)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
    }
}
