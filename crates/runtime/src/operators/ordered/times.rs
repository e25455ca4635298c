//! The times of the rows of a batch.

use arrow_array::TimestampMillisecondArray;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef};
use dataflow::Failure;

/// A column of times; the planner sees to it that it has the precision of a time attribute. A row without a time is an error, as in Flink.
pub(in crate::operators) fn times_of(column: &ArrayRef) -> Result<&TimestampMillisecondArray, Failure> {
    let times = column.as_primitive_opt::<TimestampMillisecondType>();
    let times = times.ok_or_else(|| Failure::internal("the time of a row must be a TIMESTAMP(3)").fatal())?;
    if times.null_count() > 0 {
        let message = "RowTime field should not be null, please convert it to a non-null long value.";
        return Err(Failure::user(message).fatal());
    }
    Ok(times)
}
