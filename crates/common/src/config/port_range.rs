//! Ports a server may bind to, as Flink's `NetUtils.getPortRangeFromString` reads them: `8081`, `8080-8090`, `8081,9000-9010`.

use std::fmt;
use std::ops::RangeInclusive;

/// One or more ports to try in order. Port 0 lets the operating system choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange {
    ranges: Vec<RangeInclusive<u16>>,
}

impl PortRange {
    /// Just this port.
    pub fn single(port: u16) -> Self {
        PortRange { ranges: vec![port..=port] }
    }

    /// Parses Flink's text form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| format!("'{}' is not a port", text.trim()));
        let mut ranges = Vec::new();
        for part in text.trim().split(',') {
            let range = match part.split_once('-') {
                Some((first, last)) => port(first)?..=port(last)?,
                None => port(part)?..=port(part)?,
            };
            if range.is_empty() {
                return Err(format!("the range '{}' is backwards", part.trim()));
            }
            ranges.push(range);
        }
        Ok(PortRange { ranges })
    }

    /// The ports in the order to try them.
    pub fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        self.ranges.iter().flat_map(Clone::clone)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.ranges.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::PortRange;

    #[test]
    fn reads_ports_ranges_and_lists() {
        for (text, ports) in
            [("0", vec![0]), (" 8081 ", vec![8081]), ("9250-9252", vec![9250, 9251, 9252]), ("1,5-6", vec![1, 5, 6])]
        {
            let range = PortRange::parse(text).unwrap();
            assert_eq!(range.ports().collect::<Vec<_>>(), ports, "{text}");
            assert_eq!(range.to_string(), text.trim());
        }
        for text in ["", "x", "70000", "9-8", "1,", "1-2-3"] {
            assert!(PortRange::parse(text).is_err(), "{text}");
        }
    }
}
