//! A batch: Arrow columns, and the row kinds when the stream is not append-only.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Int8Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::{concat, concat_batches};
use arrow_select::filter::FilterBuilder;
use arrow_select::take::take;

/// The kind of a change, with Flink's byte values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i8)]
pub enum RowKind {
    /// `+I`
    Insert = 0,
    /// `-U`
    UpdateBefore = 1,
    /// `+U`
    UpdateAfter = 2,
    /// `-D`
    Delete = 3,
}

impl RowKind {
    /// The kind of this byte; anything out of range is an insert.
    pub fn from_byte(byte: i8) -> RowKind {
        match byte {
            1 => RowKind::UpdateBefore,
            2 => RowKind::UpdateAfter,
            3 => RowKind::Delete,
            _ => RowKind::Insert,
        }
    }

    /// `+I`, `-U`, `+U` or `-D`.
    pub fn short(self) -> &'static str {
        match self {
            RowKind::Insert => "+I",
            RowKind::UpdateBefore => "-U",
            RowKind::UpdateAfter => "+U",
            RowKind::Delete => "-D",
        }
    }

    /// Whether the row is taken back (`-U`, `-D`) rather than added.
    pub fn is_retraction(self) -> bool {
        matches!(self, RowKind::UpdateBefore | RowKind::Delete)
    }
}

/// Rows of one type. Immutable and cheap to clone.
#[derive(Debug, Clone)]
pub struct Batch {
    rows: RecordBatch,
    /// One [`RowKind`] byte a row; absent when all rows are `+I`.
    kinds: Option<Int8Array>,
}

impl Batch {
    /// An append-only batch.
    pub fn inserts(rows: RecordBatch) -> Self {
        Self { rows, kinds: None }
    }

    /// A changelog batch; `kinds` has one [`RowKind`] byte for each row and no nulls. All-`+I` kinds are dropped.
    pub fn changes(rows: RecordBatch, kinds: Int8Array) -> Self {
        debug_assert_eq!(rows.num_rows(), kinds.len());
        let kinds = kinds.values().iter().any(|&kind| kind != RowKind::Insert as i8).then_some(kinds);
        Self { rows, kinds }
    }

    /// A batch of these columns; `num_rows` matters only when there is no column.
    pub fn from_columns(
        schema: SchemaRef,
        columns: Vec<ArrayRef>,
        kinds: Option<Int8Array>,
        num_rows: usize,
    ) -> Result<Self, ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(num_rows));
        Ok(Self { rows: RecordBatch::try_new_with_options(schema, columns, &options)?, kinds })
    }

    /// Number of rows.
    pub fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    /// The Arrow rows.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    /// The columns.
    pub fn columns(&self) -> &[ArrayRef] {
        self.rows.columns()
    }

    /// One column.
    pub fn column(&self, index: usize) -> &ArrayRef {
        self.rows.column(index)
    }

    /// The row kinds; absent when all rows are `+I`.
    pub fn kinds(&self) -> Option<&Int8Array> {
        self.kinds.as_ref()
    }

    /// The kind of one row.
    pub fn kind(&self, row: usize) -> RowKind {
        self.kinds.as_ref().map_or(RowKind::Insert, |kinds| RowKind::from_byte(kinds.value(row)))
    }

    /// The same row kinds over other columns of as many rows.
    pub fn with_columns(&self, schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<Self, ArrowError> {
        Self::from_columns(schema, columns, self.kinds.clone(), self.num_rows())
    }

    /// A view of `length` rows from `offset`.
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        Self {
            rows: self.rows.slice(offset, length),
            kinds: self.kinds.as_ref().map(|kinds| kinds.slice(offset, length)),
        }
    }

    /// The rows where `keep` is true.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self, ArrowError> {
        let predicate = FilterBuilder::new(keep).optimize().build();
        let kinds = match &self.kinds {
            Some(kinds) => Some(as_kinds(predicate.filter(kinds)?)),
            None => None,
        };
        let columns = self.rows.columns().iter().map(|column| predicate.filter(column)).collect::<Result<_, _>>()?;
        Self::from_columns(self.rows.schema(), columns, kinds, predicate.count())
    }

    /// The rows at these indices.
    pub fn take(&self, indices: &UInt32Array) -> Result<Self, ArrowError> {
        let kinds = match &self.kinds {
            Some(kinds) => Some(as_kinds(take(kinds, indices, None)?)),
            None => None,
        };
        let columns = self.rows.columns().iter().map(|column| take(column, indices, None)).collect::<Result<_, _>>()?;
        Self::from_columns(self.rows.schema(), columns, kinds, indices.len())
    }

    /// These batches, one after the other; they have one schema. Panics when `batches` is empty.
    pub fn concat(batches: &[Batch]) -> Result<Self, ArrowError> {
        let schema = batches[0].rows.schema();
        let rows = concat_batches(&schema, batches.iter().map(|batch| &batch.rows))?;
        let kinds = if batches.iter().any(|batch| batch.kinds.is_some()) {
            let parts: Vec<ArrayRef> =
                batches.iter().map(|batch| Arc::new(batch.kinds_or_inserts()) as ArrayRef).collect();
            let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
            Some(as_kinds(concat(&parts)?))
        } else {
            None
        };
        Ok(Self { rows, kinds })
    }

    /// The row kinds, made explicit.
    pub fn kinds_or_inserts(&self) -> Int8Array {
        self.kinds.clone().unwrap_or_else(|| Int8Array::from(vec![RowKind::Insert as i8; self.num_rows()]))
    }

    /// Bytes held by the columns; shared buffers are counted in full.
    pub fn memory_size(&self) -> usize {
        self.rows.get_array_memory_size()
    }
}

fn as_kinds(array: ArrayRef) -> Int8Array {
    Int8Array::from(array.to_data())
}
