//! FIRST_VALUE and LAST_VALUE of an input that only grows: the first or last value that is not NULL.

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;
use super::state::{StateValue, column_bytes};

/// One value a group.
pub(super) struct Endpoint<K: Reversible> {
    values: Vec<Option<K::Key>>,
    heap_bytes: usize,
    data_type: DataType,
    last: bool,
}

impl<K: Reversible> Endpoint<K> {
    pub(super) fn new(data_type: DataType, last: bool) -> Self {
        Self { values: Vec::new(), heap_bytes: 0, data_type, last }
    }

    fn set(&mut self, group: usize, value: Option<K::Key>) {
        self.heap_bytes += value.heap_bytes();
        self.heap_bytes -= self.values[group].heap_bytes();
        self.values[group] = value;
    }
}

impl<K: Reversible> Fold for Endpoint<K> {
    type Input<'a> = K::Column<'a>;
    type Output = K::Output;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        K::column(args)
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        if self.last || self.values[group].is_none() {
            self.set(group, Some(K::key(input, row)));
        }
    }

    /// Never called: an input that retracts gets a fold that can.
    fn retract(&mut self, _: usize, _: &Self::Input<'_>, _: usize) {
        debug_assert!(false, "FIRST_VALUE or LAST_VALUE of an insert-only input got a retraction");
    }

    fn output(&self, capacity: usize) -> Self::Output {
        K::output(&self.data_type, capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        K::append(self.values[group].as_ref(), output);
    }

    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure> {
        K::finish(output)
    }

    /// `from` comes after `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        if self.values[into].is_none() || self.last && self.values[from].is_some() {
            self.set(into, self.values[from].clone());
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.set(group, None);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.values[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        let value = StateValue::read(input)?;
        self.set(group, value);
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + self.heap_bytes
    }
}
