//! `RowEmission`: rows to be emitted, as references to the batch being processed and to the rows that are kept, with their ranks where these are wanted.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int8Array, Int64Array};
use arrow_schema::SchemaRef;
use dataflow::{Batch, Failure, Output, RowKind, RowType, StreamElement};
use state::{KeyedRows, RowPlace};

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// Gathers rows until they are emitted.
pub(in crate::operators) struct RowEmission {
    schema: SchemaRef,
    rank_number: bool,
    kinds: Vec<i8>,
    places: Vec<RowPlace>,
    ranks: Vec<i64>,
}

impl RowEmission {
    /// `rank_number`: whether the rank is the last column of the output.
    pub(in crate::operators) fn new(output: &RowType, rank_number: bool) -> Self {
        Self { schema: output.arrow_schema(), rank_number, kinds: Vec::new(), places: Vec::new(), ranks: Vec::new() }
    }

    /// Adds a row.
    #[inline]
    pub(in crate::operators) fn push(&mut self, kind: RowKind, place: RowPlace, rank: u64) {
        self.kinds.push(kind as i8);
        self.places.push(place);
        if self.rank_number {
            self.ranks.push(rank as i64);
        }
    }

    /// Whether there is enough for a batch.
    pub(in crate::operators) fn is_full(&self) -> bool {
        self.kinds.len() >= MAX_ROWS
    }

    /// Emits what was added when no batch is being processed.
    pub(in crate::operators) fn flush_kept(&mut self, rows: &KeyedRows, out: &mut dyn Output) -> Result<(), Failure> {
        self.flush(&rows.no_columns(), rows, out)
    }

    /// Emits what was added; `batch` are the columns of the batch being processed.
    pub(in crate::operators) fn flush(
        &mut self,
        batch: &[ArrayRef],
        rows: &KeyedRows,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        for first in (0..self.kinds.len()).step_by(MAX_ROWS) {
            let last = self.kinds.len().min(first + MAX_ROWS);
            let mut columns = rows.gather(batch, &self.places[first..last])?;
            if self.rank_number {
                columns.push(Arc::new(Int64Array::from(self.ranks[first..last].to_vec())));
            }
            let plain = Batch::from_columns(self.schema.clone(), columns, None, last - first)?;
            let kinds = Int8Array::from(self.kinds[first..last].to_vec());
            out.emit(StreamElement::Batch(Batch::changes(plain.rows().clone(), kinds)))?;
        }
        self.kinds.clear();
        self.places.clear();
        self.ranks.clear();
        Ok(())
    }
}
