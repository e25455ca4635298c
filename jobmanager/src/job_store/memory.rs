//! The job store of `high-availability.type: NONE`: jobs and catalogs end with the JobManager.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dataflow::{ExecutionAttemptId, JobGraph, JobId};

use super::{JobStore, JobStoreError, StoredCatalog, StoredJob, StoredOperation};
use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{CheckpointPointers, Reservation};
use crate::scheduling::{DeploymentRecord, EndedJob};

/// Keeps no jobs, and catalogs until the process ends.
#[derive(Debug, Default)]
pub struct MemoryJobStore {
    catalogs: Mutex<BTreeMap<String, StoredCatalog>>,
}

impl MemoryJobStore {
    fn catalogs(&self) -> MutexGuard<'_, BTreeMap<String, StoredCatalog>> {
        self.catalogs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobStore for MemoryJobStore {
    async fn put(&self, _graph: &JobGraph) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn put_checkpoints(
        &self,
        _job: JobId,
        _checkpoints: &CheckpointPointers,
        _statistics: &StoredStatistics,
    ) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn reserve(&self, _job: JobId, _numbers: Reservation) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn replace(&self, _graph: &JobGraph) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn put_deployment(&self, _job: JobId, _deployment: &DeploymentRecord) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn finish(&self, _attempt: ExecutionAttemptId) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn cancel(&self, _job: JobId) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn end(&self, _job: &EndedJob) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn ended(&self) -> Result<Vec<EndedJob>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError> {
        Ok(Vec::new())
    }

    async fn put_operation(&self, _operation: &StoredOperation) -> Result<(), JobStoreError> {
        Ok(())
    }

    async fn operations(&self) -> Result<Vec<StoredOperation>, JobStoreError> {
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
