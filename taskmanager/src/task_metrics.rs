//! What the TaskManager tells of itself and its tasks under Flink's names: to Prometheus, and to the JobManager when somebody asks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use common::telemetry::{Histogram, MetricGroup, Metrics, ProcessMetrics, TaskScope};
use dataflow::deployment::TaskManagerReport;
use dataflow::metrics::TaskManagerMetricsReport;
use dataflow::{ExecutionAttemptId, Metric, MetricNumber};
use runtime::{ExchangeUse, LARGEST_BATCH, TaskExecutor};

use crate::attempts::Attempts;

/// Measures. Clones share it.
#[derive(Clone)]
pub(crate) struct TaskManagerMetrics {
    executor: TaskExecutor,
    process: Arc<Mutex<ProcessMetrics>>,
    managed_memory: u64,
}

impl TaskManagerMetrics {
    /// `memory_limit` is what the process may use, `managed_memory` what of it is for state, bytes.
    pub(crate) fn new(executor: TaskExecutor, memory_limit: Option<u64>, managed_memory: u64) -> Self {
        let process = Arc::new(Mutex::new(ProcessMetrics::new(memory_limit)));
        Self { executor, process, managed_memory }
    }

    /// All of them now.
    pub(crate) fn report(&self) -> TaskManagerMetricsReport {
        let (tasks, exchange) = self.executor.metrics();
        let TaskManagerReport { state_memory, state_on_disk, .. } = self.executor.report();
        let readings = self.process.lock().unwrap_or_else(PoisonError::into_inner).read();
        let mut process: Vec<Metric> = readings
            .into_iter()
            .map(|reading| {
                let count = MetricNumber::Count(reading.value as i64);
                Metric::new(&reading.path, if reading.is_count { count } else { MetricNumber::Rate(reading.value) })
            })
            .collect();
        process.extend([
            Metric::count("Status.Flink.Memory.Managed.Total", self.managed_memory),
            Metric::count("Status.Flink.Memory.Managed.Used", state_memory),
            // flinkrs' own.
            Metric::count("Status.State.SizeOnDisk", state_on_disk),
        ]);
        process.extend(shuffle(exchange));
        TaskManagerMetricsReport { process, tasks }
    }
}

/// Flink sets segments of 32 KB aside; here batches come and go, each in memory of its own. So a segment is a batch, their number is what may wait
/// in the channels of the tasks that run, and the memory is what they would have if all were as large as a batch may be.
fn shuffle(exchange: ExchangeUse) -> [Metric; 7] {
    let ExchangeUse { capacity, batches, bytes } = exchange;
    let total = (capacity * LARGEST_BATCH as u64).max(bytes);
    let count = |name: &str, value| Metric::count(&format!("Status.Shuffle.Netty.{name}"), value);
    [
        count("TotalMemorySegments", capacity.max(batches)),
        count("UsedMemorySegments", batches),
        count("AvailableMemorySegments", capacity.saturating_sub(batches)),
        count("TotalMemory", total),
        count("UsedMemory", bytes),
        count("AvailableMemory", total - bytes),
        // In percent of the memory that there is.
        count("RequestedMemoryUsage", (bytes * 100).checked_div(total).unwrap_or_default()),
    ]
}

/// Shows them to Prometheus.
pub(crate) struct PrometheusTasks {
    group: MetricGroup,
    tasks: HashMap<ExecutionAttemptId, ShownTask>,
}

/// A task's series vanish with its group.
struct ShownTask {
    group: MetricGroup,
    /// Distributions, and how many of their values were shown.
    histograms: HashMap<String, (Histogram, u64)>,
}

impl PrometheusTasks {
    /// Has the metrics set in the registry whenever it is asked for.
    pub(crate) fn show(registry: &Metrics, host: &str, resource_id: &str, source: TaskManagerMetrics, of: Attempts) {
        let group = MetricGroup::taskmanager(registry, host, resource_id);
        let mut this = Self { group, tasks: HashMap::new() };
        registry.before_rendering(move || this.refresh(&source.report(), &of));
    }

    fn refresh(&mut self, report: &TaskManagerMetricsReport, attempts: &Attempts) {
        report.process.iter().for_each(|metric| set_gauge(&self.group, metric));
        self.tasks.retain(|id, _| report.tasks.iter().any(|task| task.attempt == *id));
        for of_task in &report.tasks {
            let id = of_task.attempt;
            let Some(attempt) = attempts.get(id) else { continue };
            let task = self.tasks.entry(id).or_insert_with(|| {
                let group = self.group.job(&id.job.to_string(), &attempt.job_name).task(&TaskScope {
                    task_id: &id.vertex.to_string(),
                    task_name: &attempt.vertex_name,
                    attempt_id: &id.to_string(),
                    attempt_number: id.attempt,
                    subtask_index: id.subtask,
                });
                ShownTask { group, histograms: HashMap::new() }
            });
            for metric in &of_task.metrics {
                match &metric.value {
                    MetricNumber::Histogram { count, recent } => task.record(metric, *count, recent),
                    _ => set_gauge(&task.group, metric),
                }
            }
            for operator in &of_task.operators {
                let group = task.group.operator(&operator.id.to_string(), &operator.name);
                operator.metrics.iter().for_each(|metric| set_gauge(&group, metric));
            }
        }
    }
}

impl ShownTask {
    /// Adds the values that came since the last time.
    fn record(&mut self, metric: &Metric, count: u64, recent: &[f64]) {
        let path = metric.path();
        let histogram = self.group.histogram(&path);
        let (histogram, shown) = self.histograms.entry(path).or_insert((histogram, 0));
        let new = count.saturating_sub(*shown).min(recent.len() as u64) as usize;
        recent[recent.len() - new..].iter().for_each(|value| histogram.record(*value));
        *shown = count;
    }
}

fn set_gauge(group: &MetricGroup, metric: &Metric) {
    let value = match metric.value {
        MetricNumber::Count(count) => count as f64,
        MetricNumber::Rate(rate) => rate,
        MetricNumber::Flag(flag) => f64::from(u8::from(flag)),
        MetricNumber::Histogram { .. } | MetricNumber::Text(_) => return,
    };
    let group = metric.groups.iter().fold(group.clone(), |group, (name, of)| match of {
        Some(of) => group.labelled(name, of),
        None => group.subgroup(name),
    });
    group.gauge(&metric.name).set(value);
}
