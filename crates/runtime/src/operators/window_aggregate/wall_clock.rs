//! The wall clock of windows over TIMESTAMP_LTZ and processing time: instants become local times row by row, ends of windows become timers.

use expr::Zone;

use dataflow::Failure;

use crate::time::zone::{parse_zone, to_epoch_millis, to_local_millis};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// Since 1980 clocks were only ever changed at whole minutes.
const WHOLE_MINUTES_SINCE_MS: i64 = 315_532_800_000;

/// The wall clock of a zone. Remembers the offset of the minute it was last asked for.
#[derive(Debug)]
pub(in crate::operators) struct WallClock {
    zone: Zone,
    minute: i64,
    offset: i64,
}

impl WallClock {
    /// The wall clock of the zone of this name.
    pub(in crate::operators) fn new(zone: &str) -> Result<Self, Failure> {
        Ok(Self { zone: parse_zone(zone)?, minute: i64::MIN, offset: 0 })
    }

    /// Whether it shows UTC, so that nothing needs to be converted.
    pub(in crate::operators) fn is_utc(&self) -> bool {
        self.zone == Zone::UTC
    }

    /// What the clock shows at this instant, ms.
    #[inline]
    pub(in crate::operators) fn local(&mut self, epoch: i64) -> i64 {
        let minute = epoch.div_euclid(MINUTE_MS);
        if minute != self.minute {
            let local = to_local_millis(epoch, self.zone);
            if epoch < WHOLE_MINUTES_SINCE_MS {
                return local;
            }
            (self.minute, self.offset) = (minute, local - epoch);
        }
        epoch + self.offset
    }

    /// The instant at which the clock shows this time.
    pub(in crate::operators) fn epoch(&self, local: i64) -> i64 {
        to_epoch_millis(local, self.zone)
    }

    /// When a window that ends at this local time is complete: the instant of its last millisecond, the later one when the clock shows it twice.
    /// When the clock jumps over it, the instant of the jump. After Flink's `TimeWindowUtil.toEpochMillsForTimer`.
    pub(in crate::operators) fn timer(&self, end: i64) -> i64 {
        if self.is_utc() {
            return end - 1;
        }
        let instant = self.epoch(end - 1);
        let hour_later = self.epoch(end - 1 + HOUR_MS);
        match hour_later - instant {
            0 => instant - instant % HOUR_MS,
            apart if apart > HOUR_MS => hour_later - HOUR_MS,
            _ => instant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc().timestamp_millis()
    }

    #[test]
    fn timers_at_clock_changes() {
        let berlin = WallClock::new("Europe/Berlin").unwrap();
        for (end, timer) in [
            ("2024-01-15 12:00", millis("2024-01-15 11:00") - 1),
            ("2024-07-15 12:00", millis("2024-07-15 10:00") - 1),
            // 02:29:59.999 is there twice: the window waits for the second one.
            ("2024-10-27 02:30", millis("2024-10-27 01:30") - 1),
            // 02:29:59.999 does not exist: the clock jumps at 01:00 UTC.
            ("2024-03-31 02:30", millis("2024-03-31 01:00")),
        ] {
            assert_eq!(berlin.timer(millis(end)), timer, "{end}");
        }
        assert_eq!(WallClock::new("UTC").unwrap().timer(10), 9);
    }

    #[test]
    fn local_time_is_that_of_the_zone() {
        for zone in [
            Zone::Named(chrono_tz::Tz::Europe__Berlin),
            Zone::Named(chrono_tz::Tz::Asia__Kathmandu),
            Zone::Named(chrono_tz::Tz::Africa__Monrovia),
            Zone::Named(chrono_tz::Tz::America__New_York),
        ] {
            let mut clock = WallClock::new(&zone.to_string()).unwrap();
            for step in 0..40_000 {
                let epoch = step * 41_234_567 - 500_000_000_000;
                assert_eq!(clock.local(epoch), to_local_millis(epoch, zone));
            }
        }
    }
}
