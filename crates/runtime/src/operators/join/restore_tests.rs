//! The operator with snapshots, restores and too little memory against the one that has neither.

use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::JoinSpec;
use dataflow::{Operator, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use proptest::sample::Index;
use state::{KeyedStateContext, StateBackend};

use super::Join;
use super::tests::{ALL, spec};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::{batch, row_type};

fn make(spec: &JoinSpec) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, _| Box::new(Join::new(spec, &EvalContext::default(), context).unwrap())
}

/// Key, value, and which of the rows there are is taken back instead.
type Change = (Option<u8>, i8, Option<Index>);

fn lines(changes: Vec<Change>, known: &mut Vec<String>) -> Vec<String> {
    let line = |(key, value, retracted): Change| match retracted {
        Some(index) if !known.is_empty() => format!("-D {}", known.swap_remove(index.index(known.len()))),
        _ => {
            let key = key.map_or("NULL".to_owned(), |key| format!("k{key}"));
            let row = format!("{key}|{}", if value == 0 { "NULL".to_owned() } else { value.to_string() });
            known.push(row.clone());
            format!("+I {row}")
        }
    };
    changes.into_iter().map(line).collect()
}

fn input(value: &str) -> RowType {
    row_type(&[("k", TypeKind::STRING), (value, TypeKind::BigInt)])
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
            prop::collection::vec((prop::option::weighted(0.9, 0u8..5), -2i8..3, prop::option::of(any::<Index>())), 1..12),
            prop::option::of((any::<bool>(), 1u32..5)),
        ), 1..12),
    ) {
        let spec = spec(join_type, input("v"), input("w"), condition.then_some((1, 3)));
        let make = make(&spec);
        let inputs = vec![(spec.left.clone(), vec![0]), (spec.right.clone(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), spec.output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs.clone(), spec.output.clone());
        let mut known: [Vec<String>; 2] = Default::default();
        for (input, changes, restart) in steps {
            let rows = batch(&inputs[input].0, &lines(changes, &mut known[input]));
            // The order of different subtasks is nobody's.
            let (mut found, mut expected) = (restored.process(input, &rows), plain.process(input, &rows));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
            if let Some((savepoint, parallelism)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
    }
}
