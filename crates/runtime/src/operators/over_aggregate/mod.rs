//! `OverAggregate`: aggregates of the rows before each row of its key, in order of time. Each row is emitted once, with the aggregates behind it.
//!
//! ```text
//!   row -> waits for the watermark -> in order of time: rows that leave the frame are taken back, the row is added -> values behind it
//! ```
//! All rows that are due are one batch of additions and retractions for the accumulators, and one batch of output. In processing time a row is due when
//! it comes, or, with RANGE and an interval, when its millisecond is over; rows whose millisecond is not over when the input ends are not emitted, as
//! Flink's timers do not fire then.
//!
//! Late rows are dropped as Flink drops them: with an unbounded frame those that are not behind the watermark, with a bounded one those that are not
//! behind the last row of their key that was emitted. With an interval a key is forgotten when its time is over by half as much again.

mod groups;
mod non_time;
mod steps;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{OverAggregateSpec, OverFrame, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, Stateful, StreamElement,
};
use state::{KeyBatch, KeyedRows, KeyedStateContext, RowPlace, StateTtl};

use super::ordered::progress;
use super::ordered::times::times_of;
use groups::Groups;
pub use non_time::NonTimeOverAggregate;
use steps::Steps;

/// Additions and retractions that are applied together, about.
const MAX_STEPS: usize = 8_192;

/// The operator.
pub struct OverAggregate {
    keys: KeyBatch,
    rows: KeyedRows,
    groups: Groups,
    frame: OverFrame,
    time: WindowTime,
    /// Numbers of the rows that are not due, by time, as they came.
    waiting: BTreeMap<i64, Vec<u32>>,
    /// Slots of keys that may be forgotten at a time.
    cleanups: BTreeMap<i64, Vec<u32>>,
    watermark: i64,
    late_records_dropped: Arc<AtomicU64>,
    steps: Steps,
    input: SchemaRef,
    output: SchemaRef,
    ttl: Option<i64>,
    next_sweep: Option<i64>,
    clock: Clock,
    slots: Vec<u32>,
}

impl OverAggregate {
    /// An operator for this spec. It adds to `late_records_dropped`; `clock` is for processing time and the time to live. `state` is opened here.
    pub fn new(
        spec: &OverAggregateSpec,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        mut state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        state.ttl = StateTtl::new(clock.clone(), &[spec.state_ttl_ms; 2]);
        let keys =
            KeyBatch::new(&spec.input, &spec.partition).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let mut groups = Groups::new(spec, ttl.is_some())?;
        let rows = KeyedRows::open(state, spec.input.arrow_schema(), &keys, &mut groups)?;
        let mut over = Self {
            keys,
            rows,
            groups,
            frame: spec.frame,
            time: spec.time,
            waiting: BTreeMap::new(),
            cleanups: BTreeMap::new(),
            watermark: progress::restored(restored),
            late_records_dropped,
            steps: Steps::default(),
            input: spec.input.arrow_schema(),
            output: spec.output.arrow_schema(),
            ttl,
            next_sweep: None,
            clock,
            slots: Vec::new(),
        };
        over.restore()?;
        Ok(over)
    }

    fn is_bounded(&self) -> bool {
        matches!(self.frame, OverFrame::Rows(_) | OverFrame::Range(_))
    }

    /// Brings what was restored to its place: rows behind the time of their key wait, the others are in its frame.
    fn restore(&mut self) -> Result<(), Failure> {
        self.put(self.rows.numbers().collect())?;
        for slot in 0..self.groups.len() as u32 {
            self.register_cleanup(slot);
        }
        for part in self.rows.parts_to_load() {
            let numbers = self.rows.load_part(part, &mut self.groups)?;
            self.loaded(numbers)?;
            self.evict()?;
        }
        Ok(())
    }

    /// Rows have been brought into memory, and what is kept of their keys.
    fn loaded(&mut self, numbers: Vec<u32>) -> Result<(), Failure> {
        self.put(numbers)?;
        for index in 0..self.rows.sought().len() {
            self.register_cleanup(self.rows.sought()[index]);
        }
        Ok(())
    }

    fn register_cleanup(&mut self, slot: u32) {
        if let Some(at) = self.groups.cleanup(slot) {
            self.cleanups.entry(at).or_default().push(slot);
        }
    }

    fn put(&mut self, numbers: Vec<u32>) -> Result<(), Failure> {
        self.groups.make_room(self.rows.slot_count());
        let times: Vec<i64> = match self.time {
            WindowTime::Rowtime { column } if !numbers.is_empty() => {
                times_of(&self.rows.gather_kept(&numbers, &[column])?[0])?.values().to_vec()
            }
            _ => numbers.iter().map(|&number| groups::time_of(self.rows.sequence(number))).collect(),
        };
        // In a frame rows stand in the order in which they were aggregated.
        let mut rows: Vec<(i64, u32)> = times.into_iter().zip(numbers).collect();
        rows.sort_by_key(|&(time, number)| (time, self.rows.slot(number), self.rows.sequence(number)));
        rows.into_iter().for_each(|(time, number)| self.place(number, time));
        Ok(())
    }

    fn place(&mut self, number: u32, time: i64) {
        let slot = self.rows.slot(number);
        self.groups.count_sequence(slot, self.rows.sequence(number));
        if self.is_bounded() && time <= self.groups.last_time(slot) {
            self.groups.frame(slot).push_back((time, number));
        } else {
            self.waiting.entry(time).or_default().push(number);
        }
    }
}

impl OverAggregate {
    /// Whether rows are due when they come.
    fn is_immediate(&self) -> bool {
        self.time == WindowTime::Proctime && !matches!(self.frame, OverFrame::Range(_))
    }

    fn now(&self) -> i64 {
        let needed = self.ttl.is_some() || self.time == WindowTime::Proctime;
        if needed { self.clock.now_millis() } else { 0 }
    }

    /// A row waits until it is due; one that is late is dropped.
    fn wait(&mut self, row: u32, time: i64, now: i64) {
        let slot = self.slots[row as usize];
        let done = if self.is_bounded() { self.groups.last_time(slot) } else { self.watermark };
        if self.time != WindowTime::Proctime && time <= done {
            self.late_records_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let sequence = match self.time {
            WindowTime::Rowtime { .. } => self.groups.next_sequence(slot),
            WindowTime::Proctime => self.groups.next_sequence_at(slot, time),
        };
        let number = self.rows.add(slot, sequence, row, now);
        self.waiting.entry(time).or_default().push(number);
        if let OverFrame::Range(millis) = self.frame
            && let Some(at) = self.groups.put_cleanup_off(slot, time, millis)
        {
            self.rows.mark_key_written(slot);
            self.cleanups.entry(at).or_default().push(slot);
        }
    }

    /// A row of processing time is due.
    fn take_row(&mut self, row: u32, now: i64) {
        let slot = self.slots[row as usize];
        let place = RowPlace::Batch(row);
        if let OverFrame::Rows(preceding) = self.frame {
            let sequence = self.groups.next_sequence_at(slot, now);
            let number = self.rows.add(slot, sequence, row, now);
            self.slide(slot, preceding);
            self.groups.frame(slot).push_back((now, number));
        }
        self.steps.push(RowKind::Insert, place, slot);
        self.steps.emit(place);
        self.done(slot, now, now);
    }

    /// Takes back what leaves a frame of so many rows before the current one.
    fn slide(&mut self, slot: u32, preceding: u64) {
        let frame = self.groups.frame(slot);
        if frame.len() as u64 > preceding
            && let Some((_, number)) = frame.pop_front()
        {
            self.steps.push(RowKind::Delete, self.rows.place(number), slot);
            self.rows.remove(number);
        }
    }

    /// Rows of a key have been aggregated up to this time.
    fn done(&mut self, slot: u32, time: i64, now: i64) {
        self.groups.set_done(slot, time, now);
        self.rows.mark_key_written(slot);
    }

    /// Emits the rows that are due, in order of time, and forgets keys whose time is over, those too that are only in the store.
    fn advance(&mut self, until: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut due = self.rows.due(until, &self.groups)?;
        while let Some(numbers) = self.rows.bring_due(&mut due, &mut self.groups)? {
            self.loaded(numbers)?;
            self.advance_in_memory(until, out)?;
        }
        self.advance_in_memory(until, out)
    }

    fn advance_in_memory(&mut self, until: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        let none = self.rows.no_columns();
        loop {
            let next_row = self.waiting.first_key_value().map(|(time, _)| *time);
            let next_cleanup = self.cleanups.first_key_value().map(|(time, _)| *time);
            let next = next_row.into_iter().chain(next_cleanup).min();
            let Some(time) = next.filter(|time| *time <= until) else { break };
            if next_row == Some(time)
                && let Some((_, numbers)) = self.waiting.pop_first()
            {
                self.aggregate(time, numbers, now);
                if self.steps.len() >= MAX_STEPS {
                    self.apply(&none, out)?;
                }
            } else if let Some((_, slots)) = self.cleanups.pop_first() {
                self.apply(&none, out)?;
                for slot in slots {
                    if self.groups.cleanup(slot).is_some_and(|at| at <= time) {
                        self.forget(slot);
                    }
                }
            }
        }
        self.apply(&none, out)?;
        self.rows.end_without_batch(|_| {})?;
        self.rows.forget_empty(&self.groups);
        self.evict()
    }

    /// The keys of these rows are about to change.
    fn settle_keys_of(&mut self, numbers: &[u32]) {
        let slots: Vec<u32> = numbers.iter().map(|&number| self.rows.slot(number)).collect();
        self.rows.settle_keys(slots, &self.groups);
    }

    /// The steps for the rows of one time.
    fn aggregate(&mut self, time: i64, mut numbers: Vec<u32>, now: i64) {
        self.settle_keys_of(&numbers);
        if matches!(self.frame, OverFrame::UnboundedRange | OverFrame::Range(_)) {
            // Rows of one key and time are peers: they see one another.
            numbers.sort_by_key(|&number| self.rows.slot(number));
        }
        let mut first = 0;
        while first < numbers.len() {
            let slot = self.rows.slot(numbers[first]);
            let peers = match self.frame {
                OverFrame::UnboundedRows | OverFrame::Rows(_) => 1,
                _ => numbers[first..].iter().take_while(|&&number| self.rows.slot(number) == slot).count(),
            };
            match self.frame {
                OverFrame::Rows(preceding) => self.slide(slot, preceding),
                OverFrame::Range(millis) => self.slide_until(slot, time.saturating_sub(millis)),
                OverFrame::UnboundedRows | OverFrame::UnboundedRange => {}
            }
            let rows = &numbers[first..first + peers];
            for &number in rows {
                self.steps.push(RowKind::Insert, self.rows.place(number), slot);
            }
            for &number in rows {
                self.steps.emit(self.rows.place(number));
                if self.is_bounded() {
                    self.groups.frame(slot).push_back((time, number));
                } else {
                    self.rows.remove(number);
                }
            }
            self.done(slot, time, now);
            first += peers;
        }
    }

    /// Takes back the rows of a key that are earlier than this.
    fn slide_until(&mut self, slot: u32, time: i64) {
        while let Some(&(_, number)) = self.groups.frame(slot).front().filter(|(earlier, _)| *earlier < time) {
            self.groups.frame(slot).pop_front();
            self.steps.push(RowKind::Delete, self.rows.place(number), slot);
            self.rows.remove(number);
        }
    }

    /// Forgets a key with the rows in its frame.
    fn forget(&mut self, slot: u32) {
        self.rows.settle_keys([slot], &self.groups);
        for (_, number) in std::mem::take(self.groups.frame(slot)) {
            self.rows.remove(number);
        }
        if self.groups.forget(slot) {
            self.rows.remove_key_value(slot);
        }
    }

    /// Applies the steps and emits the rows.
    fn apply(&mut self, batch: &[ArrayRef], out: &mut dyn Output) -> Result<(), Failure> {
        if self.steps.len() == 0 {
            return Ok(());
        }
        let Self { steps, input, rows, groups, .. } = self;
        let (columns, emitted) = steps.apply(input, batch, rows, groups)?;
        let rows = Batch::from_columns(self.output.clone(), columns, None, emitted)?;
        for first in (0..emitted).step_by(MAX_STEPS) {
            let length = MAX_STEPS.min(emitted - first);
            out.emit(StreamElement::Batch(rows.slice(first, length)))?;
        }
        Ok(())
    }

    /// Drops cold keys from memory, with the rows in their frames and those that wait. Where keys expire, rows that wait stay, which never do.
    fn evict(&mut self) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        // About what a node of the tree takes, and a number.
        let bytes = self.groups.memory_size() + 64 * self.waiting.len() + 8 * self.rows.len();
        if !self.rows.has_surplus(bytes) {
            return Ok(());
        }
        let keeps_waiting = self.ttl.is_some();
        let mut waiting: HashMap<u32, Vec<(i64, u32)>> = HashMap::new();
        for (&time, numbers) in &self.waiting {
            for &number in numbers {
                waiting.entry(self.rows.slot(number)).or_default().push((time, number));
            }
        }
        let mut gone = HashSet::new();
        let may_go = |groups: &Groups, slot, rows| !keeps_waiting || rows as usize == groups.rows_in_frame(slot);
        self.rows.evict(bytes, &mut self.groups, may_go, |groups, slot, numbers| {
            numbers.extend(groups.frame(slot).iter().map(|(_, number)| *number));
            let cleanup = groups.cleanup(slot);
            groups.forget(slot);
            let waiting = waiting.remove(&slot).unwrap_or_default();
            numbers.extend(waiting.iter().map(|(_, number)| *number));
            gone.extend(waiting.iter().map(|(_, number)| *number));
            waiting.first().map(|(time, _)| *time).into_iter().chain(cleanup).min()
        })?;
        if !gone.is_empty() {
            self.waiting.retain(|_, numbers| {
                numbers.retain(|number| !gone.contains(number));
                !numbers.is_empty()
            });
        }
        Ok(())
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.rows.is_empty()).map(|ttl| now.saturating_add(ttl));
    }

    /// Forgets keys that were not written for the time to live and have no row that waits.
    fn sweep(&mut self, ttl: i64, now: i64) -> Result<(), Failure> {
        for slot in 0..self.groups.len() as u32 {
            if self.groups.is_expired(slot, ttl, now) && self.rows.count(slot) as usize == self.groups.frame(slot).len()
            {
                self.forget(slot);
            }
        }
        self.rows.end_without_batch(|_| {})?;
        self.rows.forget_empty(&self.groups);
        self.schedule_sweep(now);
        Ok(())
    }
}

impl Operator for OverAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        self.keys.encode(&batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.keys, &mut slots, &mut self.groups);
        self.slots = slots;
        self.loaded(loaded?)?;
        self.rows.settle_keys(self.slots.iter().copied(), &self.groups);
        match self.time {
            WindowTime::Rowtime { column } => {
                let times = times_of(batch.column(column))?;
                (0..batch.num_rows()).for_each(|row| self.wait(row as u32, times.value(row), now));
            }
            WindowTime::Proctime if self.is_immediate() => {
                (0..batch.num_rows()).for_each(|row| self.take_row(row as u32, now));
            }
            WindowTime::Proctime => (0..batch.num_rows()).for_each(|row| self.wait(row as u32, now, now)),
        }
        self.apply(batch.columns(), out)?;
        self.rows.end(batch.rows(), |_| {})?;
        self.rows.forget_empty(&self.groups);
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if matches!(self.time, WindowTime::Rowtime { .. }) {
            self.watermark = self.watermark.max(watermark);
            self.advance(self.watermark, out)?;
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if self.time == WindowTime::Proctime {
            // A row of this very millisecond may still come.
            self.advance(now - 1, out)?;
        }
        match self.ttl.filter(|_| self.next_sweep.is_some_and(|at| at <= now)) {
            Some(ttl) => self.sweep(ttl, now),
            None => Ok(()),
        }
    }

    fn next_timer(&self) -> Option<i64> {
        let first = |times: &BTreeMap<i64, Vec<u32>>| times.first_key_value().map(|(time, _)| *time + 1);
        let due = match self.time {
            WindowTime::Proctime => {
                let cold = self.rows.next_due().map(|time| time.saturating_add(1));
                first(&self.waiting).into_iter().chain(first(&self.cleanups)).chain(cold).min()
            }
            WindowTime::Rowtime { .. } => None,
        };
        due.into_iter().chain(self.next_sweep).min()
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for OverAggregate {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = self.rows.snapshot(barrier, &self.groups)?;
        Ok(OperatorSnapshot { items: vec![progress::item(self.watermark)], keyed: Some(keyed) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some(&self.groups)
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.checkpoint_aborted(checkpoint_id);
    }
}
