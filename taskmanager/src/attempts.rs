//! `Attempts`: what this TaskManager has taken on and not yet told the end of.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::deployment::TaskDeploymentDescriptor;
use dataflow::{ExecutionAttemptId, LeaderEpoch};

/// An attempt, and who wants to hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Under which epoch it was submitted.
    pub(crate) epoch: LeaderEpoch,
    /// The job's name.
    pub(crate) job_name: String,
    /// The vertex's name.
    pub(crate) vertex_name: String,
}

/// Attempts from their submission until the JobManager has heard of their end; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    attempts: Arc<Mutex<HashMap<ExecutionAttemptId, Attempt>>>,
}

impl Attempts {
    /// Takes one on; false when it is here already.
    pub(crate) fn add(&self, descriptor: &TaskDeploymentDescriptor) -> bool {
        let attempt = Attempt {
            epoch: descriptor.epoch,
            job_name: descriptor.job_name.clone(),
            vertex_name: descriptor.vertex.name.clone(),
        };
        match self.lock().entry(descriptor.attempt) {
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(attempt);
                true
            }
        }
    }

    /// Its end was told, or nobody wants to hear of it. One of the same name under another epoch stays.
    pub(crate) fn remove(&self, attempt: ExecutionAttemptId, epoch: LeaderEpoch) {
        let mut attempts = self.lock();
        if attempts.get(&attempt).is_some_and(|known| known.epoch == epoch) {
            attempts.remove(&attempt);
        }
    }

    /// One that is here.
    pub(crate) fn get(&self, attempt: ExecutionAttemptId) -> Option<Attempt> {
        self.lock().get(&attempt).cloned()
    }

    /// All ids.
    pub(crate) fn ids(&self) -> Vec<ExecutionAttemptId> {
        self.lock().keys().copied().collect()
    }

    /// Those of other epochs than this one, with theirs.
    pub(crate) fn of_other_epochs(&self, epoch: LeaderEpoch) -> HashMap<ExecutionAttemptId, LeaderEpoch> {
        self.lock().iter().filter(|(_, attempt)| attempt.epoch != epoch).map(|(id, a)| (*id, a.epoch)).collect()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExecutionAttemptId, Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
