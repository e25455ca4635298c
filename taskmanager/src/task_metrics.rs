//! What the TaskManager tells Prometheus about itself and its tasks, under Flink's names.

use std::collections::HashMap;

use common::telemetry::{MetricGroup, Metrics, TaskScope};
use dataflow::ExecutionAttemptId;
use dataflow::deployment::{TaskManagerReport, TaskMetricsSnapshot};

use crate::attempts::Attempts;

/// Gauges that are set from the executor's reports.
pub(crate) struct TaskManagerMetrics {
    metrics: Metrics,
    group: MetricGroup,
    /// A task's series vanish with its group.
    tasks: HashMap<ExecutionAttemptId, MetricGroup>,
}

impl TaskManagerMetrics {
    pub(crate) fn new(host: &str, resource_id: &str) -> Self {
        let metrics = Metrics::new();
        let group = MetricGroup::taskmanager(&metrics, host, resource_id);
        TaskManagerMetrics { metrics, group, tasks: HashMap::new() }
    }

    /// The registry, for a reporter.
    pub(crate) fn registry(&self) -> &Metrics {
        &self.metrics
    }

    /// Sets every gauge.
    pub(crate) fn refresh(&mut self, report: &TaskManagerReport, attempts: &Attempts) {
        let memory = self.group.subgroup("Status").subgroup("JVM").subgroup("Memory").subgroup("Heap");
        memory.gauge("Used").set(report.resident_memory as f64);
        self.tasks.retain(|id, _| report.tasks.iter().any(|(running, _)| running == id));
        for (id, counters) in &report.tasks {
            let Some(attempt) = attempts.get(*id) else { continue };
            let group = self.tasks.entry(*id).or_insert_with(|| {
                self.group.job(&id.job.to_string(), &attempt.job_name).task(&TaskScope {
                    task_id: &id.vertex.to_string(),
                    task_name: &attempt.vertex_name,
                    attempt_id: &id.to_string(),
                    attempt_number: id.attempt,
                    subtask_index: id.subtask,
                })
            });
            set_task(group, counters);
        }
    }
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
    ] {
        group.gauge(name).set(value as f64);
    }
    if let Some(watermark) = counters.watermark {
        group.gauge("currentInputWatermark").set(watermark as f64);
    }
}
