//! The `/metrics` below the parts of the API: lists of names, values, and values aggregated over several owners.

use std::collections::HashSet;

use dataflow::deployment::TaskMetricsSnapshot;
use dataflow::{JobId, MetricNumber};
use indexmap::IndexMap;
use transport::Internal;

use super::aggregate::Aggregates;
use super::context::{self, RestContext};
use super::error::RestError;
use super::messages::{MetricId, MetricValue};
use super::query::Query;
use super::reply::{Answer, Reply};
use super::task_managers;
use super::task_metrics::{self, Metrics, as_f64, text};
use super::vertex;
use crate::cluster_metrics::job_gauges;
use crate::inspection::TaskManagerInspector;
use crate::resource_manager::TaskManagerView;
use crate::scheduling::ExecutionGraph;

pub(super) async fn of_job_manager(context: &RestContext, query: &Query) -> Answer {
    let slots = context.resource_manager.usage().await;
    let task_managers = context.resource_manager.task_managers().await.len();
    let jobs = context.dispatcher.pictures().await;
    let running = jobs.iter().filter(|job| job.end_time().is_none()).count();
    let count = |value: usize| MetricNumber::Count(value as i64);
    let cluster = [
        ("numRegisteredTaskManagers", count(task_managers)),
        ("numRunningJobs", count(running)),
        ("taskSlotsAvailable", count(slots.free as usize)),
        ("taskSlotsTotal", count(slots.total as usize)),
    ];
    let process = context.front.metrics.process().into_iter().map(|reading| {
        let count = MetricNumber::Count(reading.value as i64);
        (reading.path, if reading.is_count { count } else { MetricNumber::Rate(reading.value) })
    });
    values(texts(cluster.map(|(id, value)| (id.to_owned(), value)).into_iter().chain(process).collect()), query)
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
    values(texts(task_manager_metrics(&context.front.internal, &view).await), query)
}

pub(super) async fn of_task_managers(context: &RestContext, query: &Query) -> Answer {
    let wanted = query.list("taskmanagers");
    let views = context.resource_manager.task_managers().await;
    let is_wanted = |view: &&TaskManagerView| {
        wanted.as_ref().is_none_or(|ids| ids.contains(&view.registration.resource_id.as_str()))
    };
    let asked = views.iter().filter(is_wanted).map(|view| task_manager_metrics(&context.front.internal, view));
    let owners = futures::future::join_all(asked).await;
    aggregated(owners, query)
}

/// Metrics of all subtasks, each with the subtask's index before its name.
pub(super) async fn of_vertex(context: &RestContext, job: &ExecutionGraph, id: &str, query: &Query) -> Answer {
    let owners = of_executions(context, job, id).await?;
    let metrics = owners
        .into_iter()
        .enumerate()
        .flat_map(|(index, metrics)| metrics.into_iter().map(move |(name, value)| (format!("{index}.{name}"), value)));
    values(texts(metrics.collect()), query)
}

pub(super) async fn of_subtask(
    context: &RestContext,
    job: &ExecutionGraph,
    id: &str,
    index: &str,
    query: &Query,
) -> Answer {
    let subtask = vertex::execution(context::vertex(job, id)?, index)?.id().subtask as usize;
    let owners = of_executions(context, job, id).await?;
    values(texts(owners.into_iter().nth(subtask).unwrap_or_default()), query)
}

/// Metrics aggregated over the subtasks, or over those of `subtasks=0,2-4`.
pub(super) async fn of_subtasks(context: &RestContext, job: &ExecutionGraph, id: &str, query: &Query) -> Answer {
    let wanted = match query.list("subtasks") {
        None => None,
        Some(ranges) => Some(ranges.into_iter().map(range).collect::<Result<Vec<_>, _>>()?),
    };
    let is_wanted =
        |index: usize| wanted.as_ref().is_none_or(|ranges| ranges.iter().any(|range| range.contains(&index)));
    let owners = of_executions(context, job, id).await?.into_iter().enumerate();
    aggregated(owners.filter(|(index, _)| is_wanted(*index)).map(|(_, metrics)| metrics).collect(), query)
}

/// The metrics of the current attempts of a vertex, in the order of its subtasks.
async fn of_executions(context: &RestContext, job: &ExecutionGraph, id: &str) -> Result<Vec<Metrics>, RestError> {
    let vertex = context::vertex(job, id)?;
    let mut metrics = task_metrics::of_vertex(&context.front.internal, job.graph().job_id, vertex).await;
    Ok(vertex.executions().iter().map(|execution| metrics.remove(&execution.id()).unwrap_or_default()).collect())
}

fn range(text: &str) -> Result<std::ops::RangeInclusive<usize>, RestError> {
    let number = |text: &str| text.trim().parse().map_err(|_| RestError::bad_query_parameter("subtasks", text));
    match text.split_once('-') {
        Some((first, last)) => Ok(number(first)?..=number(last)?),
        None => number(text).map(|index| index..=index),
    }
}

fn texts(metrics: Metrics) -> Vec<(String, String)> {
    metrics.into_iter().map(|(id, value)| (id, text(&value))).collect()
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
        if let Some(value) = as_f64(&value) {
            by_name.entry(id).or_default().push(value);
        }
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
    job_gauges(job, now).into_iter().map(|(id, value)| (id.to_owned(), MetricNumber::Count(value))).collect()
}

/// What a TaskManager measures of itself; when it does not answer, what its last heartbeat said.
async fn task_manager_metrics(internal: &Internal, view: &TaskManagerView) -> Metrics {
    let asked = match TaskManagerInspector::new(&view.registration.rpc_address, internal) {
        Ok(inspector) => task_metrics::of_process(&inspector).await,
        Err(problem) => Err(problem),
    };
    let over_tasks =
        |of: fn(&TaskMetricsSnapshot) -> u64| view.report.tasks.iter().map(|(_, counters)| of(counters)).sum::<u64>();
    // flinkrs' own.
    let own = [
        ("Status.Shuffle.inputQueueLength", over_tasks(|m| m.input_queue_length)),
        ("Status.Shuffle.outputQueueLength", over_tasks(|m| m.output_queue_length)),
        ("Status.Shuffle.outputChannelsWithoutCredit", over_tasks(|m| m.channels_without_credit)),
    ];
    let mut metrics = asked.unwrap_or_else(|problem| {
        tracing::debug!("TaskManager {} does not tell its metrics: {problem}", view.registration.resource_id);
        let metrics = [
            ("Status.JVM.Memory.Heap.Used", view.report.resident_memory),
            ("Status.JVM.Memory.Heap.Committed", view.report.resident_memory),
            ("Status.Flink.Memory.Managed.Used", view.report.state_memory),
            ("Status.Flink.Memory.Managed.Total", view.registration.hardware.managed_memory),
            ("Status.State.SizeOnDisk", view.report.state_on_disk),
        ];
        metrics.into_iter().map(|(id, value)| (id.to_owned(), MetricNumber::Count(value as i64))).collect()
    });
    metrics.extend(own.map(|(id, value)| (id.to_owned(), MetricNumber::Count(value as i64))));
    metrics
}
