//! `IntervalJoin`: joins rows of two inputs, which only insert, whose times are close to each other; what cannot match any more is forgotten.
//!
//! ```text
//!   row at t -> rows of its key on the other side from t - a to t + b -> pairs -> may one still come? kept : pad
//!   time goes on -> rows that no row can match any more -> pads of those that never matched -> forgotten
//! ```
//! Time is the watermark or the clock. When rows go is what Flink's `TimeIntervalJoin` does: by a timer of their key, and when a row of the other side
//! comes; so a late row still finds what is there. Each side of a key has one timer, set by its first row and again for the earliest that is left.
//! As Flink's, it is not part of the state: after a restore it is that of the earliest row. Watermarks are passed on with the delay that rows may have.

#[cfg(test)]
mod restore_tests;
#[cfg(test)]
pub(super) mod tests;

use std::borrow::Cow;
use std::task::Waker;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use common::clock::Clock;
use dataflow::operator_spec::{IntervalJoinSpec, IntervalJoinTime, JoinType};
use dataflow::{
    Batch, CheckpointBarrier, Failure, MAX_WATERMARK, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful,
    StreamElement,
};
use expr::EvalContext;
use state::{KeyedStateContext, RowRef, TimerQueue};

use super::input_keys::InputKeys;
use super::join::condition::Condition;
use super::join::emission::Emission;
use super::stored_pairs::StoredPairs;
use super::timed_state::TimedState;

/// Pairs looked at together, about.
const PAIRS: usize = 16_384;

/// What the queue of timers takes for each, about.
const TIMER_BYTES: usize = 32;

/// The tag of a row that has matched.
const MATCHED: u8 = 1;

/// The operator. Input 0 is the left side, input 1 the right.
pub struct IntervalJoin {
    time: IntervalJoinTime,
    /// Rows of this side without a match are emitted padded with NULLs.
    outer: [bool; 2],
    /// How much later than a row of this side one of the other may be, ms.
    reach: [i64; 2],
    /// How much later than necessary rows are looked at again, ms.
    cleanup_interval: i64,
    /// Whether rows can match at all: the bounds may exclude each other.
    is_possible: bool,
    keys: [InputKeys; 2],
    state: TimedState,
    condition: Option<Condition>,
    emission: Emission,
    pads: StoredPairs,
    timers: TimerQueue<u32>,
    /// By slot: when rows of each side are looked at next.
    timer_of: Vec<[Option<i64>; 2]>,
    watermark: i64,
    /// Up to here each side was last cleaned.
    expired: [i64; 2],
    clock: Clock,
    steps: Steps,
}

/// What consecutive rows of a batch lead to.
#[derive(Default)]
struct Steps {
    rows: Vec<Step>,
    candidates: Vec<Candidate>,
    /// The pairs among the candidates.
    pairs: (Vec<u32>, Vec<Option<RowRef>>),
    /// Entries that are removed when the batch is done.
    gone: Vec<u32>,
}

struct Step {
    /// Where its candidates end.
    end: usize,
    /// The slot of its key when it is kept.
    kept: Option<u32>,
}

/// A row of the other side that a row meets.
struct Candidate {
    id: u32,
    is_pair: bool,
    expires: bool,
}

impl IntervalJoin {
    /// An operator for this spec; the condition is evaluated in `context`, `clock` is for processing time. `state` is opened here.
    pub fn new(
        spec: &IntervalJoinSpec,
        context: &EvalContext,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let join = &spec.join;
        let keys = InputKeys::of_join(join)?;
        let condition = join.condition.as_ref().map(|condition| Condition::new(join, condition, context));
        let schema = join.output.arrow_schema();
        let outer = |other| [JoinType::Full, other].contains(&join.join_type);
        let mut operator = Self {
            time: spec.time,
            outer: [outer(JoinType::Left), outer(JoinType::Right)],
            reach: [-spec.lower_ms, spec.upper_ms],
            cleanup_interval: spec.min_cleanup_interval_ms,
            is_possible: spec.lower_ms <= spec.upper_ms,
            state: TimedState::open(state, [&join.left, &join.right], &keys[0].batch)?,
            keys,
            condition: condition.transpose()?,
            emission: Emission::new(schema.clone(), false),
            pads: StoredPairs::new(schema, false),
            timers: TimerQueue::default(),
            timer_of: Vec::new(),
            watermark: 0,
            expired: [0; 2],
            clock,
            steps: Steps::default(),
        };
        while let Some(slots) = operator.state.restore_some()? {
            operator.loaded(&slots);
            operator.evict()?;
        }
        Ok(operator)
    }

    /// The rows of keys have been brought into memory.
    fn loaded(&mut self, slots: &[u32]) {
        for &slot in slots {
            (0..2).for_each(|side| self.set_timer(side, slot));
        }
    }

    /// Drops cold keys from memory when there is no room.
    fn evict(&mut self) -> Result<(), Failure> {
        let Self { state, timers, timer_of, .. } = self;
        let bytes = timers.len() * TIMER_BYTES + timer_of.len() * size_of::<[Option<i64>; 2]>();
        state.evict(bytes, |slot, _| {
            let due = std::mem::take(&mut timer_of[slot as usize]);
            due.into_iter().flatten().for_each(|timer| timers.delete(timer, slot));
            due.into_iter().flatten().min()
        })
    }

    /// What the time is: rows before it are not expected any more.
    fn now(&self) -> i64 {
        match self.time {
            IntervalJoinTime::Rowtime { .. } => self.watermark,
            IntervalJoinTime::Proctime => self.clock.now_millis(),
        }
    }

    /// Rows of this side up to here match nothing any more.
    fn expiration(&self, side: usize, now: i64) -> i64 {
        if now == MAX_WATERMARK { MAX_WATERMARK } else { now.saturating_sub(self.reach[side]).saturating_sub(1) }
    }

    /// Sets the timer of a side of a key for its earliest row, if it has one.
    fn set_timer(&mut self, side: usize, slot: u32) {
        if self.timer_of.len() <= slot as usize {
            self.timer_of.resize(slot as usize + 1, [None; 2]);
        }
        let earliest = self.state.side(side).list(slot).first().map(|row| row.time);
        let timer = earliest.map(|time| time.saturating_add(self.reach[side] + self.cleanup_interval + 1));
        self.timer_of[slot as usize][side] = timer;
        timer.into_iter().for_each(|timer| self.timers.register(timer, slot));
    }

    /// Finds what the rows from `first` on meet, until there are enough pairs; returns the first row left out.
    fn find(&mut self, first: usize, input: usize, batch: &Batch, times: &[i64], now: i64) -> usize {
        let other = 1 - input;
        let steps = &mut self.steps;
        steps.rows.clear();
        steps.candidates.clear();
        steps.pairs.0.clear();
        steps.pairs.1.clear();
        let mut row = first;
        while row < batch.num_rows() && self.steps.pairs.0.len() < PAIRS {
            let (lowest, highest) = (times[row] - self.reach[other], times[row] + self.reach[input]);
            if self.is_possible && self.expired[other] < highest {
                self.expired[other] = self.expiration(other, now);
                if let Some(slot) = self.state.table.find(&self.keys[input].batch, row) {
                    self.meet(row, input, slot, lowest, highest);
                }
            }
            // Rows whose key has a NULL match nothing: they are kept only until their pad is due.
            let may_match = self.is_possible && now < highest;
            let is_kept = may_match && (self.outer[input] || self.keys[input].is_complete(row));
            let kept = is_kept.then(|| self.state.table.find_or_insert(&self.keys[input].batch, row).0);
            self.steps.rows.push(Step { end: self.steps.candidates.len(), kept });
            row += 1;
        }
        row
    }

    /// Notes the rows of the other side that a row meets; those that are expired leave their list.
    fn meet(&mut self, row: usize, input: usize, slot: u32, lowest: i64, highest: i64) {
        let Self { state, steps, keys, expired, .. } = self;
        let other = 1 - input;
        let is_complete = keys[input].is_complete(row);
        let list = state.side(other).list(slot);
        let (gone, rest) = list.split_at(list.partition_point(|entry| entry.time <= expired[other]));
        let in_reach = &rest[rest.partition_point(|entry| entry.time < lowest)..];
        let in_reach = in_reach.iter().take_while(|entry| entry.time <= highest).map(|entry| (entry, false));
        for (entry, expires) in gone.iter().map(|entry| (entry, true)).chain(in_reach) {
            let is_pair = is_complete && (lowest..=highest).contains(&entry.time);
            if is_pair {
                steps.pairs.0.push(row as u32);
                steps.pairs.1.push(Some(state.side(other).row(entry.id)));
            }
            steps.candidates.push(Candidate { id: entry.id, is_pair, expires });
        }
        let expired = expired[other];
        state.take_until(other, slot, expired).for_each(drop);
    }

    /// Emits what the rows from `first` on lead to, and keeps them.
    fn apply(&mut self, first: usize, input: usize, batch: &Batch, times: &[i64]) -> Result<(), Failure> {
        let other = 1 - input;
        let mut holds = None;
        if let Some(condition) = self.condition.as_ref().filter(|_| !self.steps.pairs.0.is_empty()) {
            let (rows, others) = &self.steps.pairs;
            holds = Some(condition.evaluate(input, batch, rows, self.state.side(other).store(), others)?);
        }
        let (mut start, mut pair) = (0, 0);
        for index in 0..self.steps.rows.len() {
            let Step { end, kept } = self.steps.rows[index];
            let row = first + index;
            let mut matched = false;
            for candidate in start..end {
                let Candidate { id, is_pair, expires } = self.steps.candidates[candidate];
                if is_pair {
                    if holds.as_ref().is_none_or(|holds| holds.value(pair)) {
                        self.emission.push(RowKind::Insert, Some(row), self.steps.pairs.1[pair]);
                        matched = true;
                        if self.outer[other] && self.state.side(other).tag(id) != MATCHED {
                            self.state.set_tag(other, id, MATCHED);
                        }
                    }
                    pair += 1;
                }
                if expires {
                    if self.outer[other] && self.state.side(other).tag(id) != MATCHED {
                        self.emission.push(RowKind::Insert, None, Some(self.state.side(other).row(id)));
                    }
                    self.steps.gone.push(id);
                }
            }
            start = end;
            match kept {
                Some(slot) => {
                    self.state.add(input, slot, row, times[row], if matched { MATCHED } else { 0 });
                    if self.timer_of.get(slot as usize).is_none_or(|timers| timers[input].is_none()) {
                        self.set_timer(input, slot);
                    }
                }
                None if self.outer[input] && !matched => self.emission.push(RowKind::Insert, Some(row), None),
                None => {}
            }
        }
        Ok(())
    }

    /// Looks at the keys whose timers are due, those too that are only in the store.
    fn advance(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut due = self.state.due(now)?;
        while let Some(slots) = self.state.bring_due(&mut due)? {
            self.loaded(&slots);
            self.look_at_due(now, out)?;
            self.evict()?;
        }
        self.look_at_due(now, out)
    }

    fn look_at_due(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut gone: [Vec<u32>; 2] = Default::default();
        let mut looked_at = Vec::new();
        while let Some((timer, slot)) = self.timers.pop_due(now) {
            for side in [1, 0] {
                if self.timer_of[slot as usize][side] != Some(timer) {
                    continue;
                }
                self.expired[side] = self.expiration(side, now);
                let first = gone[side].len();
                gone[side].extend(self.state.take_until(side, slot, self.expired[side]));
                if self.outer[side] {
                    let rows = self.state.side(side);
                    let unmatched = gone[side][first..].iter().filter(|&&id| rows.tag(id) != MATCHED);
                    unmatched.for_each(|&id| self.pads.push_pad(RowKind::Insert, side, rows.row(id)));
                }
                self.set_timer(side, slot);
            }
            looked_at.push(slot);
            if self.pads.is_full() {
                self.pads.flush(self.state.stores(), out)?;
            }
        }
        self.pads.flush(self.state.stores(), out)?;
        for (side, gone) in gone.iter_mut().enumerate() {
            self.state.remove(side, gone)?;
        }
        looked_at.sort_unstable();
        looked_at.dedup();
        for slot in looked_at {
            // A key with a timer has rows, or had some when the timer was set.
            if self.timer_of[slot as usize] == [None; 2] && self.state.is_empty(slot) {
                self.state.table.remove(slot);
            }
        }
        Ok(())
    }

    /// The time of each row, ms.
    fn times<'a>(&self, input: usize, batch: &'a Batch, now: i64) -> Result<Cow<'a, [i64]>, Failure> {
        let IntervalJoinTime::Rowtime { left, right } = self.time else {
            return Ok(vec![now; batch.num_rows()].into());
        };
        rowtimes(batch, if input == 0 { left } else { right }).map(Cow::Borrowed)
    }
}

/// The values of a time attribute.
pub(super) fn rowtimes(batch: &Batch, column: usize) -> Result<&[i64], Failure> {
    let times = batch.column(column).as_primitive_opt::<TimestampMillisecondType>();
    let times = times.ok_or_else(|| Failure::internal("the time of a join must be a TIMESTAMP(3)"))?;
    if times.null_count() > 0 {
        return Err(Failure::user("RowTime field should not be null, please convert it to a non-null long value."));
    }
    Ok(times.values())
}

impl Operator for IntervalJoin {
    fn process(&mut self, input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        let times = self.times(input, &batch, now)?;
        self.keys[input].encode(&batch);
        let loaded = self.state.bring(&self.keys[input].batch)?;
        self.loaded(&loaded);
        let mut row = 0;
        while row < batch.num_rows() {
            let end = self.find(row, input, &batch, &times, now);
            self.apply(row, input, &batch, &times)?;
            if self.emission.is_full() {
                self.emission.flush(input, &batch, self.state.side(1 - input).store(), out)?;
            }
            row = end;
        }
        self.emission.flush(input, &batch, self.state.side(1 - input).store(), out)?;
        self.state.end(input, &batch)?;
        self.state.remove(1 - input, &mut self.steps.gone)?;
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut passed = watermark;
        if matches!(self.time, IntervalJoinTime::Rowtime { .. }) {
            self.watermark = watermark.max(0);
            self.advance(watermark, out)?;
            // How late rows may be emitted.
            let delay = if self.is_possible { self.reach[0].max(self.reach[1]) } else { 0 };
            passed = watermark.saturating_sub(delay);
        }
        out.emit(StreamElement::Watermark(passed))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.advance(now, out)
    }

    fn next_timer(&self) -> Option<i64> {
        match self.time {
            IntervalJoinTime::Rowtime { .. } => None,
            IntervalJoinTime::Proctime => self.timers.next().into_iter().chain(self.state.next_due()).min(),
        }
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for IntervalJoin {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.state.snapshot(barrier)?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.state.settle_some()
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.state.checkpoint_aborted(checkpoint_id);
    }
}
