//! BITMAP_BUILD_AGG over integers; BITMAP_AND_AGG, BITMAP_OR_AGG and BITMAP_XOR_AGG over bitmaps; and the cardinality of each.
//!
//! A group keeps how often each integer came and how many rows it had, so that rows can be taken back.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, Int64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BinaryArray, Int32Array};
use dataflow::Failure;
use roaring::RoaringBitmap;

use super::fold::Fold;
use super::state::{StateValue, column_bytes, entry_bytes, read_length, write_length};
use crate::functions::bitmaps::{decode, encode};

/// Which integers of its rows a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Those of any row.
    Any,
    /// Those of all rows.
    All,
    /// Those of an odd number of rows.
    Odd,
}

/// Where the integers come from.
pub(super) trait Source: Send {
    /// The argument column.
    type Column<'a>;

    fn column<'a>(args: &'a [ArrayRef]) -> Option<Self::Column<'a>>;
    /// Calls `each` for the integers of a row.
    fn each(column: &Self::Column<'_>, row: usize, each: impl FnMut(u32)) -> Result<(), Failure>;
}

/// An INT column.
pub(super) struct Integers;

impl Source for Integers {
    type Column<'a> = &'a Int32Array;

    fn column(args: &[ArrayRef]) -> Option<&Int32Array> {
        args.first()?.as_primitive_opt::<Int32Type>()
    }

    fn each(column: &&Int32Array, row: usize, mut each: impl FnMut(u32)) -> Result<(), Failure> {
        each(column.value(row) as u32);
        Ok(())
    }
}

/// A BITMAP column.
pub(super) struct Bitmaps;

impl Source for Bitmaps {
    type Column<'a> = &'a BinaryArray;

    fn column(args: &[ArrayRef]) -> Option<&BinaryArray> {
        args.first()?.as_binary_opt::<i32>()
    }

    fn each(column: &&BinaryArray, row: usize, each: impl FnMut(u32)) -> Result<(), Failure> {
        decode(column.value(row))?.iter().for_each(each);
        Ok(())
    }
}

/// The integers of each group.
pub(super) struct BitmapAggregate<S> {
    counts: Vec<BTreeMap<u32, i64>>,
    rows: Vec<i64>,
    map_entries: usize,
    keeps: Keeps,
    /// Whether the result is how many integers there are.
    counted: bool,
    failure: Option<Failure>,
    source: PhantomData<S>,
}

/// Results.
pub(super) enum BitmapOutput {
    Bitmaps(BinaryBuilder),
    Counts(Int64Builder),
}

impl<S: Source> BitmapAggregate<S> {
    pub(super) fn new(keeps: Keeps, counted: bool) -> Self {
        let source = PhantomData;
        Self { counts: Vec::new(), rows: Vec::new(), map_entries: 0, keeps, counted, failure: None, source }
    }

    fn change(&mut self, group: usize, value: u32, by: i64) {
        let counts = &mut self.counts[group];
        let before = counts.len();
        let count = counts.entry(value).or_insert(0);
        *count += by;
        if *count == 0 {
            counts.remove(&value);
        }
        self.map_entries = self.map_entries + counts.len() - before;
    }

    fn row(&mut self, group: usize, column: &S::Column<'_>, row: usize, by: i64) {
        let mut values = Vec::new();
        match S::each(column, row, |value| values.push(value)) {
            Ok(()) => {
                values.into_iter().for_each(|value| self.change(group, value, by));
                self.rows[group] += by;
            }
            Err(failure) => {
                self.failure.get_or_insert(failure);
            }
        }
    }

    fn take(&mut self, group: usize) -> BTreeMap<u32, i64> {
        let counts = std::mem::take(&mut self.counts[group]);
        self.map_entries -= counts.len();
        self.rows[group] = 0;
        counts
    }

    fn bitmap(&self, group: usize) -> RoaringBitmap {
        let rows = self.rows[group];
        let is_kept = |count: i64| match self.keeps {
            Keeps::Any => count > 0,
            Keeps::All => count >= rows,
            Keeps::Odd => count % 2 != 0,
        };
        self.counts[group].iter().filter(|(_, count)| is_kept(**count)).map(|(value, _)| *value).collect()
    }
}

impl<S: Source> Fold for BitmapAggregate<S> {
    type Input<'a> = S::Column<'a>;
    type Output = BitmapOutput;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<S::Column<'a>, Failure> {
        S::column(args).ok_or_else(|| Failure::internal("an aggregate's argument is of another type than planned"))
    }

    fn resize(&mut self, groups: usize) {
        self.counts.resize_with(groups, BTreeMap::new);
        self.rows.resize(groups, 0);
    }

    fn add(&mut self, group: usize, input: &S::Column<'_>, row: usize) {
        self.row(group, input, row, 1);
    }

    fn retract(&mut self, group: usize, input: &S::Column<'_>, row: usize) {
        self.row(group, input, row, -1);
    }

    fn output(&self, capacity: usize) -> BitmapOutput {
        match self.counted {
            true => BitmapOutput::Counts(Int64Builder::with_capacity(capacity)),
            false => BitmapOutput::Bitmaps(BinaryBuilder::with_capacity(capacity, capacity * 16)),
        }
    }

    fn append(&self, group: usize, output: &mut BitmapOutput) {
        let bitmap = (self.rows[group] != 0).then(|| self.bitmap(group));
        match output {
            BitmapOutput::Counts(output) => output.append_option(bitmap.map(|bitmap| bitmap.len() as i64)),
            BitmapOutput::Bitmaps(output) => output.append_option(bitmap.as_ref().map(encode)),
        }
    }

    fn finish(&self, output: BitmapOutput) -> Result<ArrayRef, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        Ok(match output {
            BitmapOutput::Counts(mut output) => Arc::new(output.finish()),
            BitmapOutput::Bitmaps(mut output) => Arc::new(output.finish()),
        })
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        self.rows[into] += self.rows[from];
        for (value, count) in self.counts[from].clone() {
            self.change(into, value, count);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        self.rows[group].write(out);
        write_length(self.counts[group].len(), out);
        for (value, count) in &self.counts[group] {
            (*value as i32).write(out);
            count.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.take(group);
        self.rows[group] = i64::read(input)?;
        for _ in 0..read_length(input)? {
            let (value, count) = (i32::read(input)?, i64::read(input)?);
            self.change(group, value as u32, count);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.counts) + column_bytes(&self.rows) + self.map_entries * entry_bytes::<u32>(0)
    }
}
