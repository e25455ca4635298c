//! Logs, standard output and threads of the JobManager and the TaskManagers.

use std::fmt::Display;

use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::messages::{LogFile, LogFiles, LogUrl, ThreadDump, ThreadInfo};
use super::reply::{Answer, Reply};
use super::task_managers;
use crate::inspection::{LogRequest, TaskManagerInspector};

/// As Flink sends a file to be read.
const TEXT: &str = "text/plain";

/// `GET /jobmanager/logs`.
pub(super) async fn list(context: &RestContext) -> Answer {
    let files = of_disk(context, common::log_files::LogFiles::list).await?;
    let file =
        |info: common::log_files::LogFileInfo| LogFile { name: info.name, size: info.size, mtime: info.modified };
    Reply::json(&LogFiles { logs: files.into_iter().map(file).collect() })
}

/// `GET /jobmanager/log`, `stdout` and `logs/:filename`. For a file that there is not, Flink's words.
pub(super) async fn job_manager_file(context: &RestContext, wanted: LogRequest) -> Answer {
    let content = of_disk(context, move |logs| match wanted {
        LogRequest::Named(name) => logs.read(&name),
        LogRequest::Log => logs.read_log(),
        LogRequest::Stdout => logs.read_stdout(),
    });
    let missing = || RestError::plain(StatusCode::NOT_FOUND, "This file does not exist in JobManager log dir.");
    content.await?.map(text).ok_or_else(missing)
}

/// `GET /taskmanagers/:taskmanagerid/logs`.
pub(super) async fn list_of_task_manager(context: &RestContext, id: &str) -> Answer {
    let files = inspector(context, id).await?.list_logs().await.map_err(RestError::internal)?;
    let file = |file: proto::v1::LogFile| LogFile { name: file.name, size: file.size, mtime: file.modified };
    Reply::json(&LogFiles { logs: files.into_iter().map(file).collect() })
}

/// `GET /taskmanagers/:taskmanagerid/log`, `stdout` and `logs/:filename`. For a file that there is not, Flink's words: a text, and no error.
pub(super) async fn task_manager_file(context: &RestContext, id: &str, wanted: LogRequest) -> Answer {
    let name = match &wanted {
        LogRequest::Named(name) => name.clone(),
        LogRequest::Log => "LOG".to_owned(),
        LogRequest::Stdout => "STDOUT".to_owned(),
    };
    match inspector(context, id).await?.read_log(wanted).await.map_err(RestError::internal)? {
        Some(content) => Ok(text(content)),
        None => Reply::json(&format!(
            "The file {name} does not exist on the TaskExecutor. \nIf you are using kubernetes mode, please use \"kubectl logs <pod-name>\" to get stdout content."
        )),
    }
}

/// Where the dashboard shows the logs of a job's JobManager.
pub(super) async fn job_manager_url(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&LogUrl { url: format!("{}/#/job-manager/logs", context.front.address) })
}

/// Where the dashboard shows the logs of one of its TaskManagers.
pub(super) async fn task_manager_url(context: &RestContext, id: &str, task_manager: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&LogUrl { url: format!("{}/#/task-manager/{task_manager}/logs", context.front.address) })
}

/// The threads of this process.
pub(super) fn threads_of_job_manager() -> Answer {
    let threads = common::threads::of_this_process().map_err(RestError::internal)?;
    dump(threads.into_iter().map(|thread| (thread.name, thread.id, thread.state)))
}

/// The threads of a TaskManager; those of tasks have their names.
pub(super) async fn threads_of_task_manager(context: &RestContext, id: &str) -> Answer {
    task_managers::find(context, id).await?;
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

/// Asks a TaskManager.
pub(super) async fn inspector(context: &RestContext, id: &str) -> Result<TaskManagerInspector, RestError> {
    let view = task_managers::find(context, id).await?;
    TaskManagerInspector::new(&view.registration.rpc_address, &context.front.internal).map_err(RestError::internal)
}

/// Reads on a thread that may wait.
async fn of_disk<T: Send + 'static>(
    context: &RestContext,
    read: impl FnOnce(&common::log_files::LogFiles) -> std::io::Result<T> + Send + 'static,
) -> Result<T, RestError> {
    let logs = context.front.logs.clone();
    let read = tokio::task::spawn_blocking(move || read(&logs)).await.map_err(RestError::internal)?;
    read.map_err(|error| RestError::internal(format!("java.io.IOException: the log files cannot be read: {error}")))
}

fn text(body: Vec<u8>) -> Reply {
    Reply { status: StatusCode::OK, content_type: TEXT.into(), body }
}
