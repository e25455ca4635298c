//! VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP by Welford's recurrence, in doubles; the result is cast to the type of the argument, as in Flink.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::Float64Builder;
use arrow_array::types::Float64Type;
use dataflow::{Failure, LogicalType, TypeKind};

use super::fold::Fold;
use super::state::{StateValue, column_bytes};
use super::sum::values;
use crate::cast::{Caster, OnError, caster};
use crate::context::EvalContext;

/// Which measure of spread it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// Divides by one less than the count.
    pub(super) of_sample: bool,
    /// The standard deviation.
    pub(super) root: bool,
}

/// Count, mean and sum of squared differences from it.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: i64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    fn retract(&mut self, value: f64) {
        self.count -= 1;
        if self.count == 0 {
            *self = Moments::default();
            return;
        }
        let before = value - self.mean;
        self.mean -= before / self.count as f64;
        self.squares -= before * (value - self.mean);
    }

    fn merge(&mut self, other: Moments) {
        let count = self.count + other.count;
        if other.count == 0 || count == 0 {
            return;
        }
        let difference = other.mean - self.mean;
        self.squares += other.squares + difference * difference * self.count as f64 * other.count as f64 / count as f64;
        self.mean += difference * other.count as f64 / count as f64;
        self.count = count;
    }

    fn spread(self, spread: Spread) -> Option<f64> {
        let divisor = if spread.of_sample { self.count - 1 } else { self.count };
        let variance = (divisor > 0).then(|| self.squares / divisor as f64)?;
        Some(if spread.root { variance.sqrt() } else { variance })
    }
}

impl StateValue for Moments {
    fn write(&self, out: &mut Vec<u8>) {
        self.count.write(out);
        self.mean.write(out);
        self.squares.write(out);
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        Ok(Self { count: i64::read(input)?, mean: f64::read(input)?, squares: f64::read(input)? })
    }
}

/// Of DOUBLE arguments.
pub(super) struct Variance {
    groups: Vec<Moments>,
    spread: Spread,
    cast: Caster,
}

impl Variance {
    /// `result` is the type that the call gives.
    pub(super) fn new(spread: Spread, result: &LogicalType) -> Result<Self, Failure> {
        let cast = caster(&TypeKind::Double.nullable(), result, OnError::Null, &EvalContext::default())?;
        Ok(Self { groups: Vec::new(), spread, cast })
    }
}

impl Fold for Variance {
    type Input<'a> = &'a [f64];
    type Output = Float64Builder;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        values::<Float64Type>(args)
    }

    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Moments::default());
    }

    #[inline]
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.groups[group].add(input[row]);
    }

    #[inline]
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.groups[group].retract(input[row]);
    }

    fn output(&self, capacity: usize) -> Self::Output {
        Float64Builder::with_capacity(capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        output.append_option(self.groups[group].spread(self.spread));
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        let values: ArrayRef = Arc::new(output.finish());
        match &self.cast {
            Some(cast) => cast(&values),
            None => Ok(values),
        }
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let other = self.groups[from];
        self.groups[into].merge(other);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.groups[group] = Moments::default();
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.groups[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.groups[group] = StateValue::read(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.groups)
    }
}
