//! `RowIdentity`: whether a row of a batch is the same as one that is kept, by some or all of their columns.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::ArrayRef;
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::SortOptions;
use dataflow::Failure;
use state::{KeyedRows, RowPlace, hash_rows};

/// Compares the rows of one batch after the other with those kept.
pub(in crate::operators) struct RowIdentity {
    columns: Vec<usize>,
    /// By number of a row kept.
    kept: Vec<u64>,
    hashes: Vec<u64>,
    batch: Vec<ArrayRef>,
    /// Comparators of the batch with blocks of rows kept, and with itself.
    blocks: HashMap<u32, Vec<DynComparator>>,
    own: Option<Vec<DynComparator>>,
}

impl RowIdentity {
    /// By these columns.
    pub(in crate::operators) fn new(columns: Vec<usize>) -> Self {
        Self { columns, kept: Vec::new(), hashes: Vec::new(), batch: Vec::new(), blocks: HashMap::new(), own: None }
    }

    /// The columns that count.
    pub(in crate::operators) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Takes a batch in place of the last one.
    pub(in crate::operators) fn begin(&mut self, batch: &[ArrayRef], rows: usize) {
        self.batch.clear();
        self.batch.extend(self.columns.iter().map(|&column| batch[column].clone()));
        self.hashes = hash_rows(&self.batch, rows);
        self.blocks.clear();
        self.own = None;
    }

    /// A row of the batch is kept under this number.
    pub(in crate::operators) fn keep(&mut self, number: u32, row: u32) {
        self.put(number, self.hashes[row as usize]);
    }

    /// Rows have been brought into memory: `columns` are those that count.
    pub(in crate::operators) fn load(&mut self, numbers: &[u32], columns: &[ArrayRef]) {
        let hashes = hash_rows(columns, numbers.len());
        numbers.iter().zip(hashes).for_each(|(&number, hash)| self.put(number, hash));
    }

    fn put(&mut self, number: u32, hash: u64) {
        if number as usize >= self.kept.len() {
            self.kept.resize((number as usize + 1).next_power_of_two(), 0);
        }
        self.kept[number as usize] = hash;
    }

    /// Whether a row of the batch is the same as the one kept under a number.
    pub(in crate::operators) fn is_same(&mut self, kept: &KeyedRows, number: u32, row: u32) -> Result<bool, Failure> {
        if self.kept[number as usize] != self.hashes[row as usize] {
            return Ok(false);
        }
        let Self { columns, batch, blocks, own, .. } = self;
        let (comparators, other) = match kept.place(number) {
            RowPlace::Batch(other) => {
                let own = match own {
                    Some(own) => own,
                    none => none.insert(comparators(batch, batch)?),
                };
                (&*own, other as usize)
            }
            RowPlace::Stored(stored) => {
                let with_block = match blocks.entry(stored.block()) {
                    std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        let block = kept.rows().columns_around(stored);
                        let block: Vec<ArrayRef> = columns.iter().map(|&column| block[column].clone()).collect();
                        entry.insert(comparators(batch, &block)?)
                    }
                };
                (&*with_block, stored.row())
            }
        };
        Ok(comparators.iter().all(|compare| compare(row as usize, other) == Ordering::Equal))
    }

    /// Bytes that it holds, about.
    pub(in crate::operators) fn memory_size(&self) -> usize {
        self.kept.capacity() * size_of::<u64>()
    }
}

fn comparators(left: &[ArrayRef], right: &[ArrayRef]) -> Result<Vec<DynComparator>, Failure> {
    let columns = left.iter().zip(right);
    Ok(columns.map(|(left, right)| make_comparator(left, right, SortOptions::default())).collect::<Result<_, _>>()?)
}
