//! The disk: where checkpoints are stored, what `_metadata` says, which files are shared, and how state is assigned to subtasks.
//!
//! One of the two crates that carry a promise to the outside. It knows neither tasks nor the JobManager.
