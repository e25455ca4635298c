//! Makes the events of its splits, as fast as they are taken or at their rate.
//!
//! The position of a split is the number of the next event, so after a restore the same events follow, at any parallelism.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::SourceSpec;
use dataflow::{Batch, Failure, SourcePoll, SourceReader, Split};

use super::columns::Columns;
use super::options::NexmarkTable;
use super::split::NexmarkSplit;
use crate::part_enumerator::PartSplit;
use crate::wake_timer::wake_at;

pub(super) struct NexmarkReader {
    table: NexmarkTable,
    columns: Columns,
    schema: SchemaRef,
    clock: Clock,
    parts: VecDeque<Part>,
    no_more_splits: bool,
    waker: Option<Waker>,
    /// The numbers of the events of a batch; kept for its memory.
    events: Vec<u64>,
}

/// A split that is being made.
struct Part {
    id: Arc<str>,
    split: NexmarkSplit,
    /// When its first event here was due, and its number.
    start: Instant,
    first: u64,
}

impl NexmarkReader {
    pub(super) fn new(table: NexmarkTable, spec: &SourceSpec, clock: Clock) -> Result<Self, Failure> {
        Ok(Self {
            table,
            columns: Columns::new(spec)?,
            schema: spec.read_type().arrow_schema(),
            clock,
            parts: VecDeque::new(),
            no_more_splits: false,
            waker: None,
            events: Vec::new(),
        })
    }

    /// The time from the start of a part until an event is due.
    fn due(&self, part: &Part, event: u64) -> Duration {
        let plan = &self.table.plan;
        Duration::from_millis((plan.offset_millis(event) - plan.offset_millis(part.first)).max(0) as u64)
    }

    /// The first event that is not due yet.
    fn limit(&self, part: &Part, now: Instant) -> u64 {
        let end = self.table.events.unwrap_or(u64::MAX);
        if !self.table.rate_limited {
            return end;
        }
        let elapsed = now.saturating_duration_since(part.start).as_millis() + 1;
        let due = elapsed * u128::from(self.table.plan.rate) / 1_000;
        part.first.saturating_add(u64::try_from(due).unwrap_or(u64::MAX)).max(part.first + 1).min(end)
    }
}

impl SourceReader for NexmarkReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        for split in splits {
            let id = Arc::from(split.id.as_str());
            let split: NexmarkSplit = serde_json::from_value(split.payload).map_err(|error| {
                Failure::internal(format!("split '{}' is not one of the nexmark source", split.id)).caused_by(error)
            })?;
            self.parts.push_back(Part { id, split, start: self.clock.instant(), first: split.next });
        }
        self.waker.take().into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn no_more_splits(&mut self) {
        self.no_more_splits = true;
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    fn poll(&mut self, max_rows: usize, waker: &Waker) -> Result<SourcePoll, Failure> {
        let now = self.clock.instant();
        let round = self.table.plan.round();
        let mut next_time: Option<Instant> = None;
        for _ in 0..self.parts.len() {
            let Some(mut part) = self.parts.pop_front() else { break };
            if self.table.events.is_some_and(|end| part.split.next >= end) {
                return Ok(SourcePoll::SplitFinished(part.id));
            }
            let limit = self.limit(&part, now);
            self.events.clear();
            part.split.take(max_rows, limit, round, &mut self.events);
            if !self.events.is_empty() {
                let columns = self.columns.make(&self.table.plan, &self.events);
                let batch = Batch::from_columns(self.schema.clone(), columns, None, self.events.len())?;
                let split = part.id.clone();
                self.parts.push_back(part);
                return Ok(SourcePoll::Batch { split, batch });
            }
            let time = part.start + self.due(&part, part.split.next);
            next_time = Some(next_time.map_or(time, |earliest| earliest.min(time)));
            self.parts.push_back(part);
        }
        match next_time {
            Some(time) => wake_at(time, waker.clone()),
            None if self.no_more_splits => return Ok(SourcePoll::EndOfInput),
            None => self.waker = Some(waker.clone()),
        }
        Ok(SourcePoll::Pending)
    }

    fn snapshot(&self) -> Result<Vec<Split>, Failure> {
        self.parts.iter().map(|part| part.split.to_split()).collect()
    }
}
