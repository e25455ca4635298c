//! Tables of events and the commands that follow, and random walks.

use super::*;
use common::config::{Configuration, Origin};
use dataflow::checkpoint::{AfterSavepoint, CheckpointMetrics, SavepointFormat};
use proptest::prelude::*;

const JOB: JobId = JobId(1);

fn attempt(subtask: u32, number: u32) -> ExecutionAttemptId {
    ExecutionAttemptId { job: JOB, vertex: VertexId(1), subtask, attempt: number }
}

fn config(entries: &[(&str, &str)]) -> CheckpointConfig {
    let defaults = [("interval", "100 ms"), ("dir", "/c"), ("timeout", "1 s")];
    let entries = defaults.iter().chain(entries).map(|(key, value)| (format!("execution.checkpointing.{key}"), *value));
    CheckpointConfig::from_config(&Configuration::from_map(entries, Origin::Program)).unwrap()
}

/// A coordinator and the two tasks of its job.
struct Job {
    coordinator: CheckpointCoordinator,
    running: Vec<ExecutionAttemptId>,
    finished: Vec<(VertexId, u32)>,
    all_run: bool,
}

impl Job {
    fn new(entries: &[(&str, &str)]) -> Self {
        Job {
            coordinator: CheckpointCoordinator::new(JOB, config(entries), 1, false),
            running: vec![attempt(0, 0), attempt(1, 0)],
            finished: Vec::new(),
            all_run: true,
        }
    }

    fn handle(&mut self, event: CheckpointEvent, now: i64) -> Vec<CheckpointCommand> {
        let plan = CheckpointPlan {
            trigger: self.running.clone(),
            tasks: self.running.clone(),
            finished: self.finished.clone(),
        };
        let all_run = self.all_run;
        let mut commands = self.coordinator.handle(event, &|| all_run.then(|| plan.clone()), now);
        // The store answers at once.
        let reserve = commands.iter().position(|command| matches!(command, CheckpointCommand::ReserveIds(_)));
        if let Some(place) = reserve {
            let CheckpointCommand::ReserveIds(end) = commands.remove(place) else { unreachable!() };
            commands.extend(self.handle(CheckpointEvent::IdsReserved(end), now));
        }
        commands
    }

    /// Commands as text.
    fn run(&mut self, event: CheckpointEvent, now: i64) -> String {
        let text = |command| match command {
            CheckpointCommand::Trigger { barrier, attempts, .. } => {
                let kind = match barrier.options.kind {
                    SnapshotKind::Checkpoint => "",
                    SnapshotKind::FullCheckpoint => "full ",
                    SnapshotKind::Savepoint { .. } => "savepoint ",
                };
                format!("trigger({kind}{} at {})", barrier.checkpoint_id, attempts.len())
            }
            CheckpointCommand::Publish(pending) => format!("publish({})", pending.id()),
            CheckpointCommand::NotifyCompleted { checkpoint_id, .. } => format!("completed({checkpoint_id})"),
            CheckpointCommand::Abort { pending, .. } => format!("abort({})", pending.id()),
            CheckpointCommand::DiscardSnapshot(_) => "discard".into(),
            CheckpointCommand::Answer { ticket, answer: Ok(done) } => {
                format!("answer({ticket}: {})", done.checkpoint_id)
            }
            CheckpointCommand::Answer { ticket, answer: Err(_) } => format!("answer({ticket}: error)"),
            CheckpointCommand::FailJob(_) => "fail-job".into(),
            CheckpointCommand::ReserveIds(_) => unreachable!("answered by handle"),
        };
        self.handle(event, now).into_iter().map(text).collect::<Vec<_>>().join(" ")
    }
}

fn ack(id: u64, attempt: ExecutionAttemptId) -> CheckpointEvent {
    let (snapshot, metrics) = (TaskSnapshot::default(), CheckpointMetrics::default());
    CheckpointEvent::Acknowledged(Box::new(CheckpointAcknowledgement { attempt, checkpoint_id: id, snapshot, metrics }))
}

fn declined(id: u64) -> CheckpointEvent {
    CheckpointEvent::Failed { checkpoint_id: id, failure: Failure::external("disk full") }
}

fn subsumed(id: u64) -> CheckpointEvent {
    CheckpointEvent::Subsumed { checkpoint_id: id, failure: Failure::external("overtaken") }
}

fn savepoint(ticket: u64, after: AfterSavepoint) -> CheckpointEvent {
    let location = CheckpointLocation { exclusive: format!("/s/{ticket}"), shared: None };
    let kind = SnapshotKind::Savepoint { after, format: SavepointFormat::Canonical };
    CheckpointEvent::Requested { ticket, kind, location: Some(location) }
}

fn walk(job: &mut Job, table: Vec<(CheckpointEvent, i64, &str)>) {
    for (event, now, expected) in table {
        assert_eq!(job.run(event.clone(), now), expected, "{event:?} at {now}");
    }
}

use CheckpointEvent::{EndOfData, Ended, Interrupted, Published, TaskFinished, Tick};

fn not_published(checkpoint_id: u64) -> CheckpointEvent {
    CheckpointEvent::PublicationFailed { checkpoint_id, failure: Failure::external("disk full") }
}

#[test]
fn checkpoints_are_taken_one_after_the_other() {
    let mut job = Job::new(&[("min-pause", "50 ms")]);
    walk(&mut job, vec![(Tick, 0, ""), (Tick, 99, ""), (Tick, 100, "trigger(1 at 2)"), (Tick, 200, "")]);
    assert_eq!(job.coordinator.next_wake(), Some(1100), "no other before this one has ended");
    walk(
        &mut job,
        vec![
            (ack(1, attempt(0, 0)), 210, ""),
            (ack(1, attempt(0, 0)), 210, ""),
            (ack(1, attempt(1, 0)), 220, "publish(1)"),
            (Published(1), 230, "completed(1)"),
            (Published(1), 230, ""),
            (Tick, 279, ""),
            (Tick, 280, "trigger(2 at 2)"),
        ],
    );
    assert_eq!(job.coordinator.next_wake(), Some(380));
}

/// Who looks at 99 and sets a timer only at 101 would never come back if what is over by then did not count.
#[test]
fn what_becomes_due_behind_its_back_is_not_forgotten() {
    let mut job = Job::new(&[]);
    walk(&mut job, vec![(Tick, 0, ""), (Tick, 99, "")]);
    assert_eq!(job.coordinator.next_wake(), Some(100));
    walk(&mut job, vec![(Tick, 101, "trigger(1 at 2)")]);
}

#[test]
fn nothing_is_triggered_while_tasks_are_on_their_way_and_at_once_when_they_run() {
    let mut job = Job::new(&[]);
    job.run(Tick, 0);
    job.all_run = false;
    walk(&mut job, vec![(Interrupted, 50, ""), (Tick, 150, "")]);
    job.all_run = true;
    walk(&mut job, vec![(Tick, 160, ""), (Tick, 260, "trigger(1 at 2)")]);
    let mut due = Job::new(&[]);
    due.run(Tick, 0);
    due.all_run = false;
    assert_eq!(due.run(Tick, 100), "");
    due.all_run = true;
    assert_eq!(due.run(Tick, 105), "trigger(1 at 2)");
}

#[test]
fn a_checkpoint_that_is_overtaken_does_not_count_as_a_failure() {
    let mut job = Job::new(&[("tolerable-failed-checkpoints", "0")]);
    let table = vec![
        (Tick, 0, ""),
        (Tick, 100, "trigger(1 at 2)"),
        (subsumed(1), 110, "abort(1)"),
        (Tick, 200, "trigger(2 at 2)"),
        (declined(2), 210, "abort(2) fail-job"),
    ];
    walk(&mut job, table);
}

#[test]
fn more_failures_in_a_row_than_are_tolerated_fail_the_job() {
    let mut job = Job::new(&[("tolerable-failed-checkpoints", "1")]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(1 at 2)"),
            (declined(1), 110, "abort(1)"),
            (ack(1, attempt(1, 0)), 111, "discard"),
            (declined(1), 112, ""),
            (subsumed(1), 112, ""),
            (Tick, 200, "trigger(2 at 2)"),
            (ack(2, attempt(0, 0)), 201, ""),
            (ack(2, attempt(1, 0)), 202, "publish(2)"),
            (Published(2), 203, "completed(2)"),
            (Tick, 300, "trigger(3 at 2)"),
            (Tick, 1299, ""),
            (Tick, 1300, "abort(3) trigger(4 at 2)"),
            (declined(4), 1301, "abort(4) fail-job"),
        ],
    );
    assert_eq!(Job::new(&[]).run(declined(9), 0), "");
}

#[test]
fn what_a_failure_interrupts_does_not_count_but_what_is_being_published_goes_on() {
    let mut job = Job::new(&[("max-concurrent-checkpoints", "2")]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(1 at 2)"),
            (Tick, 200, "trigger(2 at 2)"),
            (Tick, 300, ""),
            (ack(1, attempt(0, 0)), 301, ""),
            (ack(1, attempt(1, 0)), 302, "publish(1)"),
            (ack(2, attempt(0, 0)), 303, ""),
            (ack(2, attempt(1, 0)), 304, ""),
            (Interrupted, 305, "abort(2)"),
        ],
    );
    assert!(job.coordinator.is_publishing());
    assert_eq!(job.run(Published(1), 306), "completed(1)");
    assert!(!job.coordinator.is_publishing());
}

#[test]
fn a_later_checkpoint_subsumes_those_before_it() {
    let mut job = Job::new(&[("max-concurrent-checkpoints", "2")]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(1 at 2)"),
            (Tick, 200, "trigger(2 at 2)"),
            (ack(2, attempt(0, 0)), 201, ""),
            (ack(2, attempt(1, 0)), 202, "publish(2)"),
            (Published(2), 203, "abort(1) completed(2)"),
        ],
    );
}

#[test]
fn a_savepoint_stands_beside_the_checkpoints() {
    let mut job = Job::new(&[]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(1 at 2)"),
            (savepoint(7, AfterSavepoint::Continue), 110, "trigger(savepoint 2 at 2)"),
            (ack(2, attempt(0, 0)), 111, ""),
            (ack(2, attempt(1, 0)), 112, "publish(2)"),
            (Published(2), 113, "answer(7: 2)"),
            (savepoint(8, AfterSavepoint::Continue), 114, "trigger(savepoint 3 at 2)"),
            (declined(3), 115, "answer(8: error) abort(3)"),
        ],
    );
}

#[test]
fn a_savepoint_that_stops_the_job_is_its_last_checkpoint() {
    let stop = |job: &mut Job| {
        walk(
            job,
            vec![
                (Tick, 0, ""),
                (savepoint(7, AfterSavepoint::Drain), 10, "trigger(savepoint 1 at 2)"),
                (Tick, 500, ""),
                (ack(1, attempt(0, 0)), 501, ""),
                (ack(1, attempt(1, 0)), 502, "publish(1)"),
                (Published(1), 503, "completed(1)"),
                (Tick, 700, ""),
            ],
        );
    };
    let mut job = Job::new(&[]);
    stop(&mut job);
    walk(&mut job, vec![(TaskFinished(attempt(0, 0)), 701, ""), (Ended(JobStatus::Finished), 702, "answer(7: 1)")]);
    let mut failed = Job::new(&[]);
    stop(&mut failed);
    walk(
        &mut failed,
        vec![(Interrupted, 701, "answer(7: error) fail-job"), (Tick, 800, ""), (Tick, 900, "trigger(2 at 2)")],
    );
}

#[test]
fn a_failure_while_the_savepoint_that_stops_the_job_is_published_lets_the_job_go_on_as_a_whole() {
    let mut job = Job::new(&[]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (savepoint(7, AfterSavepoint::Stop), 10, "trigger(savepoint 1 at 2)"),
            (ack(1, attempt(0, 0)), 11, ""),
            (ack(1, attempt(1, 0)), 12, "publish(1)"),
            (Interrupted, 13, ""),
            (Published(1), 14, "completed(1) answer(7: error) fail-job"),
            (Tick, 20, ""),
            (Tick, 120, "trigger(2 at 2)"),
        ],
    );
}

#[test]
fn what_is_being_published_ends_by_its_publication_only() {
    let mut job = Job::new(&[]);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(1 at 2)"),
            (ack(1, attempt(0, 0)), 101, ""),
            (not_published(1), 101, ""),
            (ack(1, attempt(1, 0)), 102, "publish(1)"),
            (declined(1), 103, ""),
            (Published(1), 104, "completed(1)"),
            (Tick, 200, "trigger(2 at 2)"),
            (ack(2, attempt(0, 0)), 201, ""),
            (ack(2, attempt(1, 0)), 202, "publish(2)"),
            (not_published(2), 203, "abort(2) fail-job"),
        ],
    );
}

#[test]
fn when_all_rows_have_gone_on_a_last_checkpoint_is_taken_at_once() {
    let mut job = Job::new(&[]);
    walk(
        &mut job,
        vec![(Tick, 0, ""), (EndOfData(attempt(0, 0)), 10, ""), (EndOfData(attempt(1, 0)), 11, "trigger(1 at 2)")],
    );
    // A task that ends in time leaves only those that wait.
    let mut job = Job::new(&[]);
    walk(&mut job, vec![(Tick, 0, ""), (EndOfData(attempt(0, 0)), 10, "")]);
    job.run(EndOfData(attempt(1, 1)), 11);
    (job.running, job.finished) = (vec![attempt(0, 0)], vec![(VertexId(1), 1)]);
    assert_eq!(job.run(TaskFinished(attempt(1, 1)), 12), "trigger(1 at 1)");
}

#[test]
fn a_task_that_ends_before_its_part_aborts_the_checkpoint_and_without_the_option_none_follows() {
    let mut job = Job::new(&[("checkpoints-after-tasks-finish", "false")]);
    walk(&mut job, vec![(Tick, 0, ""), (Tick, 100, "trigger(1 at 2)")]);
    (job.running, job.finished) = (vec![attempt(0, 0)], vec![(VertexId(1), 1)]);
    walk(
        &mut job,
        vec![
            (TaskFinished(attempt(1, 0)), 110, "abort(1)"),
            (Tick, 210, ""),
            (savepoint(7, AfterSavepoint::Continue), 220, "answer(7: error)"),
        ],
    );
}

#[test]
fn the_first_checkpoint_of_a_job_that_may_not_own_its_savepoint_is_full() {
    let mut job = Job::new(&[]);
    job.coordinator = CheckpointCoordinator::new(JOB, config(&[]), 8, true);
    walk(
        &mut job,
        vec![
            (Tick, 0, ""),
            (Tick, 100, "trigger(full 8 at 2)"),
            (declined(8), 101, "abort(8) fail-job"),
            (Tick, 200, "trigger(full 9 at 2)"),
            (ack(9, attempt(0, 0)), 201, ""),
            (ack(9, attempt(1, 0)), 202, "publish(9)"),
            (Published(9), 203, "completed(9)"),
            (Tick, 300, "trigger(10 at 2)"),
        ],
    );
}

#[test]
fn a_wish_that_cannot_be_met_is_answered() {
    let mut job = Job::new(&[]);
    job.all_run = false;
    walk(
        &mut job,
        vec![
            (savepoint(7, AfterSavepoint::Continue), 0, ""),
            (Tick, 1000, "answer(7: error)"),
            (savepoint(8, AfterSavepoint::Continue), 1001, ""),
            (Ended(JobStatus::Failed), 1002, "answer(8: error)"),
        ],
    );
}

/// What came of the checkpoints of a walk.
#[derive(Default)]
struct Walk {
    triggered: Vec<u64>,
    open: BTreeSet<u64>,
    asked: BTreeSet<u64>,
    last_complete: u64,
}

impl Walk {
    fn take(&mut self, job: &mut Job, event: CheckpointEvent, now: i64) {
        match &event {
            Published(id) => assert!(self.open.remove(id), "{id} has ended before"),
            CheckpointEvent::Requested { ticket, .. } => assert!(self.asked.insert(*ticket)),
            _ => {}
        }
        for command in job.handle(event, now) {
            match command {
                CheckpointCommand::Trigger { barrier, .. } => {
                    assert!(self.triggered.last().is_none_or(|last| *last < barrier.checkpoint_id), "ids grow");
                    self.triggered.push(barrier.checkpoint_id);
                    self.open.insert(barrier.checkpoint_id);
                }
                CheckpointCommand::Abort { pending, .. } => assert!(self.open.remove(&pending.id())),
                CheckpointCommand::NotifyCompleted { checkpoint_id, .. } => {
                    assert!(checkpoint_id > self.last_complete);
                    self.last_complete = checkpoint_id;
                }
                CheckpointCommand::Answer { ticket, .. } => assert!(self.asked.remove(&ticket)),
                _ => {}
            }
        }
    }
}

fn publishing(job: &Job) -> Option<u64> {
    let mut pending = job.coordinator.pending.values();
    pending.find(|pending| pending.stage == Stage::Publishing).map(PendingCheckpoint::id)
}

proptest! {
    /// Whatever happens: ids grow, checkpoints are complete in their order and only once, and all that began has ended when the job has.
    #[test]
    fn every_checkpoint_ends_once(steps in proptest::collection::vec((0u8..13, 0usize..3, 0u32..2), 1..120)) {
        let mut job = Job::new(&[("max-concurrent-checkpoints", "3"), ("tolerable-failed-checkpoints", "2")]);
        let mut walk = Walk::default();
        let mut now = 0i64;
        for (step, back, subtask) in steps {
            now += 20;
            let id = walk.triggered.iter().rev().nth(back).copied().unwrap_or(0);
            let event = match step {
                0..=2 => Tick,
                3..=6 => ack(id, attempt(subtask, 0)),
                7 => declined(id),
                8 => Interrupted,
                9 => savepoint(now.unsigned_abs(), AfterSavepoint::Continue),
                10 => EndOfData(attempt(subtask, 0)),
                11 => publishing(&job).map_or(Tick, not_published),
                _ => publishing(&job).map_or(Tick, Published),
            };
            walk.take(&mut job, event, now);
        }
        while let Some(id) = publishing(&job) {
            walk.take(&mut job, Published(id), now);
        }
        walk.take(&mut job, Ended(JobStatus::Canceled), now);
        prop_assert!(walk.open.is_empty(), "{:?} never ended", walk.open);
        prop_assert!(walk.asked.is_empty(), "{:?} were never answered", walk.asked);
    }
}
