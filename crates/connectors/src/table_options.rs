//! A table's options checked against their declarations: unknown keys, missing ones, and texts that do not parse.

use std::time::Duration;

use common::config::{MemorySize, parse_duration};
use dataflow::operator_spec::ConnectorSpec;

use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};

/// The options of one table. Getters apply the default of the declaration that is passed in.
#[derive(Debug, Clone, Copy)]
pub struct TableOptions<'a> {
    spec: &'a ConnectorSpec,
    prefix: &'a str,
}

impl<'a> TableOptions<'a> {
    /// The options of this table.
    pub fn new(spec: &'a ConnectorSpec) -> Self {
        Self { spec, prefix: "" }
    }

    /// The same options, where every key of a declaration is looked up after this prefix (`csv.`, `value.json.`).
    pub fn under(self, prefix: &'a str) -> Self {
        Self { prefix, ..self }
    }

    /// Checks that no required option is missing.
    pub fn require(&self, defs: &[OptionDef]) -> Result<(), ConnectorError> {
        match defs.iter().find(|def| def.required && self.text(def).is_none()) {
            None => Ok(()),
            Some(missing) => Err(ConnectorError::new(format!(
                "table '{}' lacks the option '{}', which connector '{}' requires",
                self.spec.table, missing.key, self.spec.connector
            ))
            .with_hint(format!("{}: {}", missing.key, missing.doc))),
        }
    }

    /// Checks that each option is declared and readable, and that none is missing. `formats` are groups of declarations under a prefix.
    pub fn validate(&self, defs: &[OptionDef], formats: &[(String, &[OptionDef])]) -> Result<(), ConnectorError> {
        self.require(defs)?;
        for (key, text) in &self.spec.options {
            let def = defs.iter().find(|def| def.matches(key)).or_else(|| {
                formats.iter().find_map(|(prefix, defs)| {
                    let key = key.strip_prefix(prefix.as_str())?;
                    defs.iter().find(|def| def.matches(key))
                })
            });
            match def {
                Some(def) => check(key, text, def.kind)?,
                None => return Err(self.unknown(key, defs, formats)),
            }
        }
        Ok(())
    }

    /// A size in bytes.
    pub fn bytes(&self, def: &OptionDef) -> Result<Option<u64>, ConnectorError> {
        self.parsed(def, |text| MemorySize::parse(text).ok().map(MemorySize::bytes))
    }

    /// The text of an option, or its default.
    pub fn text(&self, def: &OptionDef) -> Option<&'a str> {
        let found = if self.prefix.is_empty() {
            self.spec.option(def.key)
        } else {
            self.spec.option(&format!("{}{}", self.prefix, def.key))
        };
        found.or(def.default)
    }

    /// A Boolean option; false when it is absent and has no default.
    pub fn boolean(&self, def: &OptionDef) -> Result<bool, ConnectorError> {
        self.parsed(def, |text| text.to_ascii_lowercase().parse().ok()).map(|value| value.unwrap_or(false))
    }

    /// A whole number.
    pub fn integer(&self, def: &OptionDef) -> Result<Option<i64>, ConnectorError> {
        self.parsed(def, |text| text.trim().parse().ok())
    }

    /// A whole number greater than 0, such as a parallelism.
    pub fn positive(&self, def: &OptionDef) -> Result<Option<u32>, ConnectorError> {
        self.parsed(def, |text| text.trim().parse().ok().filter(|&number| number > 0))
    }

    /// A duration.
    pub fn duration(&self, def: &OptionDef) -> Result<Option<Duration>, ConnectorError> {
        self.parsed(def, |text| parse_duration(text).ok())
    }

    /// A single character.
    pub fn character(&self, def: &OptionDef) -> Result<Option<char>, ConnectorError> {
        self.parsed(def, single_character)
    }

    /// The parts of a list, separated by `;`.
    pub fn list(&self, def: &OptionDef) -> Vec<&'a str> {
        let text = self.text(def).unwrap_or_default();
        text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    /// An error of the option as it is written in the table.
    pub fn error_of(&self, def: &OptionDef, problem: &str) -> ConnectorError {
        let key = format!("{}{}", self.prefix, def.key);
        let message = format!("option '{key}' {problem}");
        ConnectorError::of_option(key, message)
    }

    fn parsed<T>(&self, def: &OptionDef, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ConnectorError> {
        match self.text(def) {
            None => Ok(None),
            Some(text) => {
                parse(text).map(Some).ok_or_else(|| unreadable(&format!("{}{}", self.prefix, def.key), text, def.kind))
            }
        }
    }

    fn unknown(&self, key: &str, defs: &[OptionDef], formats: &[(String, &[OptionDef])]) -> ConnectorError {
        let mut supported: Vec<String> = defs.iter().map(|def| def.key.to_owned()).collect();
        for (prefix, defs) in formats {
            supported.extend(defs.iter().map(|def| format!("{prefix}{}", def.key)));
        }
        supported.sort();
        let nearest = nearest(key, supported.iter().map(String::as_str));
        let question = nearest.map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
        ConnectorError::of_option(
            key,
            format!(
                "unsupported option '{key}' for connector '{}' of table '{}'",
                self.spec.connector, self.spec.table
            ),
        )
        .with_hint(format!("{question}supported options: {}", supported.join(", ")))
    }
}

/// The candidate closest to `text`, if any is close.
pub(crate) fn nearest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(text.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

fn check(key: &str, text: &str, kind: OptionKind) -> Result<(), ConnectorError> {
    let readable = match kind {
        OptionKind::Boolean => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        OptionKind::Integer => text.trim().parse::<i64>().is_ok(),
        OptionKind::Number => text.trim().parse::<f64>().is_ok(),
        OptionKind::Duration => parse_duration(text).is_ok(),
        OptionKind::MemorySize => MemorySize::parse(text).is_ok(),
        OptionKind::Character => single_character(text).is_some(),
        OptionKind::Choice(choices) => choices.iter().any(|choice| choice.eq_ignore_ascii_case(text)),
        OptionKind::Text | OptionKind::List => true,
    };
    if readable { Ok(()) } else { Err(unreadable(key, text, kind)) }
}

fn unreadable(key: &str, text: &str, kind: OptionKind) -> ConnectorError {
    let error = ConnectorError::of_option(key, format!("invalid value '{text}' for option '{key}'"));
    match kind {
        OptionKind::Boolean => error.with_hint("use 'true' or 'false'"),
        OptionKind::Integer => error.with_hint("use a whole number"),
        OptionKind::Number => error.with_hint("use a number"),
        OptionKind::Duration => error.with_hint("use a duration such as '10 s' or '1 min'"),
        OptionKind::MemorySize => error.with_hint("use a size such as '128 mb'"),
        OptionKind::Character => error.with_hint("use a single character"),
        OptionKind::Choice(choices) => error.with_hint(format!("use one of: {}", choices.join(", "))),
        OptionKind::Text | OptionKind::List => error,
    }
}

/// The character that `text` is: written as it is, or as a Java escape (`\t`, `\u0001`).
fn single_character(text: &str) -> Option<char> {
    let unescaped = unescape_java(text);
    let mut characters = unescaped.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Some(character),
        _ => None,
    }
}

/// Java's string escapes undone, as Flink does for delimiters that SQL text cannot hold otherwise.
pub(crate) fn unescape_java(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let lookahead = rest.clone();
        match rest.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = rest.clone().skip_while(|&c| c == 'u').take(4).collect();
                let code = (digits.len() == 4).then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
                match code.and_then(char::from_u32) {
                    Some(decoded) => {
                        out.push(decoded);
                        let marks = rest.clone().take_while(|&c| c == 'u').count();
                        rest = rest.as_str()[marks + 4..].chars();
                    }
                    None => {
                        out.push('\\');
                        rest = lookahead;
                    }
                }
            }
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::RowType;

    const DEFS: &[OptionDef] = &[
        OptionDef::required("path", OptionKind::Text, "where"),
        OptionDef::with_default("rate", OptionKind::Integer, "10", "how fast"),
        OptionDef::optional("wait", OptionKind::Duration, "how long"),
    ];
    const FORMAT: &[OptionDef] = &[OptionDef::with_default("delimiter", OptionKind::Character, ",", "what separates")];

    fn spec(options: &[(&str, &str)]) -> ConnectorSpec {
        ConnectorSpec {
            table: "c.d.t".into(),
            connector: "test".into(),
            options: options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect(),
            physical: RowType::default(),
            partition_keys: vec![],
            primary_key: Vec::new(),
        }
    }

    fn validate(options: &[(&str, &str)]) -> Result<(), ConnectorError> {
        TableOptions::new(&spec(options)).validate(DEFS, &[("csv.".to_owned(), FORMAT)])
    }

    #[test]
    fn refuses_what_is_missing_unknown_or_unreadable() {
        assert_eq!(validate(&[("path", "/x"), ("csv.delimiter", "\\t")]), Ok(()));
        assert!(validate(&[]).unwrap_err().message.contains("lacks the option 'path'"));
        let unknown = validate(&[("path", "/x"), ("wiat", "1 s")]).unwrap_err();
        assert_eq!(unknown.option.as_deref(), Some("wiat"));
        assert!(unknown.hint.unwrap().starts_with("did you mean 'wait'? supported options: csv.delimiter, path"));
        for bad in [("rate", "x"), ("wait", "soon"), ("csv.delimiter", "ab")] {
            assert!(validate(&[("path", "/x"), bad]).unwrap_err().message.starts_with("invalid value"), "{bad:?}");
        }
    }

    #[test]
    fn java_escapes_are_undone() {
        for (text, expected) in
            [("\\t", "\t"), ("\\u0001", "\u{1}"), ("a\\\\b", "a\\b"), ("\\", "\\"), ("|", "|"), ("\\u00e9x", "éx")]
        {
            assert_eq!(unescape_java(text), expected, "{text}");
        }
    }
}
