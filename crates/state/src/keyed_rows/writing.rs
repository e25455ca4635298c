//! Writing rows to the store: at a barrier, and when there is no room for them.

use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot};

use super::{Entry, EntryState, KEYS, KeyValues, KeyedRows, ROWS, mark_of_key, mark_of_row};
use crate::clock_hand::ClockHand;
use crate::key_table::KeyTable;
use crate::row_store::{RowPlace, RowRef};
use crate::store::Address;
use crate::value::write_value_head;

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
        if wanted == 0 {
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

    /// The state at a barrier.
    pub fn snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
        values: &impl KeyValues,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        let Self { entries, table, store, codec, write_back, expires, .. } = self;
        let live = entries.iter().enumerate().filter(|(_, entry)| entry.state == EntryState::Live);
        let keys = (0..table.slot_count() as u32).filter(|&slot| values.is_kept(slot));
        let all = live.map(|(number, _)| mark_of_row(number as u32)).chain(keys.map(mark_of_key));
        let marks = write_back.slots_to_store(all);
        let slots = marks.into_iter().map(|mark| match mark % 2 {
            0 => row_address(table, entries, mark / 2),
            _ => (mark, Address::of_key(KEYS, table.key(mark / 2))),
        });
        let mut writer = store.writer(codec);
        write_back.snapshot(barrier, slots, |mark, out| match mark % 2 {
            0 => write_row(&entries[(mark / 2) as usize], *expires, out, |row, out| writer.write(row, out)),
            _ => write_key(values, mark / 2, *expires, out),
        })
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
