//! What the columns of a table demand of the rows written to it: no NULL where they are NOT NULL, and the lengths of text and bytes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, StringArray};
use arrow_buffer::NullBuffer;
use dataflow::operator_spec::{NotNullEnforcer, SinkSpec, TypeLengthEnforcer};
use dataflow::{Batch, Failure, Field, TypeKind};

/// Enforces what a table demands.
#[derive(Debug)]
pub(super) struct Constraints {
    table: String,
    /// Index and name of the columns that are NOT NULL.
    required: Vec<(usize, String)>,
    not_null: NotNullEnforcer,
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
        let columns = || spec.connector.physical.fields.iter().enumerate().take(spec.input.len());
        let required = columns().filter(|(_, field)| !field.ty.nullable);
        let lengths = match spec.type_length {
            TypeLengthEnforcer::Ignore => Vec::new(),
            _ => columns().filter_map(|(column, field)| length(column, field)).collect(),
        };
        Self {
            table: spec.connector.table.clone(),
            required: required.map(|(index, field)| (index, field.name.clone())).collect(),
            not_null: spec.not_null,
            lengths,
            type_length: spec.type_length,
        }
    }

    /// The rows that may be written, as they may be written.
    pub(super) fn enforce(&self, batch: Batch) -> Result<Batch, Failure> {
        let batch = if self.required.is_empty() { batch } else { self.enforce_not_null(batch)? };
        if self.lengths.is_empty() { Ok(batch) } else { self.enforce_lengths(batch) }
    }

    /// Fails or drops rows with a NULL where there must be none.
    fn enforce_not_null(&self, batch: Batch) -> Result<Batch, Failure> {
        let mut valid: Option<NullBuffer> = None;
        for (index, name) in &self.required {
            let nulls = batch.column(*index).logical_nulls().filter(|nulls| nulls.null_count() > 0);
            if nulls.is_some() && self.not_null == NotNullEnforcer::Error {
                return Err(Failure::user(format!(
                    "Column '{name}' of table '{}' is NOT NULL, however, a null value is being written into it. You can set job configuration \
                     'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently.",
                    self.table
                )));
            }
            valid = NullBuffer::union(valid.as_ref(), nulls.as_ref());
        }
        match valid {
            None => Ok(batch),
            Some(valid) => Ok(batch.filter(&BooleanArray::from(valid.into_inner()))?),
        }
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
        assert!(message.starts_with("Column 'c' is CHAR(4), however, a string of length 2 is being written"), "{message}");
        assert!(length_of(TypeKind::Varchar { length: 4 }).check(&texts).is_ok());
        assert!(length_of(TypeKind::Varchar { length: 3 }).check(&texts).is_err());
    }
}
