//! `Task`: a head, a chain and the rules by which they are driven. No thread: a test can call `step()` in a loop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use common::clock::Clock;
use dataflow::checkpoint::{AfterSavepoint, CheckpointNotice, SnapshotKind};
use dataflow::{CheckpointBarrier, Failure, Progress, StreamElement};

use super::barrier_aligner::AlignerEvent;
use super::chain::Chain;
use super::head::{Head, Polled};
use super::mailbox::{AddSplits, Mail, Mailbox};
use super::subtask_checkpoint_coordinator::{Hold, SubtaskCheckpointCoordinator};
use crate::metrics::{TaskMetrics, Wait};

/// One subtask.
pub(crate) struct Task {
    head: Head,
    chain: Chain,
    checkpoints: SubtaskCheckpointCoordinator,
    mailbox: Arc<Mailbox>,
    /// Splits with the checkpoint behind whose trigger they came: the JobManager's part of it has them as not assigned, so that the head takes
    /// them when it has been snapshotted.
    held_splits: VecDeque<(Option<u64>, AddSplits)>,
    clock: Clock,
    metrics: Arc<TaskMetrics>,
    waker: Waker,
    phase: Phase,
    /// The savepoint for which a source has ended its rows before their end: without it the rest would never be read.
    drained_for: Option<u64>,
}

/// ```text
///   Running -> Finishing(0) -> Finishing(1) -> ... -> Ended -> outputs ended
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The rows have ended; the operator at this position is to finish.
    Finishing(usize),
    /// All rows have gone on. Barriers still come and go, until nothing is left to be committed.
    Ended,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Call again.
    Worked,
    /// Call again when the waker was woken, or then.
    Wait { wait: Wait, until: Option<Instant> },
    /// All is done.
    Finished,
    /// The task was asked to end.
    Canceled,
}

impl Task {
    /// A task; `waker` is woken for everything it waits for.
    pub(crate) fn new(
        head: Head,
        chain: Chain,
        checkpoints: SubtaskCheckpointCoordinator,
        mailbox: Arc<Mailbox>,
        clock: Clock,
        metrics: Arc<TaskMetrics>,
        waker: Waker,
    ) -> Self {
        Self {
            head,
            chain,
            checkpoints,
            mailbox,
            held_splits: VecDeque::new(),
            clock,
            metrics,
            waker,
            phase: Phase::Running,
            drained_for: None,
        }
    }

    /// Does one thing: mail, checkpoints and timers, then one element if there is one and room for what it leads to.
    pub(crate) fn step(&mut self) -> Result<Step, Failure> {
        self.checkpoints.continue_snapshot(&mut self.chain)?;
        let step = self.step_once()?;
        // A task that has nothing else to do goes on with its snapshot.
        let waits = matches!(step, Step::Wait { .. });
        Ok(if waits && self.checkpoints.continues() { Step::Worked } else { step })
    }

    fn step_once(&mut self) -> Result<Step, Failure> {
        for (sent, mail) in self.mailbox.take() {
            let waited = self.clock.instant().saturating_duration_since(sent);
            self.metrics.took_mail(waited.as_secs_f64() * 1000.0);
            match mail {
                Mail::Cancel => return Ok(Step::Canceled),
                Mail::Checkpoint(notice) => self.on_notice(notice)?,
                Mail::AlignWatermarks(limit) => {
                    if let Head::Source(source) = &mut self.head {
                        source.align_watermarks(limit);
                    }
                }
                Mail::AddSplits(splits) => self.held_splits.push_back((self.checkpoints.newest_to_take(), splits)),
            }
        }
        let now = self.clock.instant();
        self.chain.set_now(now);
        self.checkpoints.complete(&mut self.chain)?;
        if let Some(step) = self.take_part(now)? {
            return Ok(step);
        }
        self.chain.flush_due(&self.waker)?;
        if !self.chain.has_output_room(&self.waker) {
            return Ok(Step::Wait { wait: Wait::Output, until: self.checkpoint_at(now, self.chain.flush_at()) });
        }
        self.fire_timers()?;
        match self.phase {
            Phase::Running => self.run(now),
            Phase::Finishing(position) => self.finish(position),
            Phase::Ended => self.end(now),
        }
    }

    fn add_splits(&mut self, add: AddSplits) -> Result<(), Failure> {
        match &mut self.head {
            Head::Source(source) if source.operator() == add.operator => {
                source.add_splits(add.splits, add.no_more_splits)
            }
            _ => {
                let message = format!("splits came for operator {}, which is no source here", add.operator);
                Err(Failure::internal(message))
            }
        }
    }

    /// Gives the head the splits that came before the trigger of the next checkpoint to be taken.
    fn add_held_splits(&mut self) -> Result<(), Failure> {
        let oldest = self.checkpoints.oldest_to_take();
        let is_before = |(behind, _): &mut (Option<u64>, AddSplits)| oldest.is_none() || *behind < oldest;
        while let Some((_, splits)) = self.held_splits.pop_front_if(is_before) {
            self.add_splits(splits)?;
        }
        Ok(())
    }

    fn on_notice(&mut self, notice: CheckpointNotice) -> Result<(), Failure> {
        match notice {
            CheckpointNotice::Trigger(barrier) => match &mut self.head {
                Head::Gate(gate) => {
                    self.checkpoints.obey(gate.align(AlignerEvent::Trigger(Arc::new(barrier))));
                }
                Head::Source(_) | Head::Values(_) => self.checkpoints.on_trigger(Arc::new(barrier)),
            },
            CheckpointNotice::Completed { checkpoint_id } => {
                self.checkpoints.on_completed(checkpoint_id, &mut self.head);
            }
            // What it has not read it cannot read any more: the job has to go on from its last checkpoint.
            CheckpointNotice::Aborted { checkpoint_id } if self.drained_for == Some(checkpoint_id) => {
                return Err(Failure::external(format!(
                    "Stop-with-savepoint failed: savepoint {checkpoint_id} was aborted when the source had ended its rows for it"
                )));
            }
            CheckpointNotice::Aborted { checkpoint_id } => {
                if let Head::Gate(gate) = &mut self.head {
                    self.checkpoints.obey(gate.align(AlignerEvent::Aborted(checkpoint_id)));
                }
                self.checkpoints.on_aborted(checkpoint_id, &mut self.head, &mut self.chain);
            }
        }
        Ok(())
    }

    /// The task's part in checkpoints. A step when it does nothing else now.
    fn take_part(&mut self, now: Instant) -> Result<Option<Step>, Failure> {
        self.add_held_splits()?;
        // Operators that finish are not snapshotted half-way.
        if !matches!(self.phase, Phase::Finishing(_)) {
            if let Some(trigger) = self.checkpoints.next_trigger().filter(|_| self.checkpoints.hold() == Hold::No) {
                if self.phase == Phase::Running && drains(trigger) {
                    self.drained_for = Some(trigger.checkpoint_id);
                    self.head.drain(&mut self.chain)?;
                    self.phase = Phase::Finishing(0);
                    return Ok(Some(Step::Worked));
                }
                self.checkpoints.begin_triggered();
            }
            if self.checkpoints.advance(&mut self.head, &mut self.chain)? == Progress::Pending {
                return Ok(Some(Step::Wait { wait: Wait::Operator, until: None }));
            }
            self.add_held_splits()?;
        }
        match self.checkpoints.hold() {
            Hold::No => Ok(self.poll_urgent(now)),
            Hold::Over if self.checkpoints.is_idle() => self.end_outputs().map(Some),
            Hold::Until(_) | Hold::Over => Ok(Some(Step::Wait { wait: Wait::Operator, until: None })),
        }
    }

    /// Takes a barrier that does not wait for rows to be processed.
    fn poll_urgent(&mut self, now: Instant) -> Option<Step> {
        match &mut self.head {
            Head::Gate(gate) if !matches!(self.phase, Phase::Finishing(_)) => {
                let polled = gate.poll_urgent()?;
                Some(self.after_poll(polled, now))
            }
            _ => None,
        }
    }

    fn run(&mut self, now: Instant) -> Result<Step, Failure> {
        if !self.chain.operators_available(&self.waker)? {
            return Ok(Step::Wait { wait: Wait::Operator, until: self.wake_at(now) });
        }
        let polled = match &mut self.head {
            Head::Source(source) => source.poll(&mut self.chain, &self.waker)?,
            Head::Values(values) => values.poll(&mut self.chain)?,
            Head::Gate(gate) => gate.poll(&mut self.chain, now, &self.waker)?,
        };
        match polled {
            Polled::Ended => {
                self.phase = Phase::Finishing(0);
                Ok(Step::Worked)
            }
            other => Ok(self.after_poll(other, now)),
        }
    }

    fn after_poll(&mut self, polled: Polled, now: Instant) -> Step {
        match polled {
            Polled::Worked | Polled::Ended => Step::Worked,
            Polled::Barrier(aligned) => {
                self.checkpoints.obey(aligned);
                Step::Worked
            }
            Polled::Empty => Step::Wait { wait: Wait::Input, until: self.wake_at(now) },
        }
    }

    fn finish(&mut self, position: usize) -> Result<Step, Failure> {
        if position == self.chain.len() {
            self.chain.emit_to_outputs(StreamElement::EndOfData)?;
            self.checkpoints.end_of_data();
            self.phase = Phase::Ended;
            return Ok(Step::Worked);
        }
        match self.chain.finish(position, &self.waker)? {
            Progress::Done => {
                self.phase = Phase::Finishing(position + 1);
                Ok(Step::Worked)
            }
            Progress::Pending => Ok(Step::Wait { wait: Wait::Operator, until: self.chain.flush_at() }),
        }
    }

    /// What is left to do behind the last row.
    fn end(&mut self, now: Instant) -> Result<Step, Failure> {
        if let Head::Gate(gate) = &mut self.head
            && !gate.has_ended()
        {
            let polled = gate.poll(&mut self.chain, now, &self.waker)?;
            return Ok(self.after_poll(polled, now));
        }
        if self.checkpoints.may_end() {
            return self.end_outputs();
        }
        Ok(Step::Wait { wait: Wait::Input, until: self.checkpoint_at(now, None) })
    }

    fn end_outputs(&mut self) -> Result<Step, Failure> {
        self.chain.emit_to_outputs(StreamElement::EndOfPartition)?;
        Ok(Step::Finished)
    }

    fn fire_timers(&mut self) -> Result<(), Failure> {
        // Timers are dropped at the end of the input, as in Flink.
        if self.phase != Phase::Running {
            return Ok(());
        }
        let Some(next) = self.next_timer() else { return Ok(()) };
        let now = self.clock.now_millis();
        if next > now {
            return Ok(());
        }
        if let Head::Source(source) = &mut self.head
            && source.next_timer().is_some_and(|timer| timer <= now)
        {
            source.on_timer(now, &mut self.chain)?;
        }
        let fired = self.chain.fire_timers(now)?;
        self.metrics.fired_timers.add(fired);
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        if self.phase != Phase::Running {
            return None;
        }
        let head = match &self.head {
            Head::Source(source) => source.next_timer(),
            Head::Values(_) | Head::Gate(_) => None,
        };
        [head, self.chain.next_timer()].into_iter().flatten().min()
    }

    /// When to go on although nobody wakes the task.
    fn wake_at(&self, now: Instant) -> Option<Instant> {
        let timer = self.next_timer().map(|timer| self.instant_of(timer, now));
        let head = match &self.head {
            Head::Gate(gate) => gate.deadline(),
            Head::Source(_) | Head::Values(_) => None,
        };
        let other = [timer, head, self.chain.flush_at()].into_iter().flatten().min();
        self.checkpoint_at(now, other)
    }

    /// The time at which a barrier has waited long enough, or `other` if that is earlier.
    fn checkpoint_at(&self, now: Instant, other: Option<Instant>) -> Option<Instant> {
        let inputs = match &self.head {
            Head::Gate(gate) => gate.urgent_at(),
            Head::Source(_) | Head::Values(_) => None,
        };
        let due = [inputs, self.checkpoints.overtake_at()].into_iter().flatten().min();
        let due = due.map(|due| self.instant_of(due, now));
        [due, other].into_iter().flatten().min()
    }

    fn instant_of(&self, millis: i64, now: Instant) -> Instant {
        let wait = millis.saturating_sub(self.clock.now_millis()).max(0);
        now + Duration::from_millis(wait as u64).min(Duration::from_hours(24))
    }
}

/// Whether sources end before this barrier.
fn drains(barrier: &CheckpointBarrier) -> bool {
    matches!(barrier.options.kind, SnapshotKind::Savepoint { after: AfterSavepoint::Drain, .. })
}
