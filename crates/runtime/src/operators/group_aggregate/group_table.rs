//! The columns of an aggregation without windows, by group, and which group belongs to which key; and how a group is written as bytes.
//!
//! ```text
//!   value of a key: head (version, time of the last write where state expires) | number of rows (i64, where rows are taken back) | accumulators
//! ```

use arrow_array::{ArrayRef, BinaryArray};
use common::clock::Clock;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{AggregateCall, Batch, Failure, RowType};
use expr::aggregate::Accumulator;
use state::{Address, KeyBatch, KeyTable, Slots, WriteTimes, read_value_head, write_value_head};

use super::added_rows::with_added_fields;
use crate::operators::aggregate_value::{self, Phase};

/// The key has ended in this batch.
pub(super) const ENDED: u32 = u32::MAX;
/// The key is not in the table.
pub(super) const FREE: u32 = u32::MAX - 1;

/// The one state of the operator.
const STATE: u8 = 0;

/// Keys, groups and their values.
pub(super) struct GroupTable {
    pub(super) table: KeyTable,
    /// By slot of the key table.
    pub(super) group_of_key: Vec<u32>,
    pub(super) slots: Slots,
    pub(super) key_of_group: Vec<u32>,
    pub(super) accumulators: Vec<Box<dyn Accumulator>>,
    /// Rows of each group; absent when no row is ever taken back.
    pub(super) rows: Option<Vec<i64>>,
    /// When each group was written last, with a time to live.
    pub(super) times: WriteTimes,
}

impl GroupTable {
    pub(super) fn new(
        spec: &GroupAggregateSpec,
        input: &RowType,
        keys: &KeyBatch,
        clock: &Clock,
        phase: Phase,
    ) -> Result<Self, Failure> {
        let with_added = with_added_fields(spec, input);
        let accumulators = spec.aggregates.iter().enumerate().map(|(index, call)| {
            if !spec.insert_only_calls.contains(&index) {
                return phase.create(call, input, spec.input_retracts);
            }
            let place = spec.insert_only_calls.iter().take_while(|&&known| known != index).count();
            let added_only = AggregateCall { filter: Some(input.len() + place), ..call.clone() };
            phase.create(&added_only, &with_added, false)
        });
        Ok(Self {
            table: KeyTable::new(keys),
            group_of_key: Vec::new(),
            slots: Slots::default(),
            key_of_group: Vec::new(),
            accumulators: accumulators.collect::<Result<_, _>>()?,
            rows: spec.input_retracts.then(Vec::new),
            times: WriteTimes::new(spec.state_ttl_ms, clock),
        })
    }

    /// A new group of a key.
    pub(super) fn begin(&mut self, key: u32, now: i64) -> u32 {
        let group = self.allocate();
        if self.group_of_key.len() < self.table.slot_count() {
            self.group_of_key.resize(self.table.slot_count(), FREE);
        }
        self.group_of_key[key as usize] = group;
        self.key_of_group[group as usize] = key;
        self.times.set(group, now);
        group
    }

    /// A new group of no key.
    fn allocate(&mut self) -> u32 {
        let group = self.slots.allocate();
        if self.key_of_group.len() < self.slots.len() {
            self.key_of_group.resize(self.slots.len(), FREE);
            if let Some(rows) = &mut self.rows {
                rows.resize(self.slots.len(), 0);
            }
        }
        group
    }

    /// Makes room for new groups.
    pub(super) fn make_room(&mut self) {
        for accumulator in &mut self.accumulators {
            accumulator.resize(self.slots.len());
        }
    }

    /// Applies a batch; row i belongs to `groups[i]`.
    pub(super) fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure> {
        for accumulator in &mut self.accumulators {
            accumulator.accumulate(batch, groups)?;
        }
        Ok(())
    }

    /// Merges what other groups look like in state, as [`partials`](Self::partials) has it; `partials[i]` belongs to `groups[i]`.
    pub(super) fn merge_partials(&mut self, partials: &BinaryArray, groups: &[u32]) -> Result<(), Failure> {
        let read: Vec<u32> = groups.iter().map(|_| self.allocate()).collect();
        self.make_room();
        aggregate_value::merge(self.rows.as_deref_mut(), &mut self.accumulators, partials, &read, groups)?;
        self.release(&read);
        Ok(())
    }

    /// What these groups look like in state, for the second phase.
    pub(super) fn partials(&self, groups: &[u32]) -> BinaryArray {
        aggregate_value::column(self.rows.as_deref(), &self.accumulators, groups)
    }

    /// An increment of these groups begins.
    pub(super) fn begin_increment(&mut self, groups: &[u32]) {
        self.accumulators.iter_mut().for_each(|accumulator| accumulator.begin_increment(groups));
        if let Some(rows) = &mut self.rows {
            groups.iter().for_each(|&group| rows[group as usize] = 0);
        }
    }

    /// What these groups have summed up since then, as aggregates without DISTINCT look in state.
    pub(super) fn increments(&self, groups: &[u32]) -> BinaryArray {
        aggregate_value::increments(self.rows.as_deref(), &self.accumulators, groups)
    }

    /// The key of a group in use.
    pub(super) fn key_of(&self, group: u32) -> &[u8] {
        self.table.key(self.key_of_group[group as usize])
    }

    /// The values of these groups, one column for each aggregate.
    pub(super) fn evaluate(&self, groups: &[u32]) -> Result<Vec<ArrayRef>, Failure> {
        self.accumulators.iter().map(|accumulator| accumulator.evaluate(groups)).collect()
    }

    /// Makes groups that are of no key any more empty, to be used again.
    pub(super) fn release(&mut self, groups: &[u32]) {
        for accumulator in &mut self.accumulators {
            accumulator.reset(groups);
        }
        for &group in groups {
            self.key_of_group[group as usize] = FREE;
            if let Some(rows) = &mut self.rows {
                rows[group as usize] = 0;
            }
        }
        self.slots.release(groups);
    }

    /// The slots of the keys that there are.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.key_of_group.iter().copied().filter(|&key| key != FREE)
    }

    /// What a key is called in the store.
    pub(super) fn address(&self, key: u32) -> Address<'_> {
        Address::of_key(STATE, self.table.key(key))
    }

    /// The same of a key that has no slot.
    pub(super) fn address_of(key: &[u8]) -> Address<'_> {
        Address::of_key(STATE, key)
    }

    /// Appends the value of a key.
    pub(super) fn write_value(&self, key: u32, out: &mut Vec<u8>) {
        let group = self.group_of_key[key as usize];
        write_value_head(self.times.get(group), out);
        aggregate_value::write(self.rows.as_deref(), &self.accumulators, group, out);
    }

    /// Adds a key with this value, which is not in the table; returns its slot.
    pub(super) fn read_value(&mut self, key: &[u8], mut value: &[u8]) -> Result<u32, Failure> {
        let written = read_value_head(self.times.ttl().is_some(), &mut value)?;
        let slot = self.table.find_or_insert_bytes(key).0;
        let group = self.begin(slot, 0);
        self.times.set_loaded(group, written);
        self.make_room();
        aggregate_value::read(self.rows.as_deref_mut(), &mut self.accumulators, group, value)?;
        Ok(slot)
    }

    /// Drops keys from memory.
    pub(super) fn forget(&mut self, keys: &[u32]) {
        let groups: Vec<u32> = keys.iter().map(|&key| self.group_of_key[key as usize]).collect();
        self.release(&groups);
        for &key in keys {
            self.group_of_key[key as usize] = FREE;
            self.table.remove(key);
        }
    }

    /// Bytes held for what is in use, about: freed groups are used again.
    pub(super) fn memory_size(&self) -> usize {
        let by_group = size_of::<u32>() + self.rows.as_ref().map_or(0, |_| size_of::<i64>());
        let accumulators: usize = self.accumulators.iter().map(|accumulator| accumulator.memory_size()).sum();
        let numbers = self.slots.len() * (by_group + size_of::<u32>());
        let all = self.table.memory_size() + accumulators + self.times.memory_size() + numbers;
        (all as f64 * self.slots.in_use() as f64 / self.slots.len().max(1) as f64) as usize
    }
}
