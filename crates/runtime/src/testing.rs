//! Small batches and ids for the tests of this crate.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch};
use dataflow::{Batch, ExecutionAttemptId, Field, JobId, PartitionId, RowType, TypeKind, VertexId};

/// One BIGINT column `n`.
pub(crate) fn number_type() -> RowType {
    RowType::new(vec![Field::new("n", TypeKind::BigInt.nullable())])
}

/// Rows of [`number_type`].
pub(crate) fn numbers(range: Range<i64>) -> Batch {
    let column = Int64Array::from_iter_values(range);
    Batch::inserts(RecordBatch::try_new(number_type().arrow_schema(), vec![Arc::new(column)]).unwrap())
}

/// The values of the first column, a BIGINT without NULLs.
pub(crate) fn values(batch: &Batch) -> Vec<i64> {
    batch.column(0).as_primitive::<Int64Type>().values().to_vec()
}

/// An attempt of a vertex with this number, always of the same job.
pub(crate) fn attempt(vertex: u128, subtask: u32) -> ExecutionAttemptId {
    ExecutionAttemptId { job: JobId(1), vertex: VertexId(vertex), subtask, attempt: 0 }
}

/// The first output of an attempt.
pub(crate) fn partition(vertex: u128, subtask: u32) -> PartitionId {
    PartitionId { producer: attempt(vertex, subtask), output: 0 }
}
