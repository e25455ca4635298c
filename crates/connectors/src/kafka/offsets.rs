//! Where reading starts and where it stops: `scan.startup.*` and `scan.bounded.*`.

use std::collections::BTreeMap;

use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

pub(super) const STARTUP_MODE: OptionDef = OptionDef::with_default(
    "scan.startup.mode",
    OptionKind::Choice(&["earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets"]),
    "group-offsets",
    "Where to start: the beginning, the end, the committed offsets of 'properties.group.id', a time, or given offsets.",
);
pub(super) const STARTUP_OFFSETS: OptionDef = OptionDef::optional(
    "scan.startup.specific-offsets",
    OptionKind::Text,
    "Offsets to start from, as 'partition:0,offset:42;partition:1,offset:300'.",
);
pub(super) const STARTUP_TIMESTAMP: OptionDef = OptionDef::optional(
    "scan.startup.timestamp-millis",
    OptionKind::Integer,
    "Time to start from, in milliseconds since the epoch.",
);
pub(super) const BOUNDED_MODE: OptionDef = OptionDef::with_default(
    "scan.bounded.mode",
    OptionKind::Choice(&["unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets"]),
    "unbounded",
    "Where to stop: nowhere, the end at the start of the job, the committed offsets of the group, a time, or given offsets.",
);
pub(super) const BOUNDED_OFFSETS: OptionDef = OptionDef::optional(
    "scan.bounded.specific-offsets",
    OptionKind::Text,
    "Offsets to stop before, as 'partition:0,offset:42;partition:1,offset:300'.",
);
pub(super) const BOUNDED_TIMESTAMP: OptionDef = OptionDef::optional(
    "scan.bounded.timestamp-millis",
    OptionKind::Integer,
    "Time to stop at, in milliseconds since the epoch.",
);

/// A position in each partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OffsetMode {
    Earliest,
    Latest,
    /// What the group has committed.
    Group,
    /// The first record at or after this time, milliseconds since the epoch.
    Timestamp(i64),
    /// By partition.
    Specific(BTreeMap<i32, i64>),
}

impl OffsetMode {
    /// Where to start.
    pub(super) fn startup(table: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        let mode = read_mode(table, [&STARTUP_MODE, &STARTUP_OFFSETS, &STARTUP_TIMESTAMP])?;
        Ok(mode.unwrap_or(OffsetMode::Group))
    }

    /// Where to stop; `None` when the source is unbounded.
    pub(super) fn bounded(table: &TableOptions<'_>) -> Result<Option<Self>, ConnectorError> {
        read_mode(table, [&BOUNDED_MODE, &BOUNDED_OFFSETS, &BOUNDED_TIMESTAMP])
    }
}

fn read_mode(
    table: &TableOptions<'_>,
    [mode, offsets, timestamp]: [&OptionDef; 3],
) -> Result<Option<OffsetMode>, ConnectorError> {
    let chosen = table.text(mode).unwrap_or_default().to_ascii_lowercase();
    let needed = |def: &OptionDef| table.error_of(def, &format!("is required by '{}' = '{chosen}'", mode.key));
    Ok(Some(match chosen.as_str() {
        "earliest-offset" => OffsetMode::Earliest,
        "latest-offset" => OffsetMode::Latest,
        "group-offsets" => OffsetMode::Group,
        "timestamp" => OffsetMode::Timestamp(table.integer(timestamp)?.ok_or_else(|| needed(timestamp))?),
        "specific-offsets" => {
            let text = table.text(offsets).ok_or_else(|| needed(offsets))?;
            OffsetMode::Specific(parse_offsets(text).ok_or_else(|| {
                table
                    .error_of(offsets, &format!("cannot be read: '{text}'"))
                    .with_hint("write 'partition:0,offset:42;partition:1,offset:300'")
            })?)
        }
        _ => return Ok(None),
    }))
}

fn parse_offsets(text: &str) -> Option<BTreeMap<i32, i64>> {
    let mut offsets = BTreeMap::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (partition, offset) = pair.split_once(',')?;
        let partition = partition.trim().strip_prefix("partition:")?.trim().parse().ok()?;
        let offset = offset.trim().strip_prefix("offset:")?.trim().parse().ok()?;
        offsets.insert(partition, offset);
    }
    (!offsets.is_empty()).then_some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specific_offsets_are_read() {
        let read = |text| parse_offsets(text).map(|offsets| offsets.into_iter().collect::<Vec<_>>());
        assert_eq!(read("partition:0,offset:42;partition:1,offset:300"), Some(vec![(0, 42), (1, 300)]));
        assert_eq!(read(" partition:0 , offset:42 ; "), Some(vec![(0, 42)]));
        for text in ["", "0:42", "partition:x,offset:1", "partition:0;offset:1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
