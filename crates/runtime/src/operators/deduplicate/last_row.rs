//! `LastRow`: the last row of each key, as an upsert of the key: +I, then -U and +U.
//!
//! In mini-batches only the last row of a key in each counts. The first row by event time is then kept here, too, as an upsert: an earlier one takes its
//! place.
//!
//! Of a changelog it is what Flink calls ChangelogNormalize: a row that is taken back goes, as it was kept, with -D; one that is not there is left out.

use std::collections::HashMap;
use std::task::Waker;

use common::clock::Clock;
use dataflow::operator_spec::{DeduplicateSpec, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, KeyedRows, KeyedStateContext, StateTtl};

use crate::operators::bundle::Bundle;
use crate::operators::ordered::emission::RowEmission;
use crate::operators::ordered::identity::RowIdentity;
use crate::operators::ordered::times::times_of;

const NONE: u32 = u32::MAX;

/// The operator.
pub struct LastRow {
    keys: KeyBatch,
    rows: KeyedRows,
    /// By slot: the row of the key and its time.
    kept: Vec<Kept>,
    time: WindowTime,
    keep_last: bool,
    /// The mini-batch under way, of rows as they come.
    bundle: Option<Bundle<1>>,
    /// Whether equal rows are emitted behind an update.
    repeats_updates: bool,
    /// Tells rows apart; only in processing time.
    identity: Option<RowIdentity>,
    emission: RowEmission,
    update_before: bool,
    ttl: Option<i64>,
    next_sweep: Option<i64>,
    clock: Clock,
    slots: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Kept {
    number: u32,
    time: i64,
    /// Whether it was emitted as an update. Forgotten by restores.
    was_update: bool,
}

const NO_ROW: Kept = Kept { number: NONE, time: i64::MIN, was_update: false };

impl LastRow {
    /// An operator over rows of type `input`; `clock` is for the time to live. `state` is opened here.
    pub fn new(
        spec: &DeduplicateSpec,
        input: &RowType,
        clock: Clock,
        mut state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        state.ttl = StateTtl::new(clock.clone(), &[spec.state_ttl_ms; 2]);
        let keys = KeyBatch::new(input, &spec.keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        // With a time to live, updates that change nothing keep state downstream alive.
        let is_by_row = spec.time == WindowTime::Proctime;
        let compares = spec.time == WindowTime::Proctime && ttl.is_none();
        let mut last_row = Self {
            rows: KeyedRows::open(state, input.arrow_schema(), &keys, &mut ())?.with_one_row(),
            keys,
            kept: Vec::new(),
            time: spec.time,
            keep_last: spec.keep_last,
            bundle: spec.mini_batch.filter(|_| is_by_row).map(Bundle::new),
            repeats_updates: spec.repeats_updates,
            identity: compares.then(|| RowIdentity::new((0..input.len()).collect())),
            emission: RowEmission::new(&spec.output, false),
            update_before: spec.generate_update_before,
            ttl,
            next_sweep: None,
            clock,
            slots: Vec::new(),
        };
        let restored: Vec<u32> = last_row.rows.numbers().collect();
        last_row.index(&restored)?;
        Ok(last_row)
    }

    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    /// Rows have been brought into memory.
    fn index(&mut self, numbers: &[u32]) -> Result<(), Failure> {
        if self.kept.len() < self.rows.slot_count() {
            self.kept.resize(self.rows.slot_count().next_power_of_two(), NO_ROW);
        }
        if numbers.is_empty() {
            return Ok(());
        }
        let times = match self.time {
            WindowTime::Rowtime { column } => Some(self.rows.gather_kept(numbers, &[column])?),
            WindowTime::Proctime => None,
        };
        let times = times.as_ref().map(|columns| times_of(&columns[0])).transpose()?;
        for (index, &number) in numbers.iter().enumerate() {
            let time = times.map_or(i64::MIN, |times| times.value(index));
            self.kept[self.rows.slot(number) as usize] = Kept { number, time, was_update: false };
        }
        if let Some(identity) = &mut self.identity {
            let columns = self.rows.gather_kept(numbers, identity.columns())?;
            identity.load(numbers, &columns);
        }
        Ok(())
    }

    /// The row of the key is taken back.
    fn take_back(&mut self, row: u32, now: i64) {
        let kept = std::mem::replace(&mut self.kept[self.slots[row as usize] as usize], NO_ROW);
        if kept.number == NONE {
            return;
        }
        if !self.has_expired(kept, now) {
            self.emission.push(RowKind::Delete, self.rows.place(kept.number), 1);
        }
        self.rows.remove(kept.number);
    }

    fn has_expired(&self, kept: Kept, now: i64) -> bool {
        self.ttl.is_some_and(|ttl| kept.number != NONE && self.rows.written(kept.number).saturating_add(ttl) <= now)
    }

    fn take_row(&mut self, row: u32, time: i64, now: i64) -> Result<(), Failure> {
        let slot = self.slots[row as usize];
        let expired = self.has_expired(self.kept[slot as usize], now);
        let repeats_updates = self.repeats_updates && !self.rows.is_on_disk();
        let kept = &mut self.kept[slot as usize];
        let batch_row = state::RowPlace::Batch(row);
        if kept.number == NONE {
            *kept = Kept { number: self.rows.add(slot, 0, row, now), time, was_update: false };
            self.emission.push(RowKind::Insert, batch_row, 1);
        } else if expired {
            (kept.time, kept.was_update) = (time, false);
            self.rows.replace(kept.number, row, now);
            self.emission.push(RowKind::Insert, batch_row, 1);
        } else if (self.keep_last && time >= kept.time) || (!self.keep_last && time < kept.time) {
            let before = self.rows.place(kept.number);
            kept.time = time;
            let changed = match &mut self.identity {
                Some(identity) => {
                    repeats_updates && kept.was_update || !identity.is_same(&self.rows, kept.number, row)?
                }
                None => true,
            };
            kept.was_update = changed;
            self.rows.replace(kept.number, row, now);
            if changed {
                if self.update_before {
                    self.emission.push(RowKind::UpdateBefore, before, 1);
                }
                self.emission.push(RowKind::UpdateAfter, batch_row, 1);
            }
        } else {
            return Ok(());
        }
        if let Some(identity) = &mut self.identity {
            identity.keep(kept.number, row);
        }
        Ok(())
    }

    fn evict(&mut self) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        let bytes =
            self.kept.capacity() * size_of::<Kept>() + self.identity.as_ref().map_or(0, RowIdentity::memory_size);
        let kept = &mut self.kept;
        self.rows.evict(
            bytes,
            &mut (),
            |(), _, _| true,
            |(), slot, numbers| {
                numbers.push(std::mem::replace(&mut kept[slot as usize], NO_ROW).number);
                None
            },
        )
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.rows.is_empty()).map(|ttl| now.saturating_add(ttl));
    }
}

impl LastRow {
    /// Takes the rows of a batch, or of a whole mini-batch.
    fn take_rows(&mut self, batch: &Batch, of_bundle: bool, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        self.keys.encode(batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.keys, &mut slots, &mut ());
        self.slots = slots;
        self.index(&loaded?)?;
        if let Some(identity) = &mut self.identity {
            identity.begin(batch.columns(), batch.num_rows());
        }
        let times = match self.time {
            WindowTime::Rowtime { column } => Some(times_of(batch.column(column))?),
            WindowTime::Proctime => None,
        };
        let last_of_key = of_bundle.then(|| {
            let rows = self.slots.iter().enumerate().map(|(row, slot)| (*slot, row));
            rows.collect::<HashMap<u32, usize>>()
        });
        for row in 0..batch.num_rows() {
            if last_of_key.as_ref().is_some_and(|last| last[&self.slots[row]] != row) {
                continue;
            }
            let time = times.map_or(i64::MIN, |times| times.value(row));
            match batch.kind(row).is_retraction() {
                true => self.take_back(row as u32, now),
                false => self.take_row(row as u32, time, now)?,
            }
        }
        self.emission.flush(batch.columns(), &self.rows, out)?;
        self.rows.end(batch.rows(), |_| {})?;
        if batch.kinds().is_some() {
            self.rows.forget_empty(&());
        }
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.evict()
    }

    /// Adds rows to the mini-batch, which ends when it is full.
    fn add_to_bundle(&mut self, batch: &Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let mut taken = 0;
        while let Some(bundle) = self.bundle.as_mut().filter(|_| taken < batch.num_rows()) {
            taken = bundle.add(0, batch, taken);
            if bundle.is_full() {
                self.end_bundle(out)?;
            }
        }
        Ok(())
    }

    fn end_bundle(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        match self.bundle.as_mut().map(Bundle::take).transpose()? {
            Some([Some(rows)]) => self.take_rows(&rows, true, out),
            _ => Ok(()),
        }
    }
}

impl Operator for LastRow {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        match self.bundle {
            Some(_) => self.add_to_bundle(&batch, out),
            None => self.take_rows(&batch, false, out),
        }
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.end_bundle(out)?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.end_bundle(out)?;
        Ok(Progress::Done)
    }

    fn on_timer(&mut self, now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        if let Some(ttl) = self.ttl.filter(|_| self.next_sweep.is_some_and(|at| at <= now)) {
            for kept in &mut self.kept {
                if kept.number != NONE && self.rows.written(kept.number).saturating_add(ttl) <= now {
                    self.rows.remove(std::mem::replace(kept, NO_ROW).number);
                }
            }
            self.rows.end_without_batch(|_| {})?;
            self.rows.forget_empty(&());
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

impl Stateful for LastRow {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.end_bundle(out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.rows.snapshot(barrier, &())?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.rows.settle_some(&())
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.checkpoint_aborted(checkpoint_id);
    }
}
