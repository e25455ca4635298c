//! What the columns of a table demand of the rows written to it: no NULL where they are NOT NULL, and the lengths of text and bytes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BinaryArray, StringArray};
use dataflow::operator_spec::{SinkSpec, TypeLengthEnforcer};
use dataflow::{Batch, Failure, Field, RowType, TypeKind};

use crate::operators::not_null::NotNullColumns;

/// Enforces what a table demands.
pub(super) struct Constraints {
    not_null: NotNullColumns,
    lengths: Vec<Length>,
    type_length: TypeLengthEnforcer,
}

/// A column whose values have a length.
#[derive(Debug)]
struct Length {
    column: usize,
    field: Field,
    length: usize,
    /// CHAR and BINARY: exactly so long.
    is_exact: bool,
}

impl Constraints {
    /// Those of the table of a sink.
    pub(super) fn new(spec: &SinkSpec) -> Self {
        let written = RowType::new(spec.connector.physical.fields.iter().take(spec.input.len()).cloned().collect());
        let lengths = match spec.type_length {
            TypeLengthEnforcer::Ignore => Vec::new(),
            _ => written.fields.iter().enumerate().filter_map(|(column, field)| length(column, field)).collect(),
        };
        let table = Some(spec.connector.table.clone());
        Self { not_null: NotNullColumns::of(&written, spec.not_null, table), lengths, type_length: spec.type_length }
    }

    /// The rows that may be written, as they may be written.
    pub(super) fn enforce(&self, batch: Batch) -> Result<Batch, Failure> {
        let batch = self.not_null.enforce(batch)?;
        if self.lengths.is_empty() { Ok(batch) } else { self.enforce_lengths(batch) }
    }

    fn enforce_lengths(&self, batch: Batch) -> Result<Batch, Failure> {
        let mut columns = batch.columns().to_vec();
        for length in &self.lengths {
            let column = &mut columns[length.column];
            match self.type_length {
                TypeLengthEnforcer::Error => length.check(column)?,
                _ => *column = length.trimmed(column),
            }
        }
        let schema = batch.rows().schema();
        Ok(batch.with_columns(schema, columns)?)
    }
}

fn length(column: usize, field: &Field) -> Option<Length> {
    let (length, is_exact) = match field.ty.kind {
        TypeKind::Char { length } | TypeKind::Binary { length } => (length, true),
        TypeKind::Varchar { length } | TypeKind::Varbinary { length } if length < i32::MAX as u32 => (length, false),
        _ => return None,
    };
    Some(Length { column, field: field.clone(), length: length as usize, is_exact })
}

impl Length {
    fn check(&self, column: &ArrayRef) -> Result<(), Failure> {
        let (what, lengths): (_, Vec<usize>) = match column.as_string_opt::<i32>() {
            Some(texts) => ("string", texts.iter().flatten().map(|text| text.chars().count()).collect()),
            None => ("byte array", column.as_binary::<i32>().iter().flatten().map(<[u8]>::len).collect()),
        };
        let is_wrong = |length: &usize| *length > self.length || self.is_exact && *length < self.length;
        match lengths.into_iter().find(is_wrong) {
            None => Ok(()),
            Some(length) => Err(Failure::user(format!(
                "Column '{}' is {}, however, a {what} of length {length} is being written into it. You can set job configuration \
                 'table.exec.sink.type-length-enforcer' to control this behaviour.",
                self.field.name, self.field.ty.kind
            ))),
        }
    }

    /// The values cut, and filled up where they must be exactly so long.
    fn trimmed(&self, column: &ArrayRef) -> ArrayRef {
        let padded = if self.is_exact { self.length } else { 0 };
        match column.as_string_opt::<i32>() {
            Some(texts) => {
                let trim = |text: &str| {
                    let mut out: String = text.chars().take(self.length).collect();
                    let missing = padded.saturating_sub(out.chars().count());
                    out.extend(std::iter::repeat_n(' ', missing));
                    out
                };
                Arc::new(texts.iter().map(|text| text.map(trim)).collect::<StringArray>())
            }
            None => {
                let trim = |bytes: &[u8]| {
                    let mut out = bytes[..bytes.len().min(self.length)].to_vec();
                    out.resize(out.len().max(padded), 0);
                    out
                };
                Arc::new(column.as_binary::<i32>().iter().map(|bytes| bytes.map(trim)).collect::<BinaryArray>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length_of(kind: TypeKind) -> Length {
        length(0, &Field::new("c", kind.nullable())).unwrap()
    }

    #[test]
    fn text_is_cut_and_padded() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("ab"), Some("abcdef"), None, Some("äöüßé")]));
        let char = length_of(TypeKind::Char { length: 4 }).trimmed(&texts);
        assert_eq!(char.as_string::<i32>(), &StringArray::from(vec![Some("ab  "), Some("abcd"), None, Some("äöüß")]));
        let varchar = length_of(TypeKind::Varchar { length: 4 }).trimmed(&texts);
        assert_eq!(varchar.as_string::<i32>(), &StringArray::from(vec![Some("ab"), Some("abcd"), None, Some("äöüß")]));
    }

    #[test]
    fn bytes_are_cut_and_filled_with_zeros() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"ab"[..]), Some(b"abcdef"), None]));
        let binary = length_of(TypeKind::Binary { length: 4 }).trimmed(&bytes);
        assert_eq!(binary.as_binary::<i32>(), &BinaryArray::from(vec![Some(&b"ab\0\0"[..]), Some(b"abcd"), None]));
    }

    #[test]
    fn a_wrong_length_is_an_error_that_names_the_column() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["abcd", "ab"]));
        let message = length_of(TypeKind::Char { length: 4 }).check(&texts).unwrap_err().message;
        assert!(
            message.starts_with("Column 'c' is CHAR(4), however, a string of length 2 is being written"),
            "{message}"
        );
        assert!(length_of(TypeKind::Varchar { length: 4 }).check(&texts).is_ok());
        assert!(length_of(TypeKind::Varchar { length: 3 }).check(&texts).is_err());
    }
}
