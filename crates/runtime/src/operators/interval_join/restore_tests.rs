//! The operator with snapshots and restores against the one that has neither.

use common::clock::Clock;
use dataflow::Operator;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::IntervalJoinSpec;
use expr::EvalContext;
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use super::IntervalJoin;
use super::tests::{ALL, row, spec};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::batch;

fn make(spec: &IntervalJoinSpec) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, _| Box::new(IntervalJoin::new(spec, &EvalContext::default(), Clock::System, context).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_restore_changes_nothing(
        place in 0..PLACES.len(),
        join_type in prop::sample::select(&ALL[..]),
        condition in any::<bool>(),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((prop::option::weighted(0.9, 0u8..5), 0i8..3, 0i64..9), 1..9),
            0i64..4,
            prop::option::of((any::<bool>(), 1u32..5, any::<bool>())),
        ), 1..12),
    ) {
        let spec = spec(join_type, -3_000, 2_000, condition);
        let make = make(&spec);
        let inputs = vec![(spec.join.left.clone(), vec![0]), (spec.join.right.clone(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let output = &spec.join.output;
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs.clone(), output.clone());
        let mut watermark = 100;
        // When an expired row is swept out depends on when its key was last looked at.
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        for (input, rows, advance, restart) in steps {
            let lines: Vec<String> = rows.into_iter().map(|(key, value, ahead)| {
                let key = key.map_or("NULL".to_owned(), |key| key.to_string());
                row("+I", &format!("{key}|{value}"), watermark + 1 + ahead)
            }).collect();
            let rows = batch(&inputs[input].0, &lines);
            // Rows come between barrier and failure, and again.
            if let Some((savepoint, parallelism, true)) = restart {
                restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, input, &rows);
            }
            found.extend(restored.process(input, &rows));
            expected.extend(plain.process(input, &rows));
            watermark += advance;
            found.extend(restored.advance(watermark * 1000));
            expected.extend(plain.advance(watermark * 1000));
            if let Some((savepoint, parallelism, false)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
        found.extend(restored.advance(1_000_000));
        expected.extend(plain.advance(1_000_000));
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}
