//! What of a checkpoint happens beside the tasks: their snapshots are stored and acknowledged.

mod channel_state;
mod local_state;
mod outstanding;
mod recording_storage;
mod restored_batch;
mod snapshot_writer;
#[cfg(test)]
mod snapshot_writer_tests;

pub(crate) use channel_state::InFlight;
#[cfg(test)]
pub(crate) use channel_state::read_in_flight;
pub(crate) use local_state::{LocalState, LocalStateStores};
pub(crate) use outstanding::OutstandingSnapshots;
pub(crate) use restored_batch::RestoredBatch;
#[cfg(test)]
pub(crate) use snapshot_writer::StorageOf;
pub(crate) use snapshot_writer::{OperatorPart, SnapshotWriter, TakenSnapshot};
