//! `InputKeys`: the keys of the rows of one input of a join.

use arrow_array::Array;
use arrow_buffer::NullBuffer;
use dataflow::operator_spec::JoinSpec;
use dataflow::{Batch, Failure, RowType};
use state::KeyBatch;

/// Encodes the keys of one input.
#[derive(Debug)]
pub(super) struct InputKeys {
    /// The keys of the last batch.
    pub(super) batch: KeyBatch,
    /// Those that must not be NULL.
    strict_columns: Vec<usize>,
    /// Which keys of the last batch have no NULL there; absent when all are complete.
    complete: Option<NullBuffer>,
}

impl InputKeys {
    /// The keys of both inputs of a join.
    pub(super) fn of_join(spec: &JoinSpec) -> Result<[Self; 2], Failure> {
        for &(left, right) in &spec.keys {
            let (left, right) = (&spec.left.fields[left], &spec.right.fields[right]);
            if left.ty.arrow_type() != right.ty.arrow_type() {
                return Err(Failure::internal(format!(
                    "the join keys '{}' ({}) and '{}' ({}) must be cast to one type",
                    left.name, left.ty, right.name, right.ty
                )));
            }
        }
        let (left, right): (Vec<usize>, Vec<usize>) = spec.keys.iter().copied().unzip();
        Ok([Self::new(&spec.left, &left, spec)?, Self::new(&spec.right, &right, spec)?])
    }

    fn new(input: &RowType, columns: &[usize], spec: &JoinSpec) -> Result<Self, Failure> {
        let batch = KeyBatch::new(input, columns).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let is_strict = |(key, column): (usize, &usize)| (!spec.null_safe_keys.contains(&key)).then_some(*column);
        let strict_columns = columns.iter().enumerate().filter_map(is_strict).collect();
        Ok(Self { batch, strict_columns, complete: None })
    }

    /// Takes the keys of a batch in place of the last one's.
    pub(super) fn encode(&mut self, batch: &Batch) {
        self.batch.encode(batch);
        self.complete = self.strict_columns.iter().fold(None, |complete, &column| {
            NullBuffer::union(complete.as_ref(), batch.column(column).logical_nulls().as_ref())
        });
    }

    /// Whether no column of the key of this row is NULL that must not be: such a row matches nothing.
    #[inline]
    pub(super) fn is_complete(&self, row: usize) -> bool {
        self.complete.as_ref().is_none_or(|complete| complete.is_valid(row))
    }
}
