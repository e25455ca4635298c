//! `LogFilter`: what of a log is wanted: a level, or levels by the part of flinkrs that logs.

use super::ConfigType;

/// Names of levels, Log4j's too, and the levels that they stand for.
const LEVELS: [(&str, &str); 8] = [
    ("TRACE", "trace"),
    ("DEBUG", "debug"),
    ("INFO", "info"),
    ("WARN", "warn"),
    ("ERROR", "error"),
    ("OFF", "off"),
    ("ALL", "trace"),
    ("FATAL", "error"),
];

/// A level or filters, in the form of `RUST_LOG`, of which each names a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filters, with levels as `RUST_LOG` has them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ConfigType for LogFilter {
    fn expected() -> String {
        "one of TRACE, DEBUG, INFO, WARN, ERROR, OFF, ALL, FATAL, or filters such as 'info,jobmanager=debug'".to_owned()
    }

    /// A word that is no level would be taken for a part that logs, and silence all others.
    fn parse(text: &str) -> Result<Self, String> {
        // Filters by the fields of spans may have commas of their own.
        if text.contains('[') {
            return Ok(Self(text.trim().to_owned()));
        }
        let filters: Result<Vec<String>, String> =
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(filter).collect();
        match filters? {
            filters if filters.is_empty() => Err("no level is named".to_owned()),
            filters => Ok(Self(filters.join(","))),
        }
    }
}

fn filter(part: &str) -> Result<String, String> {
    let Some((target, name)) = part.split_once('=') else { return level(part).map(str::to_owned) };
    Ok(format!("{}={}", target.trim(), level(name.trim())?))
}

fn level(name: &str) -> Result<&'static str, String> {
    let found = LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, level)| *level).ok_or_else(|| format!("'{name}' is no level"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_filters_are_read_and_other_words_are_not() {
        for (text, filters) in [
            ("INFO", "info"),
            (" warn ", "warn"),
            ("ALL", "trace"),
            ("Fatal", "error"),
            ("OFF", "off"),
            ("info,jobmanager=DEBUG", "info,jobmanager=debug"),
            ("error, connectors=all,", "error,connectors=trace"),
            ("off,[job{name=\"a,b\"}]=debug", "off,[job{name=\"a,b\"}]=debug"),
        ] {
            assert_eq!(LogFilter::parse(text).unwrap().as_str(), filters, "{text}");
        }
        for text in ["", " ", ",", "WARNING", "foo", "info,jobmanager", "a=b=c", "a=", "info,a=loud"] {
            assert!(LogFilter::parse(text).is_err(), "{text}");
        }
    }
}
