//! `LocalStateStores`: copies of the state files of the last checkpoints on this machine, so that a task that starts here again need not fetch them
//! from the storage (Flink's `TaskExecutorLocalStateStoresManager`).
//!
//! ```text
//!   stored for a checkpoint -> a link is kept -> a later one is complete, or this one is aborted, and no kept one needs it: removed
//! ```
//! A copy is found by what it has, not by whose it is: by the length, the checksum and the last part of the name of the file. A file that was stored twice is known by
//! its first name, and here perhaps by its second: then length and checksum decide, if there is no other one with them. What is not here, or damaged, is read
//! from the storage. In a folder that the process names itself copies go with the process; in one that people name, they are there for the next process of the
//! same name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataflow::checkpoint::StateFile;
use dataflow::snapshot::{StateFileWriter, StateReader, StateScope, StateStorage};
use dataflow::{ExecutionAttemptId, Failure, JobId, VertexId};

use crate::state_folder::StateFolder;

/// Copies of jobs that ended while no process was here are removed after that long.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// The copies of a TaskManager.
pub(crate) struct LocalStateStores {
    place: Place,
    kept: Mutex<HashMap<JobId, Kept>>,
    temporary: AtomicU64,
}

/// Where copies are.
enum Place {
    /// For the next process too.
    Named(PathBuf),
    /// In the folder of this process.
    OfProcess(Arc<StateFolder>),
}

/// By vertex and subtask: the names of the copies of each checkpoint.
type Kept = HashMap<(VertexId, u32), BTreeMap<u64, BTreeSet<String>>>;

/// The copies of one task.
#[derive(Clone)]
pub(crate) struct LocalState {
    stores: Arc<LocalStateStores>,
    attempt: ExecutionAttemptId,
    restored: u64,
}

impl LocalStateStores {
    /// Copies in this folder, or in that of the process.
    pub(crate) fn new(named: Option<PathBuf>, of_process: Arc<StateFolder>) -> Self {
        let place = match named {
            Some(path) => {
                remove_forgotten(&path);
                Place::Named(path)
            }
            None => Place::OfProcess(of_process),
        };
        Self { place, kept: Mutex::default(), temporary: AtomicU64::new(0) }
    }

    /// Those of a task, which starts from this checkpoint; 0: from none.
    pub(crate) fn of(self: &Arc<Self>, attempt: ExecutionAttemptId, restored: u64) -> LocalState {
        LocalState { stores: self.clone(), attempt, restored }
    }

    fn folder(&self, job: JobId) -> Result<PathBuf, Failure> {
        let root = match &self.place {
            Place::Named(path) => path.clone(),
            Place::OfProcess(folder) => folder.path()?.join("local-state"),
        };
        Ok(root.join(job.to_string()))
    }

    /// The job has ended.
    pub(crate) fn release_job(&self, job: JobId) {
        let may_have = self.lock().remove(&job).is_some() || matches!(self.place, Place::Named(_));
        if let (true, Ok(folder)) = (may_have, self.folder(job)) {
            remove(std::fs::remove_dir_all(&folder), &folder);
        }
    }

    /// Removes what no checkpoint of the job needs that is kept here.
    fn prune(&self, job: JobId) {
        let Ok(folder) = self.folder(job) else { return };
        let kept = self.lock();
        let needed: BTreeSet<&String> =
            kept.get(&job).into_iter().flat_map(HashMap::values).flat_map(BTreeMap::values).flatten().collect();
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !needed.contains(&name) && !name.starts_with(TEMPORARY) {
                remove(std::fs::remove_file(entry.path()), &entry.path());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a copy is called until it is whole.
const TEMPORARY: &str = "part-";

impl LocalState {
    /// A storage that keeps copies of what is stored for a checkpoint.
    pub(crate) fn storage<'a>(&self, checkpoint_id: u64, storage: &'a dyn StateStorage) -> LocalCopies<'a> {
        LocalCopies { local: self.clone(), checkpoint_id, storage }
    }

    /// A reader that looks here first.
    pub(crate) fn reader(&self, reader: Arc<dyn StateReader>) -> Arc<dyn StateReader> {
        Arc::new(LocalReader { local: self.clone(), reader })
    }

    /// These files belong to a checkpoint, whoever stored them.
    pub(crate) fn note<'a>(&self, checkpoint_id: u64, files: impl Iterator<Item = &'a StateFile>) {
        let names: Vec<String> = files.map(|file| self.name_here(file).unwrap_or_else(|| name_of(file))).collect();
        let mut kept = self.stores.lock();
        self.names(&mut kept, checkpoint_id).extend(names);
    }

    /// A checkpoint is complete: what belongs to earlier ones only is needed no more.
    pub(crate) fn completed(&self, checkpoint_id: u64) {
        let mut kept = self.stores.lock();
        let checkpoints = kept.entry(self.attempt.job).or_default().entry(self.task()).or_default();
        // One that nothing was stored for here is no reason to forget.
        if !checkpoints.contains_key(&checkpoint_id) {
            return;
        }
        *checkpoints = checkpoints.split_off(&checkpoint_id);
        drop(kept);
        self.stores.prune(self.attempt.job);
    }

    /// A checkpoint will never be complete.
    pub(crate) fn aborted(&self, checkpoint_id: u64) {
        let mut kept = self.stores.lock();
        if let Some(checkpoints) = kept.get_mut(&self.attempt.job).and_then(|kept| kept.get_mut(&self.task())) {
            checkpoints.remove(&checkpoint_id);
        }
    }

    fn task(&self) -> (VertexId, u32) {
        (self.attempt.vertex, self.attempt.subtask)
    }

    fn names<'a>(&self, kept: &'a mut HashMap<JobId, Kept>, checkpoint_id: u64) -> &'a mut BTreeSet<String> {
        kept.entry(self.attempt.job).or_default().entry(self.task()).or_default().entry(checkpoint_id).or_default()
    }

    /// A path for a copy that is not whole yet.
    fn temporary(&self) -> Result<PathBuf, Failure> {
        let folder = self.stores.folder(self.attempt.job)?;
        std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        let number = self.stores.temporary.fetch_add(1, Ordering::Relaxed);
        Ok(folder.join(format!("{TEMPORARY}{}-{number}", std::process::id())))
    }

    /// Keeps a copy that is whole under its name.
    fn keep(&self, checkpoint_id: u64, file: &StateFile, temporary: &Path) -> io::Result<()> {
        let name = name_of(file);
        // Before it is there, lest it be removed as not needed.
        self.names(&mut self.stores.lock(), checkpoint_id).insert(name.clone());
        std::fs::rename(temporary, temporary.with_file_name(name))
    }

    /// The same file here, if there is one.
    fn find(&self, file: &StateFile) -> Option<StateFile> {
        let path = self.stores.folder(self.attempt.job).ok()?.join(self.name_here(file)?);
        let found = path.metadata().is_ok_and(|metadata| metadata.len() == file.bytes);
        let location = found.then(|| path.to_str().map(str::to_owned))??;
        Some(StateFile { location, ..file.clone() })
    }

    /// What the copy of a file is called.
    fn name_here(&self, file: &StateFile) -> Option<String> {
        let folder = self.stores.folder(self.attempt.job).ok()?;
        let name = name_of(file);
        if folder.join(&name).exists() {
            return Some(name);
        }
        let content = content_of(file);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut alike = names.filter(|name| name.starts_with(&content));
        alike.next().filter(|_| alike.next().is_none())
    }

    /// This copy was read, which the task goes on from.
    fn used(&self, copy: &StateFile) {
        let name = last_part(&copy.location).to_owned();
        self.names(&mut self.stores.lock(), self.restored).insert(name);
    }
}

fn name_of(file: &StateFile) -> String {
    format!("{}{}", content_of(file), last_part(&file.location))
}

/// How the names of all copies with this content begin.
fn content_of(file: &StateFile) -> String {
    format!("{:08x}-{}-", file.checksum, file.bytes)
}

fn last_part(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or_default()
}

fn unusable(folder: &Path, error: &io::Error) -> Failure {
    Failure::external(format!("'{}' cannot be used for local copies of state", folder.display())).caused_by(error)
}

/// Copies are a help and no more: a checkpoint does not fail for one.
fn warn(what: &str, problem: &dyn std::fmt::Display) {
    tracing::warn!("{what} is not kept on this machine: {problem}");
}

fn remove(removed: io::Result<()>, path: &Path) {
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("'{}', a local copy of state, cannot be removed: {error}", path.display());
    }
}

/// Removes the copies of jobs of which none was made or used for long.
fn remove_forgotten(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > FORGOTTEN_AFTER)) {
            remove(std::fs::remove_dir_all(entry.path()), &entry.path());
        }
    }
}

/// Stores, and keeps copies.
pub(crate) struct LocalCopies<'a> {
    local: LocalState,
    checkpoint_id: u64,
    storage: &'a dyn StateStorage,
}

impl StateStorage for LocalCopies<'_> {
    fn store_file(&self, scope: StateScope, file: &Path) -> Result<StateFile, Failure> {
        let stored = self.storage.store_file(scope, file)?;
        let kept = self.local.temporary().and_then(|temporary| {
            // Files of a database never change once they are written, so that a link is as good as a copy.
            std::fs::hard_link(file, &temporary)
                .or_else(|_| std::fs::copy(file, &temporary).map(drop))
                .and_then(|()| self.local.keep(self.checkpoint_id, &stored, &temporary))
                .map_err(|error| unusable(&temporary, &error))
        });
        kept.unwrap_or_else(|failure| warn(&stored.location, &failure.one_line()));
        Ok(stored)
    }

    fn create(&self, scope: StateScope) -> Result<Box<dyn StateFileWriter>, Failure> {
        let stored = self.storage.create(scope)?;
        let opened = self.local.temporary().and_then(|path| {
            let file = File::create_new(&path).map_err(|error| unusable(&path, &error))?;
            Ok(LocalCopy { path, file: BufWriter::new(file) })
        });
        let copy = opened.inspect_err(|failure| warn("a file", &failure.one_line())).ok();
        Ok(Box::new(CopiedFile { stored, copy, local: self.local.clone(), checkpoint_id: self.checkpoint_id }))
    }

    fn discard(&self, file: &StateFile) {
        self.storage.discard(file);
    }
}

/// A copy that is being written.
struct LocalCopy {
    path: PathBuf,
    file: BufWriter<File>,
}

/// A file that is being stored, and its copy as long as that goes well.
struct CopiedFile {
    stored: Box<dyn StateFileWriter>,
    copy: Option<LocalCopy>,
    local: LocalState,
    checkpoint_id: u64,
}

impl CopiedFile {
    fn give_up(&mut self, problem: &dyn std::fmt::Display) {
        if let Some(LocalCopy { path, .. }) = self.copy.take() {
            warn("a file", problem);
            remove(std::fs::remove_file(&path), &path);
        }
    }
}

impl Write for CopiedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stored.write(bytes)?;
        let copied = self.copy.as_mut().map_or(Ok(()), |copy| copy.file.write_all(&bytes[..written]));
        copied.unwrap_or_else(|error| self.give_up(&error));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stored.flush()
    }
}

impl StateFileWriter for CopiedFile {
    fn finish(mut self: Box<Self>) -> Result<StateFile, Failure> {
        let copied = self.copy.as_mut().map_or(Ok(()), |copy| copy.file.flush());
        copied.unwrap_or_else(|error| self.give_up(&error));
        let Self { stored, copy, local, checkpoint_id } = *self;
        let stored = stored.finish()?;
        if let Some(LocalCopy { path, .. }) = copy {
            let kept = local.keep(checkpoint_id, &stored, &path);
            kept.unwrap_or_else(|error| warn(&stored.location, &error));
        }
        Ok(stored)
    }
}

/// Reads copies, and what there is no copy of from the storage.
struct LocalReader {
    local: LocalState,
    reader: Arc<dyn StateReader>,
}

impl StateReader for LocalReader {
    fn fetch(&self, file: &StateFile, to: &Path) -> Result<(), Failure> {
        if let Some(copy) = self.local.find(file) {
            match self.reader.fetch(&copy, to) {
                Ok(()) => {
                    self.local.used(&copy);
                    return Ok(());
                }
                Err(failure) => {
                    tracing::warn!("a local copy of state is read from the storage instead: {}", failure.one_line());
                }
            }
        }
        self.reader.fetch(file, to)
    }

    fn read(&self, file: &StateFile, offset: u64, length: u64) -> Result<Box<dyn Read + Send>, Failure> {
        if let Some(copy) = self.local.find(file)
            && let Ok(read) = self.reader.read(&copy, offset, length)
        {
            self.local.used(&copy);
            return Ok(read);
        }
        self.reader.read(file, offset, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MemoryStorage, attempt};

    struct Bench {
        root: tempfile::TempDir,
        stores: Arc<LocalStateStores>,
        local: LocalState,
        storage: MemoryStorage,
    }

    fn bench() -> Bench {
        let root = tempfile::tempdir().unwrap();
        let of_process = Arc::new(StateFolder::new(root.path().join("process")));
        let stores = Arc::new(LocalStateStores::new(Some(root.path().join("named")), of_process));
        let local = stores.of(attempt(1, 0), 0);
        Bench { root, stores, local, storage: MemoryStorage::default() }
    }

    impl Bench {
        fn write(&self, checkpoint_id: u64, bytes: &[u8]) -> StateFile {
            let storage = self.local.storage(checkpoint_id, &self.storage);
            let mut file = storage.create(StateScope::Exclusive).unwrap();
            file.write_all(bytes).unwrap();
            file.finish().unwrap()
        }

        fn copies(&self) -> usize {
            let folder = self.root.path().join("named").join(attempt(1, 0).job.to_string());
            std::fs::read_dir(folder).map_or(0, Iterator::count)
        }
    }

    #[test]
    fn copies_stay_as_long_as_a_kept_checkpoint_needs_them() {
        let bench = bench();
        let first = bench.write(1, b"first");
        bench.local.completed(1);
        assert_eq!(bench.copies(), 1);
        bench.write(2, b"second");
        bench.local.note(2, [&first].into_iter());
        bench.write(3, b"third");
        bench.local.aborted(3);
        bench.local.completed(2);
        assert_eq!(bench.copies(), 2, "the second refers to the first file");
        bench.write(4, b"fourth");
        bench.local.completed(4);
        assert_eq!(bench.copies(), 1);
        assert!(bench.local.find(&first).is_none());
        bench.stores.release_job(attempt(1, 0).job);
        assert_eq!(bench.copies(), 0);
    }

    #[test]
    fn a_file_that_was_stored_twice_is_found_by_what_it_has() {
        let bench = bench();
        let second = bench.write(1, b"state");
        let first = StateFile { location: "/checkpoints/shared/first".into(), ..second.clone() };
        let found = bench.local.find(&first).expect("its second copy");
        assert!(found.location.ends_with(&name_of(&second)), "{found:?}");
        bench.local.completed(1);
        bench.local.note(2, [&first].into_iter());
        bench.local.completed(2);
        assert_eq!(bench.copies(), 1, "it is needed under whichever name");
        bench.write(3, b"state");
        assert!(bench.local.find(&first).is_none(), "which of two it is cannot be said");
        assert!(bench.local.find(&second).is_some());
    }

    #[test]
    fn a_task_that_starts_again_keeps_what_it_has_read() {
        let bench = bench();
        let file = bench.write(1, b"state");
        // As after a new start of the process.
        bench.stores.lock().clear();
        let local = bench.stores.of(attempt(1, 0), 1);
        let reader = local.reader(Arc::new(bench.storage.clone()));
        let copy = local.find(&file).expect("it is kept");
        let mut text = String::new();
        reader.read(&file, 0, file.bytes).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "state", "the storage of this test knows no paths, so it was read from there");
        local.used(&copy);
        bench.stores.prune(attempt(1, 0).job);
        assert_eq!(bench.copies(), 1);
    }
}
