//! `StoredPairs`: rows that a join emits while no batch is processed: pairs of rows that are kept, and rows padded with NULLs.

use arrow_array::{ArrayRef, Int8Array};
use arrow_schema::SchemaRef;
use dataflow::{Batch, Failure, Output, RowKind, StreamElement};
use state::{RowRef, RowStore};

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// Rows to be emitted, as references to those of both sides.
#[derive(Debug)]
pub(super) struct StoredPairs {
    schema: SchemaRef,
    /// SEMI and ANTI.
    left_only: bool,
    kinds: Vec<i8>,
    /// Left row, right row; `None`: NULLs.
    rows: [Vec<Option<RowRef>>; 2],
}

impl StoredPairs {
    pub(super) fn new(schema: SchemaRef, left_only: bool) -> Self {
        Self { schema, left_only, kinds: Vec::new(), rows: Default::default() }
    }

    /// Adds a row: one of the left side, one of the right side, or both.
    #[inline]
    pub(super) fn push(&mut self, kind: RowKind, left: Option<RowRef>, right: Option<RowRef>) {
        self.kinds.push(kind as i8);
        self.rows[0].push(left);
        self.rows[1].push(right);
    }

    /// Adds a row of this side, padded.
    pub(super) fn push_pad(&mut self, kind: RowKind, side: usize, row: RowRef) {
        let (left, right) = if side == 0 { (Some(row), None) } else { (None, Some(row)) };
        self.push(kind, left, right);
    }

    /// Whether there is enough for a batch.
    pub(super) fn is_full(&self) -> bool {
        self.kinds.len() >= MAX_ROWS
    }

    /// Emits what was added; `stores` has the rows of each side.
    pub(super) fn flush(&mut self, stores: [&RowStore; 2], out: &mut dyn Output) -> Result<(), Failure> {
        let sides = if self.left_only { &self.rows[..1] } else { &self.rows[..] };
        for first in (0..self.kinds.len()).step_by(MAX_ROWS) {
            let range = first..self.kinds.len().min(first + MAX_ROWS);
            let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
            for (rows, store) in sides.iter().zip(stores) {
                columns.extend(store.gather(&rows[range.clone()])?);
            }
            let plain = Batch::from_columns(self.schema.clone(), columns, None, range.len())?;
            let kinds = Int8Array::from(self.kinds[range].to_vec());
            out.emit(StreamElement::Batch(Batch::changes(plain.rows().clone(), kinds)))?;
        }
        self.kinds.clear();
        self.rows.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}
