//! `Connection`: keeps the TaskManager registered at the JobManager.
//!
//! ```text
//!            accepted                 stream ends, silence, "unknown"
//! Registering -------> heartbeats -----------------------------------> Registering
//!      | taskmanager.registration.timeout
//!      v
//!    given up
//! ```
//!
//! While the JobManager is away, tasks run on. When one answers that commands under another epoch, the tasks of the old one end first.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::backoff::{Backoff, BackoffPolicy};
use common::random::Random;
use dataflow::deployment::{TaskManagerRegistration, TaskManagerReport};
use dataflow::{JobId, LeaderEpoch};
use runtime::TaskExecutor;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

use crate::attempts::Attempts;
use crate::error::TaskManagerError;
use crate::gateway::{HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer};
use crate::machine;

/// How often counters are sent while tasks run, when heartbeats are rarer.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);
/// How long tasks of an epoch that is gone may take to end.
const OLD_TASKS_LIMIT: Duration = Duration::from_secs(15);
const OLD_TASKS_POLL: Duration = Duration::from_millis(10);

/// The times that a connection goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionSettings {
    /// `taskmanager.registration.timeout`.
    pub(crate) registration_timeout: Duration,
    /// Pauses between tries.
    pub(crate) retries: BackoffPolicy,
    /// `cluster.registration.refused-registration-delay`.
    pub(crate) refused_delay: Duration,
}

/// Keeps the TaskManager registered.
pub(crate) struct Connection {
    pub(crate) gateway: Arc<dyn JobManagerGateway>,
    /// `host:port`, for messages.
    pub(crate) jobmanager: String,
    /// As it registers, without what it runs.
    pub(crate) registration: TaskManagerRegistration,
    pub(crate) settings: ConnectionSettings,
    pub(crate) executor: TaskExecutor,
    pub(crate) attempts: Attempts,
    /// Where the current epoch is announced.
    pub(crate) epoch: watch::Sender<Option<LeaderEpoch>>,
}

impl Connection {
    /// Runs until it gives up; the answer is why.
    pub(crate) async fn run(self) -> TaskManagerError {
        loop {
            let membership = match self.register().await {
                Ok(membership) => membership,
                Err(error) => return error,
            };
            let why = self.stay(membership).await;
            warn!("the connection to the JobManager {} was lost: {why}; registering again", self.jobmanager);
        }
    }

    /// Registers, trying again and again until the time is over.
    async fn register(&self) -> Result<Membership, TaskManagerError> {
        let started = Instant::now();
        let mut backoff = Backoff::new(self.settings.retries, Random::from_system());
        loop {
            let registration = TaskManagerRegistration { running: self.attempts.ids(), ..self.registration.clone() };
            let (why, pause) = match self.gateway.register(&registration).await {
                Ok(RegistrationAnswer::Accepted(membership)) => {
                    self.enter(membership.epoch).await;
                    info!("registered at the JobManager {} as {}", self.jobmanager, registration.resource_id);
                    return Ok(membership);
                }
                Ok(RegistrationAnswer::Refused(why)) => {
                    warn!("the JobManager {} refused the registration: {why}", self.jobmanager);
                    (why, self.settings.refused_delay)
                }
                Err(why) => (why.to_string(), backoff.next_delay()),
            };
            if backoff.attempts() == 1 {
                info!("the JobManager {} does not answer yet: {why}", self.jobmanager);
            } else {
                debug!("registration failed: {why}");
            }
            let timeout = self.settings.registration_timeout;
            if started.elapsed() + pause > timeout {
                let jobmanager = self.jobmanager.clone();
                return Err(TaskManagerError::RegistrationTimeout { jobmanager, timeout, why });
            }
            sleep(pause).await;
        }
    }

    /// Makes an epoch the current one, after everything of another one has ended.
    async fn enter(&self, epoch: LeaderEpoch) {
        let old = self.attempts.of_other_epochs(epoch);
        let known = *self.epoch.borrow();
        if known.is_some_and(|known| known != epoch) {
            let mut jobs: HashSet<JobId> = old.keys().map(|attempt| attempt.job).collect();
            jobs.extend(self.executor.report().jobs_with_results);
            info!("the JobManager commands under a new epoch: ending {} tasks of the old one", old.len());
            for attempt in old.keys() {
                self.executor.cancel(*attempt);
            }
            let deadline = Instant::now() + OLD_TASKS_LIMIT;
            while self.executor.running().iter().any(|attempt| old.contains_key(attempt)) && Instant::now() < deadline {
                sleep(OLD_TASKS_POLL).await;
            }
            for job in jobs {
                self.executor.release_job(job);
            }
            for (attempt, epoch) in old {
                self.attempts.remove(attempt, epoch);
            }
        }
        self.epoch.send_replace(Some(epoch));
    }

    /// Sends heartbeats until the connection is lost; the answer is why.
    async fn stay(&self, membership: Membership) -> String {
        let (reports, outgoing) = mpsc::unbounded_channel();
        // Sent before the stream opens: its answer may wait for the first message.
        let _ = reports.send(self.report());
        let resource_id = &self.registration.resource_id;
        let opened = self.gateway.heartbeats(membership.epoch, resource_id, outgoing);
        let mut answers = match timeout(membership.heartbeat_timeout, opened).await {
            Ok(Ok(answers)) => answers,
            Ok(Err(why)) => return why.to_string(),
            Err(_) => return silence(membership.heartbeat_timeout),
        };
        let mut last_report = Instant::now();
        let mut last_answer = Instant::now();
        let step = REPORT_INTERVAL.min(membership.heartbeat_interval);
        loop {
            tokio::select! {
                answer = next(&mut answers) => match answer {
                    Ok(()) => last_answer = Instant::now(),
                    Err(why) => return why,
                },
                () = sleep(step) => {
                    if last_answer.elapsed() >= membership.heartbeat_timeout {
                        return silence(membership.heartbeat_timeout);
                    }
                    let due = !self.attempts.is_empty() || last_report.elapsed() + step > membership.heartbeat_interval;
                    if due {
                        last_report = Instant::now();
                        if reports.send(self.report()).is_err() {
                            return "the stream of heartbeats has ended".to_owned();
                        }
                    }
                }
            }
        }
    }

    fn report(&self) -> TaskManagerReport {
        TaskManagerReport { resident_memory: machine::resident_memory(), ..self.executor.report() }
    }
}

async fn next(answers: &mut HeartbeatAnswers) -> Result<(), String> {
    match answers.recv().await {
        Some(Ok(true)) => Ok(()),
        Some(Ok(false)) => Err("the JobManager does not know this TaskManager any more".to_owned()),
        Some(Err(why)) => Err(why.to_string()),
        None => Err("the JobManager closed it".to_owned()),
    }
}

fn silence(limit: Duration) -> String {
    format!("no answer for {} ms (heartbeat.timeout)", limit.as_millis())
}
