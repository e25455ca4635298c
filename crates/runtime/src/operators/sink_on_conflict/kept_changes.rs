//! What is known of each primary key: the row that the table has, and the changes that wait for their watermark; and how that is kept in the store.
//!
//! ```text
//!   state 0, key -> head (version) | number of changes (u32) | 0, or 1 and the row of the table | changes: time (i64) | 0 or 1: taken back | row
//!   row: length of the identity | length of the bytes (u32) | identity | bytes (`RowCodec`); all little endian
//! ```
//! Keys with changes that wait are in memory, so that a watermark finds them.

use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot, MIN_WATERMARK};
use state::{
    Address, KeyBatch, KeyTable, KeyedStateContext, WriteBack, read_value_head, write_prefix, write_value_head,
};

const STATE: u8 = 0;

/// A row, and what says which one it is; empty where the row itself does.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) identity: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// A row that comes or is taken back.
#[derive(Debug)]
pub(super) struct Change {
    /// The watermark at which it went on.
    pub(super) time: i64,
    pub(super) is_retraction: bool,
    pub(super) row: Row,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct Key {
    current: Option<Row>,
    changes: Vec<Change>,
}

/// All keys.
pub(super) struct KeptChanges {
    table: KeyTable,
    /// By slot of the key.
    keys: Vec<Key>,
    /// Slots with changes that wait.
    waiting: Vec<u32>,
    /// Bytes of all rows.
    bytes: usize,
    pub(super) state: WriteBack,
}

impl KeptChanges {
    /// Opens them with what was restored.
    pub(super) fn open(keys: &KeyBatch, context: KeyedStateContext) -> Result<Self, Failure> {
        let state = WriteBack::open(context)?;
        let mut kept = Self { table: KeyTable::new(keys), keys: Vec::new(), waiting: Vec::new(), bytes: 0, state };
        let mut restored: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        kept.state.take_restored(|entry, value| {
            restored.push((entry.rest.to_vec(), value.to_vec()));
            Ok(())
        })?;
        if kept.state.may_have_more() {
            kept.read_waiting(&mut restored)?;
        }
        for (key, value) in restored {
            let slot = kept.table.find_or_insert_bytes(&key).0;
            kept.read(slot, &value)?;
            if kept.state.is_on_disk() {
                kept.state.mark_loaded(slot);
            }
        }
        Ok(kept)
    }

    /// The keys in the store that have changes.
    fn read_waiting(&self, found: &mut Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), Failure> {
        let store = self.state.store();
        for key_group in store.keys().key_groups().clone() {
            let mut prefix = Vec::new();
            write_prefix(key_group, STATE, None, &mut prefix);
            store.scan(&prefix, &mut |entry, value| {
                let mut rest = value;
                read_value_head(false, &mut rest)?;
                if take_u32(&mut rest)? > 0 {
                    found.push((entry.rest.to_vec(), value.to_vec()));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Brings the keys of the encoded batch into memory that are only in the store.
    pub(super) fn load(&mut self, keys: &KeyBatch) -> Result<(), Failure> {
        if !self.state.may_have_more() {
            return Ok(());
        }
        let is_missing = |&row: &usize| self.table.find(keys, row).is_none() && self.state.may_have(keys.get(row));
        let missing: Vec<usize> = (0..keys.len()).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut found: Vec<(u32, Vec<u8>)> = Vec::new();
        let Self { table, state, .. } = self;
        let addresses = missing.iter().map(|&row| Address::of_key(STATE, keys.get(row)));
        state.load(addresses, |index, value| {
            let slot = table.find_or_insert_bytes(keys.get(missing[index])).0;
            found.push((slot, value.to_vec()));
            Ok(slot)
        })?;
        found.into_iter().try_for_each(|(slot, value)| self.read(slot, &value))
    }

    /// Keeps a change of the key in row `row` of the encoded keys. What takes back, or brings back, a row of the same watermark goes with it.
    pub(super) fn add(&mut self, keys: &KeyBatch, row: usize, change: Change) {
        let (slot, _) = self.table.find_or_insert(keys, row);
        let key = key_of(&mut self.keys, slot);
        let cancels = |known: &Change| {
            known.time == change.time
                && known.is_retraction != change.is_retraction
                && known.row.bytes == change.row.bytes
        };
        match key.changes.iter().position(cancels) {
            Some(at) => {
                self.bytes -= key.changes.remove(at).row.size();
                if key.is_empty() {
                    self.free_if_empty(slot);
                    return;
                }
            }
            None => {
                if key.changes.is_empty() {
                    self.waiting.push(slot);
                }
                self.bytes += change.row.size();
                key.changes.push(change);
            }
        }
        self.state.mark_written(slot);
    }

    /// The keys that have changes which the watermark has passed.
    pub(super) fn due(&mut self, watermark: i64) -> Vec<u32> {
        let keys = &self.keys;
        let mut due: Vec<u32> = Vec::new();
        self.waiting.retain(|slot| {
            let changes = &keys[*slot as usize].changes;
            let is_due = changes.iter().any(|change| change.time <= watermark);
            due.extend(is_due.then_some(*slot));
            // Those whose changes have cancelled each other are not looked at.
            !is_due && !changes.is_empty()
        });
        // A key whose changes cancelled each other may have been listed again.
        due.sort_unstable();
        due.dedup();
        due
    }

    /// The rows of a key that there are by this watermark, in the order in which they came; changes that it has not passed stay.
    pub(super) fn compact(&mut self, slot: u32, watermark: i64, by_identity: bool) -> Vec<Row> {
        let key = &mut self.keys[slot as usize];
        let (mut passed, stay): (Vec<Change>, Vec<Change>) =
            std::mem::take(&mut key.changes).into_iter().partition(|change| change.time <= watermark);
        passed.sort_by_key(|change| change.time);
        key.changes = stay;
        if !key.changes.is_empty() {
            self.waiting.push(slot);
        }
        self.bytes -= passed.iter().map(|change| change.row.size()).sum::<usize>();
        let mut left: Vec<Row> = key.current.iter().cloned().collect();
        for change in passed {
            let is_it = |row: &Row| match by_identity {
                true => row.identity == change.row.identity,
                false => row.bytes == change.row.bytes,
            };
            match (left.iter().position(is_it), change.is_retraction) {
                (Some(at), true) => drop(left.remove(at)),
                (Some(at), false) if by_identity => left[at] = change.row,
                (_, false) => left.push(change.row),
                // What is taken back and is not there is ignored.
                (None, true) => {}
            }
        }
        self.state.mark_written(slot);
        left
    }

    /// The row that the table has.
    pub(super) fn current(&self, slot: u32) -> Option<&Row> {
        self.keys[slot as usize].current.as_ref()
    }

    /// The table has this one now.
    pub(super) fn set_current(&mut self, slot: u32, row: Option<Row>) {
        let current = &mut self.keys[slot as usize].current;
        self.bytes += row.as_ref().map_or(0, Row::size);
        self.bytes -= current.as_ref().map_or(0, Row::size);
        *current = row;
        self.state.mark_written(slot);
    }

    /// Forgets a key of which nothing is known any more.
    pub(super) fn free_if_empty(&mut self, slot: u32) {
        let key = &self.keys[slot as usize];
        if key.current.is_none() && key.changes.is_empty() {
            self.state.remove(slot, &Address::of_key(STATE, self.table.key(slot)));
            self.table.remove(slot);
        }
    }

    /// The encoded key of a slot.
    pub(super) fn key(&self, slot: u32) -> &[u8] {
        self.table.key(slot)
    }

    /// Drops cold keys from memory when it holds more than its share.
    pub(super) fn evict(&mut self) -> Result<(), Failure> {
        let memory = self.table.memory_size() + self.bytes + self.table.len() * size_of::<Key>();
        if !self.state.is_on_disk() || self.state.choose_victims(memory, self.table.len()) == 0 {
            return Ok(());
        }
        let Self { table, keys, state, .. } = self;
        let may_go = |slot: &u32| keys[*slot as usize].changes.is_empty() && state.is_victim(*slot);
        let victims: Vec<u32> = used_slots(keys).filter(may_go).collect();
        let slots = victims.iter().map(|&slot| (slot, Address::of_key(STATE, table.key(slot))));
        state.write_slots(slots, |slot, out| keys[slot as usize].write(out))?;
        for slot in victims {
            self.state.forget(slot);
            self.state.drop_key(self.table.key(slot));
            self.table.remove(slot);
            let key = std::mem::take(&mut self.keys[slot as usize]);
            self.bytes -= key.size();
        }
        Ok(())
    }

    /// The state at a barrier.
    pub(super) fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        let Self { table, keys, state, .. } = self;
        let slots = state.slots_to_store(used_slots(keys));
        let slots = slots.into_iter().map(|slot| (slot, Address::of_key(STATE, table.key(slot))));
        state.snapshot(barrier, slots, |slot, out| keys[slot as usize].write(out))
    }

    fn read(&mut self, slot: u32, mut value: &[u8]) -> Result<(), Failure> {
        read_value_head(false, &mut value)?;
        let key = key_of(&mut self.keys, slot);
        let changes = take_u32(&mut value)?;
        key.current = match take(&mut value, 1)? {
            [0] => None,
            _ => Some(Row::read(&mut value)?),
        };
        key.changes.clear();
        for _ in 0..changes {
            take(&mut value, 8)?;
            let is_retraction = take(&mut value, 1)? != [0];
            // Watermarks begin anew.
            key.changes.push(Change { time: MIN_WATERMARK, is_retraction, row: Row::read(&mut value)? });
        }
        self.bytes += key.size();
        if changes > 0 {
            self.waiting.push(slot);
        }
        if value.is_empty() { Ok(()) } else { Err(damaged()) }
    }
}

impl Row {
    fn size(&self) -> usize {
        self.identity.len() + self.bytes.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        for part in [&self.identity, &self.bytes] {
            let length = u32::try_from(part.len()).expect("a row is smaller than 4 GB");
            out.extend_from_slice(&length.to_le_bytes());
        }
        out.extend_from_slice(&self.identity);
        out.extend_from_slice(&self.bytes);
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        let (identity, bytes) = (take_u32(input)? as usize, take_u32(input)? as usize);
        Ok(Self { identity: take(input, identity)?.to_vec(), bytes: take(input, bytes)?.to_vec() })
    }
}

impl Key {
    fn is_empty(&self) -> bool {
        self.current.is_none() && self.changes.is_empty()
    }

    fn size(&self) -> usize {
        let changes = self.changes.iter().map(|change| &change.row);
        self.current.iter().chain(changes).map(Row::size).sum()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_value_head(None, out);
        let changes = u32::try_from(self.changes.len()).expect("a key has fewer changes than 4 billion");
        out.extend_from_slice(&changes.to_le_bytes());
        out.push(u8::from(self.current.is_some()));
        if let Some(current) = &self.current {
            current.write(out);
        }
        for change in &self.changes {
            out.extend_from_slice(&change.time.to_le_bytes());
            out.push(u8::from(change.is_retraction));
            change.row.write(out);
        }
    }
}

fn key_of(keys: &mut Vec<Key>, slot: u32) -> &mut Key {
    let slot = slot as usize;
    if slot >= keys.len() {
        keys.resize_with(slot + 1, Key::default);
    }
    &mut keys[slot]
}

/// Slots of which something is known.
fn used_slots(keys: &[Key]) -> impl Iterator<Item = u32> + '_ {
    keys.iter().enumerate().filter(|(_, key)| !key.is_empty()).map(|(slot, _)| slot as u32)
}

fn take<'a>(input: &mut &'a [u8], length: usize) -> Result<&'a [u8], Failure> {
    let (taken, rest) = input.split_at_checked(length).ok_or_else(damaged)?;
    *input = rest;
    Ok(taken)
}

fn take_u32(input: &mut &[u8]) -> Result<u32, Failure> {
    let bytes = take(input, 4)?;
    Ok(bytes.iter().rev().fold(0, |all, &byte| all << 8 | u32::from(byte)))
}

fn damaged() -> Failure {
    Failure::internal("the state of a sink with ON CONFLICT is damaged").fatal()
}
