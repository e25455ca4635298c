//! `Join`: joins two changelogs without a bound on time; both sides are kept.
//!
//! ```text
//!   batch of one side -> slot of each key -> matches among the rows of the other side -> row by row: changes, state -> one batch of output
//! ```
//! The other side does not change while a batch is processed, save for the number of matches of its rows, so that matches are found for many rows
//! at once. What is emitted, and with which row kinds, is what Flink's `StreamingJoinOperator` and `StreamingSemiAntiJoinOperator` emit: pads
//! are +I and -D, matches have the kind of the row that came, or +I and -D where pads are possible. Keys that are not in memory are loaded before a
//! batch is joined. A row that was not written for the time to live of its side, nor the number of its matches, is as if it had never come.
//!
//! In mini-batches the rows of both sides are gathered, [`fold`]ed, and then joined, first those of the side that pads need. Where a row takes the place of
//! another one, no pad comes and goes between them.
//!
//! | row | INNER | outer | SEMI, ANTI |
//! |---|---|---|---|
//! | comes | pairs | first match of the other row: its pad -D; pairs +I; no match: own pad +I | the first match of a left row turns it on, or off |
//! | is taken back | pairs | pairs; last match of the other row: its pad +I; no match: own pad -D | the last match turns it off, or on |

pub(super) mod condition;
pub(super) mod emission;
mod fold;
mod join_state;
mod matches;
#[cfg(test)]
mod mini_batch_tests;
#[cfg(test)]
mod restore_tests;
mod side;
#[cfg(test)]
mod tests;

use std::task::Waker;

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{JoinSpec, JoinType};
use dataflow::{Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful};
use expr::EvalContext;
use state::{AppliedRows, KeyTable, KeyedStateContext, StateTtl, WriteTimes};

use super::bundle::Bundle;
use super::input_keys::InputKeys;
use condition::Condition;
use emission::Emission;
use fold::{Fold, Folded};
use join_state::JoinState;
use matches::{Matches, replaces};
use side::Side;

/// The operator. Input 0 is the left side, input 1 the right.
pub struct Join {
    join_type: JoinType,
    sides: [Side; 2],
    /// Slots of the keys of both sides.
    table: KeyTable,
    state: JoinState,
    condition: Option<Condition>,
    emission: Emission,
    /// Of each row of the batch; none when its key has a NULL.
    slots: Vec<Option<u32>>,
    matches: Matches,
    mini_batch: Option<MiniBatches>,
    clock: Clock,
    /// How often expired rows are swept out, ms, and when next, ms since the epoch.
    sweep_interval: Option<i64>,
    next_sweep: Option<i64>,
}

/// The mini-batch under way, and how each side is folded at its end.
struct MiniBatches {
    bundle: Bundle<2>,
    folds: [Fold; 2],
}

impl Join {
    /// An operator for this spec; the condition is evaluated in `context`, `clock` is for the time to live. `state` is opened here.
    pub fn new(
        spec: &JoinSpec,
        context: &EvalContext,
        clock: Clock,
        mut state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let [left_keys, right_keys] = InputKeys::of_join(spec)?;
        let [left_times, right_times] = spec.state_ttl_ms.map(|ttl| WriteTimes::new(ttl, &clock));
        let sweep_interval = left_times.ttl().into_iter().chain(right_times.ttl()).min();
        state.ttl = StateTtl::new(clock.clone(), &spec.state_ttl_ms);
        let outer = [
            matches!(spec.join_type, JoinType::Left | JoinType::Full),
            matches!(spec.join_type, JoinType::Right | JoinType::Full),
        ];
        let left = Side::new(&spec.left, left_keys, outer[0], left_times, &spec.identity[0]);
        let right = Side::new(&spec.right, right_keys, outer[1], right_times, &spec.identity[1]);
        let left_only = matches!(spec.join_type, JoinType::Semi | JoinType::Anti);
        let condition = spec.condition.as_ref().map(|condition| Condition::new(spec, condition, context));
        let mini_batch = spec.mini_batch.filter(|_| !left_only).map(|bounds| -> Result<_, Failure> {
            let (left, right): (Vec<usize>, Vec<usize>) = spec.keys.iter().copied().unzip();
            let folds =
                [Fold::new(&spec.left, &left, &spec.identity[0])?, Fold::new(&spec.right, &right, &spec.identity[1])?];
            Ok(MiniBatches { bundle: Bundle::new(bounds), folds })
        });
        let mut table = KeyTable::new(&left.keys.batch);
        let mut sides = [left, right];
        let state = JoinState::open(state, [&spec.left, &spec.right], &mut table, &mut sides, restored)?;
        Ok(Self {
            join_type: spec.join_type,
            table,
            sides,
            state,
            condition: condition.transpose()?,
            emission: Emission::new(spec.output.arrow_schema(), left_only),
            slots: Vec::new(),
            matches: Matches::default(),
            mini_batch: mini_batch.transpose()?,
            next_sweep: sweep_interval.map(|interval| clock.now_millis().saturating_add(interval)),
            clock,
            sweep_interval,
        })
    }

    /// Finds the slots of the keys of a batch, and brings the rows of those that are not in memory.
    fn find_slots(&mut self, input: usize, batch: &Batch) -> Result<(), Failure> {
        let Self { sides, table, state, slots, .. } = self;
        let keys = &mut sides[input].keys;
        keys.encode(batch);
        slots.clear();
        let mut missing = Vec::new();
        for row in 0..batch.num_rows() {
            if !keys.is_complete(row) {
                slots.push(None);
                continue;
            }
            let (slot, new) = table.find_or_insert(&keys.batch, row);
            state.touch(slot);
            if new {
                state.begin_key(slot, table.key(slot));
            }
            let absent = state.take_absent(slot, input);
            if absent != 0 {
                missing.push((slot, absent));
            }
            slots.push(Some(slot));
        }
        if !missing.is_empty() {
            state.load(&missing, table, sides)?;
        }
        state.settle_keys(input, slots.iter().flatten().copied(), table, sides)
    }

    /// Emits what a row changes and applies it to the state.
    fn process_row(
        &mut self,
        input: usize,
        row: usize,
        kind: RowKind,
        partner: Option<usize>,
        applied: &mut AppliedRows,
    ) -> Result<(), Failure> {
        let Self { join_type, sides, table, state, emission, slots, matches, condition, .. } = self;
        let (left, right) = sides.split_at_mut(1);
        let (own, other) = if input == 0 { (&mut left[0], &mut right[0]) } else { (&mut right[0], &mut left[0]) };
        let stays = match partner {
            None => Stays::None,
            Some(_) if condition.is_none() => Stays::All,
            Some(partner) => Stays::these(matches.of(partner)),
        };
        let mut row = Row { row, kind, matches: matches.of(row), stays, other, other_side: 1 - input, emission, state };
        let matched = match join_type {
            JoinType::Semi | JoinType::Anti if input == 0 => row.emit_if(*join_type == JoinType::Semi),
            JoinType::Semi | JoinType::Anti => row.switch_matches(*join_type == JoinType::Semi),
            _ => row.emit_matches(own.outer),
        };
        if let Some(slot) = slots[row.row] {
            if kind.is_retraction() {
                let retracted = own.rows.retract(applied, slot, row.row)?;
                row.state.mark_retracted(input, table.key(slot), retracted);
            } else {
                let id = own.rows.add(applied, slot, row.row, matched)?;
                row.state.mark_written(input, id);
            }
        }
        Ok(())
    }

    /// Forgets keys that no side has rows of any more.
    fn forget_keys(&mut self, batch: &Batch) {
        if batch.kinds().is_none() {
            return;
        }
        let retracted = (0..batch.num_rows()).filter(|row| batch.kind(*row).is_retraction());
        let mut slots: Vec<u32> = retracted.filter_map(|row| self.slots[row]).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            if join_state::is_empty(&self.sides, slot) {
                self.table.remove(slot);
            }
        }
    }
}

/// Which rows of the other side keep a match, for the row that takes the place of this one, or whose place it takes, matches them too: none is padded
/// between the two.
enum Stays {
    None,
    All,
    /// Entries, sorted.
    These(Vec<u32>),
}

impl Stays {
    fn these(entries: &[u32]) -> Self {
        let mut entries = entries.to_vec();
        entries.sort_unstable();
        Stays::These(entries)
    }

    fn has(&self, entry: u32) -> bool {
        match self {
            Stays::None => false,
            Stays::All => true,
            Stays::These(entries) => entries.binary_search(&entry).is_ok(),
        }
    }
}

/// A row that has come, and its matches on the other side.
struct Row<'a> {
    row: usize,
    kind: RowKind,
    matches: &'a [u32],
    stays: Stays,
    other: &'a mut Side,
    other_side: usize,
    emission: &'a mut Emission,
    state: &'a mut JoinState,
}

impl Row<'_> {
    /// INNER and outer joins: emits pairs and pads; returns the number of matches.
    fn emit_matches(&mut self, outer: bool) -> u32 {
        let retraction = self.kind.is_retraction();
        let pad_kind = if retraction { RowKind::Delete } else { RowKind::Insert };
        if self.matches.is_empty() && outer {
            self.emission.push(pad_kind, Some(self.row), None);
        }
        // Where pads are possible a join emits no updates. A row taken back keeps its kind when only the other side is padded.
        let pair_kind = if outer || (self.other.outer && !retraction) { pad_kind } else { self.kind };
        let mut matched = 0;
        for &id in self.matches {
            let entry = *self.other.rows.entry(id);
            let other = Some(entry.row());
            let pads = self.other.outer && entry.associations == u32::from(retraction) && !self.stays.has(id);
            for _ in 0..entry.count {
                if pads && !retraction {
                    self.emission.push(RowKind::Delete, None, other);
                }
                self.emission.push(pair_kind, Some(self.row), other);
                if pads && retraction {
                    self.emission.push(RowKind::Insert, None, other);
                }
            }
            matched += entry.count;
            if self.other.outer {
                self.count_match(id, entry.associations);
            }
        }
        matched
    }

    /// The left row of a SEMI or ANTI join: emits it when it has a match, or when it has none; returns the number of matches.
    fn emit_if(&mut self, matched: bool) -> u32 {
        if self.matches.is_empty() != matched {
            self.emission.push(self.kind, Some(self.row), None);
        }
        self.matches.iter().map(|&id| self.other.rows.entry(id).count).sum()
    }

    /// The right row of a SEMI or ANTI join: emits the left rows whose first match it is, or whose last match goes.
    fn switch_matches(&mut self, semi: bool) -> u32 {
        let retraction = self.kind.is_retraction();
        let kind = match (semi, retraction) {
            (true, _) => self.kind,
            (false, true) => RowKind::Insert,
            (false, false) => RowKind::Delete,
        };
        for &id in self.matches {
            let entry = *self.other.rows.entry(id);
            if entry.associations == u32::from(retraction) {
                for _ in 0..entry.count {
                    self.emission.push(kind, None, Some(entry.row()));
                }
            }
            self.count_match(id, entry.associations);
        }
        0
    }

    fn count_match(&mut self, id: u32, associations: u32) {
        let associations = if self.kind.is_retraction() { associations.saturating_sub(1) } else { associations + 1 };
        self.other.rows.set_associations(id, associations);
        self.state.mark_written(self.other_side, id);
    }
}

impl Join {
    /// Joins the rows of a batch with those of the other side. `is_replaced`: of which the next one takes the place.
    fn join(&mut self, input: usize, batch: &Batch, is_replaced: &[bool], out: &mut dyn Output) -> Result<(), Failure> {
        if self.sweep_interval.is_some() {
            let now = self.clock.now_millis();
            self.sides.iter_mut().for_each(|side| side.rows.set_time(now));
        }
        self.find_slots(input, batch)?;
        let mut applied = self.sides[input].rows.begin(batch.rows());
        let mut row = 0;
        while row < batch.num_rows() {
            let other = &self.sides[1 - input].rows;
            let end = self.matches.find(row, input, batch, is_replaced, &self.slots, other, self.condition.as_ref())?;
            for row in row..end {
                let partner = match is_replaced.get(row) {
                    Some(true) => Some(row + 1),
                    _ => replaces(is_replaced, row).then(|| row - 1),
                };
                self.process_row(input, row, batch.kind(row), partner, &mut applied)?;
                if self.emission.is_full() {
                    self.emission.flush(input, batch, self.sides[1 - input].rows.store(), out)?;
                }
            }
            row = end;
        }
        self.emission.flush(input, batch, self.sides[1 - input].rows.store(), out)?;
        self.sides[input].rows.end(applied)?;
        self.forget_keys(batch);
        self.state.evict(&mut self.table, &mut self.sides)
    }

    /// Joins what the mini-batch has come to: the side that is not padded first, so that pads that would be taken back are not made.
    fn end_mini_batch(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        let Some(MiniBatches { bundle, folds }) = &mut self.mini_batch else { return Ok(()) };
        let mut folded = Vec::with_capacity(2);
        for (input, (rows, fold)) in bundle.take()?.into_iter().zip(folds).enumerate() {
            folded.extend(rows.map(|rows| fold.fold(rows)).transpose()?.map(|rows| (input, rows)));
        }
        if self.join_type != JoinType::Right {
            folded.reverse();
        }
        for (input, Folded { rows, is_replaced }) in folded {
            self.join(input, &rows, &is_replaced, out)?;
        }
        Ok(())
    }
}

impl Operator for Join {
    fn process(&mut self, input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        if self.mini_batch.is_none() {
            return self.join(input, &batch, &[], out);
        }
        let mut taken = 0;
        while let Some(MiniBatches { bundle, .. }) = self.mini_batch.as_mut().filter(|_| taken < batch.num_rows()) {
            taken = bundle.add(input, &batch, taken);
            if bundle.is_full() {
                self.end_mini_batch(out)?;
            }
        }
        Ok(())
    }

    /// As in Flink the watermark of either input ends a mini-batch.
    fn on_input_watermark(&mut self, _input: usize, _watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.end_mini_batch(out)
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.end_mini_batch(out)?;
        Ok(Progress::Done)
    }

    fn on_timer(&mut self, now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        let Some(interval) = self.sweep_interval.filter(|_| self.next_sweep.is_some_and(|at| at <= now)) else {
            return Ok(());
        };
        self.next_sweep = Some(now.saturating_add(interval));
        self.state.expire(now, &mut self.table, &mut self.sides)
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for Join {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.end_mini_batch(out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = self.state.snapshot(barrier, &self.table, &self.sides)?;
        Ok(OperatorSnapshot { items: vec![self.state.next_sequence(&self.sides)], keyed: Some(keyed) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.state.settle_some(&self.table, &self.sides)
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.state.checkpoint_aborted(checkpoint_id);
    }
}
