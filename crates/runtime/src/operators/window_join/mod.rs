//! `WindowJoin`: joins rows of two inputs, which only insert, that are in the same window, once the window is complete.
//!
//! ```text
//!   row -> window emitted already? late, dropped and counted : kept by key and end of window
//!   watermark passes the end of a window -> its rows, key by key -> pairs and pads -> forgotten
//! ```
//! The rows of a key come as from Flink's `WindowJoinOperator`: left row by left row, right row by right row in a RIGHT JOIN. The watermark reached is part
//! of the state: after a restore it is the earliest that a subtask had.

mod matching;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use dataflow::operator_spec::{JoinType, WindowJoinSpec};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, Stateful, StreamElement,
};
use expr::EvalContext;
use state::KeyedStateContext;

use super::input_keys::InputKeys;
use super::interval_join::rowtimes;
use super::timed_state::TimedState;
use super::window_aggregate::{WallClock, restored_progress};
use matching::Matching;

/// The name of the state item with the watermark reached.
const PROGRESS: &str = "watermark";

/// The tag of a row whose key has a NULL: it matches nothing.
const INCOMPLETE: u8 = 1;

/// The operator. Input 0 is the left side, input 1 the right. The time of a row is the end of its window.
pub struct WindowJoin {
    keys: [InputKeys; 2],
    /// The column with the end of the window, of each input.
    window_ends: [usize; 2],
    /// Whether rows of this side without a match are emitted.
    keeps_unmatched: [bool; 2],
    state: TimedState,
    matching: Matching,
    /// The keys that have rows in a window, by its end.
    windows: BTreeMap<i64, Vec<u32>>,
    wall_clock: WallClock,
    progress: i64,
    late_records_dropped: Arc<AtomicU64>,
}

impl WindowJoin {
    /// An operator for this spec; the condition is evaluated in `context`. It adds to `late_records_dropped`. `state` is opened here; `restored` has
    /// the watermark reached.
    pub fn new(
        spec: &WindowJoinSpec,
        context: &EvalContext,
        late_records_dropped: Arc<AtomicU64>,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let join = &spec.join;
        let keys = InputKeys::of_join(join)?;
        let keeps = |kinds: &[JoinType]| kinds.contains(&join.join_type);
        let mut operator = Self {
            state: TimedState::open(state, [&join.left, &join.right], &keys[0].batch)?,
            keys,
            window_ends: [spec.left_window_end, spec.right_window_end],
            keeps_unmatched: [
                keeps(&[JoinType::Left, JoinType::Full, JoinType::Anti]),
                keeps(&[JoinType::Right, JoinType::Full]),
            ],
            matching: Matching::new(join, context)?,
            windows: BTreeMap::new(),
            wall_clock: WallClock::new(&spec.time_zone)?,
            progress: restored_progress(restored)?,
            late_records_dropped,
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
            let of_side = |side| self.state.side(side).list(slot).iter().map(|row| row.time);
            let mut ends: Vec<i64> = of_side(0).chain(of_side(1)).collect();
            ends.sort_unstable();
            ends.dedup();
            ends.into_iter().for_each(|end| self.windows.entry(end).or_default().push(slot));
        }
    }

    /// Drops cold keys from memory when there is no room.
    fn evict(&mut self) -> Result<(), Failure> {
        let Self { state, windows, wall_clock, .. } = self;
        let bytes = windows.values().map(|slots| slots.capacity() * size_of::<u32>()).sum();
        let (mut dropped, mut ends) = (Vec::new(), BTreeSet::new());
        state.evict(bytes, |slot, lists| {
            dropped.push(slot);
            ends.extend(lists.into_iter().flatten().map(|row| row.time));
            lists.into_iter().flatten().map(|row| row.time).min().map(|end| wall_clock.timer(end))
        })?;
        dropped.sort_unstable();
        for end in ends {
            if let Some(slots) = windows.get_mut(&end) {
                slots.retain(|slot| dropped.binary_search(slot).is_err());
            }
        }
        Ok(())
    }

    /// Emits the windows that are complete, with the keys too that are only in the store.
    fn advance(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut due = self.state.due(watermark)?;
        while let Some(slots) = self.state.bring_due(&mut due)? {
            self.loaded(&slots);
            self.emit_complete(watermark, out)?;
            self.evict()?;
        }
        self.emit_complete(watermark, out)?;
        self.progress = self.progress.max(watermark);
        Ok(())
    }

    fn emit_complete(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut gone: [Vec<u32>; 2] = Default::default();
        let mut emptied = Vec::new();
        while let Some(entry) = self.windows.first_entry()
            && self.wall_clock.timer(*entry.key()) <= watermark
        {
            let (end, slots) = entry.remove_entry();
            for slot in slots {
                let rows: [Vec<u32>; 2] = [0, 1].map(|side| self.state.take_until(side, slot, end).collect());
                self.matching.add([&rows[0], &rows[1]], &self.state, out)?;
                gone.iter_mut().zip(rows).for_each(|(gone, rows)| gone.extend(rows));
                emptied.extend(self.state.is_empty(slot).then_some(slot));
            }
        }
        self.matching.flush(&self.state, out)?;
        for (side, gone) in gone.iter_mut().enumerate() {
            self.state.remove(side, gone)?;
        }
        emptied.into_iter().for_each(|slot| self.state.table.remove(slot));
        Ok(())
    }
}

impl Operator for WindowJoin {
    fn process(&mut self, input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let ends = rowtimes(&batch, self.window_ends[input])?;
        self.keys[input].encode(&batch);
        let loaded = self.state.bring(&self.keys[input].batch)?;
        self.loaded(&loaded);
        let mut late = 0;
        // Neighbours mostly are of the same window.
        let mut last = None;
        for (row, &end) in ends.iter().enumerate() {
            let is_late = match last {
                Some((last, is_late)) if last == end => is_late,
                _ => self.wall_clock.timer(end) <= self.progress,
            };
            last = Some((end, is_late));
            let is_complete = self.keys[input].is_complete(row);
            late += u64::from(is_late);
            if is_late || !is_complete && !self.keeps_unmatched[input] {
                continue;
            }
            let (slot, _) = self.state.table.find_or_insert(&self.keys[input].batch, row);
            if (0..2).all(|side| self.state.side(side).list(slot).binary_search_by_key(&end, |row| row.time).is_err()) {
                self.windows.entry(end).or_default().push(slot);
            }
            self.state.add(input, slot, row, end, if is_complete { 0 } else { INCOMPLETE });
        }
        self.late_records_dropped.fetch_add(late, Ordering::Relaxed);
        self.state.end(input, &batch)?;
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.advance(watermark, out)?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for WindowJoin {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let progress = OperatorStateItem {
            name: PROGRESS.to_owned(),
            redistribution: Redistribution::Union,
            payload: self.progress.into(),
        };
        Ok(OperatorSnapshot { items: vec![progress], keyed: Some(self.state.snapshot(barrier)?) })
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
