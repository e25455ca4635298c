//! The state machine of the job store: the jobs that have not ended. It is persistent; each command and the log id it comes from are one write.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::{JobId, LeaderEpoch};
use openraft::storage::RaftStateMachine;
use openraft::{
    AnyError, BasicNode, Entry as LogEntry, EntryPayload, LogId, OptionalSend, RaftSnapshotBuilder, Snapshot,
    SnapshotMeta, StorageError, StorageIOError, StoredMembership,
};
use rocksdb::WriteBatch;
use serde::{Deserialize, Serialize};

use super::command::{NodeId, StoreTypes};
use super::database::{CATALOGS, CHECKPOINTS, Database, DatabaseError, ENDED, JOBS, META};
use super::store_state::{StoreState, Touched};
use crate::job_store::{StoredCatalog, StoredJob};

const APPLIED: &[u8] = b"applied";
const SNAPSHOT: &[u8] = b"snapshot";
const OPERATIONS: &[u8] = b"operations";

/// How far the log has been applied, and who is in the group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Applied {
    last_log_id: Option<LogId<NodeId>>,
    membership: StoredMembership<NodeId, BasicNode>,
    epoch: LeaderEpoch,
}

/// A snapshot as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredSnapshot {
    meta: SnapshotMeta<NodeId, BasicNode>,
    content: StoreState,
}

/// The state machine; clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct StateMachine {
    database: Database,
    /// What is in the database.
    state: Arc<Mutex<StoreState>>,
}

impl StateMachine {
    /// With what the database has.
    pub(super) fn open(database: Database) -> Result<Self, DatabaseError> {
        let applied: Applied = database.get(META, APPLIED)?.unwrap_or_default();
        let mut state = StoreState { epoch: applied.epoch, ..StoreState::default() };
        state.operations = database.get(META, OPERATIONS)?.unwrap_or_default();
        database.scan(JOBS, b"", |key, value| {
            let progress = database.get(CHECKPOINTS, key)?.unwrap_or_default();
            let job = StoredJob { graph: serde_json::from_slice(value)?, progress };
            state.jobs.insert(job.graph.job_id, job);
            Ok(true)
        })?;
        database.scan(ENDED, b"", |key, value| {
            let index = key.try_into().map_or(0, u64::from_be_bytes);
            state.ended.insert(index, serde_json::from_slice(value)?);
            Ok(true)
        })?;
        database.scan(CATALOGS, b"", |_, value| {
            let catalog: StoredCatalog = serde_json::from_slice(value)?;
            state.catalogs.insert(catalog.name.clone(), catalog);
            Ok(true)
        })?;
        Ok(Self { database, state: Arc::new(Mutex::new(state)) })
    }

    /// What the log says, as far as it is applied here.
    pub(super) fn state(&self) -> MutexGuard<'_, StoreState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn applied(&self) -> Result<Applied, DatabaseError> {
        Ok(self.database.get(META, APPLIED)?.unwrap_or_default())
    }

    fn write(
        &self,
        state: &StoreState,
        touched: &BTreeSet<Touched>,
        batch: &mut WriteBatch,
    ) -> Result<(), DatabaseError> {
        for touched in touched {
            match touched {
                Touched::Graph(job) => {
                    self.put_or_delete(batch, JOBS, &key(*job), state.jobs.get(job).map(|job| &job.graph))?
                }
                Touched::Progress(job) => {
                    self.put_or_delete(batch, CHECKPOINTS, &key(*job), state.jobs.get(job).map(|job| &job.progress))?
                }
                Touched::Ended(index) => {
                    self.put_or_delete(batch, ENDED, &index.to_be_bytes(), state.ended.get(index))?
                }
                Touched::Operations => self.database.put(batch, META, OPERATIONS, &state.operations)?,
                Touched::Catalog(name) => {
                    self.put_or_delete(batch, CATALOGS, name.as_bytes(), state.catalogs.get(name))?
                }
            }
        }
        Ok(())
    }

    fn put_or_delete<T: Serialize>(
        &self,
        batch: &mut WriteBatch,
        family: &'static str,
        key: &[u8],
        value: Option<&T>,
    ) -> Result<(), DatabaseError> {
        match value {
            Some(value) => self.database.put(batch, family, key, value),
            None => {
                batch.delete_cf(self.database.family(family), key);
                Ok(())
            }
        }
    }

    fn take_snapshot(&self) -> Result<StoredSnapshot, DatabaseError> {
        let state = self.state();
        let applied = self.applied()?;
        let last = applied.last_log_id;
        let snapshot_id = last.map_or_else(|| "empty".to_owned(), |id| format!("{}-{}", id.leader_id, id.index));
        let meta = SnapshotMeta { last_log_id: last, last_membership: applied.membership, snapshot_id };
        let content = state.clone();
        let snapshot = StoredSnapshot { meta, content };
        let mut batch = WriteBatch::default();
        self.database.put(&mut batch, META, SNAPSHOT, &snapshot)?;
        self.database.write(batch)?;
        Ok(snapshot)
    }

    fn replace(&self, meta: &SnapshotMeta<NodeId, BasicNode>, next: StoreState) -> Result<(), DatabaseError> {
        let mut batch = WriteBatch::default();
        for family in [JOBS, CHECKPOINTS, CATALOGS, ENDED] {
            self.database.scan(family, b"", |key, _| {
                batch.delete_cf(self.database.family(family), key);
                Ok(true)
            })?;
        }
        self.write(&next, &next.all(), &mut batch)?;
        let applied =
            Applied { last_log_id: meta.last_log_id, membership: meta.last_membership.clone(), epoch: next.epoch };
        self.database.put(&mut batch, META, APPLIED, &applied)?;
        let snapshot = StoredSnapshot { meta: meta.clone(), content: next };
        self.database.put(&mut batch, META, SNAPSHOT, &snapshot)?;
        let mut state = self.state();
        self.database.write(batch)?;
        *state = snapshot.content;
        Ok(())
    }
}

fn key(job: JobId) -> [u8; 16] {
    job.0.to_be_bytes()
}

fn as_openraft(snapshot: StoredSnapshot) -> Result<Snapshot<StoreTypes>, DatabaseError> {
    let data = Cursor::new(serde_json::to_vec(&snapshot.content)?);
    Ok(Snapshot { meta: snapshot.meta, snapshot: Box::new(data) })
}

impl RaftSnapshotBuilder<StoreTypes> for StateMachine {
    async fn build_snapshot(&mut self) -> Result<Snapshot<StoreTypes>, StorageError<NodeId>> {
        self.take_snapshot()
            .and_then(as_openraft)
            .map_err(|error| StorageIOError::write_snapshot(None, AnyError::new(&error)).into())
    }
}

impl RaftStateMachine<StoreTypes> for StateMachine {
    type SnapshotBuilder = StateMachine;

    async fn applied_state(
        &mut self,
    ) -> Result<(Option<LogId<NodeId>>, StoredMembership<NodeId, BasicNode>), StorageError<NodeId>> {
        let applied = self.applied().map_err(reading)?;
        Ok((applied.last_log_id, applied.membership))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<LeaderEpoch>, StorageError<NodeId>>
    where
        I: IntoIterator<Item = LogEntry<StoreTypes>> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut applied = self.applied().map_err(reading)?;
        let mut state = self.state();
        let (mut answers, mut touched) = (Vec::new(), BTreeSet::new());
        for entry in entries {
            applied.last_log_id = Some(entry.log_id);
            match entry.payload {
                EntryPayload::Blank => {}
                EntryPayload::Membership(membership) => {
                    applied.membership = StoredMembership::new(Some(entry.log_id), membership);
                }
                EntryPayload::Normal(command) => state.take(entry.log_id.index, &command, &mut touched),
            }
            answers.push(state.epoch);
        }
        applied.epoch = state.epoch;
        // openraft ends the node when this fails, so that what was not written is not read either.
        let mut batch = WriteBatch::default();
        self.write(&state, &touched, &mut batch)
            .and_then(|()| self.database.put(&mut batch, META, APPLIED, &applied))
            .and_then(|()| self.database.write(batch))
            .map_err(writing)?;
        Ok(answers)
    }

    async fn get_snapshot_builder(&mut self) -> Self::SnapshotBuilder {
        self.clone()
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<Cursor<Vec<u8>>>, StorageError<NodeId>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta<NodeId, BasicNode>,
        snapshot: Box<Cursor<Vec<u8>>>,
    ) -> Result<(), StorageError<NodeId>> {
        let install = || self.replace(meta, serde_json::from_slice(snapshot.get_ref())?);
        install().map_err(|error: DatabaseError| {
            StorageIOError::write_snapshot(Some(meta.signature()), AnyError::new(&error)).into()
        })
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot<StoreTypes>>, StorageError<NodeId>> {
        let stored: Option<StoredSnapshot> = self.database.get(META, SNAPSHOT).map_err(reading)?;
        stored.map(as_openraft).transpose().map_err(reading)
    }
}

fn reading(error: DatabaseError) -> StorageError<NodeId> {
    StorageIOError::read_state_machine(AnyError::new(&error)).into()
}

fn writing(error: DatabaseError) -> StorageError<NodeId> {
    StorageIOError::write_state_machine(AnyError::new(&error)).into()
}
