//! AVG. Of integers it is an integer, cut towards zero; of DECIMAL(p, s) it is DECIMAL(38, max(6, s)), rounded half up.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType};
use arrow_buffer::i256;
use dataflow::Failure;

use super::fold::Fold;
use super::state::{StateValue, column_bytes};
use super::sum::{Slot, values};
use crate::functions::decimal::{divide_wide_half_up, fits, power_of_ten};
use crate::integer::Integer;
use crate::types::decimal::MAX_PRECISION;

/// TINYINT to BIGINT.
pub(super) struct IntegerAverage<T> {
    slots: Vec<Slot<i64>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Default for IntegerAverage<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), of: PhantomData }
    }
}

impl<T: Integer> Fold for IntegerAverage<T> {
    type Input<'a> = &'a [T::Native];
    type Output = PrimitiveBuilder<T>;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        values::<T>(args)
    }

    fn resize(&mut self, groups: usize) {
        self.slots.resize(groups, Slot::default());
    }

    #[inline]
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let slot = &mut self.slots[group];
        slot.sum = slot.sum.wrapping_add(T::widen(input[row]));
        slot.count += 1;
    }

    #[inline]
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let slot = &mut self.slots[group];
        slot.sum = slot.sum.wrapping_sub(T::widen(input[row]));
        slot.count -= 1;
    }

    fn output(&self, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let Slot { sum, count } = self.slots[group];
        match count {
            0 => output.append_null(),
            _ => output.append_value(T::wrap(sum.wrapping_div(count))),
        }
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let Slot { sum, count } = self.slots[from];
        let slot = &mut self.slots[into];
        slot.sum = slot.sum.wrapping_add(sum);
        slot.count += count;
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.slots[group] = Slot::default();
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.slots[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.slots[group] = StateValue::read(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.slots)
    }
}

/// FLOAT or DOUBLE, averaged as DOUBLE.
pub(super) trait Floating: ArrowPrimitiveType {
    /// The value as a double.
    fn widen(value: Self::Native) -> f64;
    /// The nearest value.
    fn narrow(value: f64) -> Self::Native;
}

impl Floating for Float32Type {
    #[inline]
    fn widen(value: f32) -> f64 {
        value.into()
    }

    #[inline]
    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

impl Floating for Float64Type {
    #[inline]
    fn widen(value: f64) -> f64 {
        value
    }

    #[inline]
    fn narrow(value: f64) -> f64 {
        value
    }
}

/// FLOAT and DOUBLE.
pub(super) struct FloatAverage<T> {
    slots: Vec<Slot<f64>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Default for FloatAverage<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), of: PhantomData }
    }
}

impl<T: Floating> Fold for FloatAverage<T> {
    type Input<'a> = &'a [T::Native];
    type Output = PrimitiveBuilder<T>;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        values::<T>(args)
    }

    fn resize(&mut self, groups: usize) {
        self.slots.resize(groups, Slot::default());
    }

    #[inline]
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let slot = &mut self.slots[group];
        slot.sum += T::widen(input[row]);
        slot.count += 1;
    }

    #[inline]
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let slot = &mut self.slots[group];
        slot.sum -= T::widen(input[row]);
        slot.count -= 1;
    }

    fn output(&self, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let Slot { sum, count } = self.slots[group];
        match count {
            0 => output.append_null(),
            _ => output.append_value(T::narrow(sum / count as f64)),
        }
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let Slot { sum, count } = self.slots[from];
        let slot = &mut self.slots[into];
        slot.sum += sum;
        slot.count += count;
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.slots[group] = Slot::default();
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.slots[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.slots[group] = StateValue::read(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.slots)
    }
}

/// The scale of the average of DECIMALs of this scale.
pub(super) fn average_scale(scale: u8) -> u8 {
    scale.max(6)
}

/// DECIMAL.
pub(super) struct DecimalAverage {
    slots: Vec<Slot<i128>>,
    scale: u8,
}

impl DecimalAverage {
    pub(super) fn new(scale: u8) -> Self {
        Self { slots: Vec::new(), scale }
    }
}

impl Fold for DecimalAverage {
    type Input<'a> = &'a [i128];
    type Output = PrimitiveBuilder<Decimal128Type>;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        values::<Decimal128Type>(args)
    }

    fn resize(&mut self, groups: usize) {
        self.slots.resize(groups, Slot::default());
    }

    #[inline]
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.slots[group].change(input[row], 1);
    }

    #[inline]
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.slots[group].change(-input[row], -1);
    }

    fn output(&self, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let Slot { sum, count } = self.slots[group];
        let shift = power_of_ten(u32::from(average_scale(self.scale) - self.scale));
        let average = (count != 0)
            .then(|| {
                let sum = i256::from_i128(sum).wrapping_mul(i256::from_i128(shift));
                divide_wide_half_up(sum, i256::from_i128(count.into())).to_i128()
            })
            .flatten();
        output.append_option(average.filter(|average| fits(*average, MAX_PRECISION)));
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        let scale = average_scale(self.scale) as i8;
        Ok(Arc::new(output.finish().with_precision_and_scale(MAX_PRECISION, scale)?))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let Slot { sum, count } = self.slots[from];
        self.slots[into].change(sum, count);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.slots[group] = Slot::default();
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.slots[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.slots[group] = StateValue::read(input)?;
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.slots)
    }
}
