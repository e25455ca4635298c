//! What is left of a snapshot for the asynchronous part: files of a database to be stored, or entries to be written as one canonical file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dataflow::Failure;
use dataflow::checkpoint::KeyedStateHandle;
use dataflow::snapshot::{KeyedSnapshot, StateScope, StateStorage};

use super::canonical::CanonicalWriter;
use super::entries::Entries;
use super::increment::Increment;
use super::rocks::{local_failure, scan_files};
use super::uploads::Uploads;

/// Entries of memory, not sorted yet.
pub(super) struct MemorySnapshot {
    pub(super) entries: Entries,
    pub(super) key_groups: RangeInclusive<u32>,
}

impl KeyedSnapshot for MemorySnapshot {
    fn store(mut self: Box<Self>, storage: &dyn StateStorage) -> Result<KeyedStateHandle, Failure> {
        self.entries.sort();
        let mut writer = CanonicalWriter::new(storage.create(StateScope::Exclusive)?, self.key_groups)?;
        for (key, value) in self.entries.iter() {
            if let Some(value) = value {
                writer.put(key, value)?;
            }
        }
        writer.finish()
    }
}

/// The folder of a store, removed when neither the store nor a copy of it is needed any more.
pub(super) struct WorkingDirectory(pub(super) PathBuf);

impl Drop for WorkingDirectory {
    fn drop(&mut self) {
        // What cannot be removed is found when the next TaskManager starts.
        let _ = std::fs::remove_dir_all(&self.0);
        // The folder of the attempt, when this was the last one in it.
        let _ = self.0.parent().map(std::fs::remove_dir);
    }
}

/// A copy of a database that is removed with this.
pub(super) struct DatabaseCopy {
    pub(super) path: PathBuf,
    pub(super) _directory: Arc<WorkingDirectory>,
}

impl DatabaseCopy {
    fn files(&self) -> Result<Vec<String>, Failure> {
        let name = |entry: std::io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let files = std::fs::read_dir(&self.path).and_then(|entries| entries.map(name).collect());
        files.map_err(|error| local_failure(&self.path, error))
    }
}

impl Drop for DatabaseCopy {
    fn drop(&mut self) {
        // What cannot be removed goes with the folder that it is in.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A database as it is with an increment, whose entries become one canonical file.
pub(super) struct SavepointSnapshot {
    pub(super) increment: Arc<Increment>,
    pub(super) key_groups: RangeInclusive<u32>,
}

impl KeyedSnapshot for SavepointSnapshot {
    fn store(self: Box<Self>, storage: &dyn StateStorage) -> Result<KeyedStateHandle, Failure> {
        let copy = self.increment.take_copy()?;
        let mut writer = CanonicalWriter::new(storage.create(StateScope::Exclusive)?, self.key_groups.clone())?;
        scan_files(&copy.path, &[], None, &mut |key, value| writer.put(key, value))?;
        writer.finish()
    }
}

/// A database as it is with an increment, whose files are stored unless they are durable already.
pub(super) struct IncrementalSnapshot {
    pub(super) increment: Arc<Increment>,
    pub(super) checkpoint_id: u64,
    pub(super) backend_id: String,
    pub(super) key_groups: RangeInclusive<u32>,
    /// Absent when every file is stored anew and not to be referred to by others.
    pub(super) uploads: Option<Arc<Mutex<Uploads>>>,
    /// Whether files that are durable are stored again.
    pub(super) anew: bool,
}

impl KeyedSnapshot for IncrementalSnapshot {
    fn store(self: Box<Self>, storage: &dyn StateStorage) -> Result<KeyedStateHandle, Failure> {
        let (mut shared, mut private, mut new_bytes) = (BTreeMap::new(), BTreeMap::new(), 0);
        let copy = self.increment.take_copy()?;
        for name in copy.files()? {
            let path = copy.path.join(&name);
            if let Some(known) = self.known(&name) {
                shared.insert(name, known);
                continue;
            }
            let is_table = Path::new(&name).extension().is_some_and(|extension| extension == "sst");
            let (scope, files) = match (is_table, &self.uploads) {
                (true, Some(_)) => (StateScope::Shared, &mut shared),
                _ => (StateScope::Exclusive, &mut private),
            };
            let file = storage.store_file(scope, &path)?;
            new_bytes += file.bytes;
            files.insert(name, file);
        }
        if let Some(uploads) = &self.uploads {
            lock(uploads).stored(self.checkpoint_id, shared.clone());
        }
        let Self { backend_id, key_groups, .. } = *self;
        Ok(KeyedStateHandle::Incremental { backend_id, key_groups, shared, private, new_bytes })
    }
}

impl IncrementalSnapshot {
    fn known(&self, name: &str) -> Option<dataflow::checkpoint::StateFile> {
        if self.anew {
            return None;
        }
        lock(self.uploads.as_ref()?).known(name).cloned()
    }
}

/// Nothing that is done under these locks can leave what they guard half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
