//! TUMBLE, HOP and CUMULATE: windows made of slices, which have their groups in namespaces.
//!
//! ```text
//!   row -> slice -> last window of the slice emitted? late -> group of (slice, key)
//!   time goes on -> windows that are complete, in order -> their slices merged -> rows -> groups freed
//! ```
//! A row is late when the last window of its slice has been emitted; while a later one is open the row still counts there, as in Flink.

use arrow_array::BooleanArray;
use dataflow::{Batch, CheckpointBarrier, Failure, KeyedSnapshot, Output, Progress};
use state::{Address, Namespace, Namespaces, WriteBack};

use super::context::WindowContext;
use super::emission::{MAX_ROWS, Rows};
use super::groups::Groups;
use super::slices::{Shape, Slices};
use super::spilled::{STATE, SpilledWindow};

/// The namespace of a row that is dropped.
const DROPPED: i64 = i64::MIN;

/// Groups that are put into a snapshot at a time: some milliseconds.
const AT_ONCE: usize = 16_384;

/// The windows and their state.
pub(super) struct SlicedWindows {
    slices: Slices,
    /// One for each slice, named by its end in local time.
    pub(super) namespaces: Namespaces,
    row_slices: Vec<i64>,
    row_groups: Vec<u32>,
    /// The slice, and its entry, up to which groups are in the last snapshot.
    owed_from: (i64, usize),
}

impl SlicedWindows {
    pub(super) fn new(slices: Slices) -> Self {
        Self {
            slices,
            namespaces: Namespaces::default(),
            row_slices: Vec::new(),
            row_groups: Vec::new(),
            owed_from: (i64::MIN, 0),
        }
    }

    /// Applies a batch; `times` are the local times of its rows.
    pub(super) fn process(&mut self, context: &mut WindowContext, batch: Batch, times: &[i64]) -> Result<(), Failure> {
        let dropped = self.assign(context, times);
        let batch = if dropped { self.kept_rows(&batch)? } else { batch };
        context.keys.encode(&batch);
        self.load(context)?;
        let Self { namespaces, row_slices, row_groups, .. } = self;
        namespaces.groups(row_slices, &context.keys, &mut context.groups.slots, row_groups);
        if context.state.owes() {
            // They are about to change, and the last snapshot needs what they are.
            let WindowContext { keys, groups, state, .. } = context;
            let address =
                |(row, &group): (usize, &u32)| (group, Address::in_namespace(STATE, row_slices[row], keys.get(row)));
            state.settle(row_groups.iter().enumerate().map(address), |group, out| groups.write_value(group, out))?;
        }
        context.state.mark_all_written(row_groups);
        context.groups.accumulate(&batch, row_groups)?;
        self.evict(context)
    }

    /// Brings the keys of the encoded batch into memory that are only in the store.
    fn load(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        if self.namespaces.iter().all(|namespace| namespace.complete) {
            return Ok(());
        }
        let Self { namespaces, row_slices, .. } = self;
        let WindowContext { keys, groups, state, .. } = context;
        let is_missing = |&row: &usize| {
            let namespace = namespaces.get(row_slices[row]);
            namespace.is_some_and(|namespace| !namespace.complete && namespace.find(keys, row).is_none())
        };
        let missing: Vec<usize> = (0..row_slices.len()).filter(is_missing).collect();
        if !state.may_read() {
            settle_all(namespaces, groups, state)?;
        }
        let addresses = missing.iter().map(|&row| Address::in_namespace(STATE, row_slices[row], keys.get(row)));
        state.load(addresses, |index, value| {
            let row = missing[index];
            let group = namespaces.get_or_insert(row_slices[row], keys).group(keys, row, &mut groups.slots);
            groups.read_value(group, value)?;
            Ok(group)
        })
    }

    /// Fills `row_slices`; returns whether rows are dropped.
    fn assign(&mut self, context: &mut WindowContext, times: &[i64]) -> bool {
        self.row_slices.clear();
        let (mut dropped, mut late) = (false, 0);
        let mut current = RowTarget { start: 1, end: 0, namespace: DROPPED, late: false };
        for &time in times {
            if time < current.start || time >= current.end {
                current = self.target(context, time);
            }
            if current.namespace == DROPPED {
                dropped = true;
                late += usize::from(current.late);
            }
            self.row_slices.push(current.namespace);
        }
        context.count_late(late);
        dropped
    }

    /// Where rows of the slice around this time go now.
    fn target(&self, context: &WindowContext, time: i64) -> RowTarget {
        let slice = self.slices.slice_of(time);
        let target = |namespace, late| RowTarget { start: slice - self.slices.slice(), end: slice, namespace, late };
        let Some(last) = self.slices.last_window(slice) else { return target(DROPPED, false) };
        if context.is_fired(last) {
            return target(DROPPED, true);
        }
        // The first slice of a cumulating window has the sum of those that fired.
        if self.slices.shape == Shape::Cumulate && context.is_fired(slice) {
            return target(self.sum_slice(slice), false);
        }
        target(slice, false)
    }

    fn kept_rows(&mut self, batch: &Batch) -> Result<Batch, Failure> {
        let keep: BooleanArray = self.row_slices.iter().map(|&slice| Some(slice != DROPPED)).collect();
        self.row_slices.retain(|&slice| slice != DROPPED);
        Ok(batch.filter(&keep)?)
    }

    /// The slice with the sum of the cumulating windows up to this one.
    fn sum_slice(&self, window: i64) -> i64 {
        self.slices.window_start(window) + self.slices.slice()
    }

    /// The first window after `after` that has rows and has not fired.
    fn next_window(&self, context: &WindowContext, after: i64) -> Option<i64> {
        let mut window = self.slices.next_window(self.namespaces.first()?.time, after);
        while context.is_fired(window) {
            window += self.slices.period();
        }
        Some(window)
    }

    /// When the next window is complete.
    pub(super) fn next_timer(&self, context: &WindowContext) -> Option<i64> {
        Some(context.wall_clock.timer(self.next_window(context, i64::MIN)?))
    }

    /// Emits the windows whose timers are at or before `progress`.
    pub(super) fn advance(
        &mut self,
        context: &mut WindowContext,
        progress: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut complete = Complete::default();
        let mut after = i64::MIN;
        while let Some(window) = self.next_window(context, after).filter(|&w| context.wall_clock.timer(w) <= progress) {
            // Its groups go, and the store is written to.
            settle_all(&self.namespaces, &context.groups, &mut context.state)?;
            match self.slices.shape {
                _ if self.is_spilled(window) => {
                    self.emit_complete(context, &mut complete, out)?;
                    self.emit_spilled(context, window, out)?;
                }
                Shape::Tumble => complete.extend(self.remove(context, window)?),
                Shape::Hop => {
                    complete.extend([self.merge_slices(context, window)?]);
                    self.remove_slices(context, window)?;
                }
                Shape::Cumulate => {
                    self.cumulate(context, window)?;
                    self.emit_sum(context, window, out)?;
                }
            }
            if complete.rows >= MAX_ROWS {
                self.emit_complete(context, &mut complete, out)?;
            }
            after = window;
        }
        self.emit_complete(context, &mut complete, out)
    }

    /// The slices of a window that have rows.
    fn slices_of(&self, window: i64) -> impl Iterator<Item = &Namespace> {
        let sum_slice = (self.slices.shape == Shape::Cumulate).then(|| self.sum_slice(window));
        let start = self.slices.window_start(window);
        let slices = self.namespaces.iter().skip_while(move |slice| slice.time <= start);
        // A cumulating window is the sum of those before and the newest slice.
        slices
            .take_while(move |slice| slice.time <= window)
            .filter(move |slice| sum_slice.is_none_or(|sum| slice.time == sum || slice.time == window))
    }

    /// Whether keys of a window are only in the store.
    fn is_spilled(&self, window: i64) -> bool {
        self.slices_of(window).any(|slice| !slice.complete)
    }

    /// Emits a window from the store.
    fn emit_spilled(&mut self, context: &mut WindowContext, window: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let slices: Vec<i64> = self.slices_of(window).map(|slice| slice.time).collect();
        let sum_slice = self.sum_slice(window);
        let goes_on = self.slices.shape == Shape::Cumulate && self.slices.last_window(sum_slice) != Some(window);
        let start = self.slices.window_start(window);
        for &slice in &slices {
            write_out(self.namespaces.get_or_insert(slice, &context.keys), context)?;
        }
        // What one slice alone has need not be written as the sum.
        let keep_as = (goes_on && slices != [sum_slice]).then_some(sum_slice);
        SpilledWindow { start, end: window, slices, keep_as }.emit(context, out)?;
        match self.slices.shape {
            Shape::Tumble => self.remove(context, window).map(drop),
            Shape::Hop => self.remove_slices(context, window),
            Shape::Cumulate => {
                if window != sum_slice {
                    self.remove(context, window)?;
                }
                if goes_on {
                    write_out(self.namespaces.get_or_insert(sum_slice, &context.keys), context)
                } else {
                    self.remove(context, sum_slice).map(drop)
                }
            }
        }
    }

    /// Takes a slice out, from the store too; its groups are the caller's to give back.
    fn remove(&mut self, context: &mut WindowContext, slice: i64) -> Result<Option<Namespace>, Failure> {
        let removed = self.namespaces.remove(slice);
        if removed.as_ref().is_some_and(|slice| slice.stored) {
            context.state.delete_namespace(STATE, slice)?;
        }
        Ok(removed)
    }

    /// The groups of a hopping window.
    fn merge_slices(&mut self, context: &mut WindowContext, window: i64) -> Result<Namespace, Failure> {
        let mut merged = Namespace::new(window, &context.keys);
        let (mut from, mut into) = (Vec::new(), Vec::new());
        for slice in self.slices_of(window) {
            for (group, key) in slice.entries() {
                from.push(group);
                into.push(merged.group_of_bytes(key, &mut context.groups.slots).0);
            }
        }
        context.groups.merge(&from, &into)?;
        Ok(merged)
    }

    /// Frees the slices that no window after this one has.
    fn remove_slices(&mut self, context: &mut WindowContext, window: i64) -> Result<(), Failure> {
        while let Some(first) = self.namespaces.first() {
            if self.slices.last_window(first.time).is_some_and(|last| last > window) {
                break;
            }
            let time = first.time;
            if let Some(slice) = self.remove(context, time)? {
                context.release(slice.groups());
            }
        }
        Ok(())
    }

    /// Adds the newest slice of a cumulating window to the sum.
    fn cumulate(&mut self, context: &mut WindowContext, window: i64) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        if window == sum_slice {
            return Ok(());
        }
        let Some(newest) = self.remove(context, window)? else { return Ok(()) };
        let sum = self.namespaces.get_or_insert(sum_slice, &context.keys);
        let keys = newest.keys();
        let into: Vec<u32> = keys.iter().map(|key| sum.group_of_bytes(key, &mut context.groups.slots).0).collect();
        context.state.mark_all_written(&into);
        context.groups.merge(newest.groups(), &into)?;
        context.release(newest.groups());
        Ok(())
    }

    fn emit_sum(&mut self, context: &mut WindowContext, window: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        let Some(sum) = self.namespaces.get(sum_slice) else { return Ok(()) };
        let mut rows = Rows::default();
        self.add_rows(context, sum, window, &mut rows);
        context.emission.emit(&rows, &context.groups, &context.wall_clock, out)?;
        if self.slices.last_window(sum_slice) == Some(window)
            && let Some(sum) = self.remove(context, sum_slice)?
        {
            context.release(sum.groups());
        }
        Ok(())
    }

    fn emit_complete(
        &self,
        context: &mut WindowContext,
        complete: &mut Complete,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut rows = Rows::default();
        for window in &complete.windows {
            self.add_rows(context, window, window.time, &mut rows);
        }
        context.emission.emit(&rows, &context.groups, &context.wall_clock, out)?;
        for window in complete.windows.drain(..) {
            context.release(window.groups());
        }
        complete.rows = 0;
        Ok(())
    }

    fn add_rows<'a>(&self, context: &WindowContext, namespace: &'a Namespace, end: i64, rows: &mut Rows<'a>) {
        let start = self.slices.window_start(end);
        for (position, &group) in namespace.groups().iter().enumerate() {
            if !context.groups.is_empty(group) {
                rows.push(namespace.key(position), group, start, end);
            }
        }
    }

    /// Drops cold keys from memory when it holds more than its share.
    fn evict(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        if !context.state.is_on_disk() {
            return Ok(());
        }
        let WindowContext { keys, groups, state, .. } = context;
        let tables: usize = self.namespaces.iter().map(Namespace::memory_size).sum();
        if state.choose_victims(groups.memory_size() + tables, groups.slots.in_use()) == 0 {
            return Ok(());
        }
        let victims: Vec<(u32, Address<'_>)> =
            slots(&self.namespaces).filter(|(group, _)| state.is_victim(*group)).collect();
        state.write_slots(victims.into_iter(), |group, out| groups.write_value(group, out))?;
        for namespace in self.namespaces.iter_mut() {
            let dropped = namespace.drop_stored(keys, |group| !state.is_victim(group));
            groups.release(&dropped);
            dropped.iter().for_each(|&group| state.forget(group));
        }
        Ok(())
    }

    /// Takes what was restored: all of it into memory, or the names of the slices that are in the store.
    pub(super) fn restore(&mut self, context: &mut WindowContext) -> Result<(), Failure> {
        let WindowContext { keys, groups, state, .. } = context;
        state.take_restored(|entry, value| {
            let (time, key) = entry.namespaced();
            let group = self.namespaces.get_or_insert(time, keys).group_of_bytes(key, &mut groups.slots).0;
            groups.read_value(group, value)
        })?;
        for time in state.store().namespaces(STATE)? {
            let namespace = self.namespaces.get_or_insert(time, keys);
            (namespace.complete, namespace.stored) = (false, true);
        }
        Ok(())
    }

    /// The state at a barrier.
    pub(super) fn snapshot(
        &mut self,
        context: &mut WindowContext,
        barrier: &CheckpointBarrier,
    ) -> Result<Box<dyn KeyedSnapshot>, Failure> {
        let WindowContext { groups, state, .. } = context;
        settle_all(&self.namespaces, groups, state)?;
        let snapshot = match state.is_on_disk() {
            true => state.begin_snapshot(barrier)?,
            false => state.snapshot(barrier, slots(&self.namespaces), |group, out| groups.write_value(group, out))?,
        };
        self.namespaces.iter_mut().for_each(|namespace| namespace.stored = true);
        self.owed_from = (i64::MIN, 0);
        Ok(snapshot)
    }

    /// Puts some more groups into the last snapshot. New keys come behind those of their slice, and what goes is settled before.
    pub(super) fn settle_some(&mut self, context: &mut WindowContext) -> Result<Progress, Failure> {
        let WindowContext { groups, state, .. } = context;
        let (time, position) = self.owed_from;
        let mut slots = Vec::with_capacity(AT_ONCE);
        for namespace in self.namespaces.iter().skip_while(|namespace| namespace.time < time) {
            let first = if namespace.time == time { position } else { 0 };
            let room = AT_ONCE - slots.len();
            let last = namespace.groups().len().min(first + room);
            let address = |position| Address::in_namespace(STATE, namespace.time, namespace.key(position));
            slots.extend((first..last).map(|position| (namespace.groups()[position], address(position))));
            self.owed_from = (namespace.time, last);
            if slots.len() == AT_ONCE {
                break;
            }
        }
        if slots.is_empty() {
            return settle_all(&self.namespaces, groups, state).map(|()| Progress::Done);
        }
        state.settle(slots.into_iter(), |group, out| groups.write_value(group, out))?;
        Ok(if state.owes() { Progress::Pending } else { Progress::Done })
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }
}

/// The groups in memory, with what they are called in the store.
fn slots(namespaces: &Namespaces) -> impl Iterator<Item = (u32, Address<'_>)> {
    namespaces.iter().flat_map(|namespace| {
        let address = |(group, key)| (group, Address::in_namespace(STATE, namespace.time, key));
        namespace.entries().map(address)
    })
}

/// Gives the last snapshot all that it lacks.
fn settle_all(namespaces: &Namespaces, groups: &Groups, state: &mut WriteBack) -> Result<(), Failure> {
    if !state.owes() {
        return Ok(());
    }
    state.settle(slots(namespaces), |group, out| groups.write_value(group, out))?;
    if state.owes() {
        return Err(Failure::internal("a group of no window has changed").fatal());
    }
    Ok(())
}

/// Writes what the store does not have of a slice, and drops its keys from memory.
fn write_out(namespace: &mut Namespace, context: &mut WindowContext) -> Result<(), Failure> {
    let WindowContext { keys, groups, state, .. } = context;
    let time = namespace.time;
    let slots = namespace.entries().map(|(group, key)| (group, Address::in_namespace(STATE, time, key)));
    state.write_slots(slots, |group, out| groups.write_value(group, out))?;
    let dropped = namespace.drop_stored(keys, |_| false);
    (namespace.complete, namespace.stored) = (false, true);
    context.release(&dropped);
    Ok(())
}

/// Where the rows of one slice go.
struct RowTarget {
    start: i64,
    end: i64,
    namespace: i64,
    late: bool,
}

/// Windows that are complete and not emitted yet: small ones are emitted together.
#[derive(Default)]
struct Complete {
    windows: Vec<Namespace>,
    rows: usize,
}

impl Complete {
    fn extend(&mut self, windows: impl IntoIterator<Item = Namespace>) {
        for window in windows {
            self.rows += window.groups().len();
            self.windows.push(window);
        }
    }
}
