//! COUNT(*), COUNT(x), COUNT(x, y): rows whose arguments are all present.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use dataflow::Failure;

use super::fold::Fold;
use super::state::{StateValue, column_bytes};

/// One counter a group.
#[derive(Debug, Default)]
pub(super) struct Count {
    counts: Vec<i64>,
}

impl Fold for Count {
    type Input<'a> = ();
    type Output = Vec<i64>;

    fn input(&self, _: &[ArrayRef]) -> Result<(), Failure> {
        Ok(())
    }

    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    #[inline]
    fn add(&mut self, group: usize, _: &(), _: usize) {
        self.counts[group] += 1;
    }

    #[inline]
    fn retract(&mut self, group: usize, _: &(), _: usize) {
        self.counts[group] -= 1;
    }

    fn output(&self, capacity: usize) -> Vec<i64> {
        Vec::with_capacity(capacity)
    }

    #[inline]
    fn append(&self, group: usize, output: &mut Vec<i64>) {
        output.push(self.counts[group]);
    }

    fn finish(&self, output: Vec<i64>) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(Int64Array::from(output)))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        self.counts[into] += self.counts[from];
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.counts[group] = 0;
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.counts[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.counts[group] = StateValue::read(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.counts)
    }
}
