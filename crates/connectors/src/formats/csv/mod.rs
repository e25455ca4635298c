//! `csv`: one record a line, fields by position, with Flink's options.

mod decoder;
mod encoder;
mod options;
mod record;

pub use decoder::CsvDecoder;
pub(crate) use decoder::append_leaf;
pub use encoder::{CsvEncoder, CsvRows};
pub use options::CsvOptions;
pub(crate) use options::OPTIONS;

use dataflow::{LogicalType, RowType, TypeKind};

/// Why a row type cannot be held by CSV.
pub(crate) fn check_types(row: &RowType) -> Result<(), String> {
    for field in &row.fields {
        check_type(&field.ty, true).map_err(|why| format!("column '{}' of type {}: {why}", field.name, field.ty))?;
    }
    Ok(())
}

fn check_type(ty: &LogicalType, nests: bool) -> Result<(), &'static str> {
    match &ty.kind {
        TypeKind::Time { precision } if *precision > 3 => Err("csv keeps at most milliseconds of a TIME; use TIME(3)"),
        TypeKind::Map(..) | TypeKind::Multiset(_) => Err("csv cannot hold it; use the format 'json' or another type"),
        TypeKind::Array(element) if nests => check_type(element, false),
        TypeKind::Row(row) if nests => row.fields.iter().try_for_each(|field| check_type(&field.ty, false)),
        TypeKind::Array(_) | TypeKind::Row(_) => Err("csv holds one level of ARRAY or ROW; use the format 'json'"),
        _ => Ok(()),
    }
}
