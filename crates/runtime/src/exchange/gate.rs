//! `InputGate`: the channels that a task consumes.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use dataflow::checkpoint::ChannelId;
use dataflow::{Batch, CheckpointBarrier, Failure, StreamElement};

use super::connection::RemoteChannel;
use super::queue::{ChannelFailure, ChannelQueue, Popped};
use super::ready::ReadyChannels;
use super::registry::PartitionRegistry;
use super::serving::PRODUCER_TIMEOUT;
use dataflow::PartitionId;

/// How long a consumer whose producer has failed waits to be cancelled before it fails itself: so that the producer's failure, not its
/// echo, is what the job's user reads.
const CANCEL_GRACE: Duration = Duration::from_secs(10);

/// One channel of a gate.
pub(crate) struct InputChannel {
    /// Which input of the head operator.
    pub(crate) input: usize,
    /// Its name in checkpoints.
    pub(crate) id: ChannelId,
    /// The producer, for messages.
    pub(crate) producer: String,
    pub(crate) source: ChannelSource,
    flow: Flow,
}

/// Whether a channel is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    /// It is not, and it is not known to have anything.
    Blocked,
    /// It is not, and it is ready: it is to be added to the ready ones when it is opened.
    HeldBack,
}

impl InputChannel {
    /// An open channel into this input of the head operator.
    pub(crate) fn new(input: usize, id: ChannelId, producer: String, source: ChannelSource) -> Self {
        Self { input, id, producer, source, flow: Flow::Open }
    }
}

/// Where a channel's elements come from.
pub(crate) enum ChannelSource {
    /// A task of this TaskManager.
    Local(LocalChannel),
    /// A task of another one.
    Remote(RemoteChannel),
    /// It has ended.
    Ended,
}

/// The consumer's hold on a local queue; dropping it tells the producer that nobody reads any more.
pub(crate) struct LocalChannel {
    registry: Arc<PartitionRegistry>,
    partition: PartitionId,
    subpartition: u32,
    queue: Arc<ChannelQueue>,
}

/// All channels of a task. Channels that have something are read in turn.
pub(crate) struct InputGate {
    channels: Vec<InputChannel>,
    ready: Arc<ReadyChannels>,
    open: usize,
    producer_deadline: Option<Instant>,
    ended_producer: Option<EndedProducer>,
}

struct EndedProducer {
    fail_at: Instant,
    failure: Failure,
}

/// What a gate has for its task.
#[derive(Debug)]
pub(crate) enum GatePoll {
    Element {
        channel: usize,
        element: StreamElement,
    },
    /// A barrier, and the batches of its channel that it has overtaken on this side.
    Barrier {
        channel: usize,
        barrier: Arc<CheckpointBarrier>,
        overtaken: Vec<Batch>,
    },
    /// Nothing now; the waker will be woken.
    Empty,
    /// All channels have ended.
    Ended,
}

/// What may not wait.
#[derive(Debug)]
pub(crate) enum Urgent {
    /// An unaligned barrier has come.
    Polled(GatePoll),
    /// An aligned barrier that becomes unaligned if it waits too long is in this channel, behind rows.
    Announced { channel: usize, barrier: Arc<CheckpointBarrier> },
}

impl LocalChannel {
    pub(crate) fn new(registry: Arc<PartitionRegistry>, partition: PartitionId, subpartition: u32) -> Self {
        let queue = registry.subscribe(partition, subpartition);
        Self { registry, partition, subpartition, queue }
    }

    pub(crate) fn queue(&self) -> &ChannelQueue {
        &self.queue
    }
}

impl Drop for LocalChannel {
    fn drop(&mut self) {
        self.registry.release(self.partition, self.subpartition);
    }
}

impl InputGate {
    /// A gate of these channels, which report to `ready` by their position. `waker` is woken for barriers that may not wait.
    pub(crate) fn new(channels: Vec<InputChannel>, ready: Arc<ReadyChannels>, now: Instant, waker: &Waker) -> Self {
        ready.watch_urgent(waker);
        let open = channels.len();
        Self { channels, ready, open, producer_deadline: Some(now + PRODUCER_TIMEOUT), ended_producer: None }
    }

    /// Number of channels.
    pub(crate) fn num_channels(&self) -> usize {
        self.channels.len()
    }

    /// Whether all channels have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.open == 0
    }

    /// Which input of the head operator a channel feeds.
    pub(crate) fn input_of(&self, channel: usize) -> usize {
        self.channels[channel].input
    }

    /// Whether a channel comes from another TaskManager.
    pub(crate) fn is_remote(&self, channel: usize) -> bool {
        matches!(self.channels[channel].source, ChannelSource::Remote(_))
    }

    /// The next element of the channel that has been waiting longest.
    pub(crate) fn poll(&mut self, now: Instant, waker: &Waker) -> Result<GatePoll, Failure> {
        if self.open == 0 {
            return Ok(GatePoll::Ended);
        }
        while let Some(channel) = self.ready.next(waker) {
            let index = channel as usize;
            if self.channels[index].flow != Flow::Open && !self.has_failed(index) {
                self.channels[index].flow = Flow::HeldBack;
                continue;
            }
            if let Some(element) = self.pop(index, now)? {
                if matches!(element, StreamElement::EndOfPartition) {
                    self.channels[index].source = ChannelSource::Ended;
                    self.open -= 1;
                }
                return Ok(match element {
                    StreamElement::Barrier(barrier) => self.barrier(index, barrier),
                    element => GatePoll::Element { channel: index, element },
                });
            }
        }
        self.check_deadlines(now)?;
        Ok(GatePoll::Empty)
    }

    fn barrier(&self, channel: usize, barrier: Arc<CheckpointBarrier>) -> GatePoll {
        let overtaken = match &self.channels[channel].source {
            ChannelSource::Remote(remote) => remote.queue().take_overtaken(barrier.checkpoint_id),
            // The producer has kept what was overtaken in a queue that both sides share.
            ChannelSource::Local(_) | ChannelSource::Ended => Vec::new(),
        };
        GatePoll::Barrier { channel, barrier, overtaken }
    }

    /// The next thing that may not wait, whatever else the task waits for.
    pub(crate) fn poll_urgent(&mut self) -> Option<Urgent> {
        while let Some(channel) = self.ready.next_urgent() {
            let index = channel as usize;
            let Some(queue) = self.queue(index) else { continue };
            if let Some(barrier) = queue.pop_urgent() {
                // There may be another one behind it.
                self.ready.add_urgent(channel);
                return Some(Urgent::Polled(self.barrier(index, barrier)));
            }
            if let Some(barrier) = queue.timed_barrier() {
                return Some(Urgent::Announced { channel: index, barrier });
            }
        }
        None
    }

    /// Moves the barrier that waits in a channel to its front. Returns the batches that it has overtaken.
    pub(crate) fn overtake(&self, channel: usize, checkpoint_id: u64) -> Vec<Batch> {
        self.queue(channel).map_or_else(Vec::new, |queue| queue.overtake(checkpoint_id))
    }

    /// The name of a channel in checkpoints.
    pub(crate) fn id_of(&self, channel: usize) -> ChannelId {
        self.channels[channel].id
    }

    fn queue(&self, index: usize) -> Option<&ChannelQueue> {
        match &self.channels[index].source {
            ChannelSource::Local(local) => Some(local.queue()),
            ChannelSource::Remote(remote) => Some(remote.queue()),
            ChannelSource::Ended => None,
        }
    }

    fn has_failed(&self, index: usize) -> bool {
        self.queue(index).is_some_and(ChannelQueue::has_failed)
    }

    fn pop(&mut self, index: usize, now: Instant) -> Result<Option<StreamElement>, Failure> {
        let channel = &self.channels[index];
        let popped = match &channel.source {
            ChannelSource::Local(local) => local.queue.pop(true),
            ChannelSource::Remote(remote) => remote.pop(),
            ChannelSource::Ended => return Ok(None),
        };
        match popped {
            Popped::Element { element, more, .. } => {
                if more {
                    self.ready.add(index as u64);
                }
                Ok(Some(element))
            }
            Popped::Empty | Popped::BatchHeldBack => Ok(None),
            Popped::Failed(ChannelFailure::Broken(failure)) => Err(failure),
            Popped::Failed(ChannelFailure::ProducerEnded(why)) => {
                let failure = Failure::external(format!("the producer {} has ended: {why}", channel.producer));
                self.ended_producer.get_or_insert(EndedProducer { fail_at: now + CANCEL_GRACE, failure });
                Ok(None)
            }
        }
    }

    /// Takes nothing from a channel until [`open_all`](Self::open_all).
    pub(crate) fn block(&mut self, channel: usize) {
        self.channels[channel].flow = Flow::Blocked;
    }

    /// Takes from all channels again.
    pub(crate) fn open_all(&mut self) {
        for (index, channel) in self.channels.iter_mut().enumerate() {
            if std::mem::replace(&mut channel.flow, Flow::Open) == Flow::HeldBack {
                self.ready.add(index as u64);
            }
        }
    }

    /// When [`poll`](Self::poll) is to be called again although nothing has come.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let ended = self.ended_producer.as_ref().map(|ended| ended.fail_at);
        [self.producer_deadline, ended].into_iter().flatten().min()
    }

    fn check_deadlines(&mut self, now: Instant) -> Result<(), Failure> {
        if let Some(ended) = &self.ended_producer
            && ended.fail_at <= now
        {
            return Err(ended.failure.clone());
        }
        if self.producer_deadline.is_some_and(|deadline| deadline <= now) {
            self.producer_deadline = None;
            for channel in &self.channels {
                if let ChannelSource::Local(local) = &channel.source
                    && !local.queue.has_producer()
                {
                    return Err(Failure::external(format!(
                        "no task writes the input from {}: it was not deployed within {} s",
                        channel.producer,
                        PRODUCER_TIMEOUT.as_secs()
                    )));
                }
            }
        }
        Ok(())
    }
}
