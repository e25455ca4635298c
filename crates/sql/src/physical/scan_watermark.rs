//! The options `scan.watermark.*` of a table: how its source emits watermarks. A connector never sees them.
//!
//! They count where Flink pushes the watermark into the source, which are the Kafka connectors; of the others the file connector takes them without effect.

use std::collections::BTreeMap;
use std::time::Duration;

use common::config::parse_duration;
use dataflow::operator_spec::WatermarkAlignmentSpec;

use crate::ast::Span;
use crate::error::SqlError;
use crate::settings::Settings;

const EMIT_STRATEGY: &str = "scan.watermark.emit.strategy";
const IDLE_TIMEOUT: &str = "scan.watermark.idle-timeout";
const GROUP: &str = "scan.watermark.alignment.group";
const MAX_DRIFT: &str = "scan.watermark.alignment.max-drift";
const UPDATE_INTERVAL: &str = "scan.watermark.alignment.update-interval";
const KEYS: [&str; 5] = [EMIT_STRATEGY, IDLE_TIMEOUT, GROUP, MAX_DRIFT, UPDATE_INTERVAL];
const DEFAULT_UPDATE_INTERVAL: Duration = Duration::from_secs(1);

/// Connectors that make watermarks in their readers.
const PUSHED_INTO: [&str; 2] = ["kafka", "upsert-kafka"];
/// Connectors that check their options themselves, and know none of these.
const REFUSED_BY: [&str; 2] = ["datagen", "nexmark"];

/// How often a source emits watermarks, and when it is idle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanWatermark {
    /// As in [`WatermarkSpec`](dataflow::operator_spec::WatermarkSpec).
    pub interval_ms: u64,
    /// The same.
    pub idle_timeout_ms: u64,
    /// The same.
    pub alignment: Option<WatermarkAlignmentSpec>,
}

/// Takes the options away that are none of the connector's business.
pub(super) fn without_watermark_options(connector: &str, options: &mut BTreeMap<String, String>) {
    if !REFUSED_BY.contains(&connector) {
        options.retain(|key, _| !KEYS.contains(&key.as_str()));
    }
}

impl ScanWatermark {
    /// What the options of a table say, the settings where they say nothing.
    pub fn read(
        connector: &str,
        options: &BTreeMap<String, String>,
        settings: &Settings,
        span: Span,
    ) -> Result<Self, SqlError> {
        let invalid = |key: &str, hint: &str| {
            SqlError::validation(format!("Invalid value for option '{key}'."), span).with_hint(hint)
        };
        let duration = |key: &str| match options.get(key).map(|text| parse_duration(text)) {
            None => Ok(None),
            Some(Ok(duration)) => Ok(Some(duration)),
            Some(Err(_)) => Err(invalid(key, "use a duration such as '10 s' or '1 min'")),
        };
        let on_event = match options.get(EMIT_STRATEGY).map(|text| text.to_lowercase()).as_deref() {
            Some("on-event") => true,
            Some("on-periodic") | None => false,
            Some(_) => return Err(invalid(EMIT_STRATEGY, "use one of: on-event, on-periodic")),
        };
        let idle_timeout = duration(IDLE_TIMEOUT)?;
        let (max_drift, update_interval) = (duration(MAX_DRIFT)?, duration(UPDATE_INTERVAL)?);
        if options.contains_key(GROUP) != max_drift.is_some() {
            let message = format!("'{GROUP}' and '{MAX_DRIFT}' must be set when configuring watermark alignment");
            return Err(SqlError::validation(message, span));
        }
        let is_pushed = PUSHED_INTO.contains(&connector);
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let group = options.get(GROUP).filter(|_| is_pushed);
        let alignment = group.zip(max_drift).map(|(group, max_drift)| WatermarkAlignmentSpec {
            group: group.clone(),
            max_drift_ms: millis(max_drift),
            update_interval_ms: millis(update_interval.unwrap_or(DEFAULT_UPDATE_INTERVAL)),
        });
        Ok(Self {
            interval_ms: if is_pushed && on_event { 0 } else { settings.watermark_interval_ms },
            idle_timeout_ms: idle_timeout.filter(|_| is_pushed).map_or(settings.idle_timeout_ms, millis),
            alignment,
        })
    }
}
