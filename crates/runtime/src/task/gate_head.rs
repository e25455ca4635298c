//! The head of a task that consumes other tasks.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use common::clock::Clock;
use dataflow::{Failure, StreamElement};

use super::barrier_aligner::{AlignerCommand, AlignerEvent, BarrierAligner};
use super::chain::Chain;
use super::head::Polled;
use crate::exchange::codec::row_bytes;
use crate::exchange::gate::{GatePoll, InputGate};
use crate::metrics::TaskMetrics;
use crate::time::valve::{Passed, WatermarkValve};

/// A gate, the valve that combines the watermarks of its channels, and the aligner of their barriers.
pub(crate) struct GateHead {
    gate: InputGate,
    valve: WatermarkValve,
    aligner: BarrierAligner,
    rows: Rows,
    /// Bytes of rows taken since the first barrier of the checkpoint that is or was last under way.
    bytes_processed: u64,
    clock: Clock,
    metrics: Arc<TaskMetrics>,
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
    pub(crate) fn new(gate: InputGate, clock: Clock, metrics: Arc<TaskMetrics>) -> Self {
        let channels = gate.num_channels();
        Self {
            gate,
            valve: WatermarkValve::new(channels),
            aligner: BarrierAligner::new(channels),
            rows: Rows::Open(channels),
            bytes_processed: 0,
            clock,
            metrics,
        }
    }

    /// Takes one element and gives it to the chain.
    pub(crate) fn poll(&mut self, chain: &mut Chain, now: Instant, waker: &Waker) -> Result<Polled, Failure> {
        if self.rows == Rows::Open(0) {
            self.rows = Rows::Ended;
            return Ok(Polled::Ended);
        }
        let (channel, element) = match self.gate.poll(now, waker)? {
            GatePoll::Element { channel, element } => (channel, element),
            GatePoll::Empty | GatePoll::Ended => return Ok(Polled::Empty),
        };
        let passed = match element {
            StreamElement::Batch(batch) => {
                let rows = batch.num_rows() as u64;
                self.metrics.records_in.add(rows);
                if self.gate.is_remote(channel) {
                    self.metrics.records_in_remote.add(rows);
                } else {
                    self.metrics.bytes_in.add(row_bytes(&batch) as u64);
                }
                if self.aligner.waiting_for().is_some() {
                    self.bytes_processed += row_bytes(&batch) as u64;
                }
                chain.process(self.gate.input_of(channel), batch)?;
                return Ok(Polled::Worked);
            }
            StreamElement::Watermark(watermark) => self.valve.on_watermark(channel, watermark),
            StreamElement::Status(status) => self.valve.on_status(channel, status),
            StreamElement::EndOfData => self.end_rows_of(channel),
            StreamElement::Barrier(barrier) => {
                return Ok(Polled::Barrier(self.align(AlignerEvent::Barrier(channel, barrier))));
            }
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

    /// Something has happened that concerns checkpoints; blocks and opens channels, and returns all that is to be done.
    pub(crate) fn align(&mut self, event: AlignerEvent) -> Vec<AlignerCommand> {
        let before = self.aligner.waiting_for();
        let commands = self.aligner.handle(event, self.clock.now_millis());
        if self.aligner.waiting_for().is_some_and(|current| before != Some(current)) {
            self.bytes_processed = 0;
        }
        for command in &commands {
            match command {
                AlignerCommand::Block(channel) => self.gate.block(*channel),
                AlignerCommand::OpenAll => self.gate.open_all(),
                _ => {}
            }
        }
        commands
    }

    /// Bytes of rows taken between the first barrier and the last of the checkpoint that was under way.
    pub(crate) fn bytes_processed(&self) -> u64 {
        self.bytes_processed
    }

    /// Whether all channels have ended, for barriers too.
    pub(crate) fn has_ended(&self) -> bool {
        self.gate.has_ended()
    }

    /// When [`poll`](Self::poll) is to be called although nothing has come.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.gate.deadline()
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
