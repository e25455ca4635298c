//! Record batches as brokers store them (format 2): records are appended to a buffer as they come, the header is written at the end.

use bytes::{BufMut, Bytes, BytesMut};
use dataflow::Failure;
use kafka_protocol::compression::{Compressor, Gzip, Lz4, Snappy};

use super::coordinator::ProducerIdentity;
use crate::kafka::record_encoder::{Header, Record};

/// Bytes before the records.
const HEADER: usize = 61;
/// Where the checksum is, and what it covers.
const CRC: usize = 17;
const CHECKED: usize = 21;
const TRANSACTIONAL: i16 = 0x10;

/// `compression.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Snappy,
    Lz4,
}

impl Compression {
    /// By its name in Kafka; none when it is not built in.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "gzip" => Self::Gzip,
            "snappy" => Self::Snappy,
            "lz4" => Self::Lz4,
            _ => return None,
        })
    }
}

/// Records of one partition.
#[derive(Debug, Default)]
pub(super) struct RecordBatch {
    records: BytesMut,
    count: i32,
    /// Of all of them, ms since the epoch.
    first_timestamp: i64,
    last_timestamp: i64,
}

impl RecordBatch {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn count(&self) -> i32 {
        self.count
    }

    /// Appends a record, which is of `now` unless it says otherwise.
    pub(super) fn push(&mut self, record: Record<'_>, now: i64) {
        let Record { key, value, headers, .. } = record;
        let timestamp = record.timestamp.unwrap_or(now);
        if self.count == 0 {
            self.first_timestamp = timestamp;
        }
        self.last_timestamp = self.last_timestamp.max(timestamp);
        let delta = timestamp - self.first_timestamp;
        let offset = i64::from(self.count);
        let key_length = key.map_or(-1, |key| key.len() as i64);
        let value_length = value.map_or(-1, |value| value.len() as i64);
        let of_header = |(name, value): &Header| varint_length(name.len() as i64) + varint_length(value.len() as i64);
        let numbers = [delta, offset, key_length, value_length, headers.len() as i64].map(varint_length);
        let lengths = numbers.iter().sum::<usize>() + headers.iter().map(of_header).sum::<usize>();
        // The attributes take a byte.
        let length = 1 + record.size() + lengths;
        self.records.reserve(length + 10);
        put_varint(&mut self.records, length as i64);
        self.records.put_i8(0);
        put_varint(&mut self.records, delta);
        put_varint(&mut self.records, offset);
        put_varint(&mut self.records, key_length);
        self.records.put_slice(key.unwrap_or_default().as_bytes());
        put_varint(&mut self.records, value_length);
        self.records.put_slice(value.unwrap_or_default().as_bytes());
        put_varint(&mut self.records, headers.len() as i64);
        for (name, value) in headers {
            put_varint(&mut self.records, name.len() as i64);
            self.records.put_slice(name.as_bytes());
            put_varint(&mut self.records, value.len() as i64);
            self.records.put_slice(value);
        }
        self.count += 1;
    }

    /// The batch as it is sent.
    pub(super) fn seal(
        &self,
        identity: ProducerIdentity,
        sequence: i32,
        compression: Compression,
    ) -> Result<Bytes, Failure> {
        let mut batch = BytesMut::with_capacity(HEADER + self.records.len());
        batch.put_i64(0); // The base offset, which is the broker's matter.
        batch.put_i32(0); // The length, set below.
        batch.put_i32(-1); // The leader's epoch.
        batch.put_i8(2); // The format.
        batch.put_u32(0); // The checksum, set below.
        batch.put_i16(TRANSACTIONAL | compression as i16);
        batch.put_i32(self.count - 1);
        batch.put_i64(self.first_timestamp);
        batch.put_i64(self.last_timestamp);
        batch.put_i64(identity.producer_id);
        batch.put_i16(identity.epoch);
        batch.put_i32(sequence);
        batch.put_i32(self.count);
        let copy = |buffer: &mut BytesMut| {
            buffer.put_slice(&self.records);
            Ok(())
        };
        let compressed = match compression {
            Compression::None => {
                batch.put_slice(&self.records);
                Ok(())
            }
            Compression::Gzip => Gzip::compress(&mut batch, copy),
            Compression::Snappy => Snappy::compress(&mut batch, copy),
            Compression::Lz4 => Lz4::compress(&mut batch, copy),
        };
        compressed.map_err(|error| Failure::internal("records cannot be compressed").caused_by(error))?;
        let length = (batch.len() - 12) as i32;
        batch[8..12].copy_from_slice(&length.to_be_bytes());
        let checksum = crc32c::crc32c(&batch[CHECKED..]);
        batch[CRC..CHECKED].copy_from_slice(&checksum.to_be_bytes());
        Ok(batch.freeze())
    }
}

/// Writes a number so that small ones, of either sign, take few bytes.
fn put_varint(buffer: &mut BytesMut, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        buffer.put_u8(rest as u8 | 0x80);
        rest >>= 7;
    }
    buffer.put_u8(rest as u8);
}

fn varint_length(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    (64 - (zigzag | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use kafka_protocol::records::RecordBatchDecoder;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn another_implementation_reads_what_is_written(
            records in prop::collection::vec((prop::option::of(".{0,20}"), ".{0,300}", -5i64..100_000), 1..60),
            headers in prop::collection::vec((".{0,9}", prop::collection::vec(any::<u8>(), 0..90)), 0..3),
            which in 0usize..4,
        ) {
            let compression = [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4][which];
            let mut batch = RecordBatch::default();
            for (key, value, after) in &records {
                let timestamp = Some(1_700_000_000_000 + after);
                batch.push(Record { key: key.as_deref(), value: Some(value), timestamp, headers: &headers }, 0);
            }
            let identity = ProducerIdentity { producer_id: 5, epoch: 3 };
            let mut bytes = batch.seal(identity, 11, compression).unwrap();
            let read = RecordBatchDecoder::decode(&mut bytes).unwrap().records;
            prop_assert_eq!(read.len(), records.len());
            for (index, (record, (key, value, after))) in read.iter().zip(&records).enumerate() {
                prop_assert_eq!(record.key.as_deref(), key.as_ref().map(|key| key.as_bytes()));
                prop_assert_eq!(record.value.as_deref(), Some(value.as_bytes()));
                prop_assert_eq!(record.timestamp, 1_700_000_000_000 + after);
                let names = headers.iter().map(|(name, _)| name).collect::<std::collections::BTreeSet<_>>();
                prop_assert_eq!(record.headers.len(), names.len());
                if let Some((name, value)) = headers.last() {
                    let name = kafka_protocol::protocol::StrBytes::from_string(name.clone());
                    prop_assert_eq!(record.headers[&name].as_deref(), Some(value.as_slice()));
                }
                prop_assert_eq!((record.producer_id, record.producer_epoch, record.transactional), (5, 3, true));
                prop_assert_eq!(record.sequence, 11 + index as i32);
            }
        }
    }
}
