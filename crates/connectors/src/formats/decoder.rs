//! A decoder of any format; an enum, so that no record costs a virtual call.

use arrow_array::ArrayRef;
use dataflow::Failure;

use super::csv::CsvDecoder;
use super::json::JsonDecoder;
use super::origin::{FilePlace, Origin};

/// Turns records into columns.
#[derive(Debug)]
pub enum Decoder {
    /// The `csv` format.
    Csv(CsvDecoder),
    /// The `json` format.
    Json(JsonDecoder),
}

impl Decoder {
    /// Decodes a message. It may make no row, one, or several.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        match self {
            Decoder::Csv(decoder) => decoder.decode_message(record, origin),
            Decoder::Json(decoder) => decoder.decode_message(record, origin),
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
            Decoder::Json(decoder) => decoder.decode_chunk(bytes, last, max_rows, place),
        }
    }

    /// Rows decoded since the last [`flush`](Self::flush).
    pub fn rows(&self) -> usize {
        match self {
            Decoder::Csv(decoder) => decoder.rows(),
            Decoder::Json(decoder) => decoder.rows(),
        }
    }

    /// The columns decoded so far, in the order of the projection. Their length is that of [`rows`](Self::rows) before the call.
    pub fn flush(&mut self) -> Vec<ArrayRef> {
        match self {
            Decoder::Csv(decoder) => decoder.flush(),
            Decoder::Json(decoder) => decoder.flush(),
        }
    }

    /// Records that were skipped or had fields made NULL because they could not be read.
    pub fn decode_errors(&self) -> u64 {
        match self {
            Decoder::Csv(decoder) => decoder.decode_errors(),
            Decoder::Json(decoder) => decoder.decode_errors(),
        }
    }
}
