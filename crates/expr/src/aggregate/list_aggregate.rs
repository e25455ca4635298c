//! LISTAGG: the texts of a group joined by a separator, a comma unless given, in the order in which they came.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use dataflow::Failure;

use super::fold::Fold;
use super::state::{StateValue, column_bytes, read_all, write_all};

/// The texts of each group, and the separator.
pub(super) struct ListAggregate {
    values: Vec<Vec<Box<str>>>,
    list_bytes: usize,
    separator: Box<str>,
}

impl ListAggregate {
    fn set(&mut self, group: usize, values: Vec<Box<str>>) {
        let bytes = |values: &[Box<str>]| values.iter().map(|value| value_bytes(value.len())).sum::<usize>();
        self.list_bytes += bytes(&values);
        self.list_bytes -= bytes(&self.values[group]);
        self.values[group] = values;
    }
}

impl Default for ListAggregate {
    fn default() -> Self {
        Self { values: Vec::new(), list_bytes: 0, separator: ",".into() }
    }
}

/// What a text of this length takes.
fn value_bytes(length: usize) -> usize {
    size_of::<Box<str>>() + length
}

/// The texts and the separators.
pub(super) struct ListInput<'a> {
    texts: &'a StringArray,
    separators: Option<&'a StringArray>,
}

impl Fold for ListAggregate {
    type Input<'a> = ListInput<'a>;
    type Output = StringBuilder;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<ListInput<'a>, Failure> {
        let text = |index: usize| args.get(index).and_then(|arg| arg.as_string_opt::<i32>());
        let texts = text(0).ok_or_else(|| Failure::internal("an aggregate's argument is not text, as planned"))?;
        Ok(ListInput { texts, separators: text(1) })
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, Vec::new);
    }

    fn add(&mut self, group: usize, input: &ListInput<'_>, row: usize) {
        if let Some(separators) = input.separators
            && separators.value(row) != self.separator.as_ref()
        {
            self.separator = separators.value(row).into();
        }
        let value = input.texts.value(row);
        self.list_bytes += value_bytes(value.len());
        self.values[group].push(value.into());
    }

    fn retract(&mut self, group: usize, input: &ListInput<'_>, row: usize) {
        let values = &mut self.values[group];
        if let Some(at) = values.iter().position(|value| value.as_ref() == input.texts.value(row)) {
            self.list_bytes -= value_bytes(values.remove(at).len());
        }
    }

    fn output(&self, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 16)
    }

    fn append(&self, group: usize, output: &mut StringBuilder) {
        let values = &self.values[group];
        output.append_option((!values.is_empty()).then(|| values.join(&self.separator)));
    }

    fn finish(&self, mut output: StringBuilder) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    /// `from` comes after `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let values = self.values[from].clone();
        self.list_bytes += values.iter().map(|value| value_bytes(value.len())).sum::<usize>();
        self.values[into].extend(values);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.set(group, Vec::new());
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.separator.write(out);
        write_all(&self.values[group], out);
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.separator = StateValue::read(input)?;
        let values = read_all(input)?;
        self.set(group, values);
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.values) + self.list_bytes
    }
}
