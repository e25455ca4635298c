//! What a task gives its operators for their state: key groups, a place on the local disk, memory.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use common::config::{Configuration, Origin, options};
use dataflow::job_graph::JobVertex;
use dataflow::key_group::key_group_range;
use dataflow::{ExecutionAttemptId, Failure, OperatorId, StateReader};
use state::{KeyedStateContext, ManagedMemory, StateBackend, Suffixes};

use super::OperatorContext;
use crate::state_folder::StateFolder;
use crate::state_services::StateServices;

/// The part of an [`OperatorContext`] that is about state.
pub(crate) struct StateEnvironment {
    pub(crate) max_parallelism: u32,
    pub(crate) key_groups: RangeInclusive<u32>,
    /// Reads the files of what is restored.
    pub(crate) reader: Option<Arc<dyn StateReader>>,
    /// The folder for state on the local disk; absent where no operator may need it.
    pub(crate) folder: Option<Arc<StateFolder>>,
    /// The name in it that is this attempt's alone.
    pub(crate) attempt: String,
    /// One for all tasks of the process.
    pub(crate) memory: Arc<ManagedMemory>,
}

impl StateEnvironment {
    /// Of an attempt.
    pub(crate) fn new(vertex: &JobVertex, attempt: ExecutionAttemptId, services: &StateServices) -> Self {
        let JobVertex { max_parallelism, parallelism, .. } = *vertex;
        Self {
            max_parallelism,
            key_groups: key_group_range(attempt.subtask, max_parallelism, parallelism),
            reader: Some(services.reader.clone()),
            folder: Some(services.folder.clone()),
            attempt: services.name_of(attempt),
            memory: services.memory.clone(),
        }
    }
}

impl Default for StateEnvironment {
    fn default() -> Self {
        Self {
            max_parallelism: 128,
            key_groups: 0..=127,
            reader: None,
            folder: None,
            attempt: String::new(),
            memory: ManagedMemory::new(None),
        }
    }
}

impl OperatorContext {
    /// What an operator opens its keyed state with.
    pub(crate) fn keyed_state(&self, operator: OperatorId) -> Result<KeyedStateContext, Failure> {
        let config = Configuration::from_map(self.config.clone(), Origin::Program);
        let wrong = |error: &dyn std::fmt::Display| Failure::user(error.to_string()).fatal();
        let backend = config.get(&options::STATE_BACKEND_TYPE).map_err(|error| wrong(&error))?;
        let backend: StateBackend = backend.parse().map_err(|error: String| wrong(&error))?;
        let directory = match (&self.state.folder, backend) {
            (Some(folder), StateBackend::RocksDb) => {
                folder.path()?.join(&self.state.attempt).join(operator.to_string())
            }
            _ => PathBuf::new(),
        };
        Ok(KeyedStateContext {
            backend,
            incremental: config.get(&options::CHECKPOINTING_INCREMENTAL).map_err(|error| wrong(&error))?,
            max_parallelism: self.state.max_parallelism,
            key_groups: self.state.key_groups.clone(),
            directory,
            memory: self.state.memory.clone(),
            restored: self.restored(operator).keyed,
            reader: self.state.reader.clone(),
            ttl: None,
            suffixes: Suffixes::None,
        })
    }
}
