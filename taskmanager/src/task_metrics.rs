//! What the TaskManager tells Prometheus about itself and its tasks, under Flink's names.

use std::collections::HashMap;
use std::time::Instant;

use common::telemetry::{MetricGroup, Metrics, ProcessMetrics, TaskScope};
use dataflow::ExecutionAttemptId;
use dataflow::deployment::{TaskManagerReport, TaskMetricsSnapshot};

use crate::attempts::Attempts;

/// Gauges that are set from the executor's reports.
pub(crate) struct TaskManagerMetrics {
    metrics: Metrics,
    group: MetricGroup,
    process: ProcessMetrics,
    tasks: HashMap<ExecutionAttemptId, TaskMetrics>,
}

/// A task's series vanish with its group.
struct TaskMetrics {
    group: MetricGroup,
    /// The last report, and when it was.
    last: Option<(Instant, TaskMetricsSnapshot)>,
}

impl TaskManagerMetrics {
    /// `memory_limit` is what the process may use, `managed_memory` what of it is for state, bytes.
    pub(crate) fn new(host: &str, resource_id: &str, memory_limit: Option<u64>, managed_memory: u64) -> Self {
        let metrics = Metrics::new();
        let group = MetricGroup::taskmanager(&metrics, host, resource_id);
        managed(&group.subgroup("Status")).gauge("Total").set(managed_memory as f64);
        let process = ProcessMetrics::new(&group, memory_limit);
        TaskManagerMetrics { metrics, group, process, tasks: HashMap::new() }
    }

    /// The registry, for a reporter.
    pub(crate) fn registry(&self) -> &Metrics {
        &self.metrics
    }

    /// Sets every gauge.
    pub(crate) fn refresh(&mut self, report: &TaskManagerReport, attempts: &Attempts) {
        self.process.refresh();
        let status = self.group.subgroup("Status");
        managed(&status).gauge("Used").set(report.state_memory as f64);
        status.subgroup("State").gauge("SizeOnDisk").set(report.state_on_disk as f64);
        self.tasks.retain(|id, _| report.tasks.iter().any(|(running, _)| running == id));
        for (id, counters) in &report.tasks {
            let Some(attempt) = attempts.get(*id) else { continue };
            let task = self.tasks.entry(*id).or_insert_with(|| {
                let group = self.group.job(&id.job.to_string(), &attempt.job_name).task(&TaskScope {
                    task_id: &id.vertex.to_string(),
                    task_name: &attempt.vertex_name,
                    attempt_id: &id.to_string(),
                    attempt_number: id.attempt,
                    subtask_index: id.subtask,
                });
                TaskMetrics { group, last: None }
            });
            set_task(&task.group, counters);
            let now = Instant::now();
            if let Some((then, before)) = task.last.replace((now, counters.clone())) {
                set_rates(&task.group, &before, counters, now.duration_since(then).as_secs_f64());
            }
        }
    }
}

fn managed(status: &MetricGroup) -> MetricGroup {
    status.subgroup("Flink").subgroup("Memory").subgroup("Managed")
}

fn set_task(group: &MetricGroup, counters: &TaskMetricsSnapshot) {
    for (name, value) in [
        ("numRecordsIn", counters.records_in),
        ("numRecordsOut", counters.records_out),
        ("numBytesIn", counters.bytes_in),
        ("numBytesOut", counters.bytes_out),
        ("numBytesInRemote", counters.bytes_in_remote),
        ("numBytesInLocal", counters.bytes_in.saturating_sub(counters.bytes_in_remote)),
        ("numRecordsInRemote", counters.records_in_remote),
        ("numLateRecordsDropped", counters.late_records_dropped),
        ("numRecordsInErrors", counters.decode_errors),
        ("accumulateBusyTimeMs", counters.busy_ms),
        ("accumulateBackPressuredTimeMs", counters.back_pressured_ms),
        ("accumulateIdleTimeMs", counters.idle_ms),
        ("Shuffle_Netty_Input_Buffers_inputQueueLength", counters.input_queue_length),
        ("Shuffle_Netty_Output_Buffers_outputQueueLength", counters.output_queue_length),
        ("outputChannelsWithoutCredit", counters.channels_without_credit),
        ("inputBarriersMissing", counters.barriers_missing),
    ] {
        group.gauge(name).set(value as f64);
    }
    if let Some(watermark) = counters.watermark {
        group.gauge("currentInputWatermark").set(watermark as f64);
    }
    if let Some(drift) = counters.watermark_alignment_drift {
        group.gauge("watermarkAlignmentDrift").set(drift as f64);
    }
}

/// What grew by how much a second since the last report.
fn set_rates(group: &MetricGroup, before: &TaskMetricsSnapshot, now: &TaskMetricsSnapshot, seconds: f64) {
    if seconds <= 0.0 {
        return;
    }
    let rate = |of: fn(&TaskMetricsSnapshot) -> u64| of(now).saturating_sub(of(before)) as f64 / seconds;
    let share = |of| rate(of).clamp(0.0, 1000.0).round();
    let back_pressured = share(|m| m.back_pressured_ms);
    for (name, value) in [
        ("numRecordsInPerSecond", rate(|m| m.records_in)),
        ("numRecordsOutPerSecond", rate(|m| m.records_out)),
        ("numBytesInPerSecond", rate(|m| m.bytes_in)),
        ("numBytesOutPerSecond", rate(|m| m.bytes_out)),
        ("numBytesInRemotePerSecond", rate(|m| m.bytes_in_remote)),
        ("numBytesInLocalPerSecond", rate(|m| m.bytes_in.saturating_sub(m.bytes_in_remote))),
        ("busyTimeMsPerSecond", share(|m| m.busy_ms)),
        ("idleTimeMsPerSecond", share(|m| m.idle_ms)),
        ("backPressuredTimeMsPerSecond", back_pressured),
        // A task of flinkrs parks until there is room; nothing of it is held up in the middle of a row.
        ("softBackPressuredTimeMsPerSecond", back_pressured),
        ("hardBackPressuredTimeMsPerSecond", 0.0),
        ("isBackPressured", f64::from(u8::from(back_pressured > 0.0))),
    ] {
        group.gauge(name).set(value);
    }
}
