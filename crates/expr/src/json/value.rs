//! A JSON document as a tree, and its text.

use std::cmp::Ordering;
use std::fmt::Write;

use super::reader::{Kind, Malformed, Reader};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    /// As it is written.
    Number(Box<str>),
    Text(Box<str>),
    Array(Vec<Json>),
    /// In the order of the first of each key.
    Object(Vec<(Box<str>, Json)>),
}

impl Json {
    /// The first value of a text.
    pub(crate) fn parse(text: &str) -> Result<Json, Malformed> {
        Json::read(&mut Reader::new(text))
    }

    /// Takes a value off.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Json, Malformed> {
        Ok(match reader.peek()? {
            Kind::Object => {
                let mut entries: Vec<(Box<str>, Json)> = Vec::new();
                reader.entries(|reader, key| {
                    let value = Json::read(reader)?;
                    match entries.iter_mut().find(|(known, _)| **known == *key) {
                        Some(entry) => entry.1 = value,
                        None => entries.push((key.into(), value)),
                    }
                    Ok(())
                })?;
                Json::Object(entries)
            }
            Kind::Array => {
                let mut elements = Vec::new();
                reader.elements(|reader, _| {
                    elements.push(Json::read(reader)?);
                    Ok(())
                })?;
                Json::Array(elements)
            }
            Kind::Text => Json::Text(reader.text()?.into()),
            Kind::Number => Json::Number(reader.number()?.into()),
            kind => {
                reader.skip()?;
                match kind {
                    Kind::True => Json::Boolean(true),
                    Kind::False => Json::Boolean(false),
                    _ => Json::Null,
                }
            }
        })
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(entries) => entries.iter().find(|(known, _)| **known == *key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Whether it is neither an object nor an array.
    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(self, Json::Object(_) | Json::Array(_))
    }

    /// Appends the value without blanks: numbers as [`write_number`] has them, entries of objects in the order of their keys.
    pub(crate) fn write(&self, out: &mut String) {
        self.write_with(write_number, out);
    }

    /// The same, numbers written by `number`.
    pub(crate) fn write_with(&self, number: fn(&str, &mut String), out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => number(text, out),
            Json::Text(text) => write_text(text, out),
            Json::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write_with(number, out);
                }
                out.push(']');
            }
            Json::Object(entries) => {
                let mut entries: Vec<&(Box<str>, Json)> = entries.iter().collect();
                entries.sort_by(|a, b| key_order(&a.0, &b.0));
                out.push('{');
                for (index, (key, value)) in entries.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write_with(number, out);
                }
                out.push('}');
            }
        }
    }
}

/// The order in which entries of an object are written: that of Java's strings.
pub(crate) fn key_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Appends a text in quotes, escaped as Jackson escapes it.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    text.chars().for_each(|c| push_escaped(c, out));
    out.push('"');
}

/// Appends a character of a string: quotes, backslashes and control characters are escaped.
pub(crate) fn push_escaped(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        c if c < ' ' => {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Appends a number as Java prints it: whole ones as integers, others as a BigDecimal.
pub(crate) fn write_number(text: &str, out: &mut String) {
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let significant = format!("{whole}{fraction}");
    let digits = significant.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    if negative && digits != "0" {
        out.push('-');
    }
    if mantissa == unsigned && fraction.is_empty() && !mantissa.contains('.') {
        out.push_str(digits);
        return;
    }
    // What BigDecimal.toString does: plain unless the exponent is positive or below -6.
    let scale = fraction.len() as i64 - exponent.parse::<i64>().unwrap_or_default();
    let adjusted = digits.len() as i64 - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        let scale = scale as usize;
        if scale == 0 {
            out.push_str(digits);
        } else if digits.len() > scale {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let _ = write!(out, "{whole}.{fraction}");
        } else {
            let _ = write!(out, "0.{digits:0>scale$}");
        }
        return;
    }
    let (first, others) = digits.split_at(1);
    out.push_str(first);
    if !others.is_empty() {
        let _ = write!(out, ".{others}");
    }
    if adjusted != 0 {
        let _ = write!(out, "E{adjusted:+}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_javas() {
        for (text, expected) in [
            ("-0", "0"),
            ("-12", "-12"),
            ("1.50", "1.50"),
            ("-0.0", "0.0"),
            ("1e3", "1E+3"),
            ("1E-7", "1E-7"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("12.5e3", "1.25E+4"),
            ("125e-1", "12.5"),
            ("12345678901234567890123", "12345678901234567890123"),
        ] {
            let mut out = String::new();
            write_number(text, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn documents_come_back_without_blanks() {
        let mut out = String::new();
        Json::parse(r#" {"b": {}, "a" : [1, null, "x\u0001"], "c": "\u0001", "a": true} "#).unwrap().write(&mut out);
        assert_eq!(out, r#"{"a":true,"b":{},"c":"\u0001"}"#);
    }
}
