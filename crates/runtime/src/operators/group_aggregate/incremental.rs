//! `IncrementalGroupAggregate`: between both phases of an aggregation with DISTINCT that is split by buckets. It keeps the values of each bucket; of the rest it
//! keeps nothing.
//!
//! ```text
//!   key, bucket, what the first phase has -> merged by key and bucket; at the end of the bundle -> what that changes, merged by key -> key, change
//! ```
//! After Flink's `MiniBatchIncrementalGroupAggFunction`. A bundle ends with its last row, at a watermark, a barrier and the end of the input.

use std::sync::Arc;
use std::task::Waker;

use arrow_array::cast::AsArray;
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::{GroupAggregateSpec, IncrementalGroupAggregateSpec};
use dataflow::{
    AggregateCall, Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, KeyedStateContext, decode_keys};

use super::group_table::GroupTable;
use super::keyed_groups::KeyedGroups;
use crate::operators::aggregate_value::Phase;

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// The operator.
pub struct IncrementalGroupAggregate {
    buckets: KeyedGroups,
    width: usize,
    final_keys: KeyBatch,
    finals: GroupTable,
    key_type: RowType,
    schema: SchemaRef,
    /// Rows of a bundle, and of the one that has begun.
    size: u64,
    rows: u64,
    /// The buckets of the bundle, in the order in which they came; by group whether it is one.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    row_groups: Vec<u32>,
    ttl: Option<i64>,
    next_sweep: Option<i64>,
    clock: Clock,
}

/// The calls as they are where every value has come for the first time.
pub(super) fn without_distinct(spec: &GroupAggregateSpec) -> GroupAggregateSpec {
    let plain = |call: &AggregateCall| AggregateCall { distinct: false, ..call.clone() };
    GroupAggregateSpec { aggregates: spec.aggregates.iter().map(plain).collect(), ..spec.clone() }
}

impl IncrementalGroupAggregate {
    /// An operator over rows of type `partials`; `clock` is for the time to live. `state` is opened here.
    pub fn new(
        spec: &IncrementalGroupAggregateSpec,
        partials: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let aggregate = &spec.aggregate;
        let bounds =
            aggregate.mini_batch.ok_or_else(|| Failure::internal("an incremental aggregate has no mini-batch"))?;
        let keys_of = |row: &RowType, keys: &[usize]| {
            KeyBatch::new(row, keys).map_err(|error| Failure::user(error.to_string()).fatal())
        };
        let width = aggregate.keys.len();
        let encoder = keys_of(partials, &(0..width).collect::<Vec<_>>())?;
        let final_keys = keys_of(&spec.output, &(0..spec.final_keys).collect::<Vec<_>>())?;
        let ttl = (aggregate.state_ttl_ms > 0).then(|| i64::try_from(aggregate.state_ttl_ms).unwrap_or(i64::MAX));
        let plain = without_distinct(aggregate);
        Ok(Self {
            buckets: KeyedGroups::new(aggregate, encoder, &spec.local_input, &clock, Phase::Local, state)?,
            width,
            finals: GroupTable::new(&plain, &spec.local_input, &final_keys, &Clock::System, Phase::Local)?,
            key_type: RowType::new(spec.output.fields[..spec.final_keys].to_vec()),
            final_keys,
            schema: spec.output.arrow_schema(),
            size: bounds.size.max(1),
            rows: 0,
            touched: Vec::new(),
            is_touched: Vec::new(),
            row_groups: Vec::new(),
            ttl,
            next_sweep: None,
            clock,
        })
    }

    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    fn add(&mut self, batch: &Batch, now: i64) -> Result<(), Failure> {
        self.rows += batch.num_rows() as u64;
        self.buckets.keys.encode(batch);
        self.buckets.load()?;
        self.buckets.settle_batch()?;
        self.row_groups.clear();
        let known = self.touched.len();
        for row in 0..batch.num_rows() {
            let Some((group, _)) = self.buckets.find(row, false, now) else {
                unreachable!("a row that takes nothing back has a group")
            };
            if group as usize >= self.is_touched.len() {
                self.is_touched.resize((group as usize + 1).next_power_of_two(), false);
            }
            if !self.is_touched[group as usize] {
                self.is_touched[group as usize] = true;
                self.touched.push(group);
            }
            self.row_groups.push(group);
        }
        self.buckets.make_room();
        self.buckets.begin_increment(&self.touched[known..]);
        self.buckets.merge_partials(batch.column(self.width).as_binary(), &self.row_groups)
    }

    fn emit_bundle(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        self.rows = 0;
        let touched = std::mem::take(&mut self.touched);
        touched.iter().for_each(|&group| self.is_touched[group as usize] = false);
        let mut order = Vec::new();
        for groups in touched.chunks(MAX_ROWS) {
            let mut columns = self.buckets.keys_of(groups);
            columns.truncate(self.key_type.len());
            let increments = self.buckets.increments(groups);
            columns.push(Arc::new(increments.clone()));
            let batch = Batch::from_columns(self.schema.clone(), columns, None, groups.len())?;
            self.final_keys.encode(&batch);
            self.row_groups.clear();
            for row in 0..groups.len() {
                let (key, new) = self.finals.table.find_or_insert(&self.final_keys, row);
                let group = match new {
                    true => self.finals.begin(key, 0),
                    false => self.finals.group_of_key[key as usize],
                };
                if new {
                    order.push(group);
                }
                self.row_groups.push(group);
            }
            self.finals.make_room();
            self.finals.merge_partials(&increments, &self.row_groups)?;
        }
        for groups in order.chunks(MAX_ROWS) {
            let keys: Vec<&[u8]> = groups.iter().map(|&group| self.finals.key_of(group)).collect();
            let mut columns = decode_keys(&self.key_type, &keys);
            columns.push(Arc::new(self.finals.partials(groups)));
            out.emit(StreamElement::Batch(Batch::from_columns(self.schema.clone(), columns, None, groups.len())?))?;
        }
        let keys: Vec<u32> = self.finals.keys().collect();
        self.finals.forget(&keys);
        Ok(())
    }

    /// Makes memory free, unless buckets are in a bundle.
    fn evict(&mut self) -> Result<(), Failure> {
        if self.touched.is_empty() { self.buckets.evict() } else { Ok(()) }
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.buckets.is_empty()).map(|ttl| now.saturating_add(ttl));
    }
}

impl Operator for IncrementalGroupAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        let mut taken = 0;
        while taken < batch.num_rows() {
            let room = usize::try_from(self.size - self.rows).unwrap_or(usize::MAX);
            let rows = room.min(batch.num_rows() - taken);
            self.add(&batch.slice(taken, rows), now)?;
            taken += rows;
            if self.rows >= self.size {
                self.emit_bundle(out)?;
            }
        }
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.emit_bundle(out)?;
        self.evict()?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        if self.next_sweep.is_some_and(|at| at <= now) {
            self.emit_bundle(out)?;
            self.buckets.expire(now)?;
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.emit_bundle(out)?;
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for IncrementalGroupAggregate {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.emit_bundle(out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.buckets.snapshot(barrier)?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.buckets.settle_some()
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.buckets.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.buckets.state.checkpoint_aborted(checkpoint_id);
    }
}
