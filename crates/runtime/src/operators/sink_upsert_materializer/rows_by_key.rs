//! The rows of each primary key, in the order in which they came, as one byte string a key; and how they are kept in the store.
//!
//! ```text
//!   state 0, key -> head (version, time of the last write where state expires) | entries
//!   entry: length of the identity | length of the row (u32, little endian) | identity | row (`RowCodec`)
//! ```
//! The identity says which row an entry is; it is empty where the row itself says it. Keys are few rows each: rows are found by walking over them.

use common::clock::Clock;
use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot};
use state::{
    Address, KeyBatch, KeyTable, KeyedStateContext, StateTtl, WriteBack, WriteTimes, read_value_head, write_value_head,
};

const STATE: u8 = 0;
/// Bytes of the two lengths.
const LENGTHS: usize = 8;

/// What became of a row that was taken back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Removed<'a> {
    /// It is not there.
    Unknown,
    /// It was the only row of its key.
    Last,
    /// It was the newest; this one is now.
    Newest(&'a [u8]),
    /// There is a newer one.
    Older,
}

/// The rows of one key.
#[derive(Debug, Default)]
struct RowList {
    bytes: Vec<u8>,
}

/// Where an entry lies in its list.
struct Entry {
    start: usize,
    row: usize,
    end: usize,
}

/// The rows of all keys.
pub(super) struct RowsByKey {
    table: KeyTable,
    /// By slot of the key.
    lists: Vec<RowList>,
    /// Slots whose list has become empty in this batch.
    emptied: Vec<u32>,
    /// Bytes of all lists.
    bytes: usize,
    pub(super) state: WriteBack,
    times: WriteTimes,
}

impl RowsByKey {
    /// Opens them with what was restored.
    pub(super) fn open(
        keys: &KeyBatch,
        mut context: KeyedStateContext,
        clock: &Clock,
        ttl_ms: u64,
    ) -> Result<Self, Failure> {
        context.ttl = StateTtl::new(clock.clone(), &[ttl_ms]);
        let state = WriteBack::open(context)?;
        let table = KeyTable::new(keys);
        let times = WriteTimes::new(ttl_ms, clock);
        let mut rows = Self { table, lists: Vec::new(), emptied: Vec::new(), bytes: 0, state, times };
        let Self { table, lists, bytes, state, times, .. } = &mut rows;
        state.take_restored(|entry, value| {
            let slot = table.find_or_insert_bytes(entry.rest).0;
            read_value(lists, bytes, times, slot, value)
        })?;
        Ok(rows)
    }

    /// Brings the keys of the encoded batch into memory that are only in the store.
    pub(super) fn load(&mut self, keys: &KeyBatch) -> Result<(), Failure> {
        if !self.state.may_have_more() {
            return Ok(());
        }
        let Self { table, lists, bytes, state, times, .. } = self;
        let is_missing = |&row: &usize| table.find(keys, row).is_none() && state.may_have(keys.get(row));
        let missing: Vec<usize> = (0..keys.len()).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let addresses = missing.iter().map(|&row| Address::of_key(STATE, keys.get(row)));
        state.load(addresses, |index, value| {
            let slot = table.find_or_insert_bytes(keys.get(missing[index])).0;
            read_value(lists, bytes, times, slot, value)?;
            Ok(slot)
        })
    }

    /// Adds a row of the key in row `row` of the encoded keys, or puts it in place of the one of its identity. Whether the key had none.
    pub(super) fn add(&mut self, keys: &KeyBatch, row: usize, identity: &[u8], bytes: &[u8], now: i64) -> bool {
        let (slot, _) = self.table.find_or_insert(keys, row);
        let list = list_of(&mut self.lists, slot);
        let before = list.bytes.len();
        if self.times.is_expired(slot, now) {
            list.bytes.clear();
        }
        let is_first = list.bytes.is_empty();
        let known = if identity.is_empty() { None } else { list.find(identity, bytes) };
        match known {
            Some(entry) => {
                let entry_bytes = encoded(identity, bytes);
                list.bytes.splice(entry.start..entry.end, entry_bytes);
            }
            None => list.bytes.extend(encoded(identity, bytes)),
        }
        self.times.set(slot, now);
        self.bytes = self.bytes + list.bytes.len() - before;
        self.state.mark_written(slot);
        is_first
    }

    /// Takes a row of the key back.
    pub(super) fn remove(
        &mut self,
        keys: &KeyBatch,
        row: usize,
        identity: &[u8],
        bytes: &[u8],
        now: i64,
    ) -> Removed<'_> {
        let Some(slot) = self.table.find(keys, row) else {
            return Removed::Unknown;
        };
        let list = &mut self.lists[slot as usize];
        if self.times.is_expired(slot, now) {
            return Removed::Unknown;
        }
        let Some(entry) = list.find(identity, bytes) else {
            return Removed::Unknown;
        };
        let is_newest = entry.end == list.bytes.len();
        list.bytes.drain(entry.start..entry.end);
        self.times.set(slot, now);
        self.bytes -= entry.end - entry.start;
        if list.bytes.is_empty() {
            self.emptied.push(slot);
            return Removed::Last;
        }
        self.state.mark_written(slot);
        match list.entries().last().filter(|_| is_newest) {
            Some(newest) => Removed::Newest(&list.bytes[newest.row..newest.end]),
            None => Removed::Older,
        }
    }

    /// Forgets the keys that have no rows any more; the batch has been processed.
    pub(super) fn free_empty(&mut self) {
        let mut emptied = std::mem::take(&mut self.emptied);
        emptied.sort_unstable();
        emptied.dedup();
        for slot in emptied {
            // It may have got rows again.
            if self.lists[slot as usize].bytes.is_empty() {
                self.free(slot);
            }
        }
    }

    fn free(&mut self, slot: u32) {
        self.state.remove(slot, &Address::of_key(STATE, self.table.key(slot)));
        self.table.remove(slot);
        self.bytes -= self.lists[slot as usize].bytes.len();
        self.lists[slot as usize] = RowList::default();
    }

    /// Forgets every key that was not written for the time to live.
    pub(super) fn expire(&mut self, now: i64) {
        let expired: Vec<u32> = used_slots(&self.lists).filter(|&slot| self.times.is_expired(slot, now)).collect();
        expired.into_iter().for_each(|slot| self.free(slot));
    }

    /// Whether there is no key in memory.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Drops cold keys from memory when it holds more than its share; no batch is being processed.
    pub(super) fn evict(&mut self) -> Result<(), Failure> {
        let memory =
            self.table.memory_size() + self.times.memory_size() + self.bytes + self.table.len() * size_of::<RowList>();
        if !self.state.is_on_disk() || self.state.choose_victims(memory, self.table.len()) == 0 {
            return Ok(());
        }
        let Self { table, lists, state, times, .. } = self;
        let victims: Vec<u32> = used_slots(lists).filter(|&slot| state.is_victim(slot)).collect();
        let slots = victims.iter().map(|&slot| (slot, Address::of_key(STATE, table.key(slot))));
        state.write_slots(slots, |slot, out| write_value(&lists[slot as usize], times.get(slot), out))?;
        for slot in victims {
            self.state.forget(slot);
            self.state.drop_key(self.table.key(slot));
            self.table.remove(slot);
            self.bytes -= self.lists[slot as usize].bytes.len();
            self.lists[slot as usize] = RowList::default();
        }
        Ok(())
    }

    /// The state at a barrier.
    pub(super) fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        let Self { table, lists, state, times, .. } = self;
        let slots = state.slots_to_store(used_slots(lists));
        let slots = slots.into_iter().map(|slot| (slot, Address::of_key(STATE, table.key(slot))));
        state.snapshot(barrier, slots, |slot, out| write_value(&lists[slot as usize], times.get(slot), out))
    }
}

impl RowList {
    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let lengths = self.bytes.get(at..at + LENGTHS)?;
            let length = |part: &[u8]| part.iter().rev().fold(0_usize, |all, &byte| all << 8 | usize::from(byte));
            let row = at + LENGTHS + length(&lengths[..4]);
            let entry = Entry { start: at, row, end: row + length(&lengths[4..]) };
            at = entry.end;
            Some(entry)
        })
    }

    /// The oldest entry of this identity, or of this row.
    fn find(&self, identity: &[u8], bytes: &[u8]) -> Option<Entry> {
        self.entries().find(|entry| match identity.is_empty() {
            true => &self.bytes[entry.row..entry.end] == bytes,
            false => &self.bytes[entry.start + LENGTHS..entry.row] == identity,
        })
    }
}

fn encoded<'a>(identity: &'a [u8], bytes: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a row is smaller than 4 GB").to_le_bytes();
    let lengths = length(identity).into_iter().chain(length(bytes));
    lengths.chain(identity.iter().copied()).chain(bytes.iter().copied())
}

/// Slots whose key is in the table.
fn used_slots(lists: &[RowList]) -> impl Iterator<Item = u32> + '_ {
    lists.iter().enumerate().filter(|(_, list)| !list.bytes.is_empty()).map(|(slot, _)| slot as u32)
}

fn list_of(lists: &mut Vec<RowList>, slot: u32) -> &mut RowList {
    let slot = slot as usize;
    if slot >= lists.len() {
        lists.resize_with(slot + 1, RowList::default);
    }
    &mut lists[slot]
}

fn write_value(list: &RowList, written: Option<i64>, out: &mut Vec<u8>) {
    write_value_head(written, out);
    out.extend_from_slice(&list.bytes);
}

fn read_value(
    lists: &mut Vec<RowList>,
    bytes: &mut usize,
    times: &mut WriteTimes,
    slot: u32,
    mut value: &[u8],
) -> Result<(), Failure> {
    times.set_loaded(slot, read_value_head(false, &mut value)?);
    let list = list_of(lists, slot);
    *list = RowList { bytes: value.to_vec() };
    *bytes += value.len();
    let end = list.entries().last().map_or(0, |entry| entry.end);
    if end == value.len() && end > 0 {
        return Ok(());
    }
    Err(Failure::internal("the state of a sink that keeps its rows is damaged").fatal())
}
