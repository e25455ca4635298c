//! MIN and MAX of an input that retracts: every value of a group with its count, in order.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_length, write_length};

/// All values of each group. A count may be negative for a while, when a value is taken back before it comes.
pub(super) struct RetractableExtremum<K: Reversible> {
    values: Vec<BTreeMap<K::Key, i64>>,
    map_bytes: usize,
    data_type: DataType,
    largest: bool,
}

impl<K: Reversible> RetractableExtremum<K> {
    pub(super) fn new(data_type: DataType, largest: bool) -> Self {
        Self { values: Vec::new(), map_bytes: 0, data_type, largest }
    }

    fn change(&mut self, group: usize, key: K::Key, by: i64) {
        let values = &mut self.values[group];
        match values.get_mut(&key) {
            Some(count) => {
                *count += by;
                if *count == 0 {
                    values.remove(&key);
                    self.map_bytes -= entry_bytes::<K::Key>(key.heap_bytes());
                }
            }
            None => {
                self.map_bytes += entry_bytes::<K::Key>(key.heap_bytes());
                values.insert(key, by);
            }
        }
    }

    fn take(&mut self, group: usize) -> BTreeMap<K::Key, i64> {
        let values = std::mem::take(&mut self.values[group]);
        self.map_bytes -= values.keys().map(|key| entry_bytes::<K::Key>(key.heap_bytes())).sum::<usize>();
        values
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
        K::finish(output)
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        for (key, count) in self.values[from].clone() {
            self.change(into, key, count);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_length(self.values[group].len(), out);
        for (key, count) in &self.values[group] {
            key.write(out);
            count.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.take(group);
        for _ in 0..read_length(input)? {
            let (key, count) = (K::Key::read(input)?, i64::read(input)?);
            if count == 0 || self.values[group].contains_key(&key) {
                return Err(damaged());
            }
            self.change(group, key, count);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + self.map_bytes
    }
}
