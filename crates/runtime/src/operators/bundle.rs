//! `Bundle`: the rows of a mini-batch that wait for its end, by input.

use arrow_schema::ArrowError;
use dataflow::Batch;
use dataflow::operator_spec::MiniBatch;

/// Rows of so many inputs.
#[derive(Debug)]
pub(super) struct Bundle<const INPUTS: usize> {
    size: u64,
    rows: u64,
    batches: [Vec<Batch>; INPUTS],
}

impl<const INPUTS: usize> Bundle<INPUTS> {
    pub(super) fn new(bounds: MiniBatch) -> Self {
        Self { size: bounds.size.max(1), rows: 0, batches: std::array::from_fn(|_| Vec::new()) }
    }

    /// Adds the rows of a batch from `first` on for which there is room; returns the first one left out.
    pub(super) fn add(&mut self, input: usize, batch: &Batch, first: usize) -> usize {
        let room = usize::try_from(self.size - self.rows).unwrap_or(usize::MAX);
        let rows = room.min(batch.num_rows() - first);
        if rows > 0 {
            self.batches[input].push(batch.slice(first, rows));
            self.rows += rows as u64;
        }
        first + rows
    }

    /// Whether the mini-batch ends, since it has as many rows as it may have.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.size
    }

    /// Ends the mini-batch: the rows of an input in the order in which they came, none where none came.
    pub(super) fn take(&mut self) -> Result<[Option<Batch>; INPUTS], ArrowError> {
        self.rows = 0;
        let mut taken = std::array::from_fn(|_| None);
        for (rows, batches) in taken.iter_mut().zip(&mut self.batches) {
            if !batches.is_empty() {
                *rows = Some(Batch::concat(&std::mem::take(batches))?);
            }
        }
        Ok(taken)
    }
}
