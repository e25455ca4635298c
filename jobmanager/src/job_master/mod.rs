//! The JobMaster: runs one job. An event loop around its [`ExecutionGraph`](crate::scheduling::ExecutionGraph), which decides; this carries out.
//!
//! One tokio task for the loop, one for each source (it finds splits), one for each TaskManager (it sends to it, in order). A job that another
//! JobManager ran waits in CREATED until its checkpoints are read.

mod adoption;
mod checkpoint_events;
mod checkpoints;
mod event_loop;
mod outbox;
mod recovery;
mod sources;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use common::backoff::{Backoff, BackoffPolicy};
use common::environment::Environment;
use common::shutdown::Shutdown;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::{TaskMetricsSnapshot, TaskStateUpdate};
use dataflow::{ExecutionAttemptId, Failure, JobId, LeaderEpoch, OperatorId, Split};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, info_span, warn};

use crate::checkpointing::{
    CheckpointError, CheckpointEvent, CompletedSnapshot, JobCheckpointing, SnapshotRequest, Storages,
};
use crate::gateway::TaskManagerGateway;
use crate::job_store::{JobStore, JobStoreError};
use crate::resource_manager::{Reconciliation, ResourceManagerHandle};
use crate::scheduling::{ExecutionGraph, GraphEvent, SlotLocation};

pub use recovery::RecoveredJob;

/// Pauses between tries of what only time or somebody else can mend.
const RETRIES: BackoffPolicy = BackoffPolicy {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(30),
    multiplier: 2.0,
    jitter_factor: 0.1,
};

/// A slot and the way to its TaskManager.
#[derive(Clone)]
pub struct GrantedSlot {
    /// The slot.
    pub location: SlotLocation,
    /// The way there.
    pub gateway: Arc<dyn TaskManagerGateway>,
}

/// What a job master needs of the JobManager.
#[derive(Clone)]
pub struct JobMasterContext {
    /// Under which epoch it commands.
    pub epoch: LeaderEpoch,
    /// Time, chance, and who runs what happens beside the event loops.
    pub environment: Environment,
    /// Where checkpoints are stored.
    pub storages: Storages,
    /// Where slots come from.
    pub resource_manager: ResourceManagerHandle,
    /// Where it is kept which checkpoints are complete.
    pub store: Arc<dyn JobStore>,
    /// Counts the event loops, so that the JobManager can wait for their ends.
    pub shutdown: Shutdown,
    /// Triggered when this JobManager does not lead any more: jobs are left as they are.
    pub over: Shutdown,
}

impl JobMasterContext {
    /// Writes to the job store again and again until it says that it has; none when the job has ended before. The store cannot be asked what it
    /// has, and everything that is written to it may be written twice.
    pub async fn until_stored<F>(&self, master: &JobMasterHandle, write: impl Fn() -> F) -> Option<()>
    where
        F: Future<Output = Result<(), JobStoreError>>,
    {
        let mut pauses = Backoff::new(RETRIES, self.environment.random());
        while let Err(error) = write().await {
            warn!("job {} waits for the job store: {error}", master.job());
            if master.is_closed() {
                return None;
            }
            self.environment.clock().sleep(pauses.next_delay()).await;
        }
        Some(())
    }
}

/// What a job starts from.
pub enum JobStart {
    /// It was just submitted.
    Submitted(Box<JobCheckpointing>),
    /// It ran under an earlier JobManager, and may run on.
    Recovered(Box<RecoveredJob>),
    /// It cannot start.
    Impossible(Failure),
}

/// A job master's mailbox; clones share it.
#[derive(Debug, Clone)]
pub struct JobMasterHandle {
    job: JobId,
    mailbox: mpsc::UnboundedSender<Message>,
}

/// What a job master is told.
enum Message {
    Graph(GraphEvent),
    /// What the job goes on from is read.
    Recovered(Box<JobCheckpointing>),
    UpdateState {
        update: Box<TaskStateUpdate>,
        known: oneshot::Sender<bool>,
    },
    RequestSplit {
        attempt: ExecutionAttemptId,
        operator: OperatorId,
    },
    Watermark {
        attempt: ExecutionAttemptId,
        operator: OperatorId,
        watermark: i64,
    },
    /// The readers of a source are to be told how far they may go.
    AlignmentDue {
        operator: OperatorId,
        round: u64,
    },
    Checkpoint(Box<CheckpointReport>),
    CheckpointEvent(CheckpointEvent),
    Published {
        checkpoint_id: u64,
        /// Bytes of the metadata.
        result: Result<u64, Failure>,
    },
    RequestSnapshot {
        request: SnapshotRequest,
        answer: oneshot::Sender<Result<CompletedSnapshot, CheckpointError>>,
    },
    SplitsDiscovered {
        operator: OperatorId,
        round: u64,
        found: Result<DiscoveredSplits, Failure>,
    },
    /// It is safe where these attempts run: they can be sent there.
    DeploymentStored(Vec<ExecutionAttemptId>),
    SlotsGranted {
        request: u64,
        slots: Vec<GrantedSlot>,
    },
    Metrics(Vec<(ExecutionAttemptId, TaskMetricsSnapshot)>),
    Reconcile(Box<Reconciliation>),
    Picture(oneshot::Sender<Arc<ExecutionGraph>>),
}

/// What an enumerator has found.
struct DiscoveredSplits {
    splits: Vec<Split>,
    complete: bool,
    /// The enumerator's state behind them.
    enumerator: Result<serde_json::Value, Failure>,
}

impl JobMasterHandle {
    /// Starts a job. `ended` is called once, with the last picture of the job.
    pub fn start(
        graph: ExecutionGraph,
        start: JobStart,
        context: JobMasterContext,
        ended: impl FnOnce(ExecutionGraph) + Send + 'static,
    ) -> Self {
        let (mailbox, messages) = mpsc::unbounded_channel();
        let handle = JobMasterHandle { job: graph.graph().job_id, mailbox };
        let runs_on = matches!(&start, JobStart::Recovered(job) if job.runs_on);
        if runs_on {
            let slots: Vec<SlotLocation> = graph.expected_slots().cloned().collect();
            context.resource_manager.claim_slots(handle.clone(), slots);
        }
        let checkpointing = match start {
            JobStart::Submitted(checkpointing) => {
                handle.graph(GraphEvent::Start);
                Some(*checkpointing)
            }
            JobStart::Recovered(job) => {
                context.environment.spawn(recovery::recover(*job, context.clone(), handle.clone()));
                None
            }
            JobStart::Impossible(failure) => {
                handle.graph(GraphEvent::CoordinatorFailed(failure.fatal()));
                None
            }
        };
        let (masters, environment) = (context.shutdown.clone(), context.environment.clone());
        let span = info_span!("job", job = %graph.graph().job_id, name = graph.graph().name);
        let event_loop = event_loop::run(graph, checkpointing, runs_on, context, handle.clone(), messages, ended);
        environment.spawn(masters.track(event_loop.instrument(span)));
        handle
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// Something that the execution graph decides on.
    pub fn graph(&self, event: GraphEvent) {
        self.send(Message::Graph(event));
    }

    /// A TaskManager reports on an attempt; false when the attempt is not one that runs (any more).
    pub async fn update_state(&self, update: TaskStateUpdate) -> bool {
        let (known, answered) = oneshot::channel();
        self.send(Message::UpdateState { update: Box::new(update), known });
        answered.await.unwrap_or(false)
    }

    /// A reader has run dry.
    pub fn request_split(&self, attempt: ExecutionAttemptId, operator: OperatorId) {
        self.send(Message::RequestSplit { attempt, operator });
    }

    /// A source that aligns with others reports how far it is, ms since the epoch.
    pub fn report_watermark(&self, attempt: ExecutionAttemptId, operator: OperatorId, watermark: i64) {
        self.send(Message::Watermark { attempt, operator, watermark });
    }

    /// A task reports on a checkpoint.
    pub fn report_checkpoint(&self, report: CheckpointReport) {
        self.send(Message::Checkpoint(Box::new(report)));
    }

    /// Asks for a checkpoint or savepoint; answers when it is complete, or, if it ends the job, when the job has ended.
    pub async fn request_snapshot(&self, request: SnapshotRequest) -> Result<CompletedSnapshot, CheckpointError> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::RequestSnapshot { request, answer });
        answered.await.unwrap_or_else(|_| Err(CheckpointError::Failed("the job has ended".to_owned())))
    }

    /// The slots that the job asked for with this request.
    pub fn slots_granted(&self, request: u64, slots: Vec<GrantedSlot>) {
        self.send(Message::SlotsGranted { request, slots });
    }

    /// Counters of attempts.
    pub fn metrics(&self, counters: Vec<(ExecutionAttemptId, TaskMetricsSnapshot)>) {
        self.send(Message::Metrics(counters));
    }

    /// A TaskManager has come back.
    pub fn reconcile(&self, reconciliation: Reconciliation) {
        self.send(Message::Reconcile(Box::new(reconciliation)));
    }

    /// The job as it is now; none when its master has just ended.
    pub async fn picture(&self) -> Option<Arc<ExecutionGraph>> {
        let (picture, answered) = oneshot::channel();
        self.send(Message::Picture(picture));
        answered.await.ok()
    }

    /// Whether the job has ended.
    fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// A mailbox that nobody reads is that of a job that has ended: there is nothing left to tell.
    fn send(&self, message: Message) {
        let _ = self.mailbox.send(message);
    }
}
