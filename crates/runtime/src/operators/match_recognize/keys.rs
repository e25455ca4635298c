//! What is kept of each key: rows that wait for their time, rows that open matches need, and those matches.
//!
//! ```text
//!   value of a key: time up to which rows were looked at | rows kept | open runs | complete runs
//!   a run: state | number of its first row among those kept, or none | the time of that row | rows of each variable
//! ```
//! All numbers are little endian, times i64 and the others u32. A key without open matches has no value.

use std::collections::VecDeque;

use dataflow::Failure;
use state::KeyValues;

use super::runs::{Began, Rules, Run, Runs};
use crate::operators::aggregate_value::damaged;

/// Bits of a sequence behind the time of a row of processing time.
const COUNT_BITS: u32 = 20;
/// In place of the number of a first row.
const NONE: u32 = u32::MAX;

/// The time of a row of processing time.
pub(super) fn time_of(sequence: u64) -> i64 {
    (sequence >> COUNT_BITS) as i64
}

/// A key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Times and numbers of the rows that wait, as they came.
    pub waiting: Vec<(i64, u32)>,
    /// Numbers of the rows that open matches need, in order.
    pub kept: VecDeque<u32>,
    /// Which row of the key the first of them is.
    pub first: u64,
    /// Present when a match is under way.
    pub runs: Option<Box<Runs>>,
    /// Up to when rows were looked at, while a match is under way.
    pub looked_at: i64,
    /// When it is looked at next; the highest number: never.
    pub due: i64,
    /// Whether it has a value in the state.
    pub is_written: bool,
    next_sequence: u64,
    bytes: usize,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            kept: VecDeque::new(),
            first: 0,
            runs: None,
            looked_at: i64::MIN,
            due: i64::MAX,
            is_written: false,
            next_sequence: 0,
            bytes: 0,
        }
    }
}

impl Key {
    /// The number of a row by its place among the rows of the key.
    pub(super) fn number(&self, ordinal: u64) -> u32 {
        self.kept[(ordinal - self.first) as usize]
    }

    /// The sequence of the next row, which tells its time in processing time.
    pub(super) fn next_sequence(&mut self, time: Option<i64>) -> u64 {
        if let Some(time) = time {
            self.next_sequence = self.next_sequence.max((time as u64) << COUNT_BITS);
        }
        self.next_sequence += 1;
        self.next_sequence - 1
    }

    /// A row with this sequence is there.
    pub(super) fn count_sequence(&mut self, sequence: u64) {
        self.next_sequence = self.next_sequence.max(sequence + 1);
    }

    /// No match is under way any more. Its rows are the caller's to drop; when it is looked at stays as it is registered.
    pub(super) fn forget_runs(&mut self) {
        self.runs = None;
        self.first = 0;
        self.looked_at = i64::MIN;
        self.is_written = false;
    }

    /// When something happens next without another row.
    pub(super) fn next_due(&self, within: Option<i64>) -> Option<i64> {
        let row = self.waiting.iter().map(|&(time, _)| time).min();
        let over = self.runs.as_ref().and_then(|runs| Some(runs.earliest()?.saturating_add(within?)));
        row.into_iter().chain(over).min()
    }
}

/// By slot.
#[derive(Debug)]
pub(super) struct Keys {
    pub keys: Vec<Key>,
    variables: usize,
    states: usize,
    /// Of runs, and of the numbers of rows.
    bytes: usize,
}

impl Keys {
    pub(super) fn new(rules: &Rules) -> Self {
        Self { keys: Vec::new(), variables: rules.names.len(), states: rules.nfa.len(), bytes: 0 }
    }

    /// Makes room for this many slots.
    pub(super) fn make_room(&mut self, slots: usize) {
        if slots > self.keys.len() {
            self.keys.resize(slots.next_power_of_two(), Key::default());
        }
    }

    #[inline]
    pub(super) fn get(&mut self, slot: u32) -> &mut Key {
        &mut self.keys[slot as usize]
    }

    /// Looks at how much a key takes.
    pub(super) fn count_bytes(&mut self, slot: u32) {
        let key = &mut self.keys[slot as usize];
        let runs = key.runs.as_ref().map_or(0, |runs| runs.memory_size());
        let bytes = runs + key.kept.capacity() * size_of::<u32>() + key.waiting.capacity() * size_of::<(i64, u32)>();
        self.bytes = self.bytes - key.bytes + bytes;
        key.bytes = bytes;
    }

    /// Bytes that it holds, about.
    pub(super) fn memory_size(&self) -> usize {
        self.keys.capacity() * size_of::<Key>() + self.bytes
    }
}

impl KeyValues for Keys {
    fn is_kept(&self, slot: u32) -> bool {
        self.keys.get(slot as usize).is_some_and(|key| key.runs.is_some())
    }

    fn write(&self, slot: u32, out: &mut Vec<u8>) {
        let key = &self.keys[slot as usize];
        let runs = key.runs.as_ref().expect("only keys with runs have a value");
        out.extend_from_slice(&key.looked_at.to_le_bytes());
        out.extend_from_slice(&(key.kept.len() as u32).to_le_bytes());
        for queue in [runs.open(), runs.complete()] {
            out.extend_from_slice(&(queue.len() as u32).to_le_bytes());
            for run in queue {
                let offset = run.began.map_or(NONE, |began| (began.ordinal - key.first) as u32);
                out.extend_from_slice(&(run.state as u32).to_le_bytes());
                out.extend_from_slice(&offset.to_le_bytes());
                out.extend_from_slice(&run.began.map_or(0, |began| began.time).to_le_bytes());
                run.counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
            }
        }
    }

    fn read(&mut self, slot: u32, _written: i64, mut value: &[u8]) -> Result<(), Failure> {
        self.make_room(slot as usize + 1);
        let value = &mut value;
        let looked_at = i64::from_le_bytes(take(value)?);
        let kept = number(value)?;
        let mut queues = [Vec::new(), Vec::new()];
        for queue in &mut queues {
            for _ in 0..number(value)? {
                queue.push(self.read_run(value, kept)?);
            }
        }
        let [open, complete] = queues;
        let key = self.get(slot);
        key.looked_at = looked_at;
        key.first = 0;
        key.is_written = true;
        key.runs = Some(Box::new(Runs::restored(open, complete)));
        self.count_bytes(slot);
        Ok(())
    }
}

impl Keys {
    fn read_run(&self, value: &mut &[u8], kept: u32) -> Result<Run, Failure> {
        let (state, offset, time) = (number(value)? as usize, number(value)?, i64::from_le_bytes(take(value)?));
        if state >= self.states || offset != NONE && offset >= kept {
            return Err(damaged());
        }
        let began = (offset != NONE).then_some(Began { ordinal: u64::from(offset), time });
        let counts = (0..self.variables).map(|_| number(value)).collect::<Result<_, _>>()?;
        Ok(Run { state, began, counts })
    }
}

fn take<const N: usize>(value: &mut &[u8]) -> Result<[u8; N], Failure> {
    let (bytes, rest) = value.split_first_chunk().ok_or_else(damaged)?;
    *value = rest;
    Ok(*bytes)
}

fn number(value: &mut &[u8]) -> Result<u32, Failure> {
    Ok(u32::from_le_bytes(take(value)?))
}
