//! What expressions are evaluated in: the session's time zone and the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use dataflow::{Failure, RowType};

use crate::Zone;

/// The Flink key of the session's time zone.
const TIME_ZONE_KEY: &str = "table.local-time-zone";

/// What expressions are evaluated in.
#[derive(Debug, Clone)]
pub struct EvalContext {
    /// The session's time zone.
    pub time_zone: Zone,
    /// Milliseconds since the epoch, now.
    pub now: fn() -> i64,
    /// Names of the input columns, for messages; without them a column is `$0`.
    column_names: Arc<[String]>,
    /// None where rows are not at a place of a pipeline.
    watermark: Option<CurrentWatermark>,
}

/// The watermark of the operator that evaluates: the operator sets it, CURRENT_WATERMARK reads it.
#[derive(Debug, Clone)]
pub struct CurrentWatermark(Arc<AtomicI64>);

impl Default for CurrentWatermark {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MIN)))
    }
}

impl CurrentWatermark {
    /// The watermark has come to `millis` since the epoch.
    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    /// Milliseconds since the epoch; none before the first watermark.
    pub(crate) fn get(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&millis| millis > i64::MIN)
    }
}

impl EvalContext {
    /// A context of this time zone and clock.
    pub fn new(time_zone: Zone, now: fn() -> i64) -> Self {
        Self { time_zone, now, column_names: Arc::default(), watermark: None }
    }

    /// The context that a job's configuration asks for (`table.local-time-zone`; `default` is the machine's zone) with the machine's clock.
    pub fn from_config(config: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let time_zone = match config.get(TIME_ZONE_KEY).map(String::as_str) {
            None | Some("default") => machine_zone(),
            // Both ways of Java have to take it, as in Flink.
            Some(id) => Zone::of_time_zone(id).filter(|_| Zone::of_zone_id(id).is_some()).ok_or_else(|| {
                Failure::user(format!(
                    "Invalid time zone '{id}' of {TIME_ZONE_KEY}. The value should be a Time Zone Database (TZDB) ID such as 'America/Los_Angeles' to include daylight saving time. Fixed offsets are supported using 'GMT-03:00' or 'GMT+03:00'. Or use 'UTC' without time zone and daylight saving time."
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

    /// The same context with a watermark of its own, for an operator that keeps it current.
    pub fn with_watermark(&self, watermark: CurrentWatermark) -> Self {
        Self { watermark: Some(watermark), ..self.clone() }
    }

    pub(crate) fn watermark(&self) -> Option<&CurrentWatermark> {
        self.watermark.as_ref()
    }

    pub(crate) fn column_name(&self, index: usize) -> String {
        self.column_names.get(index).map_or_else(|| format!("${index}"), String::clone)
    }
}

impl Default for EvalContext {
    /// UTC and the machine's clock.
    fn default() -> Self {
        Self::new(Zone::UTC, machine_now)
    }
}

fn machine_now() -> i64 {
    // A clock set before 1970 is read as 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// The machine's zone: `TZ`, else what /etc says, else UTC.
fn machine_zone() -> Zone {
    let from_env = std::env::var("TZ").ok().and_then(|id| Zone::of_time_zone(id.trim_start_matches(':')));
    let from_file = || Zone::of_time_zone(std::fs::read_to_string("/etc/timezone").ok()?.trim());
    let from_link = || {
        let target = std::fs::read_link("/etc/localtime").ok()?;
        Zone::of_time_zone(target.to_str()?.split_once("zoneinfo/")?.1)
    };
    from_env.or_else(from_file).or_else(from_link).unwrap_or(Zone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones() {
        let zone = |id: &str| {
            EvalContext::from_config(&BTreeMap::from([(TIME_ZONE_KEY.to_owned(), id.to_owned())]))
                .map(|it| it.time_zone)
        };
        assert_eq!(zone("GMT+05:30").ok(), Zone::of_time_zone("GMT+05:30"));
        assert!(zone("+05:30").is_err());
        let config = BTreeMap::from([(TIME_ZONE_KEY.to_owned(), "Mars".to_owned())]);
        assert!(EvalContext::from_config(&config).expect_err("no such zone").message.contains("'Mars'"));
    }
}
