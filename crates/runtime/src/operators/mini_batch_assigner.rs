//! `MiniBatchAssigner`: says when a mini-batch ends, by watermarks, so that the aggregations behind it emit what they have at one time.
//!
//! ```text
//!   ProcTime:  clock passes a multiple of the interval -> watermark of that time; of the sources' watermarks only the last goes on
//!   RowTime:   watermark passes the last millisecond of an interval -> goes on; others wait
//! ```
//! After Flink's `ProcTimeMiniBatchAssignerOperator` and `RowTimeMiniBatchAssginerOperator`. Nothing outlives it: after a restore mini-batches begin anew.

use std::task::Waker;

use common::clock::Clock;
use dataflow::operator_spec::{MiniBatchAssignerSpec, MiniBatchMode};
use dataflow::{Batch, Failure, MAX_WATERMARK, MIN_WATERMARK, Operator, Output, Progress, StreamElement};

/// The operator.
pub(super) struct MiniBatchAssigner {
    interval: i64,
    time: Time,
}

enum Time {
    Proc {
        clock: Clock,
        /// The start of the mini-batch that the rows of now are in.
        current: i64,
    },
    Row {
        current: i64,
        /// The watermark that ends the mini-batch.
        next: i64,
        /// The last one that has gone on.
        emitted: i64,
    },
}

impl MiniBatchAssigner {
    pub(super) fn new(spec: &MiniBatchAssignerSpec, clock: Clock) -> Self {
        let interval = i64::try_from(spec.interval_ms).unwrap_or(i64::MAX).max(1);
        let time = match spec.mode {
            MiniBatchMode::ProcTime => Time::Proc { current: start_of(clock.now_millis(), interval), clock },
            MiniBatchMode::RowTime => Time::Row { current: 0, next: interval - 1, emitted: MIN_WATERMARK },
        };
        Self { interval, time }
    }

    /// Ends the mini-batch, if the clock says so.
    fn follow_clock(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        if let Time::Proc { clock, current } = &mut self.time {
            let start = start_of(clock.now_millis(), self.interval);
            if start > *current {
                *current = start;
                return out.emit(StreamElement::Watermark(start));
            }
        }
        Ok(())
    }
}

/// The start of the interval that a time is in.
fn start_of(time: i64, interval: i64) -> i64 {
    time - time.rem_euclid(interval)
}

impl Operator for MiniBatchAssigner {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        self.follow_clock(out)?;
        out.emit(StreamElement::Batch(batch))
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        match &mut self.time {
            _ if watermark == MAX_WATERMARK => {}
            Time::Proc { .. } => return Ok(()),
            Time::Row { current, next, emitted } => {
                *current = watermark.max(*current);
                if *current < *next {
                    return Ok(());
                }
                let end = start_of(*current, self.interval).saturating_add(self.interval - 1);
                *next = if end > *current { end } else { end.saturating_add(self.interval) };
                *emitted = *current;
                return out.emit(StreamElement::Watermark(*current));
            }
        }
        if let Time::Row { current, emitted, .. } = &mut self.time {
            (*current, *emitted) = (MAX_WATERMARK, MAX_WATERMARK);
        }
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, _now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.follow_clock(out)
    }

    fn next_timer(&self) -> Option<i64> {
        match &self.time {
            Time::Proc { current, .. } => Some(current.saturating_add(self.interval)),
            Time::Row { .. } => None,
        }
    }

    /// A watermark that waits for the end of its mini-batch goes on.
    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        if let Time::Row { current, emitted, .. } = &mut self.time
            && *current > 0
            && *current > *emitted
        {
            *emitted = *current;
            out.emit(StreamElement::Watermark(*current))?;
        }
        Ok(Progress::Done)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common::clock::ManualClock;
    use dataflow::TypeKind;

    use super::*;
    use crate::operators::testing::{Collected, batch, row_type};

    #[test]
    fn the_clock_ends_mini_batches() {
        let clock = ManualClock::at_millis(12_300);
        let spec = MiniBatchAssignerSpec { interval_ms: 1_000, mode: MiniBatchMode::ProcTime };
        let mut operator = MiniBatchAssigner::new(&spec, clock.clock());
        let row = row_type(&[("v", TypeKind::Int)]);
        let mut out = Collected::default();
        operator.process(0, batch(&row, &["+I 1"]), &mut out).unwrap();
        operator.on_watermark(5, &mut out).unwrap();
        assert_eq!((out.take(&row), operator.next_timer()), (vec!["+I 1".to_owned()], Some(13_000)));
        clock.advance(Duration::from_millis(900));
        operator.process(0, batch(&row, &["+I 2"]), &mut out).unwrap();
        assert_eq!(out.take(&row), ["watermark 13000", "+I 2"]);
        clock.advance(Duration::from_millis(900));
        operator.on_timer(14_100, &mut out).unwrap();
        operator.on_watermark(MAX_WATERMARK, &mut out).unwrap();
        assert_eq!(out.take(&row), ["watermark 14000".to_owned(), format!("watermark {MAX_WATERMARK}")]);
    }

    #[test]
    fn watermarks_end_mini_batches() {
        let spec = MiniBatchAssignerSpec { interval_ms: 10, mode: MiniBatchMode::RowTime };
        let mut operator = MiniBatchAssigner::new(&spec, Clock::System);
        let row = row_type(&[("v", TypeKind::Int)]);
        let mut out = Collected::default();
        for watermark in [3, 8, 9, 12, 18, 19, 45, 48] {
            operator.on_watermark(watermark, &mut out).unwrap();
        }
        assert_eq!(out.take(&row), ["watermark 9", "watermark 19", "watermark 45"]);
        operator.finish(Waker::noop(), &mut out).unwrap();
        assert_eq!(out.take(&row), ["watermark 48"]);
    }
}
