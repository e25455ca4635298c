//! ARRAY_AGG, SINGLE_VALUE, and FIRST_VALUE and LAST_VALUE of an input that retracts: all values of a group in the order in which they came.
//!
//! Taking a value back removes its earliest occurrence, as in Flink.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use dataflow::Failure;

use super::fold::Fold;
use super::key::Reversible;
use super::state::{StateValue, column_bytes, read_all, write_all};

/// What is shown of a group's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// FIRST_VALUE
    First,
    /// LAST_VALUE
    Last,
    /// ARRAY_AGG
    All,
    /// SINGLE_VALUE, the value of a sub-query: more than one is an error.
    Single,
}

/// All values of each group; NULLs among them unless they are skipped.
pub(super) struct OrderedValues<K: Reversible, const SKIP_NULLS: bool> {
    values: Vec<Vec<Option<K::Key>>>,
    list_bytes: usize,
    data_type: DataType,
    shown: Shown,
}

/// What a value of a list takes.
fn value_bytes<T: StateValue>(value: &T) -> usize {
    size_of::<T>() + value.heap_bytes()
}

/// The column for the key, and the argument for its NULLs.
pub(super) struct OrderedInput<'a, C> {
    column: C,
    arg: &'a ArrayRef,
}

/// Values of groups and, for arrays and single values, how many each group has.
pub(super) struct OrderedOutput<O> {
    values: O,
    lengths: Vec<usize>,
}

impl<K: Reversible, const SKIP_NULLS: bool> OrderedValues<K, SKIP_NULLS> {
    pub(super) fn new(data_type: DataType, shown: Shown) -> Self {
        Self { values: Vec::new(), list_bytes: 0, data_type, shown }
    }

    fn set(&mut self, group: usize, values: Vec<Option<K::Key>>) {
        let bytes = |values: &[Option<K::Key>]| values.iter().map(value_bytes).sum::<usize>();
        self.list_bytes += bytes(&values);
        self.list_bytes -= bytes(&self.values[group]);
        self.values[group] = values;
    }

    fn key(input: &OrderedInput<'_, K::Column<'_>>, row: usize) -> Option<K::Key> {
        input.arg.is_valid(row).then(|| K::key(&input.column, row))
    }
}

impl<K: Reversible, const SKIP_NULLS: bool> Fold for OrderedValues<K, SKIP_NULLS> {
    type Input<'a> = OrderedInput<'a, K::Column<'a>>;
    type Output = OrderedOutput<K::Output>;

    const SKIPS_NULLS: bool = SKIP_NULLS;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<Self::Input<'a>, Failure> {
        let column = K::column(args)?;
        Ok(OrderedInput { column, arg: &args[0] })
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, Vec::new);
    }

    fn add(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let key = Self::key(input, row);
        self.list_bytes += value_bytes(&key);
        self.values[group].push(key);
    }

    fn retract(&mut self, group: usize, input: &Self::Input<'_>, row: usize) {
        let key = Self::key(input, row);
        let values = &mut self.values[group];
        if let Some(at) = values.iter().position(|value| *value == key) {
            self.list_bytes -= value_bytes(&values.remove(at));
        }
    }

    fn output(&self, capacity: usize) -> Self::Output {
        OrderedOutput { values: K::output(&self.data_type, capacity), lengths: Vec::new() }
    }

    fn append(&self, group: usize, output: &mut Self::Output) {
        let values = &self.values[group];
        let single = match self.shown {
            Shown::First => values.first(),
            Shown::Single => {
                output.lengths.push(values.len());
                values.first()
            }
            Shown::Last => values.last(),
            Shown::All => {
                values.iter().for_each(|value| K::append(value.as_ref(), &mut output.values));
                output.lengths.push(values.len());
                return;
            }
        };
        K::append(single.and_then(Option::as_ref), &mut output.values);
    }

    fn finish(&self, output: Self::Output) -> Result<ArrayRef, Failure> {
        if self.shown == Shown::Single && output.lengths.iter().any(|&length| length > 1) {
            return Err(Failure::user("SingleValueAggFunction received more than one element.").fatal());
        }
        let values = K::finish(output.values)?;
        if self.shown != Shown::All {
            return Ok(values);
        }
        // The array of no value is NULL.
        let nulls = NullBuffer::from_iter(output.lengths.iter().map(|length| *length > 0));
        let nulls = (nulls.null_count() > 0).then_some(nulls);
        let field = Arc::new(Field::new("element", values.data_type().clone(), true));
        Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(output.lengths), values, nulls)?))
    }

    /// `from` comes after `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let values = self.values[from].clone();
        self.list_bytes += values.iter().map(value_bytes).sum::<usize>();
        self.values[into].extend(values);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.set(group, Vec::new());
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_all(&self.values[group], out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        let values = read_all(input)?;
        self.set(group, values);
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + self.list_bytes
    }
}
