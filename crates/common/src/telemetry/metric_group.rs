//! `MetricGroup`: where a metric belongs, which decides its name and labels as Flink's Prometheus reporter does.
//!
//! `flink_taskmanager_job_task_numRecordsIn{host=..,tm_id=..,job_id=..,...}`: the name is the kind of scope, the labels
//! say which one.

use std::fmt::Display;
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::Metrics;

/// A place in the tree of scopes; clones are the same place. Metrics registered here vanish with the last group of
/// the process, job or task they belong to.
#[derive(Debug, Clone)]
pub struct MetricGroup {
    metrics: Metrics,
    recorder: Arc<PrometheusRecorder>,
    prefix: String,
    labels: Vec<Label>,
}

/// Which task attempt a group belongs to.
#[derive(Debug, Clone)]
pub struct TaskScope<'a> {
    /// Id of the job vertex.
    pub task_id: &'a str,
    /// Name of the job vertex.
    pub task_name: &'a str,
    /// Id of the execution attempt.
    pub attempt_id: &'a str,
    /// Number of the attempt, from 0.
    pub attempt_number: u32,
    /// Index of the subtask, from 0.
    pub subtask_index: u32,
}

impl MetricGroup {
    /// The JobManager's own group.
    pub fn jobmanager(metrics: &Metrics, host: &str) -> Self {
        Self::root(metrics, "flink_jobmanager", &[("host", host)])
    }

    /// The TaskManager's own group.
    pub fn taskmanager(metrics: &Metrics, host: &str, tm_id: &str) -> Self {
        Self::root(metrics, "flink_taskmanager", &[("host", host), ("tm_id", tm_id)])
    }

    fn root(metrics: &Metrics, prefix: &str, labels: &[(&'static str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| label(*key, value)).collect();
        MetricGroup { metrics: metrics.clone(), recorder: metrics.recorder(), prefix: prefix.to_owned(), labels }
    }

    /// The group of a job on this JobManager or TaskManager.
    pub fn job(&self, job_id: &str, job_name: &str) -> Self {
        self.lasting("job", [label("job_id", job_id), label("job_name", job_name)])
    }

    /// The group of a task attempt, below its job's.
    pub fn task(&self, scope: &TaskScope<'_>) -> Self {
        let labels = [
            label("task_id", scope.task_id),
            label("task_name", scope.task_name),
            label("task_attempt_id", scope.attempt_id),
            label("task_attempt_num", scope.attempt_number),
            label("subtask_index", scope.subtask_index),
        ];
        self.lasting("task", labels)
    }

    /// The group of an operator, below its task's; it lasts as long as the task.
    pub fn operator(&self, operator_id: &str, operator_name: &str) -> Self {
        self.below("operator", [label("operator_id", operator_id), label("operator_name", operator_name)])
    }

    /// A group that only adds to the name, as `Status` and `JVM` in `Status_JVM_CPU_Load`.
    pub fn subgroup(&self, name: &str) -> Self {
        self.below(name, [])
    }

    /// A group that adds its key to the name and key and value to the labels, as a Kafka topic or partition.
    pub fn labelled(&self, key: &str, value: impl Display) -> Self {
        self.below(key, [label(filter_characters(key), value)])
    }

    fn below<const N: usize>(&self, name: &str, labels: [Label; N]) -> Self {
        let mut group = self.clone();
        group.prefix = self.name(name);
        group.labels.extend(labels);
        group
    }

    fn lasting<const N: usize>(&self, name: &str, labels: [Label; N]) -> Self {
        MetricGroup { recorder: self.metrics.recorder(), ..self.below(name, labels) }
    }

    /// A number that only grows. Keep it: registering is not for hot paths.
    pub fn counter(&self, name: &str) -> Counter {
        self.recorder.register_counter(&self.key(name), &METADATA)
    }

    /// A number that goes up and down.
    pub fn gauge(&self, name: &str) -> Gauge {
        self.recorder.register_gauge(&self.key(name), &METADATA)
    }

    /// A distribution, shown by its quantiles.
    pub fn histogram(&self, name: &str) -> Histogram {
        self.recorder.register_histogram(&self.key(name), &METADATA)
    }

    fn key(&self, name: &str) -> Key {
        Key::from_parts(self.name(name), self.labels.clone())
    }

    fn name(&self, name: &str) -> String {
        format!("{}_{}", self.prefix, filter_characters(name))
    }
}

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

fn label(key: impl Into<SharedString>, value: impl Display) -> Label {
    Label::new(key, filter_characters(&value.to_string()))
}

/// Flink's `filterCharacters`: whatever Prometheus might not like becomes an underscore, in names and in values.
fn filter_characters(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, ':' | '_') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: TaskScope<'_> = TaskScope {
        task_id: "cbc357",
        task_name: "Source: bid[1] -> Calc[2]",
        attempt_id: "7c6f_0_0",
        attempt_number: 0,
        subtask_index: 3,
    };

    #[test]
    fn names_and_labels_are_flinks() {
        let metrics = Metrics::new();
        let tm = MetricGroup::taskmanager(&metrics, "127.0.0.1", "127.0.0.1:46459-2ddca3");
        tm.subgroup("Status").subgroup("JVM").subgroup("CPU").gauge("Load").set(0.5);
        let task = tm.job("7365a4", "smoke test").task(&TASK);
        task.counter("numRecordsIn").increment(7);
        task.operator("op1", "Calc[2]").counter("numRecordsOut").increment(5);
        let source = task.operator("op1", "Calc[2]").subgroup("KafkaSourceReader");
        source.labelled("topic", "a-b").labelled("partition", 0).gauge("currentOffset").set(9.0);
        let text = metrics.render();
        let task_labels = "host=\"127_0_0_1\",tm_id=\"127_0_0_1:46459_2ddca3\",job_id=\"7365a4\",job_name=\"smoke_test\",\
            task_id=\"cbc357\",task_name=\"Source:_bid_1_____Calc_2_\",task_attempt_id=\"7c6f_0_0\",\
            task_attempt_num=\"0\",subtask_index=\"3\"";
        let operator = format!("{task_labels},operator_id=\"op1\",operator_name=\"Calc_2_\"");
        for line in [
            "# TYPE flink_taskmanager_Status_JVM_CPU_Load gauge".to_owned(),
            format!("flink_taskmanager_job_task_numRecordsIn{{{task_labels}}} 7"),
            format!("flink_taskmanager_job_task_operator_numRecordsOut{{{operator}}} 5"),
            format!(
                "flink_taskmanager_job_task_operator_KafkaSourceReader_topic_partition_currentOffset\
                 {{{operator},topic=\"a_b\",partition=\"0\"}} 9"
            ),
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nnot in\n{text}");
        }
    }

    #[test]
    fn a_name_has_one_type_line_and_ended_tasks_vanish() {
        let metrics = Metrics::new();
        let job = MetricGroup::taskmanager(&metrics, "h", "tm").job("j", "n");
        let first = job.task(&TASK);
        first.counter("numRecordsIn").increment(1);
        let second = job.task(&TaskScope { subtask_index: 4, ..TASK });
        second.counter("numRecordsIn").increment(2);
        second.histogram("mailboxLatencyMs").record(3.0);
        let series =
            |text: &str| text.lines().filter(|line| line.starts_with("flink_taskmanager_job_task_numR")).count();
        let text = metrics.render();
        assert_eq!(text.matches("# TYPE flink_taskmanager_job_task_numRecordsIn counter").count(), 1);
        assert_eq!(series(&text), 2);
        assert!(text.contains("quantile=\"0.999\"") && text.contains("mailboxLatencyMs_count"), "{text}");
        drop(first);
        assert_eq!(series(&metrics.render()), 1);
        drop(second);
        assert_eq!(metrics.render(), "");
    }
}
