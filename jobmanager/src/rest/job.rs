//! `/jobs/:jobid` and what it says of the job as a whole.

use common::config::{Configuration, Origin, options, shown};
use dataflow::{ExecutionState, JobStatus};
use indexmap::IndexMap;
use serde::Serialize;

use super::context::RestContext;
use super::error::RestError;
use super::job_plan;
use super::messages::{
    ExceptionHistory, ExceptionInfo, ExecutionConfigInfo, JobConfigInfo, JobDetails, JobExceptions, JobPlanInfo,
    JobStatusInfo, JobVertexDetails, RootException,
};
use super::query::Query;
use super::reply::{Answer, Reply};
use super::task_metrics::io_metrics;
use crate::scheduling::{ExceptionEntry, ExecutionGraph, ExecutionVertex, RootEntry, STATES, STATUSES};

/// How many failures are shown when nobody says how many.
const DEFAULT_EXCEPTIONS: u64 = 20;

pub(super) async fn details(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    Reply::json(&job_details(&job, context.now()))
}

pub(super) async fn status(context: &RestContext, id: &str) -> Answer {
    Reply::json(&JobStatusInfo { status: context.job(id).await?.status() })
}

pub(super) async fn plan(context: &RestContext, id: &str) -> Answer {
    Reply::json(&JobPlanInfo { plan: job_plan::plan(context.job(id).await?.graph()) })
}

pub(super) async fn config(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    let graph = job.graph();
    let config = Configuration::from_map(graph.config.clone(), Origin::Job);
    let invalid = |error: common::config::ConfigError| RestError::internal(error);
    let parallelism = config.get_set(&options::PARALLELISM_DEFAULT).map_err(invalid)?;
    let parameters = config.get(&options::PIPELINE_GLOBAL_JOB_PARAMETERS).map_err(invalid)?.unwrap_or_default();
    let widest = graph.vertices.iter().map(|vertex| vertex.parallelism).max().unwrap_or(1);
    Reply::json(&JobConfigInfo {
        jid: graph.job_id,
        name: graph.name.clone(),
        execution_config: ExecutionConfigInfo {
            restart_strategy: job.restart_strategy(),
            job_parallelism: i64::from(parallelism.unwrap_or(widest)),
            object_reuse_mode: false,
            user_config: parameters
                .into_iter()
                .map(|(key, value)| {
                    let value = shown(&key, &value).to_owned();
                    (key, value)
                })
                .collect(),
        },
    })
}

/// The cluster's configuration with what the job has set, as Flink shows it of a job that has its cluster to itself.
pub(super) async fn effective_configuration(context: &RestContext, id: &str) -> Answer {
    let job = context.job(id).await?;
    let mut config = context.dispatcher.config().clone();
    config.overlay(&Configuration::from_map(job.graph().config.clone(), Origin::Job));
    super::cluster::entries_of(&config)
}

pub(super) async fn environment(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    super::cluster::environment()
}

/// `GET /jobs/:jobid/accumulators`: there are none.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct JobAccumulators {
    job_accumulators: [(); 0],
    user_task_accumulators: [(); 0],
    serialized_user_task_accumulators: IndexMap<String, String>,
}

pub(super) async fn accumulators(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&JobAccumulators {
        job_accumulators: [],
        user_task_accumulators: [],
        serialized_user_task_accumulators: IndexMap::new(),
    })
}

pub(super) async fn exceptions(context: &RestContext, id: &str, query: &Query) -> Answer {
    let job = context.job(id).await?;
    let most = query.number("maxExceptions", DEFAULT_EXCEPTIONS)? as usize;
    let history = job.exceptions();
    let root = |entry: &RootEntry| RootException {
        exception: exception_info(&entry.exception),
        concurrent_exceptions: entry.concurrent.iter().map(exception_info).collect(),
    };
    Reply::json(&JobExceptions {
        exception_history: ExceptionHistory {
            entries: history.entries().iter().rev().take(most).map(root).collect(),
            truncated: history.is_truncated() || history.entries().len() > most,
        },
    })
}

fn exception_info(entry: &ExceptionEntry) -> ExceptionInfo {
    let location = entry.location.as_ref().map(|slot| &slot.task_manager);
    ExceptionInfo {
        exception_name: entry.class().to_owned(),
        stacktrace: entry.stack_trace(),
        timestamp: entry.timestamp,
        failure_labels: IndexMap::new(),
        task_name: entry.task_name.clone(),
        endpoint: location.map(|task_manager| task_manager.data_address.clone()),
        task_manager_id: location.map(|task_manager| task_manager.resource_id.clone()),
    }
}

/// When a job was accepted.
pub(super) fn start_time(job: &ExecutionGraph) -> i64 {
    job.entered(JobStatus::Initializing)
}

fn job_details(job: &ExecutionGraph, now: i64) -> JobDetails {
    let graph = job.graph();
    let start_time = start_time(job);
    let max_parallelism = graph.config.get(options::PIPELINE_MAX_PARALLELISM.key());
    JobDetails {
        jid: graph.job_id,
        application_id: graph.job_id,
        name: graph.name.clone(),
        is_stoppable: false,
        state: job.status(),
        job_type: "STREAMING".to_owned(),
        scheduler_type: "Default".to_owned(),
        start_time,
        end_time: job.end_time().unwrap_or(-1),
        duration: job.end_time().unwrap_or(now) - start_time,
        max_parallelism: max_parallelism.and_then(|text| text.trim().parse().ok()).unwrap_or(-1),
        now,
        timestamps: STATUSES.iter().map(|&status| (status, job.entered(status))).collect(),
        vertices: graph
            .vertices
            .iter()
            .zip(job.vertices())
            .map(|(vertex, running)| JobVertexDetails {
                slot_sharing_group_id: graph.job_id.to_string(),
                max_parallelism: vertex.max_parallelism,
                ..vertex_details(running, now)
            })
            .collect(),
        status_counts: status_counts(job.vertices().iter().map(ExecutionVertex::state)),
        plan: job_plan::plan(graph),
        pending_operators: 0,
    }
}

fn vertex_details(vertex: &ExecutionVertex, now: i64) -> JobVertexDetails {
    let executions = vertex.executions();
    let times = super::vertex::times(executions.iter(), now);
    JobVertexDetails {
        id: vertex.id(),
        slot_sharing_group_id: String::new(),
        name: vertex.name().to_owned(),
        max_parallelism: 0,
        parallelism: executions.len() as u32,
        status: vertex.state(),
        start_time: times.start,
        end_time: times.end,
        duration: times.duration,
        tasks: vertex.counts().collect(),
        metrics: io_metrics(executions.iter()),
    }
}

/// How many are in each state; states that nobody is in are 0.
pub(super) fn status_counts(states: impl Iterator<Item = ExecutionState>) -> IndexMap<ExecutionState, u32> {
    let mut counts: IndexMap<ExecutionState, u32> = STATES.iter().map(|&state| (state, 0)).collect();
    for state in states {
        *counts.entry(state).or_default() += 1;
    }
    counts
}
