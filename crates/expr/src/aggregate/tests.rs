//! Accumulators over small batches, against values recorded on Flink where there are any.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int8Array, Int32Array, StringArray};
use dataflow::{AggregateCall, Field, LogicalType, RowType, TypeKind};

use super::*;
use crate::render::render_cell;

/// Columns: i INT, dec DECIMAL(5, 2), d DOUBLE, s STRING, keep BOOLEAN.
fn input() -> RowType {
    RowType::new(vec![
        Field::new("i", TypeKind::Int.nullable()),
        Field::new("dec", TypeKind::Decimal { precision: 5, scale: 2 }.nullable()),
        Field::new("d", TypeKind::Double.nullable()),
        Field::new("s", TypeKind::STRING.nullable()),
        Field::new("keep", TypeKind::Boolean.nullable()),
    ])
}

fn nums(kinds: Option<Vec<i8>>) -> Batch {
    let decimals = Decimal128Array::from(vec![Some(225), Some(375), None, Some(110), Some(999)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(10), Some(20), None, Some(40), Some(50)])),
        Arc::new(decimals.with_precision_and_scale(5, 2).unwrap()),
        Arc::new(Float64Array::from(vec![1.5, 2.5, 3.5, f64::NAN, -1.0])),
        Arc::new(StringArray::from(vec![Some("b"), Some("a"), None, Some("b"), Some("é")])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(true), None, Some(true)])),
    ];
    Batch::from_columns(input().arrow_schema(), columns, kinds.map(Int8Array::from), 5).unwrap()
}

fn call(function: &str, args: &[usize]) -> AggregateCall {
    let types: Vec<LogicalType> = args.iter().map(|&arg| input().fields[arg].ty.clone()).collect();
    let ty = resolve(function, &types, false, false).unwrap().result;
    AggregateCall { function: function.into(), args: args.to_vec(), distinct: false, filter: None, ty }
}

fn text(array: &ArrayRef, ty: &LogicalType) -> Vec<String> {
    let render = |row| {
        let mut out = String::new();
        render_cell(array, row, ty, crate::Zone::UTC, &mut out);
        out
    };
    (0..array.len()).map(render).collect()
}

fn total(call: &AggregateCall, batch: &Batch, retracts: bool) -> String {
    let mut accumulator = create(call, &input(), retracts).unwrap();
    accumulator.resize(1);
    accumulator.accumulate(batch, &vec![0; batch.num_rows()]).unwrap();
    let value = accumulator.evaluate(&[0]).unwrap();
    assert_eq!(*value.data_type(), call.ty.arrow_type());
    text(&value, &call.ty).remove(0)
}

#[test]
fn values_are_flinks() {
    let cases = [
        ("SUM", 0, "120", "INT"),
        ("AVG", 0, "30", "INT"),
        ("SUM", 1, "17.09", "DECIMAL(38, 2)"),
        ("AVG", 1, "4.272500", "DECIMAL(38, 6)"),
        ("MIN", 1, "1.10", "DECIMAL(5, 2)"),
        ("COUNT", 0, "4", "BIGINT NOT NULL"),
        ("MIN", 2, "-1.0", "DOUBLE"),
        ("MAX", 2, "3.5", "DOUBLE"),
        ("MAX", 3, "é", "STRING"),
        ("MIN", 3, "a", "STRING"),
        ("MAX", 4, "TRUE", "BOOLEAN"),
    ];
    for (function, arg, value, ty) in cases {
        let call = call(function, &[arg]);
        assert_eq!(call.ty.to_string(), ty, "{function}({arg})");
        assert_eq!(total(&call, &nums(None), false), value, "{function}({arg})");
    }
    let rows = AggregateCall { args: vec![], ..call("COUNT", &[0]) };
    assert_eq!(total(&rows, &nums(None), false), "5");
}

/// VAR_POP(i) and its kin take DOUBLE columns: the binder casts.
#[test]
fn spreads_are_flinks() {
    let row = RowType::new(vec![Field::new("d", TypeKind::Double.nullable())]);
    let columns: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(vec![10.0, 20.0, 40.0, 50.0]))];
    let batch = Batch::from_columns(row.arrow_schema(), columns, None, 4).unwrap();
    for (function, value) in [("STDDEV_POP", "15"), ("STDDEV_SAMP", "18"), ("VAR_POP", "249"), ("VARIANCE", "333")] {
        let resolved = resolve(function, &[TypeKind::Int.nullable()], false, false).unwrap();
        assert_eq!(resolved.arg_types, [TypeKind::Double.nullable()]);
        assert_eq!(resolved.result, TypeKind::Int.nullable());
        let call = AggregateCall {
            function: function.into(),
            args: vec![0],
            distinct: false,
            filter: None,
            ty: resolved.result,
        };
        let mut accumulator = create(&call, &row, true).unwrap();
        accumulator.resize(1);
        accumulator.accumulate(&batch, &[0; 4]).unwrap();
        assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &call.ty), [value], "{function}");
    }
}

#[test]
fn ordered_aggregates() {
    for retracts in [false, true] {
        assert_eq!(total(&call("FIRST_VALUE", &[3]), &nums(None), retracts), "b");
        assert_eq!(total(&call("LAST_VALUE", &[0]), &nums(None), retracts), "50");
    }
    assert_eq!(total(&call("LISTAGG", &[3]), &nums(None), false), "b,a,b,é");
    assert_eq!(total(&call("ARRAY_AGG", &[0]), &nums(None), false), "[10, 20, NULL, 40, 50]");
    let back = nums(Some(vec![0, 0, 0, 3, 0]));
    assert_eq!(total(&call("LISTAGG", &[3]), &back, true), "a,é");
    let distinct = AggregateCall { distinct: true, ..call("LISTAGG", &[3]) };
    assert_eq!(total(&distinct, &nums(None), false), "b,a,é");
}

#[test]
fn filter_and_distinct() {
    let filtered = AggregateCall { filter: Some(4), ..call("SUM", &[0]) };
    assert_eq!(total(&filtered, &nums(None), false), "60");
    let distinct = AggregateCall { distinct: true, ..call("COUNT", &[3]) };
    assert_eq!(total(&distinct, &nums(None), false), "3");
    // One of two "b" is taken back: it stays.
    let batch = nums(Some(vec![0, 0, 0, 0, 0]));
    let mut accumulator = create(&distinct, &input(), true).unwrap();
    accumulator.resize(1);
    accumulator.accumulate(&batch, &[0; 5]).unwrap();
    let one = batch.slice(0, 1);
    let back = Batch::changes(one.rows().clone(), Int8Array::from(vec![3]));
    accumulator.accumulate(&back, &[0]).unwrap();
    assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &distinct.ty), ["3"]);
    accumulator.accumulate(&back, &[0]).unwrap();
    assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &distinct.ty), ["2"]);
}

#[test]
fn retraction_empties_a_group() {
    let batch = nums(Some(vec![0, 0, 0, 3, 0]));
    assert_eq!(total(&call("SUM", &[0]), &batch, true), "40");
    for function in ["SUM", "AVG", "MIN", "MAX"] {
        let call = call(function, &[0]);
        let mut accumulator = create(&call, &input(), true).unwrap();
        accumulator.resize(1);
        accumulator.accumulate(&nums(None), &[0; 5]).unwrap();
        accumulator.accumulate(&nums(Some(vec![1, 3, 1, 3, 0])), &[0; 5]).unwrap();
        let last = nums(Some(vec![0, 0, 0, 0, 3])).slice(4, 1);
        accumulator.accumulate(&last, &[0]).unwrap();
        accumulator.accumulate(&last, &[0]).unwrap();
        assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &call.ty), ["NULL"], "{function}");
    }
    let largest = call("MAX", &[0]);
    let mut accumulator = create(&largest, &input(), true).unwrap();
    accumulator.resize(1);
    accumulator.accumulate(&nums(None), &[0; 5]).unwrap();
    accumulator.accumulate(&nums(Some(vec![0, 0, 0, 0, 1])).slice(4, 1), &[0]).unwrap();
    assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &largest.ty), ["40"]);
}

#[test]
fn traced_shows_the_value_around_each_row() {
    let call = call("SUM", &[0]);
    let mut accumulator = create(&call, &input(), false).unwrap();
    accumulator.resize(2);
    let (before, after) = accumulator.accumulate_traced(&nums(None), &[0, 1, 0, 0, 1]).unwrap();
    assert_eq!(text(&before, &call.ty), ["NULL", "NULL", "10", "10", "20"]);
    assert_eq!(text(&after, &call.ty), ["10", "20", "10", "50", "70"]);
}

#[test]
fn groups_merge_and_start_anew() {
    for (function, arg, merged) in [("SUM", 0, "120"), ("COUNT", 3, "3"), ("MIN", 3, "a"), ("AVG", 1, "4.272500")] {
        for retracts in [false, true] {
            let call = AggregateCall { distinct: function == "COUNT", ..call(function, &[arg]) };
            let mut accumulator = create(&call, &input(), retracts).unwrap();
            accumulator.resize(2);
            accumulator.accumulate(&nums(None), &[0, 1, 0, 1, 1]).unwrap();
            let other = accumulator.evaluate(&[1]).unwrap();
            accumulator.merge(&[1], &[0]).unwrap();
            assert_eq!(&accumulator.evaluate(&[1]).unwrap(), &other, "what was merged stays");
            assert_eq!(text(&accumulator.evaluate(&[0]).unwrap(), &call.ty), [merged], "{function}");
            accumulator.reset(&[0, 1]);
            accumulator.accumulate(&nums(None).slice(1, 1), &[1]).unwrap();
            let values = text(&accumulator.evaluate(&[0]).unwrap(), &call.ty);
            assert_eq!(values, [if function == "COUNT" { "0" } else { "NULL" }]);
        }
    }
}

#[test]
fn sums_wrap_around() {
    let row = RowType::new(vec![Field::new("i", TypeKind::Int.not_null())]);
    let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(vec![i32::MAX, 1]))];
    let batch = Batch::from_columns(row.arrow_schema(), columns, None, 2).unwrap();
    let mut accumulator = create(&call("SUM", &[0]), &row, false).unwrap();
    accumulator.resize(1);
    accumulator.accumulate(&batch, &[0, 0]).unwrap();
    assert_eq!(accumulator.evaluate(&[0]).unwrap().as_ref(), &Int32Array::from(vec![i32::MIN]));
}

#[test]
fn what_is_refused() {
    let message = |name: &str, args: &[LogicalType]| resolve(name, args, false, false).unwrap_err().to_string();
    assert_eq!(
        message("SUM", &[TypeKind::STRING.nullable()]),
        "Cannot apply 'SUM' to arguments of type 'SUM(<VARCHAR(2147483647)>)'. Supported form(s): 'SUM(<NUMERIC>)'"
    );
    assert_eq!(
        message("BIT_AND", &[TypeKind::Int.nullable()]),
        "No match found for function signature BIT_AND(<NUMERIC>)"
    );
    assert_eq!(message("APPROX_COUNT_DISTINCT", &[]), "function APPROX_COUNT_DISTINCT is not supported yet");
    assert_eq!(
        message("COUNT", &[TypeKind::Int.nullable(), TypeKind::Int.nullable()]),
        "We now only support the count of one field."
    );
    assert_eq!(resolve("MIN", &[TypeKind::Int.not_null()], false, true).unwrap().result, TypeKind::Int.not_null());
}
