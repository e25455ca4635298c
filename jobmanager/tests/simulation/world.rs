//! `World`: what is true whatever a process believes: who is alive, which ways are open, what the log says, what was committed. It also checks the
//! promises, each time that something happens which could break one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use checkpoint::{CheckpointMetadata, Storage};
use common::clock::Clock;
use common::random::Random;
use dataflow::{ExecutionAttemptId, JobId, JobStatus, LeaderEpoch};
use futures::FutureExt;
use jobmanager::simulation::{StoreCommand, StoreState};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::scheduler::{Process, Scheduler};
use super::task::Element;

/// What a schedule does wrong on purpose, to show that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    /// The log takes what deposed leaders write.
    UnfencedStore,
    /// TaskManagers that are cut off go on.
    Patience,
    /// A write is answered before it is safe.
    EarlyAnswer,
}

/// How a way behaves.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// The longest that a message is under way, in the common case.
    pub delay: Duration,
    /// Of 1,000 messages, so many are lost, come twice, or are very late.
    pub lost: u64,
    pub twice: u64,
    pub late: u64,
}

pub const FAIR: Weather = Weather { delay: Duration::from_micros(800), lost: 0, twice: 0, late: 0 };

/// A message has not come through, or its answer has not.
#[derive(Debug, Clone)]
pub struct Lost(pub String);

/// The rows of splits, from and to which.
pub type Rows = BTreeMap<String, (u64, u64)>;

/// What a sink subtask has prepared: its name, and the rows in it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Transaction {
    pub name: String,
    pub checkpoint: u64,
    pub rows: Rows,
}

#[derive(Default)]
pub struct Log {
    pub entries: u64,
    pub state: StoreState,
    /// The epoch of who wrote last, of what has counted.
    writer: LeaderEpoch,
    /// The newest complete checkpoint of each job, and all that ever were.
    newest: BTreeMap<JobId, u64>,
    complete: BTreeMap<JobId, BTreeSet<u64>>,
}

struct Inner {
    random: Random,
    trace: Vec<String>,
    violations: Vec<String>,
    alive: BTreeMap<String, Process>,
    /// From whom to whom nothing goes.
    cut: BTreeSet<(String, String)>,
    weather: Weather,
    log: Log,
    /// Who leads, and the term.
    leader: Option<(String, u64)>,
    /// Rows that were committed of each split, from and to which.
    output: BTreeMap<(JobId, String), BTreeMap<u64, u64>>,
    committed: BTreeSet<String>,
    /// What sources have sent and nobody has taken yet, by the source's attempt.
    channels: BTreeMap<ExecutionAttemptId, mpsc::UnboundedReceiver<Element>>,
    /// Of 100,000 steps of tasks, so many fail.
    failures: u64,
    /// Attempts that run, and where.
    running: BTreeMap<ExecutionAttemptId, Process>,
    accepted: BTreeSet<JobId>,
    cancelled: BTreeSet<JobId>,
    /// Jobs that somebody wants to stop with a savepoint.
    stopped: BTreeSet<JobId>,
    /// How jobs have ended, as a client was told or could have been.
    ended: BTreeMap<JobId, JobStatus>,
}

/// All that is true.
pub struct World {
    pub scheduler: Arc<Scheduler>,
    pub storage: Storage,
    pub planted: Planted,
    inner: Mutex<Inner>,
}

impl World {
    pub fn new(seed: u64, planted: Planted) -> Arc<Self> {
        let inner = Inner {
            random: Random::from_seed(seed ^ 0x5eed),
            trace: Vec::new(),
            violations: Vec::new(),
            alive: BTreeMap::new(),
            cut: BTreeSet::new(),
            weather: FAIR,
            log: Log::default(),
            leader: None,
            output: BTreeMap::new(),
            committed: BTreeSet::new(),
            channels: BTreeMap::new(),
            failures: 0,
            running: BTreeMap::new(),
            accepted: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            stopped: BTreeSet::new(),
            ended: BTreeMap::new(),
        };
        let scheduler = Scheduler::new(seed);
        Arc::new(World { scheduler, storage: Storage::in_memory(), planted, inner: Mutex::new(inner) })
    }

    pub fn clock(&self) -> Clock {
        self.scheduler.clock.clock()
    }

    pub fn note(&self, what: impl AsRef<str>) {
        let now = self.clock().now_millis() - 1_700_000_000_000;
        self.inner().trace.push(format!("{now:6} {}", what.as_ref()));
    }

    pub fn trace(&self) -> Vec<String> {
        self.inner().trace.clone()
    }

    /// A promise is broken.
    pub fn violated(&self, what: impl AsRef<str>) {
        self.note(format!("VIOLATED: {}", what.as_ref()));
        self.inner().violations.push(what.as_ref().to_owned());
    }

    pub fn violations(&self) -> Vec<String> {
        self.inner().violations.clone()
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.inner().random.below(bound)
    }

    /// A time from none to this one.
    pub fn up_to(&self, longest: Duration) -> Duration {
        Duration::from_micros(self.below(longest.as_micros() as u64 + 1))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Processes and the ways between them.
impl World {
    pub fn start(&self, node: &str, process: Process) {
        self.note(format!("{node} starts as process {process}"));
        self.inner().alive.insert(node.to_owned(), process);
    }

    pub fn kill(&self, node: &str) {
        let Some(process) = self.inner().alive.remove(node) else { return };
        self.note(format!("{node} is killed"));
        self.scheduler.kill(process);
        let mut inner = self.inner();
        inner.running.retain(|_, at| *at != process);
        if inner.leader.as_ref().is_some_and(|(leader, _)| leader == node) {
            inner.leader = None;
        }
    }

    pub fn process(&self, node: &str) -> Option<Process> {
        self.inner().alive.get(node).copied()
    }

    pub fn set_weather(&self, weather: Weather) {
        self.inner().weather = weather;
    }

    pub fn cut(&self, from: &str, to: &str, cut: bool) {
        let way = (from.to_owned(), to.to_owned());
        let mut inner = self.inner();
        if cut {
            inner.cut.insert(way);
        } else {
            inner.cut.remove(&way);
        }
    }

    pub fn heal(&self) {
        self.inner().cut.clear();
    }

    pub fn is_cut(&self, from: &str, to: &str) -> bool {
        self.inner().cut.contains(&(from.to_owned(), to.to_owned()))
    }

    /// How long a message is under way; none when it does not come.
    pub fn passage(&self, from: &str, to: &str) -> Option<Duration> {
        let mut inner = self.inner();
        if inner.cut.contains(&(from.to_owned(), to.to_owned())) {
            return None;
        }
        let weather = inner.weather;
        let lot = inner.random.below(1_000);
        if lot < weather.lost {
            return None;
        }
        let late = lot < weather.lost + weather.late;
        let longest = if late { weather.delay * 200 } else { weather.delay };
        Some(Duration::from_micros(inner.random.below(longest.as_micros() as u64 + 1)))
    }

    /// Whether a message comes twice.
    pub fn comes_twice(&self) -> bool {
        let mut inner = self.inner();
        inner.weather.twice > 0 && inner.random.below(1_000) < inner.weather.twice
    }

    /// A call from one process to another one, where the handler runs. What is not answered within the limit is lost, carried out or not.
    pub async fn call<T, F>(
        self: &Arc<Self>,
        from: &str,
        to: &str,
        limit: Duration,
        repeatable: bool,
        handler: impl Fn() -> F,
    ) -> Result<T, Lost>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let clock = self.clock();
        let lost = |why: &str| Lost(format!("{from} -> {to}: {why}"));
        let answered = async {
            let Some(delay) = self.passage(from, to) else { return std::future::pending().await };
            clock.sleep(delay).await;
            let Some(process) = self.process(to) else { return Err(lost("connection refused")) };
            let (answer, answered) = oneshot::channel();
            let handled = handler();
            self.scheduler.spawn(process, async move {
                let _ = answer.send(handled.await);
            });
            if repeatable && self.comes_twice() {
                let again = handler();
                let (clock, pause) = (clock.clone(), self.up_to(Duration::from_millis(300)));
                self.scheduler.spawn(process, async move {
                    clock.sleep(pause).await;
                    again.await;
                });
            }
            let answer = answered.await;
            let Some(delay) = self.passage(to, from) else { return std::future::pending().await };
            clock.sleep(delay).await;
            answer.map_err(|_| lost("connection broken"))
        };
        match clock.timeout(limit, answered).await {
            Some(answer) => answer,
            None => Err(lost("no answer")),
        }
    }
}

/// The log of the group. It orders what is written; who may write is a matter of epochs alone, so that what was under way when a leader was deposed may
/// still come.
impl World {
    pub fn leader(&self) -> Option<(String, u64)> {
        self.inner().leader.clone()
    }

    pub fn elect(&self, node: Option<&str>, term: u64) {
        self.note(format!("term {term}: {} leads", node.unwrap_or("nobody")));
        self.inner().leader = node.map(|node| (node.to_owned(), term));
    }

    /// Whether a majority can hear of what this node writes.
    pub fn has_majority(&self, node: &str, members: &[String]) -> bool {
        let inner = self.inner();
        let hears = |other: &&String| {
            *other == node
                || inner.alive.contains_key(*other)
                    && !inner.cut.contains(&(node.to_owned(), (*other).clone()))
                    && !inner.cut.contains(&((*other).clone(), node.to_owned()))
        };
        members.iter().filter(hears).count() * 2 > members.len()
    }

    pub fn read(&self, reader: &mut dyn FnMut(&StoreState)) {
        reader(&self.inner().log.state);
    }

    pub fn complete(&self, job: JobId, checkpoint: u64) -> bool {
        self.inner().log.complete.get(&job).is_some_and(|complete| complete.contains(&checkpoint))
    }

    pub fn newest(&self, job: JobId) -> u64 {
        self.inner().log.newest.get(&job).copied().unwrap_or(0)
    }

    /// Appends a command; the answer is the epoch in force.
    pub fn append(&self, node: &str, command: &StoreCommand) -> LeaderEpoch {
        let mut problems = Vec::new();
        let answer = {
            let mut inner = self.inner();
            let log = &mut inner.log;
            log.entries += 1;
            let (issued, change) = match command {
                StoreCommand::Fenced { epoch, change } => (Some(*epoch), change.as_ref()),
                other => (None, other),
            };
            let counts = issued.is_none_or(|epoch| epoch == log.state.epoch());
            let unfenced = self.planted == Planted::UnfencedStore;
            let answer = match (unfenced, issued) {
                (true, Some(epoch)) => {
                    log.state.apply(log.entries, change);
                    epoch
                }
                _ => log.state.apply(log.entries, command),
            };
            if let (Some(epoch), true) = (issued, counts || unfenced) {
                if epoch < log.writer {
                    problems.push(format!("epoch {} commits after epoch {}", epoch.0, log.writer.0));
                }
                log.writer = log.writer.max(epoch);
                if let StoreCommand::PutCheckpoints { job, checkpoints, .. } = change {
                    let folder = checkpoints.kept.last().map(|stored| stored.folder.clone()).unwrap_or_default();
                    let read = checkpoint::read_metadata(&self.storage, &folder).now_or_never();
                    let newest = match &read {
                        Some(Ok((_, metadata))) => {
                            problems.extend(wrong_attempts(metadata, &log.state, *job));
                            metadata.checkpoint_id
                        }
                        other => {
                            problems.push(format!(
                                "the checkpoint in '{folder}' is complete and cannot be read: {other:?}"
                            ));
                            0
                        }
                    };
                    let before = log.newest.get(job).copied().unwrap_or(0);
                    if newest < before {
                        problems.push(format!("the newest checkpoint of {job} goes back from {before} to {newest}"));
                    }
                    log.newest.insert(*job, newest.max(before));
                    log.complete.entry(*job).or_default().insert(newest);
                }
            }
            answer
        };
        let text = match command {
            StoreCommand::Fenced { epoch, change } => format!("epoch {}: {}", epoch.0, describe(change)),
            other => describe(other),
        };
        self.note(format!("log: {node}, {text} -> epoch {}", answer.0));
        problems.iter().for_each(|problem| self.violated(problem));
        answer
    }
}

/// A complete checkpoint is one of the attempts that are current.
fn wrong_attempts(metadata: &CheckpointMetadata, state: &StoreState, job: JobId) -> Vec<String> {
    let stored = state.jobs().find(|stored| stored.graph.job_id == job);
    let Some(record) = stored.and_then(|stored| stored.progress.deployment.as_ref()) else { return Vec::new() };
    let mut wrong = Vec::new();
    for operator in &metadata.operators {
        let Some(vertex) = record.vertices.iter().find(|vertex| vertex.id.0 == operator.id.0) else { continue };
        for (subtask, state) in &operator.subtasks {
            let Some(made) = state.items_named("attempt").next().and_then(Value::as_u64) else { continue };
            let current = vertex.attempts.get(*subtask as usize).copied().unwrap_or_default();
            if made != u64::from(current) {
                let id = metadata.checkpoint_id;
                wrong.push(format!(
                    "checkpoint {id} of {job} has the word of attempt {made} of subtask {subtask}, and {current} is current"
                ));
            }
        }
    }
    wrong
}

/// What tasks do to the world outside.
impl World {
    pub fn open_channel(&self, producer: ExecutionAttemptId) -> mpsc::UnboundedSender<Element> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.inner().channels.insert(producer, receiver);
        sender
    }

    pub fn take_channel(&self, producer: ExecutionAttemptId) -> Option<mpsc::UnboundedReceiver<Element>> {
        self.inner().channels.remove(&producer)
    }

    pub fn set_failures(&self, of_100_000: u64) {
        self.inner().failures = of_100_000;
    }

    /// Whether a task fails now.
    pub fn fails(&self) -> bool {
        let mut inner = self.inner();
        inner.failures > 0 && inner.random.below(100_000) < inner.failures
    }

    /// A sink makes rows visible, because this checkpoint is complete.
    pub fn commit(&self, attempt: ExecutionAttemptId, checkpoint: u64, transaction: &Transaction) {
        if !self.complete(attempt.job, checkpoint) {
            self.violated(format!("{attempt} commits for checkpoint {checkpoint}, which is not complete"));
        }
        if !self.inner().committed.insert(format!("{}/{}", attempt.job, transaction.name)) {
            return;
        }
        for (split, (from, to)) in &transaction.rows {
            let before = {
                let mut inner = self.inner();
                let ranges = inner.output.entry((attempt.job, split.clone())).or_default();
                let before = ranges.range(..to).next_back().map(|(from, to)| (*from, *to));
                ranges.insert(*from, *to);
                before
            };
            if let Some((first, last)) = before.filter(|(_, last)| last > from) {
                let name = &transaction.name;
                self.violated(format!(
                    "rows are duplicated: {attempt} commits rows {from} to {to} of {split} by {name}, and {first} to {last} are committed"
                ));
            }
        }
    }

    pub fn committed_rows(&self, job: JobId) -> u64 {
        let inner = self.inner();
        let ranges = inner.output.iter().filter(|((of, _), _)| *of == job).flat_map(|(_, ranges)| ranges);
        ranges.map(|(from, to)| to - from).sum()
    }

    /// Nothing is missing between the first and the last row that was committed.
    pub fn check_whole(&self, job: JobId) {
        let mut gaps = Vec::new();
        for ((_, split), ranges) in self.inner().output.iter().filter(|((of, _), _)| *of == job) {
            let mut next = 0;
            for (from, to) in ranges {
                if *from > next {
                    gaps.push(format!("rows are lost: {next} to {from} of {split} of {job} are not committed"));
                }
                next = next.max(*to);
            }
        }
        gaps.iter().for_each(|gap| self.violated(gap));
    }

    /// An attempt begins: no other one of its subtask may still be at work.
    pub fn begins(&self, attempt: ExecutionAttemptId, process: Process) {
        let same = |other: &ExecutionAttemptId| {
            (other.job, other.vertex, other.subtask) == (attempt.job, attempt.vertex, attempt.subtask)
        };
        let others: Vec<_> =
            self.inner().running.iter().filter(|(other, _)| same(other)).map(|(id, at)| (*id, *at)).collect();
        for (other, at) in others {
            // One that is stopped does nothing, and cannot be told to end.
            if !self.scheduler.is_stopped(at) {
                self.violated(format!("{attempt} begins while {other} runs"));
            }
        }
        self.inner().running.insert(attempt, process);
    }

    pub fn ends(&self, attempt: ExecutionAttemptId) {
        self.inner().running.remove(&attempt);
    }

    pub fn running(&self, job: JobId) -> Vec<ExecutionAttemptId> {
        self.inner().running.keys().filter(|attempt| attempt.job == job).copied().collect()
    }
}

/// What clients were told.
impl World {
    pub fn accepted(&self, job: JobId) {
        self.note(format!("client: {job} is accepted"));
        self.inner().accepted.insert(job);
    }

    pub fn cancelled(&self, job: JobId) {
        self.note(format!("client: {job} is cancelled"));
        self.inner().cancelled.insert(job);
    }

    pub fn is_cancelled(&self, job: JobId) -> bool {
        self.inner().cancelled.contains(&job)
    }

    pub fn stops(&self, job: JobId) {
        self.inner().stopped.insert(job);
    }

    pub fn is_stopped(&self, job: JobId) -> bool {
        self.inner().stopped.contains(&job)
    }

    pub fn accepted_jobs(&self) -> Vec<JobId> {
        self.inner().accepted.iter().copied().collect()
    }

    /// A JobManager says that a job is in this status. What has ended stays so.
    pub fn seen(&self, job: JobId, status: JobStatus) {
        let before = self.inner().ended.get(&job).copied();
        if let Some(before) = before
            && before != status
        {
            self.violated(format!("{job} had ended {before} and is {status}"));
        }
        if status.is_terminal() {
            self.inner().ended.insert(job, status);
        }
    }
}

fn describe(command: &StoreCommand) -> String {
    match command {
        StoreCommand::PutCheckpoints { job, checkpoints, .. } => {
            let kept: Vec<&str> = checkpoints.kept.iter().filter_map(|it| it.folder.rsplit('/').next()).collect();
            format!("checkpoints {kept:?} of {job}")
        }
        StoreCommand::PutJob { graph } => format!("job {}", graph.job_id),
        StoreCommand::ReplaceJob { graph } => format!("another graph of {}", graph.job_id),
        StoreCommand::PutDeployment { job, deployment } => {
            let attempts: Vec<_> = deployment.vertices.iter().map(|vertex| vertex.attempts.clone()).collect();
            let slots = deployment.slots.iter().flatten().map(|slot| slot.task_manager.resource_id.as_str());
            format!("deployment of {job}: attempts {attempts:?} at {:?}", slots.collect::<Vec<_>>())
        }
        StoreCommand::EndJob { job } => format!("the end of {}: {}", job.graph.job_id, job.status),
        other => format!("{other:?}"),
    }
}
