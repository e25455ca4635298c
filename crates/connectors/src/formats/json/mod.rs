//! `json`: one document a line or message, fields by name, with Flink's options.

mod conversion;
mod decoder;
mod encoder;
mod fields;
pub(super) mod options;
mod problem;
mod scanner;
mod text;

pub(super) use conversion::{Conversion, Scratch};
pub use decoder::JsonDecoder;
pub use encoder::{JsonEncoder, JsonRows};
pub(super) use fields::RowDecoder;
pub use options::JsonOptions;
pub(crate) use options::OPTIONS;
pub(super) use problem::Problem;
pub(super) use scanner::{Kind, Scanner, Token};

use dataflow::{LogicalType, RowType, TypeKind};

/// Why a row type cannot be held by JSON.
pub fn check_types(row: &RowType) -> Result<(), String> {
    for field in &row.fields {
        check_type(&field.ty).map_err(|why| format!("column '{}' of type {}: {why}", field.name, field.ty))?;
    }
    Ok(())
}

fn check_type(ty: &LogicalType) -> Result<(), &'static str> {
    match &ty.kind {
        TypeKind::Map(key, value) => check_key(key).and_then(|()| check_type(value)),
        TypeKind::Multiset(element) => check_key(element),
        TypeKind::Array(element) => check_type(element),
        TypeKind::Row(row) => row.fields.iter().try_for_each(|field| check_type(&field.ty)),
        _ => Ok(()),
    }
}

fn check_key(key: &LogicalType) -> Result<(), &'static str> {
    match key.kind {
        TypeKind::Char { .. } | TypeKind::Varchar { .. } => Ok(()),
        _ => Err("the keys of a JSON object are texts; use STRING as the key type"),
    }
}
