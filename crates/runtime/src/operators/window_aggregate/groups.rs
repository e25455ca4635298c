//! The groups of a window operator: a slot for each key of each window or slice, and the columns of accumulators over all slots.
//!
//! Value of a group in the store: head | number of rows (i64, where rows are taken back) | accumulators.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BinaryArray};
use dataflow::operator_spec::WindowAggregateSpec;
use dataflow::{Batch, Failure, RowType};
use expr::aggregate::Accumulator;
use state::{Slots, read_value_head, write_value_head};

use crate::operators::aggregate_value::{self, Phase};

/// Groups and their values.
pub(super) struct Groups {
    pub(super) slots: Slots,
    accumulators: Vec<Box<dyn Accumulator>>,
    /// Rows of each group, kept when rows may be taken back: a group without rows is not emitted.
    rows: Option<Vec<i64>>,
    /// In the second phase: the column with what the first one has summed up.
    partials: Option<usize>,
}

impl Groups {
    /// `input` is what the aggregates are over; `partials` is the column with what the first phase has summed up, in the second one.
    pub(super) fn new(
        spec: &WindowAggregateSpec,
        input: &RowType,
        phase: Phase,
        partials: Option<usize>,
    ) -> Result<Self, Failure> {
        let accumulators = spec.aggregates.iter().map(|call| phase.create(call, input, spec.input_retracts));
        Ok(Self {
            slots: Slots::default(),
            accumulators: accumulators.collect::<Result<_, _>>()?,
            rows: spec.input_retracts.then(Vec::new),
            partials,
        })
    }

    /// Makes room for every slot handed out.
    pub(super) fn make_room(&mut self) {
        for accumulator in &mut self.accumulators {
            accumulator.resize(self.slots.len());
        }
        if let Some(rows) = &mut self.rows {
            rows.resize(self.slots.len(), 0);
        }
    }

    /// Applies a batch; row i belongs to `groups[i]`.
    pub(super) fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure> {
        if let Some(column) = self.partials {
            let read: Vec<u32> = groups.iter().map(|_| self.slots.allocate()).collect();
            self.make_room();
            let partials = batch.column(column).as_binary();
            aggregate_value::merge(self.rows.as_deref_mut(), &mut self.accumulators, partials, &read, groups)?;
            self.release(&read);
            return Ok(());
        }
        self.make_room();
        for accumulator in &mut self.accumulators {
            accumulator.accumulate(batch, groups)?;
        }
        if let Some(rows) = &mut self.rows {
            for (row, &group) in groups.iter().enumerate() {
                rows[group as usize] += if batch.kind(row).is_retraction() { -1 } else { 1 };
            }
        }
        Ok(())
    }

    /// Merges group `from[i]` into `into[i]`.
    pub(super) fn merge(&mut self, from: &[u32], into: &[u32]) -> Result<(), Failure> {
        self.make_room();
        for accumulator in &mut self.accumulators {
            accumulator.merge(from, into)?;
        }
        if let Some(rows) = &mut self.rows {
            for (&from, &into) in from.iter().zip(into) {
                rows[into as usize] += rows[from as usize];
            }
        }
        Ok(())
    }

    /// Whether all rows of a group have been taken back.
    pub(super) fn is_empty(&self, group: u32) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows[group as usize] == 0)
    }

    /// One column for each aggregate.
    pub(super) fn evaluate(&self, groups: &[u32], columns: &mut Vec<ArrayRef>) -> Result<(), Failure> {
        for accumulator in &self.accumulators {
            columns.push(accumulator.evaluate(groups)?);
        }
        Ok(())
    }

    /// The groups are needed no more.
    pub(super) fn release(&mut self, groups: &[u32]) {
        for accumulator in &mut self.accumulators {
            accumulator.reset(groups);
        }
        if let Some(rows) = &mut self.rows {
            groups.iter().for_each(|&group| rows[group as usize] = 0);
        }
        self.slots.release(groups);
    }

    /// What these groups look like in state, for the second phase.
    pub(super) fn partials(&self, groups: &[u32]) -> BinaryArray {
        aggregate_value::column(self.rows.as_deref(), &self.accumulators, groups)
    }

    /// Appends the value of a group.
    pub(super) fn write_value(&self, group: u32, out: &mut Vec<u8>) {
        write_value_head(None, out);
        aggregate_value::write(self.rows.as_deref(), &self.accumulators, group, out);
    }

    /// Gives a group this value.
    pub(super) fn read_value(&mut self, group: u32, mut value: &[u8]) -> Result<(), Failure> {
        self.make_room();
        read_value_head(false, &mut value)?;
        aggregate_value::read(self.rows.as_deref_mut(), &mut self.accumulators, group, value)
    }

    /// Bytes held for the groups in use, about: freed ones are used again.
    pub(super) fn memory_size(&self) -> usize {
        let accumulators: usize = self.accumulators.iter().map(|accumulator| accumulator.memory_size()).sum();
        let rows = self.rows.as_ref().map_or(0, |rows| rows.len() * size_of::<i64>());
        let share_in_use = self.slots.in_use() as f64 / self.slots.len().max(1) as f64;
        ((accumulators + rows) as f64 * share_in_use) as usize
    }
}
