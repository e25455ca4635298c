//! Keys within namespaces: the state of a window operator, where a namespace is the end of a window or of a slice of one.
//!
//! Each namespace has a table of its own, so that it is dropped as a whole when its window has fired. The groups of all namespaces share one set
//! of slots, and so one set of accumulator columns.

use std::collections::VecDeque;

use crate::key_batch::KeyBatch;
use crate::key_table::KeyTable;
use crate::slots::Slots;

/// The keys of one namespace.
#[derive(Debug)]
pub struct Namespace {
    /// What it is called: the end of its window or slice, ms.
    pub time: i64,
    /// Whether it has all of its keys; those that it has not are in the store.
    pub complete: bool,
    /// Whether the store may have entries of it.
    pub stored: bool,
    keys: KeyTable,
    groups: Vec<u32>,
}

impl Namespace {
    /// An empty one.
    pub fn new(time: i64, keys: &KeyBatch) -> Self {
        Self { time, complete: true, stored: false, keys: KeyTable::new(keys), groups: Vec::new() }
    }

    /// The group of one key of the batch; a new key gets a slot.
    #[inline]
    pub fn group(&mut self, keys: &KeyBatch, row: usize, slots: &mut Slots) -> u32 {
        let (index, new) = self.keys.find_or_insert(keys, row);
        if new {
            self.groups.push(slots.allocate());
        }
        self.groups[index as usize]
    }

    /// The group of a key that another namespace of the same operator has, and whether the key is new here.
    pub fn group_of_bytes(&mut self, key: &[u8], slots: &mut Slots) -> (u32, bool) {
        let (index, new) = self.keys.find_or_insert_bytes(key);
        if new {
            self.groups.push(slots.allocate());
        }
        (self.groups[index as usize], new)
    }

    /// The group of one key of the batch, if it is here.
    pub fn find(&self, keys: &KeyBatch, row: usize) -> Option<u32> {
        self.keys.find(keys, row).map(|index| self.groups[index as usize])
    }

    /// Drops the keys of groups that are not kept: they are in the store. The groups dropped are the caller's to give back.
    pub fn drop_stored(&mut self, keys: &KeyBatch, keep: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut kept = Namespace { complete: false, stored: true, ..Namespace::new(self.time, keys) };
        let mut dropped = Vec::new();
        for (position, &group) in self.groups.iter().enumerate() {
            if keep(group) {
                kept.keys.find_or_insert_bytes(self.key(position));
                kept.groups.push(group);
            } else {
                dropped.push(group);
            }
        }
        if !dropped.is_empty() {
            *self = kept;
        }
        dropped
    }

    /// The groups with their keys, in the order in which they came.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &[u8])> + Clone {
        self.groups.iter().enumerate().map(|(position, &group)| (group, self.key(position)))
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        self.keys.memory_size() + self.groups.capacity() * size_of::<u32>()
    }

    /// The groups, in the order in which their keys came.
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The key of the group at this position of [`groups`](Self::groups).
    pub fn key(&self, position: usize) -> &[u8] {
        self.keys.key(position as u32)
    }

    /// The keys, in the order in which they came.
    pub fn keys(&self) -> Vec<&[u8]> {
        (0..self.groups.len()).map(|position| self.key(position)).collect()
    }
}

/// The namespaces of an operator, in order of time.
#[derive(Debug, Default)]
pub struct Namespaces {
    ordered: VecDeque<Namespace>,
    /// Where the last row went: the next one most likely goes there too.
    recent: usize,
}

impl Namespaces {
    /// The groups of rows: row i of `keys` in namespace `times[i]`. What is new is made.
    pub fn groups(&mut self, times: &[i64], keys: &KeyBatch, slots: &mut Slots, groups: &mut Vec<u32>) {
        groups.clear();
        groups.reserve(times.len());
        for (row, &time) in times.iter().enumerate() {
            if self.ordered.get(self.recent).is_none_or(|namespace| namespace.time != time) {
                self.recent = self.find_or_insert(time, keys);
            }
            groups.push(self.ordered[self.recent].group(keys, row, slots));
        }
    }

    fn find_or_insert(&mut self, time: i64, keys: &KeyBatch) -> usize {
        match self.ordered.binary_search_by_key(&time, |namespace| namespace.time) {
            Ok(position) => position,
            Err(position) => {
                self.ordered.insert(position, Namespace::new(time, keys));
                position
            }
        }
    }

    /// The namespace of this time, made if there is none.
    pub fn get_or_insert(&mut self, time: i64, keys: &KeyBatch) -> &mut Namespace {
        let position = self.find_or_insert(time, keys);
        &mut self.ordered[position]
    }

    /// The namespace of this time.
    pub fn get(&self, time: i64) -> Option<&Namespace> {
        let position = self.ordered.binary_search_by_key(&time, |namespace| namespace.time).ok()?;
        self.ordered.get(position)
    }

    /// Takes the namespace of this time out; its groups are the caller's to give back.
    pub fn remove(&mut self, time: i64) -> Option<Namespace> {
        let position = self.ordered.binary_search_by_key(&time, |namespace| namespace.time).ok()?;
        self.ordered.remove(position)
    }

    /// The earliest namespace.
    pub fn first(&self) -> Option<&Namespace> {
        self.ordered.front()
    }

    /// All of them, in order of time.
    pub fn iter(&self) -> impl Iterator<Item = &Namespace> + Clone {
        self.ordered.iter()
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Namespace> {
        self.ordered.iter_mut()
    }

    /// Number of namespaces.
    pub fn len(&self) -> usize {
        self.ordered.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, RecordBatch};
    use dataflow::{Batch, Field, RowType, TypeKind};

    use super::*;

    #[test]
    fn a_key_has_one_group_in_each_namespace() {
        let row_type = RowType::new(vec![Field::new("k", TypeKind::BigInt.nullable())]);
        let values = Int64Array::from(vec![Some(1), Some(2), Some(1), None, Some(1), None]);
        let rows = RecordBatch::try_new(row_type.arrow_schema(), vec![Arc::new(values)]).unwrap();
        let mut keys = KeyBatch::new(&row_type, &[0]).unwrap();
        keys.encode(&Batch::inserts(rows));
        let (mut namespaces, mut slots, mut groups) = (Namespaces::default(), Slots::default(), Vec::new());
        namespaces.groups(&[20, 10, 20, 10, 10, 10], &keys, &mut slots, &mut groups);
        assert_eq!(groups, [0, 1, 0, 2, 3, 2]);
        assert_eq!(namespaces.iter().map(|n| n.time).collect::<Vec<_>>(), [10, 20]);
        let first = namespaces.remove(10).unwrap();
        assert_eq!(first.groups(), [1, 2, 3]);
        assert_eq!(first.key(0), keys.get(1));
        assert_eq!(namespaces.get(20).unwrap().groups(), [0]);
        assert!(namespaces.get(10).is_none());
        slots.release(first.groups());
        namespaces.groups(&[30], &keys, &mut slots, &mut groups);
        assert_eq!(groups, [3], "a freed slot is used again");
    }
}
