//! SUM and SUM0. The sum of integers has their type and wraps around; a DECIMAL sum has 38 digits and starts anew after an overflow, as in Flink.
//!
//! A group is empty when as many values were taken back as were added: SUM is NULL then, SUM0 zero.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, PrimitiveArray};
use dataflow::Failure;

use super::fold::Fold;
use super::state::{StateValue, column_bytes};
use crate::functions::decimal::fits;
use crate::integer::Integer;
use crate::types::decimal::MAX_PRECISION;

/// A sum and how many values are in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot<S> {
    pub(super) sum: S,
    pub(super) count: i64,
}

impl<S: StateValue> StateValue for Slot<S> {
    fn write(&self, out: &mut Vec<u8>) {
        self.sum.write(out);
        self.count.write(out);
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        Ok(Self { sum: S::read(input)?, count: i64::read(input)? })
    }
}

fn argument<T: ArrowPrimitiveType>(args: &[ArrayRef]) -> Result<&PrimitiveArray<T>, Failure> {
    args.first()
        .and_then(|arg| arg.as_primitive_opt::<T>())
        .ok_or_else(|| Failure::internal("an aggregate's argument is of another type than planned"))
}

/// Downcasts the single argument.
pub(super) fn values<T: ArrowPrimitiveType>(args: &[ArrayRef]) -> Result<&[T::Native], Failure> {
    Ok(argument::<T>(args)?.values())
}

/// TINYINT to BIGINT, summed modulo 2^64 and cut to the type.
pub(super) struct IntegerSum<T> {
    slots: Vec<Slot<i64>>,
    zero_if_empty: bool,
    of: PhantomData<fn() -> T>,
}

impl<T> IntegerSum<T> {
    pub(super) fn new(zero_if_empty: bool) -> Self {
        Self { slots: Vec::new(), zero_if_empty, of: PhantomData }
    }
}

impl<T: Integer> Fold for IntegerSum<T> {
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

    #[inline]
    fn append(&self, group: usize, output: &mut Self::Output) {
        let slot = self.slots[group];
        match slot.count == 0 && !self.zero_if_empty {
            true => output.append_null(),
            false => output.append_value(T::wrap(slot.sum)),
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

/// FLOAT and DOUBLE, summed in their own precision.
pub(super) struct FloatSum<T: ArrowPrimitiveType> {
    slots: Vec<Slot<T::Native>>,
    zero_if_empty: bool,
}

impl<T: ArrowPrimitiveType> FloatSum<T> {
    pub(super) fn new(zero_if_empty: bool) -> Self {
        Self { slots: Vec::new(), zero_if_empty }
    }
}

impl<T: ArrowPrimitiveType> Fold for FloatSum<T>
where
    T::Native: ArrowNativeTypeOp + StateValue,
{
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
        slot.sum = slot.sum.add_wrapping(input[row]);
        slot.count += 1;
    }

    #[inline]
    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let slot = &mut self.slots[group];
        slot.sum = slot.sum.sub_wrapping(input[row]);
        slot.count -= 1;
    }

    fn output(&self, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity)
    }

    #[inline]
    fn append(&self, group: usize, output: &mut Self::Output) {
        let slot = self.slots[group];
        match slot.count == 0 && !self.zero_if_empty {
            true => output.append_null(),
            false => output.append_value(slot.sum),
        }
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let Slot { sum, count } = self.slots[from];
        let slot = &mut self.slots[into];
        slot.sum = slot.sum.add_wrapping(sum);
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

/// DECIMAL(38, scale) sums.
pub(super) struct DecimalSum {
    slots: Vec<Slot<i128>>,
    scale: i8,
    zero_if_empty: bool,
}

impl DecimalSum {
    pub(super) fn new(scale: i8, zero_if_empty: bool) -> Self {
        Self { slots: Vec::new(), scale, zero_if_empty }
    }
}

impl Slot<i128> {
    /// The sum with `value`; what exceeds 38 digits leaves the group empty.
    #[inline]
    pub(super) fn change(&mut self, value: i128, count: i64) {
        match self.sum.checked_add(value).filter(|sum| fits(*sum, MAX_PRECISION)) {
            Some(sum) => *self = Slot { sum, count: self.count + count },
            None => *self = Slot::default(),
        }
    }
}

impl Fold for DecimalSum {
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

    #[inline]
    fn append(&self, group: usize, output: &mut Self::Output) {
        let slot = self.slots[group];
        match slot.count == 0 && !self.zero_if_empty {
            true => output.append_null(),
            false => output.append_value(slot.sum),
        }
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish().with_precision_and_scale(MAX_PRECISION, self.scale)?))
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
