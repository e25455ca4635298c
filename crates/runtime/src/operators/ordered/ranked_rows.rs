//! `RankedRows`: the rows of each key in an order. The first ones, as many as ranks are wanted, are in a list; where rows are taken back, the others
//! wait behind it in a tree.
//!
//! ```text
//!   row -> among the first? list, and the last one of it goes behind, or is forgotten : behind, or ignored
//! ```
//! Rows that are equal in the order stand as they came.

use std::collections::BTreeMap;
use std::ops::Bound;

use arrow_array::RecordBatch;
use dataflow::{Batch, CheckpointBarrier, Failure, KeyedSnapshot, Progress, RowType};
use state::{Due, KeyArena, KeyBatch, KeyedRows, KeyedStateContext};

use super::rank_ends::RankEnds;
use super::sort_keys::{SortKeys, SortKeysOfBatch};

/// The rows of one key.
#[derive(Debug, Default)]
pub(in crate::operators) struct Ranking {
    /// Numbers of the first rows, in order.
    pub(in crate::operators) top: Vec<u32>,
    /// The others by sort key and sequence.
    rest: BTreeMap<Box<[u8]>, u32>,
    next_sequence: u64,
}

/// What putting a row in has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) enum Inserted {
    /// It is not among the first: it waits behind them under this number, or is ignored.
    Behind(Option<u32>),
    /// It is at this place of the list, and this row is not among the first any more.
    At(usize, Option<u32>),
}

/// Rows by key, in order.
pub(in crate::operators) struct RankedRows {
    pub(in crate::operators) rows: KeyedRows,
    keys: KeyBatch,
    sorter: SortKeys,
    /// By number of the row.
    sort_keys: KeyArena,
    rankings: Vec<Ranking>,
    /// Rows of a list at most.
    ends: RankEnds,
    /// Whether rows wait behind the list.
    keeps_rest: bool,
    /// Whether a row stands before those that are equal to it in the order.
    before_equal: bool,
    /// By row of the batch.
    pub(in crate::operators) slots: Vec<u32>,
}

/// How rows are ranked.
pub(in crate::operators) struct RankingSpec<'a> {
    pub(in crate::operators) input: &'a RowType,
    pub(in crate::operators) partition: &'a [usize],
    pub(in crate::operators) sorter: SortKeys,
    pub(in crate::operators) ends: RankEnds,
    pub(in crate::operators) keeps_rest: bool,
    pub(in crate::operators) before_equal: bool,
}

impl RankedRows {
    /// Opens them with what was restored into memory; returns the numbers of these rows too.
    pub(in crate::operators) fn open(
        spec: RankingSpec<'_>,
        state: KeyedStateContext,
    ) -> Result<(Self, Vec<u32>), Failure> {
        let RankingSpec { input, partition, sorter, mut ends, keeps_rest, before_equal } = spec;
        let keys = KeyBatch::new(input, partition).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let mut ranked = Self {
            rows: KeyedRows::open(state, input.arrow_schema(), &keys, &mut ends)?,
            keys,
            sorter,
            sort_keys: KeyArena::variable(),
            rankings: Vec::new(),
            ends,
            keeps_rest,
            before_equal,
            slots: Vec::new(),
        };
        let restored = ranked.index_kept()?;
        Ok((ranked, restored))
    }

    /// Brings the rows of a key group into memory, as [`KeyedRows::load_part`]: their numbers.
    pub(in crate::operators) fn load_part(&mut self, key_group: u32) -> Result<Vec<u32>, Failure> {
        let numbers = self.rows.load_part(key_group, &mut self.ends)?;
        self.index(&numbers)?;
        Ok(numbers)
    }

    /// Brings keys that have to be looked at up to a time into memory: the numbers of their rows, nothing when there are no more keys.
    pub(in crate::operators) fn bring_due(&mut self, due: &mut Due) -> Result<Option<Vec<u32>>, Failure> {
        let Some(numbers) = self.rows.bring_due(due, &mut self.ends)? else { return Ok(None) };
        self.make_room();
        self.index(&numbers)?;
        Ok(Some(numbers))
    }

    fn index_kept(&mut self) -> Result<Vec<u32>, Failure> {
        let numbers: Vec<u32> = self.rows.numbers().collect();
        self.index(&numbers)?;
        Ok(numbers)
    }

    /// Puts rows into their rankings that have been brought into memory.
    fn index(&mut self, numbers: &[u32]) -> Result<(), Failure> {
        if numbers.is_empty() {
            return Ok(());
        }
        let columns = self.rows.gather_kept(numbers, self.sorter.columns())?;
        let keys = self.sorter.of_columns(&columns)?;
        let mut by_slot: Vec<usize> = (0..numbers.len()).collect();
        by_slot.sort_by_key(|&index| (self.rows.slot(numbers[index]), self.rows.sequence(numbers[index])));
        self.make_room();
        for index in by_slot {
            let number = numbers[index];
            let slot = self.rows.slot(number);
            self.rankings[slot as usize].next_sequence = self.rows.sequence(number) + 1;
            self.put(slot, keys.get(index), number);
        }
        Ok(())
    }

    fn make_room(&mut self) {
        if self.rankings.len() < self.rows.slot_count() {
            self.rankings.resize_with(self.rows.slot_count().next_power_of_two(), Ranking::default);
        }
    }

    /// Finds the keys of a batch and brings their rows into memory: their numbers.
    pub(in crate::operators) fn begin(&mut self, batch: &Batch) -> Result<(SortKeysOfBatch, Vec<u32>), Failure> {
        self.keys.encode(batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.keys, &mut slots, &mut self.ends);
        self.slots = slots;
        let loaded = loaded?;
        self.make_room();
        self.index(&loaded)?;
        Ok((self.sorter.of_batch(batch.columns())?, loaded))
    }

    /// Says how many rows of a key are among the first, if nobody has said it before.
    pub(in crate::operators) fn set_end(&mut self, slot: u32, end: i64, now: i64) {
        if self.ends.set(slot, end, now) {
            self.rows.mark_key_written(slot);
        }
    }

    /// How many rows of a key are among the first.
    pub(in crate::operators) fn end_of(&self, slot: u32) -> usize {
        self.ends.of(slot)
    }

    /// The rows of a key.
    pub(in crate::operators) fn ranking(&self, slot: u32) -> &Ranking {
        &self.rankings[slot as usize]
    }

    /// The sort key of a row.
    pub(in crate::operators) fn sort_key(&self, number: u32) -> &[u8] {
        self.sort_keys.get(number)
    }

    /// The place of a row with this sort key among the first rows of a key.
    #[inline]
    pub(in crate::operators) fn place_of(&self, slot: u32, key: &[u8]) -> usize {
        let top = &self.rankings[slot as usize].top;
        let stands_before = |&number: &u32| {
            let other = self.sort_keys.get(number);
            if self.before_equal { other < key } else { other <= key }
        };
        // Most rows are not better than the last one.
        match top.last() {
            Some(last) if stands_before(last) => top.len(),
            _ => top.partition_point(stands_before),
        }
    }

    /// Adds a row of the batch to a key.
    #[inline]
    pub(in crate::operators) fn insert(&mut self, slot: u32, key: &[u8], row: u32, now: i64) -> Inserted {
        let place = self.place_of(slot, key);
        if place >= self.ends.of(slot) && !self.keeps_rest {
            return Inserted::Behind(None);
        }
        let ranking = &mut self.rankings[slot as usize];
        let sequence = ranking.next_sequence;
        ranking.next_sequence += 1;
        let number = self.rows.add(slot, sequence, row, now);
        self.put_at(slot, key, number, place)
    }

    fn put(&mut self, slot: u32, key: &[u8], number: u32) -> Inserted {
        let place = self.place_of(slot, key);
        self.put_at(slot, key, number, place)
    }

    fn put_at(&mut self, slot: u32, key: &[u8], number: u32, place: usize) -> Inserted {
        self.sort_keys.put(number, key);
        let last = self.ends.of(slot);
        let ranking = &mut self.rankings[slot as usize];
        if place >= last {
            ranking.rest.insert(rest_key(key, self.rows.sequence(number)), number);
            return Inserted::Behind(Some(number));
        }
        ranking.top.insert(place, number);
        let out = if ranking.top.len() > last { ranking.top.pop() } else { None };
        if let Some(out) = out {
            if self.keeps_rest {
                ranking.rest.insert(rest_key(self.sort_keys.get(out), self.rows.sequence(out)), out);
            } else {
                self.rows.remove(out);
            }
        }
        Inserted::At(place, out)
    }

    /// Takes the row at this place of the list away; returns its number, and that of the row that is among the first instead.
    pub(in crate::operators) fn remove_at(&mut self, slot: u32, place: usize) -> (u32, Option<u32>) {
        let ranking = &mut self.rankings[slot as usize];
        let number = ranking.top.remove(place);
        self.rows.remove(number);
        let next = ranking.rest.pop_first().map(|(_, number)| number);
        ranking.top.extend(next);
        (number, next)
    }

    /// The places of the list at which rows with this sort key stand.
    pub(in crate::operators) fn equal_places(&self, slot: u32, key: &[u8]) -> std::ops::Range<usize> {
        let top = &self.rankings[slot as usize].top;
        let first = top.partition_point(|&number| self.sort_keys.get(number) < key);
        let behind = first + top[first..].partition_point(|&number| self.sort_keys.get(number) <= key);
        first..behind
    }

    /// Rows with this sort key that wait behind the list.
    pub(in crate::operators) fn equal_behind(&self, slot: u32, key: &[u8]) -> Vec<u32> {
        let rest = &self.rankings[slot as usize].rest;
        if rest.is_empty() {
            return Vec::new();
        }
        let from = rest_key(key, 0);
        let to = rest_key(key, u64::MAX);
        let equal = rest.range::<[u8], _>((Bound::Included(&*from), Bound::Included(&*to)));
        equal.map(|(_, &number)| number).collect()
    }

    /// Takes a row away that waits behind the list.
    pub(in crate::operators) fn remove_behind(&mut self, slot: u32, number: u32) {
        let key = rest_key(self.sort_keys.get(number), self.rows.sequence(number));
        self.rankings[slot as usize].rest.remove(&key);
        self.rows.remove(number);
    }

    /// Takes the first rows of all keys away that `is_due`; returns their numbers.
    pub(in crate::operators) fn take_while(&mut self, is_due: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut taken = Vec::new();
        for ranking in &mut self.rankings {
            let count = ranking.top.partition_point(|&number| is_due(number));
            taken.extend(ranking.top.drain(..count));
        }
        taken.iter().for_each(|&number| self.rows.remove(number));
        taken
    }

    /// Takes all rows of a key away.
    pub(in crate::operators) fn clear(&mut self, slot: u32) {
        let ranking = std::mem::take(&mut self.rankings[slot as usize]);
        for number in ranking.top.into_iter().chain(ranking.rest.into_values()) {
            self.rows.remove(number);
        }
    }

    /// Takes the rows of a key away that were written until this time; tells nobody.
    pub(in crate::operators) fn expire_key(&mut self, slot: u32, written_until: i64) {
        let Self { rows, rankings, ends, .. } = self;
        let ranking = &mut rankings[slot as usize];
        let mut keep = |number: &u32| {
            let lives = rows.written(*number) > written_until;
            if !lives {
                rows.remove(*number);
            }
            lives
        };
        ranking.top.retain(&mut keep);
        ranking.rest.retain(|_, number| keep(number));
        while ranking.top.len() < ends.of(slot) {
            let Some((_, number)) = ranking.rest.pop_first() else { break };
            ranking.top.push(number);
        }
        rows.settle_keys([slot], &*ends);
        if ends.expire(slot, written_until) {
            rows.remove_key_value(slot);
        }
    }

    /// The same of all keys; no batch is being processed.
    pub(in crate::operators) fn expire(&mut self, written_until: i64) -> Result<(), Failure> {
        for slot in 0..self.rankings.len() as u32 {
            if !self.rankings[slot as usize].top.is_empty() || self.ends.is_known(slot) {
                self.expire_key(slot, written_until);
            }
        }
        self.end_without_batch()
    }

    /// What outlives the operator.
    pub(in crate::operators) fn snapshot(
        &mut self,
        barrier: &CheckpointBarrier,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.rows.snapshot(barrier, &self.ends)
    }

    /// Puts some more of it into the last snapshot.
    pub(in crate::operators) fn settle_some(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some(&self.ends)
    }

    /// The keys of the store that have to be looked at up to this time.
    pub(in crate::operators) fn due(&mut self, time: i64) -> Result<Due, Failure> {
        self.rows.due(time, &self.ends)
    }

    /// The batch has been processed; keys without rows are forgotten.
    pub(in crate::operators) fn end(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let Self { rows, sort_keys, ends, .. } = self;
        rows.end(batch, |number| sort_keys.remove(number))?;
        rows.forget_empty(&*ends);
        Ok(())
    }

    /// The same outside of a batch.
    pub(in crate::operators) fn end_without_batch(&mut self) -> Result<(), Failure> {
        let Self { rows, sort_keys, ends, .. } = self;
        rows.end_without_batch(|number| sort_keys.remove(number))?;
        rows.forget_empty(&*ends);
        Ok(())
    }

    /// Drops cold keys from memory when it holds more than its share; `bytes` is what the operator holds beside. `due` is told the slot of each and says when
    /// the key has to be looked at.
    pub(in crate::operators) fn evict(
        &mut self,
        bytes: usize,
        mut due: impl FnMut(u32) -> Option<i64>,
    ) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        let bytes = bytes
            + self.ends.memory_size()
            + self.sort_keys.memory_size()
            + self.rankings.capacity() * size_of::<Ranking>();
        let Self { rows, rankings, sort_keys, ends, .. } = self;
        rows.evict(
            bytes,
            ends,
            |_, _, _| true,
            |ends, slot, numbers| {
                ends.forget(slot);
                let ranking = std::mem::take(&mut rankings[slot as usize]);
                let first = numbers.len();
                numbers.extend(ranking.top.into_iter().chain(ranking.rest.into_values()));
                numbers[first..].iter().for_each(|&number| sort_keys.remove(number));
                due(slot)
            },
        )
    }
}

/// Sort keys of rows of one type are never the beginning of one another, so that the sequence can follow.
fn rest_key(key: &[u8], sequence: u64) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(key.len() + 8);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.into_boxed_slice()
}
