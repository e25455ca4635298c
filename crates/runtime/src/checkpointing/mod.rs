//! What of a checkpoint happens beside the tasks: their snapshots are stored and acknowledged.

mod outstanding;
mod snapshot_writer;
#[cfg(test)]
mod snapshot_writer_tests;

pub(crate) use outstanding::OutstandingSnapshots;
pub(crate) use snapshot_writer::{OperatorPart, SnapshotWriter, TakenSnapshot};
