//! Finds the format that a table names and makes its decoders and encoders.

use dataflow::RowType;

use super::csv::{self, CsvDecoder, CsvEncoder, CsvOptions};
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::json::{self, JsonDecoder, JsonEncoder, JsonOptions};
use crate::error::ConnectorError;
use crate::option_def::OptionDef;
use crate::table_options::{TableOptions, nearest};

/// Names and options of all formats. In a table the options follow the name of the format: `csv.field-delimiter`.
pub const FORMATS: &[(&str, &[OptionDef])] = &[("csv", csv::OPTIONS), ("json", json::OPTIONS)];

/// A format with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `csv`.
    Csv(CsvOptions),
    /// `json`.
    Json(JsonOptions),
}

impl Format {
    /// The declarations that are valid for the format `name`, with their prefix: `csv.`, or `value.csv.` when the option is `value.format`.
    pub fn options_of(key: &str, name: &str) -> Option<(String, &'static [OptionDef])> {
        let (_, defs) = FORMATS.iter().find(|(format, _)| *format == name)?;
        Some((prefix(key, name), defs))
    }

    /// The format that the option `key` (`format`, `key.format`, `value.format`) names, with its options read.
    pub fn read(table: &TableOptions<'_>, key: &str, name: &str) -> Result<Format, ConnectorError> {
        let prefix = prefix(key, name);
        let options = table.under(&prefix);
        match name {
            "csv" => Ok(Format::Csv(CsvOptions::read(&options)?)),
            "json" => Ok(Format::Json(JsonOptions::read(&options)?)),
            _ => {
                let names = FORMATS.iter().map(|(name, _)| *name);
                let question =
                    nearest(name, names.clone()).map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
                let message = format!("could not find any format named '{name}'");
                Err(ConnectorError::of_option(key, message)
                    .with_hint(format!("{question}available formats: {}", names.collect::<Vec<_>>().join(", "))))
            }
        }
    }

    /// Checks that records can hold rows of this type.
    pub fn check(&self, row: &RowType) -> Result<(), ConnectorError> {
        let checked = match self {
            Format::Csv(_) => csv::check_types(row),
            Format::Json(_) => json::check_types(row),
        };
        checked.map_err(ConnectorError::new)
    }

    /// Whether fields of a ROW are found by their names, so that a type without some of them reads the same values.
    pub fn skips_fields(&self) -> bool {
        matches!(self, Format::Json(_))
    }

    /// A decoder of records with the fields of `physical` that builds the columns at `projection`.
    pub fn decoder(&self, physical: &RowType, projection: &[usize]) -> Decoder {
        match self {
            Format::Csv(options) => Decoder::Csv(CsvDecoder::new(options, physical, projection)),
            Format::Json(options) => Decoder::Json(JsonDecoder::new(options, physical, projection)),
        }
    }

    /// An encoder of the columns at these indices of rows of this type, under these names.
    pub fn encoder(&self, input: &RowType, columns: &[usize], names: &[String]) -> Encoder {
        match self {
            Format::Csv(options) => Encoder::Csv(CsvEncoder::new(options, input, columns)),
            Format::Json(options) => Encoder::Json(JsonEncoder::new(options, input, columns, names)),
        }
    }
}

fn prefix(key: &str, name: &str) -> String {
    format!("{}{name}.", key.strip_suffix("format").unwrap_or_default())
}
