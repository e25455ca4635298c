//! What is odd but not wrong in a configuration. The binary prints these; nothing here does.

use std::fmt;

use super::known_keys::{KeyClass, classify};
use super::{Configuration, Origin};

/// A remark about a configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigWarning {
    /// A key that neither Flink nor flinkrs knows.
    UnknownKey {
        /// The key.
        key: String,
        /// Where it was set.
        origin: Origin,
        /// A known key that is spelt alike.
        nearest: Option<&'static str>,
    },
    /// Keys that only mean something to a JVM, with their origins.
    JvmOnly(Vec<(String, Origin)>),
    /// Keys that Flink knows but flinkrs does not use yet, with their origins.
    NotUsedYet(Vec<(String, Origin)>),
    /// An option set under a deprecated name.
    DeprecatedKey {
        /// The name that was used.
        key: String,
        /// Where it was set.
        origin: Origin,
        /// The name to use.
        current: &'static str,
    },
    /// A line that is no setting and was skipped.
    SkippedLine {
        /// The line.
        origin: Origin,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key that one file sets twice, flat and nested; the later value counts.
    SetTwice {
        /// The key.
        key: String,
        /// Where the value that does not count was set.
        first: Origin,
        /// Where the value that counts was set.
        second: Origin,
    },
    /// A directory with both `config.yaml` and `flink-conf.yaml`; the latter is not read.
    OldFileIgnored {
        /// The directory.
        dir: std::path::PathBuf,
    },
}

impl ConfigWarning {
    /// Remarks about the keys that are set.
    pub fn about_keys(config: &Configuration) -> Vec<ConfigWarning> {
        let (mut warnings, mut jvm_only, mut not_yet) = (Vec::new(), Vec::new(), Vec::new());
        for (key, value) in config.iter() {
            let (key, origin) = (key.to_owned(), value.origin.clone());
            match classify(&key) {
                KeyClass::Used | KeyClass::FreeForm => {}
                KeyClass::JvmOnly => jvm_only.push((key, origin)),
                KeyClass::NotYet => not_yet.push((key, origin)),
                KeyClass::Deprecated { current } => {
                    warnings.push(ConfigWarning::DeprecatedKey { key, origin, current });
                }
                KeyClass::Unknown { nearest } => warnings.push(ConfigWarning::UnknownKey { key, origin, nearest }),
            }
        }
        if !jvm_only.is_empty() {
            warnings.push(ConfigWarning::JvmOnly(jvm_only));
        }
        if !not_yet.is_empty() {
            warnings.push(ConfigWarning::NotUsedYet(not_yet));
        }
        warnings
    }

    /// Whether somebody probably made a mistake, as opposed to a note about a setting that is fine but idle.
    pub fn is_likely_mistake(&self) -> bool {
        !matches!(self, ConfigWarning::JvmOnly(_) | ConfigWarning::NotUsedYet(_) | ConfigWarning::DeprecatedKey { .. })
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |keys: &[(String, Origin)]| {
            keys.iter().map(|(key, origin)| format!("{key} ({origin})")).collect::<Vec<_>>().join(", ")
        };
        match self {
            ConfigWarning::UnknownKey { key, origin, nearest: Some(nearest) } => {
                write!(f, "unknown configuration key '{key}' ({origin}); did you mean '{nearest}'?")
            }
            ConfigWarning::UnknownKey { key, origin, nearest: None } => {
                write!(f, "unknown configuration key '{key}' ({origin}); it has no effect")
            }
            ConfigWarning::JvmOnly(keys) => write!(f, "no effect, because flinkrs has no JVM: {}", list(keys)),
            ConfigWarning::NotUsedYet(keys) => write!(f, "no effect in this version of flinkrs: {}", list(keys)),
            ConfigWarning::DeprecatedKey { key, origin, current } => {
                write!(f, "configuration key '{key}' ({origin}) is deprecated; use '{current}'")
            }
            ConfigWarning::SkippedLine { origin, reason } => write!(f, "{origin}: line skipped: {reason}"),
            ConfigWarning::SetTwice { key, first, second } => {
                write!(f, "configuration key '{key}' is set twice: {second} counts, {first} does not")
            }
            ConfigWarning::OldFileIgnored { dir } => {
                write!(f, "{} has a config.yaml and a flink-conf.yaml: only config.yaml is read", dir.display())
            }
        }
    }
}
