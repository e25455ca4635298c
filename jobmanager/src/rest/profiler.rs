//! `.../profiler`: profiles of processes (`rest.profiling.enabled`), as files with a flame graph. Samples are the same as those of the flame graphs of vertices:
//! of a TaskManager its tasks and the operators that they were met in, of the JobManager its threads. A profiler of the system, such as perf, sees the functions.
//!
//! Profiles are kept by the JobManager that took them, and end with it.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::config::{ConfigError, Configuration, options};
use common::threads;
use dataflow::{ExecutionAttemptId, ExecutionState, JobId, VertexId};
use proto::v1::Stack;
use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use super::context::RestContext;
use super::error::RestError;
use super::flame_graphs::Builder;
use super::messages::{FlameGraphNode, ProfilingInfo, ProfilingList, ProfilingMode, ProfilingStatus};
use super::reply::{Answer, Reply};
use super::task_managers;
use crate::inspection::TaskManagerInspector;

const JOB_MANAGER: &str = "JobManager";
/// How often threads of this process are looked at.
const PAUSE: Duration = Duration::from_millis(10);
const HTML: &str = "text/html; charset=utf-8";

/// A profile, under way or taken.
#[derive(Debug, Clone)]
struct Profile {
    info: ProfilingInfo,
    page: Option<Arc<str>>,
}

/// The profiles that were taken last, by process; clones share them.
#[derive(Debug, Clone)]
pub struct Profiler {
    enabled: bool,
    longest: Duration,
    kept: usize,
    profiles: Arc<Mutex<HashMap<String, VecDeque<Profile>>>>,
}

/// `POST .../profiler`.
#[derive(Debug, Serialize, Deserialize)]
struct ProfilingRequest {
    mode: ProfilingMode,
    /// Seconds.
    duration: i64,
}

impl Profiler {
    /// As configured.
    pub fn new(config: &Configuration) -> Result<Self, ConfigError> {
        Ok(Self {
            enabled: config.get(&options::REST_PROFILING_ENABLED)?,
            longest: config.get(&options::REST_PROFILING_DURATION_MAX)?,
            kept: config.get(&options::REST_PROFILING_HISTORY_SIZE)? as usize,
            profiles: Arc::default(),
        })
    }

    fn profiles(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Profile>>> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a profile is being taken.
    fn begin(&self, process: &str, mode: ProfilingMode, duration: i64, now: i64) -> Result<ProfilingInfo, RestError> {
        let mut profiles = self.profiles();
        let of_process = profiles.entry(process.to_owned()).or_default();
        if of_process.front().is_some_and(|profile| profile.info.status == ProfilingStatus::Running) {
            let text = format!("java.lang.IllegalStateException: {process} is still under profiling.");
            return Err(RestError::internal(text));
        }
        let info = ProfilingInfo {
            status: ProfilingStatus::Running,
            mode,
            trigger_time: now,
            finished_time: None,
            duration,
            message: None,
            output_file: None,
            profiling_mode: mode,
        };
        of_process.push_front(Profile { info: info.clone(), page: None });
        of_process.truncate(self.kept.max(1));
        Ok(info)
    }

    /// The one that is being taken has come to this.
    fn end(&self, process: &str, outcome: Result<FlameGraphNode, String>, now: i64) {
        let mut profiles = self.profiles();
        let Some(profile) = profiles.get_mut(process).and_then(VecDeque::front_mut) else { return };
        profile.info.finished_time = Some(now);
        match outcome {
            Ok(graph) => {
                let mode = profile.info.mode.word();
                let time = chrono::DateTime::from_timestamp_millis(now).unwrap_or_default();
                let time = time.format("%Y-%m-%d_%H_%M_%S");
                profile.info.status = ProfilingStatus::Finished;
                profile.info.message = Some("Profiling Successful".to_owned());
                profile.info.output_file = Some(format!("{process}_{mode}_{time}.html"));
                profile.page = Some(page(&format!("{process}: {mode}"), &graph).into());
            }
            Err(problem) => {
                profile.info.status = ProfilingStatus::Failed;
                profile.info.message = Some(problem);
            }
        }
    }

    fn list(&self, process: &str) -> Answer {
        let profiles = self.profiles();
        let of_process = profiles.get(process).into_iter().flatten();
        Reply::json(&ProfilingList { profiling_list: of_process.map(|profile| profile.info.clone()).collect() })
    }
}

/// `GET /jobmanager/profiler`.
pub(super) fn of_job_manager(context: &RestContext) -> Answer {
    profiler(context, "/jobmanager/profiler")?.list(JOB_MANAGER)
}

/// `GET /taskmanagers/:taskmanagerid/profiler`.
pub(super) async fn of_task_manager(context: &RestContext, id: &str) -> Answer {
    let profiler = profiler(context, &format!("/taskmanagers/{id}/profiler"))?;
    task_managers::find(context, id).await?;
    profiler.list(id)
}

/// `POST /jobmanager/profiler`.
pub(super) fn profile_job_manager(context: &RestContext, body: &Bytes) -> Answer {
    let (info, duration) = begin(context, "/jobmanager/profiler", JOB_MANAGER, body)?;
    let (profiler, clock, mode) = (context.front.profiler.clone(), context.front.clock.clone(), info.mode);
    tokio::spawn(async move {
        let sampled = tokio::task::spawn_blocking(move || sample_threads(mode, duration)).await;
        profiler.end(JOB_MANAGER, sampled.map_err(|panic| panic.to_string()), clock.now_millis());
    });
    Reply::json(&info)
}

/// `POST /taskmanagers/:taskmanagerid/profiler`.
pub(super) async fn profile_task_manager(context: &RestContext, id: &str, body: &Bytes) -> Answer {
    let path = format!("/taskmanagers/{id}/profiler");
    profiler(context, &path)?;
    let view = task_managers::find(context, id).await?;
    let (info, duration) = begin(context, &path, id, body)?;
    let names = vertex_names(context).await;
    let (profiler, clock, mode) = (context.front.profiler.clone(), context.front.clock.clone(), info.mode);
    let id = id.to_owned();
    let inspector = TaskManagerInspector::new(&view.registration.rpc_address, &context.front.internal);
    tokio::spawn(async move {
        let sampled = match inspector {
            Ok(inspector) => inspector.sample_stacks(duration).await,
            Err(problem) => Err(problem),
        };
        let graph = sampled.map(|tasks| {
            let mut root = Builder::default();
            for task in tasks {
                let name = task_name(&names, task.attempt);
                for stack in task.stacks.iter().filter(|stack| is_wanted(mode, stack)) {
                    let frames = std::iter::once(name.as_str()).chain(stack.frames.iter().map(String::as_str));
                    root.add(frames, stack.count);
                }
            }
            root.node("tasks".to_owned())
        });
        profiler.end(&id, graph, clock.now_millis());
    });
    Reply::json(&info)
}

/// `GET .../profiler/:filename`.
pub(super) fn file(context: &RestContext, process: Option<&str>, name: &str) -> Answer {
    let path = match process {
        None => format!("/jobmanager/profiler/{name}"),
        Some(id) => format!("/taskmanagers/{id}/profiler/{name}"),
    };
    let profiles = profiler(context, &path)?.profiles();
    let mut of_process = profiles.get(process.unwrap_or(JOB_MANAGER)).into_iter().flatten();
    let found = of_process.find(|profile| profile.info.output_file.as_deref() == Some(name));
    let Some(page) = found.and_then(|profile| profile.page.clone()) else {
        let owner = if process.is_none() { JOB_MANAGER } else { "TaskExecutor" };
        let text = format!("This file does not exist in {owner} log dir.");
        return Err(RestError::plain(StatusCode::NOT_FOUND, text));
    };
    Ok(Reply { status: StatusCode::OK, content_type: HTML.into(), body: page.as_bytes().to_vec() })
}

/// The profiler; without `rest.profiling.enabled` there are no such paths, as in Flink.
fn profiler<'a>(context: &'a RestContext, path: &str) -> Result<&'a Profiler, RestError> {
    let profiler = &context.front.profiler;
    let off = || RestError::plain(StatusCode::NOT_FOUND, format!("Unable to load requested file {path}."));
    profiler.enabled.then_some(profiler).ok_or_else(off)
}

fn begin(
    context: &RestContext,
    path: &str,
    process: &str,
    body: &Bytes,
) -> Result<(ProfilingInfo, Duration), RestError> {
    let profiler = profiler(context, path)?;
    let request: ProfilingRequest = super::savepoints::parse(body, "ProfilingRequestBody")?;
    let longest = profiler.longest.as_secs();
    let seconds = u64::try_from(request.duration).ok().filter(|seconds| (1..=longest).contains(seconds));
    let Some(seconds) = seconds else {
        let text = format!("java.lang.IllegalArgumentException: `duration` must be set between (0s, {longest}s].");
        return Err(RestError::internal(text));
    };
    if request.mode == ProfilingMode::Alloc {
        let text = "The mode ALLOC is not known: flinkrs does not count where memory is allocated. CPU, ITIMER, WALL and LOCK are.";
        return Err(RestError::handler(StatusCode::BAD_REQUEST, text));
    }
    let info = profiler.begin(process, request.mode, request.duration, context.now())?;
    Ok((info, Duration::from_secs(seconds)))
}

/// Of the mode: on the processor, waiting, or both.
fn is_wanted(mode: ProfilingMode, stack: &Stack) -> bool {
    match mode {
        ProfilingMode::Cpu | ProfilingMode::Itimer => stack.working,
        ProfilingMode::Lock => !stack.working,
        ProfilingMode::Wall | ProfilingMode::Alloc => true,
    }
}

async fn vertex_names(context: &RestContext) -> HashMap<(JobId, VertexId), String> {
    let jobs = context.dispatcher.pictures().await;
    let running = jobs.iter().filter(|job| job.end_time().is_none());
    let vertices = running.flat_map(|job| job.vertices().iter().map(|vertex| (job.graph().job_id, vertex)));
    let live = vertices.filter(|(_, vertex)| vertex.state() != ExecutionState::Created);
    live.map(|(job, vertex)| ((job, vertex.id()), vertex.name().to_owned())).collect()
}

fn task_name(names: &HashMap<(JobId, VertexId), String>, attempt: ExecutionAttemptId) -> String {
    let vertex = names.get(&(attempt.job, attempt.vertex)).cloned().unwrap_or_else(|| attempt.vertex.to_string());
    format!("{vertex} ({})#{}", attempt.subtask + 1, attempt.attempt)
}

/// The threads of this process, for that long. Blocks.
fn sample_threads(mode: ProfilingMode, duration: Duration) -> FlameGraphNode {
    let end = Instant::now() + duration;
    let mut root = Builder::default();
    while Instant::now() < end {
        std::thread::sleep(PAUSE);
        // One that ended meanwhile, or all if there is no /proc, are left out.
        for thread in threads::of_this_process().unwrap_or_default() {
            let stack = Stack { frames: Vec::new(), count: 1, working: thread.state == "RUNNABLE" };
            if is_wanted(mode, &stack) {
                root.add([thread.name.as_str(), thread.state].into_iter(), 1);
            }
        }
    }
    root.node("threads".to_owned())
}

/// A page that shows the graph, the callers on top; it needs nothing else.
fn page(title: &str, graph: &FlameGraphNode) -> String {
    let mut body = String::new();
    draw(graph, graph.value.max(1), &mut body);
    format!(
        "<!doctype html><meta charset=\"utf-8\"><title>{title}</title><style>body{{font:12px sans-serif}}\
         .n{{box-sizing:border-box;overflow:hidden;white-space:nowrap}}.n>p{{margin:0;padding:2px 4px;\
         border:1px solid #fff;background:#f4a35b;overflow:hidden;text-overflow:ellipsis}}\
         .c{{display:flex}}</style><h1>{title}</h1><p>{} samples, 100 a second for each task or thread</p>{body}",
        graph.value,
        title = escape(title),
    )
}

fn draw(node: &FlameGraphNode, of: u64, out: &mut String) {
    let share = node.value as f64 * 100.0 / of.max(1) as f64;
    let name = escape(&node.name);
    let text = format!("{name}: {} samples", node.value);
    // Writing to a String cannot fail.
    let _ = write!(out, "<div class=\"n\" style=\"width:{share:.3}%\"><p title=\"{text}\">{name}</p><div class=\"c\">");
    node.children.iter().for_each(|child| draw(child, node.value, out));
    out.push_str("</div></div>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_profile_of_a_process_is_taken_at_a_time() {
        let mut config = Configuration::default();
        config.set("rest.profiling.history-size", "1", common::config::Origin::Program);
        let profiler = Profiler::new(&config).unwrap();
        let begin = || profiler.begin("tm", ProfilingMode::Cpu, 3, 1_795_964_246_797);
        assert_eq!(begin().unwrap().status, ProfilingStatus::Running);
        assert!(begin().is_err());
        let mut root = Builder::default();
        root.add(["Source: t[1] -> <b>"].into_iter(), 7);
        profiler.end("tm", Ok(root.node("tasks".into())), 1_795_964_249_908);
        let profile = profiler.profiles()["tm"][0].clone();
        assert_eq!(profile.info.output_file.as_deref(), Some("tm_CPU_2026-11-29_14_57_29.html"));
        assert!(profile.page.unwrap().contains("Source: t[1] -&gt; &lt;b&gt;"));
        begin().unwrap();
        assert_eq!(profiler.profiles()["tm"].len(), 1);
    }
}
