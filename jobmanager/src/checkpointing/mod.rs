//! Checkpoints of a job, as its JobManager sees them.

pub mod statistics;
