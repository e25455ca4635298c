//! `WindowAggregate`: aggregates per key and window, and emits a window when it is complete. Windows over event time are complete by the watermark,
//! windows over processing time by the clock.
//!
//! In two phases [`LocalWindowAggregate`] sums up the rows of each slice, and this operator merges that; a row is late by its slice then.
//!
//! Which windows there are is [`SlicedWindows`]' or [`SessionWindows`]' matter; both emit them in order of their end and drop rows that are late.
//! The time reached is part of the state: after a restore it is the earliest that a subtask had.
//! Processing-time windows that are open when the input ends are not emitted: Flink's timers do not fire then either.

mod context;
mod emission;
mod groups;
mod local;
#[cfg(test)]
mod restore_tests;
mod session_state;
mod sessions;
mod sliced;
mod slices;
mod spilled;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_phase_tests;
mod wall_clock;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::Waker;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMillisecondType};
use common::clock::Clock;
use dataflow::checkpoint::{OperatorStateItem, OperatorSubtaskState, Redistribution};
use dataflow::operator_spec::{GlobalWindowAggregateSpec, WindowAggregateSpec, WindowAssigner, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, MIN_WATERMARK, Operator, OperatorSnapshot, Output, Progress, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, KeyedStateContext, WriteBack};

use super::aggregate_value::Phase;
use context::WindowContext;
use emission::Emission;
use groups::Groups;
pub use local::LocalWindowAggregate;
use sessions::SessionWindows;
use sliced::SlicedWindows;
use slices::Slices;
pub(super) use wall_clock::WallClock;

/// The name of the state item with the time reached.
const PROGRESS: &str = "watermark";

/// The operator.
pub struct WindowAggregate {
    time: WindowTime,
    windows: Windows,
    context: WindowContext,
    clock: Clock,
    /// In the second phase: the column with the ends of the slices.
    slice_ends: Option<usize>,
}

enum Windows {
    Sliced(SlicedWindows),
    Sessions(SessionWindows),
}

impl WindowAggregate {
    /// An operator over rows of type `input`. It adds to `late_records_dropped`; `clock` is for windows over processing time. `state` is opened
    /// here; `restored` has the time reached.
    pub fn new(
        spec: &WindowAggregateSpec,
        input: &RowType,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let keys = encoder(input, &spec.keys)?;
        let groups = Groups::new(spec, input, Phase::Whole, None)?;
        Self::over(spec, keys, groups, input, late_records_dropped, clock, state, restored)
    }

    /// The second phase, over rows of type `partials`.
    pub fn global(
        spec: &GlobalWindowAggregateSpec,
        partials: &RowType,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let (aggregate, input) = (&spec.aggregate, &spec.local_input);
        let width = aggregate.keys.len();
        let keys = encoder(partials, &(0..width).collect::<Vec<_>>())?;
        let groups = Groups::new(aggregate, input, Phase::Whole, Some(width + 1))?;
        let operator = Self::over(aggregate, keys, groups, input, late_records_dropped, clock, state, restored)?;
        Ok(Self { slice_ends: Some(width), ..operator })
    }

    #[allow(clippy::too_many_arguments, reason = "what both phases are made of")]
    fn over(
        spec: &WindowAggregateSpec,
        keys: KeyBatch,
        groups: Groups,
        input: &RowType,
        late_records_dropped: Arc<AtomicU64>,
        clock: Clock,
        state: KeyedStateContext,
        restored: &OperatorSubtaskState,
    ) -> Result<Self, Failure> {
        let is_new = state.restored.is_empty();
        let mut context = WindowContext {
            keys,
            groups,
            wall_clock: WallClock::new(&spec.time_zone)?,
            emission: Emission::new(spec, input, clock.clone())?,
            progress: restored_progress(restored)?,
            state: WriteBack::open(state)?,
            late_records_dropped,
        };
        let mut windows = match spec.assigner {
            WindowAssigner::Session { gap } => Windows::Sessions(SessionWindows::new(gap, &context.keys)),
            _ => Windows::Sliced(SlicedWindows::new(Slices::of(spec.assigner)?)),
        };
        match &mut windows {
            Windows::Sliced(windows) => windows.restore(&mut context)?,
            Windows::Sessions(windows) => windows.restore(&mut context, is_new)?,
        }
        Ok(Self { time: spec.time, windows, context, clock, slice_ends: None })
    }

    fn advance(&mut self, progress: i64, out: &mut dyn Output) -> Result<(), Failure> {
        match &mut self.windows {
            Windows::Sliced(windows) => windows.advance(&mut self.context, progress, out)?,
            Windows::Sessions(windows) => windows.advance(&mut self.context, progress, out)?,
        }
        self.context.progress = self.context.progress.max(progress);
        Ok(())
    }
}

fn encoder(input: &RowType, keys: &[usize]) -> Result<KeyBatch, Failure> {
    KeyBatch::new(input, keys).map_err(|error| Failure::user(error.to_string()).fatal())
}

/// The earliest time that a subtask had reached.
pub(super) fn restored_progress(restored: &OperatorSubtaskState) -> Result<i64, Failure> {
    let items = restored.items_named(PROGRESS);
    let times: Option<Vec<i64>> = items.map(serde_json::Value::as_i64).collect();
    let times = times.ok_or_else(|| Failure::internal("the watermark of a window operator is no number").fatal())?;
    Ok(times.into_iter().min().unwrap_or(MIN_WATERMARK))
}

/// What the wall clock shows at the time of each row, ms.
fn local_times<'a>(
    time: WindowTime,
    batch: &'a Batch,
    wall_clock: &mut WallClock,
    clock: &Clock,
) -> Result<Cow<'a, [i64]>, Failure> {
    let WindowTime::Rowtime { column } = time else {
        return Ok(vec![wall_clock.local(clock.now_millis()); batch.num_rows()].into());
    };
    let times = batch.column(column).as_primitive_opt::<TimestampMillisecondType>();
    let times = times.ok_or_else(|| Failure::internal("the time of a window must be a TIMESTAMP(3)"))?;
    if times.null_count() > 0 {
        return Err(Failure::user("RowTime field should not be null, please convert it to a non-null long value."));
    }
    if wall_clock.is_utc() {
        return Ok(Cow::Borrowed(times.values()));
    }
    Ok(times.values().iter().map(|&time| wall_clock.local(time)).collect::<Vec<i64>>().into())
}

impl Operator for WindowAggregate {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        // Another handle on the same columns: the times are read while the batch is passed on.
        let rows = batch.clone();
        let times = match self.slice_ends {
            None => local_times(self.time, &rows, &mut self.context.wall_clock, &self.clock)?,
            // A slice ends behind its last millisecond.
            Some(column) => {
                rows.column(column).as_primitive::<Int64Type>().values().iter().map(|end| end - 1).collect()
            }
        };
        match &mut self.windows {
            Windows::Sliced(windows) => windows.process(&mut self.context, batch, &times),
            Windows::Sessions(windows) => windows.process(&mut self.context, batch, &times),
        }
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
        let timer = match (self.time, &self.windows) {
            (WindowTime::Rowtime { .. }, _) => None,
            (WindowTime::Proctime, Windows::Sliced(windows)) => windows.next_timer(&self.context),
            (WindowTime::Proctime, Windows::Sessions(windows)) => windows.next_timer(),
        };
        timer.map(|timer| timer + 1)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for WindowAggregate {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        let keyed = match &mut self.windows {
            Windows::Sliced(windows) => windows.snapshot(&mut self.context, barrier)?,
            Windows::Sessions(windows) => windows.snapshot(&mut self.context, barrier)?,
        };
        let progress = OperatorStateItem {
            name: PROGRESS.to_owned(),
            redistribution: Redistribution::Union,
            payload: self.context.progress.into(),
        };
        Ok(OperatorSnapshot { items: vec![progress], keyed: Some(keyed) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        match &mut self.windows {
            Windows::Sliced(windows) => windows.settle_some(&mut self.context),
            Windows::Sessions(windows) => windows.settle_some(&mut self.context),
        }
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.context.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.context.state.checkpoint_aborted(checkpoint_id);
    }
}
