//! The state of session windows behind their tables: keys that are cold are only in the store, until a row of theirs comes or a session of theirs is
//! complete.
//!
//! ```text
//!   state 0: key       -> sessions             of `hashmap`, and of earlier releases
//!   state 1: key       -> sessions             of `rocksdb`
//!   state 2: time, key -> head                 of `rocksdb`: no session of the key is complete before this time
//!   sessions: head | for each: start, end (i64), length of its value (u32), its value
//! ```
//! A key is in memory with all its open sessions or not at all. Every key in state 1 is in state 2 too, at a time that may be too early: when it has
//! come the key is looked at, and is put there again if it still has sessions. So a session that grows need not be moved.

use dataflow::{CheckpointBarrier, Failure, KeyedSnapshot, Output, Progress};
use state::{Address, read_value_head, write_value_head};

use super::context::WindowContext;
use super::groups::Groups;
use super::sessions::{Session, SessionWindows};
use crate::operators::aggregate_value::damaged;

/// Sessions without an entry that says when they are complete.
const UNTIMED: u8 = 0;
/// Sessions with one.
const TIMED: u8 = 1;
/// When to look at a key.
const TIMES: u8 = 2;

/// Keys that are brought from the store together.
const CHUNK: usize = if cfg!(test) { 3 } else { 8_192 };
/// Keys that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;
/// The store is looked through at most so often where the clock says what is complete, ms.
const PAUSE: i64 = 10;
/// A key that is in no entry of state 2, as far as is known.
const NOWHERE: i64 = i64::MAX;

/// What is known of the store.
pub(super) struct StoredSessions {
    /// Whether all keys are in memory.
    complete: bool,
    /// By slot of the key: the time at which it is in state 2.
    times: Vec<i64>,
    /// Every key of the store that has a session which is complete before this is in memory.
    pub(super) horizon: i64,
    /// Nothing is left in state 2 up to this time.
    passed: i64,
    /// How far keys are brought into memory before they are due, ms, when there is room.
    ahead: i64,
}

impl StoredSessions {
    pub(super) fn new(gap: i64) -> Self {
        Self { complete: true, times: Vec::new(), horizon: i64::MIN, passed: i64::MIN, ahead: (gap / 8).max(1) }
    }

    /// When the clock says that keys have to be brought into memory.
    pub(super) fn next_timer(&self) -> Option<i64> {
        (!self.complete).then_some(self.horizon.saturating_add(PAUSE))
    }

    pub(super) fn forget(&mut self, slot: u32) {
        if let Some(time) = self.times.get_mut(slot as usize) {
            *time = NOWHERE;
        }
    }

    /// Has a key put into state 2 at a time, unless it is there early enough. Its sessions are about to be written.
    fn note(&mut self, slot: u32, sessions: &[Session], put: impl FnOnce(i64)) {
        let Some(timer) = sessions.iter().map(|session| session.timer).min() else { return };
        if self.times.len() <= slot as usize {
            self.times.resize((slot as usize + 1).next_power_of_two(), NOWHERE);
        }
        let time = &mut self.times[slot as usize];
        if timer < *time {
            *time = timer;
            put(timer);
        }
    }
}

/// Keys of state 2 in one range of time.
type Due = Vec<(i64, Vec<u8>)>;

impl SessionWindows {
    /// Brings the keys of the encoded batch into memory that are only in the store.
    pub(super) fn load(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        if self.stored.complete {
            return Ok(());
        }
        let keys = &context.keys;
        let may_have = |key: &[u8]| context.state.may_have(key);
        let is_missing = |&row: &usize| self.table.find(keys, row).is_none() && may_have(keys.get(row));
        let missing: Vec<usize> = (0..keys.len()).filter(is_missing).collect();
        let missing: Vec<Vec<u8>> = missing.into_iter().map(|row| keys.get(row).to_vec()).collect();
        self.load_keys(context, &missing).map(drop)
    }

    /// Brings keys into memory that are not there; returns the slots of those that the store has.
    fn load_keys(&mut self, context: &mut WindowContext, missing: &[Vec<u8>]) -> Result<Vec<u32>, Failure> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        if !context.state.may_read() {
            self.settle_all(context)?;
        }
        let Self { table, .. } = self;
        let WindowContext { groups, state, .. } = context;
        let (mut restored, mut slots) = (Vec::new(), Vec::new());
        state.load(missing.iter().map(|key| Address::of_key(TIMED, key)), |index, value| {
            let slot = table.find_or_insert_bytes(&missing[index]).0;
            slots.push(slot);
            read_sessions(slot, value, groups, &mut restored)?;
            Ok(slot)
        })?;
        self.put_back(context, restored);
        Ok(slots)
    }

    fn put_back(&mut self, context: &WindowContext, restored: Vec<Restored>) {
        for Restored { slot, start, end, group } in restored {
            if self.open.len() <= slot as usize {
                self.open.resize_with(slot as usize + 1, Vec::new);
            }
            let timer = self.begin(context, group, slot, end);
            self.open[slot as usize].push(Session { start, end, group, timer });
        }
    }

    /// Emits what is complete at `progress` of the keys that are only in the store, and brings those into memory that soon will be.
    pub(super) fn emit_stored(
        &mut self,
        context: &mut WindowContext,
        progress: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        if !context.state.is_on_disk() || progress < self.stored.horizon {
            return Ok(());
        }
        self.settle_all(context)?;
        let key_groups = context.state.store().keys().key_groups().clone();
        let from = self.stored.passed.saturating_add(1);
        // Whatever is dropped from memory meanwhile is complete later.
        self.stored.horizon = progress.saturating_add(1);
        for key_group in key_groups.clone() {
            self.look_at_due(context, key_group, from, progress, out)?;
        }
        self.stored.passed = progress;
        let last = progress.saturating_add(self.stored.ahead);
        self.stored.horizon = last.saturating_add(1);
        for key_group in key_groups {
            // Half of the room is for what rows bring.
            if !self.load_ahead(context, key_group, last)? {
                self.stored.horizon = progress.saturating_add(1);
                break;
            }
        }
        Ok(())
    }

    /// Looks at the keys whose time has come.
    fn look_at_due(
        &mut self,
        context: &mut WindowContext,
        key_group: u32,
        from: i64,
        progress: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut behind = None;
        loop {
            let due = read_times(context, key_group, from..=progress, behind.as_ref())?;
            let slots = self.bring(context, &due)?;
            for &slot in &slots {
                // The entry goes: what is left of the key has to be noted again.
                self.stored.forget(slot);
                context.state.mark_written(slot);
            }
            for (time, key) in &due {
                context.state.delete(&Address::in_namespace(TIMES, *time, key));
            }
            self.fire(context, progress, out)?;
            self.evict(context)?;
            if due.len() < CHUNK {
                return context.state.flush();
            }
            behind = due.into_iter().next_back();
        }
    }

    /// Brings the keys of a key group that are due up to `last`; false when there is no room for it.
    fn load_ahead(&mut self, context: &mut WindowContext, key_group: u32, last: i64) -> Result<bool, Failure> {
        if self.stored.complete {
            return Ok(true);
        }
        let mut behind = None;
        loop {
            let size = self.memory_size(context);
            let share = context.state.store().memory_share(size).unwrap_or(u64::MAX);
            if size as u64 >= share / 2 {
                return Ok(false);
            }
            let from = self.stored.passed.saturating_add(1);
            let due = read_times(context, key_group, from..=last, behind.as_ref())?;
            self.bring(context, &due)?;
            if due.len() < CHUNK {
                return Ok(true);
            }
            behind = due.into_iter().next_back();
        }
    }

    /// Brings these keys into memory; returns the slots of all that there are, in memory before or not.
    fn bring(&mut self, context: &mut WindowContext, due: &Due) -> Result<Vec<u32>, Failure> {
        let mut slots: Vec<u32> = Vec::new();
        let mut missing: Vec<Vec<u8>> = Vec::new();
        for (_, key) in due {
            match self.table.find_bytes(key) {
                Some(slot) => slots.push(slot),
                None if self.stored.complete => {}
                None => missing.push(key.clone()),
            }
        }
        slots.extend(self.load_keys(context, &missing)?);
        Ok(slots)
    }

    /// Drops cold keys from memory when it holds more than its share.
    pub(super) fn evict(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        if !context.state.is_on_disk() || context.state.choose_victims(self.memory_size(context), self.table.len()) == 0
        {
            return Ok(());
        }
        let WindowContext { groups, state, .. } = context;
        let Self { table, open, stored, .. } = self;
        let victims: Vec<u32> = keys_of(open).filter(|&slot| state.is_victim(slot)).collect();
        for &slot in &victims {
            if state.is_dirty(slot) {
                let key = table.key(slot);
                stored.note(slot, &open[slot as usize], |time| {
                    state.put(&Address::in_namespace(TIMES, time, key), head);
                });
            }
        }
        let slots = victims.iter().map(|&slot| (slot, Address::of_key(TIMED, table.key(slot))));
        state.write_slots(slots, |slot, out| write_sessions(&open[slot as usize], groups, out))?;
        let mut dropped = Vec::new();
        for slot in victims {
            for session in self.open[slot as usize].drain(..) {
                self.timers.delete(session.timer, session.group);
                self.key_of_group[session.group as usize] = None;
                self.stored.horizon = self.stored.horizon.min(session.timer);
                dropped.push(session.group);
            }
            self.stored.forget(slot);
            context.state.forget(slot);
            context.state.drop_key(self.table.key(slot));
            self.table.remove(slot);
        }
        context.groups.release(&dropped);
        self.stored.complete = false;
        Ok(())
    }

    /// Bytes held for what is in use, about.
    fn memory_size(&self, context: &WindowContext) -> usize {
        /// What the allocator needs for the list of a key.
        const LIST: usize = 48;
        let by_key = LIST + size_of::<Vec<Session>>() + size_of::<i64>();
        let by_session = size_of::<Session>() + size_of::<Option<u32>>() + 2 * size_of::<(i64, u32)>();
        let share_in_use = self.table.len() as f64 / self.table.slot_count().max(1) as f64;
        (self.table.memory_size() as f64 * share_in_use) as usize
            + self.table.len() * by_key
            + context.groups.slots.in_use() * by_session
            + context.groups.memory_size()
    }

    /// Takes what was restored: all of it into memory, or nothing when it is in the store. `is_new`: nothing was restored.
    pub(super) fn restore(&mut self, context: &mut WindowContext, is_new: bool) -> Result<(), Failure> {
        let mut restored = Vec::new();
        let Self { table, .. } = self;
        let WindowContext { groups, state, .. } = context;
        state.take_restored(|entry, value| match entry.state {
            TIMES => Ok(()),
            _ => read_sessions(table.find_or_insert_bytes(entry.rest).0, value, groups, &mut restored),
        })?;
        self.put_back(context, restored);
        if context.state.is_on_disk() && !is_new {
            self.stored.complete = false;
            self.note_untimed(context)?;
        }
        Ok(())
    }

    /// Gives the sessions of the store that have no time one.
    fn note_untimed(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        for key_group in context.state.store().keys().key_groups().clone() {
            loop {
                let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
                context.state.store().scan_some(key_group, UNTIMED, &mut |entry, value| {
                    found.push((entry.rest.to_vec(), value.to_vec()));
                    Ok(found.len() < CHUNK)
                })?;
                for (key, value) in &found {
                    let end = first_end(value)?;
                    let timer = context.wall_clock.timer(end);
                    let state = &mut context.state;
                    state.put(&Address::of_key(TIMED, key), |out| out.extend_from_slice(value));
                    state.put(&Address::in_namespace(TIMES, timer, key), |out| write_value_head(None, out));
                    state.delete(&Address::of_key(UNTIMED, key));
                }
                context.state.flush()?;
                if found.len() < CHUNK {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The state at a barrier.
    pub(super) fn snapshot(
        &mut self,
        context: &mut WindowContext,
        barrier: &CheckpointBarrier,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        self.settle_all(context)?;
        let WindowContext { groups, state, .. } = context;
        let Self { table, open, .. } = self;
        if state.is_on_disk() {
            return state.begin_snapshot(barrier);
        }
        let slots = keys_of(open).map(|slot| (slot, Address::of_key(UNTIMED, table.key(slot))));
        state.snapshot(barrier, slots, |slot, out| write_sessions(&open[slot as usize], groups, out))
    }

    /// Puts some more keys into the last snapshot.
    pub(super) fn settle_some(&mut self, context: &mut WindowContext) -> Result<Progress, Failure> {
        self.settle(context, AT_ONCE)?;
        Ok(if context.state.owes() { Progress::Pending } else { Progress::Done })
    }

    /// Gives the last snapshot all that it lacks.
    pub(super) fn settle_all(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        self.settle(context, usize::MAX)
    }

    fn settle(&mut self, context: &mut WindowContext, most: usize) -> Result<(), Failure> {
        if !context.state.owes() {
            return Ok(());
        }
        let slots = context.state.owed_slots(most);
        self.settle_slots(context, &slots)
    }

    /// Puts these keys into the last snapshot, unless it has them: they are about to change.
    pub(super) fn settle_slots(&mut self, context: &mut WindowContext, slots: &[u32]) -> Result<(), Failure> {
        let WindowContext { groups, state, .. } = context;
        if !state.owes() {
            return Ok(());
        }
        let Self { table, open, stored, .. } = self;
        for &slot in slots {
            if !state.is_owed(slot) {
                continue;
            }
            let (key, sessions) = (table.key(slot), &open[slot as usize]);
            stored.note(slot, sessions, |time| state.put_owed(&Address::in_namespace(TIMES, time, key), head));
            state.settle_one(slot, &Address::of_key(TIMED, key), |out| write_sessions(sessions, groups, out));
        }
        state.settle(std::iter::empty(), |_, _| {})
    }

    /// A key has no session any more.
    pub(super) fn forget_key(&mut self, context: &mut WindowContext, slot: u32) {
        // Its entry of state 2 goes when its time has come.
        context.state.remove(slot, &Address::of_key(TIMED, self.table.key(slot)));
        self.stored.forget(slot);
        self.table.remove(slot);
    }
}

/// The slots of keys that have sessions.
fn keys_of(open: &[Vec<Session>]) -> impl Iterator<Item = u32> + '_ {
    (0..open.len() as u32).filter(|&slot| !open[slot as usize].is_empty())
}

/// The value of an entry of state 2.
fn head(out: &mut Vec<u8>) {
    write_value_head(None, out);
}

/// Some entries of state 2, from the one behind `behind` on.
fn read_times(
    context: &WindowContext,
    key_group: u32,
    times: std::ops::RangeInclusive<i64>,
    behind: Option<&(i64, Vec<u8>)>,
) -> Result<Due, Failure> {
    let mut due = Vec::new();
    if times.is_empty() {
        return Ok(due);
    }
    let behind = behind.map(|(time, key)| Address::in_namespace(TIMES, *time, key));
    context.state.store().scan_namespaces(key_group, TIMES, times, behind.as_ref(), &mut |entry, _| {
        let (time, key) = entry.namespaced();
        due.push((time, key.to_vec()));
        Ok(due.len() < CHUNK)
    })?;
    Ok(due)
}

fn write_sessions(sessions: &[Session], groups: &Groups, out: &mut Vec<u8>) {
    write_value_head(None, out);
    for session in sessions {
        out.extend_from_slice(&session.start.to_le_bytes());
        out.extend_from_slice(&session.end.to_le_bytes());
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        groups.write_value(session.group, out);
        let length = (out.len() - length_at - 4) as u32;
        out[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// A session that was read, and the slot of its key.
struct Restored {
    slot: u32,
    start: i64,
    end: i64,
    group: u32,
}

fn read_sessions(
    slot: u32,
    mut value: &[u8],
    groups: &mut Groups,
    restored: &mut Vec<Restored>,
) -> Result<(), Failure> {
    read_value_head(false, &mut value)?;
    while !value.is_empty() {
        let (start, rest) = value.split_first_chunk().ok_or_else(damaged)?;
        let (end, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (group_value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
        let group = groups.slots.allocate();
        groups.read_value(group, group_value)?;
        restored.push(Restored { slot, start: i64::from_le_bytes(*start), end: i64::from_le_bytes(*end), group });
        value = rest;
    }
    Ok(())
}

/// The end of the first of the sessions of a value.
fn first_end(mut value: &[u8]) -> Result<i64, Failure> {
    read_value_head(false, &mut value)?;
    let end = value.get(8..).and_then(|rest| rest.first_chunk()).ok_or_else(damaged)?;
    Ok(i64::from_le_bytes(*end))
}
