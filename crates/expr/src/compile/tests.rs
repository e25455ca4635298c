//! Evaluation over batches: which rows reach a branch, what fails and how it says so.

use std::sync::Arc;

use arrow_array::{BooleanArray, Int32Array, StringArray, StructArray};
use dataflow::{Field, LogicalType, RowType, TypeKind};

use super::*;
use crate::functions::resolve;

/// Columns: x INT, s STRING, b BOOLEAN.
fn row_type() -> RowType {
    RowType::new(vec![
        Field::new("x", TypeKind::Int.nullable()),
        Field::new("s", TypeKind::STRING.nullable()),
        Field::new("b", TypeKind::Boolean.nullable()),
    ])
}

fn batch() -> Batch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(0), Some(2), None, Some(5)])),
        Arc::new(StringArray::from(vec![Some("7"), Some("x"), None, Some("9")])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)])),
    ];
    Batch::from_columns(row_type().arrow_schema(), columns, None, 4).unwrap()
}

fn column(index: usize) -> Expr {
    Expr::column(index, row_type().fields[index].ty.clone())
}

fn int(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), TypeKind::Int.not_null())
}

fn null(kind: TypeKind) -> Expr {
    Expr::literal(Literal::Null, kind.nullable())
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.clone()).collect();
    let resolved = resolve(name, &types).unwrap();
    let args = args.into_iter().zip(resolved.arg_types);
    let args = args.map(|(arg, ty)| if arg.ty == ty { arg } else { arg.cast(ty) }).collect();
    Expr::call(resolved.function, args, resolved.result)
}

fn case(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    let ty = then.ty.with_nullable(true);
    let kind = dataflow::ExprKind::Case { branches: vec![(condition, then)], otherwise: Box::new(otherwise) };
    Expr { kind, ty }
}

fn evaluate(expr: &Expr) -> Result<ArrayRef, Failure> {
    compile(expr, &EvalContext::default().with_columns(&row_type())).unwrap().evaluate(&batch())
}

fn ints(values: [Option<i32>; 4]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn bools(values: [Option<bool>; 4]) -> ArrayRef {
    Arc::new(BooleanArray::from(values.to_vec()))
}

/// `10 / x`, which fails for the first row.
fn risky() -> Expr {
    call("/", vec![int(10), column(0)])
}

#[test]
fn only_rows_that_reach_a_branch_are_evaluated() {
    let not_zero = call("<>", vec![column(0), int(0)]);
    let guarded = case(not_zero.clone(), risky(), int(-1));
    assert_eq!(&evaluate(&guarded).unwrap(), &ints([Some(-1), Some(5), Some(-1), Some(2)]));
    let both = call("AND", vec![not_zero.clone(), call(">", vec![risky(), int(2)])]);
    assert_eq!(&evaluate(&both).unwrap(), &bools([Some(false), Some(true), None, Some(false)]));
    let zero = call("=", vec![column(0), int(0)]);
    let either = call("OR", vec![zero, call(">", vec![risky(), int(2)])]);
    assert_eq!(&evaluate(&either).unwrap(), &bools([Some(true), Some(true), None, Some(false)]));
    let guard = case(call("=", vec![column(0), int(0)]), int(7), null(TypeKind::Int));
    let first = call("COALESCE", vec![guard, risky(), int(-1)]);
    assert_eq!(&evaluate(&first).unwrap(), &ints([Some(7), Some(5), Some(-1), Some(2)]));
    let chosen = call("IF", vec![not_zero, risky(), null(TypeKind::Int)]);
    assert_eq!(&evaluate(&chosen).unwrap(), &ints([None, Some(5), None, Some(2)]));
}

#[test]
fn failures_name_the_expression() {
    assert_eq!(evaluate(&risky()).unwrap_err().message, "(10 / x): / by zero");
    let failure = evaluate(&column(1).cast(TypeKind::Int.nullable())).unwrap_err();
    assert_eq!(failure.message, "CAST(s AS INT): For input string: 'x'. Invalid character found.");
    assert_eq!(failure.domain, dataflow::FailureDomain::User);
    let lenient = Expr {
        kind: dataflow::ExprKind::Cast { input: Box::new(column(1)), try_cast: true },
        ty: TypeKind::Int.nullable(),
    };
    assert_eq!(&evaluate(&lenient).unwrap(), &ints([Some(7), None, None, Some(9)]));
}

#[test]
fn constants_are_folded_and_fail_only_when_reached() {
    let context = EvalContext::default();
    let sum = call("+", vec![int(1), int(2)]);
    assert!(compile(&sum, &context).unwrap().constant().is_some());
    assert_eq!(fold(&sum, &context).unwrap(), Literal::Int(3));
    let division = call("/", vec![int(1), int(0)]);
    assert_eq!(fold(&division, &context).unwrap_err().message, "(1 / 0): Division by zero");
    let unreached = case(Expr::literal(Literal::Boolean(false), TypeKind::Boolean.not_null()), division, int(5));
    assert_eq!(fold(&unreached, &context).unwrap(), Literal::Int(5));
    let text = Expr::literal(Literal::String("x".into()), TypeKind::Char { length: 1 }.not_null());
    let bad = text.cast(TypeKind::Int.not_null());
    let compiled = compile(&bad, &context).unwrap();
    assert!(compiled.evaluate(&batch().slice(0, 0)).is_ok());
    assert!(compiled.evaluate(&batch()).is_err());
    assert!(fold(&column(0), &context).is_err());
    assert!(compile(&call("NOW", Vec::new()), &context).unwrap().constant().is_none());
}

#[test]
fn conditions_have_no_nulls() {
    let compiled = compile(&column(2), &EvalContext::default()).unwrap();
    let condition = compiled.evaluate_condition(&batch()).unwrap();
    assert_eq!(condition, BooleanArray::from(vec![true, false, false, true]));
}

#[test]
fn fields_of_a_null_row_are_null() {
    let inner = RowType::new(vec![Field::new("a", TypeKind::Int.not_null())]);
    let rows = StructArray::new(
        inner.arrow_fields(),
        vec![Arc::new(Int32Array::from(vec![1, 2]))],
        Some(vec![true, false].into()),
    );
    let row_type = RowType::new(vec![Field::new("r", TypeKind::Row(inner).nullable())]);
    let batch = Batch::from_columns(row_type.arrow_schema(), vec![Arc::new(rows)], None, 2).unwrap();
    let input = Box::new(Expr::column(0, row_type.fields[0].ty.clone()));
    let field = Expr { kind: dataflow::ExprKind::Field { input, index: 0 }, ty: TypeKind::Int.nullable() };
    let value = compile(&field, &EvalContext::default()).unwrap().evaluate(&batch).unwrap();
    assert_eq!(value.as_ref(), &Int32Array::from(vec![Some(1), None]));
}

#[test]
fn what_does_not_compile() {
    let message = |expr: &Expr| compile(expr, &EvalContext::default()).unwrap_err().message;
    let unknown = Expr::call("NO_SUCH", vec![column(0)], TypeKind::Int.nullable());
    assert_eq!(message(&unknown), "NO_SUCH($0): function NO_SUCH is not in the catalogue");
    let refused = column(0).cast(TypeKind::timestamp(3).nullable());
    assert!(message(&refused).starts_with("The cast from NUMERIC type to TIMESTAMP type is not allowed."));
}
