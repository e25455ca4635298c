//! Writing rows to the store: at a barrier, and when there is no room for them.

use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot, Progress};

use super::{Entry, EntryState, KEYS, KeyValues, KeyedRows, ROWS, mark_of_key, mark_of_row};
use crate::clock_hand::ClockHand;
use crate::key_table::KeyTable;
use crate::row_store::{RowPlace, RowRef};
use crate::store::Address;
use crate::value::write_value_head;

/// Rows that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;

impl KeyedRows {
    /// Drops cold keys from memory when it holds more than its share; no batch is being processed. `bytes` is what the operator holds beside.
    /// `may_go` says of a key and the number of its rows whether it may be dropped. `forget` takes a key out of the operator's columns, its value too, adds
    /// the numbers of its rows, and returns when the key has to be looked at.
    pub fn evict<V: KeyValues>(
        &mut self,
        bytes: usize,
        values: &mut V,
        may_go: impl Fn(&V, u32, u32) -> bool,
        mut forget: impl FnMut(&mut V, u32, &mut Vec<u32>) -> Option<i64>,
    ) -> Result<(), Failure> {
        let bytes = bytes + self.memory_size();
        let wanted = ClockHand::surplus(bytes, self.table.len(), self.write_back.memory_share(bytes));
        // What is dropped would have to be written, and the last snapshot comes first: that takes some batches at most.
        if wanted == 0 || self.write_back.owes() {
            return Ok(());
        }
        let victims = self.choose_victims(wanted, values, may_go);
        let kept: Vec<u32> = victims.iter().copied().filter(|&slot| values.is_kept(slot)).collect();
        let Self { table, write_back, expires, .. } = self;
        let addresses = kept.iter().map(|&slot| (mark_of_key(slot), Address::of_key(KEYS, table.key(slot))));
        write_back.write_slots(addresses, |mark, out| write_key(values, mark / 2, *expires, out))?;
        kept.iter().for_each(|&slot| write_back.forget(mark_of_key(slot)));
        let mut numbers = Vec::new();
        let due: Vec<Option<i64>> = victims.iter().map(|&slot| forget(values, slot, &mut numbers)).collect();
        let Self { entries, table, store, codec, write_back, expires, .. } = self;
        let mut writer = store.writer(codec);
        let slots = numbers.iter().map(|&number| row_address(table, entries, number));
        write_back.write_slots(slots, |mark, out| {
            write_row(&entries[(mark / 2) as usize], *expires, out, |row, out| writer.write(row, out));
        })?;
        for number in numbers {
            self.write_back.forget(mark_of_row(number));
            let slot = self.entries[number as usize].slot;
            self.counts[slot as usize] -= 1;
            self.drop_stored(number)?;
        }
        for (slot, time) in victims.into_iter().zip(due) {
            let key = self.table.key(slot);
            if let Some(time) = time {
                self.due.note(time, key, &mut self.write_back);
            }
            self.write_back.drop_key(key);
            self.table.remove(slot);
        }
        self.write_back.flush()
    }

    /// Whether [`evict`](Self::evict) would drop keys of an operator that holds so many bytes beside.
    pub fn has_surplus(&self, bytes: usize) -> bool {
        let bytes = bytes + self.memory_size();
        !self.write_back.owes() && ClockHand::surplus(bytes, self.table.len(), self.write_back.memory_share(bytes)) > 0
    }

    /// Keys of which something is kept and that did not come since the hand passed them.
    fn choose_victims<V: KeyValues>(
        &mut self,
        wanted: usize,
        values: &V,
        may_go: impl Fn(&V, u32, u32) -> bool,
    ) -> Vec<u32> {
        let mut victims = Vec::new();
        let Self { hand, used, counts, .. } = self;
        hand.pass(used.len(), wanted, |slot| {
            let rows = counts.get(slot).copied().unwrap_or(0);
            let is_kept = rows > 0 || values.is_kept(slot as u32);
            let take = !std::mem::replace(&mut used[slot], false) && is_kept && may_go(values, slot as u32, rows);
            victims.extend(take.then_some(slot as u32));
            take
        });
        // The hand may have come round.
        victims.sort_unstable();
        victims.dedup();
        victims
    }

    /// The state at a barrier. On disk it is handed over bit by bit: see [`settle_some`](Self::settle_some).
    pub fn snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
        values: &impl KeyValues,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.settle(usize::MAX, values)?;
        let Self { entries, table, store, codec, write_back, expires, .. } = self;
        if write_back.is_on_disk() {
            return write_back.begin_snapshot(barrier);
        }
        let live = entries.iter().enumerate().filter(|(_, entry)| entry.state == EntryState::Live);
        let keys = (0..table.slot_count() as u32).filter(|&slot| values.is_kept(slot));
        let all = live.map(|(number, _)| mark_of_row(number as u32)).chain(keys.map(mark_of_key));
        let slots = all.map(|mark| address(table, entries, mark)).collect::<Vec<_>>();
        let mut writer = store.writer(codec);
        write_back.snapshot(barrier, slots.into_iter(), |mark, out| match mark % 2 {
            0 => write_row(&entries[(mark / 2) as usize], *expires, out, |row, out| writer.write(row, out)),
            _ => write_key(values, mark / 2, *expires, out),
        })
    }

    /// Puts what is kept of these keys beside their rows into the last snapshot, unless it has it: it is about to change.
    pub fn settle_keys(&mut self, slots: impl IntoIterator<Item = u32>, values: &impl KeyValues) {
        if !values.keeps() || !self.write_back.owes() {
            return;
        }
        let Self { table, write_back, expires, .. } = self;
        for slot in slots {
            let mark = mark_of_key(slot);
            if write_back.is_owed(mark) {
                let address = Address::of_key(KEYS, table.key(slot));
                write_back.settle_one(mark, &address, |out| write_key(values, slot, *expires, out));
            }
        }
    }

    /// The same with a row.
    #[inline]
    pub(super) fn settle_row(&mut self, number: u32) {
        if self.write_back.is_owed(mark_of_row(number)) {
            self.settle_owed_row(number);
        }
    }

    #[cold]
    fn settle_owed_row(&mut self, number: u32) {
        let Self { entries, table, store, codec, write_back, expires, .. } = self;
        let (mark, address) = row_address(table, entries, number);
        write_back.settle_one(mark, &address, |out| {
            write_row(&entries[number as usize], *expires, out, |row, out| store.writer(codec).write(row, out));
        });
    }

    /// Puts some more rows and keys into the last snapshot; no batch is being processed.
    pub fn settle_some(&mut self, values: &impl KeyValues) -> Result<Progress, Failure> {
        self.settle(AT_ONCE, values)?;
        Ok(if self.write_back.owes() { Progress::Pending } else { Progress::Done })
    }

    /// Gives the last snapshot all that it lacks, unless the store can be read without.
    pub(super) fn settle_for_reading(&mut self, values: &impl KeyValues) -> Result<(), Failure> {
        if self.write_back.may_read() { Ok(()) } else { self.settle(usize::MAX, values) }
    }

    pub(super) fn settle(&mut self, most: usize, values: &impl KeyValues) -> Result<(), Failure> {
        if !self.write_back.owes() {
            return Ok(());
        }
        let Self { entries, table, store, codec, write_back, expires, .. } = self;
        let mut writer = store.writer(codec);
        let slots = write_back.owed_slots(most).into_iter().map(|mark| address(table, entries, mark));
        write_back.settle(slots, |mark, out| match mark % 2 {
            0 => write_row(&entries[(mark / 2) as usize], *expires, out, |row, out| writer.write(row, out)),
            _ => write_key(values, mark / 2, *expires, out),
        })
    }
}

/// What a slot of the write-back cache is called in the store.
fn address<'a>(table: &'a KeyTable, entries: &[Entry], mark: u32) -> (u32, Address<'a>) {
    match mark % 2 {
        0 => row_address(table, entries, mark / 2),
        _ => (mark, Address::of_key(KEYS, table.key(mark / 2))),
    }
}

fn row_address<'a>(table: &'a KeyTable, entries: &[Entry], number: u32) -> (u32, Address<'a>) {
    let entry = &entries[number as usize];
    (mark_of_row(number), Address::of_row(ROWS, table.key(entry.slot), entry.sequence))
}

fn write_key(values: &impl KeyValues, slot: u32, expires: bool, out: &mut Vec<u8>) {
    write_value_head(expires.then(|| values.written(slot)), out);
    values.write(slot, out);
}

fn write_row(entry: &Entry, expires: bool, out: &mut Vec<u8>, write: impl FnOnce(RowRef, &mut Vec<u8>)) {
    write_value_head(expires.then_some(entry.written), out);
    match entry.place {
        RowPlace::Stored(row) => write(row, out),
        RowPlace::Batch(_) => unreachable!("state is written between batches"),
    }
}
