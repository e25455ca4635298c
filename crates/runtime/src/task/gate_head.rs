//! The head of a task that consumes other tasks.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use dataflow::{Failure, StreamElement};

use super::chain::Chain;
use super::task::Polled;
use crate::exchange::codec::row_bytes;
use crate::exchange::gate::{GatePoll, InputGate};
use crate::metrics::TaskMetrics;
use crate::time::valve::{Passed, WatermarkValve};

/// A gate, and the valve that combines the watermarks of its channels.
pub(crate) struct GateHead {
    gate: InputGate,
    valve: WatermarkValve,
    metrics: Arc<TaskMetrics>,
}

impl GateHead {
    pub(crate) fn new(gate: InputGate, metrics: Arc<TaskMetrics>) -> Self {
        let valve = WatermarkValve::new(gate.num_channels());
        Self { gate, valve, metrics }
    }

    /// Takes one element and gives it to the chain.
    pub(crate) fn poll(&mut self, chain: &mut Chain, now: Instant, waker: &Waker) -> Result<Polled, Failure> {
        let (channel, element) = match self.gate.poll(now, waker)? {
            GatePoll::Element { channel, element } => (channel, element),
            GatePoll::Empty => return Ok(Polled::Empty),
            GatePoll::Ended => return Ok(Polled::Ended),
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
                chain.process(self.gate.input_of(channel), batch)?;
                return Ok(Polled::Worked);
            }
            StreamElement::Watermark(watermark) => self.valve.on_watermark(channel, watermark),
            StreamElement::Status(status) => self.valve.on_status(channel, status),
            StreamElement::EndOfData => self.valve.on_end(channel),
            StreamElement::Barrier(_) | StreamElement::EndOfPartition => return Ok(Polled::Worked),
        };
        for passed in passed {
            if let Passed::Watermark(watermark) = passed {
                self.metrics.set_watermark(watermark);
            }
            chain.emit(passed.into())?;
        }
        Ok(Polled::Worked)
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
