//! The groups of an aggregation without windows: one for each key that has rows, with its accumulators, its row count and its last update.
//!
//! ```text
//!   row of an unknown key -> First -> Update ... -> Last: all rows taken back -> the key is unknown again
//! ```
//! A key that ends within a batch and comes again gets another group, so that a batch can be accumulated as a whole; what has ended is freed by
//! [`KeyedGroups::free_ended`]. Keys that are not in memory may be in the store: [`KeyedGroups::load`] brings those of a batch.

use arrow_array::{ArrayRef, BinaryArray};
use common::clock::Clock;
use dataflow::checkpoint::CheckpointBarrier;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{Batch, Failure, KeyedSnapshot, Progress, RowType};
use state::{KeyBatch, KeyedStateContext, StateTtl, WriteBack, decode_keys};

use super::group_table::{ENDED, FREE, GroupTable};
use crate::operators::aggregate_value::Phase;

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

/// Groups that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;

/// The groups and their state.
pub(super) struct KeyedGroups {
    key_type: RowType,
    pub(super) keys: KeyBatch,
    groups: GroupTable,
    ended: Vec<(u32, u32)>,
    pub(super) state: WriteBack,
}

impl KeyedGroups {
    /// Opens them with what was restored. `keys` encodes the keys of the rows that come; `input` is what the aggregates are over.
    pub(super) fn new(
        spec: &GroupAggregateSpec,
        keys: KeyBatch,
        input: &RowType,
        clock: &Clock,
        phase: Phase,
        mut context: KeyedStateContext,
    ) -> Result<Self, Failure> {
        context.ttl = StateTtl::new(clock.clone(), &[spec.state_ttl_ms]);
        let mut groups = GroupTable::new(spec, input, &keys, clock, phase)?;
        let mut state = WriteBack::open(context)?;
        state.take_restored(|entry, value| groups.read_value(entry.rest, value).map(drop))?;
        Ok(Self { key_type: input.project(&spec.keys), keys, groups, ended: Vec::new(), state })
    }

    /// Brings the keys of the encoded batch into memory that are only in the store.
    pub(super) fn load(&mut self) -> Result<(), Failure> {
        if !self.state.may_have_more() {
            return Ok(());
        }
        if !self.state.may_read() {
            self.settle_all()?;
        }
        let Self { keys, groups, state, .. } = self;
        let is_missing = |&row: &usize| groups.table.find(keys, row).is_none() && state.may_have(keys.get(row));
        let missing: Vec<usize> = (0..keys.len()).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let addresses = missing.iter().map(|&row| GroupTable::address_of(keys.get(row)));
        state.load(addresses, |index, value| groups.read_value(keys.get(missing[index]), value))
    }

    /// Puts the keys of the encoded batch into the last snapshot, unless it has them: they are about to change.
    pub(super) fn settle_batch(&mut self) -> Result<(), Failure> {
        if !self.state.owes() {
            return Ok(());
        }
        let Self { keys, groups, state, .. } = self;
        let slots = (0..keys.len()).filter_map(|row| groups.table.find(keys, row));
        state.settle(slots.map(|key| (key, groups.address(key))), |key, out| groups.write_value(key, out))
    }

    /// Puts some more keys into the last snapshot.
    pub(super) fn settle_some(&mut self) -> Result<Progress, Failure> {
        self.settle(AT_ONCE)?;
        Ok(if self.state.owes() { Progress::Pending } else { Progress::Done })
    }

    fn settle_all(&mut self) -> Result<(), Failure> {
        self.settle(usize::MAX)
    }

    fn settle(&mut self, most: usize) -> Result<(), Failure> {
        let Self { groups, state, .. } = self;
        let slots = state.owed_slots(most);
        state.settle(slots.into_iter().map(|key| (key, groups.address(key))), |key, out| groups.write_value(key, out))
    }

    /// The group that row `row` of the encoded keys belongs to and whether it is new; `None` when the row takes something back from a key that
    /// is unknown, or expired: Flink ignores such rows.
    #[inline]
    pub(super) fn find(&mut self, row: usize, retraction: bool, now: i64) -> Option<(u32, bool)> {
        let key = if retraction {
            self.groups.table.find(&self.keys, row)?
        } else {
            let (key, new) = self.groups.table.find_or_insert(&self.keys, row);
            if new {
                return Some((self.begin(key, now), true));
            }
            key
        };
        let group = self.groups.group_of_key[key as usize];
        if group != ENDED && !self.groups.times.is_expired(group, now) {
            self.groups.times.set(group, now);
            self.state.mark_written(key);
            return Some((group, false));
        }
        if group != ENDED {
            self.end(group);
        }
        if retraction { None } else { Some((self.begin(key, now), true)) }
    }

    fn begin(&mut self, key: u32, now: i64) -> u32 {
        self.state.mark_written(key);
        self.groups.begin(key, now)
    }

    /// Counts a row of the group; the group has ended when false.
    #[inline]
    pub(super) fn count(&mut self, group: u32, retraction: bool) -> bool {
        let Some(rows) = &mut self.groups.rows else { return true };
        let rows = &mut rows[group as usize];
        *rows += if retraction { -1 } else { 1 };
        *rows != 0
    }

    /// Whether all rows of the group have been taken back.
    pub(super) fn has_no_rows(&self, group: u32) -> bool {
        self.groups.rows.as_ref().is_some_and(|rows| rows[group as usize] == 0)
    }

    /// The key of the group is unknown from now on.
    pub(super) fn end(&mut self, group: u32) {
        let key = self.groups.key_of_group[group as usize];
        if self.groups.group_of_key[key as usize] == group {
            self.groups.group_of_key[key as usize] = ENDED;
            self.ended.push((key, group));
        }
    }

    /// Frees the groups that have ended.
    pub(super) fn free_ended(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let Self { groups, state, ended, .. } = self;
        let freed: Vec<u32> = ended.iter().map(|(_, group)| *group).collect();
        groups.release(&freed);
        for (key, _) in ended.drain(..) {
            // The key may have come again, and is listed for each time it has ended.
            if groups.group_of_key[key as usize] == ENDED {
                groups.group_of_key[key as usize] = FREE;
                state.remove(key, &groups.address(key));
                groups.table.remove(key);
            }
        }
    }

    /// Ends every group that was not written for the time to live.
    pub(super) fn expire(&mut self, now: i64) -> Result<(), Failure> {
        self.settle_all()?;
        let groups = 0..self.groups.key_of_group.len() as u32;
        let is_used = |group: &u32| self.groups.key_of_group[*group as usize] != FREE;
        let expired: Vec<u32> =
            groups.filter(is_used).filter(|&group| self.groups.times.is_expired(group, now)).collect();
        expired.into_iter().for_each(|group| self.end(group));
        self.free_ended();
        Ok(())
    }

    /// Whether there is no key in memory.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.table.is_empty()
    }

    /// Applies a batch; row i belongs to `groups[i]`.
    pub(super) fn accumulate(&mut self, batch: &Batch, groups: &[u32]) -> Result<(), Failure> {
        self.groups.accumulate(batch, groups)
    }

    /// Merges what groups of the first phase look like in state; `partials[i]` belongs to `groups[i]`.
    pub(super) fn merge_partials(&mut self, partials: &BinaryArray, groups: &[u32]) -> Result<(), Failure> {
        self.groups.merge_partials(partials, groups)
    }

    /// An increment of these groups begins.
    pub(super) fn begin_increment(&mut self, groups: &[u32]) {
        self.groups.begin_increment(groups);
    }

    /// What these groups have summed up since then, as aggregates without DISTINCT look in state.
    pub(super) fn increments(&self, groups: &[u32]) -> BinaryArray {
        self.groups.increments(groups)
    }

    /// Applies a batch with the values before and after each row.
    pub(super) fn accumulate_traced(&mut self, batch: &Batch, groups: &[u32]) -> Result<Values, Failure> {
        self.make_room();
        let mut values = Values::default();
        for accumulator in &mut self.groups.accumulators {
            let (before, after) = accumulator.accumulate_traced(batch, groups)?;
            values.before.push(before);
            values.after.push(after);
        }
        Ok(values)
    }

    /// Makes room for new groups.
    pub(super) fn make_room(&mut self) {
        self.groups.make_room();
    }

    /// The values of these groups, one column for each aggregate.
    pub(super) fn evaluate(&self, groups: &[u32]) -> Result<Vec<ArrayRef>, Failure> {
        self.groups.evaluate(groups)
    }

    /// The key columns of these groups.
    pub(super) fn keys_of(&self, groups: &[u32]) -> Vec<ArrayRef> {
        let keys: Vec<&[u8]> = groups.iter().map(|&group| self.groups.key_of(group)).collect();
        decode_keys(&self.key_type, &keys)
    }

    /// Drops cold keys from memory when it holds more than its share; nothing that was ended or is in a bundle may be left.
    pub(super) fn evict(&mut self) -> Result<(), Failure> {
        if !self.state.is_on_disk() {
            return Ok(());
        }
        let Self { groups, state, .. } = self;
        if state.choose_victims(groups.memory_size(), groups.slots.in_use()) == 0 {
            return Ok(());
        }
        let victims: Vec<u32> = groups.keys().filter(|&key| state.is_victim(key)).collect();
        let slots = victims.iter().map(|&key| (key, groups.address(key)));
        state.write_slots(slots, |key, out| groups.write_value(key, out))?;
        for &key in &victims {
            state.drop_key(groups.table.key(key));
            state.forget(key);
        }
        groups.forget(&victims);
        Ok(())
    }

    /// The state at a barrier.
    pub(super) fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.settle_all()?;
        let Self { groups, state, .. } = self;
        if state.is_on_disk() {
            return state.begin_snapshot(barrier);
        }
        let slots = state.slots_to_store(groups.keys());
        let slots = slots.into_iter().map(|key| (key, groups.address(key)));
        state.snapshot(barrier, slots, |key, out| groups.write_value(key, out))
    }
}

/// One column for each aggregate, before and after a change.
#[derive(Default)]
pub(super) struct Values {
    pub(super) before: Vec<ArrayRef>,
    pub(super) after: Vec<ArrayRef>,
}
