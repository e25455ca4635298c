//! `KeyTable`: which dense slot belongs to which key.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::hash::{hash_bytes, hash_word};
use crate::key_arena::KeyArena;
use crate::key_batch::{KeyBatch, KeyLayout, word_is_null, word_of};
use crate::slots::Slots;

/// A hash table from encoded keys to dense slots. Slots of removed keys are used again.
#[derive(Debug)]
pub struct KeyTable {
    index: Index,
    arena: KeyArena,
    slots: Slots,
}

#[derive(Debug)]
enum Index {
    /// The key is a word and lies in the table itself; NULL has a place of its own.
    Words { table: HashTable<(u64, u32)>, null: Option<u32> },
    /// The table has the upper half of the hash, the arena the key.
    Bytes { table: HashTable<(u32, u32)> },
}

impl KeyTable {
    /// An empty table for keys as `keys` encodes them.
    pub fn new(keys: &KeyBatch) -> Self {
        let words = || Index::Words { table: HashTable::new(), null: None };
        let bytes = || Index::Bytes { table: HashTable::new() };
        let (index, arena) = match keys.layout() {
            KeyLayout::Word => (words(), KeyArena::fixed(16)),
            KeyLayout::Fixed(width) => (bytes(), KeyArena::fixed(width)),
            KeyLayout::Variable => (bytes(), KeyArena::variable()),
        };
        Self { index, arena, slots: Slots::default() }
    }

    /// The slot of one key of the batch, and whether the key is new.
    #[inline]
    pub fn find_or_insert(&mut self, keys: &KeyBatch, row: usize) -> (u32, bool) {
        let Self { index, arena, slots } = self;
        let key = keys.get(row);
        let mut insert = || {
            let slot = slots.allocate();
            arena.put(slot, key);
            slot
        };
        match index {
            Index::Words { table, null } => {
                if word_is_null(key) {
                    return match null {
                        Some(slot) => (*slot, false),
                        None => (*null.insert(insert()), true),
                    };
                }
                let word = word_of(key);
                match table.entry(keys.hash(row), |(w, _)| *w == word, |(w, _)| hash_word(*w)) {
                    Entry::Occupied(entry) => (entry.get().1, false),
                    Entry::Vacant(entry) => {
                        let slot = insert();
                        entry.insert((word, slot));
                        (slot, true)
                    }
                }
            }
            Index::Bytes { table } => {
                let hash = keys.hash(row);
                let upper = (hash >> 32) as u32;
                if let Some((_, slot)) = table.find(hash, |(h, slot)| *h == upper && arena.get(*slot) == key) {
                    return (*slot, false);
                }
                let slot = slots.allocate();
                arena.put(slot, key);
                table.insert_unique(hash, (upper, slot), |(_, slot)| hash_bytes(arena.get(*slot)));
                (slot, true)
            }
        }
    }

    /// The slot of one key of the batch.
    #[inline]
    pub fn find(&self, keys: &KeyBatch, row: usize) -> Option<u32> {
        self.find_key(keys.get(row), keys.hash(row))
    }

    /// The slot of a key that another table of the same operator has.
    pub fn find_bytes(&self, key: &[u8]) -> Option<u32> {
        let hash = match &self.index {
            Index::Words { .. } => hash_word(word_of(key)),
            Index::Bytes { .. } => hash_bytes(key),
        };
        self.find_key(key, hash)
    }

    #[inline]
    fn find_key(&self, key: &[u8], hash: u64) -> Option<u32> {
        match &self.index {
            Index::Words { null, .. } if word_is_null(key) => *null,
            Index::Words { table, .. } => {
                let word = word_of(key);
                table.find(hash, |(w, _)| *w == word).map(|(_, slot)| *slot)
            }
            Index::Bytes { table } => {
                let upper = (hash >> 32) as u32;
                table.find(hash, |(h, slot)| *h == upper && self.arena.get(*slot) == key).map(|(_, slot)| *slot)
            }
        }
    }

    /// The slot of a key that another table of the same operator has, and whether it is new here.
    pub fn find_or_insert_bytes(&mut self, key: &[u8]) -> (u32, bool) {
        if let Some(slot) = self.find_bytes(key) {
            return (slot, false);
        }
        let slot = self.slots.allocate();
        self.arena.put(slot, key);
        let arena = &self.arena;
        match &mut self.index {
            Index::Words { null, .. } if word_is_null(key) => *null = Some(slot),
            Index::Words { table, .. } => {
                let word = word_of(key);
                table.insert_unique(hash_word(word), (word, slot), |(w, _)| hash_word(*w));
            }
            Index::Bytes { table } => {
                let hash = hash_bytes(key);
                table.insert_unique(hash, ((hash >> 32) as u32, slot), |(_, slot)| hash_bytes(arena.get(*slot)));
            }
        }
        (slot, true)
    }

    /// The key of a slot in use.
    #[inline]
    pub fn key(&self, slot: u32) -> &[u8] {
        self.arena.get(slot)
    }

    /// Removes the key of a slot in use; the slot may belong to another key next.
    pub fn remove(&mut self, slot: u32) {
        let key = self.arena.get(slot);
        match &mut self.index {
            Index::Words { null, .. } if word_is_null(key) => *null = None,
            Index::Words { table, .. } => {
                let found = table.find_entry(hash_word(word_of(key)), |(_, s)| *s == slot);
                found.expect("a slot in use is in the table").remove();
            }
            Index::Bytes { table } => {
                let found = table.find_entry(hash_bytes(key), |(_, s)| *s == slot);
                found.expect("a slot in use is in the table").remove();
            }
        }
        self.arena.remove(slot);
        self.slots.release(&[slot]);
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.slots.in_use()
    }

    /// Whether it has no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows columns need so that every slot is in range. Without removals the slots 0 to here are the keys in order of arrival.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        let table = match &self.index {
            Index::Words { table, .. } => table.allocation_size(),
            Index::Bytes { table } => table.allocation_size(),
        };
        table + self.arena.memory_size()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use dataflow::{Batch, Field, RowType, TypeKind};
    use proptest::prelude::*;

    use super::*;

    fn keys_of(columns: Vec<(TypeKind, ArrayRef)>) -> KeyBatch {
        let row_type = RowType::new(
            columns.iter().enumerate().map(|(i, (k, _))| Field::new(format!("c{i}"), k.clone().nullable())).collect(),
        );
        let indices: Vec<usize> = (0..columns.len()).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let rows = RecordBatch::try_new(row_type.arrow_schema(), arrays).unwrap();
        let mut keys = KeyBatch::new(&row_type, &indices).unwrap();
        keys.encode(&Batch::inserts(rows));
        keys
    }

    /// Inserts and removes at random beside a plain map.
    fn behaves_like_a_map(keys: &KeyBatch, actions: &[(usize, bool)]) {
        let mut table = KeyTable::new(keys);
        let mut model: HashMap<Vec<u8>, u32> = HashMap::new();
        for &(row, remove) in actions {
            let key = keys.get(row).to_vec();
            assert_eq!(table.find(keys, row), model.get(&key).copied());
            assert_eq!(table.find_bytes(&key), model.get(&key).copied());
            match model.get(&key) {
                Some(&slot) if remove => {
                    table.remove(slot);
                    model.remove(&key);
                }
                known => {
                    let (slot, new) = table.find_or_insert(keys, row);
                    assert_eq!(new, known.is_none());
                    assert!(model.iter().all(|(k, s)| *s != slot || *k == key), "slot {slot} has two keys");
                    model.insert(key, slot);
                }
            }
            assert_eq!(table.len(), model.len());
        }
        for (key, slot) in &model {
            assert_eq!(table.key(*slot), key);
        }
    }

    proptest! {
        #[test]
        fn words(values in prop::collection::vec(prop::option::of(0i64..20), 1..60), removals in prop::collection::vec(any::<bool>(), 60)) {
            let actions: Vec<(usize, bool)> = (0..values.len()).map(|row| (row, removals[row])).collect();
            behaves_like_a_map(&keys_of(vec![(TypeKind::BigInt, Arc::new(Int64Array::from(values)))]), &actions);
        }

        #[test]
        fn texts(values in prop::collection::vec(prop::option::of("[ab]{0,9}"), 1..60), removals in prop::collection::vec(any::<bool>(), 60)) {
            let actions: Vec<(usize, bool)> = (0..values.len()).map(|row| (row, removals[row])).collect();
            behaves_like_a_map(&keys_of(vec![(TypeKind::STRING, Arc::new(StringArray::from(values)))]), &actions);
        }

        #[test]
        fn pairs(values in prop::collection::vec((prop::option::of(0i64..5), 0i64..5), 1..60)) {
            let (left, right): (Vec<Option<i64>>, Vec<i64>) = values.into_iter().unzip();
            let actions: Vec<(usize, bool)> = (0..left.len()).map(|row| (row, row % 3 == 2)).collect();
            let columns: Vec<(TypeKind, ArrayRef)> = vec![
                (TypeKind::BigInt, Arc::new(Int64Array::from(left))),
                (TypeKind::BigInt, Arc::new(Int64Array::from(right))),
            ];
            behaves_like_a_map(&keys_of(columns), &actions);
        }
    }

    #[test]
    fn the_arena_is_compacted() {
        let texts: Vec<String> = (0..4_000).map(|i| format!("a rather long key, number {i}")).collect();
        let keys = keys_of(vec![(TypeKind::STRING, Arc::new(StringArray::from(texts)))]);
        let mut table = KeyTable::new(&keys);
        let slots: Vec<u32> = (0..4_000).map(|row| table.find_or_insert(&keys, row).0).collect();
        let full = table.arena.memory_size();
        for &slot in &slots[..3_900] {
            table.remove(slot);
        }
        assert!(table.arena.memory_size() < full);
        for (row, slot) in slots.iter().enumerate().skip(3_900) {
            assert_eq!(table.find(&keys, row), Some(*slot));
        }
    }

    #[test]
    fn a_key_without_columns_is_one_key() {
        let row_type = RowType::new(vec![Field::new("c", TypeKind::BigInt.nullable())]);
        let rows = RecordBatch::try_new(row_type.arrow_schema(), vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
        let mut keys = KeyBatch::new(&row_type, &[]).unwrap();
        keys.encode(&Batch::inserts(rows));
        let mut table = KeyTable::new(&keys);
        assert_eq!(table.find_or_insert(&keys, 0), (0, true));
        assert_eq!(table.find_or_insert(&keys, 1), (0, false));
    }
}
