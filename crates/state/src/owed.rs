//! Snapshots that are put together bit by bit, so that a barrier does not wait for millions of slots to be encoded.
//!
//! ```text
//!   dirty --barrier--> owed --before it changes, or when there is time--> encoded, clean
//! ```
//! The operator encodes the owed slots of a batch before it changes them, and some more at each step of its task; the rest at once before it removes
//! slots or needs the store for more than reading. Meanwhile nothing is written to the store: what is in it are the values of the barrier, or older.

use dataflow::checkpoint::CheckpointBarrier;
use dataflow::{Failure, KeyedSnapshot};

use crate::store::{Address, Entries};
use crate::write_back::{DIRTY, OWED, STORED, WriteBack};

/// What the last snapshot still needs.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    /// Whether the snapshot waits for them.
    open: bool,
    slots: usize,
    /// Slots before it are not owed.
    cursor: usize,
    entries: Entries,
}

impl WriteBack {
    /// The state at a barrier, of which dirty slots are still to be encoded; only on disk. What it returns must not be stored before
    /// [`owes`](Self::owes) is false.
    pub fn begin_snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        if self.owes() {
            return Err(Failure::internal("a snapshot of state begins before the last one has all it needs").fatal());
        }
        let snapshot = self.store.begin_snapshot(barrier, &mut self.pending)?;
        let mut slots = 0;
        for marks in &mut self.marks {
            // Without a branch: there may be millions.
            let dirty = *marks & DIRTY;
            slots += usize::from(dirty);
            *marks = (*marks & !DIRTY) | (dirty * OWED);
        }
        self.owed = Owed { open: true, slots, ..Owed::default() };
        // What was deleted has just been written, and all the rest is in memory.
        self.reads_wait = false;
        self.end_snapshot()?;
        Ok(snapshot)
    }

    /// Whether the last snapshot still needs slots.
    pub fn owes(&self) -> bool {
        self.owed.open
    }

    /// Whether it still needs this slot.
    #[inline]
    pub fn is_owed(&self, slot: u32) -> bool {
        self.owed.open && self.marks.get(slot as usize).is_some_and(|marks| marks & OWED != 0)
    }

    /// Encodes a slot that is owed; `write` appends its value. [`settle`](Self::settle) has to follow, of whatever slots, for the snapshot to have all.
    pub fn settle_one(&mut self, slot: u32, address: &Address<'_>, write: impl FnOnce(&mut Vec<u8>)) {
        let Self { store, owed, marks, .. } = self;
        if let Some(marks) = marks.get_mut(slot as usize).filter(|marks| **marks & OWED != 0) {
            *marks = (*marks & !OWED) | STORED;
            owed.slots -= 1;
            owed.entries.put(|out| store.keys().write(address, out), write);
        }
    }

    /// An entry that belongs to no slot is part of the snapshot, too.
    pub fn put_owed(&mut self, address: &Address<'_>, value: impl FnOnce(&mut Vec<u8>)) {
        let Self { store, owed, .. } = self;
        owed.entries.put(|out| store.keys().write(address, out), value);
    }

    /// Whether the store can be read before the last snapshot has all it needs: not when something was deleted since the barrier.
    pub fn may_read(&self) -> bool {
        !self.owes() || self.pending.is_empty()
    }

    /// Some of the owed slots, to be given to [`settle`](Self::settle).
    pub fn owed_slots(&mut self, most: usize) -> Vec<u32> {
        let mut found = Vec::new();
        while found.len() < most.min(self.owed.slots) && self.owed.cursor < self.marks.len() {
            if self.marks[self.owed.cursor] & OWED != 0 {
                found.push(self.owed.cursor as u32);
            }
            self.owed.cursor += 1;
        }
        found
    }

    /// Encodes those of these slots that are owed; `write` appends the value of a slot.
    pub fn settle<'a>(
        &mut self,
        slots: impl Iterator<Item = (u32, Address<'a>)>,
        mut write: impl FnMut(u32, &mut Vec<u8>),
    ) -> Result<(), Failure> {
        if !self.owes() {
            return Ok(());
        }
        for (slot, address) in slots {
            self.settle_one(slot, &address, |out| write(slot, out));
        }
        self.end_snapshot()
    }

    fn end_snapshot(&mut self) -> Result<(), Failure> {
        if self.owed.slots > 0 {
            return Ok(());
        }
        self.owed.open = false;
        self.store.end_snapshot(std::mem::take(&mut self.owed.entries))
    }
}
