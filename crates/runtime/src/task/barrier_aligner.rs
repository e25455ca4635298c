//! `BarrierAligner`: when a task takes part in a checkpoint, by the barriers of its channels. A pure machine.
//!
//! ```text
//!   aligned:       barrier (block the channel) ... last barrier -> open all, take, complete
//!   at least once: barrier                     ... last barrier -> take, complete
//!   unaligned:     barrier -> take; what other channels bring is recorded ... last barrier -> complete
//! ```
//! A channel that has ended counts as one that has its barrier. An aligned barrier that has waited for its timeout goes on as unaligned. One
//! checkpoint is under way at a time: a newer one makes an end of it. The machine neither reads channels nor takes snapshots.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataflow::checkpoint::{Alignment, CheckpointBarrier};

/// What happens at the inputs. Times in ms since the epoch.
#[derive(Debug, Clone)]
pub(crate) enum AlignerEvent {
    /// A channel's barrier has come.
    Barrier(usize, Arc<CheckpointBarrier>),
    /// An aligned barrier with a timeout waits in some channel, behind rows.
    Announced(Arc<CheckpointBarrier>),
    /// Nothing follows on a channel.
    Ended(usize),
    /// The JobManager wants a task whose producers have all ended to take part; their last rows may still be on the way.
    Trigger(Arc<CheckpointBarrier>),
    /// The checkpoint will never be complete.
    Aborted(u64),
    /// Time has passed.
    Tick,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AlignerCommand {
    /// Take nothing from a channel.
    Block(usize),
    /// Take from all channels again.
    OpenAll,
    /// Take the snapshot and pass this barrier on.
    Take(Arc<CheckpointBarrier>),
    /// All barriers have come: nothing more is to be recorded.
    Complete {
        checkpoint_id: u64,
        /// From the trigger to the first barrier.
        start_delay_ms: u64,
        /// From the first barrier to the last.
        alignment_ms: u64,
    },
    /// The task will not take part.
    Decline { checkpoint_id: u64, reason: String },
}

use AlignerCommand::{Block, Complete, Decline, OpenAll, Take};

/// The barriers of the channels of one task.
#[derive(Debug)]
pub(crate) struct BarrierAligner {
    channels: Vec<Channel>,
    current: Option<Current>,
    /// The newest checkpoint that was begun; of older ones nothing is wanted.
    newest: u64,
    /// Newer than that, and aborted before their first barrier came.
    aborted: BTreeSet<u64>,
    announced: Option<Arc<CheckpointBarrier>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    /// Without the barrier of the current checkpoint.
    Open,
    /// With it.
    Arrived,
    Ended,
}

/// The checkpoint that is under way.
#[derive(Debug)]
struct Current {
    barrier: Arc<CheckpointBarrier>,
    first_at: i64,
    taken: bool,
}

impl BarrierAligner {
    /// No checkpoint is under way on these channels.
    pub(crate) fn new(channels: usize) -> Self {
        Self {
            channels: vec![Channel::Open; channels],
            current: None,
            newest: 0,
            aborted: BTreeSet::new(),
            announced: None,
        }
    }

    /// Something has happened.
    pub(crate) fn handle(&mut self, event: AlignerEvent, now: i64) -> Vec<AlignerCommand> {
        let mut commands = Vec::new();
        match event {
            AlignerEvent::Barrier(channel, barrier) => self.on_barrier(channel, &barrier, now, &mut commands),
            AlignerEvent::Announced(barrier) => {
                let is_newer = |announced: &Arc<CheckpointBarrier>| announced.checkpoint_id < barrier.checkpoint_id;
                if self.wants(barrier.checkpoint_id) && self.announced.as_ref().is_none_or(is_newer) {
                    self.announced = Some(barrier);
                }
            }
            AlignerEvent::Ended(channel) => {
                self.channels[channel] = Channel::Ended;
                self.complete_if_last(now, &mut commands);
            }
            AlignerEvent::Trigger(barrier) => {
                if self.begin(&barrier, now, &mut commands) {
                    if barrier.options.alignment == Alignment::Unaligned {
                        self.go_unaligned(&mut commands);
                    }
                    self.complete_if_last(now, &mut commands);
                }
            }
            AlignerEvent::Aborted(checkpoint_id) => self.on_aborted(checkpoint_id, &mut commands),
            AlignerEvent::Tick => self.on_tick(now, &mut commands),
        }
        commands
    }

    /// When a `Tick` is due.
    pub(crate) fn deadline(&self) -> Option<i64> {
        let current = self.current.as_ref().filter(|current| !current.taken).map(|current| &current.barrier);
        [current, self.announced.as_ref()].into_iter().flatten().filter_map(deadline_of).min()
    }

    /// Whether rows of this channel belong to the checkpoint that is under way, which has been taken already.
    pub(crate) fn is_recorded(&self, channel: usize) -> bool {
        self.channels[channel] == Channel::Open && self.current.as_ref().is_some_and(|current| current.taken)
    }

    /// How many barriers are missing of the checkpoint that waits for them.
    pub(crate) fn missing(&self) -> usize {
        let open = |channel: &&Channel| **channel == Channel::Open;
        self.current.as_ref().map_or(0, |_| self.channels.iter().filter(open).count())
    }

    /// The checkpoint that waits for more barriers.
    pub(crate) fn waiting_for(&self) -> Option<u64> {
        self.current.as_ref().map(|current| current.barrier.checkpoint_id)
    }

    fn wants(&self, checkpoint_id: u64) -> bool {
        checkpoint_id > self.newest && !self.aborted.contains(&checkpoint_id)
    }

    fn on_barrier(
        &mut self,
        channel: usize,
        barrier: &Arc<CheckpointBarrier>,
        now: i64,
        commands: &mut Vec<AlignerCommand>,
    ) {
        if self.waiting_for() != Some(barrier.checkpoint_id) && !self.begin(barrier, now, commands) {
            return;
        }
        if self.channels[channel] == Channel::Open {
            self.channels[channel] = Channel::Arrived;
        }
        let Some(current) = &self.current else { return };
        match (barrier.options.alignment, current.barrier.options.alignment) {
            (Alignment::Unaligned, _) => self.go_unaligned(commands),
            (_, Alignment::Aligned { .. }) if !current.taken => commands.push(Block(channel)),
            _ => {}
        }
        self.complete_if_last(now, commands);
    }

    /// Makes the checkpoint the current one; false when it is not wanted.
    fn begin(&mut self, barrier: &Arc<CheckpointBarrier>, now: i64, commands: &mut Vec<AlignerCommand>) -> bool {
        let checkpoint_id = barrier.checkpoint_id;
        if !self.wants(checkpoint_id) {
            return false;
        }
        if let Some(older) = self.waiting_for() {
            self.give_up(commands);
            let reason = format!("the barrier of checkpoint {checkpoint_id} came before it was complete");
            commands.push(Decline { checkpoint_id: older, reason });
        }
        self.newest = checkpoint_id;
        self.aborted.retain(|aborted| *aborted > checkpoint_id);
        self.announced.take_if(|announced| announced.checkpoint_id <= checkpoint_id);
        self.current = Some(Current { barrier: barrier.clone(), first_at: now, taken: false });
        true
    }

    /// Forgets the current checkpoint.
    fn give_up(&mut self, commands: &mut Vec<AlignerCommand>) {
        self.reset_channels();
        if self.current.take().is_some_and(|current| !current.taken) {
            commands.push(OpenAll);
        }
    }

    fn reset_channels(&mut self) {
        self.channels.iter_mut().filter(|channel| **channel == Channel::Arrived).for_each(|c| *c = Channel::Open);
    }

    /// The current checkpoint waits for no barrier any more before it is taken.
    fn go_unaligned(&mut self, commands: &mut Vec<AlignerCommand>) {
        let Some(current) = self.current.as_mut().filter(|current| !current.taken) else { return };
        current.taken = true;
        if current.barrier.options.alignment != Alignment::Unaligned {
            Arc::make_mut(&mut current.barrier).options.alignment = Alignment::Unaligned;
            commands.push(OpenAll);
        }
        commands.push(Take(current.barrier.clone()));
    }

    fn complete_if_last(&mut self, now: i64, commands: &mut Vec<AlignerCommand>) {
        if self.channels.contains(&Channel::Open) {
            return;
        }
        let Some(current) = self.current.take() else { return };
        self.reset_channels();
        if !current.taken {
            if matches!(current.barrier.options.alignment, Alignment::Aligned { .. }) {
                commands.push(OpenAll);
            }
            commands.push(Take(current.barrier.clone()));
        }
        commands.push(Complete {
            checkpoint_id: current.barrier.checkpoint_id,
            start_delay_ms: between(current.barrier.timestamp, current.first_at),
            alignment_ms: between(current.first_at, now),
        });
    }

    fn on_aborted(&mut self, checkpoint_id: u64, commands: &mut Vec<AlignerCommand>) {
        if self.waiting_for() == Some(checkpoint_id) {
            self.give_up(commands);
        } else if checkpoint_id > self.newest {
            self.aborted.insert(checkpoint_id);
        }
        self.announced.take_if(|announced| announced.checkpoint_id == checkpoint_id);
    }

    fn on_tick(&mut self, now: i64, commands: &mut Vec<AlignerCommand>) {
        let due = |barrier: &Arc<CheckpointBarrier>| deadline_of(barrier).is_some_and(|deadline| deadline <= now);
        if let Some(announced) = self.announced.take_if(|announced| due(announced)) {
            self.begin(&announced, now, commands);
        }
        if self.current.as_ref().is_some_and(|current| due(&current.barrier)) {
            self.go_unaligned(commands);
        }
    }
}

/// When an aligned barrier has waited long enough.
fn deadline_of(barrier: &Arc<CheckpointBarrier>) -> Option<i64> {
    match barrier.options.alignment {
        Alignment::Aligned { timeout_ms: Some(timeout) } => Some(barrier.timestamp.saturating_add(timeout as i64)),
        _ => None,
    }
}

fn between(from: i64, to: i64) -> u64 {
    to.saturating_sub(from).max(0) as u64
}
