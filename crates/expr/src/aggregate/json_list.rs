//! JSON_ARRAYAGG: the values of a group as a JSON array, in the order in which they came.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef};
use dataflow::{Failure, LogicalType};

use super::fold::Fold;
use super::state::{column_bytes, read_all, write_all};
use crate::functions::json::write_json;

/// The values of each group as JSON.
pub(super) struct JsonList {
    values: Vec<Vec<Box<str>>>,
    list_bytes: usize,
    ty: LogicalType,
    /// ABSENT ON NULL: NULLs are left out.
    absent: bool,
}

impl JsonList {
    pub(super) fn new(ty: LogicalType, absent: bool) -> Self {
        Self { values: Vec::new(), list_bytes: 0, ty, absent }
    }

    fn set(&mut self, group: usize, values: Vec<Box<str>>) {
        let bytes = |values: &[Box<str>]| values.iter().map(|value| value_bytes(value)).sum::<usize>();
        self.list_bytes += bytes(&values);
        self.list_bytes -= bytes(&self.values[group]);
        self.values[group] = values;
    }

    /// The value of a row; `None` when it is left out.
    fn json(&self, values: &ArrayRef, row: usize) -> Option<Box<str>> {
        if self.absent && values.is_null(row) {
            return None;
        }
        let mut text = String::new();
        write_json(values, row, &self.ty, &mut text);
        Some(text.into())
    }
}

fn value_bytes(value: &str) -> usize {
    size_of::<Box<str>>() + value.len()
}

impl Fold for JsonList {
    type Input<'a> = &'a ArrayRef;
    type Output = StringBuilder;

    const SKIPS_NULLS: bool = false;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<&'a ArrayRef, Failure> {
        args.first().ok_or_else(|| Failure::internal("JSON_ARRAYAGG has no argument"))
    }

    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, Vec::new);
    }

    fn add(&mut self, group: usize, input: &&ArrayRef, row: usize) {
        if let Some(value) = self.json(input, row) {
            self.list_bytes += value_bytes(&value);
            self.values[group].push(value);
        }
    }

    fn retract(&mut self, group: usize, input: &&ArrayRef, row: usize) {
        let Some(value) = self.json(input, row) else { return };
        if let Some(at) = self.values[group].iter().position(|known| *known == value) {
            self.list_bytes -= value_bytes(&value);
            self.values[group].remove(at);
        }
    }

    fn output(&self, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 16)
    }

    fn append(&self, group: usize, output: &mut StringBuilder) {
        output.append_value(format!("[{}]", self.values[group].join(",")));
    }

    fn finish(&self, mut output: StringBuilder) -> Result<ArrayRef, Failure> {
        Ok(Arc::new(output.finish()))
    }

    /// `from` comes after `into`.
    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let values = self.values[from].clone();
        self.list_bytes += values.iter().map(|value| value_bytes(value)).sum::<usize>();
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
