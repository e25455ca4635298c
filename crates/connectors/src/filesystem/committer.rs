//! Makes visible what belongs to a completed checkpoint: first the files, then the marks of complete partitions.
//!
//! Each subtask commits what it has written. So the mark of a partition says that the files of this subtask are there; another one may be
//! some milliseconds behind, or may still write into the partition, as any subtask may after a `process-time` commit. With
//! `partition-time` there is one subtask.

use std::fs::File;
use std::path::Path;
use std::task::Waker;

use dataflow::{Committer, Failure, Progress};

use super::committable::{Committable, from_json};
use super::pending_file::{publish_all, sync_folder};

pub(super) struct FileCommitter {
    success_file: String,
}

impl FileCommitter {
    pub(super) fn new(success_file: String) -> Self {
        Self { success_file }
    }
}

impl Committer for FileCommitter {
    fn commit(&mut self, committables: &[serde_json::Value], _waker: &Waker) -> Result<Progress, Failure> {
        commit(&from_json(committables)?, &self.success_file)?;
        Ok(Progress::Done)
    }
}

/// Commits; what was committed before is no error.
pub(super) fn commit(committables: &[Committable], success_file: &str) -> Result<(), Failure> {
    publish_all(committables.iter().filter_map(|committable| match committable {
        Committable::File(file) => Some(file),
        Committable::Partition { .. } => None,
    }))?;
    committables.iter().try_for_each(|committable| match committable {
        Committable::File(_) => Ok(()),
        Committable::Partition { folder } => mark(folder, success_file),
    })
}

/// Leaves an empty file in the folder of a partition. A folder that is gone needs no mark: somebody has taken the partition away.
fn mark(folder: &Path, name: &str) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    let path = folder.join(name);
    let created = File::create(&path).and_then(|file| file.sync_all());
    created.map_err(|error| Failure::external(format!("cannot create {}", path.display())).caused_by(error))?;
    sync_folder(folder)
}
