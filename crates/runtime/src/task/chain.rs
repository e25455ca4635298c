//! `Chain`: the operators of a task, calling one another directly, and the outputs behind the last.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use dataflow::{Batch, CheckpointBarrier, Failure, Operator, OperatorId, Output, Progress, StreamElement};

use super::place::Place;
use crate::checkpointing::{InFlight, OperatorPart};
use crate::exchange::writer::RecordWriter;
use crate::metrics::OperatorMetrics;

/// The operators behind a task's head, in order, and its output edges.
pub(crate) struct Chain {
    links: Vec<Link>,
    outputs: Vec<RecordWriter>,
    /// When the current step began: the time of everything written in it.
    now: Instant,
    place: Place,
    /// The counters of the head and the operators, by their places.
    metrics: Vec<Option<Arc<OperatorMetrics>>>,
}

/// One operator of a chain.
pub(crate) struct Link {
    pub(crate) id: OperatorId,
    pub(crate) name: String,
    pub(crate) operator: Box<dyn Operator>,
}

/// What lies behind one place of a chain.
struct Rest<'a> {
    links: &'a mut [Link],
    outputs: &'a mut [RecordWriter],
    now: Instant,
    /// Where its first link is, or the outputs if there is none.
    position: usize,
    place: &'a Place,
    metrics: &'a [Option<Arc<OperatorMetrics>>],
}

impl Rest<'_> {
    /// Counts what goes from the place before to the one here.
    fn count(&self, element: &StreamElement) {
        let at = |position: usize| self.metrics.get(position).and_then(Option::as_ref);
        let (from, to) = (self.position.checked_sub(1).and_then(at), at(self.position));
        match element {
            StreamElement::Batch(batch) => {
                if let Some(from) = from {
                    from.emitted(batch.num_rows());
                }
                if let Some(to) = to {
                    to.took(batch.num_rows());
                }
            }
            StreamElement::Watermark(watermark) => {
                if let Some(from) = from {
                    from.watermark_out(*watermark);
                }
                if let Some(to) = to {
                    to.watermark_in(*watermark);
                }
            }
            _ => {}
        }
    }
}

impl Output for Rest<'_> {
    fn emit(&mut self, element: StreamElement) -> Result<(), Failure> {
        let (position, place) = (self.position, self.place);
        self.count(&element);
        place.set(position);
        let Some((link, links)) = self.links.split_first_mut() else {
            let emitted = emit_to_all(self.outputs, element, self.now);
            place.set(position - 1);
            return emitted;
        };
        let (outputs, now) = (&mut *self.outputs, self.now);
        let mut rest = Rest { links, outputs, now, position: position + 1, place, metrics: self.metrics };
        let emitted = match element {
            StreamElement::Batch(batch) => link.process(0, batch, &mut rest),
            StreamElement::Watermark(watermark) => {
                let done = link.operator.on_watermark(watermark, &mut rest);
                done.map_err(|failure| link.blame(failure))
            }
            other @ (StreamElement::Status(_)
            | StreamElement::Barrier(_)
            | StreamElement::EndOfData
            | StreamElement::EndOfPartition) => rest.emit(other),
        };
        place.set(position - 1);
        emitted
    }
}

fn emit_to_all(outputs: &mut [RecordWriter], element: StreamElement, now: Instant) -> Result<(), Failure> {
    let Some((last, others)) = outputs.split_last_mut() else { return Ok(()) };
    for output in others {
        output.emit(element.clone(), now)?;
    }
    last.emit(element, now)
}

impl Link {
    fn process(&mut self, input: usize, batch: Batch, out: &mut Rest<'_>) -> Result<(), Failure> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.operator.process(input, batch, out).map_err(|failure| self.blame(failure))
    }

    /// Names the operator, unless one behind it was named already.
    fn blame(&self, failure: Failure) -> Failure {
        if failure.message.starts_with(BLAME) {
            return failure;
        }
        failure.context(format!("{BLAME}'{}' failed", self.name))
    }
}

const BLAME: &str = "operator ";

impl Chain {
    pub(crate) fn new(links: Vec<Link>, outputs: Vec<RecordWriter>, now: Instant) -> Self {
        Self { links, outputs, now, place: Place::default(), metrics: Vec::new() }
    }

    /// Counts there what its head and its operators take and emit: by their places, the head first.
    pub(crate) fn counted_by(self, metrics: Vec<Option<Arc<OperatorMetrics>>>) -> Self {
        Self { metrics, ..self }
    }

    /// Tells there where its thread is.
    pub(crate) fn seen_at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// A new step has begun.
    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// What lies behind the head.
    fn behind_head(&mut self) -> Rest<'_> {
        Rest {
            links: &mut self.links,
            outputs: &mut self.outputs,
            now: self.now,
            position: 1,
            place: &self.place,
            metrics: &self.metrics,
        }
    }

    /// An operator and what lies behind it.
    fn split(&mut self, index: usize) -> (&mut Link, Rest<'_>) {
        let (before, links) = self.links.split_at_mut(index + 1);
        self.place.set(index + 1);
        let rest = Rest {
            links,
            outputs: &mut self.outputs,
            now: self.now,
            position: index + 2,
            place: &self.place,
            metrics: &self.metrics,
        };
        (&mut before[index], rest)
    }

    /// Gives a batch to an input of the first operator.
    pub(crate) fn process(&mut self, input: usize, batch: Batch) -> Result<(), Failure> {
        if self.links.is_empty() {
            return self.behind_head().emit(StreamElement::Batch(batch));
        }
        let rows = batch.num_rows();
        if let [head, first, ..] = self.metrics.as_slice() {
            head.iter().for_each(|head| head.emitted(rows));
            first.iter().for_each(|first| first.took(rows));
        }
        let (link, mut rest) = self.split(0);
        let processed = link.process(input, batch, &mut rest);
        self.place.set(0);
        processed
    }

    /// Tells the first operator how far one of its inputs has come.
    pub(crate) fn on_input_watermark(&mut self, input: usize, watermark: i64) -> Result<(), Failure> {
        if self.links.is_empty() {
            return Ok(());
        }
        let (link, mut rest) = self.split(0);
        let told = link.operator.on_input_watermark(input, watermark, &mut rest).map_err(|failure| link.blame(failure));
        self.place.set(0);
        told
    }

    /// Gives anything but a batch of a second input to the first operator.
    pub(crate) fn emit(&mut self, element: StreamElement) -> Result<(), Failure> {
        self.behind_head().emit(element)
    }

    /// Whether the outputs have room for what one more element leads to.
    pub(crate) fn has_output_room(&mut self, waker: &Waker) -> bool {
        self.outputs.iter_mut().all(|output| output.is_available(waker))
    }

    /// Whether all operators take a batch.
    pub(crate) fn operators_available(&mut self, waker: &Waker) -> Result<bool, Failure> {
        for link in &mut self.links {
            if !link.operator.is_available(waker).map_err(|failure| link.blame(failure))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The earliest processing-time timer, ms since the epoch.
    pub(crate) fn next_timer(&self) -> Option<i64> {
        self.links.iter().filter_map(|link| link.operator.next_timer()).min()
    }

    /// Calls the operators whose timer is due, and tells how many they were.
    pub(crate) fn fire_timers(&mut self, now_ms: i64) -> Result<u64, Failure> {
        let mut fired = 0;
        for position in 0..self.links.len() {
            if self.links[position].operator.next_timer().is_some_and(|timer| timer <= now_ms) {
                let (link, mut rest) = self.split(position);
                link.operator.on_timer(now_ms, &mut rest).map_err(|failure| link.blame(failure))?;
                self.place.set(0);
                fired += 1;
            }
        }
        Ok(fired)
    }

    /// Number of operators.
    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    /// Tells one operator that its input has ended.
    pub(crate) fn finish(&mut self, position: usize, waker: &Waker) -> Result<Progress, Failure> {
        let (link, mut rest) = self.split(position);
        let progress = link.operator.finish(waker, &mut rest).map_err(|failure| link.blame(failure));
        self.place.set(0);
        progress
    }

    /// Sends an element to all outputs, past the operators.
    pub(crate) fn emit_to_outputs(&mut self, element: StreamElement) -> Result<(), Failure> {
        emit_to_all(&mut self.outputs, element, self.now)
    }

    /// Sends an unaligned barrier to all outputs, past all that waits there. Returns what it has overtaken.
    pub(crate) fn emit_urgent(&mut self, barrier: &Arc<CheckpointBarrier>) -> Result<Vec<InFlight>, Failure> {
        let mut overtaken = Vec::new();
        for output in &mut self.outputs {
            overtaken.extend(output.emit_urgent(barrier)?);
        }
        Ok(overtaken)
    }

    /// Makes a barrier that still waits in outputs unaligned. Returns what it has overtaken.
    pub(crate) fn overtake(&self, checkpoint_id: u64) -> Vec<InFlight> {
        self.outputs.iter().flat_map(|output| output.overtake(checkpoint_id)).collect()
    }

    /// Whether a barrier still waits in an output; if so, `waker` is woken when it may have left a channel.
    pub(crate) fn holds_barrier(&self, checkpoint_id: u64, waker: &Waker) -> bool {
        self.outputs.iter().any(|output| output.holds_barrier(checkpoint_id, waker))
    }

    /// Tells one operator that this barrier is about to be passed on.
    pub(crate) fn prepare(
        &mut self,
        position: usize,
        barrier: &CheckpointBarrier,
        waker: &Waker,
    ) -> Result<Progress, Failure> {
        let (link, mut rest) = self.split(position);
        let Some(stateful) = link.operator.stateful() else {
            self.place.set(0);
            return Ok(Progress::Done);
        };
        let prepared = stateful.prepare(barrier, waker, &mut rest).map_err(|failure| link.blame(failure));
        self.place.set(0);
        prepared
    }

    /// Lets the operators do a bit of what their last snapshots still need.
    pub(crate) fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        let mut all = Progress::Done;
        for link in &mut self.links {
            let Some(stateful) = link.operator.stateful() else { continue };
            if stateful.continue_snapshot().map_err(|failure| link.blame(failure))? == Progress::Pending {
                all = Progress::Pending;
            }
        }
        Ok(all)
    }

    /// The state of all operators that have some.
    pub(crate) fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<Vec<OperatorPart>, Failure> {
        let mut parts = Vec::new();
        for link in &mut self.links {
            let Some(stateful) = link.operator.stateful() else { continue };
            let snapshot = stateful.snapshot(barrier).map_err(|failure| link.blame(failure))?;
            parts.push(OperatorPart { id: link.id, snapshot, splits: Vec::new() });
        }
        Ok(parts)
    }

    /// Tells one operator that a checkpoint is complete.
    pub(crate) fn checkpoint_completed(
        &mut self,
        position: usize,
        checkpoint_id: u64,
        waker: &Waker,
    ) -> Result<Progress, Failure> {
        let link = &mut self.links[position];
        let Some(stateful) = link.operator.stateful() else { return Ok(Progress::Done) };
        stateful.checkpoint_completed(checkpoint_id, waker).map_err(|failure| link.blame(failure))
    }

    /// Tells all operators that a checkpoint will never be complete.
    pub(crate) fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        let stateful = self.links.iter_mut().filter_map(|link| link.operator.stateful());
        stateful.for_each(|stateful| stateful.checkpoint_aborted(checkpoint_id));
    }

    /// When gathered rows are to be sent although they are no full batch.
    pub(crate) fn flush_at(&self) -> Option<Instant> {
        self.outputs.iter().filter_map(RecordWriter::flush_at).min()
    }

    /// Sends gathered rows that have waited long enough.
    pub(crate) fn flush_due(&mut self, waker: &Waker) -> Result<(), Failure> {
        let now = self.now;
        let due = |output: &&mut RecordWriter| output.flush_at().is_some_and(|at| at <= now);
        self.outputs.iter_mut().filter(due).try_for_each(|output| output.flush_where_room(now, waker))
    }
}
