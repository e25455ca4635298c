//! Keys that are cold are only in the store, with their rows of both sides, until a row of theirs comes or they have to be looked at.
//! What is restored goes through memory key group by key group: what `DueKeys` says of the keys before is not needed for it.

use std::ops::RangeInclusive;

use dataflow::Failure;
use state::{Address, ClockHand, Due, DueKeys, KeyBatch, write_prefix};

use super::{Loading, ROW_BYTES, TIMES, TimedRow, TimedState, damaged, mark, row_address, write_row};

/// What is known of the keys that are only in the store.
pub(super) struct Cold {
    /// By slot of the key: whether it came since the hand passed it.
    used: Vec<bool>,
    hand: ClockHand,
    due: DueKeys,
    /// The key groups that are still to be restored.
    restoring: Option<RangeInclusive<u32>>,
}

impl Cold {
    pub(super) fn new(restoring: Option<RangeInclusive<u32>>) -> Self {
        let due = DueKeys::new(TIMES, restoring.is_some());
        Self { used: Vec::new(), hand: ClockHand::default(), due, restoring }
    }

    /// A key came.
    #[inline]
    pub(super) fn touch(&mut self, slot: u32) {
        if slot as usize >= self.used.len() {
            self.used.resize((slot as usize + 1).next_power_of_two(), false);
        }
        self.used[slot as usize] = true;
    }
}

impl TimedState {
    /// Brings a part of what is to be restored into memory: the slots of its keys, none when there is nothing left. To be called until then, before
    /// anything else.
    pub(in crate::operators) fn restore_some(&mut self) -> Result<Option<Vec<u32>>, Failure> {
        let Some(mut key_groups) = self.cold.restoring.take() else { return Ok(None) };
        let mut loading: [Loading; 2] = Default::default();
        if self.write_back.is_on_disk() {
            let Some(key_group) = key_groups.next() else { return Ok(None) };
            self.cold.restoring = Some(key_groups);
            let Self { table, write_back, .. } = self;
            for side in 0..2u8 {
                let mut prefix = Vec::new();
                write_prefix(key_group, side, None, &mut prefix);
                write_back.store().scan(&prefix, &mut |entry, value| {
                    let (key, sequence) = entry.suffixed();
                    loading[usize::from(side)].add(table.find_or_insert_bytes(key).0, sequence, value)
                })?;
            }
        } else {
            let Self { table, write_back, .. } = self;
            write_back.take_restored(|entry, value| {
                if entry.state == TIMES {
                    return Ok(());
                }
                let (key, sequence) = entry.suffixed();
                let side = loading.get_mut(usize::from(entry.state)).ok_or_else(damaged)?;
                side.add(table.find_or_insert_bytes(key).0, sequence, value)
            })?;
        }
        self.put(loading).map(Some)
    }

    /// Brings the keys of an encoded batch into memory that are only in the store; returns their slots.
    pub(in crate::operators) fn bring(&mut self, keys: &KeyBatch) -> Result<Vec<u32>, Failure> {
        if !self.write_back.may_have_more() {
            return Ok(Vec::new());
        }
        let missing = (0..keys.len()).map(|row| (row, keys.get(row)));
        let missing =
            missing.filter(|(row, key)| self.table.find(keys, *row).is_none() && self.write_back.may_have(key));
        let missing: Vec<Vec<u8>> = missing.map(|(_, key)| key.to_vec()).collect();
        self.load(missing)
    }

    /// When keys that are only in the store have to be looked at next, or earlier.
    pub(in crate::operators) fn next_due(&self) -> Option<i64> {
        self.cold.due.next()
    }

    /// The keys of the store that have to be looked at up to this time.
    pub(in crate::operators) fn due(&mut self, time: i64) -> Result<Due, Failure> {
        if self.cold.due.next().is_some_and(|next| next <= time) {
            self.settle(usize::MAX)?;
        }
        self.cold.due.begin(time, &mut self.write_back)
    }

    /// Brings some of them into memory: their slots, none when there are no more.
    pub(in crate::operators) fn bring_due(&mut self, due: &mut Due) -> Result<Option<Vec<u32>>, Failure> {
        while let Some(mut keys) = self.cold.due.read(due, &mut self.write_back)? {
            keys.retain(|key| self.table.find_bytes(key).is_none());
            let slots = self.load(keys)?;
            if !slots.is_empty() {
                return Ok(Some(slots));
            }
        }
        Ok(None)
    }

    /// Drops cold keys from memory when it holds more than its share; no batch is being applied. `bytes` is what the operator holds beside. `forget` takes
    /// a key out of what the operator has of it and returns when it has to be looked at; it is shown the rows of both sides.
    pub(in crate::operators) fn evict(
        &mut self,
        bytes: usize,
        mut forget: impl FnMut(u32, [&[TimedRow]; 2]) -> Option<i64>,
    ) -> Result<(), Failure> {
        if !self.write_back.is_on_disk() {
            return Ok(());
        }
        let bytes = bytes + self.memory_size();
        let wanted = ClockHand::surplus(bytes, self.table.len(), self.write_back.memory_share(bytes));
        // What is dropped would have to be written, and the last snapshot comes first: that takes some batches at most.
        if wanted == 0 || self.write_back.owes() {
            return Ok(());
        }
        let victims = self.choose_victims(wanted);
        self.write(&victims)?;
        let Self { table, sides, write_back, cold, .. } = self;
        for slot in victims {
            let time = forget(slot, [sides[0].list(slot), sides[1].list(slot)]);
            let key = table.key(slot);
            if let Some(time) = time {
                cold.due.note(time, key, write_back);
            }
            write_back.drop_key(key);
            for (number, side) in sides.iter_mut().enumerate() {
                let ids: Vec<u32> = side.take_until(slot, i64::MAX).collect();
                for id in ids {
                    write_back.forget(mark(number, id));
                    side.remove(id)?;
                }
            }
            table.remove(slot);
        }
        write_back.flush()
    }

    fn write(&mut self, keys: &[u32]) -> Result<(), Failure> {
        let Self { table, sides, write_back, codecs, .. } = self;
        let sides = &*sides;
        let of_side = |side: usize, key: u32| sides[side].list(key).iter().map(move |row| mark(side, row.id));
        let rows = keys.iter().flat_map(|&key| of_side(0, key).chain(of_side(1, key)));
        // The writer of slots walks over them twice.
        let rows: Vec<(u32, Address<'_>)> = rows.map(|slot| row_address(slot, table, sides)).collect();
        let mut writers = [sides[0].writer(&codecs[0]), sides[1].writer(&codecs[1])];
        write_back.write_slots(rows.iter().copied(), |slot, out| write_row(slot, sides, &mut writers, out))
    }

    /// Keys that have rows and did not come since the hand passed them.
    fn choose_victims(&mut self, wanted: usize) -> Vec<u32> {
        let mut victims = Vec::new();
        let Self { cold, sides, .. } = self;
        let Cold { hand, used, .. } = cold;
        hand.pass(used.len(), wanted, |slot| {
            let has_rows = sides.iter().any(|side| !side.list(slot as u32).is_empty());
            let take = !std::mem::replace(&mut used[slot], false) && has_rows;
            victims.extend(take.then_some(slot as u32));
            take
        });
        // The hand may have come round.
        victims.sort_unstable();
        victims.dedup();
        victims
    }

    /// Bytes held for what is in use, about.
    fn memory_size(&self) -> usize {
        let side = |side: &super::TimedRows| side.store().memory_size() + side.len() * ROW_BYTES;
        self.table.memory_size() + self.sides.iter().map(side).sum::<usize>()
    }

    /// Brings keys that are not in memory; returns the slots of those that the store has.
    fn load(&mut self, mut keys: Vec<Vec<u8>>) -> Result<Vec<u32>, Failure> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if !self.write_back.may_read() {
            self.settle(usize::MAX)?;
        }
        keys.sort_unstable();
        keys.dedup();
        let Self { table, write_back, .. } = self;
        let mut wanted: Vec<(Vec<u8>, usize, usize)> = Vec::with_capacity(2 * keys.len());
        for (index, key) in keys.iter().enumerate() {
            for side in 0..2 {
                let mut prefix = Vec::new();
                write_back.store().keys().write(&Address::of_key(side as u8, key), &mut prefix);
                wanted.push((prefix, index, side));
            }
        }
        // In order, so that one walk over the store finds them all.
        wanted.sort_unstable();
        let mut loading: [Loading; 2] = Default::default();
        let prefixes = wanted.iter().map(|(prefix, ..)| prefix.as_slice());
        write_back.scan_prefixes(prefixes, &mut |number, entry, value| {
            let (_, index, side) = &wanted[number];
            let slot = table.find_or_insert_bytes(&keys[*index]).0;
            loading[*side].add(slot, entry.suffixed().1, value)
        })?;
        self.put(loading)
    }

    fn put(&mut self, loading: [Loading; 2]) -> Result<Vec<u32>, Failure> {
        let mut slots = Vec::new();
        for (side, Loading { rows, bytes }) in loading.into_iter().enumerate() {
            if rows.is_empty() {
                continue;
            }
            slots.extend(rows.iter().map(|row| row.slot));
            let last = rows.iter().map(|row| row.sequence).max().unwrap_or(0);
            self.next_sequence = self.next_sequence.max(last + 1);
            let batch = self.codecs[side].read(bytes.iter().map(Vec::as_slice))?;
            let write_back = &mut self.write_back;
            self.sides[side].load(batch, rows, |id| write_back.mark_loaded(mark(side, id)))?;
        }
        slots.sort_unstable();
        slots.dedup();
        slots.iter().for_each(|&slot| self.cold.touch(slot));
        Ok(slots)
    }
}
