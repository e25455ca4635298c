//! Files in memory, for simulations: what would be on the local disk is here, and nothing waits.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::StorageError;

/// Files by their paths.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Mutex<BTreeMap<PathBuf, Bytes>>,
}

impl Memory {
    pub(super) fn put(&self, path: PathBuf, content: Bytes) {
        self.files().insert(path, content);
    }

    pub(super) fn get(&self, path: &Path) -> Result<Bytes, StorageError> {
        let missing = || StorageError::NotFound { location: path.display().to_string() };
        self.files().get(path).cloned().ok_or_else(missing)
    }

    pub(super) fn folder_exists(&self, path: &Path) -> bool {
        Self::inside(&self.files(), path).next().is_some()
    }

    pub(super) fn folders(&self, path: &Path) -> Vec<String> {
        let files = self.files();
        let mut names: Vec<String> = Self::inside(&files, path)
            .filter_map(|file| {
                let mut parts = file.strip_prefix(path).ok()?.components();
                let first = parts.next()?.as_os_str().to_string_lossy().into_owned();
                parts.next().map(|_| first)
            })
            .collect();
        names.dedup();
        names
    }

    pub(super) fn delete(&self, path: &Path) {
        self.files().remove(path);
    }

    pub(super) fn delete_folder(&self, path: &Path) {
        self.files().retain(|file, _| !file.starts_with(path));
    }

    fn inside<'a>(files: &'a BTreeMap<PathBuf, Bytes>, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        files
            .range::<Path, _>((Bound::Excluded(folder), Bound::Unbounded))
            .map(|(file, _)| file)
            .take_while(move |file| file.starts_with(folder))
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Bytes>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_folders() {
        let memory = Memory::default();
        for file in ["/c/job/chk-1/_metadata", "/c/job/chk-1/a", "/c/job/chk-2/_metadata", "/c/job/note", "/d/x"] {
            memory.put(file.into(), Bytes::from_static(b"1"));
        }
        let job = Path::new("/c/job");
        assert_eq!(memory.folders(job), ["chk-1", "chk-2"]);
        memory.delete_folder(&job.join("chk-1"));
        assert_eq!((memory.folders(job).len(), memory.folder_exists(Path::new("/c"))), (1, true));
        memory.delete(Path::new("/d/x"));
        assert!(!memory.folder_exists(Path::new("/d")) && memory.get(Path::new("/d/x")).is_err());
    }
}
