//! One side of a join: its rows, by the slot of their key.

use dataflow::RowType;
use state::{RowLists, WriteTimes};

use crate::operators::input_keys::InputKeys;

/// The rows of one input.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) keys: InputKeys,
    pub(super) rows: RowLists,
    /// Rows of this side without a match are emitted padded with NULLs.
    pub(super) outer: bool,
}

impl Side {
    /// `append_only`: no row of it is ever taken back.
    pub(super) fn new(input: &RowType, keys: InputKeys, outer: bool, times: WriteTimes, append_only: bool) -> Self {
        // Equal rows expire together, so that they have to be found.
        let rows = match times.ttl() {
            None if append_only => RowLists::append_only(input.arrow_schema()),
            _ => RowLists::expiring(input.arrow_schema(), times),
        };
        Self { keys, rows, outer }
    }
}
