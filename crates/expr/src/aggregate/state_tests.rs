//! Groups written as bytes and read into a fresh accumulator: whatever came before, it goes on as the first one does.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int8Array, Int32Array, StringArray};
use dataflow::{AggregateCall, Batch, Field, RowType, TypeKind};
use proptest::prelude::*;

use super::*;

const GROUPS: usize = 3;

/// A row: its values of all columns come from `value`; NULL when it is none.
#[derive(Debug, Clone)]
struct Row {
    value: Option<i8>,
    kind: i8,
    group: u32,
}

/// Columns: i INT, dec DECIMAL(5, 2), d DOUBLE, s STRING, b BOOLEAN, sep STRING NOT NULL, share DOUBLE NOT NULL.
fn input() -> RowType {
    RowType::new(vec![
        Field::new("i", TypeKind::Int.nullable()),
        Field::new("dec", TypeKind::Decimal { precision: 5, scale: 2 }.nullable()),
        Field::new("d", TypeKind::Double.nullable()),
        Field::new("s", TypeKind::STRING.nullable()),
        Field::new("b", TypeKind::Boolean.nullable()),
        Field::new("sep", TypeKind::STRING.not_null()),
        Field::new("share", TypeKind::Double.not_null()),
    ])
}

fn batch(rows: &[Row], retracts: bool) -> (Batch, Vec<u32>) {
    let values = || rows.iter().map(|row| row.value);
    let decimals: Decimal128Array = values().map(|value| value.map(i128::from)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(values().map(|value| value.map(i32::from)).collect::<Int32Array>()),
        Arc::new(decimals.with_precision_and_scale(5, 2).unwrap()),
        Arc::new(values().map(|value| value.map(f64::from)).collect::<Float64Array>()),
        Arc::new(values().map(|value| value.map(|value| value.to_string())).collect::<StringArray>()),
        Arc::new(values().map(|value| value.map(|value| value > 0)).collect::<BooleanArray>()),
        Arc::new(StringArray::from(vec!["; "; rows.len()])),
        Arc::new(Float64Array::from(vec![0.25; rows.len()])),
    ];
    let kinds = retracts.then(|| Int8Array::from_iter_values(rows.iter().map(|row| row.kind)));
    let batch = Batch::from_columns(input().arrow_schema(), columns, kinds, rows.len()).unwrap();
    (batch, rows.iter().map(|row| row.group).collect())
}

/// Every function with every kind of argument that it has a fold of its own for.
fn calls() -> Vec<AggregateCall> {
    let mut calls = Vec::new();
    let mut add = |function: &str, args: &[usize], distinct: &[bool]| {
        let types: Vec<_> = args.iter().map(|&arg| input().fields[arg].ty.clone()).collect();
        let ty = resolve(function, &types, false, false).unwrap().result;
        for &distinct in distinct {
            calls.push(AggregateCall {
                function: function.into(),
                args: args.to_vec(),
                distinct,
                filter: None,
                ty: ty.clone(),
            });
        }
    };
    const BOTH: &[bool] = &[false, true];
    (0..5).for_each(|arg| add("COUNT", &[arg], BOTH));
    for function in ["SUM", "AVG"] {
        (0..3).for_each(|arg| add(function, &[arg], BOTH));
    }
    for function in ["MIN", "MAX", "FIRST_VALUE", "LAST_VALUE"] {
        (0..5).for_each(|arg| add(function, &[arg], &[false]));
    }
    (0..5).for_each(|arg| add("ARRAY_AGG", &[arg], BOTH));
    add("LISTAGG", &[3], BOTH);
    add("LISTAGG", &[3, 5], &[false]);
    (0..5).for_each(|arg| add("COLLECT", &[arg], &[false]));
    add("JSON_ARRAYAGG_NULL_ON_NULL", &[2], &[false]);
    add("JSON_ARRAYAGG_ABSENT_ON_NULL", &[3], &[false]);
    add("PERCENTILE", &[2, 6], &[false]);
    add("BITMAP_BUILD_AGG", &[0], &[false]);
    add("BITMAP_BUILD_CARDINALITY_AGG", &[0], &[false]);
    add("VAR_POP", &[2], BOTH);
    add("STDDEV_SAMP", &[2], &[false]);
    calls
}

fn fresh(call: &AggregateCall, retracts: bool) -> Box<dyn Accumulator> {
    let mut accumulator = create(call, &input(), retracts).unwrap();
    accumulator.resize(GROUPS);
    accumulator
}

fn apply(accumulator: &mut dyn Accumulator, rows: &[Row], retracts: bool) {
    let (batch, groups) = batch(rows, retracts);
    accumulator.accumulate(&batch, &groups).unwrap();
}

fn evaluate(accumulator: &dyn Accumulator) -> ArrayRef {
    accumulator.evaluate(&[0, 1, 2]).unwrap()
}

fn written(accumulator: &dyn Accumulator) -> Vec<u8> {
    let mut bytes = Vec::new();
    (0..GROUPS as u32).for_each(|group| accumulator.write_state(group, &mut bytes));
    bytes
}

fn written_group(accumulator: &dyn Accumulator, group: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    accumulator.write_state(group, &mut bytes);
    bytes
}

fn read(accumulator: &mut dyn Accumulator, mut input: &[u8]) -> Result<usize, Failure> {
    (0..GROUPS as u32).try_for_each(|group| accumulator.read_state(group, &mut input))?;
    Ok(input.len())
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::option::weighted(0.9, -4i8..5), prop::sample::select(vec![0i8, 0, 2, 1, 3]), 0..GROUPS as u32);
    prop::collection::vec(row.prop_map(|(value, kind, group)| Row { value, kind, group }), 0..40)
}

proptest! {
    #[test]
    fn a_group_goes_on_where_it_was_read(before in rows(), after in rows(), retracts: bool) {
        for call in calls() {
            let mut one = fresh(&call, retracts);
            apply(&mut *one, &before, retracts);
            let bytes = written(&*one);
            let mut other = fresh(&call, retracts);
            // What it held is replaced.
            apply(&mut *other, &after, retracts);
            prop_assert_eq!(read(&mut *other, &bytes).unwrap(), 0, "{:?} left something", call);
            prop_assert_eq!(&evaluate(&*one), &evaluate(&*other), "{:?}", call);
            apply(&mut *one, &after, retracts);
            apply(&mut *other, &after, retracts);
            prop_assert_eq!(&evaluate(&*one), &evaluate(&*other), "{:?} afterwards", call);
            let merged = written_group(&*one, 1);
            one.merge(&[1], &[0]).unwrap();
            prop_assert_eq!(written_group(&*one, 1), merged, "{:?} takes what it merges", call);
            other.merge(&[1], &[0]).unwrap();
            // Distinct values are merged in any order, which these show.
            if !(call.distinct && ["LISTAGG", "ARRAY_AGG", "VAR_POP"].contains(&call.function.as_str())) {
                prop_assert_eq!(&evaluate(&*one), &evaluate(&*other), "{:?} merged", call);
            }
            one.reset(&[0, 1, 2]);
            other.reset(&[0, 1, 2]);
            prop_assert_eq!(one.memory_size(), fresh(&call, retracts).memory_size(), "{:?}", call);
            prop_assert_eq!(other.memory_size(), fresh(&call, retracts).memory_size(), "{:?} read", call);
        }
    }

    #[test]
    fn damaged_state_is_an_error(before in rows(), at: prop::sample::Index, byte: u8, retracts: bool) {
        for call in calls() {
            let mut accumulator = fresh(&call, retracts);
            apply(&mut *accumulator, &before, retracts);
            let mut bytes = written(&*accumulator);
            let end = at.index(bytes.len());
            prop_assert!(read(&mut *fresh(&call, retracts), &bytes[..end]).is_err(), "{:?} cut", call);
            bytes[end] = byte;
            let mut other = fresh(&call, retracts);
            let _ = read(&mut *other, &bytes);
            other.reset(&[0, 1, 2]);
            prop_assert_eq!(other.memory_size(), fresh(&call, retracts).memory_size(), "{:?} damaged", call);
        }
    }
}

#[test]
fn what_is_held_is_counted() {
    let rows: Vec<Row> = (0..100).map(|value| Row { value: Some(value), kind: 0, group: 0 }).collect();
    for call in calls() {
        let mut accumulator = fresh(&call, true);
        let empty = accumulator.memory_size();
        apply(&mut *accumulator, &rows, true);
        let keeps_values = call.args != [4]
            && (call.distinct || !["COUNT", "SUM", "AVG", "VAR_POP", "STDDEV_SAMP"].contains(&call.function.as_str()));
        assert_eq!(accumulator.memory_size() > empty + 700, keeps_values, "{call:?}");
    }
}
