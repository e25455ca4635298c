//! What all kinds of windows share: keys, groups, the store behind them, the time reached, and the way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use state::{KeyBatch, WriteBack};

use super::emission::Emission;
use super::groups::Groups;
use super::wall_clock::WallClock;

/// The shared part of the operator.
pub(super) struct WindowContext {
    pub(super) keys: KeyBatch,
    pub(super) groups: Groups,
    /// Its slots are the groups.
    pub(super) state: WriteBack,
    pub(super) wall_clock: WallClock,
    pub(super) emission: Emission,
    /// Windows whose timer is at or before this have been emitted: the watermark, or the processing time.
    pub(super) progress: i64,
    pub(super) late_records_dropped: Arc<AtomicU64>,
}

impl WindowContext {
    /// Whether windows that end at this local time have been emitted.
    pub(super) fn is_fired(&self, end: i64) -> bool {
        self.wall_clock.timer(end) <= self.progress
    }

    /// Groups are needed no more; what the store has of them is the caller's matter.
    pub(super) fn release(&mut self, groups: &[u32]) {
        self.groups.release(groups);
        groups.iter().for_each(|&group| self.state.forget(group));
    }

    /// Rows have been dropped because they were late.
    pub(super) fn count_late(&self, rows: usize) {
        self.late_records_dropped.fetch_add(rows as u64, Ordering::Relaxed);
    }
}
