//! `Steps`: additions to the aggregates of keys and retractions, applied together, and the rows that are emitted between them.

use arrow_array::{ArrayRef, Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::take::take;
use dataflow::{Batch, Failure, RowKind};
use state::{KeyedRows, RowPlace};

use super::groups::Groups;

/// What is done to the accumulators, and what is emitted.
#[derive(Default)]
pub(super) struct Steps {
    kinds: Vec<i8>,
    places: Vec<RowPlace>,
    slots: Vec<u32>,
    /// Rows that are emitted: where each is, and the step behind which its values are.
    emitted: Vec<RowPlace>,
    values_behind: Vec<u32>,
}

impl Steps {
    /// Adds a row to the aggregates of its key, or takes it back.
    pub(super) fn push(&mut self, kind: RowKind, place: RowPlace, slot: u32) {
        self.kinds.push(kind as i8);
        self.places.push(place);
        self.slots.push(slot);
    }

    /// Emits a row with the values behind the last step.
    pub(super) fn emit(&mut self, place: RowPlace) {
        self.emitted.push(place);
        self.values_behind.push(self.kinds.len() as u32 - 1);
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.places.clear();
        self.slots.clear();
        self.emitted.clear();
        self.values_behind.clear();
    }

    /// Number of steps.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Applies them; `batch` are the columns of the batch being processed. Returns the rows to be emitted, columns and number.
    pub(super) fn apply(
        &mut self,
        input: &SchemaRef,
        batch: &[ArrayRef],
        rows: &KeyedRows,
        groups: &mut Groups,
    ) -> Result<(Vec<ArrayRef>, usize), Failure> {
        let columns = rows.gather(batch, &self.places)?;
        let steps = Batch::from_columns(input.clone(), columns, None, self.kinds.len())?;
        let steps = Batch::changes(steps.rows().clone(), Int8Array::from(self.kinds.clone()));
        let values = groups.accumulate(&steps, &self.slots)?;
        let behind = UInt32Array::from(self.values_behind.clone());
        let mut columns = rows.gather(batch, &self.emitted)?;
        for values in values {
            columns.push(take(&values, &behind, None)?);
        }
        let emitted = self.emitted.len();
        self.clear();
        Ok((columns, emitted))
    }
}
