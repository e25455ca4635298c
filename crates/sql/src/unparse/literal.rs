//! Literals and interval qualifiers.

use std::fmt::{Display, Formatter, Result};

use crate::ast::{IntervalLiteral, IntervalQualifier, Literal, SpannedLiteral, TimeUnit};

/// `prefix'text'` with the quotes in the text doubled.
fn write_quoted(f: &mut Formatter<'_>, prefix: &str, text: &str) -> Result {
    write!(f, "{prefix}'{}'", text.replace('\'', "''"))
}

impl Display for SpannedLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.value.fmt(f)
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Boolean(true) => f.write_str("TRUE"),
            Literal::Boolean(false) => f.write_str("FALSE"),
            Literal::Unknown => f.write_str("UNKNOWN"),
            Literal::Exact(text) | Literal::Approximate(text) => f.write_str(text),
            Literal::String { value, charset: None } => write_quoted(f, "", value),
            Literal::String { value, charset: Some(charset) } => write_quoted(f, &format!("_{charset}"), value),
            Literal::Binary(bytes) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
                f.write_str("'")
            }
            Literal::Date(text) => write_quoted(f, "DATE ", text),
            Literal::Time(text) => write_quoted(f, "TIME ", text),
            Literal::Timestamp(text) => write_quoted(f, "TIMESTAMP ", text),
            Literal::TimestampLtz(text) => write_quoted(f, "TIMESTAMP WITH LOCAL TIME ZONE ", text),
            Literal::Interval(interval) => interval.fmt(f),
        }
    }
}

impl Display for IntervalLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_quoted(f, if self.negative { "INTERVAL -" } else { "INTERVAL " }, &self.value)?;
        write!(f, " {}", self.qualifier)
    }
}

impl Display for IntervalQualifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.leading.word())?;
        match (self.precision, self.trailing, self.fraction) {
            (Some(precision), None, Some(fraction)) => return write!(f, "({precision}, {fraction})"),
            (Some(precision), _, _) => write!(f, "({precision})")?,
            (None, _, _) => {}
        }
        match (self.trailing, self.fraction) {
            (Some(unit), Some(fraction)) => write!(f, " TO {unit}({fraction})"),
            (Some(unit), None) => write!(f, " TO {unit}"),
            (None, _) => Ok(()),
        }
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.word())
    }
}
