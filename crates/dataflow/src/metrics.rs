//! Metrics under Flink's names, as a TaskManager tells them: whoever shows them (REST, Prometheus) makes its own spelling of them.

use serde::{Deserialize, Serialize};

use crate::deployment::TaskMetricsSnapshot;
use crate::ids::{ExecutionAttemptId, OperatorId};

/// What is measured outside a task's thread reads: a connector's part of the metrics of its operator.
pub trait ConnectorMetrics: Send + Sync {
    /// All of them now, without the scope of the operator. Called from other threads at any time; must not wait.
    fn read(&self) -> Vec<Metric>;
}

/// A metric of a task, an operator or a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The groups below its owner, the outermost first; with a value where the group is one of many, as a topic or a partition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<(String, Option<String>)>,
    /// Its own name.
    pub name: String,
    /// Its value.
    pub value: MetricNumber,
}

/// A metric's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MetricNumber {
    /// A whole number.
    Count(i64),
    /// A rate or a share.
    Rate(f64),
    /// Yes or no.
    Flag(bool),
    /// A text, which is in REST only.
    Text(String),
    /// A distribution.
    Histogram {
        /// Values since the start.
        count: u64,
        /// The last of them, the newest last.
        recent: Vec<f64>,
    },
}

impl Metric {
    /// A metric by its name as REST has it: `Shuffle.Netty.Input.numBytesInLocal`.
    pub fn new(path: &str, value: MetricNumber) -> Self {
        let (groups, name) = path.rsplit_once('.').map_or((None, path), |(groups, name)| (Some(groups), name));
        let groups = groups.into_iter().flat_map(|groups| groups.split('.')).map(|group| (group.to_owned(), None));
        Self { groups: groups.collect(), name: name.to_owned(), value }
    }

    /// A count; what is larger than an `i64` is the largest one.
    pub fn count(path: &str, count: u64) -> Self {
        Self::new(path, MetricNumber::Count(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// A rate or a share.
    pub fn rate(path: &str, rate: f64) -> Self {
        Self::new(path, MetricNumber::Rate(rate))
    }

    /// As REST has it: `KafkaSourceReader.topic.orders.partition.0.currentOffset`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (group, value) in &self.groups {
            for part in [Some(group), value.as_ref()].into_iter().flatten() {
                path.push_str(&rest_name(part));
                path.push('.');
            }
        }
        path + &rest_name(&self.name)
    }
}

/// A name as a part of one of REST's: what separates there is an underscore, as in Flink's `MetricQueryService`.
pub fn rest_name(name: &str) -> String {
    name.replace([' ', '.', ':', ','], "_")
}

/// The metrics of an operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorMetricsReport {
    /// The operator.
    pub id: OperatorId,
    /// Its name in the plan: `Source: orders[1]`.
    pub name: String,
    /// Its metrics.
    pub metrics: Vec<Metric>,
}

/// The metrics of a task and its operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskMetricsReport {
    /// Whose they are.
    pub attempt: ExecutionAttemptId,
    /// Of the task.
    pub metrics: Vec<Metric>,
    /// Of the operators of its chain.
    pub operators: Vec<OperatorMetricsReport>,
}

/// All metrics of a TaskManager.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TaskManagerMetricsReport {
    /// Of the process: `Status.JVM.CPU.Load`.
    pub process: Vec<Metric>,
    /// Of its tasks.
    pub tasks: Vec<TaskMetricsReport>,
}

impl TaskMetricsSnapshot {
    /// The counters and rates under Flink's names: what is known of a task also when its TaskManager is not asked, or has forgotten it.
    pub fn metrics(&self) -> Vec<Metric> {
        let rates = &self.rates;
        let share = |ms: f64| MetricNumber::Count(ms.round().clamp(0.0, 1000.0) as i64);
        let local = self.bytes_in.saturating_sub(self.bytes_in_remote);
        let mut metrics = vec![
            Metric::count("numRecordsIn", self.records_in),
            Metric::rate("numRecordsInPerSecond", rates.records_in),
            Metric::count("numRecordsOut", self.records_out),
            Metric::rate("numRecordsOutPerSecond", rates.records_out),
            Metric::count("numBytesIn", self.bytes_in),
            Metric::rate("numBytesInPerSecond", rates.bytes_in),
            Metric::count("numBytesOut", self.bytes_out),
            Metric::rate("numBytesOutPerSecond", rates.bytes_out),
            Metric::count("numBytesInRemote", self.bytes_in_remote),
            Metric::count("numBytesInLocal", local),
            Metric::count("Shuffle.Netty.Input.numBytesInRemote", self.bytes_in_remote),
            Metric::count("Shuffle.Netty.Input.numBytesInLocal", local),
            Metric::count("Shuffle.Netty.Input.Buffers.inputQueueLength", self.input_queue_length),
            Metric::count("Shuffle.Netty.Output.Buffers.outputQueueLength", self.output_queue_length),
            Metric::new("busyTimeMsPerSecond", share(rates.busy_ms)),
            Metric::new("backPressuredTimeMsPerSecond", share(rates.back_pressured_ms)),
            // A task of flinkrs parks until there is room; nothing of it is held up in the middle of a row.
            Metric::new("softBackPressuredTimeMsPerSecond", share(rates.back_pressured_ms)),
            Metric::count("hardBackPressuredTimeMsPerSecond", 0),
            Metric::count("maxHardBackPressureTimeMs", 0),
            // There is no changelog state backend.
            Metric::count("changelogBusyTimeMsPerSecond", 0),
            Metric::new("idleTimeMsPerSecond", share(rates.idle_ms)),
            Metric::count("accumulateBusyTimeMs", self.busy_ms),
            Metric::count("accumulateBackPressuredTimeMs", self.back_pressured_ms),
            Metric::count("accumulateIdleTimeMs", self.idle_ms),
            Metric::new("isBackPressured", MetricNumber::Flag(self.is_back_pressured)),
            // Not Flink's: what a task that stands still waits for.
            Metric::count("outputChannelsWithoutCredit", self.channels_without_credit),
            Metric::count("inputBarriersMissing", self.barriers_missing),
            Metric::new("currentActivity", MetricNumber::Text(self.activity.clone())),
        ];
        let watermark = self.watermark.map(MetricNumber::Count);
        metrics.extend(watermark.map(|watermark| Metric::new("currentInputWatermark", watermark)));
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_rest() {
        let metric = Metric::count("Shuffle.Netty.Input.numBytesInLocal", 3);
        assert_eq!((metric.groups.len(), metric.path().as_str()), (3, "Shuffle.Netty.Input.numBytesInLocal"));
        let groups = [("KafkaSourceReader", None), ("topic", Some("a.b")), ("partition", Some("0"))];
        let groups = groups.map(|(group, value)| (group.to_owned(), value.map(str::to_owned))).to_vec();
        let offset = Metric { groups, ..Metric::count("currentOffset", 9) };
        assert_eq!(offset.path(), "KafkaSourceReader.topic.a_b.partition.0.currentOffset");
        assert_eq!(Metric::count("numRecordsIn", u64::MAX).value, MetricNumber::Count(i64::MAX));
    }
}
