//! `Reporter`: tells the JobManager what happens to tasks, in order, and again until it has heard.
//!
//! What belongs to an epoch that is gone is told to nobody.

use std::sync::Arc;
use std::time::Duration;

use common::backoff::{Backoff, BackoffPolicy};
use common::random::Random;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, ExecutionState, LeaderEpoch, OperatorId};
use runtime::{TaskEvents, TaskExecutor};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::attempts::Attempts;
use crate::gateway::{JobManagerGateway, Unreachable};

/// Pauses while the JobManager does not answer.
const RETRIES: BackoffPolicy = BackoffPolicy {
    initial: Duration::from_millis(50),
    max: Duration::from_secs(2),
    multiplier: 2.0,
    jitter_factor: 0.1,
};

/// Something that happened to a task.
enum Event {
    State(Box<TaskStateUpdate>),
    Split(ExecutionAttemptId, OperatorId),
    Checkpoint(Box<CheckpointReport>),
}

/// The queue that tasks put events into; clones are the same queue.
#[derive(Clone)]
pub(crate) struct Reporter {
    events: mpsc::UnboundedSender<(LeaderEpoch, Event)>,
}

/// The queue for the tasks of one epoch. A job that is recovered has attempts of the same names as before, so a name alone does not tell
/// a late word of an old task from a word of the new one.
struct EpochReporter {
    epoch: LeaderEpoch,
    reporter: Reporter,
}

/// The other end, until it runs.
pub(crate) struct ReporterWorker {
    events: mpsc::UnboundedReceiver<(LeaderEpoch, Event)>,
}

impl Reporter {
    /// A queue and who empties it.
    pub(crate) fn new() -> (Self, ReporterWorker) {
        let (events, receiver) = mpsc::unbounded_channel();
        (Reporter { events }, ReporterWorker { events: receiver })
    }

    /// Where tasks that are submitted under an epoch tell what happens to them.
    pub(crate) fn of_epoch(&self, epoch: LeaderEpoch) -> Arc<dyn TaskEvents> {
        Arc::new(EpochReporter { epoch, reporter: self.clone() })
    }
}

impl EpochReporter {
    fn send(&self, event: Event) {
        // Without a worker the TaskManager is at its end.
        let _ = self.reporter.events.send((self.epoch, event));
    }
}

impl TaskEvents for EpochReporter {
    fn state_changed(&self, update: TaskStateUpdate) {
        self.send(Event::State(Box::new(update)));
    }

    fn request_split(&self, attempt: ExecutionAttemptId, operator: OperatorId) {
        self.send(Event::Split(attempt, operator));
    }

    fn checkpoint(&self, report: CheckpointReport) {
        self.send(Event::Checkpoint(Box::new(report)));
    }
}

impl ReporterWorker {
    /// Tells everything to the JobManager of the current epoch, until the last task and the TaskManager are gone.
    pub(crate) async fn run(
        mut self,
        gateway: Arc<dyn JobManagerGateway>,
        executor: TaskExecutor,
        attempts: Attempts,
        epoch: watch::Receiver<Option<LeaderEpoch>>,
    ) {
        while let Some((of, event)) = self.events.recv().await {
            let id = match &event {
                Event::State(update) => update.attempt,
                Event::Split(attempt, _) => *attempt,
                Event::Checkpoint(report) => report.attempt(),
            };
            let Some(attempt) = attempts.get(id).filter(|attempt| attempt.epoch == of) else { continue };
            log(&event, &attempt.vertex_name);
            let told = tell(&event, of, gateway.as_ref(), epoch.clone()).await;
            if let Event::State(update) = &event {
                if update.state.is_terminal() {
                    attempts.remove(id, of);
                } else if told == Some(false) && attempts.get(id).is_some_and(|attempt| attempt.epoch == of) {
                    info!("the JobManager no longer wants {id}: cancelling it");
                    executor.cancel(id);
                }
            }
        }
    }
}

/// Tells an event until it was heard; whether the attempt is wanted, or none when its epoch is gone.
async fn tell(
    event: &Event,
    of: LeaderEpoch,
    gateway: &dyn JobManagerGateway,
    epoch: watch::Receiver<Option<LeaderEpoch>>,
) -> Option<bool> {
    let mut backoff = Backoff::new(RETRIES, Random::from_system());
    loop {
        if epoch.borrow().is_some_and(|current| current != of) {
            return None;
        }
        let told: Result<bool, Unreachable> = match event {
            Event::State(update) => gateway.update_task_state(of, update).await,
            Event::Split(attempt, operator) => gateway.request_split(of, *attempt, *operator).await.map(|()| true),
            Event::Checkpoint(report) => gateway.report_checkpoint(of, report).await.map(|()| true),
        };
        match told {
            Ok(known) => return Some(known),
            Err(why) => {
                debug!("the JobManager has not heard of a task: {why}");
                tokio::time::sleep(backoff.next_delay()).await;
            }
        }
    }
}

fn log(event: &Event, vertex: &str) {
    let Event::State(update) = event else { return };
    let id = update.attempt;
    let task = format!("{vertex} [subtask {}, attempt {}] of job {}", id.subtask, id.attempt, id.job);
    match &update.failure {
        Some(failure) => warn!("{task} is {}: {}", update.state, failure.one_line()),
        None if update.state == ExecutionState::Running => info!("{task} is {}", update.state),
        // The ends are told by the task itself.
        None => debug!("{task} is {}", update.state),
    }
}
