//! Which handler answers which path. One table, read from top to bottom.

use bytes::Bytes;
use warp::http::{Method, StatusCode};

use super::context::RestContext;
use super::error::RestError;
use super::query::{self, Query};
use super::reply::{Answer, Reply};
use super::{
    applications, catalogs, checkpoints, cluster, flame_graphs, job, jobmanagers, jobs, lifecycle, log_level, logs,
    metric_queries, profiler, programs, rescaling, results, savepoints, task_managers, vertex,
};

use crate::inspection::LogRequest;

/// A request before it is answered.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) content_type: Option<String>,
    pub(super) body: Bytes,
}

/// Answers a request.
pub(super) async fn answer(context: &RestContext, request: Request) -> Reply {
    let decoded: Vec<String> =
        request.path.split('/').filter(|segment| !segment.is_empty()).map(query::decode).collect();
    let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let path = match segments.as_slice() {
        ["v1", rest @ ..] => rest,
        all => all,
    };
    route(context, &request, path).await.unwrap_or_else(Reply::from)
}

async fn route(context: &RestContext, request: &Request, path: &[&str]) -> Answer {
    let query = &request.query;
    match (request.method.as_str(), path) {
        ("GET", ["health"]) => cluster::health(),
        ("GET", ["overview"]) => cluster::overview(context).await,
        ("GET", ["config"]) => cluster::dashboard_configuration(context),
        ("GET", ["jobmanager", "config"]) => cluster::configuration(context),
        ("GET", ["jobmanager", "environment"]) => cluster::environment(),
        ("GET", ["jobmanager", "metrics"]) => metric_queries::of_job_manager(context, query).await,
        ("GET", ["jobmanager", "logs"]) => logs::list(context).await,
        ("GET", ["jobmanager", "logs", name]) => {
            logs::job_manager_file(context, LogRequest::Named((*name).to_owned())).await
        }
        ("GET", ["jobmanager", "log"]) => logs::job_manager_file(context, LogRequest::Log).await,
        ("GET", ["jobmanager", "stdout"]) => logs::job_manager_file(context, LogRequest::Stdout).await,
        ("GET", ["jobmanager", "profiler"]) => profiler::of_job_manager(context),
        ("POST", ["jobmanager", "profiler"]) => profiler::profile_job_manager(context, &request.body),
        ("GET", ["jobmanager", "profiler", name]) => profiler::file(context, None, name),
        ("POST", ["taskmanagers", id, "profiler"]) => profiler::profile_task_manager(context, id, &request.body).await,
        ("GET", ["taskmanagers", id, "profiler", name]) => profiler::file(context, Some(id), name),
        ("GET", ["jobmanager", "log-level"]) => log_level::of_job_manager(None),
        ("PUT", ["jobmanager", "log-level"]) => log_level::of_job_manager(Some(&request.body)),
        ("GET", ["taskmanagers", id, "log-level"]) => log_level::of_task_manager(context, id, None).await,
        ("PUT", ["taskmanagers", id, "log-level"]) => {
            log_level::of_task_manager(context, id, Some(&request.body)).await
        }
        ("GET", ["jobmanager", "thread-dump"]) => logs::threads_of_job_manager(),
        ("GET", ["metrics"]) => cluster::prometheus(context).await,
        ("GET", ["datasets"]) => cluster::data_sets(),
        ("GET", ["catalogs", name]) => catalogs::content(context, name).await,
        ("PUT", ["catalogs", name]) => catalogs::put(context, name, &request.body).await,
        ("GET", ["jars"]) => programs::list(context).await,
        ("POST", ["jars", "upload"]) => programs::upload(context, request.content_type.as_deref(), &request.body).await,
        ("DELETE", ["jars", id]) => programs::delete(context, id).await,
        ("GET" | "POST", ["jars", id, "plan"]) => programs::plan(context, id, query, &request.body).await,
        ("POST", ["jars", id, "run"]) => programs::run(context, id, query, &request.body).await,
        ("POST", ["jars", id, "run-application"]) => programs::run_application(context, id, query, &request.body).await,
        ("DELETE", ["cluster"]) => cluster::shut_down(context).await,
        ("GET", ["jobmanagers"]) => jobmanagers::list(context),
        ("POST", ["jobmanagers"]) => jobmanagers::add(context, &request.body).await,
        ("GET", ["jobmanagers", "backup"]) => jobmanagers::backup(context).await,
        ("POST", ["jobmanagers", "restore"]) => jobmanagers::restore(context, &request.body).await,
        ("DELETE", ["jobmanagers", address]) => jobmanagers::remove(context, address).await,
        ("PUT", ["jobmanagers", address]) => jobmanagers::replace(context, address, &request.body).await,
        ("GET", ["taskmanagers"]) => task_managers::list(context).await,
        ("GET", ["taskmanagers", "metrics"]) => metric_queries::of_task_managers(context, query).await,
        ("GET", ["taskmanagers", id]) => task_managers::details(context, id).await,
        ("POST", ["taskmanagers", id, "decommission"]) => task_managers::decommission(context, id).await,
        ("GET", ["taskmanagers", id, "logs"]) => logs::list_of_task_manager(context, id).await,
        ("GET", ["taskmanagers", id, "logs", name]) => {
            logs::task_manager_file(context, id, LogRequest::Named((*name).to_owned())).await
        }
        ("GET", ["taskmanagers", id, "log"]) => logs::task_manager_file(context, id, LogRequest::Log).await,
        ("GET", ["taskmanagers", id, "stdout"]) => logs::task_manager_file(context, id, LogRequest::Stdout).await,
        ("GET", ["taskmanagers", id, "thread-dump"]) => logs::threads_of_task_manager(context, id).await,
        ("GET", ["taskmanagers", id, "profiler"]) => profiler::of_task_manager(context, id).await,
        ("GET", ["taskmanagers", id, "metrics"]) => metric_queries::of_task_manager(context, id, query).await,
        ("GET", ["jobs"]) => jobs::list(context).await,
        ("POST", ["jobs"]) => lifecycle::submit(context, &request.body).await,
        ("GET", ["jobs", "overview"]) => jobs::overview(context).await,
        ("GET", ["jobs", "metrics"]) => metric_queries::of_jobs(context, query).await,
        ("POST", ["savepoint-disposal"]) => savepoints::dispose(context, &request.body).await,
        ("GET", ["savepoint-disposal", trigger]) => savepoints::disposal_status(context, trigger),
        ("GET", ["applications", "overview"]) => applications::overview(context).await,
        ("GET", ["applications", id]) => applications::details(context, id).await,
        ("GET", ["applications", id, "exceptions"]) => applications::exceptions(context, id).await,
        ("GET", ["applications", id, "jobmanager", "config"]) => job::effective_configuration(context, id).await,
        ("POST", ["applications", id, "cancel"]) => applications::cancel(context, id).await,
        (_, ["jobs", id, rest @ ..]) => job_route(context, request, id, rest).await,
        _ => Err(unknown(request, path)),
    }
}

async fn job_route(context: &RestContext, request: &Request, id: &str, path: &[&str]) -> Answer {
    let query = &request.query;
    match (request.method.as_str(), path) {
        ("GET", []) => job::details(context, id).await,
        ("PATCH", []) => lifecycle::terminate(context, id, query).await,
        ("GET", ["yarn-cancel"]) => lifecycle::cancel(context, id).await,
        ("PATCH", ["clientHeartbeat"]) => lifecycle::client_heartbeat(context, id, &request.body).await,
        ("GET", ["status"]) => job::status(context, id).await,
        ("GET", ["plan"]) => job::plan(context, id).await,
        ("GET", ["config"]) => job::config(context, id).await,
        ("GET", ["jobmanager", "config"]) => job::effective_configuration(context, id).await,
        ("GET", ["jobmanager", "environment"]) => job::environment(context, id).await,
        ("GET", ["jobmanager", "log-url"]) => logs::job_manager_url(context, id).await,
        ("GET", ["taskmanagers", task_manager, "log-url"]) => logs::task_manager_url(context, id, task_manager).await,
        ("PATCH", ["rescaling"]) => rescaling::rescale(),
        ("GET", ["resource-requirements"]) => rescaling::resource_requirements(context, id).await,
        ("PUT", ["resource-requirements"]) => rescaling::change_requirements(context, id, &request.body).await,
        ("GET", ["rescales", "config"]) => rescaling::rescale_config(context, id).await,
        ("GET", ["rescales", "overview"]) => rescaling::overview(context, id).await,
        ("GET", ["rescales", "history"]) => rescaling::history(context, id).await,
        ("GET", ["rescales", "summary"]) => rescaling::summary(context, id).await,
        ("GET", ["rescales", "details", rescale]) => rescaling::details(context, id, rescale).await,
        ("GET", ["exceptions"]) => job::exceptions(context, id, query).await,
        ("GET", ["accumulators"]) => job::accumulators(context, id).await,
        ("GET", ["metrics"]) => metric_queries::of_job(context, id, query).await,
        ("GET", ["checkpoints"]) => checkpoints::statistics(context, id).await,
        ("GET", ["checkpoints", "config"]) => checkpoints::configuration(context, id).await,
        ("GET", ["checkpoints", "details", checkpoint]) => checkpoints::details(context, id, checkpoint).await,
        ("GET", ["checkpoints", "details", checkpoint, "subtasks", vertex]) => {
            checkpoints::subtasks(context, id, checkpoint, vertex).await
        }
        ("POST", ["checkpoints"]) => savepoints::trigger_checkpoint(context, id, &request.body).await,
        ("GET", ["checkpoints", trigger]) => savepoints::checkpoint_status(context, id, trigger),
        ("POST", ["savepoints"]) => savepoints::trigger_savepoint(context, id, &request.body).await,
        ("GET", ["savepoints", trigger]) => savepoints::savepoint_status(context, id, trigger),
        ("POST", ["stop"]) => savepoints::stop(context, id, &request.body).await,
        ("GET", ["execution-result"]) => lifecycle::execution_result(context, id).await,
        ("GET", ["results", operator]) => results::collect(context, id, operator, query).await,
        (_, ["vertices", vertex, rest @ ..]) => vertex_route(context, request, id, vertex, rest).await,
        _ => Err(unknown(request, &["jobs"])),
    }
}

async fn vertex_route(context: &RestContext, request: &Request, id: &str, vertex_id: &str, path: &[&str]) -> Answer {
    let query = &request.query;
    if request.method != Method::GET {
        return Err(unknown(request, &["jobs"]));
    }
    let job = context.job(id).await?;
    let now = context.now();
    match path {
        [] => vertex::details(&job, vertex_id, now),
        ["watermarks"] => vertex::watermarks(&job, vertex_id),
        ["metrics"] => metric_queries::of_vertex(context, &job, vertex_id, query).await,
        ["backpressure"] => vertex::back_pressure(&job, vertex_id, now),
        ["subtasktimes"] => vertex::subtask_times(&job, vertex_id, now),
        ["taskmanagers"] => vertex::task_managers(&job, vertex_id, now),
        ["accumulators"] => vertex::accumulators(&job, vertex_id),
        ["flamegraph"] => flame_graphs::flame_graph(context, id, vertex_id, query).await,
        ["jm-operator-metrics"] => vertex::coordinator_metrics(&job, vertex_id),
        ["subtasks", "accumulators"] => vertex::subtask_accumulators(&job, vertex_id),
        ["subtasks", "metrics"] => metric_queries::of_subtasks(context, &job, vertex_id, query).await,
        ["subtasks", index] => vertex::subtask(&job, vertex_id, index, None, now),
        ["subtasks", index, "metrics"] => metric_queries::of_subtask(context, &job, vertex_id, index, query).await,
        ["subtasks", index, "attempts", attempt, "accumulators"] => {
            vertex::attempt_accumulators(&job, vertex_id, index, attempt)
        }
        ["subtasks", index, "attempts", attempt] => vertex::subtask(&job, vertex_id, index, Some(attempt), now),
        _ => Err(unknown(request, &["jobs"])),
    }
}

/// Known paths under a wrong method are `Not found`; others would be files of the dashboard.
fn unknown(request: &Request, path: &[&str]) -> RestError {
    let known = matches!(
        path,
        [
            "overview"
                | "config"
                | "jobs"
                | "taskmanagers"
                | "jobmanager"
                | "jobmanagers"
                | "cluster"
                | "metrics"
                | "applications"
                | "datasets"
                | "jars"
                | "savepoint-disposal",
            ..
        ]
    );
    let shown = request.path.strip_prefix("/v1").unwrap_or(&request.path);
    let text = if known { format!("Not found: {shown}") } else { format!("Unable to load requested file {shown}.") };
    RestError::plain(StatusCode::NOT_FOUND, text)
}
