//! Logs, standard output, profiles and threads. flinkrs writes its log to standard error and keeps no files of it, so that there are none to show.

use std::path::Path;

use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::{LogFiles, LogUrl, ProfilingList, ThreadDump, ThreadInfo};
use super::reply::{Answer, Reply};

pub(super) fn list() -> Answer {
    Reply::json(&LogFiles { logs: Vec::new() })
}

pub(super) fn profiles() -> Answer {
    Reply::json(&ProfilingList { profiling_list: Vec::new() })
}

/// Flink's words for a JobManager that has no such file.
pub(super) fn job_manager_file() -> Answer {
    Err(RestError::plain(StatusCode::NOT_FOUND, "This file does not exist in JobManager log dir."))
}

/// Flink's words for a TaskManager that has no such file: a text, and no error.
pub(super) async fn task_manager_file(context: &RestContext, id: &str, file: &str) -> Answer {
    known(context, id).await?;
    Reply::json(&format!(
        "The file {file} does not exist on the TaskExecutor. \nIf you are using kubernetes mode, please use \"kubectl logs <pod-name>\" to get stdout content."
    ))
}

pub(super) async fn no_logs(context: &RestContext, id: &str) -> Answer {
    known(context, id).await?;
    list()
}

pub(super) async fn no_profiles(context: &RestContext, id: &str) -> Answer {
    known(context, id).await?;
    profiles()
}

/// Where the dashboard shows the logs of a job's JobManager.
pub(super) async fn job_manager_url(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&LogUrl { url: format!("{}/#/job-manager/logs", context.address) })
}

/// Where the dashboard shows the logs of one of its TaskManagers.
pub(super) async fn task_manager_url(context: &RestContext, id: &str, task_manager: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&LogUrl { url: format!("{}/#/task-manager/{task_manager}/logs", context.address) })
}

/// The threads of this process, as the system shows them.
pub(super) fn thread_dump() -> Answer {
    let threads = std::fs::read_dir("/proc/self/task").map_err(RestError::internal)?;
    // A thread may end while it is looked at.
    let infos = threads.filter_map(|thread| thread_info(&thread.ok()?.path()));
    Reply::json(&ThreadDump { thread_infos: infos.collect() })
}

fn thread_info(folder: &Path) -> Option<ThreadInfo> {
    let name = std::fs::read_to_string(folder.join("comm")).ok()?.trim_end().to_owned();
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    // The state follows the name, which is in parentheses and may have some in it.
    let state = match stat.rsplit_once(") ")?.1.chars().next()? {
        'R' => "RUNNABLE",
        'D' => "BLOCKED",
        'S' | 'I' => "WAITING",
        _ => "TERMINATED",
    };
    let id = folder.file_name()?.to_string_lossy().into_owned();
    Some(ThreadInfo { stringified_thread_info: format!("\"{name}\" Id={id} {state}\n\n"), thread_name: name })
}

async fn known(context: &RestContext, id: &str) -> Result<(), RestError> {
    super::task_managers::find(context, id).await.map(drop)
}
