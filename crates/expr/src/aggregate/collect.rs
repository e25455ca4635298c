//! COLLECT: a multiset of the values of a group, NULLs left out, in the order of a Java `HashMap`.

use std::sync::Arc;

use arrow_array::builder::Int32Builder;
use arrow_array::{Array, ArrayRef, MapArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields};
use dataflow::Failure;
use indexmap::IndexMap;

use super::fold::Fold;
use super::key::{KeySource, Reversible};
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_length, write_length};
use crate::java_hash::in_java_order;

/// How often each value of each group is there.
pub(super) struct Collect<K: KeySource> {
    counts: Vec<IndexMap<K::Key, i32>>,
    map_bytes: usize,
    data_type: DataType,
}

/// Values, their counts, and how many values each group has.
pub(super) struct CollectOutput<O> {
    values: O,
    counts: Int32Builder,
    lengths: Vec<usize>,
}

impl<K: KeySource> Collect<K> {
    /// `data_type` is that of the values.
    pub(super) fn new(data_type: DataType) -> Self {
        Self { counts: Vec::new(), map_bytes: 0, data_type }
    }

    fn change(&mut self, group: usize, key: K::Key, by: i32) {
        let bytes = entry_bytes::<K::Key>(key.heap_bytes());
        let counts = &mut self.counts[group];
        let before = counts.get(&key).copied().unwrap_or(0);
        match (before, before + by) {
            (0, 0) => {}
            (_, 0) => {
                counts.shift_remove(&key);
                self.map_bytes -= bytes;
            }
            (0, after) => {
                counts.insert(key, after);
                self.map_bytes += bytes;
            }
            (_, after) => {
                counts.insert(key, after);
            }
        }
    }

    fn take(&mut self, group: usize) -> IndexMap<K::Key, i32> {
        let counts = std::mem::take(&mut self.counts[group]);
        self.map_bytes -= counts.keys().map(|key| entry_bytes::<K::Key>(key.heap_bytes())).sum::<usize>();
        counts
    }
}

impl<K: Reversible> Fold for Collect<K> {
    type Input<'a> = K::Column<'a>;
    type Output = CollectOutput<K::Output>;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<K::Column<'a>, Failure> {
        K::column(args)
    }

    fn resize(&mut self, groups: usize) {
        self.counts.resize_with(groups, IndexMap::new);
    }

    fn add(&mut self, group: usize, input: &K::Column<'_>, row: usize) {
        self.change(group, K::key(input, row), 1);
    }

    fn retract(&mut self, group: usize, input: &K::Column<'_>, row: usize) {
        self.change(group, K::key(input, row), -1);
    }

    fn output(&self, capacity: usize) -> Self::Output {
        let values = K::output(&self.data_type, capacity);
        CollectOutput { values, counts: Int32Builder::with_capacity(capacity), lengths: Vec::with_capacity(capacity) }
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        for (key, count) in &self.counts[group] {
            K::append(Some(key), &mut output.values);
            output.counts.append_value(*count);
        }
        output.lengths.push(self.counts[group].len());
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        let offsets = OffsetBuffer::from_lengths(output.lengths);
        let counts: ArrayRef = Arc::new(output.counts.finish());
        let (values, counts) = in_java_order(&offsets, K::finish(output.values)?, counts)?;
        let fields = Fields::from(vec![
            Field::new("key", values.data_type().clone(), false),
            Field::new("value", DataType::Int32, true),
        ]);
        let entries = StructArray::try_new(fields.clone(), vec![values, counts], None)?;
        let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
        Ok(Arc::new(MapArray::try_new(field, offsets, entries, None, false)?))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        for (key, count) in self.counts[from].clone() {
            self.change(into, key, count);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_length(self.counts[group].len(), out);
        for (key, count) in &self.counts[group] {
            key.write(out);
            count.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.take(group);
        for _ in 0..read_length(input)? {
            let (key, count) = (K::Key::read(input)?, i32::read(input)?);
            if count == 0 || self.counts[group].contains_key(&key) {
                return Err(damaged());
            }
            self.change(group, key, count);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.counts) + self.map_bytes
    }
}
