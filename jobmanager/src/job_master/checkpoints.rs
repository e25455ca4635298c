//! `Checkpoints`: carries out what the checkpoint coordinator of a job decides: files, the job store, timers, answers.
//!
//! Files and the store are used by tasks of their own, so that the event loop never waits for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use checkpoint::{Assignment, CheckpointMetadata, SourceState, Storage};
use common::environment::Task;
use common::random::Random;
use common::shutdown::Shutdown;
use dataflow::checkpoint::{CheckpointNotice, CheckpointingDescriptor, SnapshotKind, StateFile, TaskSnapshot};
use dataflow::{Failure, JobGraph, JobStatus, OperatorId, VertexId};
use tokio::sync::oneshot;
use tracing::{debug, info, warn};

use super::{JobMasterContext, JobMasterHandle, Message};
use crate::checkpointing::statistics::StoredStatistics;
use crate::checkpointing::{
    CheckpointConfig, CheckpointCoordinator, CheckpointError, CheckpointEvent, CompletedCheckpoint,
    CompletedCheckpoints, CompletedSnapshot, Discard, JobCheckpointing, Owner, PendingCheckpoint, Reservation,
    SnapshotRequest,
};

type Answer = oneshot::Sender<Result<CompletedSnapshot, CheckpointError>>;

/// A checkpoint whose metadata is being written.
struct Publication {
    completed: CompletedCheckpoint,
    is_restore_point: bool,
    /// Files that it does not need, because others hold the same.
    copies: Vec<StateFile>,
    /// None when the job has ended before it was known whether the job store has the pointer.
    worker: Task<Option<Result<u64, Failure>>>,
}

/// The checkpoints of one job.
pub(super) struct Checkpoints {
    pub(super) coordinator: CheckpointCoordinator,
    config: CheckpointConfig,
    completed: CompletedCheckpoints,
    storage: Storage,
    allow_non_restored_state: bool,
    handle: JobMasterHandle,
    context: JobMasterContext,
    /// What was known of the sources when each pending checkpoint was triggered.
    sources: HashMap<u64, BTreeMap<OperatorId, SourceState>>,
    publication: Option<Publication>,
    /// Files on their way out.
    deletions: Shutdown,
    answers: HashMap<u64, Answer>,
    next_ticket: u64,
    timer: Option<(i64, Task<()>)>,
    random: Random,
}

impl Checkpoints {
    pub(super) fn new(checkpointing: JobCheckpointing, context: JobMasterContext, handle: JobMasterHandle) -> Self {
        let full_first = checkpointing.full_first();
        let JobCheckpointing { config, storage, next_id, kept, leftovers, allow_non_restored_state } = checkpointing;
        let (completed, discards) = CompletedCheckpoints::new(config.num_retained, kept, &leftovers);
        let mut this = Checkpoints {
            coordinator: CheckpointCoordinator::new(handle.job(), config.clone(), next_id, full_first),
            completed,
            config,
            storage,
            allow_non_restored_state,
            handle,
            random: context.environment.random(),
            context,
            sources: HashMap::new(),
            publication: None,
            deletions: Shutdown::new(),
            answers: HashMap::new(),
            next_ticket: 0,
            timer: None,
        };
        if !discards.is_empty() {
            let storage = this.storage.clone();
            this.delete_meanwhile(async move { delete(&storage, discards).await });
        }
        this
    }

    /// Those of a job that ran on while it changed hands.
    pub(super) fn adopted(checkpointing: JobCheckpointing, context: JobMasterContext, handle: JobMasterHandle) -> Self {
        let mut this = Self::new(checkpointing, context, handle);
        let first_open = this.completed.latest().map_or(1, |latest| latest.id() + 1);
        this.coordinator = this.coordinator.with_abandoned(first_open);
        this
    }

    /// Whether tasks of sources end with a checkpoint.
    pub(super) fn has_final_checkpoints(&self) -> bool {
        self.config.final_checkpoint() && self.completed.latest().is_some()
    }

    /// What tasks are told that run on under this JobManager, because the one before may not have come to it: the last checkpoint that is complete,
    /// and those that never will be.
    pub(super) fn notices_of_adoption(&self) -> Vec<CheckpointNotice> {
        let completed =
            self.completed.latest().map(|latest| CheckpointNotice::Completed { checkpoint_id: latest.id() });
        let aborted = self.coordinator.abandoned().map(|checkpoint_id| CheckpointNotice::Aborted { checkpoint_id });
        completed.into_iter().chain(aborted).collect()
    }

    /// What tasks have to know of checkpoints before the first one.
    pub(super) fn descriptor(&self) -> Option<CheckpointingDescriptor> {
        let final_checkpoint = self.config.final_checkpoint();
        self.config.interval.map(|_| CheckpointingDescriptor { final_checkpoint })
    }

    /// What the job goes on from, and what each task and source gets of it; none when it starts from nothing.
    pub(super) fn restore(&self, graph: &JobGraph) -> Result<Option<(CompletedCheckpoint, Assignment)>, Failure> {
        let Some(latest) = self.completed.latest() else { return Ok(None) };
        let assignment = checkpoint::assign(&latest.metadata, graph, self.allow_non_restored_state)?;
        Ok(Some((latest.clone(), assignment)))
    }

    /// Turns a wish into an event for the coordinator.
    pub(super) fn requested(&mut self, request: SnapshotRequest, answer: Answer) -> Option<CheckpointEvent> {
        let (kind, location) = match request {
            SnapshotRequest::Checkpoint { full: true } => (SnapshotKind::FullCheckpoint, None),
            SnapshotRequest::Checkpoint { full: false } => (SnapshotKind::Checkpoint, None),
            SnapshotRequest::Savepoint { directory, after, format } => {
                let directory = directory.or_else(|| self.config.savepoint_directory.clone());
                let random = self.random.next_u64();
                let location = directory.ok_or(CheckpointError::NoSavepointDirectory).and_then(|directory| {
                    checkpoint::savepoint_location(&directory, self.handle.job(), random)
                        .map_err(|error| CheckpointError::Failed(error.to_string()))
                });
                match location {
                    Ok(location) => (SnapshotKind::Savepoint { after, format }, Some(location)),
                    Err(error) => {
                        let _ = answer.send(Err(error));
                        return None;
                    }
                }
            }
        };
        self.next_ticket += 1;
        self.answers.insert(self.next_ticket, answer);
        Some(CheckpointEvent::Requested { ticket: self.next_ticket, kind, location })
    }

    pub(super) fn answer(&mut self, ticket: u64, result: Result<CompletedSnapshot, CheckpointError>) {
        if let Some(answer) = self.answers.remove(&ticket) {
            // Who asked may have stopped waiting.
            let _ = answer.send(result);
        }
    }

    pub(super) fn reserve_ids(&self, next_id: u64) {
        let (context, handle) = (self.context.clone(), self.handle.clone());
        self.context.environment.spawn(async move {
            let numbers = Reservation::CheckpointIds(next_id);
            let reserved = context.until_stored(&handle, || context.store.reserve(handle.job(), numbers)).await;
            if reserved.is_some() {
                handle.send(Message::CheckpointEvent(CheckpointEvent::IdsReserved(next_id)));
            }
        });
    }

    /// Keeps what the sources were when a checkpoint was triggered.
    pub(super) fn triggered(&mut self, checkpoint_id: u64, sources: BTreeMap<OperatorId, SourceState>) {
        self.sources.insert(checkpoint_id, sources);
    }

    /// Writes the metadata, then the pointer to it.
    pub(super) fn publish(&mut self, pending: PendingCheckpoint, graph: &JobGraph, mut statistics: StoredStatistics) {
        let is_restore_point = pending.is_restore_point();
        let owner = if pending.is_savepoint() { Owner::User } else { Owner::Job };
        let (id, kind) = (pending.id(), pending.kind());
        let (location, timestamp) = (pending.location().clone(), pending.barrier.timestamp);
        let snapshots = self.with_finished(pending, graph);
        let sources = self.sources.remove(&id).unwrap_or_default();
        let mut metadata = CheckpointMetadata::assemble(id, timestamp, kind.into(), graph, snapshots, sources);
        let is_full = kind == SnapshotKind::FullCheckpoint;
        let copies = if is_restore_point { self.completed.register(&mut metadata, is_full) } else { Vec::new() };
        let completed = CompletedCheckpoint {
            foreign: self.completed.foreign_of(&metadata),
            metadata: Arc::new(metadata),
            folder: location.exclusive.clone(),
            owner,
        };
        let pointers = is_restore_point.then(|| self.completed.with(&completed));
        let (storage, context, handle) = (self.storage.clone(), self.context.clone(), self.handle.clone());
        let metadata = completed.metadata.clone();
        let worker = self.context.environment.spawn(async move {
            let result = checkpoint::write_metadata(&storage, &location, &metadata).await.map_err(Failure::from);
            if let (Ok(metadata_size), Some(pointers)) = (&result, &pointers) {
                statistics.set_metadata_size(id, *metadata_size);
                // An error leaves open whether the next JobManager finds the pointer, and with it files that must then be there: it is asked again.
                let put = || context.store.put_checkpoints(handle.job(), pointers, &statistics);
                context.until_stored(&handle, put).await?;
            }
            handle.send(Message::Published { checkpoint_id: id, result: result.clone() });
            Some(result)
        });
        self.publication = Some(Publication { completed, is_restore_point, copies, worker });
    }

    /// The metadata is written; answers where, and the checkpoints that are deleted now.
    pub(super) fn published(&mut self, checkpoint_id: u64) -> Option<(String, Vec<u64>)> {
        let publication = self.take_publication(checkpoint_id)?;
        let path = publication.completed.external_path();
        self.discard_files(publication.copies);
        if !publication.is_restore_point {
            return Some((path, Vec::new()));
        }
        let discards = self.completed.add(publication.completed);
        let ids = discards.iter().filter(|discard| discard.folder.is_some()).map(|d| d.checkpoint_id).collect();
        let storage = self.storage.clone();
        self.delete_meanwhile(async move { delete(&storage, discards).await });
        Some((path, ids))
    }

    /// The metadata could not be written.
    pub(super) fn not_published(&mut self, checkpoint_id: u64) {
        if let Some(publication) = self.take_publication(checkpoint_id) {
            let unused = self.completed.withdraw(publication.completed.id());
            self.discard_files(unused);
        }
    }

    fn take_publication(&mut self, checkpoint_id: u64) -> Option<Publication> {
        self.publication.take_if(|publication| publication.completed.id() == checkpoint_id)
    }

    /// Deletes what an aborted checkpoint has stored.
    pub(super) fn abort(&mut self, pending: &PendingCheckpoint) {
        self.sources.remove(&pending.id());
        let files = self.completed.unused(pending.snapshots.values());
        let (storage, folder) = (self.storage.clone(), pending.location().exclusive.clone());
        self.delete_meanwhile(async move {
            checkpoint::discard_files(&storage, files).await;
            if let Err(error) = checkpoint::discard_checkpoint(&storage, &folder).await {
                warn!("what an aborted checkpoint has stored stays in {folder}: {error}");
            }
        });
    }

    /// Deletes what a task has stored for a checkpoint that was aborted before.
    pub(super) fn discard_snapshot(&mut self, snapshot: &TaskSnapshot) {
        let mut files = self.completed.unused([snapshot]);
        for handle in snapshot.operators.values().flat_map(|state| &state.keyed) {
            let exclusive = match handle {
                dataflow::checkpoint::KeyedStateHandle::Incremental { private, .. } => private.values().collect(),
                dataflow::checkpoint::KeyedStateHandle::Canonical { file, .. } => vec![file],
            };
            files.extend(exclusive.into_iter().cloned());
        }
        files.extend(snapshot.channels.iter().map(|channel| channel.file.clone()));
        self.discard_files(files);
    }

    /// Comes back when the coordinator has something to do.
    pub(super) fn set_timer(&mut self) {
        let wanted = self.coordinator.next_wake();
        let set = self.timer.as_ref().filter(|(_, timer)| !timer.is_finished());
        if set.map(|(due, _)| *due) == wanted {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            timer.abort();
        }
        if let Some(due) = wanted {
            let handle = self.handle.clone();
            let clock = self.context.environment.clock().clone();
            let pause = Duration::from_millis(due.saturating_sub(clock.now_millis()).max(0).unsigned_abs());
            let timer = self.context.environment.spawn(async move {
                clock.sleep(pause).await;
                handle.send(Message::CheckpointEvent(CheckpointEvent::Tick));
            });
            self.timer = Some((due, timer));
        }
    }

    /// The job has ended, and the job store does not know it any more, or it may run again: what is not kept is deleted.
    pub(super) async fn end(mut self, status: JobStatus) {
        if let Some((_, timer)) = self.timer.take() {
            timer.abort();
        }
        let discards = self.end_publication().await;
        delete(&self.storage, discards).await;
        if self.config.retained_at(status) {
            if let Some(latest) = self.completed.latest() {
                info!("job {} ends {status}; its last checkpoint stays in {}", self.handle.job(), latest.folder);
            }
        } else {
            delete(&self.storage, self.completed.clear()).await;
        }
        self.deletions.idle().await;
        if let Some(folder) = self.config.job_folder(self.handle.job()).filter(|_| status.is_terminal()) {
            checkpoint::clear_job_folder(&self.storage, &folder).await;
        }
    }

    /// The checkpoint that was being published becomes the last one, or is not there; answers what goes with it.
    async fn end_publication(&mut self) -> Vec<Discard> {
        let Some(publication) = self.publication.take() else { return Vec::new() };
        let Publication { completed, is_restore_point, copies, worker } = publication;
        // It does not panic, and if it did its checkpoint would not be there.
        match worker.output().await.flatten() {
            Some(Ok(_)) if is_restore_point => {
                checkpoint::discard_files(&self.storage, copies).await;
                self.completed.add(completed)
            }
            Some(Err(_)) => {
                let files = self.completed.withdraw(completed.id());
                vec![Discard { checkpoint_id: completed.id(), folder: Some(completed.folder), files }]
            }
            Some(Ok(_)) | None => Vec::new(),
        }
    }

    /// What was acknowledged, and what subtasks that have finished since left in the last complete checkpoint: their sources do not begin again.
    fn with_finished(&self, pending: PendingCheckpoint, graph: &JobGraph) -> BTreeMap<(VertexId, u32), TaskSnapshot> {
        let mut snapshots = pending.snapshots;
        let Some(latest) = self.completed.latest() else { return snapshots };
        for (vertex, subtask) in pending.finished {
            let operators = graph.vertex(vertex).map_or(&[][..], |vertex| &vertex.operators);
            let mut snapshot = TaskSnapshot::default();
            for operator in operators {
                let known = latest.metadata.operators.iter().find(|state| state.id == operator.id);
                if let Some(state) = known.and_then(|state| state.subtasks.get(&subtask)) {
                    let mut state = state.clone();
                    // It has emitted all that it ever will.
                    state.keyed.clear();
                    state.splits.clear();
                    snapshot.operators.insert(operator.id, state);
                }
            }
            snapshots.insert((vertex, subtask), snapshot);
        }
        snapshots
    }

    fn discard_files(&mut self, files: Vec<StateFile>) {
        if !files.is_empty() {
            let storage = self.storage.clone();
            self.delete_meanwhile(async move { checkpoint::discard_files(&storage, files).await });
        }
    }

    /// Deletes while the job goes on.
    fn delete_meanwhile(&mut self, deletion: impl Future<Output = ()> + Send + 'static) {
        self.context.environment.spawn(self.deletions.track(deletion));
    }
}

async fn delete(storage: &Storage, discards: Vec<Discard>) {
    for discard in discards {
        if let Some(folder) = &discard.folder {
            debug!("deleting checkpoint {} in {folder}", discard.checkpoint_id);
            if let Err(error) = checkpoint::discard_checkpoint(storage, folder).await {
                warn!("checkpoint {} is not needed any more and stays in {folder}: {error}", discard.checkpoint_id);
            }
        }
        checkpoint::discard_files(storage, discard.files).await;
    }
}
