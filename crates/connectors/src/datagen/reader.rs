//! Makes the rows of its splits as fast as the rate allows.
//!
//! The rows of a split depend on its seed and their number only, so after a restore the same rows follow. What the clock tells is the exception.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use arrow_schema::SchemaRef;
use common::clock::Clock;
use common::random::Random;
use dataflow::operator_spec::{ReadColumn, SourceSpec};
use dataflow::{Batch, Failure, SourcePoll, SourceReader, Split};

use super::column_plan::ColumnPlan;
use super::generator::{Generator, Stride};
use super::options::DatagenTable;
use super::rate::Rate;
use super::split::DatagenSplit;
use crate::part_enumerator::PartSplit;
use crate::wake_timer::wake_at;

/// Rows of a split that are made of the same random numbers. Whoever begins within a block makes the rows before, too, and drops them.
const BLOCK: u64 = 8_192;

pub(super) struct DatagenReader {
    rows_per_second: u64,
    total_rows: Option<u64>,
    /// Only the columns that are read.
    columns: Vec<ColumnPlan>,
    schema: SchemaRef,
    clock: Clock,
    parts: VecDeque<Part>,
    no_more_splits: bool,
    waker: Option<Waker>,
}

/// A split that is being made.
struct Part {
    id: Arc<str>,
    split: DatagenSplit,
    /// Rows left; `None` when they never end.
    remaining: Option<u64>,
    rate: Rate,
    start: Instant,
    /// Rows made since `start`.
    made: u64,
}

impl DatagenReader {
    pub(super) fn new(table: &DatagenTable, spec: &SourceSpec, clock: Clock) -> Result<Self, Failure> {
        let column = |column: &ReadColumn| match column {
            ReadColumn::Physical(index) => Ok(table.columns[*index].clone()),
            ReadColumn::Metadata { key, .. } => {
                Err(Failure::internal(format!("the datagen source has no metadata '{key}'")))
            }
        };
        Ok(Self {
            rows_per_second: table.rows_per_second,
            total_rows: table.total_rows(),
            columns: spec.read.iter().map(column).collect::<Result<_, _>>()?,
            schema: spec.read_type().arrow_schema(),
            clock,
            parts: VecDeque::new(),
            no_more_splits: false,
            waker: None,
        })
    }

    /// The next rows, at most so many, of one block.
    fn batch(&self, part: &mut Part, rows: usize) -> Result<Batch, Failure> {
        let DatagenSplit { index, of, emitted, seed } = part.split;
        let (block, skipped) = (emitted / BLOCK, (emitted % BLOCK) as usize);
        let rows = rows.min(BLOCK as usize - skipped);
        let stride = Stride { position: index + block * BLOCK * of, step: of };
        let mut random = Random::from_seed(seed.wrapping_add(block));
        let column = |plan: &ColumnPlan| {
            Generator::new(random.fork(), &self.clock).column(plan, skipped + rows, stride).slice(skipped, rows)
        };
        let columns = self.columns.iter().map(column).collect();
        part.split.emitted += rows as u64;
        part.made += rows as u64;
        part.remaining = part.remaining.map(|remaining| remaining - rows as u64);
        Ok(Batch::from_columns(self.schema.clone(), columns, None, rows)?)
    }
}

impl SourceReader for DatagenReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        for split in splits {
            let id = Arc::from(split.id.as_str());
            let split: DatagenSplit = serde_json::from_value(split.payload).map_err(|error| {
                Failure::internal(format!("split '{}' is not one of the datagen source", split.id)).caused_by(error)
            })?;
            let (index, of) = (split.index, split.of.max(1));
            // As Flink spreads them: the first `total % of` parts have one row more.
            let share = self.total_rows.map(|total| total / of + u64::from(total % of > index));
            self.parts.push_back(Part {
                id,
                split,
                remaining: share.map(|share| share.saturating_sub(split.emitted)),
                rate: Rate { rows_per_second: self.rows_per_second, index, of },
                start: self.clock.instant(),
                made: 0,
            });
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
        let mut next_time: Option<Instant> = None;
        for _ in 0..self.parts.len() {
            let Some(mut part) = self.parts.pop_front() else { break };
            if part.remaining == Some(0) {
                return Ok(SourcePoll::SplitFinished(part.id));
            }
            let elapsed = now.saturating_duration_since(part.start);
            let allowed = part.rate.allowed(elapsed).saturating_sub(part.made);
            let rows = allowed.min(part.remaining.unwrap_or(u64::MAX)).min(max_rows as u64);
            if rows > 0 {
                let batch = self.batch(&mut part, rows as usize)?;
                let split = part.id.clone();
                self.parts.push_back(part);
                return Ok(SourcePoll::Batch { split, batch });
            }
            let time = part.start + Rate::next(elapsed);
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
