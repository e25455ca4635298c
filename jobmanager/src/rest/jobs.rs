//! `/jobs` and `/jobs/overview`.

use dataflow::ExecutionState;

use super::context::RestContext;
use super::messages::{JobIdWithStatus, JobIdsWithStatus, JobOverview, JobsOverview, TaskCounts};
use super::reply::{Answer, Reply};
use crate::scheduling::{Execution, ExecutionGraph};

pub(super) async fn list(context: &RestContext) -> Answer {
    let jobs = context.dispatcher.pictures().await;
    let job = |job: &ExecutionGraph| JobIdWithStatus { id: job.graph().job_id, status: job.status() };
    Reply::json(&JobIdsWithStatus { jobs: jobs.iter().map(|picture| job(picture)).collect() })
}

pub(super) async fn overview(context: &RestContext) -> Answer {
    let now = context.now();
    let jobs = context.dispatcher.pictures().await;
    Reply::json(&JobsOverview { jobs: jobs.iter().map(|picture| job_overview(picture, now)).collect() })
}

pub(super) fn job_overview(job: &ExecutionGraph, now: i64) -> JobOverview {
    let start_time = super::job::start_time(job);
    JobOverview {
        jid: job.graph().job_id,
        name: job.graph().name.clone(),
        job_type: "STREAMING".to_owned(),
        scheduler_type: "Default".to_owned(),
        start_time,
        end_time: job.end_time().unwrap_or(-1),
        duration: job.end_time().unwrap_or(now) - start_time,
        state: job.status(),
        last_modification: job.last_modification(),
        tasks: task_counts(job.executions().map(Execution::state)),
        pending_operators: 0,
    }
}

fn task_counts(states: impl Iterator<Item = ExecutionState>) -> TaskCounts {
    let mut counts = TaskCounts::default();
    for state in states {
        counts.total += 1;
        *match state {
            ExecutionState::Created => &mut counts.created,
            ExecutionState::Scheduled => &mut counts.scheduled,
            ExecutionState::Deploying => &mut counts.deploying,
            ExecutionState::Initializing => &mut counts.initializing,
            ExecutionState::Running => &mut counts.running,
            ExecutionState::Finished => &mut counts.finished,
            ExecutionState::Canceling => &mut counts.canceling,
            ExecutionState::Canceled => &mut counts.canceled,
            ExecutionState::Failed => &mut counts.failed,
            ExecutionState::Reconciling => &mut counts.reconciling,
        } += 1;
    }
    counts
}
