//! `Task`: a head, a chain and the rules by which they are driven. No thread: a test can call `step()` in a loop.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use common::clock::Clock;
use dataflow::{Failure, Progress};

use super::chain::Chain;
use super::gate_head::GateHead;
use super::mailbox::{Mail, Mailbox};
use super::source_head::SourceHead;
use super::values_head::ValuesHead;
use crate::metrics::Wait;

/// Where a task's rows come from.
pub(crate) enum Head {
    Source(Box<SourceHead>),
    Values(ValuesHead),
    Gate(Box<GateHead>),
}

/// What a head did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polled {
    Worked,
    /// Nothing is there; the waker will be woken.
    Empty,
    /// Nothing will come any more.
    Ended,
}

/// One subtask.
pub(crate) struct Task {
    head: Head,
    chain: Chain,
    mailbox: Arc<Mailbox>,
    clock: Clock,
    waker: Waker,
    phase: Phase,
}

/// ```text
///   Running -> Finishing(0) -> Finishing(1) -> ... -> outputs ended
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The input has ended; the operator at this position is to finish.
    Finishing(usize),
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
    pub(crate) fn new(head: Head, chain: Chain, mailbox: Arc<Mailbox>, clock: Clock, waker: Waker) -> Self {
        Self { head, chain, mailbox, clock, waker, phase: Phase::Running }
    }

    /// Does one thing: mail and timers, then one element if there is one and room for what it leads to.
    pub(crate) fn step(&mut self) -> Result<Step, Failure> {
        for mail in self.mailbox.take() {
            match mail {
                Mail::Cancel => return Ok(Step::Canceled),
                Mail::Checkpoint(_) => {}
                Mail::AddSplits { operator, splits, no_more_splits } => match &mut self.head {
                    Head::Source(source) if source.operator() == operator => {
                        source.add_splits(splits, no_more_splits)?
                    }
                    _ => {
                        return Err(Failure::internal(format!(
                            "splits came for operator {operator}, which is no source here"
                        )));
                    }
                },
            }
        }
        let now = self.clock.instant();
        self.chain.set_now(now);
        self.chain.flush_due(&self.waker)?;
        if !self.chain.has_output_room(&self.waker) {
            return Ok(Step::Wait { wait: Wait::Output, until: self.chain.flush_at() });
        }
        self.fire_timers()?;
        match self.phase {
            Phase::Running => self.run(now),
            Phase::Finishing(position) => self.finish(position),
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
            Polled::Worked => Ok(Step::Worked),
            Polled::Empty => Ok(Step::Wait { wait: Wait::Input, until: self.wake_at(now) }),
            Polled::Ended => {
                self.phase = Phase::Finishing(0);
                Ok(Step::Worked)
            }
        }
    }

    fn finish(&mut self, position: usize) -> Result<Step, Failure> {
        if position == self.chain.len() {
            self.chain.end_outputs()?;
            return Ok(Step::Finished);
        }
        match self.chain.finish(position, &self.waker)? {
            Progress::Done => {
                self.phase = Phase::Finishing(position + 1);
                Ok(Step::Worked)
            }
            Progress::Pending => Ok(Step::Wait { wait: Wait::Operator, until: self.chain.flush_at() }),
        }
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
        self.chain.fire_timers(now)
    }

    fn next_timer(&self) -> Option<i64> {
        let head = match &self.head {
            Head::Source(source) => source.next_timer(),
            Head::Values(_) | Head::Gate(_) => None,
        };
        [head, self.chain.next_timer()].into_iter().flatten().min()
    }

    /// When to go on although nobody wakes the task.
    fn wake_at(&self, now: Instant) -> Option<Instant> {
        let timer = self.next_timer().map(|timer| {
            let wait = timer.saturating_sub(self.clock.now_millis()).max(0);
            now + Duration::from_millis(wait as u64).min(Duration::from_hours(24))
        });
        let head = match &self.head {
            Head::Gate(gate) => gate.deadline(),
            Head::Source(_) | Head::Values(_) => None,
        };
        [timer, head, self.chain.flush_at()].into_iter().flatten().min()
    }
}
