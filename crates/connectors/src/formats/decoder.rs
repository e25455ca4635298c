//! A decoder of any format; an enum, so that no record costs a virtual call.

use arrow_array::{ArrayRef, Int8Array};
use dataflow::Failure;

use super::cdc::CdcDecoder;
use super::csv::CsvDecoder;
use super::json::JsonDecoder;
use super::origin::{FilePlace, Origin};
use super::raw::RawDecoder;

/// Turns records into columns.
#[derive(Debug)]
pub enum Decoder {
    /// The `csv` format.
    Csv(CsvDecoder),
    /// The `json` format.
    Json(JsonDecoder),
    /// A format of changes.
    Cdc(Box<CdcDecoder>),
    /// The `raw` format.
    Raw(RawDecoder),
}

impl Decoder {
    /// Decodes a message. It may make no row, one, or several.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        match self {
            Decoder::Csv(decoder) => decoder.decode_message(record, origin),
            Decoder::Json(decoder) => decoder.decode_message(record, origin),
            Decoder::Cdc(decoder) => decoder.decode_message(record, origin),
            Decoder::Raw(decoder) => decoder.decode_message(record, origin),
        }
    }

    /// Decodes the complete records at the start of a part of a file until `max_rows` rows are held, and moves `place` on. With `last`,
    /// nothing follows `bytes`. Returns how many bytes were taken; fewer than all means that the rows are full or a record is incomplete.
    pub fn decode_chunk(
        &mut self,
        bytes: &[u8],
        last: bool,
        max_rows: usize,
        place: &mut FilePlace,
    ) -> Result<usize, Failure> {
        match self {
            Decoder::Csv(decoder) => decoder.decode_chunk(bytes, last, max_rows, place),
            Decoder::Json(_) | Decoder::Cdc(_) | Decoder::Raw(_) => self.decode_lines(bytes, last, max_rows, place),
        }
    }

    /// The same where each line is a record.
    fn decode_lines(
        &mut self,
        bytes: &[u8],
        last: bool,
        max_rows: usize,
        place: &mut FilePlace,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() && self.rows() < max_rows {
            let rest = &bytes[at..];
            let (end, taken) = match memchr::memchr(b'\n', rest) {
                Some(end) => (end, end + 1),
                None if last => (rest.len(), rest.len()),
                None => break,
            };
            let line = &rest[..end];
            let line = if taken > end { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            self.decode_message(line, place.origin())?;
            place.advance(taken, u64::from(taken > end));
            at += taken;
        }
        Ok(at)
    }

    /// Rows decoded since the last [`flush`](Self::flush).
    pub fn rows(&self) -> usize {
        match self {
            Decoder::Csv(decoder) => decoder.rows(),
            Decoder::Json(decoder) => decoder.rows(),
            Decoder::Cdc(decoder) => decoder.rows(),
            Decoder::Raw(decoder) => decoder.rows(),
        }
    }

    /// The kinds of these rows; none when all are inserts.
    pub fn kinds(&self) -> Option<Int8Array> {
        match self {
            Decoder::Cdc(decoder) => Some(decoder.kinds()),
            Decoder::Csv(_) | Decoder::Json(_) | Decoder::Raw(_) => None,
        }
    }

    /// The columns decoded so far, in the order of the projection. Their length is that of [`rows`](Self::rows) before the call.
    pub fn flush(&mut self) -> Vec<ArrayRef> {
        match self {
            Decoder::Csv(decoder) => decoder.flush(),
            Decoder::Json(decoder) => decoder.flush(),
            Decoder::Cdc(decoder) => decoder.flush(),
            Decoder::Raw(decoder) => decoder.flush(),
        }
    }

    /// Records that were skipped or had fields made NULL because they could not be read.
    pub fn decode_errors(&self) -> u64 {
        match self {
            Decoder::Csv(decoder) => decoder.decode_errors(),
            Decoder::Json(decoder) => decoder.decode_errors(),
            Decoder::Cdc(decoder) => decoder.decode_errors(),
            Decoder::Raw(_) => 0,
        }
    }
}
