//! The types an option can have and how each reads its text. The rules are those of Flink's `ConfigurationUtils`.

use std::num::{IntErrorKind, ParseIntError};
use std::str::FromStr;
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

/// Reads a whole number; Rust's own messages would speak of types and digits.
fn parse_whole<T: FromStr<Err = ParseIntError>>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|e: ParseIntError| match e.kind() {
        IntErrorKind::PosOverflow => "it is too large".to_owned(),
        IntErrorKind::NegOverflow => "it is too small".to_owned(),
        IntErrorKind::InvalidDigit if text.trim().parse::<i64>().is_ok() => "it is negative".to_owned(),
        _ => "it is not a whole number".to_owned(),
    })
}

impl ConfigType for u16 {
    fn expected() -> String {
        "a whole number from 0 to 65535".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_whole(text)
    }
}

impl ConfigType for i32 {
    fn expected() -> String {
        "a whole number of 32 bits".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_whole(text)
    }
}

impl ConfigType for u32 {
    fn expected() -> String {
        "a whole number from 0 to 2147483647".to_owned()
    }

    /// Flink's Integer without its negative half: what Flink would refuse as too large is refused here.
    fn parse(text: &str) -> Result<Self, String> {
        parse_whole::<u32>(text).and_then(|n| i32::try_from(n).map(|_| n).map_err(|_| "it is too large".to_owned()))
    }
}

impl ConfigType for i64 {
    fn expected() -> String {
        "a whole number of 64 bits".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        parse_whole(text)
    }
}

impl ConfigType for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| "it is not a number".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: ConfigType + std::fmt::Debug>(text: &str) -> String {
        T::parse(text).unwrap_err()
    }

    #[test]
    fn scalars_read_what_flink_reads() {
        assert_eq!(u16::parse(" 8081 "), Ok(8081));
        assert_eq!(i32::parse("-1"), Ok(-1));
        assert_eq!(u32::parse("2147483647"), Ok(2_147_483_647));
        assert_eq!(i64::parse("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(f64::parse("0.4"), Ok(0.4));
        assert_eq!(bool::parse("TRUE"), Ok(true));
        assert_eq!(Option::<u16>::parse("1"), Ok(Some(1)));
        assert_eq!(Vec::<u16>::parse("1;2"), Ok(vec![1, 2]));
    }

    #[test]
    fn problems_are_said_in_plain_words() {
        for (problem, words) in [
            (problem::<u16>("80810"), "it is too large"),
            (problem::<u32>("2147483648"), "it is too large"),
            (problem::<u32>("-1"), "it is negative"),
            (problem::<i32>("80 81"), "it is not a whole number"),
            (problem::<i32>(""), "it is not a whole number"),
            (problem::<f64>("half"), "it is not a number"),
            (problem::<bool>("yes"), "it is neither"),
        ] {
            assert_eq!(problem, words);
        }
    }
}
