//! `WindowAggregate`: aggregates per key and window, and emits a window when it is complete. Windows over event time are complete by the watermark,
//! windows over processing time by the clock.
//!
//! ```text
//!   batch -> slice of each row -> late? dropped -> group of (slice, key) -> accumulators
//!   watermark -> windows that are complete, in order -> their slices merged -> rows +I -> groups freed
//! ```
//! A row is late when its last window has been emitted; while a later window of a shared slice is open, the row still counts there, as in Flink.
//! Processing-time windows that are open when the input ends are not emitted: Flink's timers do not fire then either.

mod emission;
mod groups;
mod slices;
#[cfg(test)]
mod tests;
mod wall_clock;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, BooleanArray};
use common::clock::Clock;
use dataflow::operator_spec::{WindowAggregateSpec, WindowTime};
use dataflow::{Batch, Failure, MIN_WATERMARK, Operator, Output, RowType, StreamElement};
use state::{KeyBatch, Namespace, Namespaces};

use emission::{Emission, FiredWindow, MAX_ROWS};
use groups::Groups;
use slices::{Shape, Slices};
use wall_clock::WallClock;

/// The namespace of a row that is dropped.
const DROPPED: i64 = i64::MIN;

/// The operator.
pub struct WindowAggregate {
    time: WindowTime,
    slices: Slices,
    wall_clock: WallClock,
    keys: KeyBatch,
    /// One for each slice, named by its end in local time.
    namespaces: Namespaces,
    groups: Groups,
    /// Windows whose timer is at or before this have been emitted: the watermark, or the processing time.
    progress: i64,
    emission: Emission,
    clock: Clock,
    late_records_dropped: Arc<AtomicU64>,
    row_slices: Vec<i64>,
    row_groups: Vec<u32>,
}

impl WindowAggregate {
    /// An operator over rows of type `input`. It adds to `late_records_dropped`; `clock` is for windows over processing time.
    pub fn new(
        spec: &WindowAggregateSpec,
        input: &RowType,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let slices = Slices::new(spec.assigner).ok_or_else(|| {
            Failure::user("SESSION windows are not supported yet; use TUMBLE, HOP or CUMULATE").fatal()
        })?;
        Ok(Self {
            time: spec.time,
            slices,
            wall_clock: WallClock::new(&spec.time_zone)?,
            keys: KeyBatch::new(input, &spec.keys).map_err(|error| Failure::user(error.to_string()).fatal())?,
            namespaces: Namespaces::default(),
            groups: Groups::new(spec, input)?,
            progress: MIN_WATERMARK,
            emission: Emission::new(spec, input, clock.clone())?,
            clock,
            late_records_dropped,
            row_slices: Vec::new(),
            row_groups: Vec::new(),
        })
    }

    /// Fills `row_slices`; returns how many rows are dropped, and how many of these because they are late.
    fn assign(&mut self, batch: &Batch) -> Result<Dropped, Failure> {
        self.row_slices.clear();
        let WindowTime::Rowtime { column } = self.time else {
            let now = self.wall_clock.local(self.clock.now_millis());
            let slice = self.slices.slice_of(now);
            let namespace = if self.slices.last_window(slice).is_some() { slice } else { DROPPED };
            self.row_slices.resize(batch.num_rows(), namespace);
            return Ok(Dropped { all: if namespace == DROPPED { batch.num_rows() } else { 0 }, late: 0 });
        };
        let times = batch.column(column).as_primitive_opt::<TimestampMillisecondType>();
        let times = times.ok_or_else(|| Failure::internal("the time of a window must be a TIMESTAMP(3)"))?;
        if times.null_count() > 0 {
            return Err(Failure::user("RowTime field should not be null, please convert it to a non-null long value."));
        }
        let mut dropped = Dropped::default();
        let mut current = RowTarget { start: 1, end: 0, namespace: DROPPED, late: false };
        for &time in times.values() {
            let local = if self.wall_clock.is_utc() { time } else { self.wall_clock.local(time) };
            if local < current.start || local >= current.end {
                current = self.target(local);
            }
            if current.namespace == DROPPED {
                dropped.all += 1;
                dropped.late += usize::from(current.late);
            }
            self.row_slices.push(current.namespace);
        }
        Ok(dropped)
    }

    /// Where rows of the slice around this local time go now.
    fn target(&self, local: i64) -> RowTarget {
        let slice = self.slices.slice_of(local);
        let target = |namespace, late| RowTarget { start: slice - self.slices.slice(), end: slice, namespace, late };
        let Some(last) = self.slices.last_window(slice) else { return target(DROPPED, false) };
        if self.is_fired(last) {
            return target(DROPPED, true);
        }
        // The first slice of a cumulating window has the sum of those that fired.
        if self.slices.shape == Shape::Cumulate && self.is_fired(slice) {
            return target(self.sum_slice(slice), false);
        }
        target(slice, false)
    }

    fn is_fired(&self, window: i64) -> bool {
        self.wall_clock.timer(window) <= self.progress
    }

    /// The slice with the sum of the cumulating windows up to this one.
    fn sum_slice(&self, window: i64) -> i64 {
        self.slices.window_start(window) + self.slices.slice()
    }

    /// The first window after `after` that has rows and has not fired.
    fn next_window(&self, after: i64) -> Option<i64> {
        let mut window = self.slices.next_window(self.namespaces.first()?.time, after);
        while self.is_fired(window) {
            window += self.slices.period();
        }
        Some(window)
    }

    /// Emits the windows whose timers are at or before `progress`.
    fn advance(&mut self, progress: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let mut complete = Complete::default();
        let mut after = i64::MIN;
        while let Some(window) = self.next_window(after).filter(|&window| self.wall_clock.timer(window) <= progress) {
            match self.slices.shape {
                Shape::Tumble => complete.extend(self.namespaces.remove(window)),
                Shape::Hop => complete.extend([self.merge_slices(window)?]),
                Shape::Cumulate => {
                    self.cumulate(window)?;
                    self.emit_complete(&mut complete, out)?;
                    self.emit_sum(window, out)?;
                }
            }
            if complete.rows >= MAX_ROWS {
                self.emit_complete(&mut complete, out)?;
            }
            after = window;
        }
        self.emit_complete(&mut complete, out)?;
        self.progress = self.progress.max(progress);
        Ok(())
    }

    /// The groups of a hopping window; slices that no later window has are freed.
    fn merge_slices(&mut self, window: i64) -> Result<Namespace, Failure> {
        let mut merged = Namespace::new(window, &self.keys);
        let (mut from, mut into) = (Vec::new(), Vec::new());
        let start = self.slices.window_start(window);
        for slice in self.namespaces.iter().skip_while(|slice| slice.time <= start).take_while(|s| s.time <= window) {
            for (position, &group) in slice.groups().iter().enumerate() {
                from.push(group);
                into.push(merged.group_of_bytes(slice.key(position), &mut self.groups.slots).0);
            }
        }
        self.groups.merge(&from, &into)?;
        while let Some(first) = self.namespaces.first() {
            if self.slices.last_window(first.time).is_some_and(|last| last > window) {
                break;
            }
            let time = first.time;
            if let Some(slice) = self.namespaces.remove(time) {
                self.groups.release(slice.groups());
            }
        }
        Ok(merged)
    }

    /// Adds the newest slice of a cumulating window to the sum.
    fn cumulate(&mut self, window: i64) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        if window == sum_slice {
            return Ok(());
        }
        let Some(newest) = self.namespaces.remove(window) else { return Ok(()) };
        let sum = self.namespaces.get_or_insert(sum_slice, &self.keys);
        let keys = newest.keys();
        let into: Vec<u32> = keys.iter().map(|key| sum.group_of_bytes(key, &mut self.groups.slots).0).collect();
        self.groups.merge(newest.groups(), &into)?;
        self.groups.release(newest.groups());
        Ok(())
    }

    fn emit_sum(&mut self, window: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let sum_slice = self.sum_slice(window);
        let Some(groups) = self.namespaces.get(sum_slice) else { return Ok(()) };
        let fired = FiredWindow { start: self.slices.window_start(window), end: window, groups };
        self.emission.emit(&[fired], &self.groups, &self.wall_clock, out)?;
        if self.slices.last_window(sum_slice) == Some(window)
            && let Some(sum) = self.namespaces.remove(sum_slice)
        {
            self.groups.release(sum.groups());
        }
        Ok(())
    }

    fn emit_complete(&mut self, complete: &mut Complete, out: &mut dyn Output) -> Result<(), Failure> {
        let fired = complete.windows.iter().map(|groups| {
            let end = groups.time;
            FiredWindow { start: self.slices.window_start(end), end, groups }
        });
        let windows: Vec<FiredWindow<'_>> = fired.collect();
        self.emission.emit(&windows, &self.groups, &self.wall_clock, out)?;
        for window in complete.windows.drain(..) {
            self.groups.release(window.groups());
        }
        complete.rows = 0;
        Ok(())
    }

    fn drop_rows(&mut self, batch: &Batch, dropped: &Dropped) -> Result<Batch, Failure> {
        self.late_records_dropped.fetch_add(dropped.late as u64, Ordering::Relaxed);
        let keep: BooleanArray = self.row_slices.iter().map(|&slice| Some(slice != DROPPED)).collect();
        self.row_slices.retain(|&slice| slice != DROPPED);
        Ok(batch.filter(&keep)?)
    }
}

/// Where the rows of one slice go.
struct RowTarget {
    start: i64,
    end: i64,
    namespace: i64,
    late: bool,
}

#[derive(Default)]
struct Dropped {
    all: usize,
    late: usize,
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

impl Operator for WindowAggregate {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        let dropped = self.assign(&batch)?;
        let batch = if dropped.all > 0 { self.drop_rows(&batch, &dropped)? } else { batch };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.keys.encode(&batch);
        let Self { namespaces, row_slices, keys, groups, row_groups, .. } = self;
        namespaces.groups(row_slices, keys, &mut groups.slots, row_groups);
        groups.accumulate(&batch, row_groups)
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if matches!(self.time, WindowTime::Rowtime { .. }) {
            self.advance(watermark, out)?;
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        // A row of this very millisecond belongs to the next window.
        self.advance(now - 1, out)
    }

    fn next_timer(&self) -> Option<i64> {
        match self.time {
            WindowTime::Rowtime { .. } => None,
            WindowTime::Proctime => Some(self.wall_clock.timer(self.next_window(i64::MIN)?) + 1),
        }
    }
}
