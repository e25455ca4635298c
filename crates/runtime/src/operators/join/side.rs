//! One side of a join: its rows, by the slot of their key.

use dataflow::RowType;
use dataflow::operator_spec::JoinRowIdentity;
use state::{RowIdentity, RowLists, WriteTimes};

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
    pub(super) fn new(
        input: &RowType,
        keys: InputKeys,
        outer: bool,
        times: WriteTimes,
        identity: &JoinRowIdentity,
    ) -> Self {
        let identity = match identity {
            // Equal rows expire together, so that they have to be found.
            JoinRowIdentity::Each if times.ttl().is_some() => RowIdentity::Whole,
            JoinRowIdentity::Each => RowIdentity::Each,
            JoinRowIdentity::Whole => RowIdentity::Whole,
            JoinRowIdentity::JoinKey => RowIdentity::JoinKey,
            JoinRowIdentity::Columns(columns) => RowIdentity::Columns(columns.clone()),
        };
        let rows = RowLists::expiring(input.arrow_schema(), times).with_identity(identity);
        Self { keys, rows, outer }
    }
}
