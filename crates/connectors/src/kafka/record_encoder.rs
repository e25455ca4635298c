//! Rows to records: the key, if there is one, the value as text, and what metadata columns say of the record.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, MapArray, TimestampMillisecondArray};
use dataflow::operator_spec::SinkSpec;
use dataflow::{Batch, Failure, RowKind};

use super::options::{KafkaTable, RecordPart};
use crate::formats::Encoder;

/// Name and value of a header.
pub(super) type Header = (String, Vec<u8>);

/// A record that is to be written; without a value it deletes what its key names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) key: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    /// Ms since the epoch; none: now.
    pub(super) timestamp: Option<i64>,
    pub(super) headers: &'a [Header],
}

/// A record that waits.
#[derive(Debug)]
pub(super) struct WaitingRecord {
    key: Option<String>,
    value: Option<String>,
    timestamp: Option<i64>,
    headers: Vec<Header>,
}

/// The encoder of a sink.
pub(super) struct RecordEncoder {
    key: Option<Encoder>,
    value: Encoder,
    /// The columns with the timestamp and with the headers of records.
    timestamp: Option<usize>,
    headers: Option<usize>,
    /// Rows that delete become records without a value, and what updates take back is left out: the key says what is meant.
    upserts: bool,
}

impl Record<'_> {
    /// Bytes of it, about.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        self.value.map_or(0, str::len) + self.key.map_or(0, str::len) + headers.sum::<usize>()
    }

    pub(super) fn to_waiting(self) -> WaitingRecord {
        WaitingRecord {
            key: self.key.map(str::to_owned),
            value: self.value.map(str::to_owned),
            timestamp: self.timestamp,
            headers: self.headers.to_vec(),
        }
    }
}

impl WaitingRecord {
    pub(super) fn record(&self) -> Record<'_> {
        Record {
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            timestamp: self.timestamp,
            headers: &self.headers,
        }
    }
}

impl RecordEncoder {
    pub(super) fn new(table: &KafkaTable, spec: &SinkSpec) -> Self {
        let encoder = |part: &RecordPart| {
            let names: Vec<String> = part.fields.fields.iter().map(|field| field.name.clone()).collect();
            part.format.encoder(&spec.input, &part.columns, &names)
        };
        let metadata = |key: &str| {
            let position = spec.metadata.iter().position(|known| known == key);
            position.map(|position| spec.connector.physical.len() + position)
        };
        Self {
            key: table.key.as_ref().map(encoder),
            value: encoder(&table.value),
            timestamp: metadata("timestamp"),
            headers: metadata("headers"),
            upserts: table.upserts,
        }
    }

    /// Passes the record of each row on.
    pub(super) fn encode(
        &self,
        batch: &Batch,
        mut each: impl FnMut(Record<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut keys = self.key.as_ref().map(|encoder| encoder.rows(batch));
        let mut values = self.value.rows(batch);
        let timestamps: Option<&TimestampMillisecondArray> =
            self.timestamp.map(|column| batch.column(column).as_primitive::<TimestampMillisecondType>());
        let maps = self.headers.map(|column| batch.column(column).as_map());
        let (mut key, mut value, mut headers) = (String::new(), String::new(), Vec::new());
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
            if let Some(maps) = maps {
                headers.clear();
                read_headers(maps, row, &mut headers);
            }
            each(Record {
                key: keys.is_some().then_some(key.as_str()),
                value: (!deleted).then_some(value.as_str()),
                timestamp: timestamps.filter(|times| times.is_valid(row)).map(|times| times.value(row)),
                headers: &headers,
            })?;
        }
        Ok(())
    }
}

/// Entries without a value make no header, as in Flink.
fn read_headers(maps: &MapArray, row: usize, headers: &mut Vec<Header>) {
    if maps.is_null(row) {
        return;
    }
    let (names, values) = (maps.keys().as_string::<i32>(), maps.values().as_binary::<i32>());
    let entries = maps.value_offsets()[row] as usize..maps.value_offsets()[row + 1] as usize;
    for entry in entries.filter(|&entry| names.is_valid(entry) && values.is_valid(entry)) {
        headers.push((names.value(entry).to_owned(), values.value(entry).to_vec()));
    }
}
