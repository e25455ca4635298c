//! The formats against inputs and answers recorded on Flink, and against each other: what is written is read back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod csv;
mod json;
mod round_trip;

use std::collections::BTreeMap;

use connectors::TableOptions;
use connectors::formats::{FilePlace, Format};
use dataflow::operator_spec::ConnectorSpec;
use dataflow::{Batch, Failure, Field, RowType, TypeKind};

/// A row type of `name TYPE` pairs.
pub fn row(fields: &[(&str, TypeKind)]) -> RowType {
    RowType::new(fields.iter().map(|(name, kind)| Field::new(*name, kind.clone().nullable())).collect())
}

/// The format of that name with these options.
pub fn format(name: &str, options: &[(&str, &str)]) -> Format {
    let options: BTreeMap<String, String> =
        options.iter().map(|(key, value)| (format!("{name}.{key}"), (*value).to_owned())).collect();
    let spec = ConnectorSpec {
        table: "t".into(),
        connector: "filesystem".into(),
        options,
        physical: RowType::default(),
        partition_keys: vec![],
        primary_key: Vec::new(),
    };
    Format::read(&TableOptions::new(&spec), "format", name).expect("the options of the test are valid")
}

/// Decodes a file in pieces of `piece` bytes.
pub fn decode_pieces(
    format: &Format,
    row: &RowType,
    columns: &[usize],
    text: &[u8],
    piece: usize,
) -> Result<(Batch, u64), Failure> {
    let mut decoder = format.decoder(row, columns);
    let mut place = FilePlace::start_of("/data/file");
    let (mut start, mut end) = (0, 0);
    loop {
        let last = end == text.len();
        start += decoder.decode_chunk(&text[start..end], last, usize::MAX, &mut place)?;
        if last && start == end {
            break;
        }
        end = (end + piece).min(text.len());
    }
    let lines = text.iter().filter(|&&byte| byte == b'\n').count() as u64;
    assert_eq!((place.offset, place.line), (text.len() as u64, lines + 1), "the decoder counts bytes and lines");
    let rows = decoder.rows();
    let batch = Batch::from_columns(row.project(columns).arrow_schema(), decoder.flush(), None, rows)?;
    Ok((batch, decoder.decode_errors()))
}

/// Decodes all columns of a file.
pub fn decode(format: &Format, row: &RowType, text: &str) -> Result<Batch, Failure> {
    let all: Vec<usize> = (0..row.len()).collect();
    let (batch, _) = decode_pieces(format, row, &all, text.as_bytes(), usize::MAX / 2)?;
    Ok(batch)
}

/// Encodes a batch, a record each.
pub fn encode(format: &Format, row: &RowType, batch: &Batch) -> Vec<String> {
    let all: Vec<usize> = (0..row.len()).collect();
    let names: Vec<String> = row.fields.iter().map(|field| field.name.clone()).collect();
    let encoder = format.encoder(row, &all, &names);
    let mut rows = encoder.rows(batch);
    (0..batch.num_rows())
        .map(|index| {
            let mut out = String::new();
            rows.write(index, &mut out).expect("the rows of the test can be written");
            out
        })
        .collect()
}

/// Asserts that a file is decoded to these rows, shown as JSON.
#[track_caller]
pub fn assert_rows(format: &Format, row: &RowType, text: &str, expected: &[&str]) {
    let batch = decode(format, row, text).expect("the file can be read");
    assert_eq!(encode(&self::format("json", &[]), row, &batch), expected);
}

/// The message of the failure to decode a file.
#[track_caller]
pub fn failure(format: &Format, row: &RowType, text: &str) -> String {
    decode(format, row, text).expect_err("the file cannot be read").message
}
