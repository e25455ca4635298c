//! The state of a join behind its tables: an entry for each distinct row, so that a key with very many rows is not written as a whole.
//!
//! ```text
//!   state 0 | 1: the side; key; suffix: the row's sequence -> head (written when) | count | associations (u32, little endian) | the row (`RowCodec`)
//! ```
//! Slots of the write-back cache are the entries of both sides: twice the entry's number, plus the side. A row needs the rows of the other side in memory,
//! and those of its own only when it has to be found among them: where each row is kept (`RowIdentity::Each`) the side of a key may be in memory in part, with
//! its latest rows. For that such rows are numbered through all keys; the next number is an item of the operator's state. A key that is cold is dropped
//! with all its rows when there is no room.

use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot, Progress, RowCodec, RowType};
use state::{
    Address, ClockHand, Entry, EntryKey, KeyTable, KeyedStateContext, LoadedRow, Retracted, RowIdentity,
    StoredRowWriter, Suffixes, WriteBack, read_value_head, write_value_head,
};

use super::side::Side;

/// Rows that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;

/// The store of both sides.
pub(super) struct JoinState {
    write_back: WriteBack,
    codecs: [RowCodec; 2],
    /// By slot of the key: whether it came since the hand passed it.
    used: Vec<bool>,
    /// By slot of the key, a bit for each side: the store may have rows of it that are not in memory.
    absent: Vec<u8>,
    /// Of which sides a row of each input needs the rows in memory.
    needs: [u8; 2],
    hand: ClockHand,
}

/// The name of the state item with the sequence of the next row, whatever its key.
const NEXT_SEQUENCE: &str = "next-sequence";
/// Where state has no such item: rows were numbered by key.
const NEVER_REACHED: u64 = 1 << 40;

/// Rows of one side on their way into memory.
#[derive(Default)]
struct Loading {
    rows: Vec<LoadedRow>,
    bytes: Vec<Vec<u8>>,
}

impl Loading {
    fn add(&mut self, slot: u32, sequence: u64, mut value: &[u8]) -> Result<(), Failure> {
        let written = read_value_head(false, &mut value)?;
        let (count, rest) = value.split_first_chunk().ok_or_else(damaged)?;
        let (associations, row) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (count, associations) = (u32::from_le_bytes(*count), u32::from_le_bytes(*associations));
        self.rows.push(LoadedRow { slot, sequence, count, associations, written });
        self.bytes.push(row.to_vec());
        Ok(())
    }
}

impl JoinState {
    /// Opens it; what was restored into memory is put into the tables.
    pub(super) fn open(
        mut context: KeyedStateContext,
        inputs: [&RowType; 2],
        table: &mut KeyTable,
        sides: &mut [Side; 2],
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let [left, right] = inputs.map(|input| RowCodec::new(input.arrow_schema()));
        context.suffixes = Suffixes::All;
        if !context.restored.is_empty() {
            let items = restored.items.iter().filter(|item| item.name == NEXT_SEQUENCE);
            let next = items.filter_map(|item| item.payload.as_u64()).max().unwrap_or(NEVER_REACHED);
            sides.iter_mut().for_each(|side| side.rows.set_next_sequence(next));
        }
        let is_each = |side: &Side| *side.rows.identity() == RowIdentity::Each;
        let needs = [if is_each(&sides[0]) { 0b10 } else { 0b11 }, if is_each(&sides[1]) { 0b01 } else { 0b11 }];
        let write_back = WriteBack::open(context)?;
        let mut state = Self {
            write_back,
            codecs: [left?, right?],
            used: Vec::new(),
            absent: Vec::new(),
            needs,
            hand: ClockHand::default(),
        };
        let mut loading: [Loading; 2] = Default::default();
        state.write_back.take_restored(|entry: EntryKey<'_>, value| {
            let (key, sequence) = entry.suffixed();
            let side = loading.get_mut(usize::from(entry.state)).ok_or_else(damaged)?;
            side.add(table.find_or_insert_bytes(key).0, sequence, value)
        })?;
        state.put(loading, sides)?;
        Ok(state)
    }

    /// A key has just been put into the table.
    pub(super) fn begin_key(&mut self, slot: u32, key: &[u8]) {
        if self.write_back.may_have_more() {
            if slot as usize >= self.absent.len() {
                self.absent.resize((slot as usize + 1).next_power_of_two(), 0);
            }
            let of_side = |side: u8| u8::from(self.write_back.may_have_part(key, side)) << side;
            self.absent[slot as usize] = of_side(0) | of_side(1);
        }
    }

    /// The sides of a key whose rows have to be brought for a row of this input. They count as brought from now on.
    #[inline]
    pub(super) fn take_absent(&mut self, slot: u32, input: usize) -> u8 {
        let Some(absent) = self.absent.get_mut(slot as usize) else { return 0 };
        let wanted = *absent & self.needs[input];
        *absent &= !wanted;
        wanted
    }

    /// Brings the rows of these sides of keys.
    pub(super) fn load(
        &mut self,
        missing: &[(u32, u8)],
        table: &KeyTable,
        sides: &mut [Side; 2],
    ) -> Result<(), Failure> {
        if !self.write_back.may_read() {
            self.settle(usize::MAX, table, sides)?;
        }
        let mut loading: [Loading; 2] = Default::default();
        let store = self.write_back.store();
        let mut wanted: Vec<(Vec<u8>, u32, usize)> = Vec::with_capacity(2 * missing.len());
        for &(slot, absent) in missing {
            for side in (0..2).filter(|side| absent & 1 << side != 0) {
                let mut prefix = Vec::new();
                store.keys().write(&Address::of_key(side as u8, table.key(slot)), &mut prefix);
                wanted.push((prefix, slot, side));
            }
        }
        // In order, so that one walk over the store finds them all.
        wanted.sort_unstable();
        let prefixes = wanted.iter().map(|(prefix, ..)| prefix.as_slice());
        self.write_back.scan_prefixes(prefixes, &mut |number, entry, value| {
            let (_, slot, side) = wanted[number];
            let sequence = entry.suffixed().1;
            // What came later is in memory.
            let is_absent = sides[side].rows.first_sequence(slot).is_none_or(|first| sequence < first);
            if is_absent { loading[side].add(slot, sequence, value) } else { Ok(()) }
        })?;
        self.put(loading, sides)
    }

    fn put(&mut self, loading: [Loading; 2], sides: &mut [Side; 2]) -> Result<(), Failure> {
        for (number, Loading { rows, bytes }) in loading.into_iter().enumerate() {
            if !rows.is_empty() {
                let batch = self.codecs[number].read(bytes.iter().map(Vec::as_slice))?;
                let write_back = &mut self.write_back;
                sides[number].rows.load(batch, &rows, |id| write_back.mark_loaded(mark(number, id)))?;
            }
        }
        Ok(())
    }

    /// Puts those rows of these keys into the last snapshot, unless it has them, that rows of this input may change.
    pub(super) fn settle_keys(
        &mut self,
        input: usize,
        slots: impl Iterator<Item = u32>,
        table: &KeyTable,
        sides: &[Side; 2],
    ) -> Result<(), Failure> {
        if !self.write_back.owes() {
            return Ok(());
        }
        let mut slots: Vec<u32> = slots.collect();
        slots.sort_unstable();
        slots.dedup();
        let mut writers = writers(sides, &self.codecs);
        let needs = self.needs[input];
        let needed = (0..2).filter(|side| needs & 1 << side != 0);
        let slots = &slots;
        let rows = needed.flat_map(|side| slots.iter().flat_map(move |&slot| rows_of_side(side, slot, table, sides)));
        self.write_back.settle(rows, |slot, out| write_value(sides, &mut writers, slot, out))
    }

    /// Puts some more rows into the last snapshot.
    pub(super) fn settle_some(&mut self, table: &KeyTable, sides: &[Side; 2]) -> Result<Progress, Failure> {
        self.settle(AT_ONCE, table, sides)?;
        Ok(if self.write_back.owes() { Progress::Pending } else { Progress::Done })
    }

    fn settle(&mut self, most: usize, table: &KeyTable, sides: &[Side; 2]) -> Result<(), Failure> {
        let mut writers = writers(sides, &self.codecs);
        let slots = self.write_back.owed_slots(most).into_iter().map(|slot| row(slot, table, sides));
        self.write_back.settle(slots, |slot, out| write_value(sides, &mut writers, slot, out))
    }

    /// A key came.
    #[inline]
    pub(super) fn touch(&mut self, slot: u32) {
        if self.write_back.is_on_disk() {
            if slot as usize >= self.used.len() {
                self.used.resize((slot as usize + 1).next_power_of_two(), false);
            }
            self.used[slot as usize] = true;
        }
    }

    /// An entry has changed.
    #[inline]
    pub(super) fn mark_written(&mut self, side: usize, id: u32) {
        self.write_back.mark_written(mark(side, id));
    }

    /// A row of this key was taken back.
    pub(super) fn mark_retracted(&mut self, side: usize, key: &[u8], retracted: Retracted) {
        match retracted {
            Retracted::Unknown => {}
            Retracted::Counted(id) => self.mark_written(side, id),
            Retracted::Removed(id, sequence) => {
                self.write_back.remove(mark(side, id), &Address::of_row(side as u8, key, sequence));
            }
        }
    }

    /// Drops cold keys from memory when it holds more than its share; no batch is being applied.
    pub(super) fn evict(&mut self, table: &mut KeyTable, sides: &mut [Side; 2]) -> Result<(), Failure> {
        let bytes = table.memory_size() + sides.iter().map(|side| side.rows.memory_size()).sum::<usize>();
        // What is dropped would have to be written, and the last snapshot comes first: that takes some batches at most.
        let wanted = ClockHand::surplus(bytes, table.len(), self.write_back.memory_share(bytes));
        if wanted == 0 || self.write_back.owes() {
            return Ok(());
        }
        let victims = self.choose_victims(wanted, sides);
        self.write(&victims, table, sides)?;
        for slot in victims {
            let key = table.key(slot);
            for (number, side) in sides.iter_mut().enumerate().filter(|(_, side)| !side.rows.is_list_empty(slot)) {
                side.rows.forget(slot, |id| self.write_back.forget(mark(number, id)))?;
                self.write_back.drop_part(key, number as u8);
            }
            table.remove(slot);
        }
        Ok(())
    }

    /// Drops rows that have expired, and keys that have no others; no batch is being applied.
    pub(super) fn expire(&mut self, now: i64, table: &mut KeyTable, sides: &mut [Side; 2]) -> Result<(), Failure> {
        self.settle(usize::MAX, table, sides)?;
        let mut slots = Vec::new();
        for (number, side) in sides.iter_mut().enumerate() {
            side.rows.set_time(now);
            side.rows.expire(|id, slot| {
                // What the store has of it has expired too.
                self.write_back.forget(mark(number, id));
                slots.push(slot);
            })?;
        }
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().filter(|&slot| is_empty(sides, slot)).for_each(|slot| table.remove(slot));
        Ok(())
    }

    /// Keys that have rows and did not come since the hand passed them.
    fn choose_victims(&mut self, wanted: usize, sides: &[Side; 2]) -> Vec<u32> {
        let mut victims = Vec::new();
        let Self { hand, used, .. } = self;
        hand.pass(used.len(), wanted, |slot| {
            let take = !std::mem::replace(&mut used[slot], false) && !is_empty(sides, slot as u32);
            victims.extend(take.then_some(slot as u32));
            take
        });
        // The hand may have come round.
        victims.sort_unstable();
        victims.dedup();
        victims
    }

    fn write(&mut self, keys: &[u32], table: &KeyTable, sides: &[Side; 2]) -> Result<(), Failure> {
        let mut writers = writers(sides, &self.codecs);
        // The writer of slots walks over them twice.
        let slots: Vec<_> = keys.iter().flat_map(|&slot| rows_of(slot, table, sides)).collect();
        self.write_back.write_slots(slots.iter().copied(), |slot, out| write_value(sides, &mut writers, slot, out))
    }

    /// The state at a barrier.
    pub(super) fn snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
        table: &KeyTable,
        sides: &[Side; 2],
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.settle(usize::MAX, table, sides)?;
        if self.write_back.is_on_disk() {
            return self.write_back.begin_snapshot(barrier);
        }
        let mut writers = writers(sides, &self.codecs);
        let of_side = |side: usize| sides[side].rows.all_entries().map(move |(id, _)| mark(side, id));
        let slots = self.write_back.slots_to_store(of_side(0).chain(of_side(1)));
        let slots = slots.into_iter().map(|slot| row(slot, table, sides));
        self.write_back.snapshot(barrier, slots, |slot, out| write_value(sides, &mut writers, slot, out))
    }

    /// The sequence of the next row, as state.
    pub(super) fn next_sequence(&self, sides: &[Side; 2]) -> OperatorStateItem {
        let next = sides[0].rows.next_sequence().max(sides[1].rows.next_sequence());
        OperatorStateItem {
            name: NEXT_SEQUENCE.to_owned(),
            redistribution: Redistribution::Union,
            payload: next.into(),
        }
    }

    /// A checkpoint is complete.
    pub(super) fn checkpoint_completed(&mut self, checkpoint_id: u64) {
        self.write_back.checkpoint_completed(checkpoint_id);
    }

    /// A checkpoint will never be complete.
    pub(super) fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.write_back.checkpoint_aborted(checkpoint_id);
    }
}

/// The slot of the write-back cache for an entry.
fn mark(side: usize, id: u32) -> u32 {
    id * 2 + side as u32
}

/// Whether no side has rows of a key.
pub(super) fn is_empty(sides: &[Side; 2], slot: u32) -> bool {
    sides.iter().all(|side| side.rows.is_list_empty(slot))
}

/// A slot of the write-back cache with its address.
fn row<'a>(slot: u32, table: &'a KeyTable, sides: &'a [Side; 2]) -> (u32, Address<'a>) {
    let side = (slot % 2) as usize;
    (slot, address(table, side, sides[side].rows.entry(slot / 2)))
}

/// The same of all rows of a key.
fn rows_of<'a>(
    key: u32,
    table: &'a KeyTable,
    sides: &'a [Side; 2],
) -> impl Iterator<Item = (u32, Address<'a>)> + use<'a> {
    rows_of_side(0, key, table, sides).chain(rows_of_side(1, key, table, sides))
}

/// The same of the rows of one side of a key.
fn rows_of_side<'a>(
    side: usize,
    key: u32,
    table: &'a KeyTable,
    sides: &'a [Side; 2],
) -> impl Iterator<Item = (u32, Address<'a>)> + use<'a> {
    let entries = sides[side].rows.entries(key);
    entries.map(move |(id, entry)| (mark(side, id), address(table, side, entry)))
}

fn address<'a>(table: &'a KeyTable, side: usize, entry: &Entry) -> Address<'a> {
    Address::of_row(side as u8, table.key(entry.slot()), entry.sequence)
}

fn writers<'a>(sides: &'a [Side; 2], codecs: &'a [RowCodec; 2]) -> [StoredRowWriter<'a>; 2] {
    [sides[0].rows.writer(&codecs[0]), sides[1].rows.writer(&codecs[1])]
}

fn write_value(sides: &[Side; 2], writers: &mut [StoredRowWriter<'_>; 2], slot: u32, out: &mut Vec<u8>) {
    let side = (slot % 2) as usize;
    let entry = sides[side].rows.entry(slot / 2);
    write_value_head(sides[side].rows.written(slot / 2), out);
    out.extend_from_slice(&entry.count.to_le_bytes());
    out.extend_from_slice(&entry.associations.to_le_bytes());
    writers[side].write(entry.row(), out);
}

fn damaged() -> Failure {
    Failure::internal("the state of a join is damaged").fatal()
}
