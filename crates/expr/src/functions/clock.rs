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
        FunctionDef {
            deterministic: false,
            ..FunctionDef::new("CURRENT_WATERMARK", CURRENT_WATERMARK, CURRENT_DOC, watermark_type, watermark)
        },
        FunctionDef {
            deterministic: false,
            ..FunctionDef::new("SOURCE_WATERMARK", &["SOURCE_WATERMARK()"], SOURCE_DOC, marker, source_watermark)
        },
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

const CURRENT_WATERMARK: &[&str] = &["CURRENT_WATERMARK(<ROWTIME>)"];
const CURRENT_DOC: &str = "The watermark at this place of the pipeline; NULL before the first one.";
const SOURCE_DOC: &str = "The watermark that the source makes itself; in a WATERMARK clause only.";

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

/// Milliseconds, whatever the precision of the time attribute.
fn watermark_type(args: &[Argument]) -> Option<Signature> {
    let [time] = args else { return None };
    let result = match time.ty.kind {
        TypeKind::Timestamp { attribute: TimeAttribute::Rowtime, .. } => TypeKind::timestamp(3),
        TypeKind::TimestampLtz { attribute: TimeAttribute::Rowtime, .. } => TypeKind::timestamp_ltz(3),
        _ => return None,
    };
    Signature::with_result(args, result.nullable())
}

fn watermark(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let Some(current) = call.context.watermark().cloned() else {
        let message = "CURRENT_WATERMARK() can be called in projections and filters only: there is no watermark here.";
        return Err(Failure::user(message).fatal());
    };
    Ok(Kernel::new(move |_, rows| match current.get() {
        Some(millis) => all::<TimestampMillisecondType>(millis, rows),
        None => Ok(Arc::new(PrimitiveArray::<TimestampMillisecondType>::new_null(rows))),
    }))
}

fn marker(args: &[Argument]) -> Option<Signature> {
    args.is_empty().then(|| Signature { args: Vec::new(), result: TypeKind::timestamp_ltz(3).nullable() })
}

/// No connector makes watermarks of its own.
fn source_watermark(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Err(Failure::user(
        "SOURCE_WATERMARK() is a declarative marker function and doesn't have concrete runtime implementation. It can only be used as a single expression in a WATERMARK FOR clause in the CREATE TABLE DDL, of a connector whose source makes watermarks itself.",
    )
    .fatal())
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
