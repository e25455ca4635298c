//! Window lengths of a job file as SQL interval literals.

use std::time::Duration;

/// A literal that holds any length to the millisecond, whatever its size.
pub(super) fn literal(length: Duration) -> String {
    let millis = length.as_millis();
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("INTERVAL '{days} {hours:02}:{minutes:02}:{seconds:02}.{:03}' DAY(6) TO SECOND(3)", rest % 1_000)
}
