//! The rows that a join emits: pairs, rows padded with NULLs, and for SEMI and ANTI rows of the left side alone.

use arrow_array::{ArrayRef, Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::take::take;
use dataflow::{Batch, Failure, Output, RowKind, StreamElement};
use state::{RowRef, RowStore};

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// Rows to be emitted, as references to the batch being processed and to the other side.
#[derive(Debug)]
pub(in crate::operators) struct Emission {
    schema: SchemaRef,
    /// SEMI and ANTI.
    left_only: bool,
    kinds: Vec<i8>,
    /// Row of the batch; `None`: NULLs.
    rows: Vec<Option<u32>>,
    /// Row of the other side; `None`: NULLs.
    others: Vec<Option<RowRef>>,
}

impl Emission {
    pub(in crate::operators) fn new(schema: SchemaRef, left_only: bool) -> Self {
        Self { schema, left_only, kinds: Vec::new(), rows: Vec::new(), others: Vec::new() }
    }

    /// Adds a row: one of the batch, one of the other side, or both.
    #[inline]
    pub(in crate::operators) fn push(&mut self, kind: RowKind, row: Option<usize>, other: Option<RowRef>) {
        self.kinds.push(kind as i8);
        self.rows.push(row.map(|row| row as u32));
        self.others.push(other);
    }

    /// Whether there is enough for a batch.
    pub(in crate::operators) fn is_full(&self) -> bool {
        self.kinds.len() >= MAX_ROWS
    }

    /// Emits what was added; `batch` came from input `input`.
    pub(in crate::operators) fn flush(
        &mut self,
        input: usize,
        batch: &Batch,
        other: &RowStore,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        for first in (0..self.kinds.len()).step_by(MAX_ROWS) {
            let last = self.kinds.len().min(first + MAX_ROWS);
            let columns = self.columns(input, batch, other, first, last)?;
            let plain = Batch::from_columns(self.schema.clone(), columns, None, last - first)?;
            let kinds = Int8Array::from(self.kinds[first..last].to_vec());
            out.emit(StreamElement::Batch(Batch::changes(plain.rows().clone(), kinds)))?;
        }
        self.kinds.clear();
        self.rows.clear();
        self.others.clear();
        Ok(())
    }

    fn columns(
        &self,
        input: usize,
        batch: &Batch,
        other: &RowStore,
        first: usize,
        last: usize,
    ) -> Result<Vec<ArrayRef>, Failure> {
        let own = || -> Result<Vec<ArrayRef>, Failure> {
            let rows = UInt32Array::from_iter(self.rows[first..last].iter().copied());
            Ok(batch.columns().iter().map(|column| take(column, &rows, None)).collect::<Result<_, _>>()?)
        };
        let others = || -> Result<Vec<ArrayRef>, Failure> { Ok(other.gather(&self.others[first..last])?) };
        Ok(match (input, self.left_only) {
            (0, true) => own()?,
            (0, false) => [own()?, others()?].concat(),
            (_, true) => others()?,
            (_, false) => [others()?, own()?].concat(),
        })
    }
}
