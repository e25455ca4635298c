//! The proleptic Gregorian calendar and local time, in whole numbers: days since 1970-01-01, milliseconds of the day.
//!
//! The conversions between days and dates count years from March, so that the leap day is the last day of a year.

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};

use crate::Zone;

/// Milliseconds of a day.
pub const MILLIS_PER_DAY: i64 = 86_400_000;

/// Year, month (1 to 12) and day of month of a day since the epoch.
pub fn date_of(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since the epoch of a date. The day may lie outside of the month: it then counts on.
pub fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Whether February has 29 days.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day so many months later; a day that the month has not becomes its last.
pub fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = date_of(days);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    days_of(year, month, day.min(days_in_month(year, month)))
}

/// The same time of day so many months later, in a count of `per_day` units a day since the epoch.
pub fn add_months_to_instant(value: i64, months: i64, per_day: i64) -> i64 {
    let (days, time) = (value.div_euclid(per_day), value.rem_euclid(per_day));
    add_months(days, months).wrapping_mul(per_day).wrapping_add(time)
}

/// Milliseconds by which the zone's local time is ahead of UTC at this instant.
pub fn offset_millis(utc_millis: i64, zone: Zone) -> i64 {
    if zone == Zone::UTC {
        return 0;
    }
    match naive(utc_millis) {
        Some(instant) => i64::from(zone.offset_from_utc_datetime(&instant).fix().local_minus_utc()) * 1_000,
        None => 0,
    }
}

/// Local time in the zone, as milliseconds since 1970-01-01T00:00 there.
pub fn to_local(utc_millis: i64, zone: Zone) -> i64 {
    utc_millis + offset_millis(utc_millis, zone)
}

/// The instant of a local time: the earlier one when clocks are put back, moved on by the gap when they are put forward, as in Java.
pub fn to_utc(local_millis: i64, zone: Zone) -> i64 {
    resolve(local_millis, zone, |earlier, _| earlier)
}

/// The same, by `java.text.SimpleDateFormat`: of the hour that comes twice it means the second, which is standard time.
pub fn to_utc_by_standard_time(local_millis: i64, zone: Zone) -> i64 {
    resolve(local_millis, zone, |_, later| later)
}

fn resolve(local_millis: i64, zone: Zone, twice: fn(FixedOffset, FixedOffset) -> FixedOffset) -> i64 {
    if zone == Zone::UTC {
        return local_millis;
    }
    let Some(local) = naive(local_millis) else { return local_millis };
    let offset = match zone.offset_from_local_datetime(&local) {
        LocalResult::Single(offset) => offset.local_minus_utc(),
        LocalResult::Ambiguous(earlier, later) => twice(earlier, later).local_minus_utc(),
        // In a gap the offset before it counts; no gap is longer than a day.
        LocalResult::None => {
            let before = local - TimeDelta::days(1);
            zone.offset_from_local_datetime(&before).earliest().map_or(0, |offset| offset.local_minus_utc())
        }
    };
    local_millis - i64::from(offset) * 1_000
}

fn naive(millis: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(millis).map(|instant| instant.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates() {
        assert_eq!(date_of(0), (1970, 1, 1));
        assert_eq!(days_of(2024, 2, 29), 19_782);
        for days in [-719_162, -1, 0, 11_016, 19_782, 2_932_896] {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(date_of(add_months(days_of(2024, 1, 31), 1)), (2024, 2, 29));
        assert_eq!(date_of(add_months(days_of(2024, 1, 31), -2)), (2023, 11, 30));
    }

    #[test]
    fn local_time_at_changes_of_the_clock() {
        let berlin = Zone::Named(chrono_tz::Tz::Europe__Berlin);
        let local =
            |day, hour: i64, minute: i64| days_of(2024, 3, day) * MILLIS_PER_DAY + hour * 3_600_000 + minute * 60_000;
        // 02:30 does not exist on 2024-03-31: it is 03:30 summer time.
        assert_eq!(to_utc(local(31, 2, 30), berlin), local(31, 1, 30));
        assert_eq!(to_local(to_utc(local(30, 12, 0), berlin), berlin), local(30, 12, 0));
        // 02:30 on 2024-10-27 happens twice: the first counts.
        let october = days_of(2024, 10, 27) * MILLIS_PER_DAY;
        assert_eq!(to_utc(october + 9_000_000, berlin), october + 1_800_000);
    }
}
