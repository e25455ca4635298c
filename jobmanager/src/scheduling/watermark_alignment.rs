//! `WatermarkAlignment`: how far the sources of a job may go that wait for one another. A pure machine.
//!
//! As in Flink's SourceCoordinator: each reader reports its watermark, the lowest of a group and the source's own drift make the limit of its readers,
//! and a reader that has no watermark yet neither holds others back nor is held back.

use std::collections::BTreeMap;

use dataflow::OperatorId;
use dataflow::operator_spec::WatermarkAlignmentSpec;

/// What the sources of a job have reported. Watermarks in ms since the epoch.
#[derive(Debug, Default)]
pub struct WatermarkAlignment {
    sources: BTreeMap<OperatorId, AlignedSource>,
}

#[derive(Debug)]
struct AlignedSource {
    spec: WatermarkAlignmentSpec,
    /// By subtask.
    watermarks: BTreeMap<u32, i64>,
    /// The lowest of its readers before they were stopped: it counts until one of those that follow has reported.
    before: Option<i64>,
}

impl AlignedSource {
    fn lowest(&self) -> Option<i64> {
        self.watermarks.values().min().copied().or(self.before)
    }
}

impl WatermarkAlignment {
    /// A source begins, perhaps again.
    pub fn start(&mut self, source: OperatorId, spec: &WatermarkAlignmentSpec) {
        let before = self.sources.get(&source).and_then(AlignedSource::lowest);
        self.sources.insert(source, AlignedSource { spec: spec.clone(), watermarks: BTreeMap::new(), before });
    }

    /// The readers of a source have ended, for others to follow.
    pub fn stop(&mut self, source: OperatorId) {
        if let Some(source) = self.sources.get_mut(&source) {
            source.before = source.lowest();
            source.watermarks.clear();
        }
    }

    /// A reader has got so far; one that is idle or at its end reports the highest watermark there is.
    pub fn report(&mut self, source: OperatorId, subtask: u32, watermark: i64) {
        if let Some(source) = self.sources.get_mut(&source) {
            source.watermarks.insert(subtask, watermark);
        }
    }

    /// The watermarks that the readers of a source should not pass, by subtask.
    pub fn limits(&self, source: OperatorId) -> Vec<(u32, i64)> {
        let Some(source) = self.sources.get(&source) else { return Vec::new() };
        let group = self.sources.values().filter(|other| other.spec.group == source.spec.group);
        let Some(lowest) = group.filter_map(AlignedSource::lowest).min() else { return Vec::new() };
        let limit = lowest.saturating_add_unsigned(source.spec.max_drift_ms);
        source.watermarks.keys().map(|&subtask| (subtask, limit)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(group: &str, max_drift_ms: u64) -> WatermarkAlignmentSpec {
        WatermarkAlignmentSpec { group: group.into(), max_drift_ms, update_interval_ms: 1_000 }
    }

    const FAST: OperatorId = OperatorId(1);
    const SLOW: OperatorId = OperatorId(2);
    const OTHER: OperatorId = OperatorId(3);

    fn group() -> WatermarkAlignment {
        let mut group = WatermarkAlignment::default();
        group.start(FAST, &spec("g", 100));
        group.start(SLOW, &spec("g", 500));
        group.start(OTHER, &spec("h", 0));
        group
    }

    #[test]
    fn the_lowest_of_a_group_limits_each_reader_that_has_a_watermark() {
        let mut group = group();
        assert_eq!(group.limits(FAST), []);
        group.report(FAST, 0, 5_000);
        assert_eq!(group.limits(FAST), [(0, 5_100)], "nobody else has one yet");
        group.report(FAST, 2, 4_000);
        group.report(SLOW, 0, 1_000);
        group.report(OTHER, 0, 10);
        assert_eq!(group.limits(FAST), [(0, 1_100), (2, 1_100)]);
        assert_eq!(group.limits(SLOW), [(0, 1_500)], "each source has its own drift");
        assert_eq!(group.limits(OTHER), [(0, 10)]);
        group.report(SLOW, 0, i64::MAX);
        assert_eq!(group.limits(FAST), [(0, 4_100), (2, 4_100)], "what is at its end holds nobody back");
        group.report(FAST, 0, i64::MAX);
        group.report(FAST, 2, i64::MAX);
        assert_eq!(group.limits(SLOW), [(0, i64::MAX)]);
    }

    #[test]
    fn a_source_that_starts_again_holds_the_others_where_it_was_until_it_reports() {
        let mut group = group();
        group.report(FAST, 0, 5_000);
        group.report(SLOW, 0, 1_000);
        group.report(SLOW, 1, 2_000);
        group.stop(SLOW);
        assert_eq!((group.limits(FAST), group.limits(SLOW)), (vec![(0, 1_100)], vec![]));
        group.start(SLOW, &spec("g", 500));
        assert_eq!(group.limits(FAST), [(0, 1_100)]);
        group.report(SLOW, 1, 900);
        assert_eq!((group.limits(FAST), group.limits(SLOW)), (vec![(0, 1_000)], vec![(1, 1_400)]));
    }
}
