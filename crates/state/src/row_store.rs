//! Rows kept as columns, in blocks, with a reference to each.
//!
//! ```text
//!   put: the rows become a block --merge--> with small neighbours --compact--> when half of a block is dead
//! ```
//! Every row has an owner, a number of the caller's: when blocks are merged or compacted, the caller is told where each owner's row is now.

use std::collections::HashMap;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::{ArrowError, SchemaRef, SortOptions};
use arrow_select::interleave::interleave;
use arrow_select::take::{take, take_record_batch};
use dataflow::{RowCodec, RowWriter};

/// A block is not merged any more once it has this many rows.
const FULL_BLOCK: usize = 8_192;
const DEAD: u32 = u32::MAX;

/// Writes rows of a store, in any order; the columns of a block are looked at once.
pub struct StoredRowWriter<'a> {
    store: &'a RowStore,
    codec: &'a RowCodec,
    blocks: HashMap<u32, RowWriter>,
}

impl StoredRowWriter<'_> {
    /// Appends a row.
    pub fn write(&mut self, row: RowRef, out: &mut Vec<u8>) {
        let Self { store, codec, blocks } = self;
        let block = blocks.entry(row.block).or_insert_with(|| codec.writer(store.block(row.block).rows.columns()));
        block.write(row.row as usize, out);
    }
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef {
    block: u32,
    row: u32,
}

/// Where a row is that may be in the batch being processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowPlace {
    /// At this row of the batch.
    Batch(u32),
    /// In the store.
    Stored(RowRef),
}

/// The blocks that rows are gathered from: what stands before them is source 0.
#[derive(Default)]
struct Sources {
    blocks: Vec<u32>,
    source_of: HashMap<u32, usize>,
    last: Option<(u32, usize)>,
}

impl Sources {
    fn index(&mut self, row: RowRef) -> (usize, usize) {
        let source = match self.last {
            Some((block, source)) if block == row.block => source,
            _ => *self.source_of.entry(row.block).or_insert_with(|| {
                self.blocks.push(row.block);
                self.blocks.len()
            }),
        };
        self.last = Some((row.block, source));
        (source, row.row as usize)
    }
}

/// Rows of one type.
#[derive(Debug)]
pub struct RowStore {
    schema: SchemaRef,
    blocks: Vec<Option<Block>>,
    free: Vec<u32>,
    /// Blocks that are not full, each at least twice as long as the next.
    growing: Vec<u32>,
}

#[derive(Debug)]
struct Block {
    rows: RecordBatch,
    owners: Vec<u32>,
    live: usize,
}

impl RowStore {
    /// An empty store.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema, blocks: Vec::new(), free: Vec::new(), growing: Vec::new() }
    }

    /// The schema of its rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Keeps rows; row i belongs to `owners[i]`. `moved` is told where these rows, and those moved with them, are.
    pub fn put(
        &mut self,
        rows: RecordBatch,
        owners: Vec<u32>,
        moved: &mut dyn FnMut(u32, RowRef),
    ) -> Result<(), ArrowError> {
        let mut block = Block { live: owners.len(), rows, owners };
        while let Some(&last) = self.growing.last() {
            let neighbour = self.blocks[last as usize].as_ref().expect("growing blocks exist");
            if neighbour.owners.len() > 2 * block.owners.len() {
                break;
            }
            block = merge(neighbour, &block)?;
            self.growing.pop();
            self.drop_block(last);
        }
        let full = block.owners.len() >= FULL_BLOCK;
        let id = self.place(block, moved);
        if !full {
            self.growing.push(id);
        }
        Ok(())
    }

    /// The row is needed no more.
    pub fn remove(&mut self, row: RowRef, moved: &mut dyn FnMut(u32, RowRef)) -> Result<(), ArrowError> {
        let block = self.blocks[row.block as usize].as_mut().expect("a reference to a row that is kept");
        block.owners[row.row as usize] = DEAD;
        block.live -= 1;
        if block.live == 0 {
            self.drop_block(row.block);
        } else if block.live * 2 < block.owners.len() && block.owners.len() >= FULL_BLOCK {
            let compact = block.compact()?;
            self.drop_block(row.block);
            self.place(compact, moved);
        }
        Ok(())
    }

    fn place(&mut self, block: Block, moved: &mut dyn FnMut(u32, RowRef)) -> u32 {
        let id = self.free.pop().unwrap_or_else(|| {
            self.blocks.push(None);
            (self.blocks.len() - 1) as u32
        });
        for (row, owner) in block.owners.iter().enumerate().filter(|(_, owner)| **owner != DEAD) {
            moved(*owner, RowRef { block: id, row: row as u32 });
        }
        self.blocks[id as usize] = Some(block);
        id
    }

    fn drop_block(&mut self, id: u32) {
        self.blocks[id as usize] = None;
        self.free.push(id);
        self.growing.retain(|growing| *growing != id);
    }

    /// The columns of these rows, in this order; rows without a reference are all NULL.
    pub fn gather(&self, rows: &[Option<RowRef>]) -> Result<Vec<ArrayRef>, ArrowError> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        self.gather_columns(rows, &all)
    }

    /// The same, of these columns only.
    pub fn gather_columns(&self, rows: &[Option<RowRef>], columns: &[usize]) -> Result<Vec<ArrayRef>, ArrowError> {
        // Source 0 is the row of NULLs.
        let mut sources = Sources::default();
        let indices: Vec<_> = rows.iter().map(|row| row.map_or((0, 0), |row| sources.index(row))).collect();
        let column = |&index: &usize| {
            let nulls = new_null_array(self.schema.field(index).data_type(), 1);
            self.interleave(index, nulls.as_ref(), &sources, &indices)
        };
        columns.iter().map(column).collect()
    }

    /// The columns of rows of which some are in a batch with these columns.
    pub fn gather_with(&self, batch: &[ArrayRef], places: &[RowPlace]) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut sources = Sources::default();
        let mut indices = Vec::with_capacity(places.len());
        for place in places {
            indices.push(match place {
                RowPlace::Batch(row) => (0, *row as usize),
                RowPlace::Stored(row) => sources.index(*row),
            });
        }
        if sources.blocks.is_empty() {
            let rows = UInt32Array::from_iter_values(indices.iter().map(|(_, row)| *row as u32));
            return batch.iter().map(|column| take(column, &rows, None)).collect();
        }
        let column = |(index, own): (usize, &ArrayRef)| self.interleave(index, own.as_ref(), &sources, &indices);
        batch.iter().enumerate().map(column).collect()
    }

    fn interleave(
        &self,
        column: usize,
        first: &dyn Array,
        sources: &Sources,
        indices: &[(usize, usize)],
    ) -> Result<ArrayRef, ArrowError> {
        let stored = sources.blocks.iter().map(|block| self.block(*block).rows.column(column).as_ref());
        let arrays: Vec<&dyn Array> = std::iter::once(first).chain(stored).collect();
        interleave(&arrays, indices)
    }

    /// The columns of the block that a row is in; see [`RowRef::row`].
    pub fn columns_around(&self, row: RowRef) -> &[ArrayRef] {
        self.block(row.block).rows.columns()
    }

    /// A row belongs to another owner from now on.
    pub(crate) fn set_owner(&mut self, row: RowRef, owner: u32) {
        let block = self.blocks[row.block as usize].as_mut().expect("a reference to a row that is kept");
        block.owners[row.row as usize] = owner;
    }

    /// Writes rows of this store.
    pub fn writer<'a>(&'a self, codec: &'a RowCodec) -> StoredRowWriter<'a> {
        StoredRowWriter { store: self, codec, blocks: HashMap::new() }
    }

    /// Compares row i of `columns` with row j of the block that holds `row`, column by column, or `only` some of them.
    pub(crate) fn comparators(
        &self,
        columns: &[ArrayRef],
        only: Option<&[usize]>,
        row: RowRef,
    ) -> Result<Vec<DynComparator>, ArrowError> {
        comparators(columns, self.block(row.block).rows.columns(), only)
    }

    fn block(&self, id: u32) -> &Block {
        self.blocks[id as usize].as_ref().expect("a reference to a row that is kept")
    }

    #[cfg(test)]
    pub(crate) fn block_count(&self) -> usize {
        self.blocks.iter().flatten().count()
    }

    /// Number of rows kept.
    pub fn len(&self) -> usize {
        self.blocks.iter().flatten().map(|block| block.live).sum()
    }

    /// Whether no row is kept.
    pub fn is_empty(&self) -> bool {
        self.blocks.iter().all(Option::is_none)
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        self.blocks.iter().flatten().map(|block| block.rows.get_array_memory_size() + 4 * block.owners.len()).sum()
    }
}

impl RowRef {
    /// Which block it is in.
    pub fn block(self) -> u32 {
        self.block
    }

    /// Its place in the block.
    pub fn row(self) -> usize {
        self.row as usize
    }
}

impl Block {
    fn compact(&self) -> Result<Block, ArrowError> {
        if self.live == self.owners.len() {
            return Ok(Block { rows: self.rows.clone(), owners: self.owners.clone(), live: self.live });
        }
        let live = || self.owners.iter().enumerate().filter(|(_, owner)| **owner != DEAD);
        let rows = take_record_batch(&self.rows, &UInt32Array::from_iter_values(live().map(|(row, _)| row as u32)))?;
        Ok(Block { rows, owners: live().map(|(_, owner)| *owner).collect(), live: self.live })
    }
}

/// The live rows of both.
fn merge(left: &Block, right: &Block) -> Result<Block, ArrowError> {
    let (left, right) = (left.compact()?, right.compact()?);
    let rows = arrow_select::concat::concat_batches(&left.rows.schema(), [&left.rows, &right.rows])?;
    let mut owners = left.owners;
    owners.extend(right.owners);
    Ok(Block { rows, live: owners.len(), owners })
}

/// Compares rows of both, column by column, or `only` some of them.
pub(crate) fn comparators(
    left: &[ArrayRef],
    right: &[ArrayRef],
    only: Option<&[usize]>,
) -> Result<Vec<DynComparator>, ArrowError> {
    let is_compared = |column: usize| only.is_none_or(|only| only.contains(&column));
    let columns = left.iter().zip(right).enumerate().filter(|(column, _)| is_compared(*column));
    columns.map(|(_, (left, right))| make_comparator(left, right, SortOptions::default())).collect()
}
