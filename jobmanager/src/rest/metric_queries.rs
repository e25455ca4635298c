//! The `/metrics` below the parts of the API: lists of names, values, and values aggregated over several owners.

use std::collections::HashSet;

use dataflow::deployment::TaskMetricsSnapshot;
use dataflow::{ExecutionState, JobId, JobStatus};
use indexmap::IndexMap;

use super::aggregate::Aggregates;
use super::context::{self, RestContext};
use super::messages::{MetricId, MetricValue};
use super::query::Query;
use super::reply::{Answer, Reply};
use super::task_managers;
use super::task_metrics::{MetricNumber, metric_texts_of, metrics_of};
use super::vertex;
use crate::resource_manager::TaskManagerView;
use crate::scheduling::ExecutionGraph;

type Metrics = Vec<(String, MetricNumber)>;

pub(super) async fn of_job_manager(context: &RestContext, query: &Query) -> Answer {
    let slots = context.resource_manager.usage().await;
    let task_managers = context.resource_manager.task_managers().await.len();
    let jobs = context.dispatcher.pictures().await;
    let running = jobs.iter().filter(|job| job.end_time().is_none()).count();
    let count = |value: usize| MetricNumber::Count(value as i64);
    let metrics = [
        ("numRegisteredTaskManagers", count(task_managers)),
        ("numRunningJobs", count(running)),
        ("taskSlotsAvailable", count(slots.free as usize)),
        ("taskSlotsTotal", count(slots.total as usize)),
    ];
    values(metrics.into_iter().map(|(id, value)| (id.to_owned(), value.text())).collect(), query)
}

pub(super) async fn of_job(context: &RestContext, id: &str, query: &Query) -> Answer {
    let job = context.job(id).await?;
    let mut texts = texts(job_metrics(&job, context.now()));
    texts.push(("lastCheckpointExternalPath".to_owned(), job.checkpoints().last_external_path().to_owned()));
    values(texts, query)
}

pub(super) async fn of_jobs(context: &RestContext, query: &Query) -> Answer {
    let wanted: Option<HashSet<JobId>> = match query.list("jobs") {
        None => None,
        Some(ids) => Some(ids.into_iter().map(context::job_id).collect::<Result<_, _>>()?),
    };
    let jobs = context.dispatcher.pictures().await;
    let now = context.now();
    let owners = jobs.iter().filter(|job| wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.graph().job_id)));
    aggregated(owners.map(|job| job_metrics(job, now)).collect(), query)
}

pub(super) async fn of_task_manager(context: &RestContext, id: &str, query: &Query) -> Answer {
    let view = task_managers::find(context, id).await?;
    values(texts(task_manager_metrics(&view)), query)
}

pub(super) async fn of_task_managers(context: &RestContext, query: &Query) -> Answer {
    let wanted = query.list("taskmanagers");
    let views = context.resource_manager.task_managers().await;
    let is_wanted = |view: &&TaskManagerView| {
        wanted.as_ref().is_none_or(|ids| ids.contains(&view.registration.resource_id.as_str()))
    };
    aggregated(views.iter().filter(is_wanted).map(task_manager_metrics).collect(), query)
}

/// Metrics of all subtasks, each with the subtask's index before its name.
pub(super) fn of_vertex(job: &ExecutionGraph, id: &str, query: &Query) -> Answer {
    let vertex = context::vertex(job, id)?;
    let metrics = vertex.executions().iter().enumerate().flat_map(|(index, execution)| {
        metric_texts_of(execution).into_iter().map(move |(name, value)| (format!("{index}.{name}"), value))
    });
    values(metrics.collect(), query)
}

pub(super) fn of_subtask(job: &ExecutionGraph, id: &str, index: &str, query: &Query) -> Answer {
    let execution = vertex::execution(context::vertex(job, id)?, index)?;
    values(metric_texts_of(execution).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), query)
}

/// Metrics aggregated over the subtasks, or over those of `subtasks=0,2-4`.
pub(super) fn of_subtasks(job: &ExecutionGraph, id: &str, query: &Query) -> Answer {
    let vertex = context::vertex(job, id)?;
    let wanted = match query.list("subtasks") {
        None => None,
        Some(ranges) => Some(ranges.into_iter().map(range).collect::<Result<Vec<_>, _>>()?),
    };
    let is_wanted =
        |index: usize| wanted.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&index)));
    let owners = vertex.executions().iter().enumerate().filter(|(index, _)| is_wanted(*index));
    aggregated(owners.map(|(_, execution)| named(metrics_of(execution))).collect(), query)
}

fn range(text: &str) -> Result<std::ops::RangeInclusive<usize>, super::error::RestError> {
    let number =
        |text: &str| text.trim().parse().map_err(|_| super::error::RestError::bad_query_parameter("subtasks", text));
    match text.split_once('-') {
        Some((first, last)) => Ok(number(first)?..=number(last)?),
        None => number(text).map(|index| index..=index),
    }
}

fn named(metrics: Vec<(&'static str, MetricNumber)>) -> Metrics {
    metrics.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn texts(metrics: Metrics) -> Vec<(String, String)> {
    metrics.into_iter().map(|(id, value)| (id, value.text())).collect()
}

/// The names, or the values of those that `get` asks for; unknown ones are left out.
fn values(metrics: Vec<(String, String)>, query: &Query) -> Answer {
    let Some(wanted) = query.list("get") else {
        let ids: Vec<MetricId> = metrics.into_iter().map(|(id, _)| MetricId { id }).collect();
        return Reply::json(&ids);
    };
    let values: Vec<MetricValue> = metrics
        .into_iter()
        .filter(|(id, _)| wanted.contains(&id.as_str()))
        .map(|(id, value)| MetricValue { id, value })
        .collect();
    Reply::json(&values)
}

/// The names, or the aggregates over the owners of those that `get` asks for.
fn aggregated(owners: Vec<Metrics>, query: &Query) -> Answer {
    let aggregates = Aggregates::parse(query)?;
    let mut by_name: IndexMap<String, Vec<f64>> = IndexMap::new();
    for (id, value) in owners.into_iter().flatten() {
        by_name.entry(id).or_default().push(value.as_f64());
    }
    let Some(wanted) = query.list("get") else {
        let ids: Vec<MetricId> = by_name.into_keys().map(|id| MetricId { id }).collect();
        return Reply::json(&ids);
    };
    let metrics: Vec<_> = by_name
        .iter()
        .filter(|(id, _)| wanted.contains(&id.as_str()))
        .map(|(id, values)| aggregates.of(id, values))
        .collect();
    Reply::json(&metrics)
}

fn job_metrics(job: &ExecutionGraph, now: i64) -> Metrics {
    let since = |status: JobStatus| {
        let current = job.status() == status && job.end_time().is_none();
        MetricNumber::Count(if current { now - job.entered(status) } else { 0 })
    };
    let up = job.status() == JobStatus::Running;
    let all_up =
        up && job.executions().all(|e| matches!(e.state(), ExecutionState::Running | ExecutionState::Finished));
    let metrics = [
        ("numRestarts", MetricNumber::Count(i64::from(job.restarts()))),
        ("uptime", MetricNumber::Count(if up { now - job.entered(JobStatus::Running) } else { -1 })),
        ("downtime", since(JobStatus::Restarting)),
        ("runningTime", since(JobStatus::Running)),
        ("restartingTime", since(JobStatus::Restarting)),
        ("failingTime", since(JobStatus::Failing)),
        ("cancellingTime", since(JobStatus::Cancelling)),
        ("createdTime", since(JobStatus::Created)),
        (
            "allSubTasksRunningOrFinishedTime",
            MetricNumber::Count(if all_up { now - job.last_modification() } else { 0 }),
        ),
    ];
    metrics
        .into_iter()
        .chain(job.checkpoints().gauges().map(|(id, value)| (id, MetricNumber::Count(value))))
        .map(|(id, value)| (id.to_owned(), value))
        .collect()
}

fn task_manager_metrics(view: &TaskManagerView) -> Metrics {
    let memory = view.registration.hardware.managed_memory;
    let over_tasks =
        |of: fn(&TaskMetricsSnapshot) -> u64| view.report.tasks.iter().map(|(_, counters)| of(counters)).sum::<u64>();
    let metrics = [
        // There is no JVM: its heap stands for the memory of the process.
        ("Status.JVM.Memory.Heap.Used", view.report.resident_memory),
        ("Status.JVM.Memory.Heap.Committed", view.report.resident_memory),
        ("Status.Flink.Memory.Managed.Used", view.report.state_memory),
        ("Status.Flink.Memory.Managed.Total", memory),
        ("Status.State.SizeOnDisk", view.report.state_on_disk),
        ("Status.Shuffle.inputQueueLength", over_tasks(|m| m.input_queue_length)),
        ("Status.Shuffle.outputQueueLength", over_tasks(|m| m.output_queue_length)),
        ("Status.Shuffle.outputChannelsWithoutCredit", over_tasks(|m| m.channels_without_credit)),
    ];
    metrics.into_iter().map(|(id, value)| (id.to_owned(), MetricNumber::Count(value as i64))).collect()
}
