//! Every line of `cases.txt`: recorded answers of Flink, asked once with constants and once with columns.

use arrow_array::{Array, ArrayRef};
use arrow_select::concat::concat;
use dataflow::{Batch, Expr, ExprKind, Field, LogicalType, RowType};

use super::call::Argument;
use super::{ResolvedCall, find, resolve_arguments};
use crate::context::EvalContext;
use crate::testing::{literal, text};

/// The call, with the casts that the catalogue asks for.
fn call(name: &str, args: &[Expr]) -> Expr {
    let arguments: Vec<Argument> = args
        .iter()
        .map(|arg| Argument {
            ty: arg.ty.clone(),
            literal: if let ExprKind::Literal(literal) = &arg.kind { Some(literal.clone()) } else { None },
        })
        .collect();
    let ResolvedCall { function, arg_types, result } =
        resolve_arguments(name, &arguments).unwrap_or_else(|error| panic!("{name}: {error}"));
    let cast = |(arg, ty): (&Expr, LogicalType)| if arg.ty == ty { arg.clone() } else { arg.clone().cast(ty) };
    let args = args.iter().zip(arg_types).map(cast).collect();
    Expr::call(function, args, result)
}

/// The same call over columns that hold NULL first and the constant then; units and patterns that must be constant stay.
fn over_columns(name: &str, expr: &Expr, context: &EvalContext) -> Option<String> {
    let ExprKind::Call { args, .. } = &expr.kind else { return None };
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    let mut moved = expr.clone();
    let ExprKind::Call { args: moved_args, .. } = &mut moved.kind else { return None };
    for (index, arg) in args.iter().enumerate() {
        let unit_or_flag = match name {
            "EXTRACT" | "TIMESTAMPADD" | "TIMESTAMPDIFF" | "TRIM" => index == 0,
            "FLOOR" | "CEIL" | "TO_TIMESTAMP_LTZ" => index == 1,
            "LIKE" | "SIMILAR TO" => index == 2,
            _ => false,
        };
        if unit_or_flag {
            continue;
        }
        let unit = Batch::from_columns(RowType::default().arrow_schema(), Vec::new(), None, 1).unwrap();
        let value = crate::compile(arg, context).unwrap().evaluate(&unit).unwrap();
        let null = arrow_array::new_null_array(value.data_type(), 1);
        columns.push(concat(&[null.as_ref(), value.as_ref()]).unwrap());
        moved_args[index] = Expr::column(fields.len(), arg.ty.with_nullable(true));
        fields.push(Field::new(format!("c{index}"), arg.ty.with_nullable(true)));
    }
    let row_type = RowType::new(fields);
    let batch = Batch::from_columns(row_type.arrow_schema(), columns, None, 2).unwrap();
    let compiled = crate::compile(&moved, &context.with_columns(&row_type)).unwrap();
    let result = compiled.evaluate(&batch).unwrap_or_else(|failure| panic!("{}", failure.one_line()));
    assert_eq!(result.len(), 2);
    Some(text(&result, 1, &expr.ty))
}

#[test]
fn recorded_answers() {
    let context = EvalContext::default();
    let unit = Batch::from_columns(RowType::default().arrow_schema(), Vec::new(), None, 1).unwrap();
    let mut wrong = Vec::new();
    for line in include_str!("cases.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, args, ty, value] = line.splitn(4, " | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let args: Vec<Expr> = args.split("; ").filter(|arg| !arg.is_empty()).map(literal).collect();
        let expr = call(name, &args);
        let result = crate::compile(&expr, &context).unwrap().evaluate(&unit).unwrap();
        assert_eq!(*result.data_type(), expr.ty.arrow_type(), "{line}");
        let folded = text(&result, 0, &expr.ty);
        if expr.ty.to_string() != ty || folded != value {
            wrong.push(format!("{line}\n    constants: {} {folded}", expr.ty));
        }
        if !args.is_empty() && find(name).is_some_and(|function| function.deterministic) {
            let columns = over_columns(name, &expr, &context).unwrap();
            if columns != value {
                wrong.push(format!("{line}\n    columns: {columns}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_function_is_documented_and_known() {
    for function in super::catalogue() {
        assert!(!function.doc.is_empty() && !function.forms.is_empty(), "{}", function.name);
    }
    let mut names: Vec<_> = super::catalogue().iter().map(|function| function.name).collect();
    names.dedup();
    assert_eq!(names.len(), super::catalogue().len(), "a name stands twice in the catalogue");
}
