//! `WatermarkCompactingSinkMaterializer`: ON CONFLICT DO ERROR and DO NOTHING. It keeps the changes of each primary key until the watermark has passed
//! them; by then all that belong together have come, whatever way they took.
//!
//! ```text
//!   rows -> kept with the watermark at which they went on; what takes back a row of the same watermark goes with it
//!   watermark -> of each key: the row that the table has, and what came by then:
//!     none left: -D    one left: +I, or +U when it is another one    more: an error, or the first one if the table has none
//! ```
//! After a restore all that is kept is looked at with the first watermark. After Flink's class of that name.

mod kept_changes;
#[cfg(test)]
mod tests;
mod timestamp_assigner;

use std::task::Waker;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int8Array};
use arrow_schema::SchemaRef;
use dataflow::operator_spec::{ConflictBehavior, WatermarkCompactingSinkMaterializerSpec};
use dataflow::{
    Batch, CheckpointBarrier, Failure, Operator, OperatorSnapshot, Output, Progress, RowCodec, RowKind, RowType,
    Stateful, StreamElement, Zone,
};
use expr::render::render_cell;
use state::{KeyBatch, KeyedStateContext, decode_keys};

use kept_changes::{Change, KeptChanges, Row};
pub(super) use timestamp_assigner::WatermarkTimestampAssigner;

/// Rows of a batch at most.
const MAX_ROWS: usize = 8_192;

/// The operator.
pub(super) struct WatermarkCompactingSinkMaterializer {
    schema: SchemaRef,
    keys: KeyBatch,
    key_type: RowType,
    key_names: Vec<String>,
    codec: RowCodec,
    /// Columns of the upsert key.
    identity: Option<Vec<usize>>,
    behavior: ConflictBehavior,
    changes: KeptChanges,
}

/// Rows that go on, encoded.
#[derive(Default)]
struct Emitted {
    kinds: Vec<i8>,
    rows: Vec<Vec<u8>>,
}

impl Emitted {
    fn push(&mut self, kind: RowKind, row: &Row) {
        self.kinds.push(kind as i8);
        self.rows.push(row.bytes.clone());
    }
}

impl WatermarkCompactingSinkMaterializer {
    /// An operator for this spec. `state` is opened here.
    pub(super) fn new(
        spec: &WatermarkCompactingSinkMaterializerSpec,
        state: KeyedStateContext,
    ) -> Result<Self, Failure> {
        let rows = &spec.output;
        let keys = KeyBatch::new(rows, &spec.primary_key).map_err(|error| Failure::user(error.to_string()).fatal())?;
        Ok(Self {
            codec: RowCodec::new(rows.arrow_schema())?,
            schema: rows.arrow_schema(),
            changes: KeptChanges::open(&keys, state)?,
            keys,
            key_type: rows.project(&spec.primary_key),
            key_names: spec.primary_key_names.clone(),
            identity: spec.upsert_key.clone(),
            behavior: spec.behavior,
        })
    }

    fn keep(&mut self, batch: &Batch) -> Result<(), Failure> {
        self.keys.encode(batch);
        self.changes.load(&self.keys)?;
        let (times, columns) = batch.columns().split_last().ok_or_else(no_watermark)?;
        let times = times.as_primitive_opt::<Int64Type>().ok_or_else(no_watermark)?;
        let writer = self.codec.writer(columns);
        let identities = self.identity.as_ref().map(|identity| {
            let columns: Vec<ArrayRef> = identity.iter().map(|&column| columns[column].clone()).collect();
            self.codec.writer(&columns)
        });
        for row in 0..batch.num_rows() {
            let mut kept = Row::default();
            writer.write(row, &mut kept.bytes);
            if let Some(identities) = &identities {
                identities.write(row, &mut kept.identity);
            }
            let is_retraction = batch.kind(row).is_retraction();
            self.changes.add(&self.keys, row, Change { time: times.value(row), is_retraction, row: kept });
        }
        Ok(())
    }

    /// What becomes of the keys whose changes the watermark has passed.
    fn compact(&mut self, watermark: i64) -> Result<Emitted, Failure> {
        let mut emitted = Emitted::default();
        for slot in self.changes.due(watermark) {
            let mut left = self.changes.compact(slot, watermark, self.identity.is_some());
            let current = self.changes.current(slot);
            match (left.len(), current) {
                (0, None) => {}
                (0, Some(current)) => {
                    emitted.push(RowKind::Delete, current);
                    self.changes.set_current(slot, None);
                }
                (1, Some(current)) if current.bytes == left[0].bytes => {}
                (1, current) => {
                    let kind = if current.is_some() { RowKind::UpdateAfter } else { RowKind::Insert };
                    emitted.push(kind, &left[0]);
                    self.changes.set_current(slot, left.pop());
                }
                (_, _) if self.behavior == ConflictBehavior::Error => return Err(self.conflict(slot)),
                (_, Some(_)) => {}
                (_, None) => {
                    emitted.push(RowKind::Insert, &left[0]);
                    self.changes.set_current(slot, Some(left.swap_remove(0)));
                }
            }
            self.changes.free_if_empty(slot);
        }
        Ok(emitted)
    }

    fn conflict(&self, slot: u32) -> Failure {
        let values = decode_keys(&self.key_type, &[self.changes.key(slot)]);
        let mut shown = Vec::new();
        for ((name, value), field) in self.key_names.iter().zip(&values).zip(&self.key_type.fields) {
            let mut cell = String::new();
            match value.is_null(0) {
                true => cell.push_str("null"),
                false => render_cell(value.as_ref(), 0, &field.ty, Zone::UTC, &mut cell),
            }
            shown.push(format!("{name}={cell}"));
        }
        Failure::user(format!(
            "Primary key constraint violation: multiple distinct records with the same primary key detected. Conflicting key: [{}]. Use ON CONFLICT DO NOTHING to keep the first record.",
            shown.join(", ")
        ))
    }

    fn emit(&self, emitted: &Emitted, out: &mut dyn Output) -> Result<(), Failure> {
        for (kinds, rows) in emitted.kinds.chunks(MAX_ROWS).zip(emitted.rows.chunks(MAX_ROWS)) {
            let columns = self.codec.read(rows.iter().map(Vec::as_slice))?.columns().to_vec();
            let plain = Batch::from_columns(self.schema.clone(), columns, None, rows.len())?;
            let kinds = Int8Array::from(kinds.to_vec());
            out.emit(StreamElement::Batch(Batch::changes(plain.rows().clone(), kinds)))?;
        }
        Ok(())
    }
}

fn no_watermark() -> Failure {
    Failure::internal("rows come without the watermark at which they went on").fatal()
}

impl Operator for WatermarkCompactingSinkMaterializer {
    fn process(&mut self, _input: usize, batch: Batch, _out: &mut dyn Output) -> Result<(), Failure> {
        self.keep(&batch)?;
        self.changes.evict()
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut dyn Output) -> Result<(), Failure> {
        let emitted = self.compact(watermark)?;
        self.emit(&emitted, out)?;
        self.changes.evict()?;
        out.emit(StreamElement::Watermark(watermark))
    }

    fn stateful(&mut self) -> Option<&mut dyn Stateful> {
        Some(self)
    }
}

impl Stateful for WatermarkCompactingSinkMaterializer {
    fn snapshot(&mut self, barrier: &CheckpointBarrier) -> Result<OperatorSnapshot, Failure> {
        Ok(OperatorSnapshot { items: Vec::new(), keyed: Some(self.changes.snapshot(barrier)?) })
    }

    fn checkpoint_completed(&mut self, checkpoint_id: u64, _waker: &Waker) -> Result<Progress, Failure> {
        self.changes.state.checkpoint_completed(checkpoint_id);
        Ok(Progress::Done)
    }

    fn checkpoint_aborted(&mut self, checkpoint_id: u64) {
        self.changes.state.checkpoint_aborted(checkpoint_id);
    }
}
