//! `StateFolder`: the folder of one TaskExecutor for state on the local disk, and how others know that it is in use.
//!
//! ```text
//!   making-NAME: made -> its file `lock` made and locked -> renamed to flinkrs-keyed-state-NAME -> used -> removed
//! ```
//! A folder of this name whose lock is free belongs to nobody: its process is dead, and with it went the lock. Process ids would not do: they come
//! again, and those of other containers mean nothing here.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use dataflow::Failure;

const PREFIX: &str = "flinkrs-keyed-state-";
const LOCK: &str = "lock";

/// A folder that is made when it is first asked for, and removed with this unless something in it is still needed.
pub(crate) struct StateFolder {
    /// `io.tmp.dirs`
    tmp: PathBuf,
    made: Mutex<Option<Made>>,
}

struct Made {
    path: PathBuf,
    /// Locked for as long as it is open.
    lock: File,
}

impl StateFolder {
    /// One in this folder; removes what dead processes have left behind there.
    pub(crate) fn new(tmp: PathBuf) -> Self {
        remove_leftovers(&tmp);
        Self { tmp, made: Mutex::default() }
    }

    /// The folder.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some(made) => Ok(made.path.clone()),
            None => {
                let new = make(&self.tmp).map_err(|error| {
                    let tmp = self.tmp.display();
                    let message =
                        format!("'{tmp}' cannot be used for state; set io.tmp.dirs to a folder on a local disk");
                    Failure::external(message).caused_by(error)
                })?;
                Ok(made.insert(new).path.clone())
            }
        }
    }
}

impl StateFolder {
    /// Bytes of all files in it. A file that several names lead to, as those of a snapshot do, counts once. Reads the disk.
    pub(crate) fn bytes(&self) -> u64 {
        let path = self.made.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|made| made.path.clone());
        let (mut folders, mut seen, mut bytes) = (Vec::from_iter(path), HashSet::new(), 0);
        while let Some(folder) = folders.pop() {
            // What goes away meanwhile does not count.
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.metadata() {
                    Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                    Ok(metadata) if seen.insert((metadata.dev(), metadata.ino())) => bytes += metadata.len(),
                    _ => {}
                }
            }
        }
        bytes
    }
}

impl Drop for StateFolder {
    fn drop(&mut self) {
        let Some(Made { path, lock }) = self.made.get_mut().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let is_empty = std::fs::read_dir(&path).is_ok_and(|entries| entries.count() == 1);
        if is_empty && std::fs::remove_dir_all(&path).is_ok() {
            return;
        }
        // A snapshot is still stored from it: it stays locked until the process ends.
        std::mem::forget(lock);
    }
}

fn make(tmp: &Path) -> io::Result<Made> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let name = format!("{time:x}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let making = tmp.join(format!("making-{PREFIX}{name}"));
    std::fs::create_dir_all(&making)?;
    let lock = File::create_new(making.join(LOCK))?;
    lock.try_lock()?;
    let path = tmp.join(format!("{PREFIX}{name}"));
    std::fs::rename(&making, &path)?;
    Ok(Made { path, lock })
}

/// Best effort: what cannot be removed is somebody else's.
fn remove_leftovers(tmp: &Path) {
    for entry in std::fs::read_dir(tmp).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && let Err(error) = remove_if_free(&path)
        {
            tracing::warn!("'{}' was left behind by a process and cannot be removed: {error}", path.display());
        }
    }
}

fn remove_if_free(path: &Path) -> io::Result<()> {
    let lock = match File::open(path.join(LOCK)) {
        Ok(lock) => Some(lock),
        // Somebody was removing it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    match lock.as_ref().map(File::try_lock) {
        Some(Err(TryLockError::WouldBlock)) => Ok(()),
        Some(Err(TryLockError::Error(error))) => Err(error),
        // The lock is held while it is removed.
        Some(Ok(())) | None => match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_behind_is_removed_and_nothing_else() {
        let tmp = tempfile::tempdir().unwrap();
        let living = StateFolder::new(tmp.path().to_owned());
        assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 0, "it is made when it is needed");
        let path = living.path().unwrap();
        std::fs::create_dir_all(path.join("attempt/db")).unwrap();
        assert_eq!(living.path().unwrap(), path);
        let dead = tmp.path().join(format!("{PREFIX}dead"));
        std::fs::create_dir_all(dead.join("attempt/db")).unwrap();
        File::create(dead.join(LOCK)).unwrap();
        let half = tmp.path().join(format!("{PREFIX}half-removed"));
        std::fs::create_dir_all(half.join("attempt")).unwrap();
        let others =
            ["something", "making-flinkrs-keyed-state-new", "flinkrs-state-1-0"].map(|name| tmp.path().join(name));
        others.iter().for_each(|path| std::fs::create_dir_all(path).unwrap());
        let second = StateFolder::new(tmp.path().to_owned());
        assert!(!dead.exists() && !half.exists());
        assert!(path.join("attempt/db").exists() && others.iter().all(|path| path.exists()));
        let empty = second.path().unwrap();
        assert_ne!(empty, path);
        drop(second);
        assert!(!empty.exists());
        drop(living);
        StateFolder::new(tmp.path().to_owned());
        assert!(path.exists(), "something in it may still be needed: it is locked until the process ends");
    }

    #[test]
    fn files_of_snapshots_count_once() {
        let tmp = tempfile::tempdir().unwrap();
        let folder = StateFolder::new(tmp.path().to_owned());
        assert_eq!(folder.bytes(), 0);
        let attempt = folder.path().unwrap().join("attempt");
        std::fs::create_dir_all(attempt.join("db")).unwrap();
        std::fs::create_dir_all(attempt.join("snapshot")).unwrap();
        std::fs::write(attempt.join("db/1.sst"), [0; 1000]).unwrap();
        std::fs::write(attempt.join("db/2.sst"), [0; 10]).unwrap();
        std::fs::hard_link(attempt.join("db/1.sst"), attempt.join("snapshot/1.sst")).unwrap();
        assert_eq!(folder.bytes(), 1010);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let tmp = tempfile::tempdir().unwrap();
        let file = tmp.path().join("file");
        File::create(&file).unwrap();
        let failure = StateFolder::new(file).path().unwrap_err();
        assert!(
            failure.message.ends_with("/file' cannot be used for state; set io.tmp.dirs to a folder on a local disk")
        );
    }
}
