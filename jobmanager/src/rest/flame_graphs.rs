//! `/jobs/:jobid/vertices/:vertexid/flamegraph`: what the subtasks of a vertex do. The first question has samples taken; later ones get the last that are
//! complete, and have new ones taken when these are old.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::config::{ConfigError, Configuration, options};
use dataflow::{JobId, VertexId};
use proto::v1::Stack;
use transport::Internal;
use warp::http::StatusCode;

use super::context::{self, RestContext};
use super::error::RestError;
use super::messages::{FlameGraph, FlameGraphNode};
use super::query::Query;
use super::reply::{Answer, Reply};
use crate::inspection::{SampledTask, TaskManagerInspector};

const TERMINATED: i64 = -1;
const DISABLED: i64 = -2;
const WAITING: i64 = -3;

/// Which stacks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlameGraphType {
    Full,
    OnCpu,
    OffCpu,
}

#[derive(Debug)]
struct Samples {
    /// When they ended; none: they are the first and being taken.
    ended: Option<i64>,
    sampling: bool,
    tasks: Vec<SampledTask>,
}

/// The samples that were taken last, by vertex; clones share them.
#[derive(Debug, Clone)]
pub struct FlameGraphs {
    enabled: bool,
    duration: Duration,
    refresh_ms: i64,
    forget_ms: i64,
    vertices: Arc<Mutex<HashMap<(JobId, VertexId), Samples>>>,
}

impl FlameGraphs {
    /// As configured.
    pub fn new(config: &Configuration) -> Result<Self, ConfigError> {
        let samples = config.get(&options::REST_FLAMEGRAPH_NUM_SAMPLES)?;
        Ok(Self {
            enabled: config.get(&options::REST_FLAMEGRAPH_ENABLED)?,
            duration: config.get(&options::REST_FLAMEGRAPH_DELAY_BETWEEN_SAMPLES)?.saturating_mul(samples),
            refresh_ms: config.get(&options::REST_FLAMEGRAPH_REFRESH_INTERVAL)?.as_millis() as i64,
            forget_ms: config.get(&options::REST_FLAMEGRAPH_CLEANUP_INTERVAL)?.as_millis() as i64,
            vertices: Arc::default(),
        })
    }

    fn vertices(&self) -> MutexGuard<'_, HashMap<(JobId, VertexId), Samples>> {
        self.vertices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether samples are to be taken now; they count as being taken from then on.
    fn begins(&self, vertex: (JobId, VertexId), now: i64) -> bool {
        let mut vertices = self.vertices();
        vertices.retain(|_, samples| samples.sampling || samples.ended.is_some_and(|at| now - at < self.forget_ms));
        let samples = vertices.entry(vertex).or_insert(Samples { ended: None, sampling: false, tasks: Vec::new() });
        let old = samples.ended.is_none_or(|at| now - at > self.refresh_ms);
        let begins = !samples.sampling && old;
        samples.sampling |= begins;
        begins
    }

    fn ended(&self, vertex: (JobId, VertexId), now: i64, tasks: Vec<SampledTask>) {
        self.vertices().insert(vertex, Samples { ended: Some(now), sampling: false, tasks });
    }
}

/// `GET`, with `type` and `subtaskindex`.
pub(super) async fn flame_graph(context: &RestContext, id: &str, vertex_id: &str, query: &Query) -> Answer {
    let job = context.job(id).await?;
    let vertex = context::vertex(&job, vertex_id)?;
    let wanted = flame_graph_type(query)?;
    let subtask = match query.get("subtaskindex") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| RestError::bad_query_parameter("subtaskindex", text))?),
    };
    let graphs = &context.front.flame_graphs;
    let without = |end_timestamp| Reply::json(&FlameGraph { end_timestamp, data: None });
    if !graphs.enabled {
        return without(DISABLED);
    }
    if vertex.state().is_terminal() {
        return without(TERMINATED);
    }
    let key = (job.graph().job_id, vertex.id());
    if graphs.begins(key, context.now()) {
        let slots = vertex.executions().iter().filter_map(|execution| execution.slot());
        let addresses: BTreeSet<String> = slots.map(|slot| slot.task_manager.rpc_address.clone()).collect();
        let (graphs, clock) = (graphs.clone(), context.front.clock.clone());
        let internal = context.front.internal.clone();
        tokio::spawn(async move {
            let tasks = take(addresses, graphs.duration, key, &internal).await;
            graphs.ended(key, clock.now_millis(), tasks);
        });
    }
    let vertices = graphs.vertices();
    match vertices.get(&key).and_then(|samples| Some((samples.ended?, samples))) {
        None => without(WAITING),
        Some((end_timestamp, samples)) => {
            Reply::json(&FlameGraph { end_timestamp, data: Some(draw(&samples.tasks, subtask, wanted)) })
        }
    }
}

fn flame_graph_type(query: &Query) -> Result<FlameGraphType, RestError> {
    match query.get("type").unwrap_or("full").to_ascii_lowercase().as_str() {
        "full" => Ok(FlameGraphType::Full),
        "on_cpu" => Ok(FlameGraphType::OnCpu),
        "off_cpu" => Ok(FlameGraphType::OffCpu),
        other => {
            let text = format!(
                "Bad request, could not parse parameters: Cannot resolve query parameter (type) from value \"{other}\"."
            );
            Err(RestError::handler(StatusCode::BAD_REQUEST, text))
        }
    }
}

/// Samples on all TaskManagers at once; one that does not answer has none.
async fn take(
    addresses: BTreeSet<String>,
    duration: Duration,
    key: (JobId, VertexId),
    internal: &Internal,
) -> Vec<SampledTask> {
    let sampled = addresses.into_iter().map(|address| async move {
        let sampled = match TaskManagerInspector::new(&address, internal) {
            Ok(inspector) => inspector.sample_stacks(duration).await,
            Err(error) => Err(error),
        };
        sampled.unwrap_or_else(|error| {
            tracing::warn!("no samples for a flame graph from the TaskManager at {address}: {error}");
            Vec::new()
        })
    });
    let sampled = futures::future::join_all(sampled).await.into_iter().flatten();
    sampled.filter(|task| (task.attempt.job, task.attempt.vertex) == key).collect()
}

/// The samples as a tree.
fn draw(tasks: &[SampledTask], subtask: Option<u32>, wanted: FlameGraphType) -> FlameGraphNode {
    let mut root = Builder::default();
    for task in tasks.iter().filter(|task| subtask.is_none_or(|index| task.attempt.subtask == index)) {
        let is_wanted = |stack: &&Stack| match wanted {
            FlameGraphType::Full => true,
            FlameGraphType::OnCpu => stack.working,
            FlameGraphType::OffCpu => !stack.working,
        };
        for stack in task.stacks.iter().filter(is_wanted) {
            root.add(stack.frames.iter().map(String::as_str), stack.count);
        }
    }
    root.node("root".to_owned())
}

/// Stacks as a tree.
#[derive(Default)]
pub(super) struct Builder {
    count: u64,
    children: HashMap<String, Builder>,
}

impl Builder {
    /// So many samples of a stack, the outermost frame first.
    pub(super) fn add<'a>(&mut self, frames: impl Iterator<Item = &'a str>, count: u64) {
        if count == 0 {
            return;
        }
        self.count += count;
        let mut at = self;
        for frame in frames {
            at = at.children.entry(frame.to_owned()).or_default();
            at.count += count;
        }
    }

    /// The tree below a root of this name, the most frequent first.
    pub(super) fn node(self, name: String) -> FlameGraphNode {
        let mut children: Vec<FlameGraphNode> =
            self.children.into_iter().map(|(name, child)| child.node(name)).collect();
        children.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.name.cmp(&b.name)));
        FlameGraphNode { name, value: self.count, children }
    }
}

#[cfg(test)]
mod tests {
    use dataflow::ExecutionAttemptId;

    use super::*;

    fn task(subtask: u32, stacks: &[(&[&str], u64, bool)]) -> SampledTask {
        let stack = |(frames, count, working): &(&[&str], u64, bool)| Stack {
            frames: frames.iter().map(|frame| (*frame).to_owned()).collect(),
            count: *count,
            working: *working,
        };
        let attempt = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask, attempt: 0 };
        SampledTask { attempt, stacks: stacks.iter().map(stack).collect() }
    }

    #[test]
    fn stacks_become_a_tree_by_kind_and_subtask() {
        let first = task(0, &[(&["run", "a"], 3, true), (&["run", "b"], 4, true), (&["waiting"], 50, false)]);
        let tasks = [first, task(1, &[(&["run", "a"], 2, true)])];
        let full = draw(&tasks, None, FlameGraphType::Full);
        assert_eq!((full.name.as_str(), full.value), ("root", 59));
        let names: Vec<(&str, u64)> = full.children.iter().map(|node| (node.name.as_str(), node.value)).collect();
        assert_eq!(names, [("waiting", 50), ("run", 9)]);
        let run: Vec<(&str, u64)> =
            full.children[1].children.iter().map(|node| (node.name.as_str(), node.value)).collect();
        assert_eq!(run, [("a", 5), ("b", 4)]);
        assert_eq!(draw(&tasks, Some(1), FlameGraphType::Full).value, 2);
        assert_eq!(draw(&tasks, None, FlameGraphType::OffCpu).value, 50);
        assert_eq!(draw(&tasks, None, FlameGraphType::OnCpu).value, 9);
    }

    #[test]
    fn samples_are_taken_once_and_again_when_they_are_old() {
        let graphs = FlameGraphs::new(&Configuration::default()).unwrap();
        let key = (JobId(1), VertexId(2));
        assert!(graphs.begins(key, 0));
        assert!(!graphs.begins(key, 1), "they are being taken");
        graphs.ended(key, 5_000, Vec::new());
        assert!(!graphs.begins(key, 65_000));
        assert!(graphs.begins(key, 65_001));
        graphs.ended(key, 70_000, Vec::new());
        assert!(graphs.begins((JobId(1), VertexId(3)), 70_000 + 600_000));
        assert!(!graphs.vertices().contains_key(&key), "it was forgotten");
    }
}
