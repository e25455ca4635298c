//! Checkpoints of a job, as its JobManager sees them.
//!
//! ```text
//! CheckpointConfig       how often, where, how: Flink's keys
//! CheckpointCoordinator  which checkpoint begins when, who has to acknowledge it, how it ends (a pure machine)
//! CompletedCheckpoints   those that are kept, and which files go when one goes (a pure machine)
//! CheckpointStatistics   what became of them, for people
//! JobCheckpointing       what a job starts from
//! ```
//! Files are written by `crates/checkpoint`; the job master sends the messages and calls it.

mod completed;
mod config;
mod coordinator;
mod pending;
mod progress;
mod request;
mod restore;
pub mod statistics;

pub use completed::{CompletedCheckpoint, CompletedCheckpoints, Discard, Owner};
pub use config::CheckpointConfig;
pub use coordinator::{CheckpointCommand, CheckpointCoordinator, CheckpointEvent, CheckpointPlan};
pub use pending::PendingCheckpoint;
pub use progress::{CheckpointPointers, Reservation, StoredCheckpoint, StoredProgress};
pub use request::{CheckpointError, CompletedSnapshot, SnapshotRequest};
pub use restore::{CheckpointSetupError, JobCheckpointing, Storages};
