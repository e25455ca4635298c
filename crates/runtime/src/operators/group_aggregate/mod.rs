//! `GroupAggregate`: aggregates per key without a window, also DISTINCT (no aggregates) and the global aggregate (no keys); emits a changelog.
//!
//! ```text
//!   row by row:  batch -> change of each row's key -> accumulators, values before and after -> +I | -U +U | -D for each row
//!   mini-batch:  batches -> accumulators; at the end of the bundle -> one change for each key
//! ```
//! As Flink's: a row that changes no value emits nothing (with a time to live it does), the row that takes the last one back emits -D, and what is
//! taken back from an unknown key is ignored. State that was not written for `table.exec.state.ttl` is forgotten. At a barrier a mini-batch ends.

mod bundle;
mod emission;
pub(super) mod equality;
mod group_table;
mod keyed_groups;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::Waker;

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, Int8Array, UInt32Array};
use arrow_schema::SchemaRef;
use common::clock::Clock;
use dataflow::operator_spec::GroupAggregateSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowKind, RowType, Stateful,
    StreamElement,
};
use state::KeyedStateContext;

use bundle::Bundle;
use emission::Emission;
use group_table::with_added_fields;
use keyed_groups::{Change, KeyedGroups};

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
    /// The filters of the aggregates that look at added rows only, and the rows with a column for each of these.
    added_filters: Vec<Option<usize>>,
    with_added: SchemaRef,
    /// Of the rows of a batch that are not ignored: which, of what group, what they change.
    kept: Vec<u32>,
    row_groups: Vec<u32>,
    changes: Vec<Change>,
}

impl GroupAggregate {
    /// An operator over rows of type `input`; `clock` is for the time to live and the latency of mini-batches. `state` is opened here.
    pub fn new(
        spec: &GroupAggregateSpec,
        input: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        Ok(Self {
            keys: spec.keys.clone(),
            groups: KeyedGroups::new(spec, input, &clock, state)?,
            emission: Emission::new(spec),
            bundle: spec.mini_batch.map(|bounds| Bundle::new(bounds, spec.aggregates.len())),
            ttl,
            next_sweep: None,
            clock,
            added_filters: spec.insert_only_calls.iter().map(|&call| spec.aggregates[call].filter).collect(),
            with_added: with_added_fields(spec, input).arrow_schema(),
            kept: Vec::new(),
            row_groups: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// The time, where anything depends on it.
    fn now(&self) -> i64 {
        if self.ttl.is_some() || self.bundle.is_some() { self.clock.now_millis() } else { 0 }
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
        if self.added_filters.is_empty() {
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for filter in &self.added_filters {
            let filter = filter.map(|column| batch.column(column).as_boolean());
            let passes = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            let is_added = |row: usize| Some(passes(row) && !batch.kind(row).is_retraction());
            columns.push(Arc::new((0..batch.num_rows()).map(is_added).collect::<BooleanArray>()));
        }
        Ok(batch.with_columns(self.with_added.clone(), columns)?)
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
        bundle.add_rows(batch.num_rows(), now);
        let known = bundle.len();
        self.assign(&batch, now, |groups, group, new, retraction| {
            bundle.touch(group, new);
            groups.count(group, retraction);
            Change::Nothing
        })?;
        let batch = self.kept_rows(batch)?;
        self.groups.make_room();
        bundle.remember(known, &self.groups)?;
        self.groups.accumulate(&batch, &self.row_groups)
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
        if sweep || self.bundle.as_ref().and_then(Bundle::due).is_some_and(|due| due <= now) {
            self.end_bundle(out)?;
        }
        if sweep {
            self.groups.expire(now)?;
            self.schedule_sweep(now);
        }
        self.evict()
    }

    fn next_timer(&self) -> Option<i64> {
        let due = self.bundle.as_ref().and_then(Bundle::due);
        due.into_iter().chain(self.next_sweep).min()
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
