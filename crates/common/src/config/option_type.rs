//! The types an option can have and how each reads its text. The rules are those of Flink's `ConfigurationUtils`.

use std::time::Duration;

use indexmap::IndexMap;

use super::{MemorySize, PortRange, parse_duration, structured};

/// A type that can be read from a configuration text.
pub trait ConfigType: Sized {
    /// Whether the value may also be spelt as keys below the option's own.
    const IS_MAP: bool = false;

    /// What a right value looks like, for error messages.
    fn expected() -> String;

    /// Reads a text; the error says what is wrong with it.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value when nothing is set and there is no default; none when the type needs one.
    fn absent() -> Option<Self> {
        None
    }
}

/// An enum whose values are named in the configuration. Names are matched without regard to case.
pub trait ConfigEnum: Copy + 'static {
    /// Names and values; a value may have several names, its first being the usual one.
    const NAMES: &'static [(&'static str, Self)];
}

impl<E: ConfigEnum> ConfigType for E {
    fn expected() -> String {
        let names: Vec<&str> = E::NAMES.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let found = E::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
        found.map(|(_, value)| *value).ok_or_else(|| "there is no such choice".to_owned())
    }
}

impl ConfigType for String {
    fn expected() -> String {
        "a text".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl ConfigType for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("it is neither".to_owned()),
        }
    }
}

fn parse_number<T: std::str::FromStr>(text: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.trim().parse().map_err(|e: T::Err| e.to_string())
}

impl ConfigType for u16 {
    fn expected() -> String {
        "a whole number from 0 to 65535".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_number(text)
    }
}

impl ConfigType for i32 {
    fn expected() -> String {
        "a whole number of 32 bits".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_number(text)
    }
}

impl ConfigType for u32 {
    fn expected() -> String {
        "a whole number from 0 to 2147483647".to_owned()
    }

    /// Flink's Integer without its negative half: what Flink would refuse as too large is refused here.
    fn parse(text: &str) -> Result<Self, String> {
        parse_number::<u32>(text).and_then(|n| i32::try_from(n).map(|_| n).map_err(|_| "it is too large".to_owned()))
    }
}

impl ConfigType for i64 {
    fn expected() -> String {
        "a whole number of 64 bits".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_number(text)
    }
}

impl ConfigType for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_number(text)
    }
}

impl ConfigType for MemorySize {
    fn expected() -> String {
        "a size such as '128m' or '1 gb' (units b, kb, mb, gb, tb; bytes without one)".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        MemorySize::parse(text)
    }
}

impl ConfigType for Duration {
    fn expected() -> String {
        "a duration such as '10 s', '1 min' or 'PT10S' (units d, h, min, s, ms, µs, ns; milliseconds without one)"
            .to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }
}

impl ConfigType for PortRange {
    fn expected() -> String {
        "a port, a range such as '8080-8090', or several of them with commas".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        PortRange::parse(text)
    }
}

impl<T: ConfigType> ConfigType for Vec<T> {
    fn expected() -> String {
        format!("a list with ';' between its items, or a YAML list; each item {}", T::expected())
    }

    fn parse(text: &str) -> Result<Self, String> {
        structured::parse_list(text)?.iter().map(|item| T::parse(item)).collect()
    }
}

impl ConfigType for IndexMap<String, String> {
    const IS_MAP: bool = true;

    fn expected() -> String {
        "a map such as 'k1:v1,k2:v2', or a YAML map".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        structured::parse_map(text)
    }
}

impl<T: ConfigType> ConfigType for Option<T> {
    const IS_MAP: bool = T::IS_MAP;

    fn expected() -> String {
        T::expected()
    }

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}
