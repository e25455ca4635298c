//! A single value read from text, for what stands outside of records, such as partition keys in paths.

use arrow_array::ArrayRef;
use dataflow::LogicalType;

use super::column_builder::ColumnBuilder;
use super::csv::append_leaf;

/// The value as an array of one, read by the rules of CSV fields; NULL without a text. `None` when the text has no value of the type.
pub(crate) fn value_of_text(ty: &LogicalType, text: Option<&str>) -> Option<ArrayRef> {
    let mut builder = ColumnBuilder::new(ty);
    let readable = text.is_none_or(|text| append_leaf(&mut builder, text.as_bytes(), &mut Vec::new()));
    if builder.len() == 0 {
        builder.push_null();
    }
    readable.then(|| builder.finish())
}
