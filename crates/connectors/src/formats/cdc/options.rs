//! The options of the formats of changes, with Flink's keys and defaults: some of those of `json`, and a few of their own.

use regex::bytes::Regex;

use super::envelope::Envelope;
use crate::error::ConnectorError;
use crate::formats::json::JsonOptions;
use crate::formats::json::options::{
    IGNORE_ERRORS, IGNORE_NULLS, NULL_KEY_LITERAL, NULL_KEY_MODE, PLAIN_DECIMAL, STANDARD,
};
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const SCHEMA_INCLUDE: OptionDef = OptionDef::with_default(
    "schema-include",
    OptionKind::Boolean,
    "false",
    "Whether Kafka Connect puts the schema into each record ('value.converter.schemas.enable'), so that the change is its field 'payload'.",
);
const DATABASE: OptionDef = OptionDef::optional(
    "database.include",
    OptionKind::Text,
    "A regular expression: only changes whose field 'database' matches it as a whole are read.",
);
const TABLE: OptionDef = OptionDef::optional(
    "table.include",
    OptionKind::Text,
    "A regular expression: only changes whose field 'table' matches it as a whole are read.",
);

/// The options of `maxwell-json` and `ogg-json`.
pub(crate) const COMMON: &[OptionDef] =
    &[IGNORE_ERRORS, STANDARD, NULL_KEY_MODE, NULL_KEY_LITERAL, PLAIN_DECIMAL, IGNORE_NULLS];
/// The options of `debezium-json`.
pub(crate) const DEBEZIUM: &[OptionDef] =
    &[SCHEMA_INCLUDE, IGNORE_ERRORS, STANDARD, NULL_KEY_MODE, NULL_KEY_LITERAL, PLAIN_DECIMAL, IGNORE_NULLS];
/// The options of `canal-json`.
pub(crate) const CANAL: &[OptionDef] =
    &[DATABASE, TABLE, IGNORE_ERRORS, STANDARD, NULL_KEY_MODE, NULL_KEY_LITERAL, PLAIN_DECIMAL, IGNORE_NULLS];

/// How changes are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdcOptions {
    pub(super) envelope: Envelope,
    pub(super) json: JsonOptions,
    /// `debezium-json`: whether the envelope is within another one.
    pub(super) schema_include: bool,
    /// `canal-json`: of which databases and tables changes are read, as regular expressions that have been tried.
    pub(super) database: Option<String>,
    pub(super) table: Option<String>,
}

impl CdcOptions {
    /// Reads the options of a table; `table` looks keys up under the format's prefix.
    pub(crate) fn read(envelope: Envelope, table: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        let pattern = |def: &OptionDef| {
            let Some(text) = table.text(def).filter(|_| envelope == Envelope::Canal) else { return Ok(None) };
            let refused = |error| table.error_of(def, &format!("is no regular expression: {error}"));
            whole(text).map(|_| Some(text.to_owned())).map_err(refused)
        };
        Ok(Self {
            envelope,
            json: JsonOptions::read(table)?,
            schema_include: envelope == Envelope::Debezium && table.boolean(&SCHEMA_INCLUDE)?,
            database: pattern(&DATABASE)?,
            table: pattern(&TABLE)?,
        })
    }

    /// Refuses what can be read but not written.
    pub(crate) fn check_sink(&self) -> Result<(), ConnectorError> {
        if !self.schema_include {
            return Ok(());
        }
        let message =
            "Debezium JSON serialization doesn't support 'debezium-json.schema-include' option been set to true.";
        Err(ConnectorError::of_option("debezium-json.schema-include", message.to_owned()).with_hint("leave it out"))
    }
}

/// A pattern that matches a text as a whole.
pub(super) fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}
