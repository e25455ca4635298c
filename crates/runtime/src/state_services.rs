//! `StateServices`: what all tasks of a TaskExecutor share for state on the local disk: memory, a folder, and who reads what is restored.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dataflow::{ExecutionAttemptId, StateReader};
use state::ManagedMemory;
use tokio::runtime::Handle;

use crate::settings::TaskExecutorSettings;

/// The folders of TaskExecutors have this name, the process id and a number.
const FOLDER: &str = "flinkrs-state-";

/// Shared by tasks; clones are the same.
#[derive(Clone)]
pub(crate) struct StateServices {
    pub(crate) memory: Arc<ManagedMemory>,
    pub(crate) reader: Arc<dyn StateReader>,
    directory: PathBuf,
    /// How many folders of attempts were named.
    attempts: Arc<AtomicU64>,
}

impl StateServices {
    /// Removes what dead processes have left behind, too.
    pub(crate) fn new(settings: &TaskExecutorSettings, handle: Handle) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        remove_leftovers(&settings.tmp_directory);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            memory: ManagedMemory::new(settings.managed_memory),
            reader: Arc::new(settings.storage.reader(handle)),
            directory: settings.tmp_directory.join(format!("{FOLDER}{}-{number}", std::process::id())),
            attempts: Arc::default(),
        }
    }

    /// A folder for an attempt: not there until state makes it, and gone with it. Every call names another one: snapshots of an attempt may still be
    /// stored from its folder when another JobManager gives its number again.
    pub(crate) fn directory_of(&self, attempt: ExecutionAttemptId) -> PathBuf {
        self.directory.join(format!("{attempt}-{}", self.attempts.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Best effort: what cannot be removed is somebody else's.
fn remove_leftovers(tmp: &Path) {
    for entry in std::fs::read_dir(tmp).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER)).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists())
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!("'{}' was left behind by a process and cannot be removed: {error}", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::attempt;

    #[test]
    fn an_attempt_that_comes_again_has_another_folder() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let settings = TaskExecutorSettings::new("tm", &common::config::Configuration::default()).unwrap();
        let services = StateServices::new(&settings, runtime.handle().clone());
        let twin = services.clone();
        assert_ne!(services.directory_of(attempt(1, 0)), twin.directory_of(attempt(1, 0)));
    }

    #[test]
    fn folders_of_dead_processes_are_removed() {
        let tmp = tempfile::tempdir().unwrap();
        let folder = |name: String| {
            let path = tmp.path().join(name);
            std::fs::create_dir_all(path.join("db")).unwrap();
            path
        };
        let dead = folder(format!("{FOLDER}{}-0", u32::MAX));
        let alive = folder(format!("{FOLDER}{}-7", std::process::id()));
        let other = folder("something".to_owned());
        remove_leftovers(tmp.path());
        assert!(!dead.exists() && alive.exists() && other.exists());
    }
}
