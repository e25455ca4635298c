//! `/applications/*`: every job is an application of its own, with the job's id.

use dataflow::JobStatus;
use warp::http::StatusCode;

use super::context::{RestContext, job_id};
use super::error::RestError;
use super::job::start_time;
use super::jobs::job_overview;
use super::messages::{
    ApplicationDetails, ApplicationExceptionHistory, ApplicationExceptions, ApplicationOverview, ApplicationState,
    ApplicationsOverview,
};
use super::reply::{Answer, Reply};
use crate::scheduling::ExecutionGraph;

/// In Flink's order.
const STATES: [ApplicationState; 7] = [
    ApplicationState::Created,
    ApplicationState::Failing,
    ApplicationState::Failed,
    ApplicationState::Running,
    ApplicationState::Canceled,
    ApplicationState::Canceling,
    ApplicationState::Finished,
];

pub(super) async fn overview(context: &RestContext) -> Answer {
    let now = context.now();
    let application = |job: &ExecutionGraph| ApplicationOverview {
        id: job.graph().job_id,
        name: name(job),
        start_time: start_time(job),
        end_time: job.end_time().unwrap_or(-1),
        duration: job.end_time().unwrap_or(now) - start_time(job),
        status: state(job),
        jobs: [(job.status(), 1)].into_iter().collect(),
    };
    let jobs = context.dispatcher.pictures().await;
    Reply::json(&ApplicationsOverview { applications: jobs.iter().map(|job| application(job)).collect() })
}

pub(super) async fn details(context: &RestContext, id: &str) -> Answer {
    let (job, now) = (context.job(id).await?, context.now());
    Reply::json(&ApplicationDetails {
        id: job.graph().job_id,
        name: name(&job),
        status: state(&job),
        start_time: start_time(&job),
        end_time: job.end_time().unwrap_or(-1),
        duration: job.end_time().unwrap_or(now) - start_time(&job),
        timestamps: STATES.iter().map(|&state| (state, entered(&job, state))).collect(),
        jobs: vec![job_overview(&job, now)],
    })
}

pub(super) async fn exceptions(context: &RestContext, id: &str) -> Answer {
    context.job(id).await?;
    Reply::json(&ApplicationExceptions { exception_history: ApplicationExceptionHistory::default() })
}

pub(super) async fn cancel(context: &RestContext, id: &str) -> Answer {
    let job = job_id(id)?;
    match context.dispatcher.cancel(job).await.map_err(RestError::internal)? {
        Some(_) => Reply::empty(StatusCode::ACCEPTED),
        None => Err(RestError::job_not_found(job)),
    }
}

fn name(job: &ExecutionGraph) -> String {
    format!("SingleJobApplication({})", job.graph().name)
}

fn state(job: &ExecutionGraph) -> ApplicationState {
    match job.status() {
        JobStatus::Initializing | JobStatus::Created => ApplicationState::Created,
        JobStatus::Running | JobStatus::Restarting | JobStatus::Suspended | JobStatus::Reconciling => {
            ApplicationState::Running
        }
        JobStatus::Failing => ApplicationState::Failing,
        JobStatus::Failed => ApplicationState::Failed,
        JobStatus::Cancelling => ApplicationState::Canceling,
        JobStatus::Canceled => ApplicationState::Canceled,
        JobStatus::Finished => ApplicationState::Finished,
    }
}

fn entered(job: &ExecutionGraph, state: ApplicationState) -> i64 {
    job.entered(match state {
        ApplicationState::Created => JobStatus::Initializing,
        ApplicationState::Running => JobStatus::Running,
        ApplicationState::Failing => JobStatus::Failing,
        ApplicationState::Failed => JobStatus::Failed,
        ApplicationState::Canceling => JobStatus::Cancelling,
        ApplicationState::Canceled => JobStatus::Canceled,
        ApplicationState::Finished => JobStatus::Finished,
    })
}
