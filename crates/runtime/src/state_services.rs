//! `StateServices`: what all tasks of a TaskExecutor share for state on the local disk: memory, a folder, and who reads what is restored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dataflow::{ExecutionAttemptId, StateReader};
use state::ManagedMemory;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::checkpointing::LocalStateStores;
use crate::settings::TaskExecutorSettings;
use crate::state_folder::StateFolder;

/// How often it is measured how much state is on the disk.
const MEASURE_EVERY: Duration = Duration::from_secs(5);

/// Shared by tasks; clones are the same.
#[derive(Clone)]
pub(crate) struct StateServices {
    pub(crate) memory: Arc<ManagedMemory>,
    pub(crate) reader: Arc<dyn StateReader>,
    pub(crate) folder: Arc<StateFolder>,
    /// Bytes in the folder, as they were when it was last measured.
    pub(crate) on_disk: Arc<AtomicU64>,
    /// Copies of what was stored.
    pub(crate) local: Arc<LocalStateStores>,
    /// How many folders of attempts were named.
    attempts: Arc<AtomicU64>,
}

impl StateServices {
    /// Removes what dead processes have left behind, too.
    pub(crate) fn new(settings: &TaskExecutorSettings, handle: Handle) -> Self {
        let folder = Arc::new(StateFolder::new(settings.tmp_directory.clone()));
        Self {
            memory: ManagedMemory::new(settings.managed_memory),
            reader: Arc::new(settings.storage.reader(handle)),
            local: Arc::new(LocalStateStores::new(settings.local_state.clone(), folder.clone())),
            folder,
            on_disk: Arc::default(),
            attempts: Arc::default(),
        }
    }

    /// Keeps `on_disk` current until the executor is down, or gone. A disk that hangs holds nobody else up.
    pub(crate) fn measure(&self, mut down: watch::Receiver<bool>) -> impl Future<Output = ()> + use<> {
        let (folder, on_disk) = (Arc::downgrade(&self.folder), self.on_disk.clone());
        async move {
            while tokio::time::timeout(MEASURE_EVERY, down.wait_for(|down| *down)).await.is_err() {
                let folder = folder.clone();
                let measured = tokio::task::spawn_blocking(move || folder.upgrade().map(|folder| folder.bytes())).await;
                let Ok(Some(bytes)) = measured else { return };
                on_disk.store(bytes, Ordering::Relaxed);
            }
        }
    }

    /// A name for the folder of an attempt. Every call gives another one: snapshots of an attempt may still be stored from its folder when another
    /// JobManager gives its number again.
    pub(crate) fn name_of(&self, attempt: ExecutionAttemptId) -> String {
        format!("{attempt}-{}", self.attempts.fetch_add(1, Ordering::Relaxed))
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
        assert_ne!(services.name_of(attempt(1, 0)), twin.name_of(attempt(1, 0)));
    }
}
