//! Functions that users know by the name of a Java class, and bind to a name of their own with CREATE FUNCTION. The name is that of the class, in upper
//! case, so that no call meets them without one.

use arrow_array::types::Int64Type;
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::Text;
use super::family::Nullability::Never;
use super::family::signature;
use super::{FunctionDef, Kernel, loops};

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    vec![FunctionDef::new(
        "COM.GITHUB.NEXMARK.FLINK.UDF.COUNTCHAR",
        &["COUNT_CHAR(<CHARACTER>, <CHARACTER>)"],
        "How often the first byte of the second text is in the first; the function of the Nexmark benchmark.",
        count_char_types,
        count_char,
    )]
}

fn count_char_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::BigInt, Never)
}

fn count_char(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, character) = (args[0].text(), args[1].text());
        let count = |row: usize| {
            let wanted = *character.get(row)?.as_bytes().first()?;
            Some(text.get(row)?.bytes().filter(|&byte| byte == wanted).count() as i64)
        };
        Ok(loops::primitives::<Int64Type>(rows, |row| Some(count(row).unwrap_or(0))))
    }))
}
