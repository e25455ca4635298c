//! `Fold`: what the rows of one side of a mini-batch come to, as Flink folds them.
//!
//! | side | rows of one | before the last | last | what is left |
//! |---|---|---|---|---|
//! | has a key | key | comes | comes | the last |
//! | | | is taken back | is taken back | the last |
//! | | | comes | is taken back | neither |
//! | | | is taken back | comes | both: the last takes the place of the other |
//! | has none | values | comes | is taken back | neither |
//! | | | is taken back | comes | neither |
//!
//! Of a side that only inserts nothing is folded.

use arrow_array::UInt32Array;
use dataflow::operator_spec::JoinRowIdentity;
use dataflow::{Batch, Failure, RowType};
use state::{KeyBatch, KeyTable};

const NONE: u32 = u32::MAX;

/// Folds the rows of one input.
#[derive(Debug)]
pub(super) struct Fold {
    /// What tells those rows apart that are folded; none where nothing is.
    keys: Option<KeyBatch>,
    /// Whether a row takes the place of one with the same key.
    is_upsert: bool,
}

/// What is left of the rows of a mini-batch.
pub(super) struct Folded {
    pub(super) rows: Batch,
    /// Of each row whether the next one takes its place; shorter where none of the rest has one.
    pub(super) is_replaced: Vec<bool>,
}

impl Fold {
    pub(super) fn new(input: &RowType, join_key: &[usize], identity: &JoinRowIdentity) -> Result<Self, Failure> {
        let columns = match identity {
            JoinRowIdentity::Each => return Ok(Self { keys: None, is_upsert: false }),
            JoinRowIdentity::Whole => (0..input.len()).collect(),
            JoinRowIdentity::JoinKey => join_key.to_vec(),
            JoinRowIdentity::Columns(columns) => [join_key, columns].concat(),
        };
        let keys = KeyBatch::new(input, &columns).map_err(|error| Failure::user(error.to_string()).fatal())?;
        Ok(Self { keys: Some(keys), is_upsert: *identity != JoinRowIdentity::Whole })
    }

    pub(super) fn fold(&mut self, rows: Batch) -> Result<Folded, Failure> {
        let (Some(keys), Some(_)) = (&mut self.keys, rows.kinds()) else {
            return Ok(Folded { rows, is_replaced: Vec::new() });
        };
        keys.encode(&rows);
        let mut left = Left::new(keys, rows.num_rows());
        for row in 0..rows.num_rows() {
            left.add(keys, row as u32, self.is_upsert, |row| rows.kind(row as usize).is_retraction());
        }
        let (order, is_replaced) = left.in_order();
        match order.len() == rows.num_rows() && order.is_sorted() {
            true => Ok(Folded { rows, is_replaced }),
            false => Ok(Folded { rows: rows.take(&UInt32Array::from(order))?, is_replaced }),
        }
    }
}

/// The rows that are left, of each group as a list from the last one back.
struct Left {
    groups: KeyTable,
    /// By group.
    last: Vec<u32>,
    /// By row.
    before: Vec<u32>,
    is_left: Vec<bool>,
    /// The row that takes the place of this one.
    replacement: Vec<u32>,
}

impl Left {
    fn new(keys: &KeyBatch, rows: usize) -> Self {
        Self {
            groups: KeyTable::new(keys),
            last: Vec::new(),
            before: vec![NONE; rows],
            is_left: vec![false; rows],
            replacement: vec![NONE; rows],
        }
    }

    fn add(&mut self, keys: &KeyBatch, row: u32, is_upsert: bool, is_retraction: impl Fn(u32) -> bool) {
        let (group, _) = self.groups.find_or_insert(keys, row as usize);
        if self.last.len() <= group as usize {
            self.last.resize(group as usize + 1, NONE);
        }
        let last = self.last[group as usize];
        match (last != NONE && is_retraction(last), is_retraction(row)) {
            (false, true) if last != NONE => return self.pop(group),
            (true, false) if !is_upsert => return self.pop(group),
            (true, true) | (false, false) if is_upsert && last != NONE => self.pop(group),
            _ => {}
        }
        self.push(group, row, is_upsert);
    }

    /// A row that may take the place of another one is behind one that is taken back.
    fn push(&mut self, group: u32, row: u32, may_replace: bool) {
        let before = std::mem::replace(&mut self.last[group as usize], row);
        self.before[row as usize] = before;
        self.is_left[row as usize] = true;
        if may_replace && before != NONE {
            self.replacement[before as usize] = row;
        }
    }

    fn pop(&mut self, group: u32) {
        let last = self.last[group as usize];
        self.is_left[last as usize] = false;
        let before = self.before[last as usize];
        self.last[group as usize] = before;
        if before != NONE {
            self.replacement[before as usize] = NONE;
        }
    }

    /// The rows in the order in which they came, but each replacement behind the row whose place it takes.
    fn in_order(mut self) -> (Vec<u32>, Vec<bool>) {
        let (mut order, mut is_replaced) = (Vec::new(), Vec::new());
        for row in 0..self.is_left.len() {
            if !self.is_left[row] {
                continue;
            }
            order.push(row as u32);
            let replacement = self.replacement[row];
            if replacement != NONE {
                is_replaced.resize(order.len(), false);
                is_replaced[order.len() - 1] = true;
                order.push(replacement);
                self.is_left[replacement as usize] = false;
            }
        }
        (order, is_replaced)
    }
}
