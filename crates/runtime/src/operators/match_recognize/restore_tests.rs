//! Patterns with snapshots, restores at other parallelisms and too little memory, against the same ones that have none of these.

use dataflow::Operator;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{AfterMatch, MatchSpec, SortField};
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use super::tests::{against, operator, rows_type, spec, variable, with_last};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::batch;

/// Key, value and time.
type Row = (u8, Option<i32>, i64);

/// Rows, how far the watermark moves behind them, and a restart: whether by a savepoint, and at what parallelism.
type Step = (Vec<Row>, i64, Option<(bool, u32)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let row = (0u8..6, prop::option::weighted(0.9, 0i32..10), 0i64..30);
    prop::collection::vec(
        (prop::collection::vec(row, 1..14), 0i64..8, prop::option::of((any::<bool>(), 1u32..5))),
        1..9,
    )
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn specs() -> Vec<MatchSpec> {
    let (one, many, few) = ((1, Some(1)), (1, None), (0, Some(3)));
    let fall = vec![
        variable("A", one, false, Some(against(0, ">", 3))),
        variable("B", many, true, Some(with_last(1, "<", 0))),
        variable("C", one, false, Some(with_last(2, ">", 1))),
    ];
    let choice = vec![
        variable("A", one, false, None),
        variable("B", few, false, Some(against(1, ">", 1))),
        variable("C", one, false, Some(against(2, "<", 7))),
    ];
    let mut ordered = spec(fall.clone(), AfterMatch::ToFirst(1), None);
    ordered.order = vec![SortField { column: 1, descending: true, nulls_first: false }];
    vec![
        spec(fall.clone(), AfterMatch::PastLastRow, None),
        spec(fall, AfterMatch::ToNextRow, Some(12)),
        spec(choice.clone(), AfterMatch::ToLast(2), None),
        spec(choice, AfterMatch::ToNextRow, Some(5)),
        ordered,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn matches_are_the_same(place in 0..PLACES.len(), number in 0usize..5, steps in steps()) {
        let spec = specs().swap_remove(number);
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(operator(&spec, context, restored))
        };
        let inputs = vec![(rows_type(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), spec.output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs, spec.output.clone());
        let mut watermark = 0;
        for (rows, advance, restart) in steps {
            let line = |(key, value, time): Row| {
                let value = value.map_or("NULL".to_owned(), |value| value.to_string());
                format!("+I k{key}|{value}|1970-01-01 00:00:00.{:03}", watermark.max(10) - 10 + time)
            };
            let rows = batch(&rows_type(), &rows.into_iter().map(line).collect::<Vec<_>>());
            prop_assert_eq!(sorted(restored.process(0, &rows)), sorted(plain.process(0, &rows)));
            watermark += advance;
            prop_assert_eq!(sorted(restored.advance(watermark)), sorted(plain.advance(watermark)));
            if let Some((savepoint, parallelism)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
                // The generators of watermarks are no state, and begin with an earlier one.
                prop_assert!(restored.advance((watermark - 5).max(0)).is_empty());
            }
        }
        prop_assert_eq!(sorted(restored.advance(10_000)), sorted(plain.advance(10_000)));
    }
}
