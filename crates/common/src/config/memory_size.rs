//! Flink's `MemorySize`: a number of bytes written with a unit.

use std::fmt;

/// A number of bytes. Reads `128m`, `1 gb`, `64 kibibytes`, `1024`; units count in powers of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemorySize(u64);

/// Unit spellings with their size in bytes, largest first; the first spelling is the one that is displayed.
const UNITS: [(&[&str], u64); 5] = [
    (&["tb", "t", "tebibytes"], 1 << 40),
    (&["gb", "g", "gibibytes"], 1 << 30),
    (&["mb", "m", "mebibytes"], 1 << 20),
    (&["kb", "k", "kibibytes"], 1 << 10),
    (&["bytes", "b"], 1),
];

impl MemorySize {
    /// So many bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        MemorySize(bytes)
    }

    /// So many mebibytes.
    pub const fn from_mebibytes(mebibytes: u64) -> Self {
        MemorySize(mebibytes << 20)
    }

    /// The size in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Parses Flink's text form; a number without a unit counts bytes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err("it does not start with a number".to_owned());
        }
        let (number, unit) = (&text[..digits], text[digits..].trim().to_ascii_lowercase());
        let factor = match unit.as_str() {
            "" => 1,
            unit => UNITS
                .iter()
                .find(|(names, _)| names.contains(&unit))
                .map(|(_, factor)| *factor)
                .ok_or_else(|| format!("'{unit}' is not a unit of memory"))?,
        };
        // Flink keeps sizes in a signed 64-bit number; so must whoever talks to it.
        number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(factor))
            .filter(|bytes| i64::try_from(*bytes).is_ok())
            .map(MemorySize)
            .ok_or_else(|| "it exceeds 9223372036854775807 bytes".to_owned())
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (names, factor) =
            UNITS.iter().find(|(_, factor)| self.0 != 0 && self.0.is_multiple_of(*factor)).unwrap_or(&UNITS[4]);
        write!(f, "{} {}", self.0 / factor, names[0])
    }
}

#[cfg(test)]
mod tests {
    use super::MemorySize;
    use proptest::prelude::*;

    #[test]
    fn reads_flinks_forms() {
        for (text, bytes) in [
            ("0", 0),
            ("1024", 1024),
            ("7b", 7),
            ("7 bytes", 7),
            ("32kb", 32 << 10),
            ("128m", 128 << 20),
            ("128 MB", 128 << 20),
            ("3 mebibytes", 3 << 20),
            ("1 gb", 1 << 30),
            (" 2g ", 2 << 30),
            ("5t", 5 << 40),
            ("9223372036854775807 bytes", i64::MAX as u64),
        ] {
            assert_eq!(MemorySize::parse(text), Ok(MemorySize(bytes)), "{text}");
        }
        for text in ["", " ", "m", "-1m", "1.5g", "128 mib", "1 g b", "9223372036854775808", "9000000000t"] {
            assert!(MemorySize::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn display_reads_back(bytes in 0..=i64::MAX as u64) {
            prop_assert_eq!(MemorySize::parse(&MemorySize(bytes).to_string()), Ok(MemorySize(bytes)));
        }
    }
}
