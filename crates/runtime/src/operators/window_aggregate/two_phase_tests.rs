//! Two phases against one: the same windows come out, whatever subtask of the first phase a row comes to, and whenever that passes on what it has.

use std::task::Waker;

use common::clock::Clock;
use dataflow::checkpoint::{Alignment, CheckpointBarrier, CheckpointLocation, CheckpointOptions, SnapshotKind};
use dataflow::operator_spec::{
    GlobalWindowAggregateSpec, LocalWindowAggregateSpec, WindowAggregateSpec, partial_field, slice_end_field,
};
use dataflow::{MAX_WATERMARK, Operator, RowType, StreamElement};
use proptest::prelude::*;

use super::tests::{assigners, line, numbers, spec};
use super::{LocalWindowAggregate, WindowAggregate};
use crate::operators::testing::{Collected, batch};

struct TwoPhases {
    locals: Vec<LocalWindowAggregate>,
    global: WindowAggregate,
    output: RowType,
}

impl TwoPhases {
    fn new(spec: &WindowAggregateSpec, subtasks: usize) -> Self {
        let mut partials = numbers().project(&spec.keys);
        partials.fields.extend([slice_end_field(), partial_field()]);
        let local = LocalWindowAggregateSpec { aggregate: spec.clone(), output: partials.clone() };
        let global = GlobalWindowAggregateSpec { aggregate: spec.clone(), local_input: numbers() };
        let (late, restored) = (Default::default(), Default::default());
        Self {
            locals: (0..subtasks).map(|_| LocalWindowAggregate::new(&local, &numbers()).unwrap()).collect(),
            global: WindowAggregate::global(&global, &partials, late, Clock::System, Default::default(), &restored)
                .unwrap(),
            output: spec.output.clone(),
        }
    }

    /// Passes what a subtask of the first phase emits on to the second; its watermarks are left out.
    fn pass_on(&mut self, emitted: Collected) {
        let mut out = Collected::default();
        for element in emitted.elements {
            if let StreamElement::Batch(batch) = element {
                self.global.process(0, batch, &mut out).unwrap();
            }
        }
        assert!(out.elements.is_empty(), "windows fire by watermark");
    }

    fn process(&mut self, subtask: usize, lines: &[String]) {
        let mut out = Collected::default();
        self.locals[subtask].process(0, batch(&numbers(), lines), &mut out).unwrap();
        self.pass_on(out);
    }

    fn barrier(&mut self, subtask: usize) {
        let mut out = Collected::default();
        let location = CheckpointLocation { exclusive: String::new(), shared: None };
        let (kind, alignment) = (SnapshotKind::Checkpoint, Alignment::Aligned { timeout_ms: None });
        let options = CheckpointOptions { kind, alignment, location };
        let barrier = CheckpointBarrier { checkpoint_id: 1, timestamp: 0, options };
        self.locals[subtask].stateful().unwrap().prepare(&barrier, Waker::noop(), &mut out).unwrap();
        self.pass_on(out);
    }

    fn advance(&mut self, watermark: i64) -> Vec<String> {
        for subtask in 0..self.locals.len() {
            let mut out = Collected::default();
            self.locals[subtask].on_watermark(watermark, &mut out).unwrap();
            self.pass_on(out);
        }
        let mut out = Collected::default();
        self.global.on_watermark(watermark, &mut out).unwrap();
        out.take(&self.output)
    }
}

proptest! {
    #[test]
    fn two_phases_give_what_one_gives(
        assigner in assigners(),
        retracts in any::<bool>(),
        steps in prop::collection::vec(
            (prop::collection::vec((0i64..200, 0i64..4, -9i64..9, any::<bool>()), 0..10), 0i64..60, 0usize..3, any::<bool>()),
            1..12),
    ) {
        let spec = WindowAggregateSpec { input_retracts: retracts, ..spec(&numbers(), assigner, &[1], 2) };
        let (late, restored) = (Default::default(), Default::default());
        let mut one =
            WindowAggregate::new(&spec, &numbers(), late, Clock::System, Default::default(), &restored).unwrap();
        let mut two = TwoPhases::new(&spec, 3);
        let (mut out, mut watermark, mut pending) = (Collected::default(), -20, Vec::new());
        for (rows, step, subtask, is_barrier) in steps.into_iter().chain([(Vec::new(), MAX_WATERMARK / 2, 0, false)]) {
            // What is taken back may have come to another subtask.
            let mut lines: Vec<String> = pending.drain(..).map(|row| line("-D", row)).collect();
            lines.extend(rows.iter().map(|&row| line("+I", row)));
            if retracts {
                pending.extend(rows.into_iter().filter(|row| row.3));
            }
            one.process(0, batch(&numbers(), &lines), &mut out).unwrap();
            two.process(subtask, &lines);
            if is_barrier {
                two.barrier(subtask);
            }
            watermark += step;
            one.on_watermark(watermark, &mut out).unwrap();
            let mut expected = out.take(&spec.output);
            let mut found = two.advance(watermark);
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
