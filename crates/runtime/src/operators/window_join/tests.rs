//! The operator row by row: what a window emits, in which order, and what is late.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{JoinSpec, JoinType, WindowJoinSpec};
use dataflow::{Expr, Operator, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use state::KeyedStateContext;

use super::WindowJoin;
use crate::operators::interval_join::tests::{input, row, short};
use crate::operators::testing::{Collected, batch, process};

pub(super) const ALL: [JoinType; 6] =
    [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full, JoinType::Semi, JoinType::Anti];

/// A join on equal `k`, the third column being the end of the window; with `condition` also only where left < right.
pub(super) fn spec(join_type: JoinType, condition: bool) -> WindowJoinSpec {
    let (left, right) = (input("v"), input("w"));
    let pairs = RowType::new(left.fields.iter().chain(&right.fields).cloned().collect());
    let column = |index: usize| Expr::column(index, pairs.fields[index].ty.clone());
    let less = Expr::call("<", vec![column(1), column(4)], TypeKind::Boolean.nullable());
    let output = match join_type {
        JoinType::Semi | JoinType::Anti => left.clone(),
        _ => pairs.clone(),
    };
    let (keys, condition) = (vec![(0, 0)], condition.then_some(less));
    let join = JoinSpec {
        join_type,
        left,
        right,
        keys,
        condition,
        null_safe_keys: Vec::new(),
        mini_batch: None,
        state_ttl_ms: [0, 0],
        identity: Default::default(),
        output,
    };
    WindowJoinSpec { join, left_window_end: 2, right_window_end: 2, time_zone: "UTC".into() }
}

struct Harness {
    join: WindowJoin,
    spec: WindowJoinSpec,
    late: Arc<AtomicU64>,
}

impl Harness {
    fn new(spec: WindowJoinSpec) -> Self {
        let late = Arc::new(AtomicU64::new(0));
        let restored = OperatorSubtaskState::default();
        let context = EvalContext::default();
        let join = WindowJoin::new(&spec, &context, late.clone(), KeyedStateContext::default(), &restored).unwrap();
        Self { join, spec, late }
    }

    fn rows(&mut self, input: usize, lines: &[String]) {
        let ty = if input == 0 { &self.spec.join.left } else { &self.spec.join.right };
        assert!(process(&mut self.join, input, batch(ty, lines), &self.spec.join.output).unwrap().is_empty());
    }

    fn watermark(&mut self, millis: i64) -> Vec<String> {
        let mut out = Collected::default();
        self.join.on_watermark(millis, &mut out).unwrap();
        let lines = out.take(&self.spec.join.output);
        let line = |line: &String| match line.split('|').collect::<Vec<_>>().as_slice() {
            [k, v, _] => format!("{k}|{v}"),
            _ => short(line),
        };
        let mut lines: Vec<String> = lines.iter().map(line).collect();
        assert_eq!(lines.pop(), Some(format!("watermark {millis}")));
        lines
    }
}

#[test]
fn a_window_is_emitted_at_its_end() {
    for (join_type, expected) in [
        (JoinType::Inner, vec!["+I 1|7 1|8", "+I 1|7 1|9", "+I 1|8 1|9"]),
        (JoinType::Left, vec!["+I 1|7 1|8", "+I 1|7 1|9", "+I 1|8 1|9", "+I 2|5 NULL|NULL", "+I NULL|0 NULL|NULL"]),
        (JoinType::Right, vec!["+I 1|7 1|8", "+I 1|7 1|9", "+I 1|8 1|9", "+I NULL|NULL 1|1", "+I NULL|NULL NULL|0"]),
        (
            JoinType::Full,
            vec![
                "+I 1|7 1|8",
                "+I 1|7 1|9",
                "+I 1|8 1|9",
                "+I NULL|NULL 1|1",
                "+I 2|5 NULL|NULL",
                "+I NULL|0 NULL|NULL",
                "+I NULL|NULL NULL|0",
            ],
        ),
        (JoinType::Semi, vec!["+I 1|7", "+I 1|8"]),
        (JoinType::Anti, vec!["+I 2|5", "+I NULL|0"]),
    ] {
        let mut join = Harness::new(spec(join_type, true));
        let lefts = [("1|7", 60), ("2|5", 60), ("1|8", 60), ("NULL|0", 60), ("1|1", 120)];
        join.rows(0, &lefts.map(|(cells, end)| row("+I", cells, end)));
        join.rows(
            1,
            &[("1|8", 60), ("1|9", 60), ("1|1", 60), ("NULL|0", 60)].map(|(cells, end)| row("+I", cells, end)),
        );
        assert!(join.watermark(59_998).is_empty());
        let mut found = join.watermark(59_999);
        if join_type != JoinType::Right {
            assert_eq!(found, expected, "{join_type:?}");
        }
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{join_type:?}");
        join.rows(0, &[row("+I", "1|7", 60), row("+I", "1|7", 60)]);
        assert_eq!(join.late.load(Ordering::Relaxed), 2);
        join.watermark(119_999);
        assert!(join.join.state.table.is_empty());
        assert!(join.join.state.stores().iter().all(|store| store.is_empty()));
    }
}

#[test]
fn a_right_join_goes_by_right_rows() {
    let mut join = Harness::new(spec(JoinType::Right, false));
    join.rows(0, &[row("+I", "1|1", 60), row("+I", "1|2", 60)]);
    join.rows(1, &[row("+I", "1|5", 60), row("+I", "1|6", 60)]);
    assert_eq!(join.watermark(60_000), ["+I 1|1 1|5", "+I 1|2 1|5", "+I 1|1 1|6", "+I 1|2 1|6"]);
}

/// Key, value, end of the window.
type Row = (Option<u8>, i8, i64);

proptest! {
    #[test]
    fn each_window_is_the_join_of_its_rows(
        join_type in prop::sample::select(&ALL[..]),
        condition in any::<bool>(),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((prop::option::weighted(0.9, 0u8..3), 0i8..3, 0i64..4), 1..30),
            prop::bool::weighted(0.3),
        ), 1..14),
    ) {
        let mut join = Harness::new(spec(join_type, condition));
        let cells = |row: &Row| format!("{}|{}", row.0.map_or("NULL".to_owned(), |key| key.to_string()), row.1);
        let mut lists: [Vec<Row>; 2] = Default::default();
        let (mut found, mut first) = (Vec::new(), 10);
        for (input, rows, advance) in steps {
            let rows: Vec<Row> = rows.into_iter().map(|(key, value, ahead)| (key, value, first + ahead)).collect();
            join.rows(input, &rows.iter().map(|r| row("+I", &cells(r), r.2)).collect::<Vec<_>>());
            lists[input].extend(rows);
            if advance {
                found.extend(join.watermark(first * 1000));
                first += 1;
            }
        }
        found.extend(join.watermark(100_000));
        let matches = |l: &Row, r: &Row| l.0.is_some() && l.0 == r.0 && l.2 == r.2 && (!condition || l.1 < r.1);
        let [left, right] = &lists;
        let mut expected = Vec::new();
        for l in left {
            let matched: Vec<&Row> = right.iter().filter(|r| matches(l, r)).collect();
            match join_type {
                JoinType::Semi | JoinType::Anti => {
                    expected.extend((matched.is_empty() == (join_type == JoinType::Anti)).then(|| format!("+I {}", cells(l))));
                }
                JoinType::Left | JoinType::Full if matched.is_empty() => expected.push(format!("+I {} NULL|NULL", cells(l))),
                _ => expected.extend(matched.iter().map(|r| format!("+I {} {}", cells(l), cells(r)))),
            }
        }
        if matches!(join_type, JoinType::Right | JoinType::Full) {
            let unmatched = right.iter().filter(|r| !left.iter().any(|l| matches(l, r)));
            expected.extend(unmatched.map(|r| format!("+I NULL|NULL {}", cells(r))));
        }
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(join.late.load(Ordering::Relaxed), 0);
    }
}
