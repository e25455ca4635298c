//! The metrics of a task under Flink's names, and the counters that details show.

use dataflow::deployment::TaskMetricsSnapshot;

use super::messages::IoMetrics;
use crate::scheduling::{Execution, ExecutionMetrics};

/// A metric's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MetricNumber {
    Count(i64),
    Rate(f64),
    Flag(bool),
}

impl MetricNumber {
    /// As Flink writes it.
    pub(super) fn text(self) -> String {
        match self {
            MetricNumber::Count(count) => count.to_string(),
            MetricNumber::Rate(rate) => format!("{rate:?}"),
            MetricNumber::Flag(flag) => flag.to_string(),
        }
    }

    /// As a number, to be aggregated.
    pub(super) fn as_f64(self) -> f64 {
        match self {
            MetricNumber::Count(count) => count as f64,
            MetricNumber::Rate(rate) => rate,
            MetricNumber::Flag(flag) => f64::from(u8::from(flag)),
        }
    }
}

/// All metrics of an attempt; none before its TaskManager has reported.
pub(super) fn metrics_of(execution: &Execution) -> Vec<(&'static str, MetricNumber)> {
    let Some((_, latest)) = &execution.metrics().latest else { return Vec::new() };
    let count = |value: u64| MetricNumber::Count(i64::try_from(value).unwrap_or(i64::MAX));
    let rate = |of: fn(&TaskMetricsSnapshot) -> u64| MetricNumber::Rate(per_second(execution.metrics(), of));
    let share = |of: fn(&TaskMetricsSnapshot) -> u64| {
        MetricNumber::Count(per_second(execution.metrics(), of).round().clamp(0.0, 1000.0) as i64)
    };
    let mut metrics = vec![
        ("numRecordsIn", count(latest.records_in)),
        ("numRecordsInPerSecond", rate(|m| m.records_in)),
        ("numRecordsOut", count(latest.records_out)),
        ("numRecordsOutPerSecond", rate(|m| m.records_out)),
        ("numBytesIn", count(latest.bytes_in)),
        ("numBytesInPerSecond", rate(|m| m.bytes_in)),
        ("numBytesOut", count(latest.bytes_out)),
        ("numBytesOutPerSecond", rate(|m| m.bytes_out)),
        ("numBytesInRemote", count(latest.bytes_in_remote)),
        ("numBytesInLocal", count(latest.bytes_in.saturating_sub(latest.bytes_in_remote))),
        ("numRecordsInRemote", count(latest.records_in_remote)),
        ("Shuffle.Netty.Input.numBytesInRemote", count(latest.bytes_in_remote)),
        ("Shuffle.Netty.Input.numBytesInLocal", count(latest.bytes_in.saturating_sub(latest.bytes_in_remote))),
        ("Shuffle.Netty.Input.Buffers.inputQueueLength", count(latest.input_queue_length)),
        ("Shuffle.Netty.Output.Buffers.outputQueueLength", count(latest.output_queue_length)),
        ("outputChannelsWithoutCredit", count(latest.channels_without_credit)),
        ("inputBarriersMissing", count(latest.barriers_missing)),
        ("numLateRecordsDropped", count(latest.late_records_dropped)),
        ("numRecordsInErrors", count(latest.decode_errors)),
        ("busyTimeMsPerSecond", share(|m| m.busy_ms)),
        ("backPressuredTimeMsPerSecond", share(|m| m.back_pressured_ms)),
        ("idleTimeMsPerSecond", share(|m| m.idle_ms)),
        ("accumulateBusyTimeMs", count(latest.busy_ms)),
        ("accumulateBackPressuredTimeMs", count(latest.back_pressured_ms)),
        ("accumulateIdleTimeMs", count(latest.idle_ms)),
        ("isBackPressured", MetricNumber::Flag(per_second(execution.metrics(), |m| m.back_pressured_ms) > 0.0)),
    ];
    metrics.extend(latest.watermark.map(|watermark| ("currentInputWatermark", MetricNumber::Count(watermark))));
    metrics
        .extend(latest.watermark_alignment_drift.map(|drift| ("watermarkAlignmentDrift", MetricNumber::Count(drift))));
    metrics
}

/// All metrics of an attempt as texts; `currentActivity` is one only there.
pub(super) fn metric_texts_of(execution: &Execution) -> Vec<(&'static str, String)> {
    let activity = execution.metrics().latest.as_ref().map(|(_, latest)| ("currentActivity", latest.activity.clone()));
    metrics_of(execution).into_iter().map(|(name, value)| (name, value.text())).chain(activity).collect()
}

/// How fast a counter grew between the two latest reports; 0 while there is only one.
pub(super) fn per_second(metrics: &ExecutionMetrics, of: fn(&TaskMetricsSnapshot) -> u64) -> f64 {
    match (&metrics.previous, &metrics.latest) {
        (Some((before, old)), Some((now, new))) if now > before => {
            of(new).saturating_sub(of(old)) as f64 * 1000.0 / (now - before) as f64
        }
        _ => 0.0,
    }
}

/// The counters of one subtask, or the sums of several.
pub(super) fn io_metrics<'a>(executions: impl Iterator<Item = &'a Execution>) -> IoMetrics {
    let mut complete = true;
    let mut sum = IoMetrics::default();
    for execution in executions {
        let Some((_, counters)) = &execution.metrics().latest else {
            complete = false;
            continue;
        };
        sum.read_bytes += counters.bytes_in;
        sum.write_bytes += counters.bytes_out;
        sum.read_records += counters.records_in;
        sum.write_records += counters.records_out;
        sum.accumulated_backpressured_time += counters.back_pressured_ms;
        sum.accumulated_idle_time += counters.idle_ms;
        sum.accumulated_busy_time += counters.busy_ms as f64;
    }
    IoMetrics {
        read_bytes_complete: complete,
        write_bytes_complete: complete,
        read_records_complete: complete,
        write_records_complete: complete,
        ..sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dataflow::{ExecutionAttemptId, JobId, VertexId};

    #[test]
    fn rates_are_of_the_two_latest_reports() {
        let id = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask: 0, attempt: 0 };
        let mut execution = Execution::new(id, 0);
        assert!(metrics_of(&execution).is_empty());
        assert!(!io_metrics([&execution].into_iter()).read_records_complete);
        let at = |records_in| TaskMetricsSnapshot { records_in, busy_ms: records_in * 5, ..Default::default() };
        execution.record_metrics(at(100), 1_000);
        execution.record_metrics(at(130), 1_500);
        let metrics = metrics_of(&execution);
        assert!(metric_texts_of(&execution).contains(&("currentActivity", String::new())));
        let get = |name| metrics.iter().find(|(id, _)| *id == name).unwrap().1.text();
        assert_eq!((get("numRecordsIn"), get("numRecordsInPerSecond")), ("130".into(), "60.0".into()));
        assert_eq!((get("busyTimeMsPerSecond"), get("isBackPressured")), ("300".into(), "false".into()));
        let sums = io_metrics([&execution, &execution].into_iter());
        assert_eq!((sums.read_records, sums.read_records_complete), (260, true));
    }
}
