//! `TemporalJoin`: joins each left row with the version of a row of the right side that was valid at the left row's time.
//!
//! ```text
//!   left row -> kept until the watermark has reached its time
//!   right row -> a version of its key from its time on; in place of one of the same time
//!   watermark -> left rows up to it, in the order in which they came -> the latest version not after each -> versions older than the one valid now go
//! ```
//! The row kinds are those of the left rows. NULL equals NULL, as in Flink's. A version that takes the row back matches nothing. As Flink's `TemporalRowTimeJoinOperator` a key looks
//! at its rows when the watermark reaches the earliest left row that waits, or a right row that came while none waited; the version that is valid now
//! is kept for ever.

#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod tests;

use std::task::Waker;

use dataflow::operator_spec::{JoinType, TemporalJoinSpec};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful, StreamElement,
};
use expr::EvalContext;
use state::{KeyedStateContext, RowRef, TimerQueue};

use super::input_keys::InputKeys;
use super::interval_join::rowtimes;
use super::join::condition::Condition;
use super::stored_pairs::StoredPairs;
use super::timed_state::TimedState;

const LEFT: usize = 0;
const RIGHT: usize = 1;

/// Left rows looked at together, about.
const ROWS: usize = 16_384;

/// What the queue of timers takes for each, about.
const TIMER_BYTES: usize = 32;

/// The operator. Input 0 is the left side, input 1 the versioned table. The tag of a row is its kind.
pub struct TemporalJoin {
    is_outer: bool,
    keys: [InputKeys; 2],
    /// The column with the time of each input.
    times: [usize; 2],
    state: TimedState,
    condition: Option<Condition>,
    emission: StoredPairs,
    timers: TimerQueue<u32>,
    /// By slot.
    timer_of: Vec<Option<i64>>,
    due: Due,
    watermark: i64,
}

/// Left rows whose time has come.
#[derive(Default)]
struct Due {
    kinds: Vec<u8>,
    /// Left row, and the version for it.
    rows: [Vec<Option<RowRef>>; 2],
}

impl TemporalJoin {
    /// An operator for this spec; the condition is evaluated in `context`. `state` is opened here.
    pub fn new(spec: &TemporalJoinSpec, context: &EvalContext, state: KeyedStateContext) -> Result<Self, Failure> {
        let join = &spec.join;
        let keys = InputKeys::of_join(join)?;
        let condition = join.condition.as_ref().map(|condition| Condition::new(join, condition, context));
        let mut operator = Self {
            is_outer: join.join_type == JoinType::Left,
            state: TimedState::open(state, [&join.left, &join.right], &keys[LEFT].batch)?,
            keys,
            times: [spec.left_time, spec.right_time],
            condition: condition.transpose()?,
            emission: StoredPairs::new(join.output.arrow_schema(), false),
            timers: TimerQueue::default(),
            timer_of: Vec::new(),
            due: Due::default(),
            watermark: i64::MIN,
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
            let left = self.state.side(LEFT).list(slot).first().map(|row| row.time);
            let versions = self.state.side(RIGHT).list(slot);
            let right = versions.iter().map(|row| row.time).find(|time| *time > self.watermark);
            left.into_iter().chain(right).for_each(|time| self.set_timer(slot, time));
        }
    }

    /// Drops cold keys from memory when there is no room.
    fn evict(&mut self) -> Result<(), Failure> {
        let Self { state, timers, timer_of, .. } = self;
        let bytes = timers.len() * TIMER_BYTES + timer_of.len() * size_of::<Option<i64>>();
        state.evict(bytes, |slot, _| {
            let due = timer_of.get_mut(slot as usize).and_then(Option::take);
            due.into_iter().for_each(|timer| timers.delete(timer, slot));
            due
        })
    }

    /// Emits what is due of the keys in memory.
    fn emit_due(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut gone: [Vec<u32>; 2] = Default::default();
        let mut looked_at = Vec::new();
        while let Some((_, slot)) = self.timers.pop_due(watermark) {
            self.look_at(slot, watermark, &mut gone);
            looked_at.push(slot);
            if self.due.kinds.len() >= ROWS {
                self.join(out)?;
            }
        }
        self.join(out)?;
        for (side, gone) in gone.iter_mut().enumerate() {
            self.state.remove(side, gone)?;
        }
        // A key that was looked at has been taken from the timers, so that it is here once, unless it was looked at again.
        looked_at.sort_unstable();
        looked_at.dedup();
        for slot in looked_at {
            if self.timer_of[slot as usize].is_none() && self.state.is_empty(slot) {
                self.state.table.remove(slot);
            }
        }
        Ok(())
    }

    /// Looks at the key at this time, unless that is due earlier.
    fn set_timer(&mut self, slot: u32, time: i64) {
        if self.timer_of.len() <= slot as usize {
            self.timer_of.resize(slot as usize + 1, None);
        }
        let timer = &mut self.timer_of[slot as usize];
        if timer.is_some_and(|timer| timer <= time) {
            return;
        }
        if let Some(timer) = timer.replace(time) {
            self.timers.delete(timer, slot);
        }
        self.timers.register(time, slot);
    }

    /// Takes the left rows of a key that are due, with the versions for them; notes what goes.
    fn look_at(&mut self, slot: u32, watermark: i64, gone: &mut [Vec<u32>; 2]) {
        self.timer_of[slot as usize] = None;
        let first = gone[LEFT].len();
        gone[LEFT].extend(self.state.take_until(LEFT, slot, watermark));
        let lefts = self.state.side(LEFT);
        let versions = self.state.side(RIGHT);
        let list = versions.list(slot);
        gone[LEFT][first..].sort_unstable_by_key(|&id| lefts.sequence(id));
        for &id in &gone[LEFT][first..] {
            let time = lefts.time(id);
            let version =
                list.partition_point(|version| version.time <= time).checked_sub(1).map(|index| list[index].id);
            let version = version.filter(|&id| !RowKind::from_byte(versions.tag(id) as i8).is_retraction());
            self.due.kinds.push(lefts.tag(id));
            self.due.rows[LEFT].push(Some(lefts.row(id)));
            self.due.rows[RIGHT].push(version.map(|id| versions.row(id)));
        }
        let valid = list.partition_point(|version| version.time <= watermark).checked_sub(1);
        if let Some(before) = valid.filter(|&valid| valid > 0).map(|valid| list[valid - 1].time) {
            gone[RIGHT].extend(self.state.take_until(RIGHT, slot, before));
        }
        if let Some(next) = self.state.side(LEFT).list(slot).first().map(|row| row.time) {
            self.set_timer(slot, next);
        }
    }

    /// Emits what is due.
    fn join(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        let Due { kinds, rows } = &mut self.due;
        if let Some(condition) = &self.condition {
            let holds = condition.evaluate_stored(self.state.stores(), [&rows[LEFT], &rows[RIGHT]])?;
            rows[RIGHT]
                .iter_mut()
                .zip(holds.iter())
                .filter(|(_, holds)| !holds)
                .for_each(|(version, _)| *version = None);
        }
        for ((&kind, &left), &right) in kinds.iter().zip(&rows[LEFT]).zip(&rows[RIGHT]) {
            if right.is_some() || self.is_outer {
                self.emission.push(RowKind::from_byte(kind as i8), left, right);
            }
        }
        kinds.clear();
        rows.iter_mut().for_each(Vec::clear);
        self.emission.flush(self.state.stores(), out)
    }
}

impl Operator for TemporalJoin {
    fn process(&mut self, input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let times = rowtimes(&batch, self.times[input])?;
        self.keys[input].encode(&batch);
        let loaded = self.state.bring(&self.keys[input].batch)?;
        self.loaded(&loaded);
        let mut replaced = Vec::new();
        for (row, &time) in times.iter().enumerate() {
            let (slot, _) = self.state.table.find_or_insert(&self.keys[input].batch, row);
            if input == RIGHT {
                replaced.extend(self.state.take_at(RIGHT, slot, time));
            }
            self.state.add(input, slot, row, time, batch.kind(row) as u8);
            self.set_timer(slot, time);
        }
        self.state.end(input, &batch)?;
        self.state.remove(RIGHT, &mut replaced)?;
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut due = self.state.due(watermark)?;
        while let Some(slots) = self.state.bring_due(&mut due)? {
            self.loaded(&slots);
            self.emit_due(watermark, out)?;
            self.evict()?;
        }
        self.emit_due(watermark, out)?;
        self.watermark = self.watermark.max(watermark);
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for TemporalJoin {
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
