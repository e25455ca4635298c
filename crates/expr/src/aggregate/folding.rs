//! Drives a [`Fold`] over batches: the loop without filter, NULLs and row kinds is a plain one; everything else goes through a mask.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_select::filter::prep_null_mask_filter;
use dataflow::{AggregateCall, Batch, Failure};

use super::Accumulator;
use super::fold::Fold;

/// A [`Fold`] over the columns of an operator's input.
pub(crate) struct Folding<F> {
    fold: F,
    args: Vec<usize>,
    filter: Option<usize>,
}

impl<F: Fold> Folding<F> {
    pub(crate) fn new(fold: F, call: &AggregateCall) -> Self {
        Self { fold, args: call.args.clone(), filter: call.filter }
    }

    fn args(&self, batch: &Batch) -> Vec<ArrayRef> {
        self.args.iter().map(|&index| batch.column(index).clone()).collect()
    }

    /// The rows that count, when not all of them do.
    fn mask(&self, batch: &Batch, args: &[ArrayRef]) -> Result<Option<BooleanBuffer>, Failure> {
        let mut mask: Option<BooleanBuffer> = None;
        if F::SKIPS_NULLS {
            let nulls = args.iter().fold(None, |nulls, arg| {
                NullBuffer::union(nulls.as_ref(), arg.logical_nulls().filter(|nulls| nulls.null_count() > 0).as_ref())
            });
            mask = nulls.map(|nulls| nulls.inner().clone());
        }
        if let Some(filter) = self.filter {
            let filter = batch.column(filter);
            let filter = filter.as_boolean_opt().ok_or_else(|| Failure::internal("a FILTER column is not BOOLEAN"))?;
            let chosen = match filter.null_count() {
                0 => filter.values().clone(),
                _ => prep_null_mask_filter(filter).values().clone(),
            };
            mask = Some(mask.map_or(chosen.clone(), |mask| &mask & &chosen));
        }
        Ok(mask)
    }
}

/// Whether the kind byte takes a row back: -U is 1, -D is 3.
#[inline]
fn retracts(kind: i8) -> bool {
    kind & 1 == 1
}

impl<F: Fold> Accumulator for Folding<F> {
    fn resize(&mut self, groups: usize) {
        self.fold.resize(groups);
    }

    fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure> {
        debug_assert_eq!(batch.num_rows(), groups.len());
        let args = self.args(batch);
        let mask = self.mask(batch, &args)?;
        let fold = &mut self.fold;
        let input = fold.input(&args)?;
        match (batch.kinds(), mask) {
            (None, None) => {
                for (row, &group) in groups.iter().enumerate() {
                    fold.add(group as usize, &input, row);
                }
            }
            (None, Some(mask)) => {
                for row in mask.set_indices() {
                    fold.add(groups[row] as usize, &input, row);
                }
            }
            (Some(kinds), mask) => {
                for (row, &kind) in kinds.values().iter().enumerate() {
                    if mask.as_ref().is_some_and(|mask| !mask.value(row)) {
                        continue;
                    }
                    match retracts(kind) {
                        true => fold.retract(groups[row] as usize, &input, row),
                        false => fold.add(groups[row] as usize, &input, row),
                    }
                }
            }
        }
        Ok(())
    }

    fn accumulate_traced(&mut self, batch: &Batch, groups: &[u32]) -> Result<(ArrayRef, ArrayRef), Failure> {
        debug_assert_eq!(batch.num_rows(), groups.len());
        let args = self.args(batch);
        let mask = self.mask(batch, &args)?;
        let kinds = batch.kinds().map(|kinds| kinds.values().clone());
        let fold = &mut self.fold;
        let input = fold.input(&args)?;
        let (mut before, mut after) = (fold.output(groups.len()), fold.output(groups.len()));
        for (row, &group) in groups.iter().enumerate() {
            let group = group as usize;
            fold.append(group, &mut before);
            if mask.as_ref().is_none_or(|mask| mask.value(row)) {
                match kinds.as_ref().is_some_and(|kinds| retracts(kinds[row])) {
                    true => fold.retract(group, &input, row),
                    false => fold.add(group, &input, row),
                }
            }
            fold.append(group, &mut after);
        }
        Ok((fold.finish(before)?, fold.finish(after)?))
    }

    fn evaluate(&self, groups: &[u32]) -> Result<ArrayRef, Failure> {
        let mut output = self.fold.output(groups.len());
        for &group in groups {
            self.fold.append(group as usize, &mut output);
        }
        self.fold.finish(output)
    }

    fn merge(&mut self, from: &[u32], into: &[u32]) -> Result<(), Failure> {
        for (&from, &into) in from.iter().zip(into) {
            self.fold.merge(from as usize, into as usize)?;
        }
        Ok(())
    }

    fn reset(&mut self, groups: &[u32]) {
        for &group in groups {
            self.fold.reset(group as usize);
        }
    }

    fn write_state(&self, group: u32, out: &mut Vec<u8>) {
        self.fold.write_state(group as usize, out);
    }

    fn begin_increment(&mut self, groups: &[u32]) {
        for &group in groups {
            self.fold.begin_increment(group as usize);
        }
    }

    fn write_increment(&self, group: u32, out: &mut Vec<u8>) {
        self.fold.write_increment(group as usize, out);
    }

    fn read_state(&mut self, group: u32, input: &mut &[u8]) -> Result<(), Failure> {
        self.fold.read_state(group as usize, input)
    }

    fn memory_size(&self) -> usize {
        self.fold.memory_size()
    }
}
