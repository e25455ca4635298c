//! `StateServices`: what all tasks of a TaskExecutor share for state on the local disk: memory, a folder, and who reads what is restored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dataflow::{ExecutionAttemptId, StateReader};
use state::ManagedMemory;
use tokio::runtime::Handle;

use crate::checkpointing::LocalStateStores;
use crate::settings::TaskExecutorSettings;
use crate::state_folder::StateFolder;

/// Shared by tasks; clones are the same.
#[derive(Clone)]
pub(crate) struct StateServices {
    pub(crate) memory: Arc<ManagedMemory>,
    pub(crate) reader: Arc<dyn StateReader>,
    pub(crate) folder: Arc<StateFolder>,
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
            attempts: Arc::default(),
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
