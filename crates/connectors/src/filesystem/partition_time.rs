//! The time that a partition stands for, read from its values as Flink's default extractor reads it.

use std::path::Path;

use chrono::offset::LocalResult;
use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use dataflow::Failure;
use dataflow::Zone;

use super::path::partition_value;

/// Finds the time in the path of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartitionTime {
    /// Partition keys, in order.
    pub(super) keys: Vec<String>,
    /// A text with `$key` for the values; the first value alone when it is absent.
    pub(super) pattern: Option<String>,
    /// Of the clock that the values show.
    pub(super) zone: Zone,
}

impl PartitionTime {
    /// In ms since the epoch.
    pub(super) fn of(&self, partition: &str) -> Result<i64, Failure> {
        let value = |key: &str| partition_value(Path::new(partition), key).unwrap_or_default();
        let text = match &self.pattern {
            None => self.keys.first().map(|key| value(key)).unwrap_or_default(),
            Some(pattern) => {
                self.keys.iter().fold(pattern.clone(), |text, key| text.replace(&format!("${key}"), &value(key)))
            }
        };
        local_time(&text).map(|time| epoch_millis(time, self.zone)).ok_or_else(|| {
            Failure::user(format!(
                "partition '{partition}' has no time: '{text}' is neither 'yyyy-MM-dd HH:mm:ss' nor 'yyyy-MM-dd'; \
                 see the option 'partition.time-extractor.timestamp-pattern'"
            ))
        })
    }
}

/// A date, or a date and a time of day. Fields may be short, and those that are too large count into the next one, as in Flink.
fn local_time(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "0:0:0"));
    let [year, month, day] = fields(date, '-')?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = fields(seconds, ':')?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    // Month and day 0 are those before the first.
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 1, 1)?;
    let month = first.checked_add_months(Months::new(month))?.checked_sub_months(Months::new(1))?;
    let day = month.checked_add_signed(TimeDelta::days(i64::from(day) - 1))?.and_hms_opt(0, 0, 0)?;
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    day.checked_add_signed(TimeDelta::milliseconds(seconds * 1_000 + millis))
}

/// Three numbers, of which the last two have one or two digits.
fn fields(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut fields = text.split(separator);
    let mut next = |longest: usize| {
        let text = fields.next().filter(|text| (1..=longest).contains(&text.len()))?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let found = [next(if separator == '-' { 10 } else { 2 })?, next(2)?, next(2)?];
    fields.next().is_none().then_some(found)
}

/// The instant at which a clock in this zone shows the time. As in Java: the earlier one of two; a time that the clock jumps over is read with
/// the offset from before the jump.
fn epoch_millis(time: NaiveDateTime, zone: Zone) -> i64 {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.timestamp_millis(),
        LocalResult::None => {
            let local = time.and_utc().timestamp_millis();
            let before = DateTime::from_timestamp_millis(local - 86_400_000).unwrap_or_default().naive_utc();
            local - i64::from(zone.offset_from_utc_datetime(&before).fix().local_minus_utc()) * 1_000
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(pattern: Option<&str>, zone: Zone, partition: &str) -> Result<String, Failure> {
        let keys = ["dt", "hour"].map(str::to_owned).into();
        let time = PartitionTime { keys, pattern: pattern.map(str::to_owned), zone }.of(partition)?;
        Ok(DateTime::from_timestamp_millis(time).unwrap().format("%F %T%.f").to_string())
    }

    #[test]
    fn the_first_value_or_the_pattern_is_the_time() {
        for (pattern, partition, expected) in [
            (None, "dt=2024-03-05/hour=7/", "2024-03-05 00:00:00"),
            (None, "dt=2024-3-5 1%3A2%3A3.5/hour=7/", "2024-03-05 01:02:03.500"),
            (Some("$dt $hour:00:00"), "dt=2024-03-05/hour=7/", "2024-03-05 07:00:00"),
            (Some("$dt $hour:00:00"), "dt=2024-12-31/hour=24/", "2025-01-01 00:00:00"),
            (Some("2024-13-$hour"), "dt=x/hour=31/", "2025-01-31 00:00:00"),
            (Some("2024-00-$hour"), "dt=x/hour=0/", "2023-11-30 00:00:00"),
        ] {
            assert_eq!(time(pattern, Zone::UTC, partition).unwrap(), expected, "{partition}");
        }
        for partition in
            ["dt=20240305/", "dt=2024-03/", "dt=2024-03-05 7/", "dt=2024-03-05 1%3A2%3A3./", "dt=x/", "p=1/"]
        {
            let failure = time(None, Zone::UTC, partition).unwrap_err();
            assert!(failure.message.contains(&format!("partition '{partition}' has no time")), "{failure}");
        }
    }

    #[test]
    fn the_clock_is_that_of_the_zone() {
        let berlin = |date: &str| {
            time(Some(&format!("{date} $hour:30:00")), Zone::Named(chrono_tz::Tz::Europe__Berlin), "dt=x/hour=2/")
                .unwrap()
        };
        assert_eq!(berlin("2024-07-01"), "2024-07-01 00:30:00");
        assert_eq!(berlin("2024-03-31"), "2024-03-31 01:30:00", "the clock jumps over it");
        assert_eq!(berlin("2024-10-27"), "2024-10-27 00:30:00", "there twice");
    }
}
