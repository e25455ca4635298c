//! The TaskExecutor: runs tasks, each on a thread of its own, and moves data between them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataflow::checkpoint::{CheckpointLocation, CheckpointNotice};
use dataflow::deployment::{TaskDeploymentDescriptor, TaskManagerReport};
use dataflow::metrics::TaskMetricsReport;
use dataflow::{ExecutionAttemptId, Failure, JobId, OperatorId, Split, StateStorage};
use proto::v1::CollectResultsResponse;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tonic::transport::Server;

use crate::checkpointing::SnapshotWriter;
use crate::events::TaskEvents;
use crate::exchange::ExchangeService;
use crate::exchange::peers::Peers;
use crate::exchange::registry::PartitionRegistry;
use crate::metrics::{ExchangeUse, TaskMetrics};
use crate::results::{ResultStores, ResultsRequest};
use crate::sampling::{PAUSE, SampledPlace, Samples};
use crate::settings::TaskExecutorSettings;
use crate::state_services::StateServices;
use crate::task::{AddSplits, Mail, Mailbox, TaskBuilder, TaskThread};

const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Runs the tasks of one TaskManager. Clones share it.
#[derive(Clone)]
pub struct TaskExecutor {
    inner: Arc<Inner>,
}

struct Inner {
    settings: TaskExecutorSettings,
    registry: Arc<PartitionRegistry>,
    peers: Arc<Peers>,
    results: Arc<ResultStores>,
    snapshots: SnapshotWriter,
    state: StateServices,
    tasks: Mutex<HashMap<ExecutionAttemptId, RunningTask>>,
    shutdown: watch::Sender<bool>,
}

struct RunningTask {
    mailbox: Arc<Mailbox>,
    metrics: Arc<TaskMetrics>,
}

impl TaskExecutor {
    /// An executor whose exchange listens on `listener`, the address that other TaskManagers are told as this one's data address.
    /// Must be called inside a tokio runtime; connections are served there.
    pub fn start(settings: TaskExecutorSettings, listener: TcpListener) -> Self {
        let handle = Handle::current();
        let registry = Arc::new(PartitionRegistry::default());
        let (shutdown, mut down) = watch::channel(false);
        let service = ExchangeService::server(registry.clone(), down.clone());
        let incoming = settings.internal.incoming(listener);
        handle.spawn(async move {
            let served = Server::builder()
                .http2_keepalive_interval(Some(KEEP_ALIVE))
                .http2_keepalive_timeout(Some(KEEP_ALIVE))
                .add_service(service)
                .serve_with_incoming_shutdown(incoming, async move {
                    // An executor that was dropped is down too.
                    let _ = down.wait_for(|down| *down).await;
                });
            if let Err(error) = served.await {
                tracing::error!("the exchange has stopped: {error}");
            }
        });
        let peers = Arc::new(Peers::new(handle.clone(), settings.internal.clone()));
        let state = StateServices::new(&settings, handle.clone());
        handle.spawn(state.measure(shutdown.subscribe()));
        let (storage, runtime) = (settings.storage.clone(), handle);
        let storage_of = move |location: &CheckpointLocation| -> Box<dyn StateStorage> {
            Box::new(storage.checkpoint(location.clone(), runtime.clone()))
        };
        let snapshots = SnapshotWriter::new(settings.clock.clone(), Box::new(storage_of));
        let inner = Inner {
            settings,
            registry,
            peers,
            results: Arc::default(),
            snapshots,
            state,
            tasks: Mutex::default(),
            shutdown,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts a task. Returns at once; everything that happens to it from now on, failures to build it included, is told to `events`.
    /// An error means that it was not taken: the attempt runs already, or no thread is to be had.
    pub fn deploy(&self, mut descriptor: TaskDeploymentDescriptor, events: Arc<dyn TaskEvents>) -> Result<(), Failure> {
        let inner = &self.inner;
        for (key, value) in &inner.settings.job_defaults {
            descriptor.config.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let attempt = descriptor.attempt;
        let (signal, waker) = TaskThread::signal();
        let mailbox = Arc::new(Mailbox::new(inner.settings.clock.clone(), waker.clone()));
        let metrics = Arc::new(TaskMetrics::new(inner.settings.clock.instant()));
        let mut tasks = self.tasks();
        if tasks.contains_key(&attempt) {
            return Err(Failure::internal(format!("attempt {attempt} runs already")));
        }
        // Here and not on the task's thread, so that consumers find the partitions as soon as possible.
        let outputs = descriptor.outputs.iter();
        let queues = outputs.map(|output| {
            let shared = inner.settings.floating_buffers_per_gate / output.num_subpartitions.max(1);
            let capacity = inner.settings.buffers_per_channel + shared.max(1);
            inner.registry.register(output.partition, output.num_subpartitions, capacity as usize)
        });
        let builder = TaskBuilder {
            queues: queues.collect(),
            descriptor,
            settings: inner.settings.clone(),
            registry: inner.registry.clone(),
            peers: inner.peers.clone(),
            results: inner.results.clone(),
            snapshots: inner.snapshots.clone(),
            state: inner.state.clone(),
            events,
            metrics: metrics.clone(),
            mailbox: mailbox.clone(),
            waker,
        };
        let executor = self.clone();
        let ended = move || {
            executor.tasks().remove(&attempt);
        };
        // The thread cannot end before it is in the map: to leave the map it needs the lock that is held here.
        TaskThread::spawn(builder, signal, ended)
            .map_err(|error| Failure::external("a task needs a thread, and the system gives none").caused_by(error))?;
        tasks.insert(attempt, RunningTask { mailbox, metrics });
        Ok(())
    }

    /// Cancels a task; its end is told by [`TaskEvents::state_changed`]. False when no such attempt runs, which is no error.
    pub fn cancel(&self, attempt: ExecutionAttemptId) -> bool {
        self.send(attempt, Mail::Cancel)
    }

    /// Gives splits to a source of a running attempt; `no_more_splits` tells its reader that these are the last. False when no such attempt runs.
    pub fn add_splits(
        &self,
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        splits: Vec<Split>,
        no_more_splits: bool,
    ) -> bool {
        self.send(attempt, Mail::AddSplits(AddSplits { operator, splits, no_more_splits }))
    }

    /// Tells the source of a running attempt which watermark it should not pass, ms since the epoch. False when no such attempt runs.
    pub fn align_watermarks(&self, attempt: ExecutionAttemptId, limit: i64) -> bool {
        self.send(attempt, Mail::AlignWatermarks(limit))
    }

    /// Tells a task of a checkpoint. False when no such attempt runs, which is no error.
    pub fn notify_checkpoint(&self, attempt: ExecutionAttemptId, notice: CheckpointNotice) -> bool {
        self.send(attempt, Mail::Checkpoint(notice))
    }

    fn send(&self, attempt: ExecutionAttemptId, mail: Mail) -> bool {
        let mailbox = self.tasks().get(&attempt).map(|task| task.mailbox.clone());
        let Some(mailbox) = mailbox else { return false };
        mailbox.send(mail);
        true
    }

    /// Result batches of a Collect operator from the request's offset on, as they go over the wire; those before are dropped. Waits while there is
    /// nothing, also for an attempt that is not deployed yet. An error when the offset was dropped before.
    pub async fn collect(&self, request: ResultsRequest) -> Result<CollectResultsResponse, Failure> {
        self.inner.results.collect(request).await
    }

    /// The job has ended: its partitions and results go. Tasks of it that still run are cancelled.
    pub fn release_job(&self, job: JobId) {
        let tasks: Vec<ExecutionAttemptId> =
            self.tasks().keys().filter(|attempt| attempt.job == job).copied().collect();
        for attempt in tasks {
            self.cancel(attempt);
        }
        self.inner.registry.release_job(job);
        self.inner.results.release_job(job);
        self.inner.state.local.release_job(job);
    }

    /// The attempts that run, for a registration.
    pub fn running(&self) -> Vec<ExecutionAttemptId> {
        self.tasks().keys().copied().collect()
    }

    /// Looks for that long what the tasks that run are at.
    pub async fn sample(&self, duration: Duration) -> Vec<(ExecutionAttemptId, Vec<SampledPlace>)> {
        let mut samples = Samples::default();
        let mut parts = HashMap::new();
        let end = tokio::time::Instant::now() + duration;
        let mut ticks = tokio::time::interval(PAUSE);
        // On a busy machine there are fewer samples, and not several at once.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while tokio::time::Instant::now() < end {
            ticks.tick().await;
            for (attempt, task) in self.tasks().iter() {
                samples.add(*attempt, task.metrics.activity());
                parts.entry(*attempt).or_insert_with(|| task.metrics.parts());
            }
        }
        samples.named(|attempt| parts.get(&attempt).cloned().unwrap_or_default())
    }

    /// Counters of all running tasks, and jobs with uncollected results; `resident_memory` is left 0 for the caller to fill.
    pub fn report(&self) -> TaskManagerReport {
        let now = self.inner.settings.clock.instant();
        let tasks = self.tasks().iter().map(|(attempt, task)| (*attempt, task.metrics.snapshot(now))).collect();
        TaskManagerReport {
            tasks,
            resident_memory: 0,
            state_memory: self.inner.state.memory.used(),
            state_on_disk: self.inner.state.on_disk.load(Ordering::Relaxed),
            jobs_with_results: self.inner.results.uncollected(),
        }
    }

    /// All metrics of all tasks, and what waits in their exchange.
    pub fn metrics(&self) -> (Vec<TaskMetricsReport>, ExchangeUse) {
        let clock = &self.inner.settings.clock;
        let (now, now_ms) = (clock.instant(), clock.now_millis());
        let tasks: Vec<_> = self.tasks().iter().map(|(attempt, task)| (*attempt, task.metrics.clone())).collect();
        let exchange = tasks.iter().map(|(_, metrics)| metrics.output_use().and(metrics.input_use()));
        let exchange = exchange.fold(ExchangeUse::default(), ExchangeUse::and);
        (tasks.iter().map(|(attempt, metrics)| metrics.report(*attempt, now, now_ms)).collect(), exchange)
    }

    /// Cancels all tasks, waits until their threads have ended or `grace` has passed, and closes the exchange.
    pub async fn shutdown(&self, grace: Duration) {
        let deadline = tokio::time::Instant::now() + grace;
        for attempt in self.running() {
            self.cancel(attempt);
        }
        while !self.tasks().is_empty() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.inner.snapshots.close();
        self.inner.shutdown.send_replace(true);
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<ExecutionAttemptId, RunningTask>> {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
