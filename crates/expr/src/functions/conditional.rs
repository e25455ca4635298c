//! COALESCE, IFNULL, IF, NULLIF. CASE has a shape of its own in the expression tree.

use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use arrow_select::nullif::nullif;
use dataflow::{Failure, LogicalType, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel, comparison};
use crate::types::{argument_type, common_type, comparison_type, is_binary, is_character, is_constructed};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    vec![
        FunctionDef::lazy("COALESCE", &["COALESCE(<COMMON>...)"], "The first argument that is not NULL.", coalesce),
        FunctionDef::lazy("IFNULL", &["IFNULL(<ANY>, <ANY>)"], "The first, or the second when it is NULL.", if_null),
        FunctionDef::lazy(
            "IF",
            &["IF(<BOOLEAN>, <ANY>, <ANY>)"],
            "The second when the first is TRUE, else the third.",
            if_else,
        ),
        FunctionDef::new(
            "NULLIF",
            &["NULLIF(<ANY>, <ANY>)"],
            "NULL when both are equal, else the first.",
            null_if,
            null_if_kernel,
        ),
    ]
}

fn types(args: &[Argument]) -> Vec<LogicalType> {
    args.iter().map(|arg| arg.ty.without_time_attribute()).collect()
}

fn casts(args: &[Argument], kind: &TypeKind) -> Vec<LogicalType> {
    args.iter().map(|arg| kind.clone().not_null().with_nullable(arg.ty.nullable)).collect()
}

/// NULL only when all arguments may be NULL. A DATE among timestamps makes all of them a DATE.
fn coalesce(args: &[Argument]) -> Option<Signature> {
    let common = argument_type(&types(args)).or_else(|| date_of_all(args))?;
    let nullable = args.iter().all(|arg| arg.ty.nullable);
    Some(Signature { args: casts(args, &common.kind), result: common.with_nullable(nullable) })
}

fn date_of_all(args: &[Argument]) -> Option<LogicalType> {
    let dated = |arg: &Argument| matches!(arg.kind(), TypeKind::Date | TypeKind::Timestamp { .. });
    args.iter().all(dated).then(|| TypeKind::Date.not_null())
}

/// A text that is never NULL keeps its length.
fn if_null(args: &[Argument]) -> Option<Signature> {
    let [first, _] = args else { return None };
    let signature = coalesce(args)?;
    if !first.ty.nullable && (is_character(first.kind()) || is_binary(first.kind())) {
        return Some(Signature { args: casts(args, first.kind()), result: first.ty.clone() });
    }
    Some(signature)
}

fn if_else(args: &[Argument]) -> Option<Signature> {
    let [condition, results @ ..] = args else { return None };
    if results.len() != 2 || !matches!(condition.kind(), TypeKind::Boolean | TypeKind::Null) {
        return None;
    }
    if results.iter().any(|arg| is_constructed(arg.kind())) {
        return None;
    }
    let common = common_type(&types(results))?;
    let nullable = condition.ty.nullable || common.nullable;
    let mut args = vec![TypeKind::Boolean.not_null().with_nullable(condition.ty.nullable)];
    args.extend(casts(results, &common.kind));
    Some(Signature { args, result: common.with_nullable(nullable) })
}

/// The first argument keeps its type; the second is cast so that they compare.
fn null_if(args: &[Argument]) -> Option<Signature> {
    let [first, second] = args else { return None };
    let common = comparison_type(&first.ty, &second.ty)?;
    let comparable = common.kind.clone().not_null().with_nullable(second.ty.nullable);
    let first = first.ty.without_time_attribute();
    Some(Signature { args: vec![first.clone(), comparable], result: first.with_nullable(true) })
}

fn null_if_kernel(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let compared = &call.args[1];
    let cast = crate::cast::kernel(&call.args[0], compared, false, call.context)?;
    let equal = comparison::kernel("=", &compared.kind)?;
    Ok(Kernel::fallible(move |args, rows| {
        let value = args[0].expand(rows)?;
        let left = match &cast {
            Some(cast) => crate::operand::Operand::Column((cast.run)(&args[..1], rows)?),
            None => args[0].clone(),
        };
        let equal = (equal.run)(&[left, args[1].clone()], rows)?;
        let equal: &BooleanArray = equal.as_boolean();
        Ok(Arc::clone(&nullif(&value, equal)?))
    }))
}
