//! Which column of the batch comes from where: the value, the key or the metadata of a record.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, Int8Array, Int32Array, Int64Array, StringArray, TimestampMillisecondArray, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::take::take;
use dataflow::operator_spec::{ReadColumn, SourceSpec};
use dataflow::{Batch, Failure, Field, RowKind};

use super::options::KafkaTable;
use super::record_queue::Chunk;
use crate::formats::{Decoder, Origin};
use crate::metadata::as_declared;

/// Where a column comes from.
#[derive(Debug)]
enum ColumnSource {
    /// Column of the value decoder.
    Value(usize),
    /// Column of the key decoder.
    Key(usize),
    Metadata {
        key: String,
        field: Field,
    },
}

/// Decodes records into batches.
#[derive(Debug)]
pub(super) struct RecordDecoder {
    columns: Vec<ColumnSource>,
    schema: SchemaRef,
    key: Option<Decoder>,
    value: Decoder,
    /// Whether a record without a value deletes the row of its key; else it is left out.
    upserts: bool,
    /// For each row, the record that it was decoded from.
    row_entries: Vec<u32>,
    /// For each row, the row of the key decoder.
    row_keys: Vec<u32>,
    /// For each row, the row of the value decoder; none: a deletion.
    row_values: Vec<Option<u32>>,
}

impl RecordDecoder {
    pub(super) fn new(table: &KafkaTable, spec: &SourceSpec) -> Self {
        let (mut key_projection, mut value_projection) = (Vec::new(), Vec::new());
        let key_columns = table.key.as_ref().map_or(&[][..], |key| &key.columns);
        let mut columns = Vec::new();
        for column in &spec.read {
            columns.push(match column {
                ReadColumn::Metadata { key, field } => {
                    ColumnSource::Metadata { key: key.clone(), field: field.clone() }
                }
                ReadColumn::Physical(index) => {
                    let in_key = key_columns.iter().position(|of| of == index);
                    match table.value.columns.iter().position(|of| of == index) {
                        // A column that both hold is taken from the value, unless there may be none.
                        Some(position) if !table.upserts || in_key.is_none() => {
                            value_projection.push(position);
                            ColumnSource::Value(value_projection.len() - 1)
                        }
                        _ => {
                            key_projection.push(in_key.expect("a column that is not in the value is in the key"));
                            ColumnSource::Key(key_projection.len() - 1)
                        }
                    }
                }
            });
        }
        Self {
            columns,
            schema: spec.read_type().arrow_schema(),
            key: table.key.as_ref().map(|key| key.format.decoder(&key.fields, &key_projection)),
            value: table.value.format.decoder(&table.value.fields, &value_projection),
            upserts: table.upserts,
            row_entries: Vec::new(),
            row_keys: Vec::new(),
            row_values: Vec::new(),
        }
    }

    /// Whether keys must be fetched.
    pub(super) fn wants_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether headers must be fetched.
    pub(super) fn wants_headers(&self) -> bool {
        self.columns.iter().any(|column| matches!(column, ColumnSource::Metadata { key, .. } if key == "headers"))
    }

    pub(super) fn decode_errors(&self) -> u64 {
        self.value.decode_errors() + self.key.as_ref().map_or(0, Decoder::decode_errors)
    }

    /// Decodes records from `start` on until there are `max_rows` rows. Returns the batch, if there are rows, and where to go on.
    pub(super) fn decode(
        &mut self,
        topic: &str,
        partition: i32,
        chunk: &Chunk,
        start: usize,
        max_rows: usize,
    ) -> Result<(Option<Batch>, usize), Failure> {
        self.row_entries.clear();
        self.row_keys.clear();
        self.row_values.clear();
        let mut next = start;
        while next < chunk.entries.len() && self.row_entries.len() < max_rows {
            self.decode_record(topic, partition, chunk, next)?;
            next += 1;
        }
        let rows = self.row_entries.len();
        let told = self.value.kinds();
        let values = self.value.flush();
        let keys = self.key.as_mut().map(Decoder::flush).unwrap_or_default();
        if rows == 0 {
            return Ok((None, next));
        }
        let key_rows = UInt32Array::from(self.row_keys.clone());
        let value_rows = UInt32Array::from(self.row_values.clone());
        let column = |source: &ColumnSource| match source {
            ColumnSource::Value(index) if !self.upserts => Ok(values[*index].clone()),
            ColumnSource::Value(index) => Ok(take(&values[*index], &value_rows, None)?),
            ColumnSource::Key(index) => Ok(take(&keys[*index], &key_rows, None)?),
            ColumnSource::Metadata { key, field } => {
                as_declared(self.metadata(key, topic, partition, chunk)?, key, field)
            }
        };
        let columns = self.columns.iter().map(column).collect::<Result<_, Failure>>()?;
        let kind = |value: &Option<u32>| if value.is_some() { RowKind::UpdateAfter } else { RowKind::Delete } as i8;
        let kinds = match self.upserts {
            true => Some(Int8Array::from_iter_values(self.row_values.iter().map(kind))),
            false => told,
        };
        Ok((Some(Batch::from_columns(self.schema.clone(), columns, kinds, rows)?), next))
    }

    fn decode_record(&mut self, topic: &str, partition: i32, chunk: &Chunk, index: usize) -> Result<(), Failure> {
        let entry = &chunk.entries[index];
        let origin = |part| Origin::Message { topic, partition, offset: entry.offset, part };
        // A record without a value is a deletion, which an append-only source skips, as Flink does.
        if entry.value.is_none() && !self.upserts {
            return Ok(());
        }
        let mut key_row = 0;
        if let Some(decoder) = &mut self.key {
            // So is one whose key is missing or makes no row.
            let Some(key) = &entry.key else { return Ok(()) };
            key_row = decoder.rows();
            decoder.decode_message(&chunk.data[key.clone()], origin("key"))?;
            if decoder.rows() == key_row {
                return Ok(());
            }
        }
        let Some(value) = &entry.value else {
            self.push_row(index, key_row, None);
            return Ok(());
        };
        let before = self.value.rows();
        self.value.decode_message(&chunk.data[value.clone()], origin("value"))?;
        (before..self.value.rows()).for_each(|row| self.push_row(index, key_row, Some(row as u32)));
        Ok(())
    }

    fn push_row(&mut self, entry: usize, key: usize, value: Option<u32>) {
        self.row_entries.push(entry as u32);
        self.row_keys.push(key as u32);
        self.row_values.push(value);
    }

    fn metadata(&self, key: &str, topic: &str, partition: i32, chunk: &Chunk) -> Result<ArrayRef, Failure> {
        let rows = self.row_entries.len();
        let entries = self.row_entries.iter().map(|&entry| &chunk.entries[entry as usize]);
        Ok(match key {
            "topic" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(topic, rows))),
            "partition" => Arc::new(Int32Array::from(vec![partition; rows])),
            "offset" => Arc::new(Int64Array::from_iter_values(entries.map(|entry| entry.offset))),
            "timestamp" => Arc::new(TimestampMillisecondArray::from_iter_values(entries.map(|entry| entry.timestamp))),
            "timestamp-type" => Arc::new(StringArray::from_iter_values(entries.map(|entry| entry.timestamp_type))),
            "headers" => {
                let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
                let mut maps = MapBuilder::new(Some(names), StringBuilder::new(), BinaryBuilder::new());
                for entry in entries {
                    for (name, value) in &chunk.headers[entry.headers.clone()] {
                        maps.keys().append_value(name);
                        maps.values().append_option(value.as_deref());
                    }
                    maps.append(true)?;
                }
                Arc::new(maps.finish())
            }
            _ => return Err(Failure::internal(format!("the Kafka source has no metadata '{key}'"))),
        })
    }
}
