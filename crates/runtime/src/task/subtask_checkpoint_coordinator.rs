//! `SubtaskCheckpointCoordinator`: one task's part in checkpoints, from the barrier to the commit.
//!
//! ```text
//!   begin -> prepare each operator -> barrier to the outputs -> snapshot each operator -> (all barriers in, snapshots complete) -> stored elsewhere
//!            (may wait; no input)                                                                                                 -> acknowledged
//! ```
//! It drives head and chain, but decides neither when inputs are aligned (`BarrierAligner`) nor what else the task does (`Task`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use common::clock::Clock;
use dataflow::checkpoint::{
    AfterSavepoint, Alignment, CheckpointDecline, CheckpointMetrics, CheckpointReport, SnapshotKind,
};
use dataflow::{CheckpointBarrier, ExecutionAttemptId, Failure, Progress, StreamElement};

use super::barrier_aligner::AlignerCommand;
use super::chain::Chain;
use super::final_checkpoint::FinalCheckpoint;
use super::gate_head::Aligned;
use super::head::Head;
use crate::checkpointing::{InFlight, LocalState, OperatorPart, OutstandingSnapshots, SnapshotWriter, TakenSnapshot};
use crate::events::TaskEvents;
use crate::metrics::TaskMetrics;

/// What a coordinator is made of.
pub(crate) struct CheckpointResponder {
    pub(crate) attempt: ExecutionAttemptId,
    pub(crate) events: Arc<dyn TaskEvents>,
    pub(crate) writer: SnapshotWriter,
    /// Where copies of what is stored stay on this machine.
    pub(crate) local: Option<LocalState>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<TaskMetrics>,
    pub(crate) waker: Waker,
}

/// The checkpoints of one task.
pub(crate) struct SubtaskCheckpointCoordinator {
    responder: CheckpointResponder,
    outstanding: OutstandingSnapshots,
    /// Of a task without inputs: barriers to send.
    triggers: VecDeque<Arc<CheckpointBarrier>>,
    preparing: Option<Preparing>,
    taken: Option<Taken>,
    /// Of a checkpoint whose snapshot is still to be taken.
    inputs: Option<InputsComplete>,
    completing: Option<Completing>,
    last: FinalCheckpoint,
    hold: Hold,
    /// Whether operators still put their last snapshots together.
    continues: bool,
}

/// Operators from this position on are still to be prepared.
struct Preparing {
    barrier: Arc<CheckpointBarrier>,
    position: usize,
    began: Instant,
}

/// Snapshotted, and not yet handed over: barriers of other channels are still to come, or operators still put the snapshot together.
struct Taken {
    barrier: Arc<CheckpointBarrier>,
    operators: Vec<OperatorPart>,
    in_flight: Vec<InFlight>,
    sync_ms: u64,
    inputs: Option<InputsComplete>,
    outputs: Outputs,
}

/// Whether it is known what of the outputs belongs to a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outputs {
    Settled,
    /// The barrier goes in line; if it has not left by then (ms since the epoch), it overtakes what is before it.
    InLine {
        overtake_at: i64,
    },
}

/// All barriers of this checkpoint have come.
struct InputsComplete {
    checkpoint_id: u64,
    start_delay_ms: u64,
    alignment_ms: u64,
    bytes_processed: u64,
    in_flight: Vec<InFlight>,
}

/// A complete checkpoint of which operators from this position on are still to be told.
struct Completing {
    checkpoint_id: u64,
    position: usize,
}

/// Whether the task stands behind the barrier of a savepoint with which the job is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It does not.
    No,
    /// Until this savepoint is complete or aborted.
    Until(u64),
    /// The savepoint is complete: the task ends.
    Over,
}

impl SubtaskCheckpointCoordinator {
    pub(crate) fn new(responder: CheckpointResponder, last: FinalCheckpoint) -> Self {
        Self {
            outstanding: OutstandingSnapshots::new(responder.waker.clone()),
            responder,
            triggers: VecDeque::new(),
            preparing: None,
            taken: None,
            inputs: None,
            completing: None,
            last,
            hold: Hold::No,
            continues: false,
        }
    }

    /// A barrier for a task without inputs.
    pub(crate) fn on_trigger(&mut self, barrier: Arc<CheckpointBarrier>) {
        self.triggers.push_back(barrier);
    }

    /// The barrier to begin with next; none while another one is under way.
    pub(crate) fn next_trigger(&self) -> Option<&Arc<CheckpointBarrier>> {
        self.triggers.front().filter(|_| self.preparing.is_none())
    }

    /// The first checkpoint of a task without inputs whose snapshot is still to be taken.
    pub(crate) fn oldest_to_take(&self) -> Option<u64> {
        self.to_take().next()
    }

    /// The last one.
    pub(crate) fn newest_to_take(&self) -> Option<u64> {
        self.to_take().last()
    }

    fn to_take(&self) -> impl Iterator<Item = u64> {
        let preparing = self.preparing.as_ref().map(|preparing| &preparing.barrier);
        preparing.into_iter().chain(&self.triggers).map(|barrier| barrier.checkpoint_id)
    }

    /// Begins with the next trigger.
    pub(crate) fn begin_triggered(&mut self) {
        if let Some(barrier) = self.triggers.pop_front() {
            let start_delay_ms = self.responder.clock.now_millis().saturating_sub(barrier.timestamp).max(0) as u64;
            let checkpoint_id = barrier.checkpoint_id;
            self.inputs = Some(InputsComplete {
                checkpoint_id,
                start_delay_ms,
                alignment_ms: 0,
                bytes_processed: 0,
                in_flight: Vec::new(),
            });
            self.begin(barrier);
        }
    }

    fn begin(&mut self, barrier: Arc<CheckpointBarrier>) {
        let began = self.responder.clock.instant();
        self.preparing = Some(Preparing { barrier, position: 0, began });
    }

    /// Does what the aligner says.
    pub(crate) fn obey(&mut self, aligned: Aligned) {
        let Aligned { commands, bytes_processed, mut in_flight } = aligned;
        for command in commands {
            match command {
                AlignerCommand::Block(_) | AlignerCommand::OpenAll => {}
                AlignerCommand::Take(barrier) => self.begin(barrier),
                AlignerCommand::Complete { checkpoint_id, start_delay_ms, alignment_ms } => {
                    let inputs = InputsComplete {
                        checkpoint_id,
                        start_delay_ms,
                        alignment_ms,
                        bytes_processed,
                        in_flight: std::mem::take(&mut in_flight),
                    };
                    match &mut self.taken {
                        Some(taken) if taken.barrier.checkpoint_id == checkpoint_id => taken.inputs = Some(inputs),
                        _ => self.inputs = Some(inputs),
                    }
                    self.hand_over();
                }
                AlignerCommand::Decline { checkpoint_id, reason } => {
                    self.forget(checkpoint_id);
                    self.decline(checkpoint_id, Failure::external(reason), true);
                }
            }
        }
    }

    /// Goes on with the snapshot that is being taken. `Pending`: the task takes no input until it is woken.
    pub(crate) fn advance(&mut self, head: &mut Head, chain: &mut Chain) -> Result<Progress, Failure> {
        self.settle_outputs(chain, self.responder.clock.now_millis());
        let Some(preparing) = &mut self.preparing else { return Ok(Progress::Done) };
        while preparing.position < chain.len() {
            match chain.prepare(preparing.position, &preparing.barrier, &self.responder.waker)? {
                Progress::Done => preparing.position += 1,
                Progress::Pending => return Ok(Progress::Pending),
            }
        }
        if let Some(Preparing { barrier, began, .. }) = self.preparing.take() {
            self.take(barrier, began, head, chain)?;
        }
        Ok(Progress::Done)
    }

    fn take(
        &mut self,
        barrier: Arc<CheckpointBarrier>,
        began: Instant,
        head: &mut Head,
        chain: &mut Chain,
    ) -> Result<(), Failure> {
        while self.continue_snapshot(chain)? == Progress::Pending {}
        // An older barrier that still waits in the outputs is not waited for any more.
        self.settle_outputs(chain, i64::MAX);
        let in_flight = match barrier.options.alignment {
            Alignment::Unaligned => chain.emit_urgent(&barrier)?,
            Alignment::Aligned { .. } | Alignment::AtLeastOnce => {
                chain.emit_to_outputs(StreamElement::Barrier(barrier.clone()))?;
                Vec::new()
            }
        };
        let outputs = match barrier.options.alignment {
            Alignment::Aligned { timeout_ms: Some(timeout) } => {
                Outputs::InLine { overtake_at: barrier.timestamp.saturating_add(timeout as i64) }
            }
            _ => Outputs::Settled,
        };
        let checkpoint_id = barrier.checkpoint_id;
        if let SnapshotKind::Savepoint { after: AfterSavepoint::Stop | AfterSavepoint::Drain, .. } =
            barrier.options.kind
        {
            self.hold = Hold::Until(checkpoint_id);
        }
        let head_part = match head.snapshot(checkpoint_id) {
            Ok(part) => part,
            // A source that cannot be part of checkpoints. Its barrier has gone on: the abort that follows the decline undoes what others do.
            Err(failure) => {
                self.decline(checkpoint_id, failure, false);
                return Ok(());
            }
        };
        let mut operators: Vec<OperatorPart> = head_part.into_iter().collect();
        operators.extend(chain.snapshot(&barrier)?);
        self.last.taken(checkpoint_id);
        let sync_ms = self.responder.clock.instant().saturating_duration_since(began).as_millis() as u64;
        let inputs = self.inputs.take_if(|inputs| inputs.checkpoint_id == checkpoint_id);
        self.taken = Some(Taken { barrier, operators, in_flight, sync_ms, inputs, outputs });
        self.settle_outputs(chain, self.responder.clock.now_millis());
        self.continues = true;
        self.continue_snapshot(chain).map(drop)
    }

    /// Does a bit of what the snapshot that was taken last still needs. `Pending`: the task comes again soon.
    pub(crate) fn continue_snapshot(&mut self, chain: &mut Chain) -> Result<Progress, Failure> {
        if !self.continues {
            return Ok(Progress::Done);
        }
        let progress = chain.continue_snapshot()?;
        if progress == Progress::Done {
            self.continues = false;
            self.hand_over();
        }
        Ok(progress)
    }

    /// Looks whether an aligned barrier has left the outputs, or has waited too long by `now`, ms since the epoch.
    fn settle_outputs(&mut self, chain: &Chain, now: i64) {
        let Some(taken) = &mut self.taken else { return };
        let Outputs::InLine { overtake_at } = taken.outputs else { return };
        let checkpoint_id = taken.barrier.checkpoint_id;
        if chain.holds_barrier(checkpoint_id, &self.responder.waker) {
            if now < overtake_at {
                return;
            }
            taken.in_flight.extend(chain.overtake(checkpoint_id));
            Arc::make_mut(&mut taken.barrier).options.alignment = Alignment::Unaligned;
        }
        taken.outputs = Outputs::Settled;
        self.hand_over();
    }

    /// When a barrier that waits in the outputs is to overtake what is before it, ms since the epoch.
    pub(crate) fn overtake_at(&self) -> Option<i64> {
        match self.taken.as_ref()?.outputs {
            Outputs::InLine { overtake_at } => Some(overtake_at),
            Outputs::Settled => None,
        }
    }

    /// Hands the snapshot over to be stored, once it is complete and all barriers are in and out.
    fn hand_over(&mut self) {
        if self.continues {
            return;
        }
        let is_done = |taken: &mut Taken| taken.inputs.is_some() && taken.outputs == Outputs::Settled;
        let Some(taken) = self.taken.take_if(is_done) else { return };
        let Taken { barrier, operators, mut in_flight, sync_ms, inputs: Some(inputs), .. } = taken else { return };
        in_flight.extend(inputs.in_flight);
        self.responder.metrics.checkpoint_start_delay_ms.set(inputs.start_delay_ms);
        self.responder.metrics.checkpoint_alignment_ms.set(inputs.alignment_ms);
        let metrics = CheckpointMetrics {
            start_delay_ms: inputs.start_delay_ms,
            alignment_ms: inputs.alignment_ms,
            sync_ms,
            async_ms: 0,
            bytes_processed_during_alignment: inputs.bytes_processed,
            unaligned: barrier.options.alignment == Alignment::Unaligned,
        };
        self.responder.writer.submit(TakenSnapshot {
            attempt: self.responder.attempt,
            barrier,
            operators,
            in_flight,
            metrics,
            events: self.responder.events.clone(),
            local: self.responder.local.clone(),
            outstanding: self.outstanding.add(),
        });
    }

    /// A checkpoint is complete. Operators are told by [`complete`](Self::complete).
    pub(crate) fn on_completed(&mut self, checkpoint_id: u64, head: &mut Head) {
        head.checkpoint_completed(checkpoint_id);
        self.responder.local.iter().for_each(|local| local.completed(checkpoint_id));
        self.last.completed(checkpoint_id);
        if self.hold == Hold::Until(checkpoint_id) {
            self.hold = Hold::Over;
            self.triggers.clear();
        }
        if self.completing.as_ref().is_none_or(|completing| completing.checkpoint_id < checkpoint_id) {
            self.completing = Some(Completing { checkpoint_id, position: 0 });
        }
    }

    /// Tells operators of the complete checkpoint; those that are not done are told again at the next call.
    pub(crate) fn complete(&mut self, chain: &mut Chain) -> Result<(), Failure> {
        let Some(completing) = &mut self.completing else { return Ok(()) };
        while completing.position < chain.len() {
            let told =
                chain.checkpoint_completed(completing.position, completing.checkpoint_id, &self.responder.waker)?;
            match told {
                Progress::Done => completing.position += 1,
                Progress::Pending => return Ok(()),
            }
        }
        self.completing = None;
        Ok(())
    }

    /// A checkpoint will never be complete.
    pub(crate) fn on_aborted(&mut self, checkpoint_id: u64, head: &mut Head, chain: &mut Chain) {
        self.forget(checkpoint_id);
        self.responder.writer.cancel(self.responder.attempt, checkpoint_id);
        self.responder.local.iter().for_each(|local| local.aborted(checkpoint_id));
        if self.hold == Hold::Until(checkpoint_id) {
            self.hold = Hold::No;
        }
        head.checkpoint_aborted(checkpoint_id);
        chain.checkpoint_aborted(checkpoint_id);
    }

    fn forget(&mut self, checkpoint_id: u64) {
        self.triggers.retain(|barrier| barrier.checkpoint_id != checkpoint_id);
        self.preparing.take_if(|preparing| preparing.barrier.checkpoint_id == checkpoint_id);
        self.taken.take_if(|taken| taken.barrier.checkpoint_id == checkpoint_id);
    }

    fn decline(&self, checkpoint_id: u64, failure: Failure, is_subsumed: bool) {
        let decline = CheckpointDecline { attempt: self.responder.attempt, checkpoint_id, failure, is_subsumed };
        self.responder.events.checkpoint(CheckpointReport::Declined(decline));
    }

    /// All rows have gone on.
    pub(crate) fn end_of_data(&mut self) {
        if self.last.end_of_data() {
            self.responder.events.checkpoint(CheckpointReport::EndOfData(self.responder.attempt));
        }
    }

    /// Whether operators still put their last snapshots together.
    pub(crate) fn continues(&self) -> bool {
        self.continues
    }

    /// Whether the task stands behind a savepoint.
    pub(crate) fn hold(&self) -> Hold {
        self.hold
    }

    /// Whether nothing of a checkpoint is under way here: snapshots are stored, commits are done.
    pub(crate) fn is_idle(&self) -> bool {
        self.preparing.is_none()
            && self.taken.is_none()
            && !self.continues
            && self.triggers.is_empty()
            && self.completing.is_none()
            && self.outstanding.is_empty()
    }

    /// Whether a task whose rows have all gone on may end.
    pub(crate) fn may_end(&self) -> bool {
        self.last.allows_end() && self.is_idle()
    }
}
