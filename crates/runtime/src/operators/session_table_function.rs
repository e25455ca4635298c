//! `SessionTableFunction`: SESSION as a table function without an aggregation. Rows wait until the watermark passes the end of their session, for
//! others may still make it longer; then they are emitted as they came, with the bounds of the session. A row is late, and dropped, when the session
//! that it makes together with its neighbours is over.
//!
//! In processing time the clock is the watermark, and when a row came is the upper part of its sequence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use arrow_array::{ArrayRef, TimestampMillisecondArray};
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::checkpoint::OperatorSubtaskState;
use dataflow::operator_spec::SessionTableFunctionSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, Stateful, StreamElement,
};
use expr::Zone;
use state::{KeyBatch, KeyedRows, KeyedStateContext, RowPlace};

use super::ordered::progress;
use super::ordered::times::times_of;
use crate::time::zone::{parse_zone, to_epoch_millis, to_local_millis};

/// Bits of a sequence below the time: rows of a key and millisecond beyond that many count as of the next one.
const TIME_SHIFT: u32 = 20;

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// A session of a key, in wall-clock milliseconds.
#[derive(Debug)]
struct Session {
    start: i64,
    end: i64,
    rows: Vec<u32>,
}

/// The operator.
pub struct SessionTableFunction {
    keys: KeyBatch,
    rows: KeyedRows,
    /// By slot of the key: its open sessions.
    sessions: Vec<Vec<Session>>,
    /// By slot: the sequence of the next row.
    sequences: Vec<u64>,
    /// Slots of keys, by the last millisecond of a session that they have, or had.
    ends: BTreeMap<i64, Vec<u32>>,
    /// The column with the time of a row; none: it is when the row comes.
    rowtime: Option<usize>,
    clock: Clock,
    gap: i64,
    zone: Zone,
    progress: i64,
    late_records_dropped: Arc<AtomicU64>,
    output: SchemaRef,
    slots: Vec<u32>,
}

/// Rows to be emitted.
#[derive(Default)]
struct Emitted {
    places: Vec<RowPlace>,
    starts: Vec<i64>,
    ends: Vec<i64>,
}

impl SessionTableFunction {
    /// An operator for this spec. It adds to `late_records_dropped`. `state` is opened here.
    pub fn new(
        spec: &SessionTableFunctionSpec,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let keys =
            KeyBatch::new(&spec.input, &spec.partition).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let rows = KeyedRows::open(state, spec.input.arrow_schema(), &keys, &mut ())?;
        let mut function = Self {
            keys,
            rows,
            sessions: Vec::new(),
            sequences: Vec::new(),
            ends: BTreeMap::new(),
            rowtime: (!spec.processing_time).then_some(spec.rowtime),
            clock,
            gap: spec.gap,
            zone: parse_zone(&spec.time_zone)?,
            progress: progress::restored(restored),
            late_records_dropped,
            output: spec.output.arrow_schema(),
            slots: Vec::new(),
        };
        function.loaded(function.rows.numbers().collect())?;
        for part in function.rows.parts_to_load() {
            let numbers = function.rows.load_part(part, &mut ())?;
            function.loaded(numbers)?;
            function.evict()?;
        }
        Ok(function)
    }

    /// Rows have been brought into memory, all of their keys: they make the sessions that they made before.
    fn loaded(&mut self, mut numbers: Vec<u32>) -> Result<(), Failure> {
        self.make_room();
        if numbers.is_empty() {
            return Ok(());
        }
        numbers.sort_by_key(|&number| (self.rows.slot(number), self.rows.sequence(number)));
        let columns = self.rowtime.map(|rowtime| self.rows.gather_kept(&numbers, &[rowtime])).transpose()?;
        let times = columns.as_ref().map(|columns| times_of(&columns[0])).transpose()?;
        for (index, &number) in numbers.iter().enumerate() {
            let slot = self.rows.slot(number);
            let sequence = self.rows.sequence(number);
            self.sequences[slot as usize] = sequence + 1;
            let time = times.map_or((sequence >> TIME_SHIFT) as i64, |times| times.value(index));
            let session = self.joined(slot, to_local_millis(time, self.zone));
            self.open(slot, session, number);
        }
        Ok(())
    }

    fn make_room(&mut self) {
        if self.sessions.len() < self.rows.slot_count() {
            let slots = self.rows.slot_count().next_power_of_two();
            self.sessions.resize_with(slots, Vec::new);
            self.sequences.resize(slots, 0);
        }
    }

    /// The last millisecond of a session that ends then on the wall clock.
    fn last_millisecond(&self, end: i64) -> i64 {
        to_epoch_millis(end, self.zone) - 1
    }

    /// The session that a row of this time makes with the open ones that it touches, and which those are.
    fn joined(&self, slot: u32, time: i64) -> (i64, i64, Vec<usize>) {
        let (mut start, mut end) = (time, time + self.gap);
        let touched: Vec<usize> = self.sessions[slot as usize]
            .iter()
            .enumerate()
            .filter(|(_, session)| session.start <= time + self.gap && time <= session.end)
            .map(|(index, session)| {
                start = start.min(session.start);
                end = end.max(session.end);
                index
            })
            .collect();
        (start, end, touched)
    }

    /// Puts a row into the session that it makes.
    fn open(&mut self, slot: u32, (start, end, touched): (i64, i64, Vec<usize>), number: u32) {
        let last = self.last_millisecond(end);
        let sessions = &mut self.sessions[slot as usize];
        let mut rows = Vec::new();
        let is_longer = touched.iter().all(|&index| sessions[index].end != end);
        for index in touched.into_iter().rev() {
            rows.append(&mut sessions.swap_remove(index).rows);
        }
        rows.push(number);
        sessions.push(Session { start, end, rows });
        if is_longer {
            self.ends.entry(last).or_default().push(slot);
        }
    }

    /// Takes the sessions of a key that are over.
    fn close(&mut self, slot: u32, emitted: &mut Emitted) {
        let zone = self.zone;
        let watermark = self.progress;
        let is_over = |session: &Session| to_epoch_millis(session.end, zone) - 1 <= watermark;
        let sessions = &mut self.sessions[slot as usize];
        let (mut over, open): (Vec<Session>, Vec<Session>) = std::mem::take(sessions).into_iter().partition(is_over);
        *sessions = open;
        over.sort_by_key(|session| session.end);
        for Session { start, end, mut rows } in over {
            rows.sort_by_key(|&number| self.rows.sequence(number));
            for number in rows {
                emitted.places.push(self.rows.place(number));
                emitted.starts.push(start);
                emitted.ends.push(end);
                self.rows.remove(number);
            }
        }
    }

    fn emit(&self, emitted: &Emitted, out: &mut dyn Output) -> Result<(), Failure> {
        for first in (0..emitted.places.len()).step_by(MAX_ROWS) {
            let last = emitted.places.len().min(first + MAX_ROWS);
            let mut columns = self.rows.gather(&self.rows.no_columns(), &emitted.places[first..last])?;
            let times = emitted.ends[first..last].iter().map(|&end| to_epoch_millis(end - 1, self.zone));
            columns.extend([
                Arc::new(TimestampMillisecondArray::from(emitted.starts[first..last].to_vec())) as ArrayRef,
                Arc::new(TimestampMillisecondArray::from(emitted.ends[first..last].to_vec())),
                Arc::new(TimestampMillisecondArray::from_iter_values(times)),
            ]);
            let batch = Batch::from_columns(self.output.clone(), columns, None, last - first)?;
            out.emit(StreamElement::Batch(batch))?;
        }
        Ok(())
    }
}

impl Operator for SessionTableFunction {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        self.keys.encode(&batch);
        let mut slots = std::mem::take(&mut self.slots);
        let loaded = self.rows.find_slots(&self.keys, &mut slots, &mut ());
        self.slots = slots;
        self.loaded(loaded?)?;
        let times = self.rowtime.map(|rowtime| times_of(batch.column(rowtime))).transpose()?;
        let now = if times.is_some() { 0 } else { self.clock.now_millis() };
        let mut late = 0;
        for row in 0..batch.num_rows() {
            let slot = self.slots[row];
            let time = times.map_or(now, |times| times.value(row));
            let session = self.joined(slot, to_local_millis(time, self.zone));
            if self.rowtime.is_some() && self.last_millisecond(session.1) <= self.progress {
                late += 1;
                continue;
            }
            let sequence = &mut self.sequences[slot as usize];
            if times.is_none() {
                *sequence = (*sequence).max((now as u64) << TIME_SHIFT);
            }
            let number = self.rows.add(slot, *sequence, row as u32, 0);
            *sequence += 1;
            self.open(slot, session, number);
        }
        self.late_records_dropped.fetch_add(late, Ordering::Relaxed);
        self.rows.end(batch.rows(), |_| {})?;
        self.rows.forget_empty(&());
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if self.rowtime.is_some() {
            self.advance(watermark, out)?;
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.advance(now, out)
    }

    fn next_timer(&self) -> Option<i64> {
        if self.rowtime.is_some() {
            return None;
        }
        self.ends.first_key_value().map(|(&end, _)| end).into_iter().chain(self.rows.next_due()).min()
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl SessionTableFunction {
    /// The time has come to `watermark`: sessions that are over by then are emitted.
    fn advance(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.progress = self.progress.max(watermark);
        let mut due = self.rows.due(watermark, &())?;
        while let Some(numbers) = self.rows.bring_due(&mut due, &mut ())? {
            self.loaded(numbers)?;
            self.emit_complete(watermark, out)?;
            self.evict()?;
        }
        self.emit_complete(watermark, out)
    }

    /// The same of the keys in memory.
    fn emit_complete(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut emitted = Emitted::default();
        while let Some(end) = self.ends.first_entry().filter(|end| *end.key() <= watermark) {
            for slot in end.remove() {
                self.close(slot, &mut emitted);
            }
        }
        self.emit(&emitted, out)?;
        self.rows.end_without_batch(|_| {})?;
        self.rows.forget_empty(&());
        Ok(())
    }
}

impl SessionTableFunction {
    /// Drops cold keys from memory when there is no room, with all their sessions.
    fn evict(&mut self) -> Result<(), Failure> {
        if !self.rows.is_on_disk() {
            return Ok(());
        }
        // A row stands in the list of its session, and a session in that of its end.
        let bytes = 8 * self.rows.len()
            + self.sessions.capacity() * (size_of::<Vec<Session>>() + size_of::<u64>())
            + self.ends.len() * 64;
        let Self { rows, sessions, zone, .. } = self;
        rows.evict(
            bytes,
            &mut (),
            |(), _, _| true,
            |(), slot, numbers| {
                let over = std::mem::take(&mut sessions[slot as usize]);
                numbers.extend(over.iter().flat_map(|session| &session.rows));
                over.iter().map(|session| to_epoch_millis(session.end, *zone) - 1).min()
            },
        )
    }
}

impl Stateful for SessionTableFunction {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = self.rows.snapshot(barrier, &())?;
        Ok(OperatorSnapshot { items: vec![progress::item(self.progress)], keyed: Some(keyed) })
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
