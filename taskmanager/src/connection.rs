//! `Connection`: keeps the TaskManager registered at the JobManager that leads.
//!
//! ```text
//!            accepted                 stream ends, silence, "unknown", another one leads
//! Registering -------> heartbeats ------------------------------------------------------> Registering
//!      | taskmanager.registration.timeout
//!      v
//!    given up
//! ```
//!
//! While no JobManager answers, tasks run on, but not longer than its patience with the TaskManager lasts: then it may have them run elsewhere. The
//! one that takes the registration says which tasks go on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::backoff::{Backoff, BackoffPolicy};
use common::clock::Clock;
use common::environment::Environment;
use dataflow::deployment::{TaskManagerRegistration, TaskManagerReport};
use dataflow::{ExecutionAttemptId, JobId, LeaderEpoch};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::attempts::Attempts;
use crate::error::TaskManagerError;
use crate::fence::Fence;
use crate::gateway::{HeartbeatAnswers, JobManagerGateway, Membership, RegistrationAnswer};
use crate::machine;
use crate::tasks::Tasks;

/// How often counters are sent while tasks run, when heartbeats are rarer.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);
/// Pause before a registration at the JobManager that is said to lead, and while an election is going on.
const LEADER_PAUSE: Duration = Duration::from_millis(10);
const ELECTION_PAUSE: Duration = Duration::from_millis(20);
/// How long tasks that no JobManager wants may take to end.
const OLD_TASKS_LIMIT: Duration = Duration::from_secs(15);
const OLD_TASKS_POLL: Duration = Duration::from_millis(10);

/// The times that a connection goes by.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// `taskmanager.registration.timeout`.
    pub registration_timeout: Duration,
    /// Pauses between tries.
    pub retries: BackoffPolicy,
    /// Whether there are several JobManagers. The epochs of a single one may begin anew, when its folder was lost.
    pub in_group: bool,
    /// `cluster.registration.refused-registration-delay`.
    pub refused_delay: Duration,
}

/// Keeps the TaskManager registered.
pub(crate) struct Connection {
    pub(crate) environment: Environment,
    pub(crate) gateway: Arc<dyn JobManagerGateway>,
    /// `host:port` of each, for messages.
    pub(crate) jobmanager: String,
    /// As it registers, without what it runs.
    pub(crate) registration: TaskManagerRegistration,
    pub(crate) settings: ConnectionSettings,
    pub(crate) executor: Arc<dyn Tasks>,
    pub(crate) attempts: Attempts,
    /// The epoch in force.
    pub(crate) fence: Fence,
    /// The last JobManager that said it leads.
    pub(crate) announced: watch::Receiver<Option<Announcement>>,
}

/// A JobManager says that it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// Under which epoch.
    pub(crate) epoch: LeaderEpoch,
    /// Where it is, `host:port`.
    pub(crate) address: String,
}

/// When a JobManager last heard of this TaskManager, as far as that is known here.
#[derive(Debug, Clone, Copy)]
struct Contact {
    last: Instant,
    /// After which silence tasks are stopped; none when there is nothing to stop.
    patience: Option<Duration>,
}

impl Contact {
    /// Waits until the JobManager is about to give this TaskManager up.
    async fn lost(self, clock: &Clock) {
        match self.patience {
            Some(patience) => clock.sleep_until(self.last + patience).await,
            None => std::future::pending().await,
        }
    }
}

impl Connection {
    /// Runs until it gives up; the answer is why.
    pub(crate) async fn run(mut self) -> TaskManagerError {
        let mut contact = Contact { last: self.now(), patience: None };
        loop {
            let membership = match self.register(&mut contact).await {
                Ok(membership) => membership,
                Err(error) => return error,
            };
            let why = self.stay(&membership, &mut contact).await;
            warn!("the connection to the JobManager was lost: {why}; registering again");
        }
    }

    fn now(&self) -> Instant {
        self.environment.clock().instant()
    }

    /// Registers, trying again and again until the time is over.
    async fn register(&mut self, contact: &mut Contact) -> Result<Membership, TaskManagerError> {
        let started = self.now();
        let mut backoff = Backoff::new(self.settings.retries, self.environment.random());
        // What it runs must not change behind its back while it tells of it.
        self.fence.leave().await;
        loop {
            let registration =
                TaskManagerRegistration { running: self.attempts.running(), ..self.registration.clone() };
            let answer = tokio::select! {
                biased;
                answer = self.gateway.register(&registration) => answer,
                () = contact.lost(self.environment.clock()) => {
                    self.stop_tasks(contact);
                    continue;
                }
            };
            let (why, pause) = match answer {
                Ok(RegistrationAnswer::Accepted(membership)) if self.is_over(membership.epoch) => {
                    self.gateway.turn_to(None);
                    (format!("it leads no more: epoch {} is over", membership.epoch.0), ELECTION_PAUSE)
                }
                Ok(RegistrationAnswer::Accepted(membership)) => {
                    *contact = Contact { last: self.now(), patience: Some(patience(&membership)) };
                    self.fence.renew(contact.last + patience(&membership));
                    self.enter(&membership).await;
                    info!(
                        "registered at the JobManager under epoch {} as {}",
                        membership.epoch.0, registration.resource_id
                    );
                    return Ok(membership);
                }
                Ok(RegistrationAnswer::Refused(why)) => {
                    warn!("the JobManager refused the registration: {why}");
                    (why, self.settings.refused_delay)
                }
                Ok(RegistrationAnswer::NotLeading { knows_leader: true }) => {
                    ("another JobManager leads".to_owned(), LEADER_PAUSE)
                }
                Ok(RegistrationAnswer::NotLeading { knows_leader: false }) => {
                    ("no JobManager leads".to_owned(), ELECTION_PAUSE)
                }
                Err(why) => (why.to_string(), backoff.next_delay()),
            };
            if backoff.attempts() == 1 {
                info!("the JobManager {} does not answer yet: {why}", self.jobmanager);
            } else {
                debug!("registration failed: {why}");
            }
            let timeout = self.settings.registration_timeout;
            if self.now() - started + pause > timeout {
                let jobmanager = self.jobmanager.clone();
                return Err(TaskManagerError::RegistrationTimeout { jobmanager, timeout, why });
            }
            self.pause(pause).await;
        }
    }

    /// Waits before the next try, but not when a JobManager says that it leads.
    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            biased;
            () = self.environment.clock().sleep(pause) => {}
            Ok(()) = self.announced.changed() => {
                let leader = self.announced.borrow_and_update().clone();
                if let Some(leader) = leader.filter(|leader| !self.is_over(leader.epoch)) {
                    self.gateway.turn_to(Some(&leader.address));
                }
            }
        }
    }

    /// Whether an epoch came before one that was in force here.
    fn is_over(&self, epoch: LeaderEpoch) -> bool {
        self.settings.in_group && self.fence.newest().is_some_and(|newest| epoch < newest)
    }

    /// The JobManager is about to give this TaskManager up, and will have its tasks run elsewhere: they end here first.
    fn stop_tasks(&self, contact: &mut Contact) {
        contact.patience = None;
        let attempts = self.attempts.submissions();
        if !attempts.is_empty() {
            let silence = self.now() - contact.last;
            warn!("no JobManager was reached for {silence:?}: stopping {} tasks", attempts.len());
        }
        for attempt in attempts.into_keys() {
            self.executor.cancel(attempt);
        }
    }

    /// Makes an epoch the current one, after everything that its JobManager does not want has ended.
    async fn enter(&self, membership: &Membership) {
        let wanted: BTreeSet<ExecutionAttemptId> = membership.adoption.attempts.iter().copied().collect();
        let kept_jobs: BTreeSet<JobId> =
            wanted.iter().map(|attempt| attempt.job).chain(membership.adoption.jobs.iter().copied()).collect();
        let all = self.attempts.submissions();
        let unwanted: BTreeMap<ExecutionAttemptId, u64> =
            all.into_iter().filter(|(attempt, _)| !wanted.contains(attempt)).collect();
        let mut jobs: BTreeSet<JobId> = unwanted.keys().map(|attempt| attempt.job).collect();
        if self.fence.newest() != Some(membership.epoch) {
            jobs.extend(self.executor.report().jobs_with_results);
        }
        if !unwanted.is_empty() {
            info!("the JobManager goes on with {} tasks: ending {} others", wanted.len(), unwanted.len());
        }
        for attempt in unwanted.keys() {
            self.executor.cancel(*attempt);
        }
        let deadline = self.now() + OLD_TASKS_LIMIT;
        while self.executor.running().iter().any(|attempt| unwanted.contains_key(attempt)) && self.now() < deadline {
            self.environment.clock().sleep(OLD_TASKS_POLL).await;
        }
        for job in jobs.difference(&kept_jobs) {
            self.executor.release_job(*job);
            self.attempts.forget_job(*job);
        }
        for (attempt, submission) in unwanted {
            self.attempts.remove(attempt, submission);
        }
        self.fence.enter(membership.epoch).await;
    }

    /// Sends heartbeats until the connection is lost; the answer is why.
    async fn stay(&mut self, membership: &Membership, contact: &mut Contact) -> String {
        let (reports, outgoing) = mpsc::unbounded_channel();
        // Sent before the stream opens: its answer may wait for the first message.
        let _ = reports.send(self.report());
        let resource_id = &self.registration.resource_id;
        let opened = self.gateway.heartbeats(membership.epoch, resource_id, outgoing);
        let mut answers = match self.environment.clock().timeout(membership.heartbeat_timeout, opened).await {
            Some(Ok(answers)) => answers,
            Some(Err(why)) => return why.to_string(),
            None => return silence(membership.heartbeat_timeout),
        };
        let mut last_report = self.now();
        // Of the reports that are not answered.
        let mut sent = VecDeque::from([last_report]);
        let step = REPORT_INTERVAL.min(membership.heartbeat_interval);
        loop {
            tokio::select! {
                biased;
                answer = next(&mut answers) => match answer {
                    // The JobManager has heard of it after it was sent.
                    Ok(()) => {
                        contact.last = sent.pop_front().unwrap_or(contact.last);
                        self.fence.renew(contact.last + patience(membership));
                    }
                    Err(why) => return why,
                },
                Ok(()) = self.announced.changed() => {
                    let leader = self.announced.borrow_and_update().clone();
                    if let Some(leader) = leader.filter(|leader| leader.epoch > membership.epoch) {
                        self.gateway.turn_to(Some(&leader.address));
                        return format!("the JobManager at {} leads now", leader.address);
                    }
                }
                () = contact.lost(self.environment.clock()) => {
                    self.stop_tasks(contact);
                    return silence(membership.heartbeat_timeout);
                }
                () = self.environment.clock().sleep(step) => {
                    let due = !self.attempts.is_empty() || self.now() - last_report + step > membership.heartbeat_interval;
                    if due {
                        last_report = self.now();
                        sent.push_back(last_report);
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

/// How long tasks may run on without a JobManager: they are to have ended when it gives the TaskManager up, after `heartbeat.timeout`.
fn patience(membership: &Membership) -> Duration {
    membership.heartbeat_timeout * 4 / 5
}

fn silence(limit: Duration) -> String {
    format!("no answer for {} ms (heartbeat.timeout)", limit.as_millis())
}
