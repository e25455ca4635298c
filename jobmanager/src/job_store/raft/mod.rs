//! The job store of `high-availability.type: raft`: a group of JobManagers whose log and state lie in RocksDB under `high-availability.storageDir`.
//!
//! An answer comes after the commit. Each leader begins a new epoch in the log, and what it writes counts only while that epoch is in force.

mod backup;
mod command;
mod database;
mod elections;
mod formation;
mod group;
mod log_store;
mod membership;
mod node;
mod peer_service;
mod state_machine;
mod store_state;
mod transport;

use std::sync::Arc;

use async_trait::async_trait;
use dataflow::{ExecutionAttemptId, JobGraph, JobId, LeaderEpoch};
use futures::StreamExt;
use futures::stream::BoxStream;
use proto::v1::job_manager_peer_client::JobManagerPeerClient;
use tonic::transport::Channel;

use super::{GroupNode, JobStore, JobStoreError, Standing, StoredCatalog, StoredJob, StoredOperation};
use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{CheckpointPointers, Reservation};
use crate::scheduling::{DeploymentRecord, EndedJob};

pub use backup::{Backup, BackupError};
pub use command::StoreCommand;
pub use group::{Group, GroupMember};
pub use membership::MembershipError;
pub use node::{NodeSettings, RaftNode};
pub use peer_service::{PeerService, RestBackend};
pub use store_state::StoreState;

impl RaftNode {
    /// The way to another JobManager of the group.
    pub fn peer(&self, address: &str) -> Result<JobManagerPeerClient<Channel>, String> {
        self.inner.peers.client(address)
    }
}

#[async_trait]
impl GroupNode for RaftNode {
    fn standing(&self) -> Standing {
        RaftNode::standing(self)
    }

    fn changes(&self) -> BoxStream<'static, ()> {
        let changes = futures::stream::unfold(self.metrics(), |mut metrics| async move {
            // A node that is closed changes no more.
            metrics.changed().await.ok()?;
            Some(((), metrics))
        });
        changes.boxed()
    }

    async fn write(&self, command: StoreCommand) -> Result<LeaderEpoch, JobStoreError> {
        RaftNode::write(self, command).await
    }

    fn read(&self, reader: &mut dyn FnMut(&StoreState)) {
        reader(&self.inner.state.state());
    }

    fn error(&self, problem: String) -> JobStoreError {
        RaftNode::error(self, problem)
    }

    fn group(&self) -> Group {
        RaftNode::group(self)
    }
}

/// What a leader keeps in the group's log, under its epoch.
pub struct RaftJobStore {
    node: Arc<dyn GroupNode>,
    epoch: LeaderEpoch,
}

impl RaftJobStore {
    /// The store of the leader that has begun this epoch.
    pub fn new(node: Arc<dyn GroupNode>, epoch: LeaderEpoch) -> Self {
        RaftJobStore { node, epoch }
    }

    fn read<T>(&self, read: impl Fn(&StoreState) -> T) -> T {
        let mut answer = None;
        self.node.read(&mut |state| answer = Some(read(state)));
        answer.expect("a node calls the reader")
    }

    async fn write(&self, change: StoreCommand) -> Result<(), JobStoreError> {
        let command = StoreCommand::Fenced { epoch: self.epoch, change: Box::new(change) };
        match self.node.write(command).await? {
            epoch if epoch == self.epoch => Ok(()),
            LeaderEpoch(newer) => Err(self
                .node
                .error(format!("cannot be written: epoch {} is over, epoch {newer} is in force", self.epoch.0))),
        }
    }
}

#[async_trait]
impl JobStore for RaftJobStore {
    async fn put(&self, graph: &JobGraph) -> Result<(), JobStoreError> {
        self.write(StoreCommand::PutJob { graph: Box::new(graph.clone()) }).await
    }

    async fn put_checkpoints(
        &self,
        job: JobId,
        checkpoints: &CheckpointPointers,
        statistics: &StoredStatistics,
    ) -> Result<(), JobStoreError> {
        let (checkpoints, statistics) = (checkpoints.clone(), Box::new(statistics.clone()));
        self.write(StoreCommand::PutCheckpoints { job, checkpoints, statistics }).await
    }

    async fn reserve(&self, job: JobId, numbers: Reservation) -> Result<(), JobStoreError> {
        self.write(StoreCommand::Reserve { job, numbers }).await
    }

    async fn replace(&self, graph: &JobGraph) -> Result<(), JobStoreError> {
        self.write(StoreCommand::ReplaceJob { graph: Box::new(graph.clone()) }).await
    }

    async fn put_deployment(&self, job: JobId, deployment: &DeploymentRecord) -> Result<(), JobStoreError> {
        self.write(StoreCommand::PutDeployment { job, deployment: Box::new(deployment.clone()) }).await
    }

    async fn finish(&self, attempt: ExecutionAttemptId) -> Result<(), JobStoreError> {
        self.write(StoreCommand::FinishAttempt { attempt }).await
    }

    async fn cancel(&self, job: JobId) -> Result<(), JobStoreError> {
        self.write(StoreCommand::CancelJob { job }).await
    }

    async fn end(&self, job: &EndedJob) -> Result<(), JobStoreError> {
        self.write(StoreCommand::EndJob { job: Box::new(job.clone()) }).await
    }

    async fn ended(&self) -> Result<Vec<EndedJob>, JobStoreError> {
        Ok(self.read(|state| state.ended().cloned().collect()))
    }

    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError> {
        Ok(self.read(|state| state.jobs().cloned().collect()))
    }

    async fn put_operation(&self, operation: &StoredOperation) -> Result<(), JobStoreError> {
        self.write(StoreCommand::PutOperation { operation: operation.clone() }).await
    }

    async fn operations(&self) -> Result<Vec<StoredOperation>, JobStoreError> {
        Ok(self.read(|state| state.operations().cloned().collect()))
    }

    async fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, JobStoreError> {
        Ok(self.read(|state| state.catalog(name).cloned()))
    }

    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, JobStoreError> {
        let (name, document) = (name.to_owned(), document.to_owned());
        self.write(StoreCommand::PutCatalog { name: name.clone(), version, document: document.clone() }).await?;
        // What was passed over is not there.
        Ok(self.catalog(&name).await? == Some(StoredCatalog { name, version: version + 1, document }))
    }
}

#[cfg(test)]
mod tests;
