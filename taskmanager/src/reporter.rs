//! `Reporter`: tells the JobManager what happens to tasks, in order, and again until one has heard, whichever leads then.

use std::sync::Arc;
use std::time::Duration;

use common::backoff::{Backoff, BackoffPolicy};
use common::environment::Environment;
use dataflow::checkpoint::CheckpointReport;
use dataflow::deployment::TaskStateUpdate;
use dataflow::{ExecutionAttemptId, ExecutionState, LeaderEpoch, OperatorId};
use runtime::TaskEvents;
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use crate::attempts::Attempts;
use crate::fence::Fence;
use crate::gateway::{JobManagerGateway, Unreachable};
use crate::tasks::Tasks;

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
    /// Told once: the next one is soon there.
    Watermark(ExecutionAttemptId, OperatorId, i64),
    Checkpoint(Box<CheckpointReport>),
}

/// An event and the submission of the task that it is of.
type Told = (u64, Event);

/// The queue that tasks put events into; clones are the same queue.
#[derive(Clone)]
pub(crate) struct Reporter {
    events: mpsc::UnboundedSender<Told>,
    attempts: Attempts,
}

/// The queue for one task.
struct TaskReporter {
    submission: u64,
    reporter: Reporter,
}

/// The other end, until it runs.
pub(crate) struct ReporterWorker {
    events: mpsc::UnboundedReceiver<Told>,
    attempts: Attempts,
}

impl Reporter {
    /// A queue and who empties it.
    pub(crate) fn new(attempts: Attempts) -> (Self, ReporterWorker) {
        let (events, receiver) = mpsc::unbounded_channel();
        (Reporter { events, attempts: attempts.clone() }, ReporterWorker { events: receiver, attempts })
    }

    /// Where the task of a submission tells what happens to it.
    pub(crate) fn of_submission(&self, submission: u64) -> Arc<dyn TaskEvents> {
        Arc::new(TaskReporter { submission, reporter: self.clone() })
    }
}

impl TaskReporter {
    fn send(&self, event: Event) {
        // Without a worker the TaskManager is at its end.
        let _ = self.reporter.events.send((self.submission, event));
    }
}

/// What another JobManager would have to know is noted before it is told to this one.
impl TaskEvents for TaskReporter {
    fn state_changed(&self, update: TaskStateUpdate) {
        self.reporter.attempts.note_state(update.attempt, self.submission, update.state);
        self.send(Event::State(Box::new(update)));
    }

    fn request_split(&self, attempt: ExecutionAttemptId, operator: OperatorId) {
        self.reporter.attempts.note_request(attempt, self.submission, operator);
        self.send(Event::Split(attempt, operator));
    }

    fn watermark(&self, attempt: ExecutionAttemptId, operator: OperatorId, watermark: i64) {
        self.reporter.attempts.note_watermark(attempt, self.submission, operator, watermark);
        self.send(Event::Watermark(attempt, operator, watermark));
    }

    fn checkpoint(&self, report: CheckpointReport) {
        if let CheckpointReport::EndOfData(attempt) = &report {
            self.reporter.attempts.note_end_of_data(*attempt, self.submission);
        }
        self.send(Event::Checkpoint(Box::new(report)));
    }
}

impl Event {
    fn attempt(&self) -> ExecutionAttemptId {
        match self {
            Event::State(update) => update.attempt,
            Event::Split(attempt, _) | Event::Watermark(attempt, ..) => *attempt,
            Event::Checkpoint(report) => report.attempt(),
        }
    }
}

impl ReporterWorker {
    /// Tells everything to the JobManager that leads, until the last task and the TaskManager are gone.
    pub(crate) async fn run(
        mut self,
        gateway: Arc<dyn JobManagerGateway>,
        executor: Arc<dyn Tasks>,
        fence: Fence,
        environment: Environment,
    ) {
        while let Some((submission, event)) = self.events.recv().await {
            let id = event.attempt();
            let Some(attempt) = self.attempts.get(id).filter(|attempt| attempt.submission == submission) else {
                continue;
            };
            log(&event, &attempt.vertex_name);
            let told = self.tell(&event, submission, gateway.as_ref(), &fence, &environment).await;
            if let Event::State(update) = &event {
                if update.state.is_terminal() {
                    self.attempts.remove(id, submission);
                } else if told == Some(false) && self.attempts.has(id, submission) {
                    info!("the JobManager no longer wants {id}: cancelling it");
                    executor.cancel(id);
                }
            }
        }
    }

    /// Tells an event until it was heard, whoever leads then; whether the attempt is wanted, or none when nobody wants to hear of it.
    async fn tell(
        &self,
        event: &Event,
        submission: u64,
        gateway: &dyn JobManagerGateway,
        fence: &Fence,
        environment: &Environment,
    ) -> Option<bool> {
        let mut backoff = Backoff::new(RETRIES, environment.random());
        while self.attempts.has(event.attempt(), submission) {
            let current = fence.current();
            let once = matches!(event, Event::Watermark(..));
            let Some(epoch) = current else {
                if once {
                    return None;
                }
                fence.changed_from(None).await;
                continue;
            };
            // An answer of one that leads no more is not waited for.
            let told = tokio::select! {
                biased;
                told = tell_once(event, epoch, gateway) => told,
                () = fence.changed_from(current) => continue,
            };
            match told {
                Ok(known) => return Some(known),
                Err(_) if once => return None,
                Err(why) => {
                    debug!("the JobManager has not heard of a task: {why}");
                    tokio::select! {
                        biased;
                        () = environment.clock().sleep(backoff.next_delay()) => {}
                        () = fence.changed_from(current) => {}
                    }
                }
            }
        }
        None
    }
}

async fn tell_once(event: &Event, epoch: LeaderEpoch, gateway: &dyn JobManagerGateway) -> Result<bool, Unreachable> {
    match event {
        Event::State(update) => gateway.update_task_state(epoch, update).await,
        Event::Split(attempt, operator) => gateway.request_split(epoch, *attempt, *operator).await.map(|()| true),
        Event::Watermark(attempt, operator, watermark) => {
            gateway.report_watermark(epoch, *attempt, *operator, *watermark).await.map(|()| true)
        }
        Event::Checkpoint(report) => gateway.report_checkpoint(epoch, report).await.map(|()| true),
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
