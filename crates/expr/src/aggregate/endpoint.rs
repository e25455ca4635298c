//! FIRST_VALUE and LAST_VALUE of an input that only grows: the first or last value that is not NULL.

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;

/// One value a group.
pub(super) struct Endpoint<K: Reversible> {
    values: Vec<Option<K::Key>>,
    data_type: DataType,
    last: bool,
}

impl<K: Reversible> Endpoint<K> {
    pub(super) fn new(data_type: DataType, last: bool) -> Self {
        Self { values: Vec::new(), data_type, last }
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
        let value = &mut self.values[group];
        if self.last || value.is_none() {
            *value = Some(K::key(input, row));
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
        Ok(K::finish(output))
    }

    /// `from` comes after `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let value = self.values[from].take();
        let target = &mut self.values[into];
        if target.is_none() || self.last && value.is_some() {
            *target = value;
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.values[group] = None;
    }
}
