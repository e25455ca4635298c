//! The job store of `high-availability.type: NONE`: jobs end with the JobManager.

use async_trait::async_trait;
use common::clock::Clock;
use dataflow::{JobGraph, JobId, LeaderEpoch};

use super::{JobStore, JobStoreError, StoredJob};
use crate::checkpointing::{CheckpointPointers, Reservation};

/// Keeps nothing.
#[derive(Debug)]
pub struct MemoryJobStore {
    epoch: LeaderEpoch,
}

impl MemoryJobStore {
    /// A store whose epoch is the time of its making, in ms: another than that of any JobManager before.
    pub fn new(clock: &Clock) -> Self {
        MemoryJobStore { epoch: LeaderEpoch(clock.now_millis().unsigned_abs()) }
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
}
