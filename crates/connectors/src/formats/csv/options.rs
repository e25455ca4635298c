//! The options of the `csv` format, with Flink's keys and defaults.

use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::{TableOptions, unescape_java};

const FIELD_DELIMITER: OptionDef = OptionDef::with_default(
    "field-delimiter",
    OptionKind::Character,
    ",",
    "Character between fields; Java escapes such as '\\t' and '\\u0001' are undone.",
);
const DISABLE_QUOTE: OptionDef = OptionDef::with_default(
    "disable-quote-character",
    OptionKind::Boolean,
    "false",
    "Whether no character quotes fields.",
);
const QUOTE: OptionDef = OptionDef::optional(
    "quote-character",
    OptionKind::Character,
    "Character around a field that holds delimiters, '\"' by default.",
);
const ALLOW_COMMENTS: OptionDef = OptionDef::with_default(
    "allow-comments",
    OptionKind::Boolean,
    "false",
    "Whether lines that begin with '#', and blank ones, are skipped.",
);
const IGNORE_ERRORS: OptionDef = OptionDef::with_default(
    "ignore-parse-errors",
    OptionKind::Boolean,
    "false",
    "Whether a field that cannot be read becomes NULL and a record that cannot be read is skipped, instead of failing the job.",
);
const ARRAY_DELIMITER: OptionDef = OptionDef::with_default(
    "array-element-delimiter",
    OptionKind::Text,
    ";",
    "Text between the elements of an ARRAY and the fields of a ROW.",
);
const ESCAPE: OptionDef = OptionDef::optional(
    "escape-character",
    OptionKind::Character,
    "Character that takes the next one literally; none by default.",
);
const NULL_LITERAL: OptionDef =
    OptionDef::optional("null-literal", OptionKind::Text, "Text that stands for NULL; none by default.");
const SCIENTIFIC: OptionDef = OptionDef::with_default(
    "write-bigdecimal-in-scientific-notation",
    OptionKind::Boolean,
    "true",
    "Whether DECIMAL values are written as Java's BigDecimal shows them (100000 as 1E+5) and not in plain notation.",
);

pub(crate) const OPTIONS: &[OptionDef] = &[
    FIELD_DELIMITER,
    DISABLE_QUOTE,
    QUOTE,
    ALLOW_COMMENTS,
    IGNORE_ERRORS,
    ARRAY_DELIMITER,
    ESCAPE,
    NULL_LITERAL,
    SCIENTIFIC,
];

/// How records are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) allow_comments: bool,
    pub(super) ignore_errors: bool,
    pub(super) array_delimiter: String,
    pub(super) null_literal: Option<String>,
    pub(super) scientific: bool,
}

impl CsvOptions {
    /// Reads the options of a table; `table` looks keys up under the format's prefix.
    pub fn read(table: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        let quote = if table.boolean(&DISABLE_QUOTE)? {
            if table.text(&QUOTE).is_some() {
                return Err(table
                    .error_of(&QUOTE, "is set while 'disable-quote-character' is true")
                    .with_hint("keep one of the two"));
            }
            None
        } else {
            Some(ascii(table, &QUOTE)?.unwrap_or(b'"'))
        };
        Ok(Self {
            delimiter: ascii(table, &FIELD_DELIMITER)?.unwrap_or(b','),
            quote,
            escape: ascii(table, &ESCAPE)?,
            allow_comments: table.boolean(&ALLOW_COMMENTS)?,
            ignore_errors: table.boolean(&IGNORE_ERRORS)?,
            array_delimiter: unescape_java(table.text(&ARRAY_DELIMITER).unwrap_or(";")),
            null_literal: table.text(&NULL_LITERAL).map(str::to_owned),
            scientific: table.boolean(&SCIENTIFIC)?,
        })
    }

    /// With DECIMAL in scientific notation.
    pub(in crate::formats) fn scientific(self) -> Self {
        Self { scientific: true, ..self }
    }
}

fn ascii(table: &TableOptions<'_>, def: &OptionDef) -> Result<Option<u8>, ConnectorError> {
    match table.character(def)? {
        None => Ok(None),
        Some(character) if character.is_ascii() && character != '\n' && character != '\r' => Ok(Some(character as u8)),
        Some(character) => Err(table
            .error_of(def, &format!("cannot be '{}'", character.escape_default()))
            .with_hint("use an ASCII character that does not end a line")),
    }
}
