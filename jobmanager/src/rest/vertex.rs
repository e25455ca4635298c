//! `/jobs/:jobid/vertices/:vertexid` and what is below it.

use dataflow::ExecutionState;
use dataflow::deployment::TaskRates;
use indexmap::IndexMap;

use super::aggregate::statistics;
use super::context;
use super::error::RestError;
use super::job::status_counts;
use super::messages::{
    AggregatedTaskDetails, AttemptAccumulators, BackPressureInfo, IoMetrics, MetricValue, Statistics,
    SubtaskAccumulators, SubtaskBackPressure, SubtaskDetails, VertexAccumulators, VertexDetails,
    VertexSubtaskAccumulators, VertexTaskManager, VertexTaskManagers, VertexTimes, VertexTimesSubtask,
};
use super::reply::{Answer, Reply};
use super::task_metrics::io_metrics;
use crate::scheduling::{Execution, ExecutionGraph, ExecutionVertex, STATES, aggregate_state};

/// What Flink shows where there is no TaskManager yet.
const UNASSIGNED: &str = "(unassigned)";

/// The states whose durations are shown.
const TIMED_STATES: [ExecutionState; 5] = [
    ExecutionState::Created,
    ExecutionState::Scheduled,
    ExecutionState::Deploying,
    ExecutionState::Initializing,
    ExecutionState::Running,
];

pub(super) fn details(job: &ExecutionGraph, id: &str, now: i64) -> Answer {
    let vertex = context::vertex(job, id)?;
    let max_parallelism = job.graph().vertex(vertex.id()).map_or(0, |vertex| vertex.max_parallelism);
    let subtasks: Vec<SubtaskDetails> = vertex.executions().iter().map(|e| subtask_details(e, now)).collect();
    Reply::json(&VertexDetails {
        id: vertex.id(),
        name: vertex.name().to_owned(),
        parallelism: vertex.executions().len() as u32,
        max_parallelism,
        now,
        aggregated: aggregated(&subtasks),
        subtasks,
    })
}

pub(super) fn subtask(job: &ExecutionGraph, id: &str, index: &str, attempt: Option<&str>, now: i64) -> Answer {
    let execution = find_attempt(context::vertex(job, id)?, index, attempt)?;
    Reply::json(&subtask_details(execution, now))
}

/// An attempt of a subtask; the current one when no number is given.
fn find_attempt<'a>(
    vertex: &'a ExecutionVertex,
    index: &str,
    attempt: Option<&str>,
) -> Result<&'a Execution, RestError> {
    let current = execution(vertex, index)?;
    let Some(text) = attempt else { return Ok(current) };
    let number = text.parse().map_err(|_| RestError::bad_path_parameter("attempt", text))?;
    vertex.attempt(current.id().subtask, number).ok_or_else(|| {
        let id = vertex.id();
        RestError::not_found(format!("Attempt {number} of subtask {index} of vertex {id} not found"))
    })
}

pub(super) fn watermarks(job: &ExecutionGraph, id: &str) -> Answer {
    let vertex = context::vertex(job, id)?;
    let watermark = |(index, execution): (usize, &Execution)| {
        let (_, counters) = execution.metrics()?;
        let value = counters.watermark?.to_string();
        Some(MetricValue { id: format!("{index}.currentInputWatermark"), value })
    };
    let values: Vec<MetricValue> = vertex.executions().iter().enumerate().filter_map(watermark).collect();
    Reply::json(&values)
}

pub(super) fn subtask_times(job: &ExecutionGraph, id: &str, now: i64) -> Answer {
    let vertex = context::vertex(job, id)?;
    let subtask = |execution: &Execution| VertexTimesSubtask {
        subtask: execution.id().subtask,
        endpoint: endpoint(execution),
        duration: execution.end_time().unwrap_or(now) - execution.entered(ExecutionState::Scheduled).max(1),
        timestamps: STATES.iter().map(|&state| (state, execution.entered(state))).collect(),
    };
    Reply::json(&VertexTimes {
        id: vertex.id(),
        name: vertex.name().to_owned(),
        now,
        subtasks: vertex.executions().iter().map(subtask).collect(),
    })
}

pub(super) fn task_managers(job: &ExecutionGraph, id: &str, now: i64) -> Answer {
    let vertex = context::vertex(job, id)?;
    let mut by_task_manager: IndexMap<String, Vec<&Execution>> = IndexMap::new();
    for execution in vertex.executions() {
        by_task_manager.entry(task_manager_id(execution)).or_default().push(execution);
    }
    let task_manager = |(taskmanager_id, executions): (String, Vec<&Execution>)| {
        let times = times(executions.iter().copied(), now);
        let subtasks: Vec<SubtaskDetails> = executions.iter().map(|e| subtask_details(e, now)).collect();
        VertexTaskManager {
            endpoint: executions.first().map_or_else(String::new, |execution| endpoint(execution)),
            status: aggregate_state(executions.iter().map(|execution| execution.state())),
            start_time: times.start,
            end_time: times.end,
            duration: times.duration,
            metrics: io_metrics(executions.iter().copied()),
            status_counts: status_counts(executions.iter().map(|execution| execution.state())),
            taskmanager_id,
            aggregated: aggregated(&subtasks),
        }
    };
    Reply::json(&VertexTaskManagers {
        id: vertex.id(),
        name: vertex.name().to_owned(),
        now,
        taskmanagers: by_task_manager.into_iter().map(task_manager).collect(),
    })
}

pub(super) fn back_pressure(job: &ExecutionGraph, id: &str, now: i64) -> Answer {
    let vertex = context::vertex(job, id)?;
    let share = |execution: &Execution, of: fn(&TaskRates) -> f64| {
        execution.metrics().map_or(0.0, |(_, counters)| of(&counters.rates) / 1000.0)
    };
    let subtask = |execution: &Execution| {
        let ratio = share(execution, |m| m.back_pressured_ms);
        SubtaskBackPressure {
            subtask: execution.id().subtask,
            level: level(ratio).to_owned(),
            ratio,
            idle_ratio: share(execution, |m| m.idle_ms),
            busy_ratio: share(execution, |m| m.busy_ms),
            level_older: level(ratio).to_owned(),
        }
    };
    let subtasks: Vec<SubtaskBackPressure> = vertex.executions().iter().map(subtask).collect();
    let measured = vertex.executions().iter().filter_map(|e| e.metrics().map(|(at, _)| *at)).max();
    let worst = level(subtasks.iter().map(|subtask| subtask.ratio).fold(0.0, f64::max));
    Reply::json(&BackPressureInfo {
        status: if measured.is_some() { "ok" } else { "deprecated" }.to_owned(),
        level: worst.to_owned(),
        end_timestamp: measured.unwrap_or(now),
        subtasks,
        level_older: worst.to_owned(),
    })
}

pub(super) fn accumulators(job: &ExecutionGraph, id: &str) -> Answer {
    let vertex = context::vertex(job, id)?;
    Reply::json(&VertexAccumulators { id: vertex.id(), user_accumulators: Vec::new() })
}

/// The accumulators of an attempt, which is looked up as [`subtask`] does.
pub(super) fn attempt_accumulators(job: &ExecutionGraph, id: &str, index: &str, attempt: &str) -> Answer {
    let execution = find_attempt(context::vertex(job, id)?, index, Some(attempt))?.id();
    Reply::json(&AttemptAccumulators {
        subtask: execution.subtask,
        attempt: execution.attempt,
        id: execution.to_string(),
        user_accumulators: Vec::new(),
    })
}

/// What the vertex's coordinators count: nothing.
pub(super) fn coordinator_metrics(job: &ExecutionGraph, id: &str) -> Answer {
    context::vertex(job, id)?;
    Reply::json(&[(); 0])
}

pub(super) fn subtask_accumulators(job: &ExecutionGraph, id: &str) -> Answer {
    let vertex = context::vertex(job, id)?;
    let subtask = |execution: &Execution| SubtaskAccumulators {
        subtask: execution.id().subtask,
        attempt: execution.id().attempt,
        endpoint: endpoint(execution),
        user_accumulators: Vec::new(),
    };
    Reply::json(&VertexSubtaskAccumulators {
        id: vertex.id(),
        parallelism: vertex.executions().len() as u32,
        subtasks: vertex.executions().iter().map(subtask).collect(),
    })
}

/// A subtask by its index in a path.
pub(super) fn execution<'a>(vertex: &'a ExecutionVertex, index: &str) -> Result<&'a Execution, RestError> {
    let number: usize = index.parse().map_err(|_| RestError::bad_path_parameter("subtaskindex", index))?;
    let missing = || RestError::not_found(format!("Invalid subtask index for vertex {}: {number}", vertex.id()));
    vertex.executions().get(number).ok_or_else(missing)
}

/// When several attempts ran together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// When the first was deployed; -1 before.
    pub(super) start: i64,
    /// When the last ended; -1 before.
    pub(super) end: i64,
    /// From the one to the other, or until now; -1 before the start.
    pub(super) duration: i64,
}

pub(super) fn times<'a>(executions: impl Iterator<Item = &'a Execution> + Clone, now: i64) -> Times {
    let deployed = |execution: &&Execution| execution.entered(ExecutionState::Deploying) > 0;
    let start = executions.clone().filter(deployed).map(|e| e.entered(ExecutionState::Deploying)).min();
    let all_ended = executions.clone().all(|execution| execution.state().is_terminal());
    let end = executions.filter_map(Execution::end_time).max().filter(|_| all_ended);
    Times {
        start: start.unwrap_or(-1),
        end: end.unwrap_or(-1),
        duration: start.map_or(-1, |start| end.unwrap_or(now) - start),
    }
}

fn subtask_details(execution: &Execution, now: i64) -> SubtaskDetails {
    let times = times(std::iter::once(execution), now);
    SubtaskDetails {
        subtask: execution.id().subtask,
        status: execution.state(),
        attempt: execution.id().attempt,
        endpoint: endpoint(execution),
        start_time: times.start,
        end_time: times.end,
        duration: times.duration,
        metrics: io_metrics(std::iter::once(execution)),
        taskmanager_id: task_manager_id(execution),
        status_duration: status_durations(execution, now),
        start_time_older: times.start,
    }
}

/// How long the attempt was in each state that it has been in: until it came into the next.
fn status_durations(execution: &Execution, now: i64) -> IndexMap<ExecutionState, i64> {
    let mut entered: Vec<(ExecutionState, i64)> =
        STATES.iter().map(|&state| (state, execution.entered(state))).filter(|(_, at)| *at > 0).collect();
    entered.sort_by_key(|(_, at)| *at);
    let left = |at: i64, state| {
        let next = entered.iter().skip_while(|(other, _)| *other != state).nth(1);
        next.map_or_else(|| execution.end_time().unwrap_or(now), |(_, next)| *next) - at
    };
    TIMED_STATES
        .iter()
        .filter_map(|&state| {
            let at = execution.entered(state);
            (at > 0).then(|| (state, left(at, state)))
        })
        .collect()
}

fn aggregated(subtasks: &[SubtaskDetails]) -> AggregatedTaskDetails {
    let metric = |of: fn(&IoMetrics) -> u64| statistics(subtasks.iter().map(|s| of(&s.metrics) as i64).collect());
    let duration = |state| -> Statistics {
        statistics(subtasks.iter().map(|s| s.status_duration.get(&state).copied().unwrap_or_default()).collect())
    };
    AggregatedTaskDetails {
        metrics: [
            ("read-bytes", metric(|m| m.read_bytes)),
            ("write-bytes", metric(|m| m.write_bytes)),
            ("read-records", metric(|m| m.read_records)),
            ("write-records", metric(|m| m.write_records)),
            ("accumulated-backpressured-time", metric(|m| m.accumulated_backpressured_time)),
            ("accumulated-idle-time", metric(|m| m.accumulated_idle_time)),
            ("accumulated-busy-time", metric(|m| m.accumulated_busy_time as u64)),
        ]
        .into_iter()
        .map(|(name, statistics)| (name.to_owned(), statistics))
        .collect(),
        status_duration: TIMED_STATES.iter().map(|&state| (state, duration(state))).collect(),
    }
}

fn endpoint(execution: &Execution) -> String {
    execution.slot().map_or_else(|| UNASSIGNED.to_owned(), |slot| slot.task_manager.data_address.clone())
}

fn task_manager_id(execution: &Execution) -> String {
    execution.slot().map_or_else(|| UNASSIGNED.to_owned(), |slot| slot.task_manager.resource_id.clone())
}

/// Flink's words for a share of time: up to 10 % is ok, up to 50 % low.
fn level(ratio: f64) -> &'static str {
    match ratio {
        ratio if ratio <= 0.10 => "ok",
        ratio if ratio <= 0.50 => "low",
        _ => "high",
    }
}
