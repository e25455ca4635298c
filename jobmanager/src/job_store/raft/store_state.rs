//! `StoreState`: what the log of the job store says in all, and what an entry changes of it. A pure machine: the state machine keeps it on disk.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::{JobId, LeaderEpoch};
use serde::{Deserialize, Serialize};

use super::command::StoreCommand;
use crate::checkpointing::{Reservation, StoredProgress};
use crate::job_store::{StoredCatalog, StoredJob, StoredOperation};
use crate::scheduling::EndedJob;

/// How many jobs that have ended are kept.
const ENDED_KEPT: usize = 100;
/// How many operations are.
const OPERATIONS_KEPT: usize = 100;

/// What the entries of a log make together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Content", into = "Content")]
pub struct StoreState {
    /// The epoch in force.
    pub(super) epoch: LeaderEpoch,
    /// The jobs that have not ended.
    pub(super) jobs: BTreeMap<JobId, StoredJob>,
    /// The last that have, by the index of the entry that said so.
    pub(super) ended: BTreeMap<u64, EndedJob>,
    /// Catalogs by name.
    pub(super) catalogs: BTreeMap<String, StoredCatalog>,
    /// The latest operations of clients.
    pub(super) operations: Vec<StoredOperation>,
}

/// It as it is written, in snapshots and backups.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    epoch: LeaderEpoch,
    jobs: Vec<StoredJob>,
    /// By the index of the entry that said so.
    #[serde(default)]
    ended: Vec<(u64, EndedJob)>,
    #[serde(default)]
    catalogs: Vec<StoredCatalog>,
    #[serde(default)]
    operations: Vec<StoredOperation>,
}

impl From<Content> for StoreState {
    fn from(content: Content) -> Self {
        let Content { epoch, jobs, ended, catalogs, operations } = content;
        StoreState {
            epoch,
            jobs: jobs.into_iter().map(|job| (job.graph.job_id, job)).collect(),
            ended: ended.into_iter().collect(),
            catalogs: catalogs.into_iter().map(|catalog| (catalog.name.clone(), catalog)).collect(),
            operations,
        }
    }
}

impl From<StoreState> for Content {
    fn from(state: StoreState) -> Self {
        let StoreState { epoch, jobs, ended, catalogs, operations } = state;
        Content {
            epoch,
            jobs: jobs.into_values().collect(),
            ended: ended.into_iter().collect(),
            catalogs: catalogs.into_values().collect(),
            operations,
        }
    }
}

/// What is to be written (or deleted, when it is not there any more).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touched {
    /// A job's graph.
    Graph(JobId),
    /// How far a job has come.
    Progress(JobId),
    /// How a job has ended.
    Ended(u64),
    /// A catalog.
    Catalog(String),
    /// The operations.
    Operations,
}

impl StoreState {
    /// The epoch in force.
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The jobs that have not ended, by id.
    pub fn jobs(&self) -> impl Iterator<Item = &StoredJob> {
        self.jobs.values()
    }

    /// The last jobs that have ended, the oldest first.
    pub fn ended(&self) -> impl Iterator<Item = &EndedJob> {
        self.ended.values()
    }

    /// The latest operations of clients, the oldest first.
    pub fn operations(&self) -> impl Iterator<Item = &StoredOperation> {
        self.operations.iter()
    }

    /// A catalog.
    pub fn catalog(&self, name: &str) -> Option<&StoredCatalog> {
        self.catalogs.get(name)
    }

    /// Whether nobody has kept anything.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.ended.is_empty() && self.catalogs.is_empty()
    }

    /// All of it.
    pub(super) fn all(&self) -> BTreeSet<Touched> {
        let jobs = self.jobs.keys().flat_map(|job| [Touched::Graph(*job), Touched::Progress(*job)]);
        let ended = self.ended.keys().map(|index| Touched::Ended(*index));
        let catalogs = self.catalogs.keys().cloned().map(Touched::Catalog);
        jobs.chain(ended).chain(catalogs).chain([Touched::Operations]).collect()
    }

    /// Takes the command of the entry at this index; the answer is the epoch in force.
    pub fn apply(&mut self, index: u64, command: &StoreCommand) -> LeaderEpoch {
        self.take(index, command, &mut BTreeSet::new());
        self.epoch
    }

    /// Takes a command, and notes what it has touched.
    pub(super) fn take(&mut self, index: u64, command: &StoreCommand, touched: &mut BTreeSet<Touched>) {
        match command {
            StoreCommand::BeginEpoch => self.epoch.0 += 1,
            StoreCommand::Fenced { epoch, change } if *epoch == self.epoch => self.take(index, change, touched),
            // Of a leader that leads no more; it is answered with the epoch in force.
            StoreCommand::Fenced { .. } => {}
            StoreCommand::Restore { state } if self.is_empty() => {
                let epoch = LeaderEpoch(self.epoch.max(state.epoch).0 + 1);
                *self = StoreState { epoch, ..(**state).clone() };
                touched.extend(self.all());
            }
            StoreCommand::Restore { .. } => {}
            StoreCommand::PutJob { graph } => {
                let job = StoredJob { graph: (**graph).clone(), progress: StoredProgress::default() };
                touched.extend([Touched::Graph(graph.job_id), Touched::Progress(graph.job_id)]);
                self.jobs.insert(graph.job_id, job);
            }
            StoreCommand::PutCheckpoints { job, checkpoints, statistics } => {
                self.change(*job, touched, |progress| {
                    progress.checkpoints.clone_from(checkpoints);
                    progress.statistics.extend(statistics);
                });
            }
            StoreCommand::ReserveCheckpointIds { job, next_id } => {
                self.change(*job, touched, |progress| progress.reserve(Reservation::CheckpointIds(*next_id)));
            }
            StoreCommand::Reserve { job, numbers } => {
                self.change(*job, touched, |progress| progress.reserve(*numbers));
            }
            StoreCommand::PutCatalog { name, version, document } => {
                if self.catalog(name).map_or(0, |kept| kept.version) == *version {
                    touched.insert(Touched::Catalog(name.clone()));
                    let document = document.clone();
                    let kept = StoredCatalog { name: name.clone(), version: version + 1, document };
                    self.catalogs.insert(name.clone(), kept);
                }
            }
            StoreCommand::PutOperation { operation } => {
                touched.insert(Touched::Operations);
                self.operations.retain(|known| known.key != operation.key);
                self.operations.push(operation.clone());
                let surplus = self.operations.len().saturating_sub(OPERATIONS_KEPT);
                self.operations.drain(..surplus);
            }
            StoreCommand::ReplaceJob { graph } => {
                if let Some(job) = self.jobs.get_mut(&graph.job_id) {
                    touched.insert(Touched::Graph(graph.job_id));
                    job.graph.clone_from(graph);
                }
            }
            StoreCommand::PutDeployment { job, deployment } => {
                self.change(*job, touched, |progress| progress.deployment = Some((**deployment).clone()));
            }
            StoreCommand::FinishAttempt { attempt } => self.change(attempt.job, touched, |progress| {
                progress.deployment.iter_mut().for_each(|deployment| deployment.finish(*attempt));
            }),
            StoreCommand::CancelJob { job } => self.change(*job, touched, |progress| progress.cancelled = true),
            StoreCommand::EndJob { job } => {
                self.forget(job.graph.job_id, touched);
                self.file(index, job, touched);
            }
            StoreCommand::RemoveJob { job } => self.forget(*job, touched),
        }
    }

    /// Changes what is known of a job, if there is such a job.
    fn change(&mut self, job: JobId, touched: &mut BTreeSet<Touched>, change: impl FnOnce(&mut StoredProgress)) {
        if let Some(stored) = self.jobs.get_mut(&job) {
            touched.insert(Touched::Progress(job));
            change(&mut stored.progress);
        }
    }

    fn forget(&mut self, job: JobId, touched: &mut BTreeSet<Touched>) {
        touched.extend([Touched::Graph(job), Touched::Progress(job)]);
        self.jobs.remove(&job);
    }

    /// Keeps how a job ended, once, and so many others.
    fn file(&mut self, index: u64, job: &EndedJob, touched: &mut BTreeSet<Touched>) {
        if self.ended.values().any(|known| known.graph.job_id == job.graph.job_id) {
            return;
        }
        // Those of a backup have the indexes of another log.
        let index = self.ended.last_key_value().map_or(index, |(last, _)| index.max(last + 1));
        touched.insert(Touched::Ended(index));
        self.ended.insert(index, job.clone());
        while self.ended.len() > ENDED_KEPT {
            let oldest = self.ended.pop_first();
            touched.extend(oldest.map(|(index, _)| Touched::Ended(index)));
        }
    }
}
