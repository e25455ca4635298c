//! What an OVER aggregation keeps of each key: accumulators, the time up to which rows were emitted, and the rows in its frame.
//!
//! ```text
//!   value of a key: time of the last row emitted | when it is forgotten (both i64, little endian; the lowest number: not yet) | accumulators
//! ```

use std::collections::VecDeque;

use arrow_array::ArrayRef;
use dataflow::operator_spec::{OverAggregateSpec, OverFrame};
use dataflow::{AggregateCall, Batch, Failure};
use expr::aggregate::{Accumulator, create};
use state::KeyValues;

use crate::operators::aggregate_value;

/// Bits of a sequence behind the time of a row.
const COUNT_BITS: u32 = 20;

/// The time of a row of processing time.
pub(super) fn time_of(sequence: u64) -> i64 {
    (sequence >> COUNT_BITS) as i64
}

/// By slot of the key.
pub(super) struct Groups {
    accumulators: Vec<Box<dyn Accumulator>>,
    groups: Vec<Group>,
    expires: bool,
}

#[derive(Debug, Clone)]
struct Group {
    is_kept: bool,
    last_time: i64,
    cleanup: i64,
    written: i64,
    next_sequence: u64,
    /// Rows that the next row may see: time and number.
    frame: VecDeque<(i64, u32)>,
}

const NEW: Group = Group {
    is_kept: false,
    last_time: i64::MIN,
    cleanup: i64::MIN,
    written: 0,
    next_sequence: 0,
    frame: VecDeque::new(),
};

/// Numbering rows is counting them; peers are not told apart, as in Flink.
pub(super) fn counted(call: &AggregateCall) -> AggregateCall {
    match call.function.as_str() {
        "ROW_NUMBER" | "RANK" | "DENSE_RANK" => AggregateCall { function: "COUNT".to_owned(), ..call.clone() },
        _ => call.clone(),
    }
}

impl Groups {
    pub(super) fn new(spec: &OverAggregateSpec, expires: bool) -> Result<Self, Failure> {
        let retracts = matches!(spec.frame, OverFrame::Rows(_) | OverFrame::Range(_));
        let accumulators = spec.aggregates.iter().map(|call| create(&counted(call), &spec.input, retracts));
        Ok(Self { accumulators: accumulators.collect::<Result<_, _>>()?, groups: Vec::new(), expires })
    }

    /// Makes room for this many slots.
    pub(super) fn make_room(&mut self, slots: usize) {
        if slots > self.groups.len() {
            let slots = slots.next_power_of_two();
            self.groups.resize(slots, NEW);
            self.accumulators.iter_mut().for_each(|accumulator| accumulator.resize(slots));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    fn group(&self, slot: u32) -> &Group {
        &self.groups[slot as usize]
    }

    fn group_mut(&mut self, slot: u32) -> &mut Group {
        &mut self.groups[slot as usize]
    }

    /// The time of the last row of a key that was emitted.
    pub(super) fn last_time(&self, slot: u32) -> i64 {
        self.group(slot).last_time
    }

    /// The rows in the frame of a key.
    pub(super) fn frame(&mut self, slot: u32) -> &mut VecDeque<(i64, u32)> {
        &mut self.group_mut(slot).frame
    }

    /// Number of rows in the frame of a key.
    pub(super) fn rows_in_frame(&self, slot: u32) -> usize {
        self.groups.get(slot as usize).map_or(0, |group| group.frame.len())
    }

    /// Rows of a key have been emitted up to this time.
    pub(super) fn set_done(&mut self, slot: u32, time: i64, now: i64) {
        let group = self.group_mut(slot);
        group.is_kept = true;
        group.last_time = time;
        group.written = now;
    }

    pub(super) fn is_expired(&self, slot: u32, ttl: i64, now: i64) -> bool {
        let group = self.group(slot);
        group.is_kept && group.written.saturating_add(ttl) <= now
    }

    /// The sequence of the next row of a key.
    pub(super) fn next_sequence(&mut self, slot: u32) -> u64 {
        let group = self.group_mut(slot);
        group.next_sequence += 1;
        group.next_sequence - 1
    }

    /// The same for a row of processing time, whose time it tells.
    pub(super) fn next_sequence_at(&mut self, slot: u32, time: i64) -> u64 {
        let group = self.group_mut(slot);
        group.next_sequence = group.next_sequence.max((time as u64) << COUNT_BITS);
        self.next_sequence(slot)
    }

    /// A row with this sequence is there.
    pub(super) fn count_sequence(&mut self, slot: u32, sequence: u64) {
        let group = self.group_mut(slot);
        group.next_sequence = group.next_sequence.max(sequence + 1);
    }

    /// When a key is forgotten.
    pub(super) fn cleanup(&self, slot: u32) -> Option<i64> {
        Some(self.group(slot).cleanup).filter(|at| *at != i64::MIN)
    }

    /// A row has come: the key is needed as long as the row may be in a frame, and by half of that longer. Returns the new time, if there is one.
    pub(super) fn put_cleanup_off(&mut self, slot: u32, time: i64, frame: i64) -> Option<i64> {
        let group = self.group_mut(slot);
        if group.cleanup != i64::MIN && group.cleanup >= time.saturating_add(frame + 1) {
            return None;
        }
        group.is_kept = true;
        group.cleanup = time.saturating_add(frame + frame / 2 + 1);
        Some(group.cleanup)
    }

    /// Forgets a key; whether anything was kept of it.
    pub(super) fn forget(&mut self, slot: u32) -> bool {
        let was_kept = self.group(slot).is_kept;
        *self.group_mut(slot) = NEW;
        self.accumulators.iter_mut().for_each(|accumulator| accumulator.reset(&[slot]));
        was_kept
    }

    /// Applies additions and retractions; row i is of the key `slots[i]`. Returns the values behind each.
    pub(super) fn accumulate(&mut self, rows: &Batch, slots: &[u32]) -> Result<Vec<ArrayRef>, Failure> {
        let behind = |accumulator: &mut Box<dyn Accumulator>| Ok(accumulator.accumulate_traced(rows, slots)?.1);
        self.accumulators.iter_mut().map(behind).collect()
    }

    /// Bytes that it holds, about.
    pub(super) fn memory_size(&self) -> usize {
        let accumulators: usize = self.accumulators.iter().map(|accumulator| accumulator.memory_size()).sum();
        accumulators + self.groups.capacity() * size_of::<Group>()
    }
}

impl KeyValues for Groups {
    fn is_kept(&self, slot: u32) -> bool {
        self.groups.get(slot as usize).is_some_and(|group| group.is_kept)
    }

    fn written(&self, slot: u32) -> i64 {
        if self.expires { self.group(slot).written } else { i64::MAX }
    }

    fn write(&self, slot: u32, out: &mut Vec<u8>) {
        let group = self.group(slot);
        out.extend_from_slice(&group.last_time.to_le_bytes());
        out.extend_from_slice(&group.cleanup.to_le_bytes());
        aggregate_value::write(None, &self.accumulators, slot, out);
    }

    fn read(&mut self, slot: u32, written: i64, value: &[u8]) -> Result<(), Failure> {
        self.make_room(slot as usize + 1);
        let (last_time, rest) = value.split_first_chunk().ok_or_else(aggregate_value::damaged)?;
        let (cleanup, rest) = rest.split_first_chunk().ok_or_else(aggregate_value::damaged)?;
        let group = self.group_mut(slot);
        group.is_kept = true;
        group.last_time = i64::from_le_bytes(*last_time);
        group.cleanup = i64::from_le_bytes(*cleanup);
        group.written = written;
        aggregate_value::read(None, &mut self.accumulators, slot, rest)
    }
}
