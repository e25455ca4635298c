//! `Alignment`: what a source knows of the others that it must not leave behind. Who compares them is the JobManager
//! (`scheduling/watermark_alignment.rs` there).

use dataflow::operator_spec::WatermarkAlignmentSpec;

/// Times in ms since the epoch.
#[derive(Debug)]
pub(super) struct Alignment {
    /// `scan.watermark.alignment.update-interval`, ms.
    pub(super) interval: i64,
    /// When the JobManager is next told of the source's watermark.
    pub(super) report_at: i64,
    /// The watermark that should not be passed; none until the JobManager has said one.
    pub(super) limit: Option<i64>,
}

impl Alignment {
    pub(super) fn new(spec: &WatermarkAlignmentSpec, now: i64) -> Self {
        let interval = i64::try_from(spec.update_interval_ms.max(1)).unwrap_or(i64::MAX);
        Self { interval, report_at: now.saturating_add(interval), limit: None }
    }
}
