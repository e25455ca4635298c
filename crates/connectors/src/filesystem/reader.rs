//! Reads files one after the other, in pieces of half a megabyte, straight into the decoder.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::task::Waker;

use arrow_schema::SchemaRef;
use dataflow::operator_spec::{ReadColumn, SourceSpec};
use dataflow::{Batch, Failure, SourcePoll, SourceReader, Split};

use super::constant::Constant;
use super::enumerator::FileSplit;
use super::options::FileTable;
use crate::formats::{Decoder, FilePlace};

/// Bytes read at a time.
const PIECE: usize = 512 << 10;
/// Rows of a batch when a whole table is read.
const BATCH_ROWS: usize = 8_192;
/// A record that is longer is not read: it is most likely a quote that is never closed.
const LONGEST_RECORD: usize = 256 << 20;
/// Bytes decoded into one batch at most, so that long records do not make huge batches.
const BATCH_BYTES: usize = 16 << 20;
/// UTF-8's byte order mark, with which some programs begin their files.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Endings of compressed files, which Flink would decompress.
const COMPRESSED: [&str; 8] = ["gz", "gzip", "bz2", "xz", "deflate", "zst", "zstd", "lz4"];

/// Where a column of the batch comes from.
enum ColumnSource {
    /// The decoder, in the order of its projection.
    Record,
    /// The path: index of a field of the table.
    Partition(usize),
    Metadata(String),
}

/// Reads these splits to their end.
pub(super) fn read_all(mut reader: FileReader, splits: Vec<Split>) -> Result<Vec<Batch>, Failure> {
    reader.add_splits(splits)?;
    reader.no_more_splits();
    let mut batches = Vec::new();
    loop {
        match reader.poll(BATCH_ROWS, Waker::noop())? {
            SourcePoll::Batch { batch, .. } => batches.push(batch),
            SourcePoll::SplitFinished(_) => {}
            SourcePoll::EndOfInput => return Ok(batches),
            SourcePoll::Pending => return Err(Failure::internal("a reader of files waits though it has all of them")),
        }
    }
}

pub(super) struct FileReader {
    table: FileTable,
    spec: SourceSpec,
    schema: SchemaRef,
    columns: Vec<ColumnSource>,
    decoder: Decoder,
    waiting: VecDeque<FileSplit>,
    current: Option<OpenFile>,
    no_more_splits: bool,
    waker: Option<Waker>,
}

/// A file that is being read.
struct OpenFile {
    id: Arc<str>,
    /// As it was given to this reader.
    split: FileSplit,
    file: File,
    /// Behind the last record that was returned, whenever nobody is decoding.
    place: FilePlace,
    constants: Vec<Option<Constant>>,
    buffer: Vec<u8>,
    /// The bytes of the buffer that are not decoded yet.
    start: usize,
    end: usize,
    /// The whole file is in the buffer.
    at_end: bool,
}

impl FileReader {
    pub(super) fn new(table: FileTable, spec: &SourceSpec) -> Self {
        let mut projection = Vec::new();
        let mut columns = Vec::new();
        for column in &spec.read {
            columns.push(match column {
                ReadColumn::Metadata { key, .. } => ColumnSource::Metadata(key.clone()),
                ReadColumn::Physical(index) => match table.record_columns.iter().position(|of| of == index) {
                    Some(position) => {
                        projection.push(position);
                        ColumnSource::Record
                    }
                    None => ColumnSource::Partition(*index),
                },
            });
        }
        Self {
            decoder: table.format.decoder(&table.record, &projection),
            schema: spec.read_type().arrow_schema(),
            spec: spec.clone(),
            table,
            columns,
            waiting: VecDeque::new(),
            current: None,
            no_more_splits: false,
            waker: None,
        }
    }

    fn open(&self, split: FileSplit) -> Result<OpenFile, Failure> {
        let path = split.path.display().to_string();
        let ending = split.path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.is_some_and(|ending| COMPRESSED.contains(&ending.as_str())) {
            return Err(
                Failure::user(format!("{path} is compressed, which is not supported yet; decompress it")).fatal()
            );
        }
        let failed = |error: std::io::Error| Failure::external(format!("cannot read {path}")).caused_by(error);
        let mut file = File::open(&split.path).map_err(failed)?;
        if split.offset > 0 {
            let length = file.metadata().map_err(failed)?.len();
            if length < split.offset {
                return Err(Failure::external(format!(
                    "{path} was read up to byte {}, but now it has {length} bytes only; put the file back as it was",
                    split.offset
                )));
            }
            file.seek(SeekFrom::Start(split.offset)).map_err(failed)?;
        }
        let fields = self.spec.read_type().fields;
        let constant = |(source, field): (&ColumnSource, &dataflow::Field)| match source {
            ColumnSource::Record => Ok(None),
            ColumnSource::Metadata(key) => Constant::metadata(key, field, &split).map(Some),
            ColumnSource::Partition(index) => {
                let field = &self.spec.connector.physical.fields[*index];
                Constant::partition(field, &split.path, &self.table.default_partition).map(Some)
            }
        };
        let constants = self.columns.iter().zip(&fields).map(constant).collect::<Result<_, _>>()?;
        Ok(OpenFile {
            id: format!("file:{path}").into(),
            place: FilePlace { path, line: split.line, offset: split.offset },
            split,
            file,
            constants,
            buffer: vec![0; PIECE],
            start: 0,
            end: 0,
            at_end: false,
        })
    }

    fn batch(&mut self, constants: &[Option<Constant>]) -> Result<Batch, Failure> {
        let (rows, kinds) = (self.decoder.rows(), self.decoder.kinds());
        let mut decoded = self.decoder.flush().into_iter();
        let columns = constants.iter().map(|constant| match constant {
            Some(constant) => constant.repeat(rows),
            None => Ok(decoded.next().expect("the decoder builds a column for each that is read from records")),
        });
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Batch::from_columns(self.schema.clone(), columns, kinds, rows)?)
    }
}

impl OpenFile {
    /// What is left to be read.
    fn rest(&self) -> FileSplit {
        FileSplit { offset: self.place.offset, line: self.place.line, ..self.split.clone() }
    }

    /// Decodes until `max_rows` rows are held or the file has ended: true then.
    fn decode(&mut self, decoder: &mut Decoder, max_rows: usize) -> Result<bool, Failure> {
        let mut decoded = 0;
        loop {
            let bytes = &self.buffer[self.start..self.end];
            let taken = decoder.decode_chunk(bytes, self.at_end, max_rows, &mut self.place)?;
            self.start += taken;
            decoded += taken;
            if self.at_end && self.start == self.end {
                return Ok(true);
            }
            if decoder.rows() >= max_rows || (decoded >= BATCH_BYTES && decoder.rows() > 0) {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Reads the next piece behind what is left.
    fn fill(&mut self) -> Result<(), Failure> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.buffer.len() >= LONGEST_RECORD {
                let origin = self.place.origin();
                return Err(Failure::user(format!(
                    "the record at {origin} is longer than {} MB; is a quote not closed?",
                    LONGEST_RECORD >> 20
                )));
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = loop {
            match self.file.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read =
            read.map_err(|error| Failure::external(format!("cannot read {}", self.place.path)).caused_by(error))?;
        self.at_end = read == 0;
        self.end += read;
        // As in Flink, a byte order mark before the first record is no part of it.
        if self.place.offset == 0 && self.start == 0 && self.buffer[..self.end].starts_with(BYTE_ORDER_MARK) {
            self.start = BYTE_ORDER_MARK.len();
            self.place.offset = BYTE_ORDER_MARK.len() as u64;
        }
        Ok(())
    }
}

impl SourceReader for FileReader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<(), Failure> {
        for split in splits {
            let file = serde_json::from_value(split.payload).map_err(|error| {
                Failure::internal(format!("split '{}' is not one of the filesystem source", split.id)).caused_by(error)
            })?;
            self.waiting.push_back(file);
        }
        self.waker.take().into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn no_more_splits(&mut self) {
        self.no_more_splits = true;
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    fn poll(&mut self, max_rows: usize, waker: &Waker) -> Result<SourcePoll, Failure> {
        let Some(mut file) = self.current.take() else {
            let Some(split) = self.waiting.pop_front() else {
                if self.no_more_splits {
                    return Ok(SourcePoll::EndOfInput);
                }
                self.waker = Some(waker.clone());
                return Ok(SourcePoll::Pending);
            };
            self.current = Some(self.open(split)?);
            return self.poll(max_rows, waker);
        };
        let ended = file.decode(&mut self.decoder, max_rows)?;
        if ended && self.decoder.rows() == 0 {
            return Ok(SourcePoll::SplitFinished(file.id));
        }
        let batch = self.batch(&file.constants)?;
        let split = file.id.clone();
        self.current = Some(file);
        Ok(SourcePoll::Batch { split, batch })
    }

    fn decode_errors(&self) -> u64 {
        self.decoder.decode_errors()
    }

    fn wants_split(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty() && !self.no_more_splits
    }

    fn snapshot(&self) -> Result<Vec<Split>, Failure> {
        let current = self.current.iter().map(OpenFile::rest);
        current.chain(self.waiting.iter().cloned()).map(|file| file.to_split()).collect()
    }
}
