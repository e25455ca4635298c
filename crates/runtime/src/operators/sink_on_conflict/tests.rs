//! The operator against what Flink 2.3 gives, and with snapshots, restores and too little memory against the one that has neither.

use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{ConflictBehavior, WatermarkCompactingSinkMaterializerSpec, watermark_field};
use dataflow::{Operator, RowType, TypeKind};
use proptest::prelude::*;
use state::KeyedStateContext;

use super::WatermarkCompactingSinkMaterializer;
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::{Collected, batch, row_type};

/// `k`, the primary key, and `u`, the upsert key.
fn rows() -> RowType {
    row_type(&[("k", TypeKind::BigInt), ("u", TypeKind::STRING)])
}

fn input() -> RowType {
    let mut input = rows();
    input.fields.push(watermark_field());
    input
}

fn spec(behavior: ConflictBehavior) -> WatermarkCompactingSinkMaterializerSpec {
    WatermarkCompactingSinkMaterializerSpec {
        primary_key: vec![0],
        primary_key_names: vec!["c".to_owned()],
        upsert_key: Some(vec![1]),
        behavior,
        output: rows(),
    }
}

/// Counts by `u`, written by count, as recorded: the watermark passes each change.
const COUNTS: [&[&str]; 9] = [
    &["+I 1|a"],
    &["+I 1|b"],
    &["-U 1|a", "+U 2|a"],
    &["+I 1|c"],
    &["-U 1|b", "+U 2|b"],
    &["-U 2|a", "+U 3|a"],
    &["-U 1|c", "+U 2|c"],
    &["+I 1|d"],
    &["+I 1|NULL"],
];

fn run(behavior: ConflictBehavior) -> Result<Vec<String>, String> {
    let mut operator = WatermarkCompactingSinkMaterializer::new(&spec(behavior), Default::default()).unwrap();
    let mut out = Collected::default();
    let mut emitted = Vec::new();
    for (time, changes) in COUNTS.iter().enumerate() {
        let lines: Vec<String> = changes.iter().map(|line| format!("{line}|{time}")).collect();
        operator.process(0, batch(&input(), &lines), &mut out).unwrap();
        operator.on_watermark(time as i64, &mut out).map_err(|failure| failure.message)?;
        emitted.extend(out.take(&rows()).into_iter().filter(|line| !line.starts_with("watermark")));
    }
    Ok(emitted)
}

#[test]
fn the_first_row_stays() {
    let expected = ["+I 1|a", "-D 1|a", "+I 2|a", "+I 1|c", "-D 2|a", "+I 3|a", "-D 1|c", "+I 2|c", "+I 1|d"];
    assert_eq!(run(ConflictBehavior::Nothing).unwrap(), expected);
}

#[test]
fn two_rows_are_an_error() {
    let message = run(ConflictBehavior::Error).unwrap_err();
    assert!(message.contains("Conflicting key: [c=1]. Use ON CONFLICT DO NOTHING"), "{message}");
}

#[test]
fn changes_wait_for_their_watermark() {
    let mut operator =
        WatermarkCompactingSinkMaterializer::new(&spec(ConflictBehavior::Error), Default::default()).unwrap();
    let mut out = Collected::default();
    // The row that takes 1|a back comes by another way, later.
    operator.process(0, batch(&input(), &["+I 1|a|5", "+U 1|b|20"]), &mut out).unwrap();
    operator.on_watermark(10, &mut out).unwrap();
    operator.process(0, batch(&input(), &["-U 1|a|20"]), &mut out).unwrap();
    operator.on_watermark(20, &mut out).unwrap();
    assert_eq!(out.take(&rows()), ["+I 1|a", "watermark 10", "+U 1|b", "watermark 20"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_restore_changes_nothing(
        place in 0..PLACES.len(),
        steps in prop::collection::vec((
            prop::collection::vec((any::<bool>(), 0i64..5, 0u8..3), 0..8),
            prop::option::of((any::<bool>(), 1u32..5)),
        ), 1..8),
    ) {
        let spec = spec(ConflictBehavior::Nothing);
        let make = |context: KeyedStateContext, _: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(WatermarkCompactingSinkMaterializer::new(&spec, context).unwrap())
        };
        let inputs = vec![(input(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, state::StateBackend::HashMap, false, inputs.clone(), rows());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs, rows());
        for (time, (changes, restart)) in steps.into_iter().enumerate() {
            let line = |(added, key, upsert): &(bool, i64, u8)| {
                format!("{} {key}|u{upsert}|{time}", if *added { "+I" } else { "-D" })
            };
            let lines = batch(&input(), &changes.iter().map(line).collect::<Vec<_>>());
            prop_assert!(plain.process(0, &lines).is_empty());
            prop_assert!(restored.process(0, &lines).is_empty());
            if let Some((savepoint, parallelism)) = restart {
                restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
            }
            let (mut expected, mut found) = (plain.advance(time as i64), restored.advance(time as i64));
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
