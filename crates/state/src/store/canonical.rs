//! The canonical format of keyed state: one sorted file that every backend writes and reads. Savepoints have it, and checkpoints of `hashmap`.
//!
//! ```text
//!   file   "flkstate" | version (u32) | frame*
//!   frame  length (u32) | CRC-32C (u32) | entry*                        a key group begins with a frame of its own
//!   entry  length of key (u32) | key | length of value (u32) | value    in order of the keys
//! ```
//! All numbers are little endian. Where the frames of each key group begin is part of the handle.

use std::io::{BufReader, Read};
use std::ops::RangeInclusive;

use dataflow::Failure;
use dataflow::checkpoint::{KeyedStateHandle, StateFile};
use dataflow::snapshot::{StateFileWriter, StateReader};

use super::entry_key::{LoadBytes, PREFIX, parse};

const MAGIC: [u8; 8] = *b"flkstate";
const VERSION: u32 = 1;
const HEADER: u64 = 12;
/// A frame is written when it has this many bytes.
const FRAME: usize = 64 << 10;

/// Writes a file. Entries come in order.
pub(super) struct CanonicalWriter {
    file: Box<dyn StateFileWriter>,
    frame: Vec<u8>,
    position: u64,
    key_groups: RangeInclusive<u32>,
    offsets: Vec<u64>,
}

impl CanonicalWriter {
    /// A file of these key groups.
    pub(super) fn new(mut file: Box<dyn StateFileWriter>, key_groups: RangeInclusive<u32>) -> Result<Self, Failure> {
        file.write_all(&MAGIC).and_then(|()| file.write_all(&VERSION.to_le_bytes())).map_err(not_written)?;
        Ok(Self { file, frame: Vec::with_capacity(2 * FRAME), position: HEADER, key_groups, offsets: Vec::new() })
    }

    /// Adds an entry.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Failure> {
        self.begin_group(parse(key).key_group)?;
        for part in [key, value] {
            self.frame.extend_from_slice(&(part.len() as u32).to_le_bytes());
            self.frame.extend_from_slice(part);
        }
        if self.frame.len() >= FRAME { self.write_frame() } else { Ok(()) }
    }

    /// Notes where the key groups up to this one begin.
    fn begin_group(&mut self, group: u32) -> Result<(), Failure> {
        let index = (group - self.key_groups.start()) as usize;
        if index >= self.offsets.len() {
            self.write_frame()?;
            self.offsets.resize(index + 1, self.position);
        }
        Ok(())
    }

    fn write_frame(&mut self) -> Result<(), Failure> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let head = [(self.frame.len() as u32).to_le_bytes(), crc32c::crc32c(&self.frame).to_le_bytes()];
        self.file
            .write_all(head.as_flattened())
            .and_then(|()| self.file.write_all(&self.frame))
            .map_err(not_written)?;
        self.position += (head.as_flattened().len() + self.frame.len()) as u64;
        self.frame.clear();
        Ok(())
    }

    /// Makes the file durable.
    pub(super) fn finish(mut self) -> Result<KeyedStateHandle, Failure> {
        self.write_frame()?;
        let groups = self.key_groups.end() - self.key_groups.start() + 1;
        self.offsets.resize(groups as usize, self.position);
        Ok(KeyedStateHandle::Canonical {
            key_groups: self.key_groups,
            file: self.file.finish()?,
            offsets: self.offsets,
        })
    }
}

fn not_written(error: std::io::Error) -> Failure {
    Failure::external("a file of keyed state could not be written").caused_by(error)
}

/// The file of a handle.
pub(super) struct CanonicalFile<'a> {
    pub(super) reader: &'a dyn StateReader,
    pub(super) file: &'a StateFile,
    pub(super) key_groups: &'a RangeInclusive<u32>,
    pub(super) offsets: &'a [u64],
}

impl CanonicalFile<'_> {
    /// Calls `load` with the entries of these key groups, in order.
    pub(super) fn read(&self, wanted: &RangeInclusive<u32>, load: &mut LoadBytes<'_>) -> Result<(), Failure> {
        self.check_header()?;
        let first = *wanted.start().max(self.key_groups.start());
        let last = *wanted.end().min(self.key_groups.end());
        if first > last {
            return Ok(());
        }
        let offset = |group: u32| self.offsets.get((group - self.key_groups.start()) as usize).copied();
        let (begin, end) = (offset(first), offset(last + 1).unwrap_or(self.file.bytes));
        let length = begin.and_then(|begin| end.checked_sub(begin)).ok_or_else(|| self.damaged("its offsets"))?;
        if length == 0 {
            return Ok(());
        }
        let mut input = BufReader::with_capacity(FRAME, self.reader.read(self.file, end - length, length)?);
        let (mut left, mut frame) = (length, Vec::new());
        while left > 0 {
            self.read_frame(&mut input, &mut left, &mut frame)?;
            self.read_entries(&frame, load)?;
        }
        Ok(())
    }

    fn check_header(&self) -> Result<(), Failure> {
        let mut header = [0; HEADER as usize];
        let mut input = self.reader.read(self.file, 0, HEADER)?;
        input.read_exact(&mut header).map_err(|error| self.unreadable(error))?;
        let (magic, version) = header.split_at(MAGIC.len());
        let version = u32::from_le_bytes(*version.first_chunk().expect("a header has 12 bytes"));
        if magic != MAGIC {
            return Err(self.damaged("its first bytes"));
        }
        if version > VERSION {
            return Err(Failure::user(format!(
                "the keyed state '{}' has format {version}, which is newer than this release: it reads formats up to {VERSION}",
                self.file.location
            ))
            .fatal());
        }
        Ok(())
    }

    fn read_frame(&self, input: &mut dyn Read, left: &mut u64, frame: &mut Vec<u8>) -> Result<(), Failure> {
        let mut head = [[0; 4]; 2];
        input.read_exact(head.as_flattened_mut()).map_err(|error| self.unreadable(error))?;
        let [length, checksum] = head.map(u32::from_le_bytes);
        *left = left.checked_sub(8 + u64::from(length)).ok_or_else(|| self.damaged("the length of a frame"))?;
        frame.clear();
        let read = input.take(u64::from(length)).read_to_end(frame).map_err(|error| self.unreadable(error))?;
        if read != length as usize || crc32c::crc32c(frame) != checksum {
            return Err(self.damaged("the checksum of a frame"));
        }
        Ok(())
    }

    fn read_entries(&self, mut frame: &[u8], load: &mut LoadBytes<'_>) -> Result<(), Failure> {
        while !frame.is_empty() {
            let key = take_part(&mut frame).filter(|key| key.len() >= PREFIX);
            let (Some(key), Some(value)) = (key, take_part(&mut frame)) else {
                return Err(self.damaged("the entries of a frame"));
            };
            load(key, value)?;
        }
        Ok(())
    }

    fn unreadable(&self, error: std::io::Error) -> Failure {
        Failure::external(format!("the keyed state '{}' cannot be read", self.file.location)).caused_by(error)
    }

    fn damaged(&self, what: &str) -> Failure {
        Failure::external(format!("the keyed state '{}' is damaged: {what} cannot be right", self.file.location))
            .fatal()
    }
}

fn take_part<'a>(frame: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = frame.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *frame = rest;
    Some(part)
}
