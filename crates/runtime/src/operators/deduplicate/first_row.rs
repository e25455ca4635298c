//! `FirstRow`: the first row of each key, once. In event time it waits for the watermark, for an earlier row may come.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::{DeduplicateSpec, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, KeyValues, KeyedRows, KeyedStateContext, RowPlace, StateTtl};

use crate::operators::ordered::emission::RowEmission;
use crate::operators::ordered::progress;
use crate::operators::ordered::times::times_of;

const NO_ROW: (u32, i64) = (u32::MAX, 0);

/// The operator.
pub struct FirstRow {
    keys: KeyBatch,
    rows: KeyedRows,
    emitted: EmittedKeys,
    /// By slot: the earliest row of a key that was not emitted yet, and its time.
    waiting: Vec<(u32, i64)>,
    /// The times of those rows, and their slots.
    by_time: BTreeSet<(i64, u32)>,
    time: WindowTime,
    watermark: i64,
    late_records_dropped: Arc<AtomicU64>,
    emission: RowEmission,
    ttl: Option<i64>,
    next_sweep: Option<i64>,
    clock: Clock,
    slots: Vec<u32>,
}

/// The keys whose first row was emitted, by slot: when, ms, and 0 where nothing expires.
#[derive(Default)]
struct EmittedKeys(Vec<Option<i64>>);

impl EmittedKeys {
    fn set(&mut self, slot: u32, written: Option<i64>) {
        if slot as usize >= self.0.len() {
            self.0.resize((slot as usize + 1).next_power_of_two(), None);
        }
        self.0[slot as usize] = written;
    }
}

impl KeyValues for EmittedKeys {
    fn is_kept(&self, slot: u32) -> bool {
        self.0.get(slot as usize).is_some_and(Option::is_some)
    }

    fn written(&self, slot: u32) -> i64 {
        self.0[slot as usize].unwrap_or(i64::MAX)
    }

    fn write(&self, _slot: u32, _out: &mut Vec<u8>) {}

    fn read(&mut self, slot: u32, written: i64, _value: &[u8]) -> Result<(), Failure> {
        self.set(slot, Some(written));
        Ok(())
    }
}

impl FirstRow {
    /// An operator over rows of type `input`. It adds to `late_records_dropped`; `clock` is for the time to live. `state` is opened here.
    pub fn new(
        spec: &DeduplicateSpec,
        input: &RowType,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        mut state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        state.ttl = StateTtl::new(clock.clone(), &[spec.state_ttl_ms; 2]);
        let keys = KeyBatch::new(input, &spec.keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let mut emitted = EmittedKeys::default();
        let mut first_row = Self {
            rows: KeyedRows::open(state, input.arrow_schema(), &keys, &mut emitted)?,
            keys,
            emitted,
            waiting: Vec::new(),
            by_time: BTreeSet::new(),
            time: spec.time,
            watermark: progress::restored(restored),
            late_records_dropped,
            emission: RowEmission::new(&spec.output, false),
            ttl,
            next_sweep: None,
            clock,
            slots: Vec::new(),
        };
        // Rows wait for a watermark, which asks for no key.
        first_row.rows.load_rows()?;
        let waiting: Vec<u32> = first_row.rows.numbers().collect();
        first_row.make_room();
        if let (WindowTime::Rowtime { column }, false) = (spec.time, waiting.is_empty()) {
            let columns = first_row.rows.gather_kept(&waiting, &[column])?;
            let times = times_of(&columns[0])?;
            for (index, &number) in waiting.iter().enumerate() {
                let slot = first_row.rows.slot(number);
                first_row.waiting[slot as usize] = (number, times.value(index));
                first_row.by_time.insert((times.value(index), slot));
            }
        }
        Ok(first_row)
    }

    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    fn make_room(&mut self) {
        if self.waiting.len() < self.rows.slot_count() {
            self.waiting.resize(self.rows.slot_count().next_power_of_two(), NO_ROW);
        }
    }

    fn is_emitted(&self, slot: u32, now: i64) -> bool {
        let written = self.emitted.0.get(slot as usize).copied().flatten();
        written.is_some_and(|written| self.ttl.is_none_or(|ttl| written.saturating_add(ttl) > now))
    }

    fn set_emitted(&mut self, slot: u32, now: i64) {
        self.rows.settle_keys([slot], &self.emitted);
        self.emitted.set(slot, Some(now));
        self.rows.mark_key_written(slot);
    }

    /// A row of event time waits if it is the earliest of its key.
    fn wait(&mut self, row: u32, time: i64, now: i64) {
        let slot = self.slots[row as usize];
        if time < self.watermark {
            self.late_records_dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if self.is_emitted(slot, now) {
            return;
        }
        let (number, earliest) = self.waiting[slot as usize];
        if self.waiting[slot as usize] == NO_ROW {
            self.waiting[slot as usize] = (self.rows.add(slot, 0, row, now), time);
            self.by_time.insert((time, slot));
        } else if time < earliest {
            self.rows.replace(number, row, now);
            self.waiting[slot as usize].1 = time;
            self.by_time.remove(&(earliest, slot));
            self.by_time.insert((time, slot));
        }
    }

    /// A row of processing time is emitted if it is the first of its key.
    fn take_row(&mut self, row: u32, now: i64) {
        let slot = self.slots[row as usize];
        if !self.is_emitted(slot, now) {
            self.set_emitted(slot, now);
            self.emission.push(RowKind::Insert, RowPlace::Batch(row), 1);
        }
    }

    fn evict(&mut self) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        let bytes = self.waiting.capacity() * size_of::<(u32, i64)>() + 16 * self.emitted.0.capacity();
        let waits_not = |_: &_, _, rows| rows == 0;
        self.rows.evict(bytes, &mut self.emitted, waits_not, |emitted, slot, _| {
            emitted.set(slot, None);
            None
        })
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.rows.is_empty()).map(|ttl| now.saturating_add(ttl));
    }
}

impl Operator for FirstRow {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        self.keys.encode(&batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.keys, &mut slots, &mut self.emitted);
        self.slots = slots;
        loaded?;
        self.make_room();
        match self.time {
            WindowTime::Rowtime { column } => {
                let times = times_of(batch.column(column))?;
                (0..batch.num_rows()).for_each(|row| self.wait(row as u32, times.value(row), now));
            }
            WindowTime::Proctime => (0..batch.num_rows()).for_each(|row| self.take_row(row as u32, now)),
        }
        self.emission.flush(batch.columns(), &self.rows, out)?;
        self.rows.end(batch.rows(), |_| {})?;
        self.rows.forget_empty(&self.emitted);
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.watermark = self.watermark.max(watermark);
        let now = self.now();
        let later = match watermark.checked_add(1) {
            Some(next) => self.by_time.split_off(&(next, 0)),
            None => BTreeSet::new(),
        };
        for (_, slot) in std::mem::replace(&mut self.by_time, later) {
            let (number, _) = std::mem::replace(&mut self.waiting[slot as usize], NO_ROW);
            self.emission.push(RowKind::Insert, self.rows.place(number), 1);
            self.rows.remove(number);
            self.set_emitted(slot, now);
        }
        self.emission.flush_kept(&self.rows, out)?;
        self.rows.end_without_batch(|_| {})?;
        self.rows.forget_empty(&self.emitted);
        self.evict()?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        if self.next_sweep.is_some_and(|at| at <= now) {
            for slot in 0..self.emitted.0.len() as u32 {
                if self.emitted.is_kept(slot) && !self.is_emitted(slot, now) {
                    self.rows.settle_keys([slot], &self.emitted);
                    self.emitted.set(slot, None);
                    self.rows.remove_key_value(slot);
                }
            }
            self.rows.forget_empty(&self.emitted);
            self.schedule_sweep(now);
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for FirstRow {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = self.rows.snapshot(barrier, &self.emitted)?;
        Ok(OperatorSnapshot { items: vec![progress::item(self.watermark)], keyed: Some(keyed) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some(&self.emitted)
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.checkpoint_aborted(checkpoint_id);
    }
}
