//! The operator with snapshots, restores, too little memory and inputs that only insert against the one that has none of these, and state that
//! expires.

use std::collections::BTreeMap;
use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{JoinRowIdentity, JoinSpec, JoinType};
use dataflow::{Operator, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use proptest::sample::Index;
use state::{KeyedStateContext, StateBackend};

use super::Join;
use super::tests::{ALL, spec};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::{batch, row_type};

fn make(spec: &JoinSpec, clock: Clock) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, restored| {
        Box::new(Join::new(spec, &EvalContext::default(), clock.clone(), context, restored).unwrap())
    }
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
        append_only in any::<[bool; 2]>(),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((prop::option::weighted(0.9, 0u8..5), -2i8..3, prop::option::of(any::<Index>())), 1..12),
            prop::option::of((any::<bool>(), 1u32..5, any::<bool>())),
        ), 1..12),
    ) {
        let spec = spec(join_type, input("v"), input("w"), condition.then_some((1, 3)));
        let identity = append_only.map(|each| if each { JoinRowIdentity::Each } else { JoinRowIdentity::Whole });
        let appending = JoinSpec { identity, ..spec.clone() };
        let (make_plain, make_appending) = (make(&spec, Clock::System), make(&appending, Clock::System));
        let inputs = vec![(spec.left.clone(), vec![0]), (spec.right.clone(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make_plain, StateBackend::HashMap, false, inputs.clone(), spec.output.clone());
        let mut restored = Subtasks::new(&make_appending, backend, tiny, inputs.clone(), spec.output.clone());
        let mut known: [Vec<String>; 2] = Default::default();
        for (input, mut changes, restart) in steps {
            if append_only[input] {
                changes.iter_mut().for_each(|(_, _, retracted)| *retracted = None);
            }
            let rows = batch(&inputs[input].0, &lines(changes, &mut known[input]));
            // Rows come between barrier and failure, and again.
            if let Some((savepoint, parallelism, true)) = restart {
                restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, input, &rows);
            }
            // The order of different subtasks is nobody's.
            let (mut found, mut expected) = (restored.process(input, &rows), plain.process(input, &rows));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
            if let Some((savepoint, parallelism, false)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
    }
}

/// Rows of one side as a map from the row to how often it is there and when it was written.
type Written = BTreeMap<(u8, i8), (u32, i64)>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// An inner join against maps of rows with times: only rows that were written within the time to live of their side are joined.
    #[test]
    fn each_side_lives_as_long_as_it_should(
        place in 0..PLACES.len(),
        ttl in (prop::sample::select(vec![0u64, 50, 120]), prop::sample::select(vec![0u64, 50, 120])),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((0u8..4, 0i8..2, any::<bool>()), 1..6),
            prop::sample::select(vec![0u64, 20, 50, 70]),
            prop::option::of((any::<bool>(), 1u32..4)),
            any::<bool>(),
        ), 1..14),
    ) {
        let ttl = [ttl.0, ttl.1];
        let spec = JoinSpec { state_ttl_ms: ttl, ..spec(JoinType::Inner, input("v"), input("w"), None) };
        let clock = ManualClock::at_millis(1_000);
        let make = make(&spec, clock.clock());
        let inputs = vec![(spec.left.clone(), vec![0]), (spec.right.clone(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut subtasks = Subtasks::new(&make, backend, tiny, inputs.clone(), spec.output.clone());
        let mut model: [Written; 2] = Default::default();
        for (side, changes, pause, restart, sweep) in steps {
            let now = clock.clock().now_millis();
            for (rows, ttl) in model.iter_mut().zip(ttl) {
                rows.retain(|_, (_, written)| ttl == 0 || *written + ttl as i64 > now);
            }
            let mut expected = Vec::new();
            for (key, value, retraction) in &changes {
                let kind = if *retraction { "-D" } else { "+I" };
                for ((other, other_value), (count, _)) in &model[1 - side] {
                    let pair = [(key, value), (other, other_value)];
                    let [left, right] = if side == 0 { pair } else { [pair[1], pair[0]] }.map(|(key, value)| format!("k{key}|{value}"));
                    let times = if other == key { *count } else { 0 };
                    expected.extend((0..times).map(|_| format!("{kind} {left}|{right}")));
                }
                let row = model[side].entry((*key, *value));
                if *retraction {
                    row.and_modify(|row| *row = (row.0 - 1, now));
                    model[side].retain(|_, (count, _)| *count > 0);
                } else {
                    row.and_modify(|row| *row = (row.0 + 1, now)).or_insert((1, now));
                }
            }
            let lines: Vec<String> = changes
                .iter()
                .map(|(key, value, retraction)| format!("{} k{key}|{value}", if *retraction { "-D" } else { "+I" }))
                .collect();
            let mut found = subtasks.process(side, &batch(&inputs[side].0, &lines));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
            clock.advance(Duration::from_millis(pause));
            if sweep {
                subtasks.fire_timers(clock.clock().now_millis());
            }
            if let Some((savepoint, parallelism)) = restart {
                subtasks.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
            }
        }
    }
}

#[test]
fn a_time_to_live_that_is_new_begins_at_the_restore() {
    let for_ever = spec(JoinType::Inner, input("v"), input("w"), None);
    let spec = JoinSpec { state_ttl_ms: [100, 100], ..for_ever.clone() };
    for (backend, tiny) in PLACES {
        let clock = ManualClock::at_millis(1_000);
        let (before, after) = (make(&for_ever, clock.clock()), make(&spec, clock.clock()));
        let inputs = vec![(spec.left.clone(), vec![0]), (spec.right.clone(), vec![0])];
        let mut subtasks = Subtasks::new(&before, backend, tiny, inputs, spec.output.clone());
        subtasks.process(0, &batch(&spec.left, &["+I x|1"]));
        clock.advance(Duration::from_secs(1));
        subtasks.become_of(&after);
        subtasks.restart(CHECKPOINT, 2);
        clock.advance(Duration::from_millis(60));
        let row = batch(&spec.right, &["+I x|7"]);
        assert_eq!(subtasks.process(1, &row), ["+I x|1|x|7"], "it was written when nothing expired");
        clock.advance(Duration::from_millis(60));
        assert!(subtasks.process(1, &row).is_empty(), "it was not written for 120 ms");
    }
}
