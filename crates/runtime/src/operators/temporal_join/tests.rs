//! The operator row by row: which version, when, and which go.

use dataflow::operator_spec::{JoinSpec, JoinType, TemporalJoinSpec};
use dataflow::{Expr, Operator, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use state::KeyedStateContext;

use super::TemporalJoin;
use crate::operators::interval_join::tests::{input, row, short};
use crate::operators::testing::{Collected, batch, process};

/// A join on equal `k`; with `condition` also only where left < right.
pub(super) fn spec(join_type: JoinType, condition: bool) -> TemporalJoinSpec {
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
    TemporalJoinSpec { join, left_time: 2, right_time: 2 }
}

struct Harness {
    join: TemporalJoin,
    spec: TemporalJoinSpec,
}

impl Harness {
    fn new(spec: TemporalJoinSpec) -> Self {
        let join = TemporalJoin::new(&spec, &EvalContext::default(), KeyedStateContext::default()).unwrap();
        Self { join, spec }
    }

    fn row(&mut self, input: usize, kind: &str, cells: &str, seconds: i64) {
        let ty = if input == 0 { &self.spec.join.left } else { &self.spec.join.right };
        let rows = batch(ty, &[row(kind, cells, seconds)]);
        assert!(process(&mut self.join, input, rows, &self.spec.join.output).unwrap().is_empty());
    }

    fn watermark(&mut self, seconds: i64) -> Vec<String> {
        let mut out = Collected::default();
        self.join.on_watermark(seconds * 1000, &mut out).unwrap();
        let mut lines: Vec<String> = out.take(&self.spec.join.output).iter().map(|line| short(line)).collect();
        assert_eq!(lines.pop(), Some(format!("watermark {}", seconds * 1000)));
        lines
    }
}

#[test]
fn a_row_is_joined_with_the_version_of_its_time() {
    let mut join = Harness::new(spec(JoinType::Left, false));
    for (value, seconds) in [(1, 10), (2, 20), (3, 30)] {
        join.row(1, "+I", &format!("1|{value}"), seconds);
    }
    for (value, seconds) in [(7, 29), (8, 9), (9, 20), (6, 31)] {
        join.row(0, "+I", &format!("1|{value}"), seconds);
    }
    join.row(0, "+I", "NULL|5", 12);
    join.row(1, "+I", "NULL|5", 11);
    let expected = ["+I 1|8 NULL|NULL", "+I NULL|5 NULL|5", "+I 1|9 1|2"];
    let mut found = join.watermark(20);
    found.sort_by_key(|line| expected.iter().position(|other| *other == line.as_str()));
    assert_eq!(found, expected);
    assert_eq!(join.watermark(40), ["+I 1|7 1|2", "+I 1|6 1|3"], "in the order in which they came");
    // The version that is valid now stays.
    join.row(0, "+I", "1|0", 50);
    join.row(0, "+I", "1|1", 5);
    assert_eq!(join.watermark(50), ["+I 1|0 1|3", "+I 1|1 NULL|NULL"], "a late row finds no old version");
    assert_eq!(join.join.state.side(1).list(0).len(), 1);
}

#[test]
fn a_later_version_of_the_same_time_replaces_the_earlier() {
    let mut join = Harness::new(spec(JoinType::Inner, false));
    join.row(1, "+I", "1|1", 10);
    join.row(1, "+U", "1|2", 10);
    join.row(0, "-U", "1|7", 15);
    assert_eq!(join.watermark(20), ["-U 1|7 1|2"], "the kinds are those of the left rows");
    assert_eq!(join.join.state.stores()[1].len(), 1);
}

#[test]
fn a_deleted_row_matches_nothing() {
    for (join_type, expected) in [(JoinType::Inner, vec![]), (JoinType::Left, vec!["+I 1|7 NULL|NULL"])] {
        let mut join = Harness::new(spec(join_type, false));
        join.row(1, "+I", "1|1", 10);
        join.row(1, "-D", "1|1", 20);
        join.row(0, "+I", "1|7", 25);
        assert_eq!(join.watermark(30), expected);
    }
}

#[test]
fn the_condition_judges_the_version() {
    let mut join = Harness::new(spec(JoinType::Left, true));
    join.row(1, "+I", "1|9", 10);
    join.row(1, "+I", "1|5", 20);
    join.row(0, "+I", "1|7", 25);
    join.row(0, "+I", "1|7", 15);
    assert_eq!(join.watermark(30), ["+I 1|7 NULL|NULL", "+I 1|7 1|9"]);
}

proptest! {
    /// Rows that are not late find the version of their time, whenever it came.
    #[test]
    fn versions_are_found_whenever_they_come(
        join_type in prop::sample::select(vec![JoinType::Inner, JoinType::Left]),
        steps in prop::collection::vec((
            0usize..2,
            prop::collection::vec((0u8..3, 0i8..9, 0i64..12), 1..6),
            0i64..5,
        ), 1..14),
    ) {
        let spec = spec(join_type, false);
        let mut join = Harness::new(spec.clone());
        let mut versions: std::collections::BTreeMap<(u8, i64), i8> = Default::default();
        let mut lefts = Vec::new();
        let mut found = Vec::new();
        let mut watermark = 100;
        for (input, rows, advance) in steps {
            for (key, value, ahead) in rows {
                let time = watermark + 1 + ahead;
                join.row(input, "+I", &format!("{key}|{value}"), time);
                if input == 0 { lefts.push((key, value, time)) } else { versions.insert((key, time), value).unwrap_or(0); }
            }
            watermark += advance;
            found.extend(join.watermark(watermark));
        }
        found.extend(join.watermark(1_000));
        let expected = lefts.iter().filter_map(|(key, value, time)| {
            match versions.range((*key, 0)..=(*key, *time)).next_back() {
                Some((_, version)) => Some(format!("+I {key}|{value} {key}|{version}")),
                None => (join_type == JoinType::Left).then(|| format!("+I {key}|{value} NULL|NULL")),
            }
        });
        let mut expected: Vec<String> = expected.collect();
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
        // Old versions go once their key is looked at: at most those that came since are left.
        prop_assert!(join.join.state.stores()[0].is_empty());
    }
}
