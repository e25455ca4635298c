//! `Uploads`: which files of a database are durable already, so that a checkpoint need not store them again. Pure.
//!
//! ```text
//!   stored with a checkpoint -> pending -> completed: known, in place of what was known before
//!                                       -> aborted: forgotten
//! ```
//! Only files of a completed checkpoint are known: those of another one may be deleted at any time.

use std::collections::BTreeMap;

use dataflow::checkpoint::StateFile;

/// Durable files by their name in the database.
pub(super) type StoredFiles = BTreeMap<String, StateFile>;

/// The files of the last completed checkpoint, and of those that may complete.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    known: StoredFiles,
    pending: BTreeMap<u64, StoredFiles>,
}

impl Uploads {
    /// The state of a database that was restored from these files.
    pub(super) fn restored(known: StoredFiles) -> Self {
        Self { known, pending: BTreeMap::new() }
    }

    /// The durable copy of a file.
    pub(super) fn known(&self, name: &str) -> Option<&StateFile> {
        self.known.get(name)
    }

    /// A checkpoint has stored its files, or refers to them.
    pub(super) fn stored(&mut self, checkpoint_id: u64, files: StoredFiles) {
        self.pending.insert(checkpoint_id, files);
    }

    /// A checkpoint is complete, and no earlier one will be.
    pub(super) fn completed(&mut self, checkpoint_id: u64) {
        if let Some(files) = self.pending.remove(&checkpoint_id) {
            self.known = files;
            self.pending.retain(|pending, _| *pending > checkpoint_id);
        }
    }

    /// A checkpoint will never be complete.
    pub(super) fn aborted(&mut self, checkpoint_id: u64) {
        self.pending.remove(&checkpoint_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> StoredFiles {
        let file = |name: &str| StateFile { location: format!("/shared/{name}"), bytes: 1, checksum: 0 };
        names.iter().map(|name| ((*name).to_owned(), file(name))).collect()
    }

    #[test]
    fn files_are_known_when_their_checkpoint_is_complete() {
        let mut uploads = Uploads::default();
        uploads.stored(1, files(&["a"]));
        assert!(uploads.known("a").is_none(), "not complete yet");
        uploads.stored(2, files(&["a", "b"]));
        uploads.aborted(2);
        uploads.completed(1);
        assert!(uploads.known("a").is_some() && uploads.known("b").is_none());
        uploads.completed(2);
        assert!(uploads.known("a").is_some(), "an aborted checkpoint does not complete");
        uploads.stored(4, files(&["b"]));
        uploads.stored(3, files(&["a"]));
        uploads.completed(4);
        uploads.completed(3);
        assert!(uploads.known("a").is_none() && uploads.known("b").is_some(), "what is older is out");
    }
}
