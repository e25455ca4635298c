//! `WriteBack`: the traffic between an operator's slots and the store behind them. Slots are a write-back cache.
//!
//! ```text
//!              key missing: read            row: marked
//!   in store ------------------> clean --------------------> dirty
//!      ^                           | cold, no room             | barrier: written -> clean
//!      +---------------------------+---------------------------+ cold, no room: written
//! ```
//! The operator has the values as columns by slot; here is one byte a slot. Without a store on disk nothing is marked: every snapshot takes all
//! slots. What is cold is found by a clock hand: a slot that was used since the hand passed it gets a second chance.

use dataflow::checkpoint::CheckpointBarrier;
use dataflow::{Failure, KeyedSnapshot};

use crate::clock_hand::ClockHand;
use crate::cold_keys::ColdKeys;
use crate::owed::Owed;
use crate::store::{Address, Entries, EntryKey, KeyedStateContext, KeyedStore, LoadNumbered};

/// Differs from what the store has.
pub(crate) const DIRTY: u8 = 1;
/// Used since the hand passed it.
const USED: u8 = 2;
/// The store has an entry for it, older perhaps.
pub(crate) const STORED: u8 = 4;
/// Chosen to be dropped.
const VICTIM: u8 = 8;
/// The last snapshot still needs its value.
pub(crate) const OWED: u8 = 16;

/// Marks that are looked at together for one that is dirty.
const SCANNED: usize = 16;

/// Which part of the memory of the tables filters of cold keys may take, and what they may take in any case.
const COLD_KEYS: u64 = 8;
const LEAST_FOR_COLD_KEYS: u64 = 1 << 20;

/// The slots of an operator and its store.
pub struct WriteBack {
    pub(crate) store: KeyedStore,
    on_disk: bool,
    pub(crate) marks: Vec<u8>,
    /// Deletes, entries of no slot, and what could not be written the last time.
    pub(crate) pending: Entries,
    pub(crate) owed: Owed,
    /// Whether the value of a key that is not in memory may be in what a snapshot has collected and not written yet.
    pub(crate) reads_wait: bool,
    hand: ClockHand,
    cold: ColdKeys,
    /// Entry keys that are looked up, one behind the other, and where each begins.
    wanted: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl WriteBack {
    /// Opens the store. Blocks: what was restored is fetched here.
    pub fn open(context: KeyedStateContext) -> Result<Self, Failure> {
        let is_new = context.restored.is_empty();
        let store = KeyedStore::open(context)?;
        Ok(Self {
            on_disk: store.is_on_disk(),
            cold: if is_new || !store.is_on_disk() { ColdKeys::none() } else { ColdKeys::Unknown },
            store,
            marks: Vec::new(),
            pending: Entries::default(),
            owed: Owed::default(),
            reads_wait: false,
            hand: ClockHand::default(),
            wanted: Vec::new(),
            places: Vec::new(),
        })
    }

    /// The store, for scans. Deletes that are pending are not in it: see [`flush`](Self::flush).
    pub fn store(&self) -> &KeyedStore {
        &self.store
    }

    /// Whether what is not in a slot may be in the store.
    pub fn is_on_disk(&self) -> bool {
        self.on_disk
    }

    /// Whether a key that is not in memory may be in the store.
    pub fn may_have_more(&self) -> bool {
        !self.cold.are_none()
    }

    /// Whether this key, which is not in memory, may be in the store.
    #[inline]
    pub fn may_have(&self, key: &[u8]) -> bool {
        self.cold.may_have(key, 0)
    }

    /// The same of a part of a key, for operators whose keys may be in memory in part.
    #[inline]
    pub fn may_have_part(&self, key: &[u8], part: u8) -> bool {
        self.cold.may_have(key, part)
    }

    /// A key is only in the store from now on.
    pub fn drop_key(&mut self, key: &[u8]) {
        self.drop_part(key, 0);
    }

    /// A part of a key is only in the store from now on.
    pub fn drop_part(&mut self, key: &[u8], part: u8) {
        let most = self.store.equal_share().unwrap_or(0) / COLD_KEYS;
        self.cold.add(key, part, most.max(LEAST_FOR_COLD_KEYS) as usize);
    }

    /// All that was restored has been brought into memory, or is going to be before anything else is done.
    pub fn all_loaded(&mut self) {
        self.cold = ColdKeys::none();
    }

    /// Hands what was restored to the operator, once; nothing when it is on disk.
    pub fn take_restored(
        &mut self,
        mut load: impl FnMut(EntryKey<'_>, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.store.take_restored(&mut load)
    }

    /// A slot has changed.
    #[inline]
    pub fn mark_written(&mut self, slot: u32) {
        if self.on_disk {
            self.mark(slot, DIRTY | USED);
        }
    }

    /// Slots have changed.
    pub fn mark_all_written(&mut self, slots: &[u32]) {
        if self.on_disk {
            slots.iter().for_each(|&slot| self.mark(slot, DIRTY | USED));
        }
    }

    /// A slot was read from the store.
    pub fn mark_loaded(&mut self, slot: u32) {
        if self.on_disk {
            self.mark(slot, STORED | USED);
        }
    }

    #[inline]
    fn mark(&mut self, slot: u32, marks: u8) {
        let slot = slot as usize;
        if slot >= self.marks.len() {
            self.marks.resize((slot + 1).next_power_of_two(), 0);
        }
        debug_assert!(
            self.marks[slot] & OWED == 0 || marks & DIRTY == 0,
            "slot {slot} changes before the snapshot has it"
        );
        self.marks[slot] |= marks;
    }

    fn has(&self, slot: u32, marks: u8) -> bool {
        self.marks.get(slot as usize).is_some_and(|found| found & marks == marks)
    }

    /// Whether the store has an entry for a slot.
    pub fn is_stored(&self, slot: u32) -> bool {
        self.has(slot, STORED)
    }

    /// The slot belongs to nothing any more, and the store need not know.
    pub fn forget(&mut self, slot: u32) {
        if let Some(marks) = self.marks.get_mut(slot as usize) {
            debug_assert!(*marks & OWED == 0, "slot {slot} goes before the snapshot has it");
            self.reads_wait |= *marks & STORED != 0;
            *marks = 0;
        }
    }

    /// The entry of a slot is deleted.
    pub fn remove(&mut self, slot: u32, address: &Address<'_>) {
        if self.is_stored(slot) {
            self.pending.delete(|out| self.store.keys().write(address, out));
        }
        self.forget(slot);
    }

    /// An entry that belongs to no slot is written with what is written next; `value` appends its value. Only for stores on disk.
    pub fn put(&mut self, address: &Address<'_>, value: impl FnOnce(&mut Vec<u8>)) {
        let Self { store, pending, .. } = self;
        pending.put(|out| store.keys().write(address, out), value);
    }

    /// An entry that belongs to no slot is deleted with what is written next.
    pub fn delete(&mut self, address: &Address<'_>) {
        let Self { store, pending, .. } = self;
        pending.delete(|out| store.keys().write(address, out));
    }

    /// Whether a slot differs from what the store has.
    pub fn is_dirty(&self, slot: u32) -> bool {
        self.has(slot, DIRTY)
    }

    /// All entries of a namespace are deleted; its slots are the caller's to forget.
    pub fn delete_namespace(&mut self, state: u8, namespace: i64) -> Result<(), Failure> {
        self.flush()?;
        self.store.delete_namespace(state, namespace)
    }

    /// Reads entries that are in no slot. `found` is called with the number of the address and the value, and returns the slot that it has now;
    /// of equal addresses the first one counts.
    pub fn load<'a>(
        &mut self,
        addresses: impl Iterator<Item = Address<'a>>,
        mut found: impl FnMut(usize, &[u8]) -> Result<u32, Failure>,
    ) -> Result<(), Failure> {
        self.flush()?;
        self.wanted.clear();
        self.places.clear();
        for (number, address) in addresses.enumerate() {
            self.places.push((self.wanted.len(), number));
            self.store.keys().write(&address, &mut self.wanted);
        }
        let ends: Vec<usize> = self.places.iter().skip(1).map(|(start, _)| *start).chain([self.wanted.len()]).collect();
        let wanted = &self.wanted;
        let key = |(start, number): &(usize, usize)| &wanted[*start..ends[*number]];
        self.places.sort_by(|left, right| key(left).cmp(key(right)));
        self.places.dedup_by(|later, first| key(later) == key(first));
        let places = &self.places;
        let mut loaded = Vec::new();
        self.store.get(places.iter().map(key), self.reads_wait, |index, value| {
            loaded.push(found(places[index].1, value)?);
            Ok(())
        })?;
        loaded.into_iter().for_each(|slot| self.mark_loaded(slot));
        Ok(())
    }

    /// Writes what is pending.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() || !self.on_disk { Ok(()) } else { self.store.write(&mut self.pending) }
    }

    /// Writes those of these slots that are dirty; `write` appends the value of a slot. They are clean then.
    pub fn write_slots<'a>(
        &mut self,
        slots: impl Iterator<Item = (u32, Address<'a>)> + Clone,
        write: impl FnMut(u32, &mut Vec<u8>),
    ) -> Result<(), Failure> {
        self.collect(slots.clone(), DIRTY, write);
        self.flush()?;
        slots.for_each(|(slot, _)| clean(&mut self.marks, slot));
        Ok(())
    }

    /// The slots whose entries belong to the next snapshot: those that are dirty, or `all` when the store keeps nothing.
    pub fn slots_to_store(&self, all: impl Iterator<Item = u32>) -> Vec<u32> {
        if !self.on_disk {
            return all.collect();
        }
        let mut dirty = Vec::new();
        // Most are clean: they are passed by in words.
        for (number, marks) in self.marks.chunks(SCANNED).enumerate() {
            if marks.iter().fold(0, |any, marks| any | marks) & DIRTY != 0 {
                let first = number * SCANNED;
                let found = marks.iter().zip(first..).filter(|(marks, _)| **marks & DIRTY != 0);
                dirty.extend(found.map(|(_, slot)| slot as u32));
            }
        }
        dirty
    }

    /// The state at a barrier. `slots` are all there are, or those to be stored; `write` appends the value of one.
    pub fn snapshot<'a>(
        &mut self,
        barrier: &CheckpointBarrier,
        slots: impl Iterator<Item = (u32, Address<'a>)>,
        write: impl FnMut(u32, &mut Vec<u8>),
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        if !self.on_disk {
            // Of a snapshot that failed.
            self.pending = Entries::default();
        }
        self.collect(slots, if self.on_disk { DIRTY } else { 0 }, write);
        self.reads_wait = true;
        let snapshot = self.store.snapshot(barrier, &mut self.pending)?;
        for marks in &mut self.marks {
            // All dirty slots have been written, and bits are moved without a branch: there may be millions.
            *marks = (*marks & !DIRTY) | ((*marks & DIRTY) * STORED);
        }
        Ok(snapshot)
    }

    fn collect<'a>(
        &mut self,
        slots: impl Iterator<Item = (u32, Address<'a>)>,
        marks: u8,
        mut write: impl FnMut(u32, &mut Vec<u8>),
    ) {
        let Self { store, marks: all, pending, .. } = self;
        for (slot, address) in slots {
            if marks == 0 || all.get(slot as usize).is_some_and(|found| found & marks == marks) {
                pending.put(|out| store.keys().write(&address, out), |out| write(slot, out));
            }
        }
    }

    /// Calls `load` with the number of each of `prefixes`, which are sorted, and the entries whose keys begin with it: entries that are in no slot.
    pub fn scan_prefixes<'a>(
        &mut self,
        prefixes: impl Iterator<Item = &'a [u8]>,
        load: &mut LoadNumbered<'_>,
    ) -> Result<(), Failure> {
        self.flush()?;
        self.store.scan_prefixes(prefixes, self.reads_wait, load)
    }

    /// Bytes that the operator's tables, which take `used`, may take; none when there is no bound. A bit more while a snapshot is written: what goes would have to wait
    /// for it.
    pub fn memory_share(&self, used: usize) -> Option<u64> {
        let share = self.store.memory_share(used)?;
        Some(if self.store.is_writing() { share + share / 4 } else { share })
    }

    /// How many of the slots have to go when `in_use` of them take this many bytes; those are victims from now on. None before the last snapshot has
    /// all it needs, which takes some batches at most.
    pub fn choose_victims(&mut self, bytes: usize, in_use: usize) -> usize {
        let wanted = ClockHand::surplus(bytes, in_use, self.memory_share(bytes));
        if wanted == 0 || self.owes() {
            return 0;
        }
        let Self { hand, marks, .. } = self;
        hand.pass(marks.len(), wanted, |slot| {
            let marks = &mut marks[slot];
            match *marks {
                0 => false,
                found if found & USED != 0 => {
                    *marks &= !USED;
                    false
                }
                found => {
                    *marks |= VICTIM;
                    found & VICTIM == 0
                }
            }
        })
    }

    /// Whether a slot is to be dropped once it is written.
    pub fn is_victim(&self, slot: u32) -> bool {
        self.has(slot, VICTIM)
    }

    /// A checkpoint is complete.
    pub fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        self.store.checkpoint_completed(checkpoint_id);
    }

    /// A checkpoint will never be complete.
    pub fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.store.checkpoint_aborted(checkpoint_id);
    }
}

fn clean(marks: &mut [u8], slot: u32) {
    if let Some(marks) = marks.get_mut(slot as usize).filter(|marks| **marks & DIRTY != 0) {
        *marks = (*marks & !DIRTY) | STORED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ManagedMemory, StateBackend};

    fn key(slot: u32) -> [u8; 16] {
        [slot as u8; 16]
    }

    fn write(state: &mut WriteBack, slots: &[u32]) {
        let keys: Vec<(u32, [u8; 16])> = slots.iter().map(|&slot| (slot, key(slot))).collect();
        let slots = keys.iter().map(|(slot, key)| (*slot, Address::of_key(0, key)));
        state.write_slots(slots, |slot, out| out.push(slot as u8)).unwrap();
    }

    /// The values of slots that are in the store.
    fn load(state: &mut WriteBack, slots: &[u32]) -> Vec<u8> {
        let keys: Vec<[u8; 16]> = slots.iter().map(|&slot| key(slot)).collect();
        let mut found = Vec::new();
        let addresses = keys.iter().map(|key| Address::of_key(0, key));
        let load = |index: usize, value: &[u8]| {
            found.push(value[0]);
            Ok(slots[index])
        };
        state.load(addresses, load).unwrap();
        found.sort_unstable();
        found
    }

    /// A store whose operator may take 2,000 bytes.
    fn small() -> (WriteBack, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let context = KeyedStateContext {
            backend: StateBackend::RocksDb,
            directory: directory.path().join("state"),
            memory: ManagedMemory::new(Some(4_000)),
            ..Default::default()
        };
        (WriteBack::open(context).unwrap(), directory)
    }

    #[test]
    fn what_was_used_gets_a_second_chance() {
        let (mut state, _directory) = small();
        (0..100).for_each(|slot| state.mark_written(slot));
        assert_eq!(state.choose_victims(2_000, 100), 0, "there is room");
        assert_eq!(state.choose_victims(4_000, 100), 63, "a quarter of the share is made free");
        let victims: Vec<u32> = (0..100).filter(|&slot| state.is_victim(slot)).collect();
        let rest: Vec<u32> = (0..100).filter(|&slot| !state.is_victim(slot)).collect();
        write(&mut state, &victims);
        victims.iter().for_each(|&slot| state.forget(slot));
        let (used, idle) = rest.split_at(17);
        used.iter().for_each(|&slot| state.mark_written(slot));
        assert_eq!(state.choose_victims(2_400, 37), 14);
        assert!(used.iter().all(|&slot| !state.is_victim(slot)), "used since the hand passed");
        assert_eq!(idle.iter().filter(|&&slot| state.is_victim(slot)).count(), 14);
        assert_eq!(load(&mut state, &victims).len(), 63, "what was dropped is in the store");
        assert!(load(&mut state, used).is_empty(), "what was not dropped is not written");
    }

    #[test]
    fn what_was_removed_does_not_come_back() {
        let (mut state, _directory) = small();
        state.mark_written(7);
        state.mark_written(8);
        write(&mut state, &[7, 8]);
        assert_eq!(load(&mut state, &[8, 7, 8, 9]), [7, 8], "one of equal keys is looked up");
        state.remove(7, &Address::of_key(0, &key(7)));
        assert_eq!(load(&mut state, &[7, 8]), [8]);
        state.mark_written(7);
        state.remove(7, &Address::of_key(0, &key(7)));
        assert!(state.pending.is_empty(), "the store knows nothing of it");
    }
}
