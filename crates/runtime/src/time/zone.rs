//! Wall-clock time and instants, as windows over TIMESTAMP_LTZ and processing time need them: they are aligned to the clock on the wall.

use chrono::offset::LocalResult;
use chrono::{DateTime, Offset, TimeZone};
use dataflow::Failure;
use expr::Zone;

/// The zone of this name, as a planner writes it into a spec.
pub fn parse_zone(name: &str) -> Result<Zone, Failure> {
    Zone::of_time_zone(name).ok_or_else(|| Failure::internal(format!("'{name}' is not a time zone")))
}

const DAY_MS: i64 = 86_400_000;

/// The wall clock's time, as ms since 1970-01-01 00:00 on that clock, at an instant (ms since the epoch).
pub fn to_local_millis(epoch: i64, zone: Zone) -> i64 {
    if zone == Zone::UTC { epoch } else { epoch + offset_millis(epoch, zone) }
}

/// The instant at which the wall clock shows a time. As in Java: the earlier one when the clock is set back over it; when the clock jumps over it,
/// the time is read with the offset from before the jump.
pub fn to_epoch_millis(local: i64, zone: Zone) -> i64 {
    if zone == Zone::UTC {
        return local;
    }
    let Some(wall_clock) = DateTime::from_timestamp_millis(local) else { return local };
    match zone.from_local_datetime(&wall_clock.naive_utc()) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.timestamp_millis(),
        LocalResult::None => local - offset_millis(local - DAY_MS, zone),
    }
}

fn offset_millis(epoch: i64, zone: Zone) -> i64 {
    let Some(instant) = DateTime::from_timestamp_millis(epoch) else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc().timestamp_millis()
    }

    #[test]
    fn clock_changes_follow_java() {
        let berlin = Zone::Named(chrono_tz::Tz::Europe__Berlin);
        for (local, epoch) in [
            ("2024-01-15 12:00", "2024-01-15 11:00"),
            ("2024-07-15 12:00", "2024-07-15 10:00"),
            // Jumped over: 02:30 is read with the winter's offset.
            ("2024-03-31 02:30", "2024-03-31 01:30"),
            // There twice: the first one.
            ("2024-10-27 02:30", "2024-10-27 00:30"),
        ] {
            assert_eq!(to_epoch_millis(millis(local), berlin), millis(epoch), "{local}");
        }
        assert_eq!(to_local_millis(millis("2024-07-15 10:00"), berlin), millis("2024-07-15 12:00"));
        assert_eq!(to_local_millis(-5, Zone::UTC), -5);
    }
}
