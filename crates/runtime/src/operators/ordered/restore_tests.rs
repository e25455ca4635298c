//! Operators that order rows, with snapshots, restores at other parallelisms and too little memory, against the same ones that have none of these.

use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{
    DeduplicateSpec, OverAggregateSpec, OverFrame, RankSpec, RankStrategy, SessionTableFunctionSpec, SortField,
    WindowRankSpec, WindowTime,
};
use dataflow::{AggregateCall, Field, Operator, RowType, TypeKind};
use proptest::prelude::*;
use state::{KeyedStateContext, StateBackend};

use crate::operators::deduplicate::{FirstRow, LastRow};
use crate::operators::over_aggregate::OverAggregate;
use crate::operators::rank::Rank;
use crate::operators::rescaling::{CHECKPOINT, PLACES, SAVEPOINT, Subtasks};
use crate::operators::session_table_function::SessionTableFunction;
use crate::operators::testing::{batch, row_type};
use crate::operators::window_rank::WindowRank;

/// `k`, `v`, and the time `t`.
fn rows_type() -> RowType {
    row_type(&[("k", TypeKind::STRING), ("v", TypeKind::Int), ("t", TypeKind::timestamp(3))])
}

fn with(mut row: RowType, name: &str) -> RowType {
    row.fields.push(Field::new(name, TypeKind::BigInt.not_null()));
    row
}

/// Key, value, time, and which of the rows there are is taken back instead.
type Row = (u8, Option<i32>, i64, Option<prop::sample::Index>);

/// Rows, how far the watermark moves behind them, and a restart: whether by a savepoint, at what parallelism, and whether the rows come before it, too.
type Step = (Vec<Row>, i64, Option<(bool, u32, bool)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let row = (0u8..9, prop::option::of(-5i32..5), 0i64..30, prop::option::of(any::<prop::sample::Index>()));
    prop::collection::vec(
        (prop::collection::vec(row, 1..12), 0i64..8, prop::option::of((any::<bool>(), 1u32..5, any::<bool>()))),
        1..8,
    )
}

fn lines(rows: Vec<Row>, retracts: bool, behind: i64, known: &mut Vec<String>) -> Vec<String> {
    let line = |(key, value, time, retracted): Row| match retracted {
        Some(index) if retracts && !known.is_empty() => {
            format!("-D {}", known.swap_remove(index.index(known.len())))
        }
        _ => {
            let value = value.map_or("NULL".to_owned(), |value| value.to_string());
            let row = format!("k{key}|{value}|1970-01-01 00:00:00.{:03}", behind + time);
            known.push(row.clone());
            format!("+I {row}")
        }
    };
    rows.into_iter().map(line).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Runs the steps in both.
fn check(
    make: &dyn Fn(KeyedStateContext, &OperatorSubtaskState) -> Box<dyn Operator>,
    keys: &[usize],
    output: &RowType,
    place: usize,
    retracts: bool,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let inputs = vec![(rows_type(), keys.to_vec())];
    let (backend, tiny) = PLACES[place];
    let mut plain = Subtasks::new(make, StateBackend::HashMap, false, inputs.clone(), output.clone());
    let mut restored = Subtasks::new(make, backend, tiny, inputs, output.clone());
    let mut known = Vec::new();
    let mut watermark = 0;
    for (rows, advance, restart) in steps {
        let rows = batch(&rows_type(), &lines(rows, retracts, watermark.max(10) - 10, &mut known));
        // Rows come between barrier and failure, and again.
        if let Some((savepoint, parallelism, true)) = restart {
            restored.fail(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism, 0, &rows);
        }
        prop_assert_eq!(sorted(restored.process(0, &rows)), sorted(plain.process(0, &rows)));
        watermark += advance;
        prop_assert_eq!(sorted(restored.advance(watermark)), sorted(plain.advance(watermark)));
        if let Some((savepoint, parallelism, false)) = restart {
            let emitted = restored.restart(if savepoint { SAVEPOINT } else { CHECKPOINT }, parallelism);
            prop_assert!(emitted.is_empty());
            // The generators of watermarks are no state, and begin with an earlier one.
            prop_assert!(restored.advance((watermark - 5).max(0)).is_empty());
        }
    }
    prop_assert_eq!(sorted(restored.advance(10_000)), sorted(plain.advance(10_000)));
    Ok(())
}

fn order(column: usize, descending: bool) -> SortField {
    SortField { column, descending, nulls_first: !descending }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn rank(
        place in 0..PLACES.len(),
        retracts in any::<bool>(),
        rank_number in any::<bool>(),
        by_column in any::<bool>(),
        steps in steps(),
    ) {
        let spec = RankSpec {
            partition: vec![0],
            order: vec![order(1, true)],
            first: 1,
            last: 3,
            last_column: by_column.then_some(1),
            rank_number,
            strategy: if retracts { RankStrategy::Retract } else { RankStrategy::AppendFast },
            generate_update_before: true,
            state_ttl_ms: 0,
            input: rows_type(),
            output: if rank_number { with(rows_type(), "rank") } else { rows_type() },
        };
        let make = |context: KeyedStateContext, _: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(Rank::new(&spec, Clock::System, context).unwrap())
        };
        check(&make, &[0], &spec.output, place, retracts, steps)?;
    }

    #[test]
    fn deduplicate(
        place in 0..PLACES.len(),
        by_time in any::<bool>(),
        keep_last in any::<bool>(),
        retracts in any::<bool>(),
        steps in steps(),
    ) {
        let spec = DeduplicateSpec {
            keys: vec![0],
            time: if by_time { WindowTime::Rowtime { column: 2 } } else { WindowTime::Proctime },
            keep_last,
            generate_update_before: true,
            repeats_updates: false,
            mini_batch: None,
            state_ttl_ms: 0,
            output: rows_type(),
        };
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            if keep_last {
                Box::new(LastRow::new(&spec, &rows_type(), Clock::System, context).unwrap())
            } else {
                Box::new(FirstRow::new(&spec, &rows_type(), Default::default(), Clock::System, context, restored).unwrap())
            }
        };
        // Only the last row of a key takes rows back, as they come.
        let retracts = retracts && keep_last && !by_time;
        check(&make, &[0], &spec.output, place, retracts, steps)?;
    }

    #[test]
    fn over(place in 0..PLACES.len(), frame in 0usize..4, steps in steps()) {
        let frames = [OverFrame::UnboundedRows, OverFrame::UnboundedRange, OverFrame::Rows(2), OverFrame::Range(5)];
        let call = |function: &str, args: &[usize], ty| AggregateCall {
            function: function.to_owned(),
            args: args.to_vec(),
            distinct: false,
            filter: None,
            ty,
        };
        let mut output = with(rows_type(), "n");
        output.fields.push(Field::new("m", TypeKind::Int.nullable()));
        let spec = OverAggregateSpec {
            partition: vec![0],
            time: WindowTime::Rowtime { column: 2 },
            frame: frames[frame],
            aggregates: vec![
                call("COUNT", &[], TypeKind::BigInt.not_null()),
                call("MAX", &[1], TypeKind::Int.nullable()),
            ],
            state_ttl_ms: 0,
            input: rows_type(),
            output,
        };
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(OverAggregate::new(&spec, Default::default(), Clock::System, context, restored).unwrap())
        };
        check(&make, &[0], &spec.output, place, false, steps)?;
    }

    #[test]
    fn session_table_function(place in 0..PLACES.len(), steps in steps()) {
        let mut output = rows_type();
        for name in ["window_start", "window_end", "window_time"] {
            output.fields.push(Field::new(name, TypeKind::timestamp(3).not_null()));
        }
        let spec = SessionTableFunctionSpec {
            partition: vec![0],
            rowtime: 2,
            processing_time: false,
            gap: 4,
            time_zone: "UTC".to_owned(),
            input: rows_type(),
            output,
        };
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(SessionTableFunction::new(&spec, Default::default(), Clock::System, context, restored).unwrap())
        };
        check(&make, &[0], &spec.output, place, false, steps)?;
    }

    #[test]
    fn window_rank(place in 0..PLACES.len(), last_of_equal in any::<bool>(), steps in steps()) {
        let spec = WindowRankSpec {
            partition: vec![0, 2],
            window_end: 2,
            time_zone: "UTC".to_owned(),
            order: vec![order(1, false)],
            last_of_equal,
            first: 1,
            last: 2,
            rank_number: true,
            input: rows_type(),
            output: with(rows_type(), "rank"),
        };
        let make = |context: KeyedStateContext, restored: &OperatorSubtaskState| -> Box<dyn Operator> {
            Box::new(WindowRank::new(&spec, Default::default(), context, restored).unwrap())
        };
        check(&make, &[0, 2], &spec.output, place, false, steps)?;
    }
}

#[test]
fn rows_expire_in_the_store_too() {
    let dedup = DeduplicateSpec {
        keys: vec![0],
        time: WindowTime::Rowtime { column: 2 },
        keep_last: true,
        generate_update_before: true,
        repeats_updates: false,
        mini_batch: None,
        state_ttl_ms: 100,
        output: rows_type(),
    };
    let top = RankSpec {
        partition: vec![0],
        order: vec![order(1, true)],
        first: 1,
        last: 1,
        last_column: None,
        rank_number: false,
        strategy: RankStrategy::AppendFast,
        generate_update_before: true,
        state_ttl_ms: 100,
        input: rows_type(),
        output: rows_type(),
    };
    for (backend, tiny) in PLACES {
        for is_rank in [false, true] {
            let clock = ManualClock::at_millis(1_000);
            let make = |context: KeyedStateContext, _: &OperatorSubtaskState| -> Box<dyn Operator> {
                if is_rank {
                    Box::new(Rank::new(&top, clock.clock(), context).unwrap())
                } else {
                    Box::new(LastRow::new(&dedup, &rows_type(), clock.clock(), context).unwrap())
                }
            };
            let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(rows_type(), vec![0])], rows_type());
            let row = |key: &str, value: i32| format!("+I {key}|{value}|1970-01-01 00:00:00.{value:03}");
            subtasks.process(0, &batch(&rows_type(), &[row("x", 1), row("y", 1)]));
            clock.advance(Duration::from_millis(60));
            subtasks.process(0, &batch(&rows_type(), &[row("y", 2)]));
            subtasks.restart(CHECKPOINT, 1);
            clock.advance(Duration::from_millis(60));
            let emitted = subtasks.process(0, &batch(&rows_type(), &[row("x", 5), row("y", 5)]));
            let expected = [row("x", 5), row("y", 2).replace("+I", "-U"), row("y", 5).replace("+I", "+U")];
            assert_eq!(emitted, expected, "x was not written for 120 ms");
        }
    }
}

#[test]
fn an_upsert_changelog_becomes_one_of_updates() {
    let spec = DeduplicateSpec {
        keys: vec![0],
        time: WindowTime::Proctime,
        keep_last: true,
        generate_update_before: true,
        repeats_updates: false,
        mini_batch: None,
        state_ttl_ms: 0,
        output: rows_type(),
    };
    let make = |context: KeyedStateContext, _: &OperatorSubtaskState| -> Box<dyn Operator> {
        Box::new(LastRow::new(&spec, &rows_type(), Clock::System, context).unwrap())
    };
    let row = |kind: &str, key: &str, value: &str| format!("{kind} {key}|{value}|1970-01-01 00:00:00.001");
    for (backend, tiny) in PLACES {
        let mut subtasks = Subtasks::new(&make, backend, tiny, vec![(rows_type(), vec![0])], rows_type());
        let first = [row("+U", "x", "1"), row("-D", "y", "NULL"), row("+U", "x", "1"), row("+U", "x", "2")];
        let emitted = subtasks.process(0, &batch(&rows_type(), &first));
        assert_eq!(emitted, [row("+I", "x", "1"), row("-U", "x", "1"), row("+U", "x", "2")]);
        subtasks.restart(CHECKPOINT, 1);
        let second = [row("-D", "x", "NULL"), row("-D", "x", "NULL"), row("+U", "x", "3")];
        let emitted = subtasks.process(0, &batch(&rows_type(), &second));
        assert_eq!(emitted, [row("-D", "x", "2"), row("+I", "x", "3")], "what was kept is taken back");
        subtasks.restart(CHECKPOINT, 1);
        let emitted = subtasks.process(0, &batch(&rows_type(), &[row("+U", "x", "3"), row("-D", "x", "NULL")]));
        assert_eq!(emitted, [row("-D", "x", "3")]);
    }
}
