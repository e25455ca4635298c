//! The rows that are being evaluated: all of a batch, or the ones that reached a branch.

use std::borrow::Cow;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_select::filter::FilterBuilder;
use dataflow::Failure;

/// Columns and the number of rows.
pub(super) struct Frame<'a> {
    columns: Cow<'a, [ArrayRef]>,
    pub(super) rows: usize,
}

impl<'a> Frame<'a> {
    pub(super) fn new(columns: &'a [ArrayRef], rows: usize) -> Self {
        Self { columns: Cow::Borrowed(columns), rows }
    }

    pub(super) fn column(&self, index: usize) -> Result<&ArrayRef, Failure> {
        self.columns.get(index).ok_or_else(|| {
            let count = self.columns.len();
            Failure::internal(format!("an expression reads column {index} of an input that has {count}"))
        })
    }

    /// The rows where `keep` is true. Only the columns in `read` are cut down; the others must not be read.
    pub(super) fn select(&self, keep: &BooleanArray, read: &[usize]) -> Result<Frame<'static>, Failure> {
        let predicate = FilterBuilder::new(keep).optimize().build();
        let mut columns = self.columns.to_vec();
        for &index in read {
            columns[index] = predicate.filter(self.column(index)?)?;
        }
        Ok(Frame { columns: Cow::Owned(columns), rows: predicate.count() })
    }
}
