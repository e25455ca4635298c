//! MIN and MAX of an input that retracts: every value of a group with its count, in order.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;

/// All values of each group. A count may be negative for a while, when a value is taken back before it comes.
pub(super) struct RetractableExtremum<K: Reversible> {
    values: Vec<BTreeMap<K::Key, i64>>,
    data_type: DataType,
    largest: bool,
}

impl<K: Reversible> RetractableExtremum<K> {
    pub(super) fn new(data_type: DataType, largest: bool) -> Self {
        Self { values: Vec::new(), data_type, largest }
    }

    fn change(&mut self, group: usize, key: K::Key, by: i64) {
        let values = &mut self.values[group];
        match values.get_mut(&key) {
            Some(count) => {
                *count += by;
                if *count == 0 {
                    values.remove(&key);
                }
            }
            None => {
                values.insert(key, by);
            }
        }
    }
}

impl<K: Reversible> Fold for RetractableExtremum<K> {
    type Input<'a> = K::Column<'a>;
    type Output = K::Output;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        K::column(args)
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, BTreeMap::new);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.change(group, K::key(input, row), 1);
    }

    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.change(group, K::key(input, row), -1);
    }

    fn output(&self, capacity: usize) -> Self::Output {
        K::output(&self.data_type, capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let mut present = self.values[group].iter().filter(|(_, count)| **count > 0).map(|(key, _)| key);
        K::append(if self.largest { present.next_back() } else { present.next() }, output);
    }

    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(K::finish(output))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        for (key, count) in std::mem::take(&mut self.values[from]) {
            self.change(into, key, count);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.values[group] = BTreeMap::new();
    }
}
