//! TUMBLE, HOP and CUMULATE: windows made of slices, which have their groups in namespaces.
//!
//! ```text
//!   row -> slice -> last window of the slice emitted? late -> group of (slice, key)
//!   time goes on -> windows that are complete, in order -> their slices merged -> rows -> groups freed
//! ```
//! A row is late when the last window of its slice has been emitted; while a later one is open the row still counts there, as in Flink.

use arrow_array::BooleanArray;
use dataflow::{Batch, Failure, Output};
use state::{Namespace, Namespaces};

use super::context::WindowContext;
use super::emission::{MAX_ROWS, Rows};
use super::slices::{Shape, Slices};

/// The namespace of a row that is dropped.
const DROPPED: i64 = i64::MIN;

/// The windows and their state.
pub(super) struct SlicedWindows {
    slices: Slices,
    /// One for each slice, named by its end in local time.
    namespaces: Namespaces,
    row_slices: Vec<i64>,
    row_groups: Vec<u32>,
}

impl SlicedWindows {
    pub(super) fn new(slices: Slices) -> Self {
        Self { slices, namespaces: Namespaces::default(), row_slices: Vec::new(), row_groups: Vec::new() }
    }

    /// Applies a batch; `times` are the local times of its rows.
    pub(super) fn process(&mut self, context: &mut WindowContext, batch: Batch, times: &[i64]) -> Result<(), Failure> {
        let dropped = self.assign(context, times);
        let batch = if dropped { self.kept_rows(&batch)? } else { batch };
        context.keys.encode(&batch);
        let Self { namespaces, row_slices, row_groups, .. } = self;
        namespaces.groups(row_slices, &context.keys, &mut context.groups.slots, row_groups);
        context.groups.accumulate(&batch, row_groups)
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
            match self.slices.shape {
                Shape::Tumble => complete.extend(self.namespaces.remove(window)),
                Shape::Hop => complete.extend([self.merge_slices(context, window)?]),
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

    /// The groups of a hopping window; slices that no later window has are freed.
    fn merge_slices(&mut self, context: &mut WindowContext, window: i64) -> Result<Namespace, Failure> {
        let mut merged = Namespace::new(window, &context.keys);
        let (mut from, mut into) = (Vec::new(), Vec::new());
        let start = self.slices.window_start(window);
        for slice in self.namespaces.iter().skip_while(|slice| slice.time <= start).take_while(|s| s.time <= window) {
            for (position, &group) in slice.groups().iter().enumerate() {
                from.push(group);
                into.push(merged.group_of_bytes(slice.key(position), &mut context.groups.slots).0);
            }
        }
        context.groups.merge(&from, &into)?;
        while let Some(first) = self.namespaces.first() {
            if self.slices.last_window(first.time).is_some_and(|last| last > window) {
                break;
            }
            let time = first.time;
            if let Some(slice) = self.namespaces.remove(time) {
                context.groups.release(slice.groups());
            }
        }
        Ok(merged)
    }

    /// Adds the newest slice of a cumulating window to the sum.
    fn cumulate(&mut self, context: &mut WindowContext, window: i64) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        if window == sum_slice {
            return Ok(());
        }
        let Some(newest) = self.namespaces.remove(window) else { return Ok(()) };
        let sum = self.namespaces.get_or_insert(sum_slice, &context.keys);
        let keys = newest.keys();
        let into: Vec<u32> = keys.iter().map(|key| sum.group_of_bytes(key, &mut context.groups.slots).0).collect();
        context.groups.merge(newest.groups(), &into)?;
        context.groups.release(newest.groups());
        Ok(())
    }

    fn emit_sum(&mut self, context: &mut WindowContext, window: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        let Some(sum) = self.namespaces.get(sum_slice) else { return Ok(()) };
        let mut rows = Rows::default();
        self.add_rows(context, sum, window, &mut rows);
        context.emission.emit(&rows, &context.groups, &context.wall_clock, out)?;
        if self.slices.last_window(sum_slice) == Some(window)
            && let Some(sum) = self.namespaces.remove(sum_slice)
        {
            context.groups.release(sum.groups());
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
            context.groups.release(window.groups());
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

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }
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
