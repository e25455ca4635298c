//! The head of a task that consumes other tasks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use common::clock::Clock;
use dataflow::checkpoint::ChannelId;
use dataflow::{Batch, CheckpointBarrier, Failure, StreamElement};

use super::barrier_aligner::{AlignerCommand, AlignerEvent, BarrierAligner};
use super::chain::Chain;
use super::head::Polled;
use crate::checkpointing::{InFlight, RestoredBatch};
use crate::exchange::codec::row_bytes;
use crate::exchange::gate::{GatePoll, InputGate, Urgent};
use crate::metrics::TaskMetrics;
use crate::time::valve::{Passed, WatermarkValve};

/// A gate, the valve that combines the watermarks of its channels, and the aligner of their barriers.
pub(crate) struct GateHead {
    gate: InputGate,
    valve: WatermarkValve,
    /// None when there is one input.
    input_valves: Option<InputValves>,
    aligner: BarrierAligner,
    rows: Rows,
    /// Batches that were in flight when the task was snapshotted: they come before all others.
    restored: VecDeque<RestoredBatch>,
    /// Batches in flight that belong to the checkpoint that is under way, by channel.
    recorded: BTreeMap<ChannelId, Vec<Batch>>,
    /// Bytes of rows taken since the first barrier of the checkpoint that is or was last under way.
    bytes_processed: u64,
    clock: Clock,
    metrics: Arc<TaskMetrics>,
}

/// The watermarks of the channels of each input.
struct InputValves {
    valves: Vec<WatermarkValve>,
    /// Of each channel: its input, and which channel of that it is.
    channels: Vec<(usize, usize)>,
}

impl InputValves {
    fn new(gate: &InputGate) -> Option<Self> {
        let mut counts: Vec<usize> = Vec::new();
        let mut channels = Vec::with_capacity(gate.num_channels());
        for channel in 0..gate.num_channels() {
            let input = gate.input_of(channel);
            counts.resize(counts.len().max(input + 1), 0);
            channels.push((input, counts[input]));
            counts[input] += 1;
        }
        let valves = counts.iter().map(|&channels| WatermarkValve::new(channels)).collect();
        (counts.len() > 1).then_some(Self { valves, channels })
    }

    /// What an element of a channel lets through, and for which input.
    fn pass(&mut self, channel: usize, element: &StreamElement) -> (usize, Vec<Passed>) {
        let (input, channel) = self.channels[channel];
        let valve = &mut self.valves[input];
        let passed = match element {
            StreamElement::Watermark(watermark) => valve.on_watermark(channel, *watermark),
            StreamElement::Status(status) => valve.on_status(channel, *status),
            StreamElement::EndOfData => valve.on_end(channel),
            _ => Vec::new(),
        };
        (input, passed)
    }
}

/// What a barrier, or the lack of one, leads to.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    /// For the coordinator; blocking and opening channels is done.
    pub(crate) commands: Vec<AlignerCommand>,
    /// Bytes of rows taken since the first barrier.
    pub(crate) bytes_processed: u64,
    /// When all barriers have come: what was in flight on this side.
    pub(crate) in_flight: Vec<InFlight>,
}

/// Whether rows may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// From this many channels.
    Open(usize),
    /// The end was told.
    Ended,
}

impl GateHead {
    pub(crate) fn new(
        gate: InputGate,
        restored: VecDeque<RestoredBatch>,
        clock: Clock,
        metrics: Arc<TaskMetrics>,
    ) -> Self {
        let channels = gate.num_channels();
        let input_valves = InputValves::new(&gate);
        Self {
            gate,
            valve: WatermarkValve::new(channels),
            input_valves,
            aligner: BarrierAligner::new(channels),
            rows: Rows::Open(channels),
            restored,
            recorded: BTreeMap::new(),
            bytes_processed: 0,
            clock,
            metrics,
        }
    }

    /// Takes one element and gives it to the chain.
    pub(crate) fn poll(&mut self, chain: &mut Chain, now: Instant, waker: &Waker) -> Result<Polled, Failure> {
        if let Some(RestoredBatch { input, batch, .. }) = self.restored.pop_front() {
            self.metrics.records_in.add(batch.num_rows() as u64);
            chain.process(input, batch)?;
            return Ok(Polled::Worked);
        }
        if self.rows == Rows::Open(0) {
            self.rows = Rows::Ended;
            return Ok(Polled::Ended);
        }
        let (channel, element) = match self.gate.poll(now, waker)? {
            GatePoll::Element { channel, element } => (channel, element),
            barrier @ GatePoll::Barrier { .. } => return Ok(Polled::Barrier(self.on_barrier(barrier))),
            GatePoll::Empty | GatePoll::Ended => return Ok(Polled::Empty),
        };
        if let Some((input, passed)) = self.input_valves.as_mut().map(|valves| valves.pass(channel, &element)) {
            for passed in passed {
                if let Passed::Watermark(watermark) = passed {
                    chain.on_input_watermark(input, watermark)?;
                }
            }
        }
        let passed = match element {
            StreamElement::Batch(batch) => {
                let rows = batch.num_rows() as u64;
                self.metrics.records_in.add(rows);
                if self.gate.is_remote(channel) {
                    self.metrics.records_in_remote.add(rows);
                    self.metrics.batches_in_remote.add(1);
                } else {
                    self.metrics.batches_in_local.add(1);
                    self.metrics.bytes_in.add(row_bytes(&batch) as u64);
                }
                if self.aligner.waiting_for().is_some() {
                    self.bytes_processed += row_bytes(&batch) as u64;
                }
                if self.aligner.is_recorded(channel) {
                    self.record(channel, [batch.clone()]);
                }
                chain.process(self.gate.input_of(channel), batch)?;
                return Ok(Polled::Worked);
            }
            StreamElement::Watermark(watermark) => self.valve.on_watermark(channel, watermark),
            StreamElement::Status(status) => self.valve.on_status(channel, status),
            StreamElement::EndOfData => self.end_rows_of(channel),
            // The gate gives barriers as barriers.
            StreamElement::Barrier(_) => return Ok(Polled::Worked),
            StreamElement::EndOfPartition => {
                return Ok(Polled::Barrier(self.align(AlignerEvent::Ended(channel))));
            }
        };
        for passed in passed {
            if let Passed::Watermark(watermark) = passed {
                self.metrics.set_watermark(watermark);
            }
            chain.emit(passed.into())?;
        }
        Ok(Polled::Worked)
    }

    fn end_rows_of(&mut self, channel: usize) -> Vec<Passed> {
        if let Rows::Open(channels) = &mut self.rows {
            *channels -= 1;
        }
        self.valve.on_end(channel)
    }

    /// What may not wait, although there may be no room for rows; none while rows of a restored checkpoint are still to be taken.
    pub(crate) fn poll_urgent(&mut self) -> Option<Polled> {
        if !self.restored.is_empty() {
            return None;
        }
        if self.aligner.deadline().is_some_and(|deadline| deadline <= self.clock.now_millis()) {
            return Some(Polled::Barrier(self.align(AlignerEvent::Tick)));
        }
        match self.gate.poll_urgent()? {
            Urgent::Polled(barrier) => Some(Polled::Barrier(self.on_barrier(barrier))),
            Urgent::Announced { channel, barrier } => {
                let checkpoint_id = barrier.checkpoint_id;
                let aligned = self.align(AlignerEvent::Announced(barrier));
                if self.aligner.waiting_for() == Some(checkpoint_id) && self.aligner.is_recorded(channel) {
                    self.overtake(channel, checkpoint_id);
                }
                Some(Polled::Barrier(aligned))
            }
        }
    }

    fn on_barrier(&mut self, polled: GatePoll) -> Aligned {
        let GatePoll::Barrier { channel, barrier, overtaken } = polled else { return Aligned::default() };
        let checkpoint_id = barrier.checkpoint_id;
        let before = self.aligner.waiting_for();
        let commands = self.handle(AlignerEvent::Barrier(channel, barrier));
        let taken = |command: &AlignerCommand| matches!(command, AlignerCommand::Take(_));
        if before == Some(checkpoint_id) || commands.iter().any(taken) {
            self.record(channel, overtaken);
        }
        self.aligned(commands)
    }

    /// Something has happened that concerns checkpoints.
    pub(crate) fn align(&mut self, event: AlignerEvent) -> Aligned {
        let commands = self.handle(event);
        self.aligned(commands)
    }

    fn aligned(&mut self, commands: Vec<AlignerCommand>) -> Aligned {
        let complete = |command: &AlignerCommand| matches!(command, AlignerCommand::Complete { .. });
        let recorded = match commands.iter().any(complete) {
            true => std::mem::take(&mut self.recorded),
            false => BTreeMap::new(),
        };
        if self.aligner.waiting_for().is_none() {
            self.recorded.clear();
        }
        let in_flight = recorded.into_iter().filter(|(_, batches)| !batches.is_empty());
        let in_flight = in_flight.map(|(channel, batches)| InFlight { channel, at_consumer: true, batches });
        Aligned { commands, bytes_processed: self.bytes_processed, in_flight: in_flight.collect() }
    }

    /// Asks the aligner, and does what concerns the gate.
    fn handle(&mut self, event: AlignerEvent) -> Vec<AlignerCommand> {
        let before = self.aligner.waiting_for();
        let commands = self.aligner.handle(event, self.clock.now_millis());
        self.metrics.barriers_missing.set(self.aligner.missing() as u64);
        if self.aligner.waiting_for().is_some_and(|current| before != Some(current)) {
            self.bytes_processed = 0;
        }
        for command in &commands {
            match command {
                AlignerCommand::Block(channel) => self.gate.block(*channel),
                AlignerCommand::OpenAll => self.gate.open_all(),
                AlignerCommand::Take(barrier) => self.begin_recording(barrier),
                AlignerCommand::Complete { .. } | AlignerCommand::Decline { .. } => {}
            }
        }
        commands
    }

    /// A snapshot is about to be taken: what is restored and not yet processed is in flight again, and what waits before barriers is too.
    fn begin_recording(&mut self, barrier: &CheckpointBarrier) {
        self.recorded.clear();
        for RestoredBatch { channel, batch, .. } in &self.restored {
            self.recorded.entry(*channel).or_default().push(batch.clone());
        }
        for channel in 0..self.gate.num_channels() {
            if self.aligner.is_recorded(channel) {
                self.overtake(channel, barrier.checkpoint_id);
            }
        }
    }

    fn overtake(&mut self, channel: usize, checkpoint_id: u64) {
        let overtaken = self.gate.overtake(channel, checkpoint_id);
        self.record(channel, overtaken);
    }

    fn record(&mut self, channel: usize, batches: impl IntoIterator<Item = Batch>) {
        self.recorded.entry(self.gate.id_of(channel)).or_default().extend(batches);
    }

    /// Whether all channels have ended, for barriers too.
    pub(crate) fn has_ended(&self) -> bool {
        self.gate.has_ended()
    }

    /// When [`poll`](Self::poll) is to be called although nothing has come.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.gate.deadline()
    }

    /// When [`poll_urgent`](Self::poll_urgent) is to be called although nothing has come, ms since the epoch.
    pub(crate) fn urgent_at(&self) -> Option<i64> {
        self.aligner.deadline().filter(|_| self.restored.is_empty())
    }
}

impl From<Passed> for StreamElement {
    fn from(passed: Passed) -> Self {
        match passed {
            Passed::Watermark(watermark) => StreamElement::Watermark(watermark),
            Passed::Status(status) => StreamElement::Status(status),
        }
    }
}
