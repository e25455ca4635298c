//! `KeyedRows`: rows kept by key for operators that order them (deduplication, Top-N, OVER, sorting), with the store behind them. Which row of a
//! key is where in the order is the operator's.
//!
//! ```text
//!   state 0, key, suffix: the row's sequence -> head | the row (`RowCodec`)
//!   state 1, key -> head | what the operator keeps of the key beside its rows
//!   state 2: which keys that are only in the store have to be looked at when (`DueKeys`)
//! ```
//! A row has a number, by which the operator has columns of its own. While a batch is processed nothing that was kept is dropped or moved, so that
//! what was emitted can be gathered before [`end`](KeyedRows::end). A key is in memory with all its rows or not at all: it is loaded when a row of it
//! comes and dropped when it is cold and there is no room.

mod key_values;
mod loading;
mod writing;

pub use key_values::KeyValues;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use dataflow::{Failure, RowCodec};

use crate::clock_hand::ClockHand;
use crate::due_keys::DueKeys;
use crate::key_table::KeyTable;
use crate::row_store::{RowPlace, RowStore};
use crate::slots::Slots;
use crate::store::Address;
use crate::write_back::WriteBack;

/// State ids: rows, and what is kept of a key beside them.
const ROWS: u8 = 0;
const KEYS: u8 = 1;
/// When to look at keys that are only in the store.
const TIMES: u8 = 2;

#[derive(Debug, Clone, Copy)]
struct Entry {
    place: RowPlace,
    slot: u32,
    sequence: u64,
    written: i64,
    state: EntryState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryState {
    Live,
    /// Removed in this batch.
    Removed,
    Free,
}

/// Rows by key.
pub struct KeyedRows {
    table: KeyTable,
    /// Rows of each key, by slot.
    counts: Vec<u32>,
    entries: Vec<Entry>,
    numbers: Slots,
    store: RowStore,
    codec: RowCodec,
    write_back: WriteBack,
    expires: bool,
    /// By slot of the key: whether it came since the hand passed it.
    used: Vec<bool>,
    hand: ClockHand,
    due: DueKeys,
    /// Slots of the keys that were last looked for in the store.
    sought: Vec<u32>,
    added: Vec<u32>,
    removed: Vec<u32>,
    /// Keys that are new or have lost a row.
    perhaps_empty: Vec<u32>,
    /// Whether each key has one row at most.
    one_row: bool,
}

impl KeyedRows {
    fn enter(&mut self, slot: u32, sequence: u64, row: u32, written: i64) -> u32 {
        let entry = Entry { place: RowPlace::Batch(row), slot, sequence, written, state: EntryState::Live };
        let number = self.numbers.allocate();
        match self.entries.get_mut(number as usize) {
            Some(free) => *free = entry,
            None => self.entries.push(entry),
        }
        if slot as usize >= self.counts.len() {
            self.counts.resize((slot as usize + 1).next_power_of_two(), 0);
        }
        self.counts[slot as usize] += 1;
        number
    }

    fn keep(&mut self, rows: RecordBatch, owners: Vec<u32>) -> Result<(), Failure> {
        let entries = &mut self.entries;
        let mut moved = |owner: u32, row| entries[owner as usize].place = RowPlace::Stored(row);
        Ok(self.store.put(rows, owners, &mut moved)?)
    }

    /// Keeps a row of the batch; rows of one key have different sequences. Returns its number.
    #[inline]
    pub fn add(&mut self, slot: u32, sequence: u64, row: u32, now: i64) -> u32 {
        let number = self.enter(slot, sequence, row, now);
        self.write_back.mark_written(mark_of_row(number));
        self.added.push(number);
        number
    }

    /// A row of the batch takes the place of a row kept, under its number.
    #[inline]
    pub fn replace(&mut self, number: u32, row: u32, now: i64) {
        self.settle_row(number);
        let old = self.entries[number as usize];
        if let RowPlace::Stored(stored) = old.place {
            let ghost = self.numbers.allocate();
            let entry = Entry { state: EntryState::Removed, ..old };
            match self.entries.get_mut(ghost as usize) {
                Some(free) => *free = entry,
                None => self.entries.push(entry),
            }
            self.store.set_owner(stored, ghost);
            self.removed.push(ghost);
            self.added.push(number);
        }
        self.entries[number as usize] = Entry { place: RowPlace::Batch(row), written: now, ..old };
        self.write_back.mark_written(mark_of_row(number));
    }

    /// A row is kept no more. It can be read until the batch ends.
    pub fn remove(&mut self, number: u32) {
        self.settle_row(number);
        let entry = &mut self.entries[number as usize];
        debug_assert_eq!(entry.state, EntryState::Live);
        entry.state = EntryState::Removed;
        self.counts[entry.slot as usize] -= 1;
        if self.counts[entry.slot as usize] == 0 {
            self.perhaps_empty.push(entry.slot);
        }
        let address = Address::of_row(ROWS, self.table.key(entry.slot), entry.sequence);
        self.write_back.remove(mark_of_row(number), &address);
        if let RowPlace::Stored(_) = entry.place {
            self.removed.push(number);
        }
    }

    /// The batch has been processed: keeps what was added and drops what was removed. Numbers of dropped rows are given back.
    pub fn end(&mut self, batch: &RecordBatch, mut dropped: impl FnMut(u32)) -> Result<(), Failure> {
        let (mut owners, mut rows) = (Vec::new(), Vec::new());
        for number in std::mem::take(&mut self.removed) {
            self.drop_stored(number)?;
            dropped(number);
        }
        for number in std::mem::take(&mut self.added) {
            let entry = &mut self.entries[number as usize];
            match (entry.state, entry.place) {
                (EntryState::Live, RowPlace::Batch(row)) => {
                    owners.push(number);
                    rows.push(row);
                }
                (EntryState::Removed, RowPlace::Batch(_)) => {
                    entry.state = EntryState::Free;
                    self.numbers.release(&[number]);
                    dropped(number);
                }
                _ => unreachable!("rows added by a batch are in it until it ends"),
            }
        }
        if owners.is_empty() {
            return Ok(());
        }
        // A copy even when all rows are kept: the batch may be a slice of something much larger.
        self.keep(take_record_batch(batch, &UInt32Array::from(rows))?, owners)
    }

    /// The same outside of a batch: drops what was removed.
    pub fn end_without_batch(&mut self, dropped: impl FnMut(u32)) -> Result<(), Failure> {
        debug_assert!(self.added.is_empty());
        self.end(&RecordBatch::new_empty(self.store.schema().clone()), dropped)
    }

    /// The columns of a batch without rows.
    pub fn no_columns(&self) -> Vec<ArrayRef> {
        RecordBatch::new_empty(self.store.schema().clone()).columns().to_vec()
    }

    fn drop_stored(&mut self, number: u32) -> Result<(), Failure> {
        if let RowPlace::Stored(row) = self.entries[number as usize].place {
            let entries = &mut self.entries;
            let mut moved = |owner: u32, row| entries[owner as usize].place = RowPlace::Stored(row);
            self.store.remove(row, &mut moved)?;
        }
        self.entries[number as usize].state = EntryState::Free;
        self.numbers.release(&[number]);
        Ok(())
    }

    /// Forgets keys that have no rows any more, and of which nothing else is kept.
    pub fn forget_empty(&mut self, values: &impl KeyValues) {
        let mut slots = std::mem::take(&mut self.perhaps_empty);
        slots.sort_unstable();
        slots.dedup();
        for slot in slots.drain(..) {
            if self.counts[slot as usize] == 0 && !values.is_kept(slot) {
                self.table.remove(slot);
            }
        }
        self.perhaps_empty = slots;
    }

    /// Where a row is.
    #[inline]
    pub fn place(&self, number: u32) -> RowPlace {
        self.entries[number as usize].place
    }

    /// The slot of the key of a row.
    #[inline]
    pub fn slot(&self, number: u32) -> u32 {
        self.entries[number as usize].slot
    }

    /// The sequence of a row.
    pub fn sequence(&self, number: u32) -> u64 {
        self.entries[number as usize].sequence
    }

    /// When a row was written.
    pub fn written(&self, number: u32) -> i64 {
        self.entries[number as usize].written
    }

    /// Number of rows of a key.
    pub fn count(&self, slot: u32) -> u32 {
        self.counts.get(slot as usize).copied().unwrap_or(0)
    }

    /// The numbers of all rows, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let live = self.entries.iter().enumerate().filter(|(_, entry)| entry.state == EntryState::Live);
        live.map(|(number, _)| number as u32)
    }

    /// How many rows are in memory.
    pub fn len(&self) -> usize {
        self.numbers.in_use()
    }

    /// How many slots columns of the operator need to have room for.
    pub fn slot_count(&self) -> usize {
        self.table.slot_count()
    }

    /// Whether there is no key in memory.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The columns of rows, of which some may be in the batch being processed.
    pub fn gather(&self, batch: &[ArrayRef], places: &[RowPlace]) -> Result<Vec<ArrayRef>, Failure> {
        Ok(self.store.gather_with(batch, places)?)
    }

    /// These columns of rows that are kept.
    pub fn gather_kept(&self, numbers: &[u32], columns: &[usize]) -> Result<Vec<ArrayRef>, Failure> {
        let row = |&number: &u32| match self.entries[number as usize].place {
            RowPlace::Stored(row) => Some(row),
            RowPlace::Batch(_) => unreachable!("rows of the batch being processed are read from it"),
        };
        Ok(self.store.gather_columns(&numbers.iter().map(row).collect::<Vec<_>>(), columns)?)
    }

    /// The same, of which some may be absent: their columns are NULL.
    pub fn gather_optional(&self, numbers: &[Option<u32>], columns: &[usize]) -> Result<Vec<ArrayRef>, Failure> {
        let row = |number: u32| match self.entries[number as usize].place {
            RowPlace::Stored(row) => row,
            RowPlace::Batch(_) => unreachable!("rows of the batch being processed are read from it"),
        };
        let rows: Vec<_> = numbers.iter().map(|number| number.map(row)).collect();
        Ok(self.store.gather_columns(&rows, columns)?)
    }

    /// The rows kept, to compare them with those of a batch.
    pub fn rows(&self) -> &RowStore {
        &self.store
    }

    /// What is kept of a key beside its rows has changed; see [`settle_keys`](Self::settle_keys).
    #[inline]
    pub fn mark_key_written(&mut self, slot: u32) {
        self.write_back.mark_written(mark_of_key(slot));
    }

    /// What was kept of a key beside its rows is kept no more.
    pub fn remove_key_value(&mut self, slot: u32) {
        self.write_back.remove(mark_of_key(slot), &Address::of_key(KEYS, self.table.key(slot)));
        self.perhaps_empty.push(slot);
    }

    /// Whether what is not in memory may be in the store.
    pub fn is_on_disk(&self) -> bool {
        self.write_back.is_on_disk()
    }

    /// A checkpoint is complete.
    pub fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        self.write_back.checkpoint_completed(checkpoint_id);
    }

    /// A checkpoint will never be complete.
    pub fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.write_back.checkpoint_aborted(checkpoint_id);
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        self.table.memory_size()
            + self.store.memory_size()
            + self.entries.capacity() * size_of::<Entry>()
            + self.counts.capacity() * size_of::<u32>()
    }
}

/// The slot of the write-back cache for a row.
fn mark_of_row(number: u32) -> u32 {
    number * 2
}

/// The same for what is kept of a key.
fn mark_of_key(slot: u32) -> u32 {
    slot * 2 + 1
}

fn damaged() -> Failure {
    Failure::internal("the state of rows by key is damaged").fatal()
}
