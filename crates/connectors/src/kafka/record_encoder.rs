//! Rows to records: the key, if there is one, and the value as text.

use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, RowKind};

use super::options::{KafkaTable, RecordPart};
use crate::formats::Encoder;

/// The encoder of a sink.
pub(super) struct RecordEncoder {
    key: Option<Encoder>,
    value: Encoder,
    /// Rows that delete become records without a value, and what updates take back is left out: the key says what is meant.
    upserts: bool,
}

impl RecordEncoder {
    pub(super) fn new(table: &KafkaTable, spec: &SinkSpec) -> Self {
        let encoder = |part: &RecordPart| {
            let names: Vec<String> = part.fields.fields.iter().map(|field| field.name.clone()).collect();
            part.format.encoder(&spec.input, &part.columns, &names)
        };
        Self { key: table.key.as_ref().map(encoder), value: encoder(&table.value), upserts: table.upserts }
    }

    /// Passes key and value of each row on; no value: the row of this key is deleted.
    pub(super) fn encode(
        &self,
        batch: &Batch,
        mut each: impl FnMut(Option<&str>, Option<&str>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut keys = self.key.as_ref().map(|encoder| encoder.rows(batch));
        let mut values = self.value.rows(batch);
        let (mut key, mut value) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            let kind = batch.kind(row);
            if self.upserts && kind == RowKind::UpdateBefore {
                continue;
            }
            let deleted = self.upserts && kind == RowKind::Delete;
            value.clear();
            if !deleted {
                values.write(row, &mut value)?;
            }
            if let Some(keys) = &mut keys {
                key.clear();
                keys.write(row, &mut key)?;
            }
            each(keys.is_some().then_some(key.as_str()), (!deleted).then_some(value.as_str()))?;
        }
        Ok(())
    }
}
