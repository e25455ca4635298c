//! The value of a group in the store, as aggregations with and without windows write it. What stands before it (version, time of the last write) is
//! theirs.
//!
//! ```text
//!   number of rows (i64, where rows are taken back) | accumulators
//! ```

use arrow_array::BinaryArray;
use arrow_array::builder::BinaryBuilder;
use dataflow::{AggregateCall, Failure, RowType};
use expr::aggregate::{Accumulator, create, create_partial};

/// Whose rows the groups of an operator are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// All rows of a key.
    Whole,
    /// Those that came to one subtask of late, which another operator puts together.
    Local,
}

impl Phase {
    /// The accumulator of a call.
    pub(super) fn create(
        self,
        call: &AggregateCall,
        input: &RowType,
        retracts: bool,
    ) -> Result<Box<dyn Accumulator>, Failure> {
        match self {
            Phase::Whole => create(call, input, retracts),
            Phase::Local => create_partial(call, input, retracts),
        }
    }
}

/// The values of these groups as a column, for the second phase.
pub(super) fn column(rows: Option<&[i64]>, accumulators: &[Box<dyn Accumulator>], groups: &[u32]) -> BinaryArray {
    let mut column = BinaryBuilder::with_capacity(groups.len(), groups.len() * 32);
    let mut value = Vec::new();
    for &group in groups {
        value.clear();
        write(rows, accumulators, group, &mut value);
        column.append_value(&value);
    }
    column.finish()
}

/// Appends the value of a group.
pub(super) fn write(rows: Option<&[i64]>, accumulators: &[Box<dyn Accumulator>], group: u32, out: &mut Vec<u8>) {
    if let Some(rows) = rows {
        out.extend_from_slice(&rows[group as usize].to_le_bytes());
    }
    for accumulator in accumulators {
        accumulator.write_state(group, out);
    }
}

/// The same of what groups have summed up since their increments began.
pub(super) fn increments(rows: Option<&[i64]>, accumulators: &[Box<dyn Accumulator>], groups: &[u32]) -> BinaryArray {
    let mut column = BinaryBuilder::with_capacity(groups.len(), groups.len() * 32);
    let mut value = Vec::new();
    for &group in groups {
        value.clear();
        if let Some(rows) = rows {
            value.extend_from_slice(&rows[group as usize].to_le_bytes());
        }
        accumulators.iter().for_each(|accumulator| accumulator.write_increment(group, &mut value));
        column.append_value(&value);
    }
    column.finish()
}

/// Gives a group this value, which must be all of `value`.
pub(super) fn read(
    rows: Option<&mut [i64]>,
    accumulators: &mut [Box<dyn Accumulator>],
    group: u32,
    mut value: &[u8],
) -> Result<(), Failure> {
    if let Some(rows) = rows {
        let (count, rest) = value.split_first_chunk().ok_or_else(damaged)?;
        rows[group as usize] = i64::from_le_bytes(*count);
        value = rest;
    }
    for accumulator in accumulators {
        accumulator.read_state(group, &mut value)?;
    }
    if value.is_empty() { Ok(()) } else { Err(damaged()) }
}

/// Merges values into groups; `groups[i]` takes `values[i]` up, which is read into group `read_into[i]` before. These begin empty, and are to be emptied.
pub(super) fn merge(
    mut rows: Option<&mut [i64]>,
    accumulators: &mut [Box<dyn Accumulator>],
    values: &BinaryArray,
    read_into: &[u32],
    groups: &[u32],
) -> Result<(), Failure> {
    for (row, &group) in read_into.iter().enumerate() {
        read(rows.as_deref_mut(), accumulators, group, values.value(row))?;
    }
    for accumulator in accumulators {
        accumulator.merge(read_into, groups)?;
    }
    if let Some(rows) = rows {
        for (&from, &into) in read_into.iter().zip(groups) {
            rows[into as usize] += rows[from as usize];
        }
    }
    Ok(())
}

/// A value that is not one of this aggregation.
pub(super) fn damaged() -> Failure {
    Failure::internal("the state of a group does not have the form of this aggregation").fatal()
}
