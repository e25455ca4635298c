//! `TimedRows`: the rows of one input by the slot of their key, each list in order of time, rows of equal times as they came.

use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::take::take_record_batch;
use dataflow::RowCodec;
use state::{RowRef, RowStore, StoredRowWriter};

/// A row in the list of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) struct TimedRow {
    pub(in crate::operators) time: i64,
    pub(in crate::operators) id: u32,
}

/// What is kept beside the columns of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewRow {
    pub(super) slot: u32,
    /// Rows that came later have a higher one.
    pub(super) sequence: u64,
    pub(super) time: i64,
    /// A number of the operator's.
    pub(super) tag: u8,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the batch that is being applied.
    Input,
    Stored(RowRef),
    Free,
}

/// Rows of one type.
#[derive(Debug)]
pub(in crate::operators) struct TimedRows {
    lists: Vec<Vec<TimedRow>>,
    entries: Vec<(NewRow, Place)>,
    free: Vec<u32>,
    store: RowStore,
    /// What the batch being applied has added: entry, row of the batch.
    added: (Vec<u32>, Vec<u32>),
}

impl TimedRows {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self {
            lists: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            store: RowStore::new(schema),
            added: Default::default(),
        }
    }

    pub(super) fn add(&mut self, row: NewRow, row_of_batch: usize) -> u32 {
        let id = self.link(row);
        self.added.0.push(id);
        self.added.1.push(row_of_batch as u32);
        id
    }

    fn link(&mut self, row: NewRow) -> u32 {
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = (row, Place::Input);
                id
            }
            None => {
                self.entries.push((row, Place::Input));
                (self.entries.len() - 1) as u32
            }
        };
        let slot = row.slot as usize;
        if slot >= self.lists.len() {
            self.lists.resize_with(slot + 1, Vec::new);
        }
        let list = &mut self.lists[slot];
        // Rows mostly come in order of time.
        let position = match list.last() {
            Some(last) if last.time > row.time => list.partition_point(|other| other.time <= row.time),
            _ => list.len(),
        };
        list.insert(position, TimedRow { time: row.time, id });
        id
    }

    pub(super) fn end(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let (owners, rows) = std::mem::take(&mut self.added);
        if owners.is_empty() {
            return Ok(());
        }
        // A copy even when all rows are kept: the batch may be a slice of something much larger.
        let kept = take_record_batch(batch, &UInt32Array::from(rows))?;
        self.put(kept, owners)
    }

    fn put(&mut self, rows: RecordBatch, owners: Vec<u32>) -> Result<(), ArrowError> {
        let entries = &mut self.entries;
        self.store.put(rows, owners, &mut |owner, row| entries[owner as usize].1 = Place::Stored(row))
    }

    /// Brings rows back; row i is `rows[i]`. `loaded` is told the entry of each.
    pub(super) fn load(
        &mut self,
        batch: RecordBatch,
        rows: Vec<NewRow>,
        mut loaded: impl FnMut(u32),
    ) -> Result<(), ArrowError> {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|&row| rows[row as usize].sequence);
        let mut owners = Vec::with_capacity(rows.len());
        for &row in &order {
            let id = self.link(rows[row as usize]);
            loaded(id);
            owners.push(id);
        }
        self.put(take_record_batch(&batch, &UInt32Array::from(order))?, owners)
    }

    /// The rows of a key.
    pub(in crate::operators) fn list(&self, slot: u32) -> &[TimedRow] {
        self.lists.get(slot as usize).map_or(&[], Vec::as_slice)
    }

    /// The tag of a row.
    pub(in crate::operators) fn tag(&self, id: u32) -> u8 {
        self.entry(id).tag
    }

    /// The time of a row.
    pub(in crate::operators) fn time(&self, id: u32) -> i64 {
        self.entry(id).time
    }

    /// When a row came, among those of its key.
    pub(in crate::operators) fn sequence(&self, id: u32) -> u64 {
        self.entry(id).sequence
    }

    pub(super) fn entry(&self, id: u32) -> NewRow {
        self.entries[id as usize].0
    }

    pub(super) fn set_tag(&mut self, id: u32, tag: u8) {
        self.entries[id as usize].0.tag = tag;
    }

    /// Where a row is; only of rows of earlier batches, and until rows are removed.
    pub(in crate::operators) fn row(&self, id: u32) -> RowRef {
        match self.entries[id as usize].1 {
            Place::Stored(row) => row,
            Place::Input | Place::Free => unreachable!("rows of the batch being applied are not read"),
        }
    }

    /// The columns of the rows.
    pub(in crate::operators) fn store(&self) -> &RowStore {
        &self.store
    }

    pub(super) fn take_until(&mut self, slot: u32, time: i64) -> impl Iterator<Item = u32> {
        let list = self.lists.get_mut(slot as usize);
        let taken = list.map(|list| {
            let count = list.partition_point(|row| row.time <= time);
            list.drain(..count)
        });
        taken.into_iter().flatten().map(|row| row.id)
    }

    pub(super) fn take_at(&mut self, slot: u32, time: i64) -> impl Iterator<Item = u32> {
        let list = self.lists.get_mut(slot as usize);
        let taken = list.map(|list| {
            let first = list.partition_point(|row| row.time < time);
            let end = list.partition_point(|row| row.time <= time);
            list.drain(first..end)
        });
        taken.into_iter().flatten().map(|row| row.id)
    }

    /// Frees a row that is in no list any more.
    pub(super) fn remove(&mut self, id: u32) -> Result<(), ArrowError> {
        let place = std::mem::replace(&mut self.entries[id as usize].1, Place::Free);
        if let Place::Stored(row) = place {
            let entries = &mut self.entries;
            self.store.remove(row, &mut |owner, row| entries[owner as usize].1 = Place::Stored(row))?;
        }
        self.free.push(id);
        Ok(())
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// All rows, in no order; only between batches.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, (_, place))| !matches!(place, Place::Free)).map(|(id, _)| id as u32)
    }

    pub(super) fn writer<'a>(&'a self, codec: &'a RowCodec) -> StoredRowWriter<'a> {
        self.store.writer(codec)
    }
}
