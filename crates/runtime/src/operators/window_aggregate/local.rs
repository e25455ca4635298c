//! `LocalWindowAggregate`: the first phase of an aggregation in windows of event time. It sums up the rows of each slice before they are spread by key.
//!
//! ```text
//!   rows -> group of (slice, key) -> accumulators
//!   watermark passes the end of a slice, too many groups, barrier, end -> key, end of the slice, what the group looks like in state
//! ```
//! Whether something is late is decided by the second phase.

use std::sync::Arc;
use std::task::Waker;

use arrow_array::Int64Array;
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::{LocalWindowAggregateSpec, WindowTime};
use dataflow::{
    Batch, CheckpointBarrier, Failure, MAX_WATERMARK, Operator, OperatorSnapshot, Output, Progress, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, Namespace, Namespaces, decode_keys};

use super::emission::MAX_ROWS;
use super::groups::Groups;
use super::slices::Slices;
use super::wall_clock::WallClock;
use super::{encoder, local_times};
use crate::operators::aggregate_value::Phase;

/// Groups are passed on when they take more bytes than this: a table that does not fit into the processor's caches gains little.
const MAX_BYTES: usize = 16 << 20;

/// The operator.
pub struct LocalWindowAggregate {
    time: WindowTime,
    slices: Slices,
    wall_clock: WallClock,
    keys: KeyBatch,
    key_type: RowType,
    groups: Groups,
    namespaces: Namespaces,
    row_slices: Vec<i64>,
    row_groups: Vec<u32>,
    schema: SchemaRef,
}

impl LocalWindowAggregate {
    /// An operator over rows of type `input`.
    pub fn new(spec: &LocalWindowAggregateSpec, input: &RowType) -> Result<Self, Failure> {
        let aggregate = &spec.aggregate;
        if aggregate.time == WindowTime::Proctime {
            return Err(Failure::internal("windows over processing time have one phase").fatal());
        }
        Ok(Self {
            time: aggregate.time,
            slices: Slices::of(aggregate.assigner)?,
            wall_clock: WallClock::new(&aggregate.time_zone)?,
            keys: encoder(input, &aggregate.keys)?,
            key_type: input.project(&aggregate.keys),
            groups: Groups::new(aggregate, input, Phase::Local, None)?,
            namespaces: Namespaces::default(),
            row_slices: Vec::new(),
            row_groups: Vec::new(),
            schema: spec.output.arrow_schema(),
        })
    }

    /// Passes on what is known of the slices that end by this watermark.
    fn emit_until(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        while let Some(first) = self.namespaces.first() {
            let time = first.time;
            if watermark < MAX_WATERMARK && self.wall_clock.timer(time) > watermark {
                break;
            }
            if let Some(slice) = self.namespaces.remove(time) {
                self.emit(&slice, out)?;
                self.groups.release(slice.groups());
            }
        }
        Ok(())
    }

    fn emit(&mut self, slice: &Namespace, out: &mut dyn Output) -> Result<(), Failure> {
        let keys = slice.keys();
        for (keys, groups) in keys.chunks(MAX_ROWS).zip(slice.groups().chunks(MAX_ROWS)) {
            let mut columns = decode_keys(&self.key_type, keys);
            columns.push(Arc::new(Int64Array::from_value(slice.time, groups.len())));
            columns.push(Arc::new(self.groups.partials(groups)));
            let batch = Batch::from_columns(self.schema.clone(), columns, None, groups.len())?;
            out.emit(StreamElement::Batch(batch))?;
        }
        Ok(())
    }
}

impl Operator for LocalWindowAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let times = local_times(self.time, &batch, &mut self.wall_clock, &Clock::System)?;
        self.row_slices.clear();
        let mut slice = (1, 0);
        for &time in times.iter() {
            if time < slice.0 || time >= slice.1 {
                let end = self.slices.slice_of(time);
                slice = (end - self.slices.slice(), end);
            }
            self.row_slices.push(slice.1);
        }
        self.keys.encode(&batch);
        let Self { namespaces, row_slices, row_groups, keys, groups, .. } = self;
        namespaces.groups(row_slices, keys, &mut groups.slots, row_groups);
        groups.accumulate(&batch, row_groups)?;
        let tables: usize = self.namespaces.iter().map(Namespace::memory_size).sum();
        if self.groups.memory_size() + tables > MAX_BYTES {
            self.emit_until(MAX_WATERMARK, out)?;
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.emit_until(watermark, out)?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.emit_until(MAX_WATERMARK, out)?;
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for LocalWindowAggregate {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.emit_until(MAX_WATERMARK, out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, _barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot::default())
    }
}
