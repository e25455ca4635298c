//! CAST and TRY_CAST between all types, with Flink's trimming, rounding, wrapping and failure texts.
//!
//! Which casts are allowed is decided by [`crate::types::can_cast`]; here are the values, one file a target family.

mod binary;
mod boolean;
mod nested;
mod number;
pub mod parse;
pub(crate) mod temporal;
mod text;

use arrow_array::ArrayRef;
use dataflow::{Failure, LogicalType, TypeKind};

use crate::context::EvalContext;
use crate::functions::Kernel;
use crate::types::{can_cast, cast_refusal, is_datetime, is_interval, is_numeric};

/// What becomes of a value that cannot be cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    /// CAST: the row fails.
    Fail,
    /// TRY_CAST: NULL.
    Null,
}

impl OnError {
    /// The cast value, or what stands for a value that cannot be cast.
    #[inline]
    pub(crate) fn apply<T, E: std::fmt::Display>(self, result: Result<Option<T>, E>) -> Result<Option<T>, Failure> {
        match (result, self) {
            (Ok(value), _) => Ok(value),
            (Err(_), OnError::Null) => Ok(None),
            (Err(error), OnError::Fail) => Err(Failure::user(error.to_string())),
        }
    }
}

/// A cast of whole columns; `None` when the values stay as they are.
pub(crate) type Caster = Option<Box<dyn Fn(&ArrayRef) -> Result<ArrayRef, Failure> + Send + Sync>>;

/// The kernel of a cast; `None` when the values stay as they are. Fails when there is no such cast.
pub fn kernel(
    from: &LogicalType,
    to: &LogicalType,
    try_cast: bool,
    context: &EvalContext,
) -> Result<Option<Kernel>, Failure> {
    let on_error = if try_cast { OnError::Null } else { OnError::Fail };
    let Some(cast) = caster(from, to, on_error, context)? else { return Ok(None) };
    let run = move |args: &[crate::operand::Operand], rows: usize| match &args[0] {
        crate::operand::Operand::Column(array) => cast(array),
        constant => Ok(crate::operand::repeat(&cast(constant.array())?, rows)?),
    };
    let fallible = !try_cast && can_fail(&from.kind, &to.kind);
    Ok(Some(if fallible { Kernel::fallible(run) } else { Kernel::new(run) }))
}

/// Whether some value of `from` fails: only parsing does.
fn can_fail(from: &TypeKind, to: &TypeKind) -> bool {
    match (from, to) {
        (_, TypeKind::Varchar { .. } | TypeKind::Char { .. }) => false,
        (TypeKind::Null, _) => false,
        (a, b) if is_numeric(a) && is_numeric(b) => false,
        (a, b) if is_datetime(a) && is_datetime(b) => false,
        _ => true,
    }
}

pub(crate) fn caster(
    from: &LogicalType,
    to: &LogicalType,
    on_error: OnError,
    context: &EvalContext,
) -> Result<Caster, Failure> {
    if !can_cast(from, to) {
        return Err(Failure::user(cast_refusal(from, to)).fatal());
    }
    let (from, to) = (&from.kind, &to.kind);
    if from == to {
        return Ok(None);
    }
    Ok(match to {
        _ if *from == TypeKind::Null => null_caster(to),
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => text::caster(from, to, context),
        TypeKind::Binary { .. } | TypeKind::Varbinary { .. } => binary::caster(from, to),
        TypeKind::Boolean => boolean::caster(from, on_error),
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            nested::nested_caster(from, to, on_error, context)?
        }
        _ if is_numeric(to) => number::caster(from, to, on_error),
        _ if is_datetime(to) => temporal::caster(from, to, on_error, context.time_zone),
        _ if is_interval(to) => number::interval_caster(from, to),
        _ => None,
    })
}

fn null_caster(to: &TypeKind) -> Caster {
    let data_type = to.clone().nullable().arrow_type();
    Some(Box::new(move |array| Ok(arrow_array::new_null_array(&data_type, arrow_array::Array::len(array)))))
}

#[cfg(test)]
mod tests;
