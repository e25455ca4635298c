//! One side of a join: its rows, by the slot of their key.

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use dataflow::{Batch, Failure, RowType};
use state::{KeyBatch, RowLists, WriteTimes};

/// The rows of one input.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) keys: KeyBatch,
    key_columns: Vec<usize>,
    pub(super) rows: RowLists,
    /// Rows of this side without a match are emitted padded with NULLs.
    pub(super) outer: bool,
}

impl Side {
    pub(super) fn new(
        input: &RowType,
        key_columns: Vec<usize>,
        outer: bool,
        times: WriteTimes,
    ) -> Result<Self, Failure> {
        Ok(Self {
            keys: KeyBatch::new(input, &key_columns).map_err(|error| Failure::user(error.to_string()).fatal())?,
            key_columns,
            rows: RowLists::expiring(input.arrow_schema(), times),
            outer,
        })
    }

    /// The rows whose key is complete: one with a NULL matches nothing.
    pub(super) fn complete_keys(&self, batch: &Batch) -> Option<NullBuffer> {
        self.key_columns.iter().fold(None, |complete, &column| {
            NullBuffer::union(complete.as_ref(), batch.column(column).logical_nulls().as_ref())
        })
    }
}
