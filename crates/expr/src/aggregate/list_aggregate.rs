//! LISTAGG: the texts of a group joined by a separator, a comma unless given, in the order in which they came.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use dataflow::Failure;

use super::fold::Fold;

/// The texts of each group, and the separator.
pub(super) struct ListAggregate {
    values: Vec<Vec<Box<str>>>,
    separator: Box<str>,
}

impl Default for ListAggregate {
    fn default() -> Self {
        Self { values: Vec::new(), separator: ",".into() }
    }
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
        self.values[group].push(input.texts.value(row).into());
    }

    fn retract(&mut self, group: usize, input: &ListInput<'_>, row: usize) {
        let values = &mut self.values[group];
        if let Some(at) = values.iter().position(|value| value.as_ref() == input.texts.value(row)) {
            values.remove(at);
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
        let mut values = std::mem::take(&mut self.values[from]);
        self.values[into].append(&mut values);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.values[group] = Vec::new();
    }
}
