//! The operator with snapshots and restores against the one that has neither.

use dataflow::Operator;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{JoinType, TemporalJoinSpec};
use expr::EvalContext;
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use super::TemporalJoin;
use super::tests::spec;
use crate::operators::interval_join::tests::row;
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::batch;

fn make(spec: &TemporalJoinSpec) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, _| Box::new(TemporalJoin::new(spec, &EvalContext::default(), context).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_restore_changes_nothing(
        place in 0..PLACES.len(),
        join_type in prop::sample::select(vec![JoinType::Inner, JoinType::Left]),
        condition in any::<bool>(),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((prop::option::weighted(0.9, 0u8..5), 0i8..3, 0i64..9, any::<bool>()), 1..9),
            0i64..4,
            prop::option::of((any::<bool>(), 1u32..5, any::<bool>())),
        ), 1..12),
    ) {
        let spec = spec(join_type, condition);
        let make = make(&spec);
        let inputs = vec![(spec.join.left.clone(), vec![0]), (spec.join.right.clone(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let output = &spec.join.output;
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs.clone(), output.clone());
        let mut watermark = 100;
        let sorted = |mut lines: Vec<String>| { lines.sort(); lines };
        for (input, rows, advance, restart) in steps {
            let lines: Vec<String> = rows.into_iter().map(|(key, value, ahead, removed)| {
                let key = key.map_or("NULL".to_owned(), |key| key.to_string());
                let kind = if removed && input == 1 { "-D" } else { "+I" };
                row(kind, &format!("{key}|{value}"), watermark + 1 + ahead)
            }).collect();
            let rows = batch(&inputs[input].0, &lines);
            // Rows come between barrier and failure, and again.
            if let Some((savepoint, parallelism, true)) = restart {
                restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, input, &rows);
            }
            prop_assert!(restored.process(input, &rows).is_empty());
            prop_assert!(plain.process(input, &rows).is_empty());
            watermark += advance;
            prop_assert_eq!(sorted(restored.advance(watermark * 1000)), sorted(plain.advance(watermark * 1000)));
            if let Some((savepoint, parallelism, false)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
        prop_assert_eq!(sorted(restored.advance(1_000_000)), sorted(plain.advance(1_000_000)));
    }
}
