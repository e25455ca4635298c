//! Finds the format that a table names and makes its decoders and encoders.

use dataflow::RowType;

use super::cdc::{self, CdcDecoder, CdcEncoder, CdcOptions, Envelope};
use super::csv::{self, CsvDecoder, CsvEncoder, CsvOptions};
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::json::{self, JsonDecoder, JsonEncoder, JsonOptions};
use super::raw::{self, RawDecoder, RawEncoder, RawOptions};
use crate::error::ConnectorError;
use crate::factory::ChangelogMode;
use crate::option_def::OptionDef;
use crate::table_options::{TableOptions, nearest};

/// Names, options and descriptions of all formats. In a table the options follow the name of the format: `csv.field-delimiter`.
pub const FORMATS: &[(&str, &[OptionDef], &str)] = &[
    ("canal-json", cdc::CANAL, "The changes of a database as Canal writes them."),
    ("csv", csv::OPTIONS, "Lines of fields with a delimiter between them."),
    ("debezium-json", cdc::DEBEZIUM, "The changes of a database as Debezium writes them."),
    ("json", json::OPTIONS, "A JSON object for each row."),
    ("maxwell-json", cdc::COMMON, "The changes of a database as Maxwell writes them."),
    ("ogg-json", cdc::COMMON, "The changes of a database as Oracle GoldenGate writes them."),
    ("raw", raw::OPTIONS, "A single column whose bytes are the record."),
];

/// A format with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `csv`.
    Csv(CsvOptions),
    /// `json`.
    Json(JsonOptions),
    /// `debezium-json`, `canal-json`, `maxwell-json`, `ogg-json`.
    Cdc(CdcOptions),
    /// `raw`.
    Raw(RawOptions),
}

impl Format {
    /// The declarations that are valid for the format `name`, with their prefix: `csv.`, or `value.csv.` when the option is `value.format`.
    pub fn options_of(key: &str, name: &str) -> Option<(String, &'static [OptionDef])> {
        let (_, defs, _) = FORMATS.iter().find(|(format, ..)| *format == name)?;
        Some((prefix(key, name), defs))
    }

    /// The format as Flink's files have it: CSV writes DECIMAL in scientific notation whatever its option says.
    #[must_use]
    pub fn in_files(self) -> Format {
        match self {
            Format::Csv(options) => Format::Csv(options.scientific()),
            other => other,
        }
    }

    /// The format that the option `key` (`format`, `key.format`, `value.format`) names, with its options read.
    pub fn read(table: &TableOptions<'_>, key: &str, name: &str) -> Result<Format, ConnectorError> {
        let prefix = prefix(key, name);
        let options = table.under(&prefix);
        if let Some(envelope) = Envelope::ALL.into_iter().find(|envelope| envelope.name() == name) {
            return Ok(Format::Cdc(CdcOptions::read(envelope, &options)?));
        }
        match name {
            "csv" => Ok(Format::Csv(CsvOptions::read(&options)?)),
            "json" => Ok(Format::Json(JsonOptions::read(&options)?)),
            "raw" => Ok(Format::Raw(RawOptions::read(&options)?)),
            _ => {
                let names = FORMATS.iter().map(|(name, ..)| *name);
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
            Format::Json(_) | Format::Cdc(_) => json::check_types(row),
            Format::Raw(_) => raw::check_types(row),
        };
        checked.map_err(ConnectorError::new)
    }

    /// Checks that rows of this type, which passed [`check`](Self::check), can be written.
    pub fn check_sink(&self, row: &RowType) -> Result<(), ConnectorError> {
        match self {
            Format::Csv(_) | Format::Json(_) => Ok(()),
            Format::Cdc(options) => options.check_sink(),
            Format::Raw(_) => raw::check_sink(row),
        }
    }

    /// Which changes records tell.
    pub fn changes(&self) -> ChangelogMode {
        if matches!(self, Format::Cdc(_)) { ChangelogMode::All } else { ChangelogMode::InsertOnly }
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
            Format::Cdc(options) => Decoder::Cdc(Box::new(CdcDecoder::new(options, physical, projection))),
            Format::Raw(options) => Decoder::Raw(RawDecoder::new(options, physical, projection)),
        }
    }

    /// An encoder of the columns at these indices of rows of this type, under these names.
    pub fn encoder(&self, input: &RowType, columns: &[usize], names: &[String]) -> Encoder {
        match self {
            Format::Csv(options) => Encoder::Csv(CsvEncoder::new(options, input, columns)),
            Format::Json(options) => Encoder::Json(JsonEncoder::new(options, input, columns, names)),
            Format::Cdc(options) => Encoder::Cdc(CdcEncoder::new(options, input, columns, names)),
            Format::Raw(_) => Encoder::Raw(RawEncoder::new(input, columns)),
        }
    }
}

fn prefix(key: &str, name: &str) -> String {
    format!("{}{name}.", key.strip_suffix("format").unwrap_or_default())
}
