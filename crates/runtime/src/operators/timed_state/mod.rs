//! `TimedState`: the rows of both inputs of a join that forgets by time, by key, and the store behind them.
//!
//! ```text
//!   state 0 | 1: the side; key; suffix: the row's sequence -> head | time (i64) | tag (u8) | the row (`RowCodec`), integers little endian
//!   state 2: which keys that are only in the store have to be looked at when (`DueKeys`)
//! ```
//! A key is in memory with all its rows of both sides or not at all. Rows that go before there is no room for them and before a barrier never reach the
//! store. What the time and the tag of a row mean, and when it goes, is its operator's matter.

mod cold;
mod timed_rows;

pub(super) use timed_rows::{TimedRow, TimedRows};

use dataflow::{Batch, CheckpointBarrier, Failure, KeyedSnapshot, Progress, RowCodec, RowType};
use state::{
    Address, KeyBatch, KeyTable, KeyedStateContext, RowStore, StoredRowWriter, Suffixes, WriteBack, read_value_head,
    write_value_head,
};

use cold::Cold;
use timed_rows::NewRow;

/// When to look at keys that are only in the store.
const TIMES: u8 = 2;
/// Rows that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;
/// What is held of a row beside its columns, about.
const ROW_BYTES: usize = 96;

/// The rows of both inputs and their store.
pub(super) struct TimedState {
    /// The slots of keys.
    pub(super) table: KeyTable,
    sides: [TimedRows; 2],
    write_back: WriteBack,
    codecs: [RowCodec; 2],
    next_sequence: u64,
    cold: Cold,
}

/// Rows of one side on their way into memory.
#[derive(Default)]
struct Loading {
    rows: Vec<NewRow>,
    bytes: Vec<Vec<u8>>,
}

impl Loading {
    fn add(&mut self, slot: u32, sequence: u64, mut value: &[u8]) -> Result<(), Failure> {
        read_value_head(false, &mut value)?;
        let (time, rest) = value.split_first_chunk().ok_or_else(damaged)?;
        let (&tag, row) = rest.split_first().ok_or_else(damaged)?;
        self.rows.push(NewRow { slot, sequence, time: i64::from_le_bytes(*time), tag });
        self.bytes.push(row.to_vec());
        Ok(())
    }
}

impl TimedState {
    /// Opens it; what is restored comes by [`restore_some`](Self::restore_some). `keys` are those of either input.
    pub(super) fn open(
        mut context: KeyedStateContext,
        inputs: [&RowType; 2],
        keys: &KeyBatch,
    ) -> Result<Self, Failure> {
        let [left, right] = inputs.map(|input| RowCodec::new(input.arrow_schema()));
        context.suffixes = Suffixes::All;
        let restoring = (!context.restored.is_empty()).then(|| context.key_groups.clone());
        let mut write_back = WriteBack::open(context)?;
        // What is restored goes through memory first.
        write_back.all_loaded();
        Ok(Self {
            table: KeyTable::new(keys),
            sides: inputs.map(|input| TimedRows::new(input.arrow_schema())),
            write_back,
            codecs: [left?, right?],
            next_sequence: 0,
            cold: Cold::new(restoring),
        })
    }

    /// The rows of one side.
    pub(super) fn side(&self, side: usize) -> &TimedRows {
        &self.sides[side]
    }

    /// The columns of the rows of both sides.
    pub(super) fn stores(&self) -> [&RowStore; 2] {
        [self.sides[0].store(), self.sides[1].store()]
    }

    /// Adds a row of the batch that is being applied; it can be read after [`end`](Self::end).
    pub(super) fn add(&mut self, side: usize, slot: u32, row: usize, time: i64, tag: u8) {
        let id = self.sides[side].add(NewRow { slot, sequence: self.next_sequence, time, tag }, row);
        self.next_sequence += 1;
        self.cold.touch(slot);
        self.write_back.mark_written(mark(side, id));
    }

    /// Keeps what was added of the batch.
    pub(super) fn end(&mut self, side: usize, batch: &Batch) -> Result<(), Failure> {
        Ok(self.sides[side].end(batch.rows())?)
    }

    /// Changes the tag of a row.
    pub(super) fn set_tag(&mut self, side: usize, id: u32, tag: u8) {
        self.settle_row(mark(side, id));
        self.sides[side].set_tag(id, tag);
        self.write_back.mark_written(mark(side, id));
    }

    /// Takes the rows of a key up to this time out of its list. They can still be read, and are the caller's to [`remove`](Self::remove).
    pub(super) fn take_until(&mut self, side: usize, slot: u32, time: i64) -> impl Iterator<Item = u32> {
        self.sides[side].take_until(slot, time)
    }

    /// Takes the rows of a key of this very time out of its list, like [`take_until`](Self::take_until).
    pub(super) fn take_at(&mut self, side: usize, slot: u32, time: i64) -> impl Iterator<Item = u32> {
        self.sides[side].take_at(slot, time)
    }

    /// Removes rows that were taken out of their lists, and leaves the vector empty. No reference to a row of that side holds afterwards.
    pub(super) fn remove(&mut self, side: usize, ids: &mut Vec<u32>) -> Result<(), Failure> {
        for id in ids.drain(..) {
            self.settle_row(mark(side, id));
            let Self { table, sides, write_back, .. } = self;
            let entry = sides[side].entry(id);
            let address = Address::of_row(side as u8, table.key(entry.slot), entry.sequence);
            write_back.remove(mark(side, id), &address);
            sides[side].remove(id)?;
        }
        Ok(())
    }

    /// Whether no side has rows of a key in its lists.
    pub(super) fn is_empty(&self, slot: u32) -> bool {
        self.sides.iter().all(|side| side.list(slot).is_empty())
    }

    /// The state at a barrier. On disk it is handed over bit by bit: see [`settle_some`](Self::settle_some).
    pub(super) fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.settle(usize::MAX)?;
        let Self { table, sides, write_back, codecs, .. } = self;
        if write_back.is_on_disk() {
            return write_back.begin_snapshot(barrier);
        }
        let of_side = |side: usize| sides[side].ids().map(move |id| mark(side, id));
        let slots = of_side(0).chain(of_side(1)).map(|slot| row_address(slot, table, sides));
        let mut writers = [sides[0].writer(&codecs[0]), sides[1].writer(&codecs[1])];
        write_back.snapshot(barrier, slots, |slot, out| write_row(slot, sides, &mut writers, out))
    }

    /// Puts some more rows into the last snapshot; no batch is being applied.
    pub(super) fn settle_some(&mut self) -> Result<Progress, Failure> {
        self.settle(AT_ONCE)?;
        Ok(if self.write_back.owes() { Progress::Pending } else { Progress::Done })
    }

    fn settle(&mut self, most: usize) -> Result<(), Failure> {
        if !self.write_back.owes() {
            return Ok(());
        }
        let Self { table, sides, write_back, codecs, .. } = self;
        let slots = write_back.owed_slots(most).into_iter().map(|slot| row_address(slot, table, sides));
        let mut writers = [sides[0].writer(&codecs[0]), sides[1].writer(&codecs[1])];
        write_back.settle(slots, |slot, out| write_row(slot, sides, &mut writers, out))
    }

    /// Puts a row into the last snapshot, unless it has it: it is about to change.
    #[inline]
    fn settle_row(&mut self, slot: u32) {
        if self.write_back.is_owed(slot) {
            let Self { table, sides, write_back, codecs, .. } = self;
            let mut writers = [sides[0].writer(&codecs[0]), sides[1].writer(&codecs[1])];
            let (_, address) = row_address(slot, table, sides);
            write_back.settle_one(slot, &address, |out| write_row(slot, sides, &mut writers, out));
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

/// The slot of the write-back cache for a row.
fn mark(side: usize, id: u32) -> u32 {
    id * 2 + side as u32
}

fn unmark(slot: u32) -> (usize, u32) {
    ((slot % 2) as usize, slot / 2)
}

/// A slot of the write-back cache with its address.
fn row_address<'a>(slot: u32, table: &'a KeyTable, sides: &[TimedRows; 2]) -> (u32, Address<'a>) {
    let (side, id) = unmark(slot);
    let entry = sides[side].entry(id);
    (slot, Address::of_row(side as u8, table.key(entry.slot), entry.sequence))
}

fn write_row(slot: u32, sides: &[TimedRows; 2], writers: &mut [StoredRowWriter<'_>; 2], out: &mut Vec<u8>) {
    let (side, id) = unmark(slot);
    let entry = sides[side].entry(id);
    write_value_head(None, out);
    out.extend_from_slice(&entry.time.to_le_bytes());
    out.push(entry.tag);
    writers[side].write(sides[side].row(id), out);
}

fn damaged() -> Failure {
    Failure::internal("the state of a join is damaged").fatal()
}
