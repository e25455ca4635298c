//! Which rows of the other side match each row of a batch: those of the same key for which the condition holds.

use dataflow::{Batch, Failure};
use state::RowLists;

use super::condition::Condition;

/// Pairs looked at together, about.
const PAIRS: usize = 16_384;

/// Whether a row takes the place of the one before it.
pub(super) fn replaces(is_replaced: &[bool], row: usize) -> bool {
    row.checked_sub(1).and_then(|before| is_replaced.get(before)).is_some_and(|is_replaced| *is_replaced)
}

/// The matches of consecutive rows of a batch.
#[derive(Debug, Default)]
pub(super) struct Matches {
    first: usize,
    /// Where the matches of each row end in `entries`.
    ends: Vec<usize>,
    /// Entries of the other side.
    entries: Vec<u32>,
    rows: Vec<u32>,
}

impl Matches {
    /// Finds the matches of the rows from `first` on, until there are enough pairs; returns the first row left out. A row and its replacement are not
    /// torn apart.
    pub(super) fn find(
        &mut self,
        first: usize,
        input: usize,
        batch: &Batch,
        is_replaced: &[bool],
        slots: &[Option<u32>],
        other: &RowLists,
        condition: Option<&Condition>,
    ) -> Result<usize, Failure> {
        self.first = first;
        self.ends.clear();
        self.entries.clear();
        self.rows.clear();
        let mut row = first;
        while row < batch.num_rows() && (self.entries.len() < PAIRS || replaces(is_replaced, row)) {
            if let Some(slot) = slots[row] {
                self.entries.extend(other.live_entries(slot).map(|(entry, _)| entry));
            }
            self.rows.resize(self.entries.len(), row as u32);
            self.ends.push(self.entries.len());
            row += 1;
        }
        if let Some(condition) = condition.filter(|_| !self.entries.is_empty()) {
            let others: Vec<_> = self.entries.iter().map(|&entry| Some(other.entry(entry).row())).collect();
            let hold = condition.evaluate(input, batch, &self.rows, other.store(), &others)?;
            self.keep(|pair| hold.value(pair));
        }
        Ok(row)
    }

    fn keep(&mut self, hold: impl Fn(usize) -> bool) {
        let (mut kept, mut start) = (0, 0);
        for end in &mut self.ends {
            for pair in start..*end {
                if hold(pair) {
                    self.entries[kept] = self.entries[pair];
                    kept += 1;
                }
            }
            start = std::mem::replace(end, kept);
        }
        self.entries.truncate(kept);
    }

    /// The entries of the other side that match this row of the batch.
    pub(super) fn of(&self, row: usize) -> &[u32] {
        let index = row - self.first;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.entries[start..self.ends[index]]
    }
}
