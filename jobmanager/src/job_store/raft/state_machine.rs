//! The state machine of the job store: the jobs that have not ended. It is persistent; each command and the log id it comes from are one write.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Cursor;

use dataflow::{JobId, LeaderEpoch};
use openraft::storage::RaftStateMachine;
use openraft::{
    AnyError, BasicNode, Entry as LogEntry, EntryPayload, LogId, OptionalSend, RaftSnapshotBuilder, Snapshot,
    SnapshotMeta, StorageError, StorageIOError, StoredMembership,
};
use rocksdb::WriteBatch;
use serde::{Deserialize, Serialize};

use super::command::{NodeId, StoreCommand, StoreTypes};
use super::database::{CATALOGS, CHECKPOINTS, Database, DatabaseError, ENDED, JOBS, META};
use crate::checkpointing::{Reservation, StoredProgress};
use crate::job_store::{StoredCatalog, StoredJob};
use crate::scheduling::EndedJob;

const APPLIED: &[u8] = b"applied";
const SNAPSHOT: &[u8] = b"snapshot";
/// How many jobs that have ended are kept.
const ENDED_KEPT: usize = 100;

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
    content: Content,
}

/// The state at one point of the log.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    epoch: LeaderEpoch,
    jobs: Vec<StoredJob>,
    /// Those that have ended, by the index of the entry that said so.
    #[serde(default)]
    ended: Vec<(u64, EndedJob)>,
    #[serde(default)]
    catalogs: Vec<StoredCatalog>,
}

/// What the entries of one batch make of the progress of jobs; none: there is no such job.
type Changed = BTreeMap<JobId, Option<StoredProgress>>;

/// The state machine; clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct StateMachine {
    database: Database,
}

impl StateMachine {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// All jobs, by id.
    pub(super) fn jobs(&self) -> Result<Vec<StoredJob>, DatabaseError> {
        let mut jobs = Vec::new();
        self.database.scan(JOBS, b"", |key, value| {
            let progress = self.database.get(CHECKPOINTS, key)?.unwrap_or_default();
            jobs.push(StoredJob { graph: serde_json::from_slice(value)?, progress });
            Ok(true)
        })?;
        Ok(jobs)
    }

    /// A catalog.
    pub(super) fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, DatabaseError> {
        self.database.get(CATALOGS, name.as_bytes())
    }

    fn catalogs(&self) -> Result<Vec<StoredCatalog>, DatabaseError> {
        let mut catalogs = Vec::new();
        self.database.scan(CATALOGS, b"", |_, value| {
            catalogs.push(serde_json::from_slice(value)?);
            Ok(true)
        })?;
        Ok(catalogs)
    }

    /// At once and not with the rest of its batch: others in the batch may follow on it, and a second time it is passed over.
    fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<(), DatabaseError> {
        if self.catalog(name)?.map_or(0, |kept| kept.version) != version {
            return Ok(());
        }
        let kept = StoredCatalog { name: name.to_owned(), version: version + 1, document: document.to_owned() };
        let mut batch = WriteBatch::default();
        self.database.put(&mut batch, CATALOGS, name.as_bytes(), &kept)?;
        self.database.write(batch)
    }

    #[cfg(test)]
    pub(super) fn progress_of(&self, job: JobId) -> Result<Option<StoredProgress>, DatabaseError> {
        self.database.get(CHECKPOINTS, &key(job))
    }

    fn applied(&self) -> Result<Applied, DatabaseError> {
        Ok(self.database.get(META, APPLIED)?.unwrap_or_default())
    }

    fn apply_entry(
        &self,
        entry: &LogEntry<StoreTypes>,
        applied: &mut Applied,
        changed: &mut Changed,
        batch: &mut WriteBatch,
    ) -> Result<(), DatabaseError> {
        applied.last_log_id = Some(entry.log_id);
        match &entry.payload {
            EntryPayload::Blank => Ok(()),
            EntryPayload::Membership(membership) => {
                applied.membership = StoredMembership::new(Some(entry.log_id), membership.clone());
                Ok(())
            }
            EntryPayload::Normal(command) => self.apply_command(command, applied, changed, batch),
        }
    }

    fn apply_command(
        &self,
        command: &StoreCommand,
        applied: &mut Applied,
        changed: &mut Changed,
        batch: &mut WriteBatch,
    ) -> Result<(), DatabaseError> {
        match command {
            StoreCommand::BeginEpoch => applied.epoch.0 += 1,
            StoreCommand::Fenced { epoch, change } if *epoch == applied.epoch => {
                return self.apply_command(change, applied, changed, batch);
            }
            // Of a leader that leads no more; it is answered with the epoch in force.
            StoreCommand::Fenced { .. } => {}
            StoreCommand::PutJob { graph } => {
                self.database.put(batch, JOBS, &key(graph.job_id), graph)?;
                changed.insert(graph.job_id, Some(StoredProgress::default()));
            }
            StoreCommand::PutCheckpoints { job, checkpoints } => {
                self.change(*job, changed, |progress| progress.checkpoints.clone_from(checkpoints))?;
            }
            StoreCommand::ReserveCheckpointIds { job, next_id } => {
                self.change(*job, changed, |progress| progress.reserve(Reservation::CheckpointIds(*next_id)))?;
            }
            StoreCommand::Reserve { job, numbers } => {
                self.change(*job, changed, |progress| progress.reserve(*numbers))?;
            }
            StoreCommand::PutCatalog { name, version, document } => self.put_catalog(name, *version, document)?,
            StoreCommand::ReplaceJob { graph } => {
                // Nothing changes of its progress, but it has to be there.
                self.change(graph.job_id, changed, |_| {})?;
                if matches!(changed.get(&graph.job_id), Some(Some(_))) {
                    self.database.put(batch, JOBS, &key(graph.job_id), graph)?;
                }
            }
            StoreCommand::PutDeployment { job, deployment } => {
                self.change(*job, changed, |progress| progress.deployment = Some((**deployment).clone()))?;
            }
            StoreCommand::FinishAttempt { attempt } => {
                self.change(attempt.job, changed, |progress| {
                    progress.deployment.iter_mut().for_each(|deployment| deployment.finish(*attempt));
                })?;
            }
            StoreCommand::CancelJob { job } => self.change(*job, changed, |progress| progress.cancelled = true)?,
            StoreCommand::PutOperation { job, operation } => {
                self.change(*job, changed, |progress| progress.put_operation(operation.clone()))?;
            }
            StoreCommand::EndJob { job } => {
                self.forget(job.graph.job_id, changed, batch);
                self.file(job, applied, batch)?;
            }
            StoreCommand::RemoveJob { job } => self.forget(*job, changed, batch),
        }
        Ok(())
    }

    fn forget(&self, job: JobId, changed: &mut Changed, batch: &mut WriteBatch) {
        changed.insert(job, None);
        for family in [JOBS, CHECKPOINTS] {
            batch.delete_cf(self.database.family(family), key(job));
        }
    }

    /// Keeps how a job ended, and so many others.
    fn file(&self, job: &EndedJob, applied: &Applied, batch: &mut WriteBatch) -> Result<(), DatabaseError> {
        let mut known = Vec::new();
        self.database.scan(ENDED, b"", |key, _| {
            known.push(key.to_vec());
            Ok(true)
        })?;
        let surplus = (known.len() + 1).saturating_sub(ENDED_KEPT);
        for key in &known[..surplus.min(known.len())] {
            batch.delete_cf(self.database.family(ENDED), key);
        }
        let index = applied.last_log_id.map_or(0, |id| id.index);
        self.database.put(batch, ENDED, &index.to_be_bytes(), job)
    }

    /// The last jobs that have ended, the oldest first.
    pub(super) fn ended(&self) -> Result<Vec<EndedJob>, DatabaseError> {
        Ok(self.filed()?.into_iter().map(|(_, job)| job).collect())
    }

    fn filed(&self) -> Result<Vec<(u64, EndedJob)>, DatabaseError> {
        let mut jobs = Vec::new();
        self.database.scan(ENDED, b"", |key, value| {
            let index = key.try_into().map_or(0, u64::from_be_bytes);
            jobs.push((index, serde_json::from_slice(value)?));
            Ok(true)
        })?;
        Ok(jobs)
    }

    /// Changes what is known of a job, if there is such a job; several changes of one batch build on each other.
    fn change(
        &self,
        job: JobId,
        changed: &mut Changed,
        change: impl FnOnce(&mut StoredProgress),
    ) -> Result<(), DatabaseError> {
        let progress = match changed.entry(job) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(match self.database.contains(JOBS, &key(job))? {
                true => Some(self.database.get(CHECKPOINTS, &key(job))?.unwrap_or_default()),
                false => None,
            }),
        };
        if let Some(progress) = progress {
            change(progress);
        }
        Ok(())
    }

    fn take_snapshot(&self) -> Result<StoredSnapshot, DatabaseError> {
        let applied = self.applied()?;
        let last = applied.last_log_id;
        let snapshot_id = last.map_or_else(|| "empty".to_owned(), |id| format!("{}-{}", id.leader_id, id.index));
        let meta = SnapshotMeta { last_log_id: last, last_membership: applied.membership, snapshot_id };
        let snapshot = StoredSnapshot {
            meta,
            content: Content {
                epoch: applied.epoch,
                jobs: self.jobs()?,
                ended: self.filed()?,
                catalogs: self.catalogs()?,
            },
        };
        let mut batch = WriteBatch::default();
        self.database.put(&mut batch, META, SNAPSHOT, &snapshot)?;
        self.database.write(batch)?;
        Ok(snapshot)
    }

    fn replace(&self, meta: &SnapshotMeta<NodeId, BasicNode>, content: Content) -> Result<(), DatabaseError> {
        let mut batch = WriteBatch::default();
        for family in [JOBS, CHECKPOINTS, CATALOGS, ENDED] {
            self.database.scan(family, b"", |key, _| {
                batch.delete_cf(self.database.family(family), key);
                Ok(true)
            })?;
        }
        for StoredJob { graph, progress } in &content.jobs {
            self.database.put(&mut batch, JOBS, &key(graph.job_id), graph)?;
            self.database.put(&mut batch, CHECKPOINTS, &key(graph.job_id), progress)?;
        }
        for (index, job) in &content.ended {
            self.database.put(&mut batch, ENDED, &index.to_be_bytes(), job)?;
        }
        for catalog in &content.catalogs {
            self.database.put(&mut batch, CATALOGS, catalog.name.as_bytes(), catalog)?;
        }
        let applied =
            Applied { last_log_id: meta.last_log_id, membership: meta.last_membership.clone(), epoch: content.epoch };
        self.database.put(&mut batch, META, APPLIED, &applied)?;
        self.database.put(&mut batch, META, SNAPSHOT, &StoredSnapshot { meta: meta.clone(), content })?;
        self.database.write(batch)
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
        let mut batch = WriteBatch::default();
        let mut answers = Vec::new();
        let mut changed = Changed::new();
        for entry in entries {
            self.apply_entry(&entry, &mut applied, &mut changed, &mut batch).map_err(writing)?;
            answers.push(applied.epoch);
        }
        for (job, progress) in &changed {
            if let Some(progress) = progress {
                self.database.put(&mut batch, CHECKPOINTS, &key(*job), progress).map_err(writing)?;
            }
        }
        self.database
            .put(&mut batch, META, APPLIED, &applied)
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
