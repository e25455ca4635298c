//! MIN and MAX of an input that only grows: one value a group.
//!
//! Values compare with `<` and `>`: a NaN never replaces a value, and is never replaced, as in Flink.

use std::sync::Arc;

use arrow_array::builder::{PrimitiveBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, ArrowPrimitiveType, StringArray};
use arrow_schema::DataType;
use dataflow::Failure;

use super::fold::Fold;
use super::state::{StateValue, column_bytes};
use super::sum::values;

/// Primitive values; the largest or the smallest.
pub(super) struct Extremum<T: ArrowPrimitiveType, const LARGEST: bool> {
    values: Vec<T::Native>,
    present: Vec<bool>,
    data_type: DataType,
}

impl<T: ArrowPrimitiveType, const LARGEST: bool> Extremum<T, LARGEST> {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { values: Vec::new(), present: Vec::new(), data_type }
    }

    #[inline]
    fn offer(&mut self, group: usize, value: T::Native) {
        let current = self.values[group];
        let better = if LARGEST { value > current } else { value < current };
        if better || !self.present[group] {
            self.values[group] = value;
            self.present[group] = true;
        }
    }
}

impl<T: ArrowPrimitiveType, const LARGEST: bool> Fold for Extremum<T, LARGEST>
where
    T::Native: StateValue,
{
    type Input<'a> = &'a [T::Native];
    type Output = PrimitiveBuilder<T>;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        values::<T>(args)
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, T::Native::default());
        self.present.resize(groups, false);
    }

    #[inline]
    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.offer(group, input[row]);
    }

    /// Never called: an input that retracts gets a fold that can.
    fn retract(&mut self, _: usize, _: &Self::Input<'_>, _: usize) {
        debug_assert!(false, "MIN or MAX of an insert-only input got a retraction");
    }

    fn output(&self, capacity: usize) -> Self::Output {
        PrimitiveBuilder::with_capacity(capacity).with_data_type(self.data_type.clone())
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        output.append_option(self.present[group].then_some(self.values[group]));
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        if self.present[from] {
            self.offer(into, self.values[from]);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.present[group] = false;
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.present[group].then_some(self.values[group]).write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        let value = Option::<T::Native>::read(input)?;
        self.present[group] = value.is_some();
        self.values[group] = value.unwrap_or_default();
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + column_bytes(&self.present)
    }
}

/// Text, by its bytes.
pub(super) struct TextExtremum {
    values: Vec<Option<Box<str>>>,
    heap_bytes: usize,
    largest: bool,
}

impl TextExtremum {
    pub(super) fn new(largest: bool) -> Self {
        Self { values: Vec::new(), heap_bytes: 0, largest }
    }

    fn set(&mut self, group: usize, value: Option<Box<str>>) {
        self.heap_bytes += value.heap_bytes();
        self.heap_bytes -= self.values[group].heap_bytes();
        self.values[group] = value;
    }

    fn offer(&mut self, group: usize, value: &str) {
        let better = match &self.values[group] {
            None => true,
            Some(current) if self.largest => value > current.as_ref(),
            Some(current) => value < current.as_ref(),
        };
        if better {
            self.set(group, Some(value.into()));
        }
    }
}

impl Fold for TextExtremum {
    type Input<'a> = &'a StringArray;
    type Output = StringBuilder;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        let text = args.first().and_then(|arg| arg.as_string_opt::<i32>());
        text.ok_or_else(|| Failure::internal("an aggregate's argument is not text, as planned"))
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        self.offer(group, input.value(row));
    }

    /// Never called: an input that retracts gets a fold that can.
    fn retract(&mut self, _: usize, _: &Self::Input<'_>, _: usize) {
        debug_assert!(false, "MIN or MAX of an insert-only input got a retraction");
    }

    fn output(&self, capacity: usize) -> Self::Output {
        StringBuilder::with_capacity(capacity, capacity * 8)
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        output.append_option(self.values[group].as_deref());
    }

    fn finish(&self, mut output: Self::Output) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        if let Some(value) = self.values[from].clone() {
            self.offer(into, &value);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.set(group, None);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.values[group].write(out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        let value = StateValue::read(input)?;
        self.set(group, value);
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + self.heap_bytes
    }
}
