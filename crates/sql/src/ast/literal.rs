//! Literals and the units of time that interval literals and date functions use.
//!
//! Numbers and date-times keep their text: what they mean (precision, scale, range) is the binder's decision.

use super::span::Span;

/// A literal with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct SpannedLiteral {
    /// The literal.
    pub value: Literal,
    /// Where it stands.
    pub span: Span,
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `NULL`
    Null,
    /// `TRUE` or `FALSE`
    Boolean(bool),
    /// `UNKNOWN`, the BOOLEAN null.
    Unknown,
    /// An exact number (`42`, `1.50`, `5.`) as written; INT, BIGINT or DECIMAL by its size.
    Exact(String),
    /// An approximate number (`1e0`) as written; DOUBLE.
    Approximate(String),
    /// A character string, escapes decoded.
    String {
        /// The decoded text.
        value: String,
        /// The character set of a prefixed literal: `UTF8` of `_UTF8'x'`; `UTF16` of `U&'x'`.
        charset: Option<String>,
    },
    /// `X'1F'`
    Binary(Vec<u8>),
    /// `DATE 'yyyy-MM-dd'`, the text as written.
    Date(String),
    /// `TIME 'HH:mm:ss'`, the text as written.
    Time(String),
    /// `TIMESTAMP 'yyyy-MM-dd HH:mm:ss'`, the text as written.
    Timestamp(String),
    /// `TIMESTAMP WITH LOCAL TIME ZONE '...'`, the text as written.
    TimestampLtz(String),
    /// `INTERVAL '1' DAY`
    Interval(IntervalLiteral),
}

/// `INTERVAL [-]'value' qualifier`
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalLiteral {
    /// Whether a minus stands before the quoted value.
    pub negative: bool,
    /// The quoted text.
    pub value: String,
    /// The units.
    pub qualifier: IntervalQualifier,
}

/// `unit[(precision[, fraction])] [TO unit[(fraction)]]`
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalQualifier {
    /// The leading unit, in its singular form.
    pub leading: TimeUnit,
    /// Digits of the leading unit.
    pub precision: Option<u32>,
    /// The unit after `TO`.
    pub trailing: Option<TimeUnit>,
    /// Digits of fractional seconds.
    pub fraction: Option<u32>,
    /// Where it stands.
    pub span: Span,
}

/// A unit of time of `EXTRACT`, `FLOOR`, `TIMESTAMPADD` and interval qualifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the SQL word it is named after")]
pub enum TimeUnit {
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Dow,
    Doy,
    Isodow,
    Isoyear,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
}

impl TimeUnit {
    const WORDS: [(&'static str, TimeUnit); 19] = [
        ("NANOSECOND", TimeUnit::Nanosecond),
        ("MICROSECOND", TimeUnit::Microsecond),
        ("MILLISECOND", TimeUnit::Millisecond),
        ("SECOND", TimeUnit::Second),
        ("MINUTE", TimeUnit::Minute),
        ("HOUR", TimeUnit::Hour),
        ("DAY", TimeUnit::Day),
        ("DOW", TimeUnit::Dow),
        ("DOY", TimeUnit::Doy),
        ("ISODOW", TimeUnit::Isodow),
        ("ISOYEAR", TimeUnit::Isoyear),
        ("WEEK", TimeUnit::Week),
        ("MONTH", TimeUnit::Month),
        ("QUARTER", TimeUnit::Quarter),
        ("YEAR", TimeUnit::Year),
        ("DECADE", TimeUnit::Decade),
        ("CENTURY", TimeUnit::Century),
        ("MILLENNIUM", TimeUnit::Millennium),
        ("EPOCH", TimeUnit::Epoch),
    ];

    /// The unit of an upper-case word in the singular.
    pub fn from_word(word: &str) -> Option<TimeUnit> {
        Self::WORDS.iter().find(|(name, _)| *name == word).map(|(_, unit)| *unit)
    }

    /// The SQL word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, unit)| *unit == self).map_or("", |(name, _)| *name)
    }
}
