//! A part file that waits to become visible, as checkpoints hold it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use dataflow::Failure;
use serde::{Deserialize, Serialize};

/// A hidden file and what it becomes. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingFile {
    pub(super) hidden: PathBuf,
    pub(super) visible: PathBuf,
    /// Bytes that belong to it. There may be more, which were written behind the checkpoint that it comes from.
    pub(super) length: u64,
}

impl PendingFile {
    /// Makes it visible. That it is visible already is no error; that it is nowhere is said and no error either, because whoever read it may
    /// have taken it away. Its folder is still to be synced.
    pub(super) fn publish(&self) -> Result<(), Failure> {
        let failed = |what: &str, error: io::Error| {
            let (hidden, visible) = (self.hidden.display(), self.visible.display());
            Failure::external(format!("cannot {what} {hidden}, which is to become {visible}")).caused_by(error)
        };
        let found = match fs::metadata(&self.hidden) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !self.visible.exists() {
                    tracing::warn!(
                        "{} is not there any more, nor is {}: it was committed before and taken away, or it is lost",
                        self.visible.display(),
                        self.hidden.display()
                    );
                }
                return Ok(());
            }
            Err(error) => return Err(failed("look at", error)),
        };
        if found < self.length {
            return Err(Failure::external(format!(
                "{} has {found} bytes, but {} belong to a checkpoint: the rows that are missing cannot be written again",
                self.hidden.display(),
                self.length
            ))
            .fatal());
        }
        if found > self.length {
            let cut = OpenOptions::new().write(true).open(&self.hidden).and_then(|file| {
                file.set_len(self.length)?;
                file.sync_all()
            });
            cut.map_err(|error| failed("cut", error))?;
        }
        fs::rename(&self.hidden, &self.visible).map_err(|error| failed("rename", error))
    }
}

/// Makes several files visible, and their names durable.
pub(super) fn publish_all<'a>(files: impl Iterator<Item = &'a PendingFile>) -> Result<(), Failure> {
    let mut folders = BTreeSet::new();
    for file in files {
        file.publish()?;
        folders.extend(file.visible.parent());
    }
    folders.into_iter().try_for_each(sync_folder)
}

/// Makes the names in a folder durable. A folder that is gone has none.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Failure> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::external(format!("cannot sync the folder {}", folder.display())).caused_by(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, length: u64) -> PendingFile {
        PendingFile { hidden: folder.join(".a.inprogress.1"), visible: folder.join("a"), length }
    }

    #[test]
    fn a_file_is_cut_to_its_length_and_published_once() {
        let folder = tempfile::tempdir().unwrap();
        let pending = file(folder.path(), 4);
        fs::write(&pending.hidden, "1\n2\n3\n").unwrap();
        for _ in 0..2 {
            publish_all([&pending].into_iter()).unwrap();
            assert_eq!(fs::read_to_string(&pending.visible).unwrap(), "1\n2\n");
            assert!(!pending.hidden.exists());
        }
        fs::remove_file(&pending.visible).unwrap();
        pending.publish().expect("a file that was taken away is no error");
    }

    #[test]
    fn a_file_that_has_lost_bytes_is_not_published() {
        let folder = tempfile::tempdir().unwrap();
        let pending = file(folder.path(), 4);
        fs::write(&pending.hidden, "1\n").unwrap();
        let failure = pending.publish().unwrap_err();
        assert!(failure.message.contains("has 2 bytes, but 4 belong to a checkpoint") && !failure.retry, "{failure}");
        assert!(!pending.visible.exists());
    }
}
