//! `SinkUpsertMaterializer`: keeps the rows written to a table, by primary key, so that the newest wins although changes of rows with different
//! upsert keys come by different ways.
//!
//! ```text
//!   +I +U: behind the others of the key (in place of the one with its upsert key) -> +I when it is the first, else +U
//!   -U -D: it goes -> -D when it was the last; +U of the newest one left when it was the newest; else nothing
//! ```
//! Without an upsert key rows are the same when all their columns are. What is taken back and is not there is ignored, as in Flink. State that was
//! not written for `table.exec.state.ttl` is forgotten.

mod rows_by_key;
#[cfg(test)]
mod tests;

use std::task::Waker;

use arrow_array::{Array, ArrayRef, Int8Array};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave;
use common::clock::Clock;
use dataflow::operator_spec::SinkUpsertMaterializerSpec;
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowCodec, RowKind, RowType,
    Stateful, StreamElement,
};
use state::{KeyBatch, KeyedStateContext};

use rows_by_key::{Removed, RowsByKey};

/// The operator.
pub(super) struct SinkUpsertMaterializer {
    schema: SchemaRef,
    keys: KeyBatch,
    codec: RowCodec,
    /// Columns of the upsert key.
    identity: Option<Vec<usize>>,
    rows: RowsByKey,
    clock: Clock,
    ttl: Option<i64>,
    /// When expired rows are swept out next, ms since the epoch.
    next_sweep: Option<i64>,
}

/// What is emitted for a batch.
#[derive(Default)]
struct Emitted {
    kinds: Vec<i8>,
    /// 0 and a row of the batch, or 1 and a row that was kept.
    places: Vec<(usize, usize)>,
    /// Rows that were kept, encoded one behind the other, and where each ends.
    kept: Vec<u8>,
    ends: Vec<usize>,
}

impl Emitted {
    fn row(&mut self, kind: RowKind, row: usize) {
        self.kinds.push(kind as i8);
        self.places.push((0, row));
    }

    fn kept_row(&mut self, kind: RowKind, bytes: &[u8]) {
        self.kinds.push(kind as i8);
        self.places.push((1, self.ends.len()));
        self.kept.extend_from_slice(bytes);
        self.ends.push(self.kept.len());
    }

    fn kept_rows(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.kept[start..end]).collect()
    }
}

impl SinkUpsertMaterializer {
    /// An operator over rows of type `input`.
    pub(super) fn new(
        spec: &SinkUpsertMaterializerSpec,
        input: &RowType,
        clock: Clock,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let keys = KeyBatch::new(input, &spec.primary_key).map_err(|error| Failure::user(error.to_string()).fatal())?;
        let ttl = (spec.state_ttl_ms > 0).then(|| i64::try_from(spec.state_ttl_ms).unwrap_or(i64::MAX));
        let schema = input.arrow_schema();
        Ok(Self {
            codec: RowCodec::new(schema.clone())?,
            schema,
            rows: RowsByKey::open(&keys, state, &clock, spec.state_ttl_ms)?,
            keys,
            identity: spec.upsert_key.clone(),
            clock,
            ttl,
            next_sweep: None,
        })
    }

    fn now(&self) -> i64 {
        if self.ttl.is_some() { self.clock.now_millis() } else { 0 }
    }

    fn apply(&mut self, batch: &Batch, now: i64) -> Result<Emitted, Failure> {
        self.keys.encode(batch);
        self.rows.load(&self.keys)?;
        let writer = self.codec.writer(batch.columns());
        let identities = self.identity.as_ref().map(|columns| {
            let columns: Vec<ArrayRef> = columns.iter().map(|&column| batch.column(column).clone()).collect();
            self.codec.writer(&columns)
        });
        let (mut row_bytes, mut identity) = (Vec::new(), Vec::new());
        let mut emitted = Emitted::default();
        for row in 0..batch.num_rows() {
            row_bytes.clear();
            identity.clear();
            writer.write(row, &mut row_bytes);
            if let Some(identities) = &identities {
                identities.write(row, &mut identity);
            }
            if batch.kind(row).is_retraction() {
                match self.rows.remove(&self.keys, row, &identity, &row_bytes, now) {
                    Removed::Last => emitted.row(RowKind::Delete, row),
                    Removed::Newest(left) => emitted.kept_row(RowKind::UpdateAfter, left),
                    Removed::Older | Removed::Unknown => {}
                }
            } else {
                let is_first = self.rows.add(&self.keys, row, &identity, &row_bytes, now);
                emitted.row(if is_first { RowKind::Insert } else { RowKind::UpdateAfter }, row);
            }
        }
        Ok(emitted)
    }

    fn emit(&self, emitted: &Emitted, batch: &Batch, out: &mut dyn Output) -> Result<(), Failure> {
        if emitted.kinds.is_empty() {
            return Ok(());
        }
        let kept = self.codec.read(emitted.kept_rows().into_iter())?;
        let column = |(index, own): (usize, &ArrayRef)| -> Result<ArrayRef, Failure> {
            let sides: [&dyn Array; 2] = [own.as_ref(), kept.column(index).as_ref()];
            Ok(interleave(&sides, &emitted.places)?)
        };
        let columns = batch.columns().iter().enumerate().map(column).collect::<Result<Vec<_>, _>>()?;
        let rows = Batch::from_columns(self.schema.clone(), columns, None, emitted.kinds.len())?;
        let kinds = Int8Array::from(emitted.kinds.clone());
        out.emit(StreamElement::Batch(Batch::changes(rows.rows().clone(), kinds)))
    }
}

impl Operator for SinkUpsertMaterializer {
    fn process(&mut self, _input: usize, batch: Batch, out: &mut dyn Output) -> Result<(), Failure> {
        let now = self.now();
        let emitted = self.apply(&batch, now)?;
        self.emit(&emitted, &batch, out)?;
        self.rows.free_empty();
        if self.next_sweep.is_none() {
            self.next_sweep = self.ttl.map(|ttl| now.saturating_add(ttl));
        }
        self.rows.evict()
    }

    fn on_timer(&mut self, now: i64, _out: &mut dyn Output) -> Result<(), Failure> {
        if self.next_sweep.is_some_and(|at| at <= now) {
            self.rows.expire(now);
            self.next_sweep = self.ttl.filter(|_| !self.rows.is_empty()).map(|ttl| now.saturating_add(ttl));
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        self.next_sweep
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for SinkUpsertMaterializer {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.rows.snapshot(barrier)?) })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.rows.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.rows.state.checkpoint_aborted(checkpoint_id);
    }
}
