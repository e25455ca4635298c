//! PERCENTILE: the value below which a share of a group's values lies, interpolated between the two nearest; for an array of shares an array.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use arrow_schema::{DataType, Field};
use dataflow::Failure;

use super::fold::Fold;
use super::key::Ordered;
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_all, read_length, write_all, write_length};

/// How often each value of each group is there, and the shares that are asked for.
pub(super) struct Percentile {
    counts: Vec<BTreeMap<i64, i64>>,
    /// Those of the last row, as in Flink; they are meant to be constant.
    shares: Vec<Vec<f64>>,
    map_entries: usize,
    /// Whether the result is an array.
    several: bool,
    failure: Option<String>,
}

/// Values, shares and how often each value counts.
pub(super) struct PercentileInput<'a> {
    values: &'a Float64Array,
    shares: &'a ArrayRef,
    weights: Option<&'a Int64Array>,
}

/// Results.
pub(super) enum PercentileOutput {
    One(Float64Builder),
    Several(ListBuilder<Float64Builder>),
}

impl Percentile {
    pub(super) fn new(several: bool) -> Self {
        Self { counts: Vec::new(), shares: Vec::new(), map_entries: 0, several, failure: None }
    }

    fn change(&mut self, group: usize, value: i64, by: i64) {
        let counts = &mut self.counts[group];
        let before = counts.len();
        let count = counts.entry(value).or_insert(0);
        *count += by;
        if *count == 0 {
            counts.remove(&value);
        }
        self.map_entries = self.map_entries + counts.len() - before;
    }

    fn take(&mut self, group: usize) -> BTreeMap<i64, i64> {
        let counts = std::mem::take(&mut self.counts[group]);
        self.map_entries -= counts.len();
        self.shares[group].clear();
        counts
    }

    fn set_shares(&mut self, group: usize, shares: &ArrayRef, row: usize) {
        let kept = &mut self.shares[group];
        let asked: Float64Array = match shares.as_list_opt::<i32>() {
            Some(lists) if lists.is_valid(row) => lists.value(row).as_primitive::<Float64Type>().clone(),
            Some(_) => return,
            None if shares.is_valid(row) => shares.as_primitive::<Float64Type>().slice(row, 1),
            None => return,
        };
        if kept.as_slice() != asked.values() {
            *kept = asked.values().to_vec();
            if let Some(share) = kept.iter().find(|share| !(0.0..=1.0).contains(*share)) {
                let message = format!("Percentage of PERCENTILE should be between [0.0, 1.0], but was '{share}'.");
                self.failure.get_or_insert(message);
            }
        }
    }

    /// The interpolated value at each share; empty when the group has no value.
    fn values(&self, group: usize) -> Vec<f64> {
        let counts = &self.counts[group];
        let total: i64 = counts.values().filter(|count| **count > 0).sum();
        if total <= 0 {
            return Vec::new();
        }
        let at = |position: i64| {
            let mut passed = 0;
            let found = counts.iter().find(|(_, count)| {
                passed += **count;
                passed > position
            });
            found.map_or(f64::NAN, |(value, _)| f64::value(*value))
        };
        let of_share = |share: &f64| {
            // Counted from one, as in Flink: that decides the last digit.
            let position = (total - 1) as f64 * share + 1.0;
            let (lower, higher) = (position.floor(), position.ceil());
            let low = at(lower as i64 - 1);
            if lower == higher {
                return low;
            }
            let high = at(higher as i64 - 1);
            (higher - position) * low + (position - lower) * high
        };
        self.shares[group].iter().map(of_share).collect()
    }
}

impl Fold for Percentile {
    type Input<'a> = PercentileInput<'a>;
    type Output = PercentileOutput;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<PercentileInput<'a>, Failure> {
        let mistyped = || Failure::internal("an argument of PERCENTILE is of another type than planned");
        Ok(PercentileInput {
            values: args.first().and_then(|arg| arg.as_primitive_opt::<Float64Type>()).ok_or_else(mistyped)?,
            shares: args.get(1).ok_or_else(mistyped)?,
            weights: args.get(2).and_then(|arg| arg.as_primitive_opt::<Int64Type>()),
        })
    }

    fn resize(&mut self, groups: usize) {
        self.counts.resize_with(groups, BTreeMap::new);
        self.shares.resize_with(groups, Vec::new);
    }

    fn add(&mut self, group: usize, input: &PercentileInput<'_>, row: usize) {
        self.set_shares(group, input.shares, row);
        let weight = input.weights.map_or(1, |weights| weights.value(row));
        if weight > 0 {
            self.change(group, input.values.value(row).key(), weight);
        }
    }

    fn retract(&mut self, group: usize, input: &PercentileInput<'_>, row: usize) {
        self.set_shares(group, input.shares, row);
        let weight = input.weights.map_or(1, |weights| weights.value(row));
        if weight > 0 {
            self.change(group, input.values.value(row).key(), -weight);
        }
    }

    fn output(&self, capacity: usize) -> PercentileOutput {
        match self.several {
            false => PercentileOutput::One(Float64Builder::with_capacity(capacity)),
            true => {
                let field = Field::new("element", DataType::Float64, true);
                PercentileOutput::Several(ListBuilder::new(Float64Builder::new()).with_field(field))
            }
        }
    }

    fn append(&self, group: usize, output: &mut PercentileOutput) {
        let values = self.values(group);
        match output {
            PercentileOutput::One(output) => output.append_option(values.first().copied()),
            PercentileOutput::Several(output) => {
                output.values().append_slice(&values);
                output.append(!values.is_empty());
            }
        }
    }

    fn finish(&self, output: PercentileOutput) -> Result<ArrayRef, Failure> {
        if let Some(message) = &self.failure {
            return Err(Failure::user(message.clone()).fatal());
        }
        Ok(match output {
            PercentileOutput::One(mut output) => Arc::new(output.finish()),
            PercentileOutput::Several(mut output) => Arc::new(output.finish()),
        })
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        let shares = self.shares[from].clone();
        for (value, count) in self.counts[from].clone() {
            self.change(into, value, count);
        }
        if self.shares[into].is_empty() {
            self.shares[into] = shares;
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_all(&self.shares[group], out);
        write_length(self.counts[group].len(), out);
        for (value, count) in &self.counts[group] {
            value.write(out);
            count.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.take(group);
        self.shares[group] = read_all(input)?;
        for _ in 0..read_length(input)? {
            let (value, count) = (i64::read(input)?, i64::read(input)?);
            if count == 0 || self.counts[group].contains_key(&value) {
                return Err(damaged());
            }
            self.change(group, value, count);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.counts) + column_bytes(&self.shares) + self.map_entries * entry_bytes::<i64>(0)
    }
}
