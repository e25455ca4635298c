//! AND, OR, NOT and the IS predicates, in three-valued logic.

use std::sync::Arc;

use arrow_arith::boolean::{is_not_null, is_null, not};
use arrow_array::{Array, BooleanArray};
use arrow_select::filter::prep_null_mask_filter;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    vec![
        FunctionDef::lazy("AND", &["<BOOLEAN> AND <BOOLEAN>"], "TRUE when both are TRUE.", booleans),
        FunctionDef::lazy("OR", &["<BOOLEAN> OR <BOOLEAN>"], "TRUE when one is TRUE.", booleans),
        FunctionDef::new("NOT", &["NOT <BOOLEAN>"], "The opposite; NULL of NULL.", one_boolean, negation),
        FunctionDef::new("IS NULL", &["<ANY> IS NULL"], "Whether it is NULL.", anything, null_test),
        FunctionDef::new("IS NOT NULL", &["<ANY> IS NOT NULL"], "Whether it is not NULL.", anything, null_test),
        FunctionDef::new("IS TRUE", &["<BOOLEAN> IS TRUE"], "Whether it is TRUE.", certainty, truth_test),
        FunctionDef::new("IS NOT TRUE", &["<BOOLEAN> IS NOT TRUE"], "FALSE or NULL.", certainty, truth_test),
        FunctionDef::new("IS FALSE", &["<BOOLEAN> IS FALSE"], "Whether it is FALSE.", certainty, truth_test),
        FunctionDef::new("IS NOT FALSE", &["<BOOLEAN> IS NOT FALSE"], "TRUE or NULL.", certainty, truth_test),
        FunctionDef::new("IS UNKNOWN", &["<BOOLEAN> IS UNKNOWN"], "Whether it is NULL.", certainty, null_test),
        FunctionDef::new(
            "IS NOT UNKNOWN",
            &["<BOOLEAN> IS NOT UNKNOWN"],
            "Whether it is not NULL.",
            certainty,
            null_test,
        ),
    ]
}

fn are_booleans(args: &[Argument]) -> bool {
    args.iter().all(|arg| matches!(arg.kind(), TypeKind::Boolean | TypeKind::Null))
}

fn booleans(args: &[Argument]) -> Option<Signature> {
    (args.len() >= 2 && are_booleans(args)).then_some(())?;
    Signature::cast_to(args, &vec![TypeKind::Boolean; args.len()], TypeKind::Boolean)
}

fn one_boolean(args: &[Argument]) -> Option<Signature> {
    (args.len() == 1 && are_booleans(args)).then_some(())?;
    Signature::cast_to(args, &[TypeKind::Boolean], TypeKind::Boolean)
}

fn certainty(args: &[Argument]) -> Option<Signature> {
    let signature = one_boolean(args)?;
    Some(Signature { result: TypeKind::Boolean.not_null(), ..signature })
}

fn anything(args: &[Argument]) -> Option<Signature> {
    (args.len() == 1).then_some(())?;
    Signature::with_result(args, TypeKind::Boolean.not_null())
}

fn negation(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let values = args[0].expand(rows)?;
        Ok(Arc::new(not(arrow_array::cast::AsArray::as_boolean(&values))?))
    }))
}

fn null_test(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let negated = matches!(call.name, "IS NOT NULL" | "IS NOT UNKNOWN");
    Ok(Kernel::new(move |args, rows| {
        let values = args[0].expand(rows)?;
        Ok(Arc::new(if negated { is_not_null(&values)? } else { is_null(&values)? }))
    }))
}

fn truth_test(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let wanted = call.name.ends_with("TRUE");
    let negated = call.name.contains("NOT");
    Ok(Kernel::new(move |args, rows| {
        let values = args[0].expand(rows)?;
        let values = arrow_array::cast::AsArray::as_boolean(&values);
        let matching = if wanted { values.clone() } else { not(values)? };
        let matching = if matching.null_count() == 0 { matching } else { prep_null_mask_filter(&matching) };
        let result = if negated { BooleanArray::new(!matching.values(), None) } else { matching };
        Ok(Arc::new(result))
    }))
}
