//! `Zone`: a time zone of the tz database, or a fixed distance from UTC (`GMT+05:30`).
//!
//! Java has two ways to read the name of a zone, and Flink uses both: `java.util.TimeZone` ([`Zone::of_time_zone`]) takes no distance but behind `GMT`,
//! in loose spelling; `java.time.ZoneId` ([`Zone::of_zone_id`]) takes `+05:30`, `UTC+05:30` and the like too, in strict spelling.

use std::fmt;

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Of the tz database.
    Named(Tz),
    /// Always as far from UTC. Never zero, which is [`Zone::UTC`].
    Fixed(FixedOffset),
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone::Named(Tz::UTC);

    /// As `java.util.TimeZone` reads it: a name, or `GMT+5`, `GMT-08:00`, `GMT+0530`.
    pub fn of_time_zone(id: &str) -> Option<Self> {
        named(id).or_else(|| named(short_id(id)?)).or_else(|| {
            let (sign, digits) = sign_of(id.strip_prefix("GMT")?)?;
            let (hours, minutes) = match digits.split_once(':') {
                Some((hours, minutes)) if (1..=2).contains(&hours.len()) && minutes.len() == 2 => (hours, minutes),
                None if (1..=2).contains(&digits.len()) => (digits, "00"),
                None if (3..=4).contains(&digits.len()) => digits.split_at_checked(digits.len() - 2)?,
                _ => return None,
            };
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            (hours < 24 && minutes < 60).then(|| Zone::fixed(sign * (hours * 3_600 + minutes * 60)))?
        })
    }

    /// As `java.time.ZoneId` reads it: a name, `Z`, or a distance, also behind `UTC`, `GMT` or `UT`.
    pub fn of_zone_id(id: &str) -> Option<Self> {
        if id == "Z" {
            return Some(Zone::UTC);
        }
        let behind_prefix = ["UTC", "GMT", "UT"].into_iter().find_map(|prefix| id.strip_prefix(prefix));
        named(id).or_else(|| offset_of(behind_prefix.unwrap_or(id)))
    }

    fn fixed(seconds: i32) -> Option<Self> {
        match seconds {
            0 => Some(Zone::UTC),
            _ => FixedOffset::east_opt(seconds).map(Zone::Fixed),
        }
    }

    /// What the clocks of the zone are called at an instant: `CET`, `GMT+05:30`.
    pub fn abbreviation(self, instant: &NaiveDateTime) -> String {
        match self {
            Zone::Named(zone) => {
                let offset = zone.offset_from_utc_datetime(instant);
                offset.abbreviation().unwrap_or(zone.name()).to_owned()
            }
            Zone::Fixed(_) => self.to_string(),
        }
    }
}

/// The zone that Java means by three letters.
fn short_id(id: &str) -> Option<&'static str> {
    Some(match id {
        "ACT" => "Australia/Darwin",
        "AET" => "Australia/Sydney",
        "AGT" => "America/Argentina/Buenos_Aires",
        "ART" => "Africa/Cairo",
        "AST" => "America/Anchorage",
        "BET" => "America/Sao_Paulo",
        "BST" => "Asia/Dhaka",
        "CAT" => "Africa/Harare",
        "CNT" => "America/St_Johns",
        "CST" => "America/Chicago",
        "CTT" => "Asia/Shanghai",
        "EAT" => "Africa/Addis_Ababa",
        "ECT" => "Europe/Paris",
        "IET" => "America/Indiana/Indianapolis",
        "IST" => "Asia/Kolkata",
        "JST" => "Asia/Tokyo",
        "MIT" => "Pacific/Apia",
        "NET" => "Asia/Yerevan",
        "NST" => "Pacific/Auckland",
        "PLT" => "Asia/Karachi",
        "PNT" => "America/Phoenix",
        "PRT" => "America/Puerto_Rico",
        "PST" => "America/Los_Angeles",
        "SST" => "Pacific/Guadalcanal",
        "VST" => "Asia/Ho_Chi_Minh",
        _ => return None,
    })
}

/// The name, which [`Zone::of_time_zone`] reads.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Named(zone) => f.write_str(zone.name()),
            Zone::Fixed(offset) => {
                let seconds = offset.local_minus_utc();
                let sign = if seconds < 0 { '-' } else { '+' };
                write!(f, "GMT{sign}{:02}:{:02}", seconds.abs() / 3_600, seconds.abs() / 60 % 60)
            }
        }
    }
}

impl TimeZone for Zone {
    type Offset = FixedOffset;

    fn from_offset(offset: &FixedOffset) -> Self {
        Zone::fixed(offset.local_minus_utc()).unwrap_or(Zone::UTC)
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<FixedOffset> {
        match self {
            Zone::Named(zone) => zone.offset_from_local_date(local).map(|offset| offset.fix()),
            Zone::Fixed(offset) => MappedLocalTime::Single(*offset),
        }
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
        match self {
            Zone::Named(zone) => zone.offset_from_local_datetime(local).map(|offset| offset.fix()),
            Zone::Fixed(offset) => MappedLocalTime::Single(*offset),
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> FixedOffset {
        match self {
            Zone::Named(zone) => zone.offset_from_utc_date(utc).fix(),
            Zone::Fixed(offset) => *offset,
        }
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        match self {
            Zone::Named(zone) => zone.offset_from_utc_datetime(utc).fix(),
            Zone::Fixed(offset) => *offset,
        }
    }
}

fn named(id: &str) -> Option<Zone> {
    id.parse::<Tz>().ok().map(Zone::Named)
}

fn sign_of(text: &str) -> Option<(i32, &str)> {
    match text.split_at_checked(1)? {
        ("+", rest) => Some((1, rest)),
        ("-", rest) => Some((-1, rest)),
        _ => None,
    }
}

fn number(digits: &str) -> Option<i32> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// `+h`, `+hh`, `+hh:mm`, `+hhmm`, `+hh:mm:ss`, `+hhmmss`; at most 18 hours.
fn offset_of(text: &str) -> Option<Zone> {
    let (sign, digits) = sign_of(text)?;
    if digits.is_empty() {
        return None;
    }
    let parts: Vec<&str> = match digits.contains(':') {
        true => digits.split(':').collect(),
        false if digits.len() == 1 => vec![digits],
        false if digits.len() % 2 == 0 && digits.is_ascii() => {
            (0..digits.len()).step_by(2).map(|at| &digits[at..at + 2]).collect()
        }
        false => return None,
    };
    let is_short = parts.len() == 1 && digits.len() == 1;
    if parts.len() > 3 || parts.iter().any(|part| part.len() != 2) && !is_short {
        return None;
    }
    let mut seconds = 0;
    for (part, unit) in parts.iter().zip([3_600, 60, 1]) {
        let value = number(part)?;
        if unit < 3_600 && value >= 60 {
            return None;
        }
        seconds += value * unit;
    }
    if seconds > 18 * 3_600 { None } else { Zone::fixed(sign * seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(zone: Option<Zone>) -> Option<i32> {
        let epoch = chrono::DateTime::UNIX_EPOCH.naive_utc();
        zone.map(|zone| zone.offset_from_utc_datetime(&epoch).local_minus_utc() / 60)
    }

    #[test]
    fn both_ways_of_java() {
        for (id, time_zone, zone_id) in [
            ("GMT+05:30", Some(330), Some(330)),
            ("GMT-08:00", Some(-480), Some(-480)),
            ("GMT+5", Some(300), Some(300)),
            ("GMT+5:30", Some(330), None),
            ("GMT+530", Some(330), None),
            ("GMT+0530", Some(330), Some(330)),
            ("GMT-00:30", Some(-30), Some(-30)),
            ("GMT+23:59", Some(1_439), None),
            ("GMT+24:00", None, None),
            ("GMT+05:60", None, None),
            ("UTC+05:30", None, Some(330)),
            ("UT+05", None, Some(300)),
            ("+05:30", None, Some(330)),
            ("+05:30:00", None, Some(330)),
            ("Z", None, Some(0)),
            ("GMT+00:00", Some(0), Some(0)),
            ("Etc/GMT+5", Some(-300), Some(-300)),
            ("UTC", Some(0), Some(0)),
            ("nowhere", None, None),
            ("GMT", Some(0), Some(0)),
            ("GMT+", None, None),
            ("+é1", None, None),
        ] {
            assert_eq!(minutes(Zone::of_time_zone(id)), time_zone, "{id} as a TimeZone");
            assert_eq!(minutes(Zone::of_zone_id(id)), zone_id, "{id} as a ZoneId");
        }
    }

    #[test]
    fn names_are_read_again() {
        for id in ["Europe/Berlin", "GMT+05:30", "GMT-12:45", "UTC"] {
            assert_eq!(Zone::of_time_zone(id).unwrap().to_string(), id);
        }
    }
}
