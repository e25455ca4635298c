//! `ConfigOption`: a key with its type, default, older keys and description.

use std::marker::PhantomData;

use super::ConfigType;

/// A configuration key that flinkrs reads, with everything that is known of it. Defaults are texts, parsed like any
/// other value, so that they can be written exactly as Flink documents them.
#[derive(Debug)]
pub struct ConfigOption<T> {
    info: OptionInfo,
    value: PhantomData<fn() -> T>,
}

/// What is known of an option apart from its type.
#[derive(Debug, Clone, Copy)]
pub struct OptionInfo {
    /// The key.
    pub key: &'static str,
    /// The default's text; none for an option that may be absent.
    pub default: Option<&'static str>,
    /// Keys also read, in this order, when `key` is not set.
    pub fallback_keys: &'static [&'static str],
    /// One sentence for people.
    pub description: &'static str,
    /// Whether a text has the option's form.
    pub(super) check: fn(&str) -> Result<(), String>,
    /// What a right value looks like.
    pub(super) expected: fn() -> String,
}

impl OptionInfo {
    const fn of<T: ConfigType>(key: &'static str, default: Option<&'static str>, description: &'static str) -> Self {
        OptionInfo { key, default, fallback_keys: &[], description, check: check::<T>, expected: T::expected }
    }
}

fn check<T: ConfigType>(text: &str) -> Result<(), String> {
    T::parse(text).map(drop)
}

impl<T: ConfigType> ConfigOption<T> {
    /// An option with a default.
    pub const fn new(key: &'static str, default: &'static str, description: &'static str) -> Self {
        ConfigOption { info: OptionInfo::of::<T>(key, Some(default), description), value: PhantomData }
    }

    /// The same option, also read from these keys when its own is not set.
    pub const fn with_fallback_keys(mut self, fallback_keys: &'static [&'static str]) -> Self {
        self.info.fallback_keys = fallback_keys;
        self
    }
}

impl<T: ConfigType> ConfigOption<Option<T>> {
    /// An option that may be absent.
    pub const fn optional(key: &'static str, description: &'static str) -> Self {
        ConfigOption { info: OptionInfo::of::<Option<T>>(key, None, description), value: PhantomData }
    }
}

impl<T> ConfigOption<T> {
    /// The key.
    pub const fn key(&self) -> &'static str {
        self.info.key
    }

    /// Everything known of the option apart from its type.
    pub const fn info(&self) -> &OptionInfo {
        &self.info
    }
}
