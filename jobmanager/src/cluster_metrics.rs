//! `ClusterMetrics`: what the JobManager tells Prometheus about the cluster and its jobs, under Flink's names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use common::clock::Clock;
use common::telemetry::{MetricGroup, Metrics, ProcessMetrics};
use dataflow::{JobId, JobStatus};

use crate::dispatcher::Dispatcher;
use crate::resource_manager::ResourceManagerHandle;
use crate::scheduling::ExecutionGraph;

/// Gauges that are set when somebody asks, so that a JobManager nobody watches does nothing for them.
pub struct ClusterMetrics {
    metrics: Metrics,
    group: MetricGroup,
    clock: Clock,
    process: Mutex<ProcessMetrics>,
    /// A job's series vanish with its group.
    jobs: Mutex<HashMap<JobId, MetricGroup>>,
}

impl ClusterMetrics {
    /// The metrics of a JobManager at this host.
    pub fn new(host: &str, clock: Clock) -> Self {
        let metrics = Metrics::new();
        let group = MetricGroup::jobmanager(&metrics, host);
        let process = Mutex::new(ProcessMetrics::new(&group, None));
        ClusterMetrics { metrics, group, clock, process, jobs: Mutex::default() }
    }

    /// Sets every gauge; those of a JobManager that does not lead are 0.
    pub async fn refresh(&self, of: Option<(&Dispatcher, &ResourceManagerHandle)>) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).refresh();
        let (slots, task_managers, jobs) = match of {
            Some((dispatcher, resource_manager)) => (
                resource_manager.usage().await,
                resource_manager.task_managers().await.len(),
                dispatcher.pictures().await,
            ),
            None => Default::default(),
        };
        let running: Vec<_> = jobs.iter().filter(|job| job.end_time().is_none()).collect();
        self.group.gauge("numRegisteredTaskManagers").set(task_managers as f64);
        self.group.gauge("numRunningJobs").set(running.len() as f64);
        self.group.gauge("taskSlotsTotal").set(f64::from(slots.total));
        self.group.gauge("taskSlotsAvailable").set(f64::from(slots.free));
        let now = self.clock.now_millis();
        let mut groups = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|id, _| running.iter().any(|job| job.graph().job_id == *id));
        for job in running {
            let graph = job.graph();
            let group =
                groups.entry(graph.job_id).or_insert_with(|| self.group.job(&graph.job_id.to_string(), &graph.name));
            set_job(group, job, now);
        }
    }

    /// All metrics in Prometheus' text format, as they were at the last refresh.
    pub fn render(&self) -> String {
        self.metrics.render()
    }

    /// The registry, for a reporter.
    pub fn registry(&self) -> &Metrics {
        &self.metrics
    }
}

fn set_job(group: &MetricGroup, job: &ExecutionGraph, now: i64) {
    let since = |status: JobStatus| if job.status() == status { (now - job.entered(status)) as f64 } else { 0.0 };
    let up = job.status() == JobStatus::Running;
    group.gauge("numRestarts").set(f64::from(job.restarts()));
    group.gauge("uptime").set(if up { since(JobStatus::Running) } else { -1.0 });
    group.gauge("downtime").set(since(JobStatus::Restarting));
    group.gauge("createdTime").set(since(JobStatus::Created));
    group.gauge("initializingTime").set(since(JobStatus::Initializing));
    group.gauge("runningTime").set(since(JobStatus::Running));
    group.gauge("restartingTime").set(since(JobStatus::Restarting));
    group.gauge("failingTime").set(since(JobStatus::Failing));
    group.gauge("cancellingTime").set(since(JobStatus::Cancelling));
    for (name, value) in job.checkpoints().gauges() {
        group.gauge(name).set(value as f64);
    }
}
