//! The value of a group in the store, as aggregations with and without windows write it. What stands before it (version, time of the last write) is
//! theirs.
//!
//! ```text
//!   number of rows (i64, where rows are taken back) | accumulators
//! ```

use dataflow::Failure;
use expr::aggregate::Accumulator;

/// Appends the value of a group.
pub(super) fn write(rows: Option<&[i64]>, accumulators: &[Box<dyn Accumulator>], group: u32, out: &mut Vec<u8>) {
    if let Some(rows) = rows {
        out.extend_from_slice(&rows[group as usize].to_le_bytes());
    }
    for accumulator in accumulators {
        accumulator.write_state(group, out);
    }
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

/// A value that is not one of this aggregation.
pub(super) fn damaged() -> Failure {
    Failure::internal("the state of a group does not have the form of this aggregation").fatal()
}
