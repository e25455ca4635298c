//! `ClusterMetrics`: what the JobManager tells Prometheus about the cluster and its jobs, under Flink's names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use common::clock::Clock;
use common::telemetry::{MetricGroup, Metrics, ProcessMetrics, Reading};
use dataflow::{ExecutionState, JobId, JobStatus};

use crate::dispatcher::Dispatcher;
use crate::resource_manager::ResourceManagerHandle;
use crate::scheduling::{Execution, ExecutionGraph};

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
        let process = Mutex::new(ProcessMetrics::new(None));
        ClusterMetrics { metrics, group, clock, process, jobs: Mutex::default() }
    }

    /// Sets every gauge; those of a JobManager that does not lead are 0.
    pub async fn refresh(&self, of: Option<(&Dispatcher, &ResourceManagerHandle)>) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).show(&self.group);
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
            for (name, value) in job_gauges(job, now) {
                group.gauge(name).set(value as f64);
            }
            // A text in REST; Flink's reporter for Prometheus makes 0 of it.
            group.gauge("lastCheckpointExternalPath").set(0.0);
        }
    }

    /// What the process measures of itself.
    pub fn process(&self) -> Vec<Reading> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).read()
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

/// The metrics of a job that are numbers, ms where they are times.
pub(crate) fn job_gauges(job: &ExecutionGraph, now: i64) -> Vec<(&'static str, i64)> {
    let lives = job.end_time().is_none();
    let since = |status: JobStatus| if lives && job.status() == status { now - job.entered(status) } else { 0 };
    let up = lives && job.status() == JobStatus::Running;
    let has_come_up = |execution: &Execution| {
        matches!(execution.state(), ExecutionState::Running | ExecutionState::Finished)
            .then(|| execution.entered(ExecutionState::Running))
    };
    // When the last one has come up; none while one has not.
    let all_up = job.executions().map(has_come_up).try_fold(0, |last: i64, at| at.map(|at| last.max(at)));
    let is_deploying = up && all_up.is_none();
    let mut gauges = vec![
        ("numRestarts", i64::from(job.restarts())),
        ("numRescales", job.rescales().count() as i64),
        ("uptime", if up { now - job.entered(JobStatus::Running) } else { -1 }),
        ("downtime", since(JobStatus::Restarting)),
        ("createdTime", since(JobStatus::Created)),
        ("initializingTime", since(JobStatus::Initializing)),
        ("deployingTime", if is_deploying { now - job.entered(JobStatus::Running) } else { 0 }),
        ("allSubTasksRunningOrFinishedTime", all_up.filter(|_| up).map_or(0, |at| now - at)),
        ("runningTime", since(JobStatus::Running)),
        ("restartingTime", since(JobStatus::Restarting)),
        ("failingTime", since(JobStatus::Failing)),
        ("cancellingTime", since(JobStatus::Cancelling)),
    ];
    gauges.extend(job.checkpoints().gauges());
    gauges
}
