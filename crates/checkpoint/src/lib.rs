//! The disk: where checkpoints are stored, what `_metadata` says, which files are shared, and how state is assigned to subtasks.
//!
//! ```text
//!   <execution.checkpointing.dir>/<job id>/chk-7/_metadata    published last: the checkpoint exists once this file does
//!                                          chk-7/<file>       of this checkpoint only
//!                                          shared/<file>      later checkpoints may refer to it
//!   <savepoint dir>/savepoint-<job id>-<random>/_metadata     self-contained: the folder may be moved
//! ```
//! One of the two crates that carry a promise to the outside ([`METADATA_VERSION`]). It knows neither tasks nor the JobManager.

mod assignment;
mod channel_assignment;
mod disposal;
mod error;
mod layout;
mod location;
mod metadata;
mod metadata_file;
mod shared_files;
mod storage;

pub use assignment::{Assignment, RestoreError, SourceRestore, adopt_max_parallelism, assign};
pub use disposal::{clear_job_folder, discard_checkpoint, discard_files, dispose, numbered_folders};
pub use error::StorageError;
pub use layout::{METADATA_FILE, checkpoint_location, external_path, job_folder, savepoint_location};
pub use metadata::{CheckpointMetadata, OperatorState, SnapshotType, SourceState};
pub use metadata_file::{METADATA_VERSION, read_metadata, write_metadata};
pub use shared_files::SharedFiles;
pub use storage::{CheckpointStorage, FileReader, Storage};
