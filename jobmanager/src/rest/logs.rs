//! Logs, standard output, profiles and threads. flinkrs writes its log to standard error and keeps no files of it, so that there are none to show.

use std::fmt::Display;

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

/// The threads of this process.
pub(super) fn threads_of_job_manager() -> Answer {
    let threads = common::threads::of_this_process().map_err(RestError::internal)?;
    dump(threads.into_iter().map(|thread| (thread.name, thread.id, thread.state)))
}

/// The threads of a TaskManager; those of tasks have their names.
pub(super) async fn threads_of_task_manager(context: &RestContext, id: &str) -> Answer {
    known(context, id).await?;
    let gateway = context.resource_manager.gateway(id.to_owned()).await;
    let gateway = gateway.ok_or_else(|| RestError::internal(format!("TaskManager {id} is lost")))?;
    let threads = gateway.dump_threads().await.map_err(RestError::internal)?;
    dump(threads.into_iter().map(|thread| (thread.name, thread.id, thread.state)))
}

fn dump(threads: impl Iterator<Item = (String, u32, impl Display)>) -> Answer {
    let info = |(name, id, state)| ThreadInfo {
        stringified_thread_info: format!("\"{name}\" Id={id} {state}\n\n"),
        thread_name: name,
    };
    Reply::json(&ThreadDump { thread_infos: threads.map(info).collect() })
}

async fn known(context: &RestContext, id: &str) -> Result<(), RestError> {
    super::task_managers::find(context, id).await.map(drop)
}
