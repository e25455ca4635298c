//! Columns that are the same for a whole file: metadata and partition keys.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMillisecondArray, UInt32Array};
use dataflow::{Failure, Field, TypeKind};

use super::enumerator::FileSplit;
use super::path::partition_value;
use crate::formats::value_of_text;

/// A value that is repeated for each row of a batch.
#[derive(Debug, Clone)]
pub(super) struct Constant(ArrayRef);

impl Constant {
    /// The metadata `key` of a file as the declared type.
    pub(super) fn metadata(key: &str, field: &Field, file: &FileSplit) -> Result<Self, Failure> {
        let array: ArrayRef = match key {
            "file.path" => Arc::new(StringArray::from(vec![file.path.to_string_lossy().into_owned()])),
            "file.name" => {
                let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
                Arc::new(StringArray::from(vec![name.unwrap_or_default()]))
            }
            "file.size" => Arc::new(Int64Array::from(vec![file.size as i64])),
            "file.modification-time" => Arc::new(TimestampMillisecondArray::from(vec![file.modified])),
            _ => return Err(Failure::internal(format!("the filesystem source has no metadata '{key}'"))),
        };
        crate::metadata::as_declared(array, key, field).map(Constant)
    }

    /// The value of a partition key, which stands in the path of the file.
    pub(super) fn partition(field: &Field, path: &Path, default: &str) -> Result<Self, Failure> {
        let problem =
            |what: String| Failure::user(format!("partition key '{}' of type {}: {what}", field.name, field.ty));
        let text = partition_value(path, &field.name)
            .ok_or_else(|| problem(format!("no '{}=...' in the path {}", field.name, path.display())))?;
        let text = (text != default).then_some(text);
        // Flink writes a DATE as its day number.
        let day = match (&field.ty.kind, &text) {
            (TypeKind::Date, Some(text)) => text.parse::<i32>().ok(),
            _ => None,
        };
        let array = match day {
            Some(day) => Some(Arc::new(arrow_array::Date32Array::from(vec![day])) as ArrayRef),
            None => value_of_text(&field.ty, text.as_deref()),
        };
        array.map(Constant).ok_or_else(|| problem(format!("cannot be read from the path {}", path.display())))
    }

    /// The value, `rows` times.
    pub(super) fn repeat(&self, rows: usize) -> Result<ArrayRef, Failure> {
        Ok(arrow_select::take::take(&self.0, &UInt32Array::from(vec![0; rows]), None)?)
    }
}
