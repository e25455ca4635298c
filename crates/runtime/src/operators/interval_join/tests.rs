//! The operator row by row: what matches, when rows go, what is late, and what the watermark is behind it.

use std::time::Duration;

use common::clock::{Clock, ManualClock};
use dataflow::operator_spec::{IntervalJoinSpec, IntervalJoinTime, JoinSpec, JoinType};
use dataflow::{Expr, Operator, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use state::KeyedStateContext;

use super::IntervalJoin;
use crate::operators::testing::{Collected, batch, process, row_type};

pub(super) const ALL: [JoinType; 4] = [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full];

pub(in crate::operators) fn input(name: &str) -> RowType {
    row_type(&[("k", TypeKind::BigInt), (name, TypeKind::BigInt), ("ts", TypeKind::timestamp(3))])
}

/// A join of rows of equal `k` whose times are so far apart; with `condition` also only where left < right.
pub(super) fn spec(join_type: JoinType, lower_ms: i64, upper_ms: i64, condition: bool) -> IntervalJoinSpec {
    let (left, right) = (input("v"), input("w"));
    let output = RowType::new(left.fields.iter().chain(&right.fields).cloned().collect());
    let column = |index: usize| Expr::column(index, output.fields[index].ty.clone());
    let less = Expr::call("<", vec![column(1), column(4)], TypeKind::Boolean.nullable());
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
    let time = IntervalJoinTime::Rowtime { left: 2, right: 2 };
    IntervalJoinSpec { join, time, lower_ms, upper_ms, min_cleanup_interval_ms: 0 }
}

/// `1|7` at so many seconds as a row.
pub(in crate::operators) fn row(kind: &str, cells: &str, seconds: i64) -> String {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    format!("{kind} {cells}|{}", time.format("%Y-%m-%d %H:%M:%S"))
}

struct Harness {
    join: IntervalJoin,
    spec: IntervalJoinSpec,
}

impl Harness {
    fn new(spec: IntervalJoinSpec, clock: Clock) -> Self {
        let join = IntervalJoin::new(&spec, &EvalContext::default(), clock, KeyedStateContext::default()).unwrap();
        Self { join, spec }
    }

    /// Gives a row of this time to an input; returns what is emitted, without the times.
    fn row(&mut self, input: usize, cells: &str, seconds: i64) -> Vec<String> {
        let ty = if input == 0 { &self.spec.join.left } else { &self.spec.join.right };
        let rows = batch(ty, &[row("+I", cells, seconds)]);
        let out = process(&mut self.join, input, rows, &self.spec.join.output).unwrap();
        out.iter().map(|line| short(line)).collect()
    }

    fn watermark(&mut self, seconds: i64) -> Vec<String> {
        let mut out = Collected::default();
        self.join.on_watermark(seconds * 1000, &mut out).unwrap();
        out.take(&self.spec.join.output).iter().map(|line| short(line)).collect()
    }

    fn is_empty(&self) -> bool {
        self.join.state.table.is_empty() && self.join.state.stores().iter().all(|store| store.is_empty())
    }
}

/// `+I k|v|ts|k|w|ts` as `k v w`.
pub(in crate::operators) fn short(line: &str) -> String {
    match line.split('|').collect::<Vec<_>>().as_slice() {
        [k, v, _, k2, w, _] => format!("{k}|{v} {k2}|{w}"),
        _ => line.to_owned(),
    }
}

#[test]
fn bounds_belong_to_the_interval() {
    let mut join = Harness::new(spec(JoinType::Inner, -5_000, 10_000, false), Clock::System);
    assert!(join.row(0, "1|7", 100).is_empty());
    assert!(join.row(1, "1|0", 89).is_empty(), "11 s before");
    assert_eq!(join.row(1, "1|1", 90), ["+I 1|7 1|1"]);
    assert_eq!(join.row(1, "1|2", 105), ["+I 1|7 1|2"]);
    assert!(join.row(1, "1|3", 106).is_empty(), "6 s after");
    assert!(join.row(1, "2|4", 100).is_empty(), "another key");
    assert_eq!(join.row(0, "1|8", 96), ["+I 1|8 1|0", "+I 1|8 1|1"], "in order of time");
}

#[test]
fn a_row_goes_when_no_other_can_match_it() {
    let mut join = Harness::new(spec(JoinType::Full, -5_000, 10_000, false), Clock::System);
    join.row(0, "1|7", 100);
    join.row(1, "2|1", 100);
    join.row(0, "NULL|9", 100);
    // A left row waits for right rows until 5 s after it, a right row 10 s.
    assert_eq!(join.watermark(105), ["watermark 95000"]);
    assert_eq!(join.watermark(106), ["+I 1|7 NULL|NULL", "+I NULL|9 NULL|NULL", "watermark 96000"]);
    assert_eq!(join.watermark(110), ["watermark 100000"]);
    assert_eq!(join.watermark(111), ["+I NULL|NULL 2|1", "watermark 101000"]);
    assert!(join.is_empty());
}

#[test]
fn a_row_that_has_matched_has_no_pad() {
    let mut join = Harness::new(spec(JoinType::Full, 0, 0, true), Clock::System);
    assert!(join.row(0, "1|7", 100).is_empty());
    assert!(join.row(1, "1|7", 100).is_empty(), "the condition does not hold");
    assert_eq!(join.row(1, "1|8", 100), ["+I 1|7 1|8"]);
    assert_eq!(join.watermark(1_000), ["+I NULL|NULL 1|7", "watermark 1000000"]);
    assert!(join.is_empty());
}

#[test]
fn late_rows_match_what_is_still_there() {
    let mut join = Harness::new(spec(JoinType::Left, -10_000, 10_000, false), Clock::System);
    join.row(1, "1|1", 100);
    // The timer of the right side is that of its first row, so that this one stays until then.
    join.row(1, "1|2", 80);
    assert_eq!(join.watermark(105), ["watermark 95000"]);
    assert_eq!(join.row(0, "1|7", 85), ["+I 1|7 1|2"], "expired, but not looked at since");
    assert_eq!(join.row(0, "1|8", 85), ["+I 1|8 NULL|NULL"], "the row before has swept it out; too late to be kept");
    assert_eq!(join.row(0, "1|9", 96), ["+I 1|9 1|1"]);
    assert_eq!(join.watermark(200), ["watermark 190000"]);
    assert!(join.is_empty());
}

#[test]
fn bounds_that_exclude_each_other() {
    let mut join = Harness::new(spec(JoinType::Left, 0, -5_000, false), Clock::System);
    assert_eq!(join.row(0, "1|7", 100), ["+I 1|7 NULL|NULL"]);
    assert!(join.row(1, "1|1", 100).is_empty());
    assert_eq!(join.watermark(100), ["watermark 100000"]);
    assert!(join.is_empty());
}

#[test]
fn processing_time_is_the_clock() {
    let clock = ManualClock::at_millis(1_000_000);
    let spec = IntervalJoinSpec { time: IntervalJoinTime::Proctime, ..spec(JoinType::Left, 0, 10_000, false) };
    let mut join = Harness::new(spec, clock.clock());
    assert!(join.row(1, "1|1", 0).is_empty());
    clock.advance(Duration::from_secs(10));
    assert_eq!(join.row(0, "1|7", 0), ["+I 1|7 1|1"]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(join.watermark(5), ["watermark 5000"], "watermarks mean nothing");
    assert_eq!(join.join.next_timer(), Some(1_010_001));
    let mut out = Collected::default();
    join.join.on_timer(1_010_001, &mut out).unwrap();
    assert!(out.elements.is_empty(), "the left row has matched");
    assert!(join.is_empty());
}

/// Key, value, second.
type Row = (Option<u8>, i8, i64);

fn cells(row: &Row) -> String {
    format!("{}|{}", row.0.map_or("NULL".to_owned(), |key| key.to_string()), row.1)
}

/// The join of two lists.
fn expected(join_type: JoinType, bounds: (i64, i64), condition: bool, lists: &[Vec<Row>; 2]) -> Vec<String> {
    let matches = |l: &Row, r: &Row| {
        l.0.is_some() && l.0 == r.0 && (bounds.0..=bounds.1).contains(&(l.2 - r.2)) && (!condition || l.1 < r.1)
    };
    let [left, right] = lists;
    let mut rows = Vec::new();
    for l in left {
        rows.extend(right.iter().filter(|r| matches(l, r)).map(|r| format!("+I {} {}", cells(l), cells(r))));
        if matches!(join_type, JoinType::Left | JoinType::Full) && !right.iter().any(|r| matches(l, r)) {
            rows.push(format!("+I {} NULL|NULL", cells(l)));
        }
    }
    for r in right.iter().filter(|_| matches!(join_type, JoinType::Right | JoinType::Full)) {
        if !left.iter().any(|l| matches(l, r)) {
            rows.push(format!("+I NULL|NULL {}", cells(r)));
        }
    }
    rows.sort();
    rows
}

proptest! {
    #[test]
    fn without_late_rows_it_is_the_join_of_the_lists(
        join_type in prop::sample::select(&ALL[..]),
        condition in any::<bool>(),
        bounds in (-6i64..6, 0i64..8),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((prop::option::weighted(0.9, 0u8..3), 0i8..3, 0i64..12), 1..6),
            0i64..4,
        ), 1..14),
    ) {
        let (lower, upper) = (bounds.0, bounds.0 + bounds.1);
        let spec = spec(join_type, lower * 1000, upper * 1000, condition);
        let mut join = Harness::new(spec.clone(), Clock::System);
        let mut lists: [Vec<Row>; 2] = Default::default();
        let mut found = Vec::new();
        let mut watermark = 100;
        for (input, rows, advance) in steps {
            let rows: Vec<Row> = rows.into_iter().map(|(key, value, ahead)| (key, value, watermark + 1 + ahead)).collect();
            let lines: Vec<String> = rows.iter().map(|r| row("+I", &cells(r), r.2)).collect();
            let ty = if input == 0 { &spec.join.left } else { &spec.join.right };
            let out = process(&mut join.join, input, batch(ty, &lines), &spec.join.output).unwrap();
            found.extend(out.iter().map(|line| short(line)));
            lists[input].extend(rows);
            watermark += advance;
            let out = join.watermark(watermark);
            found.extend(out.into_iter().filter(|line| line.starts_with("+I")));
        }
        found.extend(join.watermark(10_000).into_iter().filter(|line| line.starts_with("+I")));
        found.sort();
        prop_assert_eq!(found, expected(join_type, (lower, upper), condition, &lists));
        prop_assert!(join.is_empty());
    }
}
