//! The options of the `json` format, with Flink's keys and defaults.

use chrono::{DateTime, Offset, TimeZone};
use dataflow::Zone;

use crate::error::ConnectorError;
use crate::formats::time_text::TimestampStandard;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const FAIL_ON_MISSING: OptionDef = OptionDef::with_default(
    "fail-on-missing-field",
    OptionKind::Boolean,
    "false",
    "Whether a record that lacks a field fails the job, instead of the field being NULL.",
);
pub(in crate::formats) const IGNORE_ERRORS: OptionDef = OptionDef::with_default(
    "ignore-parse-errors",
    OptionKind::Boolean,
    "false",
    "Whether a field that cannot be read becomes NULL and a record that cannot be read is skipped, instead of failing the job.",
);
pub(in crate::formats) const STANDARD: OptionDef = OptionDef::with_default(
    "timestamp-format.standard",
    OptionKind::Choice(&["SQL", "ISO-8601"]),
    "SQL",
    "Whether timestamps are '2024-01-02 10:11:12.123' (SQL) or '2024-01-02T10:11:12.123' (ISO-8601); both end in 'Z' for a TIMESTAMP_LTZ.",
);
pub(in crate::formats) const NULL_KEY_MODE: OptionDef = OptionDef::with_default(
    "map-null-key.mode",
    OptionKind::Choice(&["FAIL", "DROP", "LITERAL"]),
    "FAIL",
    "What becomes of a map entry whose key is NULL when written: a failure, nothing, or the key of 'map-null-key.literal'.",
);
pub(in crate::formats) const NULL_KEY_LITERAL: OptionDef = OptionDef::with_default(
    "map-null-key.literal",
    OptionKind::Text,
    "null",
    "The key written for NULL when 'map-null-key.mode' is LITERAL.",
);
pub(in crate::formats) const PLAIN_DECIMAL: OptionDef = OptionDef::with_default(
    "encode.decimal-as-plain-number",
    OptionKind::Boolean,
    "false",
    "Whether DECIMAL values are written with all digits, and never with an exponent.",
);
pub(in crate::formats) const IGNORE_NULLS: OptionDef = OptionDef::with_default(
    "encode.ignore-null-fields",
    OptionKind::Boolean,
    "false",
    "Whether fields that are NULL are left out when written.",
);
const PARSER: OptionDef = OptionDef::with_default(
    "decode.json-parser.enabled",
    OptionKind::Boolean,
    "true",
    "Accepted for compatibility and without effect: records are always decoded as a stream.",
);

pub(crate) const OPTIONS: &[OptionDef] =
    &[FAIL_ON_MISSING, IGNORE_ERRORS, STANDARD, NULL_KEY_MODE, NULL_KEY_LITERAL, PLAIN_DECIMAL, IGNORE_NULLS, PARSER];

/// What becomes of a map entry whose key is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NullKeys {
    Fail,
    Drop,
    Literal(String),
}

/// How records are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonOptions {
    pub(super) fail_on_missing: bool,
    pub(super) ignore_errors: bool,
    pub(super) standard: TimestampStandard,
    pub(super) null_keys: NullKeys,
    pub(super) plain_decimal: bool,
    pub(super) ignore_nulls: bool,
    /// The zone in which a TIMESTAMP_LTZ is shown; without one it is UTC.
    pub(super) zone: Option<Zone>,
}

impl JsonOptions {
    /// Reads the options of a table; `table` looks keys up under the format's prefix.
    pub fn read(table: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        let fail_on_missing = table.boolean(&FAIL_ON_MISSING)?;
        let ignore_errors = table.boolean(&IGNORE_ERRORS)?;
        if fail_on_missing && ignore_errors {
            let error = table.error_of(&FAIL_ON_MISSING, "and 'ignore-parse-errors' cannot both be true");
            return Err(error.with_hint("keep one of the two"));
        }
        let is = |def: &OptionDef, choice: &str| table.text(def).is_some_and(|text| text.eq_ignore_ascii_case(choice));
        let null_keys = if is(&NULL_KEY_MODE, "DROP") {
            NullKeys::Drop
        } else if is(&NULL_KEY_MODE, "LITERAL") {
            NullKeys::Literal(table.text(&NULL_KEY_LITERAL).unwrap_or("null").to_owned())
        } else {
            NullKeys::Fail
        };
        Ok(Self {
            fail_on_missing,
            ignore_errors,
            standard: if is(&STANDARD, "ISO-8601") { TimestampStandard::Iso8601 } else { TimestampStandard::Sql },
            null_keys,
            plain_decimal: table.boolean(&PLAIN_DECIMAL)?,
            ignore_nulls: table.boolean(&IGNORE_NULLS)?,
            zone: None,
        })
    }

    /// As Flink's SQL gateway writes rows: ISO timestamps, those of TIMESTAMP_LTZ in this zone (though with the `Z` of UTC).
    pub fn of_result_rows(zone: Zone) -> Self {
        Self {
            fail_on_missing: false,
            ignore_errors: false,
            standard: TimestampStandard::Iso8601,
            null_keys: NullKeys::Literal("null".to_owned()),
            plain_decimal: false,
            ignore_nulls: false,
            zone: Some(zone),
        }
    }

    /// `ignore-parse-errors`.
    pub(in crate::formats) fn ignores_errors(&self) -> bool {
        self.ignore_errors
    }

    /// `encode.ignore-null-fields`.
    pub(in crate::formats) fn ignores_nulls(&self) -> bool {
        self.ignore_nulls
    }

    /// Seconds by which a TIMESTAMP_LTZ at this second since the epoch is shown later than it is in UTC.
    pub(super) fn zone_offset(&self, seconds: i64) -> i64 {
        let offset = |zone: Zone| {
            let utc = DateTime::from_timestamp(seconds, 0)?.naive_utc();
            Some(i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()))
        };
        // A second beyond the calendar has no zone either.
        self.zone.and_then(offset).unwrap_or(0)
    }
}
