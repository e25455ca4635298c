//! `CheckpointCoordinator`: when checkpoints of a job begin, who has to acknowledge them, and how they end. A pure machine.
//!
//! ```text
//! due, asked for, or all rows have gone on
//!    -> trigger -> acknowledged by all -> published (one at a time) -> complete -> tasks commit
//!          |                 |                  |
//!          +-----------------+------------------+--> aborted: declined, too late, a task failed or ended, a later one is complete
//! ```
//! Complete checkpoints come in the order of their numbers. A savepoint that does not end the job stands beside them: the job does not go on
//! from it, so nothing is committed by it and no checkpoint is subsumed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use dataflow::checkpoint::{
    CheckpointAcknowledgement, CheckpointBarrier, CheckpointLocation, CheckpointOptions, SnapshotKind, TaskSnapshot,
};
use dataflow::{ExecutionAttemptId, Failure, JobId, JobStatus, VertexId};

use super::config::CheckpointConfig;
use super::pending::{PendingCheckpoint, Stage};
use super::request::{CheckpointError, CompletedSnapshot};

/// How many ids are reserved at once.
const RESERVE: u64 = 16;
/// Of how many aborted checkpoints late acknowledgements are recognised.
const ABORTED: usize = 64;

/// Who takes part in a checkpoint that is triggered now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckpointPlan {
    /// Tasks that run and have no producer that does.
    pub trigger: Vec<ExecutionAttemptId>,
    /// All tasks that run.
    pub tasks: Vec<ExecutionAttemptId>,
    /// Subtasks that have finished.
    pub finished: Vec<(VertexId, u32)>,
}

/// What happens. Times are ms since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckpointEvent {
    /// Time has passed, or tasks have come into another state.
    Tick,
    /// A task has done its part.
    Acknowledged(Box<CheckpointAcknowledgement>),
    /// A checkpoint cannot be completed. One that all have acknowledged is complete all the same, as far as tasks go.
    Failed {
        /// Which.
        checkpoint_id: u64,
        /// Why.
        failure: Failure,
    },
    /// A later checkpoint has overtaken it at a task, which does not count as a failure.
    Subsumed {
        /// Which.
        checkpoint_id: u64,
        /// Where.
        failure: Failure,
    },
    /// A task waits for a last checkpoint.
    EndOfData(ExecutionAttemptId),
    /// A task has finished.
    TaskFinished(ExecutionAttemptId),
    /// Tasks have failed or are cancelled.
    Interrupted,
    /// Somebody asks for one.
    Requested {
        /// Under which the answer is given.
        ticket: u64,
        /// What it is for.
        kind: SnapshotKind,
        /// Where a savepoint goes.
        location: Option<CheckpointLocation>,
    },
    /// The metadata is written and the pointer to it kept.
    Published(u64),
    /// The metadata could not be written.
    PublicationFailed {
        /// Of which.
        checkpoint_id: u64,
        /// Why.
        failure: Failure,
    },
    /// Ids below this one are this JobManager's.
    IdsReserved(u64),
    /// The job has ended.
    Ended(JobStatus),
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckpointCommand {
    /// See that no other JobManager uses the ids below this one, and come back with [`CheckpointEvent::IdsReserved`].
    ReserveIds(u64),
    /// Send the barrier to these tasks; the state of the sources belongs to this moment.
    Trigger {
        /// The barrier.
        barrier: CheckpointBarrier,
        /// Those without running producers.
        attempts: Vec<ExecutionAttemptId>,
        /// Subtasks that had finished before: they have nothing to acknowledge.
        finished: Vec<(VertexId, u32)>,
    },
    /// Write the metadata, and come back with [`CheckpointEvent::Published`] or [`CheckpointEvent::PublicationFailed`].
    Publish(Box<PendingCheckpoint>),
    /// Tell the tasks that it is complete.
    NotifyCompleted {
        /// Which.
        checkpoint_id: u64,
        /// Those that took part.
        attempts: Vec<ExecutionAttemptId>,
    },
    /// Tell the tasks that it will never be complete, and delete what it has stored.
    Abort {
        /// The checkpoint.
        pending: Box<PendingCheckpoint>,
        /// Why.
        reason: String,
    },
    /// Delete what a task has stored for a checkpoint that was aborted.
    DiscardSnapshot(Box<TaskSnapshot>),
    /// Answer who asked.
    Answer {
        /// Which request.
        ticket: u64,
        /// With this.
        answer: Result<CompletedSnapshot, CheckpointError>,
    },
    /// Too many have failed.
    FailJob(Failure),
}

/// Something that somebody asked for and that has not begun.
#[derive(Debug)]
struct Request {
    ticket: u64,
    kind: SnapshotKind,
    location: Option<CheckpointLocation>,
    deadline: i64,
}

/// Why a checkpoint is triggered.
enum Occasion {
    Requested,
    Periodic,
}

/// What comes after a savepoint that ends the job.
#[derive(Debug, PartialEq)]
enum Stopping {
    No,
    /// It is complete; its tasks end now.
    Complete {
        ticket: Option<u64>,
        snapshot: CompletedSnapshot,
    },
}

/// Coordinates the checkpoints of one job.
#[derive(Debug)]
pub struct CheckpointCoordinator {
    job: JobId,
    config: CheckpointConfig,
    next_id: u64,
    /// Ids below are reserved.
    reserved: u64,
    reserving: bool,
    pending: BTreeMap<u64, PendingCheckpoint>,
    aborted: BTreeSet<u64>,
    requests: VecDeque<Request>,
    /// When the next periodic one is due; none until all tasks run.
    next_periodic: Option<i64>,
    /// Until when `min-pause` lasts.
    pause_until: i64,
    /// Up to when it has looked what is due.
    looked_at: i64,
    failures_in_a_row: u32,
    /// The next checkpoint may not refer to files of the one that the job came from.
    full_next: bool,
    end_of_data: BTreeSet<ExecutionAttemptId>,
    /// Whether to look whether all tasks wait for a last checkpoint.
    end_of_data_news: bool,
    final_due: bool,
    stopping: Stopping,
}

impl CheckpointCoordinator {
    /// A coordinator whose first checkpoint has this number. `full_first`: it may not refer to files of the checkpoint that the job came from.
    pub fn new(job: JobId, config: CheckpointConfig, next_id: u64, full_first: bool) -> Self {
        CheckpointCoordinator {
            job,
            config,
            next_id,
            reserved: next_id,
            reserving: false,
            pending: BTreeMap::new(),
            aborted: BTreeSet::new(),
            requests: VecDeque::new(),
            next_periodic: None,
            pause_until: i64::MIN,
            looked_at: i64::MIN,
            failures_in_a_row: 0,
            full_next: full_first,
            end_of_data: BTreeSet::new(),
            end_of_data_news: false,
            final_due: false,
            stopping: Stopping::No,
        }
    }

    /// A coordinator of a job that ran on while it changed hands: checkpoints from `first_open` on may have been under way, and are aborted. What they
    /// would have committed has waited long enough: the next one begins as soon as it can.
    pub fn with_abandoned(mut self, first_open: u64) -> Self {
        self.next_periodic = self.config.interval.map(|_| i64::MIN);
        let oldest = self.next_id.saturating_sub(ABORTED as u64).max(first_open);
        self.aborted = (oldest..self.next_id).collect();
        self
    }

    /// The newest of those that will never be complete.
    pub fn abandoned(&self) -> impl Iterator<Item = u64> + '_ {
        self.aborted.iter().copied()
    }

    /// Takes an event; the answer is what to do, in this order. `plan` says who would take part now; none while a task is on its way to run.
    pub fn handle(
        &mut self,
        event: CheckpointEvent,
        plan: &dyn Fn() -> Option<CheckpointPlan>,
        now: i64,
    ) -> Vec<CheckpointCommand> {
        let mut out = Vec::new();
        self.looked_at = now;
        match event {
            CheckpointEvent::Tick => {}
            CheckpointEvent::Acknowledged(acknowledgement) => self.on_acknowledged(*acknowledgement, &mut out),
            CheckpointEvent::Failed { checkpoint_id, failure } => {
                self.on_failed(checkpoint_id, Stage::Collecting, &failure, now, &mut out)
            }
            CheckpointEvent::Subsumed { checkpoint_id, failure } => {
                let reason = failure.one_line();
                self.abort_where(|pending| pending.id() == checkpoint_id, &reason, now, &mut out);
            }
            CheckpointEvent::EndOfData(attempt) => {
                self.end_of_data.insert(attempt);
                self.end_of_data_news = true;
            }
            CheckpointEvent::TaskFinished(attempt) => {
                self.end_of_data_news = true;
                let missing = |pending: &PendingCheckpoint| pending.waits_for(attempt);
                self.abort_where(missing, "a task has finished before it could take part", now, &mut out);
            }
            CheckpointEvent::Interrupted => self.on_interrupted(now, &mut out),
            CheckpointEvent::Requested { ticket, kind, location } => {
                let deadline = now.saturating_add(millis(self.config.timeout));
                self.requests.push_back(Request { ticket, kind, location, deadline });
            }
            CheckpointEvent::Published(id) => self.on_published(id, now, &mut out),
            CheckpointEvent::PublicationFailed { checkpoint_id, failure } => {
                self.on_failed(checkpoint_id, Stage::Publishing, &failure, now, &mut out)
            }
            CheckpointEvent::IdsReserved(end) => {
                self.reserving = false;
                self.reserved = self.reserved.max(end);
            }
            CheckpointEvent::Ended(status) => {
                self.on_ended(status, now, &mut out);
                return out;
            }
        }
        self.expire(now, &mut out);
        self.publish_next(&mut out);
        self.trigger_what_is_due(plan, now, &mut out);
        out
    }

    /// When to come back with a [`CheckpointEvent::Tick`]: the first moment that it has not looked at. It may be over already, for whoever asks takes time.
    pub fn next_wake(&self) -> Option<i64> {
        let collecting = self.pending.values().filter(|pending| pending.stage != Stage::Publishing);
        let deadlines = collecting.map(|pending| pending.deadline).chain(self.requests.iter().map(|r| r.deadline));
        let periodic = self.next_periodic.map(|due| due.max(self.pause_until));
        deadlines.chain(periodic).filter(|&due| due > self.looked_at).min()
    }

    /// Whether a checkpoint is neither complete nor aborted, but on its way to be complete whatever happens to the tasks.
    pub fn is_publishing(&self) -> bool {
        self.pending.values().any(|pending| pending.stage == Stage::Publishing)
    }

    fn on_acknowledged(&mut self, acknowledgement: CheckpointAcknowledgement, out: &mut Vec<CheckpointCommand>) {
        match self.pending.get_mut(&acknowledgement.checkpoint_id) {
            Some(pending) => pending.acknowledge(acknowledgement),
            None if self.aborted.contains(&acknowledgement.checkpoint_id) => {
                out.push(CheckpointCommand::DiscardSnapshot(Box::new(acknowledgement.snapshot)));
            }
            None => {}
        }
    }

    /// Only what fails in the stage that a checkpoint is in ends it: a late decline must not delete what is being published.
    fn on_failed(&mut self, id: u64, stage: Stage, failure: &Failure, now: i64, out: &mut Vec<CheckpointCommand>) {
        let Entry::Occupied(entry) = self.pending.entry(id) else { return };
        if entry.get().stage != stage {
            return;
        }
        let pending = entry.remove();
        let counts = !pending.is_savepoint() && !pending.interrupted;
        self.abort(pending, failure.one_line(), now, out);
        if counts {
            self.count_failure(failure, out);
        }
    }

    fn count_failure(&mut self, failure: &Failure, out: &mut Vec<CheckpointCommand>) {
        self.failures_in_a_row += 1;
        if self.failures_in_a_row > self.config.tolerable_failures {
            self.failures_in_a_row = 0;
            let mut exceeded = Failure::external(
                "Exceeded checkpoint tolerable failure threshold (execution.checkpointing.tolerable-failed-checkpoints)",
            );
            exceeded.causes.push(failure.message.clone());
            exceeded.causes.extend(failure.causes.iter().cloned());
            out.push(CheckpointCommand::FailJob(exceeded));
        }
    }

    fn on_interrupted(&mut self, now: i64, out: &mut Vec<CheckpointCommand>) {
        self.abort_where(|_| true, "the job has failed or is cancelled meanwhile", now, out);
        self.pending.values_mut().for_each(|pending| pending.interrupted = true);
        self.next_periodic = None;
        self.final_due = false;
        if let Stopping::Complete { ticket, snapshot } = std::mem::replace(&mut self.stopping, Stopping::No) {
            not_stopped(ticket, &snapshot, out);
        }
    }

    fn on_published(&mut self, id: u64, now: i64, out: &mut Vec<CheckpointCommand>) {
        let Some(pending) = self.pending.remove(&id) else { return };
        self.pause_until = now.saturating_add(millis(self.config.min_pause));
        if pending.kind() == SnapshotKind::FullCheckpoint {
            self.full_next = false;
        }
        let external_path = checkpoint::external_path(pending.location());
        let snapshot = CompletedSnapshot { checkpoint_id: id, external_path };
        let stops = pending.stops_job();
        if pending.is_restore_point() {
            self.failures_in_a_row = 0;
            let subsumed = |other: &PendingCheckpoint| other.id() < id && other.is_restore_point();
            self.abort_where(subsumed, "a later checkpoint is complete", now, out);
            out.push(CheckpointCommand::NotifyCompleted { checkpoint_id: id, attempts: pending.tasks });
        }
        match pending.ticket {
            ticket if stops && pending.interrupted => not_stopped(ticket, &snapshot, out),
            ticket if stops => self.stopping = Stopping::Complete { ticket, snapshot },
            Some(ticket) => out.push(CheckpointCommand::Answer { ticket, answer: Ok(snapshot) }),
            None => {}
        }
    }

    fn on_ended(&mut self, status: JobStatus, now: i64, out: &mut Vec<CheckpointCommand>) {
        self.abort_where(|_| true, &format!("the job is {status}"), now, out);
        if let Stopping::Complete { ticket: Some(ticket), snapshot } =
            std::mem::replace(&mut self.stopping, Stopping::No)
        {
            let finished = status == JobStatus::Finished;
            let answer = if finished { Ok(snapshot) } else { Err(failed_while_stopping(&snapshot)) };
            out.push(CheckpointCommand::Answer { ticket, answer });
        }
        for request in self.requests.drain(..) {
            let answer = Err(CheckpointError::Failed(format!("the job is {status}")));
            out.push(CheckpointCommand::Answer { ticket: request.ticket, answer });
        }
    }

    /// Ends what has taken too long.
    fn expire(&mut self, now: i64, out: &mut Vec<CheckpointCommand>) {
        let late = |pending: &&PendingCheckpoint| pending.stage == Stage::Collecting && pending.deadline <= now;
        let late: Vec<u64> = self.pending.values().filter(late).map(PendingCheckpoint::id).collect();
        let limit = self.config.timeout.as_millis();
        for id in late {
            let failure = Failure::external(format!(
                "the checkpoint expired before it was complete: not all tasks have acknowledged it within {limit} ms (execution.checkpointing.timeout)"
            ));
            self.on_failed(id, Stage::Collecting, &failure, now, out);
        }
        let (late, kept) = self.requests.drain(..).partition::<VecDeque<_>, _>(|request| request.deadline <= now);
        self.requests = kept;
        for request in late {
            let problem = format!("not all tasks of the job were running at any time within {limit} ms");
            let answer = Err(CheckpointError::Failed(problem));
            out.push(CheckpointCommand::Answer { ticket: request.ticket, answer });
        }
    }

    /// One after the other, so that they are complete in the order of their numbers.
    fn publish_next(&mut self, out: &mut Vec<CheckpointCommand>) {
        if self.is_publishing() {
            return;
        }
        if let Some(pending) = self.pending.values_mut().find(|pending| pending.stage == Stage::Acknowledged) {
            pending.stage = Stage::Publishing;
            out.push(CheckpointCommand::Publish(Box::new(pending.clone())));
        }
    }

    fn trigger_what_is_due(
        &mut self,
        plan: &dyn Fn() -> Option<CheckpointPlan>,
        now: i64,
        out: &mut Vec<CheckpointCommand>,
    ) {
        self.start_clock(plan, now);
        self.look_for_the_end(plan);
        while let Some(occasion) = self.due(now) {
            if self.next_id >= self.reserved {
                if !std::mem::replace(&mut self.reserving, true) {
                    out.push(CheckpointCommand::ReserveIds(self.next_id + RESERVE));
                }
                return;
            }
            let Some(plan) = plan().filter(|plan| !plan.trigger.is_empty()) else { return };
            self.trigger(occasion, plan, now, out);
        }
    }

    /// The interval begins when all tasks run.
    fn start_clock(&mut self, plan: &dyn Fn() -> Option<CheckpointPlan>, now: i64) {
        if let (Some(interval), None) = (self.config.interval, self.next_periodic)
            && plan().is_some()
        {
            self.next_periodic = Some(now.saturating_add(millis(interval)));
        }
    }

    /// Whether all tasks that run wait for a last checkpoint.
    fn look_for_the_end(&mut self, plan: &dyn Fn() -> Option<CheckpointPlan>) {
        if !self.end_of_data_news || !self.config.final_checkpoint() {
            return;
        }
        if let Some(plan) = plan() {
            self.end_of_data_news = false;
            self.end_of_data.retain(|attempt| plan.tasks.contains(attempt));
            self.final_due =
                !plan.tasks.is_empty() && plan.tasks.iter().all(|attempt| self.end_of_data.contains(attempt));
        }
    }

    fn due(&self, now: i64) -> Option<Occasion> {
        if self.pending.values().any(PendingCheckpoint::stops_job) {
            return None;
        }
        let goes_on = self.stopping == Stopping::No;
        if goes_on && !self.requests.is_empty() {
            return Some(Occasion::Requested);
        }
        if self.pending.len() >= self.config.max_concurrent {
            return None;
        }
        let by_clock = goes_on && self.next_periodic.is_some_and(|due| due.max(self.pause_until) <= now);
        (goes_on && self.final_due || by_clock).then_some(Occasion::Periodic)
    }

    fn trigger(&mut self, occasion: Occasion, plan: CheckpointPlan, now: i64, out: &mut Vec<CheckpointCommand>) {
        let id = self.next_id;
        let request = match occasion {
            Occasion::Requested => self.requests.pop_front(),
            Occasion::Periodic => {
                self.final_due = false;
                self.next_periodic = self.config.interval.map(|interval| now.saturating_add(millis(interval)));
                None
            }
        };
        let ticket = request.as_ref().map(|request| request.ticket);
        if !plan.finished.is_empty() && !self.config.after_tasks_finish {
            let problem = "some tasks have finished (execution.checkpointing.checkpoints-after-tasks-finish is false)";
            let answer = Err(CheckpointError::Failed(problem.to_owned()));
            out.extend(ticket.map(|ticket| CheckpointCommand::Answer { ticket, answer }));
            return;
        }
        let kind = match request.as_ref().map_or(SnapshotKind::Checkpoint, |request| request.kind) {
            SnapshotKind::Checkpoint if self.full_next => SnapshotKind::FullCheckpoint,
            kind => kind,
        };
        let location =
            match request.and_then(|request| request.location).map(Ok).or_else(|| self.config.location(self.job, id)) {
                Some(Ok(location)) => location,
                problem => {
                    let answer = Err(match problem {
                        Some(Err(error)) => CheckpointError::Failed(error.to_string()),
                        _ => CheckpointError::NoCheckpointDirectory,
                    });
                    out.extend(ticket.map(|ticket| CheckpointCommand::Answer { ticket, answer }));
                    return;
                }
            };
        self.next_id += 1;
        let options = CheckpointOptions { kind, alignment: self.config.alignment(kind), location };
        let barrier = CheckpointBarrier { checkpoint_id: id, timestamp: now, options };
        let (attempts, finished) = (plan.trigger.clone(), plan.finished.clone());
        let deadline = now.saturating_add(millis(self.config.timeout));
        self.pending.insert(id, PendingCheckpoint::new(barrier.clone(), plan, ticket, deadline));
        out.push(CheckpointCommand::Trigger { barrier, attempts, finished });
    }

    /// Aborts all that are not being published.
    fn abort_where(
        &mut self,
        which: impl Fn(&PendingCheckpoint) -> bool,
        reason: &str,
        now: i64,
        out: &mut Vec<CheckpointCommand>,
    ) {
        let chosen = |pending: &&PendingCheckpoint| pending.stage != Stage::Publishing && which(pending);
        let chosen: Vec<u64> = self.pending.values().filter(chosen).map(PendingCheckpoint::id).collect();
        for pending in chosen.into_iter().filter_map(|id| self.pending.remove(&id)).collect::<Vec<_>>() {
            self.abort(pending, reason.to_owned(), now, out);
        }
    }

    fn abort(&mut self, pending: PendingCheckpoint, reason: String, now: i64, out: &mut Vec<CheckpointCommand>) {
        self.pause_until = now.saturating_add(millis(self.config.min_pause));
        self.aborted.insert(pending.id());
        if self.aborted.len() > ABORTED {
            self.aborted.pop_first();
        }
        if let Some(ticket) = pending.ticket {
            let answer = Err(CheckpointError::Failed(reason.clone()));
            out.push(CheckpointCommand::Answer { ticket, answer });
        }
        out.push(CheckpointCommand::Abort { pending: Box::new(pending), reason });
    }
}

/// The job has failed behind the savepoint with which it should have stopped. Some of its tasks may have ended with it, so that all start again.
fn not_stopped(ticket: Option<u64>, savepoint: &CompletedSnapshot, out: &mut Vec<CheckpointCommand>) {
    let answer = || Err(failed_while_stopping(savepoint));
    out.extend(ticket.map(|ticket| CheckpointCommand::Answer { ticket, answer: answer() }));
    out.push(CheckpointCommand::FailJob(Failure::external(
        "Inconsistent execution state after stopping with savepoint. A global fail-over is triggered to recover the job",
    )));
}

/// In Flink's words.
fn failed_while_stopping(savepoint: &CompletedSnapshot) -> CheckpointError {
    CheckpointError::Failed(format!(
        "A savepoint has been created at: {}, but the corresponding job failed during stopping. The savepoint is consistent, but might have uncommitted transactions. If you want to commit the transaction please restart a job from this savepoint.",
        savepoint.external_path
    ))
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
