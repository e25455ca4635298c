//! The operator over a table of a few rows.

use dataflow::operator_spec::{JoinSpec, JoinType};
use dataflow::{Expr, RowType, TypeKind};
use expr::EvalContext;

use super::LookupJoin;
use crate::operators::testing::{batch, process, row_type};

fn joined(join_type: JoinType, condition: bool, rows: &[&str]) -> Vec<String> {
    let left = row_type(&[("k", TypeKind::BigInt), ("v", TypeKind::BigInt)]);
    let right = row_type(&[("k", TypeKind::BigInt), ("w", TypeKind::BigInt)]);
    let output = RowType::new(left.fields.iter().chain(&right.fields).cloned().collect());
    let column = |index: usize| Expr::column(index, output.fields[index].ty.clone());
    let less = Expr::call("<", vec![column(1), column(3)], TypeKind::Boolean.nullable());
    let table = [batch(&right, &["+I 1|5", "+I NULL|6", "+I 2|7"]), batch(&right, &["+I 1|8"])];
    let (rows, ty) = (batch(&left, rows), output.clone());
    let (keys, condition) = (vec![(0, 0)], condition.then_some(less));
    let spec = JoinSpec {
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
    let mut join = LookupJoin::with_rows(&spec, &table, &EvalContext::default()).unwrap();
    process(&mut join, 0, rows, &ty).unwrap()
}

#[test]
fn rows_are_found_by_their_key() {
    let rows = ["+I 1|6", "-U 2|6", "+U 3|6", "-D NULL|6"];
    assert_eq!(joined(JoinType::Inner, false, &rows), ["+I 1|6|1|5", "+I 1|6|1|8", "-U 2|6|2|7"]);
    let padded = ["+I 1|6|1|5", "+I 1|6|1|8", "-U 2|6|2|7", "+U 3|6|NULL|NULL", "-D NULL|6|NULL|NULL"];
    assert_eq!(joined(JoinType::Left, false, &rows), padded);
    let padded = ["+I 1|6|1|8", "-U 2|6|2|7", "+U 3|6|NULL|NULL", "-D NULL|6|NULL|NULL"];
    assert_eq!(joined(JoinType::Left, true, &rows), padded);
}
