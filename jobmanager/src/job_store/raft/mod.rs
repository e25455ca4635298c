//! The job store of `high-availability.type: raft`: a Raft group whose log and state lie in RocksDB under `high-availability.storageDir`.
//!
//! This version forms groups of one. An answer comes after the commit. Each process that comes to lead begins a new epoch in the log.

mod command;
mod database;
mod log_store;
mod network;
mod state_machine;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dataflow::{JobGraph, JobId, LeaderEpoch};
use openraft::{BasicNode, Config, Raft, SnapshotPolicy};

use super::{JobStore, JobStoreError, StoredCatalog, StoredJob};
use crate::checkpointing::{CheckpointPointers, Reservation};
use command::{NodeId, StoreCommand, StoreTypes};
use database::Database;
use log_store::LogStore;
use network::GroupOfOne;
use state_machine::StateMachine;

const THIS_NODE: NodeId = 1;
/// A group of one elects itself as soon as it is asked to.
const ELECTION_LIMIT: Duration = Duration::from_secs(10);

/// A Raft node with the jobs as its state machine.
pub struct RaftJobStore {
    dir: PathBuf,
    raft: Raft<StoreTypes>,
    state: StateMachine,
    epoch: LeaderEpoch,
}

impl RaftJobStore {
    /// Opens the node in `dir` and waits until it leads.
    pub async fn open(dir: PathBuf) -> Result<Self, JobStoreError> {
        let failed =
            |problem: String| JobStoreError { place: place(&dir), problem: format!("cannot be opened: {problem}") };
        std::fs::create_dir_all(&dir).map_err(|error| failed(error.to_string()))?;
        let database = Database::open(&dir).map_err(|error| failed(error.to_string()))?;
        let state = StateMachine::new(database.clone());
        let (raft, epoch) = lead(LogStore::new(database), state.clone()).await.map_err(failed)?;
        Ok(Self { dir, raft, state, epoch })
    }

    async fn write(&self, command: StoreCommand) -> Result<(), JobStoreError> {
        let written = self.raft.client_write(command).await;
        written
            .map(drop)
            .map_err(|error| JobStoreError { place: place(&self.dir), problem: format!("cannot be written: {error}") })
    }
}

/// Starts the node; returns when it leads and has applied all that was committed before.
async fn lead(log: LogStore, state: StateMachine) -> Result<(Raft<StoreTypes>, LeaderEpoch), String> {
    // There is nobody to keep from standing for election, so the ticks may be slow.
    let config = Config {
        cluster_name: "flinkrs".to_owned(),
        heartbeat_interval: 1_000,
        election_timeout_min: 3_000,
        election_timeout_max: 6_000,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(1_000),
        ..Config::default()
    };
    let raft = Raft::new(THIS_NODE, Arc::new(config), GroupOfOne, log, state).await.map_err(text)?;
    if !raft.is_initialized().await.map_err(text)? {
        raft.initialize(BTreeMap::from([(THIS_NODE, BasicNode::default())])).await.map_err(text)?;
    }
    raft.wait(Some(ELECTION_LIMIT)).current_leader(THIS_NODE, "the only node leads").await.map_err(text)?;
    // A node that led when it stopped takes its term up again, so the term does not tell this process from the one before. The log does.
    let begun = raft.client_write(StoreCommand::BeginEpoch).await.map_err(text)?;
    Ok((raft, begun.data))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn place(dir: &std::path::Path) -> String {
    format!("in '{}' (high-availability.storageDir)", dir.display())
}

#[async_trait]
impl JobStore for RaftJobStore {
    fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    async fn put(&self, graph: &JobGraph) -> Result<(), JobStoreError> {
        self.write(StoreCommand::PutJob { graph: Box::new(graph.clone()) }).await
    }

    async fn put_checkpoints(&self, job: JobId, checkpoints: &CheckpointPointers) -> Result<(), JobStoreError> {
        self.write(StoreCommand::PutCheckpoints { job, checkpoints: checkpoints.clone() }).await
    }

    async fn reserve(&self, job: JobId, numbers: Reservation) -> Result<(), JobStoreError> {
        self.write(StoreCommand::Reserve { job, numbers }).await
    }

    async fn remove(&self, job: JobId) -> Result<(), JobStoreError> {
        self.write(StoreCommand::RemoveJob { job }).await
    }

    async fn recover(&self) -> Result<Vec<StoredJob>, JobStoreError> {
        self.state
            .jobs()
            .map_err(|error| JobStoreError { place: place(&self.dir), problem: format!("cannot be read: {error}") })
    }

    async fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, JobStoreError> {
        self.state
            .catalog(name)
            .map_err(|error| JobStoreError { place: place(&self.dir), problem: format!("cannot be read: {error}") })
    }

    async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, JobStoreError> {
        let (name, document) = (name.to_owned(), document.to_owned());
        self.write(StoreCommand::PutCatalog { name: name.clone(), version, document: document.clone() }).await?;
        // What was passed over is not there.
        Ok(self.catalog(&name).await? == Some(StoredCatalog { name, version: version + 1, document }))
    }

    async fn close(&self) {
        if let Err(error) = self.raft.shutdown().await {
            tracing::warn!("the Raft node did not end in order: {error}");
        }
    }
}

impl std::fmt::Debug for RaftJobStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RaftJobStore").field("dir", &self.dir).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
