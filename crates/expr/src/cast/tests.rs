//! Every line of `cases.txt`: recorded casts of Flink, over columns; and what no line can say.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int32Array, TimestampMillisecondArray};
use dataflow::{Batch, Expr, ExprKind, Field, LogicalType, RowType, TypeKind};

use super::{OnError, caster};
use crate::Zone;
use crate::context::EvalContext;
use crate::testing::{literal, text, type_kind};

/// Casts one value that stands in a column.
fn cast(value: &Expr, to: &LogicalType, try_cast: bool, context: &EvalContext) -> Result<ArrayRef, String> {
    let unit = Batch::from_columns(RowType::default().arrow_schema(), Vec::new(), None, 1).unwrap();
    let array = crate::compile(value, context).unwrap().evaluate(&unit).unwrap();
    let row_type = RowType::new(vec![Field::new("x", value.ty.clone())]);
    let batch = Batch::from_columns(row_type.arrow_schema(), vec![array], None, 1).unwrap();
    let input = Box::new(Expr::column(0, value.ty.clone()));
    let expr = Expr { kind: ExprKind::Cast { input, try_cast }, ty: to.clone() };
    let compiled = crate::compile(&expr, context).map_err(|failure| failure.one_line())?;
    compiled.evaluate(&batch).map_err(|failure| failure.one_line())
}

#[test]
fn recorded_answers() {
    let context = EvalContext::default();
    let mut wrong = Vec::new();
    for line in include_str!("cases.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, value, to, expected] = line.splitn(4, " | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let to = type_kind(to).nullable();
        let result = cast(&literal(value), &to, name == "TRY_CAST", &context);
        let good = match (&result, expected.strip_prefix("ERROR ")) {
            (Ok(array), None) => *array.data_type() == to.arrow_type() && text(array, 0, &to) == expected,
            (Err(message), Some(part)) => message.contains(part),
            _ => false,
        };
        if !good {
            wrong.push(format!("{line}\n    {:?}", result.map(|array| text(&array, 0, &to))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cast_array(array: ArrayRef, from: TypeKind, to: TypeKind, zone: Zone) -> Vec<String> {
    let context = EvalContext::new(zone, || 0);
    let to = to.nullable();
    let cast = caster(&from.nullable(), &to, OnError::Fail, &context).unwrap();
    let result = cast.map_or(array.clone(), |cast| cast(&array).unwrap());
    assert_eq!(*result.data_type(), to.arrow_type());
    (0..result.len()).map(|row| text(&result, row, &to)).collect()
}

#[test]
fn the_zone_lies_between_the_kinds_of_timestamp() {
    let midnight: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![Some(0), None]));
    let (local, instant) = (TypeKind::timestamp(3), TypeKind::timestamp_ltz(3));
    let zone = Zone::Named(chrono_tz::Tz::Asia__Shanghai);
    let cast = |from: &TypeKind, to: &TypeKind| cast_array(midnight.clone(), from.clone(), to.clone(), zone);
    assert_eq!(cast(&instant, &local), ["1970-01-01 08:00:00.000", "NULL"]);
    assert_eq!(cast(&local, &instant), ["1969-12-31 16:00:00.000", "NULL"]);
    assert_eq!(cast(&instant, &TypeKind::STRING), ["1970-01-01 08:00:00.000", "NULL"]);
    assert_eq!(cast(&instant, &TypeKind::Time { precision: 0 }), ["08:00:00", "NULL"]);
}

#[test]
fn null_stays_null() {
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
    for to in ["BOOLEAN", "TINYINT", "DOUBLE", "DECIMAL(5,2)", "STRING", "CHAR(2)"] {
        let results = cast_array(values.clone(), TypeKind::Int, type_kind(to), Zone::UTC);
        assert_eq!(results[1], "NULL", "{to}");
    }
}
