//! What expressions are evaluated in: the session's time zone and the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono_tz::Tz;
use dataflow::{Failure, RowType};

/// The Flink key of the session's time zone.
const TIME_ZONE_KEY: &str = "table.local-time-zone";

/// What expressions are evaluated in.
#[derive(Debug, Clone)]
pub struct EvalContext {
    /// The session's time zone.
    pub time_zone: Tz,
    /// Milliseconds since the epoch, now.
    pub now: fn() -> i64,
    /// Names of the input columns, for messages; without them a column is `$0`.
    column_names: Arc<[String]>,
}

impl EvalContext {
    /// A context of this time zone and clock.
    pub fn new(time_zone: Tz, now: fn() -> i64) -> Self {
        Self { time_zone, now, column_names: Arc::default() }
    }

    /// The context that a job's configuration asks for (`table.local-time-zone`; `default` is the machine's zone) with the machine's clock.
    pub fn from_config(config: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let time_zone = match config.get(TIME_ZONE_KEY).map(String::as_str) {
            None | Some("default") => machine_zone(),
            Some(id) => parse_zone(id).ok_or_else(|| {
                Failure::user(format!(
                    "{TIME_ZONE_KEY}: '{id}' is not a time zone; use a name like 'America/Los_Angeles', 'UTC' or 'GMT-08:00'"
                ))
                .fatal()
            })?,
        };
        Ok(Self::new(time_zone, machine_now))
    }

    /// The same context, which names the columns of this row type in its messages.
    pub fn with_columns(&self, input: &RowType) -> Self {
        let column_names = input.fields.iter().map(|field| field.name.clone()).collect();
        Self { column_names, ..self.clone() }
    }

    pub(crate) fn column_name(&self, index: usize) -> String {
        self.column_names.get(index).map_or_else(|| format!("${index}"), String::clone)
    }
}

impl Default for EvalContext {
    /// UTC and the machine's clock.
    fn default() -> Self {
        Self::new(Tz::UTC, machine_now)
    }
}

fn machine_now() -> i64 {
    // A clock set before 1970 is read as 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A zone by its name, or by a fixed offset of whole hours: `GMT-08:00`, `+02:00`.
pub fn parse_zone(id: &str) -> Option<Tz> {
    if let Ok(zone) = id.parse::<Tz>() {
        return Some(zone);
    }
    let offset = id.strip_prefix("GMT").or_else(|| id.strip_prefix("UTC")).unwrap_or(id);
    let (sign, digits) = match offset.split_at_checked(1)? {
        // POSIX names count west as positive.
        ("+", digits) => ('-', digits),
        ("-", digits) => ('+', digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let hours: u8 = hours.parse().ok()?;
    if minutes != "00" {
        return None;
    }
    match hours {
        0 => Some(Tz::UTC),
        _ => format!("Etc/GMT{sign}{hours}").parse().ok(),
    }
}

/// The machine's zone: `TZ`, else what /etc says, else UTC.
fn machine_zone() -> Tz {
    let from_env = std::env::var("TZ").ok().and_then(|id| parse_zone(id.trim_start_matches(':')));
    let from_file = || parse_zone(std::fs::read_to_string("/etc/timezone").ok()?.trim());
    let from_link = || {
        let target = std::fs::read_link("/etc/localtime").ok()?;
        parse_zone(target.to_str()?.split_once("zoneinfo/")?.1)
    };
    from_env.or_else(from_file).or_else(from_link).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        assert_eq!(parse_zone("Europe/Berlin"), Some(Tz::Europe__Berlin));
        assert_eq!(parse_zone("GMT-08:00"), "Etc/GMT+8".parse().ok());
        assert_eq!(parse_zone("+00:00"), Some(Tz::UTC));
        assert_eq!(parse_zone("nowhere"), None);
        let config = BTreeMap::from([(TIME_ZONE_KEY.to_owned(), "Mars".to_owned())]);
        assert!(EvalContext::from_config(&config).expect_err("no such zone").message.contains("'Mars'"));
    }
}
