//! Rows per key, each distinct row once with its count: the state of one side of a join.
//!
//! A batch is applied between [`begin`](RowLists::begin) and [`end`](RowLists::end); what it adds is kept as columns at the end, all at once.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_ord::ord::DynComparator;
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::take::take_record_batch;
use dataflow::RowCodec;
use hashbrown::HashTable;

use crate::hash::mix;
use crate::row_hash::hash_rows;
use crate::row_store::{RowRef, RowStore, StoredRowWriter, comparators};
use crate::write_times::WriteTimes;

const NONE: u32 = u32::MAX;

/// What tells the rows of a key apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RowIdentity {
    /// All of their columns; equal rows are counted.
    #[default]
    Whole,
    /// Nothing: none is ever taken back, and each is kept.
    Each,
    /// There is one row at most. A later one takes its place.
    JoinKey,
    /// There is one row with these values at most. A later one takes its place.
    Columns(Vec<usize>),
}

impl RowIdentity {
    /// Whether rows are found by a hash.
    fn is_hashed(&self) -> bool {
        matches!(self, Self::Whole | Self::Columns(_))
    }

    /// The columns that are compared, if not all.
    fn columns(&self) -> Option<&[usize]> {
        match self {
            Self::Columns(columns) => Some(columns),
            _ => None,
        }
    }
}

/// One distinct row of one key.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    place: Place,
    /// Of the row and its slot.
    hash: u64,
    slot: u32,
    /// How often the row is there.
    pub count: u32,
    /// A number of the operator's: how many rows of the other side it matches.
    pub associations: u32,
    /// Rows of a key that came later have a higher one.
    pub sequence: u64,
    previous: u32,
    next: u32,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the batch that is being applied.
    Input(u32),
    Stored(RowRef),
    Free,
}

#[derive(Debug, Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

const EMPTY: List = List { first: NONE, last: NONE };

/// Rows of one type, by the slot of their key.
#[derive(Debug)]
pub struct RowLists {
    lists: Vec<List>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// The entries of all lists by their hash: a key may have very many rows. Empty when rows need not be found.
    index: HashTable<u32>,
    identity: RowIdentity,
    store: RowStore,
    /// When each entry was written: what has expired is as if it were not there.
    times: WriteTimes,
    now: i64,
    /// Where each row is kept: the sequence of the next one, of whichever key.
    next_sequence: u64,
}

/// The batch that is being applied.
pub struct AppliedRows {
    rows: RecordBatch,
    hashes: Vec<u64>,
    /// Comparators of the batch with blocks of the store, and with itself.
    stored: HashMap<u32, Vec<DynComparator>>,
    own: Option<Vec<DynComparator>>,
    added: Vec<u32>,
}

/// What taking a row back has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retracted {
    /// There was no such row.
    Unknown,
    /// The row of this entry is there once less.
    Counted(u32),
    /// The row of this entry, with this sequence, is there no more.
    Removed(u32, u64),
}

/// A row that is brought back from where it was kept.
#[derive(Debug, Clone, Copy)]
pub struct LoadedRow {
    /// The slot of its key.
    pub slot: u32,
    /// [`Entry::sequence`]; rows of a key come in this order.
    pub sequence: u64,
    /// [`Entry::count`]
    pub count: u32,
    /// [`Entry::associations`]
    pub associations: u32,
    /// When it was written, if it says so.
    pub written: Option<i64>,
}

impl Entry {
    /// The slot of its key.
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Where the row is; only of rows of earlier batches.
    pub fn row(&self) -> RowRef {
        match self.place {
            Place::Stored(row) => row,
            Place::Input(_) | Place::Free => unreachable!("rows of the batch being applied are not read"),
        }
    }
}

impl RowLists {
    /// No rows. They live for ever.
    pub fn new(schema: SchemaRef) -> Self {
        Self::expiring(schema, WriteTimes::default())
    }

    /// No rows. They expire as `times` says.
    pub fn expiring(schema: SchemaRef, times: WriteTimes) -> Self {
        Self {
            lists: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            identity: RowIdentity::Whole,
            store: RowStore::new(schema),
            times,
            now: 0,
            next_sequence: 0,
        }
    }

    /// The same, of rows that are told apart like this.
    pub fn with_identity(self, identity: RowIdentity) -> Self {
        Self { identity, ..self }
    }

    /// Where each row is kept, so that a key may get rows without those that it has: no row there is has this sequence, or a higher one.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// No row there is, in memory or elsewhere, has this sequence, or a higher one.
    pub fn set_next_sequence(&mut self, sequence: u64) {
        self.next_sequence = self.next_sequence.max(sequence);
    }

    /// What tells the rows of a key apart.
    pub fn identity(&self) -> &RowIdentity {
        &self.identity
    }

    /// The sequence of the first row of a key.
    pub fn first_sequence(&self, slot: u32) -> Option<u64> {
        let first = self.lists.get(slot as usize).map_or(NONE, |list| list.first);
        (first != NONE).then(|| self.entries[first as usize].sequence)
    }

    /// The time, where rows expire: that of all that follows.
    pub fn set_time(&mut self, now: i64) {
        self.now = now;
    }

    /// Starts to apply a batch.
    pub fn begin(&self, rows: &RecordBatch) -> AppliedRows {
        AppliedRows {
            hashes: match &self.identity {
                RowIdentity::Whole => hash_rows(rows.columns(), rows.num_rows()),
                RowIdentity::Columns(columns) => {
                    let columns: Vec<ArrayRef> = columns.iter().map(|&column| rows.column(column).clone()).collect();
                    hash_rows(&columns, rows.num_rows())
                }
                RowIdentity::Each | RowIdentity::JoinKey => Vec::new(),
            },
            rows: rows.clone(),
            stored: HashMap::new(),
            own: None,
            added: Vec::new(),
        }
    }

    /// Adds a row of the batch to a key. A row that is there already counts once more, and has these associations from now on; one that has expired
    /// is there once. Where there is one row of an identity at most, it takes the place of that. Returns its entry.
    pub fn add(
        &mut self,
        batch: &mut AppliedRows,
        slot: u32,
        row: usize,
        associations: u32,
    ) -> Result<u32, ArrowError> {
        if let Some(found) = self.find(batch, slot, row)? {
            let expired = self.times.is_expired(found, self.now);
            let entry = &mut self.entries[found as usize];
            entry.associations = associations;
            match self.identity {
                RowIdentity::Whole => entry.count = if expired { 1 } else { entry.count + 1 },
                _ => self.replace(batch, found, row)?,
            }
            self.times.set(found, self.now);
            return Ok(found);
        }
        let sequence = match self.lists.get(slot as usize) {
            _ if self.identity == RowIdentity::Each => self.next_sequence,
            Some(list) if list.last != NONE => self.entries[list.last as usize].sequence + 1,
            _ => 0,
        };
        self.next_sequence = self.next_sequence.max(sequence + 1);
        let loaded = LoadedRow { slot, sequence, count: 1, associations, written: Some(self.now) };
        let id = self.enter(loaded, self.hash(batch, slot, row), row);
        self.link_last(id);
        batch.added.push(id);
        Ok(id)
    }

    /// Brings rows back that come before those that their keys have; row i is `loaded[i]`, those of a key are in order. `entries` is told the entry of each.
    pub fn load(
        &mut self,
        rows: RecordBatch,
        loaded: &[LoadedRow],
        mut entries: impl FnMut(u32),
    ) -> Result<(), ArrowError> {
        let mut batch = self.begin(&rows);
        for (row, &loaded) in loaded.iter().enumerate().rev() {
            self.next_sequence = self.next_sequence.max(loaded.sequence + 1);
            let id = self.enter(loaded, self.hash(&batch, loaded.slot, row), row);
            self.link_first(id);
            batch.added.push(id);
            entries(id);
        }
        self.end(batch)
    }

    /// What a row of a key is found by.
    fn hash(&self, batch: &AppliedRows, slot: u32, row: usize) -> u64 {
        batch.hashes.get(row).map_or(0, |&hash| mix(hash, u64::from(slot)))
    }

    /// Makes an entry, which is in no list yet.
    fn enter(&mut self, loaded: LoadedRow, hash: u64, row: usize) -> u32 {
        let LoadedRow { slot, sequence, count, associations, written } = loaded;
        if slot as usize >= self.lists.len() {
            self.lists.resize(slot as usize + 1, EMPTY);
        }
        let place = Place::Input(row as u32);
        let entry = Entry { place, hash, slot, count, associations, sequence, previous: NONE, next: NONE };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.times.set_loaded(id, written);
        if self.identity.is_hashed() {
            let entries = &self.entries;
            self.index.insert_unique(hash, id, |id| entries[*id as usize].hash);
        }
        id
    }

    /// Puts an entry at the end of the list of its key.
    fn link_last(&mut self, id: u32) {
        let list = &mut self.lists[self.entries[id as usize].slot as usize];
        let previous = std::mem::replace(&mut list.last, id);
        match previous {
            NONE => list.first = id,
            previous => self.entries[previous as usize].next = id,
        }
        self.entries[id as usize].previous = previous;
    }

    /// The same at its beginning.
    fn link_first(&mut self, id: u32) {
        let list = &mut self.lists[self.entries[id as usize].slot as usize];
        let next = std::mem::replace(&mut list.first, id);
        match next {
            NONE => list.last = id,
            next => self.entries[next as usize].previous = id,
        }
        self.entries[id as usize].next = next;
    }

    /// Takes a row like this one of the batch back from a key. A row that is not there is ignored.
    pub fn retract(&mut self, batch: &mut AppliedRows, slot: u32, row: usize) -> Result<Retracted, ArrowError> {
        if self.identity == RowIdentity::Each {
            let message = "a row is taken back from rows that are only added";
            return Err(ArrowError::InvalidArgumentError(message.to_owned()));
        }
        let found = self.find(batch, slot, row)?.filter(|&found| !self.times.is_expired(found, self.now));
        let Some(found) = found else { return Ok(Retracted::Unknown) };
        let entry = &mut self.entries[found as usize];
        if entry.count > 1 {
            entry.count -= 1;
            self.times.set(found, self.now);
            return Ok(Retracted::Counted(found));
        }
        let sequence = entry.sequence;
        if let Place::Stored(row) = self.remove(found)? {
            // Rows of that block may have moved: comparators with it are stale.
            batch.stored.remove(&row.block());
        }
        Ok(Retracted::Removed(found, sequence))
    }

    /// Puts a row of the batch in the place of one that is there.
    fn replace(&mut self, batch: &mut AppliedRows, id: u32, row: usize) -> Result<(), ArrowError> {
        match std::mem::replace(&mut self.entries[id as usize].place, Place::Input(row as u32)) {
            Place::Stored(stored) => {
                let entries = &mut self.entries;
                self.store.remove(stored, &mut |owner, row| entries[owner as usize].place = Place::Stored(row))?;
                // Rows of that block may have moved: comparators with it are stale.
                batch.stored.remove(&stored.block());
                batch.added.push(id);
            }
            Place::Input(_) | Place::Free => {}
        }
        Ok(())
    }

    /// Drops all rows of a key, none of which is of a batch that is being applied; `dropped` is told their entries.
    pub fn forget(&mut self, slot: u32, mut dropped: impl FnMut(u32)) -> Result<(), ArrowError> {
        while let Some(list) = self.lists.get(slot as usize).filter(|list| list.first != NONE) {
            let id = list.first;
            self.remove(id)?;
            dropped(id);
        }
        Ok(())
    }

    /// Drops all rows that have expired, none of which is of a batch that is being applied; `dropped` is told entry and slot of each.
    pub fn expire(&mut self, mut dropped: impl FnMut(u32, u32)) -> Result<(), ArrowError> {
        let expired = |(id, entry): (u32, &Entry)| self.times.is_expired(id, self.now).then_some((id, entry.slot));
        let expired: Vec<(u32, u32)> = self.all_entries().filter_map(expired).collect();
        for (id, slot) in expired {
            self.remove(id)?;
            dropped(id, slot);
        }
        Ok(())
    }

    /// Takes an entry out of everything; returns where its row was.
    fn remove(&mut self, id: u32) -> Result<Place, ArrowError> {
        let hash = self.entries[id as usize].hash;
        let place = self.unlink(id);
        if self.identity.is_hashed()
            && let Ok(indexed) = self.index.find_entry(hash, |found| *found == id)
        {
            indexed.remove();
        }
        // One of the batch is in the list of added entries, which gives the number back at the end.
        if let Place::Stored(row) = place {
            let entries = &mut self.entries;
            self.store.remove(row, &mut |owner, row| entries[owner as usize].place = Place::Stored(row))?;
            self.free.push(id);
        }
        Ok(place)
    }

    /// Takes an entry out of its list; returns where its row is.
    fn unlink(&mut self, id: u32) -> Place {
        let Entry { slot, previous, next, .. } = self.entries[id as usize];
        let list = &mut self.lists[slot as usize];
        match previous {
            NONE => list.first = next,
            previous => self.entries[previous as usize].next = next,
        }
        match next {
            NONE => list.last = previous,
            next => self.entries[next as usize].previous = previous,
        }
        std::mem::replace(&mut self.entries[id as usize].place, Place::Free)
    }

    /// Keeps what the batch added.
    pub fn end(&mut self, batch: AppliedRows) -> Result<(), ArrowError> {
        let (mut owners, mut rows) = (Vec::with_capacity(batch.added.len()), Vec::with_capacity(batch.added.len()));
        for id in batch.added {
            match self.entries[id as usize].place {
                Place::Input(row) => {
                    owners.push(id);
                    rows.push(row);
                }
                Place::Free => self.free.push(id),
                Place::Stored(_) => unreachable!("an added entry is stored only here"),
            }
        }
        if owners.is_empty() {
            return Ok(());
        }
        // A copy even when all rows are kept: the batch may be a slice of something much larger.
        let kept = take_record_batch(&batch.rows, &UInt32Array::from(rows))?;
        let entries = &mut self.entries;
        self.store.put(kept, owners, &mut |owner, row| entries[owner as usize].place = Place::Stored(row))
    }

    /// The entry of a row like this one of the batch.
    fn find(&self, batch: &mut AppliedRows, slot: u32, row: usize) -> Result<Option<u32>, ArrowError> {
        match self.identity {
            RowIdentity::Each => return Ok(None),
            RowIdentity::JoinKey => {
                let first = self.lists.get(slot as usize).map_or(NONE, |list| list.first);
                return Ok((first != NONE).then_some(first));
            }
            RowIdentity::Whole | RowIdentity::Columns(_) => {}
        }
        let hash = mix(batch.hashes[row], u64::from(slot));
        for &id in self.index.iter_hash(hash) {
            let entry = &self.entries[id as usize];
            if entry.hash == hash && entry.slot == slot && self.equals(batch, row, entry.place)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn equals(&self, batch: &mut AppliedRows, row: usize, place: Place) -> Result<bool, ArrowError> {
        let columns = batch.rows.columns();
        let (comparators, other) = match place {
            Place::Input(other) => {
                let own = match &mut batch.own {
                    Some(own) => own,
                    none => none.insert(comparators(columns, columns, self.identity.columns())?),
                };
                (&*own, other as usize)
            }
            Place::Stored(stored) => {
                let with_block = match batch.stored.entry(stored.block()) {
                    std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(self.store.comparators(columns, self.identity.columns(), stored)?)
                    }
                };
                (&*with_block, stored.row())
            }
            Place::Free => unreachable!("free entries are in no list"),
        };
        Ok(comparators.iter().all(|compare| compare(row, other) == Ordering::Equal))
    }

    /// The entries of a key that have not expired, in the order in which they came, with their numbers.
    pub fn live_entries(&self, slot: u32) -> impl Iterator<Item = (u32, &Entry)> {
        self.entries(slot).filter(|(id, _)| !self.times.is_expired(*id, self.now))
    }

    /// All entries of a key, in the order in which they came, with their numbers.
    pub fn entries(&self, slot: u32) -> impl Iterator<Item = (u32, &Entry)> {
        let mut id = self.lists.get(slot as usize).map_or(NONE, |list| list.first);
        std::iter::from_fn(move || {
            let entry = self.entries.get(id as usize)?;
            let found = (id, entry);
            id = entry.next;
            Some(found)
        })
    }

    /// All entries with their numbers, in no order; only between batches.
    pub fn all_entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| !matches!(entry.place, Place::Free)).map(|(id, entry)| (id as u32, entry))
    }

    /// Writes rows by their references.
    pub fn writer<'a>(&'a self, codec: &'a RowCodec) -> StoredRowWriter<'a> {
        self.store.writer(codec)
    }

    /// Whether a key has no rows.
    pub fn is_list_empty(&self, slot: u32) -> bool {
        self.lists.get(slot as usize).is_none_or(|list| list.first == NONE)
    }

    /// An entry by its number.
    pub fn entry(&self, id: u32) -> &Entry {
        &self.entries[id as usize]
    }

    /// When an entry was written, where rows expire.
    pub fn written(&self, id: u32) -> Option<i64> {
        self.times.get(id)
    }

    /// How long rows live, ms, if not for ever.
    pub fn ttl(&self) -> Option<i64> {
        self.times.ttl()
    }

    /// Sets the associations of an entry.
    pub fn set_associations(&mut self, id: u32, associations: u32) {
        self.times.set(id, self.now);
        self.entries[id as usize].associations = associations;
    }

    /// The columns of the rows.
    pub fn store(&self) -> &RowStore {
        &self.store
    }

    /// Number of distinct rows.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        self.store.memory_size()
            + self.entries.capacity() * size_of::<Entry>()
            + self.lists.capacity() * size_of::<List>()
            + self.index.allocation_size()
            + self.times.memory_size()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Int64Array, StringArray};
    use arrow_schema::{DataType, Field, Schema};
    use proptest::prelude::*;

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8, true)]))
    }

    fn rows(values: &[Option<i64>]) -> RecordBatch {
        let texts: StringArray = values.iter().map(|value| value.map(|value| format!("text {value}"))).collect();
        RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(values.to_vec())), Arc::new(texts)]).unwrap()
    }

    fn content(lists: &RowLists, slot: u32) -> Vec<(Option<i64>, u32)> {
        let found: Vec<&Entry> = lists.entries(slot).map(|(_, entry)| entry).collect();
        let refs: Vec<Option<RowRef>> = found.iter().map(|entry| Some(entry.row())).collect();
        let columns = lists.store().gather(&refs).unwrap();
        let numbers = columns[0].as_primitive::<Int64Type>().iter();
        numbers.zip(found).map(|(number, entry)| (number, entry.count)).collect()
    }

    proptest! {
        #[test]
        fn behaves_like_a_multiset_of_rows(
            batches in prop::collection::vec(prop::collection::vec((0u32..3, prop::option::of(0i64..4), any::<bool>()), 1..12), 1..20)
        ) {
            let mut lists = RowLists::new(schema());
            let mut model: BTreeMap<u32, BTreeMap<Option<i64>, u32>> = BTreeMap::new();
            for actions in batches {
                let batch = rows(&actions.iter().map(|(_, value, _)| *value).collect::<Vec<_>>());
                let mut applied = lists.begin(&batch);
                for (row, (slot, value, add)) in actions.iter().enumerate() {
                    let counts = model.entry(*slot).or_default();
                    if *add {
                        lists.add(&mut applied, *slot, row, 0).unwrap();
                        *counts.entry(*value).or_default() += 1;
                    } else {
                        lists.retract(&mut applied, *slot, row).unwrap();
                        if let Some(count) = counts.get_mut(value) {
                            *count -= 1;
                        }
                        counts.retain(|_, count| *count > 0);
                    }
                }
                lists.end(applied).unwrap();
                for slot in 0..3 {
                    let mut found = content(&lists, slot);
                    found.sort();
                    let expected: Vec<(Option<i64>, u32)> =
                        model.get(&slot).into_iter().flatten().map(|(value, count)| (*value, *count)).collect();
                    prop_assert_eq!(&found, &expected);
                    prop_assert_eq!(lists.is_list_empty(slot), expected.is_empty());
                }
            }
        }
    }

    #[test]
    fn blocks_are_merged_and_compacted() {
        let mut lists = RowLists::new(schema());
        for start in 0..3_000i64 {
            let batch = rows(&(10 * start..10 * start + 10).map(Some).collect::<Vec<_>>());
            let mut applied = lists.begin(&batch);
            for row in 0..10 {
                lists.add(&mut applied, (start % 7) as u32, row, 0).unwrap();
            }
            lists.end(applied).unwrap();
        }
        assert_eq!(lists.len(), 30_000);
        let blocks = lists.store.block_count();
        assert!(blocks < 20, "{blocks} blocks");
        let full = lists.store.memory_size();
        for start in 0..2_900i64 {
            let batch = rows(&(10 * start..10 * start + 10).map(Some).collect::<Vec<_>>());
            let mut applied = lists.begin(&batch);
            for row in 0..10 {
                lists.retract(&mut applied, (start % 7) as u32, row).unwrap();
            }
            lists.end(applied).unwrap();
        }
        assert_eq!(lists.len(), 1_000);
        assert!(lists.store.memory_size() < full / 2, "{} of {full}", lists.store.memory_size());
        let all: usize = (0..7).map(|slot| content(&lists, slot).len()).sum();
        assert_eq!(all, 1_000);
    }

    #[test]
    fn rows_that_are_only_added_are_kept_one_by_one() {
        let mut lists = RowLists::new(schema()).with_identity(RowIdentity::Each);
        let batch = rows(&[Some(5), Some(5), None]);
        let mut applied = lists.begin(&batch);
        for row in 0..3 {
            lists.add(&mut applied, 1, row, row as u32).unwrap();
        }
        lists.end(applied).unwrap();
        assert_eq!(content(&lists, 1), [(Some(5), 1), (Some(5), 1), (None, 1)]);
        assert_eq!(
            lists.entries(1).map(|(_, entry)| (entry.sequence, entry.associations)).collect::<Vec<_>>(),
            [(0, 0), (1, 1), (2, 2)]
        );
        let mut applied = lists.begin(&batch);
        assert!(lists.retract(&mut applied, 1, 0).is_err());
        lists.forget(1, |_| {}).unwrap();
        assert!(lists.is_empty() && lists.is_list_empty(1));
    }

    #[test]
    fn a_later_row_takes_the_place_of_one_with_its_identity() {
        for identity in [RowIdentity::JoinKey, RowIdentity::Columns(vec![0])] {
            let one_of_all = identity == RowIdentity::JoinKey;
            let mut lists = RowLists::new(schema()).with_identity(identity);
            for values in [&[Some(5), Some(5), Some(6)], &[None, Some(5), Some(5)]] {
                let batch = rows(values);
                let mut applied = lists.begin(&batch);
                for row in 0..3 {
                    lists.add(&mut applied, 1, row, 0).unwrap();
                }
                lists.end(applied).unwrap();
            }
            let expected: &[(Option<i64>, u32)] =
                if one_of_all { &[(Some(5), 1)] } else { &[(Some(5), 1), (Some(6), 1), (None, 1)] };
            assert_eq!(content(&lists, 1), expected);
            assert_eq!(lists.len(), expected.len());
            let batch = rows(&[Some(5)]);
            let mut applied = lists.begin(&batch);
            assert!(matches!(lists.retract(&mut applied, 1, 0).unwrap(), Retracted::Removed(..)));
            let expected: &[(Option<i64>, u32)] = if one_of_all { &[] } else { &[(Some(6), 1), (None, 1)] };
            assert_eq!(content(&lists, 1), expected);
        }
    }

    #[test]
    fn rows_without_a_reference_are_null() {
        let mut lists = RowLists::new(schema());
        let batch = rows(&[Some(5)]);
        let mut applied = lists.begin(&batch);
        lists.add(&mut applied, 0, 0, 3).unwrap();
        lists.end(applied).unwrap();
        let row = lists.entries(0).next().unwrap().1.row();
        let columns = lists.store().gather(&[None, Some(row), None]).unwrap();
        assert_eq!(columns[0].as_primitive::<Int64Type>(), &Int64Array::from(vec![None, Some(5), None]));
        assert_eq!(columns[1].as_string::<i32>(), &StringArray::from(vec![None, Some("text 5"), None]));
    }
}
