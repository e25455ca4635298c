//! `.../profiler`: profiles of processes. flinkrs takes none: a profiler of the system, such as perf, sees all of a native process, and flame graphs of vertices
//! say what tasks are at.

use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::ProfilingList;
use super::reply::{Answer, Reply};
use super::task_managers;

/// `GET /jobmanager/profiler`.
pub(super) fn of_job_manager() -> Answer {
    Reply::json(&ProfilingList { profiling_list: Vec::new() })
}

/// `GET /taskmanagers/:taskmanagerid/profiler`.
pub(super) async fn of_task_manager(context: &RestContext, id: &str) -> Answer {
    task_managers::find(context, id).await?;
    of_job_manager()
}

/// `POST .../profiler`.
pub(super) fn profile() -> Answer {
    let text = "flinkrs takes no profiles: use a profiler of the system on the process, such as perf, or the flame graphs of vertices (rest.flamegraph.enabled).";
    Err(RestError::handler(StatusCode::BAD_REQUEST, text))
}

/// `GET .../profiler/:filename`.
pub(super) fn file(name: &str) -> Answer {
    Err(RestError::plain(StatusCode::NOT_FOUND, format!("There is no profile '{name}'.")))
}
