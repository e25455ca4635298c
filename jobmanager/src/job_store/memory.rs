//! The job store of `high-availability.type: NONE`: jobs and catalogs end with the JobManager.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use common::clock::Clock;
use dataflow::{JobGraph, JobId, LeaderEpoch};

use super::{JobStore, JobStoreError, StoredCatalog, StoredJob};
use crate::checkpointing::{CheckpointPointers, Reservation};

/// Keeps no jobs, and catalogs until the process ends.
#[derive(Debug)]
pub struct MemoryJobStore {
    epoch: LeaderEpoch,
    catalogs: Mutex<BTreeMap<String, StoredCatalog>>,
}

impl MemoryJobStore {
    /// A store whose epoch is the time of its making, in ms: another than that of any JobManager before.
    pub fn new(clock: &Clock) -> Self {
        MemoryJobStore { epoch: LeaderEpoch(clock.now_millis().unsigned_abs()), catalogs: Mutex::default() }
    }

    fn catalogs(&self) -> MutexGuard<'_, BTreeMap<String, StoredCatalog>> {
        self.catalogs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobStore for MemoryJobStore {
    fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    async fn put(&self, _graph: &JobGraph) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn put_checkpoints(&self, _job: JobId, _checkpoints: &CheckpointPointers) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn reserve(&self, _job: JobId, _numbers: Reservation) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn remove(&self, _job: JobId) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, JobStoreError> {
        Ok(self.catalogs().get(name).cloned())
    }

    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, JobStoreError> {
        let mut catalogs = self.catalogs();
        if catalogs.get(name).map_or(0, |kept| kept.version) != version {
            return Ok(false);
        }
        let kept = StoredCatalog { name: name.to_owned(), version: version + 1, document: document.to_owned() };
        catalogs.insert(name.to_owned(), kept);
        Ok(true)
    }
}
