//! Opening the state of rows, and bringing rows into memory.

use arrow_schema::SchemaRef;
use dataflow::{Failure, RowCodec};

use super::{KEYS, KeyValues, KeyedRows, ROWS, damaged, mark_of_key, mark_of_row};
use crate::clock_hand::ClockHand;
use crate::key_batch::KeyBatch;
use crate::key_table::KeyTable;
use crate::row_store::RowStore;
use crate::slots::Slots;
use crate::store::{Address, EntryKey, KeyedStateContext, write_prefix};
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
        context: KeyedStateContext,
        schema: SchemaRef,
        keys: &KeyBatch,
        values: &mut impl KeyValues,
    ) -> Result<Self, Failure> {
        let is_new = context.restored.is_empty();
        let expires = context.ttl.is_some();
        let write_back = WriteBack::open(context)?;
        let mut rows = Self {
            table: KeyTable::new(keys),
            counts: Vec::new(),
            entries: Vec::new(),
            numbers: Slots::default(),
            codec: RowCodec::new(schema.clone())?,
            store: RowStore::new(schema),
            complete: is_new || !write_back.is_on_disk(),
            write_back,
            expires,
            used: Vec::new(),
            hand: ClockHand::default(),
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

    /// Brings all rows into memory that are only in the store, before anything else is done. Operators with timers need that, whose rows then stay.
    pub fn load_rows(&mut self) -> Result<(), Failure> {
        if self.complete {
            return Ok(());
        }
        let mut loading = Loading::default();
        let Self { table, write_back, expires, .. } = self;
        let prefixes = prefixes(write_back, ROWS);
        write_back.scan_prefixes(prefixes.iter().map(Vec::as_slice), &mut |_, entry, value| {
            let (key, sequence) = entry.suffixed();
            loading.add(table.find_or_insert_bytes(key).0, sequence, value, *expires)
        })?;
        self.put(loading).map(drop)
    }

    /// Brings what is kept of keys beside their rows into memory, all of it. The rows have been brought before.
    pub fn load_values(&mut self, values: &mut impl KeyValues) -> Result<(), Failure> {
        if self.complete {
            return Ok(());
        }
        let Self { table, write_back, expires, .. } = self;
        let mut loaded = Vec::new();
        let prefixes = prefixes(write_back, KEYS);
        write_back.scan_prefixes(prefixes.iter().map(Vec::as_slice), &mut |_, entry, mut value| {
            let written = read_value_head(*expires, &mut value)?.unwrap_or(i64::MAX);
            let slot = table.find_or_insert_bytes(entry.rest).0;
            loaded.push(slot);
            values.read(slot, written, value)
        })?;
        loaded.into_iter().for_each(|slot| write_back.mark_loaded(mark_of_key(slot)));
        self.complete = true;
        Ok(())
    }

    /// Finds the slot of the key of each row of an encoded batch. Returns the numbers of rows that were brought into memory for it.
    pub fn find_slots(
        &mut self,
        keys: &KeyBatch,
        slots: &mut Vec<u32>,
        values: &mut impl KeyValues,
    ) -> Result<Vec<u32>, Failure> {
        slots.clear();
        let mut missing = Vec::new();
        let on_disk = self.write_back.is_on_disk();
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
                if !self.complete {
                    missing.push(slot);
                }
            }
            slots.push(slot);
        }
        if missing.is_empty() { Ok(Vec::new()) } else { self.load(&missing, values) }
    }

    fn load<V: KeyValues>(&mut self, slots: &[u32], values: &mut V) -> Result<Vec<u32>, Failure> {
        let Self { table, write_back, expires, .. } = self;
        if V::KEEPS {
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

/// What all entries of a state begin with, in order.
fn prefixes(write_back: &WriteBack, state: u8) -> Vec<Vec<u8>> {
    let prefix = |group| {
        let mut prefix = Vec::new();
        write_prefix(group, state, None, &mut prefix);
        prefix
    };
    write_back.store().keys().key_groups().clone().map(prefix).collect()
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
        _ => Err(damaged()),
    }
}
