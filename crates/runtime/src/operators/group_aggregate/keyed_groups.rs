//! The groups of an aggregation without windows: one for each key that has rows, with its accumulators, its row count and its last update.
//!
//! ```text
//!   row of an unknown key -> First -> Update ... -> Last: all rows taken back -> the key is unknown again
//! ```
//! A key that ends within a batch and comes again gets another group, so that a batch can be accumulated as a whole; what has ended is freed by
//! [`KeyedGroups::free_ended`].

use arrow_array::ArrayRef;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{Batch, Failure, RowType};
use expr::aggregate::{Accumulator, create};
use state::{KeyBatch, KeyTable, Slots, decode_keys};

/// The key has ended in this batch.
const ENDED: u32 = u32::MAX;
/// The key is not in the table.
const FREE: u32 = u32::MAX - 1;

/// What a row is to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The first row of the key.
    First,
    /// Neither the first nor the last.
    Update,
    /// It takes the last row of the key back.
    Last,
    /// In a mini-batch: the key came and went, nobody has heard of it.
    Nothing,
}

/// The groups and their state.
pub(super) struct KeyedGroups {
    key_type: RowType,
    pub(super) keys: KeyBatch,
    table: KeyTable,
    /// By slot of the key table.
    group_of_key: Vec<u32>,
    slots: Slots,
    key_of_group: Vec<u32>,
    accumulators: Vec<Box<dyn Accumulator>>,
    /// Rows of each group; absent when no row is ever taken back.
    rows: Option<Vec<i64>>,
    /// `table.exec.state.ttl`, ms, and when each group was written last.
    ttl: i64,
    written: Vec<i64>,
    ended: Vec<(u32, u32)>,
}

impl KeyedGroups {
    pub(super) fn new(spec: &GroupAggregateSpec, input: &RowType) -> Result<Self, Failure> {
        let keys = KeyBatch::new(input, &spec.keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let accumulators = spec.aggregates.iter().map(|call| create(call, input, spec.input_retracts));
        Ok(Self {
            key_type: input.project(&spec.keys),
            table: KeyTable::new(&keys),
            keys,
            group_of_key: Vec::new(),
            slots: Slots::default(),
            key_of_group: Vec::new(),
            accumulators: accumulators.collect::<Result<_, _>>()?,
            rows: spec.input_retracts.then(Vec::new),
            ttl: i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX),
            written: Vec::new(),
            ended: Vec::new(),
        })
    }

    /// The group that row `row` of the encoded keys belongs to and whether it is new; `None` when the row takes something back from a key that
    /// is unknown, or expired: Flink ignores such rows.
    #[inline]
    pub(super) fn find(&mut self, row: usize, retraction: bool, now: i64) -> Option<(u32, bool)> {
        let key = if retraction {
            self.table.find(&self.keys, row)?
        } else {
            let (key, new) = self.table.find_or_insert(&self.keys, row);
            if new {
                return Some((self.begin(key, now), true));
            }
            key
        };
        let group = self.group_of_key[key as usize];
        if group != ENDED && !self.is_expired(group, now) {
            if self.ttl > 0 {
                self.written[group as usize] = now;
            }
            return Some((group, false));
        }
        if group != ENDED {
            self.end(group);
        }
        if retraction { None } else { Some((self.begin(key, now), true)) }
    }

    fn begin(&mut self, key: u32, now: i64) -> u32 {
        let group = self.slots.allocate();
        if self.group_of_key.len() < self.table.slot_count() {
            self.group_of_key.resize(self.table.slot_count(), FREE);
        }
        self.group_of_key[key as usize] = group;
        if self.key_of_group.len() < self.slots.len() {
            self.key_of_group.resize(self.slots.len(), FREE);
            self.written.resize(self.slots.len(), now);
            if let Some(rows) = &mut self.rows {
                rows.resize(self.slots.len(), 0);
            }
        }
        self.key_of_group[group as usize] = key;
        self.written[group as usize] = now;
        group
    }

    fn is_expired(&self, group: u32, now: i64) -> bool {
        self.ttl > 0 && self.written[group as usize].saturating_add(self.ttl) <= now
    }

    /// Counts a row of the group; the group has ended when false.
    #[inline]
    pub(super) fn count(&mut self, group: u32, retraction: bool) -> bool {
        let Some(rows) = &mut self.rows else { return true };
        let rows = &mut rows[group as usize];
        *rows += if retraction { -1 } else { 1 };
        *rows != 0
    }

    /// Whether all rows of the group have been taken back.
    pub(super) fn has_no_rows(&self, group: u32) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows[group as usize] == 0)
    }

    /// The key of the group is unknown from now on.
    pub(super) fn end(&mut self, group: u32) {
        let key = self.key_of_group[group as usize];
        if self.group_of_key[key as usize] == group {
            self.group_of_key[key as usize] = ENDED;
            self.ended.push((key, group));
        }
    }

    /// Frees the groups that have ended.
    pub(super) fn free_ended(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let groups: Vec<u32> = self.ended.iter().map(|(_, group)| *group).collect();
        for accumulator in &mut self.accumulators {
            accumulator.reset(&groups);
        }
        for (key, group) in self.ended.drain(..) {
            self.key_of_group[group as usize] = FREE;
            if let Some(rows) = &mut self.rows {
                rows[group as usize] = 0;
            }
            // The key may have come again, and is listed for each time it has ended.
            if self.group_of_key[key as usize] == ENDED {
                self.group_of_key[key as usize] = FREE;
                self.table.remove(key);
            }
        }
        self.slots.release(&groups);
    }

    /// Ends every group that was not written for the time to live.
    pub(super) fn expire(&mut self, now: i64) {
        let groups = 0..self.key_of_group.len() as u32;
        let expired = groups.filter(|&group| self.key_of_group[group as usize] != FREE && self.is_expired(group, now));
        expired.collect::<Vec<u32>>().into_iter().for_each(|group| self.end(group));
        self.free_ended();
    }

    /// Whether there is no key.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Applies a batch; row i belongs to `groups[i]`.
    pub(super) fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure> {
        for accumulator in &mut self.accumulators {
            accumulator.accumulate(batch, groups)?;
        }
        Ok(())
    }

    /// The same, with the values before and after each row.
    pub(super) fn accumulate_traced(&mut self, batch: &Batch, groups: &[u32]) -> Result<Values, Failure> {
        self.make_room();
        let mut values = Values::default();
        for accumulator in &mut self.accumulators {
            let (before, after) = accumulator.accumulate_traced(batch, groups)?;
            values.before.push(before);
            values.after.push(after);
        }
        Ok(values)
    }

    /// Makes room for new groups.
    pub(super) fn make_room(&mut self) {
        for accumulator in &mut self.accumulators {
            accumulator.resize(self.slots.len());
        }
    }

    /// The values of these groups, one column for each aggregate.
    pub(super) fn evaluate(&self, groups: &[u32]) -> Result<Vec<ArrayRef>, Failure> {
        self.accumulators.iter().map(|accumulator| accumulator.evaluate(groups)).collect()
    }

    /// The key columns of these groups.
    pub(super) fn keys_of(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let keys: Vec<&[u8]> = groups.iter().map(|&group| self.table.key(self.key_of_group[group as usize])).collect();
        decode_keys(&self.key_type, &keys)
    }
}

/// One column for each aggregate, before and after a change.
#[derive(Default)]
pub(super) struct Values {
    pub(super) before: Vec<ArrayRef>,
    pub(super) after: Vec<ArrayRef>,
}
