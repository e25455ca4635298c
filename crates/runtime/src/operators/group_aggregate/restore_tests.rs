//! The operator with snapshots, restores and too little memory against the one that has neither.

use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::Operator;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{GroupAggregateSpec, MiniBatch};
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use super::GroupAggregate;
use super::tests::{pairs, spec};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::batch;

fn make(
    spec: &GroupAggregateSpec,
    clock: Clock,
) -> impl Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator> {
    move |context, _| Box::new(GroupAggregate::new(spec, &pairs(), clock.clone(), context).unwrap())
}

/// Key, value, and which of the rows there are is taken back instead.
type Row = (u8, Option<i32>, Option<prop::sample::Index>);

fn lines(rows: Vec<Row>, known: &mut Vec<(u8, Option<i32>)>) -> Vec<String> {
    let line = |(key, value, retracted): Row| {
        let (kind, (key, value)) = match retracted {
            Some(index) if !known.is_empty() => ("-D", known.swap_remove(index.index(known.len()))),
            _ => {
                known.push((key, value));
                ("+I", (key, value))
            }
        };
        format!("{kind} k{key}|{}", value.map_or("NULL".to_owned(), |value| value.to_string()))
    };
    rows.into_iter().map(line).collect()
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
        retracts in any::<bool>(),
        steps in prop::collection::vec((
            prop::collection::vec((0u8..9, prop::option::of(-5i32..5), prop::option::of(any::<prop::sample::Index>())), 1..12),
            prop::option::of((any::<bool>(), 1u32..5, any::<bool>())),
        ), 1..8),
    ) {
        let spec = GroupAggregateSpec { input_retracts: retracts, ..spec(&[0]) };
        let make = make(&spec, Clock::System);
        let inputs = vec![(pairs(), vec![0])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), spec.output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs, spec.output.clone());
        let mut known = Vec::new();
        for (mut rows, restart) in steps {
            if !retracts {
                rows.iter_mut().for_each(|row| row.2 = None);
            }
            let rows = batch(&pairs(), &lines(rows, &mut known));
            // Rows come between barrier and failure, and again.
            if let Some((savepoint, parallelism, true)) = restart {
                restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, 0, &rows);
            }
            prop_assert_eq!(sorted(restored.process(0, &rows)), sorted(plain.process(0, &rows)));
            if let Some((savepoint, parallelism, false)) = restart {
                let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
                prop_assert!(emitted.is_empty());
            }
        }
    }
}

#[test]
fn a_barrier_ends_a_bundle() {
    let bounds = MiniBatch { size: 100 };
    let spec = GroupAggregateSpec { mini_batch: Some(bounds), ..spec(&[0]) };
    let make = make(&spec, Clock::System);
    for (backend, tiny) in PLACES {
        let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(pairs(), vec![0])], spec.output.clone());
        assert!(subtasks.process(0, &batch(&pairs(), &["+I x|1", "+I y|2", "+I x|3"])).is_empty());
        assert_eq!(subtasks.restart(CHECKPOINT, 1), ["+I x|2|4|3", "+I y|1|2|2"]);
        subtasks.process(0, &batch(&pairs(), &["+I x|1"]));
        assert_eq!(subtasks.restart(CHECKPOINT, 2), ["-U x|2|4|3", "+U x|3|5|3"]);
    }
}

#[test]
fn state_expires_in_the_store_too() {
    let spec = GroupAggregateSpec { state_ttl_ms: 100, ..spec(&[0]) };
    for (backend, tiny) in PLACES {
        let clock = ManualClock::at_millis(1_000);
        let make = make(&spec, clock.clock());
        let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(pairs(), vec![0])], spec.output.clone());
        subtasks.process(0, &batch(&pairs(), &["+I x|1", "+I y|1"]));
        clock.advance(Duration::from_millis(60));
        subtasks.process(0, &batch(&pairs(), &["+I y|1"]));
        subtasks.restart(CHECKPOINT, 1);
        clock.advance(Duration::from_millis(60));
        let emitted = subtasks.process(0, &batch(&pairs(), &["+I x|5", "+I y|1"]));
        assert_eq!(emitted, ["+I x|1|5|5", "-U y|2|2|1", "+U y|3|3|1"], "x was not written for 120 ms");
    }
}
