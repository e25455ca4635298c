//! `Deduplicate`: the first or the last row of each key.
//!
//! | | processing time | event time |
//! |---|---|---|
//! | first | +I of the first row; only that the key has come is kept | +I when the watermark passes the earliest row; late rows are dropped |
//! | last | +I, then -U and +U for each row that differs from the one before | the same for each row that is not earlier than the one before |
//!
//! As in Flink's deduplicate functions, an update that changes nothing is left out in processing time, unless state expires, or the row before came as
//! an update itself and state is on the heap.

mod first_row;
mod last_row;

pub(super) use first_row::FirstRow;
pub(super) use last_row::LastRow;
