//! `GroupAggregate`: aggregates per key without a window, also DISTINCT (no aggregates) and the global aggregate (no keys); emits a changelog.
//!
//! ```text
//!   row by row:  batch -> change of each row's key -> accumulators, values before and after -> +I | -U +U | -D for each row
//!   mini-batch:  batches -> accumulators; at the end of the bundle -> one change for each key
//!   second phase: in mini-batches, of what [`LocalGroupAggregate`] has summed up
//! ```
//! As Flink's: a row that changes no value emits nothing (with a time to live it does), the row that takes the last one back emits -D, and what is
//! taken back from an unknown key is ignored. State that was not written for `table.exec.state.ttl` is forgotten. A mini-batch ends with its last row, at
//! a watermark and at a barrier.

mod added_rows;
mod bundle;
mod emission;
pub(super) mod equality;
mod group_table;
mod incremental;
mod keyed_groups;
mod local;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_phase_tests;

use std::task::Waker;

use arrow_array::cast::AsArray;
use arrow_array::{Int8Array, UInt32Array};
use common::clock::Clock;
use dataflow::operator_spec::{GlobalGroupAggregateSpec, GroupAggregateSpec};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, RowType, Stateful,
    StreamElement,
};
use state::{KeyBatch, KeyedStateContext};

use added_rows::AddedRows;
use bundle::Bundle;
use emission::Emission;
use keyed_groups::{Change, KeyedGroups};

use crate::operators::aggregate_value::Phase;
pub use incremental::IncrementalGroupAggregate;
pub use local::LocalGroupAggregate;

/// The operator.
pub struct GroupAggregate {
    keys: Vec<usize>,
    groups: KeyedGroups,
    emission: Emission,
    bundle: Option<Bundle>,
    /// `table.exec.state.ttl`, ms.
    ttl: Option<i64>,
    /// When expired state is swept out next, ms since the epoch.
    next_sweep: Option<i64>,
    clock: Clock,
    added: AddedRows,
    /// In the second phase: the column with what the first one has summed up.
    partials: Option<usize>,
    /// Of the rows of a batch that are not ignored: which, of what group, what they change.
    kept: Vec<u32>,
    row_groups: Vec<u32>,
    changes: Vec<Change>,
}

impl GroupAggregate {
    /// An operator over rows of type `input`; `clock` is for the time to live. `state` is opened here.
    pub fn new(
        spec: &GroupAggregateSpec,
        input: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        Self::over(spec, spec.keys.clone(), input, input, clock, state)
    }

    /// The second phase, over rows of type `partials`.
    pub fn global(
        spec: &GlobalGroupAggregateSpec,
        partials: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let aggregate = &spec.aggregate;
        if aggregate.mini_batch.is_none() {
            return Err(Failure::internal("a global aggregate has no mini-batch").fatal());
        }
        let width = aggregate.keys.len();
        let operator = Self::over(aggregate, (0..width).collect(), partials, &spec.local_input, clock, state)?;
        Ok(Self { partials: Some(width), ..operator })
    }

    /// An operator over rows of type `arriving` with these keys, and aggregates over rows of type `input`.
    fn over(
        spec: &GroupAggregateSpec,
        keys: Vec<usize>,
        arriving: &RowType,
        input: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let encoder = KeyBatch::new(arriving, &keys).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        Ok(Self {
            keys,
            groups: KeyedGroups::new(spec, encoder, input, &clock, Phase::Whole, state)?,
            emission: Emission::new(spec),
            bundle: spec.mini_batch.map(|bounds| Bundle::new(bounds, spec.aggregates.len())),
            ttl,
            next_sweep: None,
            clock,
            added: AddedRows::new(spec, input),
            partials: None,
            kept: Vec::new(),
            row_groups: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// The time, where anything depends on it.
    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    /// Finds the groups of the rows; rows that are ignored are left out.
    fn assign(
        &mut self,
        batch: &Batch,
        now: i64,
        mut found: impl FnMut(&mut KeyedGroups, u32, bool, bool) -> Change,
    ) -> Result<(), Failure> {
        self.groups.keys.encode(batch);
        self.groups.load()?;
        self.groups.settle_batch()?;
        self.kept.clear();
        self.row_groups.clear();
        self.changes.clear();
        let kinds = batch.kinds().map(Int8Array::values);
        for row in 0..batch.num_rows() {
            let retraction = kinds.is_some_and(|kinds| RowKind::from_byte(kinds[row]).is_retraction());
            let Some((group, new)) = self.groups.find(row, retraction, now) else { continue };
            self.kept.push(row as u32);
            self.row_groups.push(group);
            self.changes.push(found(&mut self.groups, group, new, retraction));
        }
        Ok(())
    }

    /// The rows that are not ignored.
    fn kept_rows(&self, batch: Batch) -> Result<Batch, Failure> {
        let batch = match self.kept.len() == batch.num_rows() {
            true => batch,
            false => batch.take(&UInt32Array::from(self.kept.clone()))?,
        };
        self.added.append(batch)
    }

    fn process_by_row(&mut self, batch: Batch, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.assign(&batch, now, |groups, group, new, retraction| {
            if !groups.count(group, retraction) {
                groups.end(group);
                return Change::Last;
            }
            if new { Change::First } else { Change::Update }
        })?;
        let batch = self.kept_rows(batch)?;
        let values = self.groups.accumulate_traced(&batch, &self.row_groups)?;
        let keys: Vec<_> = self.keys.iter().map(|&key| batch.column(key).clone()).collect();
        self.emission.emit(&self.changes, &keys, &values, out)?;
        self.groups.free_ended();
        Ok(())
    }

    fn add_to_bundle(&mut self, bundle: &mut Bundle, batch: Batch, now: i64) -> Result<(), Failure> {
        bundle.add_rows(batch.num_rows());
        let known = bundle.len();
        let counts_rows = self.partials.is_none();
        self.assign(&batch, now, |groups, group, new, retraction| {
            bundle.touch(group, new);
            if counts_rows {
                groups.count(group, retraction);
            }
            Change::Nothing
        })?;
        let batch = if counts_rows { self.kept_rows(batch)? } else { batch };
        self.groups.make_room();
        bundle.remember(known, &self.groups)?;
        match self.partials {
            None => self.groups.accumulate(&batch, &self.row_groups),
            Some(column) => self.groups.merge_partials(batch.column(column).as_binary(), &self.row_groups),
        }
    }

    fn process_in_bundles(
        &mut self,
        bundle: &mut Bundle,
        batch: &Batch,
        now: i64,
        out: &mut dyn Output,
    ) -> Result<(), Failure> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            let rows = bundle.room().min(batch.num_rows() - taken);
            self.add_to_bundle(bundle, batch.slice(taken, rows), now)?;
            taken += rows;
            if bundle.room() == 0 {
                self.emit_bundle(bundle, out)?;
            }
        }
        Ok(())
    }

    fn emit_bundle(&mut self, bundle: &mut Bundle, out: &mut dyn Output) -> Result<(), Failure> {
        let (touched, changes, values) = bundle.take(&self.groups)?;
        if touched.is_empty() {
            return Ok(());
        }
        self.emission.emit(&changes, &self.groups.keys_of(&touched), &values, out)?;
        for (&group, change) in touched.iter().zip(&changes) {
            if matches!(change, Change::Last | Change::Nothing) {
                self.groups.end(group);
            }
        }
        self.groups.free_ended();
        Ok(())
    }

    fn end_bundle(&mut self, out: &mut dyn Output) -> Result<(), Failure> {
        if let Some(mut bundle) = self.bundle.take() {
            let emitted = self.emit_bundle(&mut bundle, out);
            self.bundle = Some(bundle);
            emitted?;
        }
        Ok(())
    }

    /// Makes memory free, unless groups are in a bundle.
    fn evict(&mut self) -> Result<(), Failure> {
        if self.bundle.as_ref().is_some_and(|bundle| bundle.len() > 0) { Ok(()) } else { self.groups.evict() }
    }

    fn schedule_sweep(&mut self, now: i64) {
        self.next_sweep = self.ttl.filter(|_| !self.groups.is_empty()).map(|ttl| now.saturating_add(ttl));
    }
}

impl Operator for GroupAggregate {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        match self.bundle.take() {
            None => self.process_by_row(batch, now, out)?,
            Some(mut bundle) => {
                let processed = self.process_in_bundles(&mut bundle, &batch, now, out);
                self.bundle = Some(bundle);
                processed?;
            }
        }
        if self.next_sweep.is_none() {
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        self.end_bundle(out)?;
        self.evict()?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn on_timer(&mut self, now: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let sweep = self.next_sweep.is_some_and(|at| at <= now);
        if sweep {
            self.end_bundle(out)?;
            self.groups.expire(now)?;
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn finish(&mut self, _waker: &Waker, out: &mut dyn Output) -> Result<Progress, Failure> {
        self.end_bundle(out)?;
        Ok(Progress::Done)
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for GroupAggregate {
    fn prepare(
        &mut self,
        _barrier: &CheckpointBarrier,
        _waker: &Waker,
        out: &mut dyn Output,
    ) -> Result<Progress, Failure> {
        self.end_bundle(out)?;
        Ok(Progress::Done)
    }

    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.groups.snapshot(barrier)?) })
    }

    fn continue_snapshot(&mut self) -> Result<Progress, Failure> {
        self.groups.settle_some()
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.groups.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.groups.state.checkpoint_aborted(checkpoint_id);
    }
}
