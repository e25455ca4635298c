//! What a task gives its operators for their state: key groups, a place on the local disk, memory.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use common::config::{Configuration, Origin, options};
use dataflow::job_graph::JobVertex;
use dataflow::key_group::key_group_range;
use dataflow::{ExecutionAttemptId, Failure, OperatorId, StateReader};
use state::{KeyedStateContext, ManagedMemory};

use super::OperatorContext;
use crate::state_services::StateServices;

/// The part of an [`OperatorContext`] that is about state.
pub(crate) struct StateEnvironment {
    pub(crate) max_parallelism: u32,
    pub(crate) key_groups: RangeInclusive<u32>,
    /// Reads the files of what is restored.
    pub(crate) reader: Option<Arc<dyn StateReader>>,
    /// A folder of this attempt alone on a local disk, which need not be there.
    pub(crate) directory: PathBuf,
    /// One for all tasks of the process.
    pub(crate) memory: Arc<ManagedMemory>,
    /// Of the TaskManager.
    pub(crate) config: Arc<Configuration>,
}

impl StateEnvironment {
    /// Of an attempt.
    pub(crate) fn new(vertex: &JobVertex, attempt: ExecutionAttemptId, services: &StateServices) -> Self {
        let JobVertex { max_parallelism, parallelism, .. } = *vertex;
        Self {
            max_parallelism,
            key_groups: key_group_range(attempt.subtask, max_parallelism, parallelism),
            reader: Some(services.reader.clone()),
            directory: services.directory_of(attempt),
            memory: services.memory.clone(),
            config: services.config.clone(),
        }
    }

    /// What the job says, and what the TaskManager's configuration says where the job does not.
    fn config_for(&self, job: &BTreeMap<String, String>) -> Configuration {
        let mut config = Configuration::clone(&self.config);
        config.overlay(&Configuration::from_map(job.clone(), Origin::Job));
        config
    }
}

impl Default for StateEnvironment {
    fn default() -> Self {
        Self {
            max_parallelism: 128,
            key_groups: 0..=127,
            reader: None,
            directory: PathBuf::new(),
            memory: ManagedMemory::new(None),
            config: Arc::default(),
        }
    }
}

impl OperatorContext {
    /// What an operator opens its keyed state with.
    pub(crate) fn keyed_state(&self, operator: OperatorId) -> Result<KeyedStateContext, Failure> {
        let config = self.state.config_for(&self.config);
        let wrong = |error: &dyn std::fmt::Display| Failure::user(error.to_string()).fatal();
        let backend = config.get(&options::STATE_BACKEND_TYPE).map_err(|error| wrong(&error))?;
        Ok(KeyedStateContext {
            backend: backend.parse().map_err(|error: String| wrong(&error))?,
            incremental: config.get(&options::CHECKPOINTING_INCREMENTAL).map_err(|error| wrong(&error))?,
            max_parallelism: self.state.max_parallelism,
            key_groups: self.state.key_groups.clone(),
            directory: self.state.directory.join(operator.to_string()),
            memory: self.state.memory.clone(),
            restored: self.restored(operator).keyed,
            reader: self.state.reader.clone(),
            ttl: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_precedes_the_taskmanager() {
        let entry = |backend: &str| BTreeMap::from([("state.backend.type".to_owned(), backend.to_owned())]);
        let backend = |of_task_manager: BTreeMap<String, String>, of_job: BTreeMap<String, String>| {
            let config = Arc::new(Configuration::from_map(of_task_manager, Origin::Job));
            let environment = StateEnvironment { config, ..Default::default() };
            environment.config_for(&of_job).get(&options::STATE_BACKEND_TYPE).unwrap()
        };
        assert_eq!(backend(entry("rocksdb"), BTreeMap::new()), "rocksdb");
        assert_eq!(backend(entry("rocksdb"), entry("hashmap")), "hashmap");
        assert_eq!(backend(BTreeMap::new(), entry("rocksdb")), "rocksdb");
    }
}
