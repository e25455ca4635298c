//! The operator against changelogs recorded from Flink 2.3, and against joins of plain lists.

use std::collections::BTreeMap;

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{JoinSpec, JoinType};
use dataflow::{Expr, Failure, RowType, TypeKind};
use expr::EvalContext;
use proptest::prelude::*;
use state::KeyedStateContext;

use super::Join;
use crate::operators::testing::{batch, process, row_type};

pub(super) const ALL: [JoinType; 6] =
    [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full, JoinType::Semi, JoinType::Anti];

/// A join on the first columns; `condition` compares two columns by `<`.
pub(super) fn spec(join_type: JoinType, left: RowType, right: RowType, condition: Option<(usize, usize)>) -> JoinSpec {
    let pairs = RowType::new(left.fields.iter().chain(&right.fields).cloned().collect());
    let column = |index: usize| Expr::column(index, pairs.fields[index].ty.clone());
    let output = match join_type {
        JoinType::Semi | JoinType::Anti => left.clone(),
        _ => pairs.clone(),
    };
    JoinSpec {
        join_type,
        keys: vec![(0, 0)],
        condition: condition.map(|(a, b)| Expr::call("<", vec![column(a), column(b)], TypeKind::Boolean.nullable())),
        null_safe_keys: Vec::new(),
        mini_batch: None,
        state_ttl_ms: [0, 0],
        identity: Default::default(),
        left,
        right,
        output,
    }
}

/// The operator without state.
pub(super) fn open(spec: &JoinSpec) -> Result<Join, Failure> {
    let (state, restored) = (KeyedStateContext::default(), OperatorSubtaskState::default());
    Join::new(spec, &EvalContext::default(), Clock::System, state, &restored)
}

fn orders() -> RowType {
    row_type(&[("cid", TypeKind::Int), ("oid", TypeKind::Int)])
}

fn customers() -> RowType {
    row_type(&[("cid", TypeKind::Int), ("name", TypeKind::STRING)])
}

/// Rows of the recorded case `first_join_bounded` in the order in which they came: input, row.
const ROWS: [(usize, &str); 11] = [
    (0, "+I 100|1"),
    (1, "+I 100|Ann"),
    (0, "+I 101|2"),
    (1, "+I 101|Bob"),
    (0, "+I 100|3"),
    (1, "+I 102|Cid"),
    (0, "+I NULL|4"),
    (1, "+I NULL|Nob"),
    (0, "+I 999|5"),
    (1, "+I 101|Bobby"),
    (0, "+I 101|6"),
];

fn run<S: AsRef<str>>(spec: &JoinSpec, rows: &[(usize, S)]) -> Vec<String> {
    let mut join = open(spec).unwrap();
    let run_row = |(input, row): &(usize, S)| {
        let ty = if *input == 0 { &spec.left } else { &spec.right };
        process(&mut join, *input, batch(ty, &[row.as_ref()]), &spec.output).unwrap()
    };
    rows.iter().flat_map(run_row).collect()
}

#[test]
fn bounded_joins_as_recorded() {
    for (join_type, expected) in [
        (
            JoinType::Inner,
            vec![
                "+I 100|1|100|Ann",
                "+I 101|2|101|Bob",
                "+I 100|3|100|Ann",
                "+I 101|2|101|Bobby",
                "+I 101|6|101|Bob",
                "+I 101|6|101|Bobby",
            ],
        ),
        (
            JoinType::Left,
            vec![
                "+I 100|1|NULL|NULL",
                "-D 100|1|NULL|NULL",
                "+I 100|1|100|Ann",
                "+I 101|2|NULL|NULL",
                "-D 101|2|NULL|NULL",
                "+I 101|2|101|Bob",
                "+I 100|3|100|Ann",
                "+I NULL|4|NULL|NULL",
                "+I 999|5|NULL|NULL",
                "+I 101|2|101|Bobby",
                "+I 101|6|101|Bob",
                "+I 101|6|101|Bobby",
            ],
        ),
        (
            JoinType::Right,
            vec![
                "+I 100|1|100|Ann",
                "+I 101|2|101|Bob",
                "+I 100|3|100|Ann",
                "+I NULL|NULL|102|Cid",
                "+I NULL|NULL|NULL|Nob",
                "+I 101|2|101|Bobby",
                "+I 101|6|101|Bob",
                "+I 101|6|101|Bobby",
            ],
        ),
        (
            JoinType::Full,
            vec![
                "+I 100|1|NULL|NULL",
                "-D 100|1|NULL|NULL",
                "+I 100|1|100|Ann",
                "+I 101|2|NULL|NULL",
                "-D 101|2|NULL|NULL",
                "+I 101|2|101|Bob",
                "+I 100|3|100|Ann",
                "+I NULL|NULL|102|Cid",
                "+I NULL|4|NULL|NULL",
                "+I NULL|NULL|NULL|Nob",
                "+I 999|5|NULL|NULL",
                "+I 101|2|101|Bobby",
                "+I 101|6|101|Bob",
                "+I 101|6|101|Bobby",
            ],
        ),
        (JoinType::Semi, vec!["+I 100|1", "+I 101|2", "+I 100|3", "+I 101|6"]),
        (JoinType::Anti, vec!["+I 100|1", "-D 100|1", "+I 101|2", "-D 101|2", "+I NULL|4", "+I 999|5"]),
    ] {
        assert_eq!(run(&spec(join_type, orders(), customers(), None), &ROWS), expected, "{join_type:?}");
    }
}

#[test]
fn a_left_join_turns_pads_one_by_one_as_recorded() {
    let spec = spec(JoinType::Left, orders(), customers(), None);
    let mut join = open(&spec).unwrap();
    let pads = process(&mut join, 0, batch(&orders(), &["+I 100|1", "+I 101|2", "+I 100|3"]), &spec.output).unwrap();
    assert_eq!(pads, ["+I 100|1|NULL|NULL", "+I 101|2|NULL|NULL", "+I 100|3|NULL|NULL"]);
    let rows = ["+I 100|Ann", "+I 101|Bob", "+I 100|Ann"];
    let matches = process(&mut join, 1, batch(&customers(), &rows), &spec.output).unwrap();
    assert_eq!(
        matches,
        [
            "-D 100|1|NULL|NULL",
            "+I 100|1|100|Ann",
            "-D 100|3|NULL|NULL",
            "+I 100|3|100|Ann",
            "-D 101|2|NULL|NULL",
            "+I 101|2|101|Bob",
            "+I 100|1|100|Ann",
            "+I 100|3|100|Ann",
        ]
    );
}

#[test]
fn row_kinds_of_updates() {
    let rows =
        [(0, "+I 1|7"), (1, "+I 1|a"), (1, "-U 1|a"), (1, "+U 1|b"), (0, "-U 1|7"), (0, "+U 1|8"), (1, "-D 1|b")];
    for (join_type, expected) in [
        (JoinType::Inner, vec!["+I 1|7|1|a", "-U 1|7|1|a", "+U 1|7|1|b", "-U 1|7|1|b", "+U 1|8|1|b", "-D 1|8|1|b"]),
        (
            JoinType::Left,
            vec![
                "+I 1|7|NULL|NULL",
                "-D 1|7|NULL|NULL",
                "+I 1|7|1|a",
                "-U 1|7|1|a",
                "+I 1|7|NULL|NULL",
                "-D 1|7|NULL|NULL",
                "+I 1|7|1|b",
                "-D 1|7|1|b",
                "+I 1|8|1|b",
                "-D 1|8|1|b",
                "+I 1|8|NULL|NULL",
            ],
        ),
        (JoinType::Semi, vec!["+I 1|7", "-U 1|7", "+U 1|7", "-U 1|7", "+U 1|8", "-D 1|8"]),
        (JoinType::Anti, vec!["+I 1|7", "-D 1|7", "+I 1|7", "-D 1|7", "+I 1|8"]),
    ] {
        assert_eq!(run(&spec(join_type, orders(), customers(), None), &rows), expected, "{join_type:?}");
    }
}

#[test]
fn a_cross_join_has_no_keys() {
    let mut spec = spec(JoinType::Inner, orders(), customers(), None);
    spec.keys.clear();
    let rows = [(0, "+I NULL|1"), (1, "+I 5|a"), (1, "+I NULL|b")];
    assert_eq!(run(&spec, &rows), ["+I NULL|1|5|a", "+I NULL|1|NULL|b"]);
}

#[test]
fn keys_of_different_types_are_refused() {
    let left = row_type(&[("id", TypeKind::BigInt)]);
    let spec = spec(JoinType::Inner, left, customers(), None);
    let failure = open(&spec).err().unwrap();
    assert_eq!(failure.message, "the join keys 'id' (BIGINT) and 'cid' (INT) must be cast to one type");
}

#[test]
fn more_pairs_than_fit_a_batch() {
    let numbers = |name: &str| row_type(&[("k", TypeKind::BigInt), (name, TypeKind::BigInt)]);
    let spec = spec(JoinType::Full, numbers("v"), numbers("w"), Some((1, 3)));
    let mut join = open(&spec).unwrap();
    let lines = |kind: &str| (0..200).map(|i| format!("{kind} 1|{i}")).collect::<Vec<_>>();
    process(&mut join, 0, batch(&spec.left, &lines("+I")), &spec.output).unwrap();
    let joined = process(&mut join, 1, batch(&spec.right, &lines("+I")), &spec.output).unwrap();
    // Each of 199 left rows loses its pad; the right row 0 has no match.
    assert_eq!(joined.len(), 200 * 199 / 2 + 199 + 1);
    let left = process(&mut join, 0, batch(&spec.left, &lines("-D")), &spec.output).unwrap();
    assert_eq!(left.len(), 200 * 199 / 2 + 199 + 1);
    process(&mut join, 1, batch(&spec.right, &lines("-D")), &spec.output).unwrap();
    assert!(join.table.is_empty());
    assert!(join.sides.iter().all(|side| side.rows.is_empty()));
}

/// A row of the property test: key and value.
pub(super) type Row = (Option<u8>, i8);

pub(super) fn text(row: &Row) -> String {
    format!("{}|{}", row.0.map_or("NULL".to_owned(), |key| key.to_string()), row.1)
}

/// The join of two lists of rows.
pub(super) fn expected(join_type: JoinType, [left, right]: &[Vec<Row>; 2], condition: bool) -> BTreeMap<String, i64> {
    let matches = |l: &Row, r: &Row| l.0.is_some() && l.0 == r.0 && (!condition || l.1 < r.1);
    let pair = |left: Option<&Row>, right: Option<&Row>| {
        [left, right].map(|row| row.map_or("NULL|NULL".to_owned(), text)).join("|")
    };
    let of_left = |l: &Row| -> Vec<String> {
        let matched: Vec<&Row> = right.iter().filter(|r| matches(l, r)).collect();
        match join_type {
            JoinType::Semi if !matched.is_empty() => vec![text(l)],
            JoinType::Anti if matched.is_empty() => vec![text(l)],
            JoinType::Semi | JoinType::Anti => Vec::new(),
            JoinType::Left | JoinType::Full if matched.is_empty() => vec![pair(Some(l), None)],
            _ => matched.into_iter().map(|r| pair(Some(l), Some(r))).collect(),
        }
    };
    let mut rows: Vec<String> = left.iter().flat_map(of_left).collect();
    if matches!(join_type, JoinType::Right | JoinType::Full) {
        let unmatched = right.iter().filter(|r| !left.iter().any(|l| matches(l, r)));
        rows.extend(unmatched.map(|r| pair(None, Some(r))));
    }
    rows.into_iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row).or_default() += 1;
        counts
    })
}

proptest! {
    #[test]
    fn the_table_is_the_join_of_the_lists(
        join_type in prop::sample::select(&ALL[..]),
        condition in any::<bool>(),
        batches in prop::collection::vec((0usize..2, prop::collection::vec(
            (prop::option::weighted(0.9, 0u8..3), -2i8..3, prop::option::of(any::<prop::sample::Index>())), 1..10)), 1..14),
    ) {
        let numbers = |name: &str| row_type(&[("k", TypeKind::BigInt), (name, TypeKind::BigInt)]);
        let spec = spec(join_type, numbers("v"), numbers("w"), condition.then_some((1, 3)));
        let mut join = open(&spec).unwrap();
        let mut lists: [Vec<Row>; 2] = Default::default();
        let mut table: BTreeMap<String, i64> = BTreeMap::new();
        for (input, changes) in batches {
            let list = &mut lists[input];
            let lines: Vec<String> = changes.into_iter().map(|(key, value, retracted)| match retracted {
                Some(index) if !list.is_empty() => {
                    let row = list.swap_remove(index.index(list.len()));
                    format!("{} {}", if value > 0 { "-U" } else { "-D" }, text(&row))
                }
                _ => {
                    list.push((key, value));
                    format!("{} {}", if value > 0 { "+U" } else { "+I" }, text(&(key, value)))
                }
            }).collect();
            let ty = if input == 0 { &spec.left } else { &spec.right };
            for line in process(&mut join, input, batch(ty, &lines), &spec.output).unwrap() {
                let count = table.entry(line[3..].to_owned()).or_default();
                *count += if line.starts_with('+') { 1 } else { -1 };
                prop_assert!(*count >= 0, "{line} takes back what was not there");
            }
            table.retain(|_, count| *count > 0);
            prop_assert_eq!(&table, &expected(join_type, &lists, condition));
        }
    }
}
