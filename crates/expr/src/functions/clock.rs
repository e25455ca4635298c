//! The clock: evaluated anew for each batch, never folded. All rows of a batch see one instant.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType};
use arrow_array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use dataflow::{Failure, TimeAttribute, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::{FunctionDef, Kernel};
use crate::calendar::{MILLIS_PER_DAY, to_local};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = |name, forms, doc, infer| FunctionDef {
        deterministic: false,
        ..FunctionDef::new(name, forms, doc, infer, now)
    };
    vec![
        new("CURRENT_DATE", &["CURRENT_DATE"], "Today, in the session's time zone.", date),
        new("CURRENT_TIME", &["CURRENT_TIME"], "The time of day, in the session's time zone.", time),
        new("LOCALTIME", &["LOCALTIME"], "The time of day, in the session's time zone.", time),
        new("CURRENT_TIMESTAMP", &["CURRENT_TIMESTAMP"], "Now.", instant),
        new("NOW", &["NOW()"], "Now.", instant),
        new("CURRENT_ROW_TIMESTAMP", &["CURRENT_ROW_TIMESTAMP()"], "Now, for each row.", instant),
        new("LOCALTIMESTAMP", &["LOCALTIMESTAMP"], "Now, in the session's time zone.", local),
        new("PROCTIME", &["PROCTIME()"], "Processing time.", proctime),
    ]
}

fn none(args: &[Argument], kind: TypeKind) -> Option<Signature> {
    args.is_empty().then(|| Signature { args: Vec::new(), result: kind.not_null() })
}

fn date(args: &[Argument]) -> Option<Signature> {
    none(args, TypeKind::Date)
}

fn time(args: &[Argument]) -> Option<Signature> {
    none(args, TypeKind::Time { precision: 0 })
}

fn instant(args: &[Argument]) -> Option<Signature> {
    none(args, TypeKind::timestamp_ltz(3))
}

fn local(args: &[Argument]) -> Option<Signature> {
    none(args, TypeKind::timestamp(3))
}

fn proctime(args: &[Argument]) -> Option<Signature> {
    none(args, TypeKind::TimestampLtz { precision: 3, attribute: TimeAttribute::Proctime })
}

fn now(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let (clock, zone) = (call.context.now, call.context.time_zone);
    let local = move || to_local(clock(), zone);
    Ok(match &call.result.kind {
        TypeKind::Date => {
            Kernel::new(move |_, rows| all::<Date32Type>(local().div_euclid(MILLIS_PER_DAY) as i32, rows))
        }
        TypeKind::Time { .. } => Kernel::new(move |_, rows| {
            let seconds = local().rem_euclid(MILLIS_PER_DAY) / 1_000;
            all::<Time32MillisecondType>((seconds * 1_000) as i32, rows)
        }),
        TypeKind::Timestamp { .. } => Kernel::new(move |_, rows| all::<TimestampMillisecondType>(local(), rows)),
        TypeKind::TimestampLtz { .. } => Kernel::new(move |_, rows| all::<TimestampMillisecondType>(clock(), rows)),
        TypeKind::BigInt => Kernel::new(move |_, rows| all::<Int64Type>(clock().div_euclid(1_000), rows)),
        _ => return Err(call.no_kernel()),
    })
}

/// UNIX_TIMESTAMP without arguments.
pub(super) fn epoch_seconds(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    now(call)
}

fn all<T: ArrowPrimitiveType>(value: T::Native, rows: usize) -> Result<ArrayRef, Failure> {
    Ok(Arc::new(PrimitiveArray::<T>::from_value(value, rows)))
}
