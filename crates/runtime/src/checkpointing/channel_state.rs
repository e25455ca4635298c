//! Batches in flight as they are stored: one file a task, a section a channel.
//!
//! ```text
//!   section: "FCHS", version (u32), frames       (little endian)
//!   frame:   length of header, body and kinds (u64 each), CRC-32C of the three (u32), header, body, kinds
//! ```
//! Header, body and kinds are those of the exchange: an Arrow IPC record batch message and a byte a row for row kinds, empty when all are +I.

use std::io::{self, Read, Write};

use arrow_schema::SchemaRef;
use bytes::Bytes;
use dataflow::checkpoint::{ChannelId, ChannelStateHandle};
use dataflow::snapshot::StateScope;
use dataflow::{Batch, Failure, StateReader, StateStorage};
use proto::v1::BatchFrame;

use crate::exchange::codec::{FrameEncoder, decode};

const MAGIC: [u8; 4] = *b"FCHS";
const VERSION: u32 = 1;
/// Bytes before the frames of a section, and before the parts of a frame.
const SECTION_HEAD: u64 = 8;
const FRAME_HEAD: u64 = 28;

/// Batches that an unaligned barrier has overtaken on one channel.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    pub(crate) channel: ChannelId,
    /// Whether they had reached the consumer's side.
    pub(crate) at_consumer: bool,
    pub(crate) batches: Vec<Batch>,
}

/// Stores them in one file of the checkpoint; none when there is nothing.
pub(crate) fn store_in_flight(
    in_flight: &[InFlight],
    storage: &dyn StateStorage,
) -> Result<Vec<ChannelStateHandle>, Failure> {
    if in_flight.is_empty() {
        return Ok(Vec::new());
    }
    let mut writer = storage.create(StateScope::Exclusive)?;
    let mut encoder = FrameEncoder::default();
    let mut sections = Vec::with_capacity(in_flight.len());
    let mut end = 0;
    for InFlight { batches, .. } in in_flight {
        let start = end;
        let failed = |error: io::Error| Failure::external("cannot store rows in flight").caused_by(error);
        writer.write_all(&MAGIC).and_then(|()| writer.write_all(&VERSION.to_le_bytes())).map_err(failed)?;
        end += SECTION_HEAD;
        for batch in batches {
            let frame = encoder.encode(batch)?;
            end += write_frame(writer.as_mut(), &frame).map_err(failed)?;
        }
        sections.push((start, end - start));
    }
    let file = writer.finish()?;
    let handle = |(in_flight, (offset, length)): (&InFlight, (u64, u64))| ChannelStateHandle {
        channel: in_flight.channel,
        at_consumer: in_flight.at_consumer,
        file: file.clone(),
        offset,
        length,
    };
    Ok(in_flight.iter().zip(sections).map(handle).collect())
}

fn write_frame(writer: &mut dyn Write, frame: &BatchFrame) -> io::Result<u64> {
    let parts = [&frame.header, &frame.body, &frame.kinds];
    let mut checksum = 0;
    for part in parts {
        writer.write_all(&(part.len() as u64).to_le_bytes())?;
        checksum = crc32c::crc32c_append(checksum, part);
    }
    writer.write_all(&checksum.to_le_bytes())?;
    for part in parts {
        writer.write_all(part)?;
    }
    Ok(FRAME_HEAD + parts.iter().map(|part| part.len() as u64).sum::<u64>())
}

/// Reads the batches of one channel.
pub(crate) fn read_in_flight(
    handle: &ChannelStateHandle,
    schema: &SchemaRef,
    reader: &dyn StateReader,
) -> Result<Vec<Batch>, Failure> {
    let mut input = reader.read(&handle.file, handle.offset, handle.length)?;
    let damaged = |problem: &str| {
        let location = &handle.file.location;
        Failure::external(format!("rows in flight cannot be restored: {location} is damaged: {problem}")).fatal()
    };
    let mut head = [0; SECTION_HEAD as usize];
    input.read_exact(&mut head).map_err(|error| damaged(&error.to_string()))?;
    if head[..4] != MAGIC {
        return Err(damaged("there are no rows in flight where they should be"));
    }
    let version = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    if version != VERSION {
        return Err(damaged(&format!("its version is {version}, this release reads version {VERSION}")));
    }
    let mut left = handle.length.saturating_sub(SECTION_HEAD);
    let mut batches = Vec::new();
    while left > 0 {
        let (frame, length) = read_frame(input.as_mut(), left).map_err(|error| damaged(&error.to_string()))?;
        left -= length;
        batches.push(decode(frame, schema).map_err(|error| damaged(&error.to_string()))?);
    }
    Ok(batches)
}

/// The next frame, of which at most `limit` bytes are there, and its length.
fn read_frame(input: &mut dyn Read, limit: u64) -> io::Result<(BatchFrame, u64)> {
    let mut number = [0; 8];
    let mut lengths = [0u64; 3];
    for length in &mut lengths {
        input.read_exact(&mut number)?;
        *length = u64::from_le_bytes(number);
    }
    let mut expected = [0; 4];
    input.read_exact(&mut expected)?;
    let length = lengths.iter().try_fold(FRAME_HEAD, |sum, part| sum.checked_add(*part));
    let length = length.filter(|length| *length <= limit);
    let length = length.ok_or_else(|| io::Error::other("a batch is longer than what is left"))?;
    let mut checksum = 0;
    let mut part = |length: u64| -> io::Result<Bytes> {
        let mut bytes = vec![0; length as usize];
        input.read_exact(&mut bytes)?;
        checksum = crc32c::crc32c_append(checksum, &bytes);
        Ok(Bytes::from(bytes))
    };
    let frame = BatchFrame { header: part(lengths[0])?, body: part(lengths[1])?, kinds: part(lengths[2])? };
    if checksum != u32::from_le_bytes(expected) {
        return Err(io::Error::other("the checksum of a batch is wrong"));
    }
    Ok((frame, length))
}

#[cfg(test)]
mod tests {
    use arrow_array::Int8Array;
    use dataflow::VertexId;
    use dataflow::checkpoint::StateFile;

    use super::*;
    use crate::testing::{MemoryStorage, number_type, numbers, values};

    fn channel(source_subtask: u32) -> ChannelId {
        ChannelId { source: VertexId(1), source_subtask, output: 0, target: VertexId(2), target_subtask: 0 }
    }

    fn stored(storage: &MemoryStorage) -> Vec<ChannelStateHandle> {
        let changes = Batch::changes(numbers(5..7).rows().clone(), Int8Array::from(vec![1, 2]));
        let in_flight = [
            InFlight { channel: channel(0), at_consumer: true, batches: vec![numbers(0..3), changes] },
            InFlight { channel: channel(1), at_consumer: false, batches: vec![numbers(9..10)] },
        ];
        store_in_flight(&in_flight, storage).unwrap()
    }

    #[test]
    fn what_is_stored_is_read() {
        let storage = MemoryStorage::default();
        let handles = stored(&storage);
        assert_eq!(handles[0].file, handles[1].file);
        assert!(handles[0].at_consumer && !handles[1].at_consumer && handles[1].channel == channel(1));
        let schema = number_type().arrow_schema();
        let first = read_in_flight(&handles[0], &schema, &storage).unwrap();
        assert_eq!(first.iter().map(values).collect::<Vec<_>>(), [vec![0, 1, 2], vec![5, 6]]);
        assert!(first[0].kinds().is_none());
        assert_eq!(first[1].kinds().unwrap().values(), &[1, 2]);
        let second = read_in_flight(&handles[1], &schema, &storage).unwrap();
        assert_eq!(second.iter().map(values).collect::<Vec<_>>(), [[9]]);
        assert!(store_in_flight(&[], &storage).unwrap().is_empty());
    }

    /// Every byte counts: whichever is changed, the damage is found.
    #[test]
    fn damage_is_an_error_that_names_the_file() {
        let storage = MemoryStorage::default();
        let handle = stored(&storage).remove(1);
        let schema = number_type().arrow_schema();
        let mut whole = Vec::new();
        storage.read(&handle.file, handle.offset, handle.length).unwrap().read_to_end(&mut whole).unwrap();
        for position in 0..whole.len() {
            let mut copy = whole.clone();
            copy[position] ^= 0x10;
            let mut writer = storage.create(StateScope::Exclusive).unwrap();
            writer.write_all(&copy).unwrap();
            let file: StateFile = writer.finish().unwrap();
            let damaged = ChannelStateHandle { file, offset: 0, ..handle.clone() };
            let failure = read_in_flight(&damaged, &schema, &storage).unwrap_err();
            assert!(failure.message.contains(&damaged.file.location), "byte {position}: {failure:?}");
        }
    }
}
