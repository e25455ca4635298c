//! The metrics of tasks under Flink's names, asked of their TaskManagers, and the counters that details show.

use std::collections::{BTreeSet, HashMap};

use dataflow::metrics::{TaskManagerMetricsReport, TaskMetricsReport, rest_name};
use dataflow::{ExecutionAttemptId, JobId, Metric, MetricNumber};
use transport::Internal;

use super::messages::IoMetrics;
use crate::inspection::TaskManagerInspector;
use crate::scheduling::{Execution, ExecutionVertex};

/// A value as Flink writes it.
pub(super) fn text(value: &MetricNumber) -> String {
    match value {
        MetricNumber::Count(count) => count.to_string(),
        MetricNumber::Rate(rate) => format!("{rate:?}"),
        MetricNumber::Flag(flag) => flag.to_string(),
        MetricNumber::Text(text) => text.clone(),
        MetricNumber::Histogram { count, .. } => count.to_string(),
    }
}

/// A value as a number, to be aggregated; none of a text.
pub(super) fn as_f64(value: &MetricNumber) -> Option<f64> {
    Some(match value {
        MetricNumber::Text(_) => return None,
        MetricNumber::Count(count) => *count as f64,
        MetricNumber::Rate(rate) => *rate,
        MetricNumber::Flag(flag) => f64::from(u8::from(*flag)),
        MetricNumber::Histogram { count, .. } => *count as f64,
    })
}

/// Names and values.
pub(super) type Metrics = Vec<(String, MetricNumber)>;

/// All metrics of a vertex's current attempts, by attempt.
pub(super) type VertexMetrics = HashMap<ExecutionAttemptId, Metrics>;

/// Asks the TaskManagers of a vertex. Of attempts that have ended, or whose TaskManager does not answer, what was reported last.
pub(super) async fn of_vertex(internal: &Internal, job: JobId, vertex: &ExecutionVertex) -> VertexMetrics {
    let mut metrics: VertexMetrics =
        vertex.executions().iter().map(|execution| (execution.id(), reported(execution))).collect();
    let running = vertex.executions().iter().filter(|execution| execution.is_deployed());
    let slots = running.filter_map(|execution| execution.slot());
    let addresses: BTreeSet<&str> = slots.map(|slot| slot.task_manager.rpc_address.as_str()).collect();
    let wanted = Some((job, vertex.id()));
    let reports = addresses
        .into_iter()
        .map(|address| async move { TaskManagerInspector::new(address, internal)?.read_metrics(wanted).await });
    for report in futures::future::join_all(reports).await {
        let tasks = report.map(|report| report.tasks).unwrap_or_else(|error| {
            tracing::debug!("a TaskManager does not tell the metrics of vertex {}: {error}", vertex.id());
            Vec::new()
        });
        metrics.extend(tasks.into_iter().map(|task| (task.attempt, of_task(task))));
    }
    metrics
}

/// Asks a TaskManager what its process measures.
pub(super) async fn of_process(inspector: &TaskManagerInspector) -> Result<Metrics, String> {
    let TaskManagerMetricsReport { process, .. } = inspector.read_metrics(None).await?;
    Ok(process.into_iter().flat_map(spelt).collect())
}

/// What the last heartbeat said; nothing before the first.
pub(super) fn reported(execution: &Execution) -> Metrics {
    let latest = execution.metrics().into_iter();
    latest.flat_map(|(_, snapshot)| snapshot.metrics()).flat_map(spelt).collect()
}

fn of_task(task: TaskMetricsReport) -> Metrics {
    let operators = task.operators.into_iter().flat_map(|operator| {
        let scope = rest_name(&operator.name);
        let metrics = operator.metrics.into_iter().flat_map(spelt);
        metrics.map(move |(name, value)| (format!("{scope}.{name}"), value)).collect::<Vec<_>>()
    });
    task.metrics.into_iter().flat_map(spelt).chain(operators).collect()
}

/// A metric as REST has it; a distribution is several.
fn spelt(metric: Metric) -> Metrics {
    let path = metric.path();
    let MetricNumber::Histogram { mut recent, .. } = metric.value else { return vec![(path, metric.value)] };
    recent.sort_by(f64::total_cmp);
    let length = recent.len() as f64;
    let mean = recent.iter().sum::<f64>() / length.max(1.0);
    let variance = recent.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (length - 1.0).max(1.0);
    let quantile = |q: f64| {
        let index = ((q * length).ceil() as usize).clamp(1, recent.len().max(1)) - 1;
        recent.get(index).copied().unwrap_or_default()
    };
    let whole = |value: f64| MetricNumber::Count(value.round() as i64);
    let mut metrics = vec![
        (format!("{path}_min"), whole(quantile(0.0))),
        (format!("{path}_max"), whole(quantile(1.0))),
        (format!("{path}_mean"), MetricNumber::Rate(mean)),
        (format!("{path}_stddev"), MetricNumber::Rate(variance.sqrt())),
        (format!("{path}_median"), MetricNumber::Rate(quantile(0.5))),
    ];
    let quantiles = [("75", 0.75), ("90", 0.9), ("95", 0.95), ("98", 0.98), ("99", 0.99), ("999", 0.999)];
    metrics.extend(quantiles.map(|(name, q)| (format!("{path}_p{name}"), MetricNumber::Rate(quantile(q)))));
    metrics
}

/// The counters of one subtask, or the sums of several.
pub(super) fn io_metrics<'a>(executions: impl Iterator<Item = &'a Execution>) -> IoMetrics {
    let mut complete = true;
    let mut sum = IoMetrics::default();
    for execution in executions {
        let Some((_, counters)) = execution.metrics() else {
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
    use dataflow::VertexId;
    use dataflow::deployment::{TaskMetricsSnapshot, TaskRates};

    #[test]
    fn what_was_reported_last_is_known() {
        let id = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask: 0, attempt: 0 };
        let mut execution = Execution::new(id, 0);
        assert!(reported(&execution).is_empty());
        assert!(!io_metrics([&execution].into_iter()).read_records_complete);
        let rates = TaskRates { records_in: 60.0, busy_ms: 299.6, ..Default::default() };
        execution.record_metrics(TaskMetricsSnapshot { records_in: 130, rates, ..Default::default() }, 1_500);
        let metrics = reported(&execution);
        let get = |name| text(&metrics.iter().find(|(id, _)| id == name).unwrap().1);
        assert_eq!((get("numRecordsIn"), get("numRecordsInPerSecond")), ("130".into(), "60.0".into()));
        assert_eq!((get("busyTimeMsPerSecond"), get("isBackPressured")), ("300".into(), "false".into()));
        let sums = io_metrics([&execution, &execution].into_iter());
        assert_eq!((sums.read_records, sums.read_records_complete), (260, true));
    }

    #[test]
    fn a_distribution_is_several_metrics() {
        let recent = (1..=100).rev().map(f64::from).collect();
        let metrics = spelt(Metric::new("mailboxLatencyMs", MetricNumber::Histogram { count: 200, recent }));
        let get = |name| text(&metrics.iter().find(|(id, _)| id == name).unwrap().1);
        assert_eq!(metrics.len(), 11);
        assert_eq!((get("mailboxLatencyMs_min"), get("mailboxLatencyMs_max")), ("1".into(), "100".into()));
        assert_eq!((get("mailboxLatencyMs_median"), get("mailboxLatencyMs_p99")), ("50.0".into(), "99.0".into()));
        let empty = spelt(Metric::new("x", MetricNumber::Histogram { count: 0, recent: Vec::new() }));
        assert!(empty.iter().all(|(_, value)| as_f64(value) == Some(0.0)));
    }
}
