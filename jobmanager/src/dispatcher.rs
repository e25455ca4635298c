//! The Dispatcher: takes jobs, runs a job master for each, knows those that have ended, and is asked by REST and TaskManagers.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use checkpoint::StorageError;
use common::config::{ConfigError, Configuration, Origin, options};
use dataflow::checkpoint::{AfterSavepoint, CheckpointReport, SavepointFormat};
use dataflow::deployment::TaskStateUpdate;
use dataflow::job_graph::InvalidJobGraph;
use dataflow::{ExecutionAttemptId, Failure, JobGraph, JobId, JobStatus, OperatorId, OperatorSpec};
use futures::future::{Either, select};
use indexmap::IndexMap;
use proto::v1::CollectResultsResponse;
use tracing::{error, info};

use crate::checkpointing::{
    CheckpointError, CheckpointSetupError, CompletedSnapshot, JobCheckpointing, SnapshotRequest, StoredProgress,
};
use crate::gateway::{CollectRequest, GatewayError};
use crate::job_archive::JobArchive;
use crate::job_master::{JobMasterContext, JobMasterHandle, JobStart, RecoveredJob};
use crate::job_store::{JobStoreError, StoredCatalog, StoredJob};
use crate::reactive;
use crate::scheduling::{ExecutionGraph, GraphEvent, RescaleCause, ResourceRequirements, RestartStrategy};
use crate::uncollected_results::UncollectedResults;

/// How long TaskManagers keep the results of an ended job that nobody fetches.
const RESULT_RETENTION: Duration = Duration::from_secs(300);
/// How long jobs may take to leave a TaskManager.
const VACATE_LIMIT: Duration = Duration::from_secs(60);
/// How often a client that waits for results looks whether the job has slots.
const SLOT_POLL: Duration = Duration::from_millis(20);

/// A job that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It could not run.
    #[error(transparent)]
    Invalid(#[from] InvalidJobGraph),
    /// A value of its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is one with its id.
    #[error("Job has already been submitted.")]
    Duplicate(JobId),
    /// It cannot take checkpoints, or not start from the one that it names.
    #[error(transparent)]
    Checkpointing(#[from] CheckpointSetupError),
    /// It could not be made safe.
    #[error(transparent)]
    Store(#[from] JobStoreError),
}

/// Results that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// There is no such job.
    #[error("Job {0} not found")]
    UnknownJob(JobId),
    /// The job has no such operator, or it is not a Collect, or has fewer subtasks.
    #[error("Job {job} has no results of operator {operator}, subtask {subtask}")]
    UnknownOperator {
        /// The job.
        job: JobId,
        /// The operator.
        operator: OperatorId,
        /// The subtask.
        subtask: u32,
    },
    /// The TaskManager that has them is gone.
    #[error("TaskManager {0} had the results and is lost")]
    Lost(String),
    /// The TaskManager that has them does not give them.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

/// A job whose parallelism is not changed.
#[derive(Debug, thiserror::Error)]
pub enum RescaleError {
    /// There is no such job that runs.
    #[error("Job {0} not found")]
    UnknownJob(JobId),
    /// It cannot be so.
    #[error("{0}")]
    Invalid(String),
    /// It could not be made safe.
    #[error(transparent)]
    Store(#[from] JobStoreError),
}

/// Takes jobs and knows them; clones share it.
#[derive(Clone)]
pub struct Dispatcher {
    inner: Arc<Inner>,
}

struct Inner {
    config: Configuration,
    /// Whether jobs have as many subtasks as there are slots.
    reactive: bool,
    context: JobMasterContext,
    jobs: Mutex<Jobs>,
}

struct Jobs {
    running: IndexMap<JobId, JobMasterHandle>,
    /// Being made safe; neither running nor refused yet.
    accepting: HashSet<JobId>,
    archive: JobArchive,
    uncollected: UncollectedResults,
}

impl Dispatcher {
    /// A dispatcher without jobs; `config` is the cluster's, over which each job lays its own.
    pub fn new(config: Configuration, reactive: bool, context: JobMasterContext, archive: JobArchive) -> Self {
        let jobs = Jobs {
            running: IndexMap::new(),
            accepting: HashSet::new(),
            archive,
            uncollected: UncollectedResults::default(),
        };
        Dispatcher { inner: Arc::new(Inner { config, reactive, context, jobs: Mutex::new(jobs) }) }
    }

    /// Takes a job and runs it. When this returns, the job is safe as far as the job store makes it so.
    pub async fn submit(&self, mut graph: JobGraph) -> Result<JobId, SubmitError> {
        graph.validate()?;
        let id = graph.job_id;
        {
            let mut jobs = self.jobs();
            if jobs.running.contains_key(&id) || jobs.archive.get(id).is_some() || !jobs.accepting.insert(id) {
                return Err(SubmitError::Duplicate(id));
            }
        }
        let accepted = self.accept(&mut graph).await;
        self.jobs().accepting.remove(&id);
        let (execution, checkpointing) = accepted?;
        info!("Job {} ({id}) was submitted", graph.name);
        self.run(execution, JobStart::Submitted(Box::new(checkpointing)));
        Ok(id)
    }

    /// Looks whether the job can run, and makes it safe.
    async fn accept(&self, graph: &mut JobGraph) -> Result<(ExecutionGraph, JobCheckpointing), SubmitError> {
        let config = self.job_config(graph);
        let checkpointing = JobCheckpointing::of_submitted(&config, &self.inner.context.storages, graph).await?;
        let mut execution = self.execution_graph(graph, &config)?;
        if self.inner.reactive {
            let requirements = reactive::requirements(graph);
            let slots = self.inner.context.resource_manager.usage().await.free;
            *graph = requirements.apply(graph, slots.max(1));
            execution = self.execution_graph(graph, &config)?.with_requirements(requirements);
        }
        self.inner.context.store.put(graph).await?;
        Ok((execution, checkpointing))
    }

    /// The content of a catalog that is kept here.
    pub async fn catalog(&self, name: &str) -> Result<Option<StoredCatalog>, JobStoreError> {
        self.inner.context.store.catalog(name).await
    }

    /// Keeps the content of a catalog instead of that of this version; false when that is not the version there.
    pub async fn put_catalog(&self, name: &str, version: u64, document: &str) -> Result<bool, JobStoreError> {
        self.inner.context.store.put_catalog(name, version, document).await
    }

    /// Has a job of a backup know the checkpoints that it has completed since.
    pub async fn note_newer_checkpoints(&self, job: &mut StoredJob) -> Result<(), CheckpointSetupError> {
        let config = self.job_config(&job.graph);
        let storages = &self.inner.context.storages;
        JobCheckpointing::note_newer(&config, storages, job.graph.job_id, &mut job.progress).await
    }

    /// Takes up the jobs that had not ended when the last JobManager did, and files those that had.
    pub async fn recover(&self) -> Result<(), JobStoreError> {
        for job in self.inner.context.store.ended().await? {
            if let Some(graph) = ExecutionGraph::of_ended(job) {
                self.file_recovered(graph);
            }
        }
        for StoredJob { graph, progress } in self.inner.context.store.recover().await? {
            let (name, id) = (graph.name.clone(), graph.job_id);
            let config = self.job_config(&graph);
            let recovered = self.recovered_graph(&graph, &config, &progress);
            match recovered.map(|execution| execution.with_stored_statistics(&progress.statistics)) {
                Ok(execution) => {
                    info!("Job {name} ({id}) was recovered");
                    let wanted = Arc::new(graph);
                    let graph = execution.graph().clone();
                    let runs_on = execution.status() == JobStatus::Running;
                    let cancelled = progress.cancelled;
                    let deployment = progress.deployment.as_ref();
                    let requirements = deployment.map(|record| record.requirements.clone()).unwrap_or_default();
                    let is_other = *wanted != *graph;
                    let recovered = RecoveredJob { config, graph, progress, runs_on };
                    self.run(execution, JobStart::Recovered(Box::new(recovered)));
                    let Some(master) = self.master(id) else { continue };
                    if is_other {
                        // Somebody has asked for other numbers of subtasks, and the job had not come to run with them.
                        master.graph(GraphEvent::Rescale(wanted, requirements, RescaleCause::UpdateRequirement));
                    }
                    if cancelled {
                        master.graph(GraphEvent::Cancel);
                    }
                }
                Err(problem) => {
                    error!("Job {name} ({id}) cannot be recovered: {problem}");
                    let now = self.inner.context.environment.clock().now_millis();
                    let execution = ExecutionGraph::new(Arc::new(graph), RestartStrategy::Never, now);
                    let failure = Failure::user("the job cannot be recovered with its configuration");
                    self.run(execution, JobStart::Impossible(failure.caused_by(problem)));
                }
            }
        }
        Ok(())
    }

    /// Takes a savepoint in a new folder below `directory`, else below `execution.checkpointing.savepoint-dir`. Answers when it is complete;
    /// when it ends the job, then only when the job is FINISHED.
    pub async fn trigger_savepoint(
        &self,
        job: JobId,
        directory: Option<String>,
        after: AfterSavepoint,
        format: SavepointFormat,
    ) -> Result<CompletedSnapshot, CheckpointError> {
        self.request_snapshot(job, SnapshotRequest::Savepoint { directory, after, format }).await
    }

    /// Takes a checkpoint out of turn; `full`: every file is stored anew. Answers when it is complete.
    pub async fn trigger_checkpoint(&self, job: JobId, full: bool) -> Result<CompletedSnapshot, CheckpointError> {
        self.request_snapshot(job, SnapshotRequest::Checkpoint { full }).await
    }

    /// Deletes a savepoint or a retained checkpoint.
    pub async fn dispose_savepoint(&self, path: &str) -> Result<(), CheckpointError> {
        let failed = |error: StorageError| CheckpointError::Failed(error.to_string());
        let storage = self.inner.context.storages.open(&self.inner.config).map_err(failed)?;
        checkpoint::dispose(&storage, path).await.map_err(failed)
    }

    /// Takes a checkpoint of a job that is to be restarted, so that little is read again; the error says why there is none. It does not wait for tasks
    /// that are not at work: they may lack slots that only come with the restart.
    pub async fn checkpoint_before_restart(&self, job: JobId) -> Result<(), String> {
        let clock = self.inner.context.environment.clock();
        let mut checkpoint = pin!(self.trigger_checkpoint(job, false));
        while self.picture(job).await.is_some_and(|picture| picture.has_tasks_at_work()) {
            if let Either::Left((taken, _)) = select(checkpoint.as_mut(), pin!(clock.sleep(SLOT_POLL))).await {
                return taken.map(|_| ()).map_err(|problem| problem.to_string());
            }
        }
        Err("its tasks are not at work".to_owned())
    }

    async fn request_snapshot(
        &self,
        job: JobId,
        request: SnapshotRequest,
    ) -> Result<CompletedSnapshot, CheckpointError> {
        match self.master(job) {
            Some(master) => master.request_snapshot(request).await,
            None => Err(CheckpointError::UnknownJob(job)),
        }
    }

    /// Cancels a job; none when it is unknown, else its status before. When this returns, it stays cancelled whoever leads.
    pub async fn cancel(&self, job: JobId) -> Result<Option<JobStatus>, JobStoreError> {
        let Some(status) = self.picture(job).await.map(|picture| picture.status()) else { return Ok(None) };
        if let Some(master) = self.master(job) {
            self.keep(&master, || self.inner.context.store.cancel(job)).await?;
            info!("Job {job} is to be cancelled");
            master.graph(GraphEvent::Cancel);
        }
        Ok(Some(status))
    }

    /// Has a job run with other numbers of subtasks, within these bounds and as far as there are slots. When this returns it will, whoever leads.
    pub async fn rescale(
        &self,
        job: JobId,
        requirements: ResourceRequirements,
        cause: RescaleCause,
    ) -> Result<(), RescaleError> {
        let unknown = || RescaleError::UnknownJob(job);
        let master = self.master(job).ok_or_else(unknown)?;
        let picture = master.picture().await.ok_or_else(unknown)?;
        let problems = requirements.problems(picture.graph());
        if !problems.is_empty() {
            return Err(RescaleError::Invalid(problems.join("\n")));
        }
        let graph = requirements.apply(picture.graph(), self.slots_for(&picture).await.max(1));
        graph.validate().map_err(|problem| RescaleError::Invalid(problem.to_string()))?;
        self.keep(&master, || self.inner.context.store.replace(&graph)).await?;
        info!("Job {job} is to be rescaled");
        master.graph(GraphEvent::Rescale(Arc::new(graph), requirements, cause));
        Ok(())
    }

    /// Writes until it is known that it is written: what only may be in the log would come true under the next leader.
    async fn keep<F>(&self, master: &JobMasterHandle, write: impl Fn() -> F) -> Result<(), JobStoreError>
    where
        F: Future<Output = Result<(), JobStoreError>>,
    {
        let context = &self.inner.context;
        let over = || JobStoreError {
            place: "of the group".to_owned(),
            problem: "may not be written: this JobManager does not lead any more".to_owned(),
        };
        context.over.unless_triggered(context.until_stored(master, write)).await.map(drop).ok_or_else(over)
    }

    /// How many slots a job could have: its own and those that are free.
    pub async fn slots_for(&self, picture: &ExecutionGraph) -> u32 {
        let own = picture.expected_slots().count() as u32;
        own + self.inner.context.resource_manager.usage().await.free
    }

    /// Has all jobs leave a TaskManager, behind a checkpoint where they take some. Answers when nothing of them runs there any more and they
    /// have given back its slots; the error says why they stay.
    pub async fn decommission(&self, resource_id: &str) -> Result<(), String> {
        let resource_manager = &self.inner.context.resource_manager;
        let is_there = |job: &ExecutionGraph| job.end_time().is_none() && job.attempts_at(resource_id).next().is_some();
        let jobs: Vec<_> = self.pictures().await.into_iter().filter(|job| is_there(job)).collect();
        let at = |job: &Arc<ExecutionGraph>| {
            let there = job.expected_slots().filter(|slot| slot.task_manager.resource_id == resource_id).count() as u32;
            match self.inner.reactive {
                // It runs on with what it has elsewhere, or with one slot.
                true => u32::from(job.expected_slots().count() as u32 == there),
                false => there,
            }
        };
        let needed: u32 = jobs.iter().map(at).sum();
        let views = resource_manager.task_managers().await;
        let Some(view) = views.iter().find(|view| view.registration.resource_id == resource_id) else {
            return Err(format!("there is no TaskManager {resource_id}"));
        };
        let free_there = view.slots.iter().filter(|owner| owner.is_none()).count() as u32;
        let free = resource_manager.usage().await.free.saturating_sub(free_there);
        if needed > free {
            return Err(format!(
                "its jobs need {needed} slots elsewhere, and {free} are free; start another TaskManager first"
            ));
        }
        resource_manager.drain(resource_id.to_owned());
        for job in jobs {
            let id = job.graph().job_id;
            // What is read again otherwise; without checkpoints there is nothing to go back to anyway.
            if let Err(problem) = self.checkpoint_before_restart(id).await {
                info!("job {id} leaves TaskManager {resource_id} without a checkpoint: {problem}");
            }
            if let Some(master) = self.master(id) {
                master.graph(GraphEvent::Vacate(resource_id.to_owned()));
            }
        }
        let started = self.inner.context.environment.clock().instant();
        while self.pictures().await.iter().any(|job| is_there(job) || job.is_moving()) {
            if started.elapsed() > VACATE_LIMIT {
                return Err(format!("tasks still run there after {} s", VACATE_LIMIT.as_secs()));
            }
            self.inner.context.environment.clock().sleep(SLOT_POLL).await;
        }
        Ok(())
    }

    /// A job as it is now, or as it ended.
    pub async fn picture(&self, job: JobId) -> Option<Arc<ExecutionGraph>> {
        if let Some(master) = self.master(job)
            && let Some(picture) = master.picture().await
        {
            return Some(picture);
        }
        // It has ended, perhaps between the two lines.
        let mut jobs = self.jobs();
        jobs.archive.expire(self.inner.context.environment.clock().now_millis());
        jobs.archive.get(job).cloned()
    }

    /// All jobs: those that run, in the order of their submission, then those that have ended, the latest first.
    pub async fn pictures(&self) -> Vec<Arc<ExecutionGraph>> {
        let ids: Vec<JobId> = {
            let mut jobs = self.jobs();
            jobs.archive.expire(self.inner.context.environment.clock().now_millis());
            let mut ended: Vec<JobId> = jobs.archive.iter().map(|job| job.graph().job_id).collect();
            ended.reverse();
            jobs.running.keys().copied().chain(ended).collect()
        };
        let mut pictures = Vec::with_capacity(ids.len());
        for id in ids {
            pictures.extend(self.picture(id).await);
        }
        pictures
    }

    /// A TaskManager reports on an attempt; false when it should not run (any more).
    pub async fn update_state(&self, update: TaskStateUpdate) -> bool {
        match self.master(update.attempt.job) {
            Some(master) => master.update_state(update).await,
            None => false,
        }
    }

    /// A reader has run dry.
    pub fn request_split(&self, attempt: ExecutionAttemptId, operator: OperatorId) {
        if let Some(master) = self.master(attempt.job) {
            master.request_split(attempt, operator);
        }
    }

    /// A source that aligns with others reports how far it is.
    pub fn report_watermark(&self, attempt: ExecutionAttemptId, operator: OperatorId, watermark: i64) {
        if let Some(master) = self.master(attempt.job) {
            master.report_watermark(attempt, operator, watermark);
        }
    }

    /// A task reports on a checkpoint.
    pub fn report_checkpoint(&self, report: CheckpointReport) {
        if let Some(master) = self.master(report.attempt().job) {
            master.report_checkpoint(report);
        }
    }

    /// Results of a Collect operator for a client; waits at most the request's time for some.
    pub async fn collect(&self, request: CollectRequest) -> Result<CollectResultsResponse, CollectError> {
        let CollectRequest { job, operator, subtask, max_wait, .. } = request;
        let started = self.inner.context.environment.clock().instant();
        let (resource_id, attempt, has_ended) = loop {
            let picture = self.picture(job).await.ok_or(CollectError::UnknownJob(job))?;
            match self.holder_of_results(&picture, operator, subtask)? {
                Some((resource_id, attempt)) => break (resource_id, attempt, picture.end_time().is_some()),
                None if picture.status().is_terminal() => {
                    return Ok(CollectResultsResponse { complete: true, ..CollectResultsResponse::default() });
                }
                None if started.elapsed() >= max_wait => return Ok(CollectResultsResponse::default()),
                None => self.inner.context.environment.clock().sleep(SLOT_POLL.min(max_wait)).await,
            }
        };
        let gateway = self.inner.context.resource_manager.gateway(resource_id.clone()).await;
        let max_wait = max_wait.saturating_sub(started.elapsed());
        let answer = match gateway {
            Some(gateway) => gateway
                .collect_results(CollectRequest { max_wait, ..request }, attempt)
                .await
                .map_err(CollectError::from),
            None => Err(CollectError::Lost(resource_id)),
        };
        let response = match answer {
            // What becomes of the job without its TaskManager is about to be seen: it restarts or fails.
            Err(CollectError::Lost(_) | CollectError::Gateway(GatewayError::Unreachable { .. })) if !has_ended => {
                self.inner.context.environment.clock().sleep(SLOT_POLL).await;
                return Ok(CollectResultsResponse::default());
            }
            answer => answer?,
        };
        if response.complete {
            self.collected(job, operator, subtask);
        }
        Ok(response)
    }

    /// Suspends all jobs, for the JobManager's end.
    pub fn suspend_all(&self) {
        for master in self.jobs().running.values() {
            master.graph(GraphEvent::Suspend);
        }
    }

    /// The cluster's configuration.
    pub fn config(&self) -> &Configuration {
        &self.inner.config
    }

    /// The cluster's configuration with the job's laid over it.
    fn job_config(&self, graph: &JobGraph) -> Configuration {
        let mut config = self.inner.config.clone();
        config.overlay(&Configuration::from_map(graph.config.clone(), Origin::Job));
        config
    }

    fn execution_graph(&self, graph: &JobGraph, config: &Configuration) -> Result<ExecutionGraph, ConfigError> {
        let restart_strategy = RestartStrategy::from_config(config, self.inner.context.environment.random())?;
        let now = self.inner.context.environment.clock().now_millis();
        self.configured(ExecutionGraph::new(Arc::new(graph.clone()), restart_strategy, now), config)
    }

    fn configured(&self, execution: ExecutionGraph, config: &Configuration) -> Result<ExecutionGraph, ConfigError> {
        let history = self.inner.config.get(&options::WEB_CHECKPOINTS_HISTORY)?;
        let rescales = self.inner.config.get(&options::WEB_RESCALE_HISTORY_SIZE)? as usize;
        let failover = config.get(&options::EXECUTION_FAILOVER_STRATEGY)?;
        let execution = execution.with_checkpoint_history(history as usize).with_rescale_history(rescales);
        Ok(execution.with_failover_strategy(failover))
    }

    /// The graph of a job that ran under an earlier JobManager: where that one has left it, or from its beginning.
    fn recovered_graph(
        &self,
        graph: &JobGraph,
        config: &Configuration,
        progress: &StoredProgress,
    ) -> Result<ExecutionGraph, ConfigError> {
        let fresh = || Ok(self.execution_graph(graph, config)?.with_first_attempt(progress.first_attempt()));
        let Some(record) = &progress.deployment else { return fresh() };
        let restart_strategy = RestartStrategy::from_config(config, self.inner.context.environment.random())?;
        let now = self.inner.context.environment.clock().now_millis();
        // Where it runs is not where it is to run, when it was to be rescaled: what runs has to end first, as with any other restart.
        let deployed = Arc::new(record.as_deployed(graph));
        match ExecutionGraph::adopted(deployed, restart_strategy, record, now) {
            Some(execution) => self.configured(execution, config),
            None => fresh(),
        }
    }

    fn run(&self, execution: ExecutionGraph, start: JobStart) {
        let id = execution.graph().job_id;
        let mut jobs = self.jobs();
        jobs.uncollected.add(execution.graph());
        let this = self.clone();
        let ended = move |graph| this.ended(graph);
        let master = JobMasterHandle::start(execution, start, self.inner.context.clone(), ended);
        jobs.running.insert(id, master);
    }

    /// A job that ended under an earlier JobManager. Its results are where they were.
    fn file_recovered(&self, graph: ExecutionGraph) {
        let id = graph.graph().job_id;
        let owes_results = {
            let mut jobs = self.jobs();
            if graph.status() == JobStatus::Finished {
                jobs.uncollected.add(graph.graph());
            }
            let ended_at = graph.end_time().unwrap_or_default();
            jobs.archive.insert(graph, ended_at);
            jobs.uncollected.contains(id)
        };
        if owes_results {
            self.inner.context.resource_manager.keep_results(id);
            self.release(id, owes_results);
        }
    }

    fn ended(&self, graph: ExecutionGraph) {
        let (id, status) = (graph.graph().job_id, graph.status());
        let owes_results = {
            let mut jobs = self.jobs();
            jobs.running.shift_remove(&id);
            jobs.archive.insert(graph, self.inner.context.environment.clock().now_millis());
            if status == JobStatus::Canceled {
                jobs.uncollected.forget(id);
            }
            jobs.uncollected.contains(id)
        };
        // A suspended job may run again: it stays in the store, and its tasks were cancelled with it.
        if status.is_terminal() {
            self.release(id, owes_results);
        }
    }

    /// Has TaskManagers forget a job that has ended, when its results were fetched or nobody fetches them.
    fn release(&self, id: JobId, owes_results: bool) {
        let this = self.clone();
        let shutdown = self.inner.context.shutdown.clone();
        let environment = self.inner.context.environment.clone();
        let clock = environment.clock().clone();
        environment.spawn(async move {
            if owes_results && shutdown.unless_triggered(clock.sleep(RESULT_RETENTION)).await.is_some() {
                this.jobs().uncollected.forget(id);
            }
            this.inner.context.resource_manager.release_job(id);
        });
    }

    /// A client has all results of a subtask; the last one lets the TaskManagers forget a job that has ended.
    fn collected(&self, job: JobId, operator: OperatorId, subtask: u32) {
        let mut jobs = self.jobs();
        jobs.uncollected.collected(job, operator, subtask);
        if !jobs.uncollected.contains(job) && jobs.archive.get(job).is_some() {
            self.inner.context.resource_manager.release_job(job);
        }
    }

    /// The TaskManager where a subtask of a Collect operator runs or ran, and which attempt; none when it was not deployed yet.
    fn holder_of_results(
        &self,
        picture: &ExecutionGraph,
        operator: OperatorId,
        subtask: u32,
    ) -> Result<Option<(String, u32)>, CollectError> {
        let graph = picture.graph();
        let unknown = || CollectError::UnknownOperator { job: graph.job_id, operator, subtask };
        let is_collect =
            |op: &dataflow::OperatorDescriptor| op.id == operator && matches!(op.spec, OperatorSpec::Collect);
        let vertex = graph.vertices.iter().position(|vertex| vertex.operators.iter().any(is_collect));
        let execution = vertex
            .and_then(|index| picture.vertices()[index].executions().get(subtask as usize))
            .ok_or_else(unknown)?;
        Ok(execution.slot().map(|slot| (slot.task_manager.resource_id.clone(), execution.id().attempt)))
    }

    fn master(&self, job: JobId) -> Option<JobMasterHandle> {
        self.jobs().running.get(&job).cloned()
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.inner.jobs.lock().expect("no code panics while it holds the lock on the jobs")
    }
}
