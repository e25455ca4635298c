//! `Configuration`: every key that was set, as text with its origin, and typed reading through options.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{ConfigError, ConfigOption, ConfigType, Origin, options, shown, structured};

/// A text somebody set, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// The value as text; lists and maps in YAML flow form.
    pub text: String,
    /// Where it was set.
    pub origin: Origin,
}

/// Keys and values in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    entries: IndexMap<String, ConfigValue>,
}

impl Configuration {
    /// A configuration in which nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// A configuration from plain keys and values.
    pub fn from_map<K: Into<String>, V: Into<String>>(map: impl IntoIterator<Item = (K, V)>, origin: Origin) -> Self {
        let mut config = Self::new();
        for (key, text) in map {
            config.set(key, text, origin.clone());
        }
        config
    }

    /// Reads an option: its key, else its older keys, else its default.
    pub fn get<T: ConfigType>(&self, option: &ConfigOption<T>) -> Result<T, ConfigError> {
        if let Some(value) = self.get_set(option)? {
            return Ok(value);
        }
        let info = option.info();
        match (info.default, T::absent()) {
            (Some(text), _) => parse::<T>(info.key, text, &Origin::Default),
            (None, Some(absent)) => Ok(absent),
            (None, None) => unreachable!("an option without a default has a type that may be absent"),
        }
    }

    /// Reads an option only if somebody set it, not its default.
    pub fn get_set<T: ConfigType>(&self, option: &ConfigOption<T>) -> Result<Option<T>, ConfigError> {
        let info = option.info();
        for key in std::iter::once(&info.key).chain(info.fallback_keys) {
            if let Some(value) = self.entries.get(*key) {
                return parse(key, &value.text, &value.origin).map(Some);
            }
            if let Some((text, origin)) = T::IS_MAP.then(|| self.nested_map(key)).flatten() {
                return parse(key, &text, &origin).map(Some);
            }
        }
        Ok(None)
    }

    /// A map option may also be spelt as keys below its own, which is what a nested YAML map becomes.
    fn nested_map(&self, key: &str) -> Option<(String, Origin)> {
        let nested = self.with_prefix(&format!("{key}."));
        let (_, first) = self.entries.iter().find(|(k, _)| k.starts_with(key) && k[key.len()..].starts_with('.'))?;
        Some((structured::map_text(&nested), first.origin.clone()))
    }

    /// The value set under exactly this key.
    pub fn value(&self, key: &str) -> Option<&ConfigValue> {
        self.entries.get(key)
    }

    /// The text set under exactly this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(|value| value.text.as_str())
    }

    /// Whether the option's key or one of its older keys is set.
    pub fn is_set<T: ConfigType>(&self, option: &ConfigOption<T>) -> bool {
        let info = option.info();
        std::iter::once(&info.key).chain(info.fallback_keys).any(|key| self.entries.contains_key(*key))
    }

    /// Sets a key, replacing what was there.
    pub fn set(&mut self, key: impl Into<String>, text: impl Into<String>, origin: Origin) {
        self.entries.insert(key.into(), ConfigValue { text: text.into(), origin });
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) -> Option<ConfigValue> {
        self.entries.shift_remove(key)
    }

    /// Lays another configuration over this one: its keys win.
    pub fn overlay(&mut self, other: &Configuration) {
        self.entries.extend(other.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ConfigValue)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// All keys and texts, secrets included: for passing on, never for showing.
    pub fn to_map(&self) -> IndexMap<String, String> {
        self.entries.iter().map(|(key, value)| (key.clone(), value.text.clone())).collect()
    }

    /// All keys and texts with secrets replaced by stars.
    pub fn to_redacted_map(&self) -> IndexMap<String, String> {
        self.entries.iter().map(|(key, value)| (key.clone(), shown(key, &value.text).to_owned())).collect()
    }

    /// What a SQL session and its jobs begin with, secrets of stores included. How processes are reached, `security.`, is no matter of theirs.
    pub fn to_session_map(&self) -> BTreeMap<String, String> {
        self.to_map().into_iter().filter(|(key, _)| !key.starts_with("security.")).collect()
    }

    /// The keys that begin with `prefix`, without it.
    pub fn with_prefix(&self, prefix: &str) -> IndexMap<String, String> {
        let below = |(key, value): (&String, &ConfigValue)| {
            key.strip_prefix(prefix).map(|rest| (rest.to_owned(), value.text.clone()))
        };
        self.entries.iter().filter_map(below).collect()
    }

    /// Checks the form of every value that flinkrs reads, so that a mistake is found at start-up and not when a
    /// setting is first used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for info in options::all() {
            for key in std::iter::once(&info.key).chain(info.fallback_keys) {
                if let Some(value) = self.entries.get(*key) {
                    (info.check)(&value.text).map_err(|problem| {
                        ConfigError::invalid(key, &value.text, &value.origin, problem, (info.expected)())
                    })?;
                }
            }
        }
        Ok(())
    }
}

fn parse<T: ConfigType>(key: &str, text: &str, origin: &Origin) -> Result<T, ConfigError> {
    T::parse(text).map_err(|problem| ConfigError::invalid(key, text, origin, problem, T::expected()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MemorySize;
    use std::time::Duration;

    const PORT: ConfigOption<u16> = ConfigOption::new("x.port", "8081", "").with_fallback_keys(&["old.port"]);
    const NAME: ConfigOption<Option<String>> = ConfigOption::optional("x.name", "");
    const TAGS: ConfigOption<IndexMap<String, String>> = ConfigOption::new("x.tags", "", "");
    const ITEMS: ConfigOption<Vec<String>> = ConfigOption::new("x.items", "a;b", "");

    fn config(pairs: &[(&str, &str)]) -> Configuration {
        Configuration::from_map(pairs.iter().copied(), Origin::CommandLine)
    }

    #[test]
    fn the_key_wins_over_older_keys_and_those_over_the_default() {
        assert_eq!(config(&[]).get(&PORT).unwrap(), 8081);
        assert_eq!(config(&[("old.port", "1")]).get(&PORT).unwrap(), 1);
        assert_eq!(config(&[("old.port", "1"), ("x.port", "2")]).get(&PORT).unwrap(), 2);
        assert_eq!(config(&[]).get_set(&PORT).unwrap(), None);
        assert_eq!(config(&[]).get(&NAME).unwrap(), None);
        assert_eq!(config(&[("x.name", "n")]).get(&NAME).unwrap(), Some("n".to_owned()));
        assert_eq!(config(&[]).get(&ITEMS).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_map_is_one_text_or_keys_below() {
        let expected: IndexMap<String, String> = [("a.b".to_owned(), "1, 2".to_owned())].into();
        assert_eq!(config(&[("x.tags", "'a.b:1, 2'")]).get(&TAGS).unwrap(), expected);
        assert_eq!(config(&[("x.tags.a.b", "1, 2"), ("x.tagsy", "no")]).get(&TAGS).unwrap(), expected);
        assert!(config(&[]).get(&TAGS).unwrap().is_empty());
    }

    #[test]
    fn a_wrong_value_says_what_where_and_how() {
        let error = config(&[("old.port", "eighty")]).get(&PORT).unwrap_err().to_string();
        for part in ["'eighty'", "'old.port'", "-D on the command line", "from 0 to 65535"] {
            assert!(error.contains(part), "{error}");
        }
        let secret = config(&[("rest.port", "hunter2 ")]).validate().unwrap_err().to_string();
        assert!(secret.contains("rest.port"), "{secret}");
    }

    #[test]
    fn overlay_and_redaction() {
        let mut base = config(&[("a", "1"), ("s3.secret-key", "x")]);
        base.overlay(&config(&[("a", "2")]));
        assert_eq!(base.text("a"), Some("2"));
        assert_eq!(base.to_redacted_map()["s3.secret-key"], "******");
        assert_eq!(base.to_map()["s3.secret-key"], "x");
        assert_eq!(base.with_prefix("s3.")["secret-key"], "x");
    }

    #[test]
    fn sizes_and_durations() {
        const SIZE: ConfigOption<MemorySize> = ConfigOption::new("x.size", "1 gb", "");
        const TIME: ConfigOption<Option<Duration>> = ConfigOption::optional("x.time", "");
        assert_eq!(config(&[]).get(&SIZE).unwrap(), MemorySize::from_mebibytes(1024));
        assert_eq!(config(&[("x.time", "1min")]).get(&TIME).unwrap(), Some(Duration::from_secs(60)));
    }
}
