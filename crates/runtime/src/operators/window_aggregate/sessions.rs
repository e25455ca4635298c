//! SESSION: the windows of a key are its rows with less than the gap between them; a row may join two into one.
//!
//! ```text
//!   row at t -> [t, t + gap) -> touches open sessions of its key? they become one : late? dropped : a new session
//! ```
//! As in Flink, a row is late only when the session that it makes together with its neighbours is; sessions that touch are one.
//! Timers are not moved when a session grows: one that comes early is set again. What is in the store is [`super::session_state`]'s matter.

use std::collections::HashMap;

use arrow_array::BooleanArray;
use dataflow::{Batch, Failure, Output};
use state::{KeyBatch, KeyTable, TimerQueue};

use super::context::WindowContext;
use super::emission::Rows;
use super::session_state::StoredSessions;

/// The group of a row that is dropped.
const DROPPED: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) group: u32,
    /// Its timer, which may be early.
    pub(super) timer: i64,
}

/// The windows and their state.
pub(super) struct SessionWindows {
    gap: i64,
    pub(super) table: KeyTable,
    /// The open sessions of each key, by its slot, in order; none touches the next.
    pub(super) open: Vec<Vec<Session>>,
    /// The slot of the key of each group that is a session.
    pub(super) key_of_group: Vec<Option<u32>>,
    /// When groups are complete, or earlier.
    pub(super) timers: TimerQueue<u32>,
    pub(super) stored: StoredSessions,
    row_groups: Vec<u32>,
    /// Groups that were joined with another one by this batch.
    joined: HashMap<u32, u32>,
    joins: (Vec<u32>, Vec<u32>),
}

impl SessionWindows {
    pub(super) fn new(gap: i64, keys: &KeyBatch) -> Self {
        Self {
            gap,
            table: KeyTable::new(keys),
            open: Vec::new(),
            key_of_group: Vec::new(),
            timers: TimerQueue::default(),
            stored: StoredSessions::new(gap),
            row_groups: Vec::new(),
            joined: HashMap::new(),
            joins: Default::default(),
        }
    }

    /// Applies a batch; `times` are the local times of its rows.
    pub(super) fn process(&mut self, context: &mut WindowContext, batch: Batch, times: &[i64]) -> Result<(), Failure> {
        context.keys.encode(&batch);
        self.load(context)?;
        if context.state.owes() {
            let slots: Vec<u32> = (0..batch.num_rows()).filter_map(|row| self.table.find(&context.keys, row)).collect();
            self.settle_slots(context, &slots)?;
        }
        self.row_groups.clear();
        for (row, &time) in times.iter().enumerate() {
            let group = self.assign(context, row, time);
            self.row_groups.push(group);
        }
        let late = self.row_groups.iter().filter(|&&group| group == DROPPED).count();
        context.count_late(late);
        let batch = if late > 0 { self.kept_rows(&batch)? } else { batch };
        self.apply_joins(context)?;
        context.groups.accumulate(&batch, &self.row_groups)?;
        context.groups.release(&self.joins.0);
        self.joins.0.clear();
        self.joins.1.clear();
        self.evict(context)
    }

    /// The group of a row; what it joined is noted.
    fn assign(&mut self, context: &mut WindowContext, row: usize, time: i64) -> u32 {
        let end = time + self.gap;
        let slot = if context.is_fired(end) {
            // It is late unless it lengthens an open session to the front.
            let Some(slot) = self.table.find(&context.keys, row) else { return DROPPED };
            if !self.open[slot as usize].iter().any(|session| session.start <= end && time <= session.end) {
                return DROPPED;
            }
            slot
        } else {
            self.table.find_or_insert(&context.keys, row).0
        };
        // Marks are by key here.
        context.state.mark_written(slot);
        if self.open.len() <= slot as usize {
            self.open.resize_with(slot as usize + 1, Vec::new);
        }
        let sessions = &mut self.open[slot as usize];
        let after = sessions.partition_point(|session| session.start <= time);
        let previous = after.checked_sub(1).filter(|&index| time <= sessions[index].end);
        let next = Some(after).filter(|&index| sessions.get(index).is_some_and(|next| next.start <= end));
        match (previous, next) {
            (Some(previous), None) => {
                sessions[previous].end = sessions[previous].end.max(end);
                sessions[previous].group
            }
            (None, Some(next)) => {
                sessions[next].start = time;
                sessions[next].group
            }
            (Some(previous), Some(next)) => {
                let Session { end, group, .. } = sessions.remove(next);
                sessions[previous].end = end;
                let into = sessions[previous].group;
                self.join(group, into);
                into
            }
            (None, None) => {
                let group = context.groups.slots.allocate();
                let timer = self.begin(context, group, slot, end);
                self.open[slot as usize].insert(after, Session { start: time, end, group, timer });
                group
            }
        }
    }

    /// Sets the timer of a new session and returns it.
    pub(super) fn begin(&mut self, context: &WindowContext, group: u32, slot: u32, end: i64) -> i64 {
        if self.key_of_group.len() <= group as usize {
            self.key_of_group.resize(group as usize + 1, None);
        }
        self.key_of_group[group as usize] = Some(slot);
        let timer = context.wall_clock.timer(end);
        self.timers.register(timer, group);
        timer
    }

    fn join(&mut self, group: u32, into: u32) {
        self.key_of_group[group as usize] = None;
        self.joined.insert(group, into);
        self.joins.0.push(group);
        self.joins.1.push(into);
    }

    /// Joins the values of sessions, and sends the rows of those that are no more to what they became part of.
    fn apply_joins(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        if self.joined.is_empty() {
            return Ok(());
        }
        context.groups.merge(&self.joins.0, &self.joins.1)?;
        for group in &mut self.row_groups {
            while let Some(&into) = self.joined.get(group) {
                *group = into;
            }
        }
        self.joined.clear();
        Ok(())
    }

    fn kept_rows(&mut self, batch: &Batch) -> Result<Batch, Failure> {
        let keep: BooleanArray = self.row_groups.iter().map(|&group| Some(group != DROPPED)).collect();
        self.row_groups.retain(|&group| group != DROPPED);
        Ok(batch.filter(&keep)?)
    }

    /// When the next session is complete, or earlier.
    pub(super) fn next_timer(&self) -> Option<i64> {
        self.timers.next().into_iter().chain(self.stored.next_timer()).min()
    }

    /// Emits the sessions whose timers are at or before `progress`.
    pub(super) fn advance(
        &mut self,
        context: &mut WindowContext,
        progress: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        self.fire(context, progress, out)?;
        self.emit_stored(context, progress, out)
    }

    /// Emits those of the keys in memory.
    pub(super) fn fire(
        &mut self,
        context: &mut WindowContext,
        progress: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut complete: Vec<(u32, Session)> = Vec::new();
        if self.timers.next().is_some_and(|next| next <= progress) {
            self.settle_all(context)?;
        }
        while let Some((_, group)) = self.timers.pop_due(progress) {
            // The number may have been given back, or belong to another session by now.
            let Some(slot) = self.key_of_group[group as usize] else { continue };
            let sessions = &mut self.open[slot as usize];
            let Some(index) = sessions.iter().position(|session| session.group == group) else { continue };
            let timer = context.wall_clock.timer(sessions[index].end);
            if timer > progress {
                sessions[index].timer = timer;
                self.timers.register(timer, group);
                continue;
            }
            complete.push((slot, sessions.remove(index)));
            context.state.mark_written(slot);
            self.key_of_group[group as usize] = None;
        }
        complete.sort_by_key(|(_, session)| session.end);
        self.emit(context, &complete, out)?;
        let groups: Vec<u32> = complete.iter().map(|(_, session)| session.group).collect();
        context.groups.release(&groups);
        self.forget_keys(context, complete);
        Ok(())
    }

    fn emit(&self, context: &WindowContext, complete: &[(u32, Session)], out: &mut dyn Output) -> Result<(), Failure> {
        let mut rows = Rows::default();
        for (slot, session) in complete.iter().filter(|(_, session)| !context.groups.is_empty(session.group)) {
            rows.push(self.table.key(*slot), session.group, session.start, session.end);
        }
        context.emission.emit(&rows, &context.groups, &context.wall_clock, out)
    }

    fn forget_keys(&mut self, context: &mut WindowContext, complete: Vec<(u32, Session)>) {
        let mut slots: Vec<u32> = complete.into_iter().map(|(slot, _)| slot).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            if self.open[slot as usize].is_empty() {
                self.forget_key(context, slot);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}
