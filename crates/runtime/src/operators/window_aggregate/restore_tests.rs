//! The operator with snapshots, restores and too little memory against the one that has neither.

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::WindowAssigner;
use dataflow::{MAX_WATERMARK, Operator};
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use super::WindowAggregate;
use super::tests::{assigners, line, numbers, spec};
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::testing::batch;

fn all_assigners() -> impl Strategy<Value = WindowAssigner> {
    prop_oneof![3 => assigners(), 1 => (1i64..30).prop_map(|gap| WindowAssigner::Session { gap })]
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_restore_changes_nothing(
        place in 0..PLACES.len(),
        assigner in all_assigners(),
        steps in prop::collection::vec((
            prop::collection::vec((0i64..200, 0i64..9, -9i64..9), 0..10),
            0i64..60,
            prop::option::of((any::<bool>(), 1u32..5, any::<bool>())),
        ), 1..8),
    ) {
        let spec = spec(&numbers(), assigner, &[1], 2);
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            let late = Default::default();
            Box::new(WindowAggregate::new(&spec, &numbers(), late, Clock::System, context, restored).unwrap())
        };
        let inputs = vec![(numbers(), vec![1])];
        let (backend, tiny) = PLACES[place];
        let mut plain = Subtasks::new(&make, StateBackend::HashMap, false, inputs.clone(), spec.output.clone());
        let mut restored = Subtasks::new(&make, backend, tiny, inputs, spec.output.clone());
        let mut watermark = -20;
        for (rows, step, restart) in steps.into_iter().chain([(Vec::new(), MAX_WATERMARK / 2, None)]) {
            let lines: Vec<String> = rows.iter().map(|&(time, key, value)| line("+I", (time, key, value, false))).collect();
            let rows = batch(&numbers(), &lines);
            // Rows come between barrier and failure, and again.
            if let Some((savepoint, parallelism, true)) = restart {
                restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, 0, &rows);
            }
            prop_assert!(restored.process(0, &rows).is_empty());
            prop_assert!(plain.process(0, &rows).is_empty());
            if let Some((savepoint, parallelism, false)) = restart {
                restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
            }
            watermark += step;
            prop_assert_eq!(sorted(restored.advance(watermark)), sorted(plain.advance(watermark)));
        }
    }
}

#[test]
fn sessions_move_between_backends() {
    let spec = spec(&numbers(), WindowAssigner::Session { gap: 10 }, &[1], 2);
    let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
        let late = Default::default();
        Box::new(WindowAggregate::new(&spec, &numbers(), late, Clock::System, context, restored).unwrap())
    };
    for (from, to) in [(0, 2), (2, 0), (1, 2), (0, 1), (1, 0), (2, 1)].map(|(from, to)| (PLACES[from], PLACES[to])) {
        let mut subtasks = Subtasks::new(&make, from.0, from.1, vec![(numbers(), vec![1])], spec.output.clone());
        let rows = |rows: &[(i64, i64)]| {
            let lines: Vec<String> = rows.iter().map(|&(time, key)| line("+I", (time, key, 1, false))).collect();
            batch(&numbers(), &lines)
        };
        // Nine keys, each with a session that ends at 10 to 18, and later ones.
        subtasks.process(0, &rows(&(0..9).map(|key| (key, key)).collect::<Vec<_>>()));
        subtasks.process(0, &rows(&[(100, 3), (50, 3), (7, 1)]));
        subtasks.move_to(to.0, to.1);
        assert_eq!(subtasks.advance(15).len(), 6, "keys 0 and 2 to 6; that of key 1 has grown");
        subtasks.process(0, &rows(&[(57, 3)]));
        subtasks.move_to(from.0, from.1);
        assert_eq!(subtasks.advance(60).len(), 3, "keys 1, 7, 8");
        assert_eq!(subtasks.advance(65).len(), 0);
        assert_eq!(subtasks.advance(66).len(), 1, "key 3");
        assert_eq!(subtasks.advance(MAX_WATERMARK).len(), 1, "key 3 again");
    }
}

/// A day of event time: what is kept does not grow with it.
#[test]
fn windows_leave_nothing_behind() {
    for assigner in [
        WindowAssigner::Tumble { size: 10_000, offset: 0 },
        WindowAssigner::Hop { slide: 5_000, size: 10_000, offset: 0 },
        WindowAssigner::Cumulate { step: 5_000, size: 10_000, offset: 0 },
        WindowAssigner::Session { gap: 10_000 },
    ] {
        let spec = spec(&numbers(), assigner, &[1], 2);
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            let late = Default::default();
            Box::new(WindowAggregate::new(&spec, &numbers(), late, Clock::System, context, restored).unwrap())
        };
        for (backend, tiny) in PLACES {
            let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(numbers(), vec![1])], spec.output.clone());
            let mut sizes: Vec<[u64; 2]> = Vec::new();
            // A day takes some seconds: it has to do for one kind.
            let windows = if matches!(assigner, WindowAssigner::Tumble { .. }) { 8_640i64 } else { 1_440 };
            for window in 0..windows {
                // Ten keys that have never been before, in the middle of the window.
                let lines: Vec<String> =
                    (0..10).map(|key| line("+I", (10_000 * window + 4_000, 10 * window + key, 1, false))).collect();
                subtasks.process(0, &batch(&numbers(), &lines));
                if window % (windows / 24) == 0 {
                    sizes.push([CHECKPOINT, SAVEPOINT].map(|kind| subtasks.snapshot_bytes(kind)));
                }
                subtasks.advance(10_000 * window);
            }
            // Files gather until there are enough to be merged, which happens once among the first ones.
            let (first, rest) = sizes.split_at(12);
            let most = |index: usize| first.iter().map(|size| size[index]).max().unwrap();
            for size in rest {
                assert!(size[1] <= 2 * sizes[2][1] + 1_000, "{assigner:?} {backend:?} {tiny}: {sizes:?}");
                assert!(size[0] <= most(0) * 5 / 4 + 100_000, "{assigner:?} {backend:?} {tiny}: {sizes:?}");
            }
        }
    }
}
