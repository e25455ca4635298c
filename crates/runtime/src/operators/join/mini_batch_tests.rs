//! Mini-batches: what they fold, and that they come to the same as rows joined one by one.

use std::collections::BTreeMap;

use dataflow::operator_spec::{JoinRowIdentity, JoinSpec, JoinType, MiniBatch};
use dataflow::{Operator, TypeKind};
use proptest::prelude::*;

use super::fold::Fold;
use super::tests::{Row, expected, open, spec, text};
use crate::operators::testing::{Collected, batch, process, row_type};

/// A join of `k BIGINT, v BIGINT` with `k BIGINT, w BIGINT` in mini-batches of so many rows.
fn numbers(join_type: JoinType, condition: bool, identity: JoinRowIdentity, size: u64) -> JoinSpec {
    let side = |name: &str| row_type(&[("k", TypeKind::BigInt), (name, TypeKind::BigInt)]);
    let plain = spec(join_type, side("v"), side("w"), condition.then_some((1, 3)));
    JoinSpec { identity: [identity.clone(), identity], mini_batch: Some(MiniBatch { size }), ..plain }
}

fn folded(identity: JoinRowIdentity, rows: &[&str]) -> Vec<String> {
    let input = row_type(&[("k", TypeKind::BigInt), ("v", TypeKind::BigInt)]);
    let mut fold = Fold::new(&input, &[0], &identity).unwrap();
    let left = fold.fold(batch(&input, rows)).unwrap();
    let mut out = Collected::default();
    out.elements.push(dataflow::StreamElement::Batch(left.rows));
    let mut lines = out.take(&input);
    for (line, _) in lines.iter_mut().zip(&left.is_replaced).filter(|(_, is_replaced)| **is_replaced) {
        line.push_str(" replaced");
    }
    lines
}

#[test]
fn rows_of_one_key_are_folded() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&["+I 1|5", "+U 1|6"], &["+U 1|6"]),
        (&["+I 1|5", "-D 1|5"], &[]),
        (&["-U 1|4", "+U 1|5"], &["-U 1|4 replaced", "+U 1|5"]),
        (&["-U 1|4", "+U 1|5", "-U 1|5", "+U 1|6"], &["-U 1|4 replaced", "+U 1|6"]),
        (&["-U 1|4", "+U 1|5", "-D 1|5"], &["-U 1|4"]),
        (&["-U 1|4", "-D 1|5"], &["-D 1|5"]),
        (&["-U 1|4", "+U 1|5", "+U 1|6"], &["-U 1|4 replaced", "+U 1|6"]),
        (&["-U 1|4", "+I 2|9", "+U 1|5", "-U 3|0"], &["-U 1|4 replaced", "+U 1|5", "+I 2|9", "-U 3|0"]),
        (&["+I NULL|1", "-D NULL|1", "+I NULL|2"], &["+I NULL|2"]),
    ];
    for (rows, left) in cases {
        assert_eq!(folded(JoinRowIdentity::JoinKey, rows), left, "{rows:?}");
    }
    let of_several = ["-U 1|4", "+U 1|5", "+I 1|6", "+U 1|4"];
    assert_eq!(
        folded(JoinRowIdentity::Columns(vec![1]), &of_several),
        ["-U 1|4 replaced", "+U 1|4", "+U 1|5", "+I 1|6"]
    );
}

#[test]
fn equal_rows_are_folded_where_there_is_no_key() {
    let rows = ["+I 1|5", "+I 1|5", "-U 1|5", "+U 1|6", "-D 2|0", "+I 2|0", "-D 3|0"];
    assert_eq!(folded(JoinRowIdentity::Whole, &rows), ["+I 1|5", "+U 1|6", "-D 3|0"]);
    assert_eq!(folded(JoinRowIdentity::Each, &["+I 1|5", "+I 1|5"]), ["+I 1|5", "+I 1|5"]);
}

#[test]
fn pads_do_not_come_and_go_within_a_mini_batch() {
    let spec = numbers(JoinType::Left, false, JoinRowIdentity::JoinKey, 100);
    let mut join = open(&spec).unwrap();
    let rows = |input: usize, rows: &[&str]| (input, batch(if input == 0 { &spec.left } else { &spec.right }, rows));
    let mut end = |batches: Vec<(usize, dataflow::Batch)>| {
        for (input, batch) in batches {
            assert_eq!(process(&mut join, input, batch, &spec.output).unwrap(), [""; 0]);
        }
        let mut out = Collected::default();
        join.on_input_watermark(0, 7, &mut out).unwrap();
        out.take(&spec.output)
    };
    // The right side first, although it comes last.
    assert_eq!(end(vec![rows(0, &["+I 1|5"]), rows(1, &["+I 1|8"])]), ["+I 1|5|1|8"]);
    assert_eq!(end(vec![rows(1, &["-U 1|8", "+U 1|9"])]), ["-U 1|5|1|8", "+I 1|5|1|9"]);
    assert_eq!(end(vec![rows(1, &["-D 1|9"])]), ["-D 1|5|1|9", "+I 1|5|NULL|NULL"]);
    assert_eq!(end(vec![]), [""; 0]);
}

proptest! {
    /// Each key has one value; changes come in pieces that mini-batches end anywhere.
    #[test]
    fn upserts_come_to_the_join_of_the_lists(
        join_type in prop::sample::select(&[JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full][..]),
        condition in any::<bool>(),
        has_key in any::<bool>(),
        size in 1u64..20,
        batches in prop::collection::vec((0usize..2, any::<bool>(), prop::collection::vec(
            (prop::option::weighted(0.9, 0u8..3), prop::option::weighted(0.8, -2i8..3)), 1..10)), 1..14),
    ) {
        let identity = if has_key { JoinRowIdentity::JoinKey } else { JoinRowIdentity::Whole };
        let spec = numbers(join_type, condition, identity, size);
        let mut join = open(&spec).unwrap();
        let mut sides: [BTreeMap<Option<u8>, i8>; 2] = Default::default();
        let mut table: BTreeMap<String, i64> = BTreeMap::new();
        for (input, ends, changes) in batches {
            let side = &mut sides[input];
            let mut lines = Vec::new();
            for (key, value) in changes {
                let before = match value {
                    Some(value) => side.insert(key, value),
                    None => side.remove(&key),
                };
                if let Some(before) = before {
                    let kind = if value.is_some() { "-U" } else { "-D" };
                    lines.push(format!("{kind} {}", text(&(key, before))));
                }
                if let Some(value) = value {
                    let kind = if before.is_some() { "+U" } else { "+I" };
                    lines.push(format!("{kind} {}", text(&(key, value))));
                }
            }
            let ty = if input == 0 { &spec.left } else { &spec.right };
            let mut out = Collected::default();
            join.process(input, batch(ty, &lines), &mut out).unwrap();
            if ends {
                join.on_input_watermark(0, 7, &mut out).unwrap();
            }
            for line in out.take(&spec.output) {
                let count = table.entry(line[3..].to_owned()).or_default();
                *count += if line.starts_with('+') { 1 } else { -1 };
                prop_assert!(*count >= 0, "{line} takes back what was not there");
            }
            table.retain(|_, count| *count > 0);
            if ends {
                let lists: [Vec<Row>; 2] = [0, 1].map(|side| sides[side].iter().map(|(key, value)| (*key, *value)).collect());
                prop_assert_eq!(&table, &expected(join_type, &lists, condition));
            }
        }
    }
}
