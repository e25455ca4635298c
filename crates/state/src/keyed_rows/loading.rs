//! Opening the state of rows, and bringing rows into memory.

use arrow_schema::SchemaRef;
use dataflow::{Failure, RowCodec};

use super::{KEYS, KeyValues, KeyedRows, ROWS, TIMES, damaged, mark_of_key, mark_of_row};
use crate::clock_hand::ClockHand;
use crate::due_keys::{Due, DueKeys};
use crate::key_batch::KeyBatch;
use crate::key_table::KeyTable;
use crate::row_store::RowStore;
use crate::slots::Slots;
use crate::store::{Address, EntryKey, KeyedStateContext, LoadEntry, Suffixes, write_prefix};
use crate::value::read_value_head;
use crate::write_back::WriteBack;

/// Rows on their way into memory.
#[derive(Default)]
struct Loading {
    rows: Vec<(u32, u64, i64)>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Loading {
    fn add(&mut self, slot: u32, sequence: u64, mut value: &[u8], expires: bool) -> Result<(), Failure> {
        let written = read_value_head(expires, &mut value)?.unwrap_or(i64::MAX);
        self.rows.push((slot, sequence, written));
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        Ok(())
    }
}

impl KeyedRows {
    /// Opens the state of rows of this schema. What was restored into memory is put in; see [`numbers`](Self::numbers). Rows expire when the context
    /// has a time to live.
    pub fn open(
        mut context: KeyedStateContext,
        schema: SchemaRef,
        keys: &KeyBatch,
        values: &mut impl KeyValues,
    ) -> Result<Self, Failure> {
        let expires = context.ttl.is_some();
        context.suffixes = Suffixes::OfFirstState;
        let due = DueKeys::new(TIMES, !context.restored.is_empty());
        let write_back = WriteBack::open(context)?;
        let mut rows = Self {
            table: KeyTable::new(keys),
            counts: Vec::new(),
            entries: Vec::new(),
            numbers: Slots::default(),
            codec: RowCodec::new(schema.clone())?,
            store: RowStore::new(schema),
            write_back,
            expires,
            used: Vec::new(),
            hand: ClockHand::default(),
            due,
            sought: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            perhaps_empty: Vec::new(),
            one_row: false,
        };
        let mut loading = Loading::default();
        let Self { table, write_back, .. } = &mut rows;
        write_back.take_restored(|entry, value| take_entry(table, &mut loading, values, entry, value, expires))?;
        rows.put(loading)?;
        Ok(rows)
    }

    /// No key ever has more than one row, whose sequence is 0, and nothing is kept beside it: rows are looked up many at once.
    pub fn with_one_row(self) -> Self {
        Self { one_row: true, ..self }
    }

    /// The key groups of which rows are only in the store, for operators that have to know them all: each is given to [`load_part`](Self::load_part) before
    /// anything else is done. In between keys may be dropped again.
    pub fn parts_to_load(&mut self) -> Vec<u32> {
        if !self.write_back.may_have_more() {
            return Vec::new();
        }
        self.write_back.all_loaded();
        self.write_back.store().keys().key_groups().clone().collect()
    }

    /// Brings the rows of a key group into memory, and what is kept of its keys beside them: the numbers of the rows.
    pub fn load_part(&mut self, key_group: u32, values: &mut impl KeyValues) -> Result<Vec<u32>, Failure> {
        let mut loading = Loading::default();
        let Self { table, write_back, expires, sought, .. } = self;
        scan_group(write_back, key_group, ROWS, &mut |entry, value| {
            let (key, sequence) = entry.suffixed();
            loading.add(table.find_or_insert_bytes(key).0, sequence, value, *expires)
        })?;
        sought.clear();
        scan_group(write_back, key_group, KEYS, &mut |entry, mut value| {
            let written = read_value_head(*expires, &mut value)?.unwrap_or(i64::MAX);
            let slot = table.find_or_insert_bytes(entry.rest).0;
            sought.push(slot);
            values.read(slot, written, value)
        })?;
        sought.iter().for_each(|&slot| write_back.mark_loaded(mark_of_key(slot)));
        sought.extend(loading.rows.iter().map(|(slot, ..)| *slot));
        sought.sort_unstable();
        sought.dedup();
        self.make_room();
        self.put(loading)
    }

    fn make_room(&mut self) {
        let slots = self.counts.len().max(self.table.slot_count().next_power_of_two());
        self.counts.resize(slots, 0);
        self.used.resize(self.used.len().max(slots), false);
    }

    /// Brings all rows into memory that are only in the store, before anything else is done. Operators with timers need that, whose rows then stay.
    pub fn load_rows(&mut self) -> Result<(), Failure> {
        if !self.write_back.may_have_more() {
            return Ok(());
        }
        let mut loading = Loading::default();
        let Self { table, write_back, expires, .. } = self;
        for group in write_back.store().keys().key_groups().clone() {
            scan_group(write_back, group, ROWS, &mut |entry, value| {
                let (key, sequence) = entry.suffixed();
                loading.add(table.find_or_insert_bytes(key).0, sequence, value, *expires)
            })?;
        }
        self.put(loading).map(drop)
    }

    /// Finds the slot of the key of each row of an encoded batch. Returns the numbers of rows that were brought into memory for it.
    pub fn find_slots(
        &mut self,
        keys: &KeyBatch,
        slots: &mut Vec<u32>,
        values: &mut impl KeyValues,
    ) -> Result<Vec<u32>, Failure> {
        slots.clear();
        let mut missing = std::mem::take(&mut self.sought);
        missing.clear();
        let on_disk = self.write_back.is_on_disk();
        let may_have_more = self.write_back.may_have_more();
        for row in 0..keys.len() {
            let (slot, new) = self.table.find_or_insert(keys, row);
            if slot as usize >= self.counts.len() {
                self.counts.resize((slot as usize + 1).next_power_of_two(), 0);
            }
            if on_disk {
                if slot as usize >= self.used.len() {
                    self.used.resize((slot as usize + 1).next_power_of_two(), false);
                }
                self.used[slot as usize] = true;
            }
            if new {
                self.perhaps_empty.push(slot);
                if may_have_more && self.write_back.may_have(keys.get(row)) {
                    missing.push(slot);
                }
            }
            slots.push(slot);
        }
        let loaded = self.load(&missing, values);
        self.sought = missing;
        loaded
    }

    /// The slots of the keys that were last looked for in the store, of which it need not have any.
    pub fn sought(&self) -> &[u32] {
        &self.sought
    }

    /// The keys of the store that have to be looked at up to this time.
    pub fn due(&mut self, time: i64, values: &impl KeyValues) -> Result<Due, Failure> {
        if self.due.next().is_some_and(|next| next <= time) {
            self.settle(usize::MAX, values)?;
        }
        self.due.begin(time, &mut self.write_back)
    }

    /// When keys of the store have to be looked at next, or earlier.
    pub fn next_due(&self) -> Option<i64> {
        self.due.next()
    }

    /// Brings some of them into memory: the numbers of their rows, nothing when there are no more keys. See [`sought`](Self::sought).
    pub fn bring_due(&mut self, due: &mut Due, values: &mut impl KeyValues) -> Result<Option<Vec<u32>>, Failure> {
        let Some(keys) = self.due.read(due, &mut self.write_back)? else { return Ok(None) };
        self.sought.clear();
        for key in keys {
            if self.table.find_bytes(&key).is_none() {
                let slot = self.table.find_or_insert_bytes(&key).0;
                self.sought.push(slot);
                self.perhaps_empty.push(slot);
            }
        }
        self.make_room();
        let sought = std::mem::take(&mut self.sought);
        let loaded = self.load(&sought, values);
        self.sought = sought;
        loaded.map(Some)
    }

    fn load<V: KeyValues>(&mut self, slots: &[u32], values: &mut V) -> Result<Vec<u32>, Failure> {
        if slots.is_empty() {
            return Ok(Vec::new());
        }
        self.settle_for_reading(values)?;
        let Self { table, write_back, expires, .. } = self;
        if values.keeps() {
            let addresses = slots.iter().map(|&slot| Address::of_key(KEYS, table.key(slot)));
            write_back.load(addresses, |index, mut value| {
                let written = read_value_head(*expires, &mut value)?.unwrap_or(i64::MAX);
                values.read(slots[index], written, value)?;
                Ok(mark_of_key(slots[index]))
            })?;
        }
        let mut loading = Loading::default();
        if self.one_row {
            let addresses = slots.iter().map(|&slot| Address::of_row(ROWS, table.key(slot), 0));
            write_back.load(addresses, |index, value| {
                loading.add(slots[index], 0, value, *expires)?;
                // Nothing is kept of keys that have one row; the row is marked when it has a number.
                Ok(mark_of_key(slots[index]))
            })?;
            return self.put(loading);
        }
        let mut wanted: Vec<(Vec<u8>, u32)> = Vec::with_capacity(slots.len());
        for &slot in slots {
            let mut prefix = Vec::new();
            write_back.store().keys().write(&Address::of_key(ROWS, table.key(slot)), &mut prefix);
            wanted.push((prefix, slot));
        }
        // In order, so that one walk over the store finds them all.
        wanted.sort_unstable();
        let prefixes = wanted.iter().map(|(prefix, _)| prefix.as_slice());
        write_back.scan_prefixes(prefixes, &mut |number, entry, value| {
            loading.add(wanted[number].1, entry.suffixed().1, value, *expires)
        })?;
        self.put(loading)
    }

    fn put(&mut self, loading: Loading) -> Result<Vec<u32>, Failure> {
        if loading.rows.is_empty() {
            return Ok(Vec::new());
        }
        let starts = std::iter::once(0).chain(loading.ends.iter().copied());
        let parts: Vec<&[u8]> = starts.zip(&loading.ends).map(|(start, &end)| &loading.bytes[start..end]).collect();
        let batch = self.codec.read(parts.into_iter())?;
        let mut loaded = Vec::with_capacity(loading.rows.len());
        for (row, &(slot, sequence, written)) in loading.rows.iter().enumerate() {
            let number = self.enter(slot, sequence, row as u32, written);
            self.write_back.mark_loaded(mark_of_row(number));
            loaded.push(number);
        }
        self.keep(batch, loaded.clone())?;
        Ok(loaded)
    }
}

/// Calls `load` with all entries of a state of a key group, in order.
fn scan_group(write_back: &WriteBack, group: u32, state: u8, load: &mut LoadEntry<'_>) -> Result<(), Failure> {
    let mut prefix = Vec::new();
    write_prefix(group, state, None, &mut prefix);
    write_back.store().scan(&prefix, load)
}

fn take_entry(
    table: &mut KeyTable,
    loading: &mut Loading,
    values: &mut impl KeyValues,
    entry: EntryKey<'_>,
    mut value: &[u8],
    expires: bool,
) -> Result<(), Failure> {
    match entry.state {
        ROWS => {
            let (key, sequence) = entry.suffixed();
            loading.add(table.find_or_insert_bytes(key).0, sequence, value, expires)
        }
        KEYS => {
            let written = read_value_head(expires, &mut value)?.unwrap_or(i64::MAX);
            values.read(table.find_or_insert_bytes(entry.rest).0, written, value)
        }
        // What is in memory has its own times.
        TIMES => Ok(()),
        _ => Err(damaged()),
    }
}
