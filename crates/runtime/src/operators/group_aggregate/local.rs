//! `LocalGroupAggregate`: the first phase of an aggregation without a window. It sums up the rows of a mini-batch before they are spread by key.
//!
//! ```text
//!   rows -> group of each key -> accumulators; at the end of the bundle -> key, what the group looks like in state
//! ```
//! As in Flink a bundle ends with its last row, a watermark, a barrier or the input. It knows only its own rows: what is taken back may have come
//! before, so counts go below zero and are settled by the [`GlobalGroupAggregate`](super::GroupAggregate).

use std::sync::Arc;
use std::task::Waker;

use arrow_array::Int8Array;
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::LocalGroupAggregateSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, decode_keys};

use super::added_rows::AddedRows;
use super::group_table::GroupTable;
use crate::operators::aggregate_value::Phase;

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// The operator.
pub struct LocalGroupAggregate {
    keys: KeyBatch,
    key_type: RowType,
    groups: GroupTable,
    added: AddedRows,
    /// Rows of a bundle, and of the one that has begun.
    size: u64,
    rows: u64,
    /// The groups of the bundle, in the order in which they came.
    touched: Vec<u32>,
    row_groups: Vec<u32>,
    schema: SchemaRef,
}

impl LocalGroupAggregate {
    /// An operator over rows of type `input`.
    pub fn new(spec: &LocalGroupAggregateSpec, input: &RowType) -> Result<Self, Failure> {
        let aggregate = &spec.aggregate;
        let keys = KeyBatch::new(input, &aggregate.keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let bounds = aggregate.mini_batch.ok_or_else(|| Failure::internal("a local aggregate has no mini-batch"))?;
        Ok(Self {
            key_type: input.project(&aggregate.keys),
            groups: GroupTable::new(aggregate, input, &keys, &Clock::System, Phase::Local)?,
            keys,
            added: AddedRows::new(aggregate, input),
            size: bounds.size.max(1),
            rows: 0,
            touched: Vec::new(),
            row_groups: Vec::new(),
            schema: spec.output.arrow_schema(),
        })
    }

    fn add(&mut self, batch: Batch) -> Result<(), Failure> {
        self.rows += batch.num_rows() as u64;
        self.keys.encode(&batch);
        self.row_groups.clear();
        let kinds = batch.kinds().map(Int8Array::values);
        for row in 0..batch.num_rows() {
            let (key, new) = self.groups.table.find_or_insert(&self.keys, row);
            let group = match new {
                true => self.groups.begin(key, 0),
                false => self.groups.group_of_key[key as usize],
            };
            if new {
                self.touched.push(group);
            }
            if let Some(rows) = &mut self.groups.rows {
                let retraction = kinds.is_some_and(|kinds| RowKind::from_byte(kinds[row]).is_retraction());
                rows[group as usize] += if retraction { -1 } else { 1 };
            }
            self.row_groups.push(group);
        }
        let batch = self.added.append(batch)?;
        self.groups.make_room();
        self.groups.accumulate(&batch, &self.row_groups)
    }

    fn emit_bundle(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        self.rows = 0;
        let touched = std::mem::take(&mut self.touched);
        for groups in touched.chunks(MAX_ROWS) {
            let keys: Vec<&[u8]> = groups.iter().map(|&group| self.groups.key_of(group)).collect();
            let mut columns = decode_keys(&self.key_type, &keys);
            columns.push(Arc::new(self.groups.partials(groups)));
            let batch = Batch::from_columns(self.schema.clone(), columns, None, groups.len())?;
            out.emit(StreamElement::Batch(batch))?;
        }
        let keys: Vec<u32> = self.groups.keys().collect();
        self.groups.forget(&keys);
        Ok(())
    }
}

impl Operator for LocalGroupAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            let room = usize::try_from(self.size - self.rows).unwrap_or(usize::MAX);
            let rows = room.min(batch.num_rows() - taken);
            self.add(batch.slice(taken, rows))?;
            taken += rows;
            if self.rows >= self.size {
                self.emit_bundle(out)?;
            }
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.emit_bundle(out)?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.emit_bundle(out)?;
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for LocalGroupAggregate {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.emit_bundle(out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, _barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot::default())
    }
}
